//! From a place to the nearest road and a position on it.

use geo::{Closest, ClosestPoint, Coord, Line};
use ordered_float::OrderedFloat;
use rstar::{AABB, PointDistance, RTree, RTreeObject};
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

/// One straight piece of an edge, in metres on the plane; a tenth of a metre is fine enough, a million pieces are many.
struct Piece {
    edge: u32,
    /// Metres along the edge, from its `a` to the piece's beginning.
    behind: f32,
    from: [f32; 2],
    to: [f32; 2],
}

fn wide([x, y]: [f32; 2]) -> [f64; 2] {
    [f64::from(x), f64::from(y)]
}

impl Piece {
    fn nearest(&self, p: [f64; 2]) -> [f64; 2] {
        let coord = |c: [f64; 2]| Coord { x: c[0], y: c[1] };
        let line = Line::new(coord(wide(self.from)), coord(wide(self.to)));
        match line.closest_point(&geo::Point::from(coord(p))) {
            Closest::SinglePoint(q) | Closest::Intersection(q) => [q.x(), q.y()],
            // A piece without length.
            Closest::Indeterminate => wide(self.from),
        }
    }

    /// Whether the point lies to the left of who drives from the edge's `a` to its `b`.
    fn is_left(&self, p: [f64; 2]) -> bool {
        let (from, to) = (wide(self.from), wide(self.to));
        (to[0] - from[0]) * (p[1] - from[1]) - (to[1] - from[1]) * (p[0] - from[0]) >= 0.0
    }
}

fn squared(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
    dx * dx + dy * dy
}

impl RTreeObject for Piece {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(wide(self.from), wide(self.to))
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

/// A road near a place.
struct Near<'i> {
    piece: &'i Piece,
    on_plane: [f64; 2],
    metres: f64,
}

impl SnapIndex {
    pub fn new(network: &Network, bounds: Bounds) -> SnapIndex {
        let plane = Plane::around(bounds);
        let mut pieces = Vec::new();
        for (i, _) in network.edges.iter().enumerate().filter(|(_, edge)| edge.class.may_halt()) {
            let mut behind = 0.0;
            for pair in network.line(i, true).windows(2) {
                let (from, to) = (plane.project(pair[0]), plane.project(pair[1]));
                let narrow = |[x, y]: [f64; 2]| [x as f32, y as f32];
                pieces.push(Piece {
                    edge: i as u32,
                    behind: behind as f32,
                    from: narrow(from),
                    to: narrow(to),
                });
                behind += squared(from, to).sqrt();
            }
        }
        SnapIndex { plane, tree: RTree::bulk_load(pieces) }
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
        let mut found: Vec<Near> = Vec::new();
        let mut nearest = f64::from(u32::MAX);
        let mut tie = f64::NEG_INFINITY;
        for (piece, distance_2) in self.tree.nearest_neighbor_iter_with_distance_2(p) {
            let on_plane = piece.nearest(p);
            let metres = place.metres_to(self.plane.unproject(on_plane));
            nearest = nearest.min(metres);
            // Of equally near pieces (the edges that meet at a corner) the one of the first edge counts.
            let ends = found.len() >= most && OrderedFloat(distance_2) != OrderedFloat(tie);
            if metres > SNAP_LIMIT.0 as f64 || ends {
                break;
            }
            tie = distance_2;
            match found.iter_mut().find(|n| n.piece.edge == piece.edge) {
                Some(known) if squared(known.on_plane, p) <= distance_2 => {}
                Some(known) => *known = Near { piece, on_plane, metres },
                None => found.push(Near { piece, on_plane, metres }),
            }
        }
        if found.is_empty() {
            let nearest = Metres(nearest.ceil() as i64);
            return Err(OffRoad { point: place, nearest, limit: SNAP_LIMIT });
        }
        let rank = |n: &Near| (OrderedFloat(squared(n.on_plane, p)), n.piece.edge);
        found.sort_by_key(rank);
        found.truncate(most);
        Ok(found.iter().map(|near| self.snap(network, positions, p, near)).collect())
    }

    fn snap(&self, network: &Network, positions: &Positions, p: [f64; 2], near: &Near) -> Snap {
        let piece = near.piece;
        let edge = &network.edges[piece.edge as usize];
        let behind = f64::from(piece.behind) + squared(wide(piece.from), near.on_plane).sqrt();
        let share = behind * 100.0 / f64::from(edge.cm);
        let forward = piece.is_left(p) == network.drives_left;
        Snap {
            node: positions.node_at(network, piece.edge, share, forward),
            on_road: self.plane.unproject(near.on_plane),
            distance: Metres(near.metres.ceil() as i64),
            width_dm: None,
        }
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
