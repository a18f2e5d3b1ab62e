//! `kuseki bench map`: what the tiles of a map cost in time and bytes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use roads::Roads;
use roads::map::{MAX_ZOOM, TileId};

use crate::fault::Fault;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A roads file, made with `kuseki roads import` or `kuseki roads draw`.
    file: PathBuf,
    /// At most so many tiles per zoom level, evenly chosen.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    tiles: u32,
}

/// One tile that was cut.
struct Cut {
    took: Duration,
    bytes: usize,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let begin = Instant::now();
    let roads = Roads::open(&arguments.file)?;
    println!("opened in {:.0} ms", begin.elapsed().as_secs_f64() * 1e3);
    let begin = Instant::now();
    drop(roads.map().tile(TileId::at(0, roads.bounds().sw)));
    println!(
        "map: {:?}; indexed with the first tile in {:.1} ms",
        roads.map(),
        begin.elapsed().as_secs_f64() * 1e3
    );
    println!(
        "{:>4} {:>7} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "zoom", "tiles", "empty", "mean us", "p99 us", "max us", "mean B", "max B"
    );
    let mut all = Vec::new();
    for zoom in 0..=MAX_ZOOM {
        let cuts = cut_level(&roads, zoom, arguments.tiles as usize);
        line(&format!("{zoom}"), &cuts);
        all.extend(cuts);
    }
    line("all", &all);
    Ok(())
}

fn cut_level(roads: &Roads, zoom: u8, most: usize) -> Vec<Cut> {
    let (sw, ne) = (TileId::at(zoom, roads.bounds().sw), TileId::at(zoom, roads.bounds().ne));
    let count = (sw.y() - ne.y() + 1) as usize * (ne.x() - sw.x() + 1) as usize;
    let ids = (ne.y()..=sw.y()).flat_map(|y| (sw.x()..=ne.x()).filter_map(move |x| TileId::new(zoom, x, y)));
    ids.step_by(count.div_ceil(most))
        .map(|id| {
            let begin = Instant::now();
            let bytes = roads.map().tile(id).len();
            Cut { took: begin.elapsed(), bytes }
        })
        .collect()
}

fn line(what: &str, cuts: &[Cut]) {
    let mut micros: Vec<u128> = cuts.iter().map(|cut| cut.took.as_micros()).collect();
    micros.sort_unstable();
    let drawn = cuts.iter().filter(|cut| cut.bytes > 0).count();
    let mean = micros.iter().sum::<u128>() / micros.len().max(1) as u128;
    let p99 = micros.get(micros.len() * 99 / 100).copied().unwrap_or_default();
    let max = micros.last().copied().unwrap_or_default();
    let bytes = cuts.iter().map(|cut| cut.bytes).sum::<usize>() / drawn.max(1);
    let largest = cuts.iter().map(|cut| cut.bytes).max().unwrap_or_default();
    println!(
        "{what:>4} {:>7} {:>7} {mean:>9} {p99:>9} {max:>9} {bytes:>9} {largest:>9}",
        cuts.len(),
        cuts.len() - drawn
    );
}
