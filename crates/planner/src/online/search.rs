//! Search on what is left of the day: a small problem of its own, without what is done.

use smallvec::SmallVec;

use super::{Online, OnlineFault, compatible};
use crate::improve::Improver;
use crate::model::{Model, Request, Visit};
use crate::plan::Plan;
use crate::travel::Travel;

/// What giving up an accepted rider weighs against refusing a new one. The search never trades the one for the other.
const ACCEPTED: i64 = 1 << 40;
/// Steps between two looks at whether a new request fits already.
const STRIDE: u64 = 20;

/// The rest of the day; `numbers[k]` is the request that number `k` stands for.
struct Rest<'a, T> {
    model: Model<&'a T>,
    plan: Plan,
    numbers: Vec<u32>,
}

impl<T: Travel> Online<T> {
    /// Searches for so many steps with some requests still unserved; those that stay so are returned and forgotten.
    /// With `soon` the search ends as soon as all are served.
    pub(super) fn make_room(
        &mut self,
        wishes: &[u32],
        steps: u64,
        soon: bool,
    ) -> Result<Vec<u32>, OnlineFault> {
        self.searches += 1;
        let seed = self.options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(self.searches);
        let rest = self.rest(wishes)?;
        if rest.numbers.is_empty() {
            return Ok(Vec::new());
        }
        let first = |broken: Vec<crate::route::Broken>| match broken.first() {
            Some(broken) => OnlineFault::Standing(*broken),
            None => crate::fault::Fault::Format("the rest of the day".to_owned()).into(),
        };
        let mut improver = Improver::new(&rest.model, &rest.plan, seed).map_err(first)?;
        while improver.steps() < steps && !(soon && improver.best().unserved.is_empty()) {
            improver.run(STRIDE.min(steps - improver.steps()));
        }
        let Rest { numbers, .. } = &rest;
        let number = |k: u32| numbers[k as usize];
        let renumber = |visit: &Visit| match *visit {
            Visit::Pickup(k) => Visit::Pickup(number(k)),
            Visit::Dropoff(k) => Visit::Dropoff(number(k)),
        };
        let best = improver.best();
        let routes: Vec<Vec<Visit>> =
            best.routes.iter().map(|visits| visits.iter().map(renumber).collect()).collect();
        let unserved: Vec<u32> = best.unserved.iter().map(|k| number(*k)).collect();
        let done = improver.steps();
        debug_assert!(unserved.iter().all(|k| wishes.contains(k)), "an accepted rider was given up");
        self.steps += done;
        if unserved.iter().all(|k| wishes.contains(k)) {
            self.plan.routes = routes;
            return Ok(unserved);
        }
        Ok(wishes.to_vec())
    }

    fn rest(&self, wishes: &[u32]) -> Result<Rest<'_, T>, OnlineFault> {
        let mut numbers: Vec<u32> = self.plan.routes.iter().flatten().map(|visit| visit.request()).collect();
        numbers.extend_from_slice(wishes);
        numbers.sort_unstable();
        numbers.dedup();
        let find = |number: u32| numbers.binary_search(&number).ok().map(|k| k as u32);
        let requests = numbers.iter().map(|number| {
            let request = self.model.request(*number);
            // Those whom it must not meet and who are gone, cannot be met.
            let clash: SmallVec<[u32; 2]> = request.clash.iter().filter_map(|other| find(*other)).collect();
            let penalty = if wishes.contains(number) { request.penalty.max(1) } else { ACCEPTED };
            Request { clash, penalty, ..request.clone() }
        });
        let model = Model::new(
            self.model.vehicles().to_vec(),
            requests.collect(),
            compatible(&self.model),
            self.model.travel(),
        )?;
        let renumber = |visit: &Visit| {
            find(visit.request()).map(|k| match visit {
                Visit::Pickup(_) => Visit::Pickup(k),
                Visit::Dropoff(_) => Visit::Dropoff(k),
            })
        };
        let routes =
            self.plan.routes.iter().map(|visits| visits.iter().filter_map(renumber).collect()).collect();
        let unserved = wishes.iter().filter_map(|number| find(*number)).collect();
        Ok(Rest { model, plan: Plan { routes, unserved }, numbers })
    }
}
