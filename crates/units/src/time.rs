//! Whole seconds: points in time, durations, intervals.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Japan has had one offset and no daylight saving since 1952, so local time is plain arithmetic.
pub(crate) const JST_OFFSET_SECONDS: i64 = 9 * 3600;

/// A span of time in whole seconds; may be negative (a correction, a deviation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub i64);

impl Seconds {
    pub const ZERO: Seconds = Seconds(0);

    pub const fn minutes(minutes: i64) -> Self {
        Seconds(minutes * 60)
    }

    pub const fn hours(hours: i64) -> Self {
        Seconds(hours * 3600)
    }

    /// Minutes, rounded up: what a person is told of a wait or a ride.
    pub const fn minutes_up(self) -> i64 {
        (self.0 + 59).div_euclid(60)
    }
}

impl Add for Seconds {
    type Output = Seconds;
    fn add(self, other: Seconds) -> Seconds {
        Seconds(self.0 + other.0)
    }
}

impl AddAssign for Seconds {
    fn add_assign(&mut self, other: Seconds) {
        self.0 += other.0;
    }
}

impl Sub for Seconds {
    type Output = Seconds;
    fn sub(self, other: Seconds) -> Seconds {
        Seconds(self.0 - other.0)
    }
}

impl Neg for Seconds {
    type Output = Seconds;
    fn neg(self) -> Seconds {
        Seconds(-self.0)
    }
}

impl Sum for Seconds {
    fn sum<I: Iterator<Item = Seconds>>(all: I) -> Seconds {
        all.fold(Seconds::ZERO, Add::add)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

/// A point in time: whole seconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in Japan's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct TimeError {
    pub text: String,
    pub expected: &'static str,
}

impl Timestamp {
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Timestamp(seconds)
    }

    pub const fn unix_seconds(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with an explicit offset (`2026-11-24T07:30:00+09:00`); fractions are cut off.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        text.parse::<jiff::Timestamp>().map(|t| Timestamp(t.as_second())).map_err(|_| TimeError {
            text: text.to_owned(),
            expected: "an RFC 3339 time with offset, such as 2026-11-24T07:30:00+09:00",
        })
    }
}

impl Add<Seconds> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Seconds) -> Timestamp {
        Timestamp(self.0 + span.0)
    }
}

impl Sub<Seconds> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Seconds) -> Timestamp {
        Timestamp(self.0 - span.0)
    }
}

impl Sub for Timestamp {
    type Output = Seconds;
    fn sub(self, other: Timestamp) -> Seconds {
        Seconds(self.0 - other.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(t) => write!(f, "{}", t.display_with_offset(jiff::tz::offset(9))),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        Timestamp::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A closed interval of time; `open <= close` always holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(Timestamp, Timestamp)", into = "(Timestamp, Timestamp)")]
pub struct Window {
    open: Timestamp,
    close: Timestamp,
}

impl Window {
    /// Refuses a reversed interval.
    pub fn new(open: Timestamp, close: Timestamp) -> Result<Self, TimeError> {
        if open <= close {
            Ok(Window { open, close })
        } else {
            Err(TimeError {
                text: format!("{open}/{close}"),
                expected: "a window that opens before it closes",
            })
        }
    }

    /// The interval that begins at `open` and lasts `length` (a negative length counts as zero).
    pub fn from(open: Timestamp, length: Seconds) -> Self {
        Window { open, close: open + length.max(Seconds::ZERO) }
    }

    pub const fn open(self) -> Timestamp {
        self.open
    }

    pub const fn close(self) -> Timestamp {
        self.close
    }

    pub fn contains(self, t: Timestamp) -> bool {
        self.open <= t && t <= self.close
    }

    /// The common part, if there is one.
    pub fn meet(self, other: Window) -> Option<Window> {
        Window::new(self.open.max(other.open), self.close.min(other.close)).ok()
    }
}

impl TryFrom<(Timestamp, Timestamp)> for Window {
    type Error = TimeError;
    fn try_from((open, close): (Timestamp, Timestamp)) -> Result<Self, TimeError> {
        Window::new(open, close)
    }
}

impl From<Window> for (Timestamp, Timestamp) {
    fn from(w: Window) -> Self {
        (w.open, w.close)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.open, self.close)
    }
}
