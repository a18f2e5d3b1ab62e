//! A full disk, a damaged file, the traces of erased people, and the settings that durability rests on.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::{Connection, SqliteConnection};
use store::{AppendError, EventLog, Fault, LogReader, SqliteLog, Version};
use support::{AREA, all, batch, erase, keep, receipt, register};

fn log_file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("log.sqlite")
}

/// Appends until the disk (or the quota) is full; returns the last version that was acknowledged.
fn fill(log: &mut SqliteLog, epoch: u64, from: u64) -> u64 {
    let mut version = from;
    loop {
        let mut next = batch(version, epoch, 5);
        next.receipts.push(receipt(&format!("key {version}")));
        next.register.push(keep(
            "rider",
            &format!("rider-{version}"),
            &format!("\"{}\"", "x".repeat(900)),
            "",
        ));
        match log.append(&next) {
            Ok(Version(now)) => version = now,
            Err(AppendError::Fault(Fault::DiskFull { path })) => {
                assert_eq!(path, log.file());
                assert_eq!(log.receipt(AREA, &format!("key {version}")).unwrap(), None);
                return version;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_full_disk_refuses_the_batch_whole_and_nothing_else_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SqliteLog::open_limited(&log_file(&folder), Some(60)).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    let kept = fill(&mut log, epoch, 0);
    assert!(kept >= 50, "only {kept} events fitted");
    // Reading still works, a smaller batch is refused or kept as a whole, and the same connection stays usable.
    for _ in 0..3 {
        assert_eq!(all(&mut log).len() as u64, kept);
        assert_eq!(register(&mut log).len() as u64, kept / 5);
        assert_eq!(fill(&mut log, epoch, kept), kept);
    }
    drop(log);

    let mut log = SqliteLog::open(&log_file(&folder)).unwrap();
    assert_eq!(all(&mut log).len() as u64, kept);
    let mut next = batch(kept, epoch, 5);
    next.receipts.push(receipt("after"));
    assert_eq!(log.append(&next).unwrap(), Version(kept + 5));
    assert_eq!(all(&mut log).len() as u64, kept + 5);
}

#[test]
fn a_full_disk_heals_on_the_same_connection_once_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SqliteLog::open_limited(&log_file(&folder), Some(60)).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    let kept = fill(&mut log, epoch, 0);
    let mut space = batch(kept, epoch, 0);
    space.register = (0..kept).step_by(5).map(|n| erase("rider", &format!("rider-{n}"))).collect();
    log.append(&space).unwrap();
    assert_eq!(log.append(&batch(kept, epoch, 5)).unwrap(), Version(kept + 5));
    assert_eq!(all(&mut log).len() as u64, kept + 5);
}

/// Set for the child that runs inside a mount namespace of its own: the small file system's folder.
const SMALL_DISK: &str = "KUSEKI_STORE_SMALL_DISK";

/// A disk that is really full: a file system of one megabyte in a mount namespace of its own, so that nothing of
/// it outlives the test.
#[test]
fn a_file_system_without_space_is_told_as_a_full_disk() {
    const NAME: &str = "a_file_system_without_space_is_told_as_a_full_disk";
    if let Some(disk) = std::env::var_os(SMALL_DISK) {
        return fill_and_free(Path::new(&disk));
    }
    let folder = tempfile::tempdir().unwrap();
    let unshared = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]).env(SMALL_DISK, folder.path());
        command.arg(std::env::current_exe().unwrap()).args(["--exact", NAME, "--nocapture"]);
        command.output()
    };
    let mount = format!("mount -t tmpfs -o size=1m tmpfs \"${SMALL_DISK}\"");
    if !unshared(&mount).is_ok_and(|output| output.status.success()) {
        eprintln!("no right to mount a file system here; the quota of the tests above stands for it");
        return;
    }
    let output = unshared(&format!("{mount} && exec \"$0\" \"$@\"")).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn fill_and_free(disk: &Path) {
    let mut log = SqliteLog::open(&disk.join("log.sqlite")).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    let ballast = disk.join("ballast");
    fs::write(&ballast, vec![0; 400_000]).unwrap();
    let kept = fill(&mut log, epoch, 0);
    assert_eq!(all(&mut log).len() as u64, kept);
    fs::remove_file(&ballast).unwrap();
    assert_eq!(log.append(&batch(kept, epoch, 5)).unwrap(), Version(kept + 5));
    drop(log);
    let mut log = SqliteLog::open(&disk.join("log.sqlite")).unwrap();
    assert_eq!(all(&mut log).len() as u64, kept + 5);
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(log_file(&folder), "this is not a database, but it is long enough to have a header".repeat(20))
        .unwrap();
    let opened = SqliteLog::open(&log_file(&folder)).map(drop);
    assert!(matches!(&opened, Err(Fault::Corrupt { file, .. }) if *file == log_file(&folder)), "{opened:?}");
}

#[test]
fn a_damaged_page_is_told_and_not_read_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SqliteLog::open(&log_file(&folder)).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    log.append(&batch(0, epoch, 2000)).unwrap();
    drop(log);
    let mut bytes = fs::read(log_file(&folder)).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    for page in bytes[middle..].chunks_mut(4096).take(8) {
        page.fill(0xa5);
    }
    fs::write(log_file(&folder), bytes).unwrap();
    let mut log = SqliteLog::open(&log_file(&folder)).unwrap();
    let loaded = log.load(AREA, Version::EMPTY, &mut |_| Ok(()));
    assert!(matches!(&loaded, Err(Fault::Corrupt { file, .. }) if *file == log_file(&folder)), "{loaded:?}");
}

#[tokio::test]
async fn a_gap_and_newer_tables_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = log_file(&folder);
    let mut log = SqliteLog::open(&file).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    log.append(&batch(0, epoch, 5)).unwrap();
    drop(log);
    let mut by_hand = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query("DELETE FROM event WHERE version = 3").execute(&mut by_hand).await.unwrap();
    let mut log = SqliteLog::open(&file).unwrap();
    let loaded = log.load(AREA, Version::EMPTY, &mut |_| Ok(()));
    assert!(matches!(loaded, Err(Fault::Gap { after: Version(2), found: Version(4), .. })), "{loaded:?}");
    drop(log);

    let newer = "INSERT INTO _sqlx_migrations SELECT 9999, 'newer', installed_on, 1, checksum, 0 FROM _sqlx_migrations";
    sqlx::query(newer).execute(&mut by_hand).await.unwrap();
    by_hand.close().await.unwrap();
    let opened = SqliteLog::open(&file).map(drop);
    assert!(
        matches!(&opened, Err(Fault::OtherTables { detail, .. }) if detail.contains("9999")),
        "{opened:?}"
    );
}

/// Survival of a power cut cannot be tried here; it rests on these settings of the writing connection.
#[test]
fn every_commit_is_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SqliteLog::open(&log_file(&folder)).unwrap();
    let settings = log.settings().unwrap();
    assert_eq!((settings.journal.as_str(), settings.synchronous), ("wal", 2));
}

#[test]
fn erased_people_leave_no_bytes_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SqliteLog::open(&log_file(&folder)).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    let long = format!(r#"{{"note":"marker-of-a-person {}"}}"#, "long enough to spill over. ".repeat(400));
    let mut first = batch(0, epoch, 1);
    first.register = vec![
        keep("rider", "rider-1", r#"{"name":"marker-of-a-person"}"#, "marker-of-a-person"),
        keep("rider", "rider-2", &long, "marker-of-a-person"),
        keep("rider", "rider-3", r#"{"name":"stays-here"}"#, "stays-here"),
    ];
    log.append(&first).unwrap();
    assert!(holds(folder.path(), "marker-of-a-person"));
    let mut second = batch(1, epoch, 1);
    second.register = vec![erase("rider", "rider-1"), erase("rider", "rider-2")];
    log.append(&second).unwrap();
    assert!(!holds(folder.path(), "marker-of-a-person"));
    assert!(holds(folder.path(), "stays-here"));
}

/// Whether any file of the folder holds the text.
fn holds(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    })
}
