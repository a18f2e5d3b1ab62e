//! What is known of places, facilities, vehicles and riders is replaced, as long as no ride that goes on rests on what it was:
//! promises were made on the old times, seats and needs, and the judge would find them broken.

use units::{FacilityId, PlaceId, RiderId, VehicleId};

use crate::area::Area;
use crate::command::{NewFacility, NewPlace, NewRider, NewVehicle};
use crate::decide::{Decision, sound_facility, sound_rider, sound_vehicle, unknown};
use crate::event::Event;
use crate::masters::{Place, Rider, Vehicle};
use crate::plan::Progress;
use crate::rejection::Rejection;
use crate::request::{Request, RequestState, Wish};

/// Wishes that still may be ridden.
fn list_live(area: &Area) -> impl Iterator<Item = &Request> {
    area.requests.values().map(|r| &**r).filter(|r| {
        matches!(
            r.state,
            RequestState::Open
                | RequestState::Offered { .. }
                | RequestState::Booked(_)
                | RequestState::OnBoard { .. }
        )
    })
}

fn in_use(subject: &impl ToString, state: String) -> Rejection {
    const WANTED: &str = "free of rides to come; change this when they are over";
    Rejection::WrongState { subject: subject.to_string(), state, wanted: WANTED }
}

/// A vehicle that still has to drive, on any day.
fn drives(area: &Area, vehicle: VehicleId) -> bool {
    area.routes.values().any(|r| {
        r.id.vehicle == vehicle && (!r.visits.is_empty() || !matches!(r.progress, Progress::Standing))
    })
}

/// Offers not yet answered were found for any of the vehicles.
fn is_offered(area: &Area) -> Option<&Request> {
    list_live(area).find(|r| matches!(r.state, RequestState::Offered { .. }))
}

pub(crate) fn change_place(area: &Area, id: PlaceId, new: &NewPlace) -> Result<Decision, Rejection> {
    let known = area.places.get(&id).ok_or_else(|| unknown("place", &id))?;
    let place = Place { id, node: new.node, largest_vehicle: new.largest_vehicle };
    if place != *known {
        if let Some(request) = list_live(area).find(|r| r.from == id || r.to == id) {
            return Err(in_use(&id, format!("a place of {}", request.id)));
        }
        let stands = |v: &VehicleId| drives(area, *v) && area.find_base(*v) == Some(id);
        let left = area.routes.values().find(|r| r.anchor.place == id && drives(area, r.id.vehicle));
        let base = area.vehicles.keys().find(|v| stands(v));
        if let Some(vehicle) = left.map(|r| r.id.vehicle).or(base.copied()) {
            return Err(in_use(&id, format!("on the way of {vehicle}")));
        }
    }
    // Also where nothing of this differs: label or address in the register may.
    Ok(Decision::just(vec![Event::PlaceChanged { place }]))
}

pub(crate) fn change_facility(area: &Area, id: FacilityId, new: &NewFacility) -> Result<Decision, Rejection> {
    let known = area.facilities.get(&id).ok_or_else(|| unknown("facility", &id))?;
    let facility = sound_facility(area, id, new)?;
    if facility != *known {
        let of_run = |r: &&Request| matches!(r.wish, Wish::Run { facility, .. } if facility == id);
        if let Some(request) = list_live(area).find(of_run).or_else(|| is_offered(area)) {
            return Err(in_use(&id, format!("still in the plan with {}", request.id)));
        }
        let driving = area.vehicles.values().find(|v| v.facility == id && drives(area, v.id));
        if let Some(vehicle) = driving {
            return Err(in_use(&id, format!("the base of {}, which still has to drive", vehicle.id)));
        }
    }
    Ok(Decision::just(vec![Event::FacilityChanged { facility }]))
}

pub(crate) fn change_vehicle(area: &Area, id: VehicleId, new: &NewVehicle) -> Result<Decision, Rejection> {
    let known = area.vehicles.get(&id).ok_or_else(|| unknown("vehicle", &id))?;
    let vehicle: Vehicle = sound_vehicle(area, id, new)?;
    if vehicle != **known {
        if drives(area, id) {
            return Err(in_use(&id, "still to drive".to_owned()));
        }
        if let Some(request) = is_offered(area) {
            return Err(in_use(&id, format!("perhaps part of an offer for {}", request.id)));
        }
    }
    Ok(Decision::just(vec![Event::VehicleChanged { vehicle }]))
}

/// Membership may change at any time: days already planned stay as they are, as with a driver.
pub(crate) fn change_rider(area: &Area, id: RiderId, new: &NewRider) -> Result<Decision, Rejection> {
    let known = area.riders.get(&id).ok_or_else(|| unknown("rider", &id))?;
    let rider = Rider { care: known.care.clone(), ..sound_rider(area, id, new)? };
    let mut live = list_live(area).filter(|r| r.rider == id);
    let broken = live.find(|r| {
        rider.needs != known.needs
            || !rider.places.contains(&r.from) && known.places.contains(&r.from)
            || !rider.places.contains(&r.to) && known.places.contains(&r.to)
    });
    if let Some(request) = broken {
        return Err(in_use(&id, format!("still to ride with {}", request.id)));
    }
    Ok(Decision::just(vec![Event::RiderChanged { rider }]))
}
