//! What hangs together is kept; what does not is counted by cause.

use crate::Fault;
use crate::network::{Arc, Network, Pieces, arc, edge_of, flag};
use crate::strong::{largest_part, whole_part_of};
use crate::turns::Turns;

/// Roads that were left out for one reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Stretches between junctions.
    pub edges: u64,
    pub metres: u64,
}

/// What an assembly left out, and what it made of the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// Stretches of usable roads before anything was left out.
    pub edges: u64,
    pub metres: u64,
    /// No road at all leads there from the rest.
    pub islands: Dropped,
    /// One-way roads lead in and not out, or out and not in.
    pub traps: Dropped,
    /// Forbidden turns shut it off.
    pub shut_off: Dropped,
    /// Stretches kept in one direction only, because the other is one of these.
    pub one_direction: u64,
    /// Points between junctions that became the shape of an edge.
    pub joined: usize,
    /// Turn restrictions applied, and those whose ways do not meet in the part that was read.
    pub restrictions: u64,
    pub restrictions_unresolved: u64,
}

impl Losses {
    /// Share of the length of usable roads that was left out.
    pub fn share(&self) -> f64 {
        let lost = self.islands.metres + self.traps.metres + self.shut_off.metres;
        lost as f64 / (self.metres as f64).max(1.0)
    }
}

/// Keeps the arcs of the largest strongly connected part of the turn-expanded graph, and the nodes they need.
pub(super) fn largest(whole: Network) -> Result<(Network, Losses), Fault> {
    let kept = kept_arcs(&whole)?;
    let mut losses = Losses::default();
    count(&whole, &kept, &mut losses);
    let mut pieces = Pieces { drives_left: whole.drives_left, ..Pieces::default() };
    let node_of = kept_nodes(&whole, &kept, &mut pieces);
    let mut edge_of_old = vec![u32::MAX; whole.edges.len()];
    let mut name_of = vec![u32::MAX; whole.names.len()];
    pieces.names.push(String::new());
    name_of[0] = 0;
    for (i, edge) in whole.edges.iter().enumerate() {
        let open = [(true, flag::OPEN_AB), (false, flag::OPEN_BA)];
        let stays = open.map(|(forward, bit)| if kept[arc(i as u32, forward) as usize] { bit } else { 0 });
        let mut edge = *edge;
        let before = edge.flags & (flag::OPEN_AB | flag::OPEN_BA);
        let after = stays[0] | stays[1];
        if after == 0 {
            continue;
        }
        losses.one_direction += u64::from(before != after);
        edge.flags = edge.flags & !(flag::OPEN_AB | flag::OPEN_BA) | after;
        (edge.a, edge.b) = (node_of[edge.a as usize], node_of[edge.b as usize]);
        let name = &mut name_of[edge.name as usize];
        if *name == u32::MAX {
            *name = pieces.names.len() as u32;
            pieces.names.push(whole.names[edge.name as usize].clone());
        }
        edge.name = *name;
        let from = pieces.shape.len() as u32;
        pieces.shape.extend(&whole.shape[edge.shape_from as usize..edge.shape_to as usize]);
        (edge.shape_from, edge.shape_to) = (from, pieces.shape.len() as u32);
        edge_of_old[i] = pieces.edges.len() as u32;
        pieces.edges.push(edge);
    }
    if pieces.edges.is_empty() {
        return Err(Fault::Unconnected);
    }
    let renamed = |old: Arc| {
        let edge = edge_of_old[edge_of(old)];
        (edge != u32::MAX && kept[old as usize]).then(|| arc(edge, old.is_multiple_of(2)))
    };
    // A ban over an arc that is gone can never be met.
    pieces.bans = whole.bans.iter().filter_map(|ban| ban.iter().map(|a| renamed(*a)).collect()).collect();
    pieces.bans.sort_unstable();
    Ok((Network::new(pieces), losses))
}

/// Puts the nodes that kept arcs touch into the pieces, in their order; gives their new numbers.
fn kept_nodes(whole: &Network, kept: &[bool], pieces: &mut Pieces) -> Vec<u32> {
    let mut used = vec![false; whole.points.len()];
    for (_, edge) in whole.edges.iter().enumerate().filter(|(i, _)| kept[i * 2] || kept[i * 2 + 1]) {
        (used[edge.a as usize], used[edge.b as usize]) = (true, true);
    }
    let mut node_of = vec![u32::MAX; whole.points.len()];
    for (old, _) in used.iter().enumerate().filter(|(_, used)| **used) {
        node_of[old] = pieces.points.len() as u32;
        pieces.points.push(whole.points[old]);
        pieces.node_flags.push(whole.node_flags[old]);
    }
    node_of
}

fn kept_arcs(whole: &Network) -> Result<Vec<bool>, Fault> {
    let turns = Turns::of(whole)?;
    let mut steps = Vec::with_capacity(turns.count());
    for state in 0..turns.len() as u32 {
        steps.extend(turns.from(state).map(|(to, _)| (state, to)));
    }
    let mut kept = largest_part(turns.len(), &steps);
    if kept.iter().filter(|kept| **kept).count() < 2 {
        // An arc by itself, from which one cannot come back to it.
        kept.fill(false);
    }
    kept.truncate(whole.edges.len() * 2);
    for (arc, kept) in kept.iter_mut().enumerate() {
        *kept &= whole.is_open(arc as Arc);
    }
    Ok(kept)
}

fn count(whole: &Network, kept: &[bool], losses: &mut Losses) {
    let nodes = whole.points.len();
    let mut ways = Vec::with_capacity(whole.edges.len() * 2);
    for edge in 0..whole.edges.len() as u32 {
        for forward in [true, false] {
            let a = arc(edge, forward);
            if whole.is_open(a) {
                ways.push((whole.tail(a), whole.head(a)));
            }
        }
    }
    let ends: Vec<(u32, u32)> = whole.edges.iter().map(|e| (e.a, e.b)).collect();
    let strong = largest_part(nodes, &ways);
    let home = (0..whole.edges.len()).find(|e| kept[e * 2] || kept[e * 2 + 1]);
    let near = whole_part_of(nodes, &ends, home.map(|e| whole.edges[e].a));
    for (i, edge) in whole.edges.iter().enumerate() {
        let metres = u64::from(edge.cm) / 100;
        losses.edges += 1;
        losses.metres += metres;
        if kept[i * 2] || kept[i * 2 + 1] {
            continue;
        }
        let cause = if !near[edge.a as usize] {
            &mut losses.islands
        } else if !(strong[edge.a as usize] && strong[edge.b as usize]) {
            &mut losses.traps
        } else {
            &mut losses.shut_off
        };
        cause.edges += 1;
        cause.metres += metres;
    }
}
