//! The best vehicles for a request, looking at few.

use super::Fleet;
use super::slots::Wanted;
use crate::insert::{Answer, Insertion};
use crate::located::Located;
use crate::model::Request;
use crate::refuse::{Refusal, refusal};
use crate::route::ineligible;

impl<T: Located> Fleet<T> {
    /// The insertion that [`crate::insert()`] over all vehicles would list first.
    pub fn best(&mut self, request: &Request) -> Option<Insertion> {
        self.find(request, 1);
        self.scratch.found.first().copied()
    }

    /// The first `most` insertions that [`crate::insert()`] over all vehicles would list, one a vehicle.
    pub fn several(&mut self, request: &Request, most: usize) -> Vec<Insertion> {
        self.find(request, most);
        self.scratch.found.clone()
    }

    /// Every vehicle's best insertion or reason against it, as [`crate::insert()`] gives them. Looks at all vehicles: for
    /// refusals, where somebody wants to know why.
    pub fn answer(&mut self, request: &Request) -> Answer {
        let mut answer = Answer { found: Vec::new(), refused: Vec::new(), tests: 0 };
        let before = self.scratch.search.tests;
        for v in 0..self.routes.len() as u32 {
            if let Some(rule) = ineligible(&self.model, v, request) {
                answer.refused.push(Refusal::whole(v, rule));
                continue;
            }
            self.refresh(v);
            let (route, search) = (&self.routes[v as usize], &mut self.scratch.search);
            match search.best(&self.model, route, request) {
                Some(insertion) => answer.found.push(insertion),
                None => answer.refused.push(refusal(&self.model, route, request, search)),
            }
        }
        answer.found.sort_unstable();
        answer.tests = self.scratch.search.tests - before;
        answer
    }

    /// Fills `scratch.found` with the first `most` insertions.
    fn find(&mut self, request: &Request, most: usize) {
        self.effort.searches += 1;
        self.scratch.found.clear();
        if most == 0 {
            return;
        }
        let tests = self.scratch.search.tests;
        let wanted = Wanted::of(&self.model, request, self.now);
        if let Some(only) = request.vehicles.single() {
            if (only as usize) < self.routes.len() {
                self.look(only, request, most);
            }
        } else if let Some(wanted) = wanted {
            self.find_near(request, &wanted, most);
            for v in self.unplaced.clone() {
                self.look(v, request, most);
            }
        } else {
            for v in 0..self.routes.len() as u32 {
                self.look(v, request, most);
            }
        }
        self.effort.tests += self.scratch.search.tests - tests;
    }

    fn find_near(&mut self, request: &Request, wanted: &Wanted, most: usize) {
        // Vehicles are looked at while the grid is read; neither touches the other.
        let grid = std::mem::take(&mut self.grid);
        let mut round = self.scratch.round.wrapping_add(1);
        if round == 0 {
            self.scratch.seen.fill(0);
            round = 1;
        }
        self.scratch.round = round;
        let mut slots = 0;
        grid.scan(wanted.pickup_at(), wanted.direct_cost, i64::MAX, |slot| {
            slots += 1;
            let v = slot.vehicle as usize;
            let limit = self.limit(slot.vehicle, most);
            if self.scratch.seen[v] != round && wanted.pickup_floor(slot).is_some_and(|floor| floor < limit) {
                self.scratch.seen[v] = round;
                self.effort.weighed += 1;
                if wanted.floor(&self.states[v].slots).is_some_and(|floor| floor < limit) {
                    self.look(slot.vehicle, request, most);
                }
            }
            self.limit(0, most)
        });
        self.effort.slots += slots;
        self.grid = grid;
    }

    /// What an insertion into this vehicle must cost less than to be among the first `most`.
    fn limit(&self, v: u32, most: usize) -> i64 {
        match self.scratch.found.get(most - 1) {
            // Among equals the lower number comes first.
            Some(last) => last.delta + i64::from(v < last.vehicle),
            None => i64::MAX,
        }
    }

    /// Searches one vehicle's route exactly.
    fn look(&mut self, v: u32, request: &Request, most: usize) {
        if ineligible(&self.model, v, request).is_some() {
            return;
        }
        self.effort.vehicles += 1;
        self.refresh(v);
        let limit = self.limit(v, most);
        let route = &self.routes[v as usize];
        let Some(insertion) = self.scratch.search.best_below(&self.model, route, request, limit) else {
            return;
        };
        let found = &mut self.scratch.found;
        let at = found.partition_point(|other| *other < insertion);
        found.insert(at, insertion);
        found.truncate(most);
    }
}
