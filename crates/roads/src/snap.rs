//! From a place to the nearest road and a position on it.

use geo::{Closest, ClosestPoint, Coord, Line};
use geo_index::rtree::sort::HilbertSort;
use geo_index::rtree::{NeighborsOptions, RTree, RTreeBuilder, RTreeIndex};
use ordered_float::OrderedFloat;
// order: only asked whether an edge is in it, never walked.
use rustc_hash::FxHashSet;
use units::{Metres, Node, Point};

use crate::network::Network;
use crate::positions::Positions;
use crate::{Bounds, OffRoad};

/// Farther from any road than this, a place is taken for a mistake.
pub const SNAP_LIMIT: Metres = Metres(300);

/// Where a place meets the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snap {
    /// The position on the road beside the place; on a busy two-way street that of the kerb the place lies at, so that
    /// nobody is let out on the far side. At most 50 m along the road from `on_road`.
    pub node: Node,
    /// The nearest point of a road that a vehicle may halt on.
    pub on_road: Point,
    /// From the place to `on_road`, rounded up.
    pub distance: Metres,
    /// What may measure across on the way there, in decimetres; `None` where nothing narrow is known.
    pub width_dm: Option<u8>,
}

/// A plane in metres around the middle of the network: within 50 km true to some 0.5 %, which ranks roads rightly.
#[derive(Clone, Copy)]
struct Plane {
    origin: Point,
    metres_per_e7_lat: f64,
    metres_per_e7_lon: f64,
}

impl Plane {
    fn around(bounds: Bounds) -> Plane {
        let origin = bounds.middle();
        let metres_per_e7_lat = 6_371_008.8 * 1e-7_f64.to_radians();
        Plane {
            origin,
            metres_per_e7_lat,
            metres_per_e7_lon: metres_per_e7_lat * origin.lat().to_radians().cos(),
        }
    }

    fn project(&self, p: Point) -> [f64; 2] {
        let x = f64::from(p.lon_e7()) - f64::from(self.origin.lon_e7());
        let y = f64::from(p.lat_e7()) - f64::from(self.origin.lat_e7());
        [x * self.metres_per_e7_lon, y * self.metres_per_e7_lat]
    }

    fn unproject(&self, [x, y]: [f64; 2]) -> Point {
        let lon = f64::from(self.origin.lon_e7()) + x / self.metres_per_e7_lon;
        let lat = f64::from(self.origin.lat_e7()) + y / self.metres_per_e7_lat;
        Point::from_e7(lat.round() as i32, lon.round() as i32)
    }
}

/// So many straight pieces of an edge, at most, are found by one box: single boxes would take longest of all that a network
/// needs when it is loaded.
const RUN: usize = 8;

/// All edges where a vehicle may halt, by place.
pub(crate) struct SnapIndex {
    plane: Plane,
    /// Boxes around neighbouring pieces of an edge, edge after edge.
    tree: RTree<f32>,
    /// The edge of each box.
    edges: Vec<u32>,
}

/// The nearest point of an edge.
#[derive(Clone, Copy)]
struct Near {
    edge: u32,
    piece: u32,
    on_plane: [f64; 2],
    distance_2: f64,
}

impl Near {
    fn rank(&self) -> (OrderedFloat<f64>, u32, u32) {
        (OrderedFloat(self.distance_2), self.edge, self.piece)
    }
}

fn squared(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
    dx * dx + dy * dy
}

fn nearest(from: [f64; 2], to: [f64; 2], p: [f64; 2]) -> [f64; 2] {
    let coord = |c: [f64; 2]| Coord { x: c[0], y: c[1] };
    match Line::new(coord(from), coord(to)).closest_point(&geo::Point::from(coord(p))) {
        Closest::SinglePoint(q) | Closest::Intersection(q) => [q.x(), q.y()],
        // A piece without length.
        Closest::Indeterminate => from,
    }
}

impl SnapIndex {
    pub fn new(network: &Network, bounds: Bounds) -> SnapIndex {
        let plane = Plane::around(bounds);
        let runs = || {
            let halted = network.edges.iter().enumerate().filter(|(_, edge)| edge.class.may_halt());
            halted.flat_map(|(i, e)| {
                let pieces = (e.shape_to - e.shape_from) as usize + 1;
                (0..pieces).step_by(RUN).map(move |first| (i, first, (first + RUN).min(pieces)))
            })
        };
        let edges: Vec<u32> = runs().map(|(edge, ..)| edge as u32).collect();
        let mut tree = RTreeBuilder::new(edges.len() as u32);
        for (edge, first, last) in runs() {
            let corners = (first..=last).map(|place| plane.project(network.point_along(edge, place)));
            let [low, high] = around(corners);
            tree.add(low[0], low[1], high[0], high[1]);
        }
        SnapIndex { plane, tree: tree.finish::<HilbertSort>(), edges }
    }

    /// Positions beside a place, nearest first, each on another edge, all within the limit.
    pub fn near(
        &self,
        network: &Network,
        positions: &Positions,
        place: Point,
        most: usize,
    ) -> Result<Vec<Snap>, OffRoad> {
        let p = self.plane.project(place);
        let limit = SNAP_LIMIT.0 as f64;
        let found = self.nearest_edges(network, p, most.max(1));
        let metres = |near: &Near| place.metres_to(self.plane.unproject(near.on_plane));
        let nearest = found.first().map_or(f64::from(u32::MAX), metres);
        let snaps: Vec<Snap> = found
            .iter()
            .take(most)
            .take_while(|near| metres(near) <= limit)
            .map(|near| self.snap(network, positions, p, near, metres(near)))
            .collect();
        if snaps.is_empty() {
            return Err(OffRoad { point: place, nearest: Metres(nearest.ceil() as i64), limit: SNAP_LIMIT });
        }
        Ok(snaps)
    }

    /// One for each edge, nearest first; of equally near ones (at a corner) that of the first edge. So many, or all that lie
    /// within the limit, and one in any case.
    fn nearest_edges(&self, network: &Network, p: [f64; 2], most: usize) -> Vec<Near> {
        // The plane is not quite true.
        let beyond = (SNAP_LIMIT.0 as f64 * 1.1).powi(2);
        let to_box = |bounds: [f32; 4]| {
            let [west, south, east, north] = bounds.map(f64::from);
            squared([p[0].clamp(west, east), p[1].clamp(south, north)], p)
        };
        let mut runs = most;
        loop {
            let options = NeighborsOptions { k: Some(runs), max_distance: None, include_tie_breakers: true };
            let to_run = |run: u32, _| Some(self.on_run(network, run, p).distance_2);
            let hits = self.tree.neighbors_with_callbacks(options, to_box, to_run);
            let is_all = hits.len() < runs || hits.last().is_some_and(|(_, distance_2)| *distance_2 > beyond);
            let mut found: Vec<Near> = hits.iter().map(|(run, _)| self.on_run(network, *run, p)).collect();
            found.sort_unstable_by_key(Near::rank);
            let mut edges = FxHashSet::default();
            found.retain(|near| edges.insert(near.edge));
            if is_all || found.len() >= most {
                return found;
            }
            // Several runs of one edge lie nearest.
            runs *= 2;
        }
    }

    fn piece(&self, network: &Network, edge: u32, piece: u32) -> [[f64; 2]; 2] {
        [piece, piece + 1].map(|place| self.plane.project(network.point_along(edge as usize, place as usize)))
    }

    fn on_run(&self, network: &Network, run: u32, p: [f64; 2]) -> Near {
        let edge = self.edges[run as usize];
        // Boxes of one edge follow each other.
        let before = self.edges[..run as usize].iter().rev().take_while(|other| **other == edge).count();
        let first = (before * RUN) as u32;
        let near = |piece: u32| {
            let [from, to] = self.piece(network, edge, piece);
            let on_plane = nearest(from, to, p);
            Near { edge, piece, on_plane, distance_2: squared(on_plane, p) }
        };
        let e = &network.edges[edge as usize];
        let end = (first + RUN as u32).min(e.shape_to - e.shape_from + 1);
        (first + 1..end)
            .map(near)
            .fold(near(first), |best, near| if near.rank() < best.rank() { near } else { best })
    }

    fn snap(&self, network: &Network, positions: &Positions, p: [f64; 2], near: &Near, metres: f64) -> Snap {
        let edge = &network.edges[near.edge as usize];
        let before: f64 = (0..near.piece)
            .map(|piece| {
                let [from, to] = self.piece(network, near.edge, piece);
                squared(from, to).sqrt()
            })
            .sum();
        let [from, to] = self.piece(network, near.edge, near.piece);
        let share = (before + squared(from, near.on_plane).sqrt()) * 100.0 / f64::from(edge.cm);
        // Whether the place lies to the left of who drives from the edge's `a` to its `b`.
        let is_left = (to[0] - from[0]) * (p[1] - from[1]) - (to[1] - from[1]) * (p[0] - from[0]) >= 0.0;
        Snap {
            node: positions.node_at(network, near.edge, share, is_left == network.drives_left),
            on_road: self.plane.unproject(near.on_plane),
            distance: Metres(metres.ceil() as i64),
            width_dm: None,
        }
    }
}

/// The least box of single precision that holds all points.
fn around(points: impl Iterator<Item = [f64; 2]>) -> [[f32; 2]; 2] {
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for point in points {
        for axis in 0..2 {
            let near = point[axis] as f32;
            low[axis] = low[axis].min(if f64::from(near) > point[axis] { near.next_down() } else { near });
            high[axis] = high[axis].max(if f64::from(near) < point[axis] { near.next_up() } else { near });
        }
    }
    [low, high]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_is_undone_exactly() {
        let sw = Point::from_e7(363_500_000, 1_390_000_000);
        let ne = Point::from_e7(364_500_000, 1_391_000_000);
        let plane = Plane::around(Bounds { sw, ne });
        for p in [sw, ne, Point::from_e7(363_912_345, 1_390_654_321)] {
            assert_eq!(plane.unproject(plane.project(p)), p);
        }
    }
}
