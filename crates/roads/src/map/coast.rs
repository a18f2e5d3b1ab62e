//! The sea. OpenStreetMap knows only its rim: ways with land on their left and water on their right, cut off wherever an
//! extract ends. Where all of them can be followed to the edge of the sheet, the sea is filled; else only the rim is drawn.

use std::collections::BTreeMap;

use super::clip::{Pane, Spot, cut_line};
use super::layers::Frame;
use super::mercator::World;
use super::rings::{contains, doubled_area};

/// The areas of sea inside the frame, each outer ring followed by its islands. `None` where the rim has a loose end
/// inside the frame, so that nobody can say on which side the water ends.
pub(super) fn sea(ways: &[Vec<World>], frame: &Frame) -> Option<Vec<Vec<Vec<World>>>> {
    let pane = Pane { min: frame.min.map(i64::from), max: frame.max.map(i64::from) };
    let (mut pieces, mut islands, mut basins) = (Vec::new(), Vec::new(), Vec::new());
    for chain in chains(ways) {
        let spots: Vec<Spot> = chain.iter().map(|p| p.map(i64::from)).collect();
        let closed = chain.len() > 3 && chain.first() == chain.last();
        if closed && spots.iter().all(|p| pane.holds(*p)) {
            let ring = chain[..chain.len() - 1].to_vec();
            // Clockwise on the sheet has its right hand inside: an inland sea. The other way round is an island.
            if doubled_area(&ring) > 0 {
                basins.push(ring)
            } else {
                islands.push(ring)
            }
            continue;
        }
        let mut cut = cut_line(&spots, &pane);
        // A ring that crosses the edge of the sheet may begin inside: its first and last stretch are one.
        if closed && cut.len() > 1 && cut[0][0] == spots[0] && pane.holds(spots[0]) {
            let mut last = cut.pop()?;
            last.extend_from_slice(&cut[0][1..]);
            cut[0] = last;
        }
        pieces.extend(cut);
    }
    let mut outers = basins;
    outers.extend(follow(&pieces, &pane)?);
    if outers.is_empty() && !islands.is_empty() {
        // Nothing but islands: all around them is water.
        let [[w, n], [e, s]] = [frame.min, frame.max];
        outers.push(vec![[w, n], [e, n], [e, s], [w, s]]);
    }
    let mut areas: Vec<Vec<Vec<World>>> = outers.into_iter().map(|outer| vec![outer]).collect();
    for island in islands {
        if let Some(area) = areas.iter_mut().find(|area| contains(&area[0], island[0])) {
            area.push(island);
        }
    }
    Some(areas)
}

/// Joins ways in their own direction.
fn chains(ways: &[Vec<World>]) -> Vec<Vec<World>> {
    let ways: Vec<&Vec<World>> = ways.iter().filter(|way| way.len() > 1).collect();
    let mut begins: BTreeMap<World, Vec<usize>> = BTreeMap::new();
    let mut ends: BTreeMap<World, usize> = BTreeMap::new();
    for (i, way) in ways.iter().enumerate() {
        begins.entry(way[0]).or_default().push(i);
        *ends.entry(way[way.len() - 1]).or_default() += 1;
    }
    let mut used = vec![false; ways.len()];
    // Where nothing leads in, a chain begins; what is left after those are rings.
    let first = (0..ways.len()).filter(|i| !ends.contains_key(&ways[*i][0]));
    let order: Vec<usize> = first.chain(0..ways.len()).collect();
    let mut chains = Vec::new();
    for start in order {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let mut chain = ways[start].clone();
        while chain.first() != chain.last() {
            let next = chain.last().and_then(|end| begins.get(end)?.iter().copied().find(|i| !used[*i]));
            let Some(next) = next else { break };
            used[next] = true;
            chain.extend_from_slice(&ways[next][1..]);
        }
        chains.push(chain);
    }
    chains
}

/// Goes along each piece and then clockwise along the edge of the sheet to the next, until round.
fn follow(pieces: &[Vec<Spot>], pane: &Pane) -> Option<Vec<Vec<World>>> {
    let mut entries: BTreeMap<i64, usize> = BTreeMap::new();
    for (i, piece) in pieces.iter().enumerate() {
        along(piece[piece.len() - 1], pane)?;
        entries.insert(along(piece[0], pane)?, i);
    }
    let mut used = vec![false; pieces.len()];
    let mut rings = Vec::new();
    for start in 0..pieces.len() {
        if used[start] {
            continue;
        }
        let mut ring: Vec<Spot> = Vec::new();
        let mut at = start;
        loop {
            // Two pieces that lead to the same place contradict each other.
            if std::mem::replace(&mut used[at], true) {
                return None;
            }
            ring.extend_from_slice(&pieces[at]);
            let exit = along(pieces[at][pieces[at].len() - 1], pane)?;
            let (entry, next) = entries.range(exit..).next().or_else(|| entries.iter().next())?;
            ring.extend(corners(exit, *entry, pane));
            at = *next;
            if at == start {
                break;
            }
        }
        ring.dedup();
        let ring: Vec<World> = ring.into_iter().map(|p| p.map(|n| n as u32)).collect();
        if ring.len() > 2 {
            rings.push(ring);
        }
    }
    Some(rings)
}

/// How far clockwise from the north-western corner a spot lies on the edge of the sheet; `None` if it is not on it.
fn along([x, y]: Spot, pane: &Pane) -> Option<i64> {
    let ([w, n], [e, s]) = (pane.min, pane.max);
    let (wide, high) = (e - w, s - n);
    if y == n {
        Some(x - w)
    } else if x == e {
        Some(wide + y - n)
    } else if y == s {
        Some(wide + high + e - x)
    } else if x == w {
        Some(2 * wide + high + s - y)
    } else {
        None
    }
}

/// The corners passed when going clockwise along the edge.
fn corners(from: i64, to: i64, pane: &Pane) -> Vec<Spot> {
    let ([w, n], [e, s]) = (pane.min, pane.max);
    let (wide, high) = (e - w, s - n);
    let round = 2 * (wide + high);
    let to = if to < from { to + round } else { to };
    let all = [(0, [w, n]), (wide, [e, n]), (wide + high, [e, s]), (2 * wide + high, [w, s])];
    let twice =
        all.iter().map(|(at, spot)| (*at, *spot)).chain(all.iter().map(|(at, spot)| (at + round, *spot)));
    twice.filter(|(at, _)| from < *at && *at < to).map(|(_, spot)| spot).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { min: [0, 0], max: [100, 100] };

    fn inside(areas: &[Vec<Vec<World>>], p: World) -> bool {
        areas.iter().any(|area| contains(&area[0], p) && !area[1..].iter().any(|hole| contains(hole, p)))
    }

    #[test]
    fn water_lies_on_the_right_of_the_coast() {
        // Southward through the middle: on the right of somebody who walks south is the west.
        let coast = vec![vec![[50, 0], [50, 40]], vec![[50, 40], [50, 130]]];
        let areas = sea(&coast, &FRAME).unwrap();
        assert!(inside(&areas, [20, 50]) && !inside(&areas, [80, 50]));
        let back: Vec<Vec<World>> = vec![vec![[50, 130], [50, 0]]];
        let areas = sea(&back, &FRAME).unwrap();
        assert!(!inside(&areas, [20, 50]) && inside(&areas, [80, 50]));
    }

    #[test]
    fn islands_are_left_out_and_a_bay_is_filled() {
        let island = vec![[20, 20], [20, 30], [30, 30], [30, 20], [20, 20]];
        let areas = sea(std::slice::from_ref(&island), &FRAME).unwrap();
        assert!(inside(&areas, [80, 80]) && !inside(&areas, [25, 25]));
        // A bay at the southern edge: along its shore from west to east over the north, water on the right.
        let bay = vec![[30, 120], [30, 60], [70, 60], [70, 120]];
        let areas = sea(&[bay, island], &FRAME).unwrap();
        assert!(inside(&areas, [50, 80]) && !inside(&areas, [50, 40]));
    }

    #[test]
    fn a_loose_end_inside_the_sheet_leaves_the_sea_unfilled() {
        assert_eq!(sea(&[vec![[50, 0], [50, 50]]], &FRAME), None);
        assert_eq!(sea(&[], &FRAME), Some(Vec::new()));
    }

    #[test]
    fn a_ring_that_crosses_the_edge_and_begins_inside_is_whole() {
        // An island half on the sheet, counter-clockwise, beginning at a point inside.
        let island = [[30, 50], [30, 30], [-20, 30], [-20, 70], [30, 70], [30, 50]];
        let world: Vec<World> =
            island.iter().map(|[x, y]: &[i64; 2]| [(x + 1000) as u32, (y + 1000) as u32]).collect();
        let frame = Frame { min: [1000, 1000], max: [1100, 1100] };
        let areas = sea(&[world], &frame).unwrap();
        assert!(inside(&areas, [1080, 1050]) && !inside(&areas, [1010, 1050]));
    }
}
