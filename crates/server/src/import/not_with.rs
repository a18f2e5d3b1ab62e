//! 同乗不可: who must not be on board with whom, and why. It holds both ways; the reason stays in the register.

use domain::{Area, Command};
use units::RiderId;

use super::flaw::Wrong;
use super::known::number_of;
use super::record::{Flawed, Record};
use super::riders::again;
use super::site::parse;
use super::trial::Trial;
use crate::register::RiderEntry;

/// A pair as one id: `rider-1 rider-2`, the lower one first, since the rule holds both ways.
pub fn pair(a: &str, b: &str) -> Option<String> {
    let (a, b): (RiderId, RiderId) = (a.parse().ok()?, b.parse().ok()?);
    Some(if a <= b { format!("{a} {b}") } else { format!("{b} {a}") })
}

pub fn split(id: &str) -> Option<(RiderId, RiderId)> {
    let (a, b) = id.split_once(' ')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}

pub fn list(area: &Area) -> Vec<String> {
    let mut pairs: Vec<(RiderId, RiderId)> = area
        .riders
        .values()
        .flat_map(|r| r.care.not_with.iter().map(move |other| (r.id.min(*other), r.id.max(*other))))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.into_iter().map(|(a, b)| format!("{a} {b}")).collect()
}

/// Under which word the register of the first of the pair keeps the reason.
fn reason_word(other: RiderId) -> String {
    format!("not_with:{other}")
}

pub fn record(trial: &Trial, id: &str) -> Option<Record> {
    let (a, b) = split(id)?;
    let (first, second) = (trial.area.riders.get(&a)?, trial.area.riders.get(&b)?);
    if !first.care.not_with.contains(&b) && !second.care.not_with.contains(&a) {
        return None;
    }
    let entry: RiderEntry = trial.entry("rider", &a.to_string());
    let number =
        |id: RiderId| number_of(&trial.entry::<RiderEntry>("rider", &id.to_string()).kept, &id.to_string());
    let reason = entry.kept.get(&reason_word(b)).cloned().unwrap_or_default();
    Some(Record::default().with("rider", number(a)).with("other", number(b)).with("reason", reason))
}

pub fn take(trial: &mut Trial, id: Option<&str>, want: &Record, had: &Record) -> Result<String, Flawed> {
    // Who they are is a flaw that was told already.
    let Some(id) = id else { return Ok(String::new()) };
    let unknown = || ("rider", Wrong::new("unknown_reference", "no such pair", "この組は登録されていません"));
    let (a, b) = split(id).ok_or_else(unknown)?;
    if a == b {
        let wrong =
            Wrong::new("same_rider", "the same rider twice; give two riders", "同じ人が2回書かれています");
        return Err(("other", wrong));
    }
    let known = trial.area.riders.get(&a).cloned().ok_or_else(unknown)?;
    if had.get("rider").is_empty() {
        let mut care = known.care.clone();
        care.not_with.insert(b);
        trial.submit("set_care", Command::SetCare { rider: a, care }, None)?;
    }
    if want.get("reason") != had.get("reason") {
        let mut entry: RiderEntry = trial.entry("rider", &a.to_string());
        match want.find("reason") {
            Some(reason) => entry.kept.insert(reason_word(b), reason),
            None => entry.kept.remove(&reason_word(b)),
        };
        let rider = parse("rider", &a.to_string())?;
        let command = Command::ChangeRider { rider, new: again(&known) };
        trial.submit("change_rider", command, Some(entry.body()))?;
    }
    Ok(id.to_owned())
}
