//! `kuseki solve`: reads an instance, runs the planner, writes a solution that the instance's checker reads.

use std::path::PathBuf;
use std::time::Instant;

use planner::{Cost, Improver, Instance, Plan};
use serde_json::{Map, json};

use crate::fault::Fault;
use crate::online;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Instance: Cordeau's dial-a-ride text or kuseki-problem-1 in JSON.
    file: PathBuf,
    /// Stop after so many seconds.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Stop after so many steps of each thread; with the seed it makes the result repeatable.
    #[arg(long)]
    steps: Option<u64>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Independent searches; the best one counts, the lowest number among equals.
    #[arg(long, default_value_t = 1)]
    threads: u64,
    /// Where the solution goes; the steps done are written beside it.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    online: online::Arguments,
}

/// Steps between two looks at the clock.
const STRIDE: u64 = 20;

struct Found {
    cost: Cost,
    plan: Plan,
    steps: u64,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    if arguments.threads == 0
        || arguments.threads > 256
        || !arguments.seconds.is_finite()
        || arguments.seconds < 0.0
    {
        return Err(Fault::Usage("--threads is 1 to 256, --seconds 0 or more".to_owned()));
    }
    let read = |source| Fault::File { path: arguments.file.clone(), source };
    let text = std::fs::read_to_string(&arguments.file).map_err(read)?;
    let instance = Instance::parse(&arguments.file.display().to_string(), &text)?;
    if arguments.online.is_on() {
        return run_online(arguments, &instance, &text);
    }
    let begin = Instant::now();
    let searches: Vec<Result<Found, Fault>> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..arguments.threads)
            .map(|number| {
                let instance = &instance;
                scope.spawn(move || {
                    search(instance, arguments, arguments.seed.wrapping_add(number * 1_000_003), begin)
                })
            })
            .collect();
        let lost = || Err(Fault::Usage("a search ended in a panic".to_owned()));
        all.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
    });
    let found = searches.into_iter().collect::<Result<Vec<Found>, Fault>>()?;
    let steps: Vec<u64> = found.iter().map(|f| f.steps).collect();
    let Some(best) = found.into_iter().min_by_key(|f| f.cost) else { return Ok(()) };
    let wall = begin.elapsed().as_secs_f64();
    let cost = match instance.length(&best.plan) {
        Some(length) => json!(length),
        None => json!(best.cost.travel),
    };
    let mut extra = Map::new();
    extra.insert("cost".into(), cost.clone());
    extra.insert("seed".into(), json!(arguments.seed));
    extra.insert("steps".into(), json!(steps));
    extra.insert("seconds".into(), json!(wall));
    if let Some(out) = &arguments.out {
        let solution = instance.solution(&best.plan, extra).to_string();
        std::fs::write(out, solution).map_err(|source| Fault::File { path: out.clone(), source })?;
    }
    let unserved = best.plan.unserved.len();
    let line =
        json!({ "name": instance.name, "cost": cost, "unserved": unserved, "seconds": wall, "steps": steps });
    println!("{line}");
    Ok(())
}

fn run_online(arguments: &Arguments, instance: &Instance, text: &str) -> Result<(), Fault> {
    let budget = online::Budget { seconds: arguments.seconds, steps: arguments.steps, seed: arguments.seed };
    let (line, solution) = online::solve(&arguments.online, instance, text, &budget)?;
    if let Some(out) = &arguments.out {
        let write = |source| Fault::File { path: out.clone(), source };
        std::fs::write(out, solution.to_string()).map_err(write)?;
    }
    println!("{line}");
    Ok(())
}

fn search(instance: &Instance, arguments: &Arguments, seed: u64, begin: Instant) -> Result<Found, Fault> {
    let broken = |broken: Vec<planner::Broken>| {
        Fault::Usage(format!("the instance cannot be started from: {broken:?}"))
    };
    let mut improver = Improver::new(&instance.model, &Plan::empty(&instance.model), seed).map_err(broken)?;
    let most = arguments.steps.unwrap_or(u64::MAX);
    while improver.steps() < most
        && (arguments.steps.is_some() || begin.elapsed().as_secs_f64() < arguments.seconds)
    {
        improver.run(STRIDE.min(most - improver.steps()));
    }
    let plan = improver.best().clone();
    let cost = plan.judge(&instance.model).map_err(broken)?;
    Ok(Found { cost, plan, steps: improver.steps() })
}
