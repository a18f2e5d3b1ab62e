//! What an extract says is what is driven: restrictions, barriers, sides, ferries, widths, speeds.

#![allow(clippy::unwrap_used)]

mod common;
mod drawn;

use drawn::{Drawing, at, everything, grid};
use roads::{Act, DrivingSide, ImportOptions, ImportReport, Period, Roads, Speeds, import_osm};
use units::{Metres, Point};

fn imported(drawing: &Drawing, options: &ImportOptions) -> (Roads, ImportReport) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("drawn.osm.pbf");
    std::fs::write(&file, drawing.bytes(true)).unwrap();
    import_osm(&file, options, &mut |_| {}).unwrap()
}

fn read(drawing: &Drawing) -> (Roads, ImportReport) {
    imported(drawing, &ImportOptions::default())
}

/// Metres driven between places beside two points of the drawing.
fn metres(roads: &Roads, from: Point, to: Point) -> Metres {
    roads.path(roads.snap(from).unwrap().node, roads.snap(to).unwrap().node).metres
}

fn halfway(a: (i32, i32), b: (i32, i32)) -> Point {
    let (a, b) = (at(a.0, a.1), at(b.0, b.1));
    Point::from_e7(a.lat_e7() + (b.lat_e7() - a.lat_e7()) / 2, a.lon_e7() + (b.lon_e7() - a.lon_e7()) / 2)
}

#[test]
fn an_import_tells_what_it_took_and_left() {
    let (roads, report) = read(&everything());
    assert!(report.drives_left, "the drawing lies in Japan");
    assert_eq!((report.barriers, report.signals), (1, 1));
    assert_eq!(report.losses.islands.edges, 2, "a street by itself, and what lies beyond the bollard");
    assert_eq!(report.points_missing, 1);
    assert_eq!((report.losses.restrictions, report.losses.restrictions_unresolved), (1, 1));
    assert!(roads.ban_count() > 0);
    assert_eq!((report.nodes, report.edges), (roads.node_count(), roads.edge_count()));
}

#[test]
fn a_restriction_of_an_extract_is_kept_and_one_for_lorries_is_not() {
    // A crossing of two streets whose ends are far: whoever may not turn left there has to turn round at an end.
    let cross = |line: &str| {
        let mut drawing = Drawing::default();
        drawing.node(1, (-4, 0), "").node(2, (0, 0), "").node(3, (4, 0), "").node(4, (0, 4), "").node(
            5,
            (0, -4),
            "",
        );
        drawing.way(1, &[1, 2], "highway=residential").way(2, &[2, 3], "highway=residential");
        drawing.way(3, &[2, 4], "highway=residential").way(4, &[2, 5], "highway=residential");
        if !line.is_empty() {
            drawing.relation(1, "from w1 via n2 to w3", line);
        }
        read(&drawing).0
    };
    let (from, to) = (halfway((-4, 0), (0, 0)), halfway((0, 0), (0, 4)));
    let free = metres(&cross(""), from, to);
    let forbidden = metres(&cross("type=restriction restriction=no_left_turn"), from, to);
    assert!(free.0 < 550 && forbidden.0 > 1_000, "{free} {forbidden}");
    assert_eq!(metres(&cross("type=restriction restriction:hgv=no_left_turn"), from, to), free);
    assert_eq!(metres(&cross("type=restriction restriction=no_left_turn except=motorcar"), from, to), free);
    assert_eq!(metres(&cross("type=restriction restriction=only_left_turn"), from, to), free);
    let only = cross("type=restriction restriction=only_right_turn");
    assert_eq!(metres(&only, from, to), free, "its name says right, its members say where to");
}

#[test]
fn a_bollard_is_no_way_through_and_a_gate_is() {
    let ring = |barrier: &str| {
        let mut drawing = grid(4);
        drawing.node(50, (0, 8), barrier).node(51, (3, 8), "");
        drawing.way(400, &[13, 50, 51, 16], "highway=residential");
        read(&drawing).0
    };
    let (from, to) = (halfway((0, 3), (0, 8)), halfway((0, 8), (3, 8)));
    let (open, shut) = (metres(&ring("barrier=gate"), from, to), metres(&ring("barrier=bollard"), from, to));
    assert!(shut.0 > open.0 + 300, "{open} {shut}");
    assert_eq!(metres(&ring("barrier=bollard motor_vehicle=yes"), from, to), open);
}

#[test]
fn doors_open_on_the_near_kerb_of_a_busy_street() {
    // A long main road from south to north; houses 15 m to its west and east.
    let mut drawing = Drawing::default();
    drawing.node(1, (0, 0), "").node(2, (0, 20), "").node(3, (-8, 10), "");
    drawing.node(4, (0, -3), "");
    drawing.way(1, &[1, 2], "highway=primary lanes=2").way(2, &[1, 3, 2], "highway=residential");
    drawing.way(3, &[4, 1], "highway=residential");
    let beside = |east: i32| Point::from_e7(at(0, 10).lat_e7(), at(0, 10).lon_e7() + east * 112);
    for (side, near) in [(DrivingSide::Left, beside(-15)), (DrivingSide::Right, beside(15))] {
        let options = ImportOptions { side: Some(side), ..ImportOptions::default() };
        let (roads, _) = imported(&drawing, &options);
        let far = if near == beside(-15) { beside(15) } else { beside(-15) };
        let (near, far) = (roads.snap(near).unwrap(), roads.snap(far).unwrap());
        assert_ne!(near.node, far.node, "the two kerbs are two places");
        // Who comes from the south halts at the near kerb at once; for the far one there is a way round to drive.
        let start = roads
            .snap(Point::from_e7(
                at(0, 2).lat_e7(),
                at(0, 2).lon_e7() - if side == DrivingSide::Left { 1_000 } else { -1_000 },
            ))
            .unwrap();
        let (to_near, to_far) = (roads.travel(start.node, near.node), roads.travel(start.node, far.node));
        assert!(to_far.metres.0 > to_near.metres.0 + 500, "{to_near:?} {to_far:?}");
    }
    // On a quiet street either side will do.
    let (roads, _) = read(&grid(4));
    let row = at(1, 1);
    let beside = |north: i32| Point::from_e7(row.lat_e7() + north * 90, row.lon_e7() + 3_000);
    assert_eq!(roads.snap(beside(10)).unwrap().node, roads.snap(beside(-10)).unwrap().node);
}

#[test]
fn several_roads_near_a_place_are_offered_nearest_first() {
    let (roads, _) = read(&grid(4));
    let near =
        roads.snap_near(Point::from_e7(at(1, 1).lat_e7() + 2_000, at(1, 1).lon_e7() + 4_000), 4).unwrap();
    assert_eq!(near.len(), 4);
    assert!(near.windows(2).all(|pair| pair[0].distance <= pair[1].distance));
    let mut nodes: Vec<_> = near.iter().map(|s| s.node).collect();
    nodes.dedup();
    assert_eq!(nodes.len(), 4);
}

#[test]
fn a_place_beyond_a_narrow_lane_knows_how_wide_it_is() {
    let (roads, _) = read(&everything());
    let lane = halfway((4, 0), (6, 0));
    assert_eq!(roads.snap(lane).unwrap().width_dm, Some(23));
    assert_eq!(roads.snap(halfway((1, 1), (2, 1))).unwrap().width_dm, None);
}

#[test]
fn a_ferry_takes_as_long_as_its_timetable_and_the_wait_for_it() {
    let mut drawing = grid(3);
    drawing.node(50, (0, 40), "").node(51, (1, 40), "").node(52, (0, 41), "");
    drawing.way(1, &[7, 50], "route=ferry motor_vehicle=yes duration=00:20");
    drawing.way(2, &[51, 50, 52], "highway=residential name=far-side");
    let (roads, _) = read(&drawing);
    let (from, to) = (halfway((0, 1), (0, 2)), halfway((0, 40), (1, 40)));
    let path = roads.path(roads.snap(from).unwrap().node, roads.snap(to).unwrap().node);
    let minutes = path.seconds.0 / 60;
    assert!((24..=28).contains(&minutes), "{minutes} minutes: 20 on board, 5 waiting, the rest driving");
    assert!(path.steps.iter().any(|s| s.act == Act::BoardFerry));
}

#[test]
fn what_the_driver_does_next() {
    let (roads, _) = read(&grid(4));
    let (from, to) = (halfway((0, 0), (1, 0)), halfway((2, 1), (2, 2)));
    let path = roads.path(roads.snap(from).unwrap().node, roads.snap(to).unwrap().node);
    let acts: Vec<Act> = path.steps.iter().map(|s| s.act).collect();
    assert_eq!(acts, [Act::Depart, Act::TurnLeft, Act::Arrive], "{:?}", path.steps);
    let (next, ahead) = path.next_step(Metres(30)).unwrap();
    assert_eq!((next.act, next.name.as_str()), (Act::TurnLeft, "column-2"));
    assert!((115..=125).contains(&ahead.0), "{ahead}");
    let (driven, off) = path.driven(at(2, 1)).unwrap();
    assert!((245..=255).contains(&driven.0) && off.0 <= 1, "{driven} {off}");
}

#[test]
fn turns_and_peaks_cost_time_and_speeds_can_be_set() {
    let speeds = Speeds::parse("[midday.kmh]\nresidential = 50\n[morning]\npercent = 40\n").unwrap();
    let (roads, _) = read(&grid(6));
    let count = roads.node_count() as u32;
    let (a, b) = (units::Node(0), units::Node(count - 1));
    let before = roads.travel(a, b);
    assert!(roads.travel_during(Period::Morning, a, b).seconds > before.seconds);
    assert!(
        roads.travel_during(Period::Snow, a, b).seconds > roads.travel_during(Period::Morning, a, b).seconds
    );
    let fingerprint = roads.fingerprint();
    let faster = roads.with_speeds(speeds).unwrap();
    assert_eq!(faster.fingerprint(), fingerprint, "nodes keep their meaning");
    assert!(faster.travel(a, b).seconds < before.seconds);
    assert!(faster.travel_during(Period::Morning, a, b).seconds > faster.travel(a, b).seconds);
}

#[test]
fn lights_stop_a_vehicle() {
    let plain = read(&grid(3)).0;
    let mut drawing = grid(3);
    for node in &mut drawing.nodes {
        node.tags = drawn::tags("highway=traffic_signals");
    }
    let lit = read(&drawing).0;
    let (a, b) = (units::Node(0), units::Node(plain.node_count() as u32 - 1));
    assert!(lit.travel(a, b).seconds.0 >= plain.travel(a, b).seconds.0 + 8);
}

#[test]
fn tolls_can_be_avoided() {
    let mut drawing = grid(3);
    drawing.way(400, &[1, 5], "highway=primary toll=yes");
    let options = ImportOptions { avoid_tolls: true, ..ImportOptions::default() };
    let (_, report) = imported(&drawing, &options);
    assert_eq!(report.ways_left_out.get("a toll is due"), Some(&1));
    assert!(read(&drawing).1.ways_left_out.is_empty());
}
