//! A contraction hierarchy (Geisberger et al. 2008) over the turn-expanded graph. `fast_paths` finds the order and the
//! shortcuts; the searches on it are ours (see `search`), because it offers no tables.

use serde::Deserialize;

use crate::metric::{Metric, weight};
use crate::network::Network;
use crate::turns::Turns;

// A weight is milliseconds in the upper and centimetres in the lower 32 bits; `fast_paths` keeps it in a usize.
const _: () = assert!(usize::BITS == 64, "travel weights need 64-bit words");

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
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Half {
    pub first: Vec<u32>,
    pub arcs: Vec<UpArc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UpArc {
    pub to: u32,
    /// The lower rank that a shortcut goes over; `NONE` for a turn itself.
    pub middle: u32,
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

    /// The rank whose list holds the arc of that number.
    pub fn rank_of(&self, arc: u32) -> u32 {
        self.first.partition_point(|first| *first <= arc) as u32 - 1
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

    /// An order that suits a metric, with the hierarchy of that metric. Takes most of the time of an import.
    pub fn find(network: &Network, turns: &Turns, metric: &Metric) -> (Order, Hierarchy) {
        let graph = fast_paths::prepare_with_params(&input(network, turns, metric), &params());
        let order = {
            let ordering = graph.get_node_ordering();
            Order::new(ordering.into_iter().map(|state| state as u32).collect(), turns.len())
        };
        let hierarchy = Hierarchy::of(&graph, &order);
        (order, hierarchy)
    }
}

/// Witness searches of 100 states instead of 500: turns make neighbourhoods larger, and a shortcut too many costs less than the search.
fn params() -> fast_paths::Params {
    fast_paths::Params::new(0.1, 100, 20, 100)
}

impl Hierarchy {
    /// The same order with other weights.
    pub fn new(network: &Network, turns: &Turns, metric: &Metric, order: &Order) -> Hierarchy {
        let wide: Vec<usize> = order.state_of.iter().map(|state| *state as usize).collect();
        let params = fast_paths::ParamsWithOrder::new(100);
        // The only refusal is an order of another length, which is ruled out; an empty graph answers nothing.
        let graph =
            fast_paths::prepare_with_order_with_params(&input(network, turns, metric), &wide, &params)
                .unwrap_or_else(|_| fast_paths::FastGraph::new(0));
        Hierarchy::of(&graph, order)
    }

    fn of(graph: &fast_paths::FastGraph, order: &Order) -> Hierarchy {
        let mirror = Mirror::of(graph);
        let middles_into: Vec<u32> = mirror.edges_bwd.iter().map(|e| order.rank_of[e.base_node]).collect();
        let half = |edges: &[MirrorEdge], first: &[usize]| Half {
            first: first.iter().map(|edge| *edge as u32).collect(),
            arcs: edges
                .iter()
                .map(|e| UpArc {
                    to: order.rank_of[e.adj_node],
                    middle: middles_into.get(e.replaced_in_edge).copied().unwrap_or(NONE),
                    millis: (e.weight >> 32) as u32,
                    cm: e.weight as u32,
                })
                .collect(),
        };
        let out = half(&mirror.edges_fwd, &mirror.first_edge_ids_fwd);
        let into = half(&mirror.edges_bwd, &mirror.first_edge_ids_bwd);
        Hierarchy { out, into }
    }

    pub fn bytes(&self) -> usize {
        [&self.out, &self.into].iter().map(|h| h.first.len() * 4 + h.arcs.len() * size_of::<UpArc>()).sum()
    }
}

/// The cheapest step between each pair of states.
fn input(network: &Network, turns: &Turns, metric: &Metric) -> fast_paths::InputGraph {
    let mut input = fast_paths::InputGraph::new();
    for from in 0..turns.len() as u32 {
        for (to, how) in turns.from(from) {
            let step = metric.step(network, how, turns.arc_of(to));
            input.add_edge(from as usize, to as usize, step as usize);
        }
    }
    input.freeze();
    input
}

/// The arrays inside a `fast_paths` graph, which it shows through serde only.
#[derive(Deserialize, Default)]
struct Mirror {
    _num_nodes: usize,
    _ranks: Vec<usize>,
    edges_fwd: Vec<MirrorEdge>,
    first_edge_ids_fwd: Vec<usize>,
    edges_bwd: Vec<MirrorEdge>,
    first_edge_ids_bwd: Vec<usize>,
}

#[derive(Deserialize)]
struct MirrorEdge {
    base_node: usize,
    adj_node: usize,
    weight: usize,
    replaced_in_edge: usize,
    _replaced_out_edge: usize,
}

impl Mirror {
    fn of(graph: &fast_paths::FastGraph) -> Mirror {
        // Integers only, to memory and back: neither step can fail while the fields agree, which tests pin down.
        postcard::to_allocvec(graph).ok().and_then(|b| postcard::from_bytes(&b).ok()).unwrap_or_default()
    }
}
