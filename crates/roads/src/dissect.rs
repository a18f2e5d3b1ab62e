//! Nested dissection: a network is cut in two where few roads lead across, each half again, down to single junctions.
//!
//! States of the turn-expanded graph are the directions of edges, so the edges of a cut are what parts it. Every cut is a
//! smallest one between the junctions that lie farthest in a direction and those farthest in the other (inertial flow,
//! Schild and Sommer 2015). No travel time counts, so one order serves all periods and all speeds.

use std::cmp::Reverse;

use crate::RoadClass;
use crate::network::{Arc, Network, arc};

/// Cells below this are cut on the thread that met them.
const WORTH_A_THREAD: usize = 4_000;

/// Both directions of all edges, those of the last cuts first and of the first cut last.
///
/// Within a cut those that lead one way come before those that lead the other: no way within the half where the latter
/// begin then climbs over the former. Lesser roads come before greater ones.
pub(crate) fn arcs_by_cut(network: &Network) -> Vec<Arc> {
    let middle = network.points.iter().map(|p| f64::from(p.lat_e7())).sum::<f64>()
        / network.points.len().max(1) as f64;
    let shrink = (middle * 1e-7).to_radians().cos();
    let flat = |lat: i32, lon: i32| [(f64::from(lon) * shrink).round() as i64, i64::from(lat)];
    let cell = Cell {
        points: network.points.iter().map(|p| flat(p.lat_e7(), p.lon_e7())).collect(),
        ends: network.edges.iter().map(|e| [e.a, e.b]).collect(),
        edges: (0..network.edges.len() as u32).collect(),
        begins_left: Vec::new(),
    };
    cell.dissect(network, std::thread::available_parallelism().map_or(1, usize::from))
}

/// A part of the network, its junctions numbered anew.
struct Cell {
    /// East and north.
    points: Vec<[i64; 2]>,
    ends: Vec<[u32; 2]>,
    /// Number of each edge in the network.
    edges: Vec<u32>,
    /// Of a cut: whether each edge's `a` is on the first side.
    begins_left: Vec<bool>,
}

impl Cell {
    const EMPTY: Cell =
        Cell { points: Vec::new(), ends: Vec::new(), edges: Vec::new(), begins_left: Vec::new() };

    fn dissect(self, network: &Network, threads: usize) -> Vec<Arc> {
        if self.edges.is_empty() {
            return Vec::new();
        }
        let side = if self.points.len() > 2 { self.halves() } else { vec![false, true] };
        let [left, right, cut] = self.split(&side);
        let (mut arcs, more) = if threads > 1 && left.points.len().min(right.points.len()) > WORTH_A_THREAD {
            // More threads than cores, because halves are not equally hard.
            std::thread::scope(|scope| {
                let other = scope.spawn(|| right.dissect(network, threads));
                let mine = left.dissect(network, threads);
                (mine, other.join().unwrap_or_default())
            })
        } else {
            (left.dissect(network, 1), right.dissect(network, 1))
        };
        arcs.extend(more);
        let mut across: Vec<(bool, Reverse<RoadClass>, Arc)> = Vec::with_capacity(cut.edges.len() * 2);
        for (edge, begins_left) in cut.edges.iter().zip(cut.begins_left) {
            let class = Reverse(network.edges[*edge as usize].class);
            across.extend([true, false].map(|on| (begins_left == on, class, arc(*edge, on))));
        }
        across.sort_unstable();
        arcs.extend(across.into_iter().map(|(.., arc)| arc));
        arcs
    }

    /// Both halves, and the cut as a cell without junctions.
    fn split(self, side: &[bool]) -> [Cell; 3] {
        let mut parts = [const { Cell::EMPTY }; 3];
        let mut number = Vec::with_capacity(side.len());
        for (point, side) in self.points.iter().zip(side) {
            let half = &mut parts[usize::from(*side)];
            number.push(half.points.len() as u32);
            half.points.push(*point);
        }
        for ([a, b], edge) in self.ends.into_iter().zip(self.edges) {
            let (a, b) = (a as usize, b as usize);
            let part = &mut parts[if side[a] == side[b] { usize::from(side[a]) } else { 2 }];
            part.ends.push([number[a], number[b]]);
            part.edges.push(edge);
            if side[a] != side[b] {
                part.begins_left.push(!side[a]);
            }
        }
        parts
    }

    /// The side of each junction under the best cut of four directions: few roads across, much on either side.
    fn halves(&self) -> Vec<bool> {
        let mut flow = Flow::new(self);
        let nodes = self.points.len();
        let mut best: Option<(Cut, Vec<bool>)> = None;
        for [east, north] in [[1, 0], [0, 1], [1, 1], [1, -1]] {
            let mut row: Vec<(i64, u32)> =
                (0..).zip(&self.points).map(|(node, [x, y])| (x * east + y * north, node)).collect();
            let ends = (nodes / 4).max(1);
            row.select_nth_unstable(ends - 1);
            row[ends..].select_nth_unstable(nodes - 2 * ends);
            let sources = row[..ends].iter().map(|(_, node)| *node);
            let sinks = row[nodes - ends..].iter().map(|(_, node)| *node);
            flow.begin(sources, sinks);
            let limit = best.as_ref().map(|(cut, _)| cut.roads * nodes / 2 / cut.smaller.max(1));
            let Some(found) = flow.fill(limit.unwrap_or(usize::MAX)) else { continue };
            if best.as_ref().is_none_or(|(known, _)| found.0.betters(known)) {
                best = Some(found);
            }
        }
        // The first direction knows no limit, so there is a cut.
        best.map_or_else(|| vec![false; nodes], |(_, side)| side)
    }
}

#[derive(Clone, Copy)]
struct Cut {
    roads: usize,
    /// Junctions on the smaller side.
    smaller: usize,
}

impl Cut {
    fn betters(&self, other: &Cut) -> bool {
        self.roads * other.smaller < other.roads * self.smaller
    }
}

const NOT_YET: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Between,
    Source,
    Sink,
}

/// Largest flow by Dinic's method. Every road carries one unit, either way.
struct Flow {
    /// Ways out of junction `n` are `ways[first[n]..first[n + 1]]`; way `2 e` leads along edge `e`, `2 e + 1` back.
    first: Vec<u32>,
    ways: Vec<u32>,
    /// Where a way leads.
    head: Vec<u32>,
    free: Vec<u8>,
    role: Vec<Role>,
    level: Vec<u32>,
    next: Vec<u32>,
    sources: Vec<u32>,
    sinks: Vec<u32>,
    queue: Vec<u32>,
}

impl Flow {
    fn new(cell: &Cell) -> Flow {
        let nodes = cell.points.len();
        let mut first = vec![0_u32; nodes + 1];
        for end in cell.ends.iter().flatten() {
            first[*end as usize + 1] += 1;
        }
        for node in 0..nodes {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut ways = vec![0; cell.ends.len() * 2];
        for (edge, ends) in cell.ends.iter().enumerate() {
            for (back, end) in ends.iter().enumerate() {
                let place = &mut next[*end as usize];
                ways[*place as usize] = (edge * 2 + back) as u32;
                *place += 1;
            }
        }
        Flow {
            head: cell.ends.iter().flat_map(|[a, b]| [*b, *a]).collect(),
            free: vec![1; ways.len()],
            role: vec![Role::Between; nodes],
            level: vec![NOT_YET; nodes],
            next,
            sources: Vec::new(),
            sinks: Vec::new(),
            queue: Vec::with_capacity(nodes),
            first,
            ways,
        }
    }

    fn begin(&mut self, sources: impl Iterator<Item = u32>, sinks: impl Iterator<Item = u32>) {
        self.free.fill(1);
        self.role.fill(Role::Between);
        self.sources.clear();
        self.sources.extend(sources);
        self.sinks.clear();
        self.sinks.extend(sinks);
        for node in &self.sources {
            self.role[*node as usize] = Role::Source;
        }
        for node in &self.sinks {
            self.role[*node as usize] = Role::Sink;
        }
    }

    fn ways_of(&self, node: u32) -> std::ops::Range<u32> {
        self.first[node as usize]..self.first[node as usize + 1]
    }

    /// The smallest cut and the side of each junction; `None` once more than `limit` units flow.
    fn fill(&mut self, limit: usize) -> Option<(Cut, Vec<bool>)> {
        let mut roads = 0;
        while self.spread(true) {
            self.next.copy_from_slice(&self.first);
            for source in 0..self.sources.len() {
                while self.push(self.sources[source]) {
                    roads += 1;
                }
            }
            if roads > limit {
                return None;
            }
        }
        let nodes = self.level.len();
        let near = self.queue.len();
        let mut side: Vec<bool> = self.level.iter().map(|level| *level != NOT_YET).collect();
        let mut smaller = near.min(nodes - near);
        // The same number of roads leads across the cut that lies nearest to the sinks.
        self.spread(false);
        let far = self.queue.len();
        if far.min(nodes - far) > smaller {
            smaller = far.min(nodes - far);
            side = self.level.iter().map(|level| *level == NOT_YET).collect();
        }
        Some((Cut { roads, smaller }, side))
    }

    /// Steps from the sources over free ways (or against them from the sinks) to all that can be reached; whether the
    /// other end can.
    fn spread(&mut self, onward: bool) -> bool {
        self.level.fill(NOT_YET);
        self.queue.clear();
        self.queue.extend_from_slice(if onward { &self.sources } else { &self.sinks });
        let goal = if onward { Role::Sink } else { Role::Source };
        for node in &self.queue {
            self.level[*node as usize] = 0;
        }
        let (mut done, mut arrived) = (0, false);
        while let Some(node) = self.queue.get(done).copied() {
            done += 1;
            for way in self.ways_of(node) {
                let way = self.ways[way as usize];
                let to = self.head[way as usize];
                let open = self.free[(if onward { way } else { way ^ 1 }) as usize] > 0;
                if open && self.level[to as usize] == NOT_YET {
                    self.level[to as usize] = self.level[node as usize] + 1;
                    arrived |= self.role[to as usize] == goal;
                    self.queue.push(to);
                }
            }
        }
        arrived
    }

    /// Sends one unit from a source to a sink, level by level.
    fn push(&mut self, source: u32) -> bool {
        let mut node = source;
        self.queue.clear();
        loop {
            if self.role[node as usize] == Role::Sink {
                for way in &self.queue {
                    self.free[*way as usize] -= 1;
                    self.free[*way as usize ^ 1] += 1;
                }
                return true;
            }
            let place = self.next[node as usize];
            if place < self.first[node as usize + 1] {
                let way = self.ways[place as usize];
                let to = self.head[way as usize];
                if self.free[way as usize] > 0 && self.level[to as usize] == self.level[node as usize] + 1 {
                    self.queue.push(way);
                    node = to;
                } else {
                    self.next[node as usize] += 1;
                }
            } else {
                let Some(way) = self.queue.pop() else { return false };
                node = self.head[way as usize ^ 1];
                self.next[node as usize] += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use units::Point;

    use super::*;
    use crate::network::{Edge, Halts, Pieces, edge_of, flag};
    use crate::speeds::Surface;

    /// A square of streets, 100 m apart.
    fn grid(side: u32) -> Network {
        let mut pieces = Pieces { names: vec![String::new()], drives_left: true, ..Pieces::default() };
        let street = |a, b| Edge {
            a,
            b,
            name: 0,
            cm: 10_000,
            shape_from: 0,
            shape_to: 0,
            class: RoadClass::Residential,
            surface: Surface::Paved,
            flags: flag::OPEN_AB | flag::OPEN_BA,
            limit_kmh: 0,
            width_dm: 0,
            heading_a: 0,
            heading_b: 0,
            halts: [Halts::default(); 2],
        };
        for node in 0..side * side {
            let (row, column) = ((node / side) as i32, (node % side) as i32);
            pieces.points.push(Point::from_e7(350_000_000 + row * 9_000, 1_390_000_000 + column * 11_000));
            pieces.node_flags.push(0);
            if column as u32 + 1 < side {
                pieces.edges.push(street(node, node + 1));
            }
            if row as u32 + 1 < side {
                pieces.edges.push(street(node, node + side));
            }
        }
        Network::new(pieces)
    }

    #[test]
    fn every_direction_of_every_street_comes_once() {
        let network = grid(9);
        let mut arcs = arcs_by_cut(&network);
        arcs.sort_unstable();
        assert!(arcs.into_iter().eq(0..network.edges.len() as u32 * 2));
    }

    /// Junctions that hang together with the first one when these arcs' streets are closed.
    fn side_of_first(network: &Network, closed: &[Arc]) -> Vec<u32> {
        let mut reached = vec![0];
        for place in 0.. {
            let Some(node) = reached.get(place).copied() else { break };
            for edge in network.edges_at(node).filter(|edge| closed.iter().all(|arc| edge_of(*arc) != *edge))
            {
                let other = network.edges[edge].other(node);
                if !reached.contains(&other) {
                    reached.push(other);
                }
            }
        }
        reached
    }

    #[test]
    fn the_first_cut_comes_last_and_one_way_after_the_other() {
        let network = grid(10);
        let arcs = arcs_by_cut(&network);
        let parted = (1..arcs.len())
            .map(|count| (count, side_of_first(&network, &arcs[arcs.len() - count..])))
            .find(|(_, side)| side.len() < 100);
        let Some((streets, side)) = parted else { panic!("no end of the order parts the town") };
        assert!((25..=75).contains(&side.len()), "{} of 100 junctions on one side", side.len());
        assert!(streets <= 14, "{streets} streets are cut");
        let begins_here = |arc: &Arc| side.contains(&network.tail(*arc));
        let last: Vec<bool> = arcs[arcs.len() - streets..].iter().map(begins_here).collect();
        let before: Vec<bool> =
            arcs[arcs.len() - 2 * streets..arcs.len() - streets].iter().map(begins_here).collect();
        assert!(last.iter().all(|here| *here == last[0]) && before.iter().all(|here| *here != last[0]));
    }
}
