//! The application: one engine per area that turns commands into durable events, and what is published of it.
//!
//! Knows the order of things: decide, search, judge, append, publish. Must not know HTTP, JSON on the wire or statistics.
//! Start with [`Engine::handle`], the whole life of a batch of commands; [`Service`] runs one engine on a thread of its
//! own behind a bounded inbox. Travel times come from [`TravelTable`], time from a [`Clock`].
//!
//! ```
//! use std::sync::Arc;
//! use dispatch::{Engine, Setup, Submission};
//! use domain::Command;
//! use units::{AreaId, Timestamp};
//! let roads = Arc::new(roads::draw_town(7).unwrap().roads);
//! let log = Box::new(store::MemoryLog::new());
//! let mut engine = Engine::open(Setup { area: AreaId(1), roads, log }).unwrap();
//! let now = Timestamp::parse("2026-11-24T07:30:00+09:00").unwrap();
//! let reply = engine.submit(Submission::of(Command::AddCorporation, "operator"), now).unwrap();
//! assert_eq!(reply.subject.as_deref(), Some("corporation-1"));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod clock;
mod travel;
mod hindered;
mod tracking;
mod matching;
mod measuring;
mod turned;
mod engine;
mod work;
mod offers;
mod refusals;
mod waiting;
mod drivers;
mod runs;
mod replan;
mod by_hand;
mod desk;
mod displaced;
mod repair;
mod door;
mod notices;
mod forecast;
mod improve;
mod register;
mod keeping;
mod inbox;
mod outlet;
mod rounds;
mod service;

pub use clock::{Clock, SystemClock, TownClock};
pub use engine::{Condition, Effort, Engine, Key, OnlyIf, RegisterBody, Reply, Setup, Submission, created};
pub use forecast::{Forecast, forecast};
pub use hindered::Detours;
pub use inbox::{Answer, Bounds, Inbox, Letter};
pub use keeping::{KEEP_EVERY, find_kept, keep};
pub use matching::{Matched, Matcher};
pub use measuring::Held;
pub use outlet::{Happened, Outlet, Published, Snapshot};
pub use register::Register;
pub use repair::{InDanger, list_in_danger};
pub use rounds::Rounds;
pub use service::{Service, ServiceSetup};
pub use tracking::{Dropped, Fix, Tracking, Whereabouts};
pub use travel::{Ahead, TravelTable, Ways};
pub use turned::{Fault, Turned};
