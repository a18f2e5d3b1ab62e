//! A start from a snapshot and what happened since is a start from the whole log; whatever is wrong with a snapshot, the log
//! stands. The log here is of the stored examples of every kind; whole days are in `random_days.rs`.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use dispatch::{Engine, Setup, find_kept, keep};
use domain::{Area, Event};
use roads::{Roads, StraightLines};
use store::{EventLog, LogReader, MemoryLog, NewEvent, Snapshots, StoredEvent, Version};
use units::{AreaId, CorporationId, DayTime, ServiceDay};

const AREA: AreaId = AreaId(1);

/// Of the stored examples (`fixtures/golden`) those that go on from one another.
fn stored() -> Vec<StoredEvent> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.file_name().unwrap().to_string_lossy().starts_with("events-v1-"));
    // Masters first.
    files.sort_by_key(|f| (f.file_name().unwrap() != "events-v1.jsonl", f.clone()));
    let at = ServiceDay::parse("2026-11-24").unwrap().at(DayTime::hm(7, 30));
    let mut area = Area::new(AREA);
    let mut all = Vec::new();
    for line in files
        .iter()
        .flat_map(|f| fs::read_to_string(f).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
    {
        let event: Event = serde_json::from_str(&line).unwrap();
        if area.clone().apply(&event).is_err() {
            continue;
        }
        area.apply(&event).unwrap();
        let version = Version(all.len() as u64 + 1);
        let (kind, actor) = (event.name().to_owned(), "test".to_owned());
        all.push(StoredEvent { version, kind, schema: 1, at, actor, payload: line });
    }
    assert!(all.len() >= 20, "only {} examples fold", all.len());
    all
}

fn log_of(events: &[StoredEvent]) -> MemoryLog {
    let mut log = MemoryLog::new();
    let epoch = log.take_epoch(AREA).unwrap();
    let mut batch = store::Append::new(AREA, Version::EMPTY, epoch);
    batch.events = (events.iter().cloned())
        .map(|e| NewEvent { kind: e.kind, schema: e.schema, at: e.at, actor: e.actor, payload: e.payload })
        .collect();
    log.append(&batch).unwrap();
    log
}

fn state_after(events: &[StoredEvent], count: usize) -> Area {
    let mut area = Area::new(AREA);
    for event in &events[..count] {
        area.apply(&serde_json::from_str(&event.payload).unwrap()).unwrap();
    }
    area
}

#[test]
fn a_snapshot_after_any_event_and_the_rest_is_the_whole_log() {
    let events = stored();
    let mut log = log_of(&events);
    let whole = state_after(&events, events.len());
    for count in 1..=events.len() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::new(folder.path(), "state", "this");
        let state = state_after(&events, count);
        keep(&snapshots, &mut log, AREA, &state, Version(count as u64));
        let (mut found, version): (Area, _) =
            find_kept(&snapshots, &mut log, AREA, Version(u64::MAX)).unwrap();
        assert_eq!((&found, version.0), (&state, count as u64));
        log.load(AREA, version, &mut |stored| {
            found.apply(&serde_json::from_str(&stored.payload)?)?;
            Ok(())
        })
        .unwrap();
        assert_eq!(found, whole, "after {count}");
    }
}

#[test]
fn a_snapshot_is_never_trusted_over_the_log() {
    let events = stored();
    let mut log = log_of(&events);
    let count = events.len();
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Snapshots::new(folder.path(), "state", "this");
    let find = |snapshots: &Snapshots, log: &mut MemoryLog, most| {
        find_kept::<Area>(snapshots, log, AREA, Version(most)).map(|(_, version)| version.0 as usize)
    };
    for version in [count - 2, count - 1, count] {
        keep(&snapshots, &mut log, AREA, &state_after(&events, version), Version(version as u64));
    }
    // Two are kept, and the newest that goes no further than asked is found.
    assert_eq!(find(&snapshots, &mut log, u64::MAX), Some(count));
    assert_eq!(find(&snapshots, &mut log, count as u64 - 1), Some(count - 1));
    assert_eq!(find(&snapshots, &mut log, count as u64 - 2), None);
    // Of another program; of a log that ends before it; of a log with another event there.
    assert_eq!(find(&Snapshots::new(folder.path(), "state", "that"), &mut log, u64::MAX), None);
    assert_eq!(find(&snapshots, &mut log_of(&events[..count - 1]), u64::MAX), Some(count - 1));
    let mut other = events.clone();
    let added = Event::CorporationAdded { corporation: CorporationId(77) };
    other[count - 1].payload = serde_json::to_string(&added).unwrap();
    assert_eq!(find(&snapshots, &mut log_of(&other), u64::MAX), Some(count - 1));
    // Damaged anywhere, or cut off: the older one is taken, and none if both are.
    let files = [0, 1].map(|slot| folder.path().join(format!("state-{slot}.snapshot")));
    // Clocks of files are coarse: the newest is the one without which the older is found.
    let newest = files.iter().find(|file| {
        let whole = fs::read(file).unwrap();
        fs::write(file, b"").unwrap();
        let found = find(&snapshots, &mut log, u64::MAX);
        fs::write(file, &whole).unwrap();
        found == Some(count - 1)
    });
    let newest = newest.unwrap();
    let whole = fs::read(newest).unwrap();
    for place in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        fs::write(newest, &bytes).unwrap();
        assert_eq!(find(&snapshots, &mut log, u64::MAX), Some(count - 1), "byte {place}");
        fs::write(newest, &whole[..place]).unwrap();
        assert_eq!(find(&snapshots, &mut log, u64::MAX), Some(count - 1), "cut off at {place}");
    }
    files.iter().for_each(|file| fs::write(file, b"kuseki-1").unwrap());
    assert_eq!(find(&snapshots, &mut log, u64::MAX), None);
    // A start goes on from the log in every case.
    let roads = Arc::new(Roads::straight_lines(StraightLines::in_japan()).unwrap());
    let engine = Engine::open_with(Setup { area: AREA, roads, log: Box::new(log) }, Some(&snapshots));
    assert_eq!(engine.unwrap().state(), &state_after(&events, count));
}
