//! The network itself: nodes, edges, lines. Everything else is derived from it.

use units::Point;

use crate::RoadClass;

/// A stretch of road between two nodes, in at least one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    pub a: u32,
    pub b: u32,
    pub class: RoadClass,
    /// Index into [`Network::names`].
    pub name: u32,
    /// Length along the line in centimetres, at least 1.
    pub cm: u32,
    /// Driving time from `a` to `b` in milliseconds including a wait at `b`; 0 where that direction is closed.
    pub millis_ab: u32,
    pub millis_ba: u32,
    /// The points between `a` and `b` are `Network::shape[shape_from..shape_to]`.
    pub shape_from: u32,
    pub shape_to: u32,
}

impl Edge {
    pub fn is_oneway(&self) -> bool {
        self.millis_ab == 0 || self.millis_ba == 0
    }
}

/// One direction of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arc {
    pub to: u32,
    pub edge: u32,
    /// Whether the arc runs from the edge's `a` to its `b`.
    pub forward: bool,
}

/// Nodes are numbered densely; every node reaches every other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Network {
    pub points: Vec<Point>,
    pub edges: Vec<Edge>,
    pub shape: Vec<Point>,
    /// Names of roads; the first is always empty.
    pub names: Vec<String>,
    /// Arcs out of node `n` are `arcs[first_arc[n]..first_arc[n + 1]]`, in the order of edges.
    first_arc: Vec<u32>,
    arcs: Vec<Arc>,
    /// Edges that touch node `n`, open from it or not, laid out in the same way.
    first_touch: Vec<u32>,
    touches: Vec<u32>,
}

impl Network {
    /// The caller has made sure that ends, names and shapes are within range.
    pub fn new(points: Vec<Point>, edges: Vec<Edge>, shape: Vec<Point>, names: Vec<String>) -> Network {
        let mut network = Network { points, edges, shape, names, ..Network::default() };
        let both = network.edges.iter().enumerate().flat_map(|(i, e)| [(e.a, i as u32), (e.b, i as u32)]);
        (network.first_touch, network.touches) = group(network.points.len(), both);
        let arcs = network.edges.iter().enumerate().flat_map(|(i, e)| {
            let edge = i as u32;
            let there = (e.millis_ab != 0).then_some((e.a, Arc { to: e.b, edge, forward: true }));
            let back = (e.millis_ba != 0).then_some((e.b, Arc { to: e.a, edge, forward: false }));
            there.into_iter().chain(back)
        });
        (network.first_arc, network.arcs) = group(network.points.len(), arcs);
        network
    }

    pub fn arcs_from(&self, node: u32) -> &[Arc] {
        &self.arcs[self.first_arc[node as usize] as usize..self.first_arc[node as usize + 1] as usize]
    }

    pub fn edges_at(&self, node: u32) -> impl Iterator<Item = usize> + '_ {
        let range = self.first_touch[node as usize] as usize..self.first_touch[node as usize + 1] as usize;
        self.touches[range].iter().map(|edge| *edge as usize)
    }

    pub fn millis(&self, arc: Arc) -> u32 {
        let edge = &self.edges[arc.edge as usize];
        if arc.forward { edge.millis_ab } else { edge.millis_ba }
    }

    /// Time first, then length: of two equally fast ways the shorter one is meant, so both sums are unique.
    pub fn weight(&self, arc: Arc) -> u64 {
        u64::from(self.millis(arc)) << 32 | u64::from(self.edges[arc.edge as usize].cm)
    }

    /// The arc that a fastest path takes between neighbours; of equal ones the first.
    pub fn best_arc(&self, from: u32, to: u32) -> Option<Arc> {
        self.arcs_from(from)
            .iter()
            .copied()
            .filter(|arc| arc.to == to)
            .min_by_key(|arc| (self.weight(*arc), arc.edge))
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

/// Groups items by node, keeping their order within a node.
fn group<T: Copy>(nodes: usize, items: impl Iterator<Item = (u32, T)>) -> (Vec<u32>, Vec<T>) {
    let mut all: Vec<(u32, T)> = items.collect();
    all.sort_by_key(|(node, _)| *node);
    let mut first = vec![0_u32; nodes + 1];
    for (node, _) in &all {
        first[*node as usize + 1] += 1;
    }
    for node in 0..nodes {
        first[node + 1] += first[node];
    }
    (first, all.into_iter().map(|(_, item)| item).collect())
}

/// Milliseconds for a length at a speed, rounded up and at least 1.
pub(crate) fn drive_millis(cm: u64, kmh: u32) -> u64 {
    (cm * 36).div_ceil(u64::from(kmh.max(1))).max(1)
}
