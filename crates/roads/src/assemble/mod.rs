//! From ways as they are drawn to a network: join what only bends, apply restrictions, keep what is connected.

mod draft;
mod chains;
mod restrict;
mod keep;
mod built_up;

use crate::Fault;
use crate::network::Network;
pub(crate) use draft::{Direction, Draft, DraftWay, Restriction, Via, WayLook, post};
pub use keep::{Dropped, Losses};

/// Builds the network of the largest strongly connected part of the turn-expanded graph. Nodes and edges are numbered in
/// the order of the draft's points and ways, so equal drafts give equal networks.
pub(crate) fn assemble(draft: &Draft) -> Result<(Network, Losses), Fault> {
    let mut chains = chains::Chains::of(draft)?;
    built_up::mark(&mut chains.pieces);
    let whole = Network::new(std::mem::take(&mut chains.pieces));
    let (bans, applied, unresolved) = restrict::resolve(draft, &chains, &whole);
    let whole = whole.with_bans(bans);
    let (network, mut losses) = keep::largest(whole)?;
    losses.joined = chains.joined;
    losses.restrictions = applied;
    losses.restrictions_unresolved = unresolved;
    Ok((network, losses))
}

#[cfg(test)]
mod tests;
