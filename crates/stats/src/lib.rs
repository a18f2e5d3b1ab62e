//! Folds of the event log into a day's figures: members carried, requests and their fate, waits, rides, idle seats.
//!
//! Knows what each figure counts and how it is worded ([`DEFINITIONS`]). Must not know live decisions, stored form, wire
//! form or clocks: nothing decides by a figure, and a rebuild from the log gives the same numbers.
//! Start with [`DayFigures::fold`]; what it yields is [`Figures`].
//!
//! ```
//! use domain::{Channel, Event, Purpose, Refusal, Reason, Wish};
//! use units::{PlaceId, RequestId, RiderId, Seconds, ServiceDay, Timestamp};
//! let now = Timestamp::parse("2026-11-24T10:00:00+09:00").unwrap();
//! let request = RequestId(1);
//! let mut day = stats::DayFigures::default();
//! day.fold(&Event::DayOpened { day: ServiceDay::of(now) });
//! day.fold(&Event::RequestMade {
//!     request, rider: RiderId(1), people: 1, from: PlaceId(1), to: PlaceId(2), at: now,
//!     wish: Wish::LeaveAt(now + Seconds::minutes(20)), channel: Channel::Phone, purpose: Purpose::Shopping,
//! });
//! day.fold(&Event::RequestRefused { request, refusal: Refusal::of(Reason::NoSeat) });
//! let figures = day.figures(now);
//! assert_eq!((figures.requests.total, figures.requests.refused), (1, 1));
//! assert_eq!(figures.refused_by_reason, [(Reason::NoSeat, 1)]);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod spread;
mod figures;
mod drive;
mod day;
mod count;
mod definitions;

pub use day::DayFigures;
pub use definitions::{DEFINITIONS, Definition};
pub use figures::{Figures, MemberFigures, RequestFigures};
pub use spread::{Share, Spread};
