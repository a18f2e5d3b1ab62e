//! Travel, tables and paths agree with each other and with a plain Dijkstra, to the second and the metre.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Choice, dijkstra, imported, town};
use roads::{Roads, Travel};
use units::{Metres, Node, Seconds};

fn rounded((millis, cm): (u64, u64)) -> Travel {
    Travel { seconds: Seconds(millis.div_ceil(1000) as i64), metres: Metres(cm.div_ceil(100) as i64) }
}

/// Every figure from `sources` random nodes to all others.
fn agrees_with_dijkstra(roads: &Roads, sources: usize, paths: usize) {
    let mut choice = Choice(11);
    let all: Vec<Node> = (0..roads.node_count() as u32).map(Node).collect();
    let from: Vec<Node> = (0..sources).map(|_| choice.node(roads)).collect();
    let table = roads.many_to_many(&from, &all);
    for (row, source) in from.iter().enumerate() {
        let truth = dijkstra(roads, *source);
        let cells = &table[row * all.len()..(row + 1) * all.len()];
        for (node, cell) in all.iter().zip(cells) {
            let expected = rounded(truth[node.index()].expect("every node is reachable"));
            assert_eq!(*cell, expected, "{source} to {node}");
            assert_eq!(expected.seconds == Seconds::ZERO, node == source);
        }
        assert_eq!(roads.one_to_many(*source, &all), cells);
        for _ in 0..paths {
            path_agrees(roads, *source, choice.node(roads), cells);
        }
    }
}

fn path_agrees(roads: &Roads, from: Node, to: Node, cells: &[Travel]) {
    let (travel, path) = (roads.travel(from, to), roads.path(from, to));
    assert_eq!(travel, cells[to.index()]);
    assert_eq!((path.seconds, path.metres), (travel.seconds, travel.metres), "{from} to {to}");
    assert_eq!((path.nodes.first(), path.nodes.last()), (Some(&from), Some(&to)));
    // The nodes are a real walk over open arcs whose sum is the path's.
    let mut sum = (0, 0);
    for pair in path.nodes.windows(2) {
        let arc = roads
            .arcs(pair[0])
            .filter(|arc| arc.0 == pair[1])
            .map(|(_, ms, cm)| (ms, cm))
            .min()
            .expect("an open arc");
        sum = (sum.0 + u64::from(arc.0), sum.1 + u64::from(arc.1));
    }
    assert_eq!(rounded(sum), travel);
    // The line runs from end to end in time and place, and its length is the path's.
    assert_eq!(path.points[0].point, roads.point(from).unwrap());
    assert_eq!(path.points.last().unwrap().point, roads.point(to).unwrap());
    assert_eq!(path.points[0].after_millis, 0);
    assert_eq!(path.points.last().unwrap().after_millis, sum.0 as i64);
    assert!(path.points.windows(2).all(|p| p[0].after_millis <= p[1].after_millis));
    let drawn: f64 = path.points.windows(2).map(|p| p[0].point.metres_to(p[1].point)).sum();
    let allowed = 1.5 + 0.02 * path.points.len() as f64;
    assert!((drawn - path.metres.0 as f64).abs() < allowed, "drawn {drawn} m, said {}", path.metres);
    assert_eq!(path.streets.iter().map(|s| s.metres).sum::<Metres>(), path.metres);
    assert!(path.streets.windows(2).all(|s| s[0].name != s[1].name));
    assert_eq!(path.at(0), Some(path.points[0].point));
    assert_eq!(path.at(i64::MAX), Some(path.points.last().unwrap().point));
}

#[test]
fn the_drawn_town_agrees_with_dijkstra() {
    agrees_with_dijkstra(&town().roads, 40, 25);
}

#[test]
fn tachikawa_agrees_with_dijkstra() {
    if let Some(roads) = imported("tachikawa.osm.pbf") {
        agrees_with_dijkstra(&roads, 30, 20);
    }
}

#[test]
fn helsinki_and_andorra_agree_with_dijkstra() {
    for name in ["helsinki.osm.pbf", "andorra.osm.pbf"] {
        if let Some(roads) = imported(name) {
            agrees_with_dijkstra(&roads, 8, 10);
        }
    }
}

#[test]
fn a_vehicle_shown_moving_stays_on_its_line_and_never_leaps() {
    let roads = &town().roads;
    let mut choice = Choice(3);
    for _ in 0..50 {
        let path = roads.path(choice.node(roads), choice.node(roads));
        let mut before = path.at(0).unwrap();
        for second in 1..=path.seconds.0 {
            let now = path.at(second * 1000).unwrap();
            // 80 km/h is the greatest speed of any class.
            assert!(before.metres_to(now) <= 80.0 / 3.6 + 0.1, "a leap of {} m", before.metres_to(now));
            before = now;
        }
    }
}

#[test]
fn times_keep_the_triangle_inequality_though_they_are_rounded() {
    let roads = &town().roads;
    let mut choice = Choice(5);
    let some: Vec<Node> = (0..60).map(|_| choice.node(roads)).collect();
    let table = roads.many_to_many(&some, &some);
    let seconds = |i: usize, j: usize| table[i * some.len() + j].seconds;
    for i in 0..some.len() {
        for j in 0..some.len() {
            for k in 0..some.len() {
                assert!(seconds(i, k) <= seconds(i, j) + seconds(j, k));
            }
        }
    }
}

#[test]
fn tables_may_be_empty_and_may_repeat_a_node() {
    let roads = &town().roads;
    assert!(roads.many_to_many(&[], &[Node(1)]).is_empty());
    assert!(roads.many_to_many(&[Node(1)], &[]).is_empty());
    let table = roads.many_to_many(&[Node(1), Node(1)], &[Node(2), Node(1), Node(2)]);
    assert_eq!(table[0], table[2]);
    assert_eq!(table[..3], table[3..]);
    assert_eq!(table[1], Travel::default());
}

#[test]
fn a_network_is_shared_between_threads() {
    let roads = &town().roads;
    let ask = || {
        let mut choice = Choice(99);
        (0..200).map(|_| roads.travel(choice.node(roads), choice.node(roads))).collect::<Vec<Travel>>()
    };
    let alone = ask();
    std::thread::scope(|scope| {
        let others: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        assert!(others.into_iter().all(|other| other.join().unwrap() == alone));
    });
}
