//! The road network as others see it.

use std::path::Path as FilePath;
use std::sync::OnceLock;

use units::{Node, Point};

use crate::hierarchy::Hierarchy;
use crate::map::{self, MapLayers};
use crate::network::Network;
use crate::path::{Path, Travel, draw};
use crate::shapes::{Scenery, Shapes};
use crate::snap::{Snap, SnapIndex};
use crate::strong::strong_parts;
use crate::{Bounds, Fault, OffRoad, file};

/// Where a network comes from, and what must be said wherever it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Name of the town or of the extract.
    pub title: String,
    /// Licence and attribution, such as `© OpenStreetMap contributors, ODbL 1.0`.
    pub licence: String,
}

/// A road network, immutable and shared by `Arc`. Nodes are numbered `0..node_count()`; every node reaches every other.
pub struct Roads {
    source: Source,
    bounds: Bounds,
    network: Network,
    hierarchy: Hierarchy,
    index: SnapIndex,
    shapes: Shapes,
    fingerprint: u32,
    /// The map of an import; what a network shows of itself is drawn when it is first asked for.
    imported_map: Option<MapLayers>,
    own_map: OnceLock<MapLayers>,
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
        let (payload, _) = file::read(path)?;
        let parts =
            file::decode(&payload).map_err(|what| Fault::Malformed { path: path.to_owned(), what })?;
        let arcs: Vec<(u32, u32)> = (0..parts.network.points.len() as u32)
            .flat_map(|from| parts.network.arcs_from(from).iter().map(move |arc| (from, arc.to)))
            .collect();
        if strong_parts(parts.network.points.len(), &arcs).1 != 1 {
            let what = "its roads are not all connected with each other".to_owned();
            return Err(Fault::Malformed { path: path.to_owned(), what });
        }
        let hierarchy = Hierarchy::new(&parts.network, &parts.order);
        // The map takes no part: places keep their node whatever the map shows.
        let fingerprint = crc32fast::hash(&payload[..parts.network_bytes]);
        let roads = Roads::with(parts.source, parts.network, hierarchy, parts.scenery, Some(fingerprint))?;
        Ok(Roads { imported_map: parts.map, ..roads })
    }

    /// Writes the network and what takes long to prepare. The former file stays untouched unless all went well.
    ///
    /// # Errors
    /// [`Fault::Io`] names the file and the step.
    pub fn save(&self, path: &FilePath) -> Result<(), Fault> {
        let mut payload = self.payload();
        if let Some(map) = &self.imported_map {
            file::append_map(&mut payload, &map.to_bytes());
        }
        file::write(path, &payload)
    }

    /// With the map of an extract in place of what the network shows of itself.
    pub(crate) fn with_map(self, map: MapLayers) -> Roads {
        Roads { imported_map: Some(map), ..self }
    }

    /// A network fresh from a map or a drawing.
    pub(crate) fn prepare(source: Source, network: Network, scenery: Scenery) -> Result<Roads, Fault> {
        let order = Hierarchy::find_order(&network);
        let hierarchy = Hierarchy::new(&network, &order);
        Roads::with(source, network, hierarchy, scenery, None)
    }

    fn with(
        source: Source,
        network: Network,
        hierarchy: Hierarchy,
        scenery: Scenery,
        fingerprint: Option<u32>,
    ) -> Result<Roads, Fault> {
        let all = network.points.iter().chain(&network.shape).copied();
        let bounds = Bounds::around(all).ok_or(Fault::Unconnected)?;
        let index = SnapIndex::new(&network, bounds);
        let shapes = Shapes::of(&network, scenery);
        let (imported_map, own_map) = (None, OnceLock::new());
        let mut roads = Roads {
            source,
            bounds,
            network,
            hierarchy,
            index,
            shapes,
            fingerprint: 0,
            imported_map,
            own_map,
        };
        roads.fingerprint = fingerprint.unwrap_or_else(|| crc32fast::hash(&roads.payload()));
        Ok(roads)
    }

    fn payload(&self) -> Vec<u8> {
        file::encode(&self.source, &self.network, self.hierarchy.order(), &self.shapes.scenery())
    }

    /// Checksum of all that is kept, eight hexadecimal digits: equal for equal networks.
    pub fn fingerprint(&self) -> String {
        format!("{:08x}", self.fingerprint)
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    pub fn node_count(&self) -> usize {
        self.network.points.len()
    }

    /// Stretches between neighbouring nodes; one that is open both ways counts once.
    pub fn edge_count(&self) -> usize {
        self.network.edges.len()
    }

    /// Length of all roads in metres, each counted once.
    pub fn road_metres(&self) -> units::Metres {
        units::Metres((self.network.edges.iter().map(|e| u64::from(e.cm)).sum::<u64>() / 100) as i64)
    }

    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// `None` for a node outside the network.
    pub fn point(&self, node: Node) -> Option<Point> {
        self.network.points.get(node.index()).copied()
    }

    /// The nearest road on which a vehicle may halt (no motorway), and the nearer end of that edge.
    ///
    /// # Errors
    /// [`OffRoad`] when the nearest road is farther than [`crate::SNAP_LIMIT`].
    pub fn snap(&self, place: Point) -> Result<Snap, OffRoad> {
        self.index.snap(&self.network, place)
    }

    /// The fastest way's time and length.
    ///
    /// # Panics
    /// If a node is not of this network; check what comes from outside with [`Roads::point`].
    pub fn travel(&self, from: Node, to: Node) -> Travel {
        self.many_to_many(&[from], &[to])[0]
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
        let bare = |nodes: &[Node]| nodes.iter().map(|node| node.0).collect::<Vec<u32>>();
        self.hierarchy.table(&bare(from), &bare(to)).into_iter().map(Travel::of_weight).collect()
    }

    /// The fastest way itself.
    ///
    /// # Panics
    /// If a node is not of this network.
    pub fn path(&self, from: Node, to: Node) -> Path {
        draw(&self.network, &self.hierarchy.path(from.0, to.0))
    }

    /// The arcs out of a node as they are driven: head, milliseconds, centimetres. For oracles and peers of the hierarchy.
    ///
    /// # Panics
    /// If the node is not of this network.
    pub fn arcs(&self, from: Node) -> impl Iterator<Item = (Node, u32, u32)> + '_ {
        let network = &self.network;
        network
            .arcs_from(from.0)
            .iter()
            .map(|arc| (Node(arc.to), network.millis(*arc), network.edges[arc.edge as usize].cm))
    }

    /// What a map shows.
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The map, to be cut into vector tiles: that of the imported extract, else what the network shows of itself.
    pub fn map(&self) -> &MapLayers {
        self.imported_map
            .as_ref()
            .unwrap_or_else(|| self.own_map.get_or_init(|| map::from_shapes(&self.shapes)))
    }
}
