//! A fictional provincial town of about 10 x 8 km, drawn from a seed: the stage of the demo and of the scenarios.
//!
//! `land` (water, railway, main roads, districts) -> `streets` -> `traffic` (collectors, one-ways, lights) -> `plots`
//! and `scenery`. Every step draws from a random stream of its own.

mod plane;
mod names;
mod land;
mod streets;
mod traffic;
mod plots;
mod scenery;

use units::Point;

use crate::assemble::assemble;
use crate::speeds::Speeds;
use crate::{Fault, Roads, Source};
use land::Land;
use plane::to_point;
use plots::Planner;
use streets::Streets;

/// A drawn town: its roads, and where people may live, shop and be cared for.
#[derive(Debug)]
pub struct Town {
    pub name: String,
    pub furigana: String,
    pub roads: Roads,
    pub districts: Vec<District>,
    pub plots: Vec<Plot>,
    /// Where roads cross the rivers.
    pub bridges: Vec<Point>,
    pub station: Point,
}

/// What a district is like to live in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// The old town: dense, narrow, one-way streets.
    Centre,
    /// Newer housing.
    Suburb,
    /// Farms among paddies.
    Village,
    /// Winding roads on a slope.
    Hillside,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct District {
    pub name: String,
    pub furigana: String,
    pub centre: Point,
    pub setting: Setting,
}

/// What a plot of land suits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlotKind {
    House,
    Shop,
    /// A shop on the main street of the old town.
    HighStreet,
    Clinic,
    Hospital,
    TownHall,
    Station,
    /// Site of a day-service facility.
    Facility,
    /// A community hall or a public bath.
    Hall,
}

/// A plot beside a road of the network (see [`Roads::snap`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plot {
    pub kind: PlotKind,
    /// Index into [`Town::districts`].
    pub district: usize,
    pub point: Point,
}

/// Draws the town of a seed: the same seed gives the same town, byte by byte.
///
/// # Errors
/// [`Fault::Unconnected`] is possible in principle only: main roads hang together in every drawing.
pub fn draw_town(seed: u64) -> Result<Town, Fault> {
    let land = Land::new(seed);
    let mut streets = Streets::new(&land, seed);
    traffic::raise_collectors(&land, &mut streets);
    traffic::set_oneways(&land, &mut streets, seed);
    streets.keep_connected();
    let mut planner = Planner::new(&land, &streets, seed);
    let town_hall = planner.lay();
    let plots = planner.plots;
    let (network, _) = assemble(&traffic::draft(&land, &streets))?;
    let source = Source { title: names::TOWN.0.to_owned(), licence: DRAWN.to_owned() };
    let roads = Roads::prepare(source, network, Speeds::default(), scenery::scenery(&land, town_hall))?;
    let districts = land
        .patches
        .iter()
        .map(|p| District {
            name: p.name.to_owned(),
            furigana: p.furigana.to_owned(),
            centre: to_point(p.centre),
            setting: p.setting,
        })
        .collect();
    Ok(Town {
        name: names::TOWN.0.to_owned(),
        furigana: names::TOWN.1.to_owned(),
        roads,
        districts,
        plots,
        bridges: streets.bridges().into_iter().map(to_point).collect(),
        station: to_point(land.station),
    })
}

const DRAWN: &str = "架空の町 / a fictional town, drawn by kuseki; free of rights";
