//! Exchange of stretches between two routes, cut where nobody is on board.
//!
//! Ruin and recreate moves single riders; turning the afternoons of two vehicles over would take most of both routes
//! out. Between two cuts a route carries whole rides only, so stretches can change places, up to the ends of the
//! routes (2-opt*, Potvin & Rousseau 1995; the zero split of Parragh, Doerner & Hartl 2010). What an exchange costs
//! follows from four legs; whether it keeps every rule is judged on the routes.

use super::draw::Draw;
use super::state::{NOWHERE, State};
use crate::model::Model;
use crate::route::Route;
use crate::travel::Travel;

/// Exchanges judged at most before giving up.
const TRIES: usize = 5;

/// Memory of the choice.
#[derive(Debug, Clone, Default)]
pub(super) struct Exchange {
    cuts: [Vec<usize>; 2],
    found: Vec<(i64, [(usize, usize); 2])>,
}

impl Exchange {
    /// Carries out the cheapest exchange between two routes that costs no more than `most`; false and nothing
    /// changed if none is possible.
    pub fn run<T: Travel>(
        &mut self,
        model: &Model<T>,
        state: &mut State,
        draw: &mut Draw,
        most: i64,
    ) -> bool {
        let (a, b) = (self.route(state, draw), draw.below(state.routes.len()));
        if a == b {
            return false;
        }
        for (cuts, v) in self.cuts.iter_mut().zip([a, b]) {
            let free = model.vehicle(v as u32).committed;
            cuts.clear();
            let legs = state.routes[v].legs.iter().enumerate().skip(free);
            cuts.extend(
                legs.filter(|(_, leg)| leg.load.0.iter().all(|n| *n == 0) && leg.riders == 0).map(|(k, _)| k),
            );
        }
        self.list(model, &state.routes[a], &state.routes[b], most);
        // Not always the same cheapest one, which may be what was just undone.
        if self.found.len() > 1 && draw.chance(300) {
            let skipped = draw.below(self.found.len().min(8));
            self.found.drain(..skipped);
        }
        let tries = self.found.len().min(TRIES);
        self.found[..tries].iter().any(|(_, stretches)| state.exchange(model, [a, b], *stretches))
    }

    fn route(&self, state: &State, draw: &mut Draw) -> usize {
        let home = state.home[draw.below(state.home.len())];
        if home == NOWHERE { draw.below(state.routes.len()) } else { home as usize }
    }

    /// All pairs of stretches, by what exchanging them costs. A stretch is `visits[from..to]`, between legs `from`
    /// and `to`.
    fn list<T: Travel>(&mut self, model: &Model<T>, a: &Route, b: &Route, most: i64) {
        self.found.clear();
        // What the first route costs with a stretch of the second in the place of one of its own.
        let replaced = |host: &Route, (s, t): (usize, usize), guest: &Route, (u, w): (usize, usize)| {
            let gone = if s == t { host.legs[s].cost } else { host.legs[s].cost + host.legs[t].cost };
            let (before, after) = (host.nodes[s], host.nodes[t + 1]);
            let new = if u == w {
                model.leg_cost(before, after)
            } else {
                model.leg_cost(before, guest.nodes[u + 1]) + model.leg_cost(guest.nodes[w], after)
            };
            new - gone
        };
        let [cuts_a, cuts_b] = &self.cuts;
        for (k, s) in cuts_a.iter().enumerate() {
            for t in &cuts_a[k..] {
                for (l, u) in cuts_b.iter().enumerate() {
                    for w in &cuts_b[l..] {
                        if s == t && u == w {
                            continue;
                        }
                        let (mine, theirs) = ((*s, *t), (*u, *w));
                        let delta = replaced(a, mine, b, theirs) + replaced(b, theirs, a, mine);
                        if delta <= most {
                            self.found.push((delta, [mine, theirs]));
                        }
                    }
                }
            }
        }
        self.found.sort_unstable();
    }
}
