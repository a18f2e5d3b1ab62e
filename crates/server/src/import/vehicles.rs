//! 車両: vehicles with their arrangements of seats and wheelchair places.

use domain::{Command, Layout, NewVehicle, VehicleKind};
use units::{DayTime, DayWindow, VehicleId};

use super::cell;
use super::columns::Kind;
use super::flaw::Wrong;
use super::known::{number_of, refer};
use super::record::{Flawed, Record};
use super::site::{kind_word, parse, read_kind};
use super::trial::Trial;
use crate::register::{NameEntry, VehicleEntry, body};

const KEPT: [&str; 2] = ["inspection_until", "memo"];

pub fn record(trial: &Trial, id: &str) -> Option<Record> {
    let known = trial.area.vehicles.get(&id.parse::<VehicleId>().ok()?)?;
    let entry: VehicleEntry = trial.entry("vehicle", id);
    let layouts: Vec<String> =
        known.layouts.iter().map(|l| format!("{}+{}", l.seats, l.wheelchairs)).collect();
    let record = Record::default()
        .with("number", number_of(&entry.kept, id))
        .with("name", entry.name)
        .with("plate", entry.plate)
        .with("facility", facility_number(trial, known.facility))
        .with("kind", kind_word(known.kind))
        .with("layouts", layouts.join("/"))
        .with("shift_begin", known.shift.open().to_string())
        .with("shift_end", known.shift.close().to_string())
        .with("attendant", if known.attendant { "○" } else { "" })
        .with("driver_name", entry.driver_name.unwrap_or_default());
    Some(record.with_kept(&KEPT, &entry.kept))
}

/// How other lists name a facility.
pub fn facility_number(trial: &Trial, id: units::FacilityId) -> String {
    number_of(&trial.entry::<NameEntry>("facility", &id.to_string()).kept, &id.to_string())
}

pub fn refer_facility(trial: &Trial, text: &str) -> Result<units::FacilityId, Flawed> {
    let id = refer(trial, Kind::Facilities, text).map_err(|wrong| ("facility", wrong))?;
    parse("facility", &id)
}

/// Offices write the capacity (定員, the driver counted) and the wheelchair places. Each wheelchair place is taken to cost two
/// seats, as in the usual conversions of minivans; who knows better gives the arrangements themselves.
pub fn layouts_of(row: &Record) -> Option<String> {
    let number = |column: &str| row.get(column).parse::<u8>().ok();
    let crew = 1 + u8::from(row.is_yes("attendant"));
    let seats = number("seats").or_else(|| number("capacity").map(|c| c.saturating_sub(crew)))?;
    let chairs = number("wheelchairs").unwrap_or(0);
    let all = (0..=chairs).map(|n| format!("{}+{n}", seats.saturating_sub(n.saturating_mul(2))));
    let all: Vec<String> = all.filter(|layout| layout != "0+0").collect();
    (!all.is_empty()).then(|| all.join("/"))
}

pub fn take(trial: &mut Trial, id: Option<&str>, want: &Record, _had: &Record) -> Result<String, Flawed> {
    let before: VehicleEntry = id.map(|id| trial.entry("vehicle", id)).unwrap_or_default();
    let mut entry = VehicleEntry {
        name: want.get("name").to_owned(),
        plate: want.get("plate").to_owned(),
        driver_name: want.find("driver_name"),
        kept: want.kept(&KEPT, &before.kept),
    };
    super::plan::keep_number(&mut entry.kept, want, id);
    let layouts = want.get("layouts").split('/').filter_map(|layout| {
        let (seats, wheelchairs) = layout.split_once('+')?;
        Some(Layout { seats: seats.parse().ok()?, wheelchairs: wheelchairs.parse().ok()? })
    });
    let time = |column: &'static str, usual: DayTime| match want.find(column) {
        Some(text) => cell::time(&text).map_err(|wrong| (column, wrong)),
        None => Ok(usual),
    };
    let (open, close) = (time("shift_begin", DayTime::hm(7, 30))?, time("shift_end", DayTime::hm(18, 30))?);
    let shift = DayWindow::new(open, close).map_err(|e| {
        ("shift_end", Wrong::new("invalid_span", e.to_string(), "終わりの時刻が始まりより前です"))
    })?;
    let new = NewVehicle {
        facility: refer_facility(trial, want.get("facility"))?,
        kind: read_kind(want.get("kind")).unwrap_or(VehicleKind::Van),
        layouts: layouts.collect(),
        shift,
        attendant: want.is_yes("attendant"),
    };
    let register = body(&entry, &[&entry.name, &entry.plate]);
    match id {
        Some(id) => {
            let vehicle = parse("number", id)?;
            trial.submit("change_vehicle", Command::ChangeVehicle { vehicle, new }, Some(register))
        }
        None => trial.submit("add_vehicle", Command::AddVehicle(new), Some(register)),
    }
}
