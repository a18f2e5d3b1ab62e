//! Improvement of a plan by adaptive large neighbourhood search: take some requests out (`ruin`), put them back
//! (`recreate`), keep the result if it is better, or not much worse than where it came from.
//!
//! Sources: Ropke & Pisinger 2006 (adaptive choice, related and worst removal, regret insertion), Christiaens &
//! Vanden Berghe 2020 (strings, blinks; simulated annealing). The run depends on nothing but the
//! model, the plan, the seed and the number of steps; `run(a); run(b)` equals `run(a + b)`.

mod draw;
mod exchange;
mod memo;
mod pool;
mod price;
mod recreate;
mod ruin;
mod state;

use draw::{Draw, Wheel};
use recreate::{Recreate, Tools};
use ruin::Ruin;
use state::State;

use crate::insert::Search;
use crate::model::{Model, Request, VehicleSet};
use crate::plan::{Cost, Plan};
use crate::route::Broken;
use crate::travel::Travel;

/// Steps of the first round where nobody says how many there will be; each round starts from the best plan, hot, and
/// ends cold.
const FIRST_ROUND: u64 = 8_000;
/// No round is longer than this.
const LONGEST_ROUND: u64 = 120_000;
/// Temperature at the begin of a round, in millionths of the best plan's cost.
const HEAT: i64 = 10_000;
/// How often it is halved until the end of the round.
const HALVINGS: i64 = 5;
/// Where a plan is made from nothing and the length of the search is known, its first part goes into several plans made
/// afresh: how many routes there are and what they have in common is settled early and hardly changes later. In
/// millionths: the part for that, the least length of one, and the temperature at which the best is then improved.
const AFRESH: i64 = 600_000;
const ONE_START: i64 = 150_000;
const LATER_HEAT: i64 = 3_000;
/// Fewest steps of one start, for every request.
const START_STEPS: i64 = 100;
/// The whole of a round.
const WHOLE: i64 = 1_000_000;
/// How often a step is an exchange between two routes, in thousandths.
const EXCHANGES: usize = 300;
/// Recombinations of routes in a round of known length, and the fewest steps between two: besides this many, one for
/// every so many routes in the pool, so that recombining stays a small part of the work.
const RECOMBINATIONS: u64 = 14;
const STEPS_BETWEEN: u64 = 4_000;
const ROUTES_A_STEP: u64 = 2;
/// Routes of a trial plan that costs at most this much more than the present one are noted although the plan is dropped,
/// in millionths.
const NOTED: i64 = 20_000;
/// Selections of routes are looked for once the bound is that near to the best plan, in millionths of its cost: farther off
/// none is found within the limit on nodes.
const SELECTED: i64 = 40_000;
/// Routes are looked for by their price once the bound is that near to the best plan, in millionths of its cost: farther
/// off the prices say little.
const PRICED: i64 = 6_000;

/// A resumable search for better plans.
pub struct Improver<'m, T> {
    model: &'m Model<T>,
    draw: Draw,
    search: Search,
    current: State,
    trial: State,
    best: Plan,
    best_cost: Cost,
    memo: memo::Memo,
    pool: pool::Pool,
    pool_classes: Vec<u32>,
    price: price::Price,
    ruin: Ruin,
    recreate: Recreate,
    exchange: exchange::Exchange,
    ruins: Wheel,
    recreates: Wheel,
    steps: u64,
    round_begin: u64,
    round_length: u64,
    /// How far the present round is, in millionths, where the caller says so.
    told: Option<i64>,
    /// Whether the course knows its length and began from nothing, and where in it the present start or, after
    /// the last one, the improvement of the best began.
    afresh: bool,
    expected: bool,
    begun: i64,
    later: bool,
    /// Cost of the best plan without what vehicles cost for being used: what heat is measured by.
    driving: i64,
    next_recombination: u64,
}

/// The best plan and the most promising routes of a search, for others to learn from.
#[derive(Debug, Clone)]
pub struct Findings {
    cost: Cost,
    plan: Plan,
    columns: Vec<pool::Column>,
}

/// Routes that a search shows to others.
const SHARED: usize = 3_000;

impl<'m, T: Travel> Improver<'m, T> {
    /// Starts from a plan that keeps every rule, and at once puts in what is unserved and fits.
    pub fn new(model: &'m Model<T>, plan: &Plan, seed: u64) -> Result<Self, Vec<Broken>> {
        plan.judge(model)?;
        let current = State::new(model, plan).map_err(|broken| vec![broken])?;
        let pool_classes = pool_classes(model, &current);
        let mut improver = Improver {
            model,
            draw: Draw::new(seed),
            search: Search::default(),
            trial: current.clone(),
            best: plan.clone(),
            best_cost: current.cost(model),
            current,
            memo: memo::Memo::new(model.requests().len(), model.vehicles().len()),
            pool: pool::Pool::new(model.requests().len(), &pool_classes),
            pool_classes,
            price: price::Price::default(),
            ruin: Ruin::new(model, plan),
            recreate: Recreate::new(model),
            exchange: exchange::Exchange::default(),
            ruins: Wheel::new(ruin::WAYS),
            recreates: Wheel::new(recreate::WAYS),
            steps: 0,
            round_begin: 0,
            round_length: FIRST_ROUND,
            told: None,
            afresh: plan.routes.iter().all(Vec::is_empty),
            expected: false,
            begun: 0,
            later: false,
            driving: 0,
            next_recombination: STEPS_BETWEEN,
        };
        improver.driving = improver.best_cost.travel - improver.current.fixed_cost(model);
        if !plan.unserved.is_empty() {
            improver.rebuild(recreate::REGRET_2);
            improver.conclude();
        }
        Ok(improver)
    }

    /// Makes one long round of the next steps: best where it is known how many there will be.
    pub fn expect(&mut self, steps: u64) {
        (self.round_begin, self.round_length) = (self.steps, steps.max(1));
        self.expected = true;
        self.next_recombination = self.steps + self.stride();
    }

    /// Says how far the search is, in millionths of what it will be given, for a caller who counts by a clock. From
    /// then on it is one round, and only what is told moves it on.
    pub fn tell_progress(&mut self, millionths: i64) {
        self.told = Some(millionths.clamp(0, WHOLE));
    }

    /// What another search on the same model can learn from this one.
    pub fn findings(&self) -> Findings {
        Findings { cost: self.best_cost, plan: self.best.clone(), columns: self.pool.promising(SHARED) }
    }

    /// Takes over routes, and the plan if it is better, that a search on the same model with the same vehicles has
    /// found. The own course goes on; what was learnt serves the next recombination. The order in which findings
    /// are learnt is part of what fixes the result.
    pub fn learn(&mut self, findings: &Findings) {
        for column in &findings.columns {
            self.pool.note(column.class, column.cost, &column.visits);
        }
        if findings.cost < self.best_cost && findings.plan.judge(self.model) == Ok(findings.cost) {
            self.best_cost = findings.cost;
            self.best.clone_from(&findings.plan);
        }
    }

    fn stride(&self) -> u64 {
        (self.round_length / RECOMBINATIONS).max(STEPS_BETWEEN).max(self.pool.len() as u64 / ROUTES_A_STEP)
    }

    /// Takes so many further steps.
    pub fn run(&mut self, steps: u64) {
        if self.ruin.nothing_to_do() {
            self.steps += steps;
            return;
        }
        for _ in 0..steps {
            self.step();
        }
    }

    /// The best plan so far; never worse than the one given.
    pub fn best(&self) -> &Plan {
        &self.best
    }

    pub fn best_cost(&self) -> Cost {
        self.best_cost
    }

    /// Steps taken since the search began; with the seed it fixes the result.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Slot pairs whose times were judged so far.
    pub fn tests(&self) -> u64 {
        self.search.tests
    }

    fn step(&mut self) {
        if self.draw.chance(EXCHANGES) {
            self.steps += 1;
            let most = millionths(self.driving, 2 * self.heat());
            if self.exchange.run(self.model, &mut self.trial, &mut self.draw, most) {
                self.conclude();
            } else {
                self.trial.undo(&self.current);
            }
            return self.next_stage();
        }
        let way_out = self.ruins.pick(&mut self.draw);
        let way_back = self.recreates.pick(&mut self.draw);
        self.steps += 1;
        self.ruin.choose(self.model, &self.trial, &mut self.draw, way_out);
        if !self.trial.take_out(self.model, &mut self.ruin, &mut self.draw) {
            self.trial.undo(&self.current);
            return;
        }
        self.rebuild(way_back);
        let reward = self.conclude();
        self.ruins.reward(way_out, reward);
        self.recreates.reward(way_back, reward);
        if self.steps >= self.next_recombination {
            self.recombine();
            self.next_recombination = self.steps + self.stride();
        }
        self.next_stage();
    }

    /// How far the present round is, in millionths.
    fn done(&self) -> i64 {
        self.told.unwrap_or_else(|| {
            ((self.steps - self.round_begin) as i64).saturating_mul(WHOLE) / self.round_length as i64
        })
    }

    /// The temperature now, in millionths of the best plan's cost.
    fn heat(&self) -> i64 {
        let done = self.done();
        if self.later {
            return falling(
                LATER_HEAT,
                (done - self.begun) * WHOLE / (WHOLE - self.begun).max(1),
                HALVINGS - 2,
            );
        }
        falling(HEAT, (done - self.begun) * WHOLE / self.start_length().min(WHOLE), HALVINGS)
    }

    /// How long one start is, in millionths: long enough for its steps. The whole where there is time for one only.
    fn start_length(&self) -> i64 {
        if !self.afresh || !(self.expected || self.told.is_some()) {
            return WHOLE;
        }
        let wanted = self.model.requests().len() as i64 * START_STEPS;
        let taken = (self.steps - self.round_begin).max(1) as i64;
        let length = (wanted.saturating_mul(self.done().max(1)) / taken).max(ONE_START);
        if self.begun == 0 && 2 * length > AFRESH { WHOLE } else { length }
    }

    /// Another start, the improvement of the best, or another round.
    fn next_stage(&mut self) {
        let done = self.done();
        let length = self.start_length();
        if !self.later && length < WHOLE && done >= self.begun + length {
            self.begun = done;
            if done + length > AFRESH {
                self.later = true;
                self.current.load(self.model, &self.best);
                self.trial = self.current.clone();
                return;
            }
            self.current.load(self.model, &Plan::empty(self.model));
            self.trial = self.current.clone();
            self.rebuild(recreate::REGRET_2);
            self.current.adopt(&mut self.trial);
        } else if self.told.is_none() && self.steps >= self.round_begin + self.round_length {
            self.next_round();
        }
    }

    /// Puts the best plan together from all routes met so far, and goes on from it if it is new.
    fn recombine(&mut self) {
        if self.best_cost.unserved > 0 {
            return;
        }
        let idle: i64 = (0..self.current.routes.len()).map(|v| idle_cost(self.model, v as u32)).sum();
        let upper = self.best_cost.travel - idle;
        let mut bound = self.pool.weigh(upper);
        if upper - bound > millionths(self.driving, SELECTED) {
            return;
        }
        if self.later && upper - bound <= millionths(self.driving, PRICED) {
            let (model, search) = (self.model, &mut self.search);
            let (neighbours, free) = (self.ruin.neighbours(), self.ruin.list_free());
            // A plan that is the best of these routes may still be bettered by others.
            let most = (upper - bound).max(millionths(self.driving, PRICED / 6));
            let around = price::Around { model, search, neighbours, free, most };
            self.price.run(around, &mut self.pool, &mut self.draw, |class| idle_cost(model, class));
            bound = self.pool.weigh(upper);
        }
        let Some(chosen) = self.pool.recombine(bound, upper) else { return };
        let mut plan = Plan { routes: vec![Vec::new(); self.best.routes.len()], unserved: Vec::new() };
        for column in chosen {
            let of_class = |v: &usize| self.pool_classes[*v] == column.class && plan.routes[*v].is_empty();
            let Some(v) = (0..plan.routes.len()).find(of_class) else { return };
            plan.routes[v] = column.visits.to_vec();
        }
        let Ok(cost) = plan.judge(self.model) else {
            debug_assert!(false, "routes were put together that do not make a plan");
            return;
        };
        if cost < self.best_cost {
            (self.best_cost, self.best) = (cost, plan);
            self.current.load(self.model, &self.best);
            self.trial = self.current.clone();
        }
    }

    fn rebuild(&mut self, way: usize) {
        let (model, search, memo) = (self.model, &mut self.search, &mut self.memo);
        let tools = Tools { model, search, memo, neighbours: self.ruin.neighbours(), noise: 0 };
        self.recreate.run(tools, &mut self.trial, &mut self.draw, way);
    }

    /// Accepts or drops the trial plan and says how much the step was worth.
    fn conclude(&mut self) -> u32 {
        let (old, new) = (self.current.cost(self.model), self.trial.cost(self.model));
        // What makes no good plan with these routes may make one with others.
        if new.unserved == old.unserved && new.travel - old.travel <= millionths(self.driving, NOTED) {
            self.note_changed();
        }
        let reward = if new < self.best_cost {
            8
        } else if new < old {
            4
        } else if self.acceptable(old, new) {
            1
        } else {
            self.trial.undo(&self.current);
            return 0;
        };
        self.current.adopt(&mut self.trial);
        if new < self.best_cost {
            self.best_cost = new;
            self.current.write(&mut self.best);
            self.driving = new.travel - self.current.fixed_cost(self.model);
        }
        reward
    }

    /// Enters the changed routes of the trial plan in the pool.
    fn note_changed(&mut self) {
        for v in self.trial.changed() {
            let route = &self.trial.routes[*v as usize];
            if !route.visits.is_empty() {
                let cost = route.cost - idle_cost(self.model, *v);
                self.pool.note(self.pool_classes[*v as usize], cost, &route.visits);
            }
        }
    }

    /// Whether to go on from a plan that is not better: at temperature `t` (a cost), one that is worse by `d` with
    /// probability `2^(-d/t)`.
    fn acceptable(&mut self, old: Cost, new: Cost) -> bool {
        if new.unserved != old.unserved {
            return new.unserved < old.unserved;
        }
        if new.travel == old.travel {
            // Nearly always the same plan again.
            return false;
        }
        let margin =
            i128::from(self.driving) * i128::from(self.heat()) / 1_000_000 * self.draw.halvings() / 1_024;
        i128::from(new.travel) <= i128::from(old.travel) + margin
    }

    fn next_round(&mut self) {
        (self.expected, self.begun, self.later) = (false, 0, false);
        self.round_begin = self.steps;
        self.round_length = (self.round_length * 3 / 2).min(LONGEST_ROUND);
        self.current.load(self.model, &self.best);
        self.trial = self.current.clone();
    }
}

fn millionths(cost: i64, parts: i64) -> i64 {
    (i128::from(cost) * i128::from(parts) / 1_000_000) as i64
}

/// A temperature after so many millionths of its course: halved so many times on the way, straight lines between.
fn falling(heat: i64, done: i64, halvings: i64) -> i64 {
    let at = done.clamp(0, WHOLE) * halvings * 1_024 / WHOLE;
    let (whole, rest) = (at / 1_024, at % 1_024);
    (heat >> whole) * (2_048 - rest) / 2_048
}

/// What a vehicle costs without a visit.
fn idle_cost<T: Travel>(model: &Model<T>, vehicle: u32) -> i64 {
    let v = model.vehicle(vehicle);
    if v.out { model.leg_cost(v.start, v.end) } else { 0 }
}

/// Vehicles that may drive each other's routes at the same cost share a class, which has the number of the first of them.
fn pool_classes<T: Travel>(model: &Model<T>, state: &State) -> Vec<u32> {
    let particular: Vec<&Request> =
        model.requests().iter().filter(|r| r.vehicles != VehicleSet::Any || r.told.is_some()).collect();
    let same = |a: u32, b: u32| {
        let alike = |r: &&Request| {
            r.vehicles.contains(a) == r.vehicles.contains(b) && r.surcharge(a) == r.surcharge(b)
        };
        state.classes()[a as usize] == state.classes()[b as usize] && particular.iter().all(alike)
    };
    let mut classes: Vec<u32> = Vec::new();
    for v in 0..model.vehicles().len() as u32 {
        let first = (0..v).find(|first| classes[*first as usize] == *first && same(*first, v));
        classes.push(first.unwrap_or(v));
    }
    classes
}
