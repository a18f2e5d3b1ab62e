//! 運転手: drivers with their weekdays, shifts and duties.

use domain::{Command, NewDriver, VehicleKind, Weekdays};
use units::{DayWindow, DriverId};

use super::known::number_of;
use super::record::{Flawed, Record};
use super::site::{kind_word, parse, read_kind};
use super::trial::Trial;
use super::vehicles::{facility_number, refer_facility};
use super::{cell, weekdays};
use crate::register::{DriverEntry, body};

const KEPT: [&str; 5] = ["furigana", "mail", "category", "licence_until", "memo"];

fn write(spans: &[DayWindow]) -> String {
    spans.iter().map(|s| format!("{}-{}", s.open(), s.close())).collect::<Vec<_>>().join(";")
}

/// Spans in their one form.
fn read(text: &str) -> Vec<DayWindow> {
    let spans = text.split(';').filter_map(|span| {
        let (from, to) = span.split_once('-')?;
        DayWindow::new(cell::time(from).ok()?, cell::time(to).ok()?).ok()
    });
    spans.collect()
}

pub fn record(trial: &Trial, id: &str) -> Option<Record> {
    let known = trial.area.drivers.get(&id.parse::<DriverId>().ok()?)?;
    let entry: DriverEntry = trial.entry("driver", id);
    let record = Record::default()
        .with("number", number_of(&entry.kept, id))
        .with("name", entry.name)
        .with("phone", entry.phone.unwrap_or_default())
        .with("facility", facility_number(trial, known.facility))
        .with("licence", kind_word(known.licence))
        .with("weekdays", weekdays::write(&known.weekdays.0))
        .with("shifts", write(&known.shifts))
        .with("duties", write(&known.duties));
    Some(record.with_kept(&KEPT, &entry.kept))
}

pub fn take(trial: &mut Trial, id: Option<&str>, want: &Record, _had: &Record) -> Result<String, Flawed> {
    let before: DriverEntry = id.map(|id| trial.entry("driver", id)).unwrap_or_default();
    let mut entry = DriverEntry {
        name: want.get("name").to_owned(),
        phone: want.find("phone"),
        kept: want.kept(&KEPT, &before.kept),
    };
    super::plan::keep_number(&mut entry.kept, want, id);
    let new = NewDriver {
        facility: refer_facility(trial, want.get("facility"))?,
        licence: read_kind(want.get("licence")).unwrap_or(VehicleKind::Kei),
        weekdays: Weekdays(weekdays::read(want.get("weekdays"))),
        shifts: read(want.get("shifts")),
        duties: read(want.get("duties")),
    };
    let register = body(&entry, &[&entry.name]);
    match id {
        Some(id) => {
            let driver = parse("number", id)?;
            trial.submit("change_driver", Command::ChangeDriver { driver, new }, Some(register))
        }
        None => trial.submit("add_driver", Command::AddDriver(new), Some(register)),
    }
}
