//! Cutting lines and rings at a box.

/// Whole steps, signed: tile units or the world's.
pub(super) type Spot = [i64; 2];

/// A box; its edges belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pane {
    pub min: Spot,
    pub max: Spot,
}

impl Pane {
    pub fn holds(&self, p: Spot) -> bool {
        (0..2).all(|i| self.min[i] <= p[i] && p[i] <= self.max[i])
    }
}

/// The stretches of a line inside the box. Where the line crosses an edge, the stretch ends exactly on it.
pub(super) fn cut_line(line: &[Spot], pane: &Pane) -> Vec<Vec<Spot>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Spot> = Vec::new();
    for pair in line.windows(2) {
        let Some((a, b)) = cut_segment(pair[0], pair[1], pane) else {
            finish(&mut piece, &mut pieces);
            continue;
        };
        if piece.last() != Some(&a) {
            finish(&mut piece, &mut pieces);
            piece.push(a);
        }
        if b != a {
            piece.push(b);
        }
        if b != pair[1] {
            finish(&mut piece, &mut pieces);
        }
    }
    finish(&mut piece, &mut pieces);
    pieces
}

fn finish(piece: &mut Vec<Spot>, pieces: &mut Vec<Vec<Spot>>) {
    if piece.len() > 1 {
        pieces.push(std::mem::take(piece));
    }
    piece.clear();
}

/// Liang and Barsky's way: the span of the segment that satisfies all four edges.
fn cut_segment(a: Spot, b: Spot, pane: &Pane) -> Option<(Spot, Spot)> {
    if pane.holds(a) && pane.holds(b) {
        return Some((a, b));
    }
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    let (mut from_edge, mut to_edge) = (None, None);
    for axis in 0..2 {
        let run = (b[axis] - a[axis]) as f64;
        for (edge, sign) in [(pane.min[axis], -1.0), (pane.max[axis], 1.0)] {
            let room = sign * (edge - a[axis]) as f64;
            let toward = sign * run;
            if toward == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if toward < 0.0 {
                if room / toward > from {
                    (from, from_edge) = (room / toward, Some((axis, edge)));
                }
            } else if room / toward < to {
                (to, to_edge) = (room / toward, Some((axis, edge)));
            }
        }
    }
    if from > to {
        return None;
    }
    let at = |t: f64, edge: Option<(usize, i64)>, end: Spot| match edge {
        None => end,
        Some((axis, edge)) => {
            let other = 1 - axis;
            let along = a[other] + (t * (b[other] - a[other]) as f64).round() as i64;
            let mut spot = [0; 2];
            spot[axis] = edge;
            spot[other] = along.clamp(pane.min[other], pane.max[other]);
            spot
        }
    };
    Some((at(from, from_edge, a), at(to, to_edge, b)))
}

/// The part of a ring inside the box (Sutherland and Hodgman), without a repeated end; it may run along the edges.
/// Empty if nothing is left.
pub(super) fn cut_ring(ring: &[Spot], pane: &Pane) -> Vec<Spot> {
    let mut kept = ring.to_vec();
    for axis in 0..2 {
        for (edge, upper) in [(pane.min[axis], false), (pane.max[axis], true)] {
            let inside = |p: &Spot| if upper { p[axis] <= edge } else { p[axis] >= edge };
            if kept.iter().all(inside) {
                continue;
            }
            let before = std::mem::take(&mut kept);
            let Some(mut last) = before.last().copied() else { return Vec::new() };
            for p in before {
                if inside(&p) != inside(&last) {
                    kept.push(crossing(last, p, axis, edge));
                }
                if inside(&p) {
                    kept.push(p);
                }
                last = p;
            }
        }
    }
    kept.dedup();
    while kept.len() > 1 && kept.first() == kept.last() {
        kept.pop();
    }
    if kept.len() > 2 { kept } else { Vec::new() }
}

fn crossing(a: Spot, b: Spot, axis: usize, edge: i64) -> Spot {
    let other = 1 - axis;
    // The same result whichever end comes first, so that neighbours agree.
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let t = (edge - a[axis]) as f64 / (b[axis] - a[axis]) as f64;
    let mut spot = [0; 2];
    spot[axis] = edge;
    spot[other] = a[other] + (t * (b[other] - a[other]) as f64).round() as i64;
    spot
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANE: Pane = Pane { min: [0, 0], max: [100, 100] };

    #[test]
    fn a_line_is_cut_where_it_leaves_and_where_it_comes_back() {
        let line = [[-50, 50], [50, 50], [50, 150], [80, 150], [80, 50], [90, 60]];
        let pieces = cut_line(&line, &PANE);
        assert_eq!(pieces, [vec![[0, 50], [50, 50], [50, 100]], vec![[80, 100], [80, 50], [90, 60]]]);
        assert_eq!(cut_line(&[[-10, -10], [-5, 200]], &PANE), Vec::<Vec<Spot>>::new());
        assert_eq!(cut_line(&[[-10, 40], [110, 60]], &PANE), [vec![[0, 42], [100, 58]]]);
        // Touching the box from outside leaves nothing to draw.
        assert_eq!(cut_line(&[[-10, 10], [0, 0], [10, -10]], &PANE), Vec::<Vec<Spot>>::new());
    }

    #[test]
    fn a_ring_keeps_its_share_of_the_box() {
        assert_eq!(cut_ring(&[[-50, -50], [150, -50], [150, 150], [-50, 150]], &PANE).len(), 4);
        let corner = cut_ring(&[[50, 50], [150, 50], [150, 150], [50, 150]], &PANE);
        assert!(corner.len() == 4 && corner.iter().all(|p| PANE.holds(*p)), "{corner:?}");
        assert!(cut_ring(&[[200, 0], [300, 0], [300, 50]], &PANE).is_empty());
    }
}
