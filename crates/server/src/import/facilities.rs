//! 事業所: day-service sites with the corporation that owns them and the place where their vehicles stand.

use domain::{Command, NewFacility};
use units::{DayWindow, FacilityId, Seconds};

use super::cell;
use super::flaw::Wrong;
use super::known::{key, number_of};
use super::record::{Flawed, Record};
use super::site::{Site, cells, parse};
use super::trial::Trial;
use crate::http::masters::run_hours;
use crate::register::{Category, NameEntry, body};

const KEPT: [&str; 6] = ["furigana", "post_code", "phone", "fax", "mail", "contact"];

pub fn record(trial: &Trial, id: &str) -> Option<Record> {
    let known = trial.area.facilities.get(&id.parse::<FacilityId>().ok()?)?;
    let entry: NameEntry = trial.entry("facility", id);
    let owner: NameEntry = trial.entry("corporation", &known.corporation.to_string());
    let place = cells(trial, known.place);
    let record = Record::default()
        .with("number", number_of(&entry.kept, id))
        .with("name", entry.name)
        .with("corporation", owner.name)
        .with("place", place.get("number"))
        .with("address", place.get("address"))
        .with("latitude", place.get("latitude"))
        .with("longitude", place.get("longitude"))
        .with("service_begin", known.service.open().to_string())
        .with("service_end", known.service.close().to_string())
        .with("pickup_begin", known.pickup_hours.open().to_string())
        .with("pickup_end", known.pickup_hours.close().to_string())
        .with("dropoff_begin", known.dropoff_hours.open().to_string())
        .with("dropoff_end", known.dropoff_hours.close().to_string())
        .with("ride_max_minutes", (known.ride_max.0 / 60).to_string());
    Some(record.with_kept(&KEPT, &entry.kept))
}

fn window(want: &Record, from: &'static str, to: &'static str) -> Result<DayWindow, Flawed> {
    let time = |column: &'static str| cell::time(want.get(column)).map_err(|wrong| (column, wrong));
    DayWindow::new(time(from)?, time(to)?)
        .map_err(|e| (to, Wrong::new("invalid_span", e.to_string(), "終わりの時刻が始まりより前です")))
}

/// Both ends, or neither and then the usual hours.
fn hours(want: &Record, from: &'static str, to: &'static str, usual: DayWindow) -> Result<DayWindow, Flawed> {
    match (want.find(from), want.find(to)) {
        (None, None) => Ok(usual),
        (None, _) => Err((from, half())),
        (_, None) => Err((to, half())),
        _ => window(want, from, to),
    }
}

fn half() -> Wrong {
    Wrong::new(
        "missing",
        "empty while the other end is given; give both or neither",
        "始まりと終わりは両方書くか、両方空欄にしてください",
    )
}

pub fn take(trial: &mut Trial, id: Option<&str>, want: &Record, had: &Record) -> Result<String, Flawed> {
    let known = id
        .and_then(|id| id.parse::<FacilityId>().ok())
        .and_then(|id| trial.area.facilities.get(&id))
        .copied();
    let service = window(want, "service_begin", "service_end")?;
    let usual = run_hours(service)
        .map_err(|p| ("service_begin", Wrong::new("invalid_span", p.detail, p.detail_ja)))?;
    let pickup_hours = hours(want, "pickup_begin", "pickup_end", usual.0)?;
    let dropoff_hours = hours(want, "dropoff_begin", "dropoff_end", usual.1)?;
    let label = want.get("name").to_owned();
    let site = Site {
        column: "place",
        label: &label,
        category: Category::DayService,
        known: known.map(|f| f.place),
        number: want.find("number").map(|n| format!("{n}-拠点")),
    };
    let place = site.take(trial, want, had)?;
    let corporation = corporation(trial, want.get("corporation"))?;
    let ride_max = want.get("ride_max_minutes").parse::<i64>().map_or(Seconds::minutes(40), Seconds::minutes);
    let new = NewFacility { corporation, place, service, pickup_hours, dropoff_hours, ride_max };
    let before: NameEntry = id.map(|id| trial.entry("facility", id)).unwrap_or_default();
    let mut entry = NameEntry { name: label, kept: want.kept(&KEPT, &before.kept) };
    super::plan::keep_number(&mut entry.kept, want, id);
    let register = body(&entry, &[&entry.name]);
    match id {
        Some(id) => {
            let facility = parse("number", id)?;
            trial.submit("change_facility", Command::ChangeFacility { facility, new }, Some(register))
        }
        None => trial.submit("add_facility", Command::AddFacility(new), Some(register)),
    }
}

/// The corporation of this name, registered with its first facility.
fn corporation(trial: &mut Trial, name: &str) -> Result<units::CorporationId, Flawed> {
    let called = key("corporation", "called", &[name]);
    let id = match trial.index.list(&called) {
        [first, ..] => first.clone(),
        [] => {
            let register = body(&NameEntry { name: name.to_owned(), ..NameEntry::default() }, &[name]);
            let id = trial.submit("add_corporation", Command::AddCorporation, Some(register))?;
            trial.note_key(called, &id);
            id
        }
    };
    parse("corporation", &id)
}
