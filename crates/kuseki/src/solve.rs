//! `kuseki solve`: reads an instance, runs the planner, writes a solution that the instance's checker reads.

use std::path::{Path, PathBuf};
use std::time::Instant;

use planner::{Cost, Depots, Improver, Instance, Plan};
use serde_json::{Map, json};

use crate::fault::Fault;

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
    /// Repeatable: the result follows from the seed.
    Steps(u64),
}

/// What a search brought.
pub struct Found {
    pub cost: Cost,
    pub plan: Plan,
    pub steps: u64,
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
    let begin = Instant::now();
    let searches: Vec<Result<Found, Fault>> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..arguments.threads)
            .map(|number| {
                let instance = &instance;
                let seed = arguments.seed.wrapping_add(number * 1_000_003);
                scope.spawn(move || search(instance, budget, seed))
            })
            .collect();
        let lost = || Err(Fault::Usage("a search ended in a panic".to_owned()));
        all.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
    });
    let found = searches.into_iter().collect::<Result<Vec<Found>, Fault>>()?;
    let steps: Vec<u64> = found.iter().map(|f| f.steps).collect();
    let Some(best) = found.into_iter().min_by_key(|f| f.cost) else { return Ok(()) };
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

/// The one place where the planner is started on an instance, by `solve` and by `bench`. The plan that it returns has
/// been judged afresh.
pub fn search(instance: &Instance, budget: Budget, seed: u64) -> Result<Found, Fault> {
    let broken = |broken: Vec<planner::Broken>| {
        Fault::Usage(format!("the instance cannot be started from: {broken:?}"))
    };
    let begin = Instant::now();
    if instance.fewest_vehicles() {
        let share =
            |part: f64, whole: f64| if part >= whole { 1_000 } else { (1_000.0 * part / whole) as u32 };
        let spent = |steps: u64| match budget {
            Budget::Steps(most) => share(steps as f64, most as f64),
            Budget::Seconds(most) => share(begin.elapsed().as_secs_f64(), most),
        };
        let (plan, steps) = instance.solve_fewest(seed, spent).map_err(broken)?;
        let cost = plan.judge(&instance.model).map_err(broken)?;
        return Ok(Found { cost, plan, steps });
    }
    let mut improver = Improver::new(&instance.model, &Plan::empty(&instance.model), seed).map_err(broken)?;
    loop {
        let stride = match budget {
            Budget::Steps(most) => STRIDE.min(most.saturating_sub(improver.steps())),
            Budget::Seconds(most) if begin.elapsed().as_secs_f64() >= most => 0,
            Budget::Seconds(_) => STRIDE,
        };
        if stride == 0 {
            break;
        }
        improver.run(stride);
    }
    let plan = improver.best().clone();
    let cost = plan.judge(&instance.model).map_err(broken)?;
    Ok(Found { cost, plan, steps: improver.steps() })
}
