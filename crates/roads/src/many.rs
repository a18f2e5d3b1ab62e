//! Tables by buckets (Knopp et al. 2007): every rank remembers which columns it leads to, every row asks the ranks that it
//! reaches.

use crate::hierarchy::{Hierarchy, NONE};
use crate::search::{Seeds, UNREACHED};
use crate::speeds::Period;

/// Columns that are asked together: what they remember stays in the processor's cache while the rows pass by.
const BLOCK: usize = 64;
/// Rows whose ranks are kept at a time.
const ROWS: usize = 256;

/// What searches reached, one list after the other.
struct Labels {
    first: Vec<usize>,
    entries: Vec<(u32, i64)>,
}

impl Labels {
    fn of(
        (hierarchy, period): (&Hierarchy, Period),
        along: bool,
        seeds: &[Seeds],
        wanted: impl Fn(u32) -> u32,
    ) -> Labels {
        let mut labels = Labels { first: vec![0], entries: Vec::new() };
        for seeds in seeds {
            hierarchy.reached(period, along, seeds, |rank, weight| {
                let rank = wanted(rank);
                if rank != NONE {
                    labels.entries.push((rank, weight));
                }
            });
            labels.first.push(labels.entries.len());
        }
        labels
    }

    fn iter(&self) -> impl Iterator<Item = &[(u32, i64)]> {
        self.first.windows(2).map(|ends| &self.entries[ends[0]..ends[1]])
    }
}

/// All columns of a table.
struct Columns {
    count: usize,
    /// By rank: its place among the ranks that lead to any column.
    slot_of: Vec<u32>,
    blocks: Vec<Block>,
}

struct Block {
    first: Vec<u32>,
    /// Column within the block and what is left to drive to it.
    entries: Vec<(u32, i64)>,
}

impl Columns {
    fn new(of: (&Hierarchy, Period), to: &[Seeds], threads: usize) -> Columns {
        // In whole blocks, so that no block is spread over two lists.
        let share = to.len().div_ceil(threads).next_multiple_of(BLOCK);
        let label = |seeds| Labels::of(of, false, seeds, |rank| rank);
        let labels: Vec<Labels> = std::thread::scope(|scope| {
            let mut shares = to.chunks(share);
            let mine = shares.next().unwrap_or_default();
            let others: Vec<_> = shares.map(|seeds| scope.spawn(move || label(seeds))).collect();
            let mine = label(mine);
            let others = others.into_iter().map(|other| match other.join() {
                Ok(labels) => labels,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            std::iter::once(mine).chain(others).collect()
        });
        let mut slot_of = vec![NONE; of.0.tree.ranks()];
        for (rank, _) in labels.iter().flat_map(|labels| &labels.entries) {
            slot_of[*rank as usize] = 0;
        }
        let mut slots = 0;
        for slot in slot_of.iter_mut().filter(|slot| **slot == 0) {
            *slot = slots;
            slots += 1;
        }
        let lists: Vec<&[(u32, i64)]> = labels.iter().flat_map(Labels::iter).collect();
        let blocks = lists.chunks(BLOCK).map(|lists| Block::new(lists, &slot_of, slots)).collect();
        Columns { count: to.len(), slot_of, blocks }
    }

    /// Fills the rows of these seeds.
    fn ask(&self, of: (&Hierarchy, Period), from: &[Seeds], cells: &mut [i64]) {
        let labels = Labels::of(of, true, from, |rank| self.slot_of[rank as usize]);
        for (number, block) in self.blocks.iter().enumerate() {
            for (label, row) in labels.iter().zip(cells.chunks_mut(self.count)) {
                let cells = &mut row[number * BLOCK..];
                for (slot, weight) in label {
                    for (column, rest) in block.of(*slot) {
                        let cell = &mut cells[*column as usize];
                        *cell = (*cell).min(weight + rest);
                    }
                }
            }
        }
    }
}

impl Block {
    fn new(lists: &[&[(u32, i64)]], slot_of: &[u32], slots: u32) -> Block {
        let mut first = vec![0_u32; slots as usize + 1];
        for (rank, _) in lists.iter().copied().flatten() {
            first[slot_of[*rank as usize] as usize + 1] += 1;
        }
        for slot in 0..slots as usize {
            first[slot + 1] += first[slot];
        }
        let mut next = first.clone();
        let mut entries = vec![(0, 0); lists.iter().map(|list| list.len()).sum()];
        for (column, list) in (0..).zip(lists) {
            for (rank, weight) in *list {
                let place = &mut next[slot_of[*rank as usize] as usize];
                entries[*place as usize] = (column, *weight);
                *place += 1;
            }
        }
        Block { first, entries }
    }

    fn of(&self, slot: u32) -> &[(u32, i64)] {
        &self.entries[self.first[slot as usize] as usize..self.first[slot as usize + 1] as usize]
    }
}

impl Hierarchy {
    /// Weights row by row.
    pub fn table(&self, period: Period, from: &[Seeds], to: &[Seeds]) -> Vec<i64> {
        let mut table = vec![UNREACHED; from.len() * to.len()];
        if table.is_empty() {
            return table;
        }
        // A thread costs some 50 microseconds and, on a busy machine, a wait for a core; a search of a town takes 3, one of
        // a large city 50.
        let searches = from.len() + to.len();
        let is_small = table.len() < 40_000 && (searches < 64 || self.tree.ranks() < 100_000);
        let threads =
            if is_small { 1 } else { std::thread::available_parallelism().map_or(1, usize::from).min(8) };
        let columns = Columns::new((self, period), to, threads);
        let rows = |from: &[Seeds], cells: &mut [i64]| {
            for (from, cells) in from.chunks(ROWS).zip(cells.chunks_mut(ROWS * to.len())) {
                columns.ask((self, period), from, cells);
            }
        };
        let share = from.len().div_ceil(threads);
        std::thread::scope(|scope| {
            let mut shares = from.chunks(share).zip(table.chunks_mut(share * to.len()));
            let mine = shares.next();
            for (from, cells) in shares {
                let rows = &rows;
                scope.spawn(move || rows(from, cells));
            }
            if let Some((from, cells)) = mine {
                rows(from, cells);
            }
        });
        table
    }
}
