//! One vector tile (Mapbox Vector Tile 2.1) cut from a map.

use std::collections::BTreeMap;

use fast_mvt::{MvtCoord, MvtFeatureBuilder, MvtGeomType, MvtLayerBuilder, MvtResult};
use geo::{Coord, LineString, Simplify};

use super::MAX_ZOOM;
use super::clip::{Pane, Spot, cut_line, cut_ring};
use super::kinds::{Geometry, Kind, Layer};
use super::layers::{BRIDGE, Feature, Frame, MapLayers, ONEWAY, RAMP, TUNNEL};
use super::mercator::{World, steps_of};

/// Units of a tile's side.
pub const EXTENT: i64 = 4096;
/// How far beyond its side a tile draws on, so that strokes and names are whole at the seam; broad rivers more.
pub const BUFFER: i64 = 128;
/// The most that a broad river is drawn on beyond the side.
pub const BUFFER_MAX: i64 = 2048;
const EXTENT_BITS: u8 = 12;

/// Where a tile lies: zoom level, column from the west, row from the north.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    zoom: u8,
    x: u32,
    y: u32,
}

impl TileId {
    /// `None` for a zoom level beyond [`MAX_ZOOM`] or a column or row that the level has not.
    pub fn new(zoom: u8, x: u32, y: u32) -> Option<TileId> {
        let side = 1_u64 << zoom.min(MAX_ZOOM);
        (zoom <= MAX_ZOOM && u64::from(x.max(y)) < side).then_some(TileId { zoom, x, y })
    }

    pub fn zoom(self) -> u8 {
        self.zoom
    }

    pub fn x(self) -> u32 {
        self.x
    }

    pub fn y(self) -> u32 {
        self.y
    }

    /// The tile that holds a point at a zoom level.
    pub fn at(zoom: u8, point: units::Point) -> TileId {
        let zoom = zoom.min(MAX_ZOOM);
        let [x, y] = super::mercator::project(point).map(|n| (u64::from(n) >> (32 - zoom)) as u32);
        TileId { zoom, x, y }
    }

    /// Bits between the world's steps and the tile's units.
    fn shift(self) -> u8 {
        32 - EXTENT_BITS - self.zoom
    }

    /// The world's box around the tile and its buffer.
    fn frame(self) -> Frame {
        let side = |n: u32| {
            let from = (i64::from(n) * EXTENT - BUFFER) << self.shift();
            let to = (i64::from(n + 1) * EXTENT + BUFFER) << self.shift();
            [from, to].map(|n| n.clamp(0, i64::from(u32::MAX)) as u32)
        };
        let ([w, e], [n, s]) = (side(self.x), side(self.y));
        Frame { min: [w, n], max: [e, s] }
    }

    fn local(self, [x, y]: World) -> Spot {
        let shift = self.shift();
        let round = |n: u32, tile: u32| {
            ((i64::from(n) + (1 << (shift - 1))) >> shift) - (i64::from(tile) << EXTENT_BITS)
        };
        [round(x, self.x), round(y, self.y)]
    }
}

/// What must agree for lines to be one feature: kind, marks, name, number, breadth.
type LineKey = (Kind, u8, u32, u32, u32);

impl MapLayers {
    /// A tile's bytes, uncompressed; empty where the map shows nothing. The same map gives the same bytes.
    pub fn tile(&self, id: TileId) -> Vec<u8> {
        let mut layers: BTreeMap<Layer, Vec<&Feature>> = BTreeMap::new();
        for number in self.find(id.zoom, &id.frame()) {
            let feature = &self.features[number as usize];
            layers.entry(feature.kind.layer()).or_default().push(feature);
        }
        let mut bytes = Vec::new();
        for (layer, mut features) in layers {
            // A stable order, so that what is drawn later within a layer is always the same.
            features.sort_by_key(|f| f.kind);
            let built = MvtLayerBuilder::new(layer.as_str()).and_then(|built| match layer.geometry() {
                Geometry::Area => self.areas(id, built, &features),
                Geometry::Line => self.lines(id, built, &features),
                Geometry::Point => self.names(id, built, &features),
            });
            // Only whole geometries are given to the encoder, so it refuses none; if it did, this layer would be missing.
            if let Ok(built) = built
                && built.num_features() > 0
            {
                bytes.extend_from_slice(&built.encode());
            }
        }
        bytes
    }

    fn areas(
        &self,
        id: TileId,
        mut layer: MvtLayerBuilder,
        features: &[&Feature],
    ) -> MvtResult<MvtLayerBuilder> {
        let pane = pane(BUFFER);
        for feature in features {
            let mut rings = self.parts(feature).map(|ring| shape_ring(id, ring, &pane));
            let Some(Some(outer)) = rings.next() else { continue };
            let mut drawn = layer.feature_of(MvtGeomType::Polygon);
            drawn.ring(outer, true)?;
            for hole in rings.flatten() {
                drawn.ring(hole, false)?;
            }
            drawn.tag_string("kind", feature.kind.as_str())?;
            self.tag_text(&mut drawn, "name", shown_text(feature.kind, feature.name, id.zoom))?;
            layer = drawn.end();
        }
        Ok(layer)
    }

    /// Lines of one look become one feature, joined end to end: a name is written along the whole of a street.
    fn lines(
        &self,
        id: TileId,
        mut layer: MvtLayerBuilder,
        features: &[&Feature],
    ) -> MvtResult<MvtLayerBuilder> {
        let mut looks: BTreeMap<LineKey, Vec<Vec<Spot>>> = BTreeMap::new();
        for feature in features {
            let Some(line) = self.parts(feature).next() else { continue };
            let mut spots: Vec<Spot> = line.iter().map(|p| id.local(*p)).collect();
            spots.dedup();
            let half = (steps_of(f64::from(feature.width), line[0]) / 2.0) as i64 >> id.shift();
            let pieces = cut_line(&spots, &pane((BUFFER + half).min(BUFFER_MAX)));
            if !pieces.is_empty() {
                looks.entry(line_key(feature, id.zoom)).or_default().extend(pieces);
            }
        }
        for ((kind, flags, name, more, width), pieces) in looks {
            let lines = join(pieces).into_iter().map(|line| simplify(&line, id.zoom));
            let lines: Vec<Vec<MvtCoord>> = lines.filter(|line| line.len() > 1).collect();
            if lines.is_empty() {
                continue;
            }
            let mut drawn = layer.feature_of(MvtGeomType::LineString);
            for line in lines {
                drawn.line(line)?;
            }
            drawn.tag_string("kind", kind.as_str())?;
            self.tag_text(&mut drawn, "name", name)?;
            self.tag_text(&mut drawn, "ref", more)?;
            if width > 0 {
                drawn.tag_uint("width_m", u64::from(width))?;
            }
            for (flag, key) in [(ONEWAY, "oneway"), (RAMP, "ramp"), (BRIDGE, "bridge"), (TUNNEL, "tunnel")] {
                if flags & flag != 0 {
                    drawn.tag_bool(key, true)?;
                }
            }
            layer = drawn.end();
        }
        Ok(layer)
    }

    fn names(
        &self,
        id: TileId,
        mut layer: MvtLayerBuilder,
        features: &[&Feature],
    ) -> MvtResult<MvtLayerBuilder> {
        let pane = pane(BUFFER);
        for feature in features {
            let at = self.parts(feature).next().map(|part| id.local(part[0]));
            let Some(at) = at.filter(|at| pane.holds(*at)) else { continue };
            let mut drawn = layer.feature_of(MvtGeomType::Point);
            drawn.points([coord(at)])?;
            drawn.tag_string("kind", feature.kind.as_str())?;
            self.tag_text(&mut drawn, "name", feature.name)?;
            self.tag_text(&mut drawn, "furigana", feature.more)?;
            drawn.tag_uint("rank", u64::from(feature.kind.rank()))?;
            layer = drawn.end();
        }
        Ok(layer)
    }

    fn tag_text(&self, drawn: &mut MvtFeatureBuilder, key: &str, text: u32) -> MvtResult<()> {
        let text = self.text(text);
        if !text.is_empty() {
            drawn.tag_string(key, text)?;
        }
        Ok(())
    }
}

fn pane(buffer: i64) -> Pane {
    Pane { min: [-buffer, -buffer], max: [EXTENT + buffer, EXTENT + buffer] }
}

/// Names are sent from the zoom level on at which there is room for them, so that nameless streets can be one feature.
fn shown_text(kind: Kind, text: u32, zoom: u8) -> u32 {
    let from = match kind {
        Kind::Motorway | Kind::Trunk => 10,
        Kind::Primary | Kind::River | Kind::Lake | Kind::RiverArea => 11,
        Kind::Secondary | Kind::Rail | Kind::LightRail | Kind::Ferry => 12,
        Kind::Tertiary | Kind::Canal | Kind::Stream => 13,
        _ => 14,
    };
    if zoom >= from { text } else { 0 }
}

fn line_key(feature: &Feature, zoom: u8) -> LineKey {
    let text = |text| shown_text(feature.kind, text, zoom);
    let mut marks = RAMP;
    marks |= if zoom >= 12 { BRIDGE | TUNNEL } else { 0 };
    marks |= if zoom >= 14 { ONEWAY } else { 0 };
    (feature.kind, feature.flags & marks, text(feature.name), text(feature.more), feature.width)
}

/// Joins lines where one ends and exactly one other begins, as long as they run on; direction is kept, because a
/// one-way street has one.
fn join(pieces: Vec<Vec<Spot>>) -> Vec<Vec<Spot>> {
    let mut begins: BTreeMap<Spot, Vec<usize>> = BTreeMap::new();
    let mut ends: BTreeMap<Spot, usize> = BTreeMap::new();
    for (i, piece) in pieces.iter().enumerate() {
        begins.entry(piece[0]).or_default().push(i);
        *ends.entry(piece[piece.len() - 1]).or_default() += 1;
    }
    let follower = |end: &Spot| match (begins.get(end).map(Vec::as_slice), ends.get(end)) {
        (Some([only]), Some(1)) => Some(*only),
        _ => None,
    };
    let led_to: Vec<bool> =
        pieces.iter().map(|p| ends.get(&p[0]) == Some(&1) && begins[&p[0]].len() == 1).collect();
    let mut used = vec![false; pieces.len()];
    let mut lines = Vec::new();
    // Pieces to which none leads come first; what is left after them runs in circles.
    for start in (0..pieces.len()).filter(|i| !led_to[*i]).chain(0..pieces.len()) {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let mut line = pieces[start].clone();
        while let Some(next) = line.last().and_then(follower).filter(|next| !used[*next]) {
            used[next] = true;
            line.extend_from_slice(&pieces[next][1..]);
        }
        lines.push(line);
    }
    lines
}

/// Units by which a simplified line may stray: half a pixel, less where a tile is enlarged.
fn tolerance(zoom: u8) -> f64 {
    match MAX_ZOOM - zoom {
        0 => 1.0,
        1 | 2 => 2.0,
        _ => 4.0,
    }
}

fn simplify(line: &[Spot], zoom: u8) -> Vec<MvtCoord> {
    let float = |p: &Spot| Coord { x: p[0] as f64, y: p[1] as f64 };
    let simple = LineString::new(line.iter().map(float).collect()).simplify(tolerance(zoom));
    let mut kept: Vec<MvtCoord> = simple.0.iter().map(|c| coord([c.x as i64, c.y as i64])).collect();
    kept.dedup();
    kept
}

/// A ring as the tile shows it, closed; `None` where it is too small to be seen.
fn shape_ring(id: TileId, ring: &[World], pane: &Pane) -> Option<Vec<MvtCoord>> {
    let mut spots: Vec<Spot> = ring.iter().map(|p| id.local(*p)).collect();
    spots.dedup();
    let mut spots = cut_ring(&spots, pane);
    spots.push(*spots.first()?);
    let ring = simplify(&spots, id.zoom);
    // A pixel is 8 units across; what covers less than a quarter of one is no area to anybody.
    (ring.len() > 3 && doubled_area(&ring).abs() > 2 * 16).then_some(ring)
}

fn doubled_area(ring: &[MvtCoord]) -> i64 {
    ring.windows(2)
        .map(|p| i64::from(p[0].x) * i64::from(p[1].y) - i64::from(p[1].x) * i64::from(p[0].y))
        .sum()
}

fn coord([x, y]: Spot) -> MvtCoord {
    MvtCoord { x: x as i32, y: y as i32 }
}
