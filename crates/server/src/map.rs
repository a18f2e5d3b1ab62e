//! The map of the pages: GeoJSON drawn from the engine's own roads, made once.

use roads::{AreaKind, Roads};
use serde_json::{Value, json};
use units::Point;

use crate::views::name_of;

/// The body and its tag; both follow from the roads file alone.
pub struct MapBody {
    pub json: String,
    pub etag: String,
}

impl MapBody {
    pub fn of(roads: &Roads) -> MapBody {
        MapBody { json: draw(roads).to_string(), etag: format!("\"map-{}\"", roads.fingerprint()) }
    }
}

/// Six decimals are about ten centimetres.
fn at(point: Point) -> Value {
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    json!([round(point.lon()), round(point.lat())])
}

fn line(points: &[Point]) -> Value {
    points.iter().map(|p| at(*p)).collect()
}

/// GeoJSON repeats the first point at the end of a ring.
fn ring(points: &[Point]) -> Value {
    points.iter().chain(points.first()).map(|p| at(*p)).collect()
}

fn feature(geometry: Value, properties: Value) -> Value {
    json!({ "type": "Feature", "geometry": geometry, "properties": properties })
}

fn collection(features: Vec<Value>) -> Value {
    json!({ "type": "FeatureCollection", "features": features })
}

fn draw(roads: &Roads) -> Value {
    let shapes = roads.shapes();
    let lines = shapes.roads.iter().map(|road| {
        let parts: Vec<Value> = road.lines.iter().map(|l| line(l)).collect();
        let properties = json!({ "class": name_of(road.class), "name": road.name, "oneway": road.oneway });
        feature(json!({ "type": "MultiLineString", "coordinates": parts }), properties)
    });
    let rivers = shapes.rivers.iter().map(|river| {
        let kind = if river.width_metres >= 20 { "river" } else { "stream" };
        let properties = json!({ "kind": kind, "name": river.name, "width_m": river.width_metres });
        feature(json!({ "type": "LineString", "coordinates": line(&river.line) }), properties)
    });
    let areas = |wanted: fn(AreaKind) -> bool| {
        shapes.areas.iter().filter(move |a| wanted(a.kind)).map(|area| {
            let properties = json!({ "kind": name_of(area.kind) });
            feature(json!({ "type": "Polygon", "coordinates": [ring(&area.ring)] }), properties)
        })
    };
    let water: Vec<Value> = rivers.chain(areas(|k| k == AreaKind::Water)).collect();
    let railways = shapes
        .railways
        .iter()
        .map(|r| feature(json!({ "type": "LineString", "coordinates": line(r) }), json!({})));
    let labels = shapes.labels.iter().map(|label| {
        let properties =
            json!({ "name": label.name, "furigana": label.furigana, "kind": name_of(label.kind) });
        feature(json!({ "type": "Point", "coordinates": at(label.point) }), properties)
    });
    let bounds = roads.bounds();
    json!({
        "bounds": [bounds.sw.lon(), bounds.sw.lat(), bounds.ne.lon(), bounds.ne.lat()],
        "attribution": roads.source().licence,
        "layers": {
            "roads": collection(lines.collect()),
            "land": collection(areas(|k| k != AreaKind::Water).collect()),
            "water": collection(water),
            "railways": collection(railways.collect()),
            "labels": collection(labels.collect()),
        },
    })
}
