//! From an OpenStreetMap extract (`.osm.pbf`) to a network.
//!
//! The file is read twice: ways and relations first, so that only the points they need are kept on the second reading.

mod read;
mod relations;
mod measures;
mod tags;
mod draft;
mod side;
mod scenery;
pub(crate) mod write;
pub(crate) mod tile;

use std::collections::BTreeMap;
use std::path::Path;

use crate::assemble::{Draft, assemble};
use crate::map::MapReport;
use crate::shapes::Scenery;
use crate::speeds::Speeds;
use crate::{Bounds, Fault, Losses, Roads, Source};
use draft::draft;
use read::read_extract;
pub use side::DrivingSide;

/// What must be said wherever such a network is shown (ODbL 1.0, section 4.3).
pub(crate) const OSM_LICENCE: &str = "© OpenStreetMap contributors, ODbL 1.0";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Ways,
    Points,
    Map,
    Network,
    Hierarchy,
    Periods,
}

/// How far an import has come: bytes of the file while reading, otherwise 0 of 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    pub done: u64,
    pub of: u64,
}

/// How an extract is read.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Only what lies in here.
    pub bounds: Option<Bounds>,
    /// As the region drives, where it is not given.
    pub side: Option<DrivingSide>,
    pub speeds: Speeds,
    /// Leaves out roads on which a toll is due.
    pub avoid_tolls: bool,
}

/// What an import took and left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    pub ways_read: u64,
    pub ways_used: u64,
    /// Roads left out, by reason.
    pub ways_left_out: BTreeMap<&'static str, u64>,
    /// Points that a usable way names and the file does not hold (the edge of an extract).
    pub points_missing: u64,
    /// Points of usable ways that the file holds.
    pub points_used: u64,
    /// Points closed by a bollard or the like.
    pub barriers: u64,
    /// Points with traffic lights.
    pub signals: u64,
    /// Ways and restrictions that depend on the hour, taken as if always open.
    pub conditional: u64,
    /// Turn restrictions that do not bind cars.
    pub restrictions_for_others: u64,
    pub drives_left: bool,
    pub nodes: usize,
    pub junctions: usize,
    pub edges: usize,
    pub losses: Losses,
    pub map: MapReport,
}

/// Reads the roads a car may use and prepares them for routing.
///
/// # Errors
/// [`Fault::NotOsm`] for a file that is no OSM PBF or is cut off, [`Fault::NoRoads`] when it holds no usable road,
/// [`Fault::OutsideBox`] when none lies in the box, [`Fault::TooLarge`] beyond what is numbered in 32 bits.
pub fn import_osm(
    path: &Path,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Roads, ImportReport), Fault> {
    let extract = read_extract(path, progress)?;
    let mut report = ImportReport {
        ways_read: extract.ways_read,
        ways_left_out: extract.left_out.clone(),
        conditional: extract.restrictions_conditional,
        restrictions_for_others: extract.restrictions_for_others,
        ..ImportReport::default()
    };
    progress(Progress { stage: Stage::Network, done: 0, of: 1 });
    let draft = draft(&extract, options, &mut report);
    if draft.ways.is_empty() {
        let present = Bounds::around(extract.roads().flat_map(|w| &w.refs).filter_map(|r| extract.point(*r)));
        return Err(match (options.bounds, present) {
            (Some(wanted), Some(present)) => Fault::OutsideBox { path: path.to_owned(), wanted, present },
            _ => Fault::NoRoads { path: path.to_owned(), ways: extract.ways_read },
        });
    }
    let scenery = scenery::scenery(&extract, options.bounds);
    drop(extract);
    let shown = |done, of| progress(Progress { stage: Stage::Map, done, of });
    let (map, map_report) = crate::map::extract(path, options.bounds, &mut { shown })?;
    report.map = map_report;
    let (roads, report) = prepare(path, draft, scenery, options.speeds.clone(), report, progress)?;
    Ok((roads.with_map(map), report))
}

/// From a draft to roads, with what there is to tell.
pub(crate) fn prepare(
    path: &Path,
    draft: Draft,
    scenery: Scenery,
    speeds: Speeds,
    mut report: ImportReport,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Roads, ImportReport), Fault> {
    let no_roads = || Fault::NoRoads { path: path.to_owned(), ways: report.ways_read };
    report.drives_left = draft.drives_left;
    let (network, losses) = assemble(&draft).map_err(|fault| match fault {
        // Roads there are, but none that leads from one place to another and back.
        Fault::Unconnected => no_roads(),
        other => other,
    })?;
    drop(draft);
    report.losses = losses;
    progress(Progress { stage: Stage::Hierarchy, done: 0, of: 1 });
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let title = file.split('.').next().unwrap_or(&file).to_owned();
    let source = Source { title, licence: OSM_LICENCE.to_owned() };
    let roads = Roads::prepare(source, network, speeds, scenery).map_err(|fault| match fault {
        // Motorways only: nowhere to halt.
        Fault::Unconnected => Fault::NoRoads { path: path.to_owned(), ways: report.ways_read },
        other => other,
    })?;
    report.nodes = roads.node_count();
    (report.junctions, report.edges) = (roads.junction_count(), roads.edge_count());
    progress(Progress { stage: Stage::Periods, done: 0, of: 1 });
    Ok((roads, report))
}

/// The look of a road that says so much about itself, or why cars do not use it.
pub(crate) fn way_of_tags(tags: &[(&str, &str)]) -> Result<crate::assemble::WayLook, &'static str> {
    let given = tags.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    match tags::judge(&tags::Tags(given)) {
        tags::Verdict::Taken { use_: tags::Use::Road { look, .. }, .. } => Ok(look),
        tags::Verdict::LeftOut(why) => Err(why),
        _ => Err("not a road for cars"),
    }
}

/// What a point with one tag holds, as bits.
pub(crate) fn posts_of(key: &str, value: &str) -> u8 {
    tags::posts(&tags::Tags(vec![(key, value)]))
}
