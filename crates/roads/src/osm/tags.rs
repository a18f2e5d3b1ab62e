//! Which ways a car may use and how, after the OSM wiki's access rules and OSRM's car profile.

use super::measures::{ferry_seconds, kmh, width_dm};
use crate::RoadClass;
use crate::assemble::{Direction, WayLook, post};
use crate::network::flag;
use crate::shapes::{AreaKind, LabelKind};
use crate::speeds::Surface;

/// What a way is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Use {
    Road {
        look: WayLook,
        /// What a ferry's timetable says for the whole way.
        ferry_seconds: Option<u32>,
        /// A toll is due.
        toll: bool,
        /// Something depends on the hour or the day, which is not looked at.
        conditional: bool,
    },
    River {
        name: String,
        width_metres: u32,
    },
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

    pub fn has_key_ending(&self, ending: &str) -> bool {
        self.0.iter().any(|(key, _)| key.ends_with(ending))
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
        None if tags.is("route", "ferry") => ferry(tags),
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
    let too_low = |m: &str| m.trim_end_matches(['m', ' ']).parse::<f64>().is_ok_and(|m| m < LOWEST_METRES);
    if tags.get("maxheight").is_some_and(too_low) {
        return Verdict::LeftOut("too low for a van");
    }
    let (direction, reversed) = direction(tags, class);
    taken_road(tags, class, ramp, (direction, reversed))
}

/// Lower passages let no minibus through.
const LOWEST_METRES: f64 = 2.0;

fn taken_road(
    tags: &Tags,
    class: RoadClass,
    ramp: bool,
    (direction, reversed): (Direction, bool),
) -> Verdict {
    let name = tags.get("name").or_else(|| tags.get("ref")).unwrap_or_default();
    let mut look = WayLook::plain(class, name, direction);
    look.surface = surface(tags);
    look.limit_kmh = limit(tags);
    look.width_dm = width_dm(tags);
    let has = |key: &str| tags.get(key).is_some_and(|v| v != "no");
    let lanes: u32 = tags.get("lanes").and_then(|n| n.parse().ok()).unwrap_or(1);
    for (bit, set) in [
        (flag::RAMP, ramp),
        (flag::ROUND, is_round(tags)),
        (flag::TUNNEL, has("tunnel")),
        (flag::BRIDGE, has("bridge")),
        (flag::WIDE, lanes >= 2 && direction == Direction::Both),
        (flag::BUILT_UP, tags.get("zone:traffic").is_some_and(|z| z.ends_with(":urban"))),
    ] {
        if set {
            look.flags |= bit;
        }
    }
    let conditional = CONDITIONAL.iter().any(|key| tags.get(key).is_some());
    let use_ = Use::Road { look, ferry_seconds: None, toll: tags.is("toll", "yes"), conditional };
    Verdict::Taken { use_, reversed }
}

/// Rules by hour or weight are counted, not applied: the most lenient reading stands.
const CONDITIONAL: [&str; 5] = [
    "access:conditional",
    "vehicle:conditional",
    "motor_vehicle:conditional",
    "motorcar:conditional",
    "oneway:conditional",
];

/// A ferry is taken only where it says that it carries cars.
fn ferry(tags: &Tags) -> Verdict {
    let carries = ["motorcar", "motor_vehicle", "vehicle"].iter().find_map(|key| tags.get(key));
    if !carries.is_some_and(|value| matches!(value, "yes" | "designated" | "permissive" | "destination")) {
        return Verdict::LeftOut("a ferry that does not say it carries cars");
    }
    let (direction, reversed) = direction(tags, RoadClass::Ferry);
    let look = WayLook::plain(RoadClass::Ferry, tags.get("name").unwrap_or_default(), direction);
    let ferry_seconds = tags.get("duration").and_then(ferry_seconds);
    Verdict::Taken { use_: Use::Road { look, ferry_seconds, toll: false, conditional: false }, reversed }
}

fn is_round(tags: &Tags) -> bool {
    tags.is("junction", "roundabout") || tags.is("junction", "circular")
}

/// One-way by the tag for cars, else by the general one, else by being a roundabout or a motorway. Lanes that change
/// sense by the hour count as open both ways, as most routers do not know the hour either.
fn direction(tags: &Tags, class: RoadClass) -> (Direction, bool) {
    let keys = ["oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"];
    match keys.iter().find_map(|key| tags.get(key)) {
        Some("yes" | "true" | "1") => (Direction::Along, false),
        Some("-1" | "reverse") => (Direction::Along, true),
        Some("no" | "false" | "0" | "reversible" | "alternating") => (Direction::Both, false),
        _ => {
            // A ramp belongs to its class, yet only ramps of motorways are one-way by rule.
            let implied = is_round(tags) || class == RoadClass::Motorway;
            (if implied { Direction::Along } else { Direction::Both }, false)
        }
    }
}

/// The lowest limit signed for cars in either direction; 0 where none is.
fn limit(tags: &Tags) -> u8 {
    ["maxspeed:motorcar", "maxspeed", "maxspeed:forward", "maxspeed:backward"]
        .iter()
        .filter_map(|key| tags.get(key).and_then(kmh))
        .min()
        .unwrap_or(0)
}

fn surface(tags: &Tags) -> Surface {
    let smoothness = match tags.get("smoothness") {
        Some("bad" | "very_bad") => Surface::Compacted,
        Some("horrible" | "very_horrible" | "impassable") => Surface::Rough,
        _ => Surface::Paved,
    };
    let ground = match (tags.get("surface"), tags.get("tracktype")) {
        (Some("compacted" | "fine_gravel" | "gravel" | "sett" | "cobblestone" | "unhewn_cobblestone"), _)
        | (Some("metal" | "wood" | "grass_paver"), _)
        | (None, Some("grade2")) => Surface::Compacted,
        (Some("unpaved" | "dirt" | "earth" | "ground" | "grass" | "mud" | "sand" | "pebblestone"), _)
        | (None, Some("grade3" | "grade4" | "grade5")) => Surface::Rough,
        _ => Surface::Paved,
    };
    ground.max(smoothness)
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

/// What stands at a point and holds or slows a car, as bits of [`post`].
pub(crate) fn posts(tags: &Tags) -> u8 {
    let mut posts = match tags.get("highway") {
        Some("traffic_signals") => post::SIGNALS,
        Some("stop") => post::STOP,
        Some("crossing") if tags.is("crossing", "traffic_signals") || tags.is("crossing:signals", "yes") => {
            post::CROSSING
        }
        _ => 0,
    };
    if tags.is("railway", "level_crossing") {
        posts |= post::LEVEL_CROSSING;
    }
    let sense = ["traffic_signals:direction", "direction", "stop:direction"];
    if posts & (post::SIGNALS | post::STOP) != 0 {
        posts |= match sense.iter().find_map(|key| tags.get(key)) {
            Some("forward") => post::ALONG_ONLY,
            Some("backward") => post::AGAINST_ONLY,
            _ => 0,
        };
    }
    posts
}

/// Whether a car is stopped at the point.
pub(crate) fn closes(tags: &Tags) -> bool {
    let Some(barrier) = tags.get("barrier") else { return false };
    match tags.access() {
        Some(value) => CLOSED.contains(&value),
        None if tags.is("locked", "yes") => true,
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

    fn tags(line: &str) -> Tags<'_> {
        Tags(line.split_whitespace().filter_map(|tag| tag.split_once('=')).collect())
    }

    fn look(line: &str) -> Result<(WayLook, bool), &'static str> {
        match judge(&tags(line)) {
            Verdict::Taken { use_: Use::Road { look, .. }, reversed } => Ok((look, reversed)),
            Verdict::LeftOut(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn classes_access_and_one_ways() {
        use Direction::{Along, Both};
        use RoadClass::{Ferry, Motorway, Residential, Service, Trunk};
        let closed = "closed to cars or private";
        let cases = [
            ("highway=residential", Ok((Residential, 0, Both, false))),
            ("highway=residential oneway=-1", Ok((Residential, 0, Along, true))),
            ("highway=residential oneway=yes oneway:bicycle=no", Ok((Residential, 0, Along, false))),
            ("highway=residential oneway=yes oneway:motor_vehicle=no", Ok((Residential, 0, Both, false))),
            ("highway=residential oneway:motorcar=yes", Ok((Residential, 0, Along, false))),
            ("highway=residential junction=roundabout", Ok((Residential, 0, Along, false))),
            ("highway=motorway", Ok((Motorway, 0, Along, false))),
            ("highway=motorway oneway=no", Ok((Motorway, 0, Both, false))),
            ("highway=motorway_link", Ok((Motorway, 0, Along, false))),
            ("highway=trunk maxspeed=40", Ok((Trunk, 40, Both, false))),
            ("highway=trunk maxspeed:forward=50 maxspeed:backward=30", Ok((Trunk, 30, Both, false))),
            ("highway=trunk maxspeed=20mph", Ok((Trunk, 32, Both, false))),
            ("highway=trunk maxspeed=none", Ok((Trunk, 0, Both, false))),
            ("highway=residential access=no", Err(closed)),
            ("highway=residential access=no motor_vehicle=destination", Ok((Residential, 0, Both, false))),
            ("highway=residential vehicle=no motorcar=yes", Ok((Residential, 0, Both, false))),
            ("highway=service access=private", Err(closed)),
            ("highway=service access=customers", Ok((Service, 0, Both, false))),
            ("highway=service service=parking_aisle", Err("inside a car park")),
            ("highway=residential area=yes", Err("an area, not a line")),
            ("highway=residential maxheight=1.8", Err("too low for a van")),
            ("highway=footway", Err("not a road for cars")),
            ("highway=construction", Err("not built or gone")),
            ("route=ferry motor_vehicle=yes duration=00:30", Ok((Ferry, 0, Both, false))),
            ("route=ferry foot=yes", Err("a ferry that does not say it carries cars")),
        ];
        for (line, expected) in cases {
            let found = look(line).map(|(l, reversed)| (l.class, l.limit_kmh, l.direction, reversed));
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn ground_width_and_kind_of_a_road() {
        let of = |line: &str| look(line).unwrap().0;
        assert_eq!(of("highway=track tracktype=grade3").surface, Surface::Rough);
        assert_eq!(of("highway=track tracktype=grade3 surface=asphalt").surface, Surface::Paved);
        assert_eq!(of("highway=tertiary surface=asphalt smoothness=horrible").surface, Surface::Rough);
        assert_eq!(of("highway=residential surface=sett").surface, Surface::Compacted);
        assert_eq!(of("highway=residential width=2.5").width_dm, 25);
        assert_eq!(of("highway=residential junction=roundabout").flags, flag::ROUND);
        assert_eq!(of("highway=trunk_link tunnel=yes").flags, flag::RAMP | flag::TUNNEL);
        assert_eq!(of("highway=unclassified lanes=2 bridge=viaduct").flags, flag::BRIDGE | flag::WIDE);
    }

    #[test]
    fn posts_close_a_point_and_gates_do_not_unless_they_say_so() {
        let closed = |line: &str| closes(&tags(line));
        assert!(closed("barrier=bollard"));
        assert!(!closed("barrier=bollard motor_vehicle=yes"));
        assert!(!closed("barrier=gate"));
        assert!(closed("barrier=gate access=private"));
        assert!(closed("barrier=gate locked=yes"));
        assert!(closed("barrier=block"));
        assert!(!closed("highway=crossing"));
    }

    #[test]
    fn lights_and_signs_hold_in_their_direction() {
        assert_eq!(posts(&tags("highway=traffic_signals")), post::SIGNALS);
        let one_way = posts(&tags("highway=traffic_signals traffic_signals:direction=forward"));
        assert_eq!(one_way, post::SIGNALS | post::ALONG_ONLY);
        assert_eq!(posts(&tags("highway=stop direction=backward")), post::STOP | post::AGAINST_ONLY);
        assert_eq!(posts(&tags("highway=crossing crossing=traffic_signals")), post::CROSSING);
        assert_eq!(posts(&tags("highway=crossing crossing=zebra")), 0);
        assert_eq!(posts(&tags("railway=level_crossing")), post::LEVEL_CROSSING);
    }
}
