//! The folder of a server: made once, held by one, and refused with a clear word when it does not fit.
#![allow(clippy::unwrap_used)]

mod support;

use std::error::Error;
use std::fs;
use std::path::Path;

use store::{DataDir, EventLog, Fault};
use support::{AREA, all, at, batch};

fn open(path: &Path) -> Result<DataDir, Fault> {
    DataDir::open(path, "roads-a", "town", at(0))
}

#[test]
fn a_directory_is_made_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/data");
    let made = open(&path).unwrap();
    let mut log = made.log().unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    log.append(&batch(0, epoch, 2)).unwrap();
    let description = made.description().clone();
    assert_eq!(
        (description.roads.as_str(), description.area.as_str(), description.created),
        ("roads-a", "town", at(0))
    );
    drop(log);
    drop(made);
    let again = DataDir::open(&path, "roads-a", "renamed", at(99)).unwrap();
    assert_eq!(again.description(), &description);
    assert_eq!(all(&mut again.log().unwrap()).len(), 2);
}

#[test]
fn two_servers_cannot_share_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).unwrap();
    let second = open(folder.path());
    let Err(Fault::InUse { holder, .. }) = &second else { panic!("{second:?}") };
    assert_eq!(*holder, format!("process {}", std::process::id()));
    drop(first);
    open(folder.path()).unwrap();
}

#[test]
fn another_format_and_other_roads_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let other = DataDir::open(folder.path(), "roads-b", "town", at(0));
    let Err(Fault::OtherRoads { found, expected, .. }) = &other else { panic!("{other:?}") };
    assert_eq!((found.as_str(), expected.as_str()), ("roads-a", "roads-b"));

    let file = folder.path().join("kuseki.json");
    fs::write(&file, r#"{"format": 7, "shape": "of another time"}"#).unwrap();
    let other = open(folder.path()).unwrap_err();
    assert!(matches!(&other, Fault::OtherFormat { found: 7, expected: 1, .. }), "{other:?}");
    let text = other.to_string();
    assert!(text.contains("kuseki.json has format 7") && text.contains("reads format 1"), "{text}");

    fs::write(&file, "{").unwrap();
    let broken = open(folder.path());
    assert!(matches!(broken, Err(Fault::Malformed { .. })), "{broken:?}");
}

#[test]
fn foreign_folders_and_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("photos.zip"), "x").unwrap();
    let foreign = open(folder.path());
    assert!(matches!(&foreign, Err(Fault::Foreign { found, .. }) if found == "photos.zip"), "{foreign:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    for path in [folder.path().join("photos.zip"), folder.path().join("photos.zip/data")] {
        let file = open(&path);
        let expected = folder.path().join("photos.zip");
        assert!(matches!(&file, Err(Fault::NotADirectory { path }) if *path == expected), "{file:?}");
    }
}

#[test]
fn a_start_that_was_killed_half_way_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lock"), "process 1\n").unwrap();
    fs::write(folder.path().join("kuseki.json.new"), "{\"for").unwrap();
    assert_eq!(open(folder.path()).unwrap().description().area, "town");
}

#[test]
#[cfg(target_os = "linux")]
fn a_place_where_nothing_can_be_written_is_told() {
    // Nobody, not even the superuser, can make a folder in /proc.
    let refused = open(Path::new("/proc/kuseki-data")).unwrap_err();
    assert!(matches!(&refused, Fault::NotWritable { .. }), "{refused:?}");
    assert!(refused.to_string().contains("/proc/kuseki-data cannot be written"), "{refused}");
    assert!(refused.source().is_some());
}
