//! Road classes, and the assumed speeds that travel times rest on where nothing better is known.

/// How a road ranks, after OpenStreetMap's `highway=*`; `*_link` ramps count with the road they lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoadClass {
    Motorway,
    Trunk,
    Primary,
    Secondary,
    Tertiary,
    Unclassified,
    Residential,
    LivingStreet,
    Service,
    Track,
    Ferry,
}

/// Ramps of motorways are driven at the speed of a main road.
pub(crate) const RAMP_KMH: u32 = 40;

impl RoadClass {
    pub const ALL: [RoadClass; 11] = [
        RoadClass::Motorway,
        RoadClass::Trunk,
        RoadClass::Primary,
        RoadClass::Secondary,
        RoadClass::Tertiary,
        RoadClass::Unclassified,
        RoadClass::Residential,
        RoadClass::LivingStreet,
        RoadClass::Service,
        RoadClass::Track,
        RoadClass::Ferry,
    ];

    /// The speed a shuttle is assumed to hold at midday between junctions where no lower `maxspeed` is signed, in km/h.
    ///
    /// These are assumptions, not measurements: below the legal limits (60 on open roads, 40 or 30 signed in Japanese
    /// built-up areas, 30 by law in streets without a centre line from 2026-09), because a minibus with frail
    /// passengers slows for bends, oncoming cars in narrow streets, and halts at unsignalled crossings. An area
    /// replaces them by its own (see [`crate::Speeds`]).
    pub const fn kmh(self) -> u32 {
        match self {
            RoadClass::Motorway => 80,
            RoadClass::Trunk => 50,
            RoadClass::Primary | RoadClass::Secondary => 40,
            RoadClass::Tertiary => 35,
            RoadClass::Unclassified | RoadClass::Residential => 25,
            RoadClass::LivingStreet | RoadClass::Service => 15,
            RoadClass::Track => 12,
            RoadClass::Ferry => 10,
        }
    }

    /// Whether a vehicle may halt there to let people in or out.
    pub const fn may_halt(self) -> bool {
        !matches!(self, RoadClass::Motorway | RoadClass::Ferry)
    }

    /// Whether the street is so quiet that a vehicle may halt on either side and leave in either direction: no centre
    /// line as a rule, so a rider does not cross traffic and the driver can turn in a forecourt.
    pub const fn is_quiet(self) -> bool {
        matches!(
            self,
            RoadClass::Unclassified
                | RoadClass::Residential
                | RoadClass::LivingStreet
                | RoadClass::Service
                | RoadClass::Track
        )
    }

    /// The word on the wire, as in [`serde::Serialize`].
    pub const fn as_str(self) -> &'static str {
        match self {
            RoadClass::Motorway => "motorway",
            RoadClass::Trunk => "trunk",
            RoadClass::Primary => "primary",
            RoadClass::Secondary => "secondary",
            RoadClass::Tertiary => "tertiary",
            RoadClass::Unclassified => "unclassified",
            RoadClass::Residential => "residential",
            RoadClass::LivingStreet => "living_street",
            RoadClass::Service => "service",
            RoadClass::Track => "track",
            RoadClass::Ferry => "ferry",
        }
    }

    /// The class of a number as it is kept in a file; the lowest road class for a number that stands for none.
    pub(crate) fn of(number: u8) -> RoadClass {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(RoadClass::Track)
    }
}
