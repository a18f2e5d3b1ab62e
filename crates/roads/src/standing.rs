//! Standing buckets: stops that stay for a while, such as the coming visits of a fleet, keep what their searches found,
//! so that a new place is compared with all of them by one search.

// order: both maps are only looked up, never walked.
use rustc_hash::FxHashMap;
use units::Node;

use crate::path::Travel;
use crate::roads::Roads;
use crate::search::UNREACHED;
use crate::speeds::Period;

/// Stops that are kept, in one period. Numbers of stops are given in order and used again after a removal.
///
/// ```
/// use roads::{Period, Standing};
/// let roads = roads::draw_town(7).unwrap().roads;
/// let (a, b, c) = (units::Node(5), units::Node(900), units::Node(4_000));
/// let mut standing = Standing::new(Period::Midday);
/// let (first, second) = (standing.add(&roads, a), standing.add(&roads, b));
/// let times = standing.from(&roads, c);
/// assert_eq!(times[first as usize], Some(roads.travel(c, a)));
/// assert_eq!(standing.to(&roads, c)[second as usize], Some(roads.travel(b, c)));
/// standing.remove(first);
/// assert_eq!(standing.from(&roads, c)[first as usize], None);
/// ```
#[derive(Debug, Clone)]
pub struct Standing {
    period: Period,
    stops: Vec<Option<Stop>>,
    free: Vec<u32>,
    /// By rank: stops reached from there, and stops that reach there.
    into: FxHashMap<u32, Vec<(u32, i64)>>,
    out: FxHashMap<u32, Vec<(u32, i64)>>,
    by_edge: FxHashMap<u32, Vec<u32>>,
}

#[derive(Debug, Clone)]
struct Stop {
    node: Node,
    into: Vec<u32>,
    out: Vec<u32>,
}

impl Standing {
    pub fn new(period: Period) -> Standing {
        Standing {
            period,
            stops: Vec::new(),
            free: Vec::new(),
            into: FxHashMap::default(),
            out: FxHashMap::default(),
            by_edge: FxHashMap::default(),
        }
    }

    pub fn period(&self) -> Period {
        self.period
    }

    /// Numbers given so far, removed ones included.
    pub fn len(&self) -> usize {
        self.stops.len()
    }

    pub fn is_empty(&self) -> bool {
        self.stops.iter().all(Option::is_none)
    }

    /// Puts a stop in. The same roads must be given at every call.
    ///
    /// # Panics
    /// If the node is not of these roads.
    pub fn add(&mut self, roads: &Roads, node: Node) -> u32 {
        let number = self.free.pop().unwrap_or(self.stops.len() as u32);
        let mut stop = Stop { node, into: Vec::new(), out: Vec::new() };
        if let Some(net) = roads.net() {
            let (hierarchy, period) = (net.hierarchy(), self.period);
            hierarchy.reached(period, false, &net.inward_seeds(self.period, node), |rank, weight| {
                self.into.entry(rank).or_default().push((number, weight));
                stop.into.push(rank);
            });
            hierarchy.reached(period, true, &net.outward_seeds(self.period, node), |rank, weight| {
                self.out.entry(rank).or_default().push((number, weight));
                stop.out.push(rank);
            });
            self.by_edge.entry(net.place(node).edge).or_default().push(number);
        }
        if number as usize == self.stops.len() {
            self.stops.push(Some(stop));
        } else {
            self.stops[number as usize] = Some(stop);
        }
        number
    }

    /// Takes a stop out; nothing happens where none has the number.
    pub fn remove(&mut self, number: u32) {
        let Some(stop) = self.stops.get_mut(number as usize).and_then(Option::take) else { return };
        self.free.push(number);
        for (buckets, ranks) in [(&mut self.into, &stop.into), (&mut self.out, &stop.out)] {
            for rank in ranks {
                let empty = buckets.get_mut(rank).is_some_and(|bucket| {
                    bucket.retain(|(of, _)| *of != number);
                    bucket.is_empty()
                });
                if empty {
                    buckets.remove(rank);
                }
            }
        }
        for edge in self.by_edge.values_mut() {
            edge.retain(|of| *of != number);
        }
    }

    /// From a node to every stop, by number.
    ///
    /// # Panics
    /// If the node is not of these roads.
    pub fn from(&self, roads: &Roads, node: Node) -> Vec<Option<Travel>> {
        self.all(roads, node, true)
    }

    /// From every stop to a node, by number.
    ///
    /// # Panics
    /// If the node is not of these roads.
    pub fn to(&self, roads: &Roads, node: Node) -> Vec<Option<Travel>> {
        self.all(roads, node, false)
    }

    fn all(&self, roads: &Roads, node: Node, outward: bool) -> Vec<Option<Travel>> {
        let pair = |stop: Node| if outward { (node, stop) } else { (stop, node) };
        let Some(net) = roads.net() else {
            let travel = |stop: &Stop| {
                let (from, to) = pair(stop.node);
                roads.travel(from, to)
            };
            return self.stops.iter().map(|stop| stop.as_ref().map(travel)).collect();
        };
        let mut weights = vec![UNREACHED; self.stops.len()];
        let hierarchy = net.hierarchy();
        let (seeds, buckets) = if outward {
            (net.outward_seeds(self.period, node), &self.into)
        } else {
            (net.inward_seeds(self.period, node), &self.out)
        };
        hierarchy.reached(self.period, outward, &seeds, |rank, weight| {
            for (number, rest) in buckets.get(&rank).into_iter().flatten() {
                let known = &mut weights[*number as usize];
                *known = (*known).min(weight + rest);
            }
        });
        let place = net.place(node);
        for number in self.by_edge.get(&place.edge).into_iter().flatten() {
            if let Some(stop) = &self.stops[*number as usize] {
                let (from, to) = pair(stop.node);
                weights[*number as usize] = net.on_one_edge(self.period, net.place(from), net.place(to)).0;
            }
        }
        let stops = self.stops.iter().zip(weights);
        stops.map(|(stop, weight)| stop.as_ref().map(|_| Travel::of_weight(weight))).collect()
    }
}
