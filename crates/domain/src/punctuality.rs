//! How far forecasts were off, and so between which times a visit is to be expected.
//!
//! An area keeps counts of what its forecasts missed by, in groups of how far ahead they looked. An interval leaves out a
//! twentieth of them on either side: it should hold nine times out of ten. This is split conformal prediction with the days
//! behind as the calibration set (Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World, 2005), older days
//! counting less.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use units::Seconds;

/// How often in a hundred an interval should hold.
pub const HOLDS_PERCENT: u64 = 90;
/// Forecasts that look ahead less than this share a group; the last group is of all that look farther.
pub const AHEAD: [Seconds; 4] =
    [Seconds::minutes(5), Seconds::minutes(10), Seconds::minutes(20), Seconds::minutes(40)];
pub const GROUPS: usize = AHEAD.len() + 1;

/// What one count stands for.
const STEP: Seconds = Seconds(30);
/// What is farther off counts as this far: it was no matter of driving.
const EARLIEST: i16 = -40;
const LATEST: i16 = 80;
/// A fresh forecast counts this much, so that old ones can fade in whole numbers.
const WEIGHT: u64 = 64;
/// Of what was known the evening before, so much is left.
const KEPT: (u64, u64) = (7, 8);
/// Until an area knows better: so many minutes early and late at most by group, an assumption with the weight of forty
/// forecasts. Wide on purpose; some days of driving make it small.
const ASSUMED: [(i64, i64); GROUPS] = [(2, 4), (3, 5), (5, 8), (7, 12), (8, 15)];
const ASSUMED_WEIGHT: u64 = 40;

/// The group of a forecast that looks so far ahead.
pub fn group_of(ahead: Seconds) -> usize {
    AHEAD.iter().filter(|limit| ahead >= **limit).count()
}

/// What forecasts of a day missed by, counted in half minutes; negative is earlier than forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Missed(pub Vec<(i16, u32)>);

impl Missed {
    /// Counts one forecast in: `off` is what happened less what was forecast.
    pub fn count(&mut self, off: Seconds) {
        let step = off.0.div_euclid(STEP.0).clamp(i64::from(EARLIEST), i64::from(LATEST)) as i16;
        match self.0.binary_search_by_key(&step, |(known, _)| *known) {
            Ok(at) => self.0[at].1 += 1,
            Err(at) => self.0.insert(at, (step, 1)),
        }
    }
}

/// What the forecasts of the days behind missed by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Punctuality {
    groups: Vec<BTreeMap<i16, u64>>,
}

impl Default for Punctuality {
    fn default() -> Punctuality {
        let assumed = |(early, late): (i64, i64)| -> BTreeMap<i16, u64> {
            let (first, last) = ((-early * 2) as i16, (late * 2) as i16);
            let steps = u64::from((last - first).unsigned_abs());
            (first..last).map(|step| (step, ASSUMED_WEIGHT * WEIGHT / steps)).collect()
        };
        Punctuality { groups: ASSUMED.into_iter().map(assumed).collect() }
    }
}

impl Punctuality {
    /// Takes in what the forecasts of one more day missed by, by group.
    pub fn fold(&mut self, day: &[Missed]) {
        for (known, fresh) in self.groups.iter_mut().zip(day).filter(|(_, fresh)| !fresh.0.is_empty()) {
            let faded = known.iter().map(|(step, weight)| (*step, weight * KEPT.0 / KEPT.1));
            *known = faded.filter(|(_, weight)| *weight > 0).collect();
            for (step, count) in &fresh.0 {
                *known.entry(*step).or_default() += u64::from(*count) * WEIGHT;
            }
        }
    }

    /// How much earlier and later than forecast a visit is to be expected to begin that lies so far ahead. Never less than
    /// nothing on either side.
    pub fn spread(&self, ahead: Seconds) -> (Seconds, Seconds) {
        let Some(group) = self.groups.get(group_of(ahead)) else { return (Seconds::ZERO, Seconds::ZERO) };
        let total: u64 = group.values().sum();
        let tail = total * (100 - HOLDS_PERCENT) / 200;
        let (mut behind, mut first, mut last) = (0, None, 0);
        for (step, weight) in group {
            behind += weight;
            if first.is_none() && behind > tail {
                first = Some(*step);
            }
            if first.is_some() {
                last = *step + 1;
            }
            if behind >= total - tail {
                break;
            }
        }
        let at = |step: i16| Seconds(i64::from(step) * STEP.0);
        ((-at(first.unwrap_or(0))).max(Seconds::ZERO), at(last).max(Seconds::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_assumed_gives_way_to_what_is_measured() {
        let mut known = Punctuality::default();
        let ahead = Seconds::minutes(15);
        let (early, late) = known.spread(ahead);
        assert!(early >= Seconds::minutes(4) && late >= Seconds::minutes(7), "{early} {late}");
        for _ in 0..20 {
            let mut day = vec![Missed::default(); GROUPS];
            (0..100).for_each(|i| day[group_of(ahead)].count(Seconds(i % 60)));
            known.fold(&day);
        }
        assert_eq!(known.spread(ahead), (Seconds::ZERO, Seconds::minutes(1)));
        // The others have learned nothing.
        assert_eq!(known.spread(Seconds::ZERO), Punctuality::default().spread(Seconds::ZERO));
    }

    proptest! {
        /// Of the very forecasts that it was made from, an interval holds at least the share that it says.
        #[test]
        fn an_interval_holds_as_often_as_it_says(offs in prop::collection::vec(-1_500_i64..2_700, 200..600)) {
            let mut day = vec![Missed::default(); GROUPS];
            offs.iter().for_each(|off| day[0].count(Seconds(*off)));
            let mut known = Punctuality { groups: vec![BTreeMap::new(); GROUPS] };
            known.fold(&day);
            let (early, late) = known.spread(Seconds::ZERO);
            let held = offs.iter().filter(|off| {
                // Farther off than is counted is as far off as is counted.
                let off = (**off).clamp(i64::from(EARLIEST) * 30, i64::from(LATEST) * 30 + 29);
                -early.0 <= off && off <= late.0
            });
            prop_assert!(held.count() as u64 * 100 >= offs.len() as u64 * HOLDS_PERCENT);
        }
    }
}
