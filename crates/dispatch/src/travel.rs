//! Travel times between all places of an area, kept as a table that grows when a place is added.
//!
//! Vehicles are committed to the leg they are driving, so every question the planner asks is between registered places;
//! a table of a thousand places takes 8 MB and answers in nanoseconds what the road network answers in microseconds.

use std::sync::Arc;

use domain::TravelTimes;
use roads::Roads;
// order: the map is only looked up, never walked.
use rustc_hash::FxHashMap;
use units::{Metres, Node, Seconds};

#[derive(Debug, Clone, Copy)]
struct Entry {
    seconds: u32,
    metres: u32,
}

/// Drive times and lengths between every pair of known nodes.
pub struct TravelTable {
    roads: Arc<Roads>,
    index: FxHashMap<Node, usize>,
    nodes: Vec<Node>,
    rows: Vec<Vec<Entry>>,
}

impl TravelTable {
    pub fn new(roads: Arc<Roads>) -> TravelTable {
        TravelTable { roads, index: FxHashMap::default(), nodes: Vec::new(), rows: Vec::new() }
    }

    pub fn roads(&self) -> &Arc<Roads> {
        &self.roads
    }

    /// Makes every pair with `added` known. Nodes outside the road network are left out; see [`Roads::point`].
    pub fn add(&mut self, added: &[Node]) {
        let mut fresh: Vec<Node> = Vec::new();
        for node in added {
            if !self.index.contains_key(node) && !fresh.contains(node) && self.roads.point(*node).is_some() {
                fresh.push(*node);
            }
        }
        if fresh.is_empty() {
            return;
        }
        let before = self.nodes.len();
        for node in &fresh {
            self.index.insert(*node, self.nodes.len());
            self.nodes.push(*node);
        }
        let entry = |t: &roads::Travel| Entry { seconds: t.seconds.0 as u32, metres: t.metres.0 as u32 };
        if before > 0 {
            let into = self.roads.many_to_many(&self.nodes[..before], &fresh);
            for (row, times) in self.rows.iter_mut().zip(into.chunks(fresh.len())) {
                row.extend(times.iter().map(entry));
            }
        }
        let out = self.roads.many_to_many(&fresh, &self.nodes);
        self.rows.extend(out.chunks(self.nodes.len()).map(|row| row.iter().map(entry).collect()));
    }

    fn entry(&self, from: Node, to: Node) -> Entry {
        match (self.index.get(&from), self.index.get(&to)) {
            (Some(a), Some(b)) => self.rows[*a][*b],
            // A node that was never added: ask the network itself, or call it out of reach.
            _ if self.roads.point(from).is_some() && self.roads.point(to).is_some() => {
                let travel = self.roads.travel(from, to);
                Entry { seconds: travel.seconds.0 as u32, metres: travel.metres.0 as u32 }
            }
            _ => Entry { seconds: u32::MAX, metres: u32::MAX },
        }
    }
}

impl TravelTimes for TravelTable {
    fn seconds(&self, from: Node, to: Node) -> Seconds {
        Seconds(i64::from(self.entry(from, to).seconds))
    }

    fn metres(&self, from: Node, to: Node) -> Metres {
        Metres(i64::from(self.entry(from, to).metres))
    }
}

impl planner::Travel for TravelTable {
    fn ticks(&self, from: Node, to: Node) -> i64 {
        i64::from(self.entry(from, to).seconds)
    }
}
