//! Quantities and names that cannot be mixed up.
//!
//! Knows time, length, positions on the earth and typed ids. Must not know riders, vehicles or roads.
//! Start with [`Timestamp`] and [`Seconds`]; ids are made by the macro in `id.rs`.
//!
//! ```
//! use units::{Seconds, Timestamp};
//! let begin = Timestamp::parse("2026-11-24T07:30:00+09:00").unwrap();
//! let end = begin + Seconds::minutes(40);
//! assert_eq!(end - begin, Seconds(2400));
//! assert_eq!(end.to_string(), "2026-11-24T08:10:00+09:00");
//! ```

mod time;
mod day;
mod space;
mod id;

pub use day::{DayTime, DayWindow, ServiceDay, Weekday};
pub use id::*;
pub use space::{Metres, Node, Point};
pub use time::{Seconds, TimeError, Timestamp, Window};
