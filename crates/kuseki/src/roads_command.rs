//! `kuseki roads`: imports extracts, draws towns, describes files.

use std::path::PathBuf;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use roads::Roads as Network;

use crate::fault::Fault;

#[derive(Debug, Subcommand)]
pub enum Roads {
    /// Makes a roads file from an OpenStreetMap extract.
    Import {
        /// An `.osm.pbf` extract.
        extract: PathBuf,
        #[arg(long)]
        out: PathBuf,
        /// Only what lies within SOUTH,WEST,NORTH,EAST in degrees.
        #[arg(long, value_name = "S,W,N,E", allow_hyphen_values = true)]
        bbox: Option<String>,
    },
    /// Draws the town of a seed and writes its roads.
    Draw {
        #[arg(long, default_value_t = 7)]
        seed: u64,
        #[arg(long)]
        out: PathBuf,
    },
    /// Describes a roads file.
    Info { file: PathBuf },
}

pub fn run(command: &Roads) -> Result<(), Fault> {
    match command {
        Roads::Import { extract, out, bbox } => {
            let bar = ProgressBar::new(1);
            if let Ok(style) = ProgressStyle::with_template("{msg:10} {wide_bar} {percent} %") {
                bar.set_style(style);
            }
            let mut show = |progress: roads::Progress| {
                bar.set_message(format!("{:?}", progress.stage));
                bar.set_length(progress.of.max(1));
                bar.set_position(progress.done);
            };
            let bbox = bbox.as_deref().map(roads::Bounds::parse).transpose()?;
            let (network, report) = roads::import_osm(extract, bbox, &mut show)?;
            bar.finish_and_clear();
            network.save(out)?;
            tell(&report);
            describe(&network);
            println!("written to {}", out.display());
            Ok(())
        }
        Roads::Draw { seed, out } => {
            let town = roads::draw_town(*seed)?;
            town.roads.save(out)?;
            println!("{} ({})", town.name, town.furigana);
            describe(&town.roads);
            println!("written to {}", out.display());
            Ok(())
        }
        Roads::Info { file } => {
            describe(&Network::open(file)?);
            Ok(())
        }
    }
}

/// What was taken and what was dropped, with the reasons.
fn tell(report: &roads::ImportReport) {
    println!("ways         {} read, {} used as roads", report.ways_read, report.ways_used);
    for (reason, count) in &report.ways_left_out {
        println!("  left out   {count} ({reason})");
    }
    println!("barriers     {} points closed to cars; {} traffic signals", report.barriers, report.signals);
    println!(
        "dropped      {:.1} % of points: not connected both ways with the rest",
        report.unconnected_share() * 100.0
    );
    println!("map          {} features drawn", report.map.features);
    if report.map.open_ways > 0 {
        println!("  open       {} ways of areas that do not close inside the extract", report.map.open_ways);
    }
    if report.map.sea_left_open {
        println!("  sea        drawn as a shore only: its rim has a loose end inside the extract");
    }
    if report.points_missing > 0 {
        println!(
            "missing      {} points that ways name but the extract does not hold",
            report.points_missing
        );
    }
}

fn describe(network: &Network) {
    let bounds = network.bounds();
    println!("title        {}", network.source().title);
    println!("licence      {}", network.source().licence);
    println!("nodes        {}", network.node_count());
    println!("edges        {}", network.edge_count());
    println!("length       {:.1} km", network.road_metres().0 as f64 / 1_000.0);
    println!("bounds       {} to {} (lat,lon)", bounds.sw, bounds.ne);
    println!("fingerprint  {}", network.fingerprint());
}
