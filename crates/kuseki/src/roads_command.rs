//! `kuseki roads`: imports extracts, draws towns, describes files.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use roads::Roads as Network;

use crate::fault::Fault;

#[derive(Debug, Subcommand)]
pub enum Roads {
    /// Makes a roads file from an OpenStreetMap extract, or from a pair of tables.
    Import(ImportArguments),
    /// Draws the town of a seed and writes its roads.
    Draw {
        #[arg(long, default_value_t = 7)]
        seed: u64,
        #[arg(long)]
        out: PathBuf,
    },
    /// Describes a roads file.
    Info { file: PathBuf },
    /// Prints the speeds of a roads file, or gives it others; places keep their meaning.
    Speeds {
        file: PathBuf,
        /// Speeds to take over (TOML; what it does not name stays as assumed).
        #[arg(long, requires = "out")]
        speeds: Option<PathBuf>,
        #[arg(long, requires = "speeds")]
        out: Option<PathBuf>,
    },
    /// Learns speeds from where vehicles were, and prints them as TOML.
    Learn(crate::learn::Arguments),
    /// Lays copies of an extract's roads side by side as one extract: a large one to measure with.
    Tile {
        /// An `.osm.pbf` extract.
        extract: PathBuf,
        /// Copies from west to east and from south to north.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=40))]
        columns: u32,
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=40))]
        rows: u32,
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct ImportArguments {
    /// An `.osm.pbf` extract, or NODES.csv and EDGES.csv (gzip or plain).
    #[arg(required = true, num_args = 1..=2)]
    inputs: Vec<PathBuf>,
    #[arg(long)]
    out: PathBuf,
    /// Only what lies within SOUTH,WEST,NORTH,EAST in degrees.
    #[arg(long, value_name = "S,W,N,E", allow_hyphen_values = true)]
    bbox: Option<String>,
    /// The side of the road one drives on; as the region does if left out.
    #[arg(long)]
    drive_on: Option<Side>,
    /// Speeds by class and hour (TOML); assumed ones if left out. `kuseki roads speeds` prints a whole file.
    #[arg(long)]
    speeds: Option<PathBuf>,
    /// Leaves toll roads out.
    #[arg(long)]
    avoid_tolls: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Side {
    Left,
    Right,
}

pub fn run(command: &Roads) -> Result<(), Fault> {
    match command {
        Roads::Import(arguments) => import(arguments),
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
        Roads::Speeds { file, speeds, out } => {
            let network = Network::open(file)?;
            if let (Some(speeds), Some(out)) = (speeds, out) {
                network.with_speeds(read_speeds(speeds)?)?.save(out)?;
                println!("written to {}", out.display());
            } else if let Some(speeds) = network.speeds() {
                print!("{}", speeds.to_toml());
            }
            Ok(())
        }
        Roads::Learn(arguments) => crate::learn::run(arguments),
        Roads::Tile { extract, columns, rows, out } => {
            let (nodes, ways) = roads::tile(extract, *columns, *rows, out)?;
            println!("written to {}: {nodes} nodes, {ways} ways", out.display());
            Ok(())
        }
    }
}

/// A speeds file as it is given at import or when serving.
pub fn read_speeds(path: &Path) -> Result<roads::Speeds, Fault> {
    let fault = |source| Fault::File { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(fault)?;
    let bad = |what| roads::Fault::BadSpeeds { path: path.to_owned(), what };
    Ok(roads::Speeds::parse(&text).map_err(bad)?)
}

fn import(arguments: &ImportArguments) -> Result<(), Fault> {
    let options = roads::ImportOptions {
        bounds: arguments.bbox.as_deref().map(roads::Bounds::parse).transpose()?,
        side: arguments.drive_on.map(|side| match side {
            Side::Left => roads::DrivingSide::Left,
            Side::Right => roads::DrivingSide::Right,
        }),
        speeds: arguments.speeds.as_deref().map(read_speeds).transpose()?.unwrap_or_default(),
        avoid_tolls: arguments.avoid_tolls,
    };
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template("{msg:10} {wide_bar} {percent} %") {
        bar.set_style(style);
    }
    let mut show = |progress: roads::Progress| {
        bar.set_message(format!("{:?}", progress.stage));
        bar.set_length(progress.of.max(1));
        bar.set_position(progress.done);
    };
    let begin = Instant::now();
    let (network, report) = match arguments.inputs.as_slice() {
        [extract] => roads::import_osm(extract, &options, &mut show)?,
        [nodes, edges] => roads::import_tables(nodes, edges, &options, &mut show)?,
        _ => return Err(Fault::Usage("give one extract, or a table of nodes and one of edges".to_owned())),
    };
    network.save(&arguments.out)?;
    bar.finish_and_clear();
    tell(&report);
    describe(&network);
    println!("written to {} in {:.1} s", arguments.out.display(), begin.elapsed().as_secs_f64());
    Ok(())
}

/// What was taken and what was dropped, with the reasons.
fn tell(report: &roads::ImportReport) {
    println!("ways         {} read, {} used as roads", report.ways_read, report.ways_used);
    for (reason, count) in &report.ways_left_out {
        println!("  left out   {count} ({reason})");
    }
    let side = if report.drives_left { "left" } else { "right" };
    println!("driving      on the {side}; --drive-on says otherwise");
    println!("barriers     {} points closed to cars; {} traffic signals", report.barriers, report.signals);
    let losses = &report.losses;
    println!(
        "turns        {} restrictions applied, {} not placed, {} for others than cars; {} rules by the hour not applied",
        losses.restrictions,
        losses.restrictions_unresolved,
        report.restrictions_for_others,
        report.conditional
    );
    println!("dropped      {:.1} % of the length of usable roads", losses.share() * 100.0);
    for (cause, dropped) in [
        ("no road leads there", losses.islands),
        ("one-way roads lead in and not out, or out and not in", losses.traps),
        ("forbidden turns shut it off", losses.shut_off),
    ] {
        if dropped.edges > 0 {
            println!("  {:>9.1} km in {} stretches: {cause}", dropped.metres as f64 / 1_000.0, dropped.edges);
        }
    }
    if losses.one_direction > 0 {
        println!("  one-way    {} stretches kept in one direction only", losses.one_direction);
    }
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
    println!("junctions    {}", network.junction_count());
    println!("edges        {}", network.edge_count());
    println!("nodes        {} (positions to halt at)", network.node_count());
    println!("bans         {} forbidden sequences of roads", network.ban_count());
    println!("length       {:.1} km", network.road_metres().0 as f64 / 1_000.0);
    println!("bounds       {} to {} (lat,lon)", bounds.sw, bounds.ne);
    println!("fingerprint  {}", network.fingerprint());
}
