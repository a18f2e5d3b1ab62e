//! Improvement of a plan by adaptive large neighbourhood search: take some requests out (`ruin`), put them back
//! (`recreate`), keep the result if it is better, or not much worse than where it came from.
//!
//! Sources: Ropke & Pisinger 2006 (adaptive choice, related and worst removal, regret insertion), Christiaens &
//! Vanden Berghe 2020 (strings, blinks; simulated annealing). The run depends on nothing but the
//! model, the plan, the seed and the number of steps; `run(a); run(b)` equals `run(a + b)`.

mod draw;
mod memo;
mod recreate;
mod ruin;
mod state;

use draw::{Draw, Wheel};
use recreate::{Recreate, Tools};
use ruin::Ruin;
use state::State;

use crate::insert::Search;
use crate::model::Model;
use crate::plan::{Cost, Plan};
use crate::route::Broken;
use crate::travel::Travel;

/// Steps of the first round; each round starts from the best plan, hot, and ends cold.
const FIRST_ROUND: u64 = 8_000;
/// No round is longer than this.
const LONGEST_ROUND: u64 = 60_000;
/// Temperature at the begin of a round, in millionths of the best plan's cost. It falls with the square of what is
/// left of the round.
const HEAT: i64 = 2_000;

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
    ruin: Ruin,
    recreate: Recreate,
    ruins: Wheel,
    recreates: Wheel,
    steps: u64,
    round_begin: u64,
    round_length: u64,
}

impl<'m, T: Travel> Improver<'m, T> {
    /// Starts from a plan that keeps every rule, and at once puts in what is unserved and fits.
    pub fn new(model: &'m Model<T>, plan: &Plan, seed: u64) -> Result<Self, Vec<Broken>> {
        plan.judge(model)?;
        let current = State::new(model, plan).map_err(|broken| vec![broken])?;
        let mut improver = Improver {
            model,
            draw: Draw::new(seed),
            search: Search::default(),
            trial: current.clone(),
            best: plan.clone(),
            best_cost: current.cost(model),
            current,
            memo: memo::Memo::new(model.requests().len(), model.vehicles().len()),
            ruin: Ruin::new(model, plan),
            recreate: Recreate::new(model),
            ruins: Wheel::new(ruin::WAYS),
            recreates: Wheel::new(recreate::WAYS),
            steps: 0,
            round_begin: 0,
            round_length: FIRST_ROUND,
        };
        if !plan.unserved.is_empty() {
            improver.rebuild(recreate::REGRET_2);
            improver.conclude();
        }
        Ok(improver)
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
        if self.steps >= self.round_begin + self.round_length {
            self.next_round();
        }
    }

    fn rebuild(&mut self, way: usize) {
        let (model, search, memo) = (self.model, &mut self.search, &mut self.memo);
        self.recreate.run(Tools { model, search, memo, noise: 0 }, &mut self.trial, &mut self.draw, way);
    }

    /// Accepts or drops the trial plan and says how much the step was worth.
    fn conclude(&mut self) -> u32 {
        let (old, new) = (self.current.cost(self.model), self.trial.cost(self.model));
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
        }
        reward
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
        let done = self.steps - self.round_begin;
        let left = i128::from(self.round_length.saturating_sub(done));
        // While something is unserved the way there may be longer: which set is served matters more.
        let heat = i128::from(if new.unserved > 0 { 5 * HEAT } else { HEAT });
        let share = heat * left * left / i128::from(self.round_length).pow(2);
        let margin = i128::from(self.best_cost.travel) * share / 1_000_000 * self.draw.halvings() / 1_024;
        i128::from(new.travel) <= i128::from(old.travel) + margin
    }

    fn next_round(&mut self) {
        self.round_begin = self.steps;
        self.round_length = (self.round_length * 3 / 2).min(LONGEST_ROUND);
        self.current.load(self.model, &self.best);
        self.trial = self.current.clone();
    }
}
