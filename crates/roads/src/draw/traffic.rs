//! Which streets gather traffic, which are one-way, where lights stand.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use ordered_float::OrderedFloat;

use super::Setting;
use super::land::Land;
use super::plane::Chance;
use super::streets::Streets;
use crate::RoadClass;

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
