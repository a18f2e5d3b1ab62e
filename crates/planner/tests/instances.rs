//! Heterogeneous dial-a-ride, Li & Lim and Sartori & Buriol: what small files written by hand mean, what is said
//! about wrong ones, and that no text whatever makes the readers panic.
#![allow(clippy::unwrap_used)]

use planner::{Depots, Improver, Instance, Plan, Visit};
use proptest::prelude::*;
use serde_json::{Map, json};

/// Two vans, three riders: an accompanied one, one lying, one in a wheelchair.
const HETERO: &str = "2 3
480 1 1 1 0
480 0 0 0 1
0 0 0 0 0 0 0 0 0 0 480
1 5 9 3 30 1 1 0 0 60 75
2 5 8 3 30 0 0 1 0 62 77
3 -5 -8 3 40 0 0 0 1 100 115
4 9 9 3 0 -1 -1 0 0 0 1440
5 9 8 3 0 0 0 -1 0 0 1440
6 -9 -8 3 0 0 0 0 -1 0 1440
7 0 0 0 0 0 0 0 0 0 480
";

/// Request 1-3 lies to the right of the depot, 4-2 to the left.
const LI_LIM: &str = "3\t10\t1
0 0 0 0 0 300 0 0 0
1 30 0 5 50 60 10 0 3
2 -30 40 -7 0 280 10 4 0
3 30 40 -5 0 200 10 1 0
4 -30 0 7 20 90 10 0 2
";

const SARTORI: &str = "NAME: town-n4-1
LOCATION: Town
COMMENT: drawn by hand
TYPE: PDPTW
SIZE: 5
DISTRIBUTION: cluster
DEPOT: random
ROUTE-TIME: 240
TIME-WINDOW: 60
CAPACITY: 10
NODES
0 41.4 2.1 0 0 240 0 0 0
1 41.5 2.1 6 10 100 5 0 3
2 41.5 2.2 6 10 100 5 0 4
3 41.6 2.1 -6 0 240 5 1 0
4 41.6 2.2 -6 0 240 5 2 0
EDGES
0 10 12 20 22
11 0 3 9 9
13 3 0 9 9
21 9 9 0 4
23 9 9 5 0
EOF
";

fn solve(instance: &Instance, steps: u64) -> Plan {
    let mut improver = Improver::new(&instance.model, &Plan::empty(&instance.model), 1).unwrap();
    improver.run(steps);
    let plan = improver.best().clone();
    plan.judge(&instance.model).unwrap();
    plan
}

#[test]
fn riders_of_four_kinds_are_upgraded_and_vehicles_stand_at_their_own_depots() {
    let instance = Instance::parse("het", HETERO).unwrap();
    let plan = solve(&instance, 60);
    assert!(plan.unserved.is_empty());
    // Who lies takes the stretcher, the seated rider the patient seat and the companion the staff seat: all at once.
    let together = vec![Visit::Pickup(0), Visit::Pickup(1), Visit::Dropoff(1), Visit::Dropoff(0)];
    let both = Plan { routes: vec![together, Vec::new()], unserved: vec![2] };
    assert!(both.judge(&instance.model).is_ok());
    // Vehicle 0 starts at (-5,-5), vehicle 1, the only one with a wheelchair place, at (5,5).
    let alone = instance.read_solution(r#"{"routes": [[], [3, 6]]}"#).unwrap();
    let way = 13f64.hypot(10.0) + 4.0 + 13f64.hypot(14.0);
    assert!((instance.length(&alone).unwrap() - way).abs() < 1e-12);
    let home = Instance::parse_at("het", HETERO, Depots::File).unwrap();
    let way = 8f64.hypot(5.0) + 4.0 + 8f64.hypot(9.0);
    assert!((home.length(&alone).unwrap() - way).abs() < 1e-12);
    assert_eq!(instance.solution(&alone, Map::new()), json!({"routes": [[], [3, 6]]}));
    assert!(!instance.fewest_vehicles());
}

/// Every load against every van, by the four inequalities written out.
#[test]
fn loads_fit_exactly_as_upgrading_says() {
    let van = [[2, 1, 1, 1], [1, 6, 0, 1], [0, 3, 0, 0]];
    for c in van {
        for code in 1..3 * 4 * 3 * 3i32 {
            let q = [code % 3, code / 3 % 4, code / 12 % 3, code / 36 % 3];
            let row = |sign: i32| q.map(|n| (sign * n).to_string()).join(" ");
            let vehicle = c.map(|n: i32| n.to_string()).join(" ");
            let depot = "0 0 0 0 0 0 0 0 0 480";
            let (on, off) = (row(1), row(-1));
            let text = format!(
                "1 1\n480 {vehicle}\n0 {depot}\n1 1 1 3 30 {on} 0 480\n2 2 2 3 0 {off} 0 480\n3 {depot}\n"
            );
            let instance = Instance::parse("one", &text).unwrap();
            let plan = Plan { routes: vec![vec![Visit::Pickup(0), Visit::Dropoff(0)]], unserved: vec![] };
            let fits = q[2] <= c[2]
                && q[1] + q[2] <= c[1] + c[2]
                && q[0] + q[1] + q[2] <= c[0] + c[1] + c[2]
                && q[3] <= c[3];
            assert_eq!(plan.judge(&instance.model).is_ok(), fits, "{q:?} in {c:?}");
        }
    }
}

#[test]
fn four_depots_can_be_asked_for_where_the_file_has_one() {
    let text = "2 1 480 3 30\n0 0 0 0 0 0 480\n1 5 6 3 1 10 25\n2 5 8 3 -1 0 1440\n3 0 0 0 0 0 480\n";
    let instance = Instance::parse_at("a", text, Depots::Four).unwrap();
    let plan = solve(&instance, 40);
    // From (5,5), which is where the second vehicle stands.
    assert_eq!(instance.solution(&plan, Map::new()), json!({"routes": [[], [1, 2]]}));
    assert!((instance.length(&plan).unwrap() - 6.0).abs() < 1e-12);
    for text in [LI_LIM, SARTORI] {
        let fault = Instance::parse_at("x", text, Depots::Four).unwrap_err().to_string();
        assert_eq!(fault, "depots: a choice; expected none: this format gives its depots itself");
    }
}

#[test]
fn vehicles_count_before_distance() {
    let instance = Instance::parse("square", LI_LIM).unwrap();
    assert!(instance.fewest_vehicles());
    let two = instance.read_solution("Route 1 : 1 3\nRoute 2 : 4 2\n").unwrap();
    let one = instance.read_solution("Made by hand\nroute #1: 4 2 1 3").unwrap();
    assert_eq!(instance.length(&two), Some(240.0));
    // 4 at 30, 2 at 80: too late for 1, which closes at 60.
    let (two, late) = (two.judge(&instance.model).unwrap(), one.judge(&instance.model));
    assert!(late.is_err());
    let plan = solve(&instance, 60);
    let best = plan.judge(&instance.model).unwrap();
    assert!(plan.unserved.is_empty() && best <= two);

    // The same with time enough: one vehicle does, on whatever way.
    let instance =
        Instance::parse("square", &LI_LIM.replace("50 60", "50 290").replace("0 200", "0 290")).unwrap();
    let one = instance.read_solution(r#"{"routes": [[4, 2, 1, 3]]}"#).unwrap();
    assert!(one.judge(&instance.model).unwrap() < two);
    assert_eq!(instance.length(&one), Some(30.0 + 40.0 + 5200f64.sqrt() + 40.0 + 50.0));
    let plan = solve(&instance, 60);
    assert_eq!(plan.routes.iter().filter(|r| !r.is_empty()).count(), 1);
    let written = instance.solution(&plan, Map::new());
    assert_eq!(written["routes"].as_array().unwrap().len(), 1, "{written}");
    let again = instance.read_solution(&written.to_string()).unwrap();
    assert_eq!(again.judge(&instance.model), plan.judge(&instance.model));
}

#[test]
fn a_matrix_of_minutes_is_driven_as_it_stands() {
    let instance = Instance::parse("file.txt", SARTORI).unwrap();
    assert_eq!((&*instance.name, instance.fewest_vehicles()), ("town-n4-1", true));
    // One vehicle is enough: it carries one after the other.
    assert_eq!(instance.model.vehicles().len(), 1);
    let plan = instance.read_solution(r#"{"routes": [[1, 3, 2, 4]]}"#).unwrap();
    assert_eq!(instance.length(&plan), Some(10.0 + 9.0 + 9.0 + 9.0 + 23.0));
    assert!(plan.judge(&instance.model).is_ok());
    // Loads of 6 and 6 do not fit into 10.
    let full = instance.read_solution(r#"{"routes": [[1, 2, 3, 4]]}"#).unwrap();
    assert!(full.judge(&instance.model).is_err());
    // Nobody can serve the second within a few minutes of the first: two vehicles.
    let tight = SARTORI.replace("6 10 100 5", "6 10 15 5");
    assert_eq!(Instance::parse("file.txt", &tight).unwrap().model.vehicles().len(), 2);
    // Who cannot be brought home in time stays unserved; the others are served nevertheless.
    let instance = Instance::parse("file.txt", &SARTORI.replace("23 9 9 5 0", "230 230 230 230 0")).unwrap();
    assert_eq!(solve(&instance, 30).unserved, [1]);
}

/// Vehicles are given up one at a time; the result is a plan of the whole fleet, repeatable by its steps.
#[test]
fn fewest_vehicles_are_found_within_a_budget_of_steps() {
    let mut text = String::from("20 10 1\n0 0 0 0 0 500 0 0 0\n");
    let n = 20;
    for k in 1..=n {
        let open = k * 17 % 260;
        let (x, y) = (k * 37 % 41 - 20, k * 53 % 43 - 21);
        text += &format!("{k} {x} {y} {} {open} {} 5 0 {}\n", 1 + k % 4, open + 100, n + k);
    }
    for k in 1..=n {
        text +=
            &format!("{} {} {} -{} 0 450 5 {k} 0\n", n + k, k * 29 % 37 - 18, k * 31 % 39 - 19, 1 + k % 4);
    }
    let instance = Instance::parse("drawn", &text).unwrap();
    let most = 3_000;
    let run = || instance.solve_fewest(5, |steps| (1_000 * steps / most) as u32).unwrap();
    let (plan, steps) = run();
    assert_eq!(run(), (plan.clone(), steps));
    assert!((most..most + 20).contains(&steps));
    let cost = plan.judge(&instance.model).unwrap();
    assert!(plan.unserved.is_empty() && plan.routes.len() == 20);
    // No worse in vehicles than the price of vehicles alone brings, which is all that the first plan has.
    let used = |plan: &Plan| plan.routes.iter().filter(|visits| !visits.is_empty()).count();
    let mut plain = Improver::new(&instance.model, &Plan::empty(&instance.model), 5).unwrap();
    plain.run(most);
    assert!(used(&plan) <= used(plain.best()), "{plan:?} {:?}", plain.best());
    // A budget of nothing still gives the first plan.
    let (first, steps) = instance.solve_fewest(5, |_| 1_000).unwrap();
    assert_eq!((steps, first.unserved.len()), (0, 0));
    assert!(first.judge(&instance.model).unwrap() >= cost);
}

/// The error for a text in which one thing was replaced.
fn fault(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    Instance::parse("file.txt", &text.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn wrong_heterogeneous_files_are_refused_by_line() {
    let wrong = |from: &str, to: &str| fault(HETERO, from, to);
    let rows = "line 1: 10 rows for 2 vehicles and 4 requests; expected 12 rows";
    assert!(wrong("2 3", "2 4").starts_with(rows));
    assert_eq!(wrong("480 1 1 1 0", "480 1 1 1"), "line 2: `480 1 1 1`; expected `T C0 C1 C2 C3`");
    assert!(wrong("480 1 1 1 0", "480 1 1 -1 0").ends_with("expected `T C0 C1 C2 C3`, each 0 or more"));
    assert_eq!(
        wrong("3 30 1 1", "3 NaN 1 1"),
        "line 5: `1 5 9 3 NaN 1 1 0 0 60 75`; expected `1 x y service ride q0 q1 q2 q3 e l`"
    );
    assert_eq!(wrong("3 30 1 1", "3 -30 1 1"), "line 5: ride -30; expected 0 or more");
    assert_eq!(wrong("60 75", "75 60"), "line 5: window 75 to 60; expected e <= l");
    assert!(wrong("2 5 8", "3 5 8").starts_with("line 6: node 3; expected"));
    assert!(
        wrong("0 -1 -1 0 0", "0 -1 0 0 0")
            .starts_with("line 8: loads [-1, 0, 0, 0] where node 1 has [1, 1, 0, 0]; expected")
    );
    assert!(
        wrong("0 -1 -1 0 0", "0 -1.5 -1 0 0").starts_with("line 8: number 0 of the places -1.5; expected")
    );
    assert!(wrong("7 0 0 0 0 0 0 0 0 0 480", "7 0 0 0 0 0 0 0 0 0 479").starts_with("line 11: an end depot"));
    assert!(wrong("2 3", "20000 3").contains("expected 1 to 10,000 vehicles"));
}

#[test]
fn wrong_li_lim_files_are_refused_by_line() {
    let wrong = |from: &str, to: &str| fault(LI_LIM, from, to);
    assert_eq!(
        wrong("2 -30 40 -7 0 280 10 4 0", "2 -30 40 -7 0 280 10 4"),
        "line 4: `2 -30 40 -7 0 280 10 4`; expected `2 x y q e l service pickup delivery`"
    );
    assert!(wrong("10 4 0", "10 3 0").starts_with("line 4: node 2 and its partner 3 do not match; expected"));
    assert!(wrong("10 4 0", "10 0 0").starts_with("line 4: pickup 0, delivery 0; expected 0 for one"));
    assert!(wrong("10 4 0", "10 9 0").contains("a node from 1 to 4"));
    assert!(wrong("10 0 2\n", "10 0 4\n").contains("do not match"));
    assert!(wrong("-7", "-8").contains("do not match"));
    assert_eq!(
        wrong("0 0 0 0 0 300 0 0 0\n", ""),
        "line 2: node 1; expected `0 x y q e l service pickup delivery`"
    );
    assert_eq!(
        wrong("4 -30 0 7 20 90 10 0 2\n", ""),
        "line 1: 4 node rows; expected a depot and as many pickups as drop-offs"
    );
    assert!(wrong("10\t1", "-10\t1").starts_with("line 1: capacity -10; expected"));
    assert!(wrong("200 10", "200 -10").starts_with("line 5: service -10; expected"));
    assert!(wrong("-30 40", "-3e9 40").contains("expected a time within 280,000 units"));
    assert!(wrong("30 40 -5", "30 40 -inf").starts_with("line 5: `3 30 40 -inf"));
    assert!(wrong("0 300 0 0 0", "0 300 9 0 0").contains("a depot with load 0 and service 0"));
}

#[test]
fn wrong_sartori_buriol_files_are_refused_by_line() {
    let wrong = |from: &str, to: &str| fault(SARTORI, from, to);
    let whole = "expected a whole number, 0 or more";
    assert_eq!(wrong("13 3 0 9 9\n", ""), "line 17: 4 rows below EDGES; expected 5 rows, as SIZE says");
    assert_eq!(wrong("13 3 0 9 9", "13 3 0 9"), "line 20: `13 3 0 9`; expected 5 travel times");
    assert_eq!(wrong("13 3 0", "13 3.5 0"), format!("line 20: travel time 3.5 to node 1; {whole}"));
    assert_eq!(wrong("13 3 0", "13 -3 0"), format!("line 20: travel time -3 to node 1; {whole}"));
    assert_eq!(wrong("EDGES\n", "EDGE\n"), "line 23: no line `EDGES`; expected a section `EDGES`");
    assert_eq!(wrong("SIZE: 5", "SIZE: 6"), "line 11: 5 rows below NODES; expected 6 rows, as SIZE says");
    assert!(wrong("SIZE: 5\n", "").contains("no line `SIZE: ...` in the head"));
    assert_eq!(
        wrong("CAPACITY: 10", "CAPACITY: ten"),
        "line 10: `ten`; expected a number behind `CAPACITY:`"
    );
    assert!(wrong("5 0 3\n", "5 0 9\n").contains("line 13: pickup 0, delivery 9; expected"));
}

#[test]
fn solutions_with_unknown_stops_are_refused() {
    let instance = Instance::parse("square", LI_LIM).unwrap();
    let wrong = |text: &str| instance.read_solution(text).unwrap_err().to_string();
    assert_eq!(wrong(r#"{"routes": [[1, 0]]}"#), "routes[0][1]: 0; expected a stop from 1 to 4");
    assert_eq!(wrong("Route 1 : 5"), "routes[0][0]: 5; expected a stop from 1 to 4");
    assert_eq!(wrong("Route 1 : 1 x"), "line 1: `Route 1 : 1 x`; expected `Route NUMBER : STOP STOP ...`");
    assert_eq!(wrong("nothing"), "routes: missing; expected a list of lists");
    assert!(wrong("{").contains("EOF"));
    // Four routes for two vehicles that could be of use: reading keeps them, judging says no.
    let many = instance.read_solution("Route 1 : 1\nRoute 2 : 3\nRoute 3 : 2\nRoute 4 : 4").unwrap();
    assert!(many.judge(&instance.model).is_err());
}

const CORDEAU: &str =
    "1 2 100 3 30\n0 0 0 0 0 0 100\n1 3 4 3 1 10 20\n2 6 8 3 1 0 100\n3 0 0 3 -1 0 100\n4 3 4 3 -1 0 100\n";

/// What a slip of the pen or a cut file puts in the place of a word.
const ODD: [&str; 16] = [
    "",
    "-1",
    "NaN",
    "inf",
    "1e308",
    "-0",
    "0.5",
    "99999999999",
    "x",
    "2147483648",
    "-2147483648",
    "0",
    "1",
    "3 4",
    "\n",
    "EDGES",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Words replaced, lines left out, the end cut off: an answer or an error that says what and where, no panic.
    #[test]
    fn damaged_files_are_answered(
        which in 0..4usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..ODD.len()), 0..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        left_out in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let text = [HETERO, LI_LIM, SARTORI, CORDEAU][which];
        let mut lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        for (at, odd) in changes {
            let count = lines.iter().map(Vec::len).sum();
            if let Some(word) = lines.iter_mut().flatten().nth(at.index(count)) {
                *word = ODD[odd];
            }
        }
        if let Some(line) = left_out {
            lines.remove(line.index(lines.len()));
        }
        let mut text = lines.iter().map(|words| words.join(" ")).collect::<Vec<_>>().join("\n");
        if let Some(cut) = cut {
            text.truncate(cut.index(text.len() + 1));
        }
        for depots in [Depots::Usual, Depots::Four] {
            match Instance::parse_at("damaged", &text, depots) {
                Ok(instance) => {
                    // Whatever was accepted can be worked with and written.
                    let plan = solve(&instance, 5);
                    let written = instance.solution(&plan, Map::new()).to_string();
                    let again = instance.read_solution(&written).unwrap();
                    prop_assert_eq!(again.judge(&instance.model), plan.judge(&instance.model));
                }
                Err(fault) => prop_assert!(fault.to_string().contains("expected") || fault.to_string().contains("neither")),
            }
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC*", solution in "(Route [0-9]: )?\\PC*") {
        let _ = Instance::parse("any", &text);
        let instance = Instance::parse("square", LI_LIM).unwrap();
        let _ = instance.read_solution(&solution);
    }
}
