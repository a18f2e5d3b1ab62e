//! Rows into commands: each row is compared with what is registered, its flaws are gathered, and what it leads to is tried.

use std::collections::BTreeMap;

use super::columns::{Column, Form, Kind, Need};
use super::flaw::{Flaw, Wrong};
use super::header::Header;
use super::known::{Identity, key, number_of, refer};
use super::record::{Flawed, Record, missing};
use super::report::RowChange;
use super::sheet::{Line, Sheet};
use super::trial::Trial;
use super::{cell, drivers, facilities, memberships, not_with, places, riders, vehicles, weekdays};
use crate::register::{DriverEntry, Kept, NameEntry, PlaceEntry, RiderEntry, VehicleEntry};

/// What a list would do.
#[derive(Debug, Default)]
pub struct Plan {
    pub rows: u32,
    pub unchanged: u32,
    pub flaws: Vec<Flaw>,
    pub changes: Vec<RowChange>,
}

impl Plan {
    pub fn count(&self, what: &str) -> u32 {
        self.changes.iter().filter(|c| c.what == what).count() as u32
    }

    /// Rows with a flaw, in order.
    pub fn faulty_rows(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = self.flaws.iter().map(|f| f.row).filter(|row| *row > 1).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}

/// A row's cells by column: what stands there and how it reads.
struct Row<'a> {
    number: u32,
    kind: Kind,
    /// The file's word for each column.
    words: BTreeMap<&'static str, &'a str>,
    cells: BTreeMap<&'static str, (&'a str, Result<String, Wrong>)>,
}

/// Tries every row; the steps of those without flaws stay in the trial.
pub fn plan(trial: &mut Trial, kind: Kind, sheet: &Sheet, header: &Header) -> Plan {
    let mut plan = Plan { rows: sheet.rows.len() as u32, flaws: header.flaws.clone(), ..Plan::default() };
    if !plan.flaws.is_empty() {
        return plan;
    }
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for line in &sheet.rows {
        if line.cells.iter().skip(sheet.header.len()).any(|c| !c.trim().is_empty())
            || line.cells.len() < sheet.header.len()
        {
            plan.flaws.push(uneven(line, sheet.header.len()));
            continue;
        }
        let row = Row::of(kind, line, sheet, header);
        trial.begin(line.number);
        match row.judge(trial, &mut seen) {
            Ok(Some(change)) => {
                trial.keep();
                plan.changes.push(change);
            }
            Ok(None) => plan.unchanged += 1,
            Err(mut flaws) => {
                trial.undo();
                flaws.sort();
                plan.flaws.append(&mut flaws);
            }
        }
    }
    plan
}

fn uneven(line: &Line, wanted: usize) -> Flaw {
    let cells = line.cells.len();
    Wrong::new(
        "uneven_row",
        format!("{cells} cells where the header has {wanted}; is a separator or a line break missing its quotes?"),
        format!("列の数が{cells}で、見出しの{wanted}と合いません。区切り文字や改行が引用符で囲まれているか確かめてください"),
    )
    .at(line.number, "", &line.cells.join(","))
}

impl<'a> Row<'a> {
    fn of(kind: Kind, line: &'a Line, sheet: &'a Sheet, header: &Header) -> Row<'a> {
        let mut row = Row { number: line.number, kind, words: BTreeMap::new(), cells: BTreeMap::new() };
        for ((column, raw), word) in header.columns.iter().zip(&line.cells).zip(&sheet.header) {
            if let Some(column) = column {
                row.words.insert(column.name, word);
                row.cells.insert(column.name, (raw, cell::read(column.form, raw)));
            }
        }
        row
    }

    fn flaw(&self, (column, wrong): Flawed) -> Flaw {
        let found = self.cells.get(column).map_or("", |(raw, _)| *raw);
        // A column that the file does not have is named as an export would.
        let known = self.kind.find_column(column).map_or("", |c| c.ja);
        wrong.at(self.number, self.words.get(column).copied().unwrap_or(known), found)
    }

    fn judge(
        &self,
        trial: &mut Trial,
        seen: &mut BTreeMap<String, u32>,
    ) -> Result<Option<RowChange>, Vec<Flaw>> {
        let mut flaws: Vec<Flawed> = Vec::new();
        let mut given = self.given(trial, &mut flaws);
        let id = match self.find(trial, &given, seen, &flaws) {
            Ok(id) => id,
            Err(flaw) => {
                flaws.push(flaw);
                None
            }
        };
        if let (Kind::NotWith, Some((a, b))) = (self.kind, id.as_deref().and_then(not_with::split)) {
            // A pair has no order; the register keeps one.
            given.set("rider", number(trial, Kind::Riders, &a.to_string()));
            given.set("other", number(trial, Kind::Riders, &b.to_string()));
        }
        let had = id.as_deref().and_then(|id| record(trial, self.kind, id)).unwrap_or_default();
        let mut want = had.clone();
        for (column, text) in &given.0 {
            want.set(column, text.clone());
        }
        for column in self.kind.columns() {
            self.settle(column, &given, &had, (&mut want, &mut flaws));
        }
        let is_new = match self.kind {
            Kind::Memberships => had.get("facility").is_empty(),
            _ => had == Record::default(),
        };
        if flaws.is_empty() && want == had && !is_new {
            return Ok(None);
        }
        let flawed: Vec<&str> = flaws.iter().map(|(column, _)| *column).collect();
        match take(trial, self.kind, (id.as_deref(), &want, &had)) {
            Ok(id) => {
                if flaws.is_empty() {
                    self.note(trial, &id);
                }
            }
            // What else is wrong is only told where it does not follow from what was told already.
            Err(("layouts", _)) if flawed.contains(&"capacity") => {}
            Err((column, _)) if flawed.contains(&column) || (column.is_empty() && !flawed.is_empty()) => {}
            Err(flaw) => flaws.push(flaw),
        }
        if !flaws.is_empty() {
            return Err(flaws.into_iter().map(|f| self.flaw(f)).collect());
        }
        let columns = if is_new { Vec::new() } else { want.differences(&had, self.kind) };
        Ok(Some(RowChange {
            row: self.number,
            what: if is_new { "added" } else { "changed" }.to_owned(),
            name: title(self.kind, &want),
            columns: columns.iter().map(|c| c.ja.to_owned()).collect(),
        }))
    }

    /// The cells that can be read, references by own number, and the columns that others stand for.
    fn given(&self, trial: &Trial, flaws: &mut Vec<Flawed>) -> Record {
        let mut given = Record::default();
        let mut marks: Option<String> = None;
        for column in self.kind.columns() {
            let Some((_, Ok(text))) = self.cells.get(column.name) else { continue };
            match column.form {
                Form::Weekday(day) => {
                    let marks = marks.get_or_insert_default();
                    marks.extend((!text.is_empty()).then_some(weekdays::SIGNS[day]));
                }
                Form::Reference | Form::References => {
                    given.0.insert(column.name, self.referred(trial, column, text, flaws));
                }
                _ => {
                    given.0.insert(column.name, text.clone());
                }
            }
        }
        if let Some(marks) = marks
            && given.get("weekdays").is_empty()
        {
            given.0.insert("weekdays", marks);
        }
        if self.kind == Kind::Vehicles
            && given.get("layouts").is_empty()
            && let Some(layouts) = vehicles::layouts_of(&given)
        {
            given.0.insert("layouts", layouts);
        }
        given.0.retain(|name, _| self.kind.find_column(name).is_some_and(|c| c.need != Need::ReadOnly));
        given
    }

    /// A reference by the own number of what it means; as it is where that is not known.
    fn referred(&self, trial: &Trial, column: &Column, text: &str, flaws: &mut Vec<Flawed>) -> String {
        let target = match column.name {
            "facility" => Kind::Facilities,
            "home" | "place" | "places" => Kind::Places,
            _ => Kind::Riders,
        };
        let one = |text: &str, flaws: &mut Vec<Flawed>| match refer(trial, target, text) {
            Ok(id) => number(trial, target, &id),
            // A home or a base that is not registered yet is registered with its coordinates.
            Err(_) if matches!(column.name, "home" | "place") => text.to_owned(),
            Err(wrong) => {
                flaws.push((column.name, wrong));
                text.to_owned()
            }
        };
        match column.form {
            _ if text.is_empty() => String::new(),
            Form::References => {
                let parts = text.split([';', '、', ',', '/']).map(str::trim).filter(|p| !p.is_empty());
                parts.map(|part| one(part, flaws)).collect::<Vec<_>>().join(";")
            }
            _ => one(text, flaws),
        }
    }

    /// Whom or what of the registered the row is about; none for something new.
    fn find(
        &self,
        trial: &Trial,
        given: &Record,
        seen: &mut BTreeMap<String, u32>,
        flaws: &[Flawed],
    ) -> Result<Option<String>, Flawed> {
        let mut identity = Identity::of(self.kind, given);
        let id = match self.kind {
            Kind::Memberships | Kind::NotWith => {
                if flaws.iter().any(|(column, _)| matches!(*column, "rider" | "other")) {
                    return Ok(None);
                }
                let rider = refer(trial, Kind::Riders, given.get("rider")).ok();
                let other = refer(trial, Kind::Riders, given.get("other")).ok();
                if self.kind == Kind::Memberships {
                    rider
                } else {
                    let pair = rider.zip(other).and_then(|(a, b)| not_with::pair(&a, &b));
                    identity.strong = pair.as_ref().map(|pair| key("not_with", "pair", &[pair]));
                    pair
                }
            }
            _ => self.registered(trial, &identity, given)?,
        };
        let number = identity.number.iter().map(|n| (key(self.kind.as_str(), "number", &[n]), "number"));
        let main = self.kind.columns().iter().find(|c| c.need == Need::Required).map_or("", |c| c.name);
        let strong = identity.strong.iter().map(|k| (k.clone(), main));
        let usual = identity.usual.iter().filter(|_| identity.number.is_none()).map(|k| (k.clone(), main));
        let mut repeated = None;
        for (key, column) in number.chain(strong).chain(usual) {
            match seen.get(&key) {
                Some(first) => repeated = repeated.or(Some((*first, column))),
                None => {
                    seen.insert(key, self.number);
                }
            }
        }
        match repeated {
            None => Ok(id),
            Some((first, column)) => Err((
                column,
                Wrong::new(
                    "duplicate_row",
                    format!("row {first} is about the same; leave one of them out"),
                    format!("{first}行目と重複しています。どちらかを消してください"),
                ),
            )),
        }
    }

    fn registered(
        &self,
        trial: &Trial,
        identity: &Identity,
        given: &Record,
    ) -> Result<Option<String>, Flawed> {
        let list = |key: &str| trial.index.list(key);
        if let Some(number) = &identity.number
            && let [one, ..] = list(&key(self.kind.as_str(), "number", &[number]))
        {
            return Ok(Some(one.clone()));
        }
        let same = identity.strong.iter().flat_map(|k| list(k)).next();
        if let Some(same) = same {
            if identity.number.is_none() || !has_number(trial, self.kind, same) {
                return Ok(Some(same.clone()));
            }
            let theirs = number(trial, self.kind, same);
            return Err((
                "number",
                Wrong::new(
                    "duplicate_of_registered",
                    format!(
                        "the same is registered under number {theirs}; use that number, or correct what is registered"
                    ),
                    format!(
                        "同じものが番号{theirs}で登録されています。その番号を使うか、登録を直してください"
                    ),
                ),
            ));
        }
        for usual in &identity.usual {
            match list(usual) {
                // Who has another own number is somebody else.
                [one] if identity.number.is_none() || !has_number(trial, self.kind, one) => {
                    return Ok(Some(one.clone()));
                }
                _ => {}
            }
        }
        let namesake = list(&key(self.kind.as_str(), "called", &[given.get("name")]));
        if self.kind == Kind::Riders
            && identity.number.is_none()
            && identity.strong.is_none()
            && let [first, ..] = namesake
        {
            let theirs = number(trial, self.kind, first);
            return Err((
                "name",
                Wrong::new(
                    "same_name",
                    format!(
                        "a rider of this name is registered ({theirs}); give the own number or the birth date"
                    ),
                    format!(
                        "同じ氏名の利用者が登録されています({theirs})。利用者番号か生年月日を書いてください"
                    ),
                ),
            ));
        }
        Ok(None)
    }

    /// One column of what the row wants: unread cells are flaws unless they are what is registered anyway, and what was
    /// typed by hand stays as it was typed where only width or blanks differ.
    fn settle(
        &self,
        column: &'static Column,
        given: &Record,
        had: &Record,
        into: (&mut Record, &mut Vec<Flawed>),
    ) {
        let (want, flaws) = into;
        let known = had.get(column.name);
        match self.cells.get(column.name) {
            Some((raw, Err(_))) if !known.is_empty() && raw.trim() == known => {}
            Some((_, Err(wrong))) => {
                flaws.push((column.name, wrong.clone()));
                return;
            }
            Some((_, Ok(text)))
                if !known.is_empty() && cell::read(column.form, known).as_ref() == Ok(text) =>
            {
                want.set(column.name, known);
            }
            _ => {}
        }
        let flagged = flaws.iter().any(|(name, _)| *name == column.name);
        let unread_marks = column.name == "weekdays"
            && self.cells.iter().any(|(name, (_, read))| {
                read.is_err()
                    && self.kind.find_column(name).is_some_and(|c| matches!(c.form, Form::Weekday(_)))
            });
        if column.need == Need::Required && want.get(column.name).is_empty() && !flagged && !unread_marks {
            // The number of seats is what an office knows of an arrangement.
            let shown = if column.name == "layouts" && self.cells.contains_key("capacity") {
                "capacity"
            } else {
                column.name
            };
            if !flaws.iter().any(|(name, _)| *name == shown) {
                let (_, wrong) = missing(column);
                flaws.push((if given.get(column.name).is_empty() { shown } else { column.name }, wrong));
            }
        }
    }

    fn note(&self, trial: &mut Trial, id: &str) {
        if let Some(record) = record(trial, self.kind, id) {
            for key in Identity::of(self.kind, &record).keys(self.kind) {
                trial.note_key(key, id);
            }
        }
    }
}

/// What a row is about, for people.
fn title(kind: Kind, record: &Record) -> String {
    match kind {
        Kind::Places => record.get("label").to_owned(),
        Kind::Memberships => format!("{} {}", record.get("rider"), record.get("weekdays")),
        Kind::NotWith => format!("{} / {}", record.get("rider"), record.get("other")),
        _ => record.get("name").to_owned(),
    }
}

/// The ids of all that is registered of a kind.
pub fn list(trial: &Trial, kind: Kind) -> Vec<String> {
    let area = &trial.area;
    match kind {
        Kind::Places => area.places.keys().map(ToString::to_string).collect(),
        Kind::Facilities => area.facilities.keys().map(ToString::to_string).collect(),
        Kind::Vehicles => area.vehicles.keys().map(ToString::to_string).collect(),
        Kind::Drivers => area.drivers.keys().map(ToString::to_string).collect(),
        Kind::Riders => area.riders.keys().map(ToString::to_string).collect(),
        Kind::Memberships => {
            area.riders.values().filter(|r| r.membership.is_some()).map(|r| r.id.to_string()).collect()
        }
        Kind::NotWith => not_with::list(area),
    }
}

/// What is registered of one thing, as an export writes it.
pub fn record(trial: &Trial, kind: Kind, id: &str) -> Option<Record> {
    match kind {
        Kind::Places => places::record(trial, id),
        Kind::Facilities => facilities::record(trial, id),
        Kind::Vehicles => vehicles::record(trial, id),
        Kind::Drivers => drivers::record(trial, id),
        Kind::Riders => riders::record(trial, id),
        Kind::Memberships => memberships::record(trial, id),
        Kind::NotWith => not_with::record(trial, id),
    }
}

fn take(trial: &mut Trial, kind: Kind, row: (Option<&str>, &Record, &Record)) -> Result<String, Flawed> {
    let (id, want, had) = row;
    match kind {
        Kind::Places => places::take(trial, id, want, had),
        Kind::Facilities => facilities::take(trial, id, want, had),
        Kind::Vehicles => vehicles::take(trial, id, want, had),
        Kind::Drivers => drivers::take(trial, id, want, had),
        Kind::Riders => riders::take(trial, id, want, had),
        Kind::Memberships => memberships::take(trial, id, want, had),
        Kind::NotWith => not_with::take(trial, id, want, had),
    }
}

fn kept(trial: &Trial, kind: Kind, id: &str) -> Kept {
    match kind {
        Kind::Places => trial.entry::<PlaceEntry>("place", id).kept,
        Kind::Facilities => trial.entry::<NameEntry>("facility", id).kept,
        Kind::Vehicles => trial.entry::<VehicleEntry>("vehicle", id).kept,
        Kind::Drivers => trial.entry::<DriverEntry>("driver", id).kept,
        Kind::Riders | Kind::Memberships | Kind::NotWith => trial.entry::<RiderEntry>("rider", id).kept,
    }
}

fn has_number(trial: &Trial, kind: Kind, id: &str) -> bool {
    kept(trial, kind, id).contains_key("number")
}

/// Own number, or the id where there is none.
fn number(trial: &Trial, kind: Kind, id: &str) -> String {
    number_of(&kept(trial, kind, id), id)
}

/// An id stands for a number where there is none, and is not kept as one.
pub fn keep_number(kept: &mut Kept, want: &Record, id: Option<&str>) {
    match want.find("number") {
        Some(number) if id != Some(number.as_str()) => kept.insert("number".to_owned(), number),
        _ => kept.remove("number"),
    };
}
