//! Road classes, and the one table of speeds and waits that travel times rest on.

/// How a road ranks, after OpenStreetMap's `highway=*`; `*_link` ramps count with the road they lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
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
}

/// A wait charged for driving over a node with traffic lights, whichever way one goes.
///
/// Assumption: mean of stopping about half of the time in a cycle of about a minute.
pub(crate) const SIGNAL_MILLIS: u32 = 8_000;

/// Ramps of motorways are driven at the speed of a main road.
pub(crate) const RAMP_KMH: u32 = 40;

impl RoadClass {
    pub const ALL: [RoadClass; 10] = [
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
    ];

    /// The speed a shuttle is assumed to hold between junctions where no lower `maxspeed` is signed, in km/h.
    ///
    /// These are assumptions, not measurements: below the legal limits (60 on open roads, 40 or 30 signed in Japanese
    /// built-up areas, 30 by law in streets without a centre line from 2026-09), because a minibus with frail
    /// passengers slows for bends, oncoming cars in narrow streets, and halts at unsignalled crossings.
    pub const fn kmh(self) -> u32 {
        match self {
            RoadClass::Motorway => 80,
            RoadClass::Trunk => 50,
            RoadClass::Primary | RoadClass::Secondary => 40,
            RoadClass::Tertiary => 35,
            RoadClass::Unclassified | RoadClass::Residential => 25,
            RoadClass::LivingStreet | RoadClass::Service => 15,
            RoadClass::Track => 12,
        }
    }

    /// Whether a vehicle may halt there to let people in or out.
    pub const fn may_halt(self) -> bool {
        !matches!(self, RoadClass::Motorway)
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
        }
    }
}
