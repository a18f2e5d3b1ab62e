//! Keeping a fold of the log on disk, and finding it again (`docs/decisions/0016-snapshots.md`).

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{LogReader, Snapshots, Version, find_event};
use units::AreaId;

/// A snapshot is written whenever so much has happened since the last one: what a start folds at most, in a tenth of a second.
pub const KEEP_EVERY: u64 = 20_000;

/// The newest kept fold of this log that goes no further than `most`; none counts as a fold of nothing.
pub fn find_kept<T: DeserializeOwned>(
    snapshots: &Snapshots,
    log: &mut dyn LogReader,
    area: AreaId,
    most: Version,
) -> Option<(T, Version)> {
    for kept in snapshots.list().into_iter().filter(|kept| kept.version <= most) {
        let fits = kept.is_of(log, area).unwrap_or_else(|fault| {
            tracing::warn!(error = %fault, "a snapshot cannot be compared with the log; it is left aside");
            false
        });
        if !fits {
            tracing::warn!(version = %kept.version, "a snapshot is of another log; it is left aside");
            continue;
        }
        match ciborium::from_reader(kept.body.as_slice()) {
            Ok(fold) => return Some((fold, kept.version)),
            Err(error) => tracing::warn!(%error, "a snapshot has another shape; it is left aside"),
        }
    }
    None
}

/// Writes a fold down. That it fails is no more than a slower start.
pub fn keep<T: Serialize>(
    snapshots: &Snapshots,
    log: &mut dyn LogReader,
    area: AreaId,
    fold: &T,
    version: Version,
) {
    let mut body = Vec::new();
    if let Err(error) = ciborium::into_writer(fold, &mut body) {
        return tracing::warn!(%error, "a snapshot could not be written");
    }
    let kept = match find_event(log, area, version) {
        Ok(Some(last)) => snapshots.keep(version, &last, &body),
        Ok(None) => return,
        Err(fault) => Err(fault),
    };
    if let Err(fault) = kept {
        tracing::warn!(error = %fault, "a snapshot could not be written");
    }
}
