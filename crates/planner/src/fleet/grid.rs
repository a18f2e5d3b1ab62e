//! Where the slots of all vehicles lie: uniform grids over the middles of legs, one for each size of leg.
//!
//! A detour over `p` from `a` to `b` costs at least `|ap| + |pb| - cost`, and `|ap| + |pb| >= 2 |mp|` for the middle
//! `m`. So slots whose leg costs at most `most` can be left out wherever `2 |mp| - most` is too much; sorting legs by
//! size keeps `most` near to what each leg costs. The last slot of a route takes pickup and drop-off together: it lies
//! where the last visit is, and costs at least `|ap|` and the direct leg, less what its own leg costs.

use super::slots::Slot;
use crate::located::Position;

/// Sizes of legs told apart; each holds legs up to twice as long as the one before.
const SIZES: usize = 10;
/// Most cells along one side of a grid.
const SIDE_MAX: i64 = 256;

/// What a slot's bound is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Something follows: a detour there and back.
    Between,
    /// Pickup and drop-off together behind the last visit.
    Last,
}

const KINDS: [Kind; 2] = [Kind::Last, Kind::Between];

/// One grid over the whole area; border cells reach out without end.
#[derive(Debug, Clone)]
struct Layer {
    kind: Kind,
    /// The dearest leg it takes, with what a drop-off further on can save.
    most: i64,
    edge: i64,
    side: i64,
    /// Row by row; none until something is put in.
    cells: Vec<Vec<Slot>>,
    count: usize,
}

/// All slots, findable by place.
#[derive(Debug, Clone, Default)]
pub(super) struct Grid {
    corner: Position,
    layers: Vec<Layer>,
}

/// Where a slot was put.
pub(super) type Handle = (u16, u32);

impl Grid {
    /// Cells sized for `vehicles` spread over the box of these positions.
    pub fn over(positions: impl Iterator<Item = Position>, vehicles: usize) -> Grid {
        let all: Vec<Position> = positions.collect();
        let bounds = |axis: fn(&Position) -> i32| {
            let least = all.iter().map(axis).min().unwrap_or(0);
            (least, i64::from(all.iter().map(axis).max().unwrap_or(0)) - i64::from(least))
        };
        let ((x, wide), (y, high)) = (bounds(|p| p.x), bounds(|p| p.y));
        let width = wide.max(high).max(1);
        // About two idle vehicles a cell.
        let fine = (vehicles as u64 / 2).isqrt().clamp(1, SIDE_MAX as u64) as i64;
        let mut layers = Vec::new();
        for kind in KINDS {
            for size in 0..SIZES {
                let share = (SIZES - 1 - size) as u32;
                let most = match size {
                    // Vehicles that stand where nothing follows.
                    0 => 0,
                    // The dearest legs of all: bounds nothing.
                    _ if share == 0 => i64::MAX / 4,
                    _ => (4 * width) >> share,
                };
                let reach = if share == 0 { width } else { most / 2 };
                let edge = (width / fine).max(reach / 2).max(1);
                let side = (width / edge + 1).min(SIDE_MAX + 1);
                layers.push(Layer { kind, most, edge, side, cells: Vec::new(), count: 0 });
            }
        }
        Grid { corner: Position::new(x, y), layers }
    }

    pub fn put(&mut self, slot: Slot) -> Handle {
        let (kind, at) = if slot.last { (Kind::Last, slot.from) } else { (Kind::Between, middle(&slot)) };
        let corner = self.corner;
        let fits = |layer: &&mut Layer| layer.kind == kind && slot.cost + slot.saving <= layer.most;
        let Some((number, layer)) = self.layers.iter_mut().enumerate().find(|(_, layer)| fits(layer)) else {
            return (u16::MAX, 0);
        };
        let (x, y) = layer.find_cell(corner, at);
        let cell = (y * layer.side + x) as usize;
        if layer.cells.is_empty() {
            layer.cells.resize((layer.side * layer.side) as usize, Vec::new());
        }
        layer.cells[cell].push(slot);
        layer.count += 1;
        (number as u16, cell as u32)
    }

    /// Takes one slot of the vehicle out of where it was put.
    pub fn take(&mut self, handle: Handle, vehicle: u32) {
        let Some(layer) = self.layers.get_mut(handle.0 as usize) else { return };
        let cell = &mut layer.cells[handle.1 as usize];
        if let Some(k) = cell.iter().position(|slot| slot.vehicle == vehicle) {
            cell.swap_remove(k);
            layer.count -= 1;
        }
    }

    /// Calls `look` for slots from near to far. `look` answers with the cost from which on nothing matters any
    /// more; slots that must cost so much are left out. `direct`: cost of the leg from pickup to drop-off.
    pub fn scan(&self, at: Position, direct: i64, mut most: i64, mut look: impl FnMut(&Slot) -> i64) {
        for layer in self.layers.iter().filter(|layer| layer.count > 0) {
            let (x, y) = layer.find_cell(self.corner, at);
            let near = layer.cell_box(self.corner, x, y);
            for ring in 0..layer.side {
                // What lies outside the block of cells that are done.
                if ring > 0 && layer.floor(near.outside(ring - 1, layer, (x, y), at), direct) >= most {
                    break;
                }
                let mut seen = false;
                let (top, bottom) = (y - ring, y + ring);
                for row in top.max(0)..=bottom.min(layer.side - 1) {
                    let step = if row == top || row == bottom { 1 } else { (2 * ring).max(1) };
                    let mut column = x - ring;
                    while column <= x + ring {
                        if (0..layer.side).contains(&column) {
                            seen = true;
                            let cell = &layer.cells[(row * layer.side + column) as usize];
                            if !cell.is_empty() {
                                let away = layer.cell_box(self.corner, column, row).away(at);
                                if layer.floor(away, direct) < most {
                                    cell.iter().for_each(|slot| most = look(slot));
                                }
                            }
                        }
                        column += step;
                    }
                }
                if !seen {
                    break;
                }
            }
        }
    }

    /// Heap bytes held.
    pub fn bytes(&self) -> usize {
        let cell = |cell: &Vec<Slot>| size_of::<Vec<Slot>>() + cell.capacity() * size_of::<Slot>();
        self.layers.iter().flat_map(|layer| &layer.cells).map(cell).sum()
    }
}

/// The middle of the leg, to within a tick.
fn middle(slot: &Slot) -> Position {
    let half = |a: i32, b: i32| ((i64::from(a) + i64::from(b)) / 2) as i32;
    Position::new(half(slot.from.x, slot.to.x), half(slot.from.y, slot.to.y))
}

/// A box with edges that may lie at infinity.
#[derive(Debug, Clone, Copy)]
struct CellBox {
    west: i64,
    east: i64,
    south: i64,
    north: i64,
}

const ENDLESS: i64 = 1 << 40;

impl CellBox {
    /// Distance from a point to the box.
    fn away(&self, at: Position) -> i64 {
        let (x, y) = (i64::from(at.x), i64::from(at.y));
        let dx = (self.west - x).max(x - self.east).max(0);
        let dy = (self.south - y).max(y - self.north).max(0);
        (((dx * dx + dy * dy) as f64).sqrt() * (1.0 - 1e-9)) as i64
    }

    /// Distance from a point in the cell to what lies outside the block of `ring` rings around the cell.
    fn outside(&self, ring: i64, layer: &Layer, (column, row): (i64, i64), at: Position) -> i64 {
        let (x, y) = (i64::from(at.x), i64::from(at.y));
        let end = layer.side - 1;
        let width = ring * layer.edge;
        let west = if column - ring <= 0 { ENDLESS } else { x - (self.west - width) };
        let east = if column + ring >= end { ENDLESS } else { self.east + width - x };
        let south = if row - ring <= 0 { ENDLESS } else { y - (self.south - width) };
        let north = if row + ring >= end { ENDLESS } else { self.north + width - y };
        west.min(east).min(south).min(north).max(0)
    }
}

impl Layer {
    fn find_cell(&self, corner: Position, at: Position) -> (i64, i64) {
        let cell = |at: i32, corner: i32| {
            ((i64::from(at) - i64::from(corner)).max(0) / self.edge).min(self.side - 1)
        };
        (cell(at.x, corner.x), cell(at.y, corner.y))
    }

    fn cell_box(&self, corner: Position, column: i64, row: i64) -> CellBox {
        let (x, y) = (i64::from(corner.x), i64::from(corner.y));
        let end = self.side - 1;
        CellBox {
            west: if column == 0 { -ENDLESS } else { x + column * self.edge },
            east: if column == end { ENDLESS } else { x + (column + 1) * self.edge },
            south: if row == 0 { -ENDLESS } else { y + row * self.edge },
            north: if row == end { ENDLESS } else { y + (row + 1) * self.edge },
        }
    }

    /// No slot of this layer whose middle lies so far away costs less.
    fn floor(&self, away: i64, direct: i64) -> i64 {
        match self.kind {
            // Two ticks for the rounded middle.
            Kind::Between => 2 * away - 2 - self.most,
            Kind::Last => away + direct - self.most,
        }
    }
}
