//! A road network ready to answer: positions, turns, and one hierarchy for each period.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use smallvec::smallvec;
use units::{Node, Point};

use crate::Fault;
use crate::fill::Fill;
use crate::hierarchy::{Hierarchy, NONE, Order};
use crate::metric::{Metric, part};
use crate::network::{Arc, Network};
use crate::positions::{Halt, Place, Positions};
use crate::search::{Seeds, UNREACHED};
use crate::speeds::{Period, Speeds};
use crate::turns::Turns;

pub(crate) struct Net {
    pub network: Network,
    pub turns: Turns,
    pub positions: Positions,
    pub speeds: Speeds,
    pub order: Order,
    /// Of which the hierarchy is made, then given up.
    fill: Mutex<Option<Fill>>,
    /// Made when first asked for, or read from the file.
    hierarchy: OnceLock<Hierarchy>,
}

/// No road is longer, ferries included.
const EDGE_MAX_CM: u32 = 200_000_000;
/// Japan is 3,000 km across.
const WIDTH_MAX: f64 = 4_000_000.0;

/// From corner to corner of the box around the points, in metres.
fn width(points: &[units::Point]) -> f64 {
    crate::Bounds::around(points.iter().copied()).map_or(0.0, |b| b.sw.metres_to(b.ne))
}

impl Net {
    /// Finds the order of contraction; the hierarchy is made when it is asked for.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] where the roads are more, or more entangled, than what is kept of them allows.
    pub fn prepare(network: Network, speeds: Speeds) -> Result<Net, Fault> {
        // Searches add up lengths in 32 bits of centimetres and times in 31 of milliseconds: enough for a way round the earth.
        if network.edges.iter().any(|edge| edge.cm > EDGE_MAX_CM) {
            return Err(Fault::TooLarge { what: "a single road is longer than 2,000 km" });
        }
        if network.edges.len() > 1 && width(&network.points) > WIDTH_MAX {
            return Err(Fault::TooLarge { what: "it is more than 4,000 km across" });
        }
        let turns = Turns::of(&network)?;
        let order = Order::find(&network, &turns)?;
        Net::fill(network, turns, speeds, order)
    }

    fn fill(network: Network, turns: Turns, speeds: Speeds, order: Order) -> Result<Net, Fault> {
        let fill = Mutex::new(Some(Fill::of(&turns, &order)?));
        let positions = Positions::of(&network);
        Ok(Net { network, turns, positions, speeds, order, fill, hierarchy: OnceLock::new() })
    }

    /// As it was read from a file.
    pub fn ready(network: Network, turns: Turns, speeds: Speeds, order: Order, hierarchy: Hierarchy) -> Net {
        let positions = Positions::of(&network);
        Net { network, turns, positions, speeds, order, fill: Mutex::default(), hierarchy: hierarchy.into() }
    }

    /// The same roads at other speeds; the order of contraction stays.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] where a file's order is not one that was found.
    pub fn with_speeds(self, speeds: Speeds) -> Result<Net, Fault> {
        let order = Order::of_states(self.order.state_of, &self.turns)?;
        Net::fill(self.network, self.turns, speeds, order)
    }

    pub fn metric(&self, period: Period) -> Metric<'_> {
        Metric::new(&self.network, self.speeds.profile(period))
    }

    /// Of all periods.
    pub fn hierarchy(&self) -> &Hierarchy {
        self.hierarchy.get_or_init(|| {
            let fill = self.fill.lock().ok().and_then(|mut fill| fill.take());
            let metrics = Period::ALL.map(|period| self.metric(period));
            // A fill is there whenever the hierarchy is not; nothing is reached without one.
            fill.map(|fill| fill.hierarchy(&self.turns, &metrics, &self.order)).unwrap_or_default()
        })
    }

    /// # Panics
    /// If the node is not of this network.
    pub fn place(&self, node: Node) -> Place {
        match self.positions.place(&self.network, node) {
            Some(place) => place,
            None => panic!("{node} is not of this network, which has {}", self.positions.count()),
        }
    }

    pub fn point(&self, node: Node) -> Option<Point> {
        self.positions.place(&self.network, node).map(|place| place.point(&self.network))
    }

    /// What is left to drive to the head of the arc.
    fn rest(&self, metric: Metric, halt: Halt) -> i64 {
        part(metric, halt.arc, halt.den, halt.den) - part(metric, halt.arc, halt.num, halt.den)
    }

    fn seeds_from(&self, metric: Metric, place: Place) -> Seeds {
        let halts = place.halts(&self.network).into_iter();
        halts.map(|halt| (self.order.rank_of[halt.arc as usize], self.rest(metric, halt))).collect()
    }

    fn seeds_of_end(&self, metric: Metric, halt: Halt) -> Seeds {
        let rest = self.rest(metric, halt);
        let states = self.turns.states_of(halt.arc).map(|state| self.order.rank_of[state as usize]);
        states.filter(|rank| *rank != NONE).map(|rank| (rank, -rest)).collect()
    }

    fn seeds_to(&self, metric: Metric, place: Place) -> Seeds {
        place.halts(&self.network).into_iter().flat_map(|halt| self.seeds_of_end(metric, halt)).collect()
    }

    /// Seeds of a tour that leaves the arc by its head and must not count as being there already.
    fn seeds_beyond(&self, metric: Metric, halt: Halt) -> Seeds {
        let rest = self.rest(metric, halt);
        let on = self.turns.from(halt.arc).map(|(to, how)| {
            let step = metric.step(how, self.turns.arc_of(to));
            (self.order.rank_of[to as usize], rest + step)
        });
        on.collect()
    }

    pub fn outward_seeds(&self, period: Period, node: Node) -> Seeds {
        self.seeds_from(self.metric(period), self.place(node))
    }

    pub fn inward_seeds(&self, period: Period, node: Node) -> Seeds {
        self.seeds_to(self.metric(period), self.place(node))
    }

    pub fn one_to_one(&self, period: Period, from: Node, to: Node) -> i64 {
        let (a, b) = (self.place(from), self.place(to));
        if a.edge == b.edge {
            return self.on_one_edge(period, a, b).0;
        }
        let (metric, hierarchy) = (self.metric(period), self.hierarchy());
        hierarchy.one_to_one(period, &self.seeds_from(metric, a), &self.seeds_to(metric, b))
    }

    /// Between positions of one edge, where being on an arc does not mean that its end is still ahead. The way is empty
    /// where one just drives on.
    pub fn on_one_edge(&self, period: Period, a: Place, b: Place) -> (i64, Option<(Halt, Halt, Tour)>) {
        let (metric, hierarchy) = (self.metric(period), self.hierarchy());
        if a == b {
            return (0, None);
        }
        let mut best = (UNREACHED, None);
        for from in a.halts(&self.network) {
            for to in b.halts(&self.network) {
                let found = if from.arc != to.arc {
                    let seeds: Seeds =
                        smallvec![(self.order.rank_of[from.arc as usize], self.rest(metric, from))];
                    (hierarchy.one_to_one(period, &seeds, &self.seeds_of_end(metric, to)), Tour::Round)
                } else if to.num >= from.num {
                    (self.rest(metric, from) - self.rest(metric, to), Tour::Ahead)
                } else {
                    let beyond = self.seeds_beyond(metric, from);
                    (hierarchy.one_to_one(period, &beyond, &self.seeds_of_end(metric, to)), Tour::Back)
                };
                if found.0 < best.0 {
                    best = (found.0, Some((from, to, found.1)));
                }
            }
        }
        best
    }

    /// Weights row by row.
    pub fn table(&self, period: Period, from: &[Node], to: &[Node]) -> Vec<i64> {
        let (metric, hierarchy) = (self.metric(period), self.hierarchy());
        let (rows, columns) = (self.places(from), self.places(to));
        let starts: Vec<Seeds> = rows.iter().map(|p| self.seeds_from(metric, *p)).collect();
        let ends: Vec<Seeds> = columns.iter().map(|p| self.seeds_to(metric, *p)).collect();
        let mut table = hierarchy.table(period, &starts, &ends);
        let mut by_edge: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (column, place) in columns.iter().enumerate() {
            by_edge.entry(place.edge).or_default().push(column);
        }
        for (row, place) in rows.iter().enumerate() {
            for column in by_edge.get(&place.edge).into_iter().flatten() {
                table[row * to.len() + column] = self.on_one_edge(period, *place, columns[*column]).0;
            }
        }
        table
    }

    fn places(&self, nodes: &[Node]) -> Vec<Place> {
        nodes.iter().map(|node| self.place(*node)).collect()
    }

    /// The arcs of the best way: how much of the first and of the last is driven, and all arcs with both.
    pub fn way(&self, period: Period, from: Node, to: Node) -> Option<(Halt, Halt, Vec<Arc>)> {
        let (metric, hierarchy) = (self.metric(period), self.hierarchy());
        let (a, b) = (self.place(from), self.place(to));
        // What turning from one state into another weighs, where one may.
        let turned = |from: u32, to: u32| {
            let [from, to] = [from, to].map(|rank| self.order.state_of[rank as usize]);
            let (_, how) = self.turns.from(from).find(|(next, _)| *next == to)?;
            Some(metric.step(how, self.turns.arc_of(to)))
        };
        let arcs_of = |ranks: Vec<u32>| -> Vec<Arc> {
            ranks.into_iter().map(|r| self.turns.arc_of(self.order.state_of[r as usize])).collect()
        };
        if a.edge == b.edge {
            let (from, to, tour) = self.on_one_edge(period, a, b).1?;
            let arcs = match tour {
                Tour::Ahead => vec![from.arc],
                Tour::Round => {
                    let seeds: Seeds =
                        smallvec![(self.order.rank_of[from.arc as usize], self.rest(metric, from))];
                    arcs_of(hierarchy.way(period, turned, &seeds, &self.seeds_of_end(metric, to)))
                }
                Tour::Back => {
                    let beyond = self.seeds_beyond(metric, from);
                    let mut arcs =
                        arcs_of(hierarchy.way(period, turned, &beyond, &self.seeds_of_end(metric, to)));
                    arcs.insert(0, from.arc);
                    arcs
                }
            };
            return Some((from, to, arcs));
        }
        let arcs =
            arcs_of(hierarchy.way(period, turned, &self.seeds_from(metric, a), &self.seeds_to(metric, b)));
        let (first, last) = (*arcs.first()?, *arcs.last()?);
        let from = a.halts(&self.network).into_iter().find(|halt| halt.arc == first)?;
        let to = b.halts(&self.network).into_iter().find(|halt| halt.arc == last)?;
        Some((from, to, arcs))
    }
}

/// How one comes from one position of an edge to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tour {
    /// Straight on along the same arc.
    Ahead,
    /// Over the other arc of the edge.
    Round,
    /// All the way round to an earlier position of the same arc.
    Back,
}
