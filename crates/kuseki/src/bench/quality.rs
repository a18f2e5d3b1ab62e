//! `kuseki bench quality`: how good are our answers, and those of others on the same problems in the same run?
//!
//! Every solution that can be read is judged afresh by the planner's judge; what is only said by its maker is marked
//! so. The command fails if any solution breaks a rule or is worse than its maker said.

mod known;
mod peer;
mod report;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use planner::Instance;
use serde_json::{Map, json};

use crate::fault::Fault;
use crate::solve::{self, Budget, DepotChoice};
use known::{Known, Table};
use peer::{Program, Workroom};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Instance files, or folders of them. A folder is a set, and averages are given per set.
    #[arg(long, required = true, num_args = 1..)]
    set: Vec<PathBuf>,
    /// Our search stops after so many seconds; several are measured one beside the other.
    #[arg(long, value_delimiter = ',', default_value = "10")]
    seconds: Vec<f64>,
    /// Our seconds are of a core, not of the clock: for a machine that does other things as well.
    #[arg(long)]
    core: bool,
    /// Our search stops after so many steps instead; repeatable.
    #[arg(long, value_delimiter = ',', conflicts_with = "seconds")]
    steps: Vec<u64>,
    #[arg(long, value_delimiter = ',', default_value = "1")]
    seeds: Vec<u64>,
    /// Best known values: CSV with the columns set, instance and best_known (`cost`, or `vehicles/cost`).
    #[arg(long)]
    bks: Option<PathBuf>,
    /// The set's name in that file, if it is not the folder's.
    #[arg(long)]
    bks_set: Option<String>,
    /// A checker to ask besides about every solution of ours: a Python file, perhaps with options, that takes an
    /// instance and a solution and fails if a rule is broken. With `{instance}` or `{solution}` any command.
    #[arg(long)]
    check: Option<String>,
    /// Where the vehicles of a dial-a-ride text stand.
    #[arg(long, value_enum, default_value_t)]
    depots: DepotChoice,
    /// Another solver, as NAME=COMMAND. The command is run with `{instance}`, `{solution}`, `{seed}` replaced, and prints
    /// a line of JSON with cost, unserved and wall_s; a solution that it writes to `{solution}` is judged.
    #[arg(long)]
    peer: Vec<String>,
    /// How many searches run at once, each on one thread.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Where all figures go as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// One instance to be solved.
struct Case {
    set: String,
    name: String,
    path: PathBuf,
    instance: Instance,
    known: Option<Known>,
}

/// Who solves.
enum Solver {
    Ours { name: String, budget: Budget },
    Peer(Program),
}

impl Solver {
    fn name(&self) -> &str {
        match self {
            Solver::Ours { name, .. } => name,
            Solver::Peer(program) => &program.name,
        }
    }

    /// One run is enough for who takes no seed.
    fn takes_seed(&self) -> bool {
        match self {
            Solver::Ours { .. } => true,
            Solver::Peer(program) => program.takes_seed(),
        }
    }
}

/// One answer of one solver.
#[derive(Debug, Clone, Default)]
struct Outcome {
    seed: u64,
    /// Nothing if there was no answer.
    cost: Option<f64>,
    vehicles: Option<usize>,
    unserved: usize,
    seconds: f64,
    steps: Option<u64>,
    /// The cost was found by judging the solution here, not only said.
    judged: bool,
    /// What is wrong with the solution.
    faults: Vec<String>,
}

/// A case, a solver and a seed, by their numbers.
struct Task {
    case: usize,
    solver: usize,
    seed: u64,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    check_arguments(arguments)?;
    let cases = list_cases(arguments)?;
    let solvers = list_solvers(arguments)?;
    let checker = arguments.check.as_deref().map(Program::checker).transpose()?;
    let mut tasks = Vec::new();
    for case in 0..cases.len() {
        for (solver, who) in solvers.iter().enumerate() {
            let runs = if who.takes_seed() { arguments.seeds.len() } else { 1 };
            tasks.extend(arguments.seeds[..runs].iter().map(|seed| Task { case, solver, seed: *seed }));
        }
    }
    let room = Workroom::open()?;
    let work = |number: usize, task: &Task| {
        let case = &cases[task.case];
        let outcome = match &solvers[task.solver] {
            Solver::Ours { budget, .. } => ours(case, *budget, task.seed, checker.as_ref(), &room, number),
            Solver::Peer(program) => theirs(case, program, task.seed, &room, number),
        };
        eprintln!("{} {} seed {}: {}", case.name, solvers[task.solver].name(), task.seed, told(&outcome));
        outcome
    };
    let outcomes = at_once(arguments.jobs, &tasks, &work)?;
    let report = report::Report::new(&cases, &solvers, &tasks, &outcomes);
    print!("{}", report.table());
    if let Some(path) = &arguments.json {
        let text = report.json(machine()).to_string();
        std::fs::write(path, text).map_err(|source| Fault::File { path: path.clone(), source })?;
    }
    let wrong = outcomes.iter().filter(|o| !o.faults.is_empty()).count();
    if wrong > 0 {
        return Err(Fault::Usage(format!("{wrong} of {} answers do not hold, see above", outcomes.len())));
    }
    Ok(())
}

fn check_arguments(arguments: &Arguments) -> Result<(), Fault> {
    let bad = |text: &str| Err(Fault::Usage(text.to_owned()));
    if arguments.seconds.iter().any(|s| !s.is_finite() || *s < 0.0) {
        return bad("--seconds is 0 or more");
    }
    if arguments.jobs == 0 || arguments.jobs > 256 {
        return bad("--jobs is 1 to 256");
    }
    if arguments.seeds.is_empty() {
        return bad("--seeds names at least one seed");
    }
    Ok(())
}

fn list_solvers(arguments: &Arguments) -> Result<Vec<Solver>, Fault> {
    let mut solvers: Vec<Solver> = if arguments.steps.is_empty() {
        let budget = |s: f64| if arguments.core { Budget::CoreSeconds(s) } else { Budget::Seconds(s) };
        let unit = if arguments.core { "core s" } else { "s" };
        let ours = |s: &f64| Solver::Ours { name: format!("kuseki {s} {unit}"), budget: budget(*s) };
        arguments.seconds.iter().map(ours).collect()
    } else {
        let ours = |n: &u64| Solver::Ours { name: format!("kuseki {n} steps"), budget: Budget::Steps(*n) };
        arguments.steps.iter().map(ours).collect()
    };
    for text in &arguments.peer {
        solvers.push(Solver::Peer(Program::peer(text)?));
    }
    Ok(solvers)
}

/// Reads all instances before anything is solved: a wrong file should not be met after an hour.
fn list_cases(arguments: &Arguments) -> Result<Vec<Case>, Fault> {
    let table = arguments.bks.as_deref().map(Table::read).transpose()?;
    let mut cases = Vec::new();
    for path in &arguments.set {
        let files = if path.is_dir() { files_in(path)? } else { vec![path.clone()] };
        for file in files {
            let in_file = |source| Fault::Instance { path: file.clone(), source: Box::new(source) };
            let text = solve::read(&file)?;
            let instance = solve::parse(&file, &text, arguments.depots).map_err(in_file)?;
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let sets = set_names(&file);
            let known = table.as_ref().and_then(|t| t.find(arguments.bks_set.as_deref(), &sets, &name));
            let set = known.as_ref().map_or_else(|| sets[0].clone(), |known| known.set.clone());
            cases.push(Case { set, name, path: file.clone(), instance, known });
        }
    }
    if cases.is_empty() { Err(Fault::Usage("--set names no instance file".to_owned())) } else { Ok(cases) }
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let fault = |source| Fault::File { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What the set of a file may be called: its folder, or that behind the folder above.
fn set_names(file: &Path) -> Vec<String> {
    let mut folders = file.parent().into_iter().flat_map(Path::components).rev();
    let mut next = || folders.next().map(|c| c.as_os_str().to_string_lossy().into_owned());
    let (last, above) = (next().unwrap_or_else(|| ".".to_owned()), next());
    let both = above.map(|above| format!("{above}_{last}"));
    [last].into_iter().chain(both).collect()
}

/// Does the work `jobs` pieces at a time; the answers are in the order of the tasks.
fn at_once(
    jobs: usize,
    tasks: &[Task],
    work: &(impl Fn(usize, &Task) -> Outcome + Sync),
) -> Result<Vec<Outcome>, Fault> {
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<Outcome>>> = tasks.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(tasks.len()) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(task) = tasks.get(number) else { break };
                    let outcome = work(number, task);
                    if let Ok(mut place) = done[number].lock() {
                        *place = Some(outcome);
                    }
                }
            });
        }
    });
    let lost = || Fault::Usage("a search ended in a panic".to_owned());
    done.into_iter().map(|place| place.into_inner().ok().flatten().ok_or_else(lost)).collect()
}

fn ours(
    case: &Case,
    budget: Budget,
    seed: u64,
    checker: Option<&Program>,
    room: &Workroom,
    number: usize,
) -> Outcome {
    let begin = Instant::now();
    let found = solve::search(&case.instance, budget, seed, 1);
    let seconds = begin.elapsed().as_secs_f64();
    let found = match found {
        Ok(found) => found,
        Err(fault) => {
            return Outcome { seed, seconds, faults: vec![fault.to_string()], ..Outcome::default() };
        }
    };
    let said = case.instance.length(&found.plan).unwrap_or(found.cost.travel as f64);
    let text = case.instance.solution(&found.plan, Map::new()).to_string();
    let mut outcome =
        Outcome { seed, seconds, steps: Some(found.steps.iter().sum()), ..judge(case, &text, Some(said)) };
    if let Some(checker) = checker {
        let solution = room.path(number);
        let told = std::fs::write(&solution, text)
            .map_err(|source| Fault::File { path: solution.clone(), source })
            .and_then(|()| checker.run(&case.path, &solution, seed));
        match told {
            Ok(told) if told.success => {}
            Ok(told) => outcome.faults.push(format!("the checker says: {}", told.words())),
            Err(fault) => outcome.faults.push(fault.to_string()),
        }
    }
    outcome
}

fn theirs(case: &Case, program: &Program, seed: u64, room: &Workroom, number: usize) -> Outcome {
    let solution = room.path(number);
    let told = match program.run(&case.path, &solution, seed) {
        Ok(told) => told,
        Err(fault) => return Outcome { seed, faults: vec![fault.to_string()], ..Outcome::default() },
    };
    let line = told.line();
    let seconds = line["wall_s"].as_f64().unwrap_or(told.seconds);
    let said = line["cost"].as_f64();
    let unserved = line["unserved"].as_u64().unwrap_or(0) as usize;
    let mut outcome = match std::fs::read_to_string(&solution) {
        Ok(text) => judge(case, &text, said),
        // Only what was said, then.
        Err(_) => Outcome { cost: said, unserved, ..Outcome::default() },
    };
    if !told.success {
        outcome.faults.push(format!("ended with a failure: {}", told.words()));
    }
    Outcome { seed, seconds, ..outcome }
}

/// Reads a written solution as anybody would, and judges it.
fn judge(case: &Case, text: &str, said: Option<f64>) -> Outcome {
    let instance = &case.instance;
    let plan = match instance.read_solution(text) {
        Ok(plan) => plan,
        Err(fault) => return Outcome { faults: vec![fault.to_string()], ..Outcome::default() },
    };
    let mut outcome = Outcome {
        vehicles: Some(solve::vehicles(&plan)),
        unserved: plan.unserved.len(),
        judged: true,
        ..Outcome::default()
    };
    match plan.judge(&instance.model) {
        Ok(cost) => {
            let cost = instance.length(&plan).unwrap_or(cost.travel as f64);
            outcome.cost = Some(cost);
            if let Some(said) = said.filter(|said| cost > said + 1e-6 * said.abs().max(1.0)) {
                outcome.faults.push(format!("costs {cost}, said to cost {said}"));
            }
        }
        Err(broken) => outcome.faults.extend(broken.iter().map(ToString::to_string)),
    }
    // The text formats know no request left out.
    if instance.length(&plan).is_some() && outcome.unserved > 0 {
        outcome.faults.push(format!("{} requests are not served", outcome.unserved));
    }
    outcome
}

/// One line for who watches.
fn told(outcome: &Outcome) -> String {
    let cost = outcome.cost.map_or_else(|| "no answer".to_owned(), |cost| format!("{cost:.2}"));
    let faults = outcome.faults.first().map(|fault| format!(", but {fault}")).unwrap_or_default();
    format!("{cost}, {} unserved, {:.1} s{faults}", outcome.unserved, outcome.seconds)
}

/// What the seconds were measured on.
fn machine() -> serde_json::Value {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    json!({ "processor": model.map_or("unknown", |(_, name)| name.trim()), "cores": cores })
}
