//! Thousands of damaged files: no panic gets out, no memory is taken on a file's word, a fault names the file.

#![allow(clippy::unwrap_used)]

mod common;
mod drawn;

use std::path::Path;

use common::Choice;
use drawn::{everything, grid};
use roads::{Fault, ImportOptions, Period, Roads, import_osm, import_tables};
use units::Node;

/// Damages bytes in one of several ways.
fn damage(bytes: &[u8], choice: &mut Choice) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    for _ in 0..=choice.below(3) {
        if damaged.is_empty() {
            break;
        }
        let at = choice.below(damaged.len());
        match choice.below(7) {
            0 => damaged[at] ^= 1 << choice.below(8),
            1 => damaged[at] = 0xff,
            2 => damaged[at] = choice.below(256) as u8,
            3 => damaged.truncate(at),
            4 => {
                let end = (at + 1 + choice.below(16)).min(damaged.len());
                damaged.drain(at..end);
            }
            5 => {
                let end = (at + 1 + choice.below(16)).min(damaged.len());
                let again = damaged[at..end].to_vec();
                damaged.splice(at..at, again);
            }
            _ => {
                let end = (at + 4).min(damaged.len());
                damaged[at..end].fill([0, 0x7f, 0x80, 0xff][choice.below(4)]);
            }
        }
    }
    damaged
}

/// What was read all the same can be asked.
fn ask(roads: &Roads) {
    let count = roads.node_count() as u32;
    for (a, b) in [(0, count - 1), (count / 2, 0), (count / 3, count / 3)] {
        let travel = roads.travel(Node(a), Node(b));
        let path = roads.path(Node(a), Node(b));
        assert!(travel.seconds.0 >= 0 && path.points.len() < 1_000_000);
    }
}

fn named(fault: &Fault, name: &str) {
    let said = fault.to_string();
    let unnamed = matches!(fault, Fault::TooLarge { .. });
    assert!(unnamed || said.contains(name), "{said}");
}

#[test]
fn damaged_extracts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("town.osm.pbf");
    let mut choice = Choice(41);
    let mut read = 0;
    // Deflated blocks are mostly caught by their own checksum; raw ones let the damage through to the tags and numbers.
    for (deflate, times) in [(false, 2_400), (true, 400)] {
        let whole = everything().bytes(deflate);
        for _ in 0..times {
            std::fs::write(&file, damage(&whole, &mut choice)).unwrap();
            match import_osm(&file, &ImportOptions::default(), &mut |_| {}) {
                Ok((roads, _)) => {
                    read += 1;
                    ask(&roads);
                }
                Err(fault) => named(&fault, "town.osm.pbf"),
            }
        }
    }
    assert!(read > 100, "{read} were read all the same");
}

#[test]
fn damaged_tables() {
    let folder = tempfile::tempdir().unwrap();
    let (nodes, edges) = (folder.path().join("town_nodes.csv"), folder.path().join("town_edges.csv"));
    let whole_nodes =
        "node_id,lat,lon,tag\n1,36.39,139.06,\n2,36.391,139.06,traffic_signals\n3,36.391,139.061,\n";
    let whole_edges = "from_id,to_id,length_m,highway,name,maxspeed,lanes,oneway,geometry\n\
        1,2,111,primary,通り,40,2,0,\"139.06 36.39,139.0601 36.3905,139.06 36.391\"\n\
        2,1,111,primary,通り,40,2,0,\"139.06 36.391,139.0601 36.3905,139.06 36.39\"\n\
        2,3,90,residential,,,,0,\n3,2,90,residential,,,,0,\n1,3,200,tertiary,,,,1,\n";
    let options = ImportOptions::default();
    let put = |a: &[u8], b: &[u8]| {
        std::fs::write(&nodes, a).unwrap();
        std::fs::write(&edges, b).unwrap();
        import_tables(&nodes, &edges, &options, &mut |_| {})
    };
    let (roads, report) = put(whole_nodes.as_bytes(), whole_edges.as_bytes()).unwrap();
    assert_eq!((roads.junction_count(), roads.edge_count(), report.ways_used), (3, 3, 3));
    assert_eq!(report.signals, 1);
    let mut choice = Choice(43);
    for i in 0..3_000 {
        let (mut a, mut b) = (whole_nodes.as_bytes().to_vec(), whole_edges.as_bytes().to_vec());
        if i % 2 == 0 {
            a = damage(&a, &mut choice);
        } else {
            b = damage(&b, &mut choice);
        }
        match put(&a, &b) {
            Ok((roads, _)) => ask(&roads),
            Err(fault) => named(&fault, "town_"),
        }
    }
    for (a, b, words) in [
        ("lat,lon\n1,2\n", whole_edges, "no column `node_id`"),
        ("node_id,lat,lon\n1,91,0\n", whole_edges, "off the earth"),
        ("node_id,lat,lon\n1,x,0\n", whole_edges, "`x` is no number"),
        ("node_id,lat,lon\n1,1,0\n1,1,1\n", whole_edges, "twice"),
        (whole_nodes, "from_id,to_id,highway\n1,9,primary\n", "no node 9"),
        (whole_nodes, "from_id,to_id,highway\n1,2,footway\n", "no road that a car may use"),
        ("", whole_edges, "no column `node_id`"),
    ] {
        let said = put(a.as_bytes(), b.as_bytes()).map(|_| ()).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
}

/// Bytes of the file's head and of a line of its table; see `file`.
const HEAD: usize = 28;
const LINE: usize = 16;

/// Makes the checksums fit what they stand over, as somebody who edits a file might.
fn mend(bytes: &mut [u8]) {
    let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let sections = word(bytes, HEAD) as usize;
    let mut from = HEAD + 4 + sections * LINE;
    for section in 0..sections {
        let line = HEAD + 4 + section * LINE;
        let length = u64::from_le_bytes(bytes[line + 4..line + 12].try_into().unwrap()) as usize;
        let sum = crc32fast::hash(&bytes[from..from + length]);
        bytes[line + 12..line + 16].copy_from_slice(&sum.to_le_bytes());
        from += length;
    }
    let sum = crc32fast::hash(&bytes[HEAD..HEAD + 4 + sections * LINE]);
    bytes[24..28].copy_from_slice(&sum.to_le_bytes());
}

fn small_file(file: &Path) -> Vec<u8> {
    let extract = file.with_extension("osm.pbf");
    std::fs::write(&extract, everything().bytes(true)).unwrap();
    import_osm(&extract, &ImportOptions::default(), &mut |_| {}).unwrap().0.save(file).unwrap();
    std::fs::read(file).unwrap()
}

#[test]
fn damaged_roads_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("town.roads");
    let whole = small_file(&file);
    let mut choice = Choice(47);
    for _ in 0..2_500 {
        let damaged = damage(&whole, &mut choice);
        if damaged != whole {
            std::fs::write(&file, &damaged).unwrap();
            named(&Roads::open(&file).unwrap_err(), "town.roads");
        }
    }
    // Damage under checksums that were made to fit: what is read all the same must answer without a panic.
    let first = HEAD + 4 + whole[HEAD] as usize * LINE;
    let mut read = 0;
    for _ in 0..2_500 {
        let mut damaged = whole.clone();
        for _ in 0..=choice.below(3) {
            let at = first + choice.below(damaged.len() - first);
            damaged[at] = if choice.below(2) == 0 { 0xff } else { choice.below(256) as u8 };
        }
        mend(&mut damaged);
        std::fs::write(&file, &damaged).unwrap();
        match Roads::open(&file) {
            Ok(roads) => {
                read += 1;
                for period in [Period::Midday, Period::Snow] {
                    let last = Node(roads.node_count() as u32 - 1);
                    roads.travel_during(period, Node(0), last);
                    roads.path_during(period, last, Node(0));
                    roads.many_to_many_during(period, &[Node(0), last], &[last, Node(1)]);
                }
            }
            Err(fault) => named(&fault, "town.roads"),
        }
    }
    assert!(read > 100, "{read} were read all the same");
}

/// Every road of a junction is turned into from every other: without a limit such a star would take all memory.
#[test]
fn a_junction_of_thousands_of_roads_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("star.osm.pbf");
    let mut star = drawn::Drawing::default();
    star.node(1, (0, 0), "");
    for id in 2..2_002 {
        star.node(id, (id as i32 % 50 - 25, id as i32 / 50 + 1), "").way(id, &[1, id], "highway=residential");
    }
    std::fs::write(&file, star.bytes(true)).unwrap();
    let fault = import_osm(&file, &ImportOptions::default(), &mut |_| {}).map(|_| ()).unwrap_err();
    assert!(matches!(fault, Fault::TooLarge { .. }), "{fault}");
}

/// Found by fuzzing: one digit of a longitude made a road of half the earth, whose way weighed more than a search can add up, so
/// that its time and its path differed.
#[test]
fn a_road_of_half_the_earth_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (nodes, edges) = (folder.path().join("town_nodes.csv"), folder.path().join("town_edges.csv"));
    std::fs::write(&nodes, "node_id,lat,lon,tag\n1,36.39,139.06,\n2,36.391,13.06,\n").unwrap();
    let roads = "from_id,to_id,length_m,highway,name,maxspeed,lanes,oneway,geometry\n\
        1,2,9000000,primary,,,,0,\n2,1,9000000,primary,,,,0,\n";
    std::fs::write(&edges, roads).unwrap();
    let fault =
        import_tables(&nodes, &edges, &ImportOptions::default(), &mut |_| {}).map(|_| ()).unwrap_err();
    assert!(matches!(fault, Fault::TooLarge { .. }), "{fault}");
}

#[test]
fn a_failed_import_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("town.osm.pbf");
    for (bytes, words) in [
        (drawn::Drawing::default().bytes(true), "holds no road"),
        (
            drawn::Drawing::default()
                .node(1, (0, 0), "")
                .node(2, (1, 0), "")
                .way(1, &[1, 2], "highway=footway")
                .bytes(true),
            "holds no road",
        ),
        (
            drawn::Drawing::default()
                .node(1, (0, 0), "")
                .node(2, (1, 0), "")
                .way(1, &[1, 2], "highway=primary oneway=yes")
                .bytes(true),
            "holds no road",
        ),
        (
            drawn::Drawing::default()
                .node(1, (0, 0), "")
                .node(2, (1, 0), "")
                .way(1, &[1, 2], "highway=motorway oneway=no")
                .bytes(true),
            "holds no road",
        ),
        (grid(3).bytes(true)[..200].to_vec(), "cut off"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let said =
            import_osm(&file, &ImportOptions::default(), &mut |_| {}).map(|_| ()).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
}
