//! New routes for the recombination, looked for where its multipliers say that they would be worth having.
//!
//! The multipliers of the set-partitioning problem are prices: a route whose cost is less than what its riders are
//! worth would better the bound, and only routes within the gap of it can be in a better plan. From cheap routes of
//! the pool a descent adds, drops and swaps riders (heuristic pricing as in column generation; Ropke & Cordeau 2009,
//! Parragh & Schmid 2013) and notes every route within the gap that it meets.

use super::draw::Draw;
use super::pool::Pool;
use crate::insert::Search;
use crate::model::{Model, Visit};
use crate::route::{Route, ineligible};
use crate::travel::Travel;

/// Descents after one recombination, and the cheapest routes of the pool that they begin from.
const DESCENTS: usize = 30;
const BEGIN_FROM: usize = 400;
/// Nearest of every rider of a route that are tried on it.
const NEAREST: usize = 12;
/// Longest descent.
const MOST_STEPS: usize = 12;

/// What a descent needs of the search around it.
pub(super) struct Around<'a, 'm, T> {
    pub model: &'m Model<T>,
    pub search: &'a mut Search,
    /// For every request the others, nearest first.
    pub neighbours: &'a [Vec<u32>],
    /// Requests that may change their place; what is committed, on board or a duty stays on its route.
    pub free: &'a [bool],
    /// Routes with a reduced cost below this are noted.
    pub most: i64,
}

/// A route under change: of which class, what its vehicle costs idle, and its reduced cost.
#[derive(Clone, Copy)]
struct At {
    class: u32,
    idle: i64,
    reduced: i64,
}

/// Memory of the descents.
#[derive(Debug, Clone, Default)]
pub(super) struct Price {
    near: Vec<u32>,
    is_near: Vec<bool>,
    changed: Vec<Visit>,
    /// The best step so far, with its reduced cost.
    next: Vec<Visit>,
    least: i64,
}

impl Price {
    /// Some descents from cheap routes of the pool. `idle` says what a vehicle of a class costs without a visit.
    pub fn run<T: Travel>(
        &mut self,
        mut around: Around<'_, '_, T>,
        pool: &mut Pool,
        draw: &mut Draw,
        idle: impl Fn(u32) -> i64,
    ) {
        let cheap = pool.list_cheapest(BEGIN_FROM);
        let begins: Vec<(u32, Box<[Visit]>)> = (0..DESCENTS.min(cheap.len()))
            .map(|_| pool.column(cheap[draw.low(cheap.len(), 2)]))
            .map(|column| (column.class, column.visits.clone()))
            .collect();
        for (class, visits) in begins {
            self.descend(&mut around, pool, At { class, idle: idle(class), reduced: 0 }, &visits);
        }
    }

    fn descend<T: Travel>(
        &mut self,
        around: &mut Around<'_, '_, T>,
        pool: &mut Pool,
        mut at: At,
        visits: &[Visit],
    ) {
        self.next.clear();
        self.next.extend_from_slice(visits);
        let (mut route, mut short) = (Route::default(), Route::default());
        for _ in 0..MOST_STEPS {
            // The class is the number of its first vehicle. A route of the pool keeps every rule.
            if route.rebuild(around.model, at.class, &self.next).is_err() {
                return;
            }
            let worth: i64 = route.carried.iter().map(|c| pool.worth(c.request)).sum();
            at.reduced = route.cost - at.idle - worth;
            self.least = at.reduced;
            self.find_near(&route, around.neighbours, around.free);
            self.add(around, pool, &route, at);
            for k in 0..if route.carried.len() > 1 { route.carried.len() } else { 0 } {
                let gone = route.carried[k].request;
                if !around.free[gone as usize] {
                    continue;
                }
                self.changed.clear();
                self.changed.extend(route.visits.iter().copied().filter(|visit| visit.request() != gone));
                if short.rebuild(around.model, at.class, &self.changed).is_err() {
                    continue;
                }
                let without = At { reduced: at.reduced + short.cost - route.cost + pool.worth(gone), ..at };
                self.note(around.most, pool, without, short.cost);
                self.add(around, pool, &short, without);
            }
            if self.least >= at.reduced {
                return;
            }
        }
    }

    /// Requests near those of the route.
    fn find_near(&mut self, route: &Route, neighbours: &[Vec<u32>], free: &[bool]) {
        self.is_near.resize(neighbours.len(), false);
        for r in self.near.drain(..) {
            self.is_near[r as usize] = false;
        }
        for c in &route.carried {
            for r in neighbours[c.request as usize].iter().take(NEAREST) {
                if free[*r as usize] && !std::mem::replace(&mut self.is_near[*r as usize], true) {
                    self.near.push(*r);
                }
            }
        }
    }

    /// Tries every near request on the route.
    fn add<T: Travel>(&mut self, around: &mut Around<'_, '_, T>, pool: &mut Pool, route: &Route, at: At) {
        for k in 0..self.near.len() {
            let r = self.near[k];
            let request = around.model.request(r);
            if route.carried.iter().any(|c| c.request == r)
                || ineligible(around.model, at.class, request).is_some()
            {
                continue;
            }
            // Dearer ones are not noted.
            let limit = around.most - at.reduced + pool.worth(r);
            let Some(found) = around.search.best_below(around.model, route, request, limit) else { continue };
            self.changed.clear();
            self.changed.extend_from_slice(&route.visits);
            found.apply(&mut self.changed, r);
            let with = At { reduced: at.reduced + found.delta - pool.worth(r), ..at };
            self.note(around.most, pool, with, route.cost + found.delta);
        }
    }

    /// Enters `self.changed` in the pool, and keeps it as the next step if it is the best so far.
    fn note(&mut self, most: i64, pool: &mut Pool, at: At, cost: i64) {
        if at.reduced < most {
            pool.note(at.class, cost - at.idle, &self.changed);
        }
        if at.reduced < self.least {
            self.least = at.reduced;
            self.next.clone_from(&self.changed);
        }
    }
}

#[cfg(test)]
mod tests {
    use units::Node;

    use crate::improve::{Improver, WHOLE, idle_cost};
    use crate::model::{ALL_COMPATIBLE, Load, Model, Request, Span, Stop, Vehicle};
    use crate::plan::Plan;
    use crate::route::Route;
    use crate::travel::Matrix;

    /// Thirty rides between places of a square, three vehicles at two depots.
    fn drawn() -> Model<Matrix> {
        let place = |k: i64| ((k * 37) % 101, (k * 61) % 97);
        let count = 62;
        let ticks = (0..count * count).map(|k| {
            let ((a, b), (c, d)) = (place(k / count), place(k % count));
            (a - c).abs() + (b - d).abs()
        });
        let vehicle = |at| Vehicle::new(Node(at), Node(at), Span::new(0, 3_000), Load([4, 0, 0, 0]));
        let request = |k: u32| {
            let open = i64::from(k * 53 % 1_500);
            let stop = |at, close| Stop { at: Node(at), window: Span::new(open, close), service: 3 };
            let wish =
                Request::new(stop(2 + 2 * k, open + 120), stop(3 + 2 * k, open + 500), Load([1, 0, 0, 0]));
            Request { ride_max: Some(260), ..wish }
        };
        let vehicles = vec![vehicle(0), vehicle(0), vehicle(1)];
        let travel = Matrix::new(count as usize, ticks.collect()).unwrap();
        Model::new(vehicles, (0..30).map(request).collect(), ALL_COMPATIBLE, travel).unwrap()
    }

    #[test]
    fn whatever_is_noted_is_a_route_that_costs_what_is_said() {
        let model = drawn();
        let mut improver = Improver::new(&model, &Plan::empty(&model), 3).unwrap();
        assert_eq!(improver.best_cost().unserved, 0);
        for part in 0..20 {
            improver.tell_progress(part * WHOLE / 20);
            improver.run(300);
        }
        improver.recombine();
        let before = improver.pool.len();
        let (neighbours, free) = (improver.ruin.neighbours(), improver.ruin.list_free());
        let most = improver.driving / 10;
        let around = super::Around { model: &model, search: &mut improver.search, neighbours, free, most };
        improver.price.run(around, &mut improver.pool, &mut improver.draw, |class| idle_cost(&model, class));
        assert!(improver.pool.len() > before, "nothing new was found");
        for k in 0..improver.pool.len() {
            let column = improver.pool.column(k);
            let route = Route::new(&model, column.class, &column.visits).unwrap();
            assert_eq!(route.cost() - idle_cost(&model, column.class), column.cost);
        }
    }
}
