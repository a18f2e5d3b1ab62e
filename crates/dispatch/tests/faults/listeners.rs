//! Readers of the feed: one who keeps up, one who dozes and is overtaken, one who never reads until the very end.

use std::sync::Arc;

use dispatch::{Happened, Outlet, Published};
use domain::Event;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use store::{LogReader, Version};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use crate::auditor::Auditor;
use crate::disk::SimLog;
use crate::world::{AREA, MASTERS};

/// How a broken feed slips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    Skips,
    Repeats,
    Swaps,
}

pub struct Listener {
    pub name: &'static str,
    pause: (i64, i64),
    /// Number of the last event it heard of.
    pub known: u64,
    feed: Option<Receiver<Arc<Published>>>,
    pub slip: Option<Slip>,
    pub slips: u32,
}

impl Listener {
    pub fn all() -> Vec<Listener> {
        let first = SimLog::with(&MASTERS).events().len() as u64;
        let listener = |name, pause| Listener { name, pause, known: first, feed: None, slip: None, slips: 0 };
        vec![
            listener("the board", (10_000, 60_000)),
            listener("a phone in a dead spot", (400_000, 1_500_000)),
            listener("a page nobody closes", (i64::from(u32::MAX), i64::from(u32::MAX) + 1)),
        ]
    }

    pub fn pause(&self, draw: &mut ChaCha8Rng) -> i64 {
        draw.random_range(self.pause.0..self.pause.1)
    }

    pub fn hang_up(&mut self) {
        self.feed = None;
    }

    /// Hears all there is to hear; whether it had been overtaken.
    pub fn listen(&mut self, outlet: &Outlet, log: &SimLog, auditor: &mut Auditor) -> bool {
        let mut lagged = false;
        if self.feed.is_none() {
            // Listens first and looks back then, as every client should.
            self.feed = Some(outlet.subscribe());
            self.look_back(outlet, log, auditor);
        }
        while let Some(feed) = &mut self.feed {
            match feed.try_recv() {
                Ok(published) => {
                    let fresh: Vec<_> =
                        published.happened.iter().filter(|h| h.version.0 > self.known).cloned().collect();
                    let fresh = self.slipped(fresh);
                    auditor.heard(self.name, &mut self.known, &fresh);
                }
                Err(TryRecvError::Lagged(_)) => {
                    lagged = true;
                    self.look_back(outlet, log, auditor);
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) => self.feed = None,
            }
        }
        lagged
    }

    fn look_back(&mut self, outlet: &Outlet, log: &SimLog, auditor: &mut Auditor) {
        let known = Version(self.known);
        let missed = outlet.since(known).or_else(|| from_log(log, known, outlet.snapshot().version));
        match missed {
            Some(missed) => auditor.heard(self.name, &mut self.known, &missed),
            // The log cannot be read just now: all over again the next time.
            None => self.feed = None,
        }
    }

    fn slipped(&mut self, mut fresh: Vec<Arc<Happened>>) -> Vec<Arc<Happened>> {
        let Some(slip) = self.slip.filter(|_| fresh.len() > 1 && self.slips == 0) else { return fresh };
        self.slips += 1;
        match slip {
            Slip::Skips => drop(fresh.remove(0)),
            Slip::Repeats => fresh.insert(0, fresh[0].clone()),
            Slip::Swaps => fresh.swap(0, 1),
        }
        fresh
    }
}

fn from_log(log: &SimLog, after: Version, until: Version) -> Option<Vec<Arc<Happened>>> {
    let mut all = Vec::new();
    let each = &mut |stored: store::StoredEvent| {
        let event: Event = serde_json::from_str(&stored.payload)?;
        if stored.version <= until {
            all.push(Arc::new(Happened { version: stored.version, at: stored.at, event }));
        }
        Ok(())
    };
    log.clone().load(AREA, after, each).ok()?;
    Some(all)
}
