//! The nearest road is the nearest road.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Choice, imported, town};
use roads::{Roads, SNAP_LIMIT};
use units::Point;

/// Metres from a place to a straight piece of road, on a plane laid at the place itself.
fn metres_to_piece(p: Point, a: Point, b: Point) -> f64 {
    let unit = 6_371_008.8 * 1e-7_f64.to_radians();
    let narrowing = p.lat().to_radians().cos();
    let flat = |q: Point| {
        (f64::from(q.lon_e7() - p.lon_e7()) * unit * narrowing, f64::from(q.lat_e7() - p.lat_e7()) * unit)
    };
    let ((ax, ay), (bx, by)) = (flat(a), flat(b));
    let (dx, dy) = (bx - ax, by - ay);
    let t = (-(ax * dx + ay * dy) / (dx * dx + dy * dy).max(1e-12)).clamp(0.0, 1.0);
    ((ax + t * dx).powi(2) + (ay + t * dy).powi(2)).sqrt()
}

fn nearest_by_looking_at_all(roads: &Roads, p: Point) -> f64 {
    let shapes = roads.shapes().roads.iter().filter(|r| r.class.may_halt());
    let lines = shapes.flat_map(|r| &r.lines).flat_map(|line| line.windows(2));
    lines.map(|pair| metres_to_piece(p, pair[0], pair[1])).fold(f64::INFINITY, f64::min)
}

fn agrees(roads: &Roads, tries: usize) {
    let bounds = roads.bounds();
    let mut choice = Choice(23);
    let (mut near, mut far) = (0, 0);
    for _ in 0..tries {
        let mut between = |low: i32, high: i32| low + choice.below((high - low) as usize + 1) as i32;
        // The box and some way beyond it.
        let lat = between(bounds.sw.lat_e7() - 60_000, bounds.ne.lat_e7() + 60_000);
        let lon = between(bounds.sw.lon_e7() - 60_000, bounds.ne.lon_e7() + 60_000);
        let place = Point::from_e7(lat, lon);
        let truth = nearest_by_looking_at_all(roads, place);
        match roads.snap(place) {
            Ok(snap) => {
                near += 1;
                let found = snap.distance.0 as f64;
                assert!((found - truth).abs() <= 1.1 + truth * 0.003, "{place}: {found} m, truly {truth} m");
                assert!(place.metres_to(snap.on_road) <= found);
                assert!(nearest_by_looking_at_all(roads, snap.on_road) < 0.1, "the point is on a road");
                let node = roads.point(snap.node).unwrap();
                assert!(
                    node.metres_to(snap.on_road) <= 51.0,
                    "the node is {} m off",
                    node.metres_to(snap.on_road)
                );
            }
            Err(off) => {
                far += 1;
                assert!(truth > SNAP_LIMIT.0 as f64 * 0.997, "{place}: refused though only {truth} m off");
                assert_eq!((off.point, off.limit), (place, SNAP_LIMIT));
                assert!((off.nearest.0 as f64 - truth).abs() <= 1.1 + truth * 0.01);
                assert!(off.to_string().contains("300 m"), "{off}");
            }
        }
    }
    assert!(near > 0 && far > 0, "both answers were tried: {near} near, {far} far");
}

#[test]
fn snapping_agrees_with_a_linear_scan() {
    agrees(&town().roads, 1_000);
    if let Some(roads) = imported("tachikawa.osm.pbf") {
        agrees(&roads, 600);
    }
}

#[test]
fn every_node_snaps_to_its_own_place() {
    let roads = &town().roads;
    for i in (0..roads.node_count() as u32).step_by(3) {
        let point = roads.point(units::Node(i)).unwrap();
        let snap = roads.snap(point).unwrap();
        assert!(snap.distance.0 <= 1, "node {i}");
        assert!(roads.point(snap.node).unwrap().metres_to(point) < 51.0, "node {i} snaps to {}", snap.node);
    }
    assert_eq!(roads.point(units::Node(roads.node_count() as u32)), None);
}
