//! Legs between places with their street geometry, remembered: the same few hundred are asked for all day.

use std::sync::{Arc, Mutex, PoisonError};

use domain::TravelTimes;
use roads::{Path, Roads};
use std::collections::BTreeMap;
use units::{Metres, Node, Seconds};

/// Legs kept; when more are asked for the memory starts afresh.
const KEPT_MAX: usize = 20_000;

pub struct Legs {
    roads: Arc<Roads>,
    kept: Mutex<BTreeMap<(Node, Node), Arc<Path>>>,
}

impl Legs {
    pub fn new(roads: Arc<Roads>) -> Legs {
        Legs { roads, kept: Mutex::new(BTreeMap::new()) }
    }

    /// The way between two nodes; none if one of them is not of this network.
    pub fn find(&self, from: Node, to: Node) -> Option<Arc<Path>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = kept.get(&(from, to)) {
            return Some(path.clone());
        }
        self.roads.point(from)?;
        self.roads.point(to)?;
        let path = Arc::new(self.roads.path(from, to));
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert((from, to), path.clone());
        Some(path)
    }
}

impl TravelTimes for Legs {
    fn seconds(&self, from: Node, to: Node) -> Seconds {
        self.find(from, to).map_or(Seconds::ZERO, |p| p.seconds)
    }

    fn metres(&self, from: Node, to: Node) -> Metres {
        self.find(from, to).map_or(Metres::ZERO, |p| p.metres)
    }
}
