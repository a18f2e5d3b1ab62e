//! A large extract drawn by laying copies of a real one side by side: something of the size of a prefecture to measure
//! with, where none is at hand.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use osmpbf::{Element, RelMemberType};
use units::Point;

use super::read::each_element;
use super::write::{OsmNode, OsmRelation, OsmWay, PbfWriter};
use crate::{Bounds, Fault};

/// Roads between neighbours, on each side.
const LINKS: i64 = 12;

/// Between copies, in metres.
const GAP_METRES: f64 = 400.0;

#[derive(Default)]
struct Original {
    nodes: Vec<OsmNode>,
    ways: Vec<OsmWay>,
    relations: Vec<OsmRelation>,
}

/// Writes `columns` by `rows` copies of the extract's roads and turn restrictions, joined by links over the gaps. Gives the
/// numbers of nodes and ways.
///
/// # Errors
/// As in [`crate::import_osm`]; [`Fault::TooLarge`] where the copies would leave the map.
pub fn tile(extract: &Path, columns: u32, rows: u32, out: &Path) -> Result<(u64, u64), Fault> {
    let original = read(extract)?;
    let bounds = Bounds::around(original.nodes.iter().map(|n| n.point));
    let Some(bounds) = bounds.filter(|_| !original.ways.is_empty()) else {
        return Err(Fault::NoRoads { path: extract.to_owned(), ways: 0 });
    };
    let io = |source| Fault::Io { path: out.to_owned(), doing: "write", source };
    let file = BufWriter::new(File::create(out).map_err(io)?);
    let mut writer = PbfWriter::new(file).map_err(io)?;
    let gap = (GAP_METRES / (6_371_008.8 * 1e-7_f64.to_radians())) as i64;
    let height = i64::from(bounds.ne.lat_e7()) - i64::from(bounds.sw.lat_e7()) + gap;
    let breadth = i64::from(bounds.ne.lon_e7()) - i64::from(bounds.sw.lon_e7()) + gap;
    let highest = i64::from(bounds.ne.lat_e7()) + height * i64::from(rows);
    let farthest = i64::from(bounds.ne.lon_e7()) + breadth * i64::from(columns);
    if highest > 850_000_000 || farthest > 1_790_000_000 {
        return Err(Fault::TooLarge { what: "so many copies would leave the map; take fewer" });
    }
    let copies = || (0..i64::from(rows)).flat_map(|row| (0..i64::from(columns)).map(move |c| (row, c)));
    let number = |row: i64, column: i64| row * i64::from(columns) + column;
    let (nodes, ways) = (original.nodes.len() as i64, original.ways.len() as i64);
    for (row, column) in copies() {
        for node in &original.nodes {
            let lat = i64::from(node.point.lat_e7()) + height * row;
            let lon = i64::from(node.point.lon_e7()) + breadth * column;
            let id = node.id + nodes * number(row, column);
            let point = Point::from_e7(lat as i32, lon as i32);
            writer.node(OsmNode { id, point, tags: node.tags.clone() }).map_err(io)?;
        }
    }
    for (row, column) in copies() {
        let copy = number(row, column);
        for way in &original.ways {
            let refs = way.refs.iter().map(|r| r + nodes * copy).collect();
            writer.way(OsmWay { id: way.id + ways * copy, refs, tags: way.tags.clone() }).map_err(io)?;
        }
    }
    let mut links = 0;
    let mut last_way = ways * number(i64::from(rows), 0);
    let joints = joints(&original, bounds);
    for (row, column) in copies() {
        for (from, to, row_step, column_step) in &joints {
            let next = (row + row_step, column + column_step);
            if next.0 >= i64::from(rows) || next.1 >= i64::from(columns) {
                continue;
            }
            let refs = vec![from + nodes * number(row, column), to + nodes * number(next.0, next.1)];
            last_way += 1;
            links += 1;
            let tags = vec![("highway".to_owned(), "secondary".to_owned())];
            writer.way(OsmWay { id: last_way, refs, tags }).map_err(io)?;
        }
    }
    for (row, column) in copies() {
        let copy = number(row, column);
        for relation in &original.relations {
            let members = relation.members.iter().map(|(role, kind, id)| {
                (role.clone(), *kind, id + copy * if *kind == 'w' { ways } else { nodes })
            });
            let id = relation.id + copy * original.relations.len() as i64;
            let tags = relation.tags.clone();
            writer.relation(OsmRelation { id, members: members.collect(), tags }).map_err(io)?;
        }
    }
    writer.finish().map_err(io)?;
    let copies = u64::from(rows) * u64::from(columns);
    Ok((nodes as u64 * copies, ways as u64 * copies + links))
}

/// Roads, their points and their restrictions, renumbered from 1.
fn read(extract: &Path) -> Result<Original, Fault> {
    let mut original = Original::default();
    let mut way_number: BTreeMap<i64, i64> = BTreeMap::new();
    let mut wanted: BTreeMap<i64, i64> = BTreeMap::new();
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    each_element(extract, &mut |_, _| {}, &mut |element| match element {
        Element::Way(way) if way.tags().any(|(key, _)| key == "highway") => {
            let refs: Vec<i64> = way.refs().collect();
            for id in &refs {
                wanted.entry(*id).or_default();
            }
            let id = original.ways.len() as i64 + 1;
            way_number.insert(way.id(), id);
            original.ways.push(OsmWay { id, refs, tags: way.tags().map(owned).collect() });
        }
        Element::Relation(relation) if relation.tags().any(|(_, value)| value == "restriction") => {
            let members = relation.members().filter_map(|m| {
                let kind = match m.member_type {
                    RelMemberType::Node => 'n',
                    RelMemberType::Way => 'w',
                    RelMemberType::Relation => return None,
                };
                Some((m.role().ok()?.to_owned(), kind, m.member_id))
            });
            let members = members.collect();
            let tags = relation.tags().map(owned).collect();
            original.relations.push(OsmRelation { id: 0, members, tags });
        }
        _ => {}
    })?;
    let mut take = |id: i64, at: Option<Point>, tags: Vec<(String, String)>| {
        if let (Some(number), Some(point)) = (wanted.get_mut(&id), at)
            && *number == 0
        {
            *number = original.nodes.len() as i64 + 1;
            original.nodes.push(OsmNode { id: *number, point, tags });
        }
    };
    each_element(extract, &mut |_, _| {}, &mut |element| match element {
        Element::Node(n) => {
            take(n.id(), Point::from_degrees(n.lat(), n.lon()), n.tags().map(owned).collect());
        }
        Element::DenseNode(n) => {
            take(n.id(), Point::from_degrees(n.lat(), n.lon()), n.tags().map(owned).collect());
        }
        _ => {}
    })?;
    for way in &mut original.ways {
        way.refs = way.refs.iter().filter_map(|id| wanted.get(id).copied()).filter(|n| *n > 0).collect();
    }
    let known = |kind: char, id: i64| {
        let numbers = if kind == 'w' { &way_number } else { &wanted };
        numbers.get(&id).copied().filter(|n| *n > 0)
    };
    original.relations.retain(|r| r.members.iter().all(|(_, kind, id)| known(*kind, *id).is_some()));
    for (i, relation) in original.relations.iter_mut().enumerate() {
        relation.id = i as i64 + 1;
        for (_, kind, id) in &mut relation.members {
            *id = known(*kind, *id).unwrap_or(*id);
        }
    }
    Ok(original)
}

/// Links to the eastern and to the northern neighbour: from, to, and steps of row and column.
fn joints(original: &Original, bounds: Bounds) -> Vec<(i64, i64, i64, i64)> {
    const THROUGH: [&str; 8] = [
        "trunk",
        "primary",
        "secondary",
        "tertiary",
        "residential",
        "unclassified",
        "living_street",
        "service",
    ];
    let by_id = |id: &i64| &original.nodes[(*id - 1) as usize];
    let through = |way: &&OsmWay| {
        way.tags.iter().any(|(key, value)| key == "highway" && THROUGH.contains(&value.as_str()))
    };
    let ends: Vec<&OsmNode> = original
        .ways
        .iter()
        .filter(through)
        .flat_map(|way| [way.refs.first(), way.refs.last()])
        .flatten()
        .map(by_id)
        .collect();
    let band = |at: i32, low: i32, high: i32| {
        (i64::from(at) - i64::from(low)) * LINKS / (i64::from(high) - i64::from(low) + 1)
    };
    let mut joints = Vec::new();
    for b in 0..LINKS {
        let row = ends.iter().filter(|n| band(n.point.lat_e7(), bounds.sw.lat_e7(), bounds.ne.lat_e7()) == b);
        let east = row.clone().max_by_key(|n| (n.point.lon_e7(), n.id));
        let west = row.min_by_key(|n| (n.point.lon_e7(), n.id));
        joints.extend(east.zip(west).map(|(e, w)| (e.id, w.id, 0, 1)));
        let column =
            ends.iter().filter(|n| band(n.point.lon_e7(), bounds.sw.lon_e7(), bounds.ne.lon_e7()) == b);
        let north = column.clone().max_by_key(|n| (n.point.lat_e7(), n.id));
        let south = column.min_by_key(|n| (n.point.lat_e7(), n.id));
        joints.extend(north.zip(south).map(|(n, s)| (n.id, s.id, 1, 0)));
    }
    joints
}
