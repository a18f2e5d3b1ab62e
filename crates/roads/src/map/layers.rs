//! Everything a map can show of an area, ready to be cut into tiles.

use std::ops::Range;
use std::sync::OnceLock;

use geo_index::rtree::sort::HilbertSort;
use geo_index::rtree::{RTree, RTreeBuilder, RTreeIndex};
use rustc_hash::FxHashMap;

use super::kinds::{Geometry, Kind};
use super::mercator::{PIXEL_BITS, World, steps_of};
use super::{MAX_ZOOM, bytes};

pub(super) const ONEWAY: u8 = 1;
pub(super) const BRIDGE: u8 = 2;
pub(super) const TUNNEL: u8 = 4;
pub(super) const RAMP: u8 = 8;

/// A thing on the map. Lines have one part; areas have their outer ring and then its holes, each without a repeated end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Feature {
    pub kind: Kind,
    pub flags: u8,
    /// First zoom level that shows it: that of its kind, or later where it is too small to be seen.
    pub zoom: u8,
    pub name: u32,
    /// A road's number, or how a place's name is read.
    pub more: u32,
    /// Breadth of a waterway in metres.
    pub width: u32,
    pub parts: Range<u32>,
}

/// A box of the world; both corners belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub min: World,
    pub max: World,
}

impl Frame {
    pub fn around(points: impl IntoIterator<Item = World>) -> Option<Frame> {
        points.into_iter().fold(None, |grown: Option<Frame>, p| {
            let own = Frame { min: p, max: p };
            Some(grown.map_or(own, |f| f.with(&own)))
        })
    }

    pub fn with(&self, other: &Frame) -> Frame {
        Frame {
            min: [self.min[0].min(other.min[0]), self.min[1].min(other.min[1])],
            max: [self.max[0].max(other.max[0]), self.max[1].max(other.max[1])],
        }
    }

    pub fn meets(&self, other: &Frame) -> bool {
        (0..2).all(|i| self.min[i] <= other.max[i] && other.min[i] <= self.max[i])
    }

    /// The nearest place on the edge for a point inside, if it is near in comparison with the whole.
    pub fn near_edge(&self, p: World) -> Option<World> {
        let inside = (0..2).all(|i| self.min[i] <= p[i] && p[i] <= self.max[i]);
        let edges = [(0, self.min[0]), (0, self.max[0]), (1, self.min[1]), (1, self.max[1])];
        let (axis, edge) = edges.into_iter().min_by_key(|(axis, edge)| p[*axis].abs_diff(*edge))?;
        let mut there = p;
        there[axis] = edge;
        (inside && p[axis].abs_diff(edge) <= self.reach() / 8).then_some(there)
    }

    pub fn reach(&self) -> u32 {
        (self.max[0] - self.min[0]).max(self.max[1] - self.min[1])
    }
}

/// The last zoom level of each band. Features are kept by the band in which they first show, each with an index of its own,
/// so that a tile of a whole region never looks at houses.
const BANDS: [u8; 5] = [8, 11, 13, 14, MAX_ZOOM];

pub(super) fn band_of(feature: &Feature) -> usize {
    band(feature.zoom)
}

fn band(zoom: u8) -> usize {
    BANDS.iter().position(|last| zoom <= *last).unwrap_or(BANDS.len() - 1)
}

/// A map of an area: roads, railways, water, land, buildings, names. Nothing here takes part in routing.
///
/// It is made by an import or from what a network can show of itself, kept in the roads file, and cut into vector tiles
/// by [`MapLayers::tile`].
#[derive(Default)]
pub struct MapLayers {
    /// Names, each once; the first is empty.
    pub(super) texts: Vec<String>,
    /// By band.
    pub(super) features: Vec<Feature>,
    /// Where each part ends in `points`.
    pub(super) ends: Vec<u32>,
    pub(super) points: Vec<World>,
    pub(super) checksum: OnceLock<u32>,
    pub(super) indices: OnceLock<Vec<Option<Indexed>>>,
}

/// The features of one band: the first one's number, and their boxes.
pub(super) struct Indexed {
    first: u32,
    tree: RTree<u32>,
}

impl std::fmt::Debug for MapLayers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MapLayers({} features, {} points)", self.features.len(), self.points.len())
    }
}

impl PartialEq for MapLayers {
    fn eq(&self, other: &Self) -> bool {
        (&self.texts, &self.features, &self.ends, &self.points)
            == (&other.texts, &other.features, &other.ends, &other.points)
    }
}

impl MapLayers {
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// How many features of each kind there are, in the order of drawing; kinds without any are left out.
    pub fn counts(&self) -> Vec<(Kind, usize)> {
        Kind::all()
            .map(|kind| (kind, self.features.iter().filter(|f| f.kind == kind).count()))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// Checksum of all that is shown, eight hexadecimal digits: equal for equal maps.
    pub fn version(&self) -> String {
        format!("{:08x}", self.checksum.get_or_init(|| crc32fast::hash(&self.to_bytes())))
    }

    /// The form kept in a roads file.
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes::encode(self)
    }

    /// # Errors
    /// A sentence without subject that says what is wrong with the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<MapLayers, String> {
        let map = bytes::decode(bytes)?;
        map.checksum.get_or_init(|| crc32fast::hash(bytes));
        Ok(map)
    }

    pub(super) fn part(&self, part: u32) -> &[World] {
        let from = if part == 0 { 0 } else { self.ends[part as usize - 1] };
        &self.points[from as usize..self.ends[part as usize] as usize]
    }

    pub(super) fn parts(&self, feature: &Feature) -> impl Iterator<Item = &[World]> {
        feature.parts.clone().map(|part| self.part(part))
    }

    pub(super) fn text(&self, index: u32) -> &str {
        self.texts.get(index as usize).map_or("", String::as_str)
    }

    /// The numbers of the features that may show at the zoom level inside the frame, in ascending order.
    pub(super) fn find(&self, zoom: u8, frame: &Frame) -> Vec<u32> {
        let mut found = Vec::new();
        for indexed in self.indices()[..=band(zoom)].iter().flatten() {
            let [min, max] = halved(frame);
            let hits = indexed.tree.search(min[0], min[1], max[0], max[1]);
            found.extend(hits.into_iter().map(|i| indexed.first + i));
        }
        found.retain(|i| self.features[*i as usize].zoom <= zoom);
        found.sort_unstable();
        found
    }

    fn indices(&self) -> &[Option<Indexed>] {
        self.indices.get_or_init(|| {
            let mut first = 0;
            (0..BANDS.len())
                .map(|b| {
                    let count = self.features[first..].iter().take_while(|f| band(f.zoom) == b).count();
                    let indexed = (count > 0).then(|| self.index(first, count));
                    first += count;
                    indexed
                })
                .collect()
        })
    }

    fn index(&self, first: usize, count: usize) -> Indexed {
        let mut builder = RTreeBuilder::<u32>::new(count as u32);
        for feature in &self.features[first..first + count] {
            let frame = self.frame(feature).unwrap_or(Frame { min: [0, 0], max: [0, 0] });
            let [min, max] = halved(&frame);
            builder.add(min[0], min[1], max[0], max[1]);
        }
        Indexed { first: first as u32, tree: builder.finish::<HilbertSort>() }
    }

    /// The box of what is drawn of a feature: a broad waterway reaches beyond its line.
    fn frame(&self, feature: &Feature) -> Option<Frame> {
        let first = feature.parts.clone().next()?;
        let mut frame = Frame::around(self.part(first).iter().copied())?;
        let beyond =
            (steps_of(f64::from(feature.width), frame.min) / 2.0).ceil().min(f64::from(i32::MAX)) as u32;
        for i in 0..2 {
            frame.min[i] = frame.min[i].saturating_sub(beyond);
            frame.max[i] = frame.max[i].saturating_add(beyond);
        }
        Some(frame)
    }
}

/// A box for the index, which adds two coordinates to find a middle and so must have one bit to spare.
fn halved(frame: &Frame) -> [World; 2] {
    [frame.min, frame.max].map(|corner| corner.map(|n| n >> 1))
}

/// What a feature is called and how it looks, before it has a shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub flags: u8,
    pub name: String,
    pub more: String,
    pub width: u32,
    /// First zoom level where it is not that of the kind.
    pub zoom: Option<u8>,
}

#[derive(Default)]
pub(super) struct Builder {
    layers: MapLayers,
    texts: FxHashMap<String, u32>,
}

impl Builder {
    pub fn add_point(&mut self, kind: Kind, look: &Look, at: World) {
        self.add(kind, look, &[&[at]]);
    }

    pub fn add_line(&mut self, kind: Kind, look: &Look, line: &[World]) {
        if line.len() > 1 {
            self.add(kind, look, &[line]);
        }
    }

    /// The outer ring and its holes, each without a repeated end. Rings of less than three points are left out.
    pub fn add_area(&mut self, kind: Kind, look: &Look, rings: &[Vec<World>]) {
        if rings.first().is_some_and(|outer| outer.len() > 2) {
            let rings: Vec<&[World]> = rings.iter().map(Vec::as_slice).filter(|r| r.len() > 2).collect();
            self.add(kind, look, &rings);
        }
    }

    fn add(&mut self, kind: Kind, look: &Look, parts: &[&[World]]) {
        let zoom = look.zoom.unwrap_or(0).max(kind.first_zoom()).max(seen_from(kind, parts)).min(MAX_ZOOM);
        let (name, more) = (self.intern(&look.name), self.intern(&look.more));
        let first = self.layers.ends.len() as u32;
        for part in parts {
            self.layers.points.extend_from_slice(part);
            self.layers.ends.push(self.layers.points.len() as u32);
        }
        let parts = first..self.layers.ends.len() as u32;
        let feature = Feature { kind, flags: look.flags, zoom, name, more, width: look.width, parts };
        self.layers.features.push(feature);
    }

    fn intern(&mut self, text: &str) -> u32 {
        if self.layers.texts.is_empty() {
            self.layers.texts.push(String::new());
            self.texts.insert(String::new(), 0);
        }
        if let Some(known) = self.texts.get(text) {
            return *known;
        }
        let number = self.layers.texts.len() as u32;
        self.layers.texts.push(text.to_owned());
        self.texts.insert(text.to_owned(), number);
        number
    }

    /// The order within a band is that of adding, so the result follows from the input alone.
    pub fn finish(mut self) -> MapLayers {
        self.layers.features.sort_by_key(|f| band(f.zoom));
        self.layers
    }
}

/// Areas first show when they are some pixels across.
fn seen_from(kind: Kind, parts: &[&[World]]) -> u8 {
    if kind.layer().geometry() != Geometry::Area {
        return 0;
    }
    let pixels = if kind == Kind::Building { 2 } else { 4 };
    let reach = Frame::around(parts.iter().flat_map(|p| p.iter().copied())).map_or(0, |frame| frame.reach());
    (0..MAX_ZOOM).find(|z| u64::from(reach) >= pixels << (PIXEL_BITS - z)).unwrap_or(MAX_ZOOM)
}
