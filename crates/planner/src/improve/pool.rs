//! Routes met on the way, and the best plan that can be put together from them: a set-partitioning problem.
//!
//! Sources: Lagrangian relaxation with subgradients after Fisher 1981, the pool of a neighbourhood search after Rochat
//! & Taillard 1995 and Gschwind & Drexl 2019. Bounds come from multipliers per request; routes whose reduced cost
//! exceeds the gap can be in no better plan, and among the rest depth-first searches with the same bounds look
//! for the best selection, first near the bound and then farther up. Whole numbers throughout, a limit on nodes instead of time: the same answer everywhere.

use smallvec::SmallVec;

use super::memo::mix;
use crate::model::Visit;

/// Routes kept; beyond this the least promising half is dropped.
const MOST_COLUMNS: usize = 32_000;
/// Subgradient steps.
const ROUNDS: usize = 260;
/// Routes that a search by depth looks at.
const MOST_KEPT: usize = 3_000;
/// Nodes of one search by depth.
const MOST_NODES: u64 = 8_000;
/// Parts of the way from the bound to the best plan in which the searches by depth look for a better one, one after the
/// other: near the bound few routes are left and a search is soon over, and a plan found there need not be looked
/// for farther up.
const PARTS: [i64; 6] = [32, 16, 8, 4, 2, 1];

/// A route that keeps every rule on any vehicle of its class.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub class: u32,
    /// Beyond what a vehicle of the class costs without a visit.
    pub cost: i64,
    /// In ascending order.
    requests: SmallVec<[u32; 16]>,
    pub visits: Box<[Visit]>,
}

#[derive(Debug, Clone)]
pub(super) struct Pool {
    columns: Vec<Column>,
    /// Print of requests and class to the column's number plus one, open addressing.
    slots: Vec<u32>,
    keys: Vec<u64>,
    requests: usize,
    /// Vehicles of each class, by the class's number.
    vehicles: Vec<u32>,
    multipliers: Vec<i64>,
}

impl Pool {
    pub fn new(requests: usize, classes: &[u32]) -> Pool {
        let mut vehicles = vec![0; classes.len()];
        for class in classes {
            vehicles[*class as usize] += 1;
        }
        Pool {
            columns: Vec::new(),
            slots: vec![0; (4 * MOST_COLUMNS).next_power_of_two()],
            keys: Vec::new(),
            requests,
            vehicles,
            multipliers: vec![0; requests],
        }
    }

    /// Enters a route; of several with the same riders the cheapest stays.
    pub fn note(&mut self, class: u32, cost: i64, visits: &[Visit]) {
        let mut key = mix(u64::from(class) + 77);
        for visit in visits {
            if let Visit::Dropoff(r) = visit {
                key = key.wrapping_add(mix(u64::from(*r) + 0x51ed_270b));
            }
        }
        let mask = self.slots.len() - 1;
        let mut at = key as usize & mask;
        while self.slots[at] != 0 {
            let known = self.slots[at] as usize - 1;
            if self.keys[known] == key {
                let column = &mut self.columns[known];
                if cost < column.cost {
                    (column.cost, column.visits) = (cost, visits.into());
                }
                return;
            }
            at = (at + 1) & mask;
        }
        if self.columns.len() >= MOST_COLUMNS {
            self.thin();
            return self.note(class, cost, visits);
        }
        let mut requests: SmallVec<[u32; 16]> =
            visits.iter().filter(|v| matches!(v, Visit::Dropoff(_))).map(|v| v.request()).collect();
        requests.sort_unstable();
        self.columns.push(Column { class, cost, requests, visits: visits.into() });
        self.keys.push(key);
        self.slots[at] = self.columns.len() as u32;
    }

    /// Keeps the half with the least reduced cost, the newer ones among equals.
    fn thin(&mut self) {
        let mut order: Vec<(i64, std::cmp::Reverse<usize>)> =
            (0..self.columns.len()).map(|k| (self.reduced(k), std::cmp::Reverse(k))).collect();
        order.sort_unstable();
        let mut keep: Vec<usize> = order[..MOST_COLUMNS / 2].iter().map(|(_, k)| k.0).collect();
        keep.sort_unstable();
        self.slots.fill(0);
        let mask = self.slots.len() - 1;
        for (number, k) in keep.iter().enumerate() {
            self.columns.swap(number, *k);
            self.keys.swap(number, *k);
            let mut at = self.keys[number] as usize & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = number as u32 + 1;
        }
        self.columns.truncate(keep.len());
        self.keys.truncate(keep.len());
    }

    /// The routes of least reduced cost, in the order in which they were met.
    pub fn promising(&self, most: usize) -> Vec<Column> {
        let mut order: Vec<(i64, usize)> = (0..self.columns.len()).map(|k| (self.reduced(k), k)).collect();
        order.sort_unstable();
        order.truncate(most);
        order.sort_unstable_by_key(|(_, k)| *k);
        order.into_iter().map(|(_, k)| self.columns[k].clone()).collect()
    }

    /// Numbers of the routes of least reduced cost, the least first. They hold until the next route is noted.
    pub fn list_cheapest(&self, most: usize) -> Vec<usize> {
        let mut order: Vec<(i64, usize)> = (0..self.columns.len()).map(|k| (self.reduced(k), k)).collect();
        order.sort_unstable();
        order.truncate(most);
        order.into_iter().map(|(_, k)| k).collect()
    }

    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn column(&self, k: usize) -> &Column {
        &self.columns[k]
    }

    /// What it is worth to carry the request, by the present multipliers.
    pub fn worth(&self, request: u32) -> i64 {
        self.multipliers[request as usize]
    }

    fn reduced(&self, k: usize) -> i64 {
        let column = &self.columns[k];
        column.cost - column.requests.iter().map(|r| self.multipliers[*r as usize]).sum::<i64>()
    }

    /// Moves the multipliers towards what the routes known by now are worth and returns the bound that follows from
    /// them: no selection of these routes costs less. `upper`: what the best plan costs.
    pub fn weigh(&mut self, upper: i64) -> i64 {
        if self.multipliers.iter().all(|m| *m == 0) {
            self.first_multipliers();
        }
        self.raise(upper)
    }

    /// The cheapest selection found that carries everybody for less than `upper`; `bound` comes from
    /// [`Pool::weigh`].
    pub fn recombine(&self, bound: i64, upper: i64) -> Option<Vec<&Column>> {
        if bound >= upper {
            return None;
        }
        let mut order: Vec<(i64, usize)> = (0..self.columns.len()).map(|k| (self.reduced(k), k)).collect();
        order.retain(|(reduced, _)| bound + reduced < upper);
        order.sort_unstable();
        order.truncate(MOST_KEPT);
        PARTS.iter().find_map(|part| {
            let target = bound + (upper - bound) / part;
            let end = order.partition_point(|(reduced, _)| bound + reduced < target);
            self.dive(&order[..end], target)
        })
    }

    /// The cheapest selection of these routes, sorted by reduced cost, that costs less than `target`.
    fn dive(&self, kept: &[(i64, usize)], target: i64) -> Option<Vec<&Column>> {
        let words = self.requests.div_ceil(64);
        let mut bits = vec![0u64; kept.len() * words];
        for ((_, k), bits) in kept.iter().zip(bits.chunks_exact_mut(words)) {
            for r in &self.columns[*k].requests {
                bits[*r as usize / 64] |= 1 << (r % 64);
            }
        }
        let mut dive = Dive {
            pool: self,
            reduced: kept.iter().map(|(reduced, _)| *reduced).collect(),
            kept: kept.iter().map(|(_, k)| *k).collect(),
            bits,
            words,
            upper: target - self.multipliers.iter().sum::<i64>(),
            left: self.vehicles.clone(),
            slots: self.vehicles.iter().sum(),
            nodes: 0,
            chosen: Vec::new(),
            best: None,
            counts: vec![0; self.requests],
        };
        let all: Vec<u32> = (0..kept.len() as u32).collect();
        let mut free = vec![0u64; words];
        (0..self.requests).for_each(|r| free[r / 64] |= 1 << (r % 64));
        dive.go(&all, &free, 0);
        let best = dive.best?;
        Some(best.into_iter().map(|k| &self.columns[kept[k as usize].1]).collect())
    }

    /// Every request's least share of a route's cost.
    fn first_multipliers(&mut self) {
        self.multipliers.fill(i64::MAX);
        for column in &self.columns {
            let share = column.cost / column.requests.len().max(1) as i64;
            for r in &column.requests {
                let m = &mut self.multipliers[*r as usize];
                *m = (*m).min(share);
            }
        }
        for m in &mut self.multipliers {
            *m = if *m == i64::MAX { 0 } else { *m };
        }
    }

    /// Subgradient steps; leaves the best multipliers and returns their bound.
    fn raise(&mut self, upper: i64) -> i64 {
        let mut best = (i64::MIN, self.multipliers.clone());
        let mut pace: i128 = 1_024;
        let mut stale = 0;
        let mut negative: Vec<(u32, i64, u32)> = Vec::new();
        let mut uncovered = vec![1i64; self.requests];
        for _ in 0..ROUNDS {
            negative.clear();
            for k in 0..self.columns.len() {
                let reduced = self.reduced(k);
                if reduced < 0 {
                    negative.push((self.columns[k].class, reduced, k as u32));
                }
            }
            negative.sort_unstable();
            uncovered.fill(1);
            let mut bound: i64 = self.multipliers.iter().sum();
            let (mut class, mut taken) = (u32::MAX, 0);
            for (c, reduced, k) in &negative {
                if *c != class {
                    (class, taken) = (*c, 0);
                }
                if taken < self.vehicles[class as usize] {
                    taken += 1;
                    bound += reduced;
                    self.columns[*k as usize].requests.iter().for_each(|r| uncovered[*r as usize] -= 1);
                }
            }
            if bound > best.0 {
                stale = 0;
                best = (bound, self.multipliers.clone());
            } else {
                stale += 1;
                if stale == 8 {
                    (stale, pace) = (0, pace / 2);
                    self.multipliers.clone_from(&best.1);
                    if pace < 8 {
                        break;
                    }
                    continue;
                }
            }
            let norm: i64 = uncovered.iter().map(|u| u * u).sum();
            if norm == 0 || bound >= upper {
                break;
            }
            let step = (i128::from(upper - bound) * pace / 1_024 / i128::from(norm)) as i64;
            for (m, u) in self.multipliers.iter_mut().zip(&uncovered) {
                *m += step * u;
            }
        }
        self.multipliers = best.1;
        best.0
    }
}

/// The search by depth.
struct Dive<'a> {
    pool: &'a Pool,
    reduced: Vec<i64>,
    kept: Vec<usize>,
    bits: Vec<u64>,
    words: usize,
    /// What the reduced costs of a selection must stay below.
    upper: i64,
    left: Vec<u32>,
    slots: u32,
    nodes: u64,
    chosen: Vec<u32>,
    best: Option<Vec<u32>>,
    counts: Vec<u32>,
}

impl Dive<'_> {
    /// `open`: columns, by reduced cost, that touch free requests only and whose class has a vehicle left.
    fn go(&mut self, open: &[u32], free: &[u64], sum: i64) {
        if free.iter().all(|word| *word == 0) {
            // Not yet certain: the bound on the way here allowed for a cheaper last route.
            if sum < self.upper {
                (self.upper, self.best) = (sum, Some(self.chosen.clone()));
            }
            return;
        }
        self.nodes += 1;
        let least = open.first().map_or(0, |k| self.reduced[*k as usize].min(0));
        if self.nodes > MOST_NODES || sum + least * i64::from(self.slots) >= self.upper {
            return;
        }
        // The request with the fewest columns.
        self.counts.fill(0);
        for k in open {
            for r in &self.pool.columns[self.kept[*k as usize]].requests {
                self.counts[*r as usize] += 1;
            }
        }
        let is_free = |r: usize| free[r / 64] >> (r % 64) & 1 == 1;
        let Some(r) = (0..self.counts.len()).filter(|r| is_free(*r)).min_by_key(|r| self.counts[*r]) else {
            return;
        };
        if self.counts[r] == 0 || self.slots == 0 {
            return;
        }
        let mut next = Vec::with_capacity(open.len());
        for k in open {
            let bits = &self.bits[*k as usize * self.words..(*k as usize + 1) * self.words];
            if bits[r / 64] >> (r % 64) & 1 == 0 {
                continue;
            }
            let sum = sum + self.reduced[*k as usize];
            if sum + least * i64::from(self.slots - 1) >= self.upper {
                break;
            }
            let bits = bits.to_vec();
            let class = self.pool.columns[self.kept[*k as usize]].class as usize;
            self.left[class] -= 1;
            let used_up = self.left[class] == 0;
            next.clear();
            next.extend(open.iter().copied().filter(|other| {
                let column = &self.bits[*other as usize * self.words..(*other as usize + 1) * self.words];
                column.iter().zip(&bits).all(|(a, b)| a & b == 0)
                    && !(used_up && self.pool.columns[self.kept[*other as usize]].class as usize == class)
            }));
            let rest: Vec<u64> = free.iter().zip(&bits).map(|(f, b)| f & !b).collect();
            self.slots -= 1;
            self.chosen.push(*k);
            let inner = std::mem::take(&mut next);
            self.go(&inner, &rest, sum);
            next = inner;
            self.chosen.pop();
            self.slots += 1;
            self.left[class] += 1;
            if self.nodes > MOST_NODES {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improve::draw::Draw;

    const RIDERS: usize = 9;

    /// The least cost of any selection that carries everybody once with the vehicles there are.
    fn least(pool: &Pool, riders: u32, vehicles: &mut [u32]) -> Option<i64> {
        if riders == 0 {
            return Some(0);
        }
        let first = riders.trailing_zeros();
        let mut best: Option<i64> = None;
        for column in &pool.columns {
            let mask = column.requests.iter().fold(0, |mask, r| mask | 1u32 << r);
            if mask >> first & 1 == 0 || mask & !riders != 0 || vehicles[column.class as usize] == 0 {
                continue;
            }
            vehicles[column.class as usize] -= 1;
            let rest = least(pool, riders & !mask, vehicles);
            vehicles[column.class as usize] += 1;
            best = rest.map(|rest| rest + column.cost).into_iter().chain(best).min();
        }
        best
    }

    #[test]
    fn the_selection_is_the_cheapest_of_all() {
        let mut better = 0;
        for seed in 0..60 {
            let mut draw = Draw::new(seed);
            // Two vehicles of one class, one of another.
            let mut pool = Pool::new(RIDERS, &[0, 0, 2]);
            for _ in 0..70 {
                let mut riders: Vec<u32> = (0..RIDERS as u32).collect();
                draw.shuffle(&mut riders);
                riders.truncate(1 + draw.below(5));
                let cost = 20 + 10 * riders.len() as i64 + draw.below(40) as i64;
                let visits: Vec<Visit> = riders.iter().map(|r| Visit::Dropoff(*r)).collect();
                pool.note(2 * u32::from(draw.chance(300)), cost, &visits);
            }
            let Some(least) = least(&pool, (1 << RIDERS) - 1, &mut [2, 0, 1]) else { continue };
            let upper = least + 1 + draw.below(30) as i64;
            let bound = pool.weigh(upper);
            assert!(bound <= least, "seed {seed}: bound {bound} above {least}");
            let chosen = pool.recombine(bound, upper).unwrap();
            assert_eq!(chosen.iter().map(|c| c.cost).sum::<i64>(), least, "seed {seed}");
            let bound = pool.weigh(least);
            assert!(pool.recombine(bound, least).is_none());
            better += 1;
        }
        assert!(better > 20, "only {better} of the draws could be served at all");
    }
}
