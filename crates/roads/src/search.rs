//! Searches on a hierarchy: one to one from both ends, and what can be reached upward from one end (tables: `many`).
//!
//! A search needs no queue: whatever lies upward of a rank lies on the chain of ranks above it, so it visits the chain from
//! the lowest rank to the highest (elimination tree; Dibbelt, Strasser, Wagner 2016). What it knows of a chain lies in one
//! short list by level.
//!
//! A search begins at seeds: ranks with the weight already spent there. A seed's weight may be negative where the end of a
//! journey lies before the end of an arc.

use std::cell::RefCell;

use smallvec::SmallVec;

use crate::half::Half;
use crate::hierarchy::{Hierarchy, NONE, Tree};
use crate::speeds::Period;

/// Where a search begins.
pub(crate) type Seeds = SmallVec<[(u32, i64); 4]>;

/// What no way costs.
pub(crate) const UNREACHED: i64 = i64::MAX;

/// The weight of what is not reached; a real way's weight may be added to it.
const NO_WAY: i64 = i64::MAX / 4;

/// One of the two directions in one period.
#[derive(Clone, Copy)]
struct Upward<'h> {
    half: &'h Half,
    tree: &'h Tree,
    period: Period,
}

impl Hierarchy {
    fn upward(&self, along: bool, period: Period) -> Upward<'_> {
        Upward { half: if along { &self.out } else { &self.into }, tree: &self.tree, period }
    }

    /// The weight of the best way from any seed to any other; [`UNREACHED`] where there is none.
    pub fn one_to_one(&self, period: Period, from: &Seeds, to: &Seeds) -> i64 {
        SCRATCH.with_borrow_mut(|scratch| self.meet(period, from, to, scratch).0)
    }

    /// The ranks of the best way, seeds included; empty when there is none. `turned` tells what a turn from one rank to
    /// another weighs.
    pub fn way(
        &self,
        period: Period,
        turned: impl Fn(u32, u32) -> Option<i64>,
        from: &Seeds,
        to: &Seeds,
    ) -> Vec<u32> {
        SCRATCH.with_borrow_mut(|scratch| {
            let (weight, meeting) = self.meet(period, from, to, scratch);
            if weight == UNREACHED {
                return Vec::new();
            }
            let [ahead, back] = &scratch.searches;
            let mut stops = ahead.climbed(self.upward(true, period), from, meeting);
            stops.reverse();
            stops.push(meeting);
            stops.extend(back.climbed(self.upward(false, period), to, meeting));
            let mut ranks = vec![stops[0]];
            let whole =
                stops.windows(2).all(|pair| self.unpack(period, &turned, pair[0], pair[1], &mut ranks));
            // Only a forged file's shortcuts go over nothing.
            if whole { ranks } else { Vec::new() }
        })
    }

    /// Appends the ranks from `from` (left out) to `to` (taken in); `false` where the arc is neither a turn nor a shortcut.
    fn unpack(
        &self,
        period: Period,
        turned: &impl Fn(u32, u32) -> Option<i64>,
        from: u32,
        to: u32,
        ranks: &mut Vec<u32>,
    ) -> bool {
        // Parts still to be walked, the next one last.
        let mut open = vec![(from, to)];
        while let Some((from, to)) = open.pop() {
            let arc = if from < to {
                self.out.weight(from, period, self.tree.level(to))
            } else {
                self.into.weight(to, period, self.tree.level(from))
            };
            let Some(weight) = arc else { return false };
            if turned(from, to) == Some(weight) {
                ranks.push(to);
                continue;
            }
            // No best way visits a rank twice.
            let middle = self.middle(period, from, to, weight).filter(|_| ranks.len() <= self.tree.ranks());
            let Some(middle) = middle else { return false };
            open.push((middle, to));
            open.push((from, middle));
        }
        true
    }

    /// Climbs from both ends, rank by rank; a best way's highest rank is met from either.
    fn meet(&self, period: Period, from: &Seeds, to: &Seeds, scratch: &mut Scratch) -> (i64, u32) {
        let (out, into) = (self.upward(true, period), self.upward(false, period));
        let [ahead, back] = &mut scratch.searches;
        ahead.begin(&self.tree, from);
        back.begin(&self.tree, to);
        let least = |seeds: &Seeds| seeds.iter().map(|(_, weight)| *weight).min().unwrap_or(0);
        let (least_from, least_to) = (least(from), least(to));
        let mut best = (UNREACHED, NONE);
        loop {
            let (mut a, b) = (ahead.lowest(), back.lowest());
            while a < b {
                ahead.climb(out, a, best.0.saturating_sub(least_to));
                a = ahead.lowest();
            }
            let mut at = b;
            while at < a {
                back.climb(into, at, best.0.saturating_sub(least_from));
                at = back.lowest();
            }
            if a != at {
                continue;
            }
            if a == NONE {
                return best;
            }
            let (there, rest) = (ahead.arrive(&self.tree, a), back.arrive(&self.tree, a));
            if there < NO_WAY && rest < NO_WAY {
                best = best.min((there + rest, a));
            }
            ahead.climb(out, a, best.0.saturating_sub(least_to));
            back.climb(into, a, best.0.saturating_sub(least_from));
        }
    }

    /// Calls `each` with every rank above the seeds to which the best way leads upward only, along the arcs or against
    /// them, and its weight. What is reached better over a higher rank is left out: that one is called.
    pub fn reached(&self, period: Period, along: bool, seeds: &Seeds, each: impl FnMut(u32, i64)) {
        let (upward, stall) = (self.upward(along, period), self.upward(!along, period));
        SCRATCH.with_borrow_mut(|scratch| {
            let search = &mut scratch.searches[0];
            search.begin(&self.tree, seeds);
            loop {
                let rank = search.lowest();
                if rank == NONE {
                    break;
                }
                search.climb(upward, rank, UNREACHED);
            }
            search.descend(stall, each);
        });
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

const LEVELS: usize = 1 << 16;

/// A chain that is climbed from a seed, until it meets another.
struct Strand {
    /// The next rank to be visited; `NONE` when the strand has ended.
    at: u32,
    /// By level of the chain, as long as any chain can be, so that no access has to be checked. Only what a search uses is
    /// ever touched.
    weights: Box<[i64; LEVELS]>,
}

impl Strand {
    fn new() -> Strand {
        // Fresh pages are given when they are first written to.
        let weights = vec![0; LEVELS].into_boxed_slice();
        Strand { at: NONE, weights: weights.try_into().unwrap_or_else(|_| Box::new([0; LEVELS])) }
    }
}

/// A rank that was visited: on which strand, and what leads to it over lower ranks.
#[derive(Clone, Copy)]
struct Met {
    rank: u32,
    strand: usize,
    weight: i64,
}

/// Where a strand ended because it met another: at the rank that was met next.
#[derive(Clone, Copy)]
struct Joined {
    met: usize,
    strand: usize,
    into: usize,
}

#[derive(Default)]
struct Search {
    /// Those after `used` are left from earlier searches.
    strands: Vec<Strand>,
    used: usize,
    /// How many have not joined another, and which one is the last.
    apart: usize,
    last: usize,
    /// Upward.
    met: Vec<Met>,
    joined: Vec<Joined>,
}

/// Two different strands.
fn two(strands: &mut [Strand], a: usize, b: usize) -> (&mut Strand, &mut Strand) {
    let (low, high) = strands.split_at_mut(a.max(b));
    if a < b { (&mut low[a], &mut high[0]) } else { (&mut high[0], &mut low[b]) }
}

impl Search {
    fn begin(&mut self, tree: &Tree, seeds: &Seeds) {
        self.used = 0;
        self.met.clear();
        self.joined.clear();
        for (rank, weight) in seeds {
            let level = usize::from(tree.level(*rank));
            if let Some(same) = self.strands[..self.used].iter_mut().find(|strand| strand.at == *rank) {
                same.weights[level] = same.weights[level].min(*weight);
                continue;
            }
            if self.used == self.strands.len() {
                self.strands.push(Strand::new());
            }
            let strand = &mut self.strands[self.used];
            self.used += 1;
            strand.at = *rank;
            strand.weights[..level].fill(NO_WAY);
            strand.weights[level] = *weight;
        }
        (self.apart, self.last) = (self.used, 0);
    }

    /// The lowest rank not yet visited; `NONE` at the end.
    fn lowest(&self) -> u32 {
        if self.apart == 1 {
            return self.strands[self.last].at;
        }
        self.strands[..self.used].iter().map(|strand| strand.at).min().unwrap_or(NONE)
    }

    /// Makes one of the strands that have come to the rank, and gives what leads there.
    fn arrive(&mut self, tree: &Tree, rank: u32) -> i64 {
        let strand = self.strand_at(tree, rank);
        self.strands[strand].weights[usize::from(tree.level(rank))]
    }

    fn strand_at(&mut self, tree: &Tree, rank: u32) -> usize {
        if self.apart == 1 {
            return self.last;
        }
        let level = usize::from(tree.level(rank));
        let first = self.strands.iter().position(|strand| strand.at == rank).unwrap_or(0);
        for other in first + 1..self.used {
            if self.strands[other].at == rank {
                let (into, strand) = two(&mut self.strands, first, other);
                for (known, also) in into.weights[..=level].iter_mut().zip(&strand.weights[..=level]) {
                    *known = (*known).min(*also);
                }
                strand.at = NONE;
                self.apart -= 1;
                self.last = first;
                self.joined.push(Joined { met: self.met.len(), strand: other, into: first });
            }
        }
        first
    }

    /// Takes a rank's arcs, unless it lies `limit` away or farther, and goes on to the next above.
    fn climb(&mut self, upward: Upward, rank: u32, limit: i64) {
        let strand = self.strand_at(upward.tree, rank);
        let Strand { at, weights } = &mut self.strands[strand];
        let weight = weights[usize::from(upward.tree.level(rank))];
        let above = upward.tree.above(rank);
        upward.half.fetch(above);
        if weight < limit.min(NO_WAY) {
            upward.half.each(rank, upward.period, |level, more| {
                // Real weights are far from the end of the number; only a forged file's go round, and find nothing
                // sensible. Written whether it changes or not: a branch here is often guessed wrongly.
                let known = &mut weights[usize::from(level)];
                *known = (*known).min(weight.wrapping_add(more));
            });
        }
        *at = above;
        self.met.push(Met { rank, strand, weight });
    }

    /// Goes back down over the ranks that were met and calls `each` with those that no higher rank reaches better.
    fn descend(&mut self, stall: Upward, mut each: impl FnMut(u32, i64)) {
        for (number, met) in self.met.iter().enumerate().rev() {
            let level = usize::from(stall.tree.level(met.rank));
            let weights = &mut self.strands[met.strand].weights;
            let known = weights[level];
            let mut best = NO_WAY;
            stall.half.each(met.rank, stall.period, |over, more| {
                best = best.min(weights[usize::from(over)].wrapping_add(more));
            });
            if best < known {
                weights[level] = best;
            } else if known < NO_WAY {
                each(met.rank, known);
            }
            // Whoever joined here has the same above.
            while let Some(joined) = self.joined.pop_if(|joined| joined.met == number) {
                let (into, strand) = two(&mut self.strands, joined.into, joined.strand);
                strand.weights[..=level].copy_from_slice(&into.weights[..=level]);
            }
        }
    }

    /// From a rank back down to the seed where its best way began: the ranks below it, one after the other.
    fn climbed(&self, upward: Upward, seeds: &Seeds, top: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let Ok(place) = self.met.binary_search_by_key(&top, |met| met.rank) else { return found };
        let mut at = self.met[place];
        for below in self.met[..place].iter().rev() {
            if seeds.contains(&(at.rank, at.weight)) {
                break;
            }
            let level = upward.tree.level(at.rank);
            if level < upward.tree.level(below.rank)
                && let Some(more) = upward.half.weight(below.rank, upward.period, level)
                && below.weight.wrapping_add(more) == at.weight
                && upward.tree.is_above(at.rank, below.rank)
            {
                found.push(below.rank);
                at = *below;
            }
        }
        found
    }
}
