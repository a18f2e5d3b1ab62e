use units::Point;

use super::*;
use crate::RoadClass;
use crate::network::{arc, flag};
use crate::speeds::{Period, Speeds};
use crate::turns::Turns;

/// Points on a plane whose unit is 100 m at the equator; ways as `0-1-2` or `0>1>2`.
fn draft(points: &[(i32, i32)], ways: &[&str]) -> Draft {
    let unit = 8_983;
    let mut draft = Draft { drives_left: true, ..Draft::default() };
    for (x, y) in points {
        draft.add_point(Point::from_e7(y * unit, x * unit), 0);
    }
    for text in ways {
        let direction = if text.contains('>') { Direction::Along } else { Direction::Both };
        let nodes = text.split(['-', '>']).map(|n| n.parse().unwrap()).collect();
        draft.ways.push(DraftWay { nodes, look: WayLook::plain(RoadClass::Residential, "", direction) });
    }
    draft
}

fn network(points: &[(i32, i32)], ways: &[&str]) -> (Network, Losses) {
    assemble(&draft(points, ways)).unwrap()
}

/// Open arcs as `from>to:metres`.
fn arcs(network: &Network) -> Vec<String> {
    let mut all = Vec::new();
    for edge in 0..network.edges.len() as u32 {
        for forward in [true, false] {
            let a = arc(edge, forward);
            if network.is_open(a) {
                let metres = (f64::from(network.edge(a).cm) / 100.0).round();
                all.push(format!("{}>{}:{metres}", network.tail(a), network.head(a)));
            }
        }
    }
    all
}

/// Whether one gets from the point of one place to the next and on, turn by turn, in a network whose nodes are the draft's
/// points.
fn may_drive(network: &Network, nodes: &[u32]) -> bool {
    let turns = Turns::of(network).unwrap();
    let steps: Vec<(u32, u32)> = nodes.windows(2).map(|p| (p[0], p[1])).collect();
    let on = |state: u32, (from, to): (u32, u32)| {
        let a = turns.arc_of(state);
        network.tail(a) == from && network.head(a) == to
    };
    let mut states: Vec<u32> =
        (0..network.edges.len() as u32 * 2).filter(|a| network.is_open(*a) && on(*a, steps[0])).collect();
    for step in &steps[1..] {
        states =
            states.iter().flat_map(|s| turns.from(*s)).map(|(to, _)| to).filter(|s| on(*s, *step)).collect();
    }
    !states.is_empty()
}

#[test]
fn what_only_bends_is_joined() {
    let (short, losses) = network(&[(0, 0), (1, 0), (1, 1)], &["0-1-2"]);
    assert_eq!(arcs(&short), ["0>1:200", "1>0:200"]);
    assert_eq!((losses.joined, short.shape.len()), (1, 1));
}

#[test]
fn one_way_streets_stay_one_way_across_joined_ways() {
    // A ring of two one-way ways, drawn head to tail, and a two-way street across it.
    let points = [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)];
    let (ring, _) = network(&points, &["0>1>2>3", "3>4>5>0", "1-4"]);
    let arcs = arcs(&ring);
    // Kept: 1 and 4, where the street meets the ring; the ring in two halves.
    assert_eq!(arcs.len(), 2 + 2, "{arcs:?}");
    for edge in ring.edges.iter().filter(|e| e.is_oneway()) {
        assert!(edge.is_open(true), "a one-way edge is drawn in its sense");
    }
}

#[test]
fn a_ring_without_junction_and_a_loop_at_a_dead_end_have_no_edge_to_itself() {
    let (ring, _) = network(&[(0, 0), (1, 0), (0, 1)], &["0-1-2-0"]);
    let (lollipop, _) = network(&[(0, 0), (1, 0), (2, 0), (1, 1)], &["0-1", "1-2-3-1"]);
    for n in [&ring, &lollipop] {
        assert!(n.edges.iter().all(|e| e.a != e.b));
    }
    assert_eq!(lollipop.edges.len(), 3);
}

#[test]
fn what_one_cannot_come_back_from_is_left_out_by_cause() {
    // A street, a one-way road out of it, an island.
    let points = [(0, 0), (1, 0), (2, 0), (9, 9), (9, 10)];
    let (kept, losses) = network(&points, &["0-1", "1>2", "3>4"]);
    assert_eq!(kept.points.len(), 2);
    assert_eq!((losses.traps.edges, losses.islands.edges, losses.shut_off.edges), (1, 1, 0));
    assert!((99..=100).contains(&losses.traps.metres));
    let mut nothing = Draft::default();
    nothing.add_point(Point::from_e7(0, 0), 0);
    assert!(matches!(assemble(&nothing), Err(Fault::Unconnected)));
}

#[test]
fn zero_length_stretches_do_no_harm() {
    // Twice the same point, and two points at one place.
    let (kept, _) = network(&[(0, 0), (1, 0), (1, 0), (2, 0)], &["0-0-1", "1-2", "2-3-3"]);
    assert!(kept.edges.iter().all(|e| e.cm >= 1));
    let total: u32 = kept.edges.iter().map(|e| e.cm).sum();
    assert!((19_970..20_010).contains(&total), "{total}");
    let lonely = draft(&[(0, 0)], &["0-0"]);
    assert!(matches!(assemble(&lonely), Err(Fault::Unconnected)));
}

/// A crossing: 4 in the middle of 0 (west), 1 (south), 2 (east), 3 (north); every arm long enough to turn round at its end.
const CROSS: [(i32, i32); 5] = [(-2, 0), (0, -2), (2, 0), (0, 2), (0, 0)];
const ARMS: [&str; 4] = ["0-4", "1-4", "2-4", "3-4"];

fn restricted(only: bool, from: u32, to: u32) -> Network {
    let mut draft = draft(&CROSS, &ARMS);
    draft.restrictions.push(Restriction { only, from: vec![from], to: vec![to], via: Via::Point(4) });
    let (network, losses) = assemble(&draft).unwrap();
    assert_eq!((losses.restrictions, losses.restrictions_unresolved), (1, 0));
    network
}

#[test]
fn a_forbidden_turn_is_not_driven_and_the_others_are() {
    let no = restricted(false, 0, 3);
    assert!(!may_drive(&no, &[0, 4, 3]));
    assert!(may_drive(&no, &[0, 4, 1]) && may_drive(&no, &[0, 4, 2]) && may_drive(&no, &[3, 4, 0]));
    let only = restricted(true, 0, 3);
    assert!(may_drive(&only, &[0, 4, 3]));
    assert!(!may_drive(&only, &[0, 4, 1]) && !may_drive(&only, &[0, 4, 2]));
    assert!(may_drive(&only, &[1, 4, 2]));
}

#[test]
fn one_turns_round_at_dead_ends_and_in_the_mouths_of_quiet_streets() {
    let (quiet, _) = network(&CROSS, &ARMS);
    assert!(may_drive(&quiet, &[4, 0, 4]) && may_drive(&quiet, &[0, 4, 0]));
    let mut busy = draft(&CROSS, &ARMS);
    busy.ways.iter_mut().for_each(|way| way.look.class = RoadClass::Secondary);
    let (busy, _) = assemble(&busy).unwrap();
    assert!(may_drive(&busy, &[4, 0, 4]) && !may_drive(&busy, &[0, 4, 0]));
    let mut lit = draft(&CROSS, &ARMS);
    lit.posts[4] = post::SIGNALS;
    assert!(!may_drive(&assemble(&lit).unwrap().0, &[0, 4, 0]));
    assert!(!may_drive(&restricted(false, 0, 0), &[0, 4, 0]), "unless a sign forbids it");
}

#[test]
fn a_turn_over_a_way_is_forbidden_for_those_alone_who_came_that_way() {
    // Two crossings 1 and 2 side by side: 0-1-2-3 from west to east, 4 and 5 south of them, 6 and 7 north.
    let points = [(-2, 0), (0, 0), (1, 0), (3, 0), (0, -2), (1, -2), (0, 2), (1, 2)];
    let ways = ["0-1", "1-2", "2-3", "1-4", "2-5", "1-6", "2-7"];
    let built = |only: bool| {
        let mut draft = draft(&points, &ways);
        let via = Via::Ways(vec![vec![1]]);
        draft.restrictions.push(Restriction { only, from: vec![3], to: vec![4], via });
        let (network, losses) = assemble(&draft).unwrap();
        assert_eq!((losses.restrictions, losses.restrictions_unresolved), (1, 0));
        network
    };
    let no = built(false);
    // Node numbers are the points': all are joints.
    assert_eq!(no.points.len(), points.len());
    assert!(!may_drive(&no, &[4, 1, 2, 5]), "the turn itself");
    for free in [[0, 1, 2, 5], [6, 1, 2, 5], [4, 1, 2, 3], [4, 1, 2, 7], [5, 2, 1, 4]] {
        assert!(may_drive(&no, &free), "{free:?}");
    }
    let only = built(true);
    assert!(may_drive(&only, &[4, 1, 2, 5]));
    assert!(!may_drive(&only, &[4, 1, 2, 3]) && !may_drive(&only, &[4, 1, 2, 7]));
    assert!(may_drive(&only, &[4, 1, 6]) && may_drive(&only, &[0, 1, 2, 3]));
}

#[test]
fn restrictions_whose_ways_do_not_meet_are_counted() {
    let mut draft = draft(&CROSS, &ARMS);
    for via in [Via::Point(0), Via::Point(u32::MAX), Via::Ways(vec![vec![]]), Via::Ways(vec![vec![2, 3]])] {
        draft.restrictions.push(Restriction { only: false, from: vec![1], to: vec![2], via });
    }
    let (network, losses) = assemble(&draft).unwrap();
    assert_eq!((losses.restrictions, losses.restrictions_unresolved), (0, 4));
    assert!(network.bans.is_empty());
}

#[test]
fn what_forbidden_turns_shut_off_is_dropped() {
    // Into the one-way loop at 3 nobody may turn.
    let mut draft = draft(&[(-2, 0), (0, 0), (2, 0), (0, 2), (1, 2)], &["0-1", "1-2", "1>3>4>1"]);
    for from in [0, 1] {
        let via = Via::Point(1);
        draft.restrictions.push(Restriction { only: false, from: vec![from], to: vec![2], via });
    }
    let (network, losses) = assemble(&draft).unwrap();
    assert_eq!(network.edges.len(), 2);
    assert!(losses.shut_off.edges > 0 && losses.traps.edges == 0, "{losses:?}");
}

#[test]
fn lights_and_signs_are_counted_in_their_direction_and_once_at_a_junction() {
    let mut draft = draft(&[(0, 0), (1, 0), (2, 0), (3, 0)], &["0-1-2-3"]);
    draft.posts[1] = post::SIGNALS;
    draft.posts[2] = post::SIGNALS | post::ALONG_ONLY | post::LEVEL_CROSSING;
    let (one, _) = assemble(&draft).unwrap();
    let [there, back] = one.edges[0].halts;
    assert_eq!((there.signals, there.level_crossings), (2, 1));
    assert_eq!((back.signals, back.level_crossings), (1, 0));
    // A stop line with lights 30 m before the lights of the junction.
    let mut near = super::tests::draft(&[(0, 0), (10, 0), (20, 0)], &["0-1-2"]);
    near.points[1] = crate::line::along(&[near.points[1], near.points[2]], 0.97);
    (near.posts[1], near.posts[2]) = (post::SIGNALS, post::SIGNALS);
    assert_eq!(assemble(&near).unwrap().0.edges[0].halts[0].signals, 1);
}

#[test]
fn built_up_is_where_junctions_stand_close() {
    // A chessboard of 15 by 15 blocks of 100 m, and a road 5 km out of it.
    let mut points = Vec::new();
    let mut ways: Vec<String> = Vec::new();
    for y in 0..15 {
        for x in 0..15 {
            points.push((x, y));
            let here = y * 15 + x;
            if x > 0 {
                ways.push(format!("{}-{here}", here - 1));
            }
            if y > 0 {
                ways.push(format!("{}-{here}", here - 15));
            }
        }
    }
    points.extend([(60, 0), (65, 0)]);
    ways.extend(["14-225".to_owned(), "225-226".to_owned()]);
    let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
    let (town, _) = network(&points, &ways);
    let built_up = |e: &&crate::network::Edge| e.has(flag::BUILT_UP);
    assert!(town.edges.iter().filter(built_up).count() > 200);
    assert!(town.edges.iter().filter(|e| e.cm > 40_000).all(|e| !e.has(flag::BUILT_UP)));
    let speeds = Speeds::default();
    let profile = speeds.profile(Period::Midday);
    let speed = |e: &crate::network::Edge| profile.speed(&e.paving());
    let inside = town.edges.iter().find(built_up).map(speed).unwrap();
    let outside = town.edges.iter().find(|e| e.cm > 40_000).map(speed).unwrap();
    assert!(inside < outside, "{inside} {outside}");
}
