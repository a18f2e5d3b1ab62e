//! What the best insertion of a request into a route was, remembered by the content of the route.
//!
//! The key is a 64-bit print of request, visits and vehicle class (vehicles equal in every field share a class), so
//! a route that comes back after a dropped step, or on a sister vehicle, is not searched again. Should two contents
//! ever share a print, the insertion fails when the route is evaluated and is dropped: no broken plan can follow.

use crate::insert::Insertion;
use crate::model::{Model, Visit};
use crate::travel::Travel;

/// A remembered answer; `delta == NONE` means that the request does not fit.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: u64,
    delta: i64,
    pickup: u32,
    dropoff: u32,
}

const NONE: i64 = i64::MAX;

#[derive(Debug, Clone)]
pub(super) struct Memo {
    entries: Vec<Entry>,
    mask: u64,
}

impl Memo {
    pub fn new(requests: usize, vehicles: usize) -> Self {
        let size = (requests * vehicles * 8).next_power_of_two().clamp(1 << 12, 1 << 19);
        let empty = Entry { key: 0, delta: NONE, pickup: 0, dropoff: 0 };
        Memo { entries: vec![empty; size], mask: size as u64 - 1 }
    }

    /// The answer for a route print, looked up or found by `search`.
    pub fn best(
        &mut self,
        (print, vehicle, request): (u64, u32, u32),
        search: impl FnOnce() -> Option<Insertion>,
    ) -> Option<Insertion> {
        let key = mix(print ^ mix(u64::from(request) + 1)).max(1);
        let entry = &mut self.entries[(key & self.mask) as usize];
        if entry.key != key {
            let (delta, pickup, dropoff) = search().map_or((NONE, 0, 0), |i| (i.delta, i.pickup, i.dropoff));
            *entry = Entry { key, delta, pickup, dropoff };
        }
        let Entry { delta, pickup, dropoff, .. } = *entry;
        (delta != NONE).then_some(Insertion { delta, vehicle, pickup, dropoff, dropoff_only: false })
    }
}

/// The finaliser of SplitMix64.
pub(super) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The print of a sequence on a vehicle of the given class.
pub(super) fn print(class: u32, visits: &[Visit]) -> u64 {
    visits.iter().fold(mix(u64::from(class) + 0x9e37_79b9_7f4a_7c15), |print, visit| {
        let code = match visit {
            Visit::Pickup(r) => 2 * u64::from(*r) + 2,
            Visit::Dropoff(r) => 2 * u64::from(*r) + 3,
        };
        mix(print.rotate_left(7) ^ code.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    })
}

/// The class of every vehicle: the number of the first vehicle that equals it.
pub(super) fn classes<T: Travel>(model: &Model<T>) -> Vec<u32> {
    let mut firsts: Vec<usize> = Vec::new();
    let mut classes = Vec::new();
    for (k, vehicle) in model.vehicles().iter().enumerate() {
        let first = firsts.iter().copied().find(|f| model.vehicles()[*f] == *vehicle);
        let class = first.unwrap_or_else(|| {
            firsts.push(k);
            k
        });
        classes.push(class as u32);
    }
    classes
}
