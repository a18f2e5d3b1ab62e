//! A map from what a network can show of itself: drawn towns, and networks that came without a map.

use units::Point;

use super::kinds::{Kind, Layer};
use super::layers::{Builder, Look, MapLayers, ONEWAY};
use super::mercator::{World, project};
use crate::RoadClass;
use crate::shapes::{AreaKind, LabelKind, Shapes};

/// Rivers of at least this breadth are rivers, the rest are streams.
const RIVER_METRES: u32 = 10;

pub(crate) fn from_shapes(shapes: &Shapes) -> MapLayers {
    let mut builder = Builder::default();
    let line = |points: &[Point]| points.iter().map(|p| project(*p)).collect::<Vec<World>>();
    for area in &shapes.areas {
        let kind = match area.kind {
            AreaKind::Wood => Kind::Wood,
            AreaKind::Paddy => Kind::Paddy,
            AreaKind::BuiltUp => Kind::BuiltUp,
            AreaKind::Park => Kind::Park,
            AreaKind::Water => Kind::Lake,
        };
        builder.add_area(kind, &Look::default(), &[line(&area.ring)]);
    }
    for river in &shapes.rivers {
        let kind = if river.width_metres >= RIVER_METRES { Kind::River } else { Kind::Stream };
        let look = Look { name: river.name.clone(), width: river.width_metres, ..Look::default() };
        builder.add_line(kind, &look, &line(&river.line));
    }
    for railway in &shapes.railways {
        builder.add_line(Kind::Rail, &Look::default(), &line(railway));
    }
    for road in &shapes.roads {
        let flags = if road.oneway { ONEWAY } else { 0 };
        let look = Look { flags, name: road.name.clone(), ..Look::default() };
        for stroke in &road.lines {
            builder.add_line(kind_of(road.class), &look, &line(stroke));
        }
    }
    for label in &shapes.labels {
        let kind = match label.kind {
            LabelKind::Town => Kind::Town,
            LabelKind::District => Kind::Suburb,
            LabelKind::Station => Kind::Station,
            LabelKind::Landmark => Kind::Landmark,
        };
        let look = Look { name: label.name.clone(), more: label.furigana.clone(), ..Look::default() };
        builder.add_point(kind, &look, project(label.point));
    }
    builder.finish()
}

/// The road kinds of cars bear the names of the classes; the table's test holds that each has one.
fn kind_of(class: RoadClass) -> Kind {
    Kind::all()
        .find(|kind| kind.layer() == Layer::Road && kind.as_str() == class.as_str())
        .unwrap_or(Kind::Unclassified)
}
