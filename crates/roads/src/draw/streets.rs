//! The street graph: main roads cut into stretches, and between them streets bent from lattices.
//!
//! Streets are the Gabriel graph of their corners (two corners are joined when no third lies in the circle over them),
//! thinned so that blocks become long and some streets end. A street never crosses water, a main road between its
//! corners, or the railway away from a level crossing.

use super::Setting;
use super::land::{Land, Zone, on_board};
use super::plane::{Chance, HEIGHT, Noise, SegmentGrid, V, WIDTH, along, crossing, line_length, v};
use crate::RoadClass;
use crate::strong::largest_part;

pub(super) struct Corner {
    pub at: V,
    /// Before the board was warped: streets are straight there.
    raw: Option<V>,
    pub patch: Option<usize>,
    zone: Zone,
    pub arterial: Option<usize>,
}

pub(super) struct Street {
    pub a: usize,
    pub b: usize,
    /// From `a` to `b`, both included.
    pub line: Vec<V>,
    pub class: RoadClass,
    pub name: String,
    /// Open from `a` to `b` only.
    pub oneway: bool,
    pub arterial: Option<usize>,
}

impl Street {
    pub fn other(&self, corner: usize) -> usize {
        if self.a == corner { self.b } else { self.a }
    }

    pub fn length(&self) -> f64 {
        line_length(&self.line)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Water(usize),
    Railway,
    Arterial(usize),
}

pub(super) struct Streets {
    pub corners: Vec<Corner>,
    pub streets: Vec<Street>,
    pub lines: SegmentGrid<Mark>,
}

/// How streets are laid in a setting; lengths in metres.
struct Habit {
    /// Block sides along and across the patch's axis.
    block: (f64, f64),
    /// Share of a side by which a corner strays.
    jitter: f64,
    /// Shares of streets kept: along the axis, across it, askew.
    kept: (f64, f64, f64),
    /// Reach of the warp that bends rows into curves.
    warp: f64,
    warp_wavelength: f64,
}

fn habit(zone: Zone) -> Habit {
    let (block, jitter, kept, warp, warp_wavelength) = match zone {
        Zone::District(Setting::Centre) => ((82.0, 58.0), 0.22, (0.96, 0.8, 0.14), 55.0, 480.0),
        Zone::District(Setting::Suburb) => ((104.0, 66.0), 0.15, (0.97, 0.6, 0.08), 75.0, 620.0),
        Zone::District(Setting::Hillside) => ((112.0, 84.0), 0.25, (0.95, 0.45, 0.2), 105.0, 380.0),
        Zone::District(Setting::Village) => ((150.0, 125.0), 0.36, (0.8, 0.7, 0.35), 90.0, 420.0),
        Zone::Fringe => ((165.0, 120.0), 0.34, (0.85, 0.6, 0.2), 90.0, 420.0),
        Zone::Country => ((430.0, 300.0), 0.2, (0.85, 0.75, 0.12), 120.0, 900.0),
    };
    Habit { block, jitter, kept, warp, warp_wavelength }
}

/// Least distance between level crossings of minor streets.
const LEVEL_CROSSINGS_APART: f64 = 420.0;

/// Minor streets bridge the brook, never the river, and not closer to each other or to a main road's bridge than this.
const BRIDGES_APART: f64 = 380.0;

impl Streets {
    pub fn new(land: &Land, seed: u64) -> Streets {
        let mut lines = SegmentGrid::new();
        for (i, water) in land.waters.iter().enumerate() {
            lines.add_line(&water.line, Mark::Water(i));
        }
        lines.add_line(&land.railway, Mark::Railway);
        for (i, arterial) in land.arterials.iter().enumerate() {
            lines.add_line(&arterial.line, Mark::Arterial(i));
        }
        let mut made = Streets { corners: Vec::new(), streets: Vec::new(), lines };
        let mut places = Places::new();
        made.lay_arterials(land, &mut places);
        made.scatter(land, seed, &mut places);
        made.join(land, seed, &places);
        made
    }

    /// Nodes on main roads at junctions, ends and at the pace of the side streets; not on bridges.
    fn lay_arterials(&mut self, land: &Land, places: &mut Places) {
        for (i, arterial) in land.arterials.iter().enumerate() {
            let line = &arterial.line;
            let total = line_length(line);
            let mut stations = junctions(land, i);
            let mut at = 0.0;
            while at < total {
                let (p, _) = along(line, at);
                let pace = habit(land.zone_at(p)).block.0;
                at += pace.clamp(80.0, 160.0);
                let (p, _) = along(line, at);
                let free = stations.iter().all(|s| (s - at).abs() > pace * 0.5);
                if free && at < total && !self.in_water(land, p, 15.0) {
                    stations.push(at);
                }
            }
            stations.sort_by(f64::total_cmp);
            let mut before: Option<(usize, f64)> = None;
            for at in stations {
                let (p, _) = along(line, at);
                let corner = places
                    .near(&self.corners, p, 30.0)
                    .filter(|c| self.corners[*c].arterial != Some(i) || before.is_none_or(|(b, _)| b == *c));
                let corner = corner.unwrap_or_else(|| {
                    let (patch, zone) = (land.patch_at(p), land.zone_at(p));
                    self.corners.push(Corner { at: p, raw: None, patch, zone, arterial: Some(i) });
                    places.add(self.corners.len() - 1, p);
                    self.corners.len() - 1
                });
                if let Some((from, begin)) = before.filter(|(from, _)| *from != corner) {
                    let mut piece = piece_of(line, begin, at);
                    let last = piece.len() - 1;
                    (piece[0], piece[last]) = (self.corners[from].at, self.corners[corner].at);
                    self.streets.push(Street {
                        a: from,
                        b: corner,
                        line: piece,
                        class: arterial.class,
                        name: arterial.name.clone(),
                        oneway: false,
                        arterial: Some(i),
                    });
                }
                before = Some((corner, at));
            }
        }
    }

    /// Drops what cannot be reached and left again, so that no plot comes to lie beside it.
    pub fn keep_connected(&mut self) {
        let there = self.streets.iter().map(|s| (s.a as u32, s.b as u32));
        let back = self.streets.iter().filter(|s| !s.oneway).map(|s| (s.b as u32, s.a as u32));
        let arcs: Vec<(u32, u32)> = there.chain(back).collect();
        let kept = largest_part(self.corners.len(), &arcs);
        self.streets.retain(|s| kept[s.a] && kept[s.b]);
    }

    /// Where streets of any class cross water: the bridges, water by water.
    pub fn bridges(&self) -> Vec<V> {
        let mut bridges: Vec<V> = Vec::new();
        for pair in self.streets.iter().flat_map(|s| s.line.windows(2)) {
            for (mark, place) in self.lines.crossed(pair[0], pair[1]) {
                // A segment may lie in several cells of the grid.
                if matches!(mark, Mark::Water(_)) && bridges.iter().all(|b| b.to(place) > 1.0) {
                    bridges.push(place);
                }
            }
        }
        bridges
    }

    pub fn in_water(&self, land: &Land, p: V, margin: f64) -> bool {
        (0..land.waters.len()).any(|w| {
            let reach = land.waters[w].width / 2.0 + margin;
            self.lines.nearest(p, reach, |mark| mark == Mark::Water(w)).is_some()
        })
    }

    /// Corners of side streets: district by district, then between them, then in the open country.
    fn scatter(&mut self, land: &Land, seed: u64, places: &mut Places) {
        let mut chance = Chance::new(seed, 2);
        for (i, patch) in land.patches.iter().enumerate() {
            let zone = Zone::District(patch.setting);
            let origin = Origin { centre: patch.centre, axis: patch.axis, reach: patch.radius * 1.4 };
            self.lattice(land, (zone, Some(i)), origin, &mut chance, places);
        }
        for zone in [Zone::Fringe, Zone::Country] {
            let origin = Origin {
                centre: v(WIDTH / 2.0, HEIGHT / 2.0),
                axis: v(1.0, chance.within(-0.4, 0.4)).unit(),
                reach: 7_000.0,
            };
            self.lattice(land, (zone, None), origin, &mut chance, places);
        }
    }

    fn lattice(
        &mut self,
        land: &Land,
        (zone, patch): (Zone, Option<usize>),
        origin: Origin,
        chance: &mut Chance,
        places: &mut Places,
    ) {
        let habit = habit(zone);
        let (long, short) = habit.block;
        let (columns, rows) = ((origin.reach / long) as i64 + 1, (origin.reach / short) as i64 + 1);
        for row in -rows..=rows {
            for column in -columns..=columns {
                let strays =
                    v(chance.within(-1.0, 1.0) * long, chance.within(-1.0, 1.0) * short) * habit.jitter;
                let (x, y) = (column as f64 * long + strays.x, row as f64 * short + strays.y);
                let raw = origin.centre + origin.axis * x + origin.axis.left() * y;
                let at = warp(land, zone, raw);
                let mine = on_board(at, 40.0) && land.patch_at(at) == patch && land.zone_at(at) == zone;
                if !mine || (patch.is_none() && land.on_hill(at)) {
                    continue;
                }
                let clear =
                    self.lines.nearest(at, short * 0.45, |m| matches!(m, Mark::Arterial(_))).is_none()
                        && self.lines.nearest(at, 24.0, |m| m == Mark::Railway).is_none()
                        && !self.in_water(land, at, 28.0)
                        && !land.in_park(at)
                        && places.near(&self.corners, at, short * 0.62).is_none();
                if clear {
                    self.corners.push(Corner { at, raw: Some(raw), patch, zone, arterial: None });
                    places.add(self.corners.len() - 1, at);
                }
            }
        }
    }

    /// Gabriel neighbours, shortest first, as far as nothing speaks against them.
    fn join(&mut self, land: &Land, seed: u64, places: &Places) {
        let mut chance = Chance::new(seed, 3);
        let mut pairs = self.gabriel(places);
        pairs.sort_by(|p, q| p.0.total_cmp(&q.0).then((p.1, p.2).cmp(&(q.1, q.2))));
        let mut directions: Vec<Vec<V>> = vec![Vec::new(); self.corners.len()];
        for street in &self.streets {
            let n = street.line.len();
            directions[street.a].push((street.line[1] - street.line[0]).unit());
            directions[street.b].push((street.line[n - 2] - street.line[n - 1]).unit());
        }
        let mut passages = Passages { level_crossings: Vec::new(), bridges: land.bridges() };
        let mut spare = Vec::new();
        for (_, a, b) in pairs {
            let toward = (self.corners[b].at - self.corners[a].at).unit();
            let roll = chance.share();
            let sharp =
                |at: usize, d: V| directions[at].len() >= 4 || directions[at].iter().any(|e| e.dot(d) > 0.72);
            if sharp(a, toward) || sharp(b, toward * -1.0) {
                continue;
            }
            let Some(line) = self.free_line(land, a, b, &mut passages) else { continue };
            if roll > self.share_kept(land, a, b) {
                spare.push((a, b, line));
                continue;
            }
            directions[a].push(toward);
            directions[b].push(toward * -1.0);
            self.add_minor(a, b, line);
        }
        // Most corners left with a single street get another: dead ends exist, but not at every turn.
        for (a, b, line) in spare {
            let toward = (self.corners[b].at - self.corners[a].at).unit();
            let lonely = directions[a].len() < 2 || directions[b].len() < 2;
            if lonely && chance.happens(0.72) {
                directions[a].push(toward);
                directions[b].push(toward * -1.0);
                self.add_minor(a, b, line);
            }
        }
    }

    fn add_minor(&mut self, a: usize, b: usize, line: Vec<V>) {
        use Zone::{Country, District, Fringe};
        let class = match (self.corners[a].zone, self.corners[b].zone) {
            // Every third way between fields is unpaved.
            (Country, Country) if a.is_multiple_of(3) => RoadClass::Track,
            (Country | District(Setting::Village), _) | (_, Country | District(Setting::Village)) => {
                RoadClass::Unclassified
            }
            (District(_) | Fringe, District(_) | Fringe) => RoadClass::Residential,
        };
        self.streets.push(Street { a, b, line, class, name: String::new(), oneway: false, arterial: None });
    }

    fn share_kept(&self, land: &Land, a: usize, b: usize) -> f64 {
        let (c, d) = (&self.corners[a], &self.corners[b]);
        if c.arterial.is_some() || d.arterial.is_some() {
            return 0.62;
        }
        let (Some(raw_a), Some(raw_b)) = (c.raw, d.raw) else { return 0.5 };
        if (c.patch, c.zone) != (d.patch, d.zone) {
            return 0.5;
        }
        let axis = c.patch.map_or(v(1.0, 0.0), |p| land.patches[p].axis);
        let (lengthwise, crosswise, askew) = habit(c.zone).kept;
        let cosine = (raw_b - raw_a).unit().dot(axis).abs();
        if cosine > 0.86 {
            lengthwise
        } else if cosine < 0.5 {
            crosswise
        } else {
            askew
        }
    }

    /// The line of a street from `a` to `b`, unless it would cross what it may not.
    fn free_line(&self, land: &Land, a: usize, b: usize, passages: &mut Passages) -> Option<Vec<V>> {
        let (c, d) = (&self.corners[a], &self.corners[b]);
        let pieces = (c.at.to(d.at) / 35.0).ceil().max(1.0) as usize;
        let line: Vec<V> = match (c.raw, d.raw) {
            (Some(raw_a), Some(raw_b)) if (c.patch, c.zone) == (d.patch, d.zone) => {
                (0..=pieces).map(|k| warp(land, c.zone, raw_a.mix(raw_b, k as f64 / pieces as f64))).collect()
            }
            _ => vec![c.at, d.at],
        };
        if line.iter().chain([&c.at.mix(d.at, 0.5)]).any(|p| land.in_park(*p)) {
            return None;
        }
        let (mut over_railway, mut over_brook) = (None, None);
        for (i, pair) in line.windows(2).enumerate() {
            // A street that ends on a main road touches it there; only the rest must be free.
            let from = if i == 0 { pair[0].mix(pair[1], 0.02) } else { pair[0] };
            let to = if i + 2 == line.len() { pair[1].mix(pair[0], 0.02) } else { pair[1] };
            for (mark, place) in self.lines.crossed(from, to) {
                match mark {
                    Mark::Railway => over_railway = Some(place),
                    Mark::Water(1) => over_brook = Some(place),
                    Mark::Water(_) | Mark::Arterial(_) => return None,
                }
            }
        }
        let apart = |all: &[V], p: V, least: f64| all.iter().all(|other| other.to(p) >= least);
        let tracks_free = over_railway.is_none_or(|p| {
            p.to(land.station) > 350.0 && apart(&passages.level_crossings, p, LEVEL_CROSSINGS_APART)
        });
        let brook_free = over_brook.is_none_or(|p| apart(&passages.bridges, p, BRIDGES_APART));
        if !tracks_free || !brook_free {
            return None;
        }
        passages.level_crossings.extend(over_railway);
        passages.bridges.extend(over_brook);
        Some(line)
    }

    fn gabriel(&self, places: &Places) -> Vec<(f64, usize, usize)> {
        let reach = |corner: usize| habit(self.corners[corner].zone).block.0 * 1.75;
        let mut pairs = Vec::new();
        for a in 0..self.corners.len() {
            let from = self.corners[a].at;
            for b in places.within(&self.corners, from, reach(a)) {
                let to = self.corners[b].at;
                let length = from.to(to);
                // The pair is looked at from the corner with the longer reach, of equals from the lower.
                let mine = (reach(a), b) > (reach(b), a) || length > reach(b);
                let same_road = self.corners[a].arterial.is_some()
                    && self.corners[a].arterial == self.corners[b].arterial;
                if a == b || !mine || same_road {
                    continue;
                }
                let middle = from.mix(to, 0.5);
                let empty =
                    places.within(&self.corners, middle, length / 2.0 * 0.999).all(|c| c == a || c == b);
                if empty {
                    pairs.push((length, a.min(b), a.max(b)));
                }
            }
        }
        pairs
    }
}

fn warp(land: &Land, zone: Zone, raw: V) -> V {
    let habit = habit(zone);
    raw + Noise(land.noise.0 ^ 0x3a7).shift(raw, habit.warp_wavelength, habit.warp)
}

/// How far along main road `i` its ends and its junctions with others lie.
fn junctions(land: &Land, i: usize) -> Vec<f64> {
    let line = &land.arterials[i].line;
    let total = line_length(line);
    let mut found = vec![0.0, total];
    for (j, other) in land.arterials.iter().enumerate().filter(|(j, _)| *j != i) {
        let ends = [other.line[0], other.line[other.line.len() - 1]];
        let mut behind = 0.0;
        for a in line.windows(2) {
            let length = a[0].to(a[1]);
            for b in land.arterials[j].line.windows(2) {
                if let Some((t, _)) = crossing(a[0], a[1], b[0], b[1]) {
                    found.push(behind + t * length);
                }
            }
            found.extend(ends.iter().filter(|end| end.to(a[0]) < 1.0).map(|_| behind));
            behind += length;
        }
    }
    found.sort_by(f64::total_cmp);
    // Where lines touch at a shared key point they may cross several times within a few metres.
    let mut apart: Vec<f64> = Vec::new();
    for at in found {
        if apart.last().is_none_or(|last| at - last > 25.0) {
            apart.push(at);
        } else if at >= total {
            apart.pop();
            apart.push(total);
        }
    }
    apart
}

fn piece_of(line: &[V], from: f64, to: f64) -> Vec<V> {
    let mut piece = vec![along(line, from).0];
    let mut behind = 0.0;
    for pair in line.windows(2) {
        behind += pair[0].to(pair[1]);
        if behind > from + 0.5 && behind < to - 0.5 {
            piece.push(pair[1]);
        }
    }
    piece.push(along(line, to).0);
    piece
}

/// Where streets pass tracks and water so far.
struct Passages {
    level_crossings: Vec<V>,
    bridges: Vec<V>,
}

/// Where a lattice begins and how far it reaches.
struct Origin {
    centre: V,
    axis: V,
    reach: f64,
}

/// Corners by place.
struct Places {
    cells: Vec<Vec<u32>>,
}

const CELL: f64 = 100.0;
const ACROSS: usize = 130;

impl Places {
    fn new() -> Places {
        Places { cells: vec![Vec::new(); ACROSS * ACROSS] }
    }

    fn index(x: f64) -> usize {
        ((x + 1000.0) / CELL).max(0.0).min((ACROSS - 1) as f64) as usize
    }

    fn add(&mut self, corner: usize, at: V) {
        self.cells[Places::index(at.y) * ACROSS + Places::index(at.x)].push(corner as u32);
    }

    fn within<'a>(&'a self, corners: &'a [Corner], at: V, reach: f64) -> impl Iterator<Item = usize> + 'a {
        let columns = Places::index(at.x - reach)..=Places::index(at.x + reach);
        let rows = Places::index(at.y - reach)..=Places::index(at.y + reach);
        rows.flat_map(move |row| columns.clone().map(move |column| row * ACROSS + column))
            .flat_map(|cell| self.cells[cell].iter().map(|c| *c as usize))
            .filter(move |c| corners[*c].at.to(at) < reach)
    }

    /// The nearest corner within reach, of equals the first.
    fn near(&self, corners: &[Corner], at: V, reach: f64) -> Option<usize> {
        self.within(corners, at, reach)
            .min_by(|a, b| corners[*a].at.to(at).total_cmp(&corners[*b].at.to(at)).then(a.cmp(b)))
    }
}
