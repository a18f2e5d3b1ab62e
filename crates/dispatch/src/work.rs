//! One command on a private copy of the state: decide, search, judge. Thrown away if anything stands against it.

use domain::{Area, Command, Event, Next, Rejection, RouteChange, RouteId, TravelTimes, check, decide};
use planner::{Live, Visit};
use units::{ServiceDay, Timestamp};

use crate::desk::Floors;
use crate::engine::Effort;
use crate::forecast::earliest;
use crate::measuring::Measuring;
use crate::travel::TravelTable;
use crate::turned::Turned;
use crate::waiting::InVain;

pub(crate) struct Work<'a> {
    /// The state before the command.
    pub origin: Area,
    /// The same with what is a fact by now: who has dropped out, who is there to drive.
    pub before: Area,
    pub area: Area,
    pub table: &'a mut TravelTable,
    pub floors: &'a mut Floors,
    pub in_vain: &'a mut InVain,
    pub measuring: &'a mut Measuring,
    pub effort: &'a mut Effort,
    pub now: Timestamp,
    /// Steps of day plans are taken this many times.
    pub plan_times: u64,
    /// Floors may rest on events that are not yet part of the state.
    pub unsettled: bool,
    events: Vec<Event>,
}

/// The state as it was before a try.
pub(crate) struct Stood {
    before: Area,
    area: Area,
    events: usize,
}

impl<'a> Work<'a> {
    pub fn on(
        area: &Area,
        table: &'a mut TravelTable,
        (floors, in_vain, measuring): (&'a mut Floors, &'a mut InVain, &'a mut Measuring),
        effort: &'a mut Effort,
        now: Timestamp,
    ) -> Work<'a> {
        table.know(&area.hindering);
        Work {
            origin: area.clone(),
            before: area.clone(),
            area: area.clone(),
            table,
            floors,
            in_vain,
            measuring,
            effort,
            now,
            plan_times: 1,
            unsettled: false,
            events: Vec::new(),
        }
    }

    /// What a try may be taken back to.
    pub(crate) fn stand(&self) -> Stood {
        Stood { before: self.before.clone(), area: self.area.clone(), events: self.events.len() }
    }

    pub(crate) fn go_back(&mut self, stood: Stood) {
        self.events.truncate(stood.events);
        (self.before, self.area) = (stood.before, stood.area);
    }

    pub fn into_area(self) -> Area {
        self.area
    }

    /// The events of the command, all applied to `area`. On an error the copy is worthless.
    pub fn carry_out(&mut self, command: &Command) -> Result<Vec<Event>, Turned> {
        if let Command::AddPlace(new) = command
            && self.table.roads().point(new.node).is_none()
        {
            return Err(Turned::Rejected(Rejection::Invalid {
                field: "node",
                wrong: format!("{} is not in the road network", new.node),
                right: format!("a node below {}", self.table.roads().node_count()),
            }));
        }
        // What a command reports is of today, unless the search turns to another day.
        self.table.look_ahead(ServiceDay::of(self.now), self.now);
        let decision = decide(&self.area, command, self.now, self.table)?;
        for event in decision.events {
            let is_fact = matches!(event, Event::RideDiverted { .. });
            if let Event::PlanChanged { .. } = &event {
                // What is left of a plan after somebody dropped out is a fact. The judge holds the new times against that.
                self.before = self.area.clone();
                self.before.apply(&event)?;
            }
            let event = self.retimed(event);
            self.take(event)?;
            if is_fact {
                self.before = self.area.clone();
            }
        }
        match decision.next {
            Next::Nothing => {}
            Next::FindOffers { request, classes } => self.find_offers(request, &classes)?,
            Next::ExplainRefusal { request, reason } => self.refuse_outright(request, reason)?,
            Next::FindRoundTrip { there, back } => self.find_round_trip(&there, &back)?,
            Next::Book { accepted } => {
                accepted.into_iter().try_for_each(|(request, offer)| self.book(request, offer))?;
            }
            Next::PlanRuns { facilities, day, requests, start } => {
                self.plan_runs(&facilities, day, &requests, &start)?;
            }
            Next::Replan { facilities, day, fresh, cause } => self.replan(&facilities, day, &fresh, cause)?,
            Next::Move { request, vehicle } => self.move_ride(request, vehicle)?,
            Next::AskAboutDoor { request } => self.ask_about_door(request)?,
            Next::ComeBack { request, at } => self.come_back(request, at)?,
            Next::Repair { days, cause } => self.repair_days(&days, cause)?,
            Next::Adopt(proposal) => self.adopt(&proposal)?,
            Next::WatchDelays => {
                self.watch_delays()?;
                self.serve_waiting()?;
            }
        }
        self.judge()?;
        Ok(std::mem::take(&mut self.events))
    }

    /// Applies an event and keeps it for the log.
    pub fn take(&mut self, mut event: Event) -> Result<(), Turned> {
        if let Event::RequestRefused { request, refusal } = &mut event {
            // By which policy it was refused is part of the decision.
            let day = self.area.requests.get(request).map(|r| r.wish.day());
            refusal.policy = day.and_then(|day| self.area.policies.date_in_force(day));
        }
        self.area.apply(&event)?;
        self.table.know(&self.area.hindering);
        if Floors::rest_on(&event) {
            self.floors.clear();
            self.unsettled = true;
        }
        if let Event::PlaceAdded { place } | Event::PlaceChanged { place } = &event {
            self.table.add(&[place.node]);
        }
        self.events.push(event);
        Ok(())
    }

    /// A plan that lost visits keeps its order; its times are set anew, since nobody need wait for those who left.
    pub(crate) fn retimed(&self, event: Event) -> Event {
        let Event::PlanChanged { revision, routes } = event else { return event };
        let mut trial = self.area.clone();
        let plain = Event::PlanChanged { revision, routes: routes.clone() };
        if trial.apply(&plain).is_err() {
            return plain;
        }
        let retime = |change: RouteChange| retime(&trial, &change, self.now, self.table);
        Event::PlanChanged { revision, routes: routes.into_iter().map(retime).collect() }
    }

    /// The independent judge on every route that changed. A refusal is our bug: the plan is not taken.
    fn judge(&mut self) -> Result<(), Turned> {
        let mut changed: Vec<RouteId> = Vec::new();
        for event in &self.events {
            match event {
                Event::PlanChanged { routes, .. } => changed.extend(routes.iter().map(|r| r.route)),
                Event::PromiseWidened { request, .. } => {
                    let booking = self.area.requests.get(request).and_then(|r| r.find_active_booking());
                    changed.extend(booking.map(|b| RouteId { day: b.day, vehicle: b.vehicle }));
                }
                Event::OfferAccepted { booking, .. } => {
                    changed.push(RouteId { day: booking.day, vehicle: booking.vehicle });
                }
                Event::RunsBooked { bookings } | Event::RidesRebooked { bookings } => {
                    let routes =
                        bookings.iter().map(|b| RouteId { day: b.booking.day, vehicle: b.booking.vehicle });
                    changed.extend(routes);
                }
                _ => {}
            }
        }
        changed.sort_unstable();
        changed.dedup();
        if changed.is_empty() {
            return Ok(());
        }
        let mut found = Vec::new();
        for of_a_day in changed.chunk_by(|a, b| a.day == b.day) {
            self.table.look_ahead(of_a_day[0].day, self.now);
            found.extend(check(&self.before, &self.area, of_a_day, self.now, self.table));
        }
        if found.is_empty() {
            return Ok(());
        }
        self.effort.refused_plans += 1;
        let words: Vec<String> =
            found.iter().map(|v| format!("{}: {} ({})", v.route.vehicle, v.rule, v.detail)).collect();
        let events = serde_json::to_string(&self.events).unwrap_or_default();
        tracing::error!(now = %self.now, violations = ?words, events, "planner and judge disagree; the plan is refused");
        Err(Turned::Bug { detail: words.join("; ") })
    }

    /// Length of a route from its anchor over its visits back to the base.
    pub fn metres_of(&self, id: RouteId, visits: &[domain::VisitKey]) -> units::Metres {
        let (Some(route), Some(base)) = (self.area.find_route(id), self.area.find_base(id.vehicle)) else {
            return units::Metres::ZERO;
        };
        let mut places = vec![route.anchor.place];
        places.extend(visits.iter().filter_map(|v| self.area.find_visit_place(*v)));
        places.push(base);
        let nodes: Vec<_> = places.iter().filter_map(|p| self.area.find_node(*p)).collect();
        nodes.windows(2).map(|pair| self.table.metres(pair[0], pair[1])).sum()
    }
}

fn retime(area: &Area, change: &RouteChange, now: Timestamp, table: &TravelTable) -> RouteChange {
    let vehicle = change.route.vehicle;
    table.look_ahead(change.route.day, now);
    let planned = || {
        let live = Live::of(area, change.route.day, now, &|v| v.id == vehicle, table).ok()?;
        let visits: &[Visit] = live.plan.routes.first()?;
        // A strained vehicle drives on as early as it goes; trading one broken rule for another is the operator's choice.
        if live.is_strained(0) { None } else { live.times(0, visits).ok() }
    };
    let visits = planned().unwrap_or_else(|| earliest(area, change.route, now, table));
    RouteChange { route: change.route, visits }
}
