//! Real extracts, and files that are none.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Instant;

use common::extract;
use roads::{Bounds, Fault, ImportOptions, RoadClass, Stage, import_osm};

fn boxed(bounds: Bounds) -> ImportOptions {
    ImportOptions { bounds: Some(bounds), ..ImportOptions::default() }
}

#[test]
fn real_extracts_are_read_and_hang_together() {
    for (name, least_nodes) in
        [("tachikawa.osm.pbf", 3_000), ("helsinki.osm.pbf", 300), ("andorra.osm.pbf", 3_000)]
    {
        let Some(path) = extract(name) else { continue };
        let begin = Instant::now();
        let mut stages = Vec::new();
        let (roads, report) = import_osm(&path, &ImportOptions::default(), &mut |p| {
            assert!(p.done <= p.of);
            stages.push(p.stage);
        })
        .unwrap();
        println!(
            "{name}: {:?}, {:?}, {report:?}, {} m of road",
            begin.elapsed(),
            roads,
            roads.road_metres().0
        );
        assert!(roads.node_count() >= least_nodes, "{name} has {} nodes", roads.node_count());
        assert_eq!((report.nodes, report.edges), (roads.node_count(), roads.edge_count()));
        assert!(report.ways_used > 0 && report.ways_used <= report.ways_read);
        assert!(report.losses.share() < 0.2, "{}", report.losses.share());
        assert_eq!((stages.first(), stages.last()), (Some(&Stage::Ways), Some(&Stage::Periods)));
        assert!(roads.source().licence.contains("OpenStreetMap"));
        let again = import_osm(&path, &ImportOptions::default(), &mut |_| {}).unwrap().0;
        assert_eq!(again.fingerprint(), roads.fingerprint());
    }
}

#[test]
fn a_box_cuts_and_a_box_elsewhere_is_a_clear_fault() {
    let Some(path) = extract("tachikawa.osm.pbf") else { return };
    let whole = import_osm(&path, &ImportOptions::default(), &mut |_| {}).unwrap().0;
    let inner = Bounds::parse("35.69,139.39,35.71,139.42").unwrap();
    let part = import_osm(&path, &boxed(inner), &mut |_| {}).unwrap().0;
    assert!(part.node_count() < whole.node_count() / 2);
    assert!(inner.contains(part.bounds().sw) && inner.contains(part.bounds().ne));
    let fault = import_osm(&path, &boxed(Bounds::parse("10,10,11,11").unwrap()), &mut |_| {}).unwrap_err();
    assert!(matches!(fault, Fault::OutsideBox { .. }), "{fault}");
    assert!(fault.to_string().contains("35.6"), "the fault tells where the roads lie: {fault}");
}

#[test]
fn what_is_no_extract_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("town.osm.pbf");
    for bytes in [&b""[..], b"<osm version='0.6'></osm>", b"\0\0\0\x0d", &[0xff; 100], b"KUSEKI-ROADS"] {
        std::fs::write(&file, bytes).unwrap();
        let fault = import_osm(&file, &ImportOptions::default(), &mut |_| {}).unwrap_err();
        assert!(matches!(fault, Fault::NotOsm { .. }), "{fault}");
        assert!(fault.to_string().contains("town.osm.pbf"), "{fault}");
    }
    let absent = import_osm(&folder.path().join("absent.osm.pbf"), &ImportOptions::default(), &mut |_| {})
        .unwrap_err();
    assert!(matches!(absent, Fault::Io { .. }), "{absent}");
}

#[test]
fn a_truncated_or_damaged_extract_never_panics() {
    let Some(path) = extract("tachikawa.osm.pbf") else { return };
    let whole = std::fs::read(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.osm.pbf");
    for part in 1..10 {
        std::fs::write(&file, &whole[..whole.len() * part / 10]).unwrap();
        let fault = import_osm(&file, &ImportOptions::default(), &mut |_| {}).unwrap_err();
        assert!(matches!(fault, Fault::NotOsm { .. } | Fault::NoRoads { .. }), "{fault}");
    }
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&file, &damaged).unwrap();
        // Some bytes carry nothing that matters here; the rest must give a fault, and nothing may panic.
        if let Err(fault) = import_osm(&file, &ImportOptions::default(), &mut |_| {}) {
            assert!(fault.to_string().contains("cut.osm.pbf"), "{fault}");
        }
    }
}

#[test]
fn one_ways_and_classes_of_a_real_city_come_through() {
    let Some(path) = extract("tachikawa.osm.pbf") else { return };
    let roads = import_osm(&path, &ImportOptions::default(), &mut |_| {}).unwrap().0;
    let shapes = roads.shapes();
    assert!(shapes.roads.iter().any(|r| r.oneway));
    assert!(shapes.roads.iter().any(|r| r.class == RoadClass::Primary && !r.name.is_empty()));
    // The strokes of the map hold every edge exactly once: their lengths add up to the network's.
    let drawn: f64 = shapes
        .roads
        .iter()
        .flat_map(|r| &r.lines)
        .flat_map(|line| line.windows(2))
        .map(|p| p[0].metres_to(p[1]))
        .sum();
    let kept = roads.road_metres().0 as f64;
    assert!((drawn / kept - 1.0).abs() < 1e-3, "drawn {drawn} m, kept {kept} m");
}
