//! Masters that are replaced. What an imported list keeps beside them (own number, birth date, contract) stays.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::Command;
use units::{FacilityId, PlaceId, RiderId, VehicleId};

use super::masters::{facility_of, place_body, place_of, rider_of, rider_view, vehicle_of};
use crate::app::{App, Call, path_id};
use crate::conditional::{Changing, Master, Seen, Stated};
use crate::input;
use crate::problem::Problem;
use crate::register::{NameEntry, PlaceEntry, RiderEntry, VehicleEntry, body, entry};
use crate::wire;

type Changed<T> = Result<Stated<T>, Problem>;

/// The master as it now stands, under the tag of its state.
fn stated<T>(app: &App, master: Master, view: T) -> Changed<T> {
    Ok(Stated(app.state(master)?, StatusCode::OK, view))
}

/// Replaces what is known of a place. It does not move while a ride to come counts on it.
#[utoipa::path(put, path = "/places/{id}", tag = "masters", params(("id" = String, Path, example = "place-1")),
    request_body = input::NewPlace,
    responses((status = 200, body = wire::Place), (status = 404, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem), (status = 409, body = Problem)))]
pub async fn change_place(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    seen: Seen,
    call: Call<input::NewPlace>,
) -> Changed<wire::Place> {
    let place: PlaceId = path_id("place", &id)?;
    let master = Master::Place(place);
    let (new, known) = place_of(&app, &call.input)?;
    let prepare = || {
        let kept = entry::<PlaceEntry>(&app.service.register, "place", &id).kept;
        let register = Some(place_body(&PlaceEntry { kept, ..known.clone() }));
        Ok(Changing { command: Command::ChangePlace { place, new }, register })
    };
    app.change(master, &seen, call.key, prepare).await?;
    let view = app.viewer(&app.service.snapshot()).place(place);
    stated(&app, master, view)
}

/// Replaces what is known of a facility. Its place and hours stay while rides to come count on them.
#[utoipa::path(put, path = "/facilities/{id}", tag = "masters", params(("id" = String, Path, example = "facility-1")),
    request_body = input::NewFacility,
    responses((status = 200, body = wire::Facility), (status = 404, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem), (status = 409, body = Problem)))]
pub async fn change_facility(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    seen: Seen,
    call: Call<input::NewFacility>,
) -> Changed<wire::Facility> {
    let facility: FacilityId = path_id("facility", &id)?;
    let master = Master::Facility(facility);
    let (new, known) = facility_of(&call.input)?;
    let prepare = || {
        let kept = entry::<NameEntry>(&app.service.register, "facility", &id).kept;
        let register = Some(body(&NameEntry { kept, ..known.clone() }, &[&known.name]));
        Ok(Changing { command: Command::ChangeFacility { facility, new }, register })
    };
    app.change(master, &seen, call.key, prepare).await?;
    let view = app.viewer(&app.service.snapshot()).facility(facility);
    stated(&app, master, view.ok_or_else(|| Problem::not_found("facility", &id))?)
}

/// Replaces what is known of a vehicle. Its seats and shift stay while it still has to drive.
#[utoipa::path(put, path = "/vehicles/{id}", tag = "masters", params(("id" = String, Path, example = "vehicle-1")),
    request_body = input::NewVehicle,
    responses((status = 200, body = wire::Vehicle), (status = 404, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem), (status = 409, body = Problem)))]
pub async fn change_vehicle(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    seen: Seen,
    call: Call<input::NewVehicle>,
) -> Changed<wire::Vehicle> {
    let vehicle: VehicleId = path_id("vehicle", &id)?;
    let master = Master::Vehicle(vehicle);
    let (new, known) = vehicle_of(&call.input)?;
    let prepare = || {
        let kept = entry::<VehicleEntry>(&app.service.register, "vehicle", &id).kept;
        let register = Some(body(&VehicleEntry { kept, ..known.clone() }, &[&known.name, &known.plate]));
        Ok(Changing { command: Command::ChangeVehicle { vehicle, new: new.clone() }, register })
    };
    app.change(master, &seen, call.key, prepare).await?;
    let view = app.viewer(&app.service.snapshot()).vehicle(vehicle);
    stated(&app, master, view.ok_or_else(|| Problem::not_found("vehicle", &id))?)
}

/// Erases a rider's personal data: name, reading, telephone number, notes, contact, and the places that are nobody else's. The
/// log keeps the number and replays. Whoever has rides to come is erased when they are over or cancelled; repeating is harmless.
#[utoipa::path(delete, path = "/riders/{id}", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn erase_rider(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::Empty>,
) -> Result<StatusCode, Problem> {
    let input::Empty {} = call.input;
    let rider: RiderId = path_id("rider", &id)?;
    if !app.service.snapshot().area.riders.contains_key(&rider) {
        return Err(Problem::not_found("rider", &id));
    }
    app.submit(Command::EraseRider { rider }, "operator", call.key, None).await?;
    // Family who asked for this rider have nobody to ask for any more.
    app.doors.book.aside(move |book| book.forget_rider(rider)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces what is known of a rider. Needs, and places of rides to come, stay until those are over; care stays as it was set.
#[utoipa::path(put, path = "/riders/{id}", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    request_body = input::NewRider,
    responses((status = 200, body = wire::Rider), (status = 404, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem), (status = 409, body = Problem)))]
pub async fn change_rider(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    seen: Seen,
    call: Call<input::NewRider>,
) -> Changed<wire::Rider> {
    let rider: RiderId = path_id("rider", &id)?;
    let master = Master::Rider(rider);
    let (new, known) = rider_of(&call.input)?;
    let is_contact_given = call.input.contact.is_some();
    let prepare = || {
        let former: RiderEntry = entry(&app.service.register, "rider", &id);
        // How somebody is told is not forgotten because it was left out.
        let contact = if is_contact_given { known.contact.clone() } else { former.contact };
        let family = known.family.clone().or(former.family);
        let register = RiderEntry { kept: former.kept, contact, family, ..known.clone() }.body();
        Ok(Changing { command: Command::ChangeRider { rider, new: new.clone() }, register: Some(register) })
    };
    app.change(master, &seen, call.key, prepare).await?;
    let view = rider_view(&app, rider)?;
    stated(&app, master, view)
}
