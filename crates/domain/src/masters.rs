//! Facilities, places, vehicles, riders as the log knows them: ids and what planning needs, never a name or address.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use units::{
    CorporationId, DayTime, DayWindow, DriverId, FacilityId, Node, PlaceId, RiderId, Seconds, ServiceDay,
    VehicleId, Weekday,
};

use crate::fare::Entitlement;
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

impl Facility {
    /// What the day plan aims at before it uses the hard limit: three quarters of it (30 of 40 minutes).
    pub fn ride_aim(&self) -> Seconds {
        Seconds(self.ride_max.0 * 3 / 4)
    }
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

/// A seat of which every vehicle has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// 助手席
    Front,
    BehindDriver,
    NearDoor,
}

/// Where a rider sits. A wish is shown to the driver; a must keeps two riders who need the same seat apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeatWish {
    pub seat: Seat,
    pub must: bool,
}

/// How a rider is carried, beyond what must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Care {
    /// Not on board alone with the driver: another rider or an attendant is there on every leg.
    pub never_alone: bool,
    /// Riders who must not be on board at the same time (NG); holds both ways.
    pub not_with: BTreeSet<RiderId>,
    pub seat: Option<SeatWish>,
    /// By which the rider may be carried as a guest where the area does not carry everybody.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub entitlements: BTreeSet<Entitlement>,
}

impl Care {
    pub fn is_plain(&self) -> bool {
        *self == Care::default()
    }
}

/// A person at the wheel, with what the planning of days needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver {
    pub id: DriverId,
    pub facility: FacilityId,
    /// The largest vehicle he or she may drive.
    pub licence: VehicleKind,
    pub weekdays: Weekdays,
    pub shifts: Vec<DayWindow>,
    /// Spans in which he or she is needed in the facility (double duty): at the base before, back at the wheel after.
    pub duties: Vec<DayWindow>,
}

impl Driver {
    /// When there is time to drive on `day`: the shifts without the duties, in order, none empty.
    pub fn list_free(&self, day: ServiceDay) -> Vec<DayWindow> {
        if !self.weekdays.contains(day) {
            return Vec::new();
        }
        let mut free: Vec<(DayTime, DayTime)> = self.shifts.iter().map(|s| (s.open(), s.close())).collect();
        for duty in &self.duties {
            let cut = |(open, close): (DayTime, DayTime)| {
                [(open, close.min(duty.open())), (open.max(duty.close()), close)]
            };
            free = free.into_iter().flat_map(cut).filter(|(open, close)| open < close).collect();
            free.dedup();
        }
        free.sort_unstable();
        free.into_iter().filter_map(|(open, close)| DayWindow::new(open, close).ok()).collect()
    }
}

/// A person who is carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rider {
    pub id: RiderId,
    pub needs: Needs,
    /// Registered places in the rider's own order A, B, C, …; the first is home. Never empty.
    pub places: Vec<PlaceId>,
    pub membership: Option<Membership>,
    #[serde(default, skip_serializing_if = "Care::is_plain")]
    pub care: Care,
}

impl Rider {
    pub fn attends(&self, day: ServiceDay) -> Option<FacilityId> {
        self.membership.as_ref().filter(|m| m.weekdays.contains(day)).map(|m| m.facility)
    }
}
