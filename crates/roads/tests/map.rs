//! Maps and their tiles: of drawn towns everywhere, of real extracts where they are at hand.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::{extract, imported, town};
use fast_mvt::{MvtGeometry, MvtReaderRef, MvtValueRef};
use proptest::prelude::*;
use roads::map::{BUFFER, BUFFER_MAX, EXTENT, Kind, Layer, MAX_ZOOM, MapLayers, TileId};
use roads::{Roads, draw_town};

/// One feature of a tile as a viewer reads it.
struct Read {
    layer: String,
    kind: String,
    texts: BTreeMap<String, String>,
    geometry: MvtGeometry,
}

fn read(bytes: &[u8]) -> Vec<Read> {
    let reader = MvtReaderRef::new(bytes).unwrap();
    let mut all = Vec::new();
    for layer in reader.layers() {
        assert_eq!((layer.version(), i64::from(layer.extent())), (2, EXTENT));
        for feature in layer.features() {
            let mut texts = BTreeMap::new();
            for property in feature.properties() {
                let (key, value) = property.unwrap();
                let text = match value {
                    MvtValueRef::String(text) => text.to_owned(),
                    other => format!("{other:?}"),
                };
                assert!(texts.insert(key.to_owned(), text).is_none(), "{key} twice");
            }
            let kind = texts["kind"].clone();
            let layer = layer.name().to_owned();
            all.push(Read { layer, kind, texts, geometry: feature.geometry().unwrap() });
        }
    }
    all
}

/// Twice the area by the surveyor's formula; outer rings of a tile have a positive one.
fn doubled_area(ring: &geo::LineString<i32>) -> i64 {
    ring.0
        .windows(2)
        .map(|p| i64::from(p[0].x) * i64::from(p[1].y) - i64::from(p[1].x) * i64::from(p[0].y))
        .sum()
}

/// What every tile must hold, whatever it shows.
fn hold(bytes: &[u8], id: TileId) {
    let features = read(bytes);
    assert!(!features.is_empty(), "a tile with nothing in it must have no bytes");
    for feature in features {
        let layer = Layer::ALL.into_iter().find(|l| l.as_str() == feature.layer).unwrap();
        let kind = Kind::all().find(|k| k.layer() == layer && k.as_str() == feature.kind).unwrap();
        assert!(kind.first_zoom() <= id.zoom(), "{} at {}", feature.kind, id.zoom());
        let known: Vec<&str> = layer.fields().iter().map(|(name, _)| *name).collect();
        assert!(feature.texts.keys().all(|key| known.contains(&key.as_str())), "{:?}", feature.texts);
        let buffer = if layer == Layer::Waterway { BUFFER_MAX } else { BUFFER };
        let inside = |c: &geo::Coord<i32>| {
            let allowed = -buffer..=EXTENT + buffer;
            allowed.contains(&i64::from(c.x)) && allowed.contains(&i64::from(c.y))
        };
        let line = |line: &geo::LineString<i32>| {
            assert!(line.0.len() > 1 && line.0.iter().all(inside), "{} {line:?}", feature.kind);
        };
        let polygon = |polygon: &geo::Polygon<i32>| {
            let rings =
                std::iter::once((polygon.exterior(), 1)).chain(polygon.interiors().iter().map(|r| (r, -1)));
            for (ring, sign) in rings {
                assert!(
                    ring.0.len() > 3 && ring.0.first() == ring.0.last(),
                    "{} is not closed",
                    feature.kind
                );
                assert!(doubled_area(ring) * sign > 0, "{} is wound the wrong way", feature.kind);
                assert!(ring.0.iter().all(inside), "{} {ring:?}", feature.kind);
            }
        };
        match &feature.geometry {
            MvtGeometry::Point(point) => assert!(inside(&point.0)),
            MvtGeometry::LineString(one) => line(one),
            MvtGeometry::MultiLineString(all) => all.0.iter().for_each(line),
            MvtGeometry::Polygon(one) => polygon(one),
            MvtGeometry::MultiPolygon(all) => all.0.iter().for_each(polygon),
            other => panic!("{other:?}"),
        }
    }
}

/// All tiles that a network's box touches at a zoom level.
fn tiles(roads: &Roads, zoom: u8) -> Vec<TileId> {
    let bounds = roads.bounds();
    let (sw, ne) = (TileId::at(zoom, bounds.sw), TileId::at(zoom, bounds.ne));
    (ne.y()..=sw.y()).flat_map(|y| (sw.x()..=ne.x()).filter_map(move |x| TileId::new(zoom, x, y))).collect()
}

fn features_at(roads: &Roads, zoom: u8) -> Vec<Read> {
    let drawn = tiles(roads, zoom).into_iter().map(|id| roads.map().tile(id)).filter(|b| !b.is_empty());
    drawn.flat_map(|bytes| read(&bytes)).collect()
}

#[test]
fn every_tile_of_a_drawn_town_is_whole_small_and_always_the_same() {
    let again = draw_town(7).unwrap().roads;
    let mut kinds = Vec::new();
    for zoom in [0, 6, 9, 11, 12, 13, 14, 15, MAX_ZOOM] {
        for id in tiles(&town().roads, zoom) {
            let bytes = town().roads.map().tile(id);
            assert_eq!(bytes, again.map().tile(id), "{id:?}");
            assert!(bytes.len() < 200_000, "{id:?} has {} bytes", bytes.len());
            if !bytes.is_empty() {
                hold(&bytes, id);
                kinds.extend(read(&bytes).into_iter().map(|f| f.kind));
            }
        }
    }
    for kind in [
        "trunk",
        "residential",
        "rail",
        "river",
        "lake",
        "wood",
        "paddy",
        "built_up",
        "park",
        "station",
        "town",
        "suburb",
    ] {
        assert!(kinds.iter().any(|k| k == kind), "no {kind} in the drawn town");
    }
    // Tiles elsewhere are empty, and so is the map of no network.
    assert!(town().roads.map().tile(TileId::new(10, 0, 0).unwrap()).is_empty());
    assert!(MapLayers::default().tile(TileId::new(0, 0, 0).unwrap()).is_empty());
}

#[test]
fn a_road_does_not_end_at_the_seam_of_two_tiles() {
    // Every place where a road leaves a tile, it enters the next: the roads of a row of tiles, counted at each seam.
    let roads = &town().roads;
    for zoom in [12, 14] {
        for left in tiles(roads, zoom) {
            let Some(right) = TileId::new(zoom, left.x() + 1, left.y()) else { continue };
            let crossings = |id: TileId, at: i32| {
                let bytes = roads.map().tile(id);
                let mut rows = Vec::new();
                if bytes.is_empty() {
                    return rows;
                }
                for feature in read(&bytes).iter().filter(|f| f.layer == "road") {
                    let lines = match &feature.geometry {
                        MvtGeometry::LineString(line) => vec![line.clone()],
                        MvtGeometry::MultiLineString(lines) => lines.0.clone(),
                        _ => Vec::new(),
                    };
                    for pair in lines.iter().flat_map(|l| l.0.windows(2)) {
                        let (a, b) = (pair[0], pair[1]);
                        if (a.x < at) != (b.x < at) {
                            let t = f64::from(at - a.x) / f64::from(b.x - a.x);
                            rows.push(f64::from(a.y) + t * f64::from(b.y - a.y));
                        }
                    }
                }
                rows.sort_by(f64::total_cmp);
                rows
            };
            let (here, there) = (crossings(left, EXTENT as i32), crossings(right, 0));
            // Simplifying may move a crossing by a pixel, and one at the very corner to another tile.
            let inner =
                |rows: &[f64]| rows.iter().filter(|y| (32.0..EXTENT as f64 - 32.0).contains(*y)).count();
            assert_eq!(inner(&here), inner(&there), "{left:?}");
            for (a, b) in here.iter().zip(&there).filter(|_| here.len() == there.len()) {
                assert!((a - b).abs() < 17.0, "{left:?}: {a} and {b}");
            }
        }
    }
}

#[test]
fn a_map_comes_back_from_its_bytes_and_garbage_does_not() {
    let mut maps = vec![MapLayers::from_bytes(&town().roads.map().to_bytes()).unwrap()];
    maps.extend(imported("helsinki.osm.pbf").map(|r| MapLayers::from_bytes(&r.map().to_bytes()).unwrap()));
    assert_eq!(&maps[0], town().roads.map());
    for map in &maps {
        let whole = map.to_bytes();
        assert_eq!(map.version(), format!("{:08x}", crc32fast::hash(&whole)));
        assert_eq!(MapLayers::from_bytes(&whole).unwrap().to_bytes(), whole);
        for length in (0..whole.len()).step_by(whole.len() / 200 + 1) {
            assert!(MapLayers::from_bytes(&whole[..length]).is_err(), "cut at {length}");
        }
        for at in (0..whole.len()).step_by(whole.len() / 2_000 + 1) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x81;
            // Damage may only move a point or change a name; whatever is taken must be drawn without a fault.
            if at % 5 == 0
                && let Ok(map) = MapLayers::from_bytes(&damaged)
            {
                map.tile(TileId::at(12, town().roads.bounds().sw));
            }
        }
    }
    let mut later = maps[0].to_bytes();
    later[0] = 9;
    assert!(MapLayers::from_bytes(&later).unwrap_err().contains("version 9"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tile_is_whole(zoom in 0_u8..=MAX_ZOOM, east in 0.0_f64..1.0, north in 0.0_f64..1.0) {
        let bounds = town().roads.bounds();
        let (sw, ne) = (TileId::at(zoom, bounds.sw), TileId::at(zoom, bounds.ne));
        let pick = |from: u32, to: u32, share: f64| from + (f64::from(to - from + 1) * share) as u32;
        let id = TileId::new(zoom, pick(sw.x(), ne.x(), east), pick(ne.y(), sw.y(), north)).unwrap();
        let bytes = town().roads.map().tile(id);
        if !bytes.is_empty() {
            hold(&bytes, id);
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_map(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(map) = MapLayers::from_bytes(&bytes) {
            prop_assert_eq!(MapLayers::from_bytes(&map.to_bytes()).unwrap().to_bytes(), map.to_bytes());
        }
        let mut first = bytes;
        first.insert(0, 1);
        let _ = MapLayers::from_bytes(&first);
    }
}

#[test]
fn real_cities_show_what_they_hold_in_small_tiles() {
    for (name, wanted) in [
        ("helsinki.osm.pbf", &["building", "park", "tram", "primary", "path", "suburb", "sea"][..]),
        ("andorra.osm.pbf", &["river", "wood", "primary", "residential", "town", "lake"][..]),
        ("tachikawa.osm.pbf", &["primary", "residential", "unclassified", "tertiary"][..]),
    ] {
        let Some(roads) = imported(name) else { continue };
        let mut slowest = (Duration::ZERO, 0, None);
        let (mut count, mut sum, mut bytes_sum, mut largest) = (0, Duration::ZERO, 0, (0, None));
        for zoom in 0..=MAX_ZOOM {
            for id in tiles(&roads, zoom).into_iter().take(200) {
                let begin = Instant::now();
                let bytes = roads.map().tile(id);
                let took = begin.elapsed();
                (count, sum, bytes_sum) = (count + 1, sum + took, bytes_sum + bytes.len());
                slowest = slowest.max((took, bytes.len(), Some(id)));
                largest = largest.max((bytes.len(), Some(id)));
                assert!(bytes.len() < 200_000, "{name} {id:?} has {} bytes", bytes.len());
                if !bytes.is_empty() {
                    hold(&bytes, id);
                }
            }
        }
        println!(
            "{name}: {count} tiles, mean {:?}, slowest {slowest:?}, largest {largest:?}, mean {} bytes",
            sum / count,
            bytes_sum / count as usize
        );
        println!("  map {} bytes, {:?}", roads.map().to_bytes().len(), roads.map().counts());
        if name.starts_with("helsinki") {
            let holes = features_at(&roads, MAX_ZOOM).into_iter().filter(|f| match &f.geometry {
                MvtGeometry::Polygon(one) => !one.interiors().is_empty(),
                MvtGeometry::MultiPolygon(all) => all.0.iter().any(|p| !p.interiors().is_empty()),
                _ => false,
            });
            assert!(holes.count() > 10, "areas made of several ways have lost their holes");
        }
        let kinds: Vec<String> =
            (12..=MAX_ZOOM).flat_map(|z| features_at(&roads, z)).map(|f| f.kind).collect();
        for kind in wanted {
            assert!(kinds.iter().any(|k| k == kind), "{name} shows no {kind}");
        }
    }
}

#[test]
fn a_japanese_city_shows_its_streets_by_their_names() {
    let Some(roads) = imported("tachikawa.osm.pbf") else { return };
    let names: Vec<String> =
        features_at(&roads, 15).into_iter().filter_map(|f| f.texts.get("name").cloned()).collect();
    assert!(names.iter().any(|name| name.contains('通') || name.contains("街道")), "{names:?}");
}

#[test]
fn an_import_keeps_its_map_in_the_file_and_its_fingerprint_without_it() {
    let Some(path) = extract("tachikawa.osm.pbf") else { return };
    let inner = roads::Bounds::parse("35.69,139.39,35.71,139.42").unwrap();
    let options = roads::ImportOptions { bounds: Some(inner), ..Default::default() };
    let part = roads::import_osm(&path, &options, &mut |_| {}).unwrap().0;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("part.roads");
    part.save(&file).unwrap();
    let opened = Roads::open(&file).unwrap();
    assert_eq!(opened.map(), part.map());
    assert_eq!(opened.fingerprint(), part.fingerprint());
    let whole = imported("tachikawa.osm.pbf").unwrap();
    assert!(
        part.map().counts().iter().map(|c| c.1).sum::<usize>()
            < whole.map().counts().iter().map(|c| c.1).sum()
    );
}
