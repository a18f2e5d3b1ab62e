//! What belongs to the plan of one day (送迎表): runs as an office writes them, pins, drivers' turns, and who has to be told.

use serde::{Deserialize, Serialize};
use units::{
    ClosureId, DayTime, DriverId, FacilityId, NoticeId, PlaceId, RequestId, RiderId, Seconds, Timestamp,
    VehicleId, Window,
};

use crate::plan::VisitKey;
use crate::request::Direction;

/// One run (便) as an office writes it down: the homes in the order in which the vehicle comes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandRun {
    pub vehicle: VehicleId,
    pub direction: Direction,
    pub riders: Vec<RiderId>,
}

/// What an operator has fixed for a member's ride.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    pub vehicle: Option<VehicleId>,
    /// When the vehicle is at the home.
    pub at: Option<DayTime>,
}

/// A driver at the wheel of a vehicle for a span of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub driver: DriverId,
    pub window: Window,
}

/// Who drives a vehicle on a day, in order of time. Without a turn nobody does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleTurns {
    pub vehicle: VehicleId,
    pub turns: Vec<Turn>,
}

/// What may be missing on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    Vehicle(VehicleId),
    Driver(DriverId),
}

/// Why a standing day plan was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Absence(RiderId),
    Join(RiderId),
    Out(Resource),
    Back(Resource),
    Pin(RiderId),
    Improvement,
    /// Something came free for somebody on the waiting list.
    SeatFree(RequestId),
    /// An operator has given a ride to another vehicle.
    Moved(RequestId),
    /// Vehicles are late.
    Late,
    /// A member is ready later, or leaves earlier, than the others.
    Ready {
        rider: RiderId,
        direction: Direction,
    },
    /// Nobody comes to the door.
    NotAtDoor(RequestId),
    /// Somebody on board is taken elsewhere.
    Diverted(RequestId),
    /// An operator has widened a promise.
    Widened(RequestId),
    RoadClosed(ClosureId),
    Snow,
}

/// Somebody who has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listener {
    /// The rider or the family.
    Rider(RiderId),
    /// Whoever drives the vehicle.
    Driver(VehicleId),
    Facility(FacilityId),
}

/// What they have to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// The vehicle comes in this time; `former` is what had been told, if anything, and is broken.
    Time {
        request: RequestId,
        direction: Direction,
        vehicle: VehicleId,
        former: Option<Window>,
        window: Window,
    },
    /// Another vehicle comes, in the time that was told.
    OtherVehicle { request: RequestId, direction: Direction, vehicle: VehicleId, window: Window },
    /// Nobody can carry the rider.
    NoRide { request: RequestId, direction: Option<Direction>, former: Option<Window> },
    /// A seat has come free for a wish on the waiting list; the offers stand until then.
    SeatFree { request: RequestId, window: Window, until: Timestamp },
    /// The vehicle comes to the home (or to where a guest is picked up) so much behind the end of what was told.
    Late { visit: VisitKey, vehicle: VehicleId, window: Window, late: Seconds },
    /// The vehicle's coming visits have changed.
    Visits { added: Vec<VisitKey>, dropped: Vec<VisitKey>, retimed: Vec<VisitKey> },
    /// One is there by this time, later than had been told; the time at home, or of the pickup, stays.
    Arrival { request: RequestId, vehicle: VehicleId, former: Timestamp, by: Timestamp },
    /// The vehicle stands at the door and nobody comes; it waits until then.
    NotAtDoor { request: RequestId, vehicle: VehicleId, since: Timestamp, until: Timestamp },
    /// Somebody on board is taken to another place, at about this time.
    Diverted { request: RequestId, vehicle: VehicleId, to: PlaceId, at: Timestamp },
    /// Roads are closed for a while.
    RoadClosed { closure: ClosureId, until: Timestamp },
    /// Roads are driven as in snow.
    Snow { window: Window },
    /// How many members change vehicle, get another time, and have no ride.
    Runs { moved: u32, retimed: u32, without: u32 },
}

/// One thing that one of them has to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: NoticeId,
    pub to: Listener,
    pub news: News,
}
