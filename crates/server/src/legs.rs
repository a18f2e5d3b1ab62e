//! Legs between places with their street geometry, remembered: the same few hundred are asked for all day.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dispatch::{Ahead, Ways};
use domain::TravelTimes;
use roads::{Path, Period, Roads};
use units::{DayTime, Metres, Node, Seconds, ServiceDay, Timestamp};

/// Legs kept; when more are asked for the memory starts afresh.
const KEPT_MAX: usize = 20_000;

/// A way in one period.
type Drawn = (Period, Node, Node);

pub struct Legs {
    roads: Arc<Roads>,
    drawn: Mutex<BTreeMap<Drawn, Arc<Path>>>,
    ways: Mutex<BTreeMap<(Node, Node), Ways>>,
}

impl Legs {
    pub fn new(roads: Arc<Roads>) -> Legs {
        Legs { roads, drawn: Mutex::default(), ways: Mutex::default() }
    }

    /// The way between two nodes as it is driven at that time; none if one of them is not of this network.
    pub fn find(&self, from: Node, to: Node, at: Timestamp) -> Option<Arc<Path>> {
        let period = self.roads.speeds().map_or(Period::Midday, |s| s.period_at(DayTime::of(at)));
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = drawn.get(&(period, from, to)) {
            return Some(path.clone());
        }
        self.roads.point(from)?;
        self.roads.point(to)?;
        let path = Arc::new(self.roads.path_during(period, from, to));
        if drawn.len() >= KEPT_MAX {
            drawn.clear();
        }
        drawn.insert((period, from, to), path.clone());
        Some(path)
    }

    /// Travel times as the engine counts them for a day when it is `now`.
    pub fn ahead(&self, day: ServiceDay, now: Timestamp) -> LegTimes<'_> {
        LegTimes { legs: self, ahead: Ahead::of(&self.roads, day, now) }
    }

    fn ways(&self, from: Node, to: Node) -> Option<Ways> {
        let mut known = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ways) = known.get(&(from, to)) {
            return Some(*ways);
        }
        self.roads.point(from)?;
        self.roads.point(to)?;
        let ways = Ways::on(&self.roads, from, to);
        if known.len() >= KEPT_MAX {
            known.clear();
        }
        known.insert((from, to), ways);
        Some(ways)
    }
}

pub struct LegTimes<'l> {
    legs: &'l Legs,
    ahead: Ahead,
}

impl TravelTimes for LegTimes<'_> {
    fn seconds(&self, from: Node, to: Node) -> Seconds {
        self.legs.ways(from, to).map_or(Seconds::ZERO, |w| w.seconds(self.ahead))
    }

    fn metres(&self, from: Node, to: Node) -> Metres {
        self.legs.ways(from, to).map_or(Metres::ZERO, |w| Metres(i64::from(w.metres)))
    }
}
