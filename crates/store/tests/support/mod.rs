//! Small makers of records, shared by the tests.
#![allow(dead_code)] // each test binary uses a part

use store::{Append, LogReader, NewEvent, Receipt, RegisterEntry, RegisterWrite, StoredEvent, Version};
use units::{AreaId, Seconds, Timestamp};

pub const AREA: AreaId = AreaId(1);

/// 07:30 of the test day, and `n` seconds more.
pub fn at(n: i64) -> Timestamp {
    Timestamp::parse("2026-11-24T07:30:00+09:00").unwrap() + Seconds(n)
}

pub fn event(n: u64) -> NewEvent {
    let payload = format!(r#"{{"n":{n},  "text":"空席 \"\\ \u0000"}}"#);
    NewEvent {
        kind: format!("Kind{}", n % 3),
        schema: 2,
        at: at(n.cast_signed()),
        actor: "operator".into(),
        payload,
    }
}

pub fn receipt(key: &str) -> Receipt {
    let (key, fingerprint) = (key.to_owned(), format!("print of {key}"));
    Receipt { key, fingerprint, status: 201, reply: r#"{"request":"request-1"}"#.into(), at: at(5) }
}

pub fn keep(kind: &str, id: &str, body: &str, search: &str) -> RegisterWrite {
    let (kind, id, search) = (kind.to_owned(), id.to_owned(), search.to_owned());
    RegisterWrite { kind, id, body: Some(body.to_owned()), search, at: at(9) }
}

pub fn erase(kind: &str, id: &str) -> RegisterWrite {
    RegisterWrite { kind: kind.to_owned(), id: id.to_owned(), body: None, search: String::new(), at: at(10) }
}

/// A batch of `count` events on top of `expected`, numbered as they will be in the log.
pub fn batch(expected: u64, epoch: u64, count: u64) -> Append {
    let events = (expected + 1..=expected + count).map(event).collect();
    Append { events, ..Append::new(AREA, Version(expected), epoch) }
}

pub fn all(log: &mut dyn LogReader) -> Vec<StoredEvent> {
    let mut events = Vec::new();
    let last = log
        .load(AREA, Version::EMPTY, &mut |event| {
            events.push(event);
            Ok(())
        })
        .unwrap();
    assert_eq!(last, Version(events.len() as u64));
    events
}

pub fn register(log: &mut dyn LogReader) -> Vec<RegisterEntry> {
    let mut entries = Vec::new();
    log.load_register(&mut |entry| {
        entries.push(entry);
        Ok(())
    })
    .unwrap();
    entries
}
