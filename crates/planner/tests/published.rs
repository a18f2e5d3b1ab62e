//! Published, verified solutions must be accepted. They lie outside the project (their files state no licence for
//! copies); without them the tests say so and pass.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use planner::{DARP_TICKS, Instance};
use serde_json::Value;

fn benchmarks() -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let shared =
        std::env::var_os("KUSEKI_SHARED").map_or_else(|| here.join("../../../shared"), PathBuf::from);
    let path = shared.join("benchmarks");
    path.join("solutions").is_dir().then_some(path)
}

/// Every solution of a set with the instance it solves.
fn solutions(set: &str) -> Vec<(PathBuf, PathBuf)> {
    let Some(root) = benchmarks() else {
        println!("skipped: no published solutions here (set KUSEKI_SHARED)");
        return Vec::new();
    };
    let mut list = Vec::new();
    for entry in fs::read_dir(root.join("solutions").join(set)).unwrap() {
        let solution = entry.unwrap().path();
        let stem = solution.file_stem().unwrap().to_str().unwrap().split('_').next().unwrap().to_owned();
        let instance = [stem.clone(), format!("{stem}.txt")]
            .iter()
            .map(|f| root.join("instances").join(set).join(f))
            .find(|p| p.is_file());
        list.extend(instance.map(|instance| (instance, solution)));
    }
    list.sort();
    list
}

fn check(set: &str, expected: usize) {
    let list = solutions(set);
    assert!(list.is_empty() || list.len() == expected, "{} solutions", list.len());
    for (instance, solution) in list {
        let name = solution.display().to_string();
        let instance = Instance::parse(&name, &fs::read_to_string(instance).unwrap()).unwrap();
        let text = fs::read_to_string(&solution).unwrap();
        let plan = instance.read_solution(&text).unwrap();
        let cost = plan.judge(&instance.model).unwrap_or_else(|broken| panic!("{name}: {broken:?}"));
        assert!(plan.unserved.is_empty(), "{name}");
        let length = instance.length(&plan).unwrap();
        assert!((cost.travel as f64 / DARP_TICKS as f64 - length).abs() < 1e-6, "{name}: {cost:?} {length}");
        let told: Value = serde_json::from_str(&text).unwrap();
        if let Some(told) = told["obj"].as_f64() {
            assert!((told - length).abs() < 1e-6, "{name}: {told} {length}");
        }
        // Written and read again it is the same plan.
        let again = instance.solution(&plan, serde_json::Map::new()).to_string();
        assert_eq!(instance.read_solution(&again).unwrap(), plan);
    }
}

#[test]
fn optimal_solutions_of_the_a_set_are_accepted() {
    check("cordeau_2006", 24);
}

#[test]
fn published_solutions_of_the_pr_set_are_accepted() {
    check("cordeau_laporte_2003", 11);
}
