//! The kinds of list, and what a column is.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tables;

/// What a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 地点
    Places,
    /// 事業所
    Facilities,
    /// 車両
    Vehicles,
    /// 運転手
    Drivers,
    /// 利用者
    Riders,
    /// 利用曜日
    Memberships,
    /// 同乗不可 (NG)
    NotWith,
}

impl Kind {
    /// In the order in which they are best brought in: each speaks only of those before it.
    pub const ALL: [Kind; 7] = [
        Kind::Places,
        Kind::Facilities,
        Kind::Vehicles,
        Kind::Drivers,
        Kind::Riders,
        Kind::Memberships,
        Kind::NotWith,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Places => "places",
            Kind::Facilities => "facilities",
            Kind::Vehicles => "vehicles",
            Kind::Drivers => "drivers",
            Kind::Riders => "riders",
            Kind::Memberships => "memberships",
            Kind::NotWith => "not_with",
        }
    }

    pub const fn ja(self) -> &'static str {
        match self {
            Kind::Places => "地点",
            Kind::Facilities => "事業所",
            Kind::Vehicles => "車両",
            Kind::Drivers => "運転手",
            Kind::Riders => "利用者",
            Kind::Memberships => "利用曜日",
            Kind::NotWith => "同乗不可(NG)",
        }
    }

    pub const fn columns(self) -> &'static [Column] {
        match self {
            Kind::Places => tables::PLACES,
            Kind::Facilities => tables::FACILITIES,
            Kind::Vehicles => tables::VEHICLES,
            Kind::Drivers => tables::DRIVERS,
            Kind::Riders => tables::RIDERS,
            Kind::Memberships => tables::MEMBERSHIPS,
            Kind::NotWith => tables::NOT_WITH,
        }
    }

    pub fn find_column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|c| c.name == name)
    }
}

impl FromStr for Kind {
    type Err = ();
    fn from_str(text: &str) -> Result<Kind, ()> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// How a cell is read and in which one form it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One line, at most so many characters; of full and half width the custom one.
    Text(usize),
    /// As it was written; line breaks become ` / `.
    Free,
    Kana,
    Phone,
    Yes,
    Date,
    /// A whole number within bounds.
    Whole(i64, i64),
    Latitude,
    Longitude,
    Time,
    /// `08:00-12:00;13:00-17:00`
    Spans,
    Weekdays,
    /// One of seven columns with a mark per weekday.
    Weekday(usize),
    /// A word of a short list, kept as its first element; the others are read as the same.
    Choice(&'static [(&'static str, &'static [&'static str])]),
    /// Own number, id or name of something registered.
    Reference,
    /// Several of them, with ; between.
    References,
    /// Alternatives of riders' seats and wheelchair places: `7+0/5+1/3+2`.
    Layouts,
    /// Seats that a walker takes; a mark counts as 0.4.
    Walker,
    /// 助手席, 運転席の後ろ or ドアの近く, with (必須) behind it where it must be.
    Seat,
}

#[cfg(test)]
impl Form {
    /// What the documents call it.
    pub fn describe(self) -> String {
        match self {
            Form::Text(max) => format!("text, {max} characters"),
            Form::Free => "free text, 1000 characters".to_owned(),
            Form::Kana => "kana".to_owned(),
            Form::Phone => "phone number".to_owned(),
            Form::Yes => "yes or no (○, 有, 1, はい …)".to_owned(),
            Form::Date => "date, also by era".to_owned(),
            Form::Whole(min, max) => format!("whole number, {min} to {max}"),
            Form::Latitude => "degrees of latitude (WGS 84)".to_owned(),
            Form::Longitude => "degrees of longitude (WGS 84)".to_owned(),
            Form::Time => "clock time".to_owned(),
            Form::Spans => "spans of time, `;` between".to_owned(),
            Form::Weekdays => "weekdays".to_owned(),
            Form::Weekday(_) => "yes or no".to_owned(),
            Form::Choice(words) => words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "),
            Form::Reference => "number, id or name".to_owned(),
            Form::References => "numbers, ids or names, `;` between".to_owned(),
            Form::Layouts => "seats+wheelchairs, `/` between".to_owned(),
            Form::Walker => "yes or no, or the part of a seat".to_owned(),
            Form::Seat => "助手席, 運転席の後ろ, ドアの近く; (必須) behind".to_owned(),
        }
    }
}

/// Whether a row may leave the cell empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
    /// Read, and turned into another column; not written by an export.
    ReadOnly,
}

#[derive(Debug)]
pub struct Column {
    /// In English, as in the API.
    pub name: &'static str,
    /// As an export writes it.
    pub ja: &'static str,
    /// What offices call it too.
    pub others: &'static [&'static str],
    pub form: Form,
    pub need: Need,
    pub example: &'static str,
}
