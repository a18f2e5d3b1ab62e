//! 利用曜日: which weekdays a member attends which facility. A rider has one membership; a row replaces it.

use domain::Command;
use units::RiderId;

use super::known::number_of;
use super::record::{Flawed, Record};
use super::riders::{again, membership};
use super::site::parse;
use super::trial::Trial;
use super::vehicles::facility_number;
use super::weekdays;
use crate::register::RiderEntry;

const KEPT: [&str; 2] = ["contract_from", "contract_until"];

/// By the rider's id; a rider without membership has an empty one.
pub fn record(trial: &Trial, id: &str) -> Option<Record> {
    let known = trial.area.riders.get(&id.parse::<RiderId>().ok()?)?;
    let entry: RiderEntry = trial.entry("rider", id);
    let mut record = Record::default().with("rider", number_of(&entry.kept, id));
    if let Some(membership) = &known.membership {
        record.set("facility", facility_number(trial, membership.facility));
        record.set("weekdays", weekdays::write(&membership.weekdays.0));
    }
    Some(record.with_kept(&KEPT, &entry.kept))
}

pub fn take(trial: &mut Trial, id: Option<&str>, want: &Record, _had: &Record) -> Result<String, Flawed> {
    let id = id.unwrap_or_default();
    let rider: RiderId = parse("rider", id)?;
    let Some(known) = trial.area.riders.get(&rider).cloned() else { return Ok(id.to_owned()) };
    let mut entry: RiderEntry = trial.entry("rider", id);
    entry.kept = want.kept(&KEPT, &entry.kept);
    let mut new = again(&known);
    new.membership = membership(trial, want)?;
    trial.submit("change_rider", Command::ChangeRider { rider, new }, Some(entry.body()))
}
