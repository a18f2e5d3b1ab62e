//! What each section holds.

use std::sync::Arc;

use super::codec::{Input, Output, word};
use super::{Parts, Tag, Written};
use crate::hierarchy::{Half, Hierarchy, NONE, Order, UpArc};
use crate::map::MapLayers;
use crate::network::{Edge, Halts, Network, Pieces, flag, is_forward};
use crate::shapes::{AreaKind, AreaShape, Label, LabelKind, RiverShape, Scenery};
use crate::speeds::{Period, Speeds, Surface};
use crate::turns::Turns;
use crate::{RoadClass, Source};

/// Bytes of an edge in the file.
const EDGE: usize = 39;

/// No arc may take longer than 25 days, so that sums of several stay in range.
const LONGEST_MILLIS: u32 = 1 << 31;

pub(super) fn encode(tag: &Tag, what: &Written) -> Vec<u8> {
    let mut out = Output::default();
    let net = what.net;
    match tag {
        b"SRCE" => {
            out.text(&what.source.title);
            out.text(&what.source.licence);
        }
        b"NETW" => network(&mut out, &net.network),
        b"SPED" => out.bytes = serde_json::to_vec(&net.speeds).unwrap_or_default(),
        b"ORDR" => {
            out.numbers(&net.order.state_of);
            out.numbers(&net.ready(Period::Midday).hierarchy.above);
        }
        b"HIE0" | b"HIE1" | b"HIE2" | b"HIE3" => {
            let period = Period::ALL[usize::from(tag[3] - b'0')];
            let hierarchy = &net.ready(period).hierarchy;
            for half in [&hierarchy.out, &hierarchy.into] {
                out.numbers(&half.first);
                out.bytes.reserve(half.arcs.len() * 16 + 8);
                out.list(&half.arcs, |out, arc| {
                    for n in [arc.to, arc.millis, arc.cm] {
                        out.u32(n);
                    }
                });
                out.numbers(&half.middles);
            }
        }
        b"SCEN" => scenery(&mut out, what.scenery),
        _ => out.bytes = what.map.to_vec(),
    }
    out.bytes
}

/// Checksum of what gives nodes their meaning.
pub(crate) fn fingerprint(of: &Network) -> u32 {
    let mut out = Output::default();
    network(&mut out, of);
    crc32fast::hash(&out.bytes)
}

fn network(out: &mut Output, network: &Network) {
    out.byte(u8::from(network.drives_left));
    out.list(&network.names, |out, name| out.text(name));
    out.points(&network.points);
    out.list(&network.node_flags, |out, flags| out.byte(*flags));
    out.points(&network.shape);
    out.bytes.reserve(network.edges.len() * EDGE);
    out.list(&network.edges, |out, e| {
        for n in [e.a, e.b, e.name, e.cm, e.shape_from, e.shape_to] {
            out.u32(n);
        }
        let halts = e.halts.map(|h| [h.signals, h.crossings, h.stops, h.level_crossings]);
        let small =
            [e.class as u8, e.surface as u8, e.flags, e.limit_kmh, e.width_dm, e.heading_a, e.heading_b];
        out.bytes.extend_from_slice(&small);
        out.bytes.extend_from_slice(halts.as_flattened());
    });
    out.list(&network.bans, |out, ban| out.numbers(ban));
}

fn scenery(out: &mut Output, scenery: &Scenery) {
    out.list(&scenery.areas, |out, area| {
        out.byte(area.kind as u8);
        out.points(&area.ring);
    });
    out.list(&scenery.rivers, |out, river| {
        out.text(&river.name);
        out.u32(river.width_metres);
        out.points(&river.line);
    });
    out.list(&scenery.railways, |out, line| out.points(line));
    out.list(&scenery.labels, |out, label| {
        out.byte(label.kind as u8);
        out.text(&label.name);
        out.text(&label.furigana);
        out.points(&[label.point]);
    });
}

/// Sections as they come.
#[derive(Default)]
pub(super) struct Unread {
    source: Option<Source>,
    network: Option<Network>,
    speeds: Option<Speeds>,
    /// With the next rank above each.
    order: Option<[Vec<u32>; 2]>,
    hierarchies: Vec<(Period, Hierarchy)>,
    scenery: Option<Scenery>,
    map: Option<MapLayers>,
}

impl Unread {
    pub fn take(&mut self, tag: &Tag, bytes: &[u8]) -> Result<(), String> {
        let mut input = Input::new(bytes);
        match tag {
            b"SRCE" => self.source = Some(Source { title: input.text()?, licence: input.text()? }),
            b"NETW" => self.network = Some(read_network(&mut input)?),
            b"SPED" => {
                let speeds = serde_json::from_slice(bytes).map_err(|e| format!("its speeds: {e}"))?;
                self.speeds = Some(speeds);
                return Ok(());
            }
            b"ORDR" => self.order = Some([input.numbers()?, input.numbers()?]),
            b"HIE0" | b"HIE1" | b"HIE2" | b"HIE3" => {
                let period = Period::ALL[usize::from(tag[3] - b'0')];
                self.hierarchies.push((period, read_hierarchy(&mut input)?));
            }
            b"SCEN" => self.scenery = Some(read_scenery(&mut input)?),
            _ => {
                // A network that shows only itself has none.
                let map = if bytes.is_empty() { Ok(None) } else { MapLayers::from_bytes(bytes).map(Some) };
                self.map = map.map_err(|e| format!("its map: {e}"))?;
                return Ok(());
            }
        }
        input.end()
    }

    pub fn whole(mut self) -> Result<Parts, String> {
        let lacks = |what: &str| format!("it lacks its {what}");
        let network = self.network.ok_or_else(|| lacks("network"))?;
        let turns = Turns::of(&network);
        let [order, above] = self.order.ok_or_else(|| lacks("order of contraction"))?;
        check_order(&order, &network, &turns)?;
        let upward =
            |(rank, above): (u32, &u32)| *above > rank && (*above == NONE || (*above as usize) < order.len());
        if above.len() != order.len() || !(0..).zip(&above).all(upward) {
            return Err("its chains of ranks do not lead upward".to_owned());
        }
        let chains = Chains::of(&above);
        let above: Arc<[u32]> = above.into();
        for (period, hierarchy) in &mut self.hierarchies {
            hierarchy.above = above.clone();
            check_hierarchy(hierarchy, &chains)
                .map_err(|what| format!("its hierarchy for {}: {what}", period.as_str()))?;
        }
        Ok(Parts {
            source: self.source.ok_or_else(|| lacks("source"))?,
            order: Order::new(order, turns.len()),
            network,
            turns,
            speeds: self.speeds.ok_or_else(|| lacks("speeds"))?,
            hierarchies: self.hierarchies,
            scenery: self.scenery.ok_or_else(|| lacks("scenery"))?,
            map: self.map,
        })
    }
}

fn read_network(input: &mut Input) -> Result<Network, String> {
    let drives_left = input.byte()? != 0;
    let names = input.list(4, Input::text)?;
    let points = input.points()?;
    let node_flags = input.records::<1, _>(|[flags]| *flags)?;
    let shape = input.points()?;
    let edges = input.records::<EDGE, _>(read_edge)?;
    let bans = input.list(4, Input::numbers)?;
    if names.first().is_none_or(|first| !first.is_empty()) {
        return Err("the first road name is not the empty one".to_owned());
    }
    if node_flags.len() != points.len() {
        return Err(format!("{} nodes have flags, {} have places", node_flags.len(), points.len()));
    }
    for (i, e) in edges.iter().enumerate() {
        let ends = (e.a as usize) < points.len() && (e.b as usize) < points.len() && e.a != e.b;
        let rest = (e.name as usize) < names.len()
            && e.shape_from <= e.shape_to
            && e.shape_to as usize <= shape.len();
        if !ends || !rest || e.cm == 0 || e.flags & (flag::OPEN_AB | flag::OPEN_BA) == 0 {
            return Err(format!(
                "edge {i} refers to something outside the file, or has no length or direction"
            ));
        }
    }
    if edges.len() > 1 << 29 || edges.is_empty() {
        return Err(format!("it has {} edges; expected 1 to 537 million", edges.len()));
    }
    for ban in &bans {
        if ban.len() < 2 || ban.len() > 64 || ban.iter().any(|arc| (*arc / 2) as usize >= edges.len()) {
            return Err("a forbidden turn refers to roads outside the file".to_owned());
        }
    }
    debug_assert!(is_forward(0));
    Ok(Network::new(Pieces { points, node_flags, edges, shape, names, bans, drives_left }))
}

fn read_edge(b: &[u8; EDGE]) -> Edge {
    let halts = |at: usize| Halts {
        signals: b[at],
        crossings: b[at + 1],
        stops: b[at + 2],
        level_crossings: b[at + 3],
    };
    let surface = [Surface::Paved, Surface::Compacted, Surface::Rough];
    Edge {
        a: word(b, 0),
        b: word(b, 4),
        name: word(b, 8),
        cm: word(b, 12),
        shape_from: word(b, 16),
        shape_to: word(b, 20),
        class: RoadClass::of(b[24]),
        surface: surface[usize::from(b[25].min(2))],
        flags: b[26],
        limit_kmh: b[27],
        width_dm: b[28],
        heading_a: b[29],
        heading_b: b[30],
        halts: [halts(31), halts(35)],
    }
}

fn check_order(order: &[u32], network: &Network, turns: &Turns) -> Result<(), String> {
    let mut seen = vec![false; turns.len()];
    for state in order {
        match seen.get_mut(*state as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => {
                return Err(format!(
                    "state {state} occurs twice in the order of contraction or does not exist"
                ));
            }
        }
    }
    let lacking = (0..turns.len() as u32).find(|s| !seen[*s as usize] && network.is_open(turns.arc_of(*s)));
    match lacking {
        Some(state) => Err(format!("the order of contraction lacks state {state}")),
        None => Ok(()),
    }
}

fn read_hierarchy(input: &mut Input) -> Result<Hierarchy, String> {
    let mut half = || -> Result<Half, String> {
        let first = input.numbers()?;
        let arcs =
            input.records::<12, _>(|b| UpArc { to: word(b, 0), millis: word(b, 4), cm: word(b, 8) })?;
        Ok(Half { first, arcs, middles: input.numbers()? })
    };
    Ok(Hierarchy { out: half()?, into: half()?, ..Hierarchy::default() })
}

/// Every arc leads up the chain of its rank, which is all that a search looks at again, and every shortcut over something
/// below both of its ends, so that no unpacking can run in circles.
fn check_hierarchy(hierarchy: &Hierarchy, chains: &Chains) -> Result<(), String> {
    let ranks = chains.ranks();
    for half in [&hierarchy.out, &hierarchy.into] {
        let ends = (half.first.first(), half.first.last());
        let whole = half.first.len() == ranks + 1
            && half.middles.len() == half.arcs.len()
            && ends == (Some(&0), Some(&(half.arcs.len() as u32)))
            && half.first.is_sorted();
        if !whole {
            return Err(format!("its lists do not fit {ranks} states"));
        }
        for rank in 0..ranks as u32 {
            let range = half.first[rank as usize] as usize..half.first[rank as usize + 1] as usize;
            let leads_up = |arc: &UpArc| chains.leads(rank, arc.to) && arc.millis < LONGEST_MILLIS;
            if !half.arcs[range.clone()].iter().all(leads_up) {
                return Err(format!("an arc of rank {rank} leads off its chain or takes over 24 days"));
            }
            if half.middles[range].iter().any(|middle| *middle >= rank && *middle != NONE) {
                return Err(format!("a shortcut of rank {rank} goes over a higher one"));
            }
        }
    }
    Ok(())
}

/// Which ranks lie above which.
struct Chains {
    /// A rank's number, and how many numbers it and the ranks below it take; theirs follow its own.
    spans: Vec<(u32, u32)>,
}

impl Chains {
    /// `above` must lead upward.
    fn of(above: &[u32]) -> Chains {
        let mut spans = vec![(0, 1); above.len()];
        for rank in 0..above.len() {
            if let Some(high) = spans.get(above[rank] as usize).copied() {
                spans[above[rank] as usize].1 = high.1 + spans[rank].1;
            }
        }
        // From the top: a rank takes the next free number of the one above it.
        let mut free = vec![0; above.len()];
        let mut free_top = 0;
        for rank in (0..above.len()).rev() {
            let next = free.get_mut(above[rank] as usize).unwrap_or(&mut free_top);
            spans[rank].0 = *next;
            *next += spans[rank].1;
            free[rank] = spans[rank].0 + 1;
        }
        Chains { spans }
    }

    fn ranks(&self) -> usize {
        self.spans.len()
    }

    fn leads(&self, rank: u32, to: u32) -> bool {
        let own = self.spans[rank as usize].0;
        self.spans.get(to as usize).is_some_and(|(first, count)| *first < own && own - *first < *count)
    }
}

fn read_scenery(input: &mut Input) -> Result<Scenery, String> {
    Ok(Scenery {
        areas: input.list(5, |i| Ok(AreaShape { kind: area_kind(i)?, ring: i.points()? }))?,
        rivers: input
            .list(12, |i| Ok(RiverShape { name: i.text()?, width_metres: i.u32()?, line: i.points()? }))?,
        railways: input.list(4, Input::points)?,
        labels: input.list(21, label)?,
    })
}

fn area_kind(input: &mut Input) -> Result<AreaKind, String> {
    const ALL: [AreaKind; 5] =
        [AreaKind::Wood, AreaKind::Paddy, AreaKind::BuiltUp, AreaKind::Park, AreaKind::Water];
    let kind = input.byte()?;
    ALL.into_iter().find(|k| *k as u8 == kind).ok_or_else(|| format!("area kind {kind} does not exist"))
}

fn label(input: &mut Input) -> Result<Label, String> {
    const ALL: [LabelKind; 4] =
        [LabelKind::Town, LabelKind::District, LabelKind::Station, LabelKind::Landmark];
    let kind = input.byte()?;
    let kind = ALL
        .into_iter()
        .find(|k| *k as u8 == kind)
        .ok_or_else(|| format!("label kind {kind} does not exist"))?;
    let (name, furigana) = (input.text()?, input.text()?);
    let point = match input.points()?.as_slice() {
        [point] => *point,
        _ => return Err("a label has not exactly one point".to_owned()),
    };
    Ok(Label { kind, name, furigana, point })
}
