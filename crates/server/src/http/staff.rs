//! Drivers, sharing between facilities, and how a rider is carried.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::Command;
use units::{DriverId, FacilityId, RiderId, ServiceDay};

use crate::app::{App, Call, path_id};
use crate::day_input::{NewCare, NewDriver, NewSharing};
use crate::input;
use crate::problem::Problem;
use crate::register::{DriverEntry, RiderEntry, body, entry};
use crate::wire;

const OPERATOR: &str = "operator";

fn entry_of(new: &NewDriver) -> Result<DriverEntry, Problem> {
    Ok(DriverEntry {
        name: input::text("name", &new.name, 100)?,
        phone: input::optional_text("phone", new.phone.as_ref(), 30)?,
        ..DriverEntry::default()
    })
}

fn driver_view(app: &App, id: DriverId) -> Result<wire::Driver, Problem> {
    let snapshot = app.service.snapshot();
    let today = ServiceDay::of(app.service.clock.now());
    let known = snapshot.area.drivers.get(&id);
    known
        .map(|d| app.viewer(&snapshot).driver(d, today))
        .ok_or_else(|| Problem::not_found("driver", &id.to_string()))
}

/// Adds a driver. Name and phone stay in the register beside the log.
#[utoipa::path(post, path = "/drivers", tag = "masters", request_body = NewDriver,
    responses((status = 201, body = wire::Driver), (status = 422, body = Problem)))]
pub async fn add_driver(
    State(app): State<Arc<App>>,
    call: Call<NewDriver>,
) -> Result<(StatusCode, Json<wire::Driver>), Problem> {
    let known = entry_of(&call.input)?;
    let register = body(&known, &[&known.name]);
    let command = Command::AddDriver(call.input.known()?);
    let reply = app.submit(command, OPERATOR, call.key, Some(register)).await?;
    let id = reply.subject.and_then(|s| s.parse().ok());
    let missing = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the created id is missing");
    Ok((StatusCode::CREATED, Json(driver_view(&app, id.ok_or_else(missing)?)?)))
}

/// Replaces what is known of a driver; plans already made stay as they are.
#[utoipa::path(put, path = "/drivers/{id}", tag = "masters", params(("id" = String, Path, example = "driver-1")),
    request_body = NewDriver,
    responses((status = 200, body = wire::Driver), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn change_driver(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<NewDriver>,
) -> Result<Json<wire::Driver>, Problem> {
    let driver: DriverId = path_id("driver", &id)?;
    driver_view(&app, driver)?;
    let mut known = entry_of(&call.input)?;
    // What a list brought and this form does not show stays.
    known.kept = entry::<DriverEntry>(&app.service.register, "driver", &id).kept;
    let register = body(&known, &[&known.name]);
    let command = Command::ChangeDriver { driver, new: call.input.known()? };
    app.submit(command, OPERATOR, call.key, Some(register)).await?;
    driver_view(&app, driver).map(Json)
}

/// All drivers.
#[utoipa::path(get, path = "/drivers", tag = "masters", responses((status = 200, body = wire::Drivers)))]
pub async fn list_drivers(State(app): State<Arc<App>>) -> Json<wire::Drivers> {
    let snapshot = app.service.snapshot();
    let today = ServiceDay::of(app.service.clock.now());
    let viewer = app.viewer(&snapshot);
    Json(wire::Drivers { drivers: snapshot.area.drivers.values().map(|d| viewer.driver(d, today)).collect() })
}

/// Sets how a rider is to be carried: never alone with the driver, whom not to meet, the seat. Replaces what was set.
#[utoipa::path(put, path = "/riders/{id}/care", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    request_body = NewCare,
    responses((status = 200, body = wire::Care), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn set_care(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<NewCare>,
) -> Result<Json<wire::Care>, Problem> {
    let rider: RiderId = path_id("rider", &id)?;
    if !app.service.snapshot().area.riders.contains_key(&rider) {
        return Err(Problem::not_found("rider", &id));
    }
    app.submit(Command::SetCare { rider, care: call.input.care()? }, OPERATOR, call.key, None).await?;
    let snapshot = app.service.snapshot();
    Ok(Json(app.viewer(&snapshot).care(rider)))
}

/// Sets how a rider is told of what concerns his or her rides. It is kept in the register, not in the log.
#[utoipa::path(put, path = "/riders/{id}/contact", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    request_body = input::NewContact,
    responses((status = 200, body = wire::Contact), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn set_contact(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::NewContact>,
) -> Result<Json<wire::Contact>, Problem> {
    let rider: RiderId = path_id("rider", &id)?;
    if !app.service.snapshot().area.riders.contains_key(&rider) {
        return Err(Problem::not_found("rider", &id));
    }
    let contact = call.input.contact()?;
    let known = RiderEntry { contact, ..entry(&app.service.register, "rider", &rider.to_string()) };
    app.submit(Command::SetContact { rider }, OPERATOR, call.key, Some(known.body())).await?;
    let snapshot = app.service.snapshot();
    Ok(Json(app.viewer(&snapshot).contact(rider)))
}

/// Lets facilities share their vehicles for runs; each is in one group at most. One facility alone leaves its group.
#[utoipa::path(put, path = "/sharing", tag = "masters", request_body = NewSharing,
    responses((status = 200, body = wire::SharingGroups), (status = 422, body = Problem)))]
pub async fn share(
    State(app): State<Arc<App>>,
    call: Call<NewSharing>,
) -> Result<Json<wire::SharingGroups>, Problem> {
    let ids = call.input.facilities.iter().map(|f| input::id("facilities", f));
    let facilities = ids.collect::<Result<Vec<FacilityId>, _>>()?;
    let first = facilities.first().copied();
    app.submit(Command::ShareVehicles { facilities }, OPERATOR, call.key, None).await?;
    let area = app.service.snapshot().area.clone();
    let group = first.map_or_else(Vec::new, |f| area.list_partners(f));
    Ok(Json(wire::SharingGroups { groups: group.iter().map(ToString::to_string).collect() }))
}
