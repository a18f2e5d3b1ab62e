//! What driving costs in one period: milliseconds for every arc and every turn.

use crate::network::{Arc, Edge, Network, is_forward};
use crate::speeds::Profile;
use crate::turns::Turn;

/// Nobody drives an edge or waits at its end for longer than this (about 12 days).
const LONGEST_MILLIS: u64 = 1 << 30;

/// Times and lengths are searched together as one number: milliseconds in the upper, centimetres in the lower 32 bits.
/// Of two equally fast ways the shorter one is meant, so both sums are unique. Signed, because a search may begin before
/// the beginning of a stretch.
pub(crate) const fn weight(millis: u32, cm: u32) -> i64 {
    ((millis as i64) << 32) + cm as i64
}

#[derive(Clone, Copy)]
pub(crate) struct Metric<'n> {
    network: &'n Network,
    profile: &'n Profile,
}

impl<'n> Metric<'n> {
    pub fn new(network: &'n Network, profile: &'n Profile) -> Metric<'n> {
        Metric { network, profile }
    }

    /// From the arc's tail to its head, with the halts on the way; 0 for a closed one. Reckoned anew at every call: a
    /// search asks for its ends only.
    pub fn drive(&self, arc: Arc) -> u32 {
        let (edge, forward) = (self.network.edge(arc), is_forward(arc));
        if !edge.is_open(forward) {
            return 0;
        }
        millis(edge, forward, self.profile.speed(&edge.paving()), self.profile)
    }

    pub fn turn(&self, how: Turn) -> u32 {
        how.millis(self.profile)
    }

    /// Turning into an arc and driving it to its head.
    pub fn step(&self, how: Turn, into: Arc) -> i64 {
        weight(self.turn(how) + self.drive(into), self.network.edge(into).cm)
    }
}

fn millis(edge: &Edge, forward: bool, speed: u64, profile: &Profile) -> u32 {
    let halts = edge.halts[usize::from(!forward)];
    let wait = [
        (halts.signals, profile.signal_ms),
        (halts.crossings, profile.crossing_ms),
        (halts.stops, profile.stop_ms),
        (halts.level_crossings, profile.level_crossing_ms),
    ]
    .iter()
    .map(|(count, ms)| u64::from(*count) * u64::from(*ms))
    .sum::<u64>();
    // Centimetres at hundredths of km/h: 3600 milliseconds for each at one hundredth.
    let drive = (u64::from(edge.cm) * 3_600).div_ceil(speed.max(1));
    (drive + wait).clamp(1, LONGEST_MILLIS) as u32
}

/// The part of an arc from its tail to a share `num / den` of its length, as a weight.
pub(crate) fn part(metric: Metric, arc: Arc, num: u32, den: u32) -> i64 {
    let share = |n: u32| (u64::from(n) * u64::from(num) / u64::from(den.max(1))) as u32;
    debug_assert!(num <= den && (is_forward(arc) || arc % 2 == 1));
    weight(share(metric.drive(arc)), share(metric.network.edge(arc).cm))
}
