//! Real extracts where they are at hand, and a plain Dijkstra as oracle.

#![allow(dead_code, clippy::unwrap_used)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::PathBuf;
use std::sync::OnceLock;

use roads::{ImportOptions, Period, Roads, Town, TurnGraph, draw_town, import_osm, import_tables};
use units::Node;

/// An extract of the shared collection; `None`, with a printed line, on a machine without it.
pub fn extract(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("KUSEKI_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("realdata/roads").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is absent; set KUSEKI_SHARED to the shared folder", path.display());
    None
}

/// Roads of a set of the collection: an extract, or a pair of tables under the name of the town.
pub fn imported(name: &str) -> Option<Roads> {
    let options = ImportOptions::default();
    if name.ends_with(".osm.pbf") {
        return Some(import_osm(&extract(name)?, &options, &mut |_| {}).unwrap().0);
    }
    let (nodes, edges) = (format!("{name}_nodes.csv.gz"), format!("{name}_edges.csv.gz"));
    Some(import_tables(&extract(&nodes)?, &extract(&edges)?, &options, &mut |_| {}).unwrap().0)
}

/// One town for all tests of a binary.
pub fn town() -> &'static Town {
    static TOWN: OnceLock<Town> = OnceLock::new();
    TOWN.get_or_init(|| draw_town(7).unwrap())
}

/// The turn-expanded graph with its steps laid out once.
pub struct Oracle<'r> {
    pub graph: TurnGraph<'r>,
    steps: Vec<Vec<(u32, u64, u64)>>,
    states_of: BTreeMap<u32, Vec<u32>>,
}

pub type Sum = (u64, u64);

impl<'r> Oracle<'r> {
    pub fn of(roads: &'r Roads, period: Period) -> Oracle<'r> {
        let graph = roads.turn_graph(period).unwrap();
        let mut states_of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut steps = Vec::new();
        for state in 0..graph.state_count() as u32 {
            states_of.entry(graph.arc_of(state)).or_default().push(state);
            let on = graph.steps(state).map(|(to, ms, cm)| (to, u64::from(ms), u64::from(cm)));
            steps.push(on.collect());
        }
        Oracle { graph, steps, states_of }
    }

    /// Milliseconds and centimetres from a node to the heads of all arcs, by state; a plain Dijkstra by time, then length.
    /// Arcs on which one stands at the start count only when they are come back to.
    pub fn to_heads(&self, from: Node) -> Vec<Option<Sum>> {
        let mut best: Vec<Option<Sum>> = vec![None; self.steps.len()];
        let mut heap = BinaryHeap::new();
        let push = |state: u32, at: Sum, best: &mut Vec<Option<Sum>>, heap: &mut BinaryHeap<_>| {
            if best[state as usize].is_none_or(|known| at < known) {
                best[state as usize] = Some(at);
                heap.push(Reverse((at, state)));
            }
        };
        for stand in self.graph.stands(from) {
            let rest = (u64::from(stand.arc_millis - stand.millis), u64::from(stand.arc_cm - stand.cm));
            for (to, ms, cm) in &self.steps[stand.state as usize] {
                push(*to, (rest.0 + ms, rest.1 + cm), &mut best, &mut heap);
            }
        }
        while let Some(Reverse((at, state))) = heap.pop() {
            if best[state as usize] != Some(at) {
                continue;
            }
            for (to, ms, cm) in &self.steps[state as usize] {
                push(*to, (at.0 + ms, at.1 + cm), &mut best, &mut heap);
            }
        }
        best
    }

    /// What is left to a node, given what leads to the heads of all arcs from where one set out.
    pub fn at(&self, heads: &[Option<Sum>], from: Node, to: Node) -> Option<Sum> {
        if from == to {
            return Some((0, 0));
        }
        let mut best: Option<Sum> = None;
        let mut offer = |sum: Sum| best = Some(best.map_or(sum, |b| b.min(sum)));
        for end in self.graph.stands(to) {
            let rest = (u64::from(end.arc_millis - end.millis), u64::from(end.arc_cm - end.cm));
            for state in &self.states_of[&end.state] {
                if let Some(head) = heads[*state as usize] {
                    offer((head.0 - rest.0, head.1 - rest.1));
                }
            }
            // Straight on along the arc on which one stands.
            for start in self.graph.stands(from).into_iter().filter(|s| s.state == end.state) {
                if start.millis <= end.millis && start.cm <= end.cm {
                    offer((u64::from(end.millis - start.millis), u64::from(end.cm - start.cm)));
                }
            }
        }
        best
    }
}

/// A small generator for test choices (SplitMix64).
pub struct Choice(pub u64);

impl Choice {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    pub fn node(&mut self, roads: &Roads) -> Node {
        Node(self.below(roads.node_count()) as u32)
    }
}
