//! Answers that say no. A rejection turns a command away; a refusal is the recorded answer to a sound wish.

use serde::{Deserialize, Serialize};
use units::{OfferId, PlaceId, ServiceDay, Timestamp, VehicleId};

use crate::plan::VisitKey;
use crate::policy::RideClass;

/// Why a command is turned away. Nothing of it was applied. Every variant names the field and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("{field}: {id} is not known here")]
    Unknown { field: &'static str, id: String },
    #[error("{field}: {wrong}; {right}")]
    Invalid { field: &'static str, wrong: String, right: String },
    #[error("{field}: {at} has passed (it is {now}); give a time that is still to come")]
    InPast { field: &'static str, at: Timestamp, now: Timestamp },
    #[error("{field}: no vehicle of this area holds {wanted}; the most that one holds is {largest}")]
    NoVehicleHolds { field: &'static str, wanted: String, largest: String },
    #[error("{subject} is {state}; this needs it to be {wanted}")]
    WrongState { subject: String, state: String, wanted: &'static str },
    #[error("{offer} expired at {at}; ask again for fresh offers")]
    OfferExpired { offer: OfferId, at: Timestamp },
    #[error("{offer} can no longer be kept because the plan has changed since; ask again for fresh offers")]
    OfferStale { offer: OfferId },
    #[error("vehicle: {vehicle} cannot take it under the promise that was told: {}", .reason.code())]
    NoRoom { vehicle: VehicleId, reason: Reason },
    #[error("visit: {visit} is not what this vehicle does next; next is {next}")]
    VisitNotNext { visit: VisitKey, next: String },
}

impl Rejection {
    /// A code that never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Rejection::Unknown { .. } => "unknown_id",
            Rejection::Invalid { .. } => "invalid_value",
            Rejection::InPast { .. } => "time_in_past",
            Rejection::NoVehicleHolds { .. } => "no_vehicle_holds",
            Rejection::WrongState { .. } => "wrong_state",
            Rejection::OfferExpired { .. } => "offer_expired",
            Rejection::OfferStale { .. } => "offer_stale",
            Rejection::VisitNotNext { .. } => "visit_not_next",
            Rejection::NoRoom { .. } => "no_room",
        }
    }

    /// The field of the command at fault, where there is one.
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Rejection::Unknown { field, .. }
            | Rejection::Invalid { field, .. }
            | Rejection::InPast { field, .. }
            | Rejection::NoVehicleHolds { field, .. } => Some(field),
            Rejection::OfferExpired { .. } | Rejection::OfferStale { .. } => Some("offer"),
            Rejection::VisitNotNext { .. } => Some("visit"),
            Rejection::NoRoom { .. } => Some("vehicle"),
            Rejection::WrongState { .. } => None,
        }
    }
}

/// One rule that stood against a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The policy in force allows none of the classes this ride could be.
    ClassNotAllowed,
    /// The area carries only people with an entitlement that this rider is not registered with.
    NotEntitled,
    /// Outside the hours in which the area gives rides.
    OutsideGuestHours,
    /// More people than the area takes on one request.
    TooManyPeople,
    /// No vehicle fits the lane, brings the attendant or serves this rider.
    NoSuitableVehicle,
    /// No vehicle is on shift then.
    NoVehicleOnShift,
    /// Seats and wheelchair places are taken.
    NoSeat,
    /// Somebody whom the rider must not meet is on board then, or sits where the rider must sit.
    MustNotMeet,
    /// The rider may not be alone with the driver, and nobody else is on board then.
    NobodyBeside,
    /// Every vehicle that could come would come too late.
    PickupTooLate,
    /// Nobody could be there in time.
    DropoffTooLate,
    /// The ride would take longer than the limit.
    RideTooLong,
    /// It would fall into 送迎 hours.
    RunHours,
    /// Members are on board then, and the policy forbids mixed boarding.
    MixedBoarding,
    /// Someone already accepted would be too late or too long on board.
    PromiseOfOthers,
    /// The other half of the round trip cannot be given, and nobody is taken there without the way back.
    OtherHalf,
    /// Someone would wait too long in a standing vehicle.
    WaitOnBoard,
    /// The vehicle could not be back by the end of its shift.
    ShiftEnd,
}

impl Reason {
    pub const fn code(self) -> &'static str {
        match self {
            Reason::ClassNotAllowed => "class_not_allowed",
            Reason::NotEntitled => "not_entitled",
            Reason::OutsideGuestHours => "outside_guest_hours",
            Reason::TooManyPeople => "too_many_people",
            Reason::NoSuitableVehicle => "no_suitable_vehicle",
            Reason::NoVehicleOnShift => "no_vehicle_on_shift",
            Reason::NoSeat => "no_seat",
            Reason::MustNotMeet => "must_not_meet",
            Reason::NobodyBeside => "nobody_beside",
            Reason::PickupTooLate => "pickup_too_late",
            Reason::DropoffTooLate => "dropoff_too_late",
            Reason::RideTooLong => "ride_too_long",
            Reason::RunHours => "run_hours",
            Reason::MixedBoarding => "mixed_boarding",
            Reason::PromiseOfOthers => "promise_of_others",
            Reason::OtherHalf => "other_half",
            Reason::WaitOnBoard => "wait_on_board",
            Reason::ShiftEnd => "shift_end",
        }
    }
}

/// A rule and the number of vehicles it ruled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonCount {
    pub reason: Reason,
    pub vehicles: u32,
}

/// The nearest thing that would work, tried at the moment of the refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alternative {
    OtherTime {
        at: Timestamp,
    },
    FewerPeople {
        people: u8,
    },
    /// Boarding or alighting at another of the rider's registered places near the wished one, such as the car park at the
    /// end of a narrow lane.
    OtherStop {
        from: PlaceId,
        to: PlaceId,
    },
    /// Would fit if the area allowed this class.
    OtherClass {
        class: RideClass,
    },
}

/// The recorded answer to a sound wish that cannot be met: every reason, and what would work.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Refusal {
    pub reasons: Vec<ReasonCount>,
    pub alternatives: Vec<Alternative>,
    /// The date of the policy by which it was decided; none before any was adopted, and in older logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ServiceDay>,
}

impl Refusal {
    pub fn of(reason: Reason) -> Refusal {
        Refusal { reasons: vec![ReasonCount { reason, vehicles: 0 }], ..Refusal::default() }
    }
}
