//! From a pair of tables to a network: junctions (`node_id, lat, lon, tag`) and directed edges (`from_id, to_id, length_m,
//! highway, name, maxspeed, lanes, oneway, geometry`), as CSV, gzip or plain.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::StringRecord;
use flate2::read::MultiGzDecoder;
use units::Point;

use crate::assemble::{Direction, Draft, DraftWay};
use crate::osm::{ImportOptions, ImportReport, Progress, Stage, prepare, way_of_tags};
use crate::shapes::Scenery;
use crate::{Bounds, DrivingSide, Fault, Roads};

/// Reads the roads of a pair of tables and prepares them for routing. An edge and the one back over the same line become
/// one street.
///
/// # Errors
/// [`Fault::NotTable`] names the file, the line and the column; the rest as in [`crate::import_osm`].
pub fn import_tables(
    nodes: &Path,
    edges: &Path,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Roads, ImportReport), Fault> {
    progress(Progress { stage: Stage::Points, done: 0, of: 1 });
    let mut draft = Draft::default();
    let mut report = ImportReport::default();
    let (index, present) = read_nodes(nodes, options.bounds, &mut draft)?;
    progress(Progress { stage: Stage::Ways, done: 0, of: 1 });
    read_edges(edges, &index, &mut draft, &mut report)?;
    if draft.ways.is_empty() {
        return Err(match (options.bounds, present) {
            (Some(wanted), Some(present)) => Fault::OutsideBox { path: edges.to_owned(), wanted, present },
            _ => Fault::NoRoads { path: edges.to_owned(), ways: report.ways_read },
        });
    }
    let side = options.side.or_else(|| present.map(|b| DrivingSide::of_region(b.middle())));
    draft.drives_left = side == Some(DrivingSide::Left);
    report.points_used = index.values().filter(|i| i.is_some()).count() as u64;
    report.signals = draft.posts.iter().filter(|p| **p & crate::assemble::post::SIGNALS != 0).count() as u64;
    progress(Progress { stage: Stage::Network, done: 0, of: 1 });
    prepare(edges, draft, Scenery::default(), options.speeds.clone(), report, progress)
}

/// A table whose columns are found by name.
struct Table<'p> {
    path: &'p Path,
    expected: &'static str,
    columns: Vec<Option<usize>>,
    reader: csv::Reader<Box<dyn Read>>,
}

impl<'p> Table<'p> {
    /// The first `needed` of the names must be there.
    fn open(
        path: &'p Path,
        expected: &'static str,
        names: &[&str],
        needed: usize,
    ) -> Result<Table<'p>, Fault> {
        let io = |source| Fault::Io { path: path.to_owned(), doing: "read", source };
        let mut file = BufReader::new(File::open(path).map_err(io)?);
        let begin = std::io::BufRead::fill_buf(&mut file).map_err(io)?;
        let zipped = begin.starts_with(&[0x1f, 0x8b]);
        let plain: Box<dyn Read> = if zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(plain);
        let not = |what: String| Fault::NotTable { path: path.to_owned(), expected, what };
        let header = reader.headers().map_err(|e| not(e.to_string()))?.clone();
        let columns: Vec<Option<usize>> =
            names.iter().map(|name| header.iter().position(|h| h.trim() == *name)).collect();
        for (name, column) in names.iter().zip(&columns).take(needed) {
            if column.is_none() {
                return Err(not(format!("it has no column `{name}`")));
            }
        }
        Ok(Table { path, expected, columns, reader })
    }

    fn fault(&self, what: String) -> Fault {
        Fault::NotTable { path: self.path.to_owned(), expected: self.expected, what }
    }

    /// `false` at the end.
    fn next(&mut self, row: &mut StringRecord) -> Result<bool, Fault> {
        self.reader.read_record(row).map_err(|e| self.fault(e.to_string()))
    }

    fn text<'r>(&self, row: &'r StringRecord, column: usize) -> &'r str {
        self.columns[column].and_then(|i| row.get(i)).unwrap_or_default().trim()
    }

    fn number<T: std::str::FromStr>(&self, row: &StringRecord, column: usize) -> Result<T, Fault> {
        let text = self.text(row, column);
        let line = row.position().map_or(0, csv::Position::line);
        text.parse()
            .map_err(|_| self.fault(format!("line {line}, column {}: `{text}` is no number", column + 1)))
    }
}

type Index = BTreeMap<i64, Option<u32>>;

/// Nodes by id; `None` for those outside the box.
fn read_nodes(
    path: &Path,
    bounds: Option<Bounds>,
    draft: &mut Draft,
) -> Result<(Index, Option<Bounds>), Fault> {
    let mut table =
        Table::open(path, "road nodes (node_id, lat, lon, tag)", &["node_id", "lat", "lon", "tag"], 3)?;
    let mut index = Index::new();
    let mut present = Vec::new();
    let mut row = StringRecord::new();
    while table.next(&mut row)? {
        let id: i64 = table.number(&row, 0)?;
        let (lat, lon): (f64, f64) = (table.number(&row, 1)?, table.number(&row, 2)?);
        let Some(point) = Point::from_degrees(lat, lon) else {
            return Err(table.fault(format!("node {id} lies at {lat}, {lon}: off the earth")));
        };
        present.push(point);
        let tag = table.text(&row, 3);
        let inside = bounds.is_none_or(|b| b.contains(point));
        let number = inside.then(|| draft.add_point(point, crate::osm::posts_of("highway", tag)));
        if index.insert(id, number).is_some() {
            return Err(table.fault(format!("node {id} occurs twice")));
        }
    }
    Ok((index, Bounds::around(present)))
}

fn read_edges(path: &Path, index: &Index, draft: &mut Draft, report: &mut ImportReport) -> Result<(), Fault> {
    let names =
        ["from_id", "to_id", "highway", "name", "maxspeed", "lanes", "oneway", "geometry", "length_m"];
    let mut table = Table::open(path, "road edges (from_id, to_id, highway, ...)", &names, 3)?;
    let mut there: BTreeSet<(i64, i64, String)> = BTreeSet::new();
    let mut rows = Vec::new();
    let mut row = StringRecord::new();
    while table.next(&mut row)? {
        report.ways_read += 1;
        let (from, to): (i64, i64) = (table.number(&row, 0)?, table.number(&row, 1)?);
        for end in [from, to] {
            if !index.contains_key(&end) {
                return Err(table.fault(format!(
                    "line {}: there is no node {end}",
                    row.position().map_or(0, csv::Position::line)
                )));
            }
        }
        there.insert((from, to, table.text(&row, 7).to_owned()));
        rows.push((from, to, row.clone()));
    }
    for (from, to, row) in rows {
        let (Some(Some(a)), Some(Some(b))) = (index.get(&from), index.get(&to)) else { continue };
        let geometry = table.text(&row, 7);
        let back = (to, from, reversed(geometry));
        let both = there.contains(&back);
        // Of the two directions of a street the one from the lower id stands for both.
        let second = both && (to < from || (to == from && back.2.as_str() < geometry));
        if second {
            continue;
        }
        let class = table.text(&row, 2);
        let tags = [
            ("highway", class.split(';').next().unwrap_or_default()),
            ("name", table.text(&row, 3)),
            ("maxspeed", table.text(&row, 4)),
            ("lanes", table.text(&row, 5)),
        ];
        let look = match way_of_tags(&tags) {
            Ok(look) => look,
            Err(why) => {
                *report.ways_left_out.entry(why).or_default() += 1;
                continue;
            }
        };
        let mut look = look;
        look.direction = if both { Direction::Both } else { Direction::Along };
        report.ways_used += 1;
        let mut nodes = vec![*a];
        for at in inner(geometry) {
            let point = at.ok_or_else(|| {
                let line = row.position().map_or(0, csv::Position::line);
                table.fault(format!("line {line}: the geometry is not `lon lat,lon lat,...`"))
            })?;
            nodes.push(draft.add_point(point, 0));
        }
        nodes.push(*b);
        draft.ways.push(DraftWay { nodes, look });
    }
    Ok(())
}

fn reversed(geometry: &str) -> String {
    let mut parts: Vec<&str> = geometry.split(',').collect();
    parts.reverse();
    parts.join(",")
}

/// Points between the ends of a line `lon lat,lon lat,...`; none where it is straight.
fn inner(geometry: &str) -> impl Iterator<Item = Option<Point>> + '_ {
    let count = geometry.split(',').count();
    let between = move |(i, _): &(usize, &str)| *i > 0 && i + 1 < count;
    geometry.split(',').enumerate().filter(between).map(|(_, pair)| {
        let (lon, lat) = pair.trim().split_once(' ')?;
        Point::from_degrees(lat.trim().parse().ok()?, lon.trim().parse().ok()?)
    })
}
