//! Exact best insertion of one request.
//!
//! A slot pair is judged in constant time against the closure of the route's constraints: the pickup and the
//! drop-off are two new nodes with at most three constraints in and out, so every cycle that is new runs through
//! one or both of them, and the route bears them if and only if none of those few cycles is positive. Old
//! constraints that the insertion removes (driving straight on) are implied by the new ones unless the triangle
//! inequality fails at the slot; only then, and where waits on board are limited (those limits change with the
//! legs), is the extended sequence solved as a whole.

use crate::model::{Boarding, Model, Request, Span, Visit, limit_or_far};
use crate::plan::Plan;
use crate::refuse::{Refusal, refusal};
use crate::route::{Broken, Route, blocked, ineligible};
use crate::rule::Rule;
use crate::temporal::{Kind, Limit, Line};
use crate::travel::Travel;
use units::Node;

/// Where a request goes: before which visits of the present route its pickup and its drop-off are put
/// (`pickup <= dropoff <= visits.len()`; equal: the drop-off follows the pickup at once).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Insertion {
    /// Added travel cost, with the fixed cost if the vehicle was unused and the surcharge if another one was told.
    pub delta: i64,
    pub vehicle: u32,
    pub pickup: u32,
    pub dropoff: u32,
    /// The rider is on board already: only the drop-off is put in.
    pub dropoff_only: bool,
}

impl Insertion {
    /// Puts the visits of request number `request` into the sequence for which this insertion was found.
    pub fn apply(&self, visits: &mut Vec<Visit>, request: u32) {
        visits.insert(self.dropoff as usize, Visit::Dropoff(request));
        if !self.dropoff_only {
            visits.insert(self.pickup as usize, Visit::Pickup(request));
        }
    }
}

/// All that is known about putting one request into a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The best insertion of every vehicle that has one: by cost, then vehicle, then slots.
    pub found: Vec<Insertion>,
    /// Why each of the other vehicles has none.
    pub refused: Vec<Refusal>,
    /// Slot pairs whose times were judged: the measure of effort, the same on every machine.
    pub tests: u64,
}

impl Answer {
    /// How many vehicles refuse by each rule, in the order of the rules.
    pub fn reasons(&self) -> Vec<(Rule, usize)> {
        Rule::ALL
            .iter()
            .map(|rule| (*rule, self.refused.iter().filter(|r| r.rule == *rule).count()))
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}

/// Finds the best insertion of a request in every vehicle's route. The request need not be in the model; its
/// clash list speaks of the model's requests. Fails if a route of the plan breaks a rule itself.
pub fn insert<T: Travel>(model: &Model<T>, plan: &Plan, request: &Request) -> Result<Answer, Broken> {
    let mut answer = Answer { found: Vec::new(), refused: Vec::new(), tests: 0 };
    let mut search = Search::default();
    for (vehicle, visits) in plan.routes.iter().enumerate() {
        if let Some(rule) = ineligible(model, vehicle as u32, request) {
            answer.refused.push(Refusal::whole(vehicle as u32, rule));
            continue;
        }
        let route = Route::new(model, vehicle as u32, visits)?;
        match search.best(model, &route, request) {
            Some(insertion) => answer.found.push(insertion),
            None => answer.refused.push(refusal(model, &route, request, &mut search)),
        }
    }
    answer.found.sort_unstable();
    answer.tests = search.tests;
    Ok(answer)
}

/// One end of the new request as the vehicle sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub at: Node,
    pub span: Span,
    pub service: i64,
}

/// Both ends, the bound on `B_dropoff - B_pickup`, and driving between them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    /// `None`: on board already.
    pub pickup: Option<End>,
    pub dropoff: End,
    pub most: i64,
    direct: i64,
}

impl Ends {
    pub(crate) fn of<T: Travel>(model: &Model<T>, vehicle: u32, request: &Request) -> Ends {
        let v = model.vehicle(vehicle);
        let stop = &request.dropoff;
        let dropoff = End { at: stop.at, span: v.dropoff_span(request), service: stop.service };
        let (pickup, most, direct) = match &request.pickup {
            Boarding::At(stop) => {
                let pickup = End { at: stop.at, span: v.pickup_span(request, stop), service: stop.service };
                let most = request.ride_max.map(|limit| limit + stop.service);
                (Some(pickup), limit_or_far(most), model.ticks(stop.at, dropoff.at))
            }
            Boarding::Done { .. } => (None, limit_or_far(None), 0),
        };
        Ends { pickup, dropoff, most, direct }
    }
}

/// Driving and cost of putting one stop into a slot.
#[derive(Debug, Clone, Copy, Default)]
struct Detour {
    to: i64,
    onward: i64,
    delta: i64,
    /// Least `delta` from this slot on.
    least_later: i64,
}

/// Reusable memory of the search, and its count of judged slot pairs.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub tests: u64,
    /// Slot pairs that cost so much or more do not matter.
    limit: i64,
    blocked: Vec<Option<Rule>>,
    pickups: Vec<Detour>,
    dropoffs: Vec<Detour>,
    doubtful: Vec<(i64, u32, u32)>,
    /// Earliest begins by windows and driving alone: what comes before a slot keeps these whatever is put in it.
    ahead: Vec<i64>,
    /// In some slot the drop-off shortens the way: bounds from the whole route then say nothing about earlier slots.
    shortcuts: bool,
    /// Slots outside can hold neither end in time.
    range: (usize, usize),
    line: Line,
    begin: Vec<i64>,
}

impl Default for Search {
    fn default() -> Self {
        Search {
            tests: 0,
            limit: i64::MAX,
            blocked: Vec::new(),
            pickups: Vec::new(),
            dropoffs: Vec::new(),
            doubtful: Vec::new(),
            ahead: Vec::new(),
            shortcuts: false,
            range: (0, 0),
            line: Line::default(),
            begin: Vec::new(),
        }
    }
}

/// What the closure says about a slot pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fits,
    Fails,
    /// The extended sequence has to be solved.
    Doubtful,
}

impl Search {
    /// The cheapest slot pair, the earliest slots among equals.
    pub fn best<T: Travel>(
        &mut self,
        model: &Model<T>,
        route: &Route,
        request: &Request,
    ) -> Option<Insertion> {
        self.best_below(model, route, request, i64::MAX)
    }

    /// As [`Search::best`] among the slot pairs that cost less than `limit`.
    pub fn best_below<T: Travel>(
        &mut self,
        model: &Model<T>,
        route: &Route,
        request: &Request,
        limit: i64,
    ) -> Option<Insertion> {
        let first_use = first_use(model, route) + request.surcharge(route.vehicle);
        self.limit = limit.saturating_sub(first_use);
        let ends = Ends::of(model, route.vehicle, request);
        let found = if ends.pickup.is_some() {
            self.best_pair(model, route, request, &ends)
        } else {
            self.best_dropoff(model, route, request, &ends)
        };
        let (delta, pickup, dropoff) = found?;
        let dropoff_only = ends.pickup.is_none();
        let delta = delta + first_use;
        Some(Insertion { delta, vehicle: route.vehicle, pickup, dropoff, dropoff_only })
    }

    fn best_pair<T: Travel>(
        &mut self,
        model: &Model<T>,
        route: &Route,
        request: &Request,
        ends: &Ends,
    ) -> Option<(i64, u32, u32)> {
        self.narrow(model, route, ends);
        self.prepare_range(model, route, request, ends);
        let limited = model.vehicle(route.vehicle).wait_max.is_some();
        let found = self.scan(model, route, ends, false)?;
        // Waits on board are outside the closure. Most often what is best without them keeps them; where it does not,
        // all pairs are candidates.
        if !limited || self.bears(model, route, ends, found) {
            return Some(found);
        }
        self.scan(model, route, ends, true)
    }

    /// The best slot pair. With `waits` everything the closure lets through is solved as a whole; without, only what
    /// the closure leaves in doubt.
    fn scan<T: Travel>(
        &mut self,
        model: &Model<T>,
        route: &Route,
        ends: &Ends,
        waits: bool,
    ) -> Option<(i64, u32, u32)> {
        let pickup = ends.pickup?;
        let vehicle = model.vehicle(route.vehicle);
        let direct_cost = model.leg_cost(pickup.at, ends.dropoff.at);
        let slots = route.legs.len();
        let mut best: Option<(i64, u32, u32)> = None;
        self.doubtful.clear();
        let (low, high) = self.range;
        for i in vehicle.committed.min(slots - 1).max(low)..high {
            if self.ahead[i] > pickup.span.close {
                break;
            }
            if self.blocked[i].is_some() {
                continue;
            }
            let there = self.pickups[i];
            let together = there_and_back(model, route, &pickup, &ends.dropoff, i, direct_cost);
            if together < best.map_or(self.limit, |b| b.0) {
                let verdict = self.judge_together(route, ends, &pickup, i);
                self.keep(waits, verdict, (together, i as u32, i as u32), &mut best);
            }
            if i + 1 == slots || (!self.shortcuts && !pickup_bearable(route, &pickup, &there, i)) {
                continue;
            }
            let shortcut = pickup.service + route.service[i] + there.to + there.onward < route.line.step[i];
            for j in i + 1..high {
                if self.blocked[j].is_some() || (!shortcut && self.ahead[j] > ends.dropoff.span.close) {
                    break;
                }
                let limit = best.map_or(self.limit, |b| b.0);
                if there.delta + self.dropoffs[j].least_later >= limit {
                    break;
                }
                let delta = there.delta + self.dropoffs[j].delta;
                if delta < limit {
                    let verdict = self.judge_apart(route, ends, &pickup, (i, j));
                    self.keep(waits, verdict, (delta, i as u32, j as u32), &mut best);
                }
            }
        }
        self.settle(model, route, ends, best)
    }

    fn best_dropoff<T: Travel>(
        &mut self,
        model: &Model<T>,
        route: &Route,
        request: &Request,
        ends: &Ends,
    ) -> Option<(i64, u32, u32)> {
        self.prepare(model, route, request, ends);
        let committed = model.vehicle(route.vehicle).committed;
        let slots = route.legs.len();
        let clear = self.blocked.iter().position(Option::is_some).unwrap_or(slots);
        self.doubtful.clear();
        for j in committed.min(slots - 1)..clear {
            if self.dropoffs[j].delta < self.limit {
                self.doubtful.push((self.dropoffs[j].delta, j as u32, j as u32));
            }
        }
        self.settle(model, route, ends, None)
    }

    /// Notes a slot pair that is not worse than the best certain one.
    fn keep(
        &mut self,
        waits: bool,
        verdict: Verdict,
        pair: (i64, u32, u32),
        best: &mut Option<(i64, u32, u32)>,
    ) {
        self.tests += 1;
        match verdict {
            Verdict::Fits if !waits => *best = Some(pair),
            Verdict::Fits | Verdict::Doubtful => self.doubtful.push(pair),
            Verdict::Fails => {}
        }
    }

    /// Solves the doubtful pairs from the cheapest on until one fits or the certain one is reached.
    fn settle<T: Travel>(
        &mut self,
        model: &Model<T>,
        route: &Route,
        ends: &Ends,
        best: Option<(i64, u32, u32)>,
    ) -> Option<(i64, u32, u32)> {
        let mut doubtful = std::mem::take(&mut self.doubtful);
        doubtful.sort_unstable();
        let found = doubtful
            .iter()
            .copied()
            .take_while(|pair| best.is_none_or(|b| *pair < b))
            .find(|pair| self.bears(model, route, ends, *pair));
        self.doubtful = doubtful;
        found.or(best)
    }

    /// Whether the extended sequence keeps every rule, waits among them.
    fn bears<T: Travel>(
        &mut self,
        model: &Model<T>,
        route: &Route,
        ends: &Ends,
        pair: (i64, u32, u32),
    ) -> bool {
        self.tests += 1;
        self.extend(model, route, ends, (pair.1 as usize, pair.2 as usize));
        self.line.least(self.line.limits.len(), &mut self.begin).is_ok()
    }

    /// Detours of both ends at every slot, and the legs on which the rider cannot be.
    pub fn prepare<T: Travel>(&mut self, model: &Model<T>, route: &Route, request: &Request, ends: &Ends) {
        self.look_ahead(route);
        self.range = (0, route.legs.len());
        self.prepare_range(model, route, request, ends);
    }

    fn look_ahead(&mut self, route: &Route) {
        let line = &route.line;
        self.ahead.clear();
        let mut at = line.open[0];
        for k in 0..line.step.len() {
            self.ahead.push(at);
            at = line.open[k + 1].max(at + line.step[k]);
        }
    }

    /// Leaves out slots by time alone: those before which the drop-off is overdue, and those after which what follows
    /// would be too late if the pickup were at its open. Where a detour can be a short cut nothing is left out.
    fn narrow<T: Travel>(&mut self, model: &Model<T>, route: &Route, ends: &Ends) {
        self.look_ahead(route);
        let slots = route.legs.len();
        self.range = (0, slots);
        let (Some(pickup), dropoff) = (&ends.pickup, &ends.dropoff) else { return };
        if model.travel().excess() > pickup.service.min(dropoff.service) {
            return;
        }
        let high = self.ahead.partition_point(|at| *at <= dropoff.span.close);
        let low = route.latest[1..=slots].partition_point(|latest| *latest < pickup.span.open);
        self.range = (low.min(high), high);
    }

    /// As [`Search::prepare`] for the slots in `self.range`; entries before it say nothing, and there are none behind.
    fn prepare_range<T: Travel>(&mut self, model: &Model<T>, route: &Route, request: &Request, ends: &Ends) {
        let (low, high) = self.range;
        blocked(model, route, request, (low, high), &mut self.blocked);
        let mut pickups = std::mem::take(&mut self.pickups);
        let mut dropoffs = std::mem::take(&mut self.dropoffs);
        pickups.clear();
        if let Some(pickup) = ends.pickup {
            detours(model, route, pickup.at, (low, high), &mut pickups);
        }
        dropoffs.clear();
        detours(model, route, ends.dropoff.at, (low, high), &mut dropoffs);
        (self.pickups, self.dropoffs) = (pickups, dropoffs);
        let line = &route.line;
        let dropoff = &ends.dropoff;
        self.shortcuts = model.travel().excess() > dropoff.service
            && self.dropoffs.iter().enumerate().skip(low).any(|(k, detour)| {
                route.service[k] + detour.to + dropoff.service + detour.onward < line.step[k]
            });
    }

    pub fn blocked(&self) -> &[Option<Rule>] {
        &self.blocked
    }

    /// Drop-off right after the pickup in slot `i`.
    fn judge_together(&self, route: &Route, ends: &Ends, pickup: &End, i: usize) -> Verdict {
        let (p, d) = (pickup, &ends.dropoff);
        let to = route.service[i] + self.pickups[i].to;
        let middle = p.service + ends.direct;
        let onward = d.service + self.dropoffs[i].onward;
        let p_open = p.span.open.max(route.earliest[i] + to);
        let d_close = d.span.close.min(route.latest[i + 1] - onward);
        let forth = middle.max(d.span.open - p.span.close);
        let back = (-ends.most).max(onward + route.reach(i + 1, i) + to).max(p_open - d_close);
        if p_open <= p.span.close && d.span.open <= d_close && forth + back <= 0 {
            Verdict::Fits
        } else if to + middle + onward < route.line.step[i] {
            Verdict::Doubtful
        } else {
            Verdict::Fails
        }
    }

    /// Pickup in slot `i`, drop-off in a later slot `j`.
    fn judge_apart(&self, route: &Route, ends: &Ends, pickup: &End, (i, j): (usize, usize)) -> Verdict {
        let (p, d) = (pickup, &ends.dropoff);
        let (p_to, p_on) = (route.service[i] + self.pickups[i].to, p.service + self.pickups[i].onward);
        let (d_to, d_on) = (route.service[j] + self.dropoffs[j].to, d.service + self.dropoffs[j].onward);
        let p_open = p.span.open.max(route.earliest[i] + p_to);
        let p_close = p.span.close.min(route.latest[i + 1] - p_on);
        let d_open = d.span.open.max(route.earliest[j] + d_to);
        let d_close = d.span.close.min(route.latest[j + 1] - d_on);
        let forth = (p_on + route.reach(i + 1, j) + d_to).max(d_open - p_close);
        let back = (-ends.most).max(d_on + route.reach(j + 1, i) + p_to).max(p_open - d_close);
        if p_open <= p_close
            && d_open <= d_close
            && p_to + p_on + route.reach(i + 1, i) <= 0
            && d_to + d_on + route.reach(j + 1, j) <= 0
            && forth + back <= 0
        {
            Verdict::Fits
        } else if p_to + p_on < route.line.step[i] || d_to + d_on < route.line.step[j] {
            Verdict::Doubtful
        } else {
            Verdict::Fails
        }
    }

    /// The constraints of the route with the request at a slot pair, in `self.line`: the own ride comes first
    /// among the limits. [`Search::prepare`] must have run for this route and request.
    pub fn extend<T: Travel>(
        &mut self,
        model: &Model<T>,
        route: &Route,
        ends: &Ends,
        (i, j): (usize, usize),
    ) -> &Line {
        let (old, line) = (&route.line, &mut self.line);
        line.clear();
        let n = old.len();
        let added = u32::from(ends.pickup.is_some());
        line.open.extend_from_slice(&old.open);
        line.close.extend_from_slice(&old.close);
        line.step.extend_from_slice(&old.step);
        put(line, j, &ends.dropoff, route.service[j] + self.dropoffs[j].to, self.dropoffs[j].onward);
        if let Some(p) = &ends.pickup {
            let onward = if i == j { ends.direct } else { self.pickups[i].onward };
            put(line, i, p, route.service[i] + self.pickups[i].to, onward);
            if ends.most < limit_or_far(None) {
                let (from, to) = (j as u32 + 2, i as u32 + 1);
                line.limits.push(Limit { from, to, most: ends.most, kind: Kind::Ride });
            }
        }
        if ends.pickup.is_none() {
            line.close[0] = line.close[0].min(line.open[0]);
        }
        let moved = |k: u32| k + u32::from(k > j as u32) + if k > i as u32 { added } else { 0 };
        for limit in &old.limits[..old.firm] {
            line.limits.push(Limit { from: moved(limit.from), to: moved(limit.to), ..*limit });
        }
        line.firm = line.limits.len();
        let Some(wait) = model.vehicle(route.vehicle).wait_max else { return line };
        // With the rider on board from position `first` to the new drop-off.
        let (first, drop) = if added == 1 { (i + 1, j + 2) } else { (0, j + 1) };
        for k in (0..n + added as usize).rev() {
            let before = k - usize::from(k >= drop) - if k > i { added as usize } else { 0 };
            let riders =
                route.legs[before.min(route.legs.len() - 1)].riders + u32::from(first <= k && k < drop);
            if riders > 0 {
                let most = line.step[k] + wait;
                line.limits.push(Limit { from: k as u32 + 1, to: k as u32, most, kind: Kind::Wait });
            }
        }
        line
    }

    pub fn scratch_begin(&mut self) -> (&Line, &mut Vec<i64>) {
        (&self.line, &mut self.begin)
    }
}

/// Puts a position behind position `slot`.
fn put(line: &mut Line, slot: usize, end: &End, step_to: i64, onward: i64) {
    line.open.insert(slot + 1, end.span.open);
    line.close.insert(slot + 1, end.span.close);
    line.step[slot] = step_to;
    line.step.insert(slot + 1, end.service + onward);
}

fn detours<T: Travel>(
    model: &Model<T>,
    route: &Route,
    at: Node,
    (low, high): (usize, usize),
    out: &mut Vec<Detour>,
) {
    out.resize(low, Detour::default());
    let (nodes, legs) = (&route.nodes[low..=high], &route.legs[low..high]);
    if let Some((into, away)) = model.travel().around(at) {
        for (leg, pair) in legs.iter().zip(nodes.windows(2)) {
            let (to, onward) = (into[pair[0].0 as usize], away[pair[1].0 as usize]);
            let delta = to + onward - leg.cost;
            out.push(Detour { to, onward, delta, least_later: delta });
        }
    } else {
        for (leg, pair) in legs.iter().zip(nodes.windows(2)) {
            let (to, there) = model.leg(pair[0], at);
            let (onward, away) = model.leg(at, pair[1]);
            let delta = there + away - leg.cost;
            out.push(Detour { to, onward, delta, least_later: delta });
        }
    }
    for k in (low..out.len().saturating_sub(1)).rev() {
        out[k].least_later = out[k].delta.min(out[k + 1].least_later);
    }
}

/// Cost of both ends in one slot.
fn there_and_back<T: Travel>(
    model: &Model<T>,
    route: &Route,
    p: &End,
    d: &End,
    slot: usize,
    direct: i64,
) -> i64 {
    let (a, b) = (route.nodes[slot], route.nodes[slot + 1]);
    model.leg_cost(a, p.at) + direct + model.leg_cost(d.at, b) - route.legs[slot].cost
}

/// Whether the pickup alone could stand in slot `i` with other visits after it. Where the triangle inequality
/// fails nothing is excluded.
fn pickup_bearable(route: &Route, p: &End, there: &Detour, i: usize) -> bool {
    let (to, onward) = (route.service[i] + there.to, p.service + there.onward);
    to + onward < route.line.step[i]
        || p.span.open.max(route.earliest[i] + to) <= p.span.close.min(route.latest[i + 1] - onward)
}

/// What a vehicle costs beyond the detour when it gets its first visit: an unused one was not charged for the
/// way from start to end, which the detour takes off.
fn first_use<T: Travel>(model: &Model<T>, route: &Route) -> i64 {
    let vehicle = model.vehicle(route.vehicle);
    if route.visits.is_empty() && !vehicle.out { vehicle.fixed_cost + route.legs[0].cost } else { 0 }
}
