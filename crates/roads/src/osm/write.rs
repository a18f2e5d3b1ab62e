//! Writes small extracts: for tests, for peers that read nothing else, and for towns drawn by tiling.
//!
//! Only what those need of the format (<https://wiki.openstreetmap.org/wiki/PBF_Format>): a header, dense nodes, ways,
//! relations, blocks of at most 8,000 elements, deflated.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use units::Point;

/// Elements to a block, as the format recommends.
const BLOCK: usize = 8_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsmNode {
    pub id: i64,
    pub point: Point,
    pub tags: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsmWay {
    pub id: i64,
    pub refs: Vec<i64>,
    pub tags: Vec<(String, String)>,
}

/// Members are role, `'n'` or `'w'`, and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsmRelation {
    pub id: i64,
    pub members: Vec<(String, char, i64)>,
    pub tags: Vec<(String, String)>,
}

/// Give it all nodes, then all ways, then all relations, each by rising id; then [`PbfWriter::finish`].
pub struct PbfWriter<W: Write> {
    out: W,
    nodes: Vec<OsmNode>,
    ways: Vec<OsmWay>,
    relations: Vec<OsmRelation>,
    /// Deflate blocks, as everybody does; raw ones let a test damage what is inside.
    pub deflate: bool,
}

impl<W: Write> PbfWriter<W> {
    /// # Errors
    /// What writing the header says.
    pub fn new(out: W) -> io::Result<PbfWriter<W>> {
        PbfWriter::with(out, true)
    }

    /// # Errors
    /// What writing the header says.
    pub fn with(out: W, deflate: bool) -> io::Result<PbfWriter<W>> {
        let mut writer =
            PbfWriter { out, nodes: Vec::new(), ways: Vec::new(), relations: Vec::new(), deflate };
        let mut header = Message::default();
        header.bytes(4, b"OsmSchema-V0.6");
        header.bytes(4, b"DenseNodes");
        header.bytes(16, b"kuseki");
        writer.blob("OSMHeader", &header.0)?;
        Ok(writer)
    }

    /// # Errors
    /// What writing says.
    pub fn node(&mut self, node: OsmNode) -> io::Result<()> {
        self.nodes.push(node);
        if self.nodes.len() == BLOCK { self.flush() } else { Ok(()) }
    }

    /// # Errors
    /// What writing says.
    pub fn way(&mut self, way: OsmWay) -> io::Result<()> {
        if !self.nodes.is_empty() || self.ways.len() == BLOCK {
            self.flush()?;
        }
        self.ways.push(way);
        Ok(())
    }

    /// # Errors
    /// What writing says.
    pub fn relation(&mut self, relation: OsmRelation) -> io::Result<()> {
        if !(self.nodes.is_empty() && self.ways.is_empty()) || self.relations.len() == BLOCK {
            self.flush()?;
        }
        self.relations.push(relation);
        Ok(())
    }

    /// Writes what is still held and gives the writer back.
    ///
    /// # Errors
    /// What writing says.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut strings = Strings::default();
        let mut group = Message::default();
        let nodes = std::mem::take(&mut self.nodes);
        if !nodes.is_empty() {
            group.message(2, &dense(&nodes, &mut strings));
        }
        for way in std::mem::take(&mut self.ways) {
            let mut m = Message::default();
            m.number(1, way.id as u64);
            strings.tags(&mut m, &way.tags);
            m.packed(8, deltas(way.refs.iter().copied()).map(zigzag));
            group.message(3, &m);
        }
        for relation in std::mem::take(&mut self.relations) {
            let mut m = Message::default();
            m.number(1, relation.id as u64);
            strings.tags(&mut m, &relation.tags);
            let roles: Vec<u64> = relation.members.iter().map(|(role, ..)| strings.number(role)).collect();
            m.packed(8, roles.into_iter());
            m.packed(9, deltas(relation.members.iter().map(|(.., id)| *id)).map(zigzag));
            m.packed(10, relation.members.iter().map(|(_, kind, _)| u64::from(*kind == 'w')));
            group.message(4, &m);
        }
        if group.0.is_empty() {
            return Ok(());
        }
        let mut table = Message::default();
        for text in &strings.texts {
            table.bytes(1, text.as_bytes());
        }
        let mut block = Message::default();
        block.message(1, &table);
        block.message(2, &group);
        self.blob("OSMData", &block.0)
    }

    fn blob(&mut self, kind: &str, bytes: &[u8]) -> io::Result<()> {
        let mut blob = Message::default();
        if self.deflate {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes)?;
            blob.number(2, bytes.len() as u64);
            blob.bytes(3, &encoder.finish()?);
        } else {
            blob.bytes(1, bytes);
        }
        let mut header = Message::default();
        header.bytes(1, kind.as_bytes());
        header.number(3, blob.0.len() as u64);
        self.out.write_all(&(header.0.len() as u32).to_be_bytes())?;
        self.out.write_all(&header.0)?;
        self.out.write_all(&blob.0)
    }
}

fn dense(nodes: &[OsmNode], strings: &mut Strings) -> Message {
    let mut m = Message::default();
    m.packed(1, deltas(nodes.iter().map(|n| n.id)).map(zigzag));
    m.packed(8, deltas(nodes.iter().map(|n| i64::from(n.point.lat_e7()))).map(zigzag));
    m.packed(9, deltas(nodes.iter().map(|n| i64::from(n.point.lon_e7()))).map(zigzag));
    let mut tags = Vec::new();
    for node in nodes {
        for (key, value) in &node.tags {
            tags.extend([strings.number(key), strings.number(value)]);
        }
        tags.push(0);
    }
    m.packed(10, tags.into_iter());
    m
}

/// Texts of a block by number; the first is empty and stands for the end of a node's tags.
struct Strings {
    texts: Vec<String>,
    number_of: std::collections::BTreeMap<String, u64>,
}

impl Default for Strings {
    fn default() -> Strings {
        Strings { texts: vec![String::new()], number_of: std::collections::BTreeMap::new() }
    }
}

impl Strings {
    fn number(&mut self, text: &str) -> u64 {
        if let Some(number) = self.number_of.get(text) {
            return *number;
        }
        let number = self.texts.len() as u64;
        self.texts.push(text.to_owned());
        self.number_of.insert(text.to_owned(), number);
        number
    }

    fn tags(&mut self, message: &mut Message, tags: &[(String, String)]) {
        let pairs: Vec<(u64, u64)> = tags.iter().map(|(k, v)| (self.number(k), self.number(v))).collect();
        message.packed(2, pairs.iter().map(|(key, _)| *key));
        message.packed(3, pairs.iter().map(|(_, value)| *value));
    }
}

fn deltas(numbers: impl Iterator<Item = i64>) -> impl Iterator<Item = i64> {
    numbers.scan(0, |before, n| Some(n - std::mem::replace(before, n)))
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

/// A protobuf message in the making.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    fn number(&mut self, field: u64, n: u64) {
        self.varint(field << 3);
        self.varint(n);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn message(&mut self, field: u64, message: &Message) {
        self.bytes(field, &message.0);
    }

    fn packed(&mut self, field: u64, numbers: impl Iterator<Item = u64>) {
        let mut inner = Message::default();
        numbers.for_each(|n| inner.varint(n));
        if !inner.0.is_empty() {
            self.message(field, &inner);
        }
    }
}
