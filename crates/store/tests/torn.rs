//! A power cut in the middle of a write: the write-ahead log ends anywhere, or with rubbish. What is found then is whole
//! batches from the first on, and everything that lay before the cut.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use store::{EventLog, LogReader, SqliteLog, Version};
use support::{AREA, all, batch, receipt};

const BATCHES: u64 = 12;
const EVENTS: u64 = 3;

#[test]
fn a_write_torn_anywhere_leaves_whole_batches() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.sqlite");
    let mut log = SqliteLog::open(&file).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    let wal = folder.path().join("log.sqlite-wal");
    // How long the write-ahead log was when each batch was acknowledged.
    let mut acknowledged = vec![fs::metadata(&wal).unwrap().len() as usize];
    for number in 0..BATCHES {
        let mut next = batch(number * EVENTS, epoch, EVENTS);
        next.receipts.push(receipt(&format!("batch {number}")));
        log.append(&next).unwrap();
        acknowledged.push(fs::metadata(&wal).unwrap().len() as usize);
    }
    assert!(acknowledged.is_sorted_by(|a, b| a < b), "the log was moved meanwhile: {acknowledged:?}");
    let (main, whole) = (fs::read(&file).unwrap(), fs::read(&wal).unwrap());
    let copy = tempfile::tempdir().unwrap();
    let (copied, copied_wal) = (copy.path().join("log.sqlite"), copy.path().join("log.sqlite-wal"));
    let mut seen = 0;
    for cut in (acknowledged[0]..=whole.len()).step_by(4_999).chain(acknowledged.iter().copied()) {
        for rubbish in [0, 700] {
            drop(fs::remove_file(copy.path().join("log.sqlite-shm")));
            fs::write(&copied, &main).unwrap();
            let mut torn = whole[..cut].to_vec();
            torn.extend(std::iter::repeat_n(0xa5, rubbish));
            fs::write(&copied_wal, &torn).unwrap();
            let mut log = SqliteLog::open(&copied).unwrap();
            let kept = all(&mut log).len() as u64;
            let before_the_cut = acknowledged.iter().filter(|length| **length <= cut).count() as u64 - 1;
            assert_eq!(kept, before_the_cut * EVENTS, "cut at {cut} of {}", whole.len());
            for number in 0..BATCHES {
                let found = log.receipt(AREA, &format!("batch {number}")).unwrap().is_some();
                assert_eq!(found, number < before_the_cut, "receipt {number}, cut at {cut}");
            }
            // And the log goes on from there.
            let epoch = log.take_epoch(AREA).unwrap();
            assert_eq!(log.append(&batch(kept, epoch, 1)).unwrap(), Version(kept + 1));
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}
