//! Customisation (Dibbelt, Strasser, Wagner 2016): which shortcuts an order may need, whatever the weights, what each
//! weighs in one metric, and which of them no best way needs.
//!
//! Between two ranks there is one link, which carries a weight for either direction. The links of a rank to higher ones
//! form a chain in the tree of [`Fill::above`], and every two of them are linked themselves.

use std::sync::Arc;

use crate::hierarchy::{Half, Hierarchy, NONE, Order, UpArc};
use crate::turns::Turns;

/// What no way costs; twice as much is still a number.
const NO_WAY: i64 = i64::MAX / 4;

/// All links that contracting in the order of ranks makes.
pub(crate) struct Fill {
    /// Links of rank `r` to higher ones are `first[r]..first[r + 1]`, by rank.
    first: Vec<u32>,
    high: Vec<u32>,
    /// The same links by their higher end: lower end and number.
    first_below: Vec<u32>,
    below: Vec<(u32, u32)>,
    /// The lowest rank that a rank is linked to upward, `NONE` at the top.
    above: Arc<[u32]>,
}

impl Fill {
    pub fn of(turns: &Turns, order: &Order) -> Fill {
        let ranks = order.state_of.len();
        let (first_turn, turned) = turns_by_lower(turns, order);
        let mut fill = Fill {
            first: Vec::with_capacity(ranks + 1),
            high: Vec::with_capacity(turned.len() * 3),
            first_below: Vec::new(),
            below: Vec::new(),
            above: Arc::default(),
        };
        fill.first.push(0);
        let mut above = vec![NONE; ranks];
        // Ranks whose links pass on to a rank: the newest of them, and for each the one before.
        let (mut newest, mut before) = (vec![NONE; ranks], vec![NONE; ranks]);
        let mut seen = vec![NONE; ranks];
        let mut links = Vec::new();
        for rank in 0..ranks as u32 {
            links.clear();
            let mut take = |high: u32| {
                if high != rank && seen[high as usize] != rank {
                    seen[high as usize] = rank;
                    links.push(high);
                }
            };
            turned[first_turn[rank as usize] as usize..first_turn[rank as usize + 1] as usize]
                .iter()
                .for_each(|high| take(*high));
            let mut lower = newest[rank as usize];
            while lower != NONE {
                fill.links(lower).for_each(|link| take(fill.high[link]));
                lower = before[lower as usize];
            }
            links.sort_unstable();
            if let Some(next) = links.first() {
                above[rank as usize] = *next;
                before[rank as usize] = newest[*next as usize];
                newest[*next as usize] = rank;
            }
            fill.high.extend_from_slice(&links);
            fill.first.push(fill.high.len() as u32);
        }
        fill.above = above.into();
        fill.turn_round();
        fill
    }

    pub fn above(&self) -> &Arc<[u32]> {
        &self.above
    }

    pub fn ranks(&self) -> usize {
        self.first.len() - 1
    }

    fn links(&self, rank: u32) -> std::ops::Range<usize> {
        self.first[rank as usize] as usize..self.first[rank as usize + 1] as usize
    }

    fn below(&self, rank: u32) -> &[(u32, u32)] {
        &self.below[self.first_below[rank as usize] as usize..self.first_below[rank as usize + 1] as usize]
    }

    fn turn_round(&mut self) {
        let mut next = vec![0_u32; self.ranks() + 1];
        for high in &self.high {
            next[*high as usize + 1] += 1;
        }
        for rank in 0..self.ranks() {
            next[rank + 1] += next[rank];
        }
        self.first_below = next.clone();
        self.below = vec![(0, 0); self.high.len()];
        for rank in 0..self.ranks() as u32 {
            for link in self.links(rank) {
                let place = &mut next[self.high[link] as usize];
                self.below[*place as usize] = (rank, link as u32);
                *place += 1;
            }
        }
    }

    pub fn weights(&self) -> Weights {
        let link = Link { weight: [NO_WAY; 2], middle: [NONE; 2] };
        Weights { links: vec![link; self.high.len()] }
    }
}

/// For each rank the higher ranks that a turn joins it with, either way.
fn turns_by_lower(turns: &Turns, order: &Order) -> (Vec<u32>, Vec<u32>) {
    let ends = || {
        (0..turns.len() as u32).flat_map(|from| {
            let a = order.rank_of[from as usize];
            turns.from(from).map(move |(to, _)| {
                let b = order.rank_of[to as usize];
                (a.min(b), a.max(b))
            })
        })
    };
    let mut first = vec![0_u32; order.state_of.len() + 1];
    for (low, _) in ends() {
        first[low as usize + 1] += 1;
    }
    for rank in 0..order.state_of.len() {
        first[rank + 1] += first[rank];
    }
    let mut next = first.clone();
    let mut turned = vec![0; turns.count()];
    for (low, high) in ends() {
        turned[next[low as usize] as usize] = high;
        next[low as usize] += 1;
    }
    (first, turned)
}

/// Upward from the lower end, and downward to it.
const UP: usize = 0;
const DOWN: usize = 1;

#[derive(Clone, Copy)]
struct Link {
    weight: [i64; 2],
    middle: [u32; 2],
}

impl Link {
    fn reach(&mut self, way: usize, weight: i64, middle: u32) {
        if weight < self.weight[way] {
            self.weight[way] = weight;
            self.middle[way] = middle;
        }
    }
}

/// The links' weights in one metric.
pub(crate) struct Weights {
    links: Vec<Link>,
}

impl Weights {
    /// A turn from one rank to another.
    pub fn turn(&mut self, fill: &Fill, from: u32, to: u32, weight: i64) {
        let (low, high, way) = if from < to { (from, to, UP) } else { (to, from, DOWN) };
        let links = fill.links(low);
        if let Ok(place) = fill.high[links.clone()].binary_search(&high) {
            self.links[links.start + place].reach(way, weight, NONE);
        }
    }

    /// Shortcuts over lower ranks, the lowest first: a link then weighs what the best way over lower ranks does.
    pub fn raise(&mut self, fill: &Fill) {
        let mut link_to = vec![NONE; fill.ranks()];
        for rank in 0..fill.ranks() as u32 {
            for link in fill.links(rank) {
                link_to[fill.high[link] as usize] = link as u32;
            }
            for &(low, link) in fill.below(rank) {
                let [up, down] = self.links[link as usize].weight;
                if up >= NO_WAY && down >= NO_WAY {
                    continue;
                }
                // What is linked to the lower end above this rank is linked to this rank as well.
                for other in link as usize + 1..fill.links(low).end {
                    let beyond = self.links[other].weight;
                    let joined = &mut self.links[link_to[fill.high[other] as usize] as usize];
                    joined.reach(UP, down + beyond[UP], low);
                    joined.reach(DOWN, beyond[DOWN] + up, low);
                }
            }
        }
    }

    /// Lowers every link to the best way there is, the highest first, and tells for either direction whether the link is
    /// needed: where a way over higher ranks is better, no best way uses it.
    pub fn perfect(&mut self, fill: &Fill) -> Vec<[bool; 2]> {
        let mut needed = vec![[false; 2]; self.links.len()];
        // Where a link of this rank lies among them; stale entries belong to other ranks.
        let mut place_of = vec![NONE; fill.ranks()];
        let mut best: Vec<[i64; 2]> = Vec::new();
        for rank in (0..fill.ranks() as u32).rev() {
            let links = fill.links(rank);
            let high = &fill.high[links.clone()];
            best.clear();
            best.extend(self.links[links.clone()].iter().map(|link| link.weight));
            for (place, high) in high.iter().enumerate() {
                place_of[*high as usize] = place as u32;
            }
            for (near, over) in high.iter().enumerate() {
                let to_near = self.links[links.start + near].weight;
                for between in fill.links(*over) {
                    let far = place_of[fill.high[between] as usize] as usize;
                    if high.get(far) != Some(&fill.high[between]) {
                        continue;
                    }
                    let step = self.links[between].weight;
                    let to_far = self.links[links.start + far].weight;
                    best[far][UP] = best[far][UP].min(to_near[UP] + step[UP]);
                    best[near][UP] = best[near][UP].min(to_far[UP] + step[DOWN]);
                    best[far][DOWN] = best[far][DOWN].min(step[DOWN] + to_near[DOWN]);
                    best[near][DOWN] = best[near][DOWN].min(step[UP] + to_far[DOWN]);
                }
            }
            for (place, best) in best.iter().enumerate() {
                let link = &mut self.links[links.start + place];
                let is_best = |way: usize| best[way] == link.weight[way] && best[way] < NO_WAY;
                needed[links.start + place] = [is_best(UP), is_best(DOWN)];
                link.weight = best.map(|weight| weight.min(NO_WAY));
            }
        }
        needed
    }

    pub fn hierarchy(&self, fill: &Fill, needed: &[[bool; 2]]) -> Hierarchy {
        let half = |way: usize| {
            let count = needed.iter().filter(|needed| needed[way]).count();
            let mut half = Half {
                first: Vec::with_capacity(fill.ranks() + 1),
                arcs: Vec::with_capacity(count),
                middles: Vec::with_capacity(count),
            };
            half.first.push(0);
            for rank in 0..fill.ranks() as u32 {
                for number in fill.links(rank).filter(|link| needed[*link][way]) {
                    let link = &self.links[number];
                    half.arcs.push(UpArc {
                        to: fill.high[number],
                        millis: (link.weight[way] >> 32) as u32,
                        cm: link.weight[way] as u32,
                    });
                    half.middles.push(link.middle[way]);
                }
                half.first.push(half.arcs.len() as u32);
            }
            half
        };
        Hierarchy { out: half(UP), into: half(DOWN), above: fill.above().clone() }
    }
}
