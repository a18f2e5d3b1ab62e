//! The service day (a calendar day in Japan) and clock times within it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::{JST_OFFSET_SECONDS, Seconds, TimeError, Timestamp, Window};

/// A calendar day in Japan, as days since 1970-01-01. Written `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceDay(i32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    pub const ALL: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
}

impl ServiceDay {
    /// The day in Japan in which `t` lies.
    pub fn of(t: Timestamp) -> Self {
        ServiceDay((t.unix_seconds() + JST_OFFSET_SECONDS).div_euclid(86_400) as i32)
    }

    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let error = || TimeError { text: text.to_owned(), expected: "a date such as 2026-11-24" };
        let date: jiff::civil::Date = text.parse().map_err(|_| error())?;
        let epoch = jiff::civil::date(1970, 1, 1);
        Ok(ServiceDay((date - epoch).get_days()))
    }

    pub fn next(self) -> Self {
        ServiceDay(self.0 + 1)
    }

    /// Local midnight at which the day begins.
    pub fn midnight(self) -> Timestamp {
        Timestamp::from_unix_seconds(i64::from(self.0) * 86_400 - JST_OFFSET_SECONDS)
    }

    pub fn at(self, time: DayTime) -> Timestamp {
        self.midnight() + Seconds(i64::from(time.0))
    }

    pub fn window(self, window: DayWindow) -> Window {
        Window::from(self.at(window.open), Seconds(i64::from(window.close.0) - i64::from(window.open.0)))
    }

    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        Weekday::ALL[(self.0 + 3).rem_euclid(7) as usize]
    }
}

impl fmt::Display for ServiceDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.midnight().to_string();
        f.write_str(text.split('T').next().unwrap_or(&text))
    }
}

impl Serialize for ServiceDay {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServiceDay {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        ServiceDay::parse(&String::deserialize(input)?).map_err(serde::de::Error::custom)
    }
}

/// A clock time of a service day, in seconds after local midnight. Written `07:30` (or `07:30:15`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayTime(u32);

impl DayTime {
    pub const fn hm(hour: u32, minute: u32) -> Self {
        DayTime(hour * 3600 + minute * 60)
    }

    pub fn of(t: Timestamp) -> Self {
        DayTime((t - ServiceDay::of(t).midnight()).0 as u32)
    }

    pub const fn seconds(self) -> u32 {
        self.0
    }

    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let error = || TimeError { text: text.to_owned(), expected: "a clock time such as 07:30" };
        let mut parts = text.split(':');
        let mut next = |limit: u32| -> Option<u32> {
            let part = parts.next()?;
            (part.len() == 2).then_some(())?;
            part.parse().ok().filter(|n| *n < limit)
        };
        let (hour, minute) = (next(24).ok_or_else(error)?, next(60).ok_or_else(error)?);
        let second = if text.len() > 5 { next(60).ok_or_else(error)? } else { 0 };
        if parts.next().is_some() {
            return Err(error());
        }
        Ok(DayTime(hour * 3600 + minute * 60 + second))
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (h, m, s) = (self.0 / 3600, self.0 / 60 % 60, self.0 % 60);
        if s == 0 { write!(f, "{h:02}:{m:02}") } else { write!(f, "{h:02}:{m:02}:{s:02}") }
    }
}

impl Serialize for DayTime {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DayTime {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        DayTime::parse(&String::deserialize(input)?).map_err(serde::de::Error::custom)
    }
}

/// A span between two clock times of one day; `open <= close`. Written `["07:30", "09:30"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(DayTime, DayTime)", into = "(DayTime, DayTime)")]
pub struct DayWindow {
    pub(crate) open: DayTime,
    pub(crate) close: DayTime,
}

impl DayWindow {
    pub fn new(open: DayTime, close: DayTime) -> Result<Self, TimeError> {
        if open <= close {
            Ok(DayWindow { open, close })
        } else {
            Err(TimeError { text: format!("{open}-{close}"), expected: "a span that opens before it closes" })
        }
    }

    pub const fn open(self) -> DayTime {
        self.open
    }

    pub const fn close(self) -> DayTime {
        self.close
    }
}

impl TryFrom<(DayTime, DayTime)> for DayWindow {
    type Error = TimeError;
    fn try_from((open, close): (DayTime, DayTime)) -> Result<Self, TimeError> {
        DayWindow::new(open, close)
    }
}

impl From<DayWindow> for (DayTime, DayTime) {
    fn from(w: DayWindow) -> Self {
        (w.open, w.close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_day_is_the_calendar_day_in_japan() {
        let late = Timestamp::parse("2026-11-23T23:59:59+09:00").expect("valid");
        let early = Timestamp::parse("2026-11-23T15:00:00Z").expect("valid");
        assert_eq!(ServiceDay::of(late).to_string(), "2026-11-23");
        assert_eq!(ServiceDay::of(early).to_string(), "2026-11-24");
        assert_eq!(ServiceDay::of(early).weekday(), Weekday::Tue);
        assert_eq!(ServiceDay::parse("2026-11-24").expect("valid"), ServiceDay::of(early));
        assert_eq!(ServiceDay::of(early).at(DayTime::hm(7, 30)).to_string(), "2026-11-24T07:30:00+09:00");
    }

    #[test]
    fn clock_times_are_read_strictly() {
        assert_eq!(DayTime::parse("07:30"), Ok(DayTime::hm(7, 30)));
        for wrong in ["7:30", "24:00", "07:60", "07:30:00:00", "", "0730", "07:3x"] {
            assert!(DayTime::parse(wrong).is_err(), "{wrong}");
        }
        assert!(DayWindow::new(DayTime::hm(9, 0), DayTime::hm(8, 0)).is_err());
    }
}
