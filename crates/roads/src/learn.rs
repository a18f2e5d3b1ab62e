//! Speeds learned from where vehicles were: from fixes to drives along roads, from drives to robust medians.

use std::collections::BTreeMap;

use units::{DayTime, Metres, Point, Seconds, ServiceDay, Timestamp};

use crate::roads::Roads;
use crate::speeds::{Period, Speeds};
use crate::{RoadClass, Surface};

/// Fewer distinct days than this teach nothing about a class in a period, however many drives there are: one day's
/// roadworks or rain must not become the rule.
pub const LEAST_DAYS: usize = 5;

/// And fewer drives than this.
pub const LEAST_DRIVES: usize = 20;

/// A vehicle was somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fix {
    pub vehicle: String,
    pub at: Timestamp,
    pub point: Point,
}

/// A stretch that was driven between two fixes, nearly all of it on roads of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drive {
    pub class: RoadClass,
    pub period: Period,
    pub day: ServiceDay,
    /// What it took, and what the speeds in force say.
    pub took: Seconds,
    pub expected: Seconds,
}

/// What is known of a class in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lesson {
    pub class: RoadClass,
    pub period: Period,
    pub drives: usize,
    pub days: usize,
    pub before_kmh: u32,
    /// `None` where days or drives are too few.
    pub learned_kmh: Option<u32>,
}

/// Fixes farther apart than this leave open what happened between them; nearer ones say little.
const PAIR_SECONDS: std::ops::RangeInclusive<i64> = 15..=240;
const PAIR_METRES: std::ops::RangeInclusive<i64> = 150..=5_000;

/// A fix farther from any road is no drive on it.
const NEAR: Metres = Metres(30);

/// Drives between successive fixes of a vehicle. Left out are pairs during which a vehicle stood, took another way than the
/// fastest, or changed the class of road.
pub fn drives(roads: &Roads, fixes: &[Fix]) -> Vec<Drive> {
    let mut sorted: Vec<&Fix> = fixes.iter().collect();
    sorted.sort();
    let mut drives = Vec::new();
    for pair in sorted.windows(2).filter(|p| p[0].vehicle == p[1].vehicle) {
        drives.extend(drive(roads, pair[0], pair[1]));
    }
    drives.sort_unstable();
    drives
}

fn drive(roads: &Roads, a: &Fix, b: &Fix) -> Option<Drive> {
    let took = b.at - a.at;
    let crow = a.point.metres_to(b.point);
    if !PAIR_SECONDS.contains(&took.0) || !PAIR_METRES.contains(&(crow as i64)) {
        return None;
    }
    let period = roads.speeds()?.period_at(DayTime::of(a.at));
    let (from, to) = (roads.snap(a.point).ok()?, roads.snap(b.point).ok()?);
    if from.distance > NEAR || to.distance > NEAR {
        return None;
    }
    let path = roads.path_during(period, from.node, to.node);
    let detour = path.metres.0 as f64 / crow.max(1.0);
    let ratio = took.0 as f64 / (path.seconds.0 as f64).max(1.0);
    // More than a third round, or four times off: it went another way, or stood still.
    if detour > 1.35 || !(0.25..=4.0).contains(&ratio) {
        return None;
    }
    let class = roads.main_class(from.node, to.node, period)?;
    Some(Drive { class, period, day: ServiceDay::of(a.at), took, expected: path.seconds })
}

/// From drives to speeds: the median over days of each day's median ratio of time taken to time expected, for every class and
/// period with at least `least_days` days (never fewer than [`LEAST_DAYS`]) and [`LEAST_DRIVES`] drives.
///
/// A median of medians does not care for one bad day nor for a vehicle that waited; the same drives in any order give the
/// same speeds.
pub fn learn(speeds: &Speeds, drives: &[Drive], least_days: usize) -> (Speeds, Vec<Lesson>) {
    let least_days = least_days.max(LEAST_DAYS);
    let mut learned = speeds.clone();
    let mut by_kind: BTreeMap<(Period, RoadClass), BTreeMap<ServiceDay, Vec<i64>>> = BTreeMap::new();
    for drive in drives.iter().filter(|d| d.took.0 > 0 && d.expected.0 > 0) {
        let ratio = drive.took.0 * 10_000 / drive.expected.0;
        let days = by_kind.entry((drive.period, drive.class)).or_default();
        days.entry(drive.day).or_default().push(ratio);
    }
    let mut lessons = Vec::new();
    for ((period, class), days) in by_kind {
        let before_kmh = speeds.profile(period).kmh[class as usize];
        let drives = days.values().map(Vec::len).sum();
        let count = days.len();
        let enough = count >= least_days && drives >= LEAST_DRIVES;
        let learned_kmh = enough.then(|| {
            let ratio = median(days.into_values().map(median).collect()).max(1);
            ((i64::from(before_kmh) * 10_000 + ratio / 2) / ratio).clamp(3, 120) as u32
        });
        if let Some(kmh) = learned_kmh {
            learned.profiles[period.index()].kmh[class as usize] = kmh;
        }
        lessons.push(Lesson { class, period, drives, days: count, before_kmh, learned_kmh });
    }
    (learned, lessons)
}

/// The middle one; of two in the middle the mean, rounded down.
fn median(mut numbers: Vec<i64>) -> i64 {
    numbers.sort_unstable();
    let n = numbers.len();
    match (numbers.get(n.wrapping_sub(1) / 2), numbers.get(n / 2)) {
        (Some(a), Some(b)) => (a + b) / 2,
        _ => 0,
    }
}

impl Roads {
    /// The class of nine tenths of the way's length, if there is one; unpaved and narrow roads have speeds of their own.
    fn main_class(&self, from: units::Node, to: units::Node, period: Period) -> Option<RoadClass> {
        let net = self.net()?;
        let (_, _, arcs) = net.way(period, from, to)?;
        let mut by_class: BTreeMap<RoadClass, u64> = BTreeMap::new();
        let mut total = 0;
        for arc in arcs {
            let edge = net.network.edge(arc);
            let plain = edge.surface == Surface::Paved && !edge.paving().narrow && !edge.paving().ramp;
            total += u64::from(edge.cm);
            if plain {
                *by_class.entry(edge.class).or_default() += u64::from(edge.cm);
            }
        }
        by_class.into_iter().find(|(_, cm)| cm * 10 >= total * 9).map(|(class, _)| class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> ServiceDay {
        ServiceDay::of(Timestamp::parse("2026-11-02T09:00:00+09:00").unwrap() + Seconds::hours(24 * n))
    }

    fn took(seconds: i64, on: i64) -> Drive {
        Drive {
            class: RoadClass::Primary,
            period: Period::Morning,
            day: day(on),
            took: Seconds(seconds),
            expected: Seconds(100),
        }
    }

    #[test]
    fn too_few_days_teach_nothing_however_many_drives() {
        let speeds = Speeds::default();
        let many: Vec<Drive> = (0..400).map(|i| took(200, i % 4)).collect();
        let (same, lessons) = learn(&speeds, &many, 1);
        assert_eq!(same, speeds);
        assert_eq!((lessons[0].days, lessons[0].learned_kmh), (4, None));
        let few: Vec<Drive> = (0..10).map(|i| took(200, i)).collect();
        assert_eq!(learn(&speeds, &few, 5).0, speeds);
        let enough: Vec<Drive> = (0..50).map(|i| took(200, i % 5)).collect();
        let (learned, lessons) = learn(&speeds, &enough, 5);
        let before = speeds.profile(Period::Morning).kmh[RoadClass::Primary as usize];
        assert_eq!(lessons[0].learned_kmh, Some(before / 2));
        assert_eq!(learned.profile(Period::Morning).kmh[RoadClass::Primary as usize], before / 2);
        assert_eq!(learned.profile(Period::Evening), speeds.profile(Period::Evening));
        assert_eq!(learn(&speeds, &enough, 6).0, speeds);
    }

    #[test]
    fn one_wild_day_and_wild_drives_change_nothing_and_order_does_not_matter() {
        let speeds = Speeds::default();
        let mut drives: Vec<Drive> = (0..90).map(|i| took(125, i % 9)).collect();
        drives.extend((0..300).map(|_| took(390, 9)));
        drives.extend((0..9).map(|i| took(30, i)));
        let (learned, _) = learn(&speeds, &drives, 5);
        let before = speeds.profile(Period::Morning).kmh[RoadClass::Primary as usize];
        let expected = (f64::from(before) / 1.25).round() as u32;
        assert_eq!(learned.profile(Period::Morning).kmh[RoadClass::Primary as usize], expected);
        drives.reverse();
        assert_eq!(learn(&speeds, &drives, 5).0, learned);
    }
}
