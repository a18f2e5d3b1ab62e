//! Without any roads file: straight lines, stretched by what roads are longer than the crow flies.
//!
//! Positions are the cells of a grid, so that a place keeps a node as it does on roads.

use units::{Metres, Node, Point, Seconds};

use crate::path::{Path, PathPoint, Step, Street, Travel};
use crate::{Act, Bounds, Fault, OffRoad, Snap};

/// Cells along each side: all nodes fit into 32 bits.
const CELLS: i64 = 65_535;

/// How far and how fast straight lines are driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StraightLines {
    /// Places must lie in here. Cells are a 65,535th of its sides: some 1.5 m in a box of 100 km, some 35 m in all Japan.
    pub bounds: Bounds,
    /// Road metres to a hundred metres as the crow flies: 125 in Tachikawa, 128 in Coquimbo (medians over random pairs).
    pub factor_percent: u32,
    /// Mean speed on the road, waits and turns included.
    pub kmh: u32,
}

impl StraightLines {
    /// Everywhere in Japan, at medians of real networks: see `docs/benchmarks/roads.md`.
    pub fn in_japan() -> StraightLines {
        let (sw, ne) =
            (Point::from_e7(240_000_000, 1_220_000_000), Point::from_e7(460_000_000, 1_460_000_000));
        StraightLines::within(Bounds { sw, ne })
    }

    pub fn within(bounds: Bounds) -> StraightLines {
        StraightLines { bounds, factor_percent: 130, kmh: 24 }
    }

    /// # Errors
    /// [`Fault::BadLines`] where a figure makes no sense.
    pub fn check(&self) -> Result<(), Fault> {
        let bad = |what: String| Err(Fault::BadLines { what });
        if !(100..=300).contains(&self.factor_percent) {
            return bad(format!("the factor is {} per cent; expected 100 to 300", self.factor_percent));
        }
        if !(5..=100).contains(&self.kmh) {
            return bad(format!("the speed is {} km/h; expected 5 to 100", self.kmh));
        }
        Ok(())
    }

    pub fn node_count(&self) -> usize {
        (CELLS * CELLS) as usize
    }

    fn sides(&self) -> (i64, i64) {
        let Bounds { sw, ne } = self.bounds;
        (
            (i64::from(ne.lat_e7()) - i64::from(sw.lat_e7())).max(1),
            (i64::from(ne.lon_e7()) - i64::from(sw.lon_e7())).max(1),
        )
    }

    /// The middle of a cell; `None` beyond the last.
    pub fn point(&self, node: Node) -> Option<Point> {
        let (row, column) = (i64::from(node.0) / CELLS, i64::from(node.0) % CELLS);
        if row >= CELLS {
            return None;
        }
        let (height, breadth) = self.sides();
        let at =
            |low: i32, side: i64, cell: i64| (i64::from(low) + (cell * 2 + 1) * side / (CELLS * 2)) as i32;
        Some(Point::from_e7(
            at(self.bounds.sw.lat_e7(), height, row),
            at(self.bounds.sw.lon_e7(), breadth, column),
        ))
    }

    pub fn snap(&self, place: Point) -> Result<Snap, OffRoad> {
        let Bounds { sw, ne } = self.bounds;
        if !self.bounds.contains(place) {
            let inside = Point::from_e7(
                place.lat_e7().clamp(sw.lat_e7(), ne.lat_e7()),
                place.lon_e7().clamp(sw.lon_e7(), ne.lon_e7()),
            );
            let nearest = Metres(place.metres_to(inside).ceil() as i64);
            return Err(OffRoad { point: place, nearest, limit: Metres(0) });
        }
        let (height, breadth) = self.sides();
        let cell = |at: i32, low: i32, side: i64| {
            ((i64::from(at) - i64::from(low)) * CELLS / side).clamp(0, CELLS - 1)
        };
        let node =
            cell(place.lat_e7(), sw.lat_e7(), height) * CELLS + cell(place.lon_e7(), sw.lon_e7(), breadth);
        let node = Node(node as u32);
        let on_road = self.point(node).unwrap_or(place);
        let distance = Metres(place.metres_to(on_road).ceil() as i64);
        Ok(Snap { node, on_road, distance, width_dm: None })
    }

    /// # Panics
    /// If a node is beyond the grid.
    pub fn travel(&self, from: Node, to: Node) -> Travel {
        let (Some(a), Some(b)) = (self.point(from), self.point(to)) else {
            panic!("{from} or {to} is beyond the grid");
        };
        let metres = (a.metres_to(b) * f64::from(self.factor_percent) / 100.0).ceil() as i64;
        Travel {
            seconds: Seconds((metres * 36 + self.kmh_tenths() - 1) / self.kmh_tenths()),
            metres: Metres(metres),
        }
    }

    fn kmh_tenths(&self) -> i64 {
        i64::from(self.kmh) * 10
    }

    pub fn path(&self, from: Node, to: Node) -> Path {
        let travel = self.travel(from, to);
        let millis = travel.seconds.0 * 1000;
        let ends = [(from, 0, Act::Depart, Metres(0)), (to, millis, Act::Arrive, travel.metres)];
        let at = |node: Node| self.point(node).unwrap_or(self.bounds.sw);
        if from == to {
            return Path::none(from, self.point(from));
        }
        let points = ends.map(|(node, after_millis, ..)| PathPoint { point: at(node), after_millis });
        let steps = ends.map(|(node, after_millis, act, driven)| Step {
            act,
            name: String::new(),
            at: driven,
            ahead: travel.metres - driven,
            after_millis,
            point: at(node),
        });
        Path {
            seconds: travel.seconds,
            metres: travel.metres,
            from,
            to,
            points: points.to_vec(),
            streets: vec![Street { name: String::new(), metres: travel.metres }],
            steps: steps.to_vec(),
        }
    }
}
