//! `kuseki solve`: reads an instance, runs the planner, writes a solution that the instance's checker reads.

use std::path::{Path, PathBuf};
use std::time::Instant;

use planner::{Cost, Depots, Improver, Instance, Plan};
use serde_json::{Map, json};

use crate::fault::Fault;
use crate::online;
use crate::stopwatch::Stopwatch;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Instance: dial-a-ride text (Cordeau, Malheiros), pickup-and-delivery text (Li & Lim, Sartori & Buriol), or
    /// kuseki-problem-1 in JSON. The content tells which.
    file: PathBuf,
    /// Where the vehicles of a dial-a-ride text stand.
    #[arg(long, value_enum, default_value_t)]
    depots: DepotChoice,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DepotChoice {
    /// As is usual for the format: the file's depot, four depots for Malheiros' heterogeneous fleets.
    #[default]
    Usual,
    /// At the file's depot.
    File,
    /// Vehicle k at depot k mod 4 of (-5,-5), (5,5), (-5,5), (5,-5).
    Four,
}

/// When to stop searching.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Budget {
    Seconds(f64),
    /// Of each thread on a core.
    CoreSeconds(f64),
    /// Repeatable: the result follows from the seed.
    Steps(u64),
}

/// What a search brought.
pub struct Found {
    pub cost: Cost,
    pub plan: Plan,
    /// Of every thread.
    pub steps: Vec<u64>,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    if arguments.threads == 0
        || arguments.threads > 256
        || !arguments.seconds.is_finite()
        || arguments.seconds < 0.0
    {
        return Err(Fault::Usage("--threads is 1 to 256, --seconds 0 or more".to_owned()));
    }
    let text = read(&arguments.file)?;
    let instance = parse(&arguments.file, &text, arguments.depots)?;
    let budget = arguments.steps.map_or(Budget::Seconds(arguments.seconds), Budget::Steps);
    if arguments.online.is_on() {
        return run_online(arguments, &instance, &text);
    }
    let begin = Instant::now();
    let best = search(&instance, budget, arguments.seed, arguments.threads)?;
    let steps = &best.steps;
    let wall = begin.elapsed().as_secs_f64();
    let cost = instance.length(&best.plan).map_or(json!(best.cost.travel), |length| json!(length));
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
    let mut line =
        json!({ "name": instance.name, "cost": cost, "unserved": unserved, "seconds": wall, "steps": steps });
    if instance.fewest_vehicles() {
        line["vehicles"] = json!(vehicles(&best.plan));
    }
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

/// Vehicles that leave their base.
pub fn vehicles(plan: &Plan) -> usize {
    plan.routes.iter().filter(|visits| !visits.is_empty()).count()
}

pub fn read(file: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(file).map_err(|source| Fault::File { path: file.to_owned(), source })
}

/// An instance of any format from the text of its file.
pub fn parse(file: &Path, text: &str, depots: DepotChoice) -> Result<Instance, Fault> {
    let depots = match depots {
        DepotChoice::Usual => Depots::Usual,
        DepotChoice::File => Depots::File,
        DepotChoice::Four => Depots::Four,
    };
    Ok(Instance::parse_at(&file.display().to_string(), text, depots)?)
}

/// Steps between two looks at the clock.
const STRIDE: u64 = 20;
/// How often threads learn from each other in a run.
const EPOCHS: u64 = 12;
/// The whole of a budget.
const WHOLE: i64 = 1_000_000;

/// The one place where the planner is started on an instance, by `solve` and by `bench`. Threads search by themselves
/// and learn from each other at the same points of their courses, in the order of their numbers, so that a number of
/// steps gives the same plan every time. The plan has been judged afresh.
pub fn search(instance: &Instance, budget: Budget, seed: u64, threads: u64) -> Result<Found, Fault> {
    let begin = Stopwatch::new(matches!(budget, Budget::CoreSeconds(_)));
    if instance.fewest_vehicles() {
        return fewest(instance, budget, seed, threads, begin);
    }
    let empty = Plan::empty(&instance.model);
    let mut searches = Vec::new();
    for number in 0..threads {
        let improver = Improver::new(&instance.model, &empty, seed_of(seed, number)).map_err(broken)?;
        searches.push(improver);
    }
    if let Budget::Steps(steps) = budget {
        searches.iter_mut().for_each(|improver| improver.expect(steps));
    }
    let epochs = if threads == 1 { 1 } else { EPOCHS };
    for epoch in 1..=epochs {
        std::thread::scope(|scope| {
            for improver in &mut searches {
                scope.spawn(move || run_epoch(improver, budget, begin, (epoch, epochs)));
            }
        });
        let found: Vec<_> =
            if threads == 1 { Vec::new() } else { searches.iter().map(Improver::findings).collect() };
        for (own, improver) in searches.iter_mut().enumerate() {
            found.iter().enumerate().filter(|(k, _)| *k != own).for_each(|(_, f)| improver.learn(f));
        }
    }
    let steps = searches.iter().map(Improver::steps).collect();
    let best = searches.iter().min_by_key(|improver| improver.best_cost());
    let plan = best.map_or(empty, |improver| improver.best().clone());
    let cost = plan.judge(&instance.model).map_err(broken)?;
    Ok(Found { cost, plan, steps })
}

fn run_epoch(
    improver: &mut Improver<'_, planner::Matrix>,
    budget: Budget,
    begin: Stopwatch,
    (epoch, epochs): (u64, u64),
) {
    match budget {
        Budget::Steps(steps) => improver.run((steps * epoch / epochs).saturating_sub(improver.steps())),
        Budget::Seconds(seconds) | Budget::CoreSeconds(seconds) => loop {
            let progress = (begin.seconds() / seconds.max(1e-9) * WHOLE as f64) as i64;
            if progress >= WHOLE * epoch as i64 / epochs as i64 {
                break;
            }
            improver.tell_progress(progress);
            improver.run(STRIDE);
        },
    }
}

/// Fewest vehicles first: threads search by themselves, and the best counts, the lowest number among equals.
fn fewest(
    instance: &Instance,
    budget: Budget,
    seed: u64,
    threads: u64,
    begin: Stopwatch,
) -> Result<Found, Fault> {
    let share = |part: f64, whole: f64| if part >= whole { 1_000 } else { (1_000.0 * part / whole) as u32 };
    let spent = |steps: u64| match budget {
        Budget::Steps(most) => share(steps as f64, most as f64),
        Budget::Seconds(most) | Budget::CoreSeconds(most) => share(begin.seconds(), most),
    };
    let searches: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || instance.solve_fewest(seed_of(seed, number), spent)))
            .collect();
        all.into_iter().map(|thread| thread.join()).collect()
    });
    let mut steps = Vec::new();
    let mut best: Option<(Cost, Plan)> = None;
    for search in searches {
        let lost = |_| Fault::Usage("a search ended in a panic".to_owned());
        let (plan, taken) = search.map_err(lost)?.map_err(broken)?;
        let cost = plan.judge(&instance.model).map_err(broken)?;
        steps.push(taken);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, plan));
        }
    }
    let (cost, plan) = best.ok_or_else(|| Fault::Usage("no thread searched".to_owned()))?;
    Ok(Found { cost, plan, steps })
}

fn seed_of(seed: u64, thread: u64) -> u64 {
    seed.wrapping_add(thread.wrapping_mul(1_000_003))
}

fn broken(broken: Vec<planner::Broken>) -> Fault {
    Fault::Usage(format!("the instance cannot be started from: {broken:?}"))
}
