//! `kuseki solve`: both formats, repeatable by seed and steps, answers that hold, and errors that say where.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::{kuseki, run};
use crate::instances::{check_all, cordeau, distance, draw, points, problem};

/// The published benchmarks and their checkers, if they lie beside the project. They are nobody's to hand on, so the
/// project holds none; the tests below with instances of their own always run.
pub fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("KUSEKI_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let found =
        [named, Some(beside)].into_iter().flatten().map(|p| p.join("benchmarks")).find(|p| p.is_dir());
    if found.is_none() {
        eprintln!("the shared benchmarks are not here; only instances of the test's own are solved");
    }
    found
}

/// Solves a file; the solution without the seconds that it took, and the line that was printed, without them as well.
fn solve(file: &Path, out: &Path, more: &[&str]) -> (Value, Value) {
    let ended = run(kuseki().arg("solve").arg(file).args(more).arg("--out").arg(out));
    assert!(ended.status.success(), "{}", ended.err);
    let timeless = |text: &str| {
        let mut value: Value = serde_json::from_str(text).unwrap();
        let seconds = value.as_object_mut().unwrap().shift_remove("seconds");
        assert!(seconds.is_some_and(|s| s.as_f64().is_some_and(|s| s >= 0.0)), "{text}");
        value
    };
    (timeless(&fs::read_to_string(out).unwrap()), timeless(&ended.out))
}

/// Solves a file twice with the same seed, which must give the same bytes but for the seconds.
fn solve_twice(file: &Path, folder: &TempDir, steps: &str) -> (PathBuf, Value, Value) {
    let out = [folder.path().join("first.json"), folder.path().join("second.json")];
    let more = ["--seed", "3", "--steps", steps];
    let (first, line) = solve(file, &out[0], &more);
    let (second, same_line) = solve(file, &out[1], &more);
    assert_eq!(first.to_string(), second.to_string());
    assert_eq!(line.to_string(), same_line.to_string());
    assert_eq!(line["steps"][0].as_u64().unwrap().to_string(), steps);
    (out[0].clone(), first, line)
}

/// Runs a published checker; it says yes and prints the cost.
fn check(script: &Path, instance: &Path, solution: &Path) -> String {
    let ended = run(Command::new("python3").arg(script).arg(instance).arg(solution));
    assert!(ended.status.success(), "{}: {}{}", script.display(), ended.out, ended.err);
    ended.out
}

#[test]
fn published_instances_of_both_headers_are_solved_and_pass_the_checker() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let all = shared.join("instances");
    // The first one counts requests in its head, the second one stops. Proven optima are 294.25 and 190.02.
    for (name, best) in [("cordeau_2006/a2-16", 294.247950), ("cordeau_laporte_2003/pr01", 190.018684)] {
        let file =
            [all.join(format!("{name}.txt")), all.join(name)].into_iter().find(|f| f.is_file()).unwrap();
        let (out, solution, line) = solve_twice(&file, &folder, "400");
        assert_eq!(line["unserved"], 0, "{name}");
        let said = check(&shared.join("darp_check.py"), &file, &out);
        let cost = line["cost"].as_f64().unwrap();
        assert_eq!(solution["cost"], line["cost"]);
        assert!(said.contains(&format!("{cost:.6}")), "{name}: {cost} is told, the checker says {said}");
        assert!(cost > best - 0.01, "{name}: {cost} is better than what is proven to be best");
        // Far from a claim of quality: only that the search has begun to work.
        assert!(cost < best * 1.25, "{name}: {cost}");
    }
}

#[test]
fn drawn_problems_are_solved_and_pass_the_checker() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let peers = shared.join("peers");
    for limit in [None, Some("--max-ride")] {
        let drawn = run(Command::new("python3")
            .arg(peers.join("generate.py"))
            .args(["m2o", "40", "8", "1"])
            .args(limit));
        assert!(drawn.status.success(), "{}", drawn.err);
        let file = folder.path().join("problem.json");
        fs::write(&file, drawn.out).unwrap();
        let (out, _, line) = solve_twice(&file, &folder, "300");
        let said = check(&peers.join("check.py"), &file, &out);
        assert!(said.contains(&line["cost"].to_string()), "{line} is told, the checker says {said}");
    }
}

#[test]
fn threads_search_apart_and_the_best_counts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("small.txt");
    fs::write(&file, cordeau(&draw(12))).unwrap();
    let more = ["--seed", "3", "--steps", "60", "--threads", "3"];
    let out = folder.path().join("out.json");
    let (first, line) = solve(&file, &out, &more);
    assert_eq!((first.to_string(), line.to_string()), {
        let (second, line) = solve(&file, &out, &more);
        (second.to_string(), line.to_string())
    });
    assert_eq!(line["steps"], json!([60, 60, 60]));
    let alone = solve(&file, &out, &["--seed", "3", "--steps", "60"]).1;
    assert!(line["cost"].as_f64().unwrap() <= alone["cost"].as_f64().unwrap() + 1e-9);
    let last = u64::MAX.to_string();
    solve(&file, &out, &["--seed", &last, "--steps", "20", "--threads", "2"]);
}

#[test]
fn own_instances_are_solved_in_both_formats() {
    let folder = tempfile::tempdir().unwrap();
    let all = draw(14);
    let (n, points) = (all.len(), points(&all));
    let text = folder.path().join("own.txt");
    fs::write(&text, cordeau(&all)).unwrap();
    let (_, solution, line) = solve_twice(&text, &folder, "200");
    let number = |v: &Value| v.as_u64().unwrap() as usize;
    let list = |v: &Value| v.as_array().unwrap().iter().map(number).collect::<Vec<_>>();
    let routes: Vec<Vec<usize>> = solution["routes"].as_array().unwrap().iter().map(list).collect();
    let length = check_all(&routes, &[], &all, |a, b| distance(points[a], points[b]));
    assert_eq!(line["unserved"], 0, "{line}");
    assert!((length - line["cost"].as_f64().unwrap()).abs() < 1e-6, "{length} against {line}");

    let file = folder.path().join("own.json");
    let problem = problem(&all);
    fs::write(&file, problem.to_string()).unwrap();
    let (_, solution, line) = solve_twice(&file, &folder, "200");
    let stop = |visit: &Value| number(&visit[1]) + if visit[0] == "delivery" { n } else { 0 };
    let visits = |route: &Value| route["visits"].as_array().unwrap().iter().map(stop).collect::<Vec<_>>();
    let routes: Vec<Vec<usize>> = solution["routes"].as_array().unwrap().iter().map(visits).collect();
    let unserved = list(&solution["unserved"]);
    let matrix = &problem["seconds"];
    let length = check_all(&routes, &unserved, &all, |a, b| matrix[a][b].as_f64().unwrap() / 10.0);
    assert!(
        unserved.is_empty() && (length * 10.0 - line["cost"].as_f64().unwrap()).abs() < 1e-6,
        "{length} against {line}"
    );
}

#[test]
fn what_cannot_be_solved_is_told_by_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("instance");
    let fails = |text: &[u8], words: &[&str]| {
        fs::write(&file, text).unwrap();
        let ended = run(kuseki().arg("solve").arg(&file).args(["--steps", "5"]));
        assert_eq!(ended.status.code(), Some(1), "{}{}", ended.out, ended.err);
        assert!(ended.err.starts_with("kuseki: ") && ended.out.is_empty(), "{}", ended.err);
        for word in words {
            assert!(ended.err.contains(word), "`{word}` is missing in: {}", ended.err);
        }
    };
    let text = cordeau(&draw(4));
    let lines: Vec<&str> = text.lines().collect();
    fails(lines[..8].join("\n").as_bytes(), &["line 1: 7 node rows", "expected"]);
    fails(&text.as_bytes()[..text.find("\n3 ").unwrap() + 6], &["line 5: `3 ", "expected"]);
    fails(lines[..1].join("\n").as_bytes(), &["line 1"]);
    fails(text.replacen("\n2 ", "\n2 x", 1).as_bytes(), &["line 4", "expected"]);
    let own = problem(&draw(4));
    let whole = own.to_string();
    fails(&whole.as_bytes()[..whole.len() / 2], &["not a kuseki-problem-1 document", "line 1"]);
    let with = |pointer: &str, value: Value| {
        let mut changed = own.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed.to_string()
    };
    fails(
        with("/format", json!("kuseki-problem-2")).as_bytes(),
        &["format: `kuseki-problem-2`", "expected kuseki-problem-1"],
    );
    fails(with("/requests/2/pickup/at", json!(99)).as_bytes(), &["requests[2].pickup.at: 99", "expected"]);
    fails(with("/vehicles/1/close", json!(-1)).as_bytes(), &["vehicles[1]", "expected"]);
    fails(with("/seconds/3", json!([0])).as_bytes(), &["seconds[3]: 1 entries", "expected"]);
    fails(b"to whom it may concern", &["instance", "neither"]);
    fails(b"", &["instance", "neither"]);
    fails(b"\xff\xfe", &["instance", "UTF-8"]);

    let missing = run(kuseki().arg("solve").arg(folder.path().join("nowhere.txt")));
    assert!(!missing.status.success() && missing.err.contains("nowhere.txt"), "{}", missing.err);
    fs::write(&file, &text).unwrap();
    let unwritable = folder.path().join("nowhere/out.json");
    let ended = run(kuseki().arg("solve").arg(&file).args(["--steps", "5", "--out"]).arg(&unwritable));
    assert!(!ended.status.success() && ended.err.contains("out.json"), "{}", ended.err);
    for (option, value) in [("--threads", "0"), ("--seconds", "-1"), ("--seconds", "NaN")] {
        let ended = run(kuseki().arg("solve").arg(&file).arg(format!("{option}={value}")));
        assert!(!ended.status.success() && ended.err.contains(option), "{}", ended.err);
    }
}
