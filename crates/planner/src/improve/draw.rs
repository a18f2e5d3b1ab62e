//! Chance from a seed, in whole numbers only.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of draws that is the same on every machine.
#[derive(Debug, Clone)]
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Draw(ChaCha8Rng::seed_from_u64(seed))
    }

    /// How often a stick was halved before chance stopped, in 1/1024: more than `h * 1024` with probability `2^-h`
    /// (between whole halvings by straight lines).
    pub fn halvings(&mut self) -> i128 {
        let u = self.0.next_u32() | 1;
        let whole = u.leading_zeros();
        let rest = (u << whole >> 21) & 1_023;
        i128::from(whole) * 1_024 + 1_024 - i128::from(rest)
    }

    /// A number below `n`; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.0.next_u32()) * n as u64) >> 32) as usize
    }

    /// A number below `n` that favours small ones: the least of `times` draws.
    pub fn low(&mut self, n: usize, times: u32) -> usize {
        (0..times).map(|_| self.below(n)).min().unwrap_or(0)
    }

    /// True `parts` times in a thousand.
    pub fn chance(&mut self, parts: usize) -> bool {
        self.below(1_000) < parts
    }

    pub fn shuffle<X>(&mut self, list: &mut [X]) {
        for k in (1..list.len()).rev() {
            list.swap(k, self.below(k + 1));
        }
    }
}

/// Ways of doing a thing, chosen the more often the more they have been worth lately.
#[derive(Debug, Clone)]
pub(super) struct Wheel {
    weights: Vec<u32>,
}

/// No way falls below this, so that each is tried now and then.
const LEAST_WEIGHT: u32 = 100;
const FIRST_WEIGHT: u32 = 2_000;

impl Wheel {
    pub fn new(ways: usize) -> Self {
        Wheel { weights: vec![FIRST_WEIGHT; ways] }
    }

    pub fn pick(&mut self, draw: &mut Draw) -> usize {
        let total: u32 = self.weights.iter().sum();
        let mut at = draw.below(total as usize) as u32;
        for (way, weight) in self.weights.iter().enumerate() {
            if at < *weight {
                return way;
            }
            at -= weight;
        }
        0
    }

    /// Moves the weight a hundredth of the way towards what the step was worth.
    pub fn reward(&mut self, way: usize, worth: u32) {
        let weight = &mut self.weights[way];
        *weight = (*weight - *weight / 100 + worth * 40).max(LEAST_WEIGHT);
    }
}
