//! From an OpenStreetMap extract (`.osm.pbf`) to a network.
//!
//! The file is read twice: ways first, so that only the points they need are kept on the second reading.

mod read;
mod tags;

use std::collections::BTreeMap;
use std::path::Path;

use units::Point;

use crate::assemble::{Draft, DraftWay, assemble};
use crate::map::MapReport;
use crate::shapes::{AreaShape, RiverShape, Scenery};
use crate::{Bounds, Fault, Losses, Roads, Source};
use read::{Extract, RawWay, read_extract};
use tags::Use;

/// What must be said wherever such a network is shown (ODbL 1.0, section 4.3).
const OSM_LICENCE: &str = "© OpenStreetMap contributors, ODbL 1.0";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Ways,
    Points,
    Map,
    Network,
    Hierarchy,
}

/// How far an import has come: bytes of the file while reading, otherwise 0 of 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    pub done: u64,
    pub of: u64,
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
    /// Points closed by a bollard or the like.
    pub barriers: u64,
    pub signals: u64,
    pub nodes: usize,
    pub edges: usize,
    pub losses: Losses,
    pub map: MapReport,
}

impl ImportReport {
    /// Share of the usable roads' points that did not belong to the largest connected part.
    pub fn unconnected_share(&self) -> f64 {
        self.losses.unconnected as f64 / (self.losses.points as f64).max(1.0)
    }
}

/// Reads the roads a car may use, inside the box if one is given, and prepares them for routing.
///
/// # Errors
/// [`Fault::NotOsm`] for a file that is no OSM PBF or is cut off, [`Fault::NoRoads`] when it holds no usable road,
/// [`Fault::OutsideBox`] when none lies in the box.
pub fn import_osm(
    path: &Path,
    bounds: Option<Bounds>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Roads, ImportReport), Fault> {
    let extract = read_extract(path, progress)?;
    let mut report = ImportReport {
        ways_read: extract.ways_read,
        ways_left_out: extract.left_out.clone(),
        ..ImportReport::default()
    };
    progress(Progress { stage: Stage::Network, done: 0, of: 1 });
    let draft = draft(&extract, bounds, &mut report);
    if draft.ways.is_empty() {
        let present = Bounds::around(
            extract.roads().flat_map(|(way, _)| way.refs.iter()).filter_map(|r| extract.point(*r)),
        );
        return Err(match (bounds, present) {
            (Some(wanted), Some(present)) => Fault::OutsideBox { path: path.to_owned(), wanted, present },
            _ => Fault::NoRoads { path: path.to_owned(), ways: extract.ways_read },
        });
    }
    let scenery = scenery(&extract, bounds);
    drop(extract);
    let (network, losses) = assemble(&draft).map_err(|fault| match fault {
        // Roads there are, but none that leads from one place to another and back.
        Fault::Unconnected => Fault::NoRoads { path: path.to_owned(), ways: report.ways_read },
        other => other,
    })?;
    drop(draft);
    let shown = |done, of| progress(Progress { stage: Stage::Map, done, of });
    let (map, map_report) = crate::map::extract(path, bounds, &mut { shown })?;
    report.map = map_report;
    (report.nodes, report.edges, report.losses) = (network.points.len(), network.edges.len(), losses);
    progress(Progress { stage: Stage::Hierarchy, done: 0, of: 1 });
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let title = file.split('.').next().unwrap_or(&file).to_owned();
    let roads = Roads::prepare(Source { title, licence: OSM_LICENCE.to_owned() }, network, scenery)?;
    Ok((roads.with_map(map), report))
}

/// Usable ways over dense points. A closed point gets a copy per way, so that nothing leads through it.
fn draft(extract: &Extract, bounds: Option<Bounds>, report: &mut ImportReport) -> Draft {
    let mut draft = Draft::default();
    let mut dense = vec![u32::MAX; extract.points.len()];
    let mut closed_seen = vec![false; extract.points.len()];
    for (way, look) in extract.roads() {
        let mut used = false;
        let mut run: Vec<u32> = Vec::new();
        let mut finish = |run: &mut Vec<u32>, ways: &mut Vec<DraftWay>| {
            if run.len() > 1 {
                ways.push(DraftWay { nodes: std::mem::take(run), look: look.clone() });
                used = true;
            }
            run.clear();
        };
        for raw in &way.refs {
            let i = *raw as usize;
            let Some(point) = extract.point(*raw) else {
                report.points_missing += 1;
                finish(&mut run, &mut draft.ways);
                continue;
            };
            if bounds.is_some_and(|b| !b.contains(point)) {
                finish(&mut run, &mut draft.ways);
                continue;
            }
            let closed = extract.closed[i];
            if closed || dense[i] == u32::MAX {
                dense[i] = draft.points.len() as u32;
                draft.points.push(point);
                draft.signals.push(extract.signals[i]);
                report.signals += u64::from(extract.signals[i]);
            }
            run.push(dense[i]);
            if closed {
                report.barriers += u64::from(!std::mem::replace(&mut closed_seen[i], true));
                finish(&mut run, &mut draft.ways);
                // Beyond the barrier the way goes on from a copy of the point.
                let copy = draft.points.len() as u32;
                draft.points.push(point);
                draft.signals.push(false);
                run.push(copy);
            }
        }
        finish(&mut run, &mut draft.ways);
        report.ways_used += u64::from(used);
    }
    draft
}

fn scenery(extract: &Extract, bounds: Option<Bounds>) -> Scenery {
    let mut scenery = Scenery { labels: extract.labels.clone(), ..Scenery::default() };
    let inside = |p: &Point| bounds.is_none_or(|b| b.contains(*p));
    scenery.labels.retain(|label| inside(&label.point));
    let line = |way: &RawWay| way.refs.iter().filter_map(|r| extract.point(*r)).collect::<Vec<Point>>();
    for way in &extract.ways {
        let mut points = line(way);
        if points.len() < 2 || !points.iter().any(inside) {
            continue;
        }
        match &way.use_ {
            Use::Road(_) => {}
            Use::Railway => scenery.railways.push(points),
            Use::River { name, width_metres } => {
                scenery.rivers.push(RiverShape {
                    name: name.clone(),
                    width_metres: *width_metres,
                    line: points,
                });
            }
            Use::Area(kind) => {
                let ring = points.first() == points.last() && points.len() > 3;
                if ring {
                    points.pop();
                    scenery.areas.push(AreaShape { kind: *kind, ring: points });
                }
            }
        }
    }
    scenery.areas.sort_by_key(|area| area.kind);
    scenery
}
