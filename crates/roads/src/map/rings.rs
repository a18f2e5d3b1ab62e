//! Areas from loose ways: the rings of a multipolygon, and which of them are holes.

use std::collections::BTreeMap;

use super::layers::Frame;
use super::mercator::World;

/// Rings, each without a repeated end, and how many ways did not close to one.
pub(super) struct Rings {
    pub rings: Vec<Vec<World>>,
    pub open: usize,
}

/// Joins ways end to end, turning them round where needed, until they close. Ends meet where they are the same point.
pub(super) fn join_rings(ways: Vec<Vec<World>>) -> Rings {
    let mut rings = Vec::new();
    let mut open = 0;
    let mut at_end: BTreeMap<World, Vec<usize>> = BTreeMap::new();
    let ways: Vec<Vec<World>> = ways.into_iter().filter(|way| way.len() > 1).collect();
    for (i, way) in ways.iter().enumerate() {
        for end in [way[0], way[way.len() - 1]] {
            at_end.entry(end).or_default().push(i);
        }
    }
    let mut used = vec![false; ways.len()];
    for start in 0..ways.len() {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let mut chain = ways[start].clone();
        let mut joined = 1;
        while chain[0] != chain[chain.len() - 1] {
            let end = chain[chain.len() - 1];
            let Some(next) = at_end.get(&end).and_then(|there| there.iter().copied().find(|i| !used[*i]))
            else {
                break;
            };
            used[next] = true;
            joined += 1;
            let way = &ways[next];
            if way[0] == end {
                chain.extend_from_slice(&way[1..]);
            } else {
                chain.extend(way[..way.len() - 1].iter().rev());
            }
        }
        if chain[0] == chain[chain.len() - 1] && chain.len() > 3 {
            chain.pop();
            rings.push(chain);
        } else {
            open += joined;
        }
    }
    Rings { rings, open }
}

/// Rings grouped to areas: each outer ring followed by its holes. A ring is a hole if it lies inside an odd number of
/// others; what the ways were called in the source does not matter, because it is often wrong.
pub(super) fn group(rings: Vec<Vec<World>>) -> Vec<Vec<Vec<World>>> {
    let frames: Vec<Frame> = rings.iter().filter_map(|ring| Frame::around(ring.iter().copied())).collect();
    let around: Vec<Vec<usize>> = (0..rings.len())
        .map(|i| {
            (0..rings.len())
                .filter(|j| {
                    *j != i && encloses(&frames[*j], &frames[i]) && lies_inside(&rings[i], &rings[*j])
                })
                .collect()
        })
        .collect();
    let mut areas: BTreeMap<usize, Vec<Vec<World>>> = BTreeMap::new();
    let mut holes = Vec::new();
    for (i, ring) in rings.into_iter().enumerate() {
        if around[i].len().is_multiple_of(2) {
            areas.insert(i, vec![ring]);
        } else {
            holes.push((i, ring));
        }
    }
    for (i, ring) in holes {
        // The innermost ring around a hole is the one that has the most rings around itself.
        let outer = around[i].iter().copied().max_by_key(|j| around[*j].len());
        if let Some(area) = outer.and_then(|outer| areas.get_mut(&outer)) {
            area.push(ring);
        }
    }
    areas.into_values().collect()
}

fn encloses(outer: &Frame, inner: &Frame) -> bool {
    (0..2).all(|i| outer.min[i] <= inner.min[i] && inner.max[i] <= outer.max[i])
}

/// Rings may touch in a point, so the first point that is not on the other ring decides.
fn lies_inside(inner: &[World], outer: &[World]) -> bool {
    let free = inner.iter().find(|p| !outer.contains(p)).or(inner.first());
    free.is_some_and(|p| contains(outer, *p))
}

/// By counting how often the ring crosses the ray eastward from the point.
pub(super) fn contains(ring: &[World], [x, y]: World) -> bool {
    let mut inside = false;
    let mut last = ring.len().saturating_sub(1);
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[last]);
        if (a[1] > y) != (b[1] > y) {
            let t = (f64::from(y) - f64::from(a[1])) / (f64::from(b[1]) - f64::from(a[1]));
            if f64::from(x) < f64::from(a[0]) + t * (f64::from(b[0]) - f64::from(a[0])) {
                inside = !inside;
            }
        }
        last = i;
    }
    inside
}

/// Twice the area, positive where the ring runs clockwise on the sheet (north up), as the outer rings of a tile do.
pub(super) fn doubled_area(ring: &[World]) -> i128 {
    let mut sum = 0_i128;
    let mut last = ring.len().saturating_sub(1);
    for i in 0..ring.len() {
        let (a, b) = (ring[last], ring[i]);
        sum += i128::from(a[0]) * i128::from(b[1]) - i128::from(b[0]) * i128::from(a[1]);
        last = i;
    }
    sum
}

/// A point inside an area for its name: the middle of the longest stretch that the area covers of its middle row.
pub(super) fn inner_point(rings: &[Vec<World>]) -> Option<World> {
    let frame = Frame::around(rings.first()?.iter().copied())?;
    let row = f64::from(frame.min[1]) / 2.0 + f64::from(frame.max[1]) / 2.0 + 0.25;
    let mut cuts = Vec::new();
    for ring in rings {
        let mut last = ring.len().saturating_sub(1);
        for i in 0..ring.len() {
            let (a, b) = (ring[last], ring[i]);
            let (ay, by) = (f64::from(a[1]), f64::from(b[1]));
            if (ay > row) != (by > row) {
                cuts.push(f64::from(a[0]) + (row - ay) / (by - ay) * (f64::from(b[0]) - f64::from(a[0])));
            }
            last = i;
        }
    }
    cuts.sort_by(f64::total_cmp);
    let longest = cuts.chunks_exact(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
    Some([((longest[0] + longest[1]) / 2.0) as u32, row as u32])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: u32, y: u32, side: u32) -> Vec<World> {
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    }

    #[test]
    fn loose_ways_close_to_rings_whichever_way_they_run() {
        let ring = square(10, 10, 10);
        let ways = vec![
            vec![ring[0], ring[1]],
            vec![ring[3], ring[2]],
            vec![ring[1], ring[2]],
            vec![ring[3], ring[0]],
            vec![[100, 100], [101, 100]],
        ];
        let joined = join_rings(ways);
        assert_eq!((joined.rings.len(), joined.open), (1, 1));
        assert_eq!(doubled_area(&joined.rings[0]).abs(), 200);
    }

    #[test]
    fn holes_and_islands_in_holes_are_found_without_being_told() {
        let (lake, island, pond) = (square(0, 0, 100), square(20, 20, 50), square(30, 30, 10));
        let areas = group(vec![pond.clone(), island.clone(), lake.clone(), square(200, 0, 10)]);
        assert_eq!(areas.len(), 3);
        assert!(areas.contains(&vec![lake, island]));
        assert!(areas.contains(&vec![pond]));
    }

    #[test]
    fn a_name_stands_inside_a_bent_area_and_beside_its_hole() {
        let bent = vec![[0, 0], [100, 0], [100, 100], [80, 100], [80, 20], [0, 20]];
        let at = inner_point(std::slice::from_ref(&bent)).unwrap();
        assert!(contains(&bent, at), "{at:?}");
        let ring = vec![square(0, 0, 100), square(30, 30, 60)];
        let at = inner_point(&ring).unwrap();
        assert!(contains(&ring[0], at) && !contains(&ring[1], at), "{at:?}");
    }
}
