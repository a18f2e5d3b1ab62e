//! Which ways a car may use and how, after the OSM wiki's access rules and OSRM's car profile.

use crate::RoadClass;
use crate::assemble::{Direction, WayLook};
use crate::class::RAMP_KMH;
use crate::shapes::{AreaKind, LabelKind};

/// What a way is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Use {
    Road(WayLook),
    River { name: String, width_metres: u32 },
    Railway,
    Area(AreaKind),
}

/// What came of looking at a way's tags.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Reversed when cars may only go against the order of its points.
    Taken { use_: Use, reversed: bool },
    /// A road, but not for cars: the reason.
    LeftOut(&'static str),
    /// Nothing of interest.
    Other,
}

pub(crate) struct Tags<'a>(pub Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)
    }

    fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }

    /// The most specific access tag that is present.
    fn access(&self) -> Option<&'a str> {
        ["motorcar", "motor_vehicle", "vehicle", "access"].iter().find_map(|key| self.get(key))
    }
}

/// Values that close a way to a shuttle; `destination`, `customers`, `delivery` and `permissive` leave it open, because
/// a shuttle fetches people from their doors.
const CLOSED: [&str; 7] =
    ["no", "private", "agricultural", "forestry", "military", "emergency", "use_sidepath"];

pub(crate) fn judge(tags: &Tags) -> Verdict {
    match tags.get("highway") {
        Some(highway) => road(tags, highway),
        None => scenery(tags),
    }
}

fn road(tags: &Tags, highway: &str) -> Verdict {
    let (kind, ramp) = highway.strip_suffix("_link").map_or((highway, false), |kind| (kind, true));
    let class = match kind {
        "motorway" => RoadClass::Motorway,
        "trunk" => RoadClass::Trunk,
        "primary" => RoadClass::Primary,
        "secondary" => RoadClass::Secondary,
        "tertiary" => RoadClass::Tertiary,
        "unclassified" | "road" => RoadClass::Unclassified,
        "residential" => RoadClass::Residential,
        "living_street" => RoadClass::LivingStreet,
        "service" => RoadClass::Service,
        "track" => RoadClass::Track,
        "construction" | "proposed" | "abandoned" | "razed" => return Verdict::LeftOut("not built or gone"),
        _ => return Verdict::LeftOut("not a road for cars"),
    };
    if tags.is("area", "yes") {
        return Verdict::LeftOut("an area, not a line");
    }
    if tags.access().is_some_and(|value| CLOSED.contains(&value)) {
        return Verdict::LeftOut("closed to cars or private");
    }
    if tags
        .get("service")
        .is_some_and(|s| matches!(s, "parking_aisle" | "drive-through" | "emergency_access"))
    {
        return Verdict::LeftOut("inside a car park");
    }
    let (direction, reversed) = direction(tags, class);
    let top = if ramp { class.kmh().min(RAMP_KMH) } else { class.kmh() };
    let kmh = tags.get("maxspeed").and_then(signed_kmh).map_or(top, |signed| top.min(signed));
    let name = tags.get("name").or_else(|| tags.get("ref")).unwrap_or_default().to_owned();
    Verdict::Taken { use_: Use::Road(WayLook { class, name, kmh, direction }), reversed }
}

/// One-way by tag, else by being a roundabout or a motorway. Lanes that change sense by the hour count as open both
/// ways, as most routers do not know the hour either.
fn direction(tags: &Tags, class: RoadClass) -> (Direction, bool) {
    match tags.get("oneway") {
        Some("yes" | "true" | "1") => (Direction::Along, false),
        Some("-1" | "reverse") => (Direction::Along, true),
        Some("no" | "false" | "0" | "reversible" | "alternating") => (Direction::Both, false),
        _ => {
            let round = tags.is("junction", "roundabout") || tags.is("junction", "circular");
            // A ramp belongs to its class, yet only ramps of motorways are one-way by rule.
            let implied = round || class == RoadClass::Motorway;
            (if implied { Direction::Along } else { Direction::Both }, false)
        }
    }
}

/// `40`, `40 km/h`, `25 mph`, `walk`; `None` for what says no number. Never below walking pace.
fn signed_kmh(text: &str) -> Option<u32> {
    if text == "walk" {
        return Some(5);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u32 = text[..digits].parse().ok()?;
    let kmh = if text[digits..].trim_start().starts_with("mph") {
        number.saturating_mul(1609) / 1000
    } else {
        number
    };
    Some(kmh.max(5))
}

fn scenery(tags: &Tags) -> Verdict {
    let taken = |use_| Verdict::Taken { use_, reversed: false };
    let hidden = tags.is("tunnel", "yes") || tags.is("tunnel", "culvert");
    match (tags.get("waterway"), tags.get("railway")) {
        (Some(kind @ ("river" | "canal" | "stream")), _) if !hidden => {
            let usual = match kind {
                "river" => 20,
                "canal" => 8,
                _ => 3,
            };
            let width_metres = tags
                .get("width")
                .and_then(|w| w.parse::<f64>().ok())
                .map_or(usual, |w| w.clamp(1.0, 2000.0) as u32);
            return taken(Use::River { name: tags.get("name").unwrap_or_default().to_owned(), width_metres });
        }
        (Some("riverbank"), _) => return taken(Use::Area(AreaKind::Water)),
        (_, Some("rail" | "light_rail" | "narrow_gauge" | "monorail"))
            if !hidden && tags.get("service").is_none() =>
        {
            return taken(Use::Railway);
        }
        _ => {}
    }
    let kind = match (tags.get("natural"), tags.get("landuse"), tags.get("leisure")) {
        (Some("water"), _, _) | (_, Some("reservoir" | "basin"), _) => AreaKind::Water,
        (Some("wood"), _, _) | (_, Some("forest"), _) => AreaKind::Wood,
        (_, _, Some("park" | "garden")) => AreaKind::Park,
        (_, Some("farmland" | "paddy"), _) if tags.is("crop", "rice") || tags.is("landuse", "paddy") => {
            AreaKind::Paddy
        }
        (_, Some("residential" | "commercial" | "retail" | "industrial"), _) => AreaKind::BuiltUp,
        _ => return Verdict::Other,
    };
    taken(Use::Area(kind))
}

/// Whether a car is stopped at the point.
pub(crate) fn closes(tags: &Tags) -> bool {
    let Some(barrier) = tags.get("barrier") else { return false };
    match tags.access() {
        Some(value) => CLOSED.contains(&value),
        // Things that open or that one drives over or under stop nobody; posts and walls do.
        None => !matches!(
            barrier,
            "gate"
                | "lift_gate"
                | "swing_gate"
                | "cattle_grid"
                | "border_control"
                | "toll_booth"
                | "sally_port"
                | "entrance"
                | "height_restrictor"
                | "kerb"
                | "no"
        ),
    }
}

pub(crate) fn label(tags: &Tags) -> Option<(LabelKind, String, String)> {
    let kind = match (tags.get("place"), tags.get("railway")) {
        (Some("city" | "town"), _) => LabelKind::Town,
        (Some("village" | "suburb" | "quarter" | "neighbourhood" | "hamlet"), _) => LabelKind::District,
        (_, Some("station" | "halt")) => LabelKind::Station,
        _ => return None,
    };
    let furigana = ["name:ja-Hira", "name:ja_kana", "name:ja-Kana"]
        .iter()
        .find_map(|key| tags.get(key))
        .unwrap_or_default();
    Some((kind, tags.get("name")?.to_owned(), furigana.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `highway=residential oneway=-1` as a line.
    fn look(line: &str) -> Result<(RoadClass, u32, Direction, bool), &'static str> {
        let tags = Tags(line.split_whitespace().filter_map(|tag| tag.split_once('=')).collect());
        match judge(&tags) {
            Verdict::Taken { use_: Use::Road(look), reversed } => {
                Ok((look.class, look.kmh, look.direction, reversed))
            }
            Verdict::LeftOut(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn classes_access_and_one_ways() {
        use Direction::{Along, Both};
        use RoadClass::{Motorway, Residential, Service, Trunk};
        let closed = "closed to cars or private";
        let cases = [
            ("highway=residential", Ok((Residential, 25, Both, false))),
            ("highway=residential oneway=-1", Ok((Residential, 25, Along, true))),
            ("highway=residential junction=roundabout", Ok((Residential, 25, Along, false))),
            ("highway=motorway", Ok((Motorway, 80, Along, false))),
            ("highway=motorway oneway=no", Ok((Motorway, 80, Both, false))),
            ("highway=motorway_link", Ok((Motorway, 40, Along, false))),
            ("highway=trunk maxspeed=40", Ok((Trunk, 40, Both, false))),
            ("highway=trunk maxspeed=100", Ok((Trunk, 50, Both, false))),
            ("highway=trunk maxspeed=20mph", Ok((Trunk, 32, Both, false))),
            ("highway=trunk maxspeed=none", Ok((Trunk, 50, Both, false))),
            ("highway=residential access=no", Err(closed)),
            ("highway=residential access=no motor_vehicle=destination", Ok((Residential, 25, Both, false))),
            ("highway=service access=private", Err(closed)),
            ("highway=service access=customers", Ok((Service, 15, Both, false))),
            ("highway=service service=parking_aisle", Err("inside a car park")),
            ("highway=residential area=yes", Err("an area, not a line")),
            ("highway=footway", Err("not a road for cars")),
            ("highway=construction", Err("not built or gone")),
        ];
        for (line, expected) in cases {
            assert_eq!(look(line), expected, "{line}");
        }
    }

    #[test]
    fn posts_close_a_point_and_gates_do_not_unless_they_say_so() {
        let closed = |line: &str| {
            closes(&Tags(line.split_whitespace().filter_map(|tag| tag.split_once('=')).collect()))
        };
        assert!(closed("barrier=bollard"));
        assert!(!closed("barrier=bollard motor_vehicle=yes"));
        assert!(!closed("barrier=gate"));
        assert!(closed("barrier=gate access=private"));
        assert!(!closed("highway=crossing"));
    }
}
