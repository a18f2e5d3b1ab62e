//! A plan under search: evaluated routes, and which of them differ from the accepted plan.

use super::draw::Draw;
use super::memo::{classes, print};
use super::ruin::Ruin;
use crate::insert::Insertion;
use crate::model::{Model, Visit};
use crate::plan::{Cost, Plan};
use crate::route::{Broken, Route};
use crate::travel::Travel;

/// Not on any route.
pub(super) const NOWHERE: u32 = u32::MAX;

#[derive(Debug, Clone)]
pub(super) struct State {
    pub routes: Vec<Route>,
    pub prints: Vec<u64>,
    /// The vehicle of every request, or [`NOWHERE`].
    pub home: Vec<u32>,
    /// Unserved requests, in no particular but a reproducible order.
    pub bank: Vec<u32>,
    classes: Vec<u32>,
    /// Routes changed since the last adoption, each once.
    dirty: Vec<u32>,
    is_dirty: Vec<bool>,
    scratch: Vec<Visit>,
}

impl State {
    pub fn new<T: Travel>(model: &Model<T>, plan: &Plan) -> Result<State, Broken> {
        let mut state = State {
            routes: Vec::new(),
            prints: Vec::new(),
            home: vec![NOWHERE; model.requests().len()],
            bank: plan.unserved.clone(),
            classes: classes(model),
            dirty: Vec::new(),
            is_dirty: vec![false; plan.routes.len()],
            scratch: Vec::new(),
        };
        for (v, visits) in plan.routes.iter().enumerate() {
            state.routes.push(Route::new(model, v as u32, visits)?);
            state.prints.push(print(state.classes[v], visits));
            visits.iter().for_each(|visit| state.home[visit.request() as usize] = v as u32);
        }
        Ok(state)
    }

    /// Goes back to a plan known to be feasible.
    pub fn load<T: Travel>(&mut self, model: &Model<T>, plan: &Plan) {
        if let Ok(state) = State::new(model, plan) {
            *self = state;
        }
    }

    pub fn cost<T: Travel>(&self, model: &Model<T>) -> Cost {
        Cost {
            unserved: self.bank.iter().map(|r| model.request(*r).penalty).sum(),
            travel: self.routes.iter().map(|r| r.cost).sum(),
        }
    }

    /// What the vehicles in use cost for that alone.
    pub fn fixed_cost<T: Travel>(&self, model: &Model<T>) -> i64 {
        let used = self.routes.iter().filter(|r| !r.visits.is_empty()).map(|r| model.vehicle(r.vehicle));
        used.filter(|v| !v.out).map(|v| v.fixed_cost).sum()
    }

    pub fn write(&self, plan: &mut Plan) {
        for (route, visits) in self.routes.iter().zip(&mut plan.routes) {
            visits.clone_from(&route.visits);
        }
        plan.unserved.clone_from(&self.bank);
        plan.unserved.sort_unstable();
    }

    /// Takes the changes of `trial` over; both are the same afterwards.
    pub fn adopt(&mut self, trial: &mut State) {
        for v in trial.dirty.drain(..) {
            let v = v as usize;
            trial.is_dirty[v] = false;
            self.routes[v].copy_from(&trial.routes[v]);
            self.prints[v] = trial.prints[v];
        }
        self.home.clone_from(&trial.home);
        self.bank.clone_from(&trial.bank);
    }

    /// Drops all changes since the last adoption by `accepted`.
    pub fn undo(&mut self, accepted: &State) {
        for v in self.dirty.drain(..) {
            let v = v as usize;
            self.is_dirty[v] = false;
            self.routes[v].copy_from(&accepted.routes[v]);
            self.prints[v] = accepted.prints[v];
        }
        self.home.clone_from(&accepted.home);
        self.bank.clone_from(&accepted.bank);
    }

    /// Routes that may differ from the accepted plan.
    pub fn changed(&self) -> &[u32] {
        &self.dirty
    }

    pub fn classes(&self) -> &[u32] {
        &self.classes
    }

    fn touch(&mut self, v: u32) {
        if !self.is_dirty[v as usize] {
            self.is_dirty[v as usize] = true;
            self.dirty.push(v);
        }
    }

    /// Takes the chosen requests out. Where what is left of a route breaks a rule (a longer wait on board, a detour
    /// that was a short cut), more of it goes; false if even that does not help.
    pub fn take_out<T: Travel>(&mut self, model: &Model<T>, ruin: &mut Ruin, draw: &mut Draw) -> bool {
        for k in 0..ruin.chosen.len() {
            let v = self.home[ruin.chosen[k] as usize];
            self.touch(v);
        }
        for d in 0..self.dirty.len() {
            let v = self.dirty[d];
            loop {
                let mut left = std::mem::take(&mut self.scratch);
                left.clear();
                let visits = &self.routes[v as usize].visits;
                left.extend(visits.iter().copied().filter(|visit| !ruin.is_chosen(visit.request())));
                let fits = self.routes[v as usize].rebuild_open(model, v, &left).is_ok();
                self.scratch = left;
                if fits {
                    break;
                }
                let more: Vec<u32> =
                    self.scratch.iter().map(|x| x.request()).filter(|r| ruin.is_free(*r)).collect();
                if more.is_empty() {
                    return false;
                }
                ruin.add(more[draw.below(more.len())]);
                // The failed evaluation holds the shortened sequence already; the next round shortens it further.
            }
            self.prints[v as usize] = print(self.classes[v as usize], &self.routes[v as usize].visits);
        }
        for r in &ruin.chosen {
            self.home[*r as usize] = NOWHERE;
            self.bank.push(*r);
        }
        true
    }

    /// Puts the visits `from..to` of two routes in each other's place. False (and nothing changed) if a route does not
    /// bear it.
    pub fn exchange<T: Travel>(
        &mut self,
        model: &Model<T>,
        routes: [usize; 2],
        [(s, t), (u, w)]: [(usize, usize); 2],
    ) -> bool {
        let [a, b] = routes;
        let old = [self.routes[a].visits.clone(), self.routes[b].visits.clone()];
        let new = [
            [&old[0][..s], &old[1][u..w], &old[0][t..]].concat(),
            [&old[1][..u], &old[0][s..t], &old[1][w..]].concat(),
        ];
        self.touch(a as u32);
        self.touch(b as u32);
        for (v, visits) in routes.iter().zip(&new) {
            if self.routes[*v].rebuild_open(model, *v as u32, visits).is_err() {
                for (v, visits) in routes.iter().zip(&old) {
                    // They were feasible, so they still are.
                    let _ = self.routes[*v].rebuild_open(model, *v as u32, visits).is_ok();
                }
                return false;
            }
        }
        for (v, visits) in routes.iter().zip(&new) {
            self.prints[*v] = print(self.classes[*v], visits);
            visits.iter().for_each(|visit| self.home[visit.request() as usize] = *v as u32);
        }
        true
    }

    /// Carries out an insertion found for the present route. False (and nothing changed) if the route does not
    /// bear it, which only a clash of prints can cause.
    pub fn put_in<T: Travel>(&mut self, model: &Model<T>, insertion: &Insertion, request: u32) -> bool {
        let v = insertion.vehicle as usize;
        self.touch(insertion.vehicle);
        let mut longer = std::mem::take(&mut self.scratch);
        longer.clone_from(&self.routes[v].visits);
        insertion.apply(&mut longer, request);
        let fits = self.routes[v].rebuild_open(model, insertion.vehicle, &longer).is_ok();
        if fits {
            self.prints[v] = print(self.classes[v], &longer);
            self.home[request as usize] = insertion.vehicle;
        } else {
            debug_assert!(false, "an insertion was found that the route does not bear");
            // The old sequence was feasible, so it still is.
            longer.retain(|visit| visit.request() != request);
            let _ = self.routes[v].rebuild_open(model, insertion.vehicle, &longer).is_ok();
        }
        self.scratch = longer;
        fits
    }
}
