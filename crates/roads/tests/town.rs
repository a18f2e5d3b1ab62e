//! The drawn town: the same for a seed, plausible for every seed.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::town;
use roads::{LabelKind, Period, PlotKind, RoadClass, Setting, Town, draw_town};
use units::{Node, Point};

fn crosses(a: Point, b: Point, c: Point, d: Point) -> bool {
    let side = |p: Point, q: Point, r: Point| {
        let (x, y) = (i128::from(q.lon_e7() - p.lon_e7()), i128::from(q.lat_e7() - p.lat_e7()));
        let (u, v) = (i128::from(r.lon_e7() - p.lon_e7()), i128::from(r.lat_e7() - p.lat_e7()));
        (x * v - y * u).signum()
    };
    side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b)
}

/// Where the drawn roads cross a river's line.
fn crossings(town: &Town, river: &[Point]) -> Vec<Point> {
    let lines = town.roads.shapes().roads.iter().flat_map(|r| &r.lines);
    let mut found: Vec<Point> = Vec::new();
    for road in lines.flat_map(|line| line.windows(2)) {
        for water in river.windows(2) {
            let here = crosses(road[0], road[1], water[0], water[1]);
            if here && found.iter().all(|p| p.metres_to(water[0]) > 60.0) {
                found.push(water[0]);
            }
        }
    }
    found
}

#[test]
fn one_seed_one_town_another_seed_another() {
    let (again, other) = (draw_town(7).unwrap(), draw_town(8).unwrap());
    assert_eq!(again.roads.fingerprint(), town().roads.fingerprint());
    assert_eq!(again.plots, town().plots);
    assert_eq!(again.districts, town().districts);
    assert_eq!(again.roads.path(Node(5), Node(3_000)), town().roads.path(Node(5), Node(3_000)));
    assert_ne!(other.roads.fingerprint(), town().roads.fingerprint());
    assert_ne!(other.plots, town().plots);
}

#[test]
fn every_seed_gives_a_whole_town() {
    for seed in 0..12 {
        let town = draw_town(seed).unwrap();
        let nodes = town.roads.node_count();
        assert!((5_000..=14_000).contains(&nodes), "seed {seed}: {nodes} nodes");
        let (sw, ne) = (town.roads.bounds().sw, town.roads.bounds().ne);
        let corner = Point::from_e7(sw.lat_e7(), ne.lon_e7());
        assert!((9_000.0..11_500.0).contains(&sw.metres_to(corner)), "seed {seed}: breadth");
        assert!((7_000.0..9_000.0).contains(&ne.metres_to(corner)), "seed {seed}: height");
        assert!((12..=16).contains(&town.districts.len()));
        assert!(town.districts.iter().all(|d| !d.name.is_empty() && !d.furigana.is_empty()));
        check_rivers(&town, seed);
        check_plots(&town, seed);
    }
}

fn check_rivers(town: &Town, seed: u64) {
    let rivers = &town.roads.shapes().rivers;
    for (i, river) in rivers.iter().enumerate() {
        let found = crossings(town, &river.line);
        for place in &found {
            let nearest = town.bridges.iter().map(|b| b.metres_to(*place)).fold(f64::INFINITY, f64::min);
            assert!(nearest < 60.0, "seed {seed}: a road crosses {} {nearest} m from any bridge", river.name);
        }
        if i == 0 {
            assert!(
                (3..=5).contains(&found.len()),
                "seed {seed}: {} bridges over the river: {found:?}",
                found.len()
            );
        }
    }
}

fn check_plots(town: &Town, seed: u64) {
    let mut counts: BTreeMap<PlotKind, usize> = BTreeMap::new();
    let mut houses = vec![0; town.districts.len()];
    for plot in &town.plots {
        *counts.entry(plot.kind).or_default() += 1;
        let snap = town.roads.snap(plot.point).unwrap();
        assert!(
            snap.distance.0 <= 120,
            "seed {seed}: {:?} at {} is {} from a road",
            plot.kind,
            plot.point,
            snap.distance
        );
        if plot.kind == PlotKind::House {
            houses[plot.district] += 1;
            assert!(
                snap.distance.0 <= 40,
                "seed {seed}: a house at {} is {} from a road",
                plot.point,
                snap.distance
            );
        }
    }
    let expected = [
        (PlotKind::House, 1_500),
        (PlotKind::Shop, 40),
        (PlotKind::HighStreet, 20),
        (PlotKind::Clinic, 25),
        (PlotKind::Hospital, 2),
        (PlotKind::TownHall, 1),
        (PlotKind::Station, 1),
        (PlotKind::Facility, 6),
        (PlotKind::Hall, 10),
    ];
    for (kind, least) in expected {
        assert!(counts.get(&kind).is_some_and(|n| *n >= least), "seed {seed}: {kind:?} {counts:?}");
    }
    for (district, count) in town.districts.iter().zip(&houses) {
        assert!(*count >= 10, "seed {seed}: {} has {count} houses", district.name);
    }
}

#[test]
fn the_old_town_has_one_way_streets_and_the_map_its_names() {
    let shapes = town().roads.shapes();
    let metres = |oneway: bool| -> f64 {
        let lines = shapes.roads.iter().filter(|r| r.oneway == oneway).flat_map(|r| &r.lines);
        lines.flat_map(|l| l.windows(2)).map(|p| p[0].metres_to(p[1])).sum()
    };
    assert!(
        metres(true) > 1_500.0 && metres(true) < metres(false) * 0.05,
        "{} of {}",
        metres(true),
        metres(false)
    );
    for class in [RoadClass::Trunk, RoadClass::Primary, RoadClass::Secondary, RoadClass::Tertiary] {
        assert!(shapes.roads.iter().any(|r| r.class == class && !r.name.is_empty()), "{class:?}");
    }
    let labels = |kind| shapes.labels.iter().filter(|l| l.kind == kind).count();
    assert_eq!(labels(LabelKind::District), town().districts.len());
    assert_eq!((labels(LabelKind::Station), labels(LabelKind::Town)), (1, 1));
    assert!(!shapes.railways.is_empty() && !shapes.areas.is_empty());
    for setting in [Setting::Centre, Setting::Suburb, Setting::Hillside, Setting::Village] {
        assert!(town().districts.iter().any(|d| d.setting == setting));
    }
}

#[test]
fn one_way_streets_are_driven_one_way() {
    let graph = town().roads.turn_graph(Period::Midday).unwrap();
    let mut lines: Vec<Vec<Point>> = Vec::new();
    for shape in town().roads.shapes().roads.iter().filter(|r| r.oneway) {
        lines.extend(shape.lines.iter().cloned());
    }
    let signed = |a: Point, b: Point| lines.iter().flat_map(|l| l.windows(2)).any(|p| p == [a, b]);
    let mut stretches = 0;
    for arc in (0..graph.state_count() as u32).filter_map(|state| graph.arc(state)) {
        for pair in arc.line.windows(2) {
            assert!(!signed(pair[1], pair[0]), "{} to {} is open against the sign", pair[0], pair[1]);
            stretches += usize::from(signed(pair[0], pair[1]));
        }
    }
    assert!(stretches > 20, "{stretches}");
}

#[test]
fn the_town_has_forbidden_turns_narrow_lanes_and_peaks() {
    let roads = &town().roads;
    assert!(roads.ban_count() >= 4, "{}", roads.ban_count());
    let houses = town().plots.iter().filter(|p| p.kind == PlotKind::House);
    let widths: Vec<_> = houses.filter_map(|p| roads.snap(p.point).ok()?.width_dm).collect();
    assert!(widths.contains(&23) && widths.contains(&26), "{} narrow", widths.len());
    let (a, b) = (Node(10), Node(roads.node_count() as u32 - 10));
    let seconds = Period::ALL.map(|period| roads.travel_during(period, a, b).seconds);
    assert!(seconds[1] > seconds[0] && seconds[2] > seconds[0] && seconds[3] > seconds[1], "{seconds:?}");
}

#[test]
fn towns_are_not_chessboards() {
    // Directions of side streets, folded to a quarter turn: no tenth of the quarter holds more than a third of them.
    let mut bins = [0.0_f64; 10];
    for shape in town().roads.shapes().roads.iter().filter(|r| r.class == RoadClass::Residential) {
        for pair in shape.lines.iter().flat_map(|l| l.windows(2)) {
            let north = f64::from(pair[1].lat_e7() - pair[0].lat_e7());
            let east = f64::from(pair[1].lon_e7() - pair[0].lon_e7()) * 0.805;
            let quarter = north.atan2(east).to_degrees().rem_euclid(90.0);
            bins[((quarter / 9.0) as usize).min(9)] += pair[0].metres_to(pair[1]);
        }
    }
    let total: f64 = bins.iter().sum();
    assert!(bins.iter().all(|b| *b < total / 3.0), "{bins:?}");
}
