//! The turn-expanded graph shown to others: an oracle runs a plain Dijkstra on it, a peer is fed from it.

use units::{Node, Point};

use crate::metric::{Metric, part};
use crate::net::Net;
use crate::network::{Arc, edge_of, is_forward};
use crate::speeds::Period;

/// States are arcs at their heads, before the next turn; steps turn into an arc and drive it to its head.
pub struct TurnGraph<'r> {
    net: &'r Net,
    metric: Metric<'r>,
}

/// A way to stand at a node: on the arc of a state, so much driven of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    pub state: u32,
    pub millis: u32,
    pub cm: u32,
    /// The arc's whole time and length.
    pub arc_millis: u32,
    pub arc_cm: u32,
}

/// An arc as it is drawn and driven.
#[derive(Debug, Clone, PartialEq)]
pub struct DrivenArc {
    pub from: u32,
    pub to: u32,
    pub cm: u32,
    pub millis: u32,
    pub line: Vec<Point>,
}

impl<'r> TurnGraph<'r> {
    pub(crate) fn of(net: &'r Net, period: Period) -> TurnGraph<'r> {
        TurnGraph { net, metric: net.metric(period) }
    }

    pub fn state_count(&self) -> usize {
        self.net.turns.len()
    }

    /// The number of the arc of a state; states of one arc differ in how it was reached.
    pub fn arc_of(&self, state: u32) -> u32 {
        self.net.turns.arc_of(state)
    }

    /// Next states, with milliseconds and centimetres.
    pub fn steps(&self, state: u32) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        self.net.turns.from(state).map(|(to, how)| {
            let arc = self.net.turns.arc_of(to);
            (to, self.metric.turn(how) + self.metric.drive(arc), self.net.network.edge(arc).cm)
        })
    }

    /// The ways to stand at a node when setting out: one, or two where one may leave either way.
    ///
    /// # Panics
    /// If the node is not of this network.
    pub fn stands(&self, node: Node) -> Vec<Stand> {
        let halts = self.net.place(node).halts(&self.net.network).into_iter();
        halts
            .map(|halt| {
                let driven = part(self.metric, halt.arc, halt.num, halt.den);
                Stand {
                    state: halt.arc,
                    millis: (driven >> 32) as u32,
                    cm: driven as u32,
                    arc_millis: self.metric.drive(halt.arc),
                    arc_cm: self.net.network.edge(halt.arc).cm,
                }
            })
            .collect()
    }

    /// An open arc by number; `None` for a closed one or one beyond the last.
    pub fn arc(&self, number: Arc) -> Option<DrivenArc> {
        let network = &self.net.network;
        if edge_of(number) >= network.edges.len() || !network.is_open(number) {
            return None;
        }
        Some(DrivenArc {
            from: network.tail(number),
            to: network.head(number),
            cm: network.edge(number).cm,
            millis: self.metric.drive(number),
            line: network.line(edge_of(number), is_forward(number)),
        })
    }
}
