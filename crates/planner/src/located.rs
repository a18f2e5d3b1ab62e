//! Travel between places that lie in a plane: what lets a search leave out most vehicles without looking at them.

use units::Node;

use crate::fault::Fault;
use crate::travel::{Matrix, Travel};

/// A point of a plane whose unit is one tick of driving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Position {
    pub x: i32,
    pub y: i32,
}

impl Position {
    /// Coordinates stay within plus or minus this, so that squares of distances are exact.
    pub const FARTHEST: i32 = 1 << 29;

    pub const fn new(x: i32, y: i32) -> Position {
        Position { x, y }
    }

    /// No more than the straight line to the other, and less by no more than a tick or a millionth part of it. Only
    /// bounds are taken from it: it decides what need not be looked at, never what is found.
    pub(crate) fn line(self, other: Position) -> i64 {
        let (dx, dy) = (i64::from(self.x) - i64::from(other.x), i64::from(self.y) - i64::from(other.y));
        // The square is exact in an i64; rounding it and its root to a double is off by far less than the factor.
        (((dx * dx + dy * dy) as f64).sqrt() * (1.0 - 1e-9)) as i64
    }

    /// The straight line rounded up to a whole tick: keeps the triangle inequality.
    fn line_up(self, other: Position) -> i64 {
        let (dx, dy) = (i64::from(self.x) - i64::from(other.x), i64::from(self.y) - i64::from(other.y));
        let square = dx * dx + dy * dy;
        // The root of the double may be one off either way; whole numbers settle it.
        let mut root = (square as f64).sqrt() as i64;
        while root * root < square {
            root += 1;
        }
        while root > 0 && (root - 1) * (root - 1) >= square {
            root -= 1;
        }
        root
    }
}

/// Travel with lower bounds by place.
pub trait Located: Travel {
    /// Where a place lies in a plane measured in ticks. Between two places that have a position, neither driving time
    /// nor cost is ever less than the straight line. `None`: nothing is known of the place.
    fn position(&self, place: Node) -> Option<Position>;

    /// By how much a way over a third place can be shorter or cheaper than the direct one: 0 where the triangle
    /// inequality holds for time and cost, `None` if by any number.
    fn shortcut(&self) -> Option<i64>;
}

impl<T: Located + ?Sized> Located for &T {
    fn position(&self, place: Node) -> Option<Position> {
        (**self).position(place)
    }

    fn shortcut(&self) -> Option<i64> {
        (**self).shortcut()
    }
}

/// A matrix alone knows nothing of places: every vehicle is looked at.
impl Located for Matrix {
    fn position(&self, _: Node) -> Option<Position> {
        None
    }

    fn shortcut(&self) -> Option<i64> {
        None
    }
}

/// Straight lines in a plane at one tick a unit, rounded up; `Node(k)` is the k-th place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane {
    places: Vec<Position>,
}

impl Plane {
    /// The end of a vehicle that stays where its last visit leaves it: reached from everywhere at once, for nothing.
    pub const NOWHERE: Node = Node(u32::MAX);

    pub fn new(places: Vec<Position>) -> Result<Plane, Fault> {
        check_positions(&places)?;
        Ok(Plane { places })
    }
}

impl Travel for Plane {
    fn ticks(&self, from: Node, to: Node) -> i64 {
        match (self.position(from), self.position(to)) {
            (Some(a), Some(b)) => a.line_up(b),
            _ => 0,
        }
    }
}

impl Located for Plane {
    fn position(&self, place: Node) -> Option<Position> {
        self.places.get(place.index()).copied()
    }

    fn shortcut(&self) -> Option<i64> {
        Some(0)
    }
}

/// A matrix whose places are known: positions in any unit are scaled so that no entry falls below the straight line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    matrix: Matrix,
    places: Vec<Position>,
    shortcut: Option<i64>,
    /// From here on every number is [`Plane::NOWHERE`].
    size: usize,
}

impl Mapped {
    /// One point per place of the matrix, in any unit (metres, degrees times a constant). `shortcut`: see [`Located`].
    pub fn new(matrix: Matrix, points: &[(i64, i64)], shortcut: Option<i64>) -> Result<Mapped, Fault> {
        let size = matrix.size();
        if points.len() != size {
            return Err(Fault::Model {
                field: "points".into(),
                problem: format!("{} for {size} places", points.len()),
                expected: "one per place".into(),
            });
        }
        let scale = scale(&matrix, points);
        let place = |(x, y): &(i64, i64)| {
            // Towards zero by less than a tick each: the bound is taken off in `scale`.
            Position { x: (*x as f64 * scale) as i32, y: (*y as f64 * scale) as i32 }
        };
        let places: Vec<Position> = points.iter().map(place).collect();
        check_positions(&places)?;
        Ok(Mapped { matrix, places, shortcut, size })
    }

    fn is_place(&self, node: Node) -> bool {
        node.index() < self.size
    }
}

/// The greatest scale at which no entry of the matrix is below the straight line between rounded positions.
fn scale(matrix: &Matrix, points: &[(i64, i64)]) -> f64 {
    let mut least = f64::INFINITY;
    for (a, from) in points.iter().enumerate() {
        for (b, to) in points.iter().enumerate() {
            let (dx, dy) = ((from.0 - to.0) as f64, (from.1 - to.1) as f64);
            let away = (dx * dx + dy * dy).sqrt();
            if away > 0.0 {
                let (a, b) = (Node(a as u32), Node(b as u32));
                // Rounding moves each end by less than a tick along each axis: three ticks cover both ends.
                let entry = matrix.ticks(a, b).min(matrix.cost(a, b)) - 3;
                least = least.min(entry.max(0) as f64 / away);
            }
        }
    }
    if least.is_finite() { least * (1.0 - 1e-9) } else { 0.0 }
}

impl Travel for Mapped {
    fn ticks(&self, from: Node, to: Node) -> i64 {
        if self.is_place(from) && self.is_place(to) { self.matrix.ticks(from, to) } else { 0 }
    }

    fn cost(&self, from: Node, to: Node) -> i64 {
        if self.is_place(from) && self.is_place(to) { self.matrix.cost(from, to) } else { 0 }
    }
}

impl Located for Mapped {
    fn position(&self, place: Node) -> Option<Position> {
        self.places.get(place.index()).copied()
    }

    fn shortcut(&self) -> Option<i64> {
        self.shortcut
    }
}

fn check_positions(places: &[Position]) -> Result<(), Fault> {
    let far = |p: &Position| p.x.unsigned_abs().max(p.y.unsigned_abs()) > Position::FARTHEST.unsigned_abs();
    match places.iter().position(far) {
        Some(k) => Err(Fault::Model {
            field: format!("places[{k}]"),
            problem: format!("{:?}", places[k]),
            expected: format!("coordinates within plus or minus {}", Position::FARTHEST),
        }),
        None => Ok(()),
    }
}
