//! What had happened before the start, folded for figures and notifier: from snapshots where there are some, and from the log
//! behind them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use dispatch::{KEEP_EVERY, find_kept, keep};
use domain::{Area, Event};
use serde::de::DeserializeOwned;
use store::{Fault, LogReader, Snapshots, Version};
use units::AreaId;

/// Where snapshots lie.
#[derive(Debug, Clone)]
pub struct SnapshotFolder {
    pub path: PathBuf,
    /// Names the running program; another one may fold otherwise.
    pub program: String,
}

impl SnapshotFolder {
    /// Of the engine's state.
    pub fn state(&self) -> Snapshots {
        Snapshots::new(&self.path, "state", &self.program)
    }

    pub(crate) fn figures(&self) -> Snapshots {
        Snapshots::new(&self.path, "figures", &self.program)
    }
}

/// The log as it lay on disk when the service started.
pub struct Past {
    pub log: Box<dyn LogReader>,
    pub snapshots: Option<SnapshotFolder>,
}

impl Past {
    /// The day's figures as of `last`.
    pub(crate) fn figures(&mut self, area: AreaId, last: Version) -> Result<stats::DayFigures, Fault> {
        let snapshots = self.snapshots.as_ref().map(SnapshotFolder::figures);
        self.fold(snapshots, area, last, stats::DayFigures::default, |figures, event| figures.fold(event))
    }

    /// The area's state as of `position`.
    pub(crate) fn state(&mut self, area: AreaId, position: Version) -> Result<Area, Fault> {
        let snapshots = self.snapshots.as_ref().map(SnapshotFolder::state);
        self.fold(snapshots, area, position, || Area::new(area), crate::notify::fold)
    }

    fn fold<T: DeserializeOwned>(
        &mut self,
        snapshots: Option<Snapshots>,
        area: AreaId,
        last: Version,
        empty: impl FnOnce() -> T,
        mut take: impl FnMut(&mut T, &Event),
    ) -> Result<T, Fault> {
        let kept = snapshots.and_then(|s| find_kept(&s, &mut *self.log, area, last));
        let (mut fold, from) = kept.unwrap_or_else(|| (empty(), Version::EMPTY));
        if from >= last {
            return Ok(fold);
        }
        let mut reached = from;
        let loaded = self.log.load(area, from, &mut |stored| {
            if stored.version > last {
                return Err("far enough".into());
            }
            reached = stored.version;
            // What cannot be read is reported by the engine, with the event's number.
            if let Ok(event) = serde_json::from_str::<Event>(&stored.payload) {
                take(&mut fold, &event);
            }
            Ok(())
        });
        match loaded {
            Err(fault) if reached < last => Err(fault),
            _ => Ok(fold),
        }
    }
}

/// Writes the figures down whenever so much has happened.
pub(crate) struct FiguresKeeper {
    folder: Option<SnapshotFolder>,
    log: Arc<Mutex<Box<dyn LogReader>>>,
    kept: Version,
}

impl FiguresKeeper {
    pub fn new(past: Past, last: Version) -> FiguresKeeper {
        let newest =
            past.snapshots.as_ref().and_then(|s| s.figures().list().first().map(|kept| kept.version));
        let kept = newest.filter(|kept| *kept <= last).unwrap_or_default();
        FiguresKeeper { folder: past.snapshots, log: Arc::new(Mutex::new(past.log)), kept }
    }

    pub fn look_at(&mut self, area: AreaId, figures: &stats::DayFigures, version: Version) {
        let Some(folder) = self.folder.as_ref().filter(|_| version.0 >= self.kept.0 + KEEP_EVERY) else {
            return;
        };
        let (snapshots, figures, log) = (folder.figures(), figures.clone(), self.log.clone());
        self.kept = version;
        tokio::task::spawn_blocking(move || {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            keep(&snapshots, &mut **log, area, &figures, version);
        });
    }
}
