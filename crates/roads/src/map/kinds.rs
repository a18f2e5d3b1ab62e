//! What a map shows: one table of kinds, the layer each is drawn in and the zoom level from which it is worth its ink.

/// The layers of a tile, from the ground up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    Land,
    Water,
    Waterway,
    Building,
    Rail,
    Road,
    Place,
    Poi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Geometry {
    Area,
    Line,
    Point,
}

impl Layer {
    pub const ALL: [Layer; 8] = [
        Layer::Land,
        Layer::Water,
        Layer::Waterway,
        Layer::Building,
        Layer::Rail,
        Layer::Road,
        Layer::Place,
        Layer::Poi,
    ];

    /// The layer's name inside a tile.
    pub const fn as_str(self) -> &'static str {
        match self {
            Layer::Land => "land",
            Layer::Water => "water",
            Layer::Waterway => "waterway",
            Layer::Building => "building",
            Layer::Rail => "rail",
            Layer::Road => "road",
            Layer::Place => "place",
            Layer::Poi => "poi",
        }
    }

    pub const fn geometry(self) -> Geometry {
        match self {
            Layer::Land | Layer::Water | Layer::Building => Geometry::Area,
            Layer::Waterway | Layer::Rail | Layer::Road => Geometry::Line,
            Layer::Place | Layer::Poi => Geometry::Point,
        }
    }

    /// What a feature of the layer says of itself, and of which type that is (after TileJSON).
    pub const fn fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Layer::Land | Layer::Building => &[("kind", "String")],
            Layer::Water => &[("kind", "String"), ("name", "String")],
            Layer::Waterway => &[
                ("kind", "String"),
                ("name", "String"),
                ("width_m", "Number"),
                ("bridge", "Boolean"),
                ("tunnel", "Boolean"),
            ],
            Layer::Rail => {
                &[("kind", "String"), ("name", "String"), ("bridge", "Boolean"), ("tunnel", "Boolean")]
            }
            Layer::Road => &[
                ("kind", "String"),
                ("name", "String"),
                ("ref", "String"),
                ("oneway", "Boolean"),
                ("ramp", "Boolean"),
                ("bridge", "Boolean"),
                ("tunnel", "Boolean"),
            ],
            Layer::Place | Layer::Poi => {
                &[("kind", "String"), ("name", "String"), ("furigana", "String"), ("rank", "Number")]
            }
        }
    }
}

/// What a feature is. Within a layer the order is the drawing order: what is later is painted over what is earlier.
///
/// The numbers stand in roads files; a new kind gets a new number at the end of its block and a new format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    BuiltUp,
    Farmland,
    Paddy,
    Wood,
    Grass,
    Sand,
    Cemetery,
    Grounds,
    Park,
    Sea,
    Lake,
    RiverArea,
    Coast,
    Ditch,
    Stream,
    Canal,
    River,
    Building,
    Siding,
    Tram,
    Subway,
    LightRail,
    Rail,
    Ferry,
    Path,
    Track,
    Service,
    LivingStreet,
    Residential,
    Unclassified,
    Tertiary,
    Secondary,
    Primary,
    Trunk,
    Motorway,
    City,
    Town,
    Village,
    Suburb,
    Quarter,
    Neighbourhood,
    Hamlet,
    Station,
    Hospital,
    TownHall,
    Landmark,
    School,
    Supermarket,
    ParkName,
    DayService,
    Clinic,
    CommunityCentre,
    PostOffice,
}

/// Kind, layer, word in the tile, first zoom level.
const TABLE: [(Kind, Layer, &str, u8); 53] = {
    use Kind as K;
    use Layer as L;
    [
        (K::BuiltUp, L::Land, "built_up", 8),
        (K::Farmland, L::Land, "farmland", 10),
        (K::Paddy, L::Land, "paddy", 9),
        (K::Wood, L::Land, "wood", 7),
        (K::Grass, L::Land, "grass", 12),
        (K::Sand, L::Land, "sand", 11),
        (K::Cemetery, L::Land, "cemetery", 13),
        (K::Grounds, L::Land, "grounds", 13),
        (K::Park, L::Land, "park", 10),
        (K::Sea, L::Water, "sea", 0),
        (K::Lake, L::Water, "lake", 5),
        (K::RiverArea, L::Water, "river", 7),
        (K::Coast, L::Waterway, "coast", 5),
        (K::Ditch, L::Waterway, "ditch", 15),
        (K::Stream, L::Waterway, "stream", 12),
        (K::Canal, L::Waterway, "canal", 11),
        (K::River, L::Waterway, "river", 7),
        (K::Building, L::Building, "building", 15),
        (K::Siding, L::Rail, "siding", 14),
        (K::Tram, L::Rail, "tram", 13),
        (K::Subway, L::Rail, "subway", 12),
        (K::LightRail, L::Rail, "light_rail", 10),
        (K::Rail, L::Rail, "rail", 7),
        (K::Ferry, L::Road, "ferry", 9),
        (K::Path, L::Road, "path", 15),
        (K::Track, L::Road, "track", 14),
        (K::Service, L::Road, "service", 14),
        (K::LivingStreet, L::Road, "living_street", 13),
        (K::Residential, L::Road, "residential", 12),
        (K::Unclassified, L::Road, "unclassified", 12),
        (K::Tertiary, L::Road, "tertiary", 10),
        (K::Secondary, L::Road, "secondary", 9),
        (K::Primary, L::Road, "primary", 7),
        (K::Trunk, L::Road, "trunk", 5),
        (K::Motorway, L::Road, "motorway", 4),
        (K::City, L::Place, "city", 4),
        (K::Town, L::Place, "town", 8),
        (K::Village, L::Place, "village", 9),
        (K::Suburb, L::Place, "suburb", 11),
        (K::Quarter, L::Place, "quarter", 12),
        (K::Neighbourhood, L::Place, "neighbourhood", 13),
        (K::Hamlet, L::Place, "hamlet", 13),
        (K::Station, L::Poi, "station", 11),
        (K::Hospital, L::Poi, "hospital", 12),
        (K::TownHall, L::Poi, "town_hall", 12),
        (K::Landmark, L::Poi, "landmark", 12),
        (K::School, L::Poi, "school", 14),
        (K::Supermarket, L::Poi, "supermarket", 14),
        (K::ParkName, L::Poi, "park", 14),
        (K::DayService, L::Poi, "day_service", 14),
        (K::Clinic, L::Poi, "clinic", 15),
        (K::CommunityCentre, L::Poi, "community_centre", 15),
        (K::PostOffice, L::Poi, "post_office", 15),
    ]
};

impl Kind {
    pub fn all() -> impl Iterator<Item = Kind> {
        TABLE.iter().map(|row| row.0)
    }

    pub const fn layer(self) -> Layer {
        TABLE[self as usize].1
    }

    /// The word in the tile; for the roads of cars the same as [`crate::RoadClass::as_str`].
    pub const fn as_str(self) -> &'static str {
        TABLE[self as usize].2
    }

    pub const fn first_zoom(self) -> u8 {
        TABLE[self as usize].3
    }

    /// The place in the layer, from 0; of names that have no room beside each other the lower one is kept.
    pub fn rank(self) -> u8 {
        (0..self as u8).rev().take_while(|n| TABLE[*n as usize].1 == self.layer()).fold(0, |rank, _| rank + 1)
    }

    pub fn from_number(number: u8) -> Option<Kind> {
        TABLE.get(number as usize).map(|row| row.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_kinds_and_of_the_layers() {
        for (number, kind) in Kind::all().enumerate() {
            assert_eq!(kind as usize, number, "{}", kind.as_str());
            assert!(kind.first_zoom() <= crate::map::MAX_ZOOM);
        }
        assert!(Kind::all().is_sorted_by_key(Kind::layer));
        for class in crate::RoadClass::ALL {
            let kinds = Kind::all().filter(|k| k.layer() == Layer::Road && k.as_str() == class.as_str());
            assert_eq!(kinds.count(), 1, "{}", class.as_str());
        }
    }
}
