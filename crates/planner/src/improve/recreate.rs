//! Putting unserved requests back.

use smallvec::SmallVec;

use super::draw::Draw;
use super::memo::Memo;
use super::state::State;
use crate::insert::{Insertion, Search};
use crate::model::Model;
use crate::route::ineligible;
use crate::travel::Travel;

/// Ways: one by one in an order (any, by time, farthest first, longest ride first), cheapest first, regret 2 and 3.
pub(super) const WAYS: usize = 7;
pub(super) const REGRET_2: usize = 5;

/// How often a route is overlooked by the one-by-one ways, in thousandths.
const BLINK: usize = 5;

/// How often costs are noisy, in thousandths.
const NOISY: usize = 30;

/// Memory of the rebuilding.
#[derive(Debug, Clone)]
pub(super) struct Recreate {
    /// Sort keys of requests for the orders.
    time: Vec<i64>,
    far: Vec<i64>,
    long: Vec<i64>,
    order: Vec<u32>,
    /// `grid[k * vehicles + v]`: best insertion of the k-th request of `order` into route `v`.
    grid: Vec<Option<Insertion>>,
    /// Routes to look at for the request at hand.
    likely: Vec<bool>,
}

/// With more vehicles than this, a request is tried on routes that carry one of its nearest, and on one unused vehicle
/// of each kind; on the others only where none of these takes it.
const FEW_VEHICLES: usize = 12;
const NEAREST: usize = 30;

impl Recreate {
    pub fn new<T: Travel>(model: &Model<T>) -> Recreate {
        let base = model.vehicles().first().map(|v| v.start);
        let keys = |key: &dyn Fn(&crate::model::Request) -> i64| model.requests().iter().map(key).collect();
        let from = |r: &crate::model::Request| *r.pickup_stop().unwrap_or(&r.dropoff);
        Recreate {
            time: keys(&|r| from(r).window.close.min(r.dropoff.window.close)),
            far: keys(&|r| base.map_or(0, |b| -model.ticks(b, from(r).at) - model.ticks(r.dropoff.at, b))),
            long: keys(&|r| -model.ticks(from(r).at, r.dropoff.at)),
            order: Vec::new(),
            grid: Vec::new(),
            likely: vec![true; model.vehicles().len()],
        }
    }

    /// Marks the routes that are worth a look for a request with these others around it.
    fn mark_likely(&mut self, state: &State, nearest: &[u32]) {
        if self.likely.len() <= FEW_VEHICLES {
            return;
        }
        self.likely.fill(false);
        for r in nearest.iter().take(NEAREST) {
            if let Some(likely) = self.likely.get_mut(state.home[*r as usize] as usize) {
                *likely = true;
            }
        }
        let mut unused: SmallVec<[u32; 8]> = SmallVec::new();
        for ((route, class), likely) in state.routes.iter().zip(state.classes()).zip(&mut self.likely) {
            if route.visits.is_empty() && !unused.contains(class) {
                unused.push(*class);
                *likely = true;
            }
        }
    }

    /// Puts in what fits; the rest stays in the bank.
    pub fn run<T: Travel>(
        &mut self,
        mut tools: Tools<'_, '_, T>,
        state: &mut State,
        draw: &mut Draw,
        way: usize,
    ) {
        if draw.chance(NOISY) {
            // As large as what a visit costs on average.
            let total: i64 = state.routes.iter().map(|r| r.cost).sum::<i64>() - state.fixed_cost(tools.model);
            tools.noise = total / (2 * self.time.len().max(1) as i64);
        }
        let model = tools.model;
        self.order.clear();
        self.order.append(&mut state.bank);
        draw.shuffle(&mut self.order);
        match way {
            0 => {}
            1 => self.order.sort_by_key(|r| self.time[*r as usize]),
            2 => self.order.sort_by_key(|r| self.far[*r as usize]),
            3 => self.order.sort_by_key(|r| self.long[*r as usize]),
            regret => return self.regret(&mut tools, state, draw, regret - 3),
        }
        for k in 0..self.order.len() {
            let r = self.order[k];
            let mut best: Option<Insertion> = None;
            self.mark_likely(state, &tools.neighbours[r as usize]);
            for wanted in [true, false] {
                for v in 0..state.routes.len() {
                    if self.likely[v] != wanted || draw.chance(BLINK) {
                        continue;
                    }
                    if let Some(found) = tools.best(state, v, r, draw)
                        && best.is_none_or(|b| found.delta < b.delta)
                    {
                        best = Some(found);
                    }
                }
                if best.is_some() {
                    break;
                }
            }
            if !best.is_some_and(|insertion| state.put_in(model, &insertion, r)) {
                state.bank.push(r);
            }
        }
    }

    /// Always inserts the request that would lose most if it had to take its `depth`-th best vehicle instead of its
    /// best; with depth 1 the cheapest.
    fn regret<T: Travel>(
        &mut self,
        tools: &mut Tools<'_, '_, T>,
        state: &mut State,
        draw: &mut Draw,
        depth: usize,
    ) {
        let vehicles = state.routes.len();
        self.grid.clear();
        for k in 0..self.order.len() {
            let r = self.order[k];
            self.mark_likely(state, &tools.neighbours[r as usize]);
            for v in 0..vehicles {
                self.grid.push(if self.likely[v] { tools.best(state, v, r, draw) } else { None });
            }
            let row = &mut self.grid[k * vehicles..];
            if row.iter().all(Option::is_none) {
                for v in (0..vehicles).filter(|v| !self.likely[*v]) {
                    row[v] = tools.best(state, v, r, draw);
                }
            }
        }
        while !self.order.is_empty() {
            let mut chosen: Option<((i64, i64), usize, Insertion)> = None;
            for k in 0..self.order.len() {
                let row = &self.grid[k * vehicles..(k + 1) * vehicles];
                if let Some((key, insertion)) = priority(row, depth)
                    && chosen.is_none_or(|(other, _, _)| key < other)
                {
                    chosen = Some((key, k, insertion));
                }
            }
            let Some((_, k, insertion)) = chosen else { break };
            let r = self.order.swap_remove(k);
            // The row of the last request moves with it.
            let last = self.order.len();
            for v in 0..vehicles {
                self.grid[k * vehicles + v] = self.grid[last * vehicles + v];
            }
            self.grid.truncate(last * vehicles);
            if !state.put_in(tools.model, &insertion, r) {
                state.bank.push(r);
                continue;
            }
            let v = insertion.vehicle as usize;
            // Who takes an unused vehicle leaves the next of its kind to the others.
            let first_use = state.routes[v].visits.len() == 2;
            let next = (0..vehicles).find(|n| {
                first_use && state.routes[*n].visits.is_empty() && state.classes()[*n] == state.classes()[v]
            });
            for (k, r) in self.order.iter().enumerate() {
                for v in [Some(v), next].into_iter().flatten() {
                    self.grid[k * vehicles + v] = tools.best(state, v, *r, draw);
                }
            }
        }
        // What none of the likely routes takes is tried on all, one by one.
        for k in 0..self.order.len() {
            let r = self.order[k];
            let all = (0..vehicles).filter_map(|v| tools.best(state, v, r, draw));
            let best = all.min_by_key(|insertion| insertion.delta);
            if !best.is_some_and(|insertion| state.put_in(tools.model, &insertion, r)) {
                state.bank.push(r);
            }
        }
        self.order.clear();
    }
}

/// A request without `depth` alternatives comes before all that have them.
const FEW: i64 = 1 << 56;

/// The least key is inserted first: greatest regret, then least cost.
fn priority(row: &[Option<Insertion>], depth: usize) -> Option<((i64, i64), Insertion)> {
    let mut best: [i64; 3] = [i64::MAX; 3];
    let mut first: Option<Insertion> = None;
    for insertion in row.iter().flatten() {
        let mut delta = insertion.delta;
        if first.is_none_or(|f| delta < f.delta) {
            first = Some(*insertion);
        }
        for place in &mut best[..depth] {
            if delta < *place {
                std::mem::swap(place, &mut delta);
            }
        }
    }
    let first = first?;
    let regret: i64 = best[1..depth].iter().map(|b| if *b == i64::MAX { FEW } else { b - first.delta }).sum();
    Some(((-regret, first.delta), first))
}

/// What every lookup needs.
pub(super) struct Tools<'a, 'm, T> {
    pub model: &'m Model<T>,
    pub search: &'a mut Search,
    pub memo: &'a mut Memo,
    /// For every request the others, nearest first.
    pub neighbours: &'a [Vec<u32>],
    /// By up to how much a cost is taken for more or less than it is.
    pub noise: i64,
}

impl<T: Travel> Tools<'_, '_, T> {
    fn best(&mut self, state: &mut State, v: usize, r: u32, draw: &mut Draw) -> Option<Insertion> {
        let (model, search) = (self.model, &mut *self.search);
        let request = model.request(r);
        if ineligible(model, v as u32, request).is_some() {
            return None;
        }
        // Sister vehicles share what is remembered, and a surcharge is one vehicle's own: it stays out of the memory.
        let surcharge = request.surcharge(v as u32);
        let print = state.prints[v];
        let plain = |i: Insertion| Insertion { delta: i.delta - surcharge, ..i };
        let found = self.memo.best((print, v as u32, r), || {
            state.routes[v].close();
            search.best(model, &state.routes[v], request).map(plain)
        });
        let dropoff_only = request.pickup_stop().is_none();
        found.map(|insertion| {
            let swing = if self.noise > 0 { draw.below(2_001) as i64 - 1_000 } else { 0 };
            let noise = (i128::from(self.noise) * i128::from(swing) / 1_000) as i64;
            Insertion { dropoff_only, delta: insertion.delta + surcharge + noise, ..insertion }
        })
    }
}
