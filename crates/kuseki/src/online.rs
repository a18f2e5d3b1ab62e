//! `kuseki solve --online`: the instance's requests become known over the day and are answered at once, against plain
//! insertion and against a plan that knew everything.

use std::time::Instant;

use planner::online::audit::audit;
use planner::online::day::{AheadOf, Announcing, Effort, Outcome, run};
use planner::online::{Options, Waiting};
use planner::{ALL_COMPATIBLE, Improver, Instance, Model, Plan, Travel, Visit};
use serde_json::{Map, Value, json};

use crate::fault::Fault;

#[derive(Debug, clap::Args)]
#[group(id = "online-day")] // Flattened into the arguments of `solve`, whose group has the usual name.
pub struct Arguments {
    /// Requests become known over the day and are answered at once; compares with plain insertion and with a plan
    /// that knew everything (--seconds or --steps of search each).
    #[arg(long)]
    online: bool,
    /// Steps of improvement after each answer.
    #[arg(long, default_value_t = 2_000, requires = "online")]
    improve_steps: u64,
    /// Steps of search for a request that no insertion serves, before it is refused.
    #[arg(long, default_value_t = 400, requires = "online")]
    repair_steps: u64,
    /// Steps of search before the day begins, on what is known by then.
    #[arg(long, default_value_t = 20_000, requires = "online")]
    before_steps: u64,
    /// When a vehicle leaves: `drive-first`, or 0 to 100: by so many hundredths of what the plan bears later than it
    /// could without delaying anybody.
    #[arg(long, default_value = "0", value_parser = waiting, requires = "online")]
    wait: Waiting,
    /// How many minutes ahead a request is announced, as `60` or `30-120` (drawn); a file that says when each becomes
    /// known is followed unless this is given.
    #[arg(long, value_parser = minutes, requires = "online")]
    ahead: Option<(i64, i64)>,
    /// From what the announcement is counted back: the latest pickup that still reaches the drop-off in time, or the
    /// open of the pickup window.
    #[arg(long, value_enum, default_value_t = Of::LatestPickup, requires = "online")]
    ahead_of: Of,
    /// Share of the requests that is known before the day begins, 0 to 1 (drawn).
    #[arg(long, value_parser = share, requires = "online")]
    static_share: Option<u32>,
    /// Leave out the comparison with a plan that knew everything.
    #[arg(long, requires = "online")]
    no_clairvoyant: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Of {
    LatestPickup,
    PickupOpen,
}

/// Steps between two looks at the clock.
const STRIDE: u64 = 20;

/// Minutes ahead where neither the file nor the caller says (Berbeglia, Cordeau & Laporte 2012).
const AHEAD: i64 = 60;

fn waiting(text: &str) -> Result<Waiting, String> {
    let wrong = || "`drive-first`, or hundredths from 0 to 100".to_owned();
    if text == "drive-first" {
        return Ok(Waiting::DriveFirst);
    }
    text.parse().ok().filter(|n| *n <= 100).map(Waiting::Share).ok_or_else(wrong)
}

fn minutes(text: &str) -> Result<(i64, i64), String> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    match (least.parse::<u16>(), most.parse::<u16>()) {
        (Ok(least), Ok(most)) if least <= most => Ok((least.into(), most.into())),
        _ => Err("minutes as `60`, or from the least to the most as `30-120`".to_owned()),
    }
}

fn share(text: &str) -> Result<u32, String> {
    let share = text.parse::<f64>().ok().filter(|s| (0.0..=1.0).contains(s));
    share.map(|s| (s * 1_000.0).round() as u32).ok_or_else(|| "a share from 0 to 1".to_owned())
}

/// How hard the comparison searches.
pub struct Budget {
    pub seconds: f64,
    pub steps: Option<u64>,
    pub seed: u64,
}

impl Arguments {
    pub fn is_on(&self) -> bool {
        self.online
    }

    fn arrivals(&self, instance: &Instance, text: &str, seed: u64) -> Result<(Vec<i64>, String), Fault> {
        let told = Instance::arrivals(text)?;
        if let (Some(told), None, None) = (told, self.ahead, self.static_share) {
            return Ok((told, "as the file says".to_owned()));
        }
        let (least, most) = self.ahead.unwrap_or((AHEAD, AHEAD));
        let (of, name) = match self.ahead_of {
            Of::LatestPickup => (AheadOf::LatestPickup, "latest pickup"),
            Of::PickupOpen => (AheadOf::PickupOpen, "open of the pickup window"),
        };
        let known_permille = self.static_share.unwrap_or(0);
        let announcing = Announcing {
            of,
            least: least * instance.minute(),
            most: most * instance.minute(),
            known_permille,
            unit: instance.announcing_unit(),
            seed,
        };
        let rule = format!(
            "{least}-{most} min ahead of the {name}, {:.1} % known before",
            f64::from(known_permille) / 10.0
        );
        Ok((announcing.arrivals(&instance.model), rule))
    }
}

/// One line of JSON on what came of the day, and the solution with the times driven.
pub fn solve(
    arguments: &Arguments,
    instance: &Instance,
    text: &str,
    budget: &Budget,
) -> Result<(Value, Value), Fault> {
    let (arrivals, rule) = arguments.arrivals(instance, text, budget.seed)?;
    let plain = Options { repair_steps: 0, waiting: Waiting::Share(0), seed: budget.seed };
    let options =
        Options { repair_steps: arguments.repair_steps, waiting: arguments.wait, seed: budget.seed };
    let effort = Effort { each: arguments.improve_steps, before: arguments.before_steps };
    let (online, took) = day(instance, &arrivals, &options, effort)?;
    let (inserted, _) = day(instance, &arrivals, &plain, Effort::default())?;
    let count = arrivals.len();
    let broken = |o: &Outcome| audit(&instance.model, &o.logs, &o.plan.unserved, &arrivals);
    for breach in broken(&online) {
        eprintln!("kuseki: vehicle {} request {:?}: {}", breach.vehicle, breach.request, breach.what);
    }
    let cost = |plan: &Plan, cost: i64| instance.length(plan).unwrap_or(cost as f64);
    let report = |o: &Outcome| -> Result<Map<String, Value>, Fault> {
        let mut row = Map::new();
        let driving = cost(&o.plan, o.cost);
        row.insert("served".into(), json!(count - o.plan.unserved.len()));
        row.insert("refused".into(), json!(o.plan.unserved.len()));
        row.insert("driving".into(), json!(driving));
        row.insert("broken_promises".into(), json!(broken(o).len()));
        if !arguments.no_clairvoyant {
            let knew = clairvoyant(instance, &o.plan, budget)?;
            let same = cost(&knew, knew.judge(&instance.model).map_or(0, |c| c.travel));
            row.insert("clairvoyant_driving".into(), json!(same));
            row.insert(
                "gap_percent".into(),
                json!(round(100.0 * (driving / same.max(f64::MIN_POSITIVE) - 1.0))),
            );
        }
        Ok(row)
    };
    let mut line = Map::new();
    line.insert("name".into(), json!(instance.name));
    line.insert("requests".into(), json!(count));
    line.insert("announced".into(), json!(rule));
    line.extend(report(&online)?);
    line.insert("steps".into(), json!(online.steps));
    line.insert("plain_insertion".into(), Value::Object(report(&inserted)?));
    if !arguments.no_clairvoyant {
        let all = search(&instance.model, budget)?;
        line.insert("clairvoyant_served".into(), json!(count - all.unserved.len()));
    }
    eprintln!("answers: {}", spread(took));
    Ok((Value::Object(line.clone()), instance.solution(&online.plan, driven(&online, line))))
}

fn day(
    instance: &Instance,
    arrivals: &[i64],
    options: &Options,
    effort: Effort,
) -> Result<(Outcome, Vec<u64>), Fault> {
    let begin = Instant::now();
    let mut stopwatch = || begin.elapsed().as_nanos() as u64;
    let mut took = Vec::new();
    let outcome = run(&instance.model, arrivals, options, effort, (&mut stopwatch, &mut took))?;
    Ok((outcome, took))
}

/// The same served set with everything known from the begin: the plan of a search from nothing, or what was driven if
/// that is better still.
fn clairvoyant(instance: &Instance, driven: &Plan, budget: &Budget) -> Result<Plan, Fault> {
    let model = &instance.model;
    let names: Vec<u32> =
        (0..model.requests().len() as u32).filter(|r| !driven.unserved.contains(r)).collect();
    let requests = names.iter().map(|r| model.requests()[*r as usize].clone()).collect();
    let part = Model::new(model.vehicles().to_vec(), requests, ALL_COMPATIBLE, model.travel())?;
    let found = search(&part, budget)?;
    let name = |visit: &Visit| match *visit {
        Visit::Pickup(k) => Visit::Pickup(names[k as usize]),
        Visit::Dropoff(k) => Visit::Dropoff(names[k as usize]),
    };
    let routes = found.routes.iter().map(|visits| visits.iter().map(name).collect()).collect();
    let plan = Plan { routes, unserved: driven.unserved.clone() };
    let cost = |plan: &Plan| plan.judge(model).map_or(i64::MAX, |cost| cost.travel);
    Ok(if found.unserved.is_empty() && cost(&plan) <= cost(driven) { plan } else { driven.clone() })
}

fn search<T: Travel>(model: &Model<T>, budget: &Budget) -> Result<Plan, Fault> {
    let broken = |broken: Vec<planner::Broken>| {
        Fault::Usage(format!("the instance cannot be started from: {broken:?}"))
    };
    let mut improver = Improver::new(model, &Plan::empty(model), budget.seed).map_err(broken)?;
    if let Some(steps) = budget.steps {
        improver.expect(steps);
        improver.run(steps);
        return Ok(improver.best().clone());
    }
    let begin = Instant::now();
    loop {
        let done = begin.elapsed().as_secs_f64() / budget.seconds.max(1e-9);
        if done >= 1.0 {
            return Ok(improver.best().clone());
        }
        improver.tell_progress((done * 1e6) as i64);
        improver.run(STRIDE);
    }
}

/// The times driven, per vehicle: when it left for each visit and when service began, in ticks.
fn driven(outcome: &Outcome, mut line: Map<String, Value>) -> Map<String, Value> {
    let logs: Vec<Value> = outcome
        .logs
        .iter()
        .map(|log| {
            let visits: Vec<[i64; 2]> = log.visits.iter().map(|d| [d.left, d.begin]).collect();
            json!({ "left_and_begun": visits, "back": log.back })
        })
        .collect();
    line.insert("driven".into(), json!(logs));
    line
}

fn round(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

/// Answer times differ from run to run, so they are told beside the line.
fn spread(mut nanos: Vec<u64>) -> String {
    nanos.sort_unstable();
    let mean = nanos.iter().sum::<u64>() / (nanos.len() as u64).max(1);
    let late = nanos.get(nanos.len() * 99 / 100).or(nanos.last()).copied().unwrap_or(0);
    format!("mean {} us, 99 of 100 within {} us", mean / 1_000, late / 1_000)
}
