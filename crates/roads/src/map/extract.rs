//! A map from an OpenStreetMap extract (`.osm.pbf`).
//!
//! The file is read three times: relations, then ways, then points, so that only what the map needs is ever kept.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use osmpbf::{BlobDecode, BlobReader, Element, RelMemberType};
use units::Point;

use super::coast::sea;
use super::kinds::{Geometry, Kind};
use super::layers::{Builder, Frame, Look, MapLayers};
use super::mercator::{World, project};
use super::rings::{group, inner_point, join_rings};
use super::tags::{Shown, Tags, point, shown};
use crate::{Bounds, Fault};

/// What was drawn of an extract, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MapReport {
    pub features: usize,
    /// Ways of multipolygons that do not close, mostly at the edge of an extract.
    pub open_ways: usize,
    /// The rim of the sea has a loose end, so that the sea is drawn as a line only.
    pub sea_left_open: bool,
}

/// Draws everything the map shows of an extract, inside the box if one is given.
///
/// # Errors
/// [`Fault::NotOsm`] for a file that is no OSM PBF or is cut off, [`Fault::Io`] when it cannot be read.
pub(crate) fn extract(
    path: &Path,
    bounds: Option<Bounds>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(MapLayers, MapReport), Fault> {
    let mut sheet = Sheet::default();
    let mut step = 0;
    // Three readings are three thirds of the way.
    let mut read = |each: &mut dyn FnMut(Element), sheet_box: &mut Option<Bounds>| {
        let found = each_element(path, &mut |done, of| progress(step * of + done, 3 * of), each)?;
        *sheet_box = sheet_box.or(found);
        step += 1;
        Ok::<(), Fault>(())
    };
    let mut header = None;
    read(&mut |element| sheet.take_relation(&element), &mut header)?;
    sheet.members.sort_unstable();
    sheet.members.dedup();
    read(&mut |element| sheet.take_way(&element), &mut header)?;
    sheet.ids = sheet.refs.clone();
    sheet.ids.sort_unstable();
    sheet.ids.dedup();
    sheet.places = vec![None; sheet.ids.len()];
    read(&mut |element| sheet.take_point(&element), &mut header)?;
    let frame = bounds.or(header).and_then(|b| Frame::around([project(b.sw), project(b.ne)]));
    Ok(sheet.draw(frame, bounds.is_some()))
}

struct Way {
    id: i64,
    shown: Shown,
    /// Where its points begin and end in the list of all.
    refs: std::ops::Range<usize>,
    member: bool,
}

/// Points of a way that follow each other, and whether the way went on beyond them where the file does not.
#[derive(Debug, Clone, Default)]
struct Stretch {
    line: Vec<World>,
    begin_missing: bool,
    end_missing: bool,
}

impl Stretch {
    /// Where the file leaves out the points beyond its box, the line is led on to the edge when that is near.
    fn led_to_edge(mut self, frame: &Frame) -> Vec<World> {
        if self.begin_missing
            && let Some(edge) = self.line.first().and_then(|p| frame.near_edge(*p))
        {
            self.line.insert(0, edge);
        }
        if self.end_missing
            && let Some(edge) = self.line.last().and_then(|p| frame.near_edge(*p))
        {
            self.line.push(edge);
        }
        self.line
    }
}

struct Relation {
    shown: Shown,
    ways: Vec<i64>,
}

#[derive(Default)]
struct Sheet {
    relations: Vec<Relation>,
    /// Ways that relations need, sorted.
    members: Vec<i64>,
    ways: Vec<Way>,
    refs: Vec<i64>,
    /// Points that ways need, sorted, and where they are.
    ids: Vec<i64>,
    places: Vec<Option<World>>,
    /// The place in `ids` where the last point was found: a file mostly goes upward.
    cursor: usize,
    names: Vec<(Kind, Look, World)>,
    around: Option<Frame>,
}

impl Sheet {
    fn take_relation(&mut self, element: &Element) {
        let Element::Relation(relation) = element else { return };
        let tags = Tags(relation.tags().collect());
        if tags.get("type") != Some("multipolygon") {
            return;
        }
        let shown = shown(&tags, true);
        if shown.is_nothing() {
            return;
        }
        let members = relation.members().filter(|m| m.member_type == RelMemberType::Way);
        let ways: Vec<i64> = members.map(|m| m.member_id).collect();
        self.members.extend_from_slice(&ways);
        self.relations.push(Relation { shown, ways });
    }

    fn take_way(&mut self, element: &Element) {
        let Element::Way(way) = element else { return };
        let shown = shown(&Tags(way.tags().collect()), false);
        let member = self.members.binary_search(&way.id()).is_ok();
        if shown.is_nothing() && !member {
            return;
        }
        let first = self.refs.len();
        self.refs.extend(way.refs());
        if shown.reversed {
            self.refs[first..].reverse();
        }
        self.ways.push(Way { id: way.id(), shown, refs: first..self.refs.len(), member });
    }

    fn take_point(&mut self, element: &Element) {
        match element {
            Element::Node(n) => {
                self.take_point_at(n.id(), n.lat(), n.lon(), || Tags(n.tags().collect()));
            }
            Element::DenseNode(n) => {
                self.take_point_at(n.id(), n.lat(), n.lon(), || Tags(n.tags().collect()));
            }
            Element::Way(_) | Element::Relation(_) => {}
        }
    }

    fn take_point_at<'a>(&mut self, id: i64, lat: f64, lon: f64, tags: impl FnOnce() -> Tags<'a>) {
        let Some(at) = Point::from_degrees(lat, lon).map(project) else { return };
        let frame = Frame { min: at, max: at };
        self.around = Some(self.around.map_or(frame, |f| f.with(&frame)));
        if let Some(i) = self.find(id) {
            self.places[i] = Some(at);
        }
        let tags = tags();
        if let Some((kind, look)) = (!tags.0.is_empty()).then(|| point(&tags)).flatten() {
            self.names.push((kind, look, at));
        }
    }

    fn find(&mut self, id: i64) -> Option<usize> {
        let next = self.ids.get(self.cursor).copied();
        let found = if next == Some(id) { Ok(self.cursor) } else { self.ids.binary_search(&id) };
        self.cursor = found.map_or_else(|i| i, |i| i + 1);
        found.ok()
    }

    /// The points of a way that the file holds, in stretches: points are missing beyond the edge of an extract.
    fn stretches(&self, way: &Way) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        let mut stretch = Stretch::default();
        for id in &self.refs[way.refs.clone()] {
            let at = self.ids.binary_search(id).ok().and_then(|i| self.places[i]);
            match at {
                Some(at) if stretch.line.last() == Some(&at) => {}
                Some(at) => stretch.line.push(at),
                None => {
                    stretch.end_missing = true;
                    stretches.push(std::mem::take(&mut stretch));
                    stretch.begin_missing = true;
                }
            }
        }
        stretches.push(stretch);
        stretches.retain(|s| !s.line.is_empty());
        stretches
    }

    fn draw(self, frame: Option<Frame>, cut: bool) -> (MapLayers, MapReport) {
        let mut drawing = Drawing { builder: Builder::default(), frame: frame.filter(|_| cut) };
        let mut report = MapReport::default();
        let mut coast = Vec::new();
        let mut by_id: Vec<(i64, usize)> = Vec::new();
        for (i, way) in self.ways.iter().enumerate() {
            if way.member {
                by_id.push((way.id, i));
            }
            let stretches = self.stretches(way);
            if way.shown.line == Some(Kind::Coast) {
                coast.extend(stretches.iter().cloned());
            }
            drawing.way(&way.shown, &stretches);
        }
        by_id.sort_unstable();
        for relation in &self.relations {
            let lines = relation.ways.iter().filter_map(|id| {
                let i = by_id.binary_search_by_key(id, |(id, _)| *id).ok()?;
                Some(self.stretches(&self.ways[by_id[i].1]))
            });
            let joined = join_rings(lines.flatten().map(|s| s.line).collect());
            report.open_ways += joined.open;
            drawing.areas(&relation.shown, group(joined.rings));
        }
        if let Some(frame) = frame.or(self.around) {
            let rim: Vec<Vec<World>> = coast.into_iter().map(|stretch| stretch.led_to_edge(&frame)).collect();
            match sea(&rim, &frame) {
                Some(areas) => {
                    for area in areas {
                        drawing.builder.add_area(Kind::Sea, &Look::default(), &area);
                    }
                }
                None => report.sea_left_open = true,
            }
        }
        for (kind, look, at) in &self.names {
            drawing.name(*kind, look, *at);
        }
        let layers = drawing.builder.finish();
        report.features = layers.features.len();
        (layers, report)
    }
}

/// The sheet being drawn; with a frame, only what meets it.
struct Drawing {
    builder: Builder,
    frame: Option<Frame>,
}

impl Drawing {
    fn is_wanted(&self, points: &[World]) -> bool {
        let Some(frame) = &self.frame else { return true };
        Frame::around(points.iter().copied()).is_some_and(|own| own.meets(frame))
    }

    fn way(&mut self, shown: &Shown, stretches: &[Stretch]) {
        if let Some(kind) = shown.line {
            for stretch in stretches.iter().filter(|s| self.is_wanted(&s.line)).collect::<Vec<_>>() {
                self.builder.add_line(kind, &shown.look, &stretch.line);
            }
        }
        // A ring that the extract cut is closed along the cut, as far as its points are known.
        let mut ring: Vec<World> = stretches.iter().flat_map(|s| s.line.iter().copied()).collect();
        if ring.len() > 3 && ring.first() == ring.last() {
            ring.pop();
            self.areas(shown, vec![vec![ring]]);
        }
    }

    fn areas(&mut self, shown: &Shown, areas: Vec<Vec<Vec<World>>>) {
        let mut label = shown.label;
        for area in areas.iter().filter(|area| self.is_wanted(&area[0])).collect::<Vec<_>>() {
            if let Some(kind) = shown.area {
                self.builder.add_area(kind, &shown.look, area);
            }
            if shown.building {
                self.builder.add_area(Kind::Building, &Look::default(), area);
            }
            // A place in several parts is named once.
            if let (Some(kind), Some(at)) = (label, inner_point(area)) {
                self.name(kind, &shown.label_look, at);
                label = None;
            }
        }
    }

    fn name(&mut self, kind: Kind, look: &Look, at: World) {
        debug_assert_eq!(kind.layer().geometry(), Geometry::Point);
        if self.is_wanted(&[at]) {
            self.builder.add_point(kind, look, at);
        }
    }
}

/// Hands over every element in the order of the file; answers with the box that the file says it holds.
fn each_element(
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
    each: &mut dyn FnMut(Element),
) -> Result<Option<Bounds>, Fault> {
    let io = |source| Fault::Io { path: path.to_owned(), doing: "read", source };
    let not_osm = |what: osmpbf::Error| Fault::NotOsm { path: path.to_owned(), what: what.to_string() };
    let file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let mut said = None;
    for blob in BlobReader::new_seekable(BufReader::new(file)).map_err(not_osm)? {
        let blob = blob.map_err(not_osm)?;
        progress(blob.offset().map_or(0, |o| o.0).min(size), size);
        match blob.decode().map_err(not_osm)? {
            BlobDecode::OsmHeader(head) => {
                said = head.bbox().and_then(|b| {
                    let sw = Point::from_degrees(b.bottom, b.left)?;
                    let ne = Point::from_degrees(b.top, b.right)?;
                    (sw.lat_e7() < ne.lat_e7() && sw.lon_e7() < ne.lon_e7()).then_some(Bounds { sw, ne })
                });
            }
            BlobDecode::OsmData(block) => block.for_each_element(&mut *each),
            BlobDecode::Unknown(_) => {}
        }
    }
    progress(size, size);
    Ok(said)
}
