//! Travel times while roads are closed or snow lies: a table of its own for each state of things, filled row by row as it is
//! asked for. Closed roads are driven round by a plain search (`roads::Closed`); nothing here is an estimate, except for
//! places that lie in a closed stretch themselves.

use std::sync::{Arc, OnceLock};

use domain::Hindrances;
use roads::{Closed, Path, Period, Roads, Travel};
use units::{Node, Seconds};

use crate::travel::{Ahead, Ways};

/// A place in a closed stretch is not driven to: the vehicle halts where the closed stretch begins, and somebody walks with the
/// rider. Nobody knows how long that takes; this is what is counted.
const ON_FOOT: Seconds = Seconds::minutes(10);

pub(crate) struct Overlay {
    pub ahead: Ahead,
    pub hindrances: Hindrances,
    /// Another number for every overlay there ever was.
    pub serial: u64,
    roads: Arc<Roads>,
    nodes: Vec<Node>,
    closed: Closed,
    rows: Vec<OnceLock<Vec<(u32, u32)>>>,
}

/// The closed edges of all closures together.
pub(crate) fn closed(roads: &Roads, hindrances: &Hindrances) -> Closed {
    let mut all = Closed::default();
    for closure in &hindrances.closures {
        all.add(&roads.closed_around(closure.centre, closure.radius));
    }
    all
}

fn periods(ahead: Ahead, snow: bool) -> Vec<Period> {
    let mut periods = match ahead {
        Ahead::WholeDay => vec![Period::Midday, Period::Morning, Period::Evening],
        Ahead::Afternoon => vec![Period::Midday, Period::Evening],
        Ahead::Night => vec![Period::Midday],
    };
    if snow {
        periods.push(Period::Snow);
    }
    periods
}

/// The slowest of the periods that are ahead, from one node to others, as the roads are.
pub(crate) fn slowest(
    roads: &Roads,
    (ahead, snow): (Ahead, bool),
    closed: &Closed,
    from: Node,
    to: &[Node],
) -> Vec<(u32, u32)> {
    let narrow = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let mut row: Vec<Option<Travel>> = vec![Some(Travel::default()); to.len()];
    for period in periods(ahead, snow) {
        for (cell, travel) in row.iter_mut().zip(roads.travel_round(period, closed, from, to)) {
            *cell = match (*cell, travel) {
                // The length is that of the first of them, the way of quiet hours.
                (Some(known), Some(travel)) if known.metres.0 == 0 => Some(travel),
                (Some(known), Some(travel)) => {
                    Some(Travel { seconds: known.seconds.max(travel.seconds), ..known })
                }
                _ => None,
            };
        }
    }
    let cells = row.into_iter().zip(to).map(|(travel, node)| match travel {
        Some(travel) => (narrow(travel.seconds.0), narrow(travel.metres.0)),
        None => {
            let open = Ways::on(roads, from, *node);
            (narrow((open.seconds(ahead) + ON_FOOT).0), open.metres)
        }
    });
    cells.collect()
}

impl Overlay {
    pub fn new(
        roads: &Arc<Roads>,
        nodes: &[Node],
        (ahead, hindrances): (Ahead, Hindrances),
        serial: u64,
    ) -> Overlay {
        let closed = closed(roads, &hindrances);
        let rows = nodes.iter().map(|_| OnceLock::new()).collect();
        Overlay { ahead, hindrances, serial, roads: roads.clone(), nodes: nodes.to_vec(), closed, rows }
    }

    /// Seconds and metres between two numbers of the table; none for one that came later.
    pub fn get(&self, from: usize, to: usize) -> Option<(u32, u32)> {
        let row = self.rows.get(from)?.get_or_init(|| {
            let terms = (self.ahead, self.hindrances.snow);
            slowest(&self.roads, terms, &self.closed, self.nodes[from], &self.nodes)
        });
        row.get(to).copied()
    }
}

/// Ways round closed roads and through snow, one by one: for pages, which ask for few of them.
pub struct Detours {
    roads: Arc<Roads>,
    snow: bool,
    closed: Closed,
}

impl Detours {
    pub fn new(roads: Arc<Roads>, hindrances: &Hindrances) -> Detours {
        let closed = closed(&roads, hindrances);
        Detours { roads, snow: hindrances.snow, closed }
    }

    /// Seconds and metres as the engine counts them.
    ///
    /// # Panics
    /// If a node is not of this network.
    pub fn way(&self, ahead: Ahead, from: Node, to: Node) -> (u32, u32) {
        let terms = (ahead, self.snow);
        let crossed = |period: &Period| self.roads.is_crossed(*period, &self.closed, from, to);
        // Where no fastest way is closed they are what they were; a search of the whole town takes longer.
        let none = Closed::default();
        let closed = if periods(ahead, self.snow).iter().any(crossed) { &self.closed } else { &none };
        slowest(&self.roads, terms, closed, from, &[to]).first().copied().unwrap_or((u32::MAX, u32::MAX))
    }

    /// The way itself; none where there is none but over what is closed.
    ///
    /// # Panics
    /// If a node is not of this network.
    pub fn path(&self, period: Period, from: Node, to: Node) -> Option<Path> {
        self.roads.path_round(period, &self.closed, from, to)
    }
}
