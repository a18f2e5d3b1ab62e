//! Port: what time it is. The system's clock, or a town's clock that runs faster.

use std::sync::{PoisonError, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use units::{Seconds, Timestamp};

/// The only source of time for an engine that serves the world. Simulations pass times in by hand instead.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Town seconds per real second.
    fn speed(&self) -> f64 {
        1.0
    }
}

/// Real time.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        Timestamp::from_unix_seconds(since as i64)
    }
}

/// A town's own time, running at a settable speed. Never runs backwards.
#[derive(Debug)]
pub struct TownClock {
    pace: RwLock<Pace>,
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    real: Instant,
    town: f64,
    speed: f64,
}

impl Pace {
    fn at(&self, real: Instant) -> f64 {
        self.town + real.saturating_duration_since(self.real).as_secs_f64() * self.speed
    }
}

impl TownClock {
    pub fn starting(at: Timestamp, speed: f64) -> TownClock {
        TownClock { pace: RwLock::new(Pace { real: Instant::now(), town: at.unix_seconds() as f64, speed }) }
    }

    /// Changes the speed from now on.
    pub fn set_speed(&self, speed: f64) {
        let mut pace = self.pace.write().unwrap_or_else(PoisonError::into_inner);
        let real = Instant::now();
        *pace = Pace { real, town: pace.at(real), speed };
    }

    /// Jumps ahead to `to` (to the next morning); a jump back is ignored.
    pub fn skip_to(&self, to: Timestamp) {
        let mut pace = self.pace.write().unwrap_or_else(PoisonError::into_inner);
        let real = Instant::now();
        let town = pace.at(real).max(to.unix_seconds() as f64);
        *pace = Pace { real, town, speed: pace.speed };
    }

    /// How long a span of town time takes for real.
    pub fn real_seconds(&self, span: Seconds) -> f64 {
        span.0 as f64 / self.speed().max(0.001)
    }
}

impl Clock for TownClock {
    fn now(&self) -> Timestamp {
        let pace = *self.pace.read().unwrap_or_else(PoisonError::into_inner);
        Timestamp::from_unix_seconds(pace.at(Instant::now()) as i64)
    }

    fn speed(&self) -> f64 {
        self.pace.read().unwrap_or_else(PoisonError::into_inner).speed
    }
}
