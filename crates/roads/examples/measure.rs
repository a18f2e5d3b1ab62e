//! `cargo run --release -p roads --example measure -- [EXTRACT.osm.pbf | NODES.csv EDGES.csv | FILE.roads | SEED]`: how long
//! things take on this machine. `-- tile EXTRACT COLUMNS ROWS OUT` draws a large extract, `-- import EXTRACT OUT` only imports, `-- open FILE.roads` tells what
//! a process takes that does nothing but load.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use roads::{ImportOptions, Period, Roads, Standing, draw_town, import_osm, import_tables};
use units::Node;

/// The median time of so many calls, which other work on the machine disturbs least.
fn median<T>(times: u32, mut call: impl FnMut(u32) -> T) -> Duration {
    let mut all: Vec<Duration> = (0..times)
        .map(|i| {
            let begin = Instant::now();
            black_box(call(i));
            begin.elapsed()
        })
        .collect();
    all.sort_unstable();
    all[all.len() / 2]
}

/// Memory of this process as Linux counts it; 0 elsewhere.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// What a process takes that does nothing but load, and after routes, tables and a tile's worth of map.
fn open(file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let (before, begin) = (resident_kb(), Instant::now());
    let roads = Roads::open(file)?;
    let took = begin.elapsed();
    let all = resident_kb() - before;
    println!("opened in {took:?}: {all} kB, of which hierarchies {} kB", roads.hierarchy_bytes() / 1_000);
    let n = roads.node_count() as u32;
    let pick = |i: u32| Node(i.wrapping_mul(2_654_435_761) % n);
    for period in Period::ALL {
        for i in 0..1_000 {
            roads.path_during(period, pick(i), pick(i + 7));
        }
    }
    println!("after 1,000 paths in each period: {} kB", resident_kb() - before);
    let nodes: Vec<Node> = (0..1_000).map(pick).collect();
    roads.many_to_many(&nodes, &nodes);
    println!("after a table of 1,000 x 1,000: {} kB", resident_kb() - before);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, extract, columns, rows, out] = arguments.as_slice()
        && word == "tile"
    {
        let made = roads::tile(Path::new(extract), columns.parse()?, rows.parse()?, Path::new(out))?;
        println!("{made:?} nodes and ways");
        return Ok(());
    }
    if let [word, extract, out] = arguments.as_slice()
        && word == "import"
    {
        let begin = Instant::now();
        import_osm(Path::new(extract), &ImportOptions::default(), &mut |_| {})?.0.save(Path::new(out))?;
        println!("imported in {:?}", begin.elapsed());
        return Ok(());
    }
    if let [word, file] = arguments.as_slice()
        && word == "open"
    {
        return open(Path::new(file));
    }
    let what = std::env::args().nth(1).ok_or("usage: measure EXTRACT.osm.pbf or SEED")?;
    let begin = Instant::now();
    let roads = match what.parse::<u64>() {
        Ok(seed) => draw_town(seed)?.roads,
        Err(_) if what.ends_with(".roads") => Roads::open(Path::new(&what))?,
        Err(_) => {
            let mut last = None;
            let mut show = |p: roads::Progress| {
                if last != Some(p.stage) {
                    println!("{:?} at {:?}", p.stage, begin.elapsed());
                    last = Some(p.stage);
                }
            };
            let (roads, report) = match std::env::args().nth(2) {
                Some(edges) => {
                    import_tables(Path::new(&what), Path::new(&edges), &ImportOptions::default(), &mut show)?
                }
                None => import_osm(Path::new(&what), &ImportOptions::default(), &mut show)?,
            };
            println!("{report:#?}");
            roads
        }
    };
    println!("order {:?}; states {}", begin.elapsed(), roads.state_count());
    roads.ready_all();
    println!("{} MB of hierarchies", roads.hierarchy_bytes() / 1_000_000);
    println!("{roads:?}: made in {:?}", begin.elapsed());
    let file = std::env::temp_dir().join(format!("measure-{}.roads", std::process::id()));
    let begin = Instant::now();
    roads.save(&file)?;
    println!("saved in {:?}, {} bytes", begin.elapsed(), std::fs::metadata(&file)?.len());
    let begin = Instant::now();
    let opened = Roads::open(&file)?;
    println!("opened in {:?}", begin.elapsed());
    std::fs::remove_file(&file)?;
    let n = opened.node_count() as u32;
    let pick = |i: u32| Node(i.wrapping_mul(2_654_435_761) % n);
    println!("travel {:?}", median(20_000, |i| opened.travel(pick(i), pick(i + 7))));
    println!("path with shape {:?}", median(2_000, |i| opened.path(pick(i), pick(i + 7))));
    println!("snap {:?}", median(20_000, |i| opened.point(pick(i)).map(|p| opened.snap(p))));
    for size in [100, 500, 1_000] {
        let nodes: Vec<Node> = (0..size).map(pick).collect();
        println!("table {size} x {size} {:?}", median(5, |_| opened.many_to_many(&nodes, &nodes)));
    }
    let nodes: Vec<Node> = (0..500).map(pick).collect();
    println!("one to 500 {:?}", median(200, |i| opened.one_to_many(pick(i), &nodes)));
    let mut standing = Standing::new(Period::Midday);
    println!("standing add {:?}", median(500, |i| standing.add(&opened, pick(i))));
    println!("one to 500 standing {:?}", median(2_000, |i| standing.from(&opened, pick(i + 1_000))));
    println!("standing remove {:?}", median(500, |i| standing.remove(i)));
    Ok(())
}
