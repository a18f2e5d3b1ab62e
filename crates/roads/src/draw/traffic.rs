//! Which streets gather traffic, which are one-way or narrow, where lights stand and where one must not turn.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use ordered_float::OrderedFloat;

use super::Setting;
use super::land::Land;
use super::plane::Chance;
use super::plane::to_point;
use super::streets::{Mark, Streets};
use crate::RoadClass;
use crate::assemble::{Direction, Draft, DraftWay, Restriction, Via, WayLook, post};

/// Share of the old town's street length that is one-way.
const ONEWAY_SHARE: f64 = 0.08;

/// Streets at each corner.
pub(super) fn at_corners(streets: &Streets) -> Vec<Vec<usize>> {
    let mut at = vec![Vec::new(); streets.corners.len()];
    for (i, street) in streets.streets.iter().enumerate() {
        at[street.a].push(i);
        at[street.b].push(i);
    }
    at
}

/// The fastest-looking streets from each district's middle to the nearest two main roads become its collectors.
pub(super) fn raise_collectors(land: &Land, streets: &mut Streets) {
    let at = at_corners(streets);
    for (i, patch) in land.patches.iter().enumerate() {
        let middle = (0..streets.corners.len())
            .filter(|c| streets.corners[*c].patch == Some(i) && streets.corners[*c].arterial.is_none())
            .min_by_key(|c| OrderedFloat(streets.corners[*c].at.to(patch.centre)));
        let Some(middle) = middle else { continue };
        let ways = if patch.setting == Setting::Village { 2 } else { 3 };
        for street in ways_to_main_roads(streets, &at, middle, ways) {
            let street = &mut streets.streets[street];
            street.class = RoadClass::Tertiary;
            street.name = format!("{}通り", patch.name);
        }
    }
}

/// Minor streets on the shortest ways from a corner to that many different main roads.
fn ways_to_main_roads(streets: &Streets, at: &[Vec<usize>], from: usize, wanted: usize) -> BTreeSet<usize> {
    let mut best = vec![f64::INFINITY; streets.corners.len()];
    let mut via = vec![usize::MAX; streets.corners.len()];
    let mut heap = BinaryHeap::from([Reverse((OrderedFloat(0.0), from))]);
    best[from] = 0.0;
    let (mut reached, mut chosen) = (BTreeSet::new(), BTreeSet::new());
    while let Some(Reverse((OrderedFloat(length), corner))) = heap.pop() {
        if length > best[corner] {
            continue;
        }
        if let Some(arterial) = streets.corners[corner].arterial {
            if reached.insert(arterial) {
                let mut back = corner;
                while back != from {
                    chosen.insert(via[back]);
                    back = streets.streets[via[back]].other(back);
                }
            }
            if reached.len() == wanted {
                break;
            }
            // A collector ends at the first main road it meets.
            continue;
        }
        for i in &at[corner] {
            let street = &streets.streets[*i];
            let (next, there) = (street.other(corner), length + street.length());
            if there < best[next] {
                (best[next], via[next]) = (there, *i);
                heap.push(Reverse((OrderedFloat(there), next)));
            }
        }
    }
    chosen
}

/// Makes runs of narrow streets in the old town one-way until their share is reached.
pub(super) fn set_oneways(land: &Land, streets: &mut Streets, seed: u64) {
    let mut chance = Chance::new(seed, 4);
    let at = at_corners(streets);
    let old_town = |streets: &Streets, i: usize| {
        let street = &streets.streets[i];
        let centre =
            |c: usize| streets.corners[c].patch.is_some_and(|p| land.patches[p].setting == Setting::Centre);
        street.class == RoadClass::Residential && centre(street.a) && centre(street.b)
    };
    let candidates: Vec<usize> = (0..streets.streets.len()).filter(|i| old_town(streets, *i)).collect();
    let total: f64 = candidates.iter().map(|i| streets.streets[*i].length()).sum();
    let mut made = 0.0;
    for _ in 0..candidates.len() {
        if made >= total * ONEWAY_SHARE || candidates.is_empty() {
            break;
        }
        let mut street = candidates[chance.below(candidates.len())];
        let mut head = streets.streets[street].b;
        for _ in 0..2 + chance.below(4) {
            // A street whose far end has no other way out would only shut somebody in.
            if streets.streets[street].oneway || at[head].len() < 3 {
                break;
            }
            let s = &mut streets.streets[street];
            if s.b != head {
                std::mem::swap(&mut s.a, &mut s.b);
                s.line.reverse();
            }
            s.oneway = true;
            made += s.length();
            let n = s.line.len();
            let heading = (s.line[n - 1] - s.line[n - 2]).unit();
            let ahead =
                at[head].iter().copied().filter(|i| *i != street && old_town(streets, *i)).find(|i| {
                    let next = &streets.streets[*i];
                    let to = streets.corners[next.other(head)].at;
                    (to - streets.corners[head].at).unit().dot(heading) > 0.8
                });
            let Some(next) = ahead else { break };
            street = next;
            head = streets.streets[street].other(head);
        }
    }
}

/// Lights stand where main roads meet, and where busier collectors reach the busier main roads.
pub(super) fn signals(streets: &Streets) -> Vec<bool> {
    at_corners(streets)
        .iter()
        .map(|at| {
            let main = at.iter().filter(|i| streets.streets[**i].class <= RoadClass::Secondary).count();
            let busy = at.iter().filter(|i| streets.streets[**i].class <= RoadClass::Tertiary).count();
            at.len() >= 3 && main >= 2 && busy >= 3
        })
        .collect()
}

/// All streets as ways. Corners keep their order; points between them are added street by street.
pub(super) fn draft(land: &Land, streets: &Streets) -> Draft {
    let signals = signals(streets);
    let mut draft = Draft {
        points: streets.corners.iter().map(|corner| to_point(corner.at)).collect(),
        posts: signals.iter().map(|lit| if *lit { post::SIGNALS } else { 0 }).collect(),
        drives_left: true,
        ..Draft::default()
    };
    for (i, street) in streets.streets.iter().enumerate() {
        let mut nodes = vec![street.a as u32];
        for (before, p) in street.line.iter().zip(&street.line[1..street.line.len() - 1]) {
            // Main roads pass the railway above or below; streets pass it on the level.
            let level = street.arterial.is_none()
                && streets.lines.crossed(*before, *p).any(|(mark, _)| mark == Mark::Railway);
            nodes.push(draft.add_point(to_point(*p), if level { post::LEVEL_CROSSING } else { 0 }));
        }
        nodes.push(street.b as u32);
        let direction = if street.oneway { Direction::Along } else { Direction::Both };
        let mut look = WayLook::plain(street.class, &street.name, direction);
        look.width_dm = width_dm(land, streets, i);
        draft.ways.push(DraftWay { nodes, look });
    }
    draft.restrictions = no_far_turns(streets, &signals);
    draft
}

/// Every fourth lane of the old town lets one small car through, every fourth just a minivan.
fn width_dm(land: &Land, streets: &Streets, street: usize) -> u8 {
    let s = &streets.streets[street];
    let old_town = |corner: usize| {
        streets.corners[corner].patch.is_some_and(|p| land.patches[p].setting == Setting::Centre)
    };
    match street % 4 {
        _ if s.class != RoadClass::Residential || !old_town(s.a) || !old_town(s.b) => 0,
        0 => 23,
        1 => 26,
        _ => 0,
    }
}

/// At every second junction of main roads with lights one must not turn right across the oncoming lane.
fn no_far_turns(streets: &Streets, signals: &[bool]) -> Vec<Restriction> {
    let mut restrictions = Vec::new();
    let mut met = 0;
    for (corner, at) in at_corners(streets).iter().enumerate().filter(|(corner, _)| signals[*corner]) {
        let main: Vec<usize> =
            at.iter().copied().filter(|i| streets.streets[*i].class <= RoadClass::Secondary).collect();
        if main.len() < 4 {
            continue;
        }
        met += 1;
        if met % 2 == 0 {
            continue;
        }
        for from in &main {
            for to in main.iter().filter(|to| *to != from) {
                let here = streets.corners[corner].at;
                let next = |street: usize| {
                    let line = &streets.streets[street].line;
                    if streets.streets[street].a == corner { line[1] } else { line[line.len() - 2] }
                };
                let (come, go) = ((here - next(*from)).unit(), (next(*to) - here).unit());
                // Seen from above, a right turn is clockwise.
                if go.dot(come.left()) < -0.7 {
                    let (from, to) = (vec![*from as u32], vec![*to as u32]);
                    restrictions.push(Restriction { only: false, from, to, via: Via::Point(corner as u32) });
                }
            }
        }
    }
    restrictions
}
