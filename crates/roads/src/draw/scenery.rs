//! What the map shows besides roads.

use super::Setting;
use super::land::Land;
use super::names;
use super::plane::{Noise, V, to_point, v};
use crate::shapes::{AreaKind, AreaShape, Label, LabelKind, RiverShape, Scenery};

pub(super) fn scenery(land: &Land, town_hall: Option<V>) -> Scenery {
    let mut areas = Vec::new();
    for (middle, reach) in &land.hills {
        areas.push(blob(AreaKind::Wood, *middle, *reach, land.noise, 700.0, 0.2));
    }
    for patch in land.patches.iter().filter(|patch| patch.setting == Setting::Village) {
        areas.push(blob(
            AreaKind::Paddy,
            patch.centre,
            patch.radius * 1.75,
            Noise(land.noise.0 ^ 9),
            500.0,
            0.3,
        ));
    }
    for patch in &land.patches {
        let reach = patch.radius * if patch.setting == Setting::Village { 0.8 } else { 1.04 };
        areas.push(blob(AreaKind::BuiltUp, patch.centre, reach, land.noise, 520.0, 0.22));
    }
    for park in &land.parks {
        areas.push(blob(AreaKind::Park, park.middle, park.reach, Noise(land.noise.0 ^ 5), 130.0, 0.25));
        if park.moat {
            areas.push(blob(
                AreaKind::Water,
                park.middle + v(park.reach * 0.35, 0.0),
                park.reach * 0.28,
                land.noise,
                90.0,
                0.3,
            ));
        }
    }
    areas.sort_by_key(|area| area.kind);
    let points = |line: &[V]| line.iter().map(|p| to_point(*p)).collect::<Vec<_>>();
    let rivers = land
        .waters
        .iter()
        .map(|w| RiverShape { name: w.name.to_owned(), width_metres: w.width as u32, line: points(&w.line) })
        .collect();
    let label = |kind, (name, furigana): (&str, &str), at: V| Label {
        kind,
        name: name.to_owned(),
        furigana: furigana.to_owned(),
        point: to_point(at),
    };
    let mut labels: Vec<Label> =
        land.patches.iter().map(|p| label(LabelKind::District, (p.name, p.furigana), p.centre)).collect();
    labels.push(label(LabelKind::Station, names::STATION, land.station));
    labels.push(label(LabelKind::Town, names::TOWN, town_hall.unwrap_or(land.station)));
    labels.extend(
        land.parks.iter().filter_map(|park| Some(label(LabelKind::Landmark, park.name?, park.middle))),
    );
    Scenery { areas, rivers, railways: vec![points(&land.railway)], labels }
}

/// Cosine and sine of 6 degrees: turning by a fixed step needs no trigonometry at run time.
const STEP: (f64, f64) = (0.994_521_895_368_273_3, 0.104_528_463_267_653_47);

fn blob(kind: AreaKind, middle: V, reach: f64, noise: Noise, wavelength: f64, ragged: f64) -> AreaShape {
    let mut towards = v(1.0, 0.0);
    let mut ring = Vec::with_capacity(60);
    for _ in 0..60 {
        let rim = middle + towards * reach;
        let bent = reach
            * (1.0 + ragged * noise.at(rim, wavelength) + ragged * 0.5 * noise.at(rim, wavelength / 2.7));
        ring.push(to_point(middle + towards * bent));
        towards = v(towards.x * STEP.0 - towards.y * STEP.1, towards.x * STEP.1 + towards.y * STEP.0);
    }
    AreaShape { kind, ring }
}
