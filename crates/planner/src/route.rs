//! One vehicle's sequence of visits with everything that questions about it need: constraints on time, load and
//! company on every leg, cost, and the closure of the constraints.

use smallvec::SmallVec;
use units::Node;

use crate::model::{Boarding, Load, Model, Request, Span, Visit};
use crate::rule::Rule;
use crate::temporal::{Kind, Limit, Line, Schedule, Stuck};
use crate::travel::Travel;

/// Who is on board between two successive positions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Leg {
    pub load: Load,
    /// Bit `g`: a rider of group `g` is on board.
    pub groups: u8,
    pub riders: u32,
    pub ticks: i64,
    pub cost: i64,
}

/// Where a request boards and alights on the route, as positions (boarding at 0: on board at the start).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carried {
    pub request: u32,
    pub from: u32,
    pub to: u32,
}

/// A sequence of visits of one vehicle, evaluated. Position 0 is the vehicle's start, the last its end; leg and
/// slot `k` lie between positions `k` and `k + 1`.
#[derive(Debug, Clone, Default)]
pub struct Route {
    pub(crate) vehicle: u32,
    pub(crate) visits: Vec<Visit>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) service: Vec<i64>,
    pub(crate) line: Line,
    pub(crate) legs: Vec<Leg>,
    pub(crate) carried: Vec<Carried>,
    pub(crate) cost: i64,
    /// Earliest and latest begins and the closure ([`Line::closure`]), with waits left out: necessary for every
    /// extension. Together with the windows of a new visit they decide about it, so bounds through the clock
    /// (from no later than `latest` to no earlier than `earliest`) need not be entered in the closure.
    pub(crate) earliest: Vec<i64>,
    pub(crate) latest: Vec<i64>,
    ahead: Vec<i64>,
    back: Vec<i64>,
    /// Whether `latest`, `ahead` and `back` are of the present sequence.
    closed: bool,
}

impl Route {
    /// Evaluates a sequence. `Err` names the first rule that it breaks.
    pub fn new<T: Travel>(model: &Model<T>, vehicle: u32, visits: &[Visit]) -> Result<Route, Broken> {
        let mut route = Route::default();
        route.rebuild(model, vehicle, visits)?;
        Ok(route)
    }

    pub fn vehicle(&self) -> u32 {
        self.vehicle
    }

    pub fn visits(&self) -> &[Visit] {
        &self.visits
    }

    /// Travel cost, with the vehicle's fixed cost if it is used.
    pub fn cost(&self) -> i64 {
        self.cost
    }

    /// Times that keep every rule; see [`Schedule`].
    pub fn schedule(&self) -> Result<Schedule, Broken> {
        let last = self.line.len() - 1;
        self.line
            .schedule(|k| k == last || (k > 0 && matches!(self.visits[k - 1], Visit::Dropoff(_))))
            .map_err(|stuck| self.diagnose(stuck))
    }

    /// As [`Route::new`], using the memory this route already has.
    pub(crate) fn rebuild<T: Travel>(
        &mut self,
        model: &Model<T>,
        vehicle: u32,
        visits: &[Visit],
    ) -> Result<(), Broken> {
        self.rebuild_open(model, vehicle, visits)?;
        self.close();
        Ok(())
    }

    /// As [`Route::rebuild`], but what only insertions ask for waits for [`Route::close`].
    pub(crate) fn rebuild_open<T: Travel>(
        &mut self,
        model: &Model<T>,
        vehicle: u32,
        visits: &[Visit],
    ) -> Result<(), Broken> {
        self.closed = false;
        self.lay(model, vehicle, visits)?;
        if self.visits.is_empty() && !model.vehicle(vehicle).out {
            // A vehicle that stays at its base is not asked whether it could drive home in time.
            self.earliest.clone_from(&self.line.open);
            self.latest.clone_from(&self.line.close);
            return Ok(());
        }
        let mut begin = std::mem::take(&mut self.earliest);
        let verdict = self.line.least(self.line.limits.len(), &mut begin);
        self.earliest = begin;
        verdict.map_err(|stuck| self.diagnose(stuck))?;
        // Empty until asked for.
        self.latest.clear();
        Ok(())
    }

    /// Becomes a copy of the other, in the memory already at hand.
    pub(crate) fn copy_from(&mut self, other: &Route) {
        self.vehicle = other.vehicle;
        self.cost = other.cost;
        self.visits.clone_from(&other.visits);
        self.nodes.clone_from(&other.nodes);
        self.service.clone_from(&other.service);
        self.legs.clone_from(&other.legs);
        self.carried.clone_from(&other.carried);
        self.earliest.clone_from(&other.earliest);
        self.latest.clone_from(&other.latest);
        self.closed = other.closed;
        if other.closed {
            self.ahead.clone_from(&other.ahead);
            self.back.clone_from(&other.back);
        }
        self.line.copy_from(&other.line);
    }

    /// Heap bytes held, counted from the capacities of the lists.
    pub(crate) fn heap_bytes(&self) -> usize {
        fn held<X>(list: &Vec<X>) -> usize {
            list.capacity() * size_of::<X>()
        }
        let line = &self.line;
        held(&self.visits)
            + held(&self.nodes)
            + held(&self.service)
            + held(&self.legs)
            + held(&self.carried)
            + held(&self.earliest)
            + held(&self.latest)
            + held(&self.ahead)
            + held(&self.back)
            + held(&line.open)
            + held(&line.close)
            + held(&line.step)
            + held(&line.limits)
    }

    /// The sequence with its constraints, judged for everything but time and without closure.
    pub(crate) fn unjudged<T: Travel>(
        model: &Model<T>,
        vehicle: u32,
        visits: &[Visit],
    ) -> Result<Route, Broken> {
        let mut route = Route::default();
        route.lay(model, vehicle, visits)?;
        Ok(route)
    }

    fn lay<T: Travel>(&mut self, model: &Model<T>, vehicle: u32, visits: &[Visit]) -> Result<(), Broken> {
        self.vehicle = vehicle;
        self.visits.clear();
        self.visits.extend_from_slice(visits);
        self.list_carried(model)?;
        self.lay_out(model);
        self.board(model)?;
        self.limit(model);
        Ok(())
    }

    /// Pairs pickups with drop-offs and checks that the sequence makes sense for the vehicle.
    fn list_carried<T: Travel>(&mut self, model: &Model<T>) -> Result<(), Broken> {
        self.carried.clear();
        for (k, visit) in self.visits.iter().enumerate() {
            let (request, position) = (visit.request(), k as u32 + 1);
            let broken =
                |rule| Broken { vehicle: self.vehicle, rule, request: Some(request), position: Some(k + 1) };
            let Some(wish) = model.requests().get(request as usize) else {
                return Err(broken(Rule::Sequence));
            };
            let known = self.carried.iter_mut().find(|c| c.request == request);
            match (visit, known, &wish.pickup) {
                (Visit::Pickup(_), None, Boarding::At(_)) => {
                    self.carried.push(Carried { request, from: position, to: 0 });
                }
                (Visit::Dropoff(_), Some(pair), Boarding::At(_)) if pair.to == 0 => pair.to = position,
                (Visit::Dropoff(_), None, Boarding::Done { .. }) => {
                    self.carried.push(Carried { request, from: 0, to: position });
                }
                _ => return Err(broken(Rule::Sequence)),
            }
            if let Some(rule) = ineligible(model, self.vehicle, wish) {
                return Err(broken(rule));
            }
        }
        match self.carried.iter().find(|c| c.to == 0) {
            Some(c) => Err(Broken {
                vehicle: self.vehicle,
                rule: Rule::Sequence,
                request: Some(c.request),
                position: None,
            }),
            None => Ok(()),
        }
    }

    /// Places, windows, driving times and cost.
    fn lay_out<T: Travel>(&mut self, model: &Model<T>) {
        let vehicle = model.vehicle(self.vehicle);
        self.nodes.clear();
        self.service.clear();
        self.line.clear();
        self.legs.clear();
        // With somebody on board nobody waits at the start.
        let aboard = self.carried.iter().any(|c| c.from == 0);
        let leave_by = if aboard { vehicle.window.open } else { vehicle.window.close };
        self.push_position(vehicle.start, 0, Span::new(vehicle.window.open, leave_by));
        for k in 0..self.visits.len() {
            let visit = self.visits[k];
            let request = model.request(visit.request());
            let (stop, span) = match (visit, &request.pickup) {
                (Visit::Pickup(_), Boarding::At(stop)) => (stop, vehicle.pickup_span(request, stop)),
                _ => (&request.dropoff, vehicle.dropoff_span(request)),
            };
            self.push_position(stop.at, stop.service, span);
        }
        self.push_position(vehicle.end, 0, vehicle.window);
        let used = !self.visits.is_empty();
        self.cost = if used && !vehicle.out { vehicle.fixed_cost } else { 0 };
        for k in 0..self.nodes.len() - 1 {
            let (ticks, cost) = model.leg(self.nodes[k], self.nodes[k + 1]);
            self.line.step.push(self.service[k] + ticks);
            self.legs.push(Leg { ticks, cost, ..Leg::default() });
            if used || vehicle.out {
                self.cost += cost;
            }
        }
        self.cost +=
            self.carried.iter().map(|c| model.request(c.request).surcharge(self.vehicle)).sum::<i64>();
    }

    fn push_position(&mut self, at: Node, service: i64, span: Span) {
        self.nodes.push(at);
        self.service.push(service);
        self.line.open.push(span.open);
        self.line.close.push(span.close);
    }

    /// Puts everybody on their legs and checks load and company.
    fn board<T: Travel>(&mut self, model: &Model<T>) -> Result<(), Broken> {
        for c in &self.carried {
            let request = model.request(c.request);
            let foes = model.foes_of(request.group);
            for k in c.from as usize..c.to as usize {
                let leg = &mut self.legs[k];
                if leg.groups & foes != 0 {
                    return Err(Broken {
                        vehicle: self.vehicle,
                        rule: Rule::GroupClash,
                        request: Some(c.request),
                        position: Some(k),
                    });
                }
                leg.load = leg.load.plus(&request.load);
                leg.groups |= request.group_bit();
                leg.riders += u32::from(!request.duty);
            }
        }
        let layouts = &model.vehicle(self.vehicle).layouts;
        let broken = |rule, request, position| Broken { vehicle: self.vehicle, rule, request, position };
        if let Some(k) = self.legs.iter().position(|leg| !leg.load.fits_any(layouts)) {
            return Err(broken(Rule::Layout, None, Some(k)));
        }
        if !model.vehicle(self.vehicle).attendant {
            for c in self.carried.iter().filter(|c| model.request(c.request).never_alone) {
                if let Some(k) = (c.from..c.to).find(|k| self.legs[*k as usize].riders == 1) {
                    return Err(broken(Rule::Alone, Some(c.request), Some(k as usize)));
                }
            }
        }
        for c in self.carried.iter().filter(|c| !model.request(c.request).clash.is_empty()) {
            for other in self.carried.iter().filter(|o| model.request(c.request).clash.contains(&o.request)) {
                if c.from < other.to && other.from < c.to {
                    return Err(broken(
                        Rule::MustNotMeet,
                        Some(c.request),
                        Some(c.from.max(other.from) as usize),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Ride limits, duration and waits as backward constraints.
    fn limit<T: Travel>(&mut self, model: &Model<T>) {
        let vehicle = model.vehicle(self.vehicle);
        let last = self.nodes.len() - 1;
        for c in &self.carried {
            if let (Some(limit), true) = (model.request(c.request).ride_max, c.from > 0) {
                let most = limit + self.service[c.from as usize];
                self.line.limits.push(Limit { from: c.to, to: c.from, most, kind: Kind::Ride });
            }
        }
        if let Some(most) = vehicle.duration_max {
            self.line.limits.push(Limit { from: last as u32, to: 0, most, kind: Kind::Duration });
        }
        self.line.firm = self.line.limits.len();
        if let Some(wait) = vehicle.wait_max {
            for k in (0..last).rev().filter(|k| self.legs[*k].riders > 0) {
                let most = self.line.step[k] + wait;
                self.line.limits.push(Limit { from: k as u32 + 1, to: k as u32, most, kind: Kind::Wait });
            }
        }
    }

    /// Makes the route ready for [`crate::insert::Search`]. The line is feasible, so all of it exists.
    pub(crate) fn close(&mut self) {
        if self.closed {
            return;
        }
        self.closed = true;
        self.line.closure(&mut self.ahead, &mut self.back);
        if !self.latest.is_empty() {
            return;
        }
        let firm = self.line.firm;
        if firm < self.line.limits.len() {
            let solved = self.line.least(firm, &mut self.earliest);
            debug_assert!(solved.is_ok());
        }
        let solved = self.line.greatest(firm, &self.line.close, &mut self.latest);
        debug_assert!(solved.is_ok());
    }

    /// Greatest lower bound on `B_y - B_x` that driving times and firm limits imply.
    pub(crate) fn reach(&self, x: usize, y: usize) -> i64 {
        debug_assert!(self.closed);
        if x <= y { self.ahead[y] - self.ahead[x] } else { self.back[x * self.nodes.len() + y] }
    }

    /// Names the rule behind a sequence that cannot be driven.
    fn diagnose(&self, stuck: Stuck) -> Broken {
        let (rule, position) = diagnose_line(&self.line, stuck, |k| {
            if k == 0 || k > self.visits.len() {
                Rule::ShiftEnd
            } else {
                match self.visits[k - 1] {
                    Visit::Pickup(_) => Rule::PickupTooLate,
                    Visit::Dropoff(_) => Rule::DropoffTooLate,
                }
            }
        });
        let request = position.and_then(|k| self.visits.get(k.checked_sub(1)?)).map(|v| v.request());
        Broken { vehicle: self.vehicle, rule, request, position }
    }
}

/// The least family of rules that cannot be met: windows; with rides; with the duration; with waits.
fn diagnose_line(line: &Line, stuck: Stuck, late: impl Fn(usize) -> Rule) -> (Rule, Option<usize>) {
    let mut begin = Vec::new();
    if let Err(Stuck::Late(k)) = line.least(0, &mut begin) {
        return (late(k), Some(k));
    }
    let position = match stuck {
        Stuck::Late(k) => Some(k),
        Stuck::Cycle => None,
    };
    let rides = line.limits.iter().take_while(|l| l.kind == Kind::Ride).count();
    if line.least(rides, &mut begin).is_err() {
        (Rule::RideTime, position)
    } else if line.least(line.firm, &mut begin).is_err() {
        (Rule::RouteDuration, position)
    } else {
        (Rule::WaitOnBoard, position)
    }
}

/// Why the vehicle may not carry the request whatever its route.
pub(crate) fn ineligible<T: Travel>(model: &Model<T>, vehicle: u32, request: &Request) -> Option<Rule> {
    let v = model.vehicle(vehicle);
    if !request.vehicles.contains(vehicle) {
        Some(Rule::NotEligible)
    } else if v.barred & request.group_bit() != 0 {
        Some(Rule::GroupBarred)
    } else {
        None
    }
}

/// A route that breaks a rule: which, and where as far as it can be pinned down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("vehicle {vehicle}: {rule} (request {request:?}, position {position:?})")]
pub struct Broken {
    pub vehicle: u32,
    pub rule: Rule,
    pub request: Option<u32>,
    /// 0 is the vehicle's start; for load and company the leg after that position.
    pub position: Option<usize>,
}

/// Legs on which `request` could not be on board: load, groups, nobody else there, or somebody it must not meet. `rules[k]`
/// is why; legs before `low` are not looked at, and there is no entry from `high` on.
pub(crate) fn blocked<T: Travel>(
    model: &Model<T>,
    route: &Route,
    request: &Request,
    (low, high): (usize, usize),
    rules: &mut Vec<Option<Rule>>,
) {
    let foes = model.foes_of(request.group);
    let layouts = &model.vehicle(route.vehicle).layouts;
    rules.clear();
    rules.resize(low, None);
    rules.extend(route.legs[low..high].iter().map(|leg| {
        if !leg.load.plus(&request.load).fits_any(layouts) {
            Some(Rule::Layout)
        } else if leg.groups & foes != 0 {
            Some(Rule::GroupClash)
        } else {
            None
        }
    }));
    if request.never_alone && !model.vehicle(route.vehicle).attendant {
        for (rule, _) in rules.iter_mut().zip(&route.legs).filter(|(_, leg)| leg.riders == 0) {
            rule.get_or_insert(Rule::Alone);
        }
    }
    if request.clash.is_empty() {
        return;
    }
    let met: SmallVec<[&Carried; 4]> =
        route.carried.iter().filter(|c| request.clash.contains(&c.request)).collect();
    for c in met {
        let to = (c.to as usize).min(high);
        for rule in &mut rules[(c.from as usize).min(to)..to] {
            rule.get_or_insert(Rule::MustNotMeet);
        }
    }
}
