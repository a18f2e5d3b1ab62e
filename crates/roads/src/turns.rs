//! The turn-expanded graph: its states are arcs, its steps the turns from one arc into the next.
//!
//! A state stands for a vehicle at the head of an arc, before it turns. A turn that is forbidden only for those who came
//! a certain way needs copies of the arcs on that way; a copy remembers how it was reached.

// order: both sets and the map are only looked up, never walked.
use rustc_hash::{FxHashMap, FxHashSet};

use crate::network::{Arc, Network, edge_of, flag};
use crate::speeds::Profile;
use crate::{Fault, RoadClass};

/// How one arc leads into the next: a kind in the lower three bits, and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn(pub u8);

impl Turn {
    const STRAIGHT: u8 = 0;
    const NEAR: u8 = 1;
    const FAR: u8 = 2;
    const SHARP_NEAR: u8 = 3;
    const SHARP_FAR: u8 = 4;
    const ROUND: u8 = 5;
    const BEND: u8 = 6;
    const KIND: u8 = 7;
    const GIVE_WAY: u8 = 8;
    const BOARD: u8 = 16;

    pub fn millis(self, profile: &Profile) -> u32 {
        let kind = match self.0 & Turn::KIND {
            Turn::NEAR => profile.near_turn_ms,
            Turn::FAR => profile.far_turn_ms,
            Turn::SHARP_NEAR => profile.near_turn_ms + profile.sharp_ms,
            Turn::SHARP_FAR => profile.far_turn_ms + profile.sharp_ms,
            Turn::ROUND => profile.u_turn_ms,
            Turn::BEND => profile.sharp_ms,
            _ => 0,
        };
        let give_way = if self.0 & Turn::GIVE_WAY != 0 { profile.give_way_ms } else { 0 };
        let board = if self.0 & Turn::BOARD != 0 { profile.boarding_ms } else { 0 };
        kind + give_way + board
    }
}

/// Clockwise turn in 256ths of a circle, from -128 to 127.
pub(crate) fn bend(network: &Network, from: Arc, to: Arc) -> i8 {
    network.heading_out(to).wrapping_sub(network.heading_in(from)) as i8
}

/// Up to 40 degrees one goes straight on; beyond 120 the turn is sharp.
pub(crate) const STRAIGHT_BEND: u8 = 28;
pub(crate) const SHARP_BEND: u8 = 85;

/// How the second arc, which leaves the head of the first, is turned into; `None` where one must not turn round.
pub(crate) fn turn(network: &Network, from: Arc, to: Arc) -> Option<Turn> {
    let node = network.head(from);
    if edge_of(from) == edge_of(to) {
        if network.is_dead_end(node) {
            return Some(Turn(Turn::ROUND));
        }
        return may_turn_round(network, from, node).then_some(Turn(Turn::ROUND | Turn::GIVE_WAY));
    }
    let (e, f) = (network.edge(from), network.edge(to));
    let bend = bend(network, from, to);
    let board = f.class == RoadClass::Ferry && e.class != RoadClass::Ferry;
    let boarding = if board { Turn::BOARD } else { 0 };
    let (mut edges, mut greater) = (0, 0);
    for other in network.edges_at(node) {
        edges += 1;
        greater += usize::from(network.edges[other].class < e.class);
    }
    let sharp = bend.unsigned_abs() > SHARP_BEND;
    if edges <= 2 {
        return Some(Turn(boarding | if sharp { Turn::BEND } else { Turn::STRAIGHT }));
    }
    let (was_round, is_round) = (e.has(flag::ROUND), f.has(flag::ROUND));
    if was_round {
        return Some(Turn(boarding | Turn::STRAIGHT));
    }
    if is_round {
        return Some(Turn(boarding | Turn::GIVE_WAY));
    }
    let near = (bend < 0) == network.drives_left;
    let kind = match (bend.unsigned_abs() <= STRAIGHT_BEND, near, sharp) {
        (true, ..) => Turn::STRAIGHT,
        (_, true, false) => Turn::NEAR,
        (_, false, false) => Turn::FAR,
        (_, true, true) => Turn::SHARP_NEAR,
        (_, false, true) => Turn::SHARP_FAR,
    };
    // A side road that meets a greater one passing by has to wait for a gap.
    let gives_way = greater >= 2 && !network.has_signals(node) && !e.has(flag::RAMP);
    Some(Turn(boarding | kind | if gives_way { Turn::GIVE_WAY } else { 0 }))
}

/// Besides dead ends a driver turns round, in several moves and after letting others pass, in the mouth of a quiet side
/// street; not between lights and not on a roundabout or a ramp. Without this a house on the far kerb of a long road would
/// lie kilometres away.
fn may_turn_round(network: &Network, from: Arc, node: u32) -> bool {
    let come = network.edge(from);
    let mouth = |other: usize| {
        let e = &network.edges[other];
        other != edge_of(from) && e.is_quiet() && !e.has(flag::RAMP | flag::ROUND)
    };
    let barred = come.has(flag::RAMP | flag::ROUND) || !come.class.may_halt();
    !barred
        && !network.has_signals(node)
        && network.edges_at(node).count() >= 3
        && network.edges_at(node).any(mouth)
}

/// Roads at a junction, squared and summed: some ten for each road. More than so many for each, and a good million, only a
/// forged extract has.
const TURNS_FOR_EACH: usize = 100;
const TURNS_AT_LEAST: usize = 1 << 20;

/// States and turns. States `0..arcs` are the arcs themselves, closed ones included; copies follow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns {
    /// Arcs of the copies.
    copies: Vec<Arc>,
    /// The same by arc, with the copies' states.
    by_arc: Vec<(Arc, u32)>,
    arcs: u32,
    /// Turns out of state `s` are numbered `first[s]..first[s + 1]`.
    first: Vec<u32>,
    to: Vec<u32>,
    how: Vec<Turn>,
}

impl Turns {
    /// # Errors
    /// [`Fault::TooLarge`] where junctions join more roads than any that were built.
    pub fn of(network: &Network) -> Result<Turns, Fault> {
        let joined =
            (0..network.points.len() as u32).map(|node| network.edges_at(node).count().pow(2)).sum::<usize>();
        if joined > network.edges.len() * TURNS_FOR_EACH + TURNS_AT_LEAST {
            return Err(Fault::TooLarge { what: "its junctions join more roads than those of any region" });
        }
        let bans = Bans::of(network);
        let arcs = network.edges.len() as u32 * 2;
        let mut turns = Turns { copies: bans.copies.clone(), arcs, ..Turns::default() };
        turns.by_arc = turns.copies.iter().zip(arcs..).map(|(arc, state)| (*arc, state)).collect();
        turns.by_arc.sort_unstable();
        turns.first.reserve(turns.len() + 1);
        turns.to.reserve(arcs as usize * 2);
        turns.how.reserve(arcs as usize * 2);
        turns.first.push(0);
        for state in 0..turns.len() as u32 {
            let from = turns.arc_of(state);
            if network.is_open(from) {
                for to in network.arcs_from(network.head(from)) {
                    if let Some(how) = turn(network, from, to)
                        && let Some(next) = bans.next(state, from, to)
                    {
                        turns.to.push(next);
                        turns.how.push(how);
                    }
                }
            }
            turns.first.push(turns.to.len() as u32);
        }
        turns.to.shrink_to_fit();
        turns.how.shrink_to_fit();
        Ok(turns)
    }

    /// Number of states.
    pub fn len(&self) -> usize {
        self.arcs as usize + self.copies.len()
    }

    pub fn arc_of(&self, state: u32) -> Arc {
        if state < self.arcs { state } else { self.copies[(state - self.arcs) as usize] }
    }

    /// The arc and its copies.
    pub fn states_of(&self, arc: Arc) -> impl Iterator<Item = u32> + '_ {
        let from = self.by_arc.partition_point(|(of, _)| *of < arc);
        let copies = self.by_arc[from..].iter().take_while(move |(of, _)| *of == arc);
        std::iter::once(arc).chain(copies.map(|(_, state)| *state))
    }

    pub fn from(&self, state: u32) -> impl Iterator<Item = (u32, Turn)> + '_ {
        let range = self.first[state as usize] as usize..self.first[state as usize + 1] as usize;
        self.to[range.clone()].iter().copied().zip(self.how[range].iter().copied())
    }

    pub fn count(&self) -> usize {
        self.to.len()
    }

    /// For each rank the higher ranks that a turn joins it with, either way: where each one's list begins, and the lists.
    pub fn by_lower_rank(&self, rank_of: &[u32], ranks: usize) -> (Vec<u32>, Vec<u32>) {
        self.by_rank(rank_of, ranks, |a, b| (a.min(b), a.max(b)))
    }

    /// For each rank the lower ranks, likewise.
    pub fn by_higher_rank(&self, rank_of: &[u32], ranks: usize) -> (Vec<u32>, Vec<u32>) {
        self.by_rank(rank_of, ranks, |a, b| (a.max(b), a.min(b)))
    }

    fn by_rank(
        &self,
        rank_of: &[u32],
        ranks: usize,
        ends: impl Fn(u32, u32) -> (u32, u32),
    ) -> (Vec<u32>, Vec<u32>) {
        let all = || {
            (0..self.len() as u32).flat_map(|from| {
                let (a, ends) = (rank_of[from as usize], &ends);
                self.from(from).map(move |(to, _)| ends(a, rank_of[to as usize]))
            })
        };
        let mut first = vec![0_u32; ranks + 1];
        for (own, _) in all() {
            first[own as usize + 1] += 1;
        }
        for rank in 0..ranks {
            first[rank + 1] += first[rank];
        }
        let mut next = first.clone();
        let mut others = vec![0; self.count()];
        for (own, other) in all() {
            others[next[own as usize] as usize] = other;
            next[own as usize] += 1;
        }
        (first, others)
    }
}

/// Forbidden sequences of arcs as an automaton.
struct Bans {
    pairs: FxHashSet<(Arc, Arc)>,
    whole: FxHashSet<Vec<Arc>>,
    /// Beginnings of at least two arcs, and the states that remember them.
    begun: FxHashMap<Vec<Arc>, u32>,
    /// What each copy remembers.
    memory: Vec<Vec<Arc>>,
    copies: Vec<Arc>,
    starts: FxHashSet<Arc>,
    arcs: u32,
}

impl Bans {
    fn of(network: &Network) -> Bans {
        let mut bans = Bans {
            pairs: FxHashSet::default(),
            whole: FxHashSet::default(),
            begun: FxHashMap::default(),
            memory: Vec::new(),
            copies: Vec::new(),
            starts: FxHashSet::default(),
            arcs: network.edges.len() as u32 * 2,
        };
        for ban in &network.bans {
            match ban.as_slice() {
                [from, to] => {
                    bans.pairs.insert((*from, *to));
                }
                [first, .., last] => {
                    bans.starts.insert(*first);
                    for length in 2..ban.len() {
                        let beginning = ban[..length].to_vec();
                        if !bans.begun.contains_key(&beginning) {
                            bans.begun.insert(beginning.clone(), bans.arcs + bans.copies.len() as u32);
                            bans.copies.push(ban[length - 1]);
                            bans.memory.push(beginning);
                        }
                    }
                    debug_assert!(ban.len() > 2 && *last < bans.arcs);
                    bans.whole.insert(ban.clone());
                }
                _ => {}
            }
        }
        bans
    }

    /// The state after turning into `to`; `None` where that is forbidden.
    fn next(&self, state: u32, from: Arc, to: Arc) -> Option<u32> {
        if self.pairs.contains(&(from, to)) {
            return None;
        }
        if state < self.arcs && !self.starts.contains(&from) {
            return Some(to);
        }
        let mut driven = match state.checked_sub(self.arcs) {
            Some(copy) => self.memory[copy as usize].clone(),
            None => vec![from],
        };
        driven.push(to);
        let mut next = to;
        for begin in (0..driven.len() - 1).rev() {
            let tail = &driven[begin..];
            if self.whole.contains(tail) {
                return None;
            }
            // The longest beginning is found last and stands.
            if let Some(copy) = self.begun.get(tail) {
                next = *copy;
            }
        }
        Some(next)
    }
}
