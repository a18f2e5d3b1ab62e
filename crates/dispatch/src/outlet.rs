//! What has happened, for readers: the newest whole state, the last events by number, and a feed of batches. Readers never
//! touch the engine and cannot hold it up; who is too slow is told how much was missed and reads the ring or the log.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;
use domain::{Area, Event};
use store::Version;
use tokio::sync::broadcast;
use units::Timestamp;

use crate::engine::{Effort, Engine, Reply, read_event};
use crate::inbox::Bounds;
use crate::turned::{Fault, Turned};

/// An event as it was published; the version is its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    pub version: Version,
    pub at: Timestamp,
    pub event: Event,
}

/// A whole state that readers may keep as long as they like.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub area: Area,
    pub version: Version,
    pub effort: Effort,
}

impl Snapshot {
    pub(crate) fn of(engine: &Engine) -> Snapshot {
        Snapshot { area: engine.state().clone(), version: engine.version(), effort: engine.effort() }
    }
}

/// What one batch brought.
#[derive(Debug, Clone)]
pub struct Published {
    pub happened: Vec<Arc<Happened>>,
    pub snapshot: Arc<Snapshot>,
}

pub struct Outlet {
    snapshot: ArcSwap<Snapshot>,
    ring: RwLock<VecDeque<Arc<Happened>>>,
    ring_max: usize,
    /// The last write failed: nothing new is taken until one succeeds.
    failing: AtomicBool,
    feed: broadcast::Sender<Arc<Published>>,
}

impl Outlet {
    pub(crate) fn of(engine: &Engine, bounds: Bounds) -> Result<Outlet, Fault> {
        Ok(Outlet {
            snapshot: ArcSwap::from_pointee(Snapshot::of(engine)),
            ring: RwLock::new(last_events(engine, bounds.ring)?),
            ring_max: bounds.ring,
            failing: AtomicBool::new(false),
            feed: broadcast::Sender::new(bounds.feed),
        })
    }

    /// Writes succeed again.
    pub(crate) fn recovered(&self) {
        self.failing.store(false, Ordering::Relaxed);
    }

    /// Whether the last write failed.
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// The newest whole state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// All batches from now on. A reader that falls behind is told how many it missed, and reads [`Outlet::since`].
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.feed.subscribe()
    }

    /// The events after `version`; none if they are no longer at hand.
    pub fn since(&self, version: Version) -> Option<Vec<Arc<Happened>>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let first = ring.front().map_or(Version(self.snapshot().version.0 + 1), |h| h.version);
        if version.0 + 1 < first.0 {
            return None;
        }
        let known = usize::try_from(version.0 + 1 - first.0).unwrap_or(usize::MAX);
        Some(ring.iter().skip(known).cloned().collect())
    }

    /// Makes known what the last batch did, and what a write that had seemed to fail turned out to have done.
    pub(crate) fn publish(&self, engine: &Engine, answers: &[Result<Reply, Turned>]) {
        let failed = |answer: &Result<Reply, Turned>| matches!(answer, Err(Turned::Unavailable { .. }));
        let kept = |answer: &Result<Reply, Turned>| answer.as_ref().is_ok_and(|r| !r.events.is_empty());
        if answers.iter().any(failed) {
            self.failing.store(true, Ordering::Relaxed);
        } else if answers.iter().any(kept) {
            self.failing.store(false, Ordering::Relaxed);
        }
        let happened = engine.fresh().to_vec();
        if happened.is_empty() {
            return;
        }
        let snapshot = Arc::new(Snapshot::of(engine));
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.extend(happened.iter().cloned());
        let beyond = ring.len().saturating_sub(self.ring_max);
        ring.drain(..beyond);
        self.snapshot.store(snapshot.clone());
        drop(ring);
        // Nobody may be listening; the ring has it all the same.
        drop(self.feed.send(Arc::new(Published { happened, snapshot })));
    }
}

fn last_events(engine: &Engine, most: usize) -> Result<VecDeque<Arc<Happened>>, Fault> {
    let area = engine.state().id;
    let mut ring = VecDeque::new();
    let after = Version(engine.version().0.saturating_sub(most as u64));
    let mut reader = engine.reader().map_err(|source| Fault::Log { area, source })?;
    reader
        .load(area, after, &mut |stored| {
            let event = read_event(&stored.payload, stored.schema)?;
            ring.push_back(Arc::new(Happened { version: stored.version, at: stored.at, event }));
            Ok(())
        })
        .map_err(|source| Fault::Log { area, source })?;
    Ok(ring)
}
