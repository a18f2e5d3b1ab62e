//! Instance files: both Cordeau conventions, kuseki-problem-1, and what is said about wrong ones.
#![allow(clippy::unwrap_used)]

use planner::{Improver, Instance, Plan};
use serde_json::{Map, Value, json};

const SHORT: &str =
    "1 2 100 3 30\n0 0 0 0 0 0 100\n1 3 4 3 1 10 20\n2 6 8 3 1 0 100\n3 0 0 3 -1 0 100\n4 3 4 3 -1 0 100\n";

#[test]
fn both_conventions_of_the_header_mean_the_same() {
    // n and an end depot, n without one, 2n with one, 2n without one.
    let end = "5 0 0 0 0 0 100\n";
    let doubled = SHORT.replacen("1 2 100", "1 4 100", 1);
    let mut costs = Vec::new();
    for text in [format!("{SHORT}{end}"), SHORT.to_owned(), format!("{doubled}{end}"), doubled] {
        let instance = Instance::parse("short", &text).unwrap();
        assert_eq!(instance.model.requests().len(), 2);
        let mut improver = Improver::new(&instance.model, &Plan::empty(&instance.model), 1).unwrap();
        improver.run(50);
        let plan = improver.best();
        assert!(plan.unserved.is_empty());
        costs.push(instance.length(plan).unwrap());
    }
    assert_eq!(costs, [20.0; 4]);
}

fn problem() -> Value {
    json!({
        "format": "kuseki-problem-1", "name": "two",
        "seconds": [[0, 10, 20], [10, 0, 10], [20, 10, 0]],
        "vehicles": [{"id": 7, "start": 0, "end": 0, "open": 0, "close": 500, "layouts": [{"seat": 2}, {"chair": 1}]}],
        "requests": [
            {"id": 40, "load": {"seat": 1}, "max_ride": 50,
             "pickup": {"at": 1, "open": 0, "close": 100, "service": 5},
             "delivery": {"at": 2, "open": 0, "close": 300, "service": 5}},
            {"id": 41, "load": {"sofa": 1}, "max_ride": null,
             "pickup": {"at": 2, "open": 0, "close": 100, "service": 5},
             "delivery": {"at": 1, "open": 0, "close": 300, "service": 5}},
        ],
    })
}

#[test]
fn a_kuseki_problem_is_solved_and_written_with_its_own_ids() {
    let instance = Instance::parse("two", &problem().to_string()).unwrap();
    let mut improver = Improver::new(&instance.model, &Plan::empty(&instance.model), 1).unwrap();
    improver.run(50);
    let mut extra = Map::new();
    extra.insert("seed".into(), json!(1));
    let solution = instance.solution(improver.best(), extra);
    // Nobody has a place for a sofa.
    let expected = json!({
        "routes": [{"vehicle": 7, "visits": [["pickup", 40], ["delivery", 40]]}], "unserved": [41], "seed": 1,
    });
    assert_eq!(solution, expected);
    assert_eq!(&instance.read_solution(&solution.to_string()).unwrap(), improver.best());
}

/// The error for a text in which one thing was replaced.
fn fault(text: &str) -> String {
    Instance::parse("file.txt", text).unwrap_err().to_string()
}

#[test]
fn wrong_cordeau_files_are_refused_by_line() {
    let wrong = |from: &str, to: &str| fault(&SHORT.replacen(from, to, 1));
    assert_eq!(wrong("1 2 100 3 30", "1 2 100 3"), "line 1: `1 2 100 3`; expected `m N T Q L`");
    assert_eq!(wrong("10 20", "10 2o"), "line 3: `1 3 4 3 1 10 2o`; expected `1 x y service load e l`");
    assert_eq!(
        wrong("10 20", "20 10"),
        "line 3: `1 3 4 3 1 20 10`; expected e <= l and a service of 0 or more"
    );
    assert_eq!(wrong("2 6 8", "3 6 8"), "line 4: node 3; expected `2 x y service load e l`");
    assert!(wrong("3 -1 0", "3 -2 0").starts_with("line 5: load -2 where node 1 has 1; expected"));
    assert!(
        wrong("1 2 100", "1 3 100").starts_with("line 1: 5 node rows for a declared count of 3; expected")
    );
    assert!(fault("").contains("neither"));
    assert!(fault("hello").contains("neither"));
}

#[test]
fn wrong_kuseki_files_are_refused_by_field() {
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut value = problem();
        change(&mut value);
        fault(&value.to_string())
    };
    assert_eq!(wrong(&|v| v["format"] = json!("x")), "format: `x`; expected kuseki-problem-1");
    assert_eq!(wrong(&|v| v["seconds"][1] = json!([1])), "seconds[1]: 1 entries; expected 3 entries");
    assert_eq!(wrong(&|v| v["seconds"][1][2] = json!(-4)), "seconds[1][2]: -4; expected seconds, 0 or more");
    let at = wrong(&|v| v["requests"][1]["pickup"]["at"] = json!(9));
    assert_eq!(at, "requests[1].pickup.at: 9; expected a place from 0 to 2");
    let span = wrong(&|v| v["vehicles"][0]["close"] = json!(-1));
    assert_eq!(span, "vehicles[0]: open 0, close -1; expected seconds with open <= close");
    let load = wrong(&|v| v["requests"][0]["load"]["seat"] = json!(0.5));
    assert_eq!(load, "requests[0].load.seat: 0.5; expected a whole number of places, 0 or more");
    assert_eq!(
        wrong(&|v| v["requests"][1]["id"] = json!(40)),
        "requests[1].id: 40 again; expected an id of its own"
    );
    let kinds = wrong(&|v| v["requests"][1]["load"] = json!({"a": 1, "b": 1, "c": 1}));
    assert!(
        kinds.starts_with(
            "requests[1].load.c: one kind of place too many; expected at most 4: seat, chair, a, b"
        ),
        "{kinds}"
    );
    assert!(wrong(&|v| v["name"] = json!(3)).starts_with("not a kuseki-problem-1 document"));
    assert!(fault("{").starts_with("not a kuseki-problem-1 document"));
}
