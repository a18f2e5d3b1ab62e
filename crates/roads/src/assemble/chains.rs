//! Segments between points joined to edges between junctions.

use std::collections::BTreeMap;

use units::Point;

use super::draft::{Direction, Draft, Via, post};
use crate::Fault;
use crate::line::headings;
use crate::network::{Edge, Halts, Pieces, flag, node_flag};
use crate::strong::largest_part;

/// Traffic lights closer than this belong to one junction and hold a vehicle once.
const ONE_JUNCTION_METRES: f64 = 40.0;

/// No road is longer than this without a junction; the longest ferries stay below.
const LONGEST_CM: u64 = 200_000_000;

pub(super) struct Segment {
    pub a: u32,
    pub b: u32,
    pub way: u32,
}

impl Segment {
    fn other(&self, point: u32) -> u32 {
        if self.a == point { self.b } else { self.a }
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
        for point in 0..points {
            first[point + 1] += first[point];
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

    fn at(&self, point: u32) -> &[u32] {
        &self.items[self.first[point as usize] as usize..self.first[point as usize + 1] as usize]
    }
}

/// Edges of the whole draft, and which segment became part of which edge.
pub(super) struct Chains {
    pub pieces: Pieces,
    pub segments: Vec<Segment>,
    /// The first segment of each way; one more at the end.
    pub first_segment: Vec<u32>,
    pub edge_of_segment: Vec<u32>,
    /// Node of each point; `u32::MAX` for one that is no joint.
    pub node_of: Vec<u32>,
    /// Points between junctions that became the shape of an edge.
    pub joined: usize,
}

impl Chains {
    pub fn of(draft: &Draft) -> Result<Chains, Fault> {
        let (segments, first_segment) = segments(draft);
        if segments.is_empty() {
            return Err(Fault::Unconnected);
        }
        let touch = Touch::new(draft.points.len(), &segments);
        let joint = joints(draft, &segments, &touch);
        let used = (0..draft.points.len() as u32).filter(|p| !touch.at(*p).is_empty()).count();
        let mut maker = Maker::new(draft, &joint, segments.len());
        let mut done = vec![false; segments.len()];
        for point in 0..draft.points.len() as u32 {
            if !joint[point as usize] {
                continue;
            }
            for start in touch.at(point) {
                if !done[*start as usize] {
                    let walked = walk(draft, &segments, &touch, &joint, (point, *start), &mut done);
                    maker.add_chain(&segments, &walked)?;
                }
            }
        }
        let joined = used - joint.iter().filter(|j| **j).count();
        Ok(maker.finish(segments, first_segment, joined))
    }
}

fn segments(draft: &Draft) -> (Vec<Segment>, Vec<u32>) {
    let mut segments = Vec::new();
    let mut first = Vec::with_capacity(draft.ways.len() + 1);
    for (way, w) in draft.ways.iter().enumerate() {
        first.push(segments.len() as u32);
        for pair in w.nodes.windows(2) {
            // A segment from a point to itself, or to another at the same place in the same way, has no length.
            if pair[0] != pair[1] {
                segments.push(Segment { a: pair[0], b: pair[1], way: way as u32 });
            }
        }
    }
    first.push(segments.len() as u32);
    (segments, first)
}

/// Points that must stay nodes: ends, forks, changes of look, points of restrictions, and one point of each ring.
fn joints(draft: &Draft, segments: &[Segment], touch: &Touch) -> Vec<bool> {
    let runs_on = |point: u32, first: u32, second: u32| {
        let (s, t) = (&segments[first as usize], &segments[second as usize]);
        let (v, w) = (&draft.ways[s.way as usize].look, &draft.ways[t.way as usize].look);
        let same_sense = v.direction == Direction::Both || (s.b == point) == (t.a == point);
        v == w && same_sense && s.other(point) != t.other(point)
    };
    let mut joint: Vec<bool> = (0..draft.points.len() as u32)
        .map(|point| match touch.at(point) {
            [] => false,
            [first, second] => !runs_on(point, *first, *second),
            _ => true,
        })
        .collect();
    for restriction in &draft.restrictions {
        let mut hold = |point: u32| {
            if let Some(joint) = joint.get_mut(point as usize) {
                *joint |= !touch.at(point).is_empty();
            }
        };
        match &restriction.via {
            Via::Point(point) => hold(*point),
            Via::Ways(ways) => {
                for way in ways.iter().flatten() {
                    let nodes = &draft.ways[*way as usize].nodes;
                    nodes.first().into_iter().chain(nodes.last()).for_each(|point| hold(*point));
                }
            }
        }
    }
    let mut seen = vec![false; draft.points.len()];
    let mut work: Vec<u32> = (0..draft.points.len() as u32).filter(|p| joint[*p as usize]).collect();
    for point in 0..draft.points.len() as u32 {
        // What no joint leads to is a ring of its own; its lowest point becomes its joint.
        while let Some(reached) = work.pop() {
            if !std::mem::replace(&mut seen[reached as usize], true) {
                work.extend(touch.at(reached).iter().map(|s| segments[*s as usize].other(reached)));
            }
        }
        if !seen[point as usize] && !touch.at(point).is_empty() {
            joint[point as usize] = true;
            work.push(point);
        }
    }
    joint
}

/// A road from joint to joint: its points and its segments.
struct Walked {
    points: Vec<u32>,
    segments: Vec<u32>,
}

/// Follows a road from a joint over its first segment to the next joint. The chain comes out in the way's own sense.
fn walk(
    draft: &Draft,
    segments: &[Segment],
    touch: &Touch,
    joint: &[bool],
    (start, first): (u32, u32),
    done: &mut [bool],
) -> Walked {
    let along = segments[first as usize].a == start;
    let way = segments[first as usize].way;
    let mut walked = Walked { points: vec![start], segments: Vec::new() };
    let (mut point, mut segment) = (start, first);
    loop {
        done[segment as usize] = true;
        walked.segments.push(segment);
        point = segments[segment as usize].other(point);
        walked.points.push(point);
        if joint[point as usize] {
            break;
        }
        match touch.at(point).iter().find(|other| **other != segment) {
            Some(next) => segment = *next,
            None => break,
        }
    }
    if draft.ways[way as usize].look.direction == Direction::Along && !along {
        walked.points.reverse();
        walked.segments.reverse();
    }
    walked
}

/// Collects nodes, edges and shapes under their numbers.
struct Maker<'a> {
    draft: &'a Draft,
    node_of: Vec<u32>,
    pieces: Pieces,
    name_of: BTreeMap<&'a str, u32>,
    edge_of_segment: Vec<u32>,
}

impl<'a> Maker<'a> {
    fn new(draft: &'a Draft, joint: &[bool], segments: usize) -> Maker<'a> {
        let mut node_of = vec![u32::MAX; draft.points.len()];
        let mut pieces =
            Pieces { drives_left: draft.drives_left, names: vec![String::new()], ..Pieces::default() };
        for (i, _) in joint.iter().enumerate().filter(|(_, joint)| **joint) {
            node_of[i] = pieces.points.len() as u32;
            pieces.points.push(draft.points[i]);
            let signals = draft.posts[i] & post::SIGNALS != 0;
            pieces.node_flags.push(if signals { node_flag::SIGNALS } else { 0 });
        }
        let name_of = BTreeMap::from([("", 0)]);
        Maker { draft, node_of, pieces, name_of, edge_of_segment: vec![u32::MAX; segments] }
    }

    /// A ring becomes two edges, so that no edge leads from a node to itself.
    fn add_chain(&mut self, segments: &[Segment], walked: &Walked) -> Result<(), Fault> {
        let last = walked.points.len() - 1;
        if walked.points[0] != walked.points[last] {
            return self.add_edge(segments, &walked.points, &walked.segments);
        }
        let half = last / 2;
        if half == 0 {
            // Two points at most: a road to nowhere and back, without breadth.
            return Ok(());
        }
        let middle = walked.points[half] as usize;
        if self.node_of[middle] == u32::MAX {
            self.node_of[middle] = self.pieces.points.len() as u32;
            self.pieces.points.push(self.draft.points[middle]);
            self.pieces.node_flags.push(0);
        }
        self.add_edge(segments, &walked.points[..=half], &walked.segments[..half])?;
        self.add_edge(segments, &walked.points[half..], &walked.segments[half..])
    }

    fn add_edge(&mut self, segments: &[Segment], points: &[u32], parts: &[u32]) -> Result<(), Fault> {
        let look = &self.draft.ways[segments[parts[0] as usize].way as usize].look;
        let line: Vec<Point> = points.iter().map(|p| self.draft.points[*p as usize]).collect();
        let steps: Vec<f64> = line.windows(2).map(|pair| pair[0].metres_to(pair[1])).collect();
        let cm = ((steps.iter().sum::<f64>() * 100.0).round() as u64).max(1);
        if cm > LONGEST_CM {
            return Err(Fault::TooLarge { what: "a road of over 2,000 km without a junction" });
        }
        let name = self.name(&look.name);
        let shape_from = self.pieces.shape.len() as u32;
        let mut inner: Vec<Point> = line[1..line.len() - 1].to_vec();
        inner.dedup();
        self.pieces.shape.extend(inner);
        let shape_to = u32::try_from(self.pieces.shape.len())
            .map_err(|_| Fault::TooLarge { what: "over 4 billion points of roads" })?;
        let (heading_a, heading_b) = headings(&line);
        let halts = [
            self.halts(segments, points, parts, &steps, true),
            self.halts(segments, points, parts, &steps, false),
        ];
        let edge = self.pieces.edges.len() as u32;
        for part in parts {
            self.edge_of_segment[*part as usize] = edge;
        }
        self.pieces.edges.push(Edge {
            a: self.node_of[points[0] as usize],
            b: self.node_of[points[points.len() - 1] as usize],
            name,
            cm: cm as u32,
            shape_from,
            shape_to,
            class: look.class,
            surface: look.surface,
            flags: look.flags | look.open_flags(),
            limit_kmh: look.limit_kmh,
            width_dm: look.width_dm,
            heading_a,
            heading_b,
            halts,
        });
        // Arcs are numbered in 32 bits with room for copies; a whole country fits.
        if self.pieces.edges.len() > 1 << 29 {
            return Err(Fault::TooLarge { what: "over 537 million edges" });
        }
        Ok(())
    }

    fn name(&mut self, name: &'a str) -> u32 {
        let next = self.pieces.names.len() as u32;
        let number = *self.name_of.entry(name).or_insert(next);
        if number == next {
            self.pieces.names.push(name.to_owned());
        }
        number
    }

    /// What holds a vehicle that drives the points in order (or back), at every point but the first.
    fn halts(
        &self,
        segments: &[Segment],
        points: &[u32],
        parts: &[u32],
        steps: &[f64],
        forward: bool,
    ) -> Halts {
        let posts = |i: usize| self.draft.posts[points[i] as usize];
        let mut halts = Halts::default();
        // How far behind the last lights are; those at the start held whoever came through them.
        let start = if forward { 0 } else { points.len() - 1 };
        let mut since = if posts(start) & post::SIGNALS != 0 { 0.0 } else { f64::INFINITY };
        for step in 0..steps.len() {
            let (part, at) =
                if forward { (step, step + 1) } else { (steps.len() - 1 - step, steps.len() - 1 - step) };
            since += steps[part];
            let segment = &segments[parts[part] as usize];
            let entered = if forward { points[part] } else { points[part + 1] };
            let along = segment.a == entered;
            let here = posts(at);
            let skipped = if along { post::AGAINST_ONLY } else { post::ALONG_ONLY };
            if here & skipped != 0 {
                continue;
            }
            if here & post::SIGNALS != 0 {
                halts.signals = halts.signals.saturating_add(u8::from(since > ONE_JUNCTION_METRES));
                since = 0.0;
            }
            let count = |bit: u8| u8::from(here & bit != 0);
            halts.crossings = halts.crossings.saturating_add(count(post::CROSSING));
            halts.stops = halts.stops.saturating_add(count(post::STOP));
            halts.level_crossings = halts.level_crossings.saturating_add(count(post::LEVEL_CROSSING));
        }
        halts
    }

    fn finish(mut self, segments: Vec<Segment>, first_segment: Vec<u32>, joined: usize) -> Chains {
        mark_dead_ends(&mut self.pieces);
        Chains {
            pieces: self.pieces,
            segments,
            first_segment,
            edge_of_segment: self.edge_of_segment,
            node_of: self.node_of,
            joined,
        }
    }
}

/// A dead end is where at most one road leads out, so that who came by it can only turn round. Roads that lead away for
/// good do not count.
fn mark_dead_ends(pieces: &mut Pieces) {
    let open = pieces.edges.iter().flat_map(|e| {
        let there = (e.flags & flag::OPEN_AB != 0).then_some((e.a, e.b));
        let back = (e.flags & flag::OPEN_BA != 0).then_some((e.b, e.a));
        there.into_iter().chain(back)
    });
    let open: Vec<(u32, u32)> = open.collect();
    let strong = largest_part(pieces.points.len(), &open);
    let mut ways_out = vec![0_u8; pieces.points.len()];
    for edge in &pieces.edges {
        let (a, b) = (edge.a as usize, edge.b as usize);
        let open = |bit: u8| u8::from(edge.flags & bit != 0 && strong[a] == strong[b]);
        ways_out[a] = ways_out[a].saturating_add(open(flag::OPEN_AB));
        ways_out[b] = ways_out[b].saturating_add(open(flag::OPEN_BA));
    }
    for (flags, ways) in pieces.node_flags.iter_mut().zip(ways_out) {
        if ways <= 1 {
            *flags |= node_flag::DEAD_END;
        }
    }
}
