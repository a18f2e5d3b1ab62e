//! Improvement of a plan by adaptive large neighbourhood search: take some requests out (`ruin`), put them back
//! (`recreate`), keep the result if it is not much worse than the best plan known.
//!
//! Sources: Ropke & Pisinger 2006 (adaptive choice, related and worst removal, regret insertion), Christiaens &
//! Vanden Berghe 2020 (strings, blinks), Dueck 1993 (record-to-record travel). The run depends on nothing but the
//! model, the plan, the seed and the number of steps; `run(a); run(b)` equals `run(a + b)`.

mod draw;
mod memo;
mod recreate;
mod ruin;
mod state;

use draw::{Draw, Wheel};
use recreate::Recreate;
use ruin::Ruin;
use state::State;

use crate::insert::Search;
use crate::model::Model;
use crate::plan::{Cost, Plan};
use crate::route::Broken;
use crate::travel::Travel;

/// Steps of the first round; each round starts from the best plan with a wide threshold and ends with none.
fn envv(n:&str,d:i64)->i64{std::env::var(n).ok().and_then(|v|v.parse().ok()).unwrap_or(d)}
static TH: std::sync::LazyLock<i64>=std::sync::LazyLock::new(||envv("TH",20000));
static FR: std::sync::LazyLock<i64>=std::sync::LazyLock::new(||envv("FR",3000));
static ACC: std::sync::LazyLock<i64>=std::sync::LazyLock::new(||envv("ACC",0));
static RS: std::sync::LazyLock<i64>=std::sync::LazyLock::new(||envv("RS",1));
pub(crate) static MO: std::sync::LazyLock<i64>=std::sync::LazyLock::new(||envv("MO",40));
/// No round is longer than this.
const LONGEST_ROUND: u64 = 60_000;
/// How much worse than the best plan a new one may be at the begin of a round, in millionths of its cost.


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
            round_length: *FR as u64,
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
        self.recreate.run(self.model, &mut self.trial, &mut self.search, &mut self.memo, &mut self.draw, way);
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

    fn acceptable(&mut self, old: Cost, new: Cost) -> bool {
        if new.unserved != old.unserved {
            return new.unserved < old.unserved;
        }
        let done = (self.steps - self.round_begin) as i64;
        let left = (self.round_length as i64 - done).max(0);
        // While something is unserved the way there may be longer: which set is served matters more.
        let wide = if new.unserved > 0 { 3 * *TH } else { *TH };
        let share = i128::from(wide) * i128::from(left) / i128::from(self.round_length);
        let bound = if *ACC == 0 { i128::from(self.best_cost.travel) * (1_000_000 + share) / 1_000_000 } else {
            // share as temperature, in millionths of best, quadratic cooling
            let t = share * i128::from(left) / i128::from(self.round_length);
            let u = self.draw.word() | 1;
            let lz = i128::from(u.leading_zeros());
            let frac = 1024 - i128::from((u << u.leading_zeros() as u32 >> 21) & 1023);
            // -log2(u) in 1/1024
            let e = lz * 1024 + frac;
            i128::from(old.travel) + i128::from(self.best_cost.travel) * t * e / 1024 / 1_000_000
        };
        i128::from(new.travel) <= bound
    }

    fn next_round(&mut self) {
        self.round_begin = self.steps;
        self.round_length = (self.round_length * 3 / 2).min(LONGEST_ROUND);
        if *RS == 0 { return; }
        self.current.load(self.model, &self.best);
        self.trial = self.current.clone();
    }
}
