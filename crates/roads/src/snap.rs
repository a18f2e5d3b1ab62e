//! From a place to the nearest road and a node on it.

use geo::{Closest, ClosestPoint, Coord, Line};
use ordered_float::OrderedFloat;
use rstar::{AABB, PointDistance, RTree, RTreeObject};
use units::{Metres, Node, Point};

use crate::network::Network;
use crate::{Bounds, OffRoad};

/// Farther from any road than this, a place is taken for a mistake.
pub const SNAP_LIMIT: Metres = Metres(300);

/// Where a place meets the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snap {
    /// The nearer end of the nearest edge; as edges are cut at 200 m, at most 100 m along the road from `on_road`.
    pub node: Node,
    /// The nearest point of any road that a vehicle may halt on.
    pub on_road: Point,
    /// From the place to `on_road`, rounded up.
    pub distance: Metres,
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
        let middle = |a: i32, b: i32| ((i64::from(a) + i64::from(b)) / 2) as i32;
        let origin = Point::from_e7(
            middle(bounds.sw.lat_e7(), bounds.ne.lat_e7()),
            middle(bounds.sw.lon_e7(), bounds.ne.lon_e7()),
        );
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

/// One straight piece of an edge.
struct Piece {
    edge: u32,
    /// Metres along the edge, from its `a` to the piece's beginning.
    behind: f64,
    from: [f64; 2],
    to: [f64; 2],
}

impl Piece {
    fn nearest(&self, p: [f64; 2]) -> [f64; 2] {
        let coord = |c: [f64; 2]| Coord { x: c[0], y: c[1] };
        let line = Line::new(coord(self.from), coord(self.to));
        match line.closest_point(&geo::Point::from(coord(p))) {
            Closest::SinglePoint(q) | Closest::Intersection(q) => [q.x(), q.y()],
            // A piece without length.
            Closest::Indeterminate => self.from,
        }
    }
}

fn squared(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
    dx * dx + dy * dy
}

impl RTreeObject for Piece {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.from, self.to)
    }
}

impl PointDistance for Piece {
    fn distance_2(&self, p: &[f64; 2]) -> f64 {
        squared(self.nearest(*p), *p)
    }
}

/// All pieces of edges where a vehicle may halt, by place.
pub(crate) struct SnapIndex {
    plane: Plane,
    tree: RTree<Piece>,
}

impl SnapIndex {
    pub fn new(network: &Network, bounds: Bounds) -> SnapIndex {
        let plane = Plane::around(bounds);
        let mut pieces = Vec::new();
        for (i, edge) in network.edges.iter().enumerate().filter(|(_, edge)| edge.class.may_halt()) {
            let mut behind = 0.0;
            debug_assert!(edge.cm > 0);
            for pair in network.line(i, true).windows(2) {
                let (from, to) = (plane.project(pair[0]), plane.project(pair[1]));
                pieces.push(Piece { edge: i as u32, behind, from, to });
                behind += squared(from, to).sqrt();
            }
        }
        SnapIndex { plane, tree: RTree::bulk_load(pieces) }
    }

    pub fn snap(&self, network: &Network, place: Point) -> Result<Snap, OffRoad> {
        let p = self.plane.project(place);
        let off = |nearest: f64| OffRoad {
            point: place,
            nearest: Metres(nearest.ceil() as i64),
            limit: SNAP_LIMIT,
        };
        // Of equally near pieces (the two edges that meet at a corner) the one of the first edge.
        let mut near = self.tree.nearest_neighbor_iter_with_distance_2(p);
        let Some((mut best, distance_2)) = near.next() else {
            return Err(off(f64::from(u32::MAX)));
        };
        for (piece, _) in near.take_while(|(_, d)| OrderedFloat(*d) == OrderedFloat(distance_2)) {
            if (piece.edge, OrderedFloat(piece.behind)) < (best.edge, OrderedFloat(best.behind)) {
                best = piece;
            }
        }
        let on_plane = best.nearest(p);
        let on_road = self.plane.unproject(on_plane);
        let metres = place.metres_to(on_road);
        if metres > SNAP_LIMIT.0 as f64 {
            return Err(off(metres));
        }
        let edge = &network.edges[best.edge as usize];
        let behind = best.behind + squared(best.from, on_plane).sqrt();
        let node = if behind * 2.0 <= f64::from(edge.cm) / 100.0 { edge.a } else { edge.b };
        Ok(Snap { node: Node(node), on_road, distance: Metres(metres.ceil() as i64) })
    }
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
