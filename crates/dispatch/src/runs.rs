//! The day plan (送迎表): pickup and drop-off runs of a facility from attendance, over all vehicles that serve it.

use domain::{
    Booking, Direction, Event, Facility, HandRun, PlanStart, Planned, PlannedVisit, Policy, Promise, Refusal,
    Request, RideClass, RouteChange, RouteId, RunBooking, Terms, Vehicle, VisitKey, Wish,
};
use planner::{Asked, Improver, Live, Model, Plan, Route, Told, Travel, Visit, cut, join};
use units::{FacilityId, RequestId, Seconds, ServiceDay, Timestamp, VehicleId, Window};

use crate::drivers::assign;
use crate::offers::told;
use crate::refusals::reasons;
use crate::travel::TravelTable;
use crate::turned::Turned;
use crate::work::Work;

/// Steps of improvement per member's ride. Counted, not timed, so that a replay gives the same plan.
const STEPS_PER_RIDE: u64 = 200;
/// A plan of more rides than this is worth more steps for each: it comes to rest later.
const MANY_RIDES: u64 = 200;
const STEPS_PER_RIDE_OF_MANY: u64 = 500;
/// Searches of more rides than this make one course of all their steps.
const ONE_COURSE_FROM: usize = 150;
/// Steps are fewer where each costs more: no day plan takes more than this.
const STEPS_MAX: u64 = 200_000;
/// Members arrive within this span before the service begins, and leave within it after the service ends.
const ARRIVAL_SPAN: Seconds = Seconds::minutes(50);
const DEPARTURE_SPAN: Seconds = Seconds::minutes(45);
/// A member's ride limit never falls below the direct drive by more than this allows.
const RIDE_PLUS: Seconds = Seconds::minutes(10);
/// Within this span somebody is fetched who is ready at another time than the others.
const READY_SPAN: Seconds = Seconds::minutes(45);
/// What it costs to put somebody on another vehicle than the plan from which this one starts.
const START_SURCHARGE: Seconds = Seconds::minutes(5);
/// One stream of draws for day plans; the same day gives the same plan.
pub(crate) const SEED: u64 = 0x0073_6f75_6765_6931;

/// A place on a run that is to be planned: what binds, and what is aimed at.
pub(crate) struct Wanted {
    pub name: RequestId,
    pub asked: Asked,
    /// The ride limit that is tried first.
    pub aim: Seconds,
    /// The vehicle that was told, or that the plan started with.
    pub told: Option<(VehicleId, Seconds)>,
}

/// The routes of a plan with their times, and the numbers of what was wanted.
pub(crate) struct Found {
    pub routes: Vec<RouteChange>,
    pub timed: Vec<(VehicleId, Vec<PlannedVisit>)>,
    /// Rules that stood against each of the wanted rides that no vehicle carries.
    pub unserved: Vec<(RequestId, Refusal)>,
}

pub(crate) fn bug(why: impl std::fmt::Debug) -> Turned {
    Turned::Bug { detail: format!("{why:?}") }
}

impl Work<'_> {
    pub(crate) fn plan_runs(
        &mut self,
        facilities: &[FacilityId],
        day: ServiceDay,
        requests: &[RequestId],
        start: &PlanStart,
    ) -> Result<(), Turned> {
        let group: Vec<FacilityId> = facilities.iter().flat_map(|f| self.area.list_partners(*f)).collect();
        self.settle_drivers(&group, day)?;
        let runs: Vec<HandRun> = match start {
            PlanStart::Fresh => Vec::new(),
            PlanStart::Hand(runs) => runs.clone(),
            PlanStart::LastTime => {
                let habit = |f: &FacilityId| self.area.habits.get(&(*f, day.weekday()));
                facilities.iter().filter_map(habit).flat_map(|runs| runs.iter().cloned()).collect()
            }
        };
        let mut wanted = Vec::new();
        for name in requests {
            let mut want = self.want_run(*name, day)?;
            want.told = self.find_start(&runs, *name).map(|vehicle| (vehicle, START_SURCHARGE));
            wanted.push(want);
        }
        let vehicles = self.list_vehicles(&group, day)?;
        let table: &TravelTable = self.table;
        table.look_ahead(day, self.now);
        let live = Live::of(&self.area, day, self.now, &|v| vehicles.contains(&v.id), table)?;
        let rides = requests.len() as u64;
        let per_ride = if rides > MANY_RIDES { STEPS_PER_RIDE_OF_MANY } else { STEPS_PER_RIDE };
        let steps = self.plan_times * (per_ride * rides).min(STEPS_MAX);
        let (found, tests) = self.search_runs(live, &wanted, &runs, steps)?;
        self.effort.searches += 1;
        self.effort.tests += tests;

        let policy = self.area.policies.in_force(day);
        let mut bookings = Vec::new();
        for want in &wanted {
            let booking = self.run_booking(want, day, &policy, &found.timed);
            bookings.extend(booking.map(|booking| RunBooking { request: want.name, booking }));
        }
        for (request, refusal) in found.unserved {
            self.take(Event::RequestRefused { request, refusal })?;
        }
        self.take(Event::RunsBooked { bookings })?;
        for facility in facilities {
            self.take(Event::DayPlanned { facility: *facility, day })?;
        }
        if found.routes.is_empty() {
            return Ok(());
        }
        self.take(Event::PlanChanged { revision: self.area.revision + 1, routes: found.routes })
    }

    /// Settles who drives, as far as it is not settled. Who is there is a fact: the judge holds new plans against it.
    pub(crate) fn settle_drivers(&mut self, group: &[FacilityId], day: ServiceDay) -> Result<(), Turned> {
        let vehicles = assign(&self.area, group, day);
        if vehicles.is_empty() {
            return Ok(());
        }
        let event = Event::DriversAssigned { day, vehicles };
        self.before.apply(&event)?;
        self.take(event)
    }

    /// The vehicles that may carry the members of these facilities on the day. One that facts have overloaded keeps its
    /// route and is left out.
    pub(crate) fn list_vehicles(
        &self,
        group: &[FacilityId],
        day: ServiceDay,
    ) -> Result<Vec<VehicleId>, Turned> {
        let of_group = |v: &Vehicle| group.contains(&v.facility);
        let table: &TravelTable = self.table;
        table.look_ahead(day, self.now);
        let strained = Live::of(&self.area, day, self.now, &of_group, table)?.list_strained();
        let all = self.area.vehicles.values().filter(|v| of_group(v)).map(|v| v.id);
        Ok(all.filter(|id| !strained.contains(id)).collect())
    }

    /// The vehicle that the starting plan gives to a place on a run.
    fn find_start(&self, runs: &[HandRun], name: RequestId) -> Option<VehicleId> {
        let request = self.area.requests.get(&name)?;
        let Wish::Run { direction, .. } = request.wish else { return None };
        let run = runs.iter().find(|r| r.direction == direction && r.riders.contains(&request.rider))?;
        Some(run.vehicle)
    }

    /// Puts what is wanted into the routes and betters them: first with the ride limit that is aimed at, then, for who
    /// does not fit, with the one that binds.
    pub(crate) fn search_runs(
        &self,
        mut live: Live<&TravelTable>,
        wanted: &[Wanted],
        runs: &[HandRun],
        steps: u64,
    ) -> Result<(Found, u64), Turned> {
        let before = live.plan.routes.clone();
        let mut numbers = Vec::new();
        for want in wanted {
            let asked = Asked { ride_max: want.aim, ..want.asked };
            let mut request = live.request(&self.area, &asked)?;
            request.told = want.told.and_then(|(vehicle, surcharge)| {
                live.find_number(vehicle).map(|vehicle| Told { vehicle, surcharge: surcharge.0 })
            });
            numbers.push(live.push(want.name, request)?);
        }
        self.lay_start(&mut live, wanted, &numbers, runs);
        let (plan, mut tests) = better(&live, steps)?;
        live.plan = plan;
        let short: Vec<(u32, Seconds)> = wanted
            .iter()
            .zip(&numbers)
            .filter(|(want, number)| live.plan.unserved.contains(number) && want.asked.ride_max > want.aim)
            .map(|(want, number)| (*number, want.asked.ride_max))
            .collect();
        if !short.is_empty() {
            for (number, limit) in &short {
                let request = live.model.requests()[*number as usize].clone();
                let request = planner::Request { ride_max: Some(limit.0), ..request };
                live.model.replace_request(*number, request).map_err(bug)?;
            }
            let (plan, more) = better(&live, steps / 4)?;
            live.plan = plan;
            tests += more;
        }
        let mut found = Found { routes: Vec::new(), timed: Vec::new(), unserved: Vec::new() };
        for (number, visits) in live.plan.routes.iter().enumerate() {
            let vehicle = live.vehicle_id(number as u32);
            let route = RouteId { day: live.day, vehicle };
            if *visits == before[number] {
                // What nobody touched keeps its times.
                let standing = self.area.find_route(route).map_or_else(Vec::new, |r| r.visits.clone());
                found.timed.push((vehicle, standing));
                continue;
            }
            let times = live.times(number as u32, visits)?;
            found.routes.push(RouteChange { route, visits: times.clone() });
            found.timed.push((vehicle, times));
        }
        for (want, number) in wanted.iter().zip(&numbers) {
            if live.plan.unserved.contains(number) {
                let answer = live.insert(*number).map_err(bug)?;
                tests += answer.tests;
                let reasons = reasons(&answer.reasons());
                found.unserved.push((want.name, Refusal { reasons, ..Refusal::default() }));
            }
        }
        Ok((found, tests))
    }

    /// Lays the runs of the starting plan as they are written, as far as they keep every rule.
    fn lay_start(&self, live: &mut Live<&TravelTable>, wanted: &[Wanted], numbers: &[u32], runs: &[HandRun]) {
        for direction in [Direction::PickupRun, Direction::DropoffRun] {
            for run in runs.iter().filter(|r| r.direction == direction) {
                let Some(vehicle) = live.find_number(run.vehicle) else { continue };
                let number_of = |rider: &units::RiderId| {
                    let place = wanted.iter().zip(numbers).find(|(want, _)| {
                        let known = self.area.requests.get(&want.name).map(|r| (r.rider, r.wish));
                        known.is_some_and(|(r, wish)| {
                            r == *rider && matches!(wish, Wish::Run { direction: d, .. } if d == direction)
                        })
                    });
                    place.map(|(_, number)| *number)
                };
                let round: Vec<u32> = run.riders.iter().filter_map(number_of).collect();
                let mut taken: Vec<u32> = Vec::new();
                let route = live.plan.routes[vehicle as usize].clone();
                let fits = |taken: &[u32], live: &Live<&TravelTable>| {
                    let requests = live.model.requests();
                    let carried = taken.iter().all(|n| requests[*n as usize].vehicles.contains(vehicle));
                    let sound = |longer: &Vec<Visit>| Route::new(&live.model, vehicle, longer).is_ok();
                    if carried { lay_round(&route, taken).into_iter().find(sound) } else { None }
                };
                let mut laid = fits(&round, live);
                if laid.is_some() {
                    taken = round;
                } else {
                    for number in round {
                        taken.push(number);
                        match fits(&taken, live) {
                            Some(longer) => laid = Some(longer),
                            None => {
                                taken.pop();
                            }
                        }
                    }
                }
                if let Some(longer) = laid {
                    live.plan.routes[vehicle as usize] = longer;
                    live.plan.unserved.retain(|n| !taken.contains(n));
                }
            }
        }
    }

    /// The limits of a member's ride: the common arrival or departure span of the facility, its ride limit, and pins.
    pub(crate) fn want_run(&self, name: RequestId, day: ServiceDay) -> Result<Wanted, Turned> {
        let request: Request = self.get_request(name)?;
        let Wish::Run { direction, facility, .. } = request.wish else {
            return Err(bug(format!("{name} is no place on a run")));
        };
        let facility: Facility =
            *self.area.facilities.get(&facility).ok_or_else(|| bug(format!("{facility} is unknown")))?;
        let service = day.window(facility.service);
        let hours = match direction {
            Direction::PickupRun => day.window(facility.pickup_hours),
            Direction::DropoffRun => day.window(facility.dropoff_hours),
        };
        let soon = |open: Timestamp| open.max(self.now);
        let span = |open: Timestamp, close: Timestamp| Window::from(open, (close - open).max(Seconds::ZERO));
        let (mut pickup, mut dropoff) = match direction {
            Direction::PickupRun => {
                // Who joins when the common arrival is near comes a little later than the others.
                let late = self.now + ARRIVAL_SPAN > service.open();
                let arrive = if late { hours.close().max(service.open()) } else { service.open() };
                let open = (service.open() - ARRIVAL_SPAN).max(hours.open());
                (span(soon(hours.open()), arrive), span(soon(open), arrive))
            }
            Direction::DropoffRun => {
                let leave = soon(service.close());
                let close = (service.close() + DEPARTURE_SPAN).min(hours.close());
                let close = if leave > service.close() { hours.close() } else { close };
                (span(leave, close), span(leave, hours.close()))
            }
        };
        if let Some(ready) = self.area.find_ready(request.rider, day, direction) {
            // Who is ready at another time than the others is fetched then, as soon as may be.
            let open = ready.max(pickup.open());
            let soon_enough = open + READY_SPAN;
            if direction == Direction::PickupRun {
                let by = dropoff.close().max(soon_enough);
                (pickup, dropoff) = (span(open, by), span(dropoff.open(), by));
            } else {
                let open = ready.max(self.now);
                let leave =
                    if open < service.close() { open + READY_SPAN } else { pickup.close().max(soon_enough) };
                (pickup, dropoff) = (span(open, leave), span(open, leave + facility.ride_max + RIDE_PLUS));
            }
        }
        if let Some(at) = self.area.find_pin(request.rider, day, direction).and_then(|pin| pin.at) {
            // Where a pin and being ready do not go together, the vehicle comes when the member is ready.
            let side = if direction == Direction::PickupRun { &mut pickup } else { &mut dropoff };
            *side = told(day.at(at).max(side.open()), *side);
        }
        let least = self.direct(&request) + RIDE_PLUS;
        let asked = Asked {
            request: name,
            rider: request.rider,
            people: request.people,
            from: request.from,
            to: request.to,
            pickup,
            dropoff,
            ride_max: facility.ride_max.max(least),
            terms: Terms::Member,
        };
        Ok(Wanted { name, asked, aim: facility.ride_aim().max(least).min(asked.ride_max), told: None })
    }

    /// What binds from now on: at the home the told time, at the facility the common span.
    pub(crate) fn run_booking(
        &self,
        want: &Wanted,
        day: ServiceDay,
        policy: &Policy,
        timed: &[(VehicleId, Vec<PlannedVisit>)],
    ) -> Option<Booking> {
        let (name, asked) = (want.name, &want.asked);
        let request = self.area.requests.get(&name)?;
        let (vehicle, pickup) = find_begin(timed, VisitKey::pickup(name))?;
        let (_, dropoff) = find_begin(timed, VisitKey::dropoff(name))?;
        let promise = match request.wish {
            Wish::Run { direction: Direction::PickupRun, .. } => {
                Promise { pickup: told(pickup, asked.pickup), dropoff: asked.dropoff }
            }
            _ => Promise { pickup: asked.pickup, dropoff: told(dropoff, asked.dropoff) },
        };
        Some(Booking {
            vehicle,
            day,
            class: RideClass::MemberOnRun,
            terms: policy.terms(RideClass::MemberOnRun),
            promise,
            planned: Planned { pickup, dropoff },
            ride_max: asked.ride_max,
            direct: self.direct(request),
            policy: self.area.policies.date_in_force(day),
            fare_yen: 0,
        })
    }
}

/// The plan after so many steps of search, and the slot pairs judged on the way. Where the day falls into two halves they
/// are searched side by side, each with its share of the steps.
fn better(live: &Live<&TravelTable>, steps: u64) -> Result<(Plan, u64), Turned> {
    let model = live.model.compact().map_err(bug)?;
    let Some(halves) = cut(&model, &live.plan) else { return searched(&model, &live.plan, steps) };
    let all: u64 = halves.iter().map(|half| half.model.requests().len() as u64).sum();
    let [early, late] = std::thread::scope(|scope| {
        let threads = halves.each_ref().map(|half| {
            let share = steps * half.model.requests().len() as u64 / all.max(1);
            scope.spawn(move || searched(&half.model, &half.plan, share))
        });
        threads.map(|thread| thread.join().unwrap_or_else(|_| Err(bug("the search of a half broke off"))))
    });
    let ((early, tests), (late, more)) = (early?, late?);
    let joined = join(&halves, [&early, &late]);
    let before = live.plan.judge(&model).map_err(bug)?;
    match joined.filter(|plan| plan.judge(&model).is_ok_and(|cost| cost <= before)) {
        Some(plan) => Ok((plan, tests + more)),
        // A vehicle that cannot be back in time for the second half: the day has to be searched as one.
        None => searched(&model, &live.plan, steps).map(|(plan, own)| (plan, tests + more + own)),
    }
}

fn searched<T: Travel>(model: &Model<T>, plan: &Plan, steps: u64) -> Result<(Plan, u64), Turned> {
    let mut improver = Improver::new(model, plan, SEED).map_err(bug)?;
    if model.requests().len() > ONE_COURSE_FROM {
        // From a plan that is there the search makes one long course instead of several short ones from nothing, which so
        // many rides do not bring to rest.
        let begun = improver.best().clone();
        improver = Improver::new(model, &begun, SEED).map_err(bug)?;
    }
    improver.expect(steps);
    improver.run(steps);
    Ok((improver.best().clone(), improver.tests()))
}

/// Vehicle and begin of a visit.
pub(crate) fn find_begin(
    timed: &[(VehicleId, Vec<PlannedVisit>)],
    key: VisitKey,
) -> Option<(VehicleId, Timestamp)> {
    timed
        .iter()
        .find_map(|(vehicle, visits)| visits.iter().find(|v| v.visit == key).map(|v| (*vehicle, v.begin)))
}

/// A route with one more round, in each place where nobody is on board; the last place first.
fn lay_round(route: &[Visit], round: &[u32]) -> Vec<Vec<Visit>> {
    let visits = || {
        let pickups = round.iter().map(|n| Visit::Pickup(*n));
        pickups.chain(round.iter().map(|n| Visit::Dropoff(*n)))
    };
    let mut aboard = route.iter().filter(|v| matches!(v, Visit::Dropoff(_))).count() as i64
        - route.iter().filter(|v| matches!(v, Visit::Pickup(_))).count() as i64;
    let mut empty = Vec::new();
    for at in 0..=route.len() {
        if aboard == 0 {
            empty.push(at);
        }
        aboard += match route.get(at) {
            Some(Visit::Pickup(_)) => 1,
            Some(Visit::Dropoff(_)) => -1,
            None => 0,
        };
    }
    let put = |at: usize| route[..at].iter().copied().chain(visits()).chain(route[at..].iter().copied());
    empty.into_iter().rev().map(|at| put(at).collect()).collect()
}
