//! Searches on a hierarchy: one to one from both ends, tables by buckets (Knopp et al. 2007).
//!
//! A search begins at seeds: ranks with the weight already spent there. A seed's weight may be negative where the end of a
//! journey lies before the end of an arc.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use smallvec::SmallVec;

use crate::hierarchy::{Half, Hierarchy, NONE};

/// Where a search begins.
pub(crate) type Seeds = SmallVec<[(u32, i64); 4]>;

/// What no way costs.
pub(crate) const UNREACHED: i64 = i64::MAX;

impl Hierarchy {
    fn ranks(&self) -> usize {
        self.out.first.len().saturating_sub(1)
    }

    /// The weight of the best way from any seed to any other; [`UNREACHED`] where there is none.
    pub fn one_to_one(&self, from: &Seeds, to: &Seeds) -> i64 {
        SCRATCH.with_borrow_mut(|scratch| self.meet(from, to, scratch).0)
    }

    /// The ranks of the best way, seeds included; empty when there is none.
    pub fn way(&self, from: &Seeds, to: &Seeds) -> Vec<u32> {
        SCRATCH.with_borrow_mut(|scratch| {
            let (weight, meeting) = self.meet(from, to, scratch);
            if weight == UNREACHED {
                return Vec::new();
            }
            let [ahead, back] = &scratch.searches;
            let mut climb = Vec::new();
            let mut rank = meeting;
            while let Some(arc) = ahead.via(rank) {
                climb.push((arc, rank));
                rank = self.out.rank_of(arc);
            }
            let mut ranks = vec![rank];
            for (arc, to) in climb.into_iter().rev() {
                self.unpack(self.out.rank_of(arc), to, self.out.arcs[arc as usize].middle, &mut ranks);
            }
            rank = meeting;
            while let Some(arc) = back.via(rank) {
                let below = self.into.rank_of(arc);
                self.unpack(rank, below, self.into.arcs[arc as usize].middle, &mut ranks);
                rank = below;
            }
            ranks
        })
    }

    /// Appends the ranks from `from` (left out) to `to` (taken in) over the middle of a shortcut.
    fn unpack(&self, from: u32, to: u32, middle: u32, ranks: &mut Vec<u32>) {
        // Parts still to be walked, the next one last.
        let mut open = vec![(from, to, middle)];
        while let Some((from, to, middle)) = open.pop() {
            if middle == NONE {
                ranks.push(to);
                continue;
            }
            // Both parts are kept at the middle, which is lower than either end.
            let part = |half: &Half, end: u32| {
                half.of(middle).iter().find(|arc| arc.to == end).map_or(NONE, |arc| arc.middle)
            };
            open.push((middle, to, part(&self.out, to)));
            open.push((from, middle, part(&self.into, from)));
        }
    }

    /// Searches upward from both ends in turn until neither can better the best meeting.
    fn meet(&self, from: &Seeds, to: &Seeds, scratch: &mut Scratch) -> (i64, u32) {
        let [ahead, back] = &mut scratch.searches;
        ahead.begin(self.ranks(), from);
        back.begin(self.ranks(), to);
        let least = |seeds: &Seeds| seeds.iter().map(|(_, weight)| *weight).min().unwrap_or(0);
        let (least_from, least_to) = (least(from), least(to));
        let mut best = (UNREACHED, NONE);
        loop {
            let bound = |search: &Search, other: i64| {
                search.heap.peek().map(|Reverse((w, _))| *w).filter(|w| *w + other < best.0)
            };
            let next = match (bound(ahead, least_to), bound(back, least_from)) {
                (None, None) => return best,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some(a), Some(b)) => a <= b,
            };
            let (half, stall, search, other) = if next {
                (&self.out, &self.into, &mut *ahead, &mut *back)
            } else {
                (&self.into, &self.out, &mut *back, &mut *ahead)
            };
            if let Some((rank, weight)) = search.step(half, stall)
                && let Some(rest) = other.weight(rank)
                && (weight + rest, rank) < best
            {
                best = (weight + rest, rank);
            }
        }
    }

    /// All ranks reached upward along the arcs (or against them), with their weight, into `settled`.
    fn climb<'s>(&self, along: bool, seeds: &Seeds, search: &'s mut Search) -> &'s [(u32, i64)] {
        let (half, stall) = if along { (&self.out, &self.into) } else { (&self.into, &self.out) };
        search.begin(self.ranks(), seeds);
        while !search.heap.is_empty() {
            if let Some(settled) = search.step(half, stall) {
                search.settled.push(settled);
            }
        }
        &search.settled
    }

    /// Calls `each` with every rank reached upward.
    pub fn reached(&self, along: bool, seeds: &Seeds, mut each: impl FnMut(u32, i64)) {
        SCRATCH.with_borrow_mut(|scratch| {
            for (rank, weight) in self.climb(along, seeds, &mut scratch.searches[0]) {
                each(*rank, *weight);
            }
        });
    }

    /// Weights row by row.
    pub fn table(&self, from: &[Seeds], to: &[Seeds]) -> Vec<i64> {
        let buckets = self.buckets(to);
        let mut table = vec![UNREACHED; from.len() * to.len()];
        if table.is_empty() {
            return table;
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        // A thread costs some 50 microseconds, a row of a small table less.
        let share = if from.len() * to.len() < 40_000 { from.len() } else { from.len().div_ceil(threads) };
        let rows = |from: &[Seeds], table: &mut [i64]| {
            for (seeds, cells) in from.iter().zip(table.chunks_mut(to.len())) {
                self.row(seeds, &buckets, cells);
            }
        };
        if share == from.len() {
            rows(from, &mut table);
        } else {
            std::thread::scope(|scope| {
                for (from, table) in from.chunks(share).zip(table.chunks_mut(share * to.len())) {
                    let rows = &rows;
                    scope.spawn(move || rows(from, table));
                }
            });
        }
        table
    }

    fn row(&self, seeds: &Seeds, buckets: &Buckets, cells: &mut [i64]) {
        self.reached(true, seeds, |rank, weight| {
            for (column, rest) in buckets.of(rank) {
                let cell = &mut cells[*column as usize];
                *cell = (*cell).min(weight + rest);
            }
        });
    }

    /// What every rank knows of the columns above it.
    fn buckets(&self, to: &[Seeds]) -> Buckets {
        let mut entries: Vec<(u32, u32, i64)> = Vec::with_capacity(to.len() * 64);
        for (column, seeds) in to.iter().enumerate() {
            self.reached(false, seeds, |rank, weight| entries.push((rank, column as u32, weight)));
        }
        // Within a rank by column, as a row of the table is written.
        entries.sort_unstable_by_key(|(rank, column, _)| u64::from(*rank) << 32 | u64::from(*column));
        let lowest = entries.first().map_or(0, |(rank, ..)| *rank);
        let mut first = vec![0_u32; self.ranks() - lowest as usize + 1];
        for (rank, ..) in &entries {
            first[(*rank - lowest) as usize + 1] += 1;
        }
        for rank in 1..first.len() {
            first[rank] += first[rank - 1];
        }
        let entries = entries.into_iter().map(|(_, column, weight)| (column, weight)).collect();
        Buckets { lowest, first, entries }
    }
}

struct Buckets {
    lowest: u32,
    first: Vec<u32>,
    entries: Vec<(u32, i64)>,
}

impl Buckets {
    fn of(&self, rank: u32) -> &[(u32, i64)] {
        match rank.checked_sub(self.lowest) {
            Some(i) => &self.entries[self.first[i as usize] as usize..self.first[i as usize + 1] as usize],
            None => &[],
        }
    }
}

/// Working memory, one per thread and kept between searches so that a search allocates nothing.
#[derive(Default)]
struct Scratch {
    searches: [Search; 2],
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Marks are valid only while they carry the current stamp, so clearing costs nothing.
#[derive(Default)]
struct Search {
    stamp: u32,
    marks: Vec<Mark>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    settled: Vec<(u32, i64)>,
}

#[derive(Clone, Copy, Default)]
struct Mark {
    weight: i64,
    stamp: u32,
    /// The arc over which the rank was reached; `NONE` for a seed.
    via: u32,
}

impl Search {
    fn begin(&mut self, ranks: usize, seeds: &Seeds) {
        if self.marks.len() < ranks {
            self.marks.resize(ranks, Mark::default());
        }
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.marks.fill(Mark::default());
            self.stamp = 1;
        }
        self.heap.clear();
        self.settled.clear();
        for (rank, weight) in seeds {
            self.reach(*rank, *weight, NONE);
        }
    }

    /// Takes the nearest rank and passes it on; `None` if it was taken before or lies on no best way, because a higher
    /// rank reaches it more cheaply (stall-on-demand).
    fn step(&mut self, half: &Half, stall: &Half) -> Option<(u32, i64)> {
        let Reverse((weight, rank)) = self.heap.pop()?;
        if self.weight(rank) != Some(weight) {
            return None;
        }
        let stalled = stall
            .of(rank)
            .iter()
            .any(|over| self.weight(over.to).is_some_and(|there| there.wrapping_add(over.weight()) < weight));
        if stalled {
            return None;
        }
        let first = half.first[rank as usize];
        for (arc, up) in (first..).zip(half.of(rank)) {
            // Real weights are far from the end of the number; only a forged file's go round, and find nothing sensible.
            self.reach(up.to, weight.wrapping_add(up.weight()), arc);
        }
        Some((rank, weight))
    }

    fn weight(&self, rank: u32) -> Option<i64> {
        let mark = self.marks[rank as usize];
        (mark.stamp == self.stamp).then_some(mark.weight)
    }

    fn via(&self, rank: u32) -> Option<u32> {
        let mark = self.marks[rank as usize];
        (mark.stamp == self.stamp && mark.via != NONE).then_some(mark.via)
    }

    fn reach(&mut self, rank: u32, weight: i64, via: u32) {
        if self.weight(rank).is_none_or(|known| weight < known) {
            self.marks[rank as usize] = Mark { weight, stamp: self.stamp, via };
            self.heap.push(Reverse((weight, rank)));
        }
    }
}
