//! `kuseki bench roads`: what a roads file answers, and in what time.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use roads::{Period, Roads, Standing};
use serde_json::json;
use units::Node;

use crate::fault::Fault;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A roads file, made with `kuseki roads import`.
    file: PathBuf,
    /// Seed of the random places.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Pairs for one to one and for paths.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pairs: u32,
    /// Writes the pairs with what is said of them as CSV, for a comparison with other routers.
    #[arg(long)]
    dump: Option<PathBuf>,
}

/// Live visits of a fleet, as the standing buckets are measured with.
const STANDING: usize = 500;

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let before_mb = resident_mb();
    let begin = Instant::now();
    let roads = Roads::open(&arguments.file)?;
    let load = begin.elapsed();
    let loaded_mb = resident_mb().zip(before_mb).map(|(after, before)| after - before);
    let mut random = ChaCha8Rng::seed_from_u64(arguments.seed);
    let count = roads.node_count() as u32;
    let mut draw = |n: usize| -> Vec<Node> { (0..n).map(|_| Node(random.random_range(0..count))).collect() };
    let pairs = arguments.pairs as usize;
    let (from, to) = (draw(pairs), draw(pairs));
    let one_to_one = median(pairs, |i| roads.travel(from[i], to[i]));
    if let Some(out) = &arguments.dump {
        dump(&roads, &from, &to, out)?;
    }
    let path = median(pairs.min(2_000), |i| roads.path(from[i], to[i]));
    let spots = draw(1_000);
    let small = median(9, |_| roads.many_to_many(&spots[..100], &spots[..100]));
    let large = median(3, |_| roads.many_to_many(&spots, &spots));
    let snap = median(2_000, |i| roads.point(from[i % pairs]).map(|p| roads.snap(p).is_ok()));
    let mut standing = Standing::new(Period::Midday);
    let add = median(STANDING, |i| standing.add(&roads, spots[i]));
    let ask = median(2_000, |i| standing.from(&roads, from[i % pairs]));
    let remove = median(STANDING, |i| standing.remove(i as u32));
    let period = roads.speeds().cloned().map(|speeds| {
        // Another metric over the known order, as if an area gave other speeds.
        let begin = Instant::now();
        let other = Roads::open(&arguments.file).and_then(|r| r.with_speeds(speeds));
        let opened = begin.elapsed();
        let done = other.map(|other| black_box(other.travel(from[0], to[0])));
        done.map(|_| (begin.elapsed() - opened).as_secs_f64())
    });
    let reweigh = period.transpose()?;
    let micros = |d: Duration| d.as_nanos() as f64 / 1_000.0;
    let figures = json!({
        "roads": roads.source().title,
        "junctions": roads.junction_count(),
        "edges": roads.edge_count(),
        "states": roads.state_count(),
        "nodes": roads.node_count(),
        "load_s": load.as_secs_f64(),
        "one_to_one_us": micros(one_to_one),
        "path_us": micros(path),
        "snap_us": micros(snap),
        "table_100_ms": micros(small) / 1_000.0,
        "table_1000_ms": micros(large) / 1_000.0,
        "standing": { "stops": STANDING, "add_us": micros(add), "ask_us": micros(ask), "remove_us": micros(remove) },
        "new_metric_s": reweigh,
        "hierarchies_mb": roads.hierarchy_bytes() as f64 / 1e6,
        // What the roads alone take, and the whole process with the bench's own tables.
        "loaded_mb": loaded_mb,
        "memory_mb": resident_mb(),
        "cores": std::thread::available_parallelism().map_or(1, usize::from),
    });
    println!("{figures}");
    Ok(())
}

fn dump(roads: &Roads, from: &[Node], to: &[Node], out: &Path) -> Result<(), Fault> {
    let mut text = String::from("from_lat,from_lon,to_lat,to_lon,seconds,metres\n");
    for (a, b) in from.iter().zip(to) {
        if let (Some(p), Some(q)) = (roads.point(*a), roads.point(*b)) {
            let travel = roads.travel(*a, *b);
            let (seconds, metres) = (travel.seconds.0, travel.metres.0);
            text.push_str(&format!("{},{},{},{},{seconds},{metres}\n", p.lat(), p.lon(), q.lat(), q.lon()));
        }
    }
    std::fs::write(out, text).map_err(|source| Fault::File { path: out.to_owned(), source })
}

/// The median time of so many calls.
fn median<T>(times: usize, mut call: impl FnMut(usize) -> T) -> Duration {
    let mut all: Vec<Duration> = (0..times)
        .map(|i| {
            let begin = Instant::now();
            black_box(call(i));
            begin.elapsed()
        })
        .collect();
    all.sort_unstable();
    all.get(times / 2).copied().unwrap_or_default()
}

/// Memory of this process as Linux counts it; null elsewhere.
fn resident_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1_000.0)
}
