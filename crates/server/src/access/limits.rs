//! How often may be tried: per name (with a pause that doubles), per address, per caller. Time is an argument; one clock counts
//! for all of it, the one that the accounts go by and not the town's.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use dispatch::Clock;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use units::{Seconds, Timestamp};

use super::secret::hashed;

/// Wrong passwords under one name that cost no pause.
const FREE_TRIES: u32 = 4;
/// The first pause; it doubles with each further wrong password.
const FIRST_PAUSE: Seconds = Seconds(30);
/// The longest pause. With it 96 tries a day are left, about the 100 in a row that NIST SP 800-63B-4 (3.2.2) allows at most;
/// longer ones would let anybody keep somebody else out for long.
const LONGEST_PAUSE: Seconds = Seconds::minutes(15);
/// A name that was left alone for so long begins afresh.
const FORGOTTEN_AFTER: Seconds = Seconds::hours(24);
/// Names remembered; beyond it the ones left alone longest are forgotten.
const NAMES_MAX: usize = 20_000;

/// Tries from one address a minute, at once and then evenly: a whole office behind one address signs in in the morning.
const TRIES_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");
/// Calls of one caller a second, and at once. A board that is opened makes a dozen.
const CALLS_A_SECOND: NonZeroU32 = NonZeroU32::new(50).expect("not zero");
const CALLS_AT_ONCE: NonZeroU32 = NonZeroU32::new(300).expect("not zero");
/// Calls of a machine, which may carry a whole town's phones.
const MACHINE_CALLS_A_SECOND: NonZeroU32 = NonZeroU32::new(1_000).expect("not zero");

#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl GovernorClock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.0.now().unix_seconds().max(0).unsigned_abs().saturating_mul(1_000_000_000))
    }
}

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, Ticks, NoOpMiddleware<Nanos>>;

#[derive(Debug, Clone, Copy)]
struct Tries {
    wrong: u32,
    last: Timestamp,
}

pub struct Limits {
    clock: Arc<dyn Clock>,
    names: Mutex<BTreeMap<String, Tries>>,
    addresses: Limiter<IpAddr>,
    people: Limiter<String>,
    machines: Limiter<String>,
}

/// Too often; again after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(pub u64);

fn pause_after(wrong: u32) -> Seconds {
    match wrong.checked_sub(FREE_TRIES + 1) {
        None => Seconds::ZERO,
        Some(more) => Seconds(FIRST_PAUSE.0.saturating_mul(1 << more.min(20))).min(LONGEST_PAUSE),
    }
}

impl Limits {
    pub fn new(clock: Arc<dyn Clock>) -> Limits {
        let ticks = Ticks(clock.clone());
        Limits {
            clock,
            names: Mutex::default(),
            addresses: RateLimiter::hashmap_with_clock(Quota::per_minute(TRIES_A_MINUTE), ticks.clone()),
            people: RateLimiter::hashmap_with_clock(
                Quota::per_second(CALLS_A_SECOND).allow_burst(CALLS_AT_ONCE),
                ticks.clone(),
            ),
            machines: RateLimiter::hashmap_with_clock(Quota::per_second(MACHINE_CALLS_A_SECOND), ticks),
        }
    }

    /// Counts a try under this name as a wrong one until [`Limits::right`] says otherwise, so that tries side by side count.
    /// Known and unknown names are treated alike; only their hashes are remembered.
    ///
    /// # Errors
    /// How long to wait; the try is not counted then and its password must not be looked at.
    pub fn try_name(&self, login: &str) -> Result<(), Wait> {
        let (name, now) = (hashed(login), self.clock.now());
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names.get(&name).copied().filter(|t| now - t.last < FORGOTTEN_AFTER);
        let tries = known.unwrap_or(Tries { wrong: 0, last: now });
        let free_at = tries.last + pause_after(tries.wrong);
        if now < free_at {
            return Err(Wait((free_at - now).0.unsigned_abs()));
        }
        if names.len() >= NAMES_MAX && !names.contains_key(&name) {
            let oldest = names.iter().min_by_key(|(_, t)| t.last).map(|(n, _)| n.clone());
            oldest.and_then(|oldest| names.remove(&oldest));
        }
        names.insert(name, Tries { wrong: tries.wrong.saturating_add(1), last: now });
        Ok(())
    }

    /// The pause that the last wrong try under this name brought, if any.
    pub fn pause(&self, login: &str) -> Option<Wait> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = pause_after(names.get(&hashed(login)).map_or(0, |t| t.wrong));
        (pause > Seconds::ZERO).then_some(Wait(pause.0.unsigned_abs()))
    }

    /// The password was right: the name begins afresh.
    pub fn right(&self, login: &str) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).remove(&hashed(login));
    }

    /// Counts a try (a password, a code, an unknown key) from this address.
    pub fn try_address(&self, address: Option<IpAddr>) -> Result<(), Wait> {
        let Some(address) = address else { return Ok(()) };
        if self.addresses.len() > NAMES_MAX {
            self.addresses.retain_recent();
        }
        // One who has a /64 has 2^64 addresses.
        let address = match address {
            IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
            v4 => v4,
        };
        self.addresses
            .check_key(&address)
            .map_err(|until| Wait(seconds_up(until.wait_time_from(self.ticks()))))
    }

    /// Counts a call of somebody who is signed in.
    pub fn call(&self, id: &str, is_machine: bool) -> Result<(), Wait> {
        let limiter = if is_machine { &self.machines } else { &self.people };
        limiter
            .check_key(&id.to_owned())
            .map_err(|until| Wait(seconds_up(until.wait_time_from(self.ticks()))))
    }

    fn ticks(&self) -> Nanos {
        Ticks(self.clock.clone()).now()
    }
}

fn seconds_up(wait: std::time::Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix_seconds(self.0.load(Ordering::SeqCst))
        }
    }

    #[test]
    fn the_pause_doubles_and_ends_and_is_the_same_for_unknown_names() {
        let hand = Arc::new(Hand(AtomicI64::new(1_000_000)));
        let limits = Limits::new(hand.clone());
        for _ in 0..5 {
            assert_eq!(limits.try_name("hanako"), Ok(()));
        }
        assert_eq!(limits.try_name("hanako"), Err(Wait(30)));
        assert_eq!(limits.try_name("taro"), Ok(()));
        hand.0.fetch_add(29, Ordering::SeqCst);
        assert_eq!(limits.try_name("hanako"), Err(Wait(1)));
        hand.0.fetch_add(1, Ordering::SeqCst);
        assert_eq!(limits.try_name("hanako"), Ok(()));
        assert_eq!(limits.try_name("hanako"), Err(Wait(60)));
        for _ in 0..40 {
            hand.0.fetch_add(LONGEST_PAUSE.0, Ordering::SeqCst);
            assert_eq!(limits.try_name("hanako"), Ok(()), "never locked for good");
            assert!(limits.pause("hanako").unwrap().0 <= 900);
        }
        limits.right("hanako");
        assert_eq!(limits.pause("hanako"), None);
    }

    #[test]
    fn an_address_and_a_caller_may_ask_so_often_and_no_oftener() {
        let hand = Arc::new(Hand(AtomicI64::new(1_000_000)));
        let limits = Limits::new(hand.clone());
        let address: Option<IpAddr> = Some("192.0.2.7".parse().unwrap());
        let taken = (0..200).filter(|_| limits.try_address(address).is_ok()).count();
        assert_eq!(taken, 60);
        assert!(limits.try_address(Some("192.0.2.8".parse().unwrap())).is_ok());
        hand.0.fetch_add(2, Ordering::SeqCst);
        assert!(limits.try_address(address).is_ok());
        let taken = (0..1_000).filter(|_| limits.call("account-1", false).is_ok()).count();
        assert_eq!(taken, 300);
    }
}
