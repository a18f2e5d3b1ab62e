//! Files and folders that are not what they should be. The binary says which one and what would be right, ends with a
//! failure, and leaves them as they were.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::house::{Ended, Site, draw_roads, kuseki, run, serve_command};

/// Runs what must fail; it says so on standard error in words that hold all of `words`.
#[track_caller]
fn fails(command: &mut Command, words: &[&str]) {
    let Ended { status, out, err } = run(command);
    assert_eq!(status.code(), Some(1), "{command:?}: {out}{err}");
    assert!(err.starts_with("kuseki: ") && !err.contains("panicked"), "{command:?}: {err}");
    for word in words {
        assert!(err.contains(word), "`{word}` is missing in: {err}");
    }
}

/// Names and contents of everything in a folder.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut all: Vec<_> = entries
        .map(|e| (e.file_name().to_string_lossy().into_owned(), fs::read(e.path()).unwrap_or_default()))
        .collect();
    all.sort();
    all
}

/// Like [`fails`], and the data directory stays as it was, but for the lock that every opening takes.
#[track_caller]
fn fails_untouched(site: &Site, data: &Path, words: &[&str]) {
    let look = |name: &str| contents(data).into_iter().filter(|(n, _)| n != name).collect::<Vec<_>>();
    let before = look("lock");
    fails(&mut site.command(data), words);
    assert!(look("lock") == before, "{} was changed", data.display());
}

#[test]
fn roads_files_that_are_none_are_told_apart() {
    let site = Site::draw();
    let whole = fs::read(site.roads()).unwrap();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        bytes
    };
    let middle = whole.len() / 2;
    let half = with(&|b| b.truncate(middle));
    let longer = with(&|b| b.extend_from_slice(b"more"));
    let flipped = with(&|b| b[middle] ^= 0x10);
    // The format's number stands behind the twelve letters of the name.
    let version = with(&|b| b[12] = 9);
    let cases: [(&str, &[u8], &[&str]); 7] = [
        ("half.roads", &half, &["is cut off", "copy or import it again"]),
        ("longer.roads", &longer, &["appended"]),
        ("flipped.roads", &flipped, &["damaged", "checksum"]),
        ("later.roads", &version, &["format 9", "reads format 4", "import the map extract again"]),
        ("letter.roads", b"Dear all,\n", &["not a roads file", "kuseki roads import"]),
        ("empty.roads", b"", &["not a roads file"]),
        ("head.roads", &whole[..20], &["is cut off"]),
    ];
    for (name, bytes, words) in cases {
        let file = site.path(name);
        fs::write(&file, bytes).unwrap();
        let words: Vec<&str> = words.iter().copied().chain([name]).collect();
        fails(&mut serve_command(&file, &site.data(), "127.0.0.1:0"), &words);
        fails(kuseki().args(["roads", "info"]).arg(&file), &words);
    }
    fails(
        &mut serve_command(&site.path("none.roads"), &site.data(), "127.0.0.1:0"),
        &["none.roads", "No such file"],
    );
    assert!(!site.data().exists(), "a server without roads makes no data directory");
    let import = |extract: &str| {
        let mut command = kuseki();
        command.args(["roads", "import"]).arg(site.path(extract)).arg("--out").arg(site.path("out.roads"));
        command
    };
    fails(&mut import("none.osm.pbf"), &["none.osm.pbf"]);
    fails(&mut import("town.roads"), &["town.roads", "OpenStreetMap"]);
    fails(import("town.roads").args(["--bbox", "36,139,35,140"]), &["36,139,35,140"]);
    assert!(!site.path("out.roads").exists());
}

#[test]
fn data_directories_of_others_are_left_alone() {
    let site = Site::draw();
    let data = site.data();
    drop(site.serve());
    let description = data.join("kuseki.json");
    let good = fs::read_to_string(&description).unwrap();
    let mut later: Value = serde_json::from_str(&good).unwrap();
    later["format"] = json!(99);
    fs::write(&description, later.to_string()).unwrap();
    fails_untouched(&site, &data, &["kuseki.json", "format 99", "reads format 1"]);
    for broken in ["", "{\"format\":", "{\"format\": 1}", "[]"] {
        fs::write(&description, broken).unwrap();
        fails_untouched(&site, &data, &["kuseki.json", "not a description of a data directory"]);
    }
    fs::write(&description, &good).unwrap();
    drop(site.serve());

    // The same directory with the roads of another town.
    let other = site.path("other.roads");
    draw_roads(8, &other);
    fails(
        &mut serve_command(&other, &data, "127.0.0.1:0"),
        &["kuseki.json", "belongs to the roads", "it was made with"],
    );

    // A log that is no database, and one that is damaged inside.
    let log = data.join("log.sqlite");
    let kept = fs::read(&log).unwrap();
    for name in ["log.sqlite-wal", "log.sqlite-shm"] {
        let file = data.join(name);
        if file.exists() {
            fs::remove_file(file).unwrap();
        }
    }
    fs::write(&log, vec![b'x'; 8_192]).unwrap();
    fails(&mut site.command(&data), &["log.sqlite", "not a database", "restore it from a copy"]);
    fs::write(&log, kept).unwrap();

    let foreign = site.path("letters");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("to-anna.txt"), "Dear Anna").unwrap();
    fails(
        &mut site.command(&foreign),
        &["letters", "not a data directory", "to-anna.txt", "empty or a new directory"],
    );
    assert_eq!(contents(&foreign), [("to-anna.txt".to_owned(), b"Dear Anna".to_vec())]);

    let file = foreign.join("to-anna.txt");
    fails(&mut site.command(&file), &["to-anna.txt", "not a directory"]);
    fails(&mut site.command(&file.join("data")), &["to-anna.txt", "not a directory"]);
}

#[tokio::test]
async fn two_servers_do_not_share_a_directory_or_an_address() {
    let site = Site::draw();
    let first = site.serve();
    let holder = format!("process {}", first.id());
    fails(
        &mut site.command(&site.data()),
        &["data is in use by another server", &holder, "a directory of its own"],
    );
    // The first one has noticed nothing.
    assert!(first.client().log_version().await >= 1);

    let address = first.address.trim_start_matches("http://");
    fails(&mut serve_command(&site.roads(), &site.path("second"), address), &[address, "--listen", "in use"]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    fails(kuseki().args(["demo", "--port", &port, "--data"]).arg(site.path("demo")), &[&port, "--port"]);
    fails(
        kuseki().args(["demo", "--port", "0", "--speed", "0", "--data"]).arg(site.path("demo")),
        &["--speed 0"],
    );

    // The lock ends with its process, however that ends.
    first.kill();
    let next = site.serve();
    assert!(next.client().log_version().await >= 1);
}

#[test]
fn scenarios_that_are_none_are_told_by_field() {
    let site = Site::draw();
    let simulate = |text: &str| {
        let file = site.path("day.toml");
        fs::write(&file, text).unwrap();
        let mut command = kuseki();
        command.arg("simulate").arg(file);
        command
    };
    let good = include_str!("../../../../fixtures/scenarios/provincial-town.toml");
    fails(&mut simulate("date = "), &["day.toml"]);
    fails(&mut simulate(&good.replace("2026-11-24\"", "2026-13-24\"")), &["day.toml", "date"]);
    fails(
        &mut simulate(&good.replace("[\"08:30\", \"16:00\"]", "[\"16:00\", \"08:30\"]")),
        &["day.toml", "guest_hours"],
    );
    fails(&mut simulate(&good.replace("phone_percent", "fone_percent")), &["day.toml", "fone_percent"]);
    fails(kuseki().arg("simulate").arg(site.path("none.toml")), &["none.toml"]);
}
