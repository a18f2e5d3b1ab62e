//! Real extracts where they are at hand, and a plain Dijkstra as oracle.

#![allow(dead_code, clippy::unwrap_used)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::sync::OnceLock;

use roads::{Roads, Town, draw_town, import_osm};
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

pub fn imported(name: &str) -> Option<Roads> {
    Some(import_osm(&extract(name)?, None, &mut |_| {}).unwrap().0)
}

/// One town for all tests of a binary.
pub fn town() -> &'static Town {
    static TOWN: OnceLock<Town> = OnceLock::new();
    TOWN.get_or_init(|| draw_town(7).unwrap())
}

/// Milliseconds and centimetres from a node to all, by time and then by length; `None` where there is no way.
pub fn dijkstra(roads: &Roads, from: Node) -> Vec<Option<(u64, u64)>> {
    let mut best: Vec<Option<(u64, u64)>> = vec![None; roads.node_count()];
    let mut heap = BinaryHeap::from([Reverse(((0, 0), from.0))]);
    best[from.index()] = Some((0, 0));
    while let Some(Reverse((at, node))) = heap.pop() {
        if best[node as usize] != Some(at) {
            continue;
        }
        for (head, millis, cm) in roads.arcs(Node(node)) {
            let there = (at.0 + u64::from(millis), at.1 + u64::from(cm));
            if best[head.index()].is_none_or(|known| there < known) {
                best[head.index()] = Some(there);
                heap.push(Reverse((there, head.0)));
            }
        }
    }
    best
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
