//! Where a town is built up: where junctions stand close. Real extracts draw built-up land unevenly or not at all, streets
//! they draw everywhere.

use std::collections::BTreeMap;

use units::Point;

use crate::network::{Pieces, flag};

/// Side of a cell in metres, and how many junctions there must be in a cell and its eight neighbours: some 55 to the
/// square kilometre. Old towns and housing have 100 to 300, villages among fields 10 to 40.
const CELL_METRES: f64 = 500.0;
const LEAST: u32 = 125;

pub(super) fn mark(pieces: &mut Pieces) {
    let mut edges_at = vec![0_u8; pieces.points.len()];
    for end in pieces.edges.iter().flat_map(|e| [e.a, e.b]) {
        edges_at[end as usize] = edges_at[end as usize].saturating_add(1);
    }
    let mut cells: BTreeMap<(i32, i32), u32> = BTreeMap::new();
    for (point, _) in pieces.points.iter().zip(&edges_at).filter(|(_, edges)| **edges >= 3) {
        *cells.entry(cell(*point)).or_default() += 1;
    }
    let dense = |p: Point| {
        let (row, column) = cell(p);
        let around = (-1..=1).flat_map(|r| (-1..=1).map(move |c| (row + r, column + c)));
        around.filter_map(|c| cells.get(&c)).sum::<u32>() >= LEAST
    };
    for edge in &mut pieces.edges {
        if dense(pieces.points[edge.a as usize]) && dense(pieces.points[edge.b as usize]) {
            edge.flags |= flag::BUILT_UP;
        }
    }
}

/// Rows are cut along parallels; columns narrow towards the poles by rows, so a cell stays a square.
fn cell(p: Point) -> (i32, i32) {
    let e7_per_cell = CELL_METRES / (6_371_008.8 * 1e-7_f64.to_radians());
    let row = (f64::from(p.lat_e7()) / e7_per_cell).floor();
    let middle = ((row + 0.5) * e7_per_cell * 1e-7).to_radians();
    let column = (f64::from(p.lon_e7()) * middle.cos() / e7_per_cell).floor();
    (row as i32, column as i32)
}
