//! The port through which the planner learns travel times and costs, and its plain adapter: a square matrix.

use units::Node;

use crate::fault::Fault;

/// The longest finite time or distance in ticks. Sums of a few thousand of these still fit an `i64`; a leg that
/// cannot be driven takes this long, which no shift bears.
pub const LONGEST: i64 = 1 << 50;

/// "No limit" in closes and differences. Four of these can be added without overflow.
pub(crate) const FAR: i64 = 1 << 60;

/// Travel between places. Both figures are at least 0 and at most [`LONGEST`]; neither need be symmetric nor
/// satisfy the triangle inequality.
pub trait Travel {
    /// Driving time in ticks (live use: one tick is one second).
    fn ticks(&self, from: Node, to: Node) -> i64;

    /// What the objective counts for the leg. By default the driving time.
    fn cost(&self, from: Node, to: Node) -> i64 {
        self.ticks(from, to)
    }

    /// Time and cost of a leg in one look-up.
    fn leg(&self, from: Node, to: Node) -> (i64, i64) {
        (self.ticks(from, to), self.cost(from, to))
    }

    /// Times from every place to this one and from this one to every place, by number, where they lie at hand in
    /// that order and are the costs as well. Saves look-ups all over a large matrix.
    fn around(&self, _at: Node) -> Option<(&[i64], &[i64])> {
        None
    }

    /// By how much a way over a third place is shorter than the straight one at most, in ticks. Shortest paths have
    /// 0, or a little from rounding; where nobody has looked it may be anything.
    fn excess(&self) -> i64 {
        LONGEST
    }
}

impl<T: Travel + ?Sized> Travel for &T {
    fn excess(&self) -> i64 {
        (**self).excess()
    }

    fn leg(&self, from: Node, to: Node) -> (i64, i64) {
        (**self).leg(from, to)
    }

    fn around(&self, at: Node) -> Option<(&[i64], &[i64])> {
        (**self).around(at)
    }

    fn ticks(&self, from: Node, to: Node) -> i64 {
        (**self).ticks(from, to)
    }

    fn cost(&self, from: Node, to: Node) -> i64 {
        (**self).cost(from, to)
    }
}

/// Travel times between `size` places, row by row; `Node(k)` is the k-th place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    size: usize,
    ticks: Vec<i64>,
    /// Column by column; empty where `ticks` is symmetric.
    columns: Vec<i64>,
    cost: Option<Vec<i64>>,
    excess: i64,
}

/// Looking at all triples of more places than this takes too long.
const MOST_LOOKED_AT: usize = 400;

impl Matrix {
    /// `ticks` holds `size * size` entries, row = from, column = to, each within `0..=LONGEST`.
    pub fn new(size: usize, ticks: Vec<i64>) -> Result<Self, Fault> {
        check_entries(size, &ticks)?;
        let mut columns = Vec::with_capacity(ticks.len());
        for to in 0..size {
            columns.extend((0..size).map(|from| ticks[from * size + to]));
        }
        if columns == ticks {
            columns = Vec::new();
        }
        let excess = if size <= MOST_LOOKED_AT { excess(size, &ticks) } else { LONGEST };
        Ok(Matrix { size, ticks, columns, cost: None, excess })
    }

    /// Costs that differ from the times, in the same shape.
    pub fn with_costs(mut self, cost: Vec<i64>) -> Result<Self, Fault> {
        check_entries(self.size, &cost)?;
        self.cost = Some(cost);
        Ok(self)
    }

    /// Number of places.
    pub fn size(&self) -> usize {
        self.size
    }

    fn index(&self, from: Node, to: Node) -> usize {
        from.0 as usize * self.size + to.0 as usize
    }
}

fn check_entries(size: usize, entries: &[i64]) -> Result<(), Fault> {
    if entries.len() != size * size {
        return Err(Fault::Model {
            field: "matrix".into(),
            problem: format!("{} entries for {size} places", entries.len()),
            expected: format!("{} entries", size * size),
        });
    }
    match entries.iter().position(|t| !(0..=LONGEST).contains(t)) {
        Some(k) => Err(Fault::Model {
            field: format!("matrix[{}][{}]", k / size, k % size),
            problem: format!("{}", entries[k]),
            expected: "a time of 0 or more".into(),
        }),
        None => Ok(()),
    }
}

/// The largest `t(a, c) - t(a, b) - t(b, c)`, at least 0.
fn excess(size: usize, ticks: &[i64]) -> i64 {
    let rows = || ticks.chunks_exact(size.max(1));
    let mut most = 0;
    for from in rows() {
        for (to_middle, middle) in from.iter().zip(rows()) {
            let gain = from.iter().zip(middle).map(|(straight, rest)| straight - rest).max();
            most = most.max(gain.unwrap_or(0) - to_middle);
        }
    }
    most
}

impl Travel for Matrix {
    fn excess(&self) -> i64 {
        self.excess
    }

    fn ticks(&self, from: Node, to: Node) -> i64 {
        self.ticks[self.index(from, to)]
    }

    fn cost(&self, from: Node, to: Node) -> i64 {
        let index = self.index(from, to);
        match &self.cost {
            Some(cost) => cost[index],
            None => self.ticks[index],
        }
    }

    fn leg(&self, from: Node, to: Node) -> (i64, i64) {
        let index = self.index(from, to);
        let ticks = self.ticks[index];
        (ticks, self.cost.as_ref().map_or(ticks, |cost| cost[index]))
    }

    fn around(&self, at: Node) -> Option<(&[i64], &[i64])> {
        if self.cost.is_some() {
            return None;
        }
        let begin = at.0 as usize * self.size;
        let out = &self.ticks[begin..begin + self.size];
        let into = if self.columns.is_empty() { out } else { &self.columns[begin..begin + self.size] };
        Some((into, out))
    }
}
