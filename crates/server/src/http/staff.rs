//! Drivers, sharing between facilities, and how a rider is carried.

use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::StatusCode;
use domain::Command;
use units::{DriverId, FacilityId, RiderId, ServiceDay};

use crate::app::{App, Call, path_id};
use crate::conditional::{Changing, Master, Seen, Stated};
use crate::day_input::{NewCare, NewDriver, NewSharing};
use crate::input;
use crate::page::{Paged, Paging, behind};
use crate::problem::Problem;
use crate::register::{DriverEntry, Family, RiderEntry, body, entry};
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
) -> Result<Stated<wire::Driver>, Problem> {
    let known = entry_of(&call.input)?;
    let register = body(&known, &[&known.name]);
    let command = Command::AddDriver(call.input.known()?);
    let reply = app.submit(command, OPERATOR, call.key, Some(register)).await?;
    let id: Option<DriverId> = reply.subject.and_then(|s| s.parse().ok());
    let missing = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the created id is missing");
    let id = id.ok_or_else(missing)?;
    Ok(Stated(app.state(Master::Driver(id))?, StatusCode::CREATED, driver_view(&app, id)?))
}

/// Replaces what is known of a driver; plans already made stay as they are.
#[utoipa::path(put, path = "/drivers/{id}", tag = "masters", params(("id" = String, Path, example = "driver-1")),
    request_body = NewDriver,
    responses((status = 200, body = wire::Driver), (status = 404, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem)))]
pub async fn change_driver(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    seen: Seen,
    call: Call<NewDriver>,
) -> Result<Stated<wire::Driver>, Problem> {
    let driver: DriverId = path_id("driver", &id)?;
    let known = entry_of(&call.input)?;
    let new = call.input.known()?;
    let prepare = || {
        // What a list brought and this form does not show stays.
        let kept = entry::<DriverEntry>(&app.service.register, "driver", &id).kept;
        let register = Some(body(&DriverEntry { kept, ..known.clone() }, &[&known.name]));
        Ok(Changing { command: Command::ChangeDriver { driver, new: new.clone() }, register })
    };
    app.change(Master::Driver(driver), &seen, call.key, prepare).await?;
    Ok(Stated(app.state(Master::Driver(driver))?, StatusCode::OK, driver_view(&app, driver)?))
}

/// One driver.
#[utoipa::path(get, path = "/drivers/{id}", tag = "masters", params(("id" = String, Path, example = "driver-1")),
    responses((status = 200, body = wire::Driver), (status = 404, body = Problem)))]
pub async fn get_driver(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Stated<wire::Driver>, Problem> {
    let driver: DriverId = path_id("driver", &id)?;
    Ok(Stated(app.state(Master::Driver(driver))?, StatusCode::OK, driver_view(&app, driver)?))
}

/// The drivers, in the order in which they were added.
#[utoipa::path(get, path = "/drivers", tag = "masters", params(Paging),
    responses((status = 200, body = wire::Drivers), (status = 422, body = Problem)))]
pub async fn list_drivers(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
    OriginalUri(uri): OriginalUri,
) -> Result<Paged<wire::Drivers>, Problem> {
    let snapshot = app.service.snapshot();
    let today = ServiceDay::of(app.service.clock.now());
    let viewer = app.viewer(&snapshot);
    let own = behind(&snapshot.area.drivers, paging.after()?).filter(|(id, _)| viewer.sight.driver(**id));
    let page = paging.cut(own, |(id, _)| **id)?;
    let page = page.map(|(_, driver)| Some(viewer.driver(driver, today)));
    Ok(page.answer(&uri, |drivers, next| wire::Drivers { drivers, next }))
}

/// Sets how a rider is to be carried: never alone with the driver, whom not to meet, the seat. Replaces what was set.
#[utoipa::path(put, path = "/riders/{id}/care", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    request_body = NewCare,
    responses((status = 200, body = wire::Care), (status = 404, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem)))]
pub async fn set_care(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    seen: Seen,
    call: Call<NewCare>,
) -> Result<Stated<wire::Care>, Problem> {
    let rider: RiderId = path_id("rider", &id)?;
    let care = call.input.care()?;
    let prepare = || Ok(Changing { command: Command::SetCare { rider, care: care.clone() }, register: None });
    app.change(Master::Rider(rider), &seen, call.key, prepare).await?;
    let care = app.viewer(&app.service.snapshot()).care(rider);
    Ok(Stated(app.state(Master::Rider(rider))?, StatusCode::OK, care))
}

/// Sets how a rider is told of what concerns his or her rides. It is kept in the register, not in the log.
#[utoipa::path(put, path = "/riders/{id}/contact", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    request_body = input::NewContact,
    responses((status = 200, body = wire::Contact), (status = 404, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem)))]
pub async fn set_contact(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    seen: Seen,
    call: Call<input::NewContact>,
) -> Result<Stated<wire::Contact>, Problem> {
    let rider: RiderId = path_id("rider", &id)?;
    let contact = call.input.contact()?;
    let prepare = || {
        let former: RiderEntry = entry(&app.service.register, "rider", &id);
        let register = RiderEntry { contact: contact.clone(), ..former }.body();
        Ok(Changing { command: Command::SetContact { rider }, register: Some(register) })
    };
    app.change(Master::Rider(rider), &seen, call.key, prepare).await?;
    let contact = app.viewer(&app.service.snapshot()).contact(rider);
    Ok(Stated(app.state(Master::Rider(rider))?, StatusCode::OK, contact))
}

/// Names somebody of the family who is told of what concerns the rider's rides, beside the rider or in the rider's place. Kept
/// in the register, not in the log.
#[utoipa::path(put, path = "/riders/{id}/family", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    request_body = input::NewFamily,
    responses((status = 200, body = wire::Family), (status = 404, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem)))]
pub async fn set_family(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    seen: Seen,
    call: Call<input::NewFamily>,
) -> Result<Stated<wire::Family>, Problem> {
    let rider: RiderId = path_id("rider", &id)?;
    let family = call.input.family()?;
    keep_family(&app, rider, &seen, call.key, Some(&family)).await?;
    Ok(Stated(app.state(Master::Rider(rider))?, StatusCode::OK, wire::Family::of(&family)))
}

/// Nobody of the family is told any more.
#[utoipa::path(delete, path = "/riders/{id}/family", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    responses((status = 204), (status = 404, body = Problem), (status = 412, body = Problem)))]
pub async fn unset_family(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    seen: Seen,
    call: Call<input::Empty>,
) -> Result<StatusCode, Problem> {
    let input::Empty {} = call.input;
    keep_family(&app, path_id("rider", &id)?, &seen, call.key, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn keep_family(
    app: &App,
    rider: RiderId,
    seen: &Seen,
    key: Option<dispatch::Key>,
    family: Option<&Family>,
) -> Result<(), Problem> {
    let prepare = || {
        let former: RiderEntry = entry(&app.service.register, "rider", &rider.to_string());
        let register = RiderEntry { family: family.cloned(), ..former }.body();
        Ok(Changing { command: Command::SetContact { rider }, register: Some(register) })
    };
    app.change(Master::Rider(rider), seen, key, prepare).await
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
