//! `kuseki solve --online`: one command, one line, repeatable by seed and steps, and words for wrong options.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::house::{kuseki, run};
use crate::instances::{cordeau, draw, problem};

fn online(command: &mut Command) -> Value {
    let ended = run(command.arg("--online").args(["--steps", "200", "--improve-steps", "30"]));
    assert!(ended.status.success(), "{}", ended.err);
    // How long answers took differs from run to run and is no part of the line.
    assert!(ended.err.contains("answers: mean"), "{}", ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn an_online_day_is_told_beside_plain_insertion_and_knowing_everything() {
    let folder = tempfile::tempdir().unwrap();
    let all = draw(14);
    for (name, text) in [("day.txt", cordeau(&all)), ("day.json", problem(&all).to_string())] {
        let (file, out) = (folder.path().join(name), folder.path().join("out.json"));
        fs::write(&file, text).unwrap();
        let ahead = ["--ahead", "30-60", "--static-share", "0.3", "--seed", "5"];
        let line = online(kuseki().arg("solve").arg(&file).args(ahead).arg("--out").arg(&out));
        assert_eq!(line, online(kuseki().arg("solve").arg(&file).args(ahead)));
        assert_eq!(line["requests"], 14);
        for row in [&line, &line["plain_insertion"]] {
            assert_eq!(row["broken_promises"], 0);
            assert_eq!(row["served"].as_u64().unwrap() + row["refused"].as_u64().unwrap(), 14);
            assert!(row["gap_percent"].as_f64().unwrap() >= 0.0, "{row}");
            assert!(row["driving"].as_f64().unwrap() >= row["clairvoyant_driving"].as_f64().unwrap() - 1e-6);
        }
        assert!(line["clairvoyant_served"].as_u64().unwrap() >= 1);
        // What is written is the solution in the form of the checkers, with the times driven.
        let solution: Value = serde_json::from_str(&fs::read_to_string(&out).unwrap()).unwrap();
        assert!(solution["routes"].is_array() && solution["driven"].is_array());
        assert_eq!(solution["driving"], line["driving"]);
        let other = online(kuseki().arg("solve").arg(&file).args(["--ahead", "600", "--no-clairvoyant"]));
        assert_eq!(other.get("gap_percent"), None);
        assert!(other["served"].as_u64() >= line["served"].as_u64(), "{other} knows everything at once");
    }
}

#[test]
fn wrong_options_of_an_online_day_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("day.txt");
    fs::write(&file, cordeau(&draw(4))).unwrap();
    for (option, value) in [
        ("--wait", "101"),
        ("--wait", "later"),
        ("--ahead", "90-30"),
        ("--ahead", "soon"),
        ("--static-share", "1.5"),
        ("--static-share", "NaN"),
        ("--ahead-of", "dinner"),
    ] {
        let ended = run(kuseki().arg("solve").arg(&file).arg("--online").arg(format!("{option}={value}")));
        assert!(!ended.status.success() && ended.out.is_empty(), "{option}={value}: {}", ended.out);
        assert!(ended.err.contains(option) && ended.err.contains(value), "{}", ended.err);
    }
    let ended = run(kuseki().arg("solve").arg(&file).args(["--improve-steps", "5"]));
    assert!(!ended.status.success() && ended.err.contains("--online"), "{}", ended.err);
}
