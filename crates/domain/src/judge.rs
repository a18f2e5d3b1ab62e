//! The independent judge of plans. Shares no code with the planner: it takes the times that a plan states and holds
//! every rule against them, one by one. Only where facts have already broken a rule does it ask how much they forced.

use std::collections::{BTreeMap, BTreeSet};

use units::{Metres, Node, RequestId, Seconds, Timestamp};

use crate::area::Area;
use crate::masters::Vehicle;
use crate::needs::Load;
use crate::plan::{PlannedVisit, Progress, Route, RouteId, VisitKey, VisitKind};
use crate::policy::Terms;
use crate::request::{Booking, Request, RequestState};

/// Port: drive times and lengths between nodes.
pub trait TravelTimes {
    fn seconds(&self, from: Node, to: Node) -> Seconds;
    fn metres(&self, from: Node, to: Node) -> Metres;
}

/// A broken rule, in words for the operator and the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub route: RouteId,
    pub visit: Option<VisitKey>,
    pub rule: &'static str,
    pub detail: String,
}

/// Judges the routes `ids` of `after` against every rule. Where the facts alone had already broken a rule in `before`,
/// the same rule may be broken by as much, never by more. An empty answer means lawful.
pub fn check(
    before: &Area,
    after: &Area,
    ids: &[RouteId],
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for id in ids {
        let Some(route) = after.find_route(*id) else {
            found.push(Violation {
                route: *id,
                visit: None,
                rule: "vehicle",
                detail: "unknown vehicle".to_owned(),
            });
            continue;
        };
        let forced = forced_by_facts(before, *id, now, travel);
        let mut fresh = Vec::new();
        let mut judge = Judge { area: after, route: &route, now, travel, forced, found: &mut fresh };
        judge.whole();
        judge.member_delay(before);
        judge.bookings(before);
        judge.locked(before);
        let standing = broken_by_facts(before, *id, now, travel);
        found.extend(fresh.into_iter().filter(|v| !standing.contains(&(v.visit, v.rule))));
    }
    found
}

/// Rules that the standing route breaks whatever the times: people got on before others got off, a vehicle was swapped.
/// The new plan may leave those as they are at the same visits.
fn broken_by_facts(
    before: &Area,
    id: RouteId,
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> BTreeSet<(Option<VisitKey>, &'static str)> {
    let (Some(route), Some(vehicle)) = (before.find_route(id), before.vehicles.get(&id.vehicle)) else {
        return BTreeSet::new();
    };
    let mut found = Vec::new();
    let forced = Forced::default();
    let mut judge = Judge { area: before, route: &route, now, travel, forced, found: &mut found };
    judge.loads(vehicle);
    judge.suitability(vehicle);
    judge.company(vehicle);
    judge.places_on_runs(vehicle);
    let stated: Vec<Timestamp> = route.visits.iter().map(|v| v.begin).collect();
    judge.driven(&stated);
    let (_, driving_on) = earliest(before, &route, now, travel);
    judge.driven(&driving_on);
    found.into_iter().map(|v| (v.visit, v.rule)).collect()
}

/// How far beyond their limits the facts push visits and rides, whatever is decided.
#[derive(Debug, Default)]
struct Forced {
    /// Earliest begin of each visit, driving on as planned.
    begin: BTreeMap<VisitKey, Timestamp>,
    ride: BTreeMap<RequestId, Seconds>,
    /// Longest standing with riders on board, beyond the limit, driving on as planned.
    wait: Seconds,
    end: Seconds,
}

pub(crate) struct Judge<'a> {
    pub(crate) area: &'a Area,
    pub(crate) route: &'a Route,
    pub(crate) now: Timestamp,
    travel: &'a dyn TravelTimes,
    forced: Forced,
    found: &'a mut Vec<Violation>,
}

impl Judge<'_> {
    pub(crate) fn say(&mut self, visit: Option<VisitKey>, rule: &'static str, detail: String) {
        self.found.push(Violation { route: self.route.id, visit, rule, detail });
    }

    fn whole(&mut self) {
        let Some(vehicle) = self.area.vehicles.get(&self.route.id.vehicle).cloned() else {
            return self.say(None, "vehicle", "unknown vehicle".to_owned());
        };
        self.completeness();
        self.times(&vehicle);
        self.rides();
        self.loads(&vehicle);
        self.suitability(&vehicle);
        self.company(&vehicle);
        self.places_on_runs(&vehicle);
        let stated: Vec<Timestamp> = self.route.visits.iter().map(|v| v.begin).collect();
        self.driven(&stated);
    }

    pub(crate) fn known(&self, visit: VisitKey) -> Option<(&Request, &Booking)> {
        let request = self.area.requests.get(&visit.request)?;
        request.find_active_booking().map(|booking| (&**request, booking))
    }

    /// Nobody's promise was rewritten, and what is new was allowed by the policy in force.
    fn bookings(&mut self, before: &Area) {
        let id = self.route.id;
        let policy = self.area.policies.in_force(id.day);
        let area = self.area;
        for request in area.requests.values() {
            let Some(booking) = request.find_active_booking() else { continue };
            if booking.vehicle != id.vehicle || booking.day != id.day {
                continue;
            }
            let visit = Some(VisitKey::pickup(request.id));
            let known = before.requests.get(&request.id);
            match known.and_then(|r| Some((r, r.find_active_booking()?))) {
                Some((known, former)) => self.rewritten(before, request, (known, former), booking),
                None if !policy.allows.contains(&booking.class) => {
                    self.say(visit, "policy", format!("{} is not allowed", booking.class.code()));
                }
                None if booking.terms != policy.terms(booking.class) => {
                    self.say(
                        visit,
                        "policy",
                        format!("{:?} are not the terms of {}", booking.terms, booking.class.code()),
                    );
                }
                None => {}
            }
        }
    }

    /// A guest who is new on the route delays no member by more than the policy allows, against the day plan.
    fn member_delay(&mut self, before: &Area) {
        let Some(former) = before.find_route(self.route.id) else { return };
        let was_there = |visit: VisitKey| former.visits.iter().any(|v| v.visit == visit);
        let terms_of = |judge: &Self, visit: VisitKey| judge.known(visit).map(|(_, b)| b.terms);
        let visits = self.route.visits.clone();
        let is_new_guest = |v: &&PlannedVisit| {
            !was_there(v.visit) && terms_of(self, v.visit).is_some_and(|t| t != Terms::Member)
        };
        if visits.iter().find(is_new_guest).is_none() {
            return;
        }
        let most = self.area.policies.in_force(self.route.id.day).member_delay_max;
        let (_, unavoidable) = earliest(before, &former, self.now, self.travel);
        for planned in visits.iter().filter(|v| was_there(v.visit)) {
            let Some((request, booking)) = self.known(planned.visit) else { continue };
            if booking.terms != Terms::Member {
                continue;
            }
            let told = match planned.visit.kind {
                VisitKind::Pickup => booking.planned.pickup,
                VisitKind::Dropoff => booking.planned.dropoff,
            };
            let at = former.visits.iter().position(|v| v.visit == planned.visit);
            // What already stands that late may stay, but comes no later.
            let standing = at.map_or(told, |k| former.visits[k].begin);
            let bound = at.and_then(|k| unavoidable.get(k)).copied().unwrap_or(told);
            let bound = bound.max(told + most).max(standing);
            if planned.begin > bound {
                let detail =
                    format!("{} would be {} s behind the day plan", request.id, (planned.begin - told).0);
                self.say(Some(planned.visit), "member_delay", detail);
            }
        }
    }

    /// Everyone who was promised a ride on this route is on it, once, and got on before getting off.
    fn completeness(&mut self) {
        let id = self.route.id;
        let visits: Vec<VisitKey> = self.route.visits.iter().map(|v| v.visit).collect();
        for request in self.area.requests.values() {
            let Some(booking) = request.find_active_booking() else { continue };
            if booking.vehicle != id.vehicle || booking.day != id.day {
                continue;
            }
            let on_board = matches!(request.state, RequestState::OnBoard { .. });
            let pickups: Vec<usize> = positions(&visits, VisitKey::pickup(request.id));
            let dropoffs: Vec<usize> = positions(&visits, VisitKey::dropoff(request.id));
            let whole = match (on_board, pickups.as_slice(), dropoffs.as_slice()) {
                (true, [], [_]) => true,
                (false, [p], [d]) => p < d,
                _ => false,
            };
            if !whole {
                self.say(
                    Some(VisitKey::dropoff(request.id)),
                    "complete",
                    format!("{} is not carried exactly once", request.id),
                );
            }
        }
        for visit in visits {
            if self.known(visit).is_none_or(|(_, b)| b.vehicle != id.vehicle || b.day != id.day) {
                self.say(Some(visit), "complete", format!("{visit} has no booking on this route"));
            }
        }
    }

    fn times(&mut self, vehicle: &Vehicle) {
        let shift = self.route.id.day.window(vehicle.shift);
        let mut place = self.route.anchor.place;
        let mut free = self.route.anchor.ready;
        let visits = self.route.visits.clone();
        let mut aboard = self.area.on_board(self.route.id).count() as i64;
        for (index, planned) in visits.iter().enumerate() {
            let visit = planned.visit;
            let Some(here) = self.area.find_visit_place(visit) else { continue };
            let drive = self.drive(place, here);
            let arrival = match self.route.progress {
                Progress::Heading { eta, .. } if index == 0 => eta,
                Progress::Arrived { at, .. } if index == 0 => at,
                _ => free + drive,
            };
            if planned.begin < arrival {
                self.say(
                    Some(visit),
                    "travel",
                    format!("begins {} but cannot be reached before {arrival}", planned.begin),
                );
            }
            let wait_max = self.area.policies.in_force(self.route.id.day).wait_on_board_max;
            let excess = planned.begin - arrival - wait_max;
            if aboard > 0 && index > 0 && excess > self.forced.wait {
                self.say(
                    Some(visit),
                    "wait_on_board",
                    format!("riders stand for {} s", (planned.begin - arrival).0),
                );
            }
            self.window(vehicle, planned);
            aboard += if visit.kind == VisitKind::Pickup { 1 } else { -1 };
            free = planned.begin + self.area.service_of(visit);
            if free < self.now && index == 0 && visits.len() > 1 {
                // The visit is overdue by the clock: nothing behind it can begin in the past.
                free = self.now;
            }
            place = here;
        }
        let Some(base) = self.area.find_base(vehicle.id) else { return };
        let end = free + self.drive(place, base);
        if !visits.is_empty() && end > shift.close() + self.forced.end {
            self.say(None, "shift_end", format!("back at {end}, shift ends {}", shift.close()));
        }
    }

    fn window(&mut self, vehicle: &Vehicle, planned: &PlannedVisit) {
        let Some((request, booking)) = self.known(planned.visit) else { return };
        let (promise, terms) = (booking.promise, booking.terms);
        let window = match planned.visit.kind {
            VisitKind::Pickup => promise.pickup,
            VisitKind::Dropoff => promise.dropoff,
        };
        // Where facts rule, nothing later than driving on as planned; otherwise the limits themselves.
        let unavoidable = self.forced.begin.get(&planned.visit).copied();
        let within = |limit: Timestamp| planned.begin <= unavoidable.map_or(limit, |begin| begin.max(limit));
        let id = request.id;
        if planned.begin < window.open() {
            self.say(
                Some(planned.visit),
                "promise",
                format!("{id} begins {} before {}", planned.begin, window.open()),
            );
        }
        if !within(window.close()) {
            self.say(
                Some(planned.visit),
                "promise",
                format!("{id} begins {} after {}", planned.begin, window.close()),
            );
        }
        if terms == Terms::OutsideRunHours
            && let Some(facility) = self.area.facilities.get(&vehicle.facility)
        {
            let day = self.route.id.day;
            let service = self.area.service_of(planned.visit);
            let early = planned.begin < day.at(facility.pickup_hours.close());
            let late = !within(day.at(facility.dropoff_hours.open()) - service);
            if (planned.visit.kind == VisitKind::Pickup && early)
                || (planned.visit.kind == VisitKind::Dropoff && late)
            {
                self.say(Some(planned.visit), "run_hours", format!("{id} would ride inside 送迎 hours"));
            }
        }
    }

    fn rides(&mut self) {
        let visits = self.route.visits.clone();
        for planned in visits.iter().filter(|v| v.visit.kind == VisitKind::Dropoff) {
            let Some(request) = self.area.requests.get(&planned.visit.request) else { continue };
            let (from, limit) = match &request.state {
                RequestState::OnBoard { booking, boarded_at } => (*boarded_at, booking.ride_max),
                RequestState::Booked(booking) => {
                    let pickup = VisitKey::pickup(request.id);
                    let Some(p) = visits.iter().find(|v| v.visit == pickup) else { continue };
                    (p.begin + self.area.service_of(pickup), booking.ride_max)
                }
                _ => continue,
            };
            let ride = planned.begin - from;
            let forced = self.forced.ride.get(&request.id).copied().unwrap_or_default();
            if ride > limit + forced {
                self.say(
                    Some(planned.visit),
                    "ride_time",
                    format!("{} s on board, limit {} s", ride.0, limit.0),
                );
            }
        }
    }

    fn loads(&mut self, vehicle: &Vehicle) {
        let mut aboard: Vec<RequestId> = self.area.on_board(self.route.id).map(|(r, _, _)| r.id).collect();
        let visits = self.route.visits.clone();
        for planned in &visits {
            match planned.visit.kind {
                VisitKind::Pickup => aboard.push(planned.visit.request),
                VisitKind::Dropoff => aboard.retain(|r| *r != planned.visit.request),
            }
            let requests: Vec<&Request> =
                aboard.iter().filter_map(|id| self.area.requests.get(id)).map(|r| &**r).collect();
            let load = requests.iter().fold(Load::default(), |sum, r| sum.plus(self.area.load_of(r)));
            if !vehicle.holds(load) {
                let detail = format!(
                    "{} tenths of seats and {} wheelchairs fit no layout",
                    load.seat_tenths, load.wheelchairs
                );
                self.say(Some(planned.visit), "layout", detail);
            }
            let terms: Vec<_> =
                requests.iter().filter_map(|r| r.find_active_booking()).map(|b| b.terms).collect();
            if terms.iter().any(|a| terms.iter().any(|b| !a.may_meet(*b))) {
                self.say(
                    Some(planned.visit),
                    "mixed_boarding",
                    "members and guests would ride together".to_owned(),
                );
            }
        }
    }

    fn suitability(&mut self, vehicle: &Vehicle) {
        let visits = self.route.visits.clone();
        for planned in &visits {
            let Some((request, _)) = self.known(planned.visit) else { continue };
            let attendant = self.area.riders.get(&request.rider).is_some_and(|r| r.needs.attendant);
            let lane = self.area.places.get(&request.place(planned.visit.kind)).map(|p| p.largest_vehicle);
            if attendant && !vehicle.attendant {
                self.say(Some(planned.visit), "attendant", "no attendant on board".to_owned());
            }
            if lane.is_some_and(|largest| vehicle.kind > largest) {
                self.say(Some(planned.visit), "lane", "the vehicle is too large for the lane".to_owned());
            }
        }
    }

    pub(crate) fn drive(&self, from: units::PlaceId, to: units::PlaceId) -> Seconds {
        drive(self.area, from, to, self.travel)
    }
}

fn positions(visits: &[VisitKey], wanted: VisitKey) -> Vec<usize> {
    visits.iter().enumerate().filter(|(_, v)| **v == wanted).map(|(i, _)| i).collect()
}

fn drive(area: &Area, from: units::PlaceId, to: units::PlaceId, travel: &dyn TravelTimes) -> Seconds {
    match (area.find_node(from), area.find_node(to)) {
        (Some(a), Some(b)) => travel.seconds(a, b),
        _ => Seconds::ZERO,
    }
}

/// `begin[to] >= begin[from] + weight`.
struct Constraint {
    from: usize,
    to: usize,
    weight: i64,
}

/// Sets the standing route up as difference constraints and asks whether any schedule keeps them. If one does, the facts
/// force nothing. If none does, the earliest way to drive the route as it stands tells by how much limits must give.
fn forced_by_facts(area: &Area, id: RouteId, now: Timestamp, travel: &dyn TravelTimes) -> Forced {
    let Some(route) = area.find_route(id) else { return Forced::default() };
    let Some(vehicle) = area.vehicles.get(&id.vehicle) else { return Forced::default() };
    if route.visits.is_empty() {
        return Forced::default();
    }
    let n = route.visits.len();
    let (first_arrival, begins) = earliest(area, &route, now, travel);
    let wait_max = area.policies.in_force(id.day).wait_on_board_max;
    let end_close = id.day.window(vehicle.shift).close();
    let mut arcs = Vec::new();
    let mut closes = Vec::new();
    let mut rides = Vec::new();
    let mut waits = Vec::new();
    let mut aboard = area.on_board(id).count() as i64;
    for (i, planned) in route.visits.iter().enumerate() {
        let visit = planned.visit;
        let service = area.service_of(visit).0;
        let step = if i + 1 < n {
            service + leg_seconds(area, visit, route.visits[i + 1].visit, travel).0
        } else {
            service + home_seconds(area, visit, vehicle, travel).0
        };
        arcs.push(Constraint { from: i, to: i + 1, weight: step });
        aboard += if visit.kind == VisitKind::Pickup { 1 } else { -1 };
        if aboard > 0 && i + 1 < n {
            arcs.push(Constraint { from: i + 1, to: i, weight: -(step + wait_max.0) });
            waits.push((i + 1, i, step));
        }
        let Some(request) = area.requests.get(&visit.request) else { continue };
        let Some(booking) = request.find_active_booking() else { continue };
        let window =
            if visit.kind == VisitKind::Pickup { booking.promise.pickup } else { booking.promise.dropoff };
        let mut close = window.close();
        if visit.kind == VisitKind::Dropoff {
            if let RequestState::OnBoard { boarded_at, .. } = request.state {
                close = close.min(boarded_at + booking.ride_max);
                rides.push((request.id, None, i, booking.ride_max, Some(boarded_at)));
            } else if let Some(p) = route.visits.iter().position(|v| v.visit == VisitKey::pickup(request.id))
            {
                let weight = -(booking.ride_max + area.service_of(VisitKey::pickup(request.id))).0;
                arcs.push(Constraint { from: i, to: p, weight });
                rides.push((request.id, Some(p), i, booking.ride_max, None));
            }
            if booking.terms == Terms::OutsideRunHours
                && let Some(facility) = area.facilities.get(&vehicle.facility)
            {
                close = close.min(id.day.at(facility.dropoff_hours.open()) - Seconds(service));
            }
        }
        closes.push((i, close, visit));
    }
    let on_board_now = area.on_board(id).next().is_some();
    let mut limits: Vec<(usize, Timestamp)> = closes.iter().map(|(i, close, _)| (*i, *close)).collect();
    if on_board_now {
        limits.push((0, first_arrival + wait_max));
    }
    if feasible(&begins, &arcs, &limits, end_close) {
        return Forced::default();
    }
    let mut forced = Forced::default();
    for (i, _, visit) in &closes {
        forced.begin.insert(*visit, begins[*i]);
    }
    for (request, p, d, limit, boarded_at) in rides {
        let from = match (boarded_at, p) {
            (Some(at), _) => at,
            (None, Some(p)) => begins[p] + area.service_of(VisitKey::pickup(request)),
            (None, None) => continue,
        };
        forced.ride.insert(request, (begins[d] - from - limit).max(Seconds::ZERO));
    }
    let first_wait = if on_board_now { begins[0] - first_arrival } else { Seconds::ZERO };
    let stood = waits.iter().map(|(to, from, step)| begins[*to] - begins[*from] - Seconds(*step));
    forced.wait = (stood.fold(first_wait, Seconds::max) - wait_max).max(Seconds::ZERO);
    forced.end = (begins[n] - end_close).max(Seconds::ZERO);
    forced
}

/// Forward pass: when the first visit is reached, and every begin as early as the ones before it allow; the last entry is
/// the return to the base.
fn earliest(
    area: &Area,
    route: &Route,
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> (Timestamp, Vec<Timestamp>) {
    let mut begins = Vec::with_capacity(route.visits.len() + 1);
    let mut first_arrival = route.anchor.ready.max(now);
    let mut place = route.anchor.place;
    let mut free = route.anchor.ready.max(now);
    let home = area.find_base(route.id.vehicle);
    let driven = match area.turns.contains_key(&(route.id.day, route.id.vehicle)) {
        true => area.list_driven(route.id.vehicle, route.id.day),
        false => Vec::new(),
    };
    let mut aboard = area.on_board(route.id).count() as i64;
    for (i, planned) in route.visits.iter().enumerate() {
        let visit = planned.visit;
        let here = area.find_visit_place(visit).unwrap_or(place);
        let arrival = match route.progress {
            Progress::Heading { eta, .. } if i == 0 => eta.max(now),
            Progress::Arrived { at, .. } if i == 0 => at.max(now - area.service_of(visit)),
            _ => free + drive(area, place, here, travel),
        };
        if i == 0 {
            first_arrival = arrival;
        }
        let arrival = match driven.iter().rev().find(|w| w.open() <= planned.begin) {
            // Empty, and planned for when another driver is there: until then nobody drives it.
            Some(turn) if aboard == 0 && home.is_some() => {
                let base = home.unwrap_or(place);
                arrival.max(turn.open() + drive(area, base, here, travel))
            }
            _ => arrival,
        };
        aboard += if visit.kind == VisitKind::Pickup { 1 } else { -1 };
        let booking = area.requests.get(&visit.request).and_then(|r| r.find_active_booking());
        let hours = area.vehicles.get(&route.id.vehicle).and_then(|v| area.facilities.get(&v.facility));
        let open = booking.map(|b| match (visit.kind, hours) {
            (VisitKind::Pickup, Some(facility)) if b.terms == Terms::OutsideRunHours => {
                b.promise.pickup.open().max(route.id.day.at(facility.pickup_hours.close()))
            }
            (VisitKind::Pickup, _) => b.promise.pickup.open(),
            (VisitKind::Dropoff, _) => b.promise.dropoff.open(),
        });
        let begin = arrival.max(open.unwrap_or(arrival));
        begins.push(begin);
        free = begin + area.service_of(visit);
        place = here;
    }
    let home = home.unwrap_or(place);
    begins.push(free + drive(area, place, home, travel));
    (first_arrival, begins)
}

/// Bellman-Ford from the earliest begins: raises them until every constraint holds or a limit is passed.
fn feasible(
    begins: &[Timestamp],
    arcs: &[Constraint],
    closes: &[(usize, Timestamp)],
    end_close: Timestamp,
) -> bool {
    let mut least: Vec<i64> = begins.iter().map(|t| t.unix_seconds()).collect();
    for _ in 0..=least.len() {
        let mut changed = false;
        for arc in arcs {
            let raised = least[arc.from] + arc.weight;
            if raised > least[arc.to] {
                least[arc.to] = raised;
                changed = true;
            }
        }
        let beyond = closes.iter().any(|(i, close)| least[*i] > close.unix_seconds());
        if beyond || least.last().is_some_and(|end| *end > end_close.unix_seconds()) {
            return false;
        }
        if !changed {
            return true;
        }
    }
    false
}

fn leg_seconds(area: &Area, from: VisitKey, to: VisitKey, travel: &dyn TravelTimes) -> Seconds {
    match (area.find_visit_place(from), area.find_visit_place(to)) {
        (Some(a), Some(b)) => drive(area, a, b, travel),
        _ => Seconds::ZERO,
    }
}

fn home_seconds(area: &Area, from: VisitKey, vehicle: &Vehicle, travel: &dyn TravelTimes) -> Seconds {
    match (area.find_visit_place(from), area.find_base(vehicle.id)) {
        (Some(a), Some(b)) => drive(area, a, b, travel),
        _ => Seconds::ZERO,
    }
}
