//! Draws from a seed. One stream per purpose, so that drawing more of one thing leaves the others as they were; whole
//! numbers only, so that the same seed gives the same town and the same day on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What is drawn. The number is the stream of the generator and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Sites = 1,
    Fleet = 2,
    Members = 3,
    Residents = 4,
    Persons = 5,
    Absences = 6,
    Outings = 7,
    Door = 8,
    Drive = 9,
    Dwell = 10,
    Patience = 11,
    ReturnTrips = 12,
}

/// A stream of draws.
#[derive(Debug, Clone)]
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Draw {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(purpose as u64);
        Draw(rng)
    }

    /// A stream of its own for one thing (a visit, a rider), so that the draw does not depend on what was drawn before.
    pub(crate) fn keyed(seed: u64, purpose: Purpose, key: u64) -> Draw {
        // SplitMix64's finaliser: neighbouring keys give unrelated seeds.
        let mut mixed = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Draw::new(seed ^ mixed ^ (mixed >> 31), purpose)
    }

    /// A whole number below `n`; 0 for `n = 0`. The bias of the multiplication is below n / 2^64.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Between `low` and `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low).max(0) as u64 + 1) as i64
    }

    /// True `per_mille` times of a thousand.
    pub(crate) fn happens(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// An index into a list of `len` (0 for an empty one).
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// One of the entries.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.index(all.len()))
    }

    /// The index of one of the weights, as often as its share of their sum; `None` when they are all zero.
    pub(crate) fn weighted(&mut self, weights: &[u64]) -> Option<usize> {
        let sum: u64 = weights.iter().sum();
        let mut left = self.below(sum);
        weights.iter().position(|weight| {
            if left < *weight {
                return true;
            }
            left -= weight;
            false
        })
    }

    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            let other = self.index(last + 1);
            all.swap(last, other);
        }
    }

    /// Between `low` and `high`, mostly near the lower third: the product of two even draws has the long right tail of
    /// drive and door times.
    pub(crate) fn skewed(&mut self, low: i64, high: i64) -> i64 {
        let (a, b) = (self.below(1001) as i64, self.below(1001) as i64);
        low + (high - low) * a * b / 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_their_own_and_come_again() {
        let take = |mut draw: Draw| (0..8).map(|_| draw.below(1000)).collect::<Vec<_>>();
        assert_eq!(take(Draw::new(7, Purpose::Members)), take(Draw::new(7, Purpose::Members)));
        assert_ne!(take(Draw::new(7, Purpose::Members)), take(Draw::new(7, Purpose::Outings)));
        assert_ne!(take(Draw::new(7, Purpose::Members)), take(Draw::new(8, Purpose::Members)));
        assert_ne!(take(Draw::keyed(7, Purpose::Door, 1)), take(Draw::keyed(7, Purpose::Door, 2)));
    }

    #[test]
    fn draws_stay_within_their_bounds_and_shares() {
        let mut draw = Draw::new(1, Purpose::Fleet);
        assert!((0..10_000).all(|_| (3..=9).contains(&draw.between(3, 9))));
        assert!((0..10_000).all(|_| (90..=130).contains(&draw.skewed(90, 130))));
        let hits = (0..100_000).filter(|_| draw.happens(60)).count();
        assert!((5_500..6_500).contains(&hits), "{hits}");
        let first = (0..100_000).filter(|_| draw.weighted(&[41, 37, 22]) == Some(0)).count();
        assert!((40_000..42_000).contains(&first), "{first}");
        assert_eq!(draw.weighted(&[0, 0]), None);
        assert_eq!((draw.below(0), draw.between(5, 5)), (0, 5));
    }
}
