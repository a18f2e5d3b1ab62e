//! `kuseki bench insertion`: what one request costs while a fleet drives.

use std::path::PathBuf;
use std::time::Instant;

use planner::{ALL_COMPATIBLE, Effort, Fleet, Insertion, Located, Model, Plan, Request, insert};
use roads::Roads;
use serde_json::json;

use super::stream::{Draw, Stream};
use crate::fault::Fault;
use crate::stopwatch::core_nanos;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 222)]
    vehicles: u32,
    #[arg(long, default_value_t = 10_000)]
    requests: u32,
    /// Requests a minute, Poisson. Without it as many for each vehicle as 20 a minute for 222.
    #[arg(long)]
    rate: Option<f64>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw the stream on this network instead of a square with straight lines.
    #[arg(long, value_name = "FILE")]
    roads: Option<PathBuf>,
    /// With --roads: so many places are drawn, and a table of all times between them is made beforehand.
    #[arg(long, default_value_t = 1_000)]
    places: u32,
    /// Live the stream through once more, untimed, and compare the answers with a search over all vehicles: every
    /// request up to 500 vehicles, else every hundredth.
    #[arg(long)]
    check: bool,
}

/// Up to so many vehicles every request is compared.
const COMPARE_ALL: u32 = 500;

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let rate = arguments.rate.unwrap_or(f64::from(arguments.vehicles) * 20.0 / 222.0);
    let in_bounds = (1..=1_000_000).contains(&arguments.vehicles)
        && (1..=100_000_000).contains(&arguments.requests)
        && (2..=20_000).contains(&arguments.places)
        && rate.is_finite()
        && rate > 0.0;
    if !in_bounds {
        let right =
            "--vehicles is 1 to 1000000, --requests 1 to 100000000, --rate above 0, --places 2 to 20000";
        return Err(Fault::Usage(right.to_owned()));
    }
    let draw =
        Draw { vehicles: arguments.vehicles, requests: arguments.requests, rate, seed: arguments.seed };
    match &arguments.roads {
        None => {
            let (stream, travel) = Stream::in_square(draw)?;
            measure(arguments, draw, &stream, &travel, "straight lines in a square of 20 km".to_owned())
        }
        Some(file) => {
            let roads = Roads::open(file)?;
            let (stream, travel) = Stream::on_roads(draw, &roads, arguments.places)?;
            let title = &roads.source().title;
            let words = format!("roads of {title}, table over {} drawn places", arguments.places);
            measure(arguments, draw, &stream, &travel, words)
        }
    }
}

fn measure(
    arguments: &Arguments,
    draw: Draw,
    stream: &Stream,
    travel: &impl Located,
    words: String,
) -> Result<(), Fault> {
    let requests = stream.requests(travel);
    let before = resident_bytes();
    let on_core = core_nanos();
    let mut fleet = start(stream, travel)?;
    let mut nanos: Vec<u64> = Vec::with_capacity(requests.len());
    let mut accepted = 0u32;
    for (at, request) in &requests {
        // In the clock: time moves on, the best insertion is found, the plan is kept.
        let begin = Instant::now();
        fleet.advance(*at);
        if let Some(best) = fleet.best(request) {
            fleet.accept(request.clone(), &best).map_err(bug)?;
            accepted += 1;
        }
        nanos.push(begin.elapsed().as_nanos() as u64);
    }
    let worked = core_nanos().zip(on_core).map(|(after, before)| after.saturating_sub(before));
    let grown = resident_bytes().zip(before).map(|(after, before)| after.saturating_sub(before));
    let effort = fleet.effort();
    let counted = fleet.bytes();
    let (model, plan) = fleet.snapshot();
    plan.judge(model).map_err(|broken| Fault::Usage(format!("a route breaks a rule: {broken:?}")))?;
    let compared = if arguments.check { Some(compare(arguments, stream, travel, &requests)?) } else { None };
    nanos.sort_unstable();
    let count = nanos.len();
    let micros = |n: u64| (n as f64 / 10.0).round() / 100.0;
    let share = |k: usize| micros(nanos[(count * k / 1_000).min(count - 1)]);
    let each = |n: u64| (n as f64 * 100.0 / count as f64).round() / 100.0;
    let Effort { slots, weighed, vehicles, tests, .. } = effort;
    let line = json!({
        "bench": "insertion",
        "travel": words,
        "vehicles": draw.vehicles,
        "requests": count,
        "rate_per_minute": draw.rate,
        "seed": draw.seed,
        "mean_us": micros(nanos.iter().sum::<u64>() / count as u64),
        // Without what the machine gave to others meanwhile; setting up the fleet is in it.
        "core_mean_us": worked.map(|nanos| micros(nanos / count as u64)),
        "p50_us": share(500),
        "p99_us": share(990),
        "max_us": micros(nanos[count - 1]),
        "accepted_pct": (f64::from(accepted) * 1_000.0 / count as f64).round() / 10.0,
        "slots_per_request": each(slots),
        "vehicles_weighed_per_request": each(weighed),
        "vehicles_searched_per_request": each(vehicles),
        "slot_pairs_judged_per_request": each(tests),
        "bytes_per_vehicle": counted / draw.vehicles as usize,
        "resident_bytes_grown_per_vehicle": grown.map(|bytes| bytes / u64::from(draw.vehicles)),
        "routes_judged_afresh": draw.vehicles,
        "answers_compared_with_all_vehicles": compared,
    });
    println!("{line}");
    Ok(())
}

fn start<'a, T: Located>(stream: &Stream, travel: &'a T) -> Result<Fleet<&'a T>, Fault> {
    let model = Model::new(stream.vehicles(), Vec::new(), ALL_COMPATIBLE, travel)?;
    let plan = Plan::empty(&model);
    Fleet::new(model, &plan, 0).map_err(bug)
}

/// The same stream again; how many answers were held against the search over all vehicles.
fn compare(
    arguments: &Arguments,
    stream: &Stream,
    travel: &impl Located,
    requests: &[(i64, Request)],
) -> Result<u32, Fault> {
    let mut fleet = start(stream, travel)?;
    let every = if arguments.vehicles <= COMPARE_ALL { 1 } else { 100 };
    let mut compared = 0;
    for (k, (at, request)) in requests.iter().enumerate() {
        fleet.advance(*at);
        let best = fleet.best(request);
        if k % every == every - 1 {
            let (model, plan) = fleet.snapshot();
            let all = insert(model, &plan, request).map_err(bug)?;
            let first: Option<&Insertion> = all.found.first();
            if first != best.as_ref() {
                let words =
                    format!("request {k}: {best:?} instead of {first:?}; this is a bug in the planner");
                return Err(Fault::Usage(words));
            }
            compared += 1;
        }
        if let Some(best) = best {
            fleet.accept(request.clone(), &best).map_err(bug)?;
        }
    }
    Ok(compared)
}

fn bug(fault: impl std::fmt::Display) -> Fault {
    Fault::Usage(format!("the stream cannot be lived through: {fault}"))
}

/// What the process holds in memory; `None` where the system does not tell.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
