//! Routes: one vehicle's visits of one day, and how far along it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use units::{FacilityId, PlaceId, RequestId, ServiceDay, Timestamp, VehicleId};

use crate::request::Direction;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    Pickup,
    Dropoff,
}

/// A visit is named by what it is for. Written `request-77:pickup`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VisitKey {
    pub request: RequestId,
    pub kind: VisitKind,
}

impl VisitKey {
    pub const fn pickup(request: RequestId) -> Self {
        VisitKey { request, kind: VisitKind::Pickup }
    }

    pub const fn dropoff(request: RequestId) -> Self {
        VisitKey { request, kind: VisitKind::Dropoff }
    }
}

impl fmt::Display for VisitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            VisitKind::Pickup => "pickup",
            VisitKind::Dropoff => "dropoff",
        };
        write!(f, "{}:{kind}", self.request)
    }
}

impl FromStr for VisitKey {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a visit such as `request-77:pickup`");
        let (request, kind) = text.split_once(':').ok_or_else(wrong)?;
        let kind = match kind {
            "pickup" => VisitKind::Pickup,
            "dropoff" => VisitKind::Dropoff,
            _ => return Err(wrong()),
        };
        Ok(VisitKey { request: request.parse().map_err(|_| wrong())?, kind })
    }
}

impl Serialize for VisitKey {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VisitKey {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A coming visit and when its service is planned to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedVisit {
    pub visit: VisitKey,
    pub begin: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RouteId {
    pub day: ServiceDay,
    pub vehicle: VehicleId,
}

/// Where a route goes on from: the last place the vehicle was done with, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    pub place: PlaceId,
    pub ready: Timestamp,
}

/// What the vehicle is doing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// At the anchor's place.
    Standing,
    /// On the leg to the first coming visit, which is thereby committed.
    Heading { visit: VisitKey, departed_at: Timestamp, eta: Timestamp },
    /// Empty, on the way back to the base; the anchor already is the base at the time of arrival.
    Returning { from: PlaceId, departed_at: Timestamp },
    /// At the first coming visit, before boarding or alighting is done.
    Arrived { visit: VisitKey, at: Timestamp },
}

/// One vehicle's coming visits of one day. Visits that are done live in their requests.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub id: RouteId,
    pub anchor: Anchor,
    pub progress: Progress,
    pub visits: Vec<PlannedVisit>,
    /// Number of the plan's revision that last changed the visits.
    pub revision: u64,
    /// The newest revision that the driver's device has acknowledged.
    pub acknowledged: u64,
}

impl Route {
    /// How many of the first visits no change may touch: the one that is being driven to or stood at.
    pub fn committed(&self) -> usize {
        match self.progress {
            Progress::Heading { .. } | Progress::Arrived { .. } => 1,
            Progress::Standing | Progress::Returning { .. } => 0,
        }
    }
}

/// A way to drive the coming visits of a day, put forward by the search between commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub day: ServiceDay,
    /// The plan's revision for which it was found.
    pub base: u64,
    /// The whole list of coming visits of each route that would change.
    pub routes: Vec<(VehicleId, Vec<VisitKey>)>,
}

/// A ride that another vehicle gives now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RideMoved {
    pub request: RequestId,
    pub vehicle: VehicleId,
}

/// Which run (便) a visit belongs to: the `number`th round of this vehicle in this direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLabel {
    pub direction: Direction,
    pub number: u32,
    pub facility: FacilityId,
}
