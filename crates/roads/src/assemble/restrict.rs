//! Turn restrictions translated into forbidden sequences of arcs.

use super::chains::Chains;
use super::draft::{Draft, Restriction, Via};
use crate::network::{Arc, Network, arc, edge_of};
use crate::turns::turn;

/// Forbidden sequences, how many restrictions they come from, and how many restrictions could not be placed: their ways
/// do not meet, or do not lie in the part that was read.
pub(super) fn resolve(draft: &Draft, chains: &Chains, network: &Network) -> (Vec<Vec<Arc>>, u64, u64) {
    let mut bans = Vec::new();
    let (mut applied, mut unresolved) = (0, 0);
    for restriction in &draft.restrictions {
        match one(draft, chains, network, restriction) {
            Some(found) => {
                applied += 1;
                bans.extend(found);
            }
            None => unresolved += 1,
        }
    }
    bans.sort_unstable();
    bans.dedup();
    (bans, applied, unresolved)
}

fn one(draft: &Draft, chains: &Chains, network: &Network, r: &Restriction) -> Option<Vec<Vec<Arc>>> {
    let (entry, path) = match &r.via {
        Via::Point(point) => (*point, Vec::new()),
        Via::Ways(ways) => through(draft, chains, network, r, ways)?,
    };
    let exit = match path.last() {
        Some(last) => network.head(*last),
        None => *chains.node_of.get(entry as usize).filter(|n| **n != u32::MAX)?,
    };
    let entry = *chains.node_of.get(entry as usize).filter(|n| **n != u32::MAX)?;
    let come: Vec<Arc> = arcs_at(chains, network, &r.from, entry, false);
    let gone: Vec<Arc> = arcs_at(chains, network, &r.to, exit, true);
    if come.is_empty() || gone.is_empty() {
        return None;
    }
    let mut bans = Vec::new();
    for from in &come {
        let mut begun = vec![*from];
        begun.extend(&path);
        if r.only {
            // Whoever has begun to drive the sequence must drive it to its end.
            for length in 1..=begun.len() {
                let at = network.head(begun[length - 1]);
                let on: Vec<Arc> = if length < begun.len() { vec![begun[length]] } else { gone.clone() };
                // On a way of several, only who has entered it is bound.
                if length == 1 && begun.len() > 1 {
                    continue;
                }
                let others = network.arcs_from(at).filter(|to| !on.contains(to));
                let others = others.filter(|to| turn(network, begun[length - 1], *to).is_some());
                bans.extend(others.map(|to| [&begun[..length], &[to]].concat()));
            }
        } else {
            // Turning round where no way out exists is never what a restriction means.
            let last = edge_of(begun[begun.len() - 1]);
            let on = gone.iter().filter(|to| edge_of(**to) != last || !network.is_dead_end(exit));
            bans.extend(on.map(|to| [&begun[..], &[*to]].concat()));
        }
    }
    Some(bans)
}

/// Open arcs of the ways that arrive at a node, or leave it.
fn arcs_at(chains: &Chains, network: &Network, ways: &[u32], node: u32, leaving: bool) -> Vec<Arc> {
    let mut arcs: Vec<Arc> = Vec::new();
    for way in ways {
        let (first, end) = (chains.first_segment[*way as usize], chains.first_segment[*way as usize + 1]);
        for segment in first..end {
            let edge = chains.edge_of_segment[segment as usize];
            let Some(e) = network.edges.get(edge as usize) else { continue };
            let wanted = match (e.a == node, e.b == node) {
                (true, false) => arc(edge, leaving),
                (false, true) => arc(edge, !leaving),
                _ => continue,
            };
            if network.is_open(wanted) && !arcs.contains(&wanted) {
                arcs.push(wanted);
            }
        }
    }
    arcs
}

/// The point where the first way comes in, and the arcs along the ways between to where the last goes out.
fn through(
    draft: &Draft,
    chains: &Chains,
    network: &Network,
    r: &Restriction,
    ways: &[Vec<u32>],
) -> Option<(u32, Vec<Arc>)> {
    let points = |pieces: &[u32]| -> Vec<u32> {
        pieces.iter().flat_map(|way| draft.ways[*way as usize].nodes.iter().copied()).collect()
    };
    let (from, to) = (points(&r.from), points(&r.to));
    let mut entry = None;
    let mut here: Option<u32> = None;
    let mut path: Vec<Arc> = Vec::new();
    for (i, pieces) in ways.iter().enumerate() {
        // A way between in several pieces is cut by a barrier or by the edge of the extract: nothing leads through.
        let [way] = pieces.as_slice() else { return None };
        let nodes = &draft.ways[*way as usize].nodes;
        let before = if i == 0 { from.clone() } else { points(&ways[i - 1]) };
        let after = ways.get(i + 1).map_or_else(|| to.clone(), |next| points(next));
        let ends = [*nodes.first()?, *nodes.last()?];
        let begin = match here {
            Some(point) => point,
            None => {
                *ends.iter().find(|p| before.contains(p) && !(after.contains(p) && ends[0] != ends[1]))?
            }
        };
        let end = *ends.iter().find(|p| **p != begin && after.contains(p))?;
        entry.get_or_insert(begin);
        path.extend(along_way(chains, network, *way, begin)?);
        here = Some(end);
    }
    Some((entry?, path))
}

/// The arcs of a whole way, from one of its end points to the other.
fn along_way(chains: &Chains, network: &Network, way: u32, begin: u32) -> Option<Vec<Arc>> {
    let (first, end) = (chains.first_segment[way as usize], chains.first_segment[way as usize + 1]);
    let mut segments: Vec<u32> = (first..end).collect();
    if chains.segments.get(first as usize)?.a != begin {
        segments.reverse();
    }
    let mut at = *chains.node_of.get(begin as usize).filter(|n| **n != u32::MAX)?;
    let mut arcs: Vec<Arc> = Vec::new();
    for segment in segments {
        let edge = chains.edge_of_segment[segment as usize];
        if arcs.last().is_some_and(|last| edge_of(*last) == edge as usize) {
            continue;
        }
        let e = network.edges.get(edge as usize)?;
        let next = arc(edge, e.a == at);
        if (e.a != at && e.b != at) || !network.is_open(next) {
            return None;
        }
        at = e.other(at);
        arcs.push(next);
    }
    Some(arcs)
}
