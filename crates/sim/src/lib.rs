//! The same engine under a virtual clock: towns of people, scenarios, virtual drivers and riders, comparison of policies.
//!
//! Knows how people behave and what a day is made of. Must not know HTTP or the wall clock: time is the town's own.
//! Start with [`simulate`]: a [`Scenario`] in, a [`Report`] out. Its parts serve the demo too: [`draw_people`]; a day's [`DayScript`] says what people will do, [`DriverBot`] and
//! [`RiderBot`] how they react.
//!
//! ```
//! use sim::{Door, DriverBot, DriverState, DriverView, BotVisit, Manners};
//! use domain::{FactKind, VisitKey};
//! use units::{RequestId, Seconds, Timestamp};
//! let at = |clock: &str| Timestamp::parse(&format!("2026-11-24T{clock}+09:00")).unwrap();
//! let manners = Manners { drive_percent: (100, 100), peak_percent: 0, door_percent: (100, 100) };
//! let view = DriverView {
//!     now: at("10:00:00"),
//!     state: DriverState::Standing { since: at("07:30:00") },
//!     visits: vec![BotVisit {
//!         visit: VisitKey::pickup(RequestId(1)), same_stop_as_previous: false, planned: at("10:10:00"),
//!         window_open: at("10:05:00"), leg: Seconds::minutes(6), service: Seconds(150), door: Door::PROMPT,
//!     }],
//!     riders_on_board: 0, at_base: true, to_base: Seconds::ZERO, from_base: Seconds::minutes(6),
//! };
//! let driver = DriverBot::new(7, manners);
//! // Six minutes' drive to be there at ten past: leaves at four past.
//! assert_eq!(driver.step(&view).next_wake, at("10:04:00"));
//! let then = DriverView { now: at("10:04:00"), ..view };
//! assert_eq!(driver.step(&then).act.unwrap().fact, FactKind::Departed);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod fault;
mod draw;
mod scenario;
mod town;
mod behaviour;
mod run;

pub use behaviour::{
    Absence, Ask, BackDecision, BotVisit, Choice, DayScript, Door, DriverAct, DriverBot, DriverState,
    DriverView, Manners, OfferView, Outbound, Outing, RiderBot, Step,
};
pub use fault::Fault;
pub use run::{Clock, Level, MemberDelay, Outcome, Report, simulate};
pub use scenario::{Demand, IMPROVE_STEPS, Members, Noise, Scenario};
pub use town::{
    Corporation, FullName, MEMBERS, Person, PlaceCategory, RESIDENTS, TownFacility, TownPeople, TownPlace,
    TownRider, TownVehicle, VEHICLES, draw_people,
};
