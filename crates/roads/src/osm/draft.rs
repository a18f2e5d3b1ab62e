//! From what an extract says to ways over dense points.

use rustc_hash::FxHashMap;

use super::read::{Extract, RawWay};
use super::relations::RawRestriction;
use super::tags::Use;
use super::{DrivingSide, ImportOptions, ImportReport};
use crate::Bounds;
use crate::assemble::{Draft, DraftWay, Restriction, Via, WayLook, post};

impl Extract {
    pub fn roads(&self) -> impl Iterator<Item = &RawWay> {
        self.ways.iter().filter(|way| matches!(way.use_, Use::Road { .. }))
    }
}

/// Usable ways over dense points. A closed point gets a copy per way, so that nothing leads through it.
pub(super) fn draft(extract: &Extract, options: &ImportOptions, report: &mut ImportReport) -> Draft {
    let mut drafting = Drafting {
        extract,
        bounds: options.bounds,
        draft: Draft::default(),
        dense: vec![u32::MAX; extract.points.len()],
        closed_seen: vec![false; extract.points.len()],
        pieces_of: FxHashMap::default(),
    };
    for way in extract.roads() {
        let Use::Road { look, ferry_seconds, toll, conditional } = &way.use_ else { continue };
        if *toll && options.avoid_tolls {
            *report.ways_left_out.entry("a toll is due").or_default() += 1;
            continue;
        }
        let mut look = look.clone();
        if let Some(seconds) = ferry_seconds {
            look.limit_kmh = drafting.ferry_kmh(way, *seconds);
        }
        report.ways_used += u64::from(drafting.add(way, &look, report));
        report.conditional += u64::from(*conditional);
    }
    let mut draft = drafting.draft;
    let pieces_of = drafting.pieces_of;
    let middle = Bounds::around(draft.points.iter().copied());
    let side = options.side.or_else(|| middle.map(|b| DrivingSide::of_region(b.middle())));
    draft.drives_left = side.is_some_and(DrivingSide::is_left);
    for raw in &extract.restrictions {
        draft.restrictions.extend(restriction(extract, raw, &drafting.dense, &pieces_of));
    }
    report.points_used = drafting.dense.iter().filter(|d| **d != u32::MAX).count() as u64;
    draft
}

struct Drafting<'e> {
    extract: &'e Extract,
    bounds: Option<Bounds>,
    draft: Draft,
    dense: Vec<u32>,
    closed_seen: Vec<bool>,
    /// Draft ways that one way became.
    pieces_of: FxHashMap<i64, Vec<u32>>,
}

impl Drafting<'_> {
    /// Whole km/h that make the ferry take as long as its timetable says.
    fn ferry_kmh(&self, way: &RawWay, seconds: u32) -> u8 {
        let line: Vec<_> = way.refs.iter().filter_map(|r| self.extract.point(*r)).collect();
        let kmh = crate::line::metres(&line) * 3.6 / f64::from(seconds);
        kmh.round().clamp(1.0, 100.0) as u8
    }

    /// Whether any of the way could be used.
    fn add(&mut self, way: &RawWay, look: &WayLook, report: &mut ImportReport) -> bool {
        let mut used = false;
        let mut run: Vec<u32> = Vec::new();
        for raw in &way.refs {
            let i = *raw as usize;
            let Some(point) = self.extract.point(*raw) else {
                report.points_missing += 1;
                used |= self.finish(way, look, &mut run);
                continue;
            };
            if self.bounds.is_some_and(|b| !b.contains(point)) {
                used |= self.finish(way, look, &mut run);
                continue;
            }
            let closed = self.extract.closed[i];
            if closed || self.dense[i] == u32::MAX {
                // Signs for one direction speak of the way as drawn; a way turned round turns them too.
                let mut posts = self.extract.posts[i];
                let both = post::ALONG_ONLY | post::AGAINST_ONLY;
                if way.reversed && posts & both != 0 {
                    posts ^= both;
                }
                report.signals += u64::from(posts & post::SIGNALS != 0);
                self.dense[i] = self.draft.add_point(point, if closed { 0 } else { posts });
            }
            run.push(self.dense[i]);
            if closed {
                report.barriers += u64::from(!std::mem::replace(&mut self.closed_seen[i], true));
                used |= self.finish(way, look, &mut run);
                // Beyond the barrier the way goes on from a copy of the point.
                run.push(self.draft.add_point(point, 0));
            }
        }
        used | self.finish(way, look, &mut run)
    }

    fn finish(&mut self, way: &RawWay, look: &WayLook, run: &mut Vec<u32>) -> bool {
        run.dedup();
        let long = run.len() > 1;
        if long {
            self.pieces_of.entry(way.id).or_default().push(self.draft.ways.len() as u32);
            self.draft.ways.push(DraftWay { nodes: std::mem::take(run), look: look.clone() });
        }
        run.clear();
        long
    }
}

/// The restriction in terms of the draft. Where its ways are not there, the lists are empty and it is counted as not to be
/// placed.
fn restriction(
    extract: &Extract,
    raw: &RawRestriction,
    dense: &[u32],
    pieces_of: &FxHashMap<i64, Vec<u32>>,
) -> Option<Restriction> {
    let pieces = |ids: &[i64]| -> Vec<u32> {
        ids.iter().filter_map(|id| pieces_of.get(id)).flatten().copied().collect()
    };
    let via = match (raw.via_points.as_slice(), raw.via_ways.as_slice()) {
        ([point], []) => Via::Point(extract.index.get(point).map_or(u32::MAX, |i| dense[*i as usize])),
        ([], [_, ..]) => Via::Ways(raw.via_ways.iter().map(|id| pieces(&[*id])).collect()),
        // Neither or both: no map means that.
        _ => Via::Point(u32::MAX),
    };
    let (from, to) = (pieces(&raw.from), pieces(&raw.to));
    // Outside the box or on roads that cars do not use it says nothing to us.
    if from.is_empty() || to.is_empty() {
        return None;
    }
    Some(Restriction { only: raw.only, from, to, via })
}
