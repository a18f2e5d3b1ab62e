//! A drawn stream of requests, the same for the same seed: RidePy's, so that both can be put side by side.
//!
//! Poisson arrivals; origin and destination uniform; pickup within 30 minutes of the request; drop-off within 2.6 times
//! the direct time of it (a delay of 1.6 times the direct time). Vehicles with 8 seats start at uniform places and
//! stay where their last rider leaves them.

use planner::{Load, Located, Mapped, Matrix, Plane, Position, Request, Span, Stop, Vehicle};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use roads::Roads;
use units::Node;

use crate::fault::Fault;

/// Side of the square in metres.
const SIDE_METRES: f64 = 20_000.0;
/// Straight lines are driven at 0.5/1.3 km a minute.
const METRES_PER_MINUTE: f64 = 500.0 / 1.3;
const SEATS: i32 = 8;
const PICKUP_WITHIN_MINUTES: i64 = 30;
/// No shift ends within any run.
const DAY: i64 = 1 << 45;

/// What to draw.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    pub vehicles: u32,
    pub requests: u32,
    /// Requests a minute.
    pub rate: f64,
    pub seed: u64,
}

/// One wish: when it is made, and between which places.
#[derive(Debug, Clone, Copy)]
struct Wish {
    at: i64,
    from: Node,
    to: Node,
}

pub struct Stream {
    starts: Vec<Node>,
    wishes: Vec<Wish>,
    minute: i64,
}

impl Stream {
    /// In a square with straight lines; a tick is a millisecond.
    pub fn in_square(draw: Draw) -> Result<(Stream, Plane), Fault> {
        let rng = &mut ChaCha8Rng::seed_from_u64(draw.seed);
        let minute = 60_000;
        let side = (SIDE_METRES / METRES_PER_MINUTE * minute as f64) as i32;
        let count = draw.vehicles + 2 * draw.requests;
        let places =
            (0..count).map(|_| Position::new(rng.random_range(0..=side), rng.random_range(0..=side)));
        let plane = Plane::new(places.collect())?;
        let times = arrivals(rng, draw, minute);
        let wish = |(k, at)| {
            let from = draw.vehicles + 2 * k as u32;
            Wish { at, from: Node(from), to: Node(from + 1) }
        };
        let wishes = times.into_iter().enumerate().map(wish).collect();
        let starts = (0..draw.vehicles).map(Node).collect();
        Ok((Stream { starts, wishes, minute }, plane))
    }

    /// Between `places` drawn nodes of a road network, with a table of all times between them; a tick is a second.
    pub fn on_roads(draw: Draw, roads: &Roads, places: u32) -> Result<(Stream, Mapped), Fault> {
        let rng = &mut ChaCha8Rng::seed_from_u64(draw.seed);
        let nodes: Vec<Node> =
            (0..places).map(|_| Node(rng.random_range(0..roads.node_count() as u32))).collect();
        let mut ticks = Vec::with_capacity(nodes.len() * nodes.len());
        for from in nodes.chunks(64) {
            ticks.extend(roads.many_to_many(from, &nodes).into_iter().map(|travel| travel.seconds.0));
        }
        // A plane in ten-millionths of a degree of latitude; any plane will do, the scale is found from the table.
        let shrink = roads.bounds().sw.lat().to_radians().cos();
        let point = |node: &Node| {
            let point = roads.point(*node)?;
            Some(((f64::from(point.lon_e7()) * shrink) as i64, i64::from(point.lat_e7())))
        };
        let west = (f64::from(roads.bounds().sw.lon_e7()) * shrink) as i64;
        let south = i64::from(roads.bounds().sw.lat_e7());
        let points: Vec<(i64, i64)> =
            nodes.iter().filter_map(point).map(|(x, y)| (x - west, y - south)).collect();
        // Seconds of the roads are rounded up and keep the triangle inequality.
        let mapped = Mapped::new(Matrix::new(nodes.len(), ticks)?, &points, Some(0))?;
        let minute = 60;
        let wishes = arrivals(rng, draw, minute)
            .into_iter()
            .map(|at| {
                let from = rng.random_range(0..places);
                let to = (from + rng.random_range(1..places)) % places;
                Wish { at, from: Node(from), to: Node(to) }
            })
            .collect();
        let starts = (0..draw.vehicles).map(|_| Node(rng.random_range(0..places))).collect();
        Ok((Stream { starts, wishes, minute }, mapped))
    }

    pub fn vehicles(&self) -> Vec<Vehicle> {
        let seats = Load([SEATS, 0, 0, 0]);
        let vehicle = |start: &Node| Vehicle {
            out: true,
            ..Vehicle::new(*start, Plane::NOWHERE, Span::new(0, DAY), seats)
        };
        self.starts.iter().map(vehicle).collect()
    }

    /// The requests in order of time, each with the time at which it is made.
    pub fn requests(&self, travel: &impl Located) -> Vec<(i64, Request)> {
        let request = |wish: &Wish| {
            let direct = travel.ticks(wish.from, wish.to);
            let stop = |at, length| Stop { at, window: Span::new(wish.at, wish.at + length), service: 0 };
            let pickup = stop(wish.from, PICKUP_WITHIN_MINUTES * self.minute);
            (wish.at, Request::new(pickup, stop(wish.to, direct + direct * 8 / 5), Load([1, 0, 0, 0])))
        };
        self.wishes.iter().map(request).collect()
    }
}

/// Times of a Poisson process.
fn arrivals(rng: &mut ChaCha8Rng, draw: Draw, minute: i64) -> Vec<i64> {
    let mut at = 0.0;
    let mut next = || {
        let share: f64 = rng.random();
        at -= (1.0 - share).ln() / draw.rate * minute as f64;
        at as i64
    };
    (0..draw.requests).map(|_| next()).collect()
}
