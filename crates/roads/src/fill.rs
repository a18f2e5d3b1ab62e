//! Customisation (Dibbelt, Strasser, Wagner 2016): which shortcuts an order may need, whatever the weights, what each
//! weighs in every period, and which of them no best way needs.
//!
//! Between two ranks there is one link, which carries a weight for either direction. The links of a rank to higher ones
//! lie on the chain above it, and every two of them are linked themselves.

use crate::Fault;
use crate::half::{Arc, Half};
use crate::hierarchy::{Hierarchy, NONE, Order};
use crate::metric::Metric;
use crate::speeds::Period;
use crate::turns::Turns;

/// What no way costs; twice as much is still a number.
const NO_WAY: i64 = i64::MAX / 4;
/// Links of a road network: some ten for each state. More than so many times the states, and a good million, only a forged
/// extract has; more than `MOST_LINKS` do not fit into a hierarchy of 4 GiB.
const LINKS_FOR_EACH: usize = 100;
const LINKS_AT_LEAST: usize = 1 << 20;
const MOST_LINKS: usize = 100_000_000;

/// All links that contracting in the order of ranks makes.
pub(crate) struct Fill {
    /// Links of rank `r` to higher ones are `first[r]..first[r + 1]`, by rank.
    first: Vec<u32>,
    high: Vec<u32>,
    /// The same links by their higher end: lower end and number.
    first_below: Vec<u32>,
    below: Vec<(u32, u32)>,
}

impl Fill {
    /// # Errors
    /// [`Fault::TooLarge`] where there are more links than roads make or a hierarchy takes.
    pub fn of(turns: &Turns, order: &Order) -> Result<Fill, Fault> {
        let ranks = order.state_of.len();
        let most = MOST_LINKS.min(ranks * LINKS_FOR_EACH + LINKS_AT_LEAST);
        let (first_turn, turned) = turns.by_lower_rank(&order.rank_of, ranks);
        let mut fill = Fill {
            first: Vec::with_capacity(ranks + 1),
            high: Vec::with_capacity(turned.len() * 3),
            first_below: Vec::new(),
            below: Vec::new(),
        };
        fill.first.push(0);
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
            let above = order.tree.above(rank);
            debug_assert_eq!(links.first().copied().unwrap_or(NONE), above);
            if above != NONE {
                before[rank as usize] = newest[above as usize];
                newest[above as usize] = rank;
            }
            fill.high.extend_from_slice(&links);
            fill.first.push(fill.high.len() as u32);
            if fill.high.len() > most {
                return Err(Fault::TooLarge {
                    what: "its roads cross each other more than those of any region",
                });
            }
        }
        fill.turn_round();
        Ok(fill)
    }

    fn ranks(&self) -> usize {
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

    /// What the metrics of all periods make of an order; this must be of the same turns and order.
    pub fn hierarchy(&self, turns: &Turns, metrics: &[Metric; 4], order: &Order) -> Hierarchy {
        let customise = |metric: &Metric| {
            let mut weights = Weights { links: vec![[NO_WAY; 2]; self.high.len()] };
            for from in 0..turns.len() as u32 {
                let low = order.rank_of[from as usize];
                for (to, how) in turns.from(from) {
                    let step = metric.step(how, turns.arc_of(to));
                    weights.turn(self, low, order.rank_of[to as usize], step);
                }
            }
            weights.raise(self);
            let needed = weights.clone().perfect(self);
            (weights, needed)
        };
        let [first, second] = [&metrics[..2], &metrics[2..]];
        let all: Vec<(Weights, Vec<[bool; 2]>)> = std::thread::scope(|scope| {
            let other = scope.spawn(move || second.iter().map(customise).collect::<Vec<_>>());
            let mut all: Vec<_> = first.iter().map(customise).collect();
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            all
        });
        let half = |way: usize| {
            let mut half = Half::with_capacity(self.ranks());
            let mut arcs = Vec::new();
            for rank in 0..self.ranks() as u32 {
                arcs.clear();
                let links = self.links(rank).filter(|link| all.iter().any(|(_, needed)| needed[*link][way]));
                arcs.extend(links.map(|link| Arc {
                    level: order.tree.level(self.high[link]),
                    weights: Period::ALL.map(|period| all[period.index()].0.links[link][way]),
                }));
                half.push(&arcs);
            }
            half.shrink();
            half
        };
        Hierarchy::new(half(UP), half(DOWN), order.tree.clone())
    }
}

/// Upward from the lower end, and downward to it.
const UP: usize = 0;
const DOWN: usize = 1;

/// The links' weights in one metric.
#[derive(Clone)]
struct Weights {
    links: Vec<[i64; 2]>,
}

impl Weights {
    fn reach(&mut self, link: usize, way: usize, weight: i64) {
        let known = &mut self.links[link][way];
        *known = (*known).min(weight);
    }

    /// A turn from one rank to another.
    fn turn(&mut self, fill: &Fill, from: u32, to: u32, weight: i64) {
        let (low, high, way) = if from < to { (from, to, UP) } else { (to, from, DOWN) };
        let links = fill.links(low);
        if let Ok(place) = fill.high[links.clone()].binary_search(&high) {
            self.reach(links.start + place, way, weight);
        }
    }

    /// Shortcuts over lower ranks, the lowest first: a link then weighs what the best way over lower ranks does.
    fn raise(&mut self, fill: &Fill) {
        let mut link_to = vec![NONE; fill.ranks()];
        for rank in 0..fill.ranks() as u32 {
            for link in fill.links(rank) {
                link_to[fill.high[link] as usize] = link as u32;
            }
            for &(low, link) in fill.below(rank) {
                let [up, down] = self.links[link as usize];
                if up >= NO_WAY && down >= NO_WAY {
                    continue;
                }
                // What is linked to the lower end above this rank is linked to this rank as well.
                for other in link as usize + 1..fill.links(low).end {
                    let beyond = self.links[other];
                    let joined = link_to[fill.high[other] as usize] as usize;
                    self.reach(joined, UP, down + beyond[UP]);
                    self.reach(joined, DOWN, beyond[DOWN] + up);
                }
            }
        }
    }

    /// Lowers every link to the best way there is, the highest first, and tells for either direction whether the link is
    /// needed: where a way over higher ranks is better, no best way uses it.
    fn perfect(mut self, fill: &Fill) -> Vec<[bool; 2]> {
        let mut needed = vec![[false; 2]; self.links.len()];
        // Where a link of this rank lies among them; stale entries belong to other ranks.
        let mut place_of = vec![NONE; fill.ranks()];
        let mut best: Vec<[i64; 2]> = Vec::new();
        for rank in (0..fill.ranks() as u32).rev() {
            let links = fill.links(rank);
            let high = &fill.high[links.clone()];
            best.clear();
            best.extend_from_slice(&self.links[links.clone()]);
            for (place, high) in high.iter().enumerate() {
                place_of[*high as usize] = place as u32;
            }
            for (near, over) in high.iter().enumerate() {
                let to_near = self.links[links.start + near];
                for between in fill.links(*over) {
                    let far = place_of[fill.high[between] as usize] as usize;
                    if high.get(far) != Some(&fill.high[between]) {
                        continue;
                    }
                    let step = self.links[between];
                    let to_far = self.links[links.start + far];
                    best[far][UP] = best[far][UP].min(to_near[UP] + step[UP]);
                    best[near][UP] = best[near][UP].min(to_far[UP] + step[DOWN]);
                    best[far][DOWN] = best[far][DOWN].min(step[DOWN] + to_near[DOWN]);
                    best[near][DOWN] = best[near][DOWN].min(step[UP] + to_far[DOWN]);
                }
            }
            for (place, best) in best.iter().enumerate() {
                let link = &mut self.links[links.start + place];
                let is_best = |way: usize| best[way] == link[way] && best[way] < NO_WAY;
                needed[links.start + place] = [is_best(UP), is_best(DOWN)];
                *link = best.map(|weight| weight.min(NO_WAY));
            }
        }
        needed
    }
}
