//! The roads file: kept exactly, refused clearly.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{Choice, imported, town};
use roads::{Fault, Roads};

#[test]
fn what_was_saved_is_opened_alike() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("town.roads");
    let mut all: Vec<Roads> = imported("tachikawa.osm.pbf").into_iter().collect();
    all.push(roads::draw_town(3).unwrap().roads);
    for roads in &all {
        roads.save(&file).unwrap();
        let opened = Roads::open(&file).unwrap();
        assert_eq!(opened.fingerprint(), roads.fingerprint());
        assert_eq!(opened.source(), roads.source());
        assert_eq!(opened.bounds(), roads.bounds());
        assert_eq!(opened.shapes(), roads.shapes());
        let mut choice = Choice(1);
        for _ in 0..300 {
            let (from, to) = (choice.node(roads), choice.node(roads));
            assert_eq!(opened.path(from, to), roads.path(from, to));
            assert_eq!(opened.point(from), roads.point(from));
        }
        let first = std::fs::read(&file).unwrap();
        opened.save(&file).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), first, "saving again gives the same bytes");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left beside the file");
}

#[test]
fn two_imports_of_one_extract_are_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["first.roads", "second.roads"].map(|name| {
        let roads = imported("tachikawa.osm.pbf").unwrap_or_else(|| roads::draw_town(5).unwrap().roads);
        roads.save(&folder.path().join(name)).unwrap();
        std::fs::read(folder.path().join(name)).unwrap()
    });
    assert!(files[0] == files[1]);
}

fn fault_of(file: &Path, bytes: &[u8]) -> Fault {
    std::fs::write(file, bytes).unwrap();
    let fault = Roads::open(file).unwrap_err();
    assert!(fault.to_string().contains("town.roads"), "{fault}");
    fault
}

#[test]
fn every_flipped_byte_and_every_cut_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("town.roads");
    town().roads.save(&file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    for at in (0..whole.len().min(64)).chain((64..whole.len()).step_by(whole.len() / 300)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        fault_of(&file, &damaged);
    }
    for length in (0..64).chain((64..whole.len()).step_by(whole.len() / 50)) {
        fault_of(&file, &whole[..length]);
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(matches!(fault_of(&file, &longer), Fault::WrongLength { .. }));
}

#[test]
fn each_kind_of_wrong_file_has_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("town.roads");
    town().roads.save(&file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    assert!(matches!(fault_of(&file, b""), Fault::NotRoads { .. }));
    assert!(matches!(fault_of(&file, b"SQLite format 3\0 and so on and so on"), Fault::NotRoads { .. }));
    assert!(matches!(fault_of(&file, &whole[..20]), Fault::WrongLength { .. }));
    let mut newer = whole.clone();
    newer[12] = 9;
    let mut older = whole.clone();
    older[12] = 1;
    assert!(matches!(fault_of(&file, &older), Fault::OtherVersion { found: 1, expected: 4, .. }));
    assert!(matches!(fault_of(&file, &newer), Fault::OtherVersion { found: 9, expected: 4, .. }));
    let mut boasting = whole.clone();
    boasting[16..24].fill(0xff);
    assert!(matches!(fault_of(&file, &boasting), Fault::WrongLength { .. }));
    let mut flipped = whole;
    flipped[5_000] ^= 1;
    assert!(matches!(fault_of(&file, &flipped), Fault::WrongChecksum { .. }));
    assert!(matches!(Roads::open(&folder.path().join("absent.roads")).unwrap_err(), Fault::Io { .. }));
    assert!(matches!(Roads::open(folder.path()).unwrap_err(), Fault::Io { .. }));
}

#[test]
fn a_failed_save_leaves_the_former_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let fault = town().roads.save(&folder.path().join("no/such/folder.roads")).unwrap_err();
    assert!(matches!(fault, Fault::Io { doing: "write", .. }), "{fault}");
    // A folder of that name cannot be replaced by a file, and stays what it was.
    let occupied = folder.path().join("town.roads");
    std::fs::create_dir(&occupied).unwrap();
    std::fs::write(occupied.join("kept"), b"kept").unwrap();
    let fault = town().roads.save(&occupied).unwrap_err();
    assert!(matches!(fault, Fault::Io { doing: "put in place", .. }), "{fault}");
    assert_eq!(std::fs::read(occupied.join("kept")).unwrap(), b"kept");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no leftover beside it");
}
