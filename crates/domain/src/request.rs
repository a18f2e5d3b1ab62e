//! From wish to trip: request, offers, booking, and the states between.

use serde::{Deserialize, Serialize};
use units::{
    FacilityId, Metres, OfferId, PlaceId, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId,
    Window,
};

use crate::plan::VisitKind;
use crate::policy::{RideClass, Terms};
use crate::rejection::Refusal;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Phone,
    App,
    Operator,
    Facility,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Shopping,
    Medical,
    Leisure,
    DayService,
    Other,
}

/// Towards the facility (迎え) or home from it (送り).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    PickupRun,
    DropoffRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    LeaveAt(Timestamp),
    ArriveBy(Timestamp),
    /// A member's place on the day's run; comes from attendance, not from a call.
    Run {
        facility: FacilityId,
        direction: Direction,
        day: ServiceDay,
    },
}

impl Wish {
    pub fn day(self) -> ServiceDay {
        match self {
            Wish::LeaveAt(t) | Wish::ArriveBy(t) => ServiceDay::of(t),
            Wish::Run { day, .. } => day,
        }
    }
}

/// The interval told to the rider: when the vehicle comes, and by when one is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub pickup: Window,
    pub dropoff: Window,
}

/// A shown choice, bound to its request until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub id: OfferId,
    pub vehicle: VehicleId,
    pub class: RideClass,
    pub promise: Promise,
    pub pickup_planned: Timestamp,
    pub dropoff_planned: Timestamp,
    pub ride_max: Seconds,
    pub direct: Seconds,
    pub added_drive: Seconds,
    pub added_metres: Metres,
    /// Largest later arrival of anyone already on the route, against what was planned before.
    pub delay_to_others: Seconds,
    pub expires_at: Timestamp,
    /// The date of the policy by which it was decided; none before any was adopted, and in older logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ServiceDay>,
    /// What the rider pays, in yen.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub fare_yen: u32,
}

/// An accepted wish: what binds every later change of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    pub vehicle: VehicleId,
    pub day: ServiceDay,
    pub class: RideClass,
    pub terms: Terms,
    pub promise: Promise,
    /// Begin of both visits as planned when the booking was made: what delays caused by guests are held against.
    pub planned: Planned,
    pub ride_max: Seconds,
    /// Drive without detour.
    pub direct: Seconds,
    /// The date of the policy by which it was decided; none before any was adopted, and in older logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ServiceDay>,
    /// What the rider pays, in yen.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub fare_yen: u32,
}

fn is_nothing(yen: &u32) -> bool {
    *yen == 0
}

/// Planned begin of pickup and drop-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub pickup: Timestamp,
    pub dropoff: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum RequestState {
    /// Made; the answer comes with the same command.
    Open,
    Offered {
        offers: Vec<Offer>,
    },
    Refused(Refusal),
    /// On the waiting list (キャンセル待ち): offers are made by themselves when a seat comes free.
    Waiting(Refusal),
    Booked(Booking),
    OnBoard {
        booking: Booking,
        boarded_at: Timestamp,
    },
    Done {
        booking: Booking,
        boarded_at: Timestamp,
        alighted_at: Timestamp,
    },
    /// By the rider or the desk; `booking` tells what was given up.
    Cancelled {
        booking: Option<Booking>,
        at: Timestamp,
    },
    Expired,
    NoShow {
        booking: Booking,
        at: Timestamp,
    },
}

impl RequestState {
    pub const fn code(&self) -> &'static str {
        match self {
            RequestState::Open => "open",
            RequestState::Offered { .. } => "offered",
            RequestState::Refused(_) => "refused",
            RequestState::Waiting(_) => "waiting",
            RequestState::Booked(_) => "booked",
            RequestState::OnBoard { .. } => "on_board",
            RequestState::Done { .. } => "done",
            RequestState::Cancelled { .. } => "cancelled",
            RequestState::Expired => "expired",
            RequestState::NoShow { .. } => "no_show",
        }
    }
}

/// A wish of one party from one place to another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub id: RequestId,
    pub rider: RiderId,
    /// The rider and the escorts.
    pub people: u8,
    pub from: PlaceId,
    pub to: PlaceId,
    pub wish: Wish,
    pub channel: Channel,
    pub purpose: Purpose,
    pub made_at: Timestamp,
    pub state: RequestState,
    /// What stood against the wish when it was put on the waiting list; none if it is not on it.
    pub waits: Option<Refusal>,
    /// The other half of a round trip: accepted together or not at all.
    pub pair: Option<RequestId>,
    /// How often an operator has widened what was told.
    pub widened: u32,
}

impl Request {
    /// The booking of an accepted request, also after the trip.
    pub fn find_booking(&self) -> Option<&Booking> {
        match &self.state {
            RequestState::Booked(booking)
            | RequestState::OnBoard { booking, .. }
            | RequestState::Done { booking, .. }
            | RequestState::NoShow { booking, .. } => Some(booking),
            RequestState::Cancelled { booking, .. } => booking.as_ref(),
            _ => None,
        }
    }

    /// The booking of a request that still has visits to come.
    pub fn find_active_booking(&self) -> Option<&Booking> {
        match &self.state {
            RequestState::Booked(booking) | RequestState::OnBoard { booking, .. } => Some(booking),
            _ => None,
        }
    }

    pub fn place(&self, kind: VisitKind) -> PlaceId {
        match kind {
            VisitKind::Pickup => self.from,
            VisitKind::Dropoff => self.to,
        }
    }

    pub fn is_run(&self) -> bool {
        matches!(self.wish, Wish::Run { .. })
    }
}
