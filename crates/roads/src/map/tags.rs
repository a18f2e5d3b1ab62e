//! What the map shows of an OpenStreetMap object, by its tags.

use super::kinds::Kind;
use super::layers::{BRIDGE, Look, ONEWAY, RAMP, TUNNEL};

/// The tags of one object, looked up by key.
pub(super) struct Tags<'a>(pub Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)
    }

    fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }

    fn yes(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value != "no")
    }

    /// The Japanese name where there is one of its own, else the name on the spot.
    fn name(&self) -> String {
        self.get("name:ja").or_else(|| self.get("name")).unwrap_or_default().trim().to_owned()
    }

    fn furigana(&self) -> String {
        ["name:ja-Hira", "name:ja_kana", "name:ja-Kana", "name:ja-Hrkt"]
            .iter()
            .find_map(|key| self.get(key))
            .unwrap_or_default()
            .to_owned()
    }
}

/// What becomes of an object: drawn as a line, as areas, and named at a point; any of them or none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub line: Option<Kind>,
    pub area: Option<Kind>,
    pub building: bool,
    pub label: Option<Kind>,
    pub look: Look,
    /// How a place is called beside its line or area: with its reading, without marks.
    pub label_look: Look,
    /// The line runs against the order of its points.
    pub reversed: bool,
}

impl Shown {
    pub fn is_nothing(&self) -> bool {
        self.line.is_none() && self.area.is_none() && !self.building && self.label.is_none()
    }
}

/// A way, or a multipolygon relation.
pub(super) fn shown(tags: &Tags, relation: bool) -> Shown {
    let mut shown = Shown { label: label(tags), ..Shown::default() };
    if shown.label.is_some() {
        shown.label_look = label_look(tags);
    }
    if !relation {
        line(tags, &mut shown);
    }
    if shown.line.is_none_or(|kind| kind == Kind::Coast) {
        shown.area = area(tags);
        shown.building = tags.yes("building") && !tags.is("location", "underground");
    }
    // Only water carries its name on its area; that of parks, schools and hospitals stands at a point.
    let water = matches!(shown.area, Some(Kind::Lake | Kind::RiverArea));
    if shown.line.is_some() || water {
        shown.look.name = tags.name();
    }
    shown
}

/// A point: what its name is written for.
pub(super) fn point(tags: &Tags) -> Option<(Kind, Look)> {
    let kind = place(tags).or_else(|| label(tags))?;
    let look = label_look(tags);
    // A nameless point tells nothing, and names are all that is drawn of one.
    (!look.name.is_empty()).then_some((kind, look))
}

fn label_look(tags: &Tags) -> Look {
    Look { name: tags.name(), more: tags.furigana(), ..Look::default() }
}

fn line(tags: &Tags, shown: &mut Shown) {
    let look = &mut shown.look;
    look.flags |= if tags.yes("bridge") { BRIDGE } else { 0 };
    look.flags |= if tags.yes("tunnel") || tags.yes("covered") { TUNNEL } else { 0 };
    if let Some(highway) = tags.get("highway") {
        if tags.is("area", "yes") {
            return;
        }
        shown.line = road(tags, highway, look);
        shown.reversed = tags.is("oneway", "-1") || tags.is("oneway", "reverse");
        return;
    }
    if let Some(kind) = tags.get("railway").and_then(|railway| rail(tags, railway)) {
        shown.line = Some(kind);
    } else if let Some(waterway) = tags.get("waterway") {
        // What runs under the ground is not water on a map.
        let usual = match waterway {
            "river" => (Kind::River, 12),
            "canal" => (Kind::Canal, 8),
            "stream" => (Kind::Stream, 3),
            "ditch" | "drain" => (Kind::Ditch, 2),
            _ => return,
        };
        if look.flags & TUNNEL == 0 {
            shown.line = Some(usual.0);
            look.width = tags
                .get("width")
                .and_then(|w| w.trim_end_matches('m').trim().parse::<f64>().ok())
                .map_or(usual.1, |w| w.clamp(1.0, 2000.0) as u32);
        }
    } else if tags.is("natural", "coastline") {
        shown.line = Some(Kind::Coast);
    } else if tags.is("route", "ferry") {
        shown.line = Some(Kind::Ferry);
    }
}

fn road(tags: &Tags, highway: &str, look: &mut Look) -> Option<Kind> {
    let (word, ramp) = highway.strip_suffix("_link").map_or((highway, false), |word| (word, true));
    let kind = match word {
        "motorway" => Kind::Motorway,
        "trunk" => Kind::Trunk,
        "primary" => Kind::Primary,
        "secondary" => Kind::Secondary,
        "tertiary" => Kind::Tertiary,
        "unclassified" | "road" => Kind::Unclassified,
        "residential" => Kind::Residential,
        "living_street" => Kind::LivingStreet,
        "service" => Kind::Service,
        "track" => Kind::Track,
        "path" | "footway" | "pedestrian" | "cycleway" | "steps" | "bridleway" | "corridor" => Kind::Path,
        _ => return None,
    };
    let round = tags.is("junction", "roundabout") || tags.is("junction", "circular");
    let implied = round || (kind == Kind::Motorway && !tags.is("oneway", "no"));
    if matches!(tags.get("oneway"), Some("yes" | "true" | "1" | "-1" | "reverse")) || implied {
        look.flags |= ONEWAY;
    }
    if ramp {
        look.flags |= RAMP;
    }
    look.more = tags.get("ref").unwrap_or_default().to_owned();
    // Aisles between parked cars and the walks beside every road would fill the sheet.
    let aisle = matches!(tags.get("service"), Some("parking_aisle" | "driveway" | "drive-through"));
    let beside = matches!(tags.get("footway"), Some("sidewalk" | "crossing"));
    if aisle || beside || word == "corridor" {
        look.zoom = Some(super::MAX_ZOOM);
    }
    Some(kind)
}

fn rail(tags: &Tags, railway: &str) -> Option<Kind> {
    match railway {
        "rail" | "narrow_gauge" | "preserved" if tags.get("service").is_some() => Some(Kind::Siding),
        "rail" | "narrow_gauge" | "preserved" => Some(Kind::Rail),
        "light_rail" | "monorail" | "funicular" => Some(Kind::LightRail),
        "subway" => Some(Kind::Subway),
        "tram" => Some(Kind::Tram),
        _ => None,
    }
}

fn area(tags: &Tags) -> Option<Kind> {
    match tags.get("natural") {
        Some("water") if matches!(tags.get("water"), Some("river" | "canal" | "stream" | "ditch")) => {
            return Some(Kind::RiverArea);
        }
        Some("water") => return Some(Kind::Lake),
        Some("wood" | "scrub") => return Some(Kind::Wood),
        Some("grassland" | "heath" | "wetland") => return Some(Kind::Grass),
        Some("sand" | "beach" | "shingle") => return Some(Kind::Sand),
        _ => {}
    }
    match tags.get("waterway") {
        Some("riverbank") => return Some(Kind::RiverArea),
        Some("dock") => return Some(Kind::Lake),
        _ => {}
    }
    match tags.get("landuse") {
        Some("reservoir" | "basin") => return Some(Kind::Lake),
        Some("forest") => return Some(Kind::Wood),
        Some("farmland" | "paddy") if tags.is("crop", "rice") || tags.is("landuse", "paddy") => {
            return Some(Kind::Paddy);
        }
        Some("farmland" | "orchard" | "vineyard" | "farmyard" | "allotments" | "plant_nursery") => {
            return Some(Kind::Farmland);
        }
        Some("residential" | "commercial" | "retail" | "industrial") => return Some(Kind::BuiltUp),
        Some("grass" | "meadow" | "village_green" | "recreation_ground") => return Some(Kind::Grass),
        Some("cemetery") => return Some(Kind::Cemetery),
        _ => {}
    }
    match (tags.get("leisure"), tags.get("amenity")) {
        (Some("park" | "garden" | "nature_reserve"), _) => Some(Kind::Park),
        (Some("golf_course" | "pitch"), _) => Some(Kind::Grass),
        (_, Some("grave_yard")) => Some(Kind::Cemetery),
        (_, Some("school" | "college" | "university" | "kindergarten" | "hospital")) => Some(Kind::Grounds),
        _ => None,
    }
}

fn place(tags: &Tags) -> Option<Kind> {
    Some(match tags.get("place")? {
        "city" => Kind::City,
        "town" => Kind::Town,
        "village" => Kind::Village,
        "suburb" | "borough" => Kind::Suburb,
        "quarter" | "city_block" => Kind::Quarter,
        "neighbourhood" => Kind::Neighbourhood,
        "hamlet" => Kind::Hamlet,
        _ => return None,
    })
}

/// What is worth a name of its own to somebody at a dispatch desk.
fn label(tags: &Tags) -> Option<Kind> {
    if !tags.yes("name") && !tags.yes("name:ja") {
        return None;
    }
    if matches!(tags.get("railway"), Some("station" | "halt")) {
        return Some(Kind::Station);
    }
    match (tags.get("amenity"), tags.get("healthcare")) {
        (Some("hospital"), _) | (_, Some("hospital")) => return Some(Kind::Hospital),
        (Some("townhall"), _) => return Some(Kind::TownHall),
        (Some("school" | "college" | "university"), _) => return Some(Kind::School),
        (Some("clinic" | "doctors"), _) | (_, Some("clinic" | "doctor")) => return Some(Kind::Clinic),
        (Some("community_centre" | "library" | "public_bath"), _) => return Some(Kind::CommunityCentre),
        (Some("post_office"), _) => return Some(Kind::PostOffice),
        (Some("social_facility" | "nursing_home"), _) => return Some(Kind::DayService),
        _ => {}
    }
    if tags.is("shop", "supermarket") || tags.is("shop", "department_store") || tags.is("shop", "mall") {
        return Some(Kind::Supermarket);
    }
    tags.is("leisure", "park").then_some(Kind::ParkName)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(line: &str) -> Tags<'_> {
        Tags(line.split_whitespace().filter_map(|tag| tag.split_once('=')).collect())
    }

    #[test]
    fn lines_areas_and_names_are_told_apart() {
        let of = |line: &str| {
            let shown = shown(&tags(line), false);
            (shown.line, shown.area, shown.building, shown.label)
        };
        assert_eq!(of("highway=residential"), (Some(Kind::Residential), None, false, None));
        assert_eq!(of("highway=pedestrian area=yes"), (None, None, false, None));
        assert_eq!(of("highway=construction"), (None, None, false, None));
        assert_eq!(of("railway=rail service=yard"), (Some(Kind::Siding), None, false, None));
        assert_eq!(of("waterway=stream tunnel=culvert"), (None, None, false, None));
        assert_eq!(of("natural=coastline"), (Some(Kind::Coast), None, false, None));
        assert_eq!(of("natural=water water=river"), (None, Some(Kind::RiverArea), false, None));
        assert_eq!(of("building=yes"), (None, None, true, None));
        assert_eq!(of("building=no"), (None, None, false, None));
        assert_eq!(
            of("amenity=hospital building=yes name=立川病院"),
            (None, Some(Kind::Grounds), true, Some(Kind::Hospital))
        );
        assert_eq!(
            of("leisure=park name=昭和記念公園"),
            (None, Some(Kind::Park), false, Some(Kind::ParkName))
        );
        assert!(shown(&tags("note=fixme"), false).is_nothing());
    }

    #[test]
    fn a_road_tells_its_name_number_and_direction() {
        let road = shown(
            &tags(
                "highway=trunk_link name=Mannerheim name:ja=マンネルヘイム ref=20 oneway=-1 bridge=viaduct",
            ),
            false,
        );
        assert_eq!((road.look.name.as_str(), road.look.more.as_str()), ("マンネルヘイム", "20"));
        assert_eq!((road.look.flags, road.reversed), (ONEWAY | RAMP | BRIDGE, true));
        assert_eq!(shown(&tags("highway=primary tunnel=no bridge=no"), false).look.flags, 0);
        assert_eq!(shown(&tags("waterway=river width=25.4"), false).look.width, 25);
    }

    #[test]
    fn a_point_without_a_name_is_not_shown() {
        assert_eq!(point(&tags("place=city")), None);
        let (kind, look) = point(&tags("place=quarter name=曙町 name:ja-Hira=あけぼのちょう")).unwrap();
        assert_eq!((kind, look.more.as_str()), (Kind::Quarter, "あけぼのちょう"));
        assert_eq!(point(&tags("railway=station name=立川")).unwrap().0, Kind::Station);
        assert_eq!(point(&tags("amenity=bench name=x")), None);
    }
}
