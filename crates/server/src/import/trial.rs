//! A copy of the state on which the commands of a list are tried with the engine's own rules, row by row.

use std::collections::BTreeMap;
use std::sync::Arc;

use dispatch::{Register, RegisterBody, Snapshot};
use domain::{Area, Command, Rejection, TravelTimes, decide};
use roads::Roads;
use serde::de::DeserializeOwned;
use units::{Metres, Node, Seconds, Timestamp};

use super::flaw::Wrong;
use super::known::Index;
use super::record::Flawed;
use crate::texts;

/// A command that a row leads to.
#[derive(Debug, Clone)]
pub struct Step {
    pub row: u32,
    /// What kind of command, for keys that stay the same when the list is sent again.
    pub name: &'static str,
    pub command: Command,
    pub register: Option<RegisterBody>,
    /// The id that the command creates if nobody else is faster.
    pub subject: Option<String>,
}

pub struct Trial {
    pub area: Area,
    pub roads: Arc<Roads>,
    pub index: Index,
    pub steps: Vec<Step>,
    register: Register,
    now: Timestamp,
    /// Entries that the rows so far have written, and those of the row at hand.
    entries: BTreeMap<(String, String), Arc<str>>,
    fresh: BTreeMap<(String, String), Arc<str>>,
    fresh_keys: Vec<(String, String)>,
    row: u32,
    before: (Area, usize),
}

/// The masters' rules ask for no travel time.
struct Nowhere;

impl TravelTimes for Nowhere {
    fn seconds(&self, _: Node, _: Node) -> Seconds {
        Seconds::ZERO
    }

    fn metres(&self, _: Node, _: Node) -> Metres {
        Metres::ZERO
    }
}

impl Trial {
    pub fn new(snapshot: &Snapshot, register: &Register, roads: Arc<Roads>, now: Timestamp) -> Trial {
        let area = snapshot.area.clone();
        let mut trial = Trial {
            before: (area.clone(), 0),
            area,
            roads,
            index: Index::default(),
            steps: Vec::new(),
            register: register.clone(),
            now,
            entries: BTreeMap::new(),
            fresh: BTreeMap::new(),
            fresh_keys: Vec::new(),
            row: 0,
        };
        trial.index = Index::of(&trial);
        trial
    }

    /// The entry as it would be after the rows so far; a blank one where there is none.
    pub fn entry<T: DeserializeOwned + Default>(&self, kind: &str, id: &str) -> T {
        let key = (kind.to_owned(), id.to_owned());
        let written = self.fresh.get(&key).or_else(|| self.entries.get(&key)).cloned();
        let body = written.or_else(|| self.register.find(kind, id));
        body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default()
    }

    /// Begins a row; what the one before it did is settled by [`Trial::keep`] or [`Trial::undo`].
    pub fn begin(&mut self, row: u32) {
        self.row = row;
        self.before = (self.area.clone(), self.steps.len());
    }

    pub fn keep(&mut self) {
        self.entries.append(&mut self.fresh);
        for (key, id) in std::mem::take(&mut self.fresh_keys) {
            self.index.add(key, id);
        }
    }

    pub fn undo(&mut self) {
        self.area = self.before.0.clone();
        self.steps.truncate(self.before.1);
        self.fresh.clear();
        self.fresh_keys.clear();
    }

    /// A key by which later rows find what this row registers.
    pub fn note_key(&mut self, key: String, id: &str) {
        self.fresh_keys.push((key, id.to_owned()));
    }

    /// Carries a command out on the copy and keeps it; the id of what it created or changed.
    pub fn submit(
        &mut self,
        name: &'static str,
        command: Command,
        register: Option<RegisterBody>,
    ) -> Result<String, Flawed> {
        let decision = decide(&self.area, &command, self.now, &Nowhere).map_err(|r| flaw_of(&r))?;
        let mut area = self.area.clone();
        for event in &decision.events {
            area.apply(event).map_err(|fault| {
                let text = fault.to_string();
                ("", Wrong::new("internal", text.clone(), text))
            })?;
        }
        self.area = area;
        let touched = dispatch::created(&decision.events);
        if let (Some((kind, id)), Some(register)) = (&touched, &register) {
            self.fresh.insert(((*kind).to_owned(), id.clone()), register.body.as_str().into());
        }
        let subject = touched.map(|(_, id)| id);
        self.steps.push(Step { row: self.row, name, command, register, subject: subject.clone() });
        Ok(subject.unwrap_or_default())
    }
}

/// A rule of the domain that stood against a row, at the column that it is about.
fn flaw_of(rejection: &Rejection) -> Flawed {
    let column = match rejection.field().unwrap_or_default() {
        "layouts" => "layouts",
        "weekdays" | "membership.weekdays" => "weekdays",
        "shifts" => "shifts",
        "duties" => "duties",
        "pickup_hours" => "pickup_begin",
        "dropoff_hours" => "dropoff_end",
        "ride_max_minutes" => "ride_max_minutes",
        "needs.walker_tenths" => "walker",
        "needs.boarding_seconds" => "boarding_seconds",
        "needs.alighting_seconds" => "alighting_seconds",
        "places" | "place" => "places",
        "not_with" => "other",
        _ => "",
    };
    let detail = rejection.to_string();
    let ja = texts::problem_ja(rejection.code(), rejection.field(), &detail);
    (column, Wrong::new(rejection.code(), detail, ja))
}
