//! The language of welfare mobility: rider, request, vehicle, route, plan, promise, policy, and what may happen to them.
//!
//! Knows the rules that need no search ([`decide`]), how the state of an area follows from its events ([`Area::apply`]),
//! and how a plan is judged ([`check`]). Must not know how plans are found, stored or shown: no I/O, no clock, no draw.
//! Start with [`Command`] and [`Event`], then [`Area`]; [`check`] shares no code with the planner on purpose.
//!
//! ```
//! use domain::{Area, Event};
//! use units::{AreaId, CorporationId};
//! let mut area = Area::new(AreaId(1));
//! area.apply(&Event::CorporationAdded { corporation: CorporationId(1) }).unwrap();
//! assert_eq!(area.corporations.len(), 1);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod needs;
mod masters;
mod fare;
mod policy;
mod policy_effect;
mod request;
mod plan;
mod day;
mod command;
mod event;
mod rejection;
mod area;
mod apply;
mod day_state;
mod decide;
mod ride_decide;
mod masters_decide;
mod masters_change;
mod erasure;
mod day_decide;
mod today;
mod today_decide;
mod facts;
mod contradiction;
mod punctuality;
mod judge;
mod judge_day;

pub use apply::LogFault;
pub use area::{Area, Attendance, IssuedNotice};
pub use command::{
    AbsenceKind, Command, FactKind, JoinKind, NewClosure, NewDriver, NewFacility, NewPlace, NewRider,
    NewVehicle, Party, PlanStart,
};
pub use contradiction::{Contradiction, Contrary};
pub use day::{Cause, HandRun, Listener, News, Notice, Pin, Resource, Turn, VehicleTurns};
pub use decide::{Decision, Next, check_policy, classes_for, decide};
pub use event::{EVENT_SCHEMA, Event, RouteChange, RunBooking};
pub use fare::{Entitlement, Fare};
pub use judge::{TravelTimes, Violation, check};
pub use masters::{
    Care, Driver, Facility, Membership, Place, Rider, Seat, SeatWish, Vehicle, VehicleKind, Weekdays,
};
pub use needs::{Layout, Load, Needs, SEAT_TENTHS};
pub use plan::{
    Anchor, PlannedVisit, Progress, Proposal, RideMoved, Route, RouteId, RunLabel, VisitKey, VisitKind,
};
pub use policy::{CountsAs, Policy, PolicyBook, RideClass, Terms};
pub use policy_effect::{Touched, list_touched};
pub use punctuality::{AHEAD, GROUPS, HOLDS_PERCENT, Missed, Punctuality, group_of};
pub use rejection::{Alternative, Reason, ReasonCount, Refusal, Rejection};
pub use request::{
    Booking, Channel, Direction, Offer, Planned, Promise, Purpose, Request, RequestState, Wish,
};
pub use today::{Closure, DoorDecision, Hindering, Hindrances, WidenReason};
