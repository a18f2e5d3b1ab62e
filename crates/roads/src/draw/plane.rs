//! A flat drawing board in metres, and the few tools used on it.
//!
//! Only `+ - * /` and `sqrt` are used, which every machine rounds alike, so a seed gives the same town everywhere.

use std::ops::{Add, Mul, Sub};

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use units::Point;

/// Metres east and north of the board's south-western corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct V {
    pub x: f64,
    pub y: f64,
}

pub(super) const fn v(x: f64, y: f64) -> V {
    V { x, y }
}

impl Add for V {
    type Output = V;
    fn add(self, o: V) -> V {
        v(self.x + o.x, self.y + o.y)
    }
}

impl Sub for V {
    type Output = V;
    fn sub(self, o: V) -> V {
        v(self.x - o.x, self.y - o.y)
    }
}

impl Mul<f64> for V {
    type Output = V;
    fn mul(self, k: f64) -> V {
        v(self.x * k, self.y * k)
    }
}

impl V {
    pub fn dot(self, o: V) -> f64 {
        self.x * o.x + self.y * o.y
    }

    pub fn cross(self, o: V) -> f64 {
        self.x * o.y - self.y * o.x
    }

    pub fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    pub fn to(self, o: V) -> f64 {
        (o - self).length()
    }

    /// Length 1; east for a vector without direction.
    pub fn unit(self) -> V {
        let length = self.length();
        if length > 1e-9 { self * (1.0 / length) } else { v(1.0, 0.0) }
    }

    /// A quarter turn to the left.
    pub fn left(self) -> V {
        v(-self.y, self.x)
    }

    pub fn mix(self, o: V, share: f64) -> V {
        self + (o - self) * share
    }
}

pub(super) const WIDTH: f64 = 10_000.0;
pub(super) const HEIGHT: f64 = 8_000.0;

const SOUTH: f64 = 36.354;
const WEST: f64 = 139.005;
const METRES_PER_DEGREE: f64 = 111_195.0;
/// Cosine of the board's middle latitude.
const NARROWING: f64 = 0.805;

pub(super) fn to_point(p: V) -> Point {
    let lat = SOUTH + p.y / METRES_PER_DEGREE;
    let lon = WEST + p.x / (METRES_PER_DEGREE * NARROWING);
    Point::from_e7((lat * 1e7).round() as i32, (lon * 1e7).round() as i32)
}

/// Chance for one purpose; another purpose's draws do not disturb it.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub fn new(seed: u64, purpose: u64) -> Chance {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(purpose);
        Chance(rng)
    }

    /// From 0 up to but not including 1.
    pub fn share(&mut self) -> f64 {
        // 53 bits: exact in a double.
        (self.0.random::<u64>() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn within(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.share()
    }

    pub fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    pub fn below(&mut self, limit: usize) -> usize {
        ((self.share() * limit as f64) as usize).min(limit.saturating_sub(1))
    }

    pub fn shift(&mut self, reach: f64) -> V {
        v(self.within(-reach, reach), self.within(-reach, reach))
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// Smooth noise between -1 and 1: random values on a lattice, eased in between.
#[derive(Clone, Copy)]
pub(super) struct Noise(pub u64);

impl Noise {
    fn corner(self, x: i64, y: i64) -> f64 {
        let mut z = self.0
            ^ (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    pub fn at(self, p: V, wavelength: f64) -> f64 {
        let (x, y) = (p.x / wavelength, p.y / wavelength);
        let (left, low) = (x.floor(), y.floor());
        let ease = |t: f64| t * t * (3.0 - 2.0 * t);
        let (s, t) = (ease(x - left), ease(y - low));
        let (i, j) = (left as i64, low as i64);
        let below = self.corner(i, j) * (1.0 - s) + self.corner(i + 1, j) * s;
        let above = self.corner(i, j + 1) * (1.0 - s) + self.corner(i + 1, j + 1) * s;
        below * (1.0 - t) + above * t
    }

    pub fn shift(self, p: V, wavelength: f64, reach: f64) -> V {
        v(self.at(p, wavelength), Noise(self.0 ^ 0xa5a5_a5a5).at(p, wavelength)) * reach
    }
}

/// A smooth line through the points (Catmull-Rom), in steps of about `step` metres.
pub(super) fn spline(through: &[V], step: f64) -> Vec<V> {
    let mut line = Vec::new();
    let last = through.len() - 1;
    for i in 0..last {
        let (b, c) = (through[i], through[i + 1]);
        let a = if i == 0 { b + (b - c) } else { through[i - 1] };
        let d = if i + 1 == last { c + (c - b) } else { through[i + 2] };
        let pieces = (b.to(c) / step).ceil().max(1.0) as usize;
        for k in 0..pieces {
            let t = k as f64 / pieces as f64;
            let (t2, t3) = (t * t, t * t * t);
            let p = b * 2.0
                + (c - a) * t
                + (a * 2.0 - b * 5.0 + c * 4.0 - d) * t2
                + (b * 3.0 - a - c * 3.0 + d) * t3;
            line.push(p * 0.5);
        }
    }
    line.push(through[last]);
    line
}

/// Where the segments cross, as shares of the way along each; `None` when they do not or are parallel.
pub(super) fn crossing(a: V, b: V, c: V, d: V) -> Option<(f64, f64)> {
    let (r, s) = (b - a, d - c);
    let turn = r.cross(s);
    if turn.abs() < 1e-12 {
        return None;
    }
    let (t, u) = ((c - a).cross(s) / turn, (c - a).cross(r) / turn);
    ((0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u)).then_some((t, u))
}

pub(super) fn distance_to_segment(p: V, a: V, b: V) -> f64 {
    let along = b - a;
    let t = ((p - a).dot(along) / along.dot(along).max(1e-12)).clamp(0.0, 1.0);
    p.to(a + along * t)
}

pub(super) fn line_length(line: &[V]) -> f64 {
    line.windows(2).map(|p| p[0].to(p[1])).sum()
}

/// The point that far along the line, and the direction there.
pub(super) fn along(line: &[V], metres: f64) -> (V, V) {
    let mut behind = 0.0;
    for pair in line.windows(2) {
        let length = pair[0].to(pair[1]);
        if behind + length >= metres && length > 0.0 {
            return (pair[0].mix(pair[1], (metres - behind) / length), (pair[1] - pair[0]).unit());
        }
        behind += length;
    }
    let n = line.len();
    (line[n - 1], (line[n - 1] - line[n.saturating_sub(2)]).unit())
}

/// Segments with a mark, found by place.
pub(super) struct SegmentGrid<T> {
    columns: usize,
    rows: usize,
    cells: Vec<Vec<u32>>,
    segments: Vec<(V, V, T)>,
}

const CELL: f64 = 150.0;
/// The grid reaches this far beyond the board.
const APRON: f64 = 600.0;

impl<T: Copy> SegmentGrid<T> {
    pub fn new() -> SegmentGrid<T> {
        let columns = ((WIDTH + 2.0 * APRON) / CELL) as usize + 1;
        let rows = ((HEIGHT + 2.0 * APRON) / CELL) as usize + 1;
        SegmentGrid { columns, rows, cells: vec![Vec::new(); columns * rows], segments: Vec::new() }
    }

    fn cells_around(&self, a: V, b: V, reach: f64) -> impl Iterator<Item = usize> + use<T> {
        let clamp = |x: f64, limit: usize| (((x + APRON) / CELL).max(0.0) as usize).min(limit - 1);
        let columns = clamp(a.x.min(b.x) - reach, self.columns)..=clamp(a.x.max(b.x) + reach, self.columns);
        let rows = clamp(a.y.min(b.y) - reach, self.rows)..=clamp(a.y.max(b.y) + reach, self.rows);
        let width = self.columns;
        rows.flat_map(move |row| columns.clone().map(move |column| row * width + column))
    }

    pub fn add(&mut self, a: V, b: V, mark: T) {
        let index = self.segments.len() as u32;
        self.segments.push((a, b, mark));
        for cell in self.cells_around(a, b, 0.0) {
            self.cells[cell].push(index);
        }
    }

    pub fn add_line(&mut self, line: &[V], mark: T) {
        for pair in line.windows(2) {
            self.add(pair[0], pair[1], mark);
        }
    }

    /// Marks and places of all segments that cross the line from `a` to `b`; a segment may come more than once.
    pub fn crossed(&self, a: V, b: V) -> impl Iterator<Item = (T, V)> + '_ {
        self.cells_around(a, b, 0.0).flat_map(move |cell| {
            self.cells[cell].iter().filter_map(move |i| {
                let (c, d, mark) = self.segments[*i as usize];
                crossing(a, b, c, d).map(|(t, _)| (mark, a.mix(b, t)))
            })
        })
    }

    /// The least distance to a segment that passes the filter, if one is nearer than `reach`.
    pub fn nearest(&self, p: V, reach: f64, wanted: impl Fn(T) -> bool) -> Option<(f64, T)> {
        let mut best: Option<(f64, T)> = None;
        for cell in self.cells_around(p, p, reach) {
            for i in &self.cells[cell] {
                let (a, b, mark) = self.segments[*i as usize];
                let distance = distance_to_segment(p, a, b);
                if wanted(mark) && distance < best.map_or(reach, |(d, _)| d) {
                    best = Some((distance, mark));
                }
            }
        }
        best
    }
}
