//! A contraction hierarchy over the turn-expanded graph: states in the order of [`Order`], and those shortcuts without which
//! a best way of some period would be lost. The searches on it are in `search`, what its arcs weigh is packed in `half`.

use std::sync::{Arc, OnceLock};

use crate::Fault;
use crate::dissect::arcs_by_cut;
use crate::half::Half;
use crate::network::Network;
use crate::speeds::Period;
use crate::turns::Turns;

pub(crate) const NONE: u32 = u32::MAX;

/// Ranks in a tree: whatever contracting a rank links it to lies above it (elimination tree; Liu 1990). The ranks below a
/// rank are the numbers before its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    /// The next rank that any search upward may meet; `NONE` at the top.
    above: Vec<u32>,
    /// How many ranks lie above.
    levels: Vec<u16>,
}

/// Contraction order: state by rank, least important first, and back. One for all periods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Order {
    pub rank_of: Vec<u32>,
    pub state_of: Vec<u32>,
    pub tree: Arc<Tree>,
}

/// Ranks name states in here: 0 is the least important, and every arc leads to a higher rank.
#[derive(Debug, Default)]
pub(crate) struct Hierarchy {
    /// Along the arcs: out of the state, upward.
    pub out: Half,
    /// Against the arcs: into the state, from higher ranks.
    pub into: Half,
    pub tree: Arc<Tree>,
    lower: OnceLock<Lower>,
}

/// The other ends of a rank's arcs to and from lower ranks: what shortcuts go over. Kept as steps downward, the first one
/// from the rank itself, in bytes of seven bits with a mark on all but the last (LEB128).
#[derive(Debug)]
struct Lower {
    first: Vec<u32>,
    steps: Vec<u8>,
}

impl Lower {
    fn of(&self, rank: u32) -> impl Iterator<Item = u32> + '_ {
        let mut steps =
            self.steps[self.first[rank as usize] as usize..self.first[rank as usize + 1] as usize].iter();
        let mut at = rank;
        std::iter::from_fn(move || {
            let (mut step, mut shift) = (0, 0);
            loop {
                let byte = *steps.next()?;
                step |= u32::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    at -= step;
                    return Some(at);
                }
            }
        })
    }
}

/// Bytes of a step in [`Lower`].
fn length(step: u32) -> u32 {
    (32 - (step | 1).leading_zeros()).div_ceil(7)
}

impl Tree {
    /// # Errors
    /// A sentence without subject where the levels are not those of a tree.
    pub fn from_levels(levels: Vec<u16>) -> Result<Tree, String> {
        let mut above = vec![NONE; levels.len()];
        // The ranks from the top down to the last one.
        let mut chain: Vec<u32> = Vec::new();
        for rank in (0..levels.len()).rev() {
            let level = usize::from(levels[rank]);
            if level > chain.len() {
                return Err(format!("rank {rank} lies at level {level} under level {}", chain.len()));
            }
            chain.truncate(level);
            above[rank] = chain.last().copied().unwrap_or(NONE);
            chain.push(rank as u32);
        }
        Ok(Tree { above, levels })
    }

    pub fn ranks(&self) -> usize {
        self.above.len()
    }

    pub fn above(&self, rank: u32) -> u32 {
        self.above[rank as usize]
    }

    pub fn level(&self, rank: u32) -> u16 {
        self.levels[rank as usize]
    }

    pub fn levels(&self) -> &[u16] {
        &self.levels
    }

    pub fn is_above(&self, high: u32, rank: u32) -> bool {
        let mut at = rank;
        while at < high {
            at = self.above(at);
        }
        at == high && high != rank
    }
}

impl Order {
    /// By nested dissection: what leads across the first cut comes last.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] where ranks lie deeper than any town needs.
    pub fn find(network: &Network, turns: &Turns) -> Result<Order, Fault> {
        let arcs = arcs_by_cut(network).into_iter().filter(|arc| network.is_open(*arc));
        let states = arcs.flat_map(|arc| turns.states_of(arc));
        Order::of_states(states.collect(), turns)
    }

    /// These states in an order that costs the same shortcuts, in which what hangs together has numbers in a row.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] where ranks lie deeper than any town needs.
    pub fn of_states(state_of: Vec<u32>, turns: &Turns) -> Result<Order, Fault> {
        let above =
            elimination_tree(&turns.by_higher_rank(&Order::ranks_of(&state_of, turns.len()), state_of.len()));
        let ranks = state_of.len();
        let mut sizes = vec![1_u32; ranks];
        for rank in 0..ranks {
            if let Some(high) = above.get(rank).filter(|high| **high != NONE) {
                sizes[*high as usize] += sizes[rank];
            }
        }
        // From the top: a rank takes the next free number below those that the one above it has given already.
        let mut free = vec![0_u32; ranks];
        let mut free_top = ranks as u32;
        let mut levels_of = vec![0_u32; ranks];
        let mut sorted = vec![0; ranks];
        let mut levels = vec![0; ranks];
        for rank in (0..ranks).rev() {
            let high = above[rank];
            let end = if high == NONE { &mut free_top } else { &mut free[high as usize] };
            let place = *end - 1;
            *end -= sizes[rank];
            free[rank] = place;
            levels_of[rank] = if high == NONE { 0 } else { levels_of[high as usize] + 1 };
            sorted[place as usize] = state_of[rank];
            levels[place as usize] = u16::try_from(levels_of[rank])
                .map_err(|_| Fault::TooLarge { what: "more than 65,536 junctions hang on each other" })?;
        }
        let tree = Tree::from_levels(levels).map_err(|_| Fault::TooLarge { what: "its order is no tree" })?;
        Ok(Order::new(sorted, turns.len(), tree))
    }

    /// `state_of` must hold no state twice and none beyond `states`; those without turns may be absent.
    pub fn new(state_of: Vec<u32>, states: usize, tree: Tree) -> Order {
        Order { rank_of: Order::ranks_of(&state_of, states), state_of, tree: Arc::new(tree) }
    }

    fn ranks_of(state_of: &[u32], states: usize) -> Vec<u32> {
        let mut rank_of = vec![NONE; states];
        for (rank, state) in state_of.iter().enumerate() {
            rank_of[*state as usize] = rank as u32;
        }
        rank_of
    }
}

/// The next rank above each, given the lower ranks that a turn joins each rank with.
fn elimination_tree((first, lower): &(Vec<u32>, Vec<u32>)) -> Vec<u32> {
    let ranks = first.len() - 1;
    let mut above = vec![NONE; ranks];
    // A shorter way up, only for finding the top.
    let mut skip = vec![NONE; ranks];
    for rank in 0..ranks as u32 {
        for low in &lower[first[rank as usize] as usize..first[rank as usize + 1] as usize] {
            let mut at = *low;
            while at != rank {
                let next = std::mem::replace(&mut skip[at as usize], rank);
                if next == NONE {
                    above[at as usize] = rank;
                    break;
                }
                at = next;
            }
        }
    }
    above
}

impl Hierarchy {
    pub fn new(out: Half, into: Half, tree: Arc<Tree>) -> Hierarchy {
        Hierarchy { out, into, tree, lower: OnceLock::new() }
    }

    /// Bytes of memory, without what only paths ask for.
    pub fn bytes(&self) -> usize {
        self.out.size() + self.into.size()
    }

    /// The lower rank that the arc from one rank to another goes over.
    pub fn middle(&self, period: Period, from: u32, to: u32, weight: i64) -> Option<u32> {
        let lower = self.lower.get_or_init(|| self.find_lower());
        let low = from.min(to);
        let (level_from, level_to) = (self.tree.level(from), self.tree.level(to));
        lower.of(low).find(|middle| {
            let up = self.into.weight(*middle, period, level_from);
            let whole = up.and_then(|up| Some(up.wrapping_add(self.out.weight(*middle, period, level_to)?)));
            whole == Some(weight)
        })
    }

    fn find_lower(&self) -> Lower {
        let ranks = self.tree.ranks();
        let mut first = vec![0_u32; ranks + 1];
        let begin: Vec<u32> = (0..ranks as u32).collect();
        let mut last = begin.clone();
        let step =
            |last: &mut [u32], low: u32, high: u32| std::mem::replace(&mut last[high as usize], low) - low;
        self.each_link(|low, high| first[high as usize + 1] += length(step(&mut last, low, high)));
        for rank in 0..ranks {
            first[rank + 1] += first[rank];
        }
        let (mut next, mut last) = (first.clone(), begin);
        let mut steps = vec![0; first[ranks] as usize];
        self.each_link(|low, high| {
            let (mut rest, place) = (step(&mut last, low, high), &mut next[high as usize]);
            loop {
                let more = rest > 0x7f;
                steps[*place as usize] = (rest & 0x7f) as u8 | if more { 0x80 } else { 0 };
                *place += 1;
                rest >>= 7;
                if !more {
                    break;
                }
            }
        });
        Lower { first, steps }
    }

    /// Every pair of ranks between which there is an arc either way, the lower one first.
    fn each_link(&self, mut each: impl FnMut(u32, u32)) {
        let mut chain: Vec<u32> = Vec::new();
        let mut levels: Vec<u16> = Vec::new();
        for rank in (0..self.tree.ranks() as u32).rev() {
            chain.truncate(usize::from(self.tree.level(rank)));
            levels.clear();
            levels.extend(self.out.levels(rank).chain(self.into.levels(rank)));
            levels.sort_unstable();
            levels.dedup();
            levels.iter().for_each(|level| each(rank, chain[usize::from(*level)]));
            chain.push(rank);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_make_a_tree() {
        let tree = Tree::from_levels(vec![2, 2, 1, 1, 0, 0]).unwrap();
        assert_eq!(tree.above, [2, 2, 4, 4, NONE, NONE]);
        assert!(tree.is_above(4, 0) && tree.is_above(2, 1) && !tree.is_above(3, 0) && !tree.is_above(5, 0));
        assert!(!tree.is_above(2, 2));
        assert!(Tree::from_levels(vec![0, 2, 0]).unwrap_err().contains("rank 1 lies at level 2"));
        assert!(Tree::from_levels(vec![1]).is_err());
        assert_eq!(Tree::from_levels(Vec::new()).unwrap().ranks(), 0);
    }

    #[test]
    fn the_tree_follows_from_what_contracting_links() {
        // 0 and 1 join 2; 0 joins 4, so that contracting it links 2 and 4; 3 stands alone.
        let lower = (vec![0, 0, 0, 2, 2, 3], vec![0, 1, 0]);
        assert_eq!(elimination_tree(&lower), [2, 2, 4, NONE, NONE]);
    }
}
