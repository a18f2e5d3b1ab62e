//! What each section holds.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::codec::{Input, Output, word};
use super::{Parts, Tag, Written};
use crate::half::{Half, Packed};
use crate::hierarchy::{Hierarchy, Order, Tree};
use crate::map::MapLayers;
use crate::network::{Edge, Halts, Network, Pieces, flag, is_forward};
use crate::shapes::{AreaKind, AreaShape, Label, LabelKind, RiverShape, Scenery};
use crate::speeds::{Period, Speeds, Surface};
use crate::turns::Turns;
use crate::{RoadClass, Source};

/// Bytes of an edge in the file.
const EDGE: usize = 39;

pub(super) fn encode<'w>(tag: &Tag, what: &'w Written) -> Cow<'w, [u8]> {
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
            let levels = net.order.tree.levels();
            out.bytes.reserve(levels.len() * 2 + 4);
            out.list(levels, |out, level| out.bytes.extend_from_slice(&level.to_le_bytes()));
        }
        b"OUTS" => return net.hierarchy().out.packed().records.as_slice().into(),
        b"INTS" => return net.hierarchy().into.packed().records.as_slice().into(),
        b"OUT0" | b"OUT1" | b"OUT2" | b"OUT3" => {
            return net.hierarchy().out.packed().whole[period_of(tag)].as_slice().into();
        }
        b"INT0" | b"INT1" | b"INT2" | b"INT3" => {
            return net.hierarchy().into.packed().whole[period_of(tag)].as_slice().into();
        }
        b"SCEN" => scenery(&mut out, what.scenery),
        _ => return what.map.into(),
    }
    out.bytes.into()
}

fn period_of(tag: &Tag) -> usize {
    usize::from(tag[3] - b'0')
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

/// The sections of half a hierarchy.
#[derive(Default)]
struct Packing {
    records: OnceLock<Vec<u8>>,
    whole: [OnceLock<Vec<u8>>; Period::ALL.len()],
}

impl Packing {
    /// `None` where one is missing.
    fn whole(self) -> Option<Packed> {
        let [a, b, c, d] = self.whole.map(OnceLock::into_inner);
        Some(Packed { records: self.records.into_inner()?, whole: [a?, b?, c?, d?] })
    }
}

/// Sections as they come, from several threads.
#[derive(Default)]
pub(super) struct Unread {
    source: OnceLock<Source>,
    network: OnceLock<(Network, Turns)>,
    speeds: OnceLock<Speeds>,
    order: OnceLock<(Vec<u32>, Tree)>,
    out: Packing,
    into: Packing,
    scenery: OnceLock<Scenery>,
    map: OnceLock<MapLayers>,
}

impl Unread {
    /// No section comes twice.
    pub fn take(&self, tag: &Tag, bytes: Vec<u8>) -> Result<(), String> {
        let mut input = Input::new(&bytes);
        match tag {
            b"SRCE" => drop(self.source.set(Source { title: input.text()?, licence: input.text()? })),
            b"SPED" => {
                let speeds = serde_json::from_slice(&bytes).map_err(|e| format!("its speeds: {e}"))?;
                drop(self.speeds.set(speeds));
                return Ok(());
            }
            b"ORDR" => {
                let order = input.numbers()?;
                let levels = input.records::<2, _>(|level| u16::from_le_bytes(*level))?;
                drop(self.order.set((order, Tree::from_levels(levels)?)));
            }
            // These stay as they are; whether they fit is seen when all is there.
            b"OUTS" | b"INTS" => {
                drop(self.half(tag).records.set(bytes));
                return Ok(());
            }
            b"OUT0" | b"OUT1" | b"OUT2" | b"OUT3" | b"INT0" | b"INT1" | b"INT2" | b"INT3" => {
                drop(self.half(tag).whole[period_of(tag)].set(bytes));
                return Ok(());
            }
            b"NETW" => {
                let network = read_network(&mut input)?;
                let turns = Turns::of(&network).map_err(|e| e.to_string())?;
                drop(self.network.set((network, turns)));
            }
            b"SCEN" => drop(self.scenery.set(read_scenery(&mut input)?)),
            // A network that shows only itself has none.
            b"MAPX" if bytes.is_empty() => {}
            b"MAPX" => {
                let map = MapLayers::from_bytes(&bytes).map_err(|e| format!("its map: {e}"))?;
                drop(self.map.set(map));
                return Ok(());
            }
            _ => return Ok(()),
        }
        input.end()
    }

    fn half(&self, tag: &Tag) -> &Packing {
        if tag.starts_with(b"OUT") { &self.out } else { &self.into }
    }

    pub fn whole(self, fingerprint: u32) -> Result<Parts, String> {
        let lacks = |what: &str| format!("it lacks its {what}");
        let (network, turns) = self.network.into_inner().ok_or_else(|| lacks("network"))?;
        let (order, tree) = self.order.into_inner().ok_or_else(|| lacks("order of contraction"))?;
        check_order(&order, &network, &turns)?;
        if tree.ranks() != order.len() {
            return Err(format!(
                "its order of contraction holds {} states, {} have a level",
                order.len(),
                tree.ranks()
            ));
        }
        let half =
            |packing: Packing| Half::from_packed(packing.whole().ok_or_else(|| lacks("hierarchy"))?, &tree);
        let (out, into) = std::thread::scope(|scope| {
            let into = scope.spawn(|| half(self.into));
            let out = half(self.out);
            (out, into.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let (out, into) = (out?, into?);
        let order = Order::new(order, turns.len(), tree);
        Ok(Parts {
            source: self.source.into_inner().ok_or_else(|| lacks("source"))?,
            fingerprint,
            hierarchy: Hierarchy::new(out, into, order.tree.clone()),
            order,
            network,
            turns,
            speeds: self.speeds.into_inner().ok_or_else(|| lacks("speeds"))?,
            scenery: self.scenery.into_inner().ok_or_else(|| lacks("scenery"))?,
            map: self.map.into_inner(),
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
