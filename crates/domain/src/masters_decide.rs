//! Care, drivers and sharing: what may be set, and why not.

use units::{DayWindow, DriverId, FacilityId, RiderId};

use crate::area::Area;
use crate::command::NewDriver;
use crate::decide::{Decision, invalid, unknown};
use crate::event::Event;
use crate::masters::{Care, Driver};
use crate::rejection::Rejection;

/// Riders whom one rider must not meet; the offices' lists hold a handful.
const NOT_WITH_MAX: usize = 50;
/// Shifts, or duties, of one driver's day.
const SPANS_MAX: usize = 8;

pub(crate) fn set_care(area: &Area, rider: RiderId, care: &Care) -> Result<Decision, Rejection> {
    let known = area.riders.get(&rider).ok_or_else(|| unknown("rider", &rider))?;
    if care.not_with.contains(&rider) {
        return Err(invalid("not_with", format!("{rider} is the rider himself or herself"), "other riders"));
    }
    if care.not_with.len() > NOT_WITH_MAX {
        let right = format!("at most {NOT_WITH_MAX} riders");
        return Err(invalid("not_with", format!("{} riders", care.not_with.len()), right));
    }
    if let Some(other) = care.not_with.iter().find(|r| !area.riders.contains_key(r)) {
        return Err(unknown("not_with", other));
    }
    if known.care == *care {
        return Ok(Decision::just(Vec::new()));
    }
    Ok(Decision::just(vec![Event::CareSet { rider, care: care.clone() }]))
}

pub(crate) fn set_contact(area: &Area, rider: RiderId) -> Result<Decision, Rejection> {
    area.riders.get(&rider).ok_or_else(|| unknown("rider", &rider))?;
    Ok(Decision::just(vec![Event::ContactSet { rider }]))
}

pub(crate) fn add_driver(area: &Area, new: &NewDriver) -> Result<Decision, Rejection> {
    let id = DriverId(area.drivers.get_max().map_or(0, |(id, _)| id.0) + 1);
    Ok(Decision::just(vec![Event::DriverAdded { driver: sound_driver(area, id, new)? }]))
}

pub(crate) fn change_driver(area: &Area, id: DriverId, new: &NewDriver) -> Result<Decision, Rejection> {
    if !area.drivers.contains_key(&id) {
        return Err(unknown("driver", &id));
    }
    // Also where nothing of this differs: name or phone in the register may.
    Ok(Decision::just(vec![Event::DriverChanged { driver: sound_driver(area, id, new)? }]))
}

fn sound_driver(area: &Area, id: DriverId, new: &NewDriver) -> Result<Driver, Rejection> {
    if !area.facilities.contains_key(&new.facility) {
        return Err(unknown("facility", &new.facility));
    }
    if new.weekdays.0.is_empty() {
        return Err(invalid("weekdays", "no weekday is given", "the weekdays on which the driver works"));
    }
    if new.shifts.is_empty() {
        return Err(invalid("shifts", "no shift is given", "at least one, such as 07:30 to 17:00"));
    }
    for (field, spans) in [("shifts", &new.shifts), ("duties", &new.duties)] {
        if spans.len() > SPANS_MAX {
            return Err(invalid(field, format!("{} spans", spans.len()), format!("at most {SPANS_MAX}")));
        }
        if let Some(empty) = spans.iter().find(|s| s.open() >= s.close()) {
            let wrong = format!("{} to {} is no span", empty.open(), empty.close());
            return Err(invalid(field, wrong, "an end after the begin"));
        }
        let mut sorted: Vec<&DayWindow> = spans.iter().collect();
        sorted.sort_unstable_by_key(|s| (s.open(), s.close()));
        if let Some(pair) = sorted.windows(2).find(|pair| pair[1].open() < pair[0].close()) {
            let wrong = format!("{} lies in the span that ends at {}", pair[1].open(), pair[0].close());
            return Err(invalid(field, wrong, "spans that do not overlap"));
        }
    }
    Ok(Driver {
        id,
        facility: new.facility,
        licence: new.licence,
        weekdays: new.weekdays.clone(),
        shifts: new.shifts.clone(),
        duties: new.duties.clone(),
    })
}

pub(crate) fn share_vehicles(area: &Area, facilities: &[FacilityId]) -> Result<Decision, Rejection> {
    if facilities.is_empty() {
        return Err(invalid(
            "facilities",
            "none is given",
            "the facilities that share, or one to end its sharing",
        ));
    }
    if let Some(wrong) = facilities.iter().find(|f| !area.facilities.contains_key(f)) {
        return Err(unknown("facilities", wrong));
    }
    let mut sorted = facilities.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if area.list_partners(sorted[0]) == sorted {
        return Ok(Decision::just(Vec::new()));
    }
    Ok(Decision::just(vec![Event::VehiclesShared { facilities: sorted }]))
}
