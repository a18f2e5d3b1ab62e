//! Time on the clock and time on a core.

use std::time::Instant;

/// Time this thread has had a core; `None` where the system does not tell.
pub fn core_nanos() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Runs from when it is made: by the clock or, for figures taken while a machine does other things as well, by the
/// time that the asking thread has had a core since it began.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    begin: Instant,
    core: bool,
}

impl Stopwatch {
    pub fn new(core: bool) -> Self {
        Stopwatch { begin: Instant::now(), core }
    }

    pub fn seconds(&self) -> f64 {
        let core = if self.core { core_nanos() } else { None };
        core.map_or_else(|| self.begin.elapsed().as_secs_f64(), |nanos| nanos as f64 / 1e9)
    }
}
