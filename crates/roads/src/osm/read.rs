//! The two readings of an extract.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use osmpbf::{BlobDecode, BlobReader, Element, RelMemberType};
use rustc_hash::FxHashMap;
use units::Point;

use super::relations::{RawRestriction, Sign, restriction};
use super::tags::{Tags, Use, Verdict, closes, judge, label, posts};
use super::{Progress, Stage};
use crate::Fault;
use crate::shapes::Label;

/// A way of interest; `refs` index [`Extract::points`].
pub(super) struct RawWay {
    pub id: i64,
    pub use_: Use,
    pub reversed: bool,
    pub refs: Vec<u32>,
}

/// What is kept of a file. Points are numbered by their first mention in a way, so by the file alone.
#[derive(Default)]
pub(super) struct Extract {
    pub ways: Vec<RawWay>,
    pub ways_read: u64,
    pub left_out: BTreeMap<&'static str, u64>,
    pub points: Vec<Option<Point>>,
    pub posts: Vec<u8>,
    pub closed: Vec<bool>,
    pub labels: Vec<Label>,
    pub restrictions: Vec<RawRestriction>,
    /// Restrictions that do not bind a car, and those that depend on the hour.
    pub restrictions_for_others: u64,
    pub restrictions_conditional: u64,
    /// Number of each named point, for restrictions.
    pub index: FxHashMap<i64, u32>,
}

impl Extract {
    pub fn point(&self, index: u32) -> Option<Point> {
        self.points[index as usize]
    }
}

pub(super) fn read_extract(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Extract, Fault> {
    let mut extract = Extract::default();
    let mut report = |done, of| progress(Progress { stage: Stage::Ways, done, of });
    each_element(path, &mut report, &mut |element| match element {
        Element::Way(way) => take_way(&mut extract, &way),
        Element::Relation(relation) => take_relation(&mut extract, &relation),
        Element::Node(_) | Element::DenseNode(_) => {}
    })?;
    let points = extract.index.len();
    extract.points = vec![None; points];
    extract.posts = vec![0; points];
    extract.closed = vec![false; points];
    let index = std::mem::take(&mut extract.index);
    let mut report = |done, of| progress(Progress { stage: Stage::Points, done, of });
    each_element(path, &mut report, &mut |element| match element {
        Element::Node(n) => {
            let at = Point::from_degrees(n.lat(), n.lon());
            take_point(&mut extract, index.get(&n.id()).copied(), at, || Tags(n.tags().collect()));
        }
        Element::DenseNode(n) => {
            let at = Point::from_degrees(n.lat(), n.lon());
            take_point(&mut extract, index.get(&n.id()).copied(), at, || Tags(n.tags().collect()));
        }
        Element::Way(_) | Element::Relation(_) => {}
    })?;
    extract.index = index;
    Ok(extract)
}

fn take_way(extract: &mut Extract, way: &osmpbf::Way) {
    extract.ways_read += 1;
    match judge(&Tags(way.tags().collect())) {
        Verdict::Taken { use_, reversed } => {
            let index = &mut extract.index;
            let mut refs: Vec<u32> = way
                .refs()
                .map(|id| {
                    let next = index.len() as u32;
                    *index.entry(id).or_insert(next)
                })
                .collect();
            if reversed {
                refs.reverse();
            }
            extract.ways.push(RawWay { id: way.id(), use_, reversed, refs });
        }
        Verdict::LeftOut(why) => *extract.left_out.entry(why).or_default() += 1,
        Verdict::Other => {}
    }
}

fn take_relation(extract: &mut Extract, relation: &osmpbf::Relation) {
    match restriction(&Tags(relation.tags().collect())) {
        Sign::Other => {}
        Sign::ForOthers => extract.restrictions_for_others += 1,
        Sign::Conditional => extract.restrictions_conditional += 1,
        Sign::Turn { only } => {
            let mut raw = RawRestriction { only, ..RawRestriction::default() };
            for member in relation.members() {
                let id = member.member_id;
                match (member.role(), member.member_type) {
                    (Ok("from"), RelMemberType::Way) => raw.from.push(id),
                    (Ok("to"), RelMemberType::Way) => raw.to.push(id),
                    (Ok("via"), RelMemberType::Way) => raw.via_ways.push(id),
                    (Ok("via"), RelMemberType::Node) => raw.via_points.push(id),
                    _ => {}
                }
            }
            extract.restrictions.push(raw);
        }
    }
}

fn take_point<'a>(
    extract: &mut Extract,
    index: Option<u32>,
    at: Option<Point>,
    tags: impl FnOnce() -> Tags<'a>,
) {
    let Some(at) = at else { return };
    let tags = tags();
    if let Some(i) = index {
        let i = i as usize;
        extract.points[i] = Some(at);
        extract.posts[i] = posts(&tags);
        extract.closed[i] = closes(&tags);
    }
    if let Some((kind, name, furigana)) = label(&tags) {
        extract.labels.push(Label { kind, name, furigana, point: at });
    }
}

/// Hands over every element in the order of the file.
pub(super) fn each_element(
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
    each: &mut dyn FnMut(Element),
) -> Result<(), Fault> {
    let io = |source| Fault::Io { path: path.to_owned(), doing: "read", source };
    let not_osm = |what: String| Fault::NotOsm { path: path.to_owned(), what };
    let file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    if size == 0 {
        return Err(not_osm("it is empty".to_owned()));
    }
    let reader = BlobReader::new_seekable(BufReader::new(file)).map_err(|e| not_osm(e.to_string()))?;
    let mut head_seen = false;
    for blob in reader {
        let blob = blob.map_err(|e| not_osm(explain(&e)))?;
        let at = blob.offset().map_or(0, |o| o.0).min(size);
        progress(at, size);
        // The reader takes indices inside a block on trust and panics on wrong ones: that is damage, not a bug.
        catch_unwind(AssertUnwindSafe(|| take_block(&blob, &mut head_seen, each)))
            .unwrap_or_else(|_| Err(format!("the block at byte {at} contradicts itself")))
            .map_err(not_osm)?;
    }
    if !head_seen {
        return Err(not_osm("it has no header block".to_owned()));
    }
    progress(size, size);
    Ok(())
}

fn take_block(
    blob: &osmpbf::Blob,
    head_seen: &mut bool,
    each: &mut dyn FnMut(Element),
) -> Result<(), String> {
    match blob.decode().map_err(|e| explain(&e))? {
        BlobDecode::OsmHeader(header) => {
            *head_seen = true;
            let known = ["OsmSchema-V0.6", "DenseNodes"];
            match header.required_features().iter().find(|f| !known.contains(&f.as_str())) {
                Some(other) => Err(format!("it needs `{other}`, which is not read here")),
                None => Ok(()),
            }
        }
        BlobDecode::OsmData(_) if !*head_seen => Err("its first block is not a header".to_owned()),
        BlobDecode::OsmData(block) => {
            block.for_each_element(each);
            Ok(())
        }
        BlobDecode::Unknown(_) => Ok(()),
    }
}

/// The library's words name its own types; most people need to know that the file ends too early.
fn explain(error: &osmpbf::Error) -> String {
    let cut_off = match error.kind() {
        osmpbf::ErrorKind::Io(e) => e.kind() == std::io::ErrorKind::UnexpectedEof,
        osmpbf::ErrorKind::Protobuf { err, .. } => {
            let words = err.to_string().to_lowercase();
            words.contains("eof") || words.contains("end of file")
        }
        _ => false,
    };
    if cut_off { format!("it is cut off ({error})") } else { error.to_string() }
}
