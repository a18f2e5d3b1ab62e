//! A contraction hierarchy (Geisberger et al. 2008): fastest ways in tens of microseconds, tables by buckets
//! (Knopp et al. 2007). `fast_paths` finds the hierarchy; the searches on it are ours, because it offers no tables.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::Deserialize;

use crate::network::Network;

// A weight is milliseconds in the upper and centimetres in the lower 32 bits; `fast_paths` keeps it in a usize.
const _: () = assert!(usize::BITS == 64, "travel weights need 64-bit words");

const NONE: u32 = u32::MAX;

/// Nodes are named by rank in here: 0 is the least important, and every arc leads to a higher rank.
pub(crate) struct Hierarchy {
    rank_of: Vec<u32>,
    node_of: Vec<u32>,
    /// Along the arcs: out of the node, upward.
    out: Half,
    /// Against the arcs: into the node, from higher ranks.
    into: Half,
}

#[derive(Default)]
struct Half {
    first: Vec<u32>,
    arcs: Vec<UpArc>,
}

#[derive(Clone, Copy)]
struct UpArc {
    to: u32,
    weight: u64,
    /// A shortcut goes first over this arc of `into`, ...
    first_part: u32,
    /// ... then over this arc of `out`. `NONE` for a road's own arc.
    second_part: u32,
}

impl Half {
    fn of(&self, rank: u32) -> std::ops::Range<usize> {
        self.first[rank as usize] as usize..self.first[rank as usize + 1] as usize
    }
}

impl Hierarchy {
    /// An order of contraction, least important node first. Takes most of the time; kept in the file.
    pub fn find_order(network: &Network) -> Vec<u32> {
        fast_paths::prepare(&input(network)).get_node_ordering().into_iter().map(|node| node as u32).collect()
    }

    /// `order` must hold every node of the network once.
    pub fn new(network: &Network, order: &[u32]) -> Hierarchy {
        let order_wide: Vec<usize> = order.iter().map(|node| *node as usize).collect();
        // The only refusal is an order of another length, which the caller has ruled out; an empty graph answers nothing.
        let graph = fast_paths::prepare_with_order(&input(network), &order_wide)
            .unwrap_or_else(|_| fast_paths::FastGraph::new(0));
        let mirror = Mirror::of(&graph);
        let mut rank_of = vec![0; order.len()];
        for (rank, node) in order.iter().enumerate() {
            rank_of[*node as usize] = rank as u32;
        }
        let out = half(&mirror.edges_fwd, &mirror.first_edge_ids_fwd, &rank_of);
        let into = half(&mirror.edges_bwd, &mirror.first_edge_ids_bwd, &rank_of);
        Hierarchy { rank_of, node_of: order.to_vec(), out, into }
    }

    /// Contraction order, least important first.
    pub fn order(&self) -> &[u32] {
        &self.node_of
    }

    /// Weights row by row; `u64::MAX` cannot occur in a strongly connected network.
    pub fn table(&self, from: &[u32], to: &[u32]) -> Vec<u64> {
        SCRATCH.with_borrow_mut(|scratch| {
            let [search, _] = &mut scratch.searches;
            let mut entries: Vec<(u32, u32, u64)> = Vec::with_capacity(to.len() * 48);
            for (column, node) in to.iter().enumerate() {
                self.search(&self.into, &self.out, *node, search);
                entries.extend(search.settled.iter().map(|(rank, weight)| (*rank, column as u32, *weight)));
            }
            entries.sort_unstable();
            let buckets = &mut scratch.buckets;
            buckets.clear_for(self.rank_of.len());
            for (i, (rank, _, _)) in entries.iter().enumerate() {
                buckets.count(*rank, i as u32);
            }
            let mut table = vec![u64::MAX; from.len() * to.len()];
            for (row, node) in from.iter().enumerate() {
                self.search(&self.out, &self.into, *node, search);
                let cells = &mut table[row * to.len()..(row + 1) * to.len()];
                for (rank, weight) in &search.settled {
                    for (_, column, rest) in &entries[buckets.range(*rank)] {
                        let cell = &mut cells[*column as usize];
                        *cell = (*cell).min(weight + rest);
                    }
                }
            }
            table
        })
    }

    /// The nodes of a fastest path, both ends included; empty when there is none.
    pub fn path(&self, from: u32, to: u32) -> Vec<u32> {
        SCRATCH.with_borrow_mut(|scratch| {
            let [ahead, back] = &mut scratch.searches;
            self.search(&self.out, &self.into, from, ahead);
            self.search(&self.into, &self.out, to, back);
            let meeting = ahead
                .settled
                .iter()
                .filter_map(|(rank, weight)| Some((weight + back.weight(*rank)?, *rank)))
                .min();
            let Some((_, meeting)) = meeting else { return Vec::new() };
            let mut climb = Vec::new();
            let mut rank = meeting;
            while ahead.via[rank as usize].1 != NONE {
                let (below, arc) = ahead.via[rank as usize];
                climb.push((below, arc));
                rank = below;
            }
            let mut nodes = vec![self.node_of[rank as usize]];
            for (_, arc) in climb.into_iter().rev() {
                self.unpack(true, arc, None, &mut nodes);
            }
            rank = meeting;
            while back.via[rank as usize].1 != NONE {
                let (below, arc) = back.via[rank as usize];
                self.unpack(false, arc, Some(below), &mut nodes);
                rank = below;
            }
            nodes
        })
    }

    /// Appends the nodes an arc passes, without its start and with its end. An arc of `into` is stored at its head,
    /// so the rank of that head has to be told; an arc of `out` knows its own.
    fn unpack(&self, along: bool, arc: u32, head: Option<u32>, nodes: &mut Vec<u32>) {
        // Parts still to be walked, the next one last.
        let mut open = vec![(along, arc, head)];
        while let Some((along, arc, head)) = open.pop() {
            let half = if along { &self.out } else { &self.into };
            let up = half.arcs[arc as usize];
            let end = head.unwrap_or(up.to);
            if up.first_part == NONE {
                nodes.push(self.node_of[end as usize]);
                continue;
            }
            // The middle node is the one whose lists hold both parts.
            let middle = self.into.first.partition_point(|first| *first <= up.first_part) as u32 - 1;
            open.push((true, up.second_part, None));
            open.push((false, up.first_part, Some(middle)));
        }
    }

    /// All ranks reached upward, with their weight. `stall` is the other half: a node that is reached more cheaply over
    /// a higher one lies on no fastest path and is not passed on (stall-on-demand).
    fn search(&self, half: &Half, stall: &Half, node: u32, search: &mut Search) {
        search.clear_for(self.rank_of.len());
        let start = self.rank_of[node as usize];
        search.reach(start, 0, (start, NONE));
        while let Some(Reverse((weight, rank))) = search.heap.pop() {
            if search.weight(rank) != Some(weight) {
                continue;
            }
            let stalled = stall.of(rank).any(|arc| {
                let over = stall.arcs[arc];
                search.weight(over.to).is_some_and(|there| there + over.weight < weight)
            });
            if stalled {
                continue;
            }
            search.settled.push((rank, weight));
            for arc in half.of(rank) {
                let up = half.arcs[arc];
                search.reach(up.to, weight + up.weight, (rank, arc as u32));
            }
        }
    }
}

/// The cheapest arc between each pair of neighbours.
fn input(network: &Network) -> fast_paths::InputGraph {
    let mut input = fast_paths::InputGraph::new();
    for from in 0..network.points.len() as u32 {
        let mut arcs: Vec<(u32, u64)> =
            network.arcs_from(from).iter().map(|arc| (arc.to, network.weight(*arc))).collect();
        arcs.sort_unstable();
        arcs.dedup_by_key(|(to, _)| *to);
        for (to, weight) in arcs {
            input.add_edge(from as usize, to as usize, weight as usize);
        }
    }
    input.freeze();
    input
}

fn half(edges: &[MirrorEdge], first: &[usize], rank_of: &[u32]) -> Half {
    let narrow = |edge: usize| u32::try_from(edge).unwrap_or(NONE);
    let arcs = edges
        .iter()
        .map(|e| UpArc {
            to: rank_of[e.adj_node],
            weight: e.weight as u64,
            first_part: narrow(e.replaced_in_edge),
            second_part: narrow(e.replaced_out_edge),
        })
        .collect();
    Half { first: first.iter().map(|edge| *edge as u32).collect(), arcs }
}

/// The arrays inside a `fast_paths` graph, which it shows through serde only.
#[derive(Deserialize, Default)]
struct Mirror {
    edges_fwd: Vec<MirrorEdge>,
    first_edge_ids_fwd: Vec<usize>,
    edges_bwd: Vec<MirrorEdge>,
    first_edge_ids_bwd: Vec<usize>,
}

#[derive(Deserialize)]
struct MirrorEdge {
    adj_node: usize,
    weight: usize,
    replaced_in_edge: usize,
    replaced_out_edge: usize,
}

impl Mirror {
    fn of(graph: &fast_paths::FastGraph) -> Mirror {
        // Integers only, to memory and back: neither step can fail while the field names agree, which tests pin down.
        serde_json::to_vec(graph).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }
}

/// Working memory, one per thread and kept between searches so that a search allocates nothing.
#[derive(Default)]
struct Scratch {
    searches: [Search; 2],
    buckets: Buckets,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Marks are valid only while they carry the current stamp, so clearing costs nothing.
#[derive(Default)]
struct Search {
    stamp: u32,
    marks: Vec<(u32, u64)>,
    /// Rank and arc over which a rank was reached.
    via: Vec<(u32, u32)>,
    heap: BinaryHeap<Reverse<(u64, u32)>>,
    settled: Vec<(u32, u64)>,
}

impl Search {
    fn clear_for(&mut self, nodes: usize) {
        if self.marks.len() < nodes {
            self.marks.resize(nodes, (0, 0));
            self.via.resize(nodes, (0, NONE));
        }
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.marks.fill((0, 0));
            self.stamp = 1;
        }
        self.heap.clear();
        self.settled.clear();
    }

    fn weight(&self, rank: u32) -> Option<u64> {
        let (stamp, weight) = self.marks[rank as usize];
        (stamp == self.stamp).then_some(weight)
    }

    fn reach(&mut self, rank: u32, weight: u64, via: (u32, u32)) {
        if self.weight(rank).is_none_or(|known| weight < known) {
            self.marks[rank as usize] = (self.stamp, weight);
            self.via[rank as usize] = via;
            self.heap.push(Reverse((weight, rank)));
        }
    }
}

/// Where in the sorted entries each rank's bucket lies.
#[derive(Default)]
struct Buckets {
    stamp: u32,
    ranges: Vec<(u32, u32, u32)>,
}

impl Buckets {
    fn clear_for(&mut self, nodes: usize) {
        if self.ranges.len() < nodes {
            self.ranges.resize(nodes, (0, 0, 0));
        }
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.ranges.fill((0, 0, 0));
            self.stamp = 1;
        }
    }

    fn count(&mut self, rank: u32, entry: u32) {
        let range = &mut self.ranges[rank as usize];
        if range.0 == self.stamp {
            range.2 = entry + 1;
        } else {
            *range = (self.stamp, entry, entry + 1);
        }
    }

    fn range(&self, rank: u32) -> std::ops::Range<usize> {
        let (stamp, from, to) = self.ranges[rank as usize];
        if stamp == self.stamp { from as usize..to as usize } else { 0..0 }
    }
}
