//! `kuseki bench quality`: a table of ours and others, averages, figures in JSON, and a failure when an answer does not
//! hold. The other solvers here are small shell scripts that repeat an answer found before.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::house::{Ended, kuseki, run};
use crate::instances::{cordeau, draw, problem};

/// A folder `own` with two instances and a table of values that nobody reaches.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("own");
    fs::create_dir(&set).unwrap();
    fs::write(set.join("eight.txt"), cordeau(&draw(8))).unwrap();
    fs::write(set.join("nine.json"), problem(&draw(9)).to_string()).unwrap();
    let table =
        "set,instance,best_known,objective_definition,source\nown,eight,1.0,\"length, in units\",nobody\n";
    fs::write(folder.path().join("bks.csv"), table).unwrap();
    folder
}

fn quality(folder: &Path, more: &[&str]) -> Ended {
    run(kuseki().args(["bench", "quality", "--set"]).arg(folder.join("own")).args(more))
}

#[test]
fn a_set_is_solved_compared_and_averaged_the_same_on_one_thread_and_on_two() {
    let folder = folder();
    let (bks, file) = (folder.path().join("bks.csv"), folder.path().join("figures.json"));
    let figures = |jobs: &str| {
        let ended = quality(
            folder.path(),
            &[
                "--steps",
                "30,60",
                "--seeds",
                "1,2",
                "--jobs",
                jobs,
                "--bks",
                bks.to_str().unwrap(),
                "--json",
                file.to_str().unwrap(),
            ],
        );
        assert!(ended.status.success(), "{}", ended.err);
        assert!(ended.out.contains("| own") && ended.out.contains("| kuseki 60 steps |"), "{}", ended.out);
        let mut figures: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for row in figures["instances"].as_array_mut().unwrap() {
            for run in row["runs"].as_array_mut().unwrap() {
                assert!(
                    run.as_object_mut().unwrap().shift_remove("seconds").unwrap().as_f64().unwrap() >= 0.0
                );
            }
        }
        figures
    };
    let one = figures("1");
    assert_eq!(one["instances"], figures("2")["instances"]);
    let rows = one["instances"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let runs: Vec<f64> =
            row["runs"].as_array().unwrap().iter().map(|r| r["cost"].as_f64().unwrap()).collect();
        let (sum, best) = (runs.iter().sum::<f64>(), runs.iter().copied().fold(f64::INFINITY, f64::min));
        assert!((row["average"].as_f64().unwrap() - sum / 2.0).abs() < 1e-9, "{row}");
        assert_eq!(row["best"].as_f64(), Some(best), "{row}");
        assert!(row["runs"].as_array().unwrap().iter().all(|r| r["judged"] == true), "{row}");
        let gap = row["best_gap_percent"].as_f64().unwrap();
        if row["instance"] == "eight" {
            assert!((gap - 100.0 * (best - 1.0)).abs() < 1e-6, "{row}");
        } else {
            // Without a known value the best of the run is the measure.
            assert!(gap >= 0.0 && row["best_known"].is_null(), "{row}");
        }
    }
    assert!(one["averages"].as_array().unwrap().iter().all(|a| a["whole"] == 4 && a["wrong"] == 0));
}

#[test]
fn answers_of_others_are_judged_too_and_wrong_ones_fail_the_command() {
    let folder = folder();
    let file = folder.path().join("own/nine.json");
    let solution = folder.path().join("solution.json");
    let solved = run(kuseki().arg("solve").arg(&file).args(["--steps", "50", "--out"]).arg(&solution));
    assert!(solved.status.success(), "{}", solved.err);
    let cost = serde_json::from_str::<Value>(&solved.out).unwrap()["cost"].as_u64().unwrap();
    let script = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        format!("{name}=sh {} {{instance}} {{solution}}", path.display())
    };
    let copy = format!("cp {} $2\n", solution.display());
    let line = |cost: u64| format!("echo 'a word before'\necho '{{\"cost\": {cost}, \"wall_s\": 0.25}}'\n");
    let honest = script("honest", &(copy.clone() + &line(cost)));
    let boaster = script("boaster", &(copy.clone() + &line(cost - 1)));
    let silent = script("silent", &line(cost));
    let breaker = script(
        "breaker",
        &format!("sed 's/\"delivery\"/\"pickup\"/' {} > $2\n{}", solution.display(), line(1)),
    );
    let with = |peer: &str| {
        let ended = run(kuseki()
            .args(["bench", "quality", "--steps", "20", "--seeds", "1,2", "--set"])
            .arg(&file)
            .args(["--peer", peer]));
        (ended.status.success(), ended.out, ended.err)
    };
    let (well, out, err) = with(&honest);
    assert!(well && out.contains("| honest") && !out.contains("as said"), "{out}{err}");
    let (well, out, err) = with(&silent);
    assert!(well && out.contains("cost as said"), "{out}{err}");
    let (well, out, err) = with(&boaster);
    assert!(
        !well && out.contains("said to cost") && err.contains("1 of 3 answers do not hold"),
        "{out}{err}"
    );
    let (well, out, err) = with(&breaker);
    assert!(!well && out.contains("WRONG"), "{out}{err}");
    let (well, _, err) = with("crash=false");
    assert!(!well && err.contains("ended with a failure"), "{err}");
}

#[test]
fn checkers_are_asked_and_wrong_calls_are_told() {
    let folder = folder();
    let says = |word: &str| {
        let checker = folder.path().join("checker.sh");
        fs::write(&checker, format!("test -s $1 && test -s $2 && echo it is {word} && {word}\n")).unwrap();
        quality(folder.path(), &["--steps", "20", "--check", &format!("sh {}", checker.display())])
    };
    assert!(says("true").status.success());
    let no = says("false");
    assert!(!no.status.success() && no.out.contains("the checker says: it is false"), "{}{}", no.out, no.err);
    for (more, words) in [
        (vec!["--peer", "nameless"], "expected NAME=COMMAND"),
        (vec!["--jobs", "0"], "--jobs is 1 to 256"),
        (vec!["--seconds", "NaN"], "--seconds is 0 or more"),
        (vec!["--bks", "nowhere.csv"], "nowhere.csv"),
    ] {
        let ended = quality(folder.path(), &more);
        assert!(!ended.status.success() && ended.err.contains(words), "{}", ended.err);
    }
    fs::write(folder.path().join("own/letter.txt"), "Dear all").unwrap();
    let ended = quality(folder.path(), &["--steps", "1"]);
    assert!(!ended.status.success() && ended.err.contains("letter.txt"), "{}", ended.err);
}

/// The published checkers agree about our solutions of every format.
#[test]
fn published_instances_of_every_format_pass_their_checkers() {
    let Some(shared) = crate::solve::shared() else { return };
    let all = shared.join("instances");
    for (file, checker, more) in [
        ("li_lim/100/lc101.txt", "pdptw_check.py", ""),
        ("sartori_buriol_2020/nyc-n100-5.txt", "pdptw_check.py", ""),
        ("malheiros_2021/a9-72hetIUY.txt", "hdarp_check.py --depots four", ""),
        ("cordeau_2006/a2-16.txt", "hdarp_check.py --depots four", "four"),
    ] {
        let mut command: Command = kuseki();
        command.args(["bench", "quality", "--steps", "150", "--set"]).arg(all.join(file));
        command.arg("--check").arg(format!("{}/{checker}", shared.display()));
        if !more.is_empty() {
            command.args(["--depots", more, "--bks-set", "mdhdarp_u"]);
        }
        let ended = run(command.arg("--bks").arg(shared.join("bks.csv")));
        assert!(ended.status.success(), "{file}: {}{}", ended.out, ended.err);
        // The best known value was found, and ours is not better.
        let line = ended.out.lines().find(|line| line.contains("kuseki 150 steps")).unwrap();
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_ne!(cells[3], "–", "{line}");
        assert!(!cells[8].starts_with('-'), "{line}");
    }
}
