//! A road network ready to answer: positions, turns, and one hierarchy for each period.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use smallvec::smallvec;
use units::{Node, Point};

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
    /// Made when first asked for, or read from the file.
    ready: [OnceLock<Ready>; Period::ALL.len()],
}

/// What one period needs.
pub(crate) struct Ready {
    pub metric: Metric,
    pub hierarchy: Hierarchy,
}

impl Net {
    /// Finds the order of contraction; hierarchies are made when they are asked for.
    pub fn prepare(network: Network, speeds: Speeds) -> Net {
        let turns = Turns::of(&network);
        let order = Order::find(&network, &turns);
        Net::with(network, turns, speeds, order)
    }

    pub fn with(network: Network, turns: Turns, speeds: Speeds, order: Order) -> Net {
        let positions = Positions::of(&network);
        Net { network, turns, positions, speeds, order, ready: Default::default() }
    }

    /// Takes over a hierarchy that was made before.
    pub fn put(&self, period: Period, hierarchy: Hierarchy) {
        let metric = Metric::new(&self.network, self.speeds.profile(period));
        let _ = self.ready[period.index()].set(Ready { metric, hierarchy });
    }

    pub fn ready(&self, period: Period) -> &Ready {
        self.ready[period.index()].get_or_init(|| self.make(period, &Fill::of(&self.turns, &self.order)))
    }

    fn make(&self, period: Period, fill: &Fill) -> Ready {
        let metric = Metric::new(&self.network, self.speeds.profile(period));
        let hierarchy = Hierarchy::new(&self.network, &self.turns, &metric, &self.order, fill);
        Ready { metric, hierarchy }
    }

    /// Makes every period ready, on two threads.
    pub fn ready_all(&self) {
        if self.ready.iter().all(|ready| ready.get().is_some()) {
            return;
        }
        let fill = &Fill::of(&self.turns, &self.order);
        std::thread::scope(|scope| {
            for pair in [[Period::Midday, Period::Morning], [Period::Evening, Period::Snow]] {
                scope.spawn(move || {
                    for period in pair {
                        self.ready[period.index()].get_or_init(|| self.make(period, fill));
                    }
                });
            }
        });
    }

    /// The same roads at other speeds; the order of contraction stays.
    pub fn with_speeds(self, speeds: Speeds) -> Net {
        Net::with(self.network, self.turns, speeds, self.order)
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
    fn rest(&self, metric: &Metric, halt: Halt) -> i64 {
        part(&self.network, metric, halt.arc, halt.den, halt.den)
            - part(&self.network, metric, halt.arc, halt.num, halt.den)
    }

    fn seeds_from(&self, metric: &Metric, place: Place) -> Seeds {
        let halts = place.halts(&self.network).into_iter();
        halts.map(|halt| (self.order.rank_of[halt.arc as usize], self.rest(metric, halt))).collect()
    }

    fn seeds_of_end(&self, metric: &Metric, halt: Halt) -> Seeds {
        let rest = self.rest(metric, halt);
        let states = self.turns.states_of(halt.arc).map(|state| self.order.rank_of[state as usize]);
        states.filter(|rank| *rank != NONE).map(|rank| (rank, -rest)).collect()
    }

    fn seeds_to(&self, metric: &Metric, place: Place) -> Seeds {
        place.halts(&self.network).into_iter().flat_map(|halt| self.seeds_of_end(metric, halt)).collect()
    }

    /// Seeds of a tour that leaves the arc by its head and must not count as being there already.
    fn seeds_beyond(&self, metric: &Metric, halt: Halt) -> Seeds {
        let rest = self.rest(metric, halt);
        let on = self.turns.from(halt.arc).map(|(to, how)| {
            let step = metric.step(&self.network, how, self.turns.arc_of(to));
            (self.order.rank_of[to as usize], rest + step)
        });
        on.collect()
    }

    pub fn outward_seeds(&self, period: Period, node: Node) -> Seeds {
        self.seeds_from(&self.ready(period).metric, self.place(node))
    }

    pub fn inward_seeds(&self, period: Period, node: Node) -> Seeds {
        self.seeds_to(&self.ready(period).metric, self.place(node))
    }

    pub fn one_to_one(&self, period: Period, from: Node, to: Node) -> i64 {
        let (a, b) = (self.place(from), self.place(to));
        if a.edge == b.edge {
            return self.on_one_edge(period, a, b).0;
        }
        let Ready { metric, hierarchy } = self.ready(period);
        hierarchy.one_to_one(&self.seeds_from(metric, a), &self.seeds_to(metric, b))
    }

    /// Between positions of one edge, where being on an arc does not mean that its end is still ahead. The way is empty
    /// where one just drives on.
    pub fn on_one_edge(&self, period: Period, a: Place, b: Place) -> (i64, Option<(Halt, Halt, Tour)>) {
        let Ready { metric, hierarchy } = self.ready(period);
        if a == b {
            return (0, None);
        }
        let mut best = (UNREACHED, None);
        for from in a.halts(&self.network) {
            for to in b.halts(&self.network) {
                let found = if from.arc != to.arc {
                    let seeds: Seeds =
                        smallvec![(self.order.rank_of[from.arc as usize], self.rest(metric, from))];
                    (hierarchy.one_to_one(&seeds, &self.seeds_of_end(metric, to)), Tour::Round)
                } else if to.num >= from.num {
                    (self.rest(metric, from) - self.rest(metric, to), Tour::Ahead)
                } else {
                    let beyond = self.seeds_beyond(metric, from);
                    (hierarchy.one_to_one(&beyond, &self.seeds_of_end(metric, to)), Tour::Back)
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
        let Ready { metric, hierarchy } = self.ready(period);
        let (rows, columns) = (self.places(from), self.places(to));
        let starts: Vec<Seeds> = rows.iter().map(|p| self.seeds_from(metric, *p)).collect();
        let ends: Vec<Seeds> = columns.iter().map(|p| self.seeds_to(metric, *p)).collect();
        let mut table = hierarchy.table(&starts, &ends);
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
        let Ready { metric, hierarchy } = self.ready(period);
        let (a, b) = (self.place(from), self.place(to));
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
                    arcs_of(hierarchy.way(&seeds, &self.seeds_of_end(metric, to)))
                }
                Tour::Back => {
                    let beyond = self.seeds_beyond(metric, from);
                    let mut arcs = arcs_of(hierarchy.way(&beyond, &self.seeds_of_end(metric, to)));
                    arcs.insert(0, from.arc);
                    arcs
                }
            };
            return Some((from, to, arcs));
        }
        let arcs = arcs_of(hierarchy.way(&self.seeds_from(metric, a), &self.seeds_to(metric, b)));
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
