//! `cargo run --release -p roads --example measure -- [EXTRACT.osm.pbf | SEED]`: how long things take on this machine.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use roads::{Roads, draw_town, import_osm};
use units::Node;

/// The mean of so many calls.
fn mean<T>(times: u32, call: impl Fn(u32) -> T) -> Duration {
    let begin = Instant::now();
    for i in 0..times {
        black_box(call(i));
    }
    begin.elapsed() / times
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let what = std::env::args().nth(1).ok_or("usage: measure EXTRACT.osm.pbf or SEED")?;
    let begin = Instant::now();
    let roads = match what.parse::<u64>() {
        Ok(seed) => draw_town(seed)?.roads,
        Err(_) => import_osm(Path::new(&what), None, &mut |_| {})?.0,
    };
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
    println!("travel {:?}", mean(20_000, |i| opened.travel(pick(i), pick(i + 7))));
    println!("path with shape {:?}", mean(2_000, |i| opened.path(pick(i), pick(i + 7))));
    println!("snap {:?}", mean(20_000, |i| opened.point(pick(i)).map(|p| opened.snap(p))));
    for size in [100, 500] {
        let nodes: Vec<Node> = (0..size).map(pick).collect();
        println!("table {size} x {size} {:?}", mean(20, |_| opened.many_to_many(&nodes, &nodes)));
    }
    let nodes: Vec<Node> = (0..500).map(pick).collect();
    println!("one to 500 {:?}", mean(200, |i| opened.one_to_many(pick(i), &nodes)));
    Ok(())
}
