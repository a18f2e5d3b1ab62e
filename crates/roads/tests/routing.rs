//! Travel, tables and paths agree with each other and with a plain Dijkstra, to the second and the metre.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Choice, Oracle, Sum, imported, town};
use roads::{Act, Period, Roads, Standing, Travel};
use units::{Metres, Node, Point, Seconds};

fn rounded((millis, cm): Sum) -> Travel {
    Travel { seconds: Seconds(millis.div_ceil(1000) as i64), metres: Metres(cm.div_ceil(100) as i64) }
}

/// Every figure from `sources` random nodes to `targets` others, in one period.
fn agrees_with_dijkstra(roads: &Roads, period: Period, sources: usize, targets: usize) {
    let oracle = Oracle::of(roads, period);
    let mut choice = Choice(11 + period.index() as u64);
    let from: Vec<Node> = (0..sources).map(|_| choice.node(roads)).collect();
    // Neighbours by number lie on the same street or the next, where going on and going round differ.
    let mut to: Vec<Node> = (0..targets).map(|_| choice.node(roads)).collect();
    let last = roads.node_count() as u32 - 1;
    to.extend(from.iter().flat_map(|n| [n.0.saturating_sub(1), n.0, (n.0 + 1).min(last)]).map(Node));
    let table = roads.many_to_many_during(period, &from, &to);
    let mut standing = Standing::new(period);
    let numbers: Vec<u32> = to.iter().map(|node| standing.add(roads, *node)).collect();
    let mut outward = Standing::new(period);
    let starts: Vec<u32> = from.iter().map(|node| outward.add(roads, *node)).collect();
    for (row, source) in from.iter().enumerate() {
        let heads = oracle.to_heads(*source);
        let cells = &table[row * to.len()..(row + 1) * to.len()];
        let live = standing.from(roads, *source);
        for (column, (node, cell)) in to.iter().zip(cells).enumerate() {
            let expected = rounded(oracle.at(&heads, *source, *node).expect("every node is reachable"));
            assert_eq!(*cell, expected, "{source} to {node} at {}", period.as_str());
            assert_eq!(roads.travel_during(period, *source, *node), expected, "{source} to {node}");
            assert_eq!(live[numbers[column] as usize], Some(expected), "standing, {source} to {node}");
            if column % 16 == 0 {
                let back = outward.to(roads, *node);
                assert_eq!(back[starts[row] as usize], Some(expected), "standing, to {node}");
                path_agrees(roads, period, (*source, *node), expected);
            }
        }
    }
}

fn path_agrees(roads: &Roads, period: Period, (from, to): (Node, Node), travel: Travel) {
    let path = roads.path_during(period, from, to);
    assert_eq!((path.seconds, path.metres), (travel.seconds, travel.metres), "{from} to {to}");
    assert_eq!((path.from, path.to), (from, to));
    // The line runs from end to end in time and place, and its length is the path's.
    let apart = |a: Point, b: Point| a.metres_to(b);
    assert!(apart(path.points[0].point, roads.point(from).unwrap()) < 0.1, "{from} to {to}");
    assert!(apart(path.points.last().unwrap().point, roads.point(to).unwrap()) < 0.1, "{from} to {to}");
    assert_eq!(path.points[0].after_millis, 0);
    let end = path.points.last().unwrap().after_millis;
    assert_eq!((end + 999) / 1000, travel.seconds.0);
    assert!(path.points.windows(2).all(|p| p[0].after_millis <= p[1].after_millis));
    let drawn: f64 = path.points.windows(2).map(|p| p[0].point.metres_to(p[1].point)).sum();
    let allowed = 1.5 + 0.02 * path.points.len() as f64;
    assert!((drawn - path.metres.0 as f64).abs() < allowed, "drawn {drawn} m, said {}", path.metres);
    assert_eq!(path.streets.iter().map(|s| s.metres).sum::<Metres>(), path.metres);
    assert!(path.streets.windows(2).all(|s| s[0].name != s[1].name));
    assert!(apart(path.at(0).unwrap(), path.points[0].point) < 0.2);
    assert_eq!(path.at(i64::MAX), Some(path.points.last().unwrap().point));
    if from != to {
        let (first, last) = (path.steps.first().unwrap(), path.steps.last().unwrap());
        assert_eq!((first.act, last.act), (Act::Depart, Act::Arrive));
        assert_eq!((first.at, last.at), (Metres(0), path.metres));
        assert!(path.steps.windows(2).all(|s| s[0].at + s[0].ahead == s[1].at));
        assert_eq!(path.next_step(path.metres).unwrap().0.act, Act::Arrive);
    }
}

#[test]
fn the_drawn_town_agrees_with_dijkstra() {
    for period in Period::ALL {
        agrees_with_dijkstra(&town().roads, period, 15, 300);
    }
}

#[test]
fn real_towns_agree_with_dijkstra() {
    for (name, sources) in [
        ("tachikawa.osm.pbf", 16),
        ("tachikawa", 12),
        ("coquimbo", 10),
        ("andorra.osm.pbf", 16),
        ("helsinki.osm.pbf", 16),
    ] {
        if let Some(roads) = imported(name) {
            agrees_with_dijkstra(&roads, Period::Midday, sources, 400);
            agrees_with_dijkstra(&roads, Period::Morning, 4, 200);
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
