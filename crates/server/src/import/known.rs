//! What is registered, to be found by own number, id, name and whatever else tells one thing from another.

use std::collections::BTreeMap;

use super::cell;
use super::columns::Kind;
use super::flaw::Wrong;
use super::plan;
use super::trial::Trial;
use crate::register::{Kept, NameEntry};

/// Own number and, where there is none, the id.
pub fn number_of(kept: &Kept, id: &str) -> String {
    kept.get("number").cloned().unwrap_or_else(|| id.to_owned())
}

/// Width, case and blanks make no difference between two names.
fn folded(text: &str) -> String {
    cell::plain(text).to_lowercase().chars().filter(|c| !c.is_whitespace()).collect()
}

pub fn key(kind: &str, what: &str, parts: &[&str]) -> String {
    let parts: Vec<String> = parts.iter().map(|p| folded(p)).collect();
    format!("{kind}|{what}|{}", parts.join("|"))
}

/// How a record can be told from others of its kind.
#[derive(Debug, Default)]
pub struct Identity {
    pub number: Option<String>,
    /// Two with the same are one, whatever their numbers: a birth date with a name, a plate.
    pub strong: Option<String>,
    /// Taken for the same where no number says otherwise.
    pub usual: Vec<String>,
}

impl Identity {
    pub fn of(kind: Kind, record: &super::record::Record) -> Identity {
        let word = kind.as_str();
        let keyed = |what: &str, columns: &[&str]| {
            let cells: Vec<&str> = columns.iter().map(|c| record.get(c)).collect();
            (!cells.iter().any(|c| c.is_empty())).then(|| key(word, what, &cells))
        };
        let (strong, usual) = match kind {
            Kind::Places => (
                None,
                vec![
                    keyed("address", &["label", "address"]),
                    keyed("position", &["label", "latitude", "longitude"]),
                ],
            ),
            Kind::Facilities => (None, vec![keyed("name", &["name"])]),
            Kind::Vehicles => (keyed("plate", &["plate"]), vec![keyed("name", &["name", "facility"])]),
            Kind::Drivers => (None, vec![keyed("name", &["name", "facility"])]),
            Kind::Riders => (
                keyed("born", &["name", "birth_date"]),
                vec![keyed("phone", &["name", "phone"]), keyed("address", &["name", "address"])],
            ),
            Kind::Memberships => (keyed("rider", &["rider"]), Vec::new()),
            Kind::NotWith => (None, Vec::new()),
        };
        Identity { number: record.find("number"), strong, usual: usual.into_iter().flatten().collect() }
    }

    /// All keys under which what has this identity is found.
    pub fn keys(&self, kind: Kind) -> Vec<String> {
        let number = self.number.iter().map(|n| key(kind.as_str(), "number", &[n]));
        number.chain(self.strong.clone()).chain(self.usual.clone()).collect()
    }
}

#[derive(Debug, Default)]
pub struct Index {
    by: BTreeMap<String, Vec<String>>,
}

impl Index {
    pub fn of(trial: &Trial) -> Index {
        let mut index = Index::default();
        for kind in [Kind::Places, Kind::Facilities, Kind::Vehicles, Kind::Drivers, Kind::Riders] {
            for id in plan::list(trial, kind) {
                let Some(record) = plan::record(trial, kind, &id) else { continue };
                for key in Identity::of(kind, &record).keys(kind) {
                    index.add(key, id.clone());
                }
                index.add(
                    key(
                        kind.as_str(),
                        "called",
                        &[record.find("name").as_deref().unwrap_or(record.get("label"))],
                    ),
                    id,
                );
            }
        }
        for id in trial.area.corporations.iter().map(ToString::to_string) {
            index
                .add(key("corporation", "called", &[&trial.entry::<NameEntry>("corporation", &id).name]), id);
        }
        index
    }

    pub fn add(&mut self, key: String, id: String) {
        let ids = self.by.entry(key).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }

    pub fn list(&self, key: &str) -> &[String] {
        self.by.get(key).map_or(&[], Vec::as_slice)
    }
}

/// Looks up what a cell speaks of: an own number (or an id, for things without one) first, then a name that only one has.
pub fn refer(trial: &Trial, kind: Kind, text: &str) -> Result<String, Wrong> {
    let by_number = trial.index.list(&key(kind.as_str(), "number", &[text]));
    let found = match by_number {
        [] => trial.index.list(&key(kind.as_str(), "called", &[text])),
        found => found,
    };
    match found {
        [one] => Ok(one.clone()),
        [] => Err(Wrong::new(
            "unknown_reference",
            format!("no {} with this number, id or name is registered", kind.as_str()),
            format!("この番号・名前の{}は登録されていません。先に{}を登録してください", kind.ja(), kind.ja()),
        )),
        several => Err(Wrong::new(
            "ambiguous_reference",
            format!(
                "{} of this name are registered ({}); give the own number or the id",
                several.len(),
                several.join(", ")
            ),
            format!(
                "この名前の{}が{}件あります。番号で書いてください({})",
                kind.ja(),
                several.len(),
                several.join("、")
            ),
        )),
    }
}
