//! A contraction hierarchy over the turn-expanded graph: states in the order of [`Order`], and for each period those
//! shortcuts without which a best way would be lost. The searches on it are in `search`.

use std::sync::Arc;

use crate::dissect::arcs_by_cut;
use crate::fill::Fill;
use crate::metric::{Metric, weight};
use crate::network::Network;
use crate::turns::Turns;

pub(crate) const NONE: u32 = u32::MAX;

/// Contraction order: state by rank, least important first, and back. One for all periods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Order {
    pub rank_of: Vec<u32>,
    pub state_of: Vec<u32>,
}

/// Ranks name states in here: 0 is the least important, and every arc leads to a higher rank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hierarchy {
    /// Along the arcs: out of the state, upward.
    pub out: Half,
    /// Against the arcs: into the state, from higher ranks.
    pub into: Half,
    /// The next rank that any search upward may meet; `NONE` at the top. Shared by all periods.
    pub above: Arc<[u32]>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Half {
    pub first: Vec<u32>,
    /// Those of a rank in the order of where they lead.
    pub arcs: Vec<UpArc>,
    /// By arc: the lower rank that a shortcut goes over, `NONE` for a turn itself. Apart, because only paths ask for it.
    pub middles: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UpArc {
    pub to: u32,
    pub millis: u32,
    pub cm: u32,
}

impl UpArc {
    pub fn weight(&self) -> i64 {
        weight(self.millis, self.cm)
    }
}

impl Half {
    pub fn of(&self, rank: u32) -> &[UpArc] {
        &self.arcs[self.first[rank as usize] as usize..self.first[rank as usize + 1] as usize]
    }

    /// The middle of the arc between two ranks.
    pub fn middle(&self, rank: u32, to: u32) -> u32 {
        let place = self.of(rank).binary_search_by_key(&to, |arc| arc.to);
        place.map_or(NONE, |place| self.middles[self.first[rank as usize] as usize + place])
    }
}

impl Order {
    /// `state_of` must hold no state twice and none beyond `states`; those without turns may be absent.
    pub fn new(state_of: Vec<u32>, states: usize) -> Order {
        let mut rank_of = vec![NONE; states];
        for (rank, state) in state_of.iter().enumerate() {
            rank_of[*state as usize] = rank as u32;
        }
        Order { rank_of, state_of }
    }

    /// By nested dissection: what leads across the first cut comes last.
    pub fn find(network: &Network, turns: &Turns) -> Order {
        let arcs = arcs_by_cut(network).into_iter().filter(|arc| network.is_open(*arc));
        let states = arcs.flat_map(|arc| turns.states_of(arc));
        Order::new(states.collect(), turns.len())
    }
}

impl Hierarchy {
    /// What a metric makes of an order; `fill` must be of the same turns and order.
    pub fn new(network: &Network, turns: &Turns, metric: &Metric, order: &Order, fill: &Fill) -> Hierarchy {
        let mut weights = fill.weights();
        for from in 0..turns.len() as u32 {
            let low = order.rank_of[from as usize];
            for (to, how) in turns.from(from) {
                let step = metric.step(network, how, turns.arc_of(to));
                weights.turn(fill, low, order.rank_of[to as usize], step);
            }
        }
        weights.raise(fill);
        let needed = weights.perfect(fill);
        weights.hierarchy(fill, &needed)
    }

    pub fn bytes(&self) -> usize {
        [&self.out, &self.into]
            .iter()
            .map(|h| h.first.len() * 4 + h.arcs.len() * (size_of::<UpArc>() + 4))
            .sum()
    }
}
