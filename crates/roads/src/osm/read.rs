//! The two readings of an extract.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use osmpbf::{BlobDecode, BlobReader, Element};
use rustc_hash::FxHashMap;
use units::Point;

use super::tags::{Tags, Use, Verdict, closes, judge, label};
use super::{Progress, Stage};
use crate::Fault;
use crate::assemble::WayLook;
use crate::shapes::Label;

/// A way of interest; `refs` index [`Extract::points`].
pub(super) struct RawWay {
    pub use_: Use,
    pub refs: Vec<u32>,
}

/// What is kept of a file. Points are numbered by their first mention in a way, so by the file alone.
#[derive(Default)]
pub(super) struct Extract {
    pub ways: Vec<RawWay>,
    pub ways_read: u64,
    pub left_out: BTreeMap<&'static str, u64>,
    pub points: Vec<Option<Point>>,
    pub signals: Vec<bool>,
    pub closed: Vec<bool>,
    pub labels: Vec<Label>,
}

impl Extract {
    pub fn point(&self, index: u32) -> Option<Point> {
        self.points[index as usize]
    }

    pub fn roads(&self) -> impl Iterator<Item = (&RawWay, &WayLook)> {
        self.ways.iter().filter_map(|way| match &way.use_ {
            Use::Road(look) => Some((way, look)),
            _ => None,
        })
    }
}

pub(super) fn read_extract(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Extract, Fault> {
    let mut extract = Extract::default();
    let mut index: FxHashMap<i64, u32> = FxHashMap::default();
    let mut report = |done, of| progress(Progress { stage: Stage::Ways, done, of });
    each_element(path, &mut report, &mut |element| {
        if let Element::Way(way) = element {
            take_way(&mut extract, &mut index, &way);
        }
    })?;
    extract.points = vec![None; index.len()];
    extract.signals = vec![false; index.len()];
    extract.closed = vec![false; index.len()];
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
    Ok(extract)
}

fn take_way(extract: &mut Extract, index: &mut FxHashMap<i64, u32>, way: &osmpbf::Way) {
    extract.ways_read += 1;
    match judge(&Tags(way.tags().collect())) {
        Verdict::Taken { use_, reversed } => {
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
            extract.ways.push(RawWay { use_, refs });
        }
        Verdict::LeftOut(why) => *extract.left_out.entry(why).or_default() += 1,
        Verdict::Other => {}
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
        extract.signals[i] = tags.get("highway") == Some("traffic_signals");
        extract.closed[i] = closes(&tags);
    }
    if let Some((kind, name, furigana)) = label(&tags) {
        extract.labels.push(Label { kind, name, furigana, point: at });
    }
}

/// Hands over every element in the order of the file.
fn each_element(
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
        progress(blob.offset().map_or(0, |o| o.0).min(size), size);
        match blob.decode().map_err(|e| not_osm(explain(&e)))? {
            BlobDecode::OsmHeader(_) => head_seen = true,
            BlobDecode::OsmData(_) if !head_seen => {
                return Err(not_osm("its first block is not a header".to_owned()));
            }
            BlobDecode::OsmData(block) => block.for_each_element(&mut *each),
            BlobDecode::Unknown(_) => {}
        }
    }
    if !head_seen {
        return Err(not_osm("it has no header block".to_owned()));
    }
    progress(size, size);
    Ok(())
}

/// The library's words name its own types; most people need to know that the file ends too early.
fn explain(error: &osmpbf::Error) -> String {
    let cut_off = match error.kind() {
        osmpbf::ErrorKind::Io(e) => e.kind() == std::io::ErrorKind::UnexpectedEof,
        osmpbf::ErrorKind::Protobuf { err, .. } => err.to_string().contains("EOF"),
        _ => false,
    };
    if cut_off { format!("it is cut off ({error})") } else { error.to_string() }
}
