//! What the register keeps of people and things, in its stored form. Readers find it by id; nothing here enters the log.

use std::collections::BTreeMap;

use dispatch::{Register, RegisterBody};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

/// What an office's lists hold beyond what the planning needs (own number, birth date, contract), by the English names of the
/// columns of an import. Kept so that it is exported again.
pub type Kept = BTreeMap<String, String>;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NameEntry {
    pub name: String,
    #[serde(default, skip_serializing_if = "Kept::is_empty")]
    pub kept: Kept,
}

/// What a place is, for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Home,
    Clinic,
    Hospital,
    Shop,
    Leisure,
    Public,
    DayService,
    Transit,
    #[default]
    Other,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PlaceEntry {
    pub label: String,
    pub address: Option<String>,
    pub category: Category,
    /// Longitude and latitude in degrees, as given.
    pub position: [f64; 2],
    #[serde(default, skip_serializing_if = "Kept::is_empty")]
    pub kept: Kept,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct VehicleEntry {
    pub name: String,
    pub plate: String,
    pub driver_name: Option<String>,
    #[serde(default, skip_serializing_if = "Kept::is_empty")]
    pub kept: Kept,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DriverEntry {
    pub name: String,
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Kept::is_empty")]
    pub kept: Kept,
}

/// How somebody is told. The address of `phone` is the rider's telephone number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The operator calls and reads aloud.
    #[default]
    Phone,
    Mail,
    /// An app, or a bridge to a messenger.
    Webhook,
    /// Nothing is sent and nobody is called without need.
    Nobody,
}

/// Where and how a rider is told. Entries from before there was a choice are called by telephone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub by: By,
    pub address: Option<String>,
}

/// Somebody of the family who is told too, or in the rider's place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    pub name: String,
    /// Who is called, with `phone`.
    pub phone: Option<String>,
    #[serde(flatten)]
    pub contact: Contact,
    /// The rider is told nothing.
    #[serde(default)]
    pub instead: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RiderEntry {
    pub name: String,
    pub furigana: String,
    pub phone: Option<String>,
    /// 申し送り: what the driver should know at the door.
    pub note: Option<String>,
    #[serde(default)]
    pub contact: Contact,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    #[serde(default, skip_serializing_if = "Kept::is_empty")]
    pub kept: Kept,
}

impl RiderEntry {
    /// The family, where it is told in the rider's place.
    pub fn stand_in(&self) -> Option<&Family> {
        self.family.as_ref().filter(|family| family.instead)
    }

    /// As it is kept, found by name, reading and telephone number.
    pub fn body(&self) -> RegisterBody {
        body(self, &[&self.name, &self.furigana, self.phone.as_deref().unwrap_or_default()])
    }
}

/// The entry of an id; none where it was erased.
pub fn find_entry<T: DeserializeOwned>(register: &Register, kind: &str, id: &str) -> Option<T> {
    register.find(kind, id).and_then(|body| serde_json::from_str(&body).ok())
}

/// The entry of an id; a blank one where it was erased.
pub fn entry<T: DeserializeOwned + Default>(register: &Register, kind: &str, id: &str) -> T {
    find_entry(register, kind, id).unwrap_or_default()
}

pub fn body<T: Serialize>(entry: &T, search: &[&str]) -> RegisterBody {
    let body = serde_json::to_string(entry).unwrap_or_else(|_| "{}".to_owned());
    RegisterBody { body, search: search.iter().map(|s| folded(s)).collect::<Vec<_>>().join(" ") }
}

/// One form for comparison: full width, katakana, lower case; digits of phone numbers without their hyphens.
pub fn folded(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !matches!(c, '-' | 'ー' | '‐' | '−' | '・'))
        .map(|c| match c {
            'ぁ'..='ゖ' => char::from_u32(c as u32 + 0x60).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        })
        .collect()
}

/// Whether every word of `query` occurs in the entry.
pub fn matches(entry: &RiderEntry, query: &str) -> bool {
    let phone = entry.phone.as_deref().unwrap_or_default();
    let text = folded(&format!("{} {} {}", entry.name, entry.furigana, phone));
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    folded(query).split_whitespace().all(|word| text.contains(word) || dense.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rider_is_found_however_the_name_is_typed() {
        let entry = RiderEntry {
            name: "佐藤 ハル".to_owned(),
            furigana: "さとう はる".to_owned(),
            phone: Some("0270-00-1234".to_owned()),
            ..RiderEntry::default()
        };
        for query in [
            "佐藤",
            "さとう",
            "サトウ",
            "ｻﾄｳ",
            "さとうはる",
            "さとう はる",
            "0270001234",
            "00-1234",
            "ハル",
            "",
        ] {
            assert!(matches(&entry, query), "{query}");
        }
        assert!(!matches(&entry, "すずき"));
    }
}
