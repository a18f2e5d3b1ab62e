//! How fast this disk takes events: single commits, batches, replay, and beside them the bare flush of a file.
//!
//! `cargo run --release -p store --example rate [DIRECTORY]`
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use store::{Append, EventLog, LogReader, NewEvent, Receipt, SqliteLog, Version};
use units::{AreaId, Timestamp};

const AREA: AreaId = AreaId(1);
const EACH: Duration = Duration::from_secs(3);

fn main() {
    let given = std::env::args().nth(1);
    let base = given.map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(base).unwrap();
    println!("{} on {}", machine(), folder.path().display());
    println!("bare 4 KB append + fdatasync {:>10.0} /s", bare_flush(folder.path()));
    for size in [1, 10, 64, 150, 500] {
        let (rate, p50, p99) = events(folder.path(), size);
        println!("{size:>3} events a batch {rate:>20.0} events/s   p50 {p50:>6.2} ms   p99 {p99:>6.2} ms");
    }
    println!("replay {:>32.0} events/s", replay(folder.path()));
}

fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unknown processor");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    format!("{cores} cores, {}, load {load},", model.trim_start_matches(['\t', ':', ' ']))
}

fn bare_flush(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("bare")).unwrap();
    let (begin, mut count) = (Instant::now(), 0);
    while begin.elapsed() < EACH {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    f64::from(count) / begin.elapsed().as_secs_f64()
}

/// Events a second, and the median and 99th percentile of a commit in milliseconds. One receipt for each event.
fn events(folder: &Path, size: usize) -> (f64, f64, f64) {
    let mut log = SqliteLog::open(&folder.join(format!("rate-{size}.sqlite"))).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    let (begin, mut version, mut spans) = (Instant::now(), Version::EMPTY, Vec::new());
    while begin.elapsed() < EACH {
        let mut batch = Append::new(AREA, version, epoch);
        for n in 0..size {
            batch.events.push(event(version.0 + n as u64));
            batch.receipts.push(receipt(version.0 + n as u64));
        }
        let start = Instant::now();
        version = log.append(&batch).unwrap();
        spans.push(start.elapsed());
    }
    let rate = version.0 as f64 / begin.elapsed().as_secs_f64();
    spans.sort();
    let at = |share: usize| spans[(spans.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    (rate, at(50), at(99))
}

fn replay(folder: &Path) -> f64 {
    let mut log = SqliteLog::open(&folder.join("rate-150.sqlite")).unwrap();
    let (begin, mut bytes) = (Instant::now(), 0);
    let last = log.load(AREA, Version::EMPTY, &mut |event| {
        bytes += event.payload.len();
        Ok(())
    });
    let rate = last.unwrap().0 as f64 / begin.elapsed().as_secs_f64();
    assert!(bytes > 0);
    rate
}

/// About 330 bytes, as a promise with its visits is.
fn event(n: u64) -> NewEvent {
    let payload = format!(
        r#"{{"request":"request-{n}","rider":"rider-{n}","vehicle":"vehicle-7","pickup":{{"place":"place-{n}","window":["2026-11-24T09:30:00+09:00","2026-11-24T09:50:00+09:00"]}},"dropoff":{{"place":"place-12","window":["2026-11-24T09:55:00+09:00","2026-11-24T10:20:00+09:00"]}},"class":"guest_on_empty_leg"}}"#
    );
    let at = Timestamp::from_unix_seconds(1_795_000_000 + n.cast_signed());
    NewEvent { kind: "PromiseMade".into(), schema: 1, at, actor: "operator".into(), payload }
}

fn receipt(n: u64) -> Receipt {
    let (key, fingerprint) = (format!("0193a5e2-{n:012}"), format!("{n:016x}"));
    let at = Timestamp::from_unix_seconds(1_795_000_000);
    Receipt { key, fingerprint, status: 201, reply: format!(r#"{{"request":"request-{n}"}}"#), at }
}
