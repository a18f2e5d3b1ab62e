//! The network itself: nodes, edges, lines, forbidden turns. Everything else is derived from it.

use units::Point;

use crate::RoadClass;
use crate::speeds::{Paving, Surface};

/// One direction of an edge: twice the edge's number, plus one for the direction from `b` to `a`.
pub(crate) type Arc = u32;

pub(crate) const fn arc(edge: u32, forward: bool) -> Arc {
    edge * 2 + (!forward) as u32
}

pub(crate) const fn edge_of(arc: Arc) -> usize {
    (arc / 2) as usize
}

pub(crate) const fn is_forward(arc: Arc) -> bool {
    arc.is_multiple_of(2)
}

/// Yes-or-no facts of an edge, as bits.
pub(crate) mod flag {
    pub const OPEN_AB: u8 = 1;
    pub const OPEN_BA: u8 = 2;
    pub const RAMP: u8 = 4;
    pub const ROUND: u8 = 8;
    pub const TUNNEL: u8 = 16;
    pub const BRIDGE: u8 = 32;
    pub const BUILT_UP: u8 = 64;
    /// Several lanes, or halting forbidden on the far side: doors open on the near kerb only.
    pub const WIDE: u8 = 128;
}

/// Halts on the way, counted for one direction of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Halts {
    pub signals: u8,
    pub crossings: u8,
    pub stops: u8,
    pub level_crossings: u8,
}

/// A stretch of road between two nodes, in at least one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub a: u32,
    pub b: u32,
    /// Index into [`Network::names`].
    pub name: u32,
    /// Length along the line in centimetres, at least 1.
    pub cm: u32,
    /// The points between `a` and `b` are `Network::shape[shape_from..shape_to]`.
    pub shape_from: u32,
    pub shape_to: u32,
    pub class: RoadClass,
    pub surface: Surface,
    pub flags: u8,
    /// Signed limit, 0 where none is.
    pub limit_kmh: u8,
    /// What a vehicle may measure across, in decimetres; 0 where nothing is known.
    pub width_dm: u8,
    /// Headings in 256ths of a circle, clockwise from north: leaving `a`, and arriving at `b`.
    pub heading_a: u8,
    pub heading_b: u8,
    /// Driven from `a` to `b`, and back.
    pub halts: [Halts; 2],
}

/// Lanes below this many decimetres take one vehicle at a time.
pub(crate) const NARROW_DM: u8 = 40;

impl Edge {
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub fn is_open(&self, forward: bool) -> bool {
        self.has(if forward { flag::OPEN_AB } else { flag::OPEN_BA })
    }

    pub fn is_oneway(&self) -> bool {
        !(self.has(flag::OPEN_AB) && self.has(flag::OPEN_BA))
    }

    pub fn other(&self, node: u32) -> u32 {
        if self.a == node { self.b } else { self.a }
    }

    /// Whether a vehicle may halt on either side of it and leave either way.
    pub fn is_quiet(&self) -> bool {
        self.class.is_quiet() && !self.has(flag::WIDE)
    }

    pub fn paving(&self) -> Paving {
        Paving {
            class: self.class,
            ramp: self.has(flag::RAMP),
            surface: self.surface,
            built_up: self.has(flag::BUILT_UP),
            narrow: self.width_dm > 0 && self.width_dm < NARROW_DM,
            limit_kmh: self.limit_kmh,
        }
    }
}

/// Facts of a node, as bits.
pub(crate) mod node_flag {
    /// Traffic lights stand here.
    pub const SIGNALS: u8 = 1;
    /// The road ends here, so that one may turn round.
    pub const DEAD_END: u8 = 2;
}

/// Nodes are numbered densely. Every open arc reaches every other over allowed turns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Network {
    pub points: Vec<Point>,
    pub node_flags: Vec<u8>,
    pub edges: Vec<Edge>,
    pub shape: Vec<Point>,
    /// Names of roads; the first is always empty.
    pub names: Vec<String>,
    /// Sequences of arcs that must not be driven one after the other: two for an ordinary forbidden turn, more for one
    /// over a way.
    pub bans: Vec<Vec<Arc>>,
    pub drives_left: bool,
    /// Edges that touch node `n`, open from it or not.
    first_touch: Vec<u32>,
    touches: Vec<u32>,
}

/// What makes a network, before its derived lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pieces {
    pub points: Vec<Point>,
    pub node_flags: Vec<u8>,
    pub edges: Vec<Edge>,
    pub shape: Vec<Point>,
    pub names: Vec<String>,
    pub bans: Vec<Vec<Arc>>,
    pub drives_left: bool,
}

impl Network {
    /// The caller has made sure that ends, names, shapes and arcs are within range.
    pub fn new(pieces: Pieces) -> Network {
        let Pieces { points, node_flags, edges, shape, names, bans, drives_left } = pieces;
        let mut first_touch = vec![0_u32; points.len() + 1];
        for end in edges.iter().flat_map(|e| [e.a, e.b]) {
            first_touch[end as usize + 1] += 1;
        }
        for node in 0..points.len() {
            first_touch[node + 1] += first_touch[node];
        }
        let mut next = first_touch.clone();
        let mut touches = vec![0_u32; edges.len() * 2];
        for (i, e) in edges.iter().enumerate() {
            for end in [e.a, e.b] {
                touches[next[end as usize] as usize] = i as u32;
                next[end as usize] += 1;
            }
        }
        Network { points, node_flags, edges, shape, names, bans, drives_left, first_touch, touches }
    }

    pub fn with_bans(mut self, bans: Vec<Vec<Arc>>) -> Network {
        self.bans = bans;
        self
    }

    pub fn edge(&self, arc: Arc) -> &Edge {
        &self.edges[edge_of(arc)]
    }

    pub fn is_open(&self, arc: Arc) -> bool {
        self.edge(arc).is_open(is_forward(arc))
    }

    pub fn tail(&self, arc: Arc) -> u32 {
        let e = self.edge(arc);
        if is_forward(arc) { e.a } else { e.b }
    }

    pub fn head(&self, arc: Arc) -> u32 {
        let e = self.edge(arc);
        if is_forward(arc) { e.b } else { e.a }
    }

    /// Heading when leaving the arc's tail, in 256ths of a circle.
    pub fn heading_out(&self, arc: Arc) -> u8 {
        let e = self.edge(arc);
        if is_forward(arc) { e.heading_a } else { e.heading_b.wrapping_add(128) }
    }

    /// Heading when arriving at the arc's head.
    pub fn heading_in(&self, arc: Arc) -> u8 {
        let e = self.edge(arc);
        if is_forward(arc) { e.heading_b } else { e.heading_a.wrapping_add(128) }
    }

    pub fn edges_at(&self, node: u32) -> impl Iterator<Item = usize> + '_ {
        let range = self.first_touch[node as usize] as usize..self.first_touch[node as usize + 1] as usize;
        self.touches[range].iter().map(|edge| *edge as usize)
    }

    /// Open arcs that leave the node. No edge leads from a node to itself.
    pub fn arcs_from(&self, node: u32) -> impl Iterator<Item = Arc> + '_ {
        self.edges_at(node).filter_map(move |edge| {
            let e = &self.edges[edge];
            let forward = e.a == node;
            e.is_open(forward).then_some(arc(edge as u32, forward))
        })
    }

    pub fn is_dead_end(&self, node: u32) -> bool {
        self.node_flags[node as usize] & node_flag::DEAD_END != 0
    }

    pub fn has_signals(&self, node: u32) -> bool {
        self.node_flags[node as usize] & node_flag::SIGNALS != 0
    }

    /// A point of an edge, counted from its `a`, which is the first.
    pub fn point_along(&self, edge: usize, place: usize) -> Point {
        let e = &self.edges[edge];
        let between = &self.shape[e.shape_from as usize..e.shape_to as usize];
        match place.checked_sub(1) {
            None => self.points[e.a as usize],
            Some(place) => between.get(place).copied().unwrap_or(self.points[e.b as usize]),
        }
    }

    /// All points of an edge including both ends.
    pub fn line(&self, edge: usize, forward: bool) -> Vec<Point> {
        let e = &self.edges[edge];
        let between = &self.shape[e.shape_from as usize..e.shape_to as usize];
        let ends = (self.points[e.a as usize], self.points[e.b as usize]);
        let mut line = Vec::with_capacity(between.len() + 2);
        line.push(ends.0);
        line.extend_from_slice(between);
        line.push(ends.1);
        if !forward {
            line.reverse();
        }
        line
    }
}
