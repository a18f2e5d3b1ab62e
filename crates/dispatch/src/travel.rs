//! Travel times between all places of an area, kept as a table that grows when a place is added.
//!
//! Vehicles are committed to the leg they are driving, so every question the planner asks is between registered places;
//! a table of a thousand places takes 8 MB and answers in nanoseconds what the road network answers in microseconds.
//!
//! The times are those of the slowest hours yet to come on the service day (`docs/decisions/0008`).

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use domain::{Hindering, TravelTimes};
use roads::{Period, Roads, Standing};
// order: the maps are only looked up, never walked.
use rustc_hash::FxHashMap;
use units::{DayTime, Metres, Node, Seconds, ServiceDay, Timestamp};

use crate::hindered::Overlay;

/// What of a service day is yet to come, as far as travel times differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ahead {
    /// Both peaks: every day to come, and today until the morning peak ends.
    WholeDay = 0,
    /// The evening peak and quiet hours.
    Afternoon = 1,
    /// Quiet hours alone.
    Night = 2,
}

impl Ahead {
    /// What is ahead of `day` when it is `now`.
    pub fn of(roads: &Roads, day: ServiceDay, now: Timestamp) -> Ahead {
        let Some(speeds) = roads.speeds() else { return Ahead::WholeDay };
        let (today, time) = (ServiceDay::of(now), DayTime::of(now));
        if day > today || (day == today && time < speeds.morning_hours[1]) {
            Ahead::WholeDay
        } else if day == today && time < speeds.evening_hours[1] {
            Ahead::Afternoon
        } else {
            Ahead::Night
        }
    }
}

/// Drive times of one pair by [`Ahead`], and the length of the way that is fastest in quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    pub seconds: [u32; 3],
    pub metres: u32,
}

impl Ways {
    const NONE: Ways = Ways { seconds: [u32::MAX; 3], metres: u32::MAX };

    fn of([midday, morning, evening]: [roads::Travel; 3]) -> Ways {
        let narrow = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let [midday_s, morning, evening] = [midday, morning, evening].map(|t| narrow(t.seconds.0));
        let afternoon = midday_s.max(evening);
        Ways { seconds: [afternoon.max(morning), afternoon, midday_s], metres: narrow(midday.metres.0) }
    }

    /// What the roads themselves say.
    ///
    /// # Panics
    /// If a node is not of these roads.
    pub fn on(roads: &Roads, from: Node, to: Node) -> Ways {
        Ways::of(Period::OF_A_DAY.map(|period| roads.travel_during(period, from, to)))
    }

    pub fn seconds(&self, ahead: Ahead) -> Seconds {
        Seconds(i64::from(self.seconds[ahead as usize]))
    }
}

/// The same in eight bytes, which hold 18 hours and 65 km; what is farther is kept apart.
#[derive(Debug, Clone, Copy)]
struct Entry {
    seconds: [u16; 3],
    metres: u16,
}

const FAR: Entry = Entry { seconds: [u16::MAX; 3], metres: u16::MAX };

/// So many new places are asked for one by one; more are worth a table of their own.
const FEW: usize = 16;

/// Drive times and lengths between every pair of known nodes.
pub struct TravelTable {
    roads: Arc<Roads>,
    index: FxHashMap<Node, usize>,
    nodes: Vec<Node>,
    rows: Vec<Vec<Entry>>,
    far: FxHashMap<(u32, u32), Ways>,
    /// What the searches of known places found, by period, so that one more place costs two searches and not a search for
    /// every place there is. Begun when first a single place is added.
    standing: [Standing; 3],
    ahead: AtomicU8,
    /// What slows driving, as far as the owner has said.
    hindering: Hindering,
    overlays: Mutex<Vec<Arc<Overlay>>>,
    /// The overlay that counts for what was looked at last, if any.
    active: ArcSwapOption<Overlay>,
    hindered: AtomicBool,
    serial: AtomicU64,
}

/// Overlays kept: a few days in two or three states.
const OVERLAYS_MAX: usize = 6;

/// For when times are meant: what was found for another outlook need not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outlook {
    ahead: Ahead,
    overlay: u64,
}

impl TravelTable {
    pub fn new(roads: Arc<Roads>) -> TravelTable {
        TravelTable {
            roads,
            index: FxHashMap::default(),
            nodes: Vec::new(),
            rows: Vec::new(),
            far: FxHashMap::default(),
            standing: Period::OF_A_DAY.map(Standing::new),
            ahead: AtomicU8::new(Ahead::WholeDay as u8),
            hindering: Hindering::default(),
            overlays: Mutex::default(),
            active: ArcSwapOption::empty(),
            hindered: AtomicBool::new(false),
            serial: AtomicU64::new(0),
        }
    }

    pub fn roads(&self) -> &Arc<Roads> {
        &self.roads
    }

    /// From now on answers for what is ahead of `day` when it is `now`. The owner of the table calls it before every
    /// question about another day or at another time; nobody else asks meanwhile.
    pub fn look_ahead(&self, day: ServiceDay, now: Timestamp) {
        let ahead = Ahead::of(&self.roads, day, now);
        self.ahead.store(ahead as u8, Ordering::Relaxed);
        let overlay = self.find_overlay(ahead, day, now);
        self.hindered.store(overlay.is_some(), Ordering::Relaxed);
        self.active.store(overlay);
    }

    /// What slows driving from now on; the owner says so before it looks ahead.
    pub fn know(&mut self, hindering: &Hindering) {
        if self.hindering != *hindering {
            self.hindering = hindering.clone();
        }
    }

    /// For when times would be meant, without turning to it.
    pub(crate) fn outlook(&self, day: ServiceDay, now: Timestamp) -> Outlook {
        let ahead = Ahead::of(&self.roads, day, now);
        Outlook { ahead, overlay: self.find_overlay(ahead, day, now).map_or(0, |overlay| overlay.serial) }
    }

    fn find_overlay(&self, ahead: Ahead, day: ServiceDay, now: Timestamp) -> Option<Arc<Overlay>> {
        if self.hindering.is_empty() {
            return None;
        }
        let hindrances = self.hindering.on(day, now);
        if hindrances.is_none() {
            return None;
        }
        let mut kept = self.overlays.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.iter().find(|o| o.ahead == ahead && o.hindrances == hindrances) {
            return Some(known.clone());
        }
        if kept.len() >= OVERLAYS_MAX {
            kept.remove(0);
        }
        let serial = self.serial.fetch_add(1, Ordering::Relaxed) + 1;
        let fresh = Arc::new(Overlay::new(&self.roads, &self.nodes, (ahead, hindrances), serial));
        kept.push(fresh.clone());
        Some(fresh)
    }

    /// Seconds and metres as they are while something slows driving.
    #[cold]
    fn slowed(&self, from: Node, to: Node) -> Option<(u32, u32)> {
        let overlay = self.active.load();
        overlay.as_ref()?.get(*self.index.get(&from)?, *self.index.get(&to)?)
    }

    /// Makes every pair with `added` known. Nodes outside the road network are left out; see [`Roads::point`].
    pub fn add(&mut self, added: &[Node]) {
        let mut fresh: Vec<Node> = Vec::new();
        for node in added {
            if self.roads.point(*node).is_some() && !self.index.contains_key(node) {
                self.index.insert(*node, self.nodes.len() + fresh.len());
                fresh.push(*node);
            }
        }
        if !fresh.is_empty() {
            // They know nothing of the new places; the next look ahead makes them anew.
            self.overlays.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        }
        if fresh.len() <= FEW {
            for node in fresh {
                self.add_one(node);
            }
        } else {
            self.add_many(&fresh);
        }
    }

    fn add_many(&mut self, fresh: &[Node]) {
        let before = self.nodes.len();
        self.nodes.extend(fresh);
        let table = |from: &[Node], to: &[Node]| {
            Period::OF_A_DAY.map(|period| self.roads.many_to_many_during(period, from, to))
        };
        let into = table(&self.nodes[..before], fresh);
        let out = table(fresh, &self.nodes);
        let pair = |tables: &[Vec<roads::Travel>; 3], i: usize| Ways::of([0, 1, 2].map(|p| tables[p][i]));
        for row in 0..before {
            for column in 0..fresh.len() {
                self.push(row, before + column, pair(&into, row * fresh.len() + column));
            }
        }
        let all = self.nodes.len();
        for row in 0..fresh.len() {
            self.rows.push(Vec::with_capacity(all));
            for column in 0..all {
                self.push(before + row, column, pair(&out, row * all + column));
            }
        }
    }

    fn add_one(&mut self, node: Node) {
        let before = self.nodes.len();
        let roads = self.roads.clone();
        for standing in &mut self.standing {
            for known in &self.nodes[standing.len()..] {
                standing.add(&roads, *known);
            }
        }
        let into = self.standing.each_ref().map(|standing| standing.to(&roads, node));
        let out = self.standing.each_ref().map(|standing| standing.from(&roads, node));
        let pair = |side: &[Vec<Option<roads::Travel>>; 3], i: usize| match [0, 1, 2].map(|p| side[p][i]) {
            [Some(midday), Some(morning), Some(evening)] => Ways::of([midday, morning, evening]),
            _ => Ways::NONE,
        };
        self.nodes.push(node);
        self.rows.push(Vec::with_capacity(before + 1));
        for other in 0..before {
            self.push(other, before, pair(&into, other));
            self.push(before, other, pair(&out, other));
        }
        self.push(before, before, Ways { seconds: [0; 3], metres: 0 });
    }

    /// Lengthens a row by the entry of its next column.
    fn push(&mut self, row: usize, column: usize, ways: Ways) {
        let [Ok(a), Ok(b), Ok(c)] = ways.seconds.map(u16::try_from) else {
            self.push_far(row, column, ways);
            return;
        };
        match u16::try_from(ways.metres) {
            Ok(metres) if metres != FAR.metres => self.rows[row].push(Entry { seconds: [a, b, c], metres }),
            _ => self.push_far(row, column, ways),
        }
    }

    fn push_far(&mut self, row: usize, column: usize, ways: Ways) {
        self.rows[row].push(FAR);
        self.far.insert((row as u32, column as u32), ways);
    }

    #[inline]
    fn ways(&self, from: Node, to: Node) -> Ways {
        match (self.index.get(&from), self.index.get(&to)) {
            (Some(a), Some(b)) => {
                let entry = self.rows[*a][*b];
                if entry.metres == FAR.metres {
                    return self.far.get(&(*a as u32, *b as u32)).copied().unwrap_or(Ways::NONE);
                }
                Ways { seconds: entry.seconds.map(u32::from), metres: u32::from(entry.metres) }
            }
            // A node that was never added: ask the network itself, or call it out of reach.
            _ if self.roads.point(from).is_some() && self.roads.point(to).is_some() => {
                Ways::on(&self.roads, from, to)
            }
            _ => Ways::NONE,
        }
    }

    #[inline]
    fn seconds_ahead(&self, from: Node, to: Node) -> i64 {
        if self.hindered.load(Ordering::Relaxed)
            && let Some((seconds, _)) = self.slowed(from, to)
        {
            return i64::from(seconds);
        }
        let ahead = usize::from(self.ahead.load(Ordering::Relaxed)).min(2);
        i64::from(self.ways(from, to).seconds[ahead])
    }
}

impl TravelTimes for TravelTable {
    fn seconds(&self, from: Node, to: Node) -> Seconds {
        Seconds(self.seconds_ahead(from, to))
    }

    fn metres(&self, from: Node, to: Node) -> Metres {
        if self.hindered.load(Ordering::Relaxed)
            && let Some((_, metres)) = self.slowed(from, to)
        {
            return Metres(i64::from(metres));
        }
        Metres(i64::from(self.ways(from, to).metres))
    }
}

impl planner::Travel for TravelTable {
    fn ticks(&self, from: Node, to: Node) -> i64 {
        self.seconds_ahead(from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_grown_one_by_one_is_the_table_grown_at_once_and_what_the_roads_say() {
        let roads = Arc::new(roads::draw_town(5).unwrap().roads);
        let count = roads.node_count() as u32;
        let nodes: Vec<Node> = (0..60_u32).map(|i| Node(i * 7_919 % count)).collect();
        let mut at_once = TravelTable::new(roads.clone());
        at_once.add(&nodes);
        let mut one_by_one = TravelTable::new(roads.clone());
        one_by_one.add(&nodes[..20]);
        for node in &nodes {
            one_by_one.add(&[*node]);
        }
        for a in &nodes {
            for b in &nodes {
                let truth = Ways::on(&roads, *a, *b);
                assert_eq!(at_once.ways(*a, *b), truth, "{a} to {b}");
                assert_eq!(one_by_one.ways(*a, *b), truth, "{a} to {b}");
            }
        }
    }

    #[test]
    fn the_slowest_hours_to_come_count() {
        let roads = Arc::new(roads::draw_town(5).unwrap().roads);
        let (a, b) = (Node(3), Node(roads.node_count() as u32 - 3));
        let mut table = TravelTable::new(roads.clone());
        table.add(&[a, b]);
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let monday = ServiceDay::parse("2026-11-23").unwrap();
        let seconds = |now: &str| {
            table.look_ahead(monday, at(now));
            table.seconds(a, b)
        };
        let the_evening_before = seconds("2026-11-22T20:00:00+09:00");
        let in_the_morning = seconds("2026-11-23T09:00:00+09:00");
        let at_noon = seconds("2026-11-23T12:00:00+09:00");
        let at_night = seconds("2026-11-23T19:00:00+09:00");
        assert_eq!(the_evening_before, in_the_morning);
        assert!(in_the_morning >= at_noon && at_noon > at_night);
        assert_eq!(at_night, roads.travel(a, b).seconds);
        assert_eq!(at_noon, roads.travel_during(Period::Evening, a, b).seconds);
    }
}
