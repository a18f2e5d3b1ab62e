//! From ways as they are drawn to a network: keep what is connected, join what only bends, cut what is long.

use std::collections::BTreeMap;

use units::Point;

use crate::class::SIGNAL_MILLIS;
use crate::network::{Edge, Network, drive_millis};
use crate::strong::largest_part;
use crate::{Fault, RoadClass};

/// No edge is longer than this, so that a place beside a road has a node at most half of it away.
pub(crate) const MAX_EDGE_CM: u64 = 20_000;

/// Ways over shared points, before anything is derived.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub points: Vec<Point>,
    /// Points at which traffic lights stand.
    pub signals: Vec<bool>,
    pub ways: Vec<DraftWay>,
}

#[derive(Debug, Clone)]
pub(crate) struct DraftWay {
    pub nodes: Vec<u32>,
    pub look: WayLook,
}

/// What two ways must share to become one edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WayLook {
    pub class: RoadClass,
    pub name: String,
    pub kmh: u32,
    pub direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Both,
    /// Only in the order of the way's nodes.
    Along,
}

/// What was left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// Points of usable roads before anything was left out.
    pub points: usize,
    /// Of these: points that cannot be reached from the largest connected part, or from which it cannot be reached.
    pub unconnected: usize,
    /// Points between junctions that became the shape of an edge.
    pub joined: usize,
}

struct Segment {
    a: u32,
    b: u32,
    way: u32,
}

impl Segment {
    fn other(&self, node: u32) -> u32 {
        if self.a == node { self.b } else { self.a }
    }
}

/// Segments at each point, in order.
struct Touch {
    first: Vec<u32>,
    items: Vec<u32>,
}

impl Touch {
    fn new(points: usize, segments: &[Segment]) -> Touch {
        let mut first = vec![0_u32; points + 1];
        for end in segments.iter().flat_map(|s| [s.a, s.b]) {
            first[end as usize + 1] += 1;
        }
        for node in 0..points {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut items = vec![0_u32; segments.len() * 2];
        for (i, s) in segments.iter().enumerate() {
            for end in [s.a, s.b] {
                items[next[end as usize] as usize] = i as u32;
                next[end as usize] += 1;
            }
        }
        Touch { first, items }
    }

    fn at(&self, node: u32) -> &[u32] {
        &self.items[self.first[node as usize] as usize..self.first[node as usize + 1] as usize]
    }
}

/// Builds the network of the largest strongly connected part. Nodes are numbered in the order of the draft's points,
/// then nodes made by cutting long edges, so equal drafts give equal networks.
pub(crate) fn assemble(draft: &Draft) -> Result<(Network, Losses), Fault> {
    let (segments, used) = connected_segments(draft);
    if segments.is_empty() {
        return Err(Fault::Unconnected);
    }
    let touch = Touch::new(draft.points.len(), &segments);
    let kept: Vec<bool> = (0..draft.points.len() as u32).map(|node| !touch.at(node).is_empty()).collect();
    let joint = joints(draft, &segments, &touch);
    let mut maker = Maker::new(draft, &joint);
    let mut done = vec![false; segments.len()];
    for node in 0..draft.points.len() as u32 {
        if !joint[node as usize] {
            continue;
        }
        for start in touch.at(node) {
            if !done[*start as usize] {
                let (chain, way) = walk(draft, &segments, &touch, &joint, node, *start, &mut done);
                maker.add_chain(&chain, way)?;
            }
        }
    }
    let points = used.iter().filter(|u| **u).count();
    let kept_points = kept.iter().filter(|k| **k).count();
    let joints = joint.iter().filter(|j| **j).count();
    let losses = Losses { points, unconnected: points - kept_points, joined: kept_points - joints };
    Ok((maker.finish()?, losses))
}

/// Segments between points of the largest strongly connected part, and which points any way uses.
fn connected_segments(draft: &Draft) -> (Vec<Segment>, Vec<bool>) {
    let mut used = vec![false; draft.points.len()];
    let mut segments = Vec::new();
    let mut arcs = Vec::new();
    for (way, w) in draft.ways.iter().enumerate() {
        for pair in w.nodes.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            (used[a as usize], used[b as usize]) = (true, true);
            if a == b {
                continue;
            }
            segments.push(Segment { a, b, way: way as u32 });
            arcs.push((a, b));
            if w.look.direction == Direction::Both {
                arcs.push((b, a));
            }
        }
    }
    let kept = largest_part(draft.points.len(), &arcs);
    segments.retain(|s| kept[s.a as usize] && kept[s.b as usize]);
    (segments, used)
}

/// Points that must stay nodes: ends, forks, changes of look, traffic lights, and one point of each ring without any.
fn joints(draft: &Draft, segments: &[Segment], touch: &Touch) -> Vec<bool> {
    let runs_on = |node: u32, first: u32, second: u32| {
        let (s, t) = (&segments[first as usize], &segments[second as usize]);
        let (v, w) = (&draft.ways[s.way as usize].look, &draft.ways[t.way as usize].look);
        let same_sense = v.direction == Direction::Both || (s.b == node) == (t.a == node);
        v == w && same_sense && s.other(node) != t.other(node)
    };
    let mut joint: Vec<bool> = (0..draft.points.len() as u32)
        .map(|node| match touch.at(node) {
            [] => false,
            [first, second] => draft.signals[node as usize] || !runs_on(node, *first, *second),
            _ => true,
        })
        .collect();
    let mut seen = vec![false; draft.points.len()];
    let mut work: Vec<u32> = (0..draft.points.len() as u32).filter(|node| joint[*node as usize]).collect();
    for node in 0..draft.points.len() as u32 {
        // What no joint leads to is a ring of its own; its lowest point becomes its joint.
        while let Some(reached) = work.pop() {
            if !std::mem::replace(&mut seen[reached as usize], true) {
                work.extend(touch.at(reached).iter().map(|s| segments[*s as usize].other(reached)));
            }
        }
        if !seen[node as usize] && !touch.at(node).is_empty() {
            joint[node as usize] = true;
            work.push(node);
        }
    }
    joint
}

/// Follows a road from a joint over its first segment to the next joint. The chain comes out in the way's own sense.
fn walk(
    draft: &Draft,
    segments: &[Segment],
    touch: &Touch,
    joint: &[bool],
    start: u32,
    first: u32,
    done: &mut [bool],
) -> (Vec<u32>, u32) {
    let along = segments[first as usize].a == start;
    let way = segments[first as usize].way;
    let mut chain = vec![start];
    let (mut node, mut segment) = (start, first);
    loop {
        done[segment as usize] = true;
        node = segments[segment as usize].other(node);
        chain.push(node);
        if joint[node as usize] {
            break;
        }
        match touch.at(node).iter().find(|other| **other != segment) {
            Some(next) => segment = *next,
            None => break,
        }
    }
    if draft.ways[way as usize].look.direction == Direction::Along && !along {
        chain.reverse();
    }
    (chain, way)
}

/// Collects nodes, edges and shapes under their final numbers.
struct Maker<'a> {
    draft: &'a Draft,
    node_of: Vec<u32>,
    points: Vec<Point>,
    signals: Vec<bool>,
    edges: Vec<Edge>,
    shape: Vec<Point>,
    names: Vec<String>,
    name_of: BTreeMap<&'a str, u32>,
}

impl<'a> Maker<'a> {
    fn new(draft: &'a Draft, joint: &[bool]) -> Maker<'a> {
        let mut node_of = vec![u32::MAX; draft.points.len()];
        let (mut points, mut signals) = (Vec::new(), Vec::new());
        for (i, _) in joint.iter().enumerate().filter(|(_, joint)| **joint) {
            node_of[i] = points.len() as u32;
            points.push(draft.points[i]);
            signals.push(draft.signals[i]);
        }
        let (names, name_of) = (vec![String::new()], BTreeMap::from([("", 0)]));
        Maker { draft, node_of, points, signals, edges: Vec::new(), shape: Vec::new(), names, name_of }
    }

    /// Cuts the chain into equal parts no longer than [`MAX_EDGE_CM`]; a ring into two at least, so that no edge
    /// leads from a node to itself.
    fn add_chain(&mut self, chain: &[u32], way: u32) -> Result<(), Fault> {
        let line: Vec<Point> = chain.iter().map(|node| self.draft.points[*node as usize]).collect();
        let lengths: Vec<f64> = line.windows(2).map(|pair| pair[0].metres_to(pair[1])).collect();
        let total: f64 = lengths.iter().sum();
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        let fewest = if first == last { 2 } else { 1 };
        let parts = ((total * 100.0 / MAX_EDGE_CM as f64).ceil() as usize).max(fewest);
        let mut from = self.node_of[first as usize];
        let mut begun = vec![line[0]];
        let (mut behind, mut cut) = (0.0, 1);
        for (i, length) in lengths.iter().enumerate() {
            while cut < parts && behind + length >= total * cut as f64 / parts as f64 {
                let share = (total * cut as f64 / parts as f64 - behind) / length.max(1e-9);
                let at = between(line[i], line[i + 1], share);
                let node = self.points.len() as u32;
                self.points.push(at);
                self.signals.push(false);
                begun.push(at);
                self.add_edge(from, node, &begun, way)?;
                begun = vec![at];
                from = node;
                cut += 1;
            }
            behind += length;
            begun.push(line[i + 1]);
        }
        self.add_edge(from, self.node_of[last as usize], &begun, way)
    }

    fn add_edge(&mut self, a: u32, b: u32, line: &[Point], way: u32) -> Result<(), Fault> {
        let look = &self.draft.ways[way as usize].look;
        let metres: f64 = line.windows(2).map(|pair| pair[0].metres_to(pair[1])).sum();
        let cm = ((metres * 100.0).round() as u64).max(1);
        let drive = drive_millis(cm, look.kmh);
        let narrow = |n: u64| {
            u32::try_from(n).map_err(|_| Fault::TooLarge { what: "an edge takes over a month to drive" })
        };
        let wait = |node: u32| if self.signals[node as usize] { u64::from(SIGNAL_MILLIS) } else { 0 };
        let millis_ab = narrow(drive + wait(b))?;
        let millis_ba = if look.direction == Direction::Both { narrow(drive + wait(a))? } else { 0 };
        let name = match self.name_of.get(look.name.as_str()) {
            Some(name) => *name,
            None => {
                let name = self.names.len() as u32;
                self.names.push(look.name.clone());
                self.name_of.insert(&look.name, name);
                name
            }
        };
        let shape_from = self.shape.len() as u32;
        let mut inner: Vec<Point> = line[1..line.len() - 1].to_vec();
        inner.dedup();
        self.shape.extend(inner);
        let shape_to = narrow(self.shape.len() as u64)?;
        self.edges.push(Edge {
            a,
            b,
            class: look.class,
            name,
            cm: narrow(cm)?,
            millis_ab,
            millis_ba,
            shape_from,
            shape_to,
        });
        Ok(())
    }

    fn finish(self) -> Result<Network, Fault> {
        // Arcs and bucket entries are counted in 32 bits; a whole country fits.
        if self.points.len() > 1 << 28 || self.edges.len() > 1 << 29 {
            return Err(Fault::TooLarge { what: "over 268 million nodes or 537 million edges" });
        }
        Ok(Network::new(self.points, self.edges, self.shape, self.names))
    }
}

/// The point at a share of the way from `a` to `b`.
pub(crate) fn between(a: Point, b: Point, share: f64) -> Point {
    let share = share.clamp(0.0, 1.0);
    let mix = |from: i32, to: i32| from + ((f64::from(to) - f64::from(from)) * share).round() as i32;
    Point::from_e7(mix(a.lat_e7(), b.lat_e7()), mix(a.lon_e7(), b.lon_e7()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points on a line from west to east, one unit being 100 m at the equator; ways as `0-1-2` or `0>1>2`.
    fn network(points: &[(i32, i32)], signals: &[usize], ways: &[&str]) -> (Network, Losses) {
        let unit = 8_983;
        let mut draft = Draft {
            points: points.iter().map(|(x, y)| Point::from_e7(y * unit, x * unit)).collect(),
            signals: (0..points.len()).map(|i| signals.contains(&i)).collect(),
            ways: Vec::new(),
        };
        for text in ways {
            let direction = if text.contains('>') { Direction::Along } else { Direction::Both };
            let nodes = text.split(['-', '>']).map(|n| n.parse().unwrap()).collect();
            let look = WayLook { class: RoadClass::Residential, name: String::new(), kmh: 36, direction };
            draft.ways.push(DraftWay { nodes, look });
        }
        assemble(&draft).unwrap()
    }

    /// Every arc as `from>to:seconds`.
    fn arcs(network: &Network) -> Vec<String> {
        let mut all = Vec::new();
        for node in 0..network.points.len() as u32 {
            for arc in network.arcs_from(node) {
                let seconds = (f64::from(network.millis(*arc)) / 1000.0).round();
                all.push(format!("{node}>{}:{seconds}", arc.to));
            }
        }
        all
    }

    #[test]
    fn what_only_bends_is_joined_and_what_is_long_is_cut() {
        let (short, losses) = network(&[(0, 0), (1, 0), (1, 1)], &[], &["0-1-2"]);
        assert_eq!(arcs(&short), ["0>1:20", "1>0:20"]);
        assert_eq!((losses.joined, short.shape.len()), (1, 1));
        let (long, _) = network(&[(0, 0), (5, 0)], &[], &["0-1"]);
        // 500 m become three edges of 166.7 m; the new nodes 2 and 3 lie between.
        assert_eq!(arcs(&long), ["0>2:17", "1>3:17", "2>0:17", "2>3:17", "3>2:17", "3>1:17"]);
    }

    #[test]
    fn one_way_streets_stay_one_way_across_joined_ways() {
        // A ring of two one-way ways, drawn head to tail, and a two-way street across it.
        let points = [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)];
        let (ring, _) = network(&points, &[], &["0>1>2>3", "3>4>5>0", "1-4"]);
        // Kept: 1 and 4, where the street meets the ring. Beyond, the ring is 4 > 5 > 0 > 1 and 1 > 2 > 3 > 4.
        let arcs = arcs(&ring);
        assert!(arcs.contains(&"0>1:10".to_owned()) && arcs.contains(&"1>0:10".to_owned()), "{arcs:?}");
        for edge in ring.edges.iter().filter(|e| e.is_oneway()) {
            assert_eq!(edge.millis_ba, 0, "a one-way edge is drawn in its sense");
        }
        assert_eq!(
            arcs.len(),
            2 + 4,
            "two one-way stretches of 300 m in two halves, and the street: {arcs:?}"
        );
    }

    #[test]
    fn a_ring_without_junction_and_a_loop_at_a_dead_end_have_no_edge_to_itself() {
        let (ring, _) = network(&[(0, 0), (1, 0), (0, 1)], &[], &["0-1-2-0"]);
        let (lollipop, _) = network(&[(0, 0), (1, 0), (2, 0), (1, 1)], &[], &["0-1", "1-2-3-1"]);
        for n in [&ring, &lollipop] {
            assert!(n.edges.iter().all(|e| e.a != e.b));
        }
        assert_eq!(lollipop.edges.len(), 3);
    }

    #[test]
    fn traffic_lights_cost_a_wait_when_driven_over_and_stay_nodes() {
        let (lit, _) = network(&[(0, 0), (1, 0), (2, 0)], &[1], &["0-1-2"]);
        assert_eq!(arcs(&lit), ["0>1:18", "1>0:10", "1>2:10", "2>1:18"]);
    }

    #[test]
    fn what_one_cannot_come_back_from_is_left_out() {
        let (kept, losses) = network(&[(0, 0), (1, 0), (2, 0), (9, 9), (9, 10)], &[], &["0-1", "1>2", "3>4"]);
        assert_eq!(kept.points.len(), 2);
        assert_eq!((losses.points, losses.unconnected), (5, 3));
        let nothing = Draft { points: vec![Point::from_e7(0, 0)], signals: vec![false], ways: Vec::new() };
        assert!(matches!(assemble(&nothing), Err(Fault::Unconnected)));
    }
}
