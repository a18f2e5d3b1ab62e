//! Fewest vehicles first, for fleets of equal vehicles.
//!
//! A price of the vehicle that outweighs all driving says what is better but is no help on the way: every plan with one
//! vehicle less leads through plans that are no better yet. So vehicles are given up one at a time (Ropke & Pisinger
//! 2006): the shortest route is dissolved, and the search has one vehicle less to serve all with; who is unserved weighs
//! more than any driving. When that fails for long enough, the fleet stays, and the rest of the budget goes into cost.

use crate::improve::Improver;
use crate::model::{ALL_COMPATIBLE, Model, Vehicle};
use crate::plan::Plan;
use crate::route::Broken;
use crate::travel::{Matrix, Travel};

/// Thousandths of the budget for a first plan of the whole fleet.
const FIRST: u32 = 50;
/// Thousandths of the budget after which no vehicle is given up any more.
const SAVING: u32 = 500;
const WHOLE: u32 = 1_000;
/// Steps between two looks at the budget.
const STRIDE: u64 = 20;

/// The search, and how much of its budget is spent.
struct Search<'m, F> {
    model: &'m Model<Matrix>,
    seed: u64,
    steps: u64,
    spent: F,
}

/// The best plan found and the steps taken; `spent` is told the steps so far and says how many thousandths of the
/// budget are gone.
pub(super) fn solve(
    model: &Model<Matrix>,
    seed: u64,
    spent: impl FnMut(u64) -> u32,
) -> Result<(Plan, u64), Vec<Broken>> {
    let mut search = Search { model, seed, steps: 0, spent };
    let empty = Plan::empty(model);
    let first = search
        .run(model, &empty, |best, spent| spent < if best.unserved.is_empty() { FIRST } else { WHOLE })?;
    if !first.unserved.is_empty() {
        return Ok((first, search.steps));
    }
    let mut plan = used(first);
    while plan.routes.len() > 1 && (search.spent)(search.steps) < SAVING {
        let fewer =
            search.with_fleet(dissolved(&plan), |best, spent| !best.unserved.is_empty() && spent < SAVING)?;
        if !fewer.unserved.is_empty() {
            break;
        }
        plan = used(fewer);
    }
    let mut plan = search.with_fleet(plan, |_, spent| spent < WHOLE)?;
    plan.routes.resize(model.vehicles().len(), Vec::new());
    Ok((plan, search.steps))
}

/// Without the vehicles that stay at their base.
fn used(mut plan: Plan) -> Plan {
    plan.routes.retain(|visits| !visits.is_empty());
    plan
}

/// Without the route of the fewest visits; its riders are unserved.
fn dissolved(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    let shortest = (0..plan.routes.len()).min_by_key(|k| plan.routes[*k].len());
    if let Some(k) = shortest {
        let gone = plan.routes.remove(k);
        plan.unserved.extend(gone.iter().map(|visit| visit.request()));
        plan.unserved.sort_unstable();
        plan.unserved.dedup();
    }
    plan
}

impl<F: FnMut(u64) -> u32> Search<'_, F> {
    /// Searches on with as many vehicles as the plan has routes, none of which costs anything.
    fn with_fleet(&mut self, plan: Plan, go_on: impl Fn(&Plan, u32) -> bool) -> Result<Plan, Vec<Broken>> {
        let Some(vehicle) = self.model.vehicles().first() else { return Ok(plan) };
        let fleet = vec![Vehicle { fixed_cost: 0, ..vehicle.clone() }; plan.routes.len()];
        let requests = self.model.requests().to_vec();
        // The parts of a sound model make a sound model.
        let Ok(model) = Model::new(fleet, requests, ALL_COMPATIBLE, self.model.travel()) else {
            return Ok(plan);
        };
        self.run(&model, &plan, go_on)
    }

    fn run<T: Travel>(
        &mut self,
        model: &Model<T>,
        plan: &Plan,
        go_on: impl Fn(&Plan, u32) -> bool,
    ) -> Result<Plan, Vec<Broken>> {
        let before = self.steps;
        // Each stage draws a stream of its own.
        self.seed = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        let mut improver = Improver::new(model, plan, self.seed)?;
        let begun = i64::from((self.spent)(self.steps));
        loop {
            let spent = (self.spent)(self.steps);
            if !go_on(improver.best(), spent) {
                break;
            }
            // The last stage takes all that is left, so it is one course from hot to cold.
            if begun >= i64::from(FIRST) && plan.unserved.is_empty() {
                let left = (i64::from(WHOLE) - begun).max(1);
                improver.tell_progress((i64::from(spent) - begun) * 1_000_000 / left);
            }
            improver.run(STRIDE);
            self.steps = before + improver.steps();
        }
        Ok(improver.best().clone())
    }
}
