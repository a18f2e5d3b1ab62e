//! The road network as others see it.

use std::path::Path as FilePath;
use std::sync::OnceLock;

use units::{Metres, Node, Point};

use crate::map::{self, MapLayers};
use crate::net::Net;
use crate::network::Network;
use crate::oracle::TurnGraph;
use crate::path::{Path, Travel, draw};
use crate::shapes::{Scenery, Shapes};
use crate::snap::{Snap, SnapIndex};
use crate::speeds::{Period, Speeds};
use crate::straight::StraightLines;
use crate::{Bounds, Fault, OffRoad, file, width};

/// Where a network comes from, and what must be said wherever it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Name of the town or of the extract.
    pub title: String,
    /// Licence and attribution, such as `© OpenStreetMap contributors, ODbL 1.0`.
    pub licence: String,
}

/// What travel times rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoadsKind {
    Network,
    /// No network is there; times are estimates, which must be said wherever they are shown.
    StraightLines,
}

impl RoadsKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            RoadsKind::Network => "network",
            RoadsKind::StraightLines => "straight_lines",
        }
    }
}

/// A road network, immutable and shared by `Arc`. Nodes are positions where a vehicle may halt, numbered
/// `0..node_count()`; every node reaches every other.
///
/// What asks for no period means [`Period::Midday`].
pub struct Roads {
    source: Source,
    bounds: Bounds,
    ground: Ground,
    scenery: Scenery,
    /// Drawn together when first asked for: a network with a map of its own is never asked.
    shapes: OnceLock<Shapes>,
    fingerprint: u32,
    /// The map of an import; what a network shows of itself is drawn when it is first asked for.
    imported_map: Option<MapLayers>,
    own_map: OnceLock<MapLayers>,
}

enum Ground {
    Net { net: Box<Net>, index: SnapIndex, widths: Vec<u8> },
    Lines(StraightLines),
}

impl std::fmt::Debug for Roads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Roads({}, {} nodes, {} edges)", self.source.title, self.node_count(), self.edge_count())
    }
}

impl Roads {
    /// Reads a file written by [`Roads::save`].
    ///
    /// # Errors
    /// Every corruption, truncation, other version or other kind of file is a [`Fault`] that names the file.
    pub fn open(path: &FilePath) -> Result<Roads, Fault> {
        let parts = file::read(path)?;
        let net = Net::ready(parts.network, parts.turns, parts.speeds, parts.order, parts.hierarchy);
        let mut roads = Roads::with(parts.source, net, parts.scenery, Some(parts.fingerprint))?;
        roads.imported_map = parts.map;
        Ok(roads)
    }

    /// Writes the network and what takes long to prepare. The former file stays untouched unless all went well.
    ///
    /// # Errors
    /// [`Fault::Io`] names the file and the step; [`Fault::BadLines`] for straight lines, of which there is nothing to keep.
    pub fn save(&self, path: &FilePath) -> Result<(), Fault> {
        let Ground::Net { net, .. } = &self.ground else {
            return Err(Fault::BadLines { what: "straight lines are kept in no file".to_owned() });
        };
        net.hierarchy();
        let map = self.imported_map.as_ref().map(MapLayers::to_bytes).unwrap_or_default();
        file::write(path, &file::Written { source: &self.source, net, scenery: &self.scenery, map: &map })
    }

    /// With the map of an extract in place of what the network shows of itself.
    pub(crate) fn with_map(self, map: MapLayers) -> Roads {
        Roads { imported_map: Some(map), ..self }
    }

    /// A network fresh from a map or a drawing.
    pub(crate) fn prepare(
        source: Source,
        network: Network,
        speeds: Speeds,
        scenery: Scenery,
    ) -> Result<Roads, Fault> {
        Roads::with(source, Net::prepare(network, speeds)?, scenery, None)
    }

    fn with(source: Source, net: Net, scenery: Scenery, fingerprint: Option<u32>) -> Result<Roads, Fault> {
        if net.positions.count() == 0 {
            return Err(Fault::Unconnected);
        }
        let all = net.network.points.iter().chain(&net.network.shape).copied();
        let bounds = Bounds::around(all).ok_or(Fault::Unconnected)?;
        let network = &net.network;
        let (index, widths, fingerprint) = std::thread::scope(|scope| {
            let index = scope.spawn(|| SnapIndex::new(network, bounds));
            let rest = (width::reachable(network), fingerprint.unwrap_or_else(|| file::fingerprint(network)));
            let index = index.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (index, rest.0, rest.1)
        });
        let ground = Ground::Net { net: Box::new(net), index, widths };
        Ok(Roads::new(source, bounds, ground, scenery, fingerprint))
    }

    fn new(source: Source, bounds: Bounds, ground: Ground, scenery: Scenery, fingerprint: u32) -> Roads {
        let (shapes, imported_map, own_map) = (OnceLock::new(), None, OnceLock::new());
        Roads { source, bounds, ground, scenery, shapes, fingerprint, imported_map, own_map }
    }

    /// Stands in where no roads file is at hand.
    ///
    /// # Errors
    /// [`Fault::BadLines`] where a figure makes no sense.
    pub fn straight_lines(lines: StraightLines) -> Result<Roads, Fault> {
        lines.check()?;
        let source = Source {
            title: "straight lines".to_owned(),
            licence: format!(
                "直線距離の{}％・時速{} kmによる概算 / estimated from straight lines x {}.{:02} at {} km/h, not from roads",
                lines.factor_percent,
                lines.kmh,
                lines.factor_percent / 100,
                lines.factor_percent % 100,
                lines.kmh
            ),
        };
        let fingerprint = crc32fast::hash(format!("{:?}", lines.bounds).as_bytes());
        let bounds = lines.bounds;
        Ok(Roads::new(source, bounds, Ground::Lines(lines), Scenery::default(), fingerprint))
    }

    pub fn kind(&self) -> RoadsKind {
        match self.ground {
            Ground::Net { .. } => RoadsKind::Network,
            Ground::Lines(_) => RoadsKind::StraightLines,
        }
    }

    /// By how much straight lines are stretched, in per cent; `None` on a network.
    pub fn factor_percent(&self) -> Option<u32> {
        match &self.ground {
            Ground::Lines(lines) => Some(lines.factor_percent),
            Ground::Net { .. } => None,
        }
    }

    pub(crate) fn net(&self) -> Option<&Net> {
        match &self.ground {
            Ground::Net { net, .. } => Some(net),
            Ground::Lines(_) => None,
        }
    }

    /// Checksum of the network itself, eight hexadecimal digits: equal where nodes mean the same positions. Speeds and
    /// what a map shows do not count.
    pub fn fingerprint(&self) -> String {
        format!("{:08x}", self.fingerprint)
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Positions where a vehicle may halt.
    pub fn node_count(&self) -> usize {
        match &self.ground {
            Ground::Net { net, .. } => net.positions.count(),
            Ground::Lines(lines) => lines.node_count(),
        }
    }

    /// Junctions, ends and changes of roads.
    pub fn junction_count(&self) -> usize {
        self.net().map_or(0, |net| net.network.points.len())
    }

    /// Stretches between junctions; one that is open both ways counts once.
    pub fn edge_count(&self) -> usize {
        self.net().map_or(0, |net| net.network.edges.len())
    }

    /// States of the turn-expanded graph: arcs, and copies for turns that depend on where one came from.
    pub fn state_count(&self) -> usize {
        self.net().map_or(0, |net| net.turns.len())
    }

    /// Bytes of memory in the hierarchy of all periods.
    pub fn hierarchy_bytes(&self) -> usize {
        self.net().map_or(0, |net| net.hierarchy().bytes())
    }

    /// Forbidden sequences of arcs.
    pub fn ban_count(&self) -> usize {
        self.net().map_or(0, |net| net.network.bans.len())
    }

    /// Whether vehicles keep to the left.
    pub fn drives_left(&self) -> bool {
        self.net().is_none_or(|net| net.network.drives_left)
    }

    /// Length of all roads in metres, each counted once.
    pub fn road_metres(&self) -> Metres {
        let edges = self.net().map_or(&[][..], |net| &net.network.edges);
        Metres((edges.iter().map(|e| u64::from(e.cm)).sum::<u64>() / 100) as i64)
    }

    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub fn speeds(&self) -> Option<&Speeds> {
        self.net().map(|net| &net.speeds)
    }

    /// The same roads at other speeds. Nodes keep their meaning; the hierarchy is made again from the known order.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] where a forged file's order is not one that an import finds.
    pub fn with_speeds(self, speeds: Speeds) -> Result<Roads, Fault> {
        let ground = match self.ground {
            Ground::Net { net, index, widths } => {
                Ground::Net { net: Box::new(net.with_speeds(speeds)?), index, widths }
            }
            lines @ Ground::Lines(_) => lines,
        };
        Ok(Roads { ground, ..self })
    }

    /// Makes the hierarchy of all periods now, where it would else be made when first asked for.
    pub fn ready_all(&self) {
        if let Some(net) = self.net() {
            net.hierarchy();
        }
    }

    /// `None` for a node outside the network.
    pub fn point(&self, node: Node) -> Option<Point> {
        match &self.ground {
            Ground::Net { net, .. } => net.point(node),
            Ground::Lines(lines) => lines.point(node),
        }
    }

    /// The nearest road on which a vehicle may halt (no motorway), and the position on it beside the place.
    ///
    /// # Errors
    /// [`OffRoad`] when the nearest road is farther than [`crate::SNAP_LIMIT`].
    pub fn snap(&self, place: Point) -> Result<Snap, OffRoad> {
        match self.snap_near(place, 1)?.first() {
            Some(snap) => Ok(*snap),
            None => Err(OffRoad { point: place, nearest: Metres(0), limit: crate::SNAP_LIMIT }),
        }
    }

    /// As [`Roads::snap`], with up to `most` roads nearby, nearest first.
    ///
    /// # Errors
    /// [`OffRoad`] when the nearest road is farther than [`crate::SNAP_LIMIT`].
    pub fn snap_near(&self, place: Point, most: usize) -> Result<Vec<Snap>, OffRoad> {
        match &self.ground {
            Ground::Net { net, index, .. } => {
                let mut snaps = index.near(&net.network, &net.positions, place, most)?;
                for snap in &mut snaps {
                    snap.width_dm = self.width_dm(snap.node);
                }
                Ok(snaps)
            }
            Ground::Lines(lines) => Ok(vec![lines.snap(place)?]),
        }
    }

    /// What may measure across on the way to a node, in decimetres; `None` where nothing narrow is known.
    pub fn width_dm(&self, node: Node) -> Option<u8> {
        let Ground::Net { net, widths, .. } = &self.ground else { return None };
        let place = net.positions.place(&net.network, node)?;
        widths.get(place.edge as usize).copied().filter(|dm| *dm != width::ANY)
    }

    /// The fastest way's time and length.
    ///
    /// # Panics
    /// If a node is not of this network; check what comes from outside with [`Roads::point`].
    pub fn travel(&self, from: Node, to: Node) -> Travel {
        self.travel_during(Period::Midday, from, to)
    }

    /// # Panics
    /// If a node is not of this network.
    pub fn travel_during(&self, period: Period, from: Node, to: Node) -> Travel {
        match &self.ground {
            Ground::Net { net, .. } => Travel::of_weight(net.one_to_one(period, from, to)),
            Ground::Lines(lines) => lines.travel(from, to),
        }
    }

    /// As [`Roads::many_to_many`] from one node.
    ///
    /// # Panics
    /// If a node is not of this network.
    pub fn one_to_many(&self, from: Node, to: &[Node]) -> Vec<Travel> {
        self.many_to_many(&[from], to)
    }

    /// All times and lengths from each of `from` (rows) to each of `to` (columns), row by row. A node may occur twice.
    ///
    /// # Panics
    /// If a node is not of this network.
    pub fn many_to_many(&self, from: &[Node], to: &[Node]) -> Vec<Travel> {
        self.many_to_many_during(Period::Midday, from, to)
    }

    /// # Panics
    /// If a node is not of this network.
    pub fn many_to_many_during(&self, period: Period, from: &[Node], to: &[Node]) -> Vec<Travel> {
        match &self.ground {
            Ground::Net { net, .. } => {
                net.table(period, from, to).into_iter().map(Travel::of_weight).collect()
            }
            Ground::Lines(lines) => {
                from.iter().flat_map(|a| to.iter().map(|b| lines.travel(*a, *b))).collect()
            }
        }
    }

    /// The fastest way itself.
    ///
    /// # Panics
    /// If a node is not of this network.
    pub fn path(&self, from: Node, to: Node) -> Path {
        self.path_during(Period::Midday, from, to)
    }

    /// # Panics
    /// If a node is not of this network.
    pub fn path_during(&self, period: Period, from: Node, to: Node) -> Path {
        match &self.ground {
            Ground::Net { net, .. } => match net.way(period, from, to) {
                Some(way) => draw(net, period, (from, to), way),
                None => Path::none(from, self.point(from)),
            },
            Ground::Lines(lines) => lines.path(from, to),
        }
    }

    /// The turn-expanded graph as it is driven in a period, for oracles and peers; `None` for straight lines.
    pub fn turn_graph(&self, period: Period) -> Option<TurnGraph<'_>> {
        Some(TurnGraph::of(self.net()?, period))
    }

    /// What a map shows.
    pub fn shapes(&self) -> &Shapes {
        self.shapes.get_or_init(|| match self.net() {
            Some(net) => Shapes::of(&net.network, self.scenery.clone()),
            None => Shapes::default(),
        })
    }

    /// The map, to be cut into vector tiles: that of the imported extract, else what the network shows of itself.
    pub fn map(&self) -> &MapLayers {
        self.imported_map
            .as_ref()
            .unwrap_or_else(|| self.own_map.get_or_init(|| map::from_shapes(self.shapes())))
    }
}
