//! Ways round what is closed for a while: a plain Dijkstra over the same states and weights as the hierarchy's, with edges
//! left out. Hierarchies are made for roads that stay; what is closed this afternoon is searched as it is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use units::{Metres, Node, Point};

use crate::metric::{Metric, part};
use crate::net::Net;
use crate::network::{Arc, edge_of};
use crate::path::{Path, Travel, draw};
use crate::positions::{Halt, Place};
use crate::roads::Roads;
use crate::search::UNREACHED;
use crate::speeds::Period;

/// Edges that nobody drives on, in neither direction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Closed(BTreeSet<u32>);

impl Closed {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many stretches of road are closed.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn add(&mut self, other: &Closed) {
        self.0.extend(&other.0);
    }

    fn has(&self, arc: Arc) -> bool {
        self.0.contains(&(edge_of(arc) as u32))
    }
}

/// Weights of the best ways from some seeds to the heads of all arcs, and over which state each came.
struct Spread {
    weights: Vec<i64>,
    before: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Roads {
    /// The stretches of road that come within so many metres of a point. Straight lines have none.
    pub fn closed_around(&self, centre: Point, radius: Metres) -> Closed {
        let Some(net) = self.net() else { return Closed::default() };
        let near = |edge: &usize| {
            let line = net.network.line(*edge, true);
            line.windows(2).any(|pair| off(centre, pair[0], pair[1]) <= radius.0 as f64)
        };
        Closed((0..net.network.edges.len()).filter(near).map(|edge| edge as u32).collect())
    }

    /// The fastest way's time and length to each of `to` without driving on what is closed; none where there is no such way,
    /// as for a place in the closed stretch itself.
    ///
    /// # Panics
    /// If a node is not of this network.
    pub fn travel_round(
        &self,
        period: Period,
        closed: &Closed,
        from: Node,
        to: &[Node],
    ) -> Vec<Option<Travel>> {
        let Some(net) = self.net().filter(|_| !closed.is_empty()) else {
            return to.iter().map(|to| Some(self.travel_during(period, from, *to))).collect();
        };
        let search = Detour { net, metric: net.metric(period), closed };
        let start = net.place(from);
        let spread = search.spread(search.outward(start));
        let mut beyond: BTreeMap<Arc, Spread> = BTreeMap::new();
        let ways = to.iter().map(|to| {
            let weight = search.weight(&spread, start, net.place(*to), &mut beyond);
            (weight != UNREACHED).then(|| Travel::of_weight(weight))
        });
        ways.collect()
    }

    /// The fastest way itself, without driving on what is closed.
    ///
    /// # Panics
    /// If a node is not of this network.
    pub fn path_round(&self, period: Period, closed: &Closed, from: Node, to: Node) -> Option<Path> {
        let Some(net) = self.net().filter(|_| !closed.is_empty()) else {
            return Some(self.path_during(period, from, to));
        };
        if let Some((start, end, arcs)) = net.way(period, from, to)
            && !arcs.iter().any(|arc| closed.has(*arc))
        {
            return Some(draw(net, period, (from, to), (start, end, arcs)));
        }
        if from == to {
            return Some(self.path_during(period, from, to));
        }
        let search = Detour { net, metric: net.metric(period), closed };
        let (a, b) = (net.place(from), net.place(to));
        let mut best: Option<(i64, Halt, Halt, Vec<Arc>)> = None;
        for start in a.halts(&net.network) {
            if closed.has(start.arc) {
                continue;
            }
            let plain = search.spread(vec![(start.arc, search.rest(start))]);
            for end in b.halts(&net.network) {
                // Behind on the same arc: all the way round to it.
                let round = end.arc == start.arc && end.num < start.num;
                let spread = if round { &search.spread(search.beyond(start)) } else { &plain };
                let Some((weight, mut arcs)) = search.way(spread, end) else { continue };
                if round {
                    arcs.insert(0, start.arc);
                }
                if best.as_ref().is_none_or(|(least, ..)| weight < *least) {
                    best = Some((weight, start, end, arcs));
                }
            }
        }
        let (_, start, end, arcs) = best?;
        Some(draw(net, period, (from, to), (start, end, arcs)))
    }

    /// Whether a position lies on what is closed.
    pub fn is_closed(&self, closed: &Closed, node: Node) -> bool {
        let place = self.net().and_then(|net| net.positions.place(&net.network, node));
        place.is_some_and(|place| closed.0.contains(&place.edge))
    }

    /// Whether the fastest way would drive on what is closed.
    ///
    /// # Panics
    /// If a node is not of this network.
    pub fn is_crossed(&self, period: Period, closed: &Closed, from: Node, to: Node) -> bool {
        let Some(net) = self.net().filter(|_| !closed.is_empty()) else { return false };
        let on = |place: Place| place.halts(&net.network).into_iter().all(|halt| closed.has(halt.arc));
        let way = net.way(period, from, to);
        way.is_some_and(|(_, _, arcs)| arcs.iter().any(|arc| closed.has(*arc)))
            || (from != to && (on(net.place(from)) || on(net.place(to))))
    }
}

struct Detour<'n> {
    net: &'n Net,
    metric: Metric<'n>,
    closed: &'n Closed,
}

impl Detour<'_> {
    fn rest(&self, halt: Halt) -> i64 {
        part(self.metric, halt.arc, halt.den, halt.den) - part(self.metric, halt.arc, halt.num, halt.den)
    }

    fn outward(&self, place: Place) -> Vec<(u32, i64)> {
        let halts = place.halts(&self.net.network).into_iter();
        halts.filter(|halt| !self.closed.has(halt.arc)).map(|halt| (halt.arc, self.rest(halt))).collect()
    }

    /// Of a tour that leaves the arc by its head and must not count as being there already.
    fn beyond(&self, halt: Halt) -> Vec<(u32, i64)> {
        let (turns, rest) = (&self.net.turns, self.rest(halt));
        let on = turns.from(halt.arc).filter(|(to, _)| !self.closed.has(turns.arc_of(*to)));
        on.map(|(to, how)| (to, rest + self.metric.step(how, turns.arc_of(to)))).collect()
    }

    fn spread(&self, seeds: Vec<(u32, i64)>) -> Spread {
        let turns = &self.net.turns;
        let mut found = Spread { weights: vec![UNREACHED; turns.len()], before: vec![NONE; turns.len()] };
        let mut queue = BinaryHeap::new();
        for (state, weight) in seeds {
            if weight < found.weights[state as usize] {
                found.weights[state as usize] = weight;
                queue.push(Reverse((weight, state)));
            }
        }
        while let Some(Reverse((weight, state))) = queue.pop() {
            if weight > found.weights[state as usize] {
                continue;
            }
            for (to, how) in turns.from(state) {
                let arc = turns.arc_of(to);
                if self.closed.has(arc) {
                    continue;
                }
                let longer = weight + self.metric.step(how, arc);
                if longer < found.weights[to as usize] {
                    found.weights[to as usize] = longer;
                    found.before[to as usize] = state;
                    queue.push(Reverse((longer, to)));
                }
            }
        }
        found
    }

    /// The best state in which one stands at the end.
    fn reach(&self, spread: &Spread, end: Halt) -> Option<(i64, u32)> {
        if self.closed.has(end.arc) {
            return None;
        }
        let states = self.net.turns.states_of(end.arc).map(|state| (spread.weights[state as usize], state));
        states.filter(|(weight, _)| *weight != UNREACHED).min().map(|(w, s)| (w - self.rest(end), s))
    }

    fn way(&self, spread: &Spread, end: Halt) -> Option<(i64, Vec<Arc>)> {
        let (weight, mut state) = self.reach(spread, end)?;
        let mut arcs = vec![self.net.turns.arc_of(state)];
        while spread.before[state as usize] != NONE {
            state = spread.before[state as usize];
            arcs.push(self.net.turns.arc_of(state));
        }
        arcs.reverse();
        Some((weight, arcs))
    }

    fn weight(&self, spread: &Spread, from: Place, to: Place, beyond: &mut BTreeMap<Arc, Spread>) -> i64 {
        if from == to {
            return 0;
        }
        let mut best = UNREACHED;
        if from.edge != to.edge {
            let ends = to.halts(&self.net.network).into_iter();
            return ends.filter_map(|end| self.reach(spread, end)).map(|(w, _)| w).min().unwrap_or(best);
        }
        // On one edge being on the arc does not mean that its end is still ahead.
        for start in from.halts(&self.net.network) {
            if self.closed.has(start.arc) {
                continue;
            }
            for end in to.halts(&self.net.network) {
                let weight = if end.arc == start.arc && end.num >= start.num {
                    Some(self.rest(start) - self.rest(end))
                } else if end.arc == start.arc {
                    let spread = beyond.entry(start.arc).or_insert_with(|| self.spread(self.beyond(start)));
                    self.reach(spread, end).map(|(weight, _)| weight)
                } else {
                    let own = self.spread(vec![(start.arc, self.rest(start))]);
                    self.reach(&own, end).map(|(weight, _)| weight)
                };
                best = best.min(weight.unwrap_or(UNREACHED));
            }
        }
        best
    }
}

/// Metres from a point to a short line; a stretch is short enough to be flat.
fn off(point: Point, a: Point, b: Point) -> f64 {
    let length = a.metres_to(b);
    let (to_a, to_b) = (point.metres_to(a), point.metres_to(b));
    let foot = (to_a * to_a - to_b * to_b + length * length) / (2.0 * length.max(1e-9));
    let share = foot.clamp(0.0, length) / length.max(1e-9);
    point.metres_to(crate::line::between(a, b, share))
}
