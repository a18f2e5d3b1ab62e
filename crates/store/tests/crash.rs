//! A process killed in the middle of appending loses nothing that it acknowledged, and keeps only whole batches.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use store::{EventLog, LogReader, SqliteLog, Version};
use support::{AREA, all, batch, keep, receipt, register};

/// Set for the child: the folder in which it appends.
const CHILD: &str = "KUSEKI_STORE_CRASH_CHILD";
const EVENTS_PER_BATCH: u64 = 3;

/// Appends for ever: batch `n` holds three events, one receipt and one entry of the register.
fn append_for_ever(folder: &Path) -> ! {
    let mut log = SqliteLog::open(&folder.join("log.sqlite")).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    let mut version = log.load(AREA, Version::EMPTY, &mut |_| Ok(())).unwrap();
    loop {
        let name = format!("batch-{}", version.0 / EVENTS_PER_BATCH);
        let mut next = batch(version.0, epoch, EVENTS_PER_BATCH);
        next.receipts.push(receipt(&name));
        next.register.push(keep("rider", &name, "{}", ""));
        version = log.append(&next).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {}", version.0).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn acknowledged_appends_survive_sigkill() {
    if let Some(folder) = std::env::var_os(CHILD) {
        append_for_ever(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut before = 0;
    for round in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "acknowledged_appends_survive_sigkill", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The child is killed after another number of acknowledgements each round, while it goes on appending.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let acknowledged =
            |line: String| line.strip_prefix("acknowledged ").map(|n| n.parse::<u64>().unwrap());
        let last = lines.by_ref().filter_map(acknowledged).nth(3 + 29 * round).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // What the pipe still held was acknowledged as well.
        let last = lines.filter_map(acknowledged).last().unwrap_or(last);

        let mut log = SqliteLog::open(&folder.path().join("log.sqlite")).unwrap();
        let kept = all(&mut log).len() as u64;
        assert!(kept >= last, "round {round}: {last} events were acknowledged, {kept} are there");
        assert!(last > before, "round {round}: the child did not go on from {before}");
        assert_eq!(kept % EVENTS_PER_BATCH, 0, "round {round}: a batch is there in part");
        let names: BTreeSet<String> = register(&mut log).into_iter().map(|entry| entry.id).collect();
        assert_eq!(names.len() as u64, kept / EVENTS_PER_BATCH, "round {round}: register and events differ");
        for name in &names {
            assert!(log.receipt(AREA, name).unwrap().is_some(), "round {round}: {name} has no receipt");
        }
        before = kept;
    }
}
