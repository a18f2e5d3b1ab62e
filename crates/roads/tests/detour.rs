//! Ways round what is closed: never on it, never longer than need be where it is not in the way, and the figures are those of
//! the way that is drawn.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Choice, town};
use roads::{Closed, Period, Roads};
use units::{Metres, Node, Point};

/// The point in the middle of a way.
fn middle(roads: &Roads, from: Node, to: Node) -> Point {
    let path = roads.path(from, to);
    path.at(path.points.last().unwrap().after_millis / 2).unwrap()
}

fn goes_round(roads: &Roads, period: Period, pairs: usize) {
    let mut choice = Choice(5 + period.index() as u64);
    let (mut crossed, mut longer, mut unreached) = (0, 0, 0);
    for _ in 0..pairs {
        let (from, to) = (choice.node(roads), choice.node(roads));
        let centre = middle(roads, choice.node(roads), choice.node(roads));
        let closed = if choice.node(roads).0.is_multiple_of(2) {
            roads.closed_around(middle(roads, from, to), Metres(60))
        } else {
            roads.closed_around(centre, Metres(150))
        };
        assert!(closed.count() > 0);
        let open = roads.travel_during(period, from, to);
        let others: Vec<Node> =
            (0..6).map(|_| choice.node(roads)).chain([to, from, Node(from.0 / 2)]).collect();
        let table = roads.travel_round(period, &closed, from, &others);
        for (node, round) in others.iter().zip(&table) {
            assert_eq!(*round, roads.travel_round(period, &closed, from, &[*node])[0], "alone or in a row");
            if !roads.is_crossed(period, &closed, from, *node) {
                assert_eq!(*round, Some(roads.travel_during(period, from, *node)), "{from} to {node}");
            }
        }
        let round = table[6];
        let path = roads.path_round(period, &closed, from, to);
        assert_eq!(round, path.as_ref().map(|p| roads::Travel { seconds: p.seconds, metres: p.metres }));
        crossed += usize::from(roads.is_crossed(period, &closed, from, to));
        let Some(round) = round else {
            unreached += 1;
            continue;
        };
        assert!(round.seconds >= open.seconds, "{from} to {to}");
        longer += usize::from(round.seconds > open.seconds);
    }
    assert!(crossed > pairs / 5 && longer > pairs / 8, "{crossed} crossed, {longer} longer");
    assert!(unreached < pairs / 2, "{unreached} of {pairs} could not be reached");
}

#[test]
fn a_closed_stretch_is_driven_round_in_a_drawn_town() {
    for period in [Period::Midday, Period::Snow] {
        goes_round(&town().roads, period, 60);
    }
}

/// No point of the way comes near the closed place.
#[test]
fn the_way_that_is_drawn_keeps_off_what_is_closed() {
    let roads = &town().roads;
    let mut choice = Choice(77);
    let mut kept_off = 0;
    for _ in 0..40 {
        let (from, to) = (choice.node(roads), choice.node(roads));
        let centre = middle(roads, from, to);
        let closed = roads.closed_around(centre, Metres(40));
        let Some(path) = roads.path_round(Period::Midday, &closed, from, to) else { continue };
        for point in &path.points {
            assert!(point.point.metres_to(centre) > 39.5, "{from} to {to}");
        }
        kept_off += 1;
    }
    assert!(kept_off > 20, "{kept_off}");
    assert!(roads.travel_round(Period::Midday, &Closed::default(), Node(0), &[Node(9)])[0].is_some());
}
