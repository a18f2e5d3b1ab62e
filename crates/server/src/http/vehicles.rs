//! Vehicles, and what their drivers' devices report.

use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::StatusCode;
use domain::{Command, VisitKey};
use serde::Deserialize;
use units::{PlaceId, VehicleId};

use crate::app::{App, Call, path_id};
use crate::conditional::{Master, Stated};
use crate::input;
use crate::page::{Paged, Paging, behind};
use crate::problem::Problem;
use crate::views::name_of;
use crate::wire;
use crate::ws::take_position;

fn view(app: &App, id: VehicleId) -> Result<wire::Vehicle, Problem> {
    let snapshot = app.service.snapshot();
    app.viewer(&snapshot).vehicle(id).ok_or_else(|| Problem::not_found("vehicle", &id.to_string()))
}

/// The vehicles by name, in the order in which they were added.
#[utoipa::path(get, path = "/vehicles", tag = "vehicles", operation_id = "list_vehicles", params(Paging),
    responses((status = 200, body = wire::Vehicles), (status = 422, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
    OriginalUri(uri): OriginalUri,
) -> Result<Paged<wire::Vehicles>, Problem> {
    let snapshot = app.service.snapshot();
    let name = |v: &domain::Vehicle| {
        let known: crate::register::VehicleEntry =
            crate::register::entry(&app.service.register, "vehicle", &v.id.to_string());
        wire::VehicleName {
            id: v.id.to_string(),
            name: known.name,
            plate: known.plate,
            facility: v.facility.to_string(),
            kind: name_of(v.kind),
        }
    };
    let viewer = app.viewer(&snapshot);
    let own = behind(&snapshot.area.vehicles, paging.after()?).filter(|(id, _)| viewer.sight.vehicle(**id));
    let page = paging.cut(own, |(id, _)| **id)?;
    let page = page.map(|(_, vehicle)| Some(name(vehicle)));
    Ok(page.answer(&uri, |vehicles, next| wire::Vehicles { vehicles, next }))
}

/// One vehicle with its coming visits.
#[utoipa::path(get, path = "/vehicles/{id}", tag = "vehicles", operation_id = "get_vehicle",
    params(("id" = String, Path, example = "vehicle-1")),
    responses((status = 200, body = wire::Vehicle), (status = 404, body = Problem)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Stated<wire::Vehicle>, Problem> {
    let vehicle: VehicleId = path_id("vehicle", &id)?;
    Ok(Stated(app.state(Master::Vehicle(vehicle))?, StatusCode::OK, view(&app, vehicle)?))
}

/// Reports a fact. Repeating one is harmless.
#[utoipa::path(post, path = "/vehicles/{id}/facts", tag = "vehicles", params(("id" = String, Path, example = "vehicle-1")),
    request_body = input::NewFact,
    responses((status = 200, body = wire::Vehicle), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn report(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::NewFact>,
) -> Result<Json<wire::Vehicle>, Problem> {
    let vehicle: VehicleId = path_id("vehicle", &id)?;
    view(&app, vehicle)?;
    let new = call.input;
    let visit = match &new.visit {
        Some(text) => Some(text.parse::<VisitKey>().map_err(|e| Problem::invalid("visit", e))?),
        None => None,
    };
    let command = Command::RecordFact { vehicle, fact: new.fact, visit, at: new.at };
    app.submit(command, &vehicle.to_string(), call.key, None).await?;
    view(&app, vehicle).map(Json)
}

/// The device has shown this revision of the route to the driver.
#[utoipa::path(post, path = "/vehicles/{id}/acknowledgements", tag = "vehicles",
    params(("id" = String, Path, example = "vehicle-1")), request_body = input::Acknowledgement,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::Acknowledgement>,
) -> Result<StatusCode, Problem> {
    let vehicle: VehicleId = path_id("vehicle", &id)?;
    view(&app, vehicle)?;
    let revision = call.input.revision;
    app.submit(Command::AcknowledgeRoute { vehicle, revision }, &vehicle.to_string(), call.key, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a position in; the newest wins. The WebSocket takes the same.
#[utoipa::path(post, path = "/vehicles/{id}/positions", tag = "vehicles", params(("id" = String, Path, example = "vehicle-1")),
    request_body = input::NewPosition,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn position(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::NewPosition>,
) -> Result<StatusCode, Problem> {
    let vehicle: VehicleId = path_id("vehicle", &id)?;
    view(&app, vehicle)?;
    let new = call.input;
    take_position(&app, vehicle, new.seq, new.at, new.position, new.accuracy_m)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LegEnds {
    /// A registered place.
    #[param(example = "place-2")]
    from: String,
    /// Another one.
    #[param(example = "place-3")]
    to: String,
}

/// The way between two places, with the time at each point.
#[utoipa::path(get, path = "/legs", tag = "vehicles", params(LegEnds),
    responses((status = 200, body = wire::Leg), (status = 404, body = Problem)))]
pub async fn leg(
    State(app): State<Arc<App>>,
    Query(ends): Query<LegEnds>,
) -> Result<Json<wire::Leg>, Problem> {
    let snapshot = app.service.snapshot();
    let node = |text: &str| {
        let id: PlaceId = path_id("place", text)?;
        snapshot.area.find_node(id).ok_or_else(|| Problem::not_found("place", text))
    };
    let (from, to) = (node(&ends.from)?, node(&ends.to)?);
    let path = app
        .legs
        .find(&snapshot.area.hindering, from, to, app.service.clock.now())
        .ok_or_else(|| Problem::not_found("way to", &ends.to))?;
    let points = path.points.iter().map(|p| [p.point.lon(), p.point.lat(), p.after_millis as f64 / 1_000.0]);
    Ok(Json(wire::Leg {
        seconds: path.seconds.0,
        metres: path.metres.0,
        points: points.collect(),
        streets: path.streets.iter().map(|s| s.name.clone()).filter(|n| !n.is_empty()).collect(),
        steps: path.steps.iter().map(|step| crate::views::step(step, step.at)).collect(),
    }))
}
