//! Facilities, places, vehicles, riders as the log knows them: ids and what planning needs, never a name or address.

use serde::{Deserialize, Serialize};
use units::{
    CorporationId, DayWindow, FacilityId, Node, PlaceId, RiderId, Seconds, ServiceDay, VehicleId, Weekday,
};

use crate::needs::{Layout, Load, Needs};

/// A place where a vehicle may halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub id: PlaceId,
    /// Where it lies on the road network; stays when the address is erased from the register.
    pub node: Node,
    /// The largest vehicle that gets through the lane.
    pub largest_vehicle: VehicleKind,
}

/// A day-service site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facility {
    pub id: FacilityId,
    pub corporation: CorporationId,
    pub place: PlaceId,
    /// The service itself, such as 9:30–16:40.
    pub service: DayWindow,
    /// 送迎時間帯 in the morning: until it ends an idle seat is a seat of a pickup run.
    pub pickup_hours: DayWindow,
    /// The same in the evening.
    pub dropoff_hours: DayWindow,
    /// Longest time that a member may spend on board (hard; 30–40 min is the custom).
    pub ride_max: Seconds,
}

/// Vehicle classes by the width and length that decide which lane they fit, smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VehicleKind {
    Kei,
    Compact,
    Minivan,
    Van,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    pub id: VehicleId,
    pub facility: FacilityId,
    pub kind: VehicleKind,
    /// Alternatives; never empty.
    pub layouts: Vec<Layout>,
    /// When a driver is there to drive it.
    pub shift: DayWindow,
    /// An attendant (添乗員) rides along.
    pub attendant: bool,
}

impl Vehicle {
    pub fn holds(&self, load: Load) -> bool {
        self.layouts.iter().any(|layout| layout.holds(load))
    }

    /// Seats of the layout with most seats: what "idle seat" is counted against.
    pub fn seats(&self) -> u8 {
        self.layouts.iter().map(|l| l.seats).max().unwrap_or(0)
    }
}

/// Days of the week, as a set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weekdays(pub Vec<Weekday>);

impl Weekdays {
    pub fn contains(&self, day: ServiceDay) -> bool {
        self.0.contains(&day.weekday())
    }
}

/// A rider's contract with the facility whose member he or she is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub facility: FacilityId,
    pub weekdays: Weekdays,
}

/// A person who is carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rider {
    pub id: RiderId,
    pub needs: Needs,
    /// Registered places in the rider's own order A, B, C, …; the first is home. Never empty.
    pub places: Vec<PlaceId>,
    pub membership: Option<Membership>,
}

impl Rider {
    pub fn attends(&self, day: ServiceDay) -> Option<FacilityId> {
        self.membership.as_ref().filter(|m| m.weekdays.contains(day)).map(|m| m.facility)
    }
}
