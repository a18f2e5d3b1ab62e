//! The roads file: a head of fixed size, then a payload of little-endian integers and counted lists.
//!
//! ```text
//! KUSEKI-ROADS | u32 format | u64 payload length | u32 CRC-32 of the payload | payload
//! ```
//!
//! The hierarchy itself is not kept, only the order of contraction, which takes most of the time to find.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use units::Point;

use crate::map::MapLayers;
use crate::network::{Edge, Network};
use crate::shapes::{AreaKind, AreaShape, Label, LabelKind, RiverShape, Scenery};
use crate::{Fault, RoadClass, Source};

const MAGIC: &[u8; 12] = b"KUSEKI-ROADS";
const FORMAT: u32 = 1;
const HEAD: usize = 12 + 4 + 8 + 4;

/// What a payload holds.
pub(crate) struct Parts {
    pub source: Source,
    pub network: Network,
    pub order: Vec<u32>,
    pub scenery: Scenery,
    /// Length of all that counts for the fingerprint.
    pub network_bytes: usize,
    pub map: Option<MapLayers>,
}

/// The payload of a file, checked against its head, and its checksum.
pub(crate) fn read(path: &Path) -> Result<(Vec<u8>, u32), Fault> {
    let io = |source| Fault::Io { path: path.to_owned(), doing: "read", source };
    let not_roads = || Fault::NotRoads { path: path.to_owned() };
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let mut head = Vec::with_capacity(HEAD);
    (&mut file).take(HEAD as u64).read_to_end(&mut head).map_err(io)?;
    let mut input = Input { rest: &head };
    if input.bytes(MAGIC.len()).ok() != Some(MAGIC.as_slice()) {
        return Err(not_roads());
    }
    let short = |_| Fault::WrongLength { path: path.to_owned(), promised: HEAD as u64, found: size };
    let found = input.u32().map_err(short)?;
    if found != FORMAT {
        return Err(Fault::OtherVersion { path: path.to_owned(), found, expected: FORMAT });
    }
    let promised = input.u64().map_err(short)?.saturating_add(HEAD as u64);
    let expected = input.u32().map_err(short)?;
    if promised != size {
        return Err(Fault::WrongLength { path: path.to_owned(), promised, found: size });
    }
    // Only now is the length believed, because the file really has that many bytes.
    let mut payload = Vec::new();
    file.read_to_end(&mut payload).map_err(io)?;
    let found = crc32fast::hash(&payload);
    if found != expected {
        return Err(Fault::WrongChecksum { path: path.to_owned(), found, expected });
    }
    Ok((payload, found))
}

/// Writes beside the target, makes it durable, then puts it in place in one step.
pub(crate) fn write(path: &Path, payload: &[u8]) -> Result<(), Fault> {
    let mut beside: PathBuf = path.to_owned();
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    beside.set_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = write_beside(&beside, payload).and_then(|()| {
        fs::rename(&beside, path).map_err(|source| Fault::Io {
            path: path.to_owned(),
            doing: "put in place",
            source,
        })
    });
    if written.is_err() {
        // The first fault is the one to tell; a leftover is only untidy.
        let _ = fs::remove_file(&beside);
        return written;
    }
    // A rename is durable once its directory is; some systems cannot sync a directory and need not.
    if let Some(Ok(directory)) =
        path.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p }).map(File::open)
    {
        let _ = directory.sync_all();
    }
    Ok(())
}

fn write_beside(path: &Path, payload: &[u8]) -> Result<(), Fault> {
    let io = |source| Fault::Io { path: path.to_owned(), doing: "write", source };
    let mut head = Vec::with_capacity(HEAD);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&FORMAT.to_le_bytes());
    head.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    head.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    let mut file = File::create(path).map_err(io)?;
    file.write_all(&head).map_err(io)?;
    file.write_all(payload).map_err(io)?;
    file.sync_all().map_err(io)
}

pub(crate) fn encode(source: &Source, network: &Network, order: &[u32], scenery: &Scenery) -> Vec<u8> {
    let mut out = Output::default();
    out.text(&source.title);
    out.text(&source.licence);
    out.list(&network.names, |out, name| out.text(name));
    out.points(&network.points);
    out.points(&network.shape);
    out.list(&network.edges, |out, e| {
        out.byte(RoadClass::ALL.iter().position(|c| *c == e.class).unwrap_or_default() as u8);
        for n in [e.a, e.b, e.name, e.cm, e.millis_ab, e.millis_ba, e.shape_from, e.shape_to] {
            out.u32(n);
        }
    });
    out.list(order, |out, node| out.u32(*node));
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
    out.bytes
}

/// The map of an extract stands at the end, counted; a network that shows only itself has none.
pub(crate) fn append_map(payload: &mut Vec<u8>, map: &[u8]) {
    let mut out = Output { bytes: std::mem::take(payload) };
    out.u32(map.len() as u32);
    out.bytes.extend_from_slice(map);
    *payload = out.bytes;
}

/// The fault is a sentence without subject: what is wrong and what would be right.
pub(crate) fn decode(payload: &[u8]) -> Result<Parts, String> {
    let mut input = Input { rest: payload };
    let source = Source { title: input.text()?, licence: input.text()? };
    let names = input.list(4, Input::text)?;
    let points = input.points()?;
    let shape = input.points()?;
    let edges = input.list(33, Input::edge)?;
    let order = input.list(4, Input::u32)?;
    let scenery = Scenery {
        areas: input.list(5, |i| Ok(AreaShape { kind: i.area_kind()?, ring: i.points()? }))?,
        rivers: input
            .list(12, |i| Ok(RiverShape { name: i.text()?, width_metres: i.u32()?, line: i.points()? }))?,
        railways: input.list(4, Input::points)?,
        labels: input.list(21, Input::label)?,
    };
    let network_bytes = payload.len() - input.rest.len();
    let map = if input.rest.is_empty() { None } else { Some(input.map()?) };
    if !input.rest.is_empty() {
        return Err(format!("{} bytes follow the end", input.rest.len()));
    }
    check(&names, points.len(), shape.len(), &edges)?;
    check_order(&order, points.len())?;
    let network = Network::new(points, edges, shape, names);
    Ok(Parts { source, network, order, scenery, network_bytes, map })
}

fn check(names: &[String], points: usize, shape: usize, edges: &[Edge]) -> Result<(), String> {
    if names.first().is_none_or(|first| !first.is_empty()) {
        return Err("the first road name is not the empty one".to_owned());
    }
    for (i, e) in edges.iter().enumerate() {
        let ends = (e.a as usize) < points && (e.b as usize) < points && e.a != e.b;
        let rest =
            (e.name as usize) < names.len() && e.shape_from <= e.shape_to && e.shape_to as usize <= shape;
        if !ends || !rest || e.cm == 0 || (e.millis_ab == 0 && e.millis_ba == 0) {
            return Err(format!("edge {i} refers to something outside the file or has no length or time"));
        }
    }
    Ok(())
}

fn check_order(order: &[u32], points: usize) -> Result<(), String> {
    let mut seen = vec![false; points];
    for node in order {
        match seen.get_mut(*node as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => {
                return Err(format!(
                    "node {node} occurs twice in the order of contraction or does not exist"
                ));
            }
        }
    }
    if order.len() == points { Ok(()) } else { Err("the order of contraction lacks nodes".to_owned()) }
}

#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
}

impl Output {
    fn byte(&mut self, n: u8) {
        self.bytes.push(n);
    }

    fn u32(&mut self, n: u32) {
        self.bytes.extend_from_slice(&n.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Output, &T)) {
        self.u32(items.len() as u32);
        for item in items {
            each(self, item);
        }
    }

    fn points(&mut self, points: &[Point]) {
        self.list(points, |out, p| {
            out.u32(p.lat_e7() as u32);
            out.u32(p.lon_e7() as u32);
        });
    }
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or_else(|| "it ends in the middle of a value".to_owned())?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_le_bytes)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.array::<1>().map(|[n]| n)
    }

    fn text(&mut self) -> Result<String, String> {
        let length = self.u32()? as usize;
        String::from_utf8(self.bytes(length)?.to_vec()).map_err(|_| "a name is not UTF-8".to_owned())
    }

    /// A count is believed only as far as so many items of at least `least` bytes can still follow.
    fn list<T>(
        &mut self,
        least: usize,
        mut each: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let count = self.u32()? as usize;
        if count > self.rest.len() / least {
            return Err(format!("a list of {count} items is announced, fewer can follow"));
        }
        (0..count).map(|_| each(self)).collect()
    }

    fn point(&mut self) -> Result<Point, String> {
        let (lat, lon) = (self.u32()? as i32, self.u32()? as i32);
        let on_earth =
            (-900_000_000..=900_000_000).contains(&lat) && (-1_800_000_000..=1_800_000_000).contains(&lon);
        if on_earth { Ok(Point::from_e7(lat, lon)) } else { Err("a point lies off the earth".to_owned()) }
    }

    fn points(&mut self) -> Result<Vec<Point>, String> {
        self.list(8, Input::point)
    }

    fn edge(&mut self) -> Result<Edge, String> {
        let class = self.byte()?;
        let class = *RoadClass::ALL
            .get(class as usize)
            .ok_or_else(|| format!("road class {class} does not exist"))?;
        let mut n = [0; 8];
        for n in &mut n {
            *n = self.u32()?;
        }
        let [a, b, name, cm, millis_ab, millis_ba, shape_from, shape_to] = n;
        Ok(Edge { a, b, class, name, cm, millis_ab, millis_ba, shape_from, shape_to })
    }

    fn map(&mut self) -> Result<MapLayers, String> {
        let length = self.u32()? as usize;
        MapLayers::from_bytes(self.bytes(length)?)
    }

    fn area_kind(&mut self) -> Result<AreaKind, String> {
        const ALL: [AreaKind; 5] =
            [AreaKind::Wood, AreaKind::Paddy, AreaKind::BuiltUp, AreaKind::Park, AreaKind::Water];
        let kind = self.byte()?;
        ALL.into_iter().find(|k| *k as u8 == kind).ok_or_else(|| format!("area kind {kind} does not exist"))
    }

    fn label(&mut self) -> Result<Label, String> {
        const ALL: [LabelKind; 4] =
            [LabelKind::Town, LabelKind::District, LabelKind::Station, LabelKind::Landmark];
        let kind = self.byte()?;
        let kind = ALL
            .into_iter()
            .find(|k| *k as u8 == kind)
            .ok_or_else(|| format!("label kind {kind} does not exist"))?;
        let (name, furigana) = (self.text()?, self.text()?);
        let point = match self.points()?.as_slice() {
            [point] => *point,
            _ => return Err("a label has not exactly one point".to_owned()),
        };
        Ok(Label { kind, name, furigana, point })
    }
}
