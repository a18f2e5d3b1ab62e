//! One day lived through: the engine in the middle, people and drivers around it, a queue for a clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use dispatch::{Engine, Reply, Setup, Submission, Turned};
use domain::{
    Area, Command, Event, Offer, Party, PlanStart, Policy, Request, RequestState, RouteId, Wish, check,
};
use roads::Roads;
use stats::DayFigures;
use store::MemoryLog;
use units::{DayTime, OfferId, RequestId, RiderId, Seconds, ServiceDay, Timestamp};

use super::Clock;
use super::outcome::{Outcome, Tally};
use super::queue::{Due, Queue};
use super::register::{AREA, Ids};
use crate::Fault;
use crate::behaviour::{
    Ask, BackDecision, Choice, DayScript, Door, DriverBot, DriverView, OfferView, Outbound, RiderBot,
};

const TICK: Seconds = Seconds(30);
/// How often a better plan is searched for.
const IMPROVE: Seconds = Seconds::minutes(2);
const BEGIN: DayTime = DayTime::hm(6, 55);
const PLAN: DayTime = DayTime::hm(7, 0);
/// A day that is not over by then never will be.
const LAST: DayTime = DayTime::hm(22, 0);
/// A vehicle whose fact was turned away tries again after this.
const TRY_AGAIN: Seconds = Seconds::minutes(1);

/// All that a day needs. With `guests` false nobody asks for a ride.
pub(super) struct Given<'a> {
    pub roads: Arc<Roads>,
    pub log: MemoryLog,
    /// What the log begins with; the statistics fold it as well.
    pub masters: &'a [Event],
    pub ids: &'a Ids,
    pub script: &'a DayScript,
    pub policy: Policy,
    pub driver: DriverBot,
    pub seed: u64,
    /// Steps of search for a better plan each time; 0 for none.
    pub improve_steps: u64,
    pub guests: bool,
}

pub(super) struct Day<'a> {
    engine: Engine,
    /// The state before the command in hand.
    before: Area,
    given: Given<'a>,
    clock: Clock<'a>,
    queue: Queue,
    day: ServiceDay,
    /// When each driver looks next; an older entry of the queue is void.
    looks: Vec<Timestamp>,
    /// What was asked for, by the request it became.
    asks: BTreeMap<RequestId, Asked>,
    /// The newest request of each outing's way out.
    outs: BTreeMap<usize, RequestId>,
    figures: DayFigures,
    tally: Tally,
    /// The plan's revision for which a better one was searched last.
    searched: u64,
}

/// A wish that is put to the engine.
#[derive(Clone, Copy)]
struct Asked {
    outing: usize,
    ask: Ask,
    way_back: bool,
    /// For the second time, because the plan changed while the rider thought.
    again: bool,
}

impl<'a> Day<'a> {
    pub fn live(given: Given<'a>, clock: Clock<'a>) -> Result<Outcome, Fault> {
        let setup = Setup { area: AREA, roads: given.roads.clone(), log: Box::new(given.log.clone()) };
        let day = given.script.day;
        let mut this = Day {
            engine: Engine::open(setup)?,
            before: Area::new(AREA),
            clock,
            queue: Queue::default(),
            day,
            looks: vec![day.at(BEGIN); given.ids.vehicles.len()],
            asks: BTreeMap::new(),
            outs: BTreeMap::new(),
            figures: DayFigures::default(),
            tally: Tally::default(),
            searched: 0,
            given,
        };
        this.given.masters.iter().for_each(|event| this.figures.fold(event));
        this.begin()?;
        while let Some((now, due)) = this.queue.take() {
            if now > day.at(LAST) || (due == Due::Tick && this.is_over(now)) {
                break;
            }
            this.happen(due, now)?;
        }
        this.end()
    }

    fn begin(&mut self) -> Result<(), Fault> {
        let begin = self.day.at(BEGIN);
        let policy = self.given.policy.clone();
        let adopted = self.engine.submit(Submission::of(Command::AdoptPolicy(policy), "operator"), begin);
        adopted.map_err(|source| Fault::Turned { what: "the scenario's policy".to_owned(), source })?;
        self.queue.put(begin, Due::Tick);
        self.queue.put(self.day.at(PLAN), Due::Plan);
        for (index, absence) in self.given.script.absences.iter().enumerate() {
            self.queue.put(absence.at, Due::Absence(index));
        }
        if self.given.guests {
            for (index, outing) in self.given.script.outings.iter().enumerate() {
                self.queue.put(outing.out.at, Due::Out(index));
            }
        }
        if self.given.improve_steps > 0 {
            self.queue.put(self.day.at(PLAN) + IMPROVE, Due::Improve);
        }
        for vehicle in 0..self.looks.len() {
            self.queue.put(begin, Due::Look(vehicle));
        }
        Ok(())
    }

    fn happen(&mut self, due: Due, now: Timestamp) -> Result<(), Fault> {
        match due {
            Due::Tick => {
                self.send(Command::Tick, "clock", now)?;
                self.queue.put(now + TICK, Due::Tick);
            }
            Due::Plan => {
                for facility in self.given.ids.facilities.clone() {
                    self.send(
                        Command::PlanDay { facility, day: self.day, start: PlanStart::Fresh },
                        "facility",
                        now,
                    )?;
                }
            }
            Due::Improve => {
                // A plan that nothing has changed was searched already.
                let revision = self.engine.state().revision;
                if std::mem::replace(&mut self.searched, revision) != revision
                    && let Some(proposal) = self.engine.propose(now, self.given.improve_steps)
                {
                    self.send(Command::AdoptProposal(proposal), "planner", now)?;
                }
                self.queue.put(now + IMPROVE, Due::Improve);
            }
            Due::Absence(index) => {
                let absence = self.given.script.absences[index];
                let rider = self.given.ids.riders[absence.rider];
                self.send(
                    Command::NoteAbsence { rider, day: self.day, kind: absence.kind },
                    "facility",
                    now,
                )?;
            }
            Due::Out(outing) => {
                let ask = self.given.script.outings[outing].out;
                self.ask(Asked { outing, ask, way_back: false, again: false }, now)?;
            }
            Due::Back(outing) => self.go_back(outing, now)?,
            Due::Answer(request) => self.answer(request, now)?,
            Due::Cancel(request) => {
                let state = self.engine.state().requests.get(&request).map(|r| r.state.code());
                if matches!(state, Some("offered" | "booked")) {
                    self.send(Command::Cancel { request }, "rider", now)?;
                }
            }
            Due::Look(vehicle) => {
                if self.looks[vehicle] == now {
                    self.look(vehicle, now)?;
                }
            }
        }
        Ok(())
    }

    /// Submits a command; what it changed is audited and seen by the drivers. None if it was turned away.
    fn send(&mut self, command: Command, actor: &str, now: Timestamp) -> Result<Option<Vec<Event>>, Fault> {
        let words = format!("{command:?}");
        self.before = self.engine.state().clone();
        let reply = self.engine.submit(Submission::of(command, actor), now);
        self.take(reply, &words, now)
    }

    fn take(
        &mut self,
        reply: Result<Reply, Turned>,
        words: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<Event>>, Fault> {
        match reply {
            Ok(reply) => {
                reply.events.iter().for_each(|event| self.figures.fold(event));
                for event in &reply.events {
                    if let Event::PlanImproved { saved, .. } = event {
                        self.tally.improve(*saved);
                    }
                }
                self.audit(&reply.events, now);
                self.wake(&reply.events, now)?;
                Ok(Some(reply.events))
            }
            Err(Turned::Rejected(rejection)) => {
                self.tally.turn_away(rejection.code(), &format!("{now} {words}: {rejection}"));
                Ok(None)
            }
            Err(Turned::Bug { detail }) => {
                self.tally.violate(&format!("{now} {words}: {detail}"));
                Ok(None)
            }
            Err(source) => Err(Fault::Turned { what: words.to_owned(), source }),
        }
    }

    /// The judge once more from outside the engine, on every route that changed.
    fn audit(&mut self, events: &[Event], now: Timestamp) {
        let routes: Vec<RouteId> = changed_routes(events).collect();
        if routes.is_empty() {
            return;
        }
        for of_a_day in routes.chunk_by(|a, b| a.day == b.day) {
            self.engine.travel().look_ahead(of_a_day[0].day, now);
            for violation in check(&self.before, self.engine.state(), of_a_day, now, self.engine.travel()) {
                self.tally.violate(&format!(
                    "{now} {}: {} ({})",
                    violation.route.vehicle, violation.rule, violation.detail
                ));
            }
        }
    }

    fn wake(&mut self, events: &[Event], now: Timestamp) -> Result<(), Fault> {
        for route in changed_routes(events).filter(|route| route.day == self.day).collect::<Vec<_>>() {
            let Some(vehicle) = self.given.ids.vehicles.iter().position(|id| *id == route.vehicle) else {
                continue;
            };
            self.look_at(vehicle, now);
            let revision = self.engine.state().find_route(route).map_or(0, |r| r.revision);
            // The phone acknowledges by itself; nothing follows from it that could wake anybody.
            let acknowledge = Command::AcknowledgeRoute { vehicle: route.vehicle, revision };
            let reply = self.engine.submit(Submission::of(acknowledge, "driver"), now);
            reply.map_err(|source| Fault::Turned {
                what: format!("the acknowledgement of {}", route.vehicle),
                source,
            })?;
        }
        Ok(())
    }

    fn look_at(&mut self, vehicle: usize, at: Timestamp) {
        self.looks[vehicle] = at;
        self.queue.put(at, Due::Look(vehicle));
    }

    fn look(&mut self, vehicle: usize, now: Timestamp) -> Result<(), Fault> {
        let id = self.given.ids.vehicles[vehicle];
        let route = RouteId { day: self.day, vehicle: id };
        let door = |request: &Request| self.door(request);
        self.engine.travel().look_ahead(self.day, now);
        let Some(view) = DriverView::of(self.engine.state(), route, now, self.engine.travel(), &door) else {
            return Ok(());
        };
        let step = self.given.driver.step(&view);
        let Some(act) = step.act else {
            self.look_at(vehicle, step.next_wake);
            return Ok(());
        };
        let command = Command::RecordFact { vehicle: id, fact: act.fact, visit: act.visit, at: act.at };
        let done = self.send(command, "driver", now)?.is_some_and(|events| !events.is_empty());
        self.look_at(vehicle, if done { now } else { now + TRY_AGAIN });
        Ok(())
    }

    fn door(&self, request: &Request) -> Door {
        if let Some(asked) = self.asks.get(&request.id) {
            return self.given.script.guest_door(&asked.ask);
        }
        let at_home = self.engine.state().riders.get(&request.rider).and_then(|r| r.places.first())
            == Some(&request.from);
        self.rider_index(request.rider)
            .map_or(Door::PROMPT, |rider| self.given.script.member_door(rider, at_home))
    }

    fn rider_index(&self, id: RiderId) -> Option<usize> {
        self.given.ids.riders.iter().position(|rider| *rider == id)
    }

    fn ask(&mut self, asked: Asked, now: Timestamp) -> Result<(), Fault> {
        let (ids, ask) = (self.given.ids, asked.ask);
        let party = Party {
            rider: ids.riders[ask.rider],
            people: ask.people,
            from: ids.places[ask.from],
            to: ids.places[ask.to],
            wish: ask.wish,
            channel: ask.channel,
            purpose: ask.purpose,
        };
        let tests = self.engine.effort().tests;
        self.before = self.engine.state().clone();
        let begun = (self.clock)();
        let reply = self.engine.submit(Submission::of(Command::MakeRequest(party), "rider"), now);
        self.tally.nanos.push((self.clock)().saturating_sub(begun));
        self.tally.tests.push(self.engine.effort().tests - tests);
        let events = self.take(reply, &format!("{party:?}"), now)?;
        let made = events.iter().flatten().find_map(|event| match event {
            Event::RequestMade { request, .. } => Some(*request),
            _ => None,
        });
        let Some(request) = made else { return Ok(()) };
        self.asks.insert(request, asked);
        if !asked.way_back {
            self.outs.insert(asked.outing, request);
            let back = self.given.script.outings[asked.outing].back.filter(|_| !asked.again);
            if let Some(back) = back {
                self.queue.put(back.at.max(now), Due::Back(asked.outing));
            }
        }
        if let Some(cancel) = ask.cancels_at {
            self.queue.put(cancel.max(now), Due::Cancel(request));
        }
        let thinks = RiderBot::new(self.given.seed, u64::from(request.0)).thinks;
        self.queue.put(now + thinks, Due::Answer(request));
        Ok(())
    }

    fn answer(&mut self, request: RequestId, now: Timestamp) -> Result<(), Fault> {
        let Some(known) = self.engine.state().requests.get(&request).cloned() else { return Ok(()) };
        let RequestState::Offered { offers } = &known.state else { return Ok(()) };
        let boarding =
            self.engine.state().riders.get(&known.rider).map_or(Seconds::ZERO, |r| r.needs.boarding);
        let views: Vec<OfferView> = offers.iter().map(|offer| view_of(offer, boarding)).collect();
        let bot = RiderBot::new(self.given.seed, u64::from(request.0));
        // Who declines just puts down the phone; the offers run out by themselves.
        let Choice::Accept(chosen) = bot.choose(known.wish, &views) else { return Ok(()) };
        let offer: OfferId = offers[chosen].id;
        let booked = self.send(Command::AcceptOffer { request, offer }, "rider", now)?;
        if let (None, Some(asked)) = (booked, self.asks.get(&request).copied())
            && !asked.again
        {
            self.send(Command::Cancel { request }, "rider", now)?;
            let wish = match asked.ask.wish {
                Wish::LeaveAt(at) => Wish::LeaveAt(at.max(now)),
                other => other,
            };
            self.ask(Asked { ask: Ask { wish, ..asked.ask }, again: true, ..asked }, now)?;
        }
        Ok(())
    }

    fn go_back(&mut self, outing: usize, now: Timestamp) -> Result<(), Fault> {
        let area = self.engine.state();
        let state =
            self.outs.get(&outing).and_then(|request| area.requests.get(request)).map(|r| r.state.code());
        let outbound = match state {
            Some("done") => Outbound::Done,
            Some("offered" | "booked" | "on_board") => Outbound::UnderWay,
            _ => Outbound::Failed,
        };
        match self.given.script.outings[outing].decide_back(outbound, now) {
            BackDecision::Ask(ask) => self.ask(Asked { outing, ask, way_back: true, again: false }, now),
            BackDecision::Wait(until) => {
                self.queue.put(until, Due::Back(outing));
                Ok(())
            }
            BackDecision::Skip => Ok(()),
        }
    }

    /// Everybody is where they wanted to be, the service is over and all vehicles are back.
    fn is_over(&self, now: Timestamp) -> bool {
        let area = self.engine.state();
        let closed = area.facilities.values().all(|f| now >= self.day.at(f.dropoff_hours.close()));
        let driven = self.given.ids.vehicles.iter().all(|vehicle| {
            let route = area.find_route(RouteId { day: self.day, vehicle: *vehicle });
            route.is_none_or(|r| {
                r.visits.is_empty()
                    && Some(r.anchor.place) == area.find_base(*vehicle)
                    && now >= r.anchor.ready
            })
        });
        closed && driven
    }

    fn end(self) -> Result<Outcome, Fault> {
        let figures = self.figures.figures(self.day.at(LAST));
        Outcome::of(self.tally, figures, &self.engine, self.given.log)
    }
}

/// Routes whose visits the events changed, each once.
fn changed_routes(events: &[Event]) -> impl Iterator<Item = RouteId> + use<> {
    let mut routes: Vec<RouteId> = Vec::new();
    for event in events {
        if let Event::PlanChanged { routes: changed, .. } = event {
            routes.extend(changed.iter().map(|change| change.route));
        }
    }
    routes.sort_unstable();
    routes.dedup();
    routes.into_iter()
}

fn view_of(offer: &Offer, boarding: Seconds) -> OfferView {
    OfferView {
        pickup: offer.promise.pickup,
        dropoff_latest: offer.promise.dropoff.close(),
        ride: offer.dropoff_planned - offer.pickup_planned - boarding,
        direct: offer.direct,
    }
}
