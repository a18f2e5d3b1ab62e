//! `kuseki roads learn`: speeds of an area's own fleet.

use std::path::PathBuf;

use roads::{Fix, LEAST_DAYS, Roads};
use units::{Point, Timestamp};

use crate::fault::Fault;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The roads file that the vehicles drove on.
    roads: PathBuf,
    /// Where vehicles were: CSV with the columns vehicle, at (RFC 3339), lat, lon.
    #[arg(long)]
    fixes: PathBuf,
    /// Days that a class of road must have been driven on in a period before its speed is believed; at least 5.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(LEAST_DAYS as u64..=366))]
    days: u64,
    /// Where the speeds are written; printed if left out.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let roads = Roads::open(&arguments.roads)?;
    let fixes = read_fixes(&arguments.fixes)?;
    let drives = roads::drives(&roads, &fixes);
    let Some(speeds) = roads.speeds() else { return Ok(()) };
    let (learned, lessons) = roads::learn(speeds, &drives, arguments.days as usize);
    eprintln!("{} fixes gave {} drives on roads of one class", fixes.len(), drives.len());
    for lesson in &lessons {
        let outcome = match lesson.learned_kmh {
            Some(kmh) => format!("{kmh} km/h, was {}", lesson.before_kmh),
            None => format!(
                "stays {} km/h: needs {} days and {} drives",
                lesson.before_kmh,
                arguments.days,
                roads::LEAST_DRIVES
            ),
        };
        let (period, class) = (lesson.period.as_str(), lesson.class.as_str());
        eprintln!("{period:8} {class:14} {} drives on {} days: {outcome}", lesson.drives, lesson.days);
    }
    match &arguments.out {
        Some(out) => {
            std::fs::write(out, learned.to_toml())
                .map_err(|source| Fault::File { path: out.clone(), source })?;
            println!("written to {}", out.display());
        }
        None => print!("{}", learned.to_toml()),
    }
    Ok(())
}

fn read_fixes(path: &std::path::Path) -> Result<Vec<Fix>, Fault> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Fault::File { path: path.to_owned(), source })?;
    let wrong = |line: usize, what: &str| {
        Fault::Usage(format!("{}, line {line}: {what}; expected vehicle,at,lat,lon", path.display()))
    };
    let mut lines = text.lines().enumerate();
    let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, l)| l.split(',').map(str::trim).collect());
    let column = |name: &str| {
        header
            .iter()
            .position(|h| *h == name)
            .ok_or_else(|| wrong(1, &format!("there is no column `{name}`")))
    };
    let [vehicle, at, lat, lon] = [column("vehicle")?, column("at")?, column("lat")?, column("lon")?];
    let mut fixes = Vec::new();
    for (i, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let cell = |c: usize| cells.get(c).copied().unwrap_or_default();
        let number = |c: usize| {
            cell(c).parse::<f64>().map_err(|_| wrong(i + 1, &format!("`{}` is no number", cell(c))))
        };
        let point = Point::from_degrees(number(lat)?, number(lon)?)
            .ok_or_else(|| wrong(i + 1, "the position is off the earth"))?;
        let at = Timestamp::parse(cell(at)).map_err(|e| wrong(i + 1, &e.to_string()))?;
        fixes.push(Fix { vehicle: cell(vehicle).to_owned(), at, point });
    }
    Ok(fixes)
}
