//! Searches on a hierarchy: one to one from both ends, and what can be reached upward from one end (tables: `many`).
//!
//! A search needs no queue: whatever lies upward of a rank lies on the chain of ranks above it, so it visits the chain from
//! the lowest rank to the highest (elimination tree; Dibbelt, Strasser, Wagner 2016).
//!
//! A search begins at seeds: ranks with the weight already spent there. A seed's weight may be negative where the end of a
//! journey lies before the end of an arc.

use std::cell::RefCell;

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
            let climb = ahead.climbed(&self.out, from, meeting);
            let mut ranks = vec![climb.last().map_or(meeting, |(rank, _)| *rank)];
            let mut next = climb.iter().rev().map(|(rank, _)| *rank).skip(1).chain([meeting]);
            for (rank, arc) in climb.iter().rev() {
                let to = next.next().unwrap_or(meeting);
                self.unpack(*rank, to, self.out.middles[*arc as usize], &mut ranks);
            }
            let mut rank = meeting;
            for (below, arc) in back.climbed(&self.into, to, meeting) {
                self.unpack(rank, below, self.into.middles[arc as usize], &mut ranks);
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
            open.push((middle, to, self.out.middle(middle, to)));
            open.push((from, middle, self.into.middle(middle, from)));
        }
    }

    /// Climbs from both ends, rank by rank; a best way's highest rank is met from either.
    fn meet(&self, from: &Seeds, to: &Seeds, scratch: &mut Scratch) -> (i64, u32) {
        let [ahead, back] = &mut scratch.searches;
        ahead.begin(self.ranks(), from);
        back.begin(self.ranks(), to);
        let least = |seeds: &Seeds| seeds.iter().map(|(_, weight)| *weight).min().unwrap_or(0);
        let (least_from, least_to) = (least(from), least(to));
        let mut best = (UNREACHED, NONE);
        loop {
            let (a, b) = (ahead.chains.lowest(), back.chains.lowest());
            let rank = a.min(b);
            if rank == NONE {
                return best;
            }
            if a == b {
                let (there, rest) = (ahead.weights[rank as usize], back.weights[rank as usize]);
                if there < NO_WAY && rest < NO_WAY {
                    best = best.min((there + rest, rank));
                }
            }
            if a == rank {
                ahead.climb(self, &self.out, rank, best.0.saturating_sub(least_to));
            }
            if b == rank {
                back.climb(self, &self.into, rank, best.0.saturating_sub(least_from));
            }
        }
    }

    /// All ranks above the seeds to which the best way leads upward only, along the arcs or against them, with their
    /// weight, into `settled`. What is reached better over a higher rank is left out: that one is on the list.
    fn label<'s>(&self, along: bool, seeds: &Seeds, search: &'s mut Search) -> &'s [(u32, i64)] {
        let (half, stall) = if along { (&self.out, &self.into) } else { (&self.into, &self.out) };
        search.begin(self.ranks(), seeds);
        loop {
            let rank = search.chains.lowest();
            if rank == NONE {
                break;
            }
            search.climb(self, half, rank, UNREACHED);
        }
        search.descend(stall);
        &search.settled
    }

    /// Calls `each` with every rank to which the best way leads upward.
    pub fn reached(&self, along: bool, seeds: &Seeds, mut each: impl FnMut(u32, i64)) {
        SCRATCH.with_borrow_mut(|scratch| {
            for (rank, weight) in self.label(along, seeds, &mut scratch.searches[0]) {
                each(*rank, *weight);
            }
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

/// Where a search goes on: the lowest rank not yet visited above each seed, without those that are equal.
#[derive(Default)]
struct Chains(SmallVec<[u32; 4]>);

impl Chains {
    /// `NONE` at the end.
    fn lowest(&self) -> u32 {
        self.0.iter().copied().min().unwrap_or(NONE)
    }

    fn pass(&mut self, rank: u32, above: &[u32]) {
        let next = above[rank as usize];
        if let [only] = self.0.as_mut_slice() {
            *only = next;
            return;
        }
        self.0.retain(|at| *at != rank);
        if !self.0.contains(&next) {
            self.0.push(next);
        }
    }
}

#[derive(Default)]
struct Search {
    /// By rank; [`NO_WAY`] but for ranks that were met.
    weights: Vec<i64>,
    chains: Chains,
    /// Ranks of the chains, upward.
    met: Vec<u32>,
    settled: Vec<(u32, i64)>,
}

/// The weight of what is not reached; a real way's weight may be added to it.
const NO_WAY: i64 = i64::MAX / 4;

impl Search {
    fn begin(&mut self, ranks: usize, seeds: &Seeds) {
        for rank in self.met.drain(..) {
            self.weights[rank as usize] = NO_WAY;
        }
        if self.weights.len() < ranks {
            self.weights.resize(ranks, NO_WAY);
        }
        self.chains.0.clear();
        self.settled.clear();
        for (rank, weight) in seeds {
            let known = &mut self.weights[*rank as usize];
            *known = (*known).min(*weight);
            if !self.chains.0.contains(rank) {
                self.chains.0.push(*rank);
            }
        }
    }

    /// Takes the lowest rank's arcs, unless it lies `limit` away or farther, and goes on to the next.
    fn climb(&mut self, hierarchy: &Hierarchy, half: &Half, rank: u32, limit: i64) {
        let weight = self.weights[rank as usize];
        if weight < limit.min(NO_WAY) {
            for up in half.of(rank) {
                // Real weights are far from the end of the number; only a forged file's go round, and find nothing
                // sensible. Written whether it changes or not: a branch here is often guessed wrongly.
                let known = &mut self.weights[up.to as usize];
                *known = (*known).min(weight.wrapping_add(up.weight()));
            }
        }
        self.met.push(rank);
        self.chains.pass(rank, &hierarchy.above);
    }

    /// Goes back down over the ranks that were met and settles those that no higher rank reaches better.
    fn descend(&mut self, stall: &Half) {
        for rank in self.met.iter().rev().copied() {
            let known = self.weights[rank as usize];
            let over = stall.of(rank).iter();
            let best = over.map(|over| self.weights[over.to as usize].wrapping_add(over.weight())).min();
            match best {
                Some(best) if best < known => self.weights[rank as usize] = best,
                _ if known < NO_WAY => self.settled.push((rank, known)),
                _ => {}
            }
        }
    }

    /// From a rank back down to the seed where its best way began: each rank below with its arc to the one before.
    fn climbed(&self, half: &Half, seeds: &Seeds, top: u32) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        let mut at = top;
        let is_seed = |at: u32| seeds.contains(&(at, self.weights[at as usize]));
        for below in self.met.iter().rev().skip_while(|rank| **rank >= top).copied() {
            if is_seed(at) {
                break;
            }
            let arcs = half.of(below);
            if let Ok(place) = arcs.binary_search_by_key(&at, |arc| arc.to)
                && self.weights[below as usize].wrapping_add(arcs[place].weight())
                    == self.weights[at as usize]
            {
                found.push((below, half.first[below as usize] + place as u32));
                at = below;
            }
        }
        found
    }
}
