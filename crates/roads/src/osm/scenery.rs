//! What the map shows besides roads.

use units::Point;

use super::read::{Extract, RawWay};
use super::tags::Use;
use crate::Bounds;
use crate::shapes::{AreaShape, RiverShape, Scenery};

pub(super) fn scenery(extract: &Extract, bounds: Option<Bounds>) -> Scenery {
    let mut scenery = Scenery { labels: extract.labels.clone(), ..Scenery::default() };
    let inside = |p: &Point| bounds.is_none_or(|b| b.contains(*p));
    scenery.labels.retain(|label| inside(&label.point));
    let line = |way: &RawWay| way.refs.iter().filter_map(|r| extract.point(*r)).collect::<Vec<Point>>();
    for way in extract.ways.iter().filter(|way| !matches!(way.use_, Use::Road { .. })) {
        let mut points = line(way);
        if points.len() < 2 || !points.iter().any(inside) {
            continue;
        }
        match &way.use_ {
            Use::Road { .. } => {}
            Use::Railway => scenery.railways.push(points),
            Use::River { name, width_metres } => {
                scenery.rivers.push(RiverShape {
                    name: name.clone(),
                    width_metres: *width_metres,
                    line: points,
                });
            }
            Use::Area(kind) => {
                let ring = points.first() == points.last() && points.len() > 3;
                if ring {
                    points.pop();
                    scenery.areas.push(AreaShape { kind: *kind, ring: points });
                }
            }
        }
    }
    scenery.areas.sort_by_key(|area| area.kind);
    scenery
}
