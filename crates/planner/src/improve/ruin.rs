//! Which requests to take out of a plan.

use super::draw::Draw;
use super::state::{NOWHERE, State};
use crate::model::{Model, Request, Stop, Visit};
use crate::plan::Plan;
use crate::travel::Travel;

/// Number of ways: any, near each other, strings of routes, dear ones, whole routes, one time of day, two routes.
pub(super) const WAYS: usize = 7;

/// Neighbours kept per request.
const NEIGHBOURS: usize = 60;
/// Most requests taken out at once.
const MOST: usize = 24;

/// Memory of the choice.
#[derive(Debug, Clone)]
pub(super) struct Ruin {
    pub chosen: Vec<u32>,
    is_chosen: Vec<bool>,
    /// Requests that may be moved: none of their visits is committed.
    free: Vec<bool>,
    count_free: usize,
    /// For every request the others, nearest in place and time first.
    neighbours: Vec<Vec<u32>>,
    /// All requests in the order of when their rides are.
    by_time: Vec<u32>,
    worth: Vec<(i64, u32)>,
}

impl Ruin {
    pub fn new<T: Travel>(model: &Model<T>, plan: &Plan) -> Ruin {
        let n = model.requests().len();
        let mut free = vec![true; n];
        for (vehicle, visits) in model.vehicles().iter().zip(&plan.routes) {
            for visit in visits.iter().take(vehicle.committed) {
                free[visit.request() as usize] = false;
            }
        }
        for (free, request) in free.iter_mut().zip(model.requests()) {
            *free &= !request.duty;
        }
        Ruin {
            chosen: Vec::new(),
            is_chosen: vec![false; n],
            count_free: free.iter().filter(|f| **f).count(),
            free,
            neighbours: neighbours(model),
            by_time: by_time(model),
            worth: Vec::new(),
        }
    }

    pub fn neighbours(&self) -> &[Vec<u32>] {
        &self.neighbours
    }

    pub fn nothing_to_do(&self) -> bool {
        self.count_free == 0
    }

    pub fn is_chosen(&self, request: u32) -> bool {
        self.is_chosen[request as usize]
    }

    /// Whether each request may change its place and its vehicle at all.
    pub fn list_free(&self) -> &[bool] {
        &self.free
    }

    pub fn is_free(&self, request: u32) -> bool {
        self.free[request as usize] && !self.is_chosen(request)
    }

    pub fn add(&mut self, request: u32) {
        self.is_chosen[request as usize] = true;
        self.chosen.push(request);
    }

    /// Chooses served requests into `self.chosen`.
    pub fn choose<T: Travel>(&mut self, model: &Model<T>, state: &State, draw: &mut Draw, way: usize) {
        for r in self.chosen.drain(..) {
            self.is_chosen[r as usize] = false;
        }
        let served = self.count_free;
        let most = (served / 3).clamp(4, MOST).min(served);
        let count = 1 + draw.low(most, 2);
        match way {
            0 => self.any(state, draw, count),
            1 => self.near(state, draw, count),
            2 => self.strings(state, draw, count),
            3 => self.dear(model, state, draw, count),
            4 => self.whole_route(state, draw, count),
            5 => self.same_time(state, draw, count),
            _ => self.between_two(state, draw, count),
        }
    }

    fn takeable(&self, state: &State, r: u32) -> bool {
        self.is_free(r) && state.home[r as usize] != NOWHERE
    }

    fn any(&mut self, state: &State, draw: &mut Draw, count: usize) {
        let n = state.home.len();
        for _ in 0..count * 4 {
            let r = draw.below(n) as u32;
            if self.chosen.len() < count && self.takeable(state, r) {
                self.add(r);
            }
        }
    }

    /// Where to begin: next to something unserved if there is any, else anywhere.
    fn seed(&self, state: &State, draw: &mut Draw) -> u32 {
        if !state.bank.is_empty() && draw.chance(700) {
            state.bank[draw.below(state.bank.len())]
        } else {
            draw.below(state.home.len()) as u32
        }
    }

    fn near(&mut self, state: &State, draw: &mut Draw, count: usize) {
        let seed = self.seed(state, draw);
        if self.takeable(state, seed) {
            self.add(seed);
        }
        for _ in 0..count * 3 {
            if self.chosen.len() >= count {
                break;
            }
            let from = if self.chosen.is_empty() { seed } else { self.chosen[draw.below(self.chosen.len())] };
            let list = &self.neighbours[from as usize];
            if list.is_empty() {
                break;
            }
            let r = list[draw.low(list.len(), 4)];
            if self.takeable(state, r) {
                self.add(r);
            }
        }
    }

    /// Successive visits of the routes around one request.
    fn strings(&mut self, state: &State, draw: &mut Draw, count: usize) {
        let seed = self.seed(state, draw);
        let longest = 2 + draw.below(14);
        let mut cut: smallvec::SmallVec<[u32; 16]> = smallvec::SmallVec::new();
        for k in 0..=self.neighbours[seed as usize].len() {
            if self.chosen.len() >= count {
                break;
            }
            let r = if k == 0 { seed } else { self.neighbours[seed as usize][k - 1] };
            let home = state.home[r as usize];
            if !self.takeable(state, r) || cut.contains(&home) {
                continue;
            }
            cut.push(home);
            let visits = &state.routes[home as usize].visits;
            let wanted = if draw.chance(500) { Visit::Pickup(r) } else { Visit::Dropoff(r) };
            let at = visits.iter().position(|v| *v == wanted).unwrap_or(0);
            let length = 1 + draw.below(longest.min(visits.len()));
            let first = at.saturating_sub(draw.below(length)).min(visits.len() - length);
            for visit in &visits[first..first + length] {
                let r = visit.request();
                if self.is_free(r) && self.chosen.len() < count {
                    self.add(r);
                }
            }
        }
    }

    /// Requests whose removal saves much.
    fn dear<T: Travel>(&mut self, model: &Model<T>, state: &State, draw: &mut Draw, count: usize) {
        let mut worth = std::mem::take(&mut self.worth);
        worth.clear();
        for route in &state.routes {
            for c in route.carried.iter().filter(|c| self.is_free(c.request)) {
                let (p, d) = (c.from as usize, c.to as usize);
                let cost = |a: usize, b: usize| model.leg_cost(route.nodes[a], route.nodes[b]);
                let around = |k: usize| route.legs[k - 1].cost + route.legs[k].cost - cost(k - 1, k + 1);
                let saved = if p == 0 {
                    around(d)
                } else if d == p + 1 {
                    route.legs[p - 1].cost + route.legs[p].cost + route.legs[d].cost - cost(p - 1, d + 1)
                } else {
                    around(p) + around(d)
                };
                worth.push((-saved, c.request));
            }
        }
        worth.sort_unstable();
        while self.chosen.len() < count && !worth.is_empty() {
            let (_, r) = worth.remove(draw.low(worth.len(), 4));
            self.add(r);
        }
        self.worth = worth;
    }

    /// A whole route, then its neighbours up to the count.
    fn whole_route(&mut self, state: &State, draw: &mut Draw, count: usize) {
        let seed = draw.below(state.home.len()) as u32;
        let home = state.home[seed as usize];
        if home != NOWHERE {
            for c in &state.routes[home as usize].carried {
                if self.is_free(c.request) && self.chosen.len() < MOST {
                    self.add(c.request);
                }
            }
        }
        for k in 0..self.neighbours[seed as usize].len() {
            let r = self.neighbours[seed as usize][k];
            if self.chosen.len() >= count {
                break;
            }
            if self.takeable(state, r) {
                self.add(r);
            }
        }
    }

    /// Requests of all routes around one time.
    fn same_time(&mut self, state: &State, draw: &mut Draw, count: usize) {
        let n = self.by_time.len();
        let reach = (2 * count).min(n);
        let first = draw.below(n - reach + 1);
        for _ in 0..count * 3 {
            let r = self.by_time[first + draw.below(reach)];
            if self.chosen.len() < count && self.takeable(state, r) {
                self.add(r);
            }
        }
    }

    /// Much of two routes that come near each other.
    fn between_two(&mut self, state: &State, draw: &mut Draw, count: usize) {
        let seed = self.seed(state, draw);
        let home = state.home[seed as usize];
        let list = &self.neighbours[seed as usize];
        if home == NOWHERE || list.is_empty() {
            return self.near(state, draw, count);
        }
        let other = (0..8).map(|_| state.home[list[draw.low(list.len(), 3)] as usize]).find(|v| *v != home);
        let routes = [Some(home), other.filter(|v| *v != NOWHERE)];
        let share = 300 + draw.below(700);
        for v in routes.into_iter().flatten() {
            for c in &state.routes[v as usize].carried {
                if self.is_free(c.request) && self.chosen.len() < MOST && draw.chance(share) {
                    self.add(c.request);
                }
            }
        }
    }
}

/// Nearness: driving between the pickups and between the drop-offs, and how far apart the windows lie.
fn neighbours<T: Travel>(model: &Model<T>) -> Vec<Vec<u32>> {
    let from = |r: &Request| r.pickup_stop().unwrap_or(&r.dropoff).at;
    let ends: Vec<_> = model.requests().iter().map(|r| (from(r), r.dropoff.at, time_of(model, r))).collect();
    let apart = |a: usize, b: usize| {
        let ((p, d, t), (q, e, u)) = (ends[a], ends[b]);
        2 * model.ticks(p, q).min(model.ticks(q, p))
            + 2 * model.ticks(d, e).min(model.ticks(e, d))
            + (t - u).abs()
    };
    (0..ends.len())
        .map(|a| {
            let mut others: Vec<(i64, u32)> =
                (0..ends.len()).filter(|b| *b != a).map(|b| (apart(a, b), b as u32)).collect();
            others.sort_unstable();
            others.truncate(NEIGHBOURS);
            others.into_iter().map(|(_, b)| b).collect()
        })
        .collect()
}

/// When the ride is: the middle of the tighter of its two windows, seen from the pickup.
fn time_of<T: Travel>(model: &Model<T>, r: &Request) -> i64 {
    let from = r.pickup_stop().unwrap_or(&r.dropoff);
    let width = |s: &Stop| s.window.close - s.window.open;
    let at = |s: &Stop| s.window.open / 2 + s.window.close / 2;
    let direct = model.ticks(from.at, r.dropoff.at);
    if width(from) <= width(&r.dropoff) { at(from) } else { at(&r.dropoff) - direct }
}

fn by_time<T: Travel>(model: &Model<T>) -> Vec<u32> {
    let mut order: Vec<u32> = (0..model.requests().len() as u32).collect();
    order.sort_by_key(|r| time_of(model, model.request(*r)));
    order
}
