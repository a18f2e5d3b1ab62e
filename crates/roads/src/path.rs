//! A fastest way, with its shape and the time at each of its points.

use units::{Metres, Node, Point, Seconds};

use crate::assemble::between;
use crate::network::Network;

/// Driving time and length of the fastest way between two nodes.
///
/// Both are rounded up to whole units, so they are zero only from a node to itself, and the times keep the triangle
/// inequality: a way over a third node is never shorter in time than the direct one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Travel {
    pub seconds: Seconds,
    pub metres: Metres,
}

impl Travel {
    /// From a weight: milliseconds in the upper, centimetres in the lower 32 bits.
    pub(crate) fn of_weight(weight: u64) -> Travel {
        let (millis, cm) = (weight >> 32, weight & 0xffff_ffff);
        Travel { seconds: Seconds(millis.div_ceil(1000) as i64), metres: Metres(cm.div_ceil(100) as i64) }
    }
}

/// The fastest way from one node to another. Its sums agree with [`crate::Roads::travel`] exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub seconds: Seconds,
    pub metres: Metres,
    /// Both ends included.
    pub nodes: Vec<Node>,
    /// The line on the map, with both ends; one point only when there is nowhere to go.
    pub points: Vec<PathPoint>,
    /// Roads in order of driving; their lengths add up to `metres`.
    pub streets: Vec<Street>,
}

/// A point of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathPoint {
    pub point: Point,
    /// Since the start; a wait at traffic lights is spread over the stretch that leads to them.
    pub after_millis: i64,
}

/// A stretch of a path along one road; the name is empty where the road has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Street {
    pub name: String,
    pub metres: Metres,
}

impl Path {
    /// Where a vehicle is that long after its start; the end once it has arrived.
    pub fn at(&self, after_millis: i64) -> Option<Point> {
        let next = self.points.partition_point(|p| p.after_millis <= after_millis);
        let (Some(before), after) = (self.points.get(next.saturating_sub(1)), self.points.get(next)) else {
            return None;
        };
        let Some(after) = after.filter(|_| next > 0) else { return Some(before.point) };
        let share =
            (after_millis - before.after_millis) as f64 / (after.after_millis - before.after_millis) as f64;
        Some(between(before.point, after.point, share))
    }
}

/// Draws the path along nodes that follow each other in the network.
pub(crate) fn draw(network: &Network, nodes: &[u32]) -> Path {
    let mut points = Vec::new();
    let mut streets: Vec<(u32, u64)> = Vec::new();
    let (mut millis, mut cm) = (0_u64, 0_u64);
    if let Some(first) = nodes.first() {
        points.push(PathPoint { point: network.points[*first as usize], after_millis: 0 });
    }
    for pair in nodes.windows(2) {
        let Some(arc) = network.best_arc(pair[0], pair[1]) else { continue };
        let line = network.line(arc.edge as usize, arc.forward);
        let lengths: Vec<f64> = line.windows(2).map(|p| p[0].metres_to(p[1])).collect();
        let total: f64 = lengths.iter().sum::<f64>().max(1e-9);
        let duration = u64::from(network.millis(arc));
        let mut behind = 0.0;
        for (length, point) in lengths.iter().zip(&line[1..]) {
            behind += length;
            let share = (behind / total).min(1.0);
            points.push(PathPoint {
                point: *point,
                after_millis: (millis + (duration as f64 * share) as u64) as i64,
            });
        }
        millis += duration;
        if let Some(last) = points.last_mut() {
            last.after_millis = millis as i64;
        }
        let edge = &network.edges[arc.edge as usize];
        cm += u64::from(edge.cm);
        match streets.last_mut() {
            Some((name, end)) if *name == edge.name => *end = cm,
            _ => streets.push((edge.name, cm)),
        }
    }
    let Travel { seconds, metres } = Travel::of_weight(millis << 32 | cm);
    let mut begin = 0;
    let streets = streets
        .into_iter()
        .map(|(name, end_cm)| {
            let end = end_cm.div_ceil(100) as i64;
            let street = Street { name: network.names[name as usize].clone(), metres: Metres(end - begin) };
            begin = end;
            street
        })
        .collect();
    Path { seconds, metres, nodes: nodes.iter().map(|n| Node(*n)).collect(), points, streets }
}
