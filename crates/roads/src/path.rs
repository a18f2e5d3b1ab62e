//! A fastest way, with its shape, the time at each of its points, and what to do at junctions.

use units::{Metres, Node, Point, Seconds};

use crate::RoadClass;
use crate::line::between;
use crate::metric::Metric;
use crate::net::Net;
use crate::network::{Arc, edge_of, flag, is_forward};
use crate::positions::Halt;
use crate::speeds::Period;
use crate::turns::{SHARP_BEND, STRAIGHT_BEND, bend, turn};

/// Driving time and length of the fastest way between two nodes.
///
/// Both are rounded up to whole units, so they are zero only from a node to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Travel {
    pub seconds: Seconds,
    pub metres: Metres,
}

impl Travel {
    /// From a weight: milliseconds in the upper, centimetres in the lower 32 bits.
    pub(crate) fn of_weight(weight: i64) -> Travel {
        let (millis, cm) = (weight >> 32, weight & 0xffff_ffff);
        Travel { seconds: Seconds((millis + 999) / 1000), metres: Metres((cm + 99) / 100) }
    }
}

/// The fastest way from one node to another. Its sums agree with [`crate::Roads::travel`] exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub seconds: Seconds,
    pub metres: Metres,
    pub from: Node,
    pub to: Node,
    /// The line on the map, with both ends; one point only when there is nowhere to go.
    pub points: Vec<PathPoint>,
    /// Roads in order of driving; their lengths add up to `metres`.
    pub streets: Vec<Street>,
    /// What the driver does, from departure to arrival.
    pub steps: Vec<Step>,
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

/// Something to do on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub act: Act,
    /// The road after it; empty where that has no name.
    pub name: String,
    /// Driven since the start, and still to drive to the next step.
    pub at: Metres,
    pub ahead: Metres,
    pub after_millis: i64,
    pub point: Point,
}

/// What the driver does; [`Act::as_str`] is the key of its texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Depart,
    /// The road changes its name, or a junction must be crossed where it is not plain which way is straight on.
    GoStraight,
    BearLeft,
    BearRight,
    TurnLeft,
    TurnRight,
    SharpLeft,
    SharpRight,
    TurnRound,
    EnterRoundabout,
    LeaveRoundabout,
    BoardFerry,
    Arrive,
}

impl Act {
    pub const fn as_str(self) -> &'static str {
        match self {
            Act::Depart => "depart",
            Act::GoStraight => "go_straight",
            Act::BearLeft => "bear_left",
            Act::BearRight => "bear_right",
            Act::TurnLeft => "turn_left",
            Act::TurnRight => "turn_right",
            Act::SharpLeft => "sharp_left",
            Act::SharpRight => "sharp_right",
            Act::TurnRound => "turn_round",
            Act::EnterRoundabout => "enter_roundabout",
            Act::LeaveRoundabout => "leave_roundabout",
            Act::BoardFerry => "board_ferry",
            Act::Arrive => "arrive",
        }
    }
}

/// A point of a path beside a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    pub point: Point,
    /// From the position to the point.
    pub off: Metres,
    pub after_millis: i64,
}

/// Stretches that differ by less in how far they are from a fix are equally likely.
const SAME_SPOT: Metres = Metres(15);

/// The nearest point of a stretch: one of its ends, or the foot between them by the law of cosines; stretches are short
/// enough to be flat.
fn foot(pair: &[PathPoint], at: Point) -> Nearest {
    let (a, b) = (pair[0], pair[1]);
    let length = a.point.metres_to(b.point).max(1e-9);
    let (to_a, to_b) = (at.metres_to(a.point), at.metres_to(b.point));
    let along = ((to_a * to_a - to_b * to_b + length * length) / (2.0 * length)).clamp(0.0, length);
    let share = along / length;
    let point = between(a.point, b.point, share);
    let passed = ((b.after_millis - a.after_millis) as f64 * share) as i64;
    Nearest { point, off: Metres(at.metres_to(point).ceil() as i64), after_millis: a.after_millis + passed }
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

    /// How far along the path the point nearest to a position lies, and how far the position is from it, in metres.
    pub fn driven(&self, at: Point) -> Option<(Metres, Metres)> {
        let mut best: Option<(f64, f64)> = None;
        let mut behind = 0.0;
        for pair in self.points.windows(2) {
            let length = pair[0].point.metres_to(pair[1].point);
            // The nearer end, or the foot between them by the law of cosines; stretches are short enough to be flat.
            let (to_a, to_b) = (at.metres_to(pair[0].point), at.metres_to(pair[1].point));
            let foot = (to_a * to_a - to_b * to_b + length * length) / (2.0 * length.max(1e-9));
            let foot = foot.clamp(0.0, length);
            let off = at.metres_to(between(pair[0].point, pair[1].point, foot / length.max(1e-9)));
            if best.is_none_or(|(least, _)| off < least) {
                best = Some((off, behind + foot));
            }
            behind += length;
        }
        best.map(|(off, driven)| (Metres(driven as i64), Metres(off.ceil() as i64)))
    }

    /// The point of the path nearest to a position. Where the path passes there more than once, the pass that is nearest in
    /// time to `about_millis` after the start.
    pub fn nearest(&self, at: Point, about_millis: i64) -> Option<Nearest> {
        let feet: Vec<Nearest> = self.points.windows(2).map(|pair| foot(pair, at)).collect();
        let least = feet.iter().map(|near| near.off).min()?;
        let by_time = |near: &&Nearest| ((near.after_millis - about_millis).abs(), near.off);
        feet.iter().filter(|near| near.off <= least + SAME_SPOT).min_by_key(by_time).copied()
    }

    /// The next thing to do for who has driven so far, and the metres to it.
    pub fn next_step(&self, driven: Metres) -> Option<(&Step, Metres)> {
        let step = self.steps.iter().find(|s| s.at > driven && s.act != Act::Depart).or(self.steps.last())?;
        Some((step, Metres((step.at.0 - driven.0).max(0))))
    }

    /// There is nowhere to go.
    pub(crate) fn none(node: Node, point: Option<Point>) -> Path {
        let points = point.map(|point| PathPoint { point, after_millis: 0 }).into_iter().collect();
        let zero = Travel::default();
        Path {
            seconds: zero.seconds,
            metres: zero.metres,
            from: node,
            to: node,
            points,
            streets: Vec::new(),
            steps: Vec::new(),
        }
    }
}

/// Draws the path from `from` to `to` along the arcs.
pub(crate) fn draw(net: &Net, period: Period, (from, to): (Node, Node), way: (Halt, Halt, Vec<Arc>)) -> Path {
    let (start, end, arcs) = way;
    let mut drawing = Drawing::new(net, net.metric(period));
    for (i, arc) in arcs.iter().enumerate() {
        if let Some(before) = i.checked_sub(1).map(|b| arcs[b]) {
            drawing.turn(before, *arc);
        }
        let begin = if i == 0 { (start.num, start.den) } else { (0, 1) };
        let until = if i + 1 == arcs.len() { (end.num, end.den) } else { (1, 1) };
        drawing.drive(*arc, begin, until);
    }
    drawing.finish(from, to)
}

struct Drawing<'n> {
    net: &'n Net,
    metric: Metric<'n>,
    points: Vec<PathPoint>,
    /// Name and centimetres at its end.
    streets: Vec<(u32, i64)>,
    steps: Vec<(Act, u32, i64, i64, Point)>,
    millis: i64,
    cm: i64,
}

impl<'n> Drawing<'n> {
    fn new(net: &'n Net, metric: Metric<'n>) -> Drawing<'n> {
        Drawing { net, metric, points: Vec::new(), streets: Vec::new(), steps: Vec::new(), millis: 0, cm: 0 }
    }

    fn turn(&mut self, from: Arc, to: Arc) {
        let network = &self.net.network;
        let node = network.head(from);
        if let Some(how) = turn(network, from, to) {
            self.millis += i64::from(self.metric.turn(how));
        }
        if let Some(last) = self.points.last_mut() {
            last.after_millis = self.millis;
        }
        let act = act(self.net, from, to);
        if let Some(act) = act {
            let name = network.edge(to).name;
            self.steps.push((act, name, self.cm, self.millis, network.points[node as usize]));
        }
    }

    fn drive(&mut self, arc: Arc, begin: (u32, u32), until: (u32, u32)) {
        let network = &self.net.network;
        let line = network.line(edge_of(arc), is_forward(arc));
        let total = crate::line::metres(&line).max(1e-9);
        let share = |(num, den): (u32, u32)| f64::from(num) / f64::from(den);
        let (from, to) = (share(begin), share(until));
        // The same integer parts that the searches add up.
        let at = |whole: u32, (num, den): (u32, u32)| i64::from(whole) * i64::from(num) / i64::from(den);
        let (drive, cm) = (self.metric.drive(arc), network.edge(arc).cm);
        let duration = at(drive, until) - at(drive, begin);
        if self.points.is_empty() {
            let point = crate::line::along(&line, from);
            self.points.push(PathPoint { point, after_millis: self.millis });
            self.steps.push((Act::Depart, network.edge(arc).name, self.cm, self.millis, point));
        }
        let mut behind = 0.0;
        for pair in line.windows(2) {
            behind += pair[0].metres_to(pair[1]) / total;
            if behind <= from {
                continue;
            }
            let last = behind >= to;
            let point = if last { crate::line::along(&line, to) } else { pair[1] };
            let done = ((behind.min(to) - from) / (to - from).max(1e-12)).clamp(0.0, 1.0);
            self.points
                .push(PathPoint { point, after_millis: self.millis + (duration as f64 * done) as i64 });
            if last {
                break;
            }
        }
        self.millis += duration;
        self.cm += at(cm, until) - at(cm, begin);
        if let Some(last) = self.points.last_mut() {
            last.after_millis = self.millis;
        }
        let name = network.edge(arc).name;
        match self.streets.last_mut() {
            Some((known, end)) if *known == name => *end = self.cm,
            _ => self.streets.push((name, self.cm)),
        }
    }

    fn finish(mut self, from: Node, to: Node) -> Path {
        let network = &self.net.network;
        if let Some(last) = self.points.last() {
            let name = self.streets.last().map_or(0, |(name, _)| *name);
            self.steps.push((Act::Arrive, name, self.cm, self.millis, last.point));
        }
        let whole = |cm: i64| (cm + 99) / 100;
        let mut begin = 0;
        let mut streets = Vec::with_capacity(self.streets.len());
        for (name, end) in &self.streets {
            let metres = Metres(whole(*end) - begin);
            begin = whole(*end);
            streets.push(Street { name: network.names[*name as usize].clone(), metres });
        }
        let steps = self.steps.iter().enumerate().map(|(i, (act, name, cm, millis, point))| Step {
            act: *act,
            name: network.names[*name as usize].clone(),
            at: Metres(whole(*cm)),
            ahead: Metres(self.steps.get(i + 1).map_or(0, |next| whole(next.2)) - whole(*cm)).max(Metres(0)),
            after_millis: *millis,
            point: *point,
        });
        let steps = steps.collect();
        let Travel { seconds, metres } = Travel::of_weight((self.millis << 32) + self.cm);
        Path { seconds, metres, from, to, points: self.points, streets, steps }
    }
}

/// What a turn means to a driver; nothing where the road just goes on.
fn act(net: &Net, from: Arc, to: Arc) -> Option<Act> {
    let network = &net.network;
    if edge_of(from) == edge_of(to) {
        return Some(Act::TurnRound);
    }
    let (e, f) = (network.edge(from), network.edge(to));
    if f.class == RoadClass::Ferry && e.class != RoadClass::Ferry {
        return Some(Act::BoardFerry);
    }
    match (e.has(flag::ROUND), f.has(flag::ROUND)) {
        (false, true) => return Some(Act::EnterRoundabout),
        (true, false) => return Some(Act::LeaveRoundabout),
        (true, true) => return None,
        (false, false) => {}
    }
    let bend = bend(network, from, to);
    let right = bend > 0;
    let others: Vec<Arc> =
        network.arcs_from(network.head(from)).filter(|o| edge_of(*o) != edge_of(from) && *o != to).collect();
    let size = bend.unsigned_abs();
    if size <= STRAIGHT_BEND {
        // Straight on, unless another road leads on as straight: then it must be said which.
        let rival = others.iter().any(|o| {
            let other = crate::turns::bend(network, from, *o).unsigned_abs();
            other <= STRAIGHT_BEND && network.edge(*o).class <= f.class
        });
        let renamed = f.name != e.name && f.name != 0;
        return match (rival, right, size > 8) {
            (true, true, true) => Some(Act::BearRight),
            (true, false, true) => Some(Act::BearLeft),
            (true, _, false) => Some(Act::GoStraight),
            (false, ..) => renamed.then_some(Act::GoStraight),
        };
    }
    // A bend of a road without any other way is no turn.
    if others.is_empty() {
        return (f.name != e.name && f.name != 0).then_some(Act::GoStraight);
    }
    Some(match (right, size > SHARP_BEND) {
        (true, false) => Act::TurnRight,
        (false, false) => Act::TurnLeft,
        (true, true) => Act::SharpRight,
        (false, true) => Act::SharpLeft,
    })
}
