//! Masters that are replaced. What an imported list keeps beside them (own number, birth date, contract) stays.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::Command;
use units::{FacilityId, PlaceId, RiderId, VehicleId};

use super::masters::{OPERATOR, facility_of, place_body, place_of, rider_of, rider_view, vehicle_of};
use crate::app::{App, Call, path_id};
use crate::input;
use crate::problem::Problem;
use crate::register::{NameEntry, PlaceEntry, RiderEntry, VehicleEntry, body, entry};
use crate::wire;

/// Replaces what is known of a place. It does not move while a ride to come counts on it.
#[utoipa::path(put, path = "/places/{id}", tag = "masters", params(("id" = String, Path, example = "place-1")),
    request_body = input::NewPlace,
    responses((status = 200, body = wire::Place), (status = 404, body = Problem), (status = 422, body = Problem),
        (status = 409, body = Problem)))]
pub async fn change_place(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::NewPlace>,
) -> Result<Json<wire::Place>, Problem> {
    let place: PlaceId = path_id("place", &id)?;
    if !app.service.snapshot().area.places.contains_key(&place) {
        return Err(Problem::not_found("place", &id));
    }
    let (new, mut known) = place_of(&app, &call.input)?;
    known.kept = entry::<PlaceEntry>(&app.service.register, "place", &id).kept;
    let register = place_body(&known);
    app.submit(Command::ChangePlace { place, new }, OPERATOR, call.key, Some(register)).await?;
    let snapshot = app.service.snapshot();
    Ok(Json(app.viewer(&snapshot).place(place)))
}

/// Replaces what is known of a facility. Its place and hours stay while rides to come count on them.
#[utoipa::path(put, path = "/facilities/{id}", tag = "masters", params(("id" = String, Path, example = "facility-1")),
    request_body = input::NewFacility,
    responses((status = 200, body = wire::Facility), (status = 404, body = Problem), (status = 422, body = Problem),
        (status = 409, body = Problem)))]
pub async fn change_facility(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::NewFacility>,
) -> Result<Json<wire::Facility>, Problem> {
    let facility: FacilityId = path_id("facility", &id)?;
    if !app.service.snapshot().area.facilities.contains_key(&facility) {
        return Err(Problem::not_found("facility", &id));
    }
    let (new, mut known) = facility_of(&call.input)?;
    known.kept = entry::<NameEntry>(&app.service.register, "facility", &id).kept;
    let register = body(&known, &[&known.name]);
    app.submit(Command::ChangeFacility { facility, new }, OPERATOR, call.key, Some(register)).await?;
    let snapshot = app.service.snapshot();
    app.viewer(&snapshot).facility(facility).map(Json).ok_or_else(|| Problem::not_found("facility", &id))
}

/// Replaces what is known of a vehicle. Its seats and shift stay while it still has to drive.
#[utoipa::path(put, path = "/vehicles/{id}", tag = "masters", params(("id" = String, Path, example = "vehicle-1")),
    request_body = input::NewVehicle,
    responses((status = 200, body = wire::Vehicle), (status = 404, body = Problem), (status = 422, body = Problem),
        (status = 409, body = Problem)))]
pub async fn change_vehicle(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::NewVehicle>,
) -> Result<Json<wire::Vehicle>, Problem> {
    let vehicle: VehicleId = path_id("vehicle", &id)?;
    if !app.service.snapshot().area.vehicles.contains_key(&vehicle) {
        return Err(Problem::not_found("vehicle", &id));
    }
    let (new, mut known) = vehicle_of(&call.input)?;
    known.kept = entry::<VehicleEntry>(&app.service.register, "vehicle", &id).kept;
    let register = body(&known, &[&known.name, &known.plate]);
    app.submit(Command::ChangeVehicle { vehicle, new }, OPERATOR, call.key, Some(register)).await?;
    let snapshot = app.service.snapshot();
    app.viewer(&snapshot).vehicle(vehicle).map(Json).ok_or_else(|| Problem::not_found("vehicle", &id))
}

/// Replaces what is known of a rider. Needs, and places of rides to come, stay until those are over; care stays as it was set.
#[utoipa::path(put, path = "/riders/{id}", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    request_body = input::NewRider,
    responses((status = 200, body = wire::Rider), (status = 404, body = Problem), (status = 422, body = Problem),
        (status = 409, body = Problem)))]
pub async fn change_rider(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::NewRider>,
) -> Result<Json<wire::Rider>, Problem> {
    let rider: RiderId = path_id("rider", &id)?;
    if !app.service.snapshot().area.riders.contains_key(&rider) {
        return Err(Problem::not_found("rider", &id));
    }
    let (new, mut known) = rider_of(&call.input)?;
    let former: RiderEntry = entry(&app.service.register, "rider", &id);
    known.kept = former.kept;
    if call.input.contact.is_none() {
        // How somebody is told is not forgotten because it was left out.
        known.contact = former.contact;
    }
    let register = known.body();
    app.submit(Command::ChangeRider { rider, new }, OPERATOR, call.key, Some(register)).await?;
    rider_view(&app, rider).map(Json)
}
