//! Legs between places with their street geometry, remembered: the same few hundred are asked for all day.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dispatch::{Ahead, Detours, Ways};
use domain::{Hindering, Hindrances, TravelTimes};
use roads::{Path, Period, Roads};
use units::{DayTime, Metres, Node, Seconds, ServiceDay, Timestamp};

/// Legs kept; when more are asked for the memory starts afresh.
const KEPT_MAX: usize = 20_000;
/// States of closed roads and snow whose ways are kept.
const STATES_MAX: usize = 4;

/// A way as it is counted for a part of the day, and its seconds and metres.
type Asked = (Ahead, Node, Node);
type Counted = (u32, u32);
/// A way in one period.
type Drawn = (Period, Node, Node);

pub struct Legs {
    roads: Arc<Roads>,
    drawn: Mutex<BTreeMap<Drawn, Arc<Path>>>,
    ways: Mutex<BTreeMap<(Node, Node), Ways>>,
    slowed: Mutex<Vec<Arc<Slowed>>>,
}

/// Ways while roads are closed or snow lies.
struct Slowed {
    hindrances: Hindrances,
    detours: Detours,
    ways: Mutex<BTreeMap<Asked, Counted>>,
    drawn: Mutex<BTreeMap<Drawn, Arc<Path>>>,
}

fn keep<K: Ord, V>(kept: &mut BTreeMap<K, V>, key: K, value: V) {
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(key, value);
}

impl Legs {
    pub fn new(roads: Arc<Roads>) -> Legs {
        Legs { roads, drawn: Mutex::default(), ways: Mutex::default(), slowed: Mutex::default() }
    }

    /// The way between two nodes as it is driven at that time; none if one of them is not of this network.
    pub fn find(&self, hindering: &Hindering, from: Node, to: Node, at: Timestamp) -> Option<Arc<Path>> {
        let slowed = self.slowed(hindering.at(at));
        let snow = slowed.as_ref().is_some_and(|s| s.hindrances.snow);
        let period = match snow {
            true => Period::Snow,
            false => self.roads.speeds().map_or(Period::Midday, |s| s.period_at(DayTime::of(at))),
        };
        let kept = slowed.as_ref().map_or(&self.drawn, |slowed| &slowed.drawn);
        let mut drawn = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = drawn.get(&(period, from, to)) {
            return Some(path.clone());
        }
        self.roads.point(from)?;
        self.roads.point(to)?;
        let round = slowed.as_ref().and_then(|slowed| slowed.detours.path(period, from, to));
        let path = Arc::new(round.unwrap_or_else(|| self.roads.path_during(period, from, to)));
        keep(&mut drawn, (period, from, to), path.clone());
        Some(path)
    }

    /// Travel times as the engine counts them for a day when it is `now`.
    pub fn ahead(&self, hindering: &Hindering, day: ServiceDay, now: Timestamp) -> LegTimes<'_> {
        let slowed = self.slowed(hindering.on(day, now));
        LegTimes { legs: self, ahead: Ahead::of(&self.roads, day, now), slowed }
    }

    fn slowed(&self, hindrances: Hindrances) -> Option<Arc<Slowed>> {
        if hindrances.is_none() {
            return None;
        }
        let mut kept = self.slowed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.iter().find(|known| known.hindrances == hindrances) {
            return Some(known.clone());
        }
        if kept.len() >= STATES_MAX {
            kept.remove(0);
        }
        let detours = Detours::new(self.roads.clone(), &hindrances);
        let (ways, drawn) = (Mutex::default(), Mutex::default());
        let fresh = Arc::new(Slowed { hindrances, detours, ways, drawn });
        kept.push(fresh.clone());
        Some(fresh)
    }

    fn ways(&self, from: Node, to: Node) -> Option<Ways> {
        let mut known = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ways) = known.get(&(from, to)) {
            return Some(*ways);
        }
        self.roads.point(from)?;
        self.roads.point(to)?;
        let ways = Ways::on(&self.roads, from, to);
        keep(&mut known, (from, to), ways);
        Some(ways)
    }
}

pub struct LegTimes<'l> {
    legs: &'l Legs,
    ahead: Ahead,
    slowed: Option<Arc<Slowed>>,
}

impl LegTimes<'_> {
    fn slowed(&self, from: Node, to: Node) -> Option<(u32, u32)> {
        let slowed = self.slowed.as_ref()?;
        let mut known = slowed.ways.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ways) = known.get(&(self.ahead, from, to)) {
            return Some(*ways);
        }
        self.legs.roads.point(from)?;
        self.legs.roads.point(to)?;
        let ways = slowed.detours.way(self.ahead, from, to);
        keep(&mut known, (self.ahead, from, to), ways);
        Some(ways)
    }
}

impl TravelTimes for LegTimes<'_> {
    fn seconds(&self, from: Node, to: Node) -> Seconds {
        if let Some((seconds, _)) = self.slowed(from, to) {
            return Seconds(i64::from(seconds));
        }
        self.legs.ways(from, to).map_or(Seconds::ZERO, |w| w.seconds(self.ahead))
    }

    fn metres(&self, from: Node, to: Node) -> Metres {
        if let Some((_, metres)) = self.slowed(from, to) {
            return Metres(i64::from(metres));
        }
        self.legs.ways(from, to).map_or(Metres::ZERO, |w| Metres(i64::from(w.metres)))
    }
}
