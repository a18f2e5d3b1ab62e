//! Where a vehicle may halt. A [`units::Node`] names a position: a stretch of at most 100 metres of an edge, and on a
//! busy two-way street its side.
//!
//! ```text
//! quiet or one-way street   a |---0---|---1---|---2---| b     one node each: halt on either side, leave either way
//! busy two-way street       a |---0---|---2---|---4---| b     left kerb of those who go from a to b (left-hand traffic)
//!                             |---1---|---3---|---5---|       left kerb of those who come back
//! ```

use smallvec::SmallVec;
use units::{Node, Point};

use crate::network::{Arc, Edge, Network, arc};

/// Positions on an edge lie no farther apart than this.
const SPACING_CM: u32 = 10_000;

#[derive(Debug, Clone, Default)]
pub(crate) struct Positions {
    /// Nodes of edge `e` are `first[e]..first[e + 1]`.
    first: Vec<u32>,
}

/// A way in which a vehicle may stand at a position: on an arc, so far along it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Halt {
    pub arc: Arc,
    /// Share of the arc driven from its tail: `num / den`.
    pub num: u32,
    pub den: u32,
}

/// A position, as part of its edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub edge: u32,
    /// Which of the edge's stretches, from `a`.
    pub stretch: u32,
    pub stretches: u32,
    /// On the kerb of those who go from `a` to `b`, of those who come back, or of both.
    pub side: Option<bool>,
}

fn stretches(edge: &Edge) -> u32 {
    if edge.class.may_halt() { edge.cm.div_ceil(SPACING_CM).max(1) } else { 0 }
}

fn sides(edge: &Edge) -> u32 {
    if edge.is_oneway() || edge.is_quiet() { 1 } else { 2 }
}

impl Positions {
    pub fn of(network: &Network) -> Positions {
        let mut first = Vec::with_capacity(network.edges.len() + 1);
        let mut next = 0_u32;
        first.push(0);
        for edge in &network.edges {
            next = next.saturating_add(stretches(edge).saturating_mul(sides(edge)));
            first.push(next);
        }
        Positions { first }
    }

    pub fn count(&self) -> usize {
        self.first.last().copied().unwrap_or(0) as usize
    }

    pub fn place(&self, network: &Network, node: Node) -> Option<Place> {
        if node.index() >= self.count() {
            return None;
        }
        let edge = self.first.partition_point(|first| *first <= node.0) as u32 - 1;
        let e = &network.edges[edge as usize];
        let within = node.0 - self.first[edge as usize];
        let sides = sides(e);
        let side = (sides == 2).then_some(within.is_multiple_of(2));
        Some(Place { edge, stretch: within / sides, stretches: stretches(e), side })
    }

    /// The node at a share of an edge from its `a`; `forward` says on whose kerb, where that matters.
    pub fn node_at(&self, network: &Network, edge: u32, share: f64, forward: bool) -> Node {
        let e = &network.edges[edge as usize];
        let count = stretches(e);
        let stretch = ((share.clamp(0.0, 1.0) * f64::from(count)) as u32).min(count.saturating_sub(1));
        let sides = sides(e);
        Node(self.first[edge as usize] + stretch * sides + u32::from(sides == 2 && !forward))
    }
}

impl Place {
    /// The ways to stand here: one or two.
    pub fn halts(self, network: &Network) -> SmallVec<[Halt; 2]> {
        let e = &network.edges[self.edge as usize];
        let den = self.stretches * 2;
        let mut halts = SmallVec::new();
        for forward in [true, false] {
            if e.is_open(forward) && self.side.is_none_or(|side| side == forward) {
                let from_a = self.stretch * 2 + 1;
                let num = if forward { from_a } else { den - from_a };
                halts.push(Halt { arc: arc(self.edge, forward), num, den });
            }
        }
        halts
    }

    pub fn share(self) -> f64 {
        f64::from(self.stretch * 2 + 1) / f64::from(self.stretches * 2)
    }

    /// The middle of the stretch on the road's line.
    pub fn point(self, network: &Network) -> Point {
        let line = network.line(self.edge as usize, true);
        crate::line::along(&line, self.share())
    }
}
