//! Solves an instance file for so many seconds: `cargo run --release -p planner --example solve -- FILE SECONDS
//! SEED OUT.json`. The clock is read here only; the steps done are written beside the solution.

use std::time::Instant;

use planner::{Improver, Instance, Plan};
use serde_json::{Map, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, seconds, seed, out] = arguments.as_slice() else {
        return Err("usage: solve FILE SECONDS SEED OUT.json".into());
    };
    // `20000x` means so many steps instead of seconds, for a run that can be repeated exactly.
    let (seconds, most_steps): (f64, u64) = match seconds.strip_suffix('x') {
        Some(steps) => (f64::INFINITY, steps.parse()?),
        None => (seconds.parse()?, u64::MAX),
    };
    let seed: u64 = seed.parse()?;
    let instance = Instance::parse(file, &std::fs::read_to_string(file)?)?;
    let begin = Instant::now();
    let broken = |broken| format!("the plan breaks rules: {broken:?}");
    let mut improver = Improver::new(&instance.model, &Plan::empty(&instance.model), seed).map_err(broken)?;
    while begin.elapsed().as_secs_f64() < seconds && improver.steps() < most_steps {
        improver.run(20);
    }
    let wall = begin.elapsed().as_secs_f64();
    let plan = improver.best();
    let cost = plan.judge(&instance.model).map_err(broken)?;
    let mut extra = Map::new();
    extra.insert("cost".into(), json!(instance.length(plan).unwrap_or(cost.travel as f64)));
    extra.insert("seconds".into(), json!(wall));
    extra.insert("seed".into(), json!(seed));
    extra.insert("steps".into(), json!(improver.steps()));
    std::fs::write(out, instance.solution(plan, extra).to_string())?;
    let rate = improver.steps() as f64 / wall;
    let length = instance.length(plan).unwrap_or(cost.travel as f64);
    println!(
        "{file}: cost {length:.4} unserved {} steps {} ({rate:.0}/s)",
        plan.unserved.len(),
        improver.steps()
    );
    Ok(())
}
