//! What happens on the day itself: one command each, re-planned at once, with what it means before it is done.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::Command;
use units::{ClosureId, RequestId, Seconds, ServiceDay, VehicleId, Window};

use super::masters::OPERATOR;
use crate::app::{App, Call, path_id};
use crate::input;
use crate::problem::Problem;
use crate::today_input::{
    ClosedRoad, NewDestination, NewDoorDecision, NewLock, NewReadiness, NewSnow, WiderPromise, day_time,
};
use crate::wire;

type Effect = Result<Json<wire::DayEffect>, Problem>;

/// Carries a command out, or only says what it would mean.
async fn effect(app: &App, command: Command, key: Option<dispatch::Key>, dry_run: bool) -> Effect {
    let before = app.service.snapshot();
    let reply = match dry_run {
        true => app.rehearse(command).await?,
        false => app.submit(command, OPERATOR, key, None).await?,
    };
    Ok(Json(app.viewer(&before).day_effect(&reply.events, reply.subject, !dry_run)))
}

fn known(app: &App, id: &str) -> Result<RequestId, Problem> {
    let request: RequestId = path_id("request", id)?;
    match app.service.snapshot().area.requests.contains_key(&request) {
        true => Ok(request),
        false => Err(Problem::not_found("request", id)),
    }
}

/// What is going on in the area on a day: rides in danger, doors to which nobody comes, closed roads, snow, locked vehicles.
#[utoipa::path(get, path = "/days/{day}/today", tag = "days", operation_id = "get_today", params(("day" = String, Path, example = "2026-11-24")),
    responses((status = 200, body = wire::Today), (status = 422, body = Problem)))]
pub async fn get(State(app): State<Arc<App>>, Path(day): Path<String>) -> Result<Json<wire::Today>, Problem> {
    let day = ServiceDay::parse(&day).map_err(|e| Problem::invalid("day", e.to_string()))?;
    let snapshot = app.service.snapshot();
    Ok(Json(app.viewer(&snapshot).what_happens(day)))
}

/// A member is ready later in the morning, or leaves earlier, than the others: the vehicle waits, comes later in the run, or
/// another one comes, as far as the others' promises bear it.
#[utoipa::path(post, path = "/readiness", tag = "days", request_body = NewReadiness,
    responses((status = 200, body = wire::DayEffect), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn ready(State(app): State<Arc<App>>, call: Call<NewReadiness>) -> Effect {
    let new = call.input;
    let at = new.at.as_deref().map(|at| day_time("at", at)).transpose()?;
    let rider = input::id("rider", &new.rider)?;
    let command = Command::NoteReady { rider, day: new.day, direction: new.direction, at };
    effect(&app, command, call.key, new.dry_run).await
}

/// What becomes of a rider who does not come to the door. A no-show only after the vehicle has waited its time.
#[utoipa::path(post, path = "/requests/{id}/door", tag = "days", params(("id" = String, Path, example = "request-1")),
    request_body = NewDoorDecision,
    responses((status = 200, body = wire::DayEffect), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn door(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<NewDoorDecision>,
) -> Effect {
    let request = known(&app, &id)?;
    let decision = call.input.decision()?;
    effect(&app, Command::DecideAtDoor { request, decision }, call.key, call.input.dry_run).await
}

/// Somebody on board is taken elsewhere at once: ill, to the hospital, to the facility or home. The others' promises are
/// repaired where another vehicle can, and they are told.
#[utoipa::path(post, path = "/requests/{id}/divert", tag = "days", params(("id" = String, Path, example = "request-1")),
    request_body = NewDestination,
    responses((status = 200, body = wire::DayEffect), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn divert(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<NewDestination>,
) -> Effect {
    let request = known(&app, &id)?;
    let to = input::id("to", &call.input.to)?;
    effect(&app, Command::Divert { request, to }, call.key, call.input.dry_run).await
}

/// Widens what was told. Only an operator does; what was told lies within it, and the answer names who must be told.
#[utoipa::path(post, path = "/requests/{id}/widen", tag = "rides", params(("id" = String, Path, example = "request-1")),
    request_body = WiderPromise,
    responses((status = 200, body = wire::DayEffect), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn widen(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call<WiderPromise>) -> Effect {
    let request = known(&app, &id)?;
    let new = call.input;
    let window = |[open, close]: [units::Timestamp; 2]| {
        Window::new(open, close).map_err(|e| Problem::invalid("pickup", e.to_string()))
    };
    let pickup = new.pickup.map(window).transpose()?;
    let snapshot = app.service.snapshot();
    let told = snapshot.area.requests.get(&request).and_then(|r| r.find_active_booking());
    let dropoff = match (new.dropoff_latest, told) {
        (Some(latest), Some(booking)) => {
            let open = booking.promise.dropoff.open();
            let late = Window::new(open, latest);
            Some(late.map_err(|_| Problem::invalid("dropoff_latest", "later than what was told"))?)
        }
        _ => None,
    };
    let minutes = new.ride_max_minutes.filter(|m| (1..=600).contains(m));
    if minutes != new.ride_max_minutes {
        return Err(Problem::invalid("ride_max_minutes", "between 1 and 600"));
    }
    let ride_max = minutes.map(Seconds::minutes);
    let command = Command::WidenPromise { request, pickup, dropoff, ride_max, reason: new.reason };
    effect(&app, command, call.key, new.dry_run).await
}

/// Locks a vehicle for a day: nobody new rides with it and its plan stays as it is until it is unlocked.
#[utoipa::path(post, path = "/vehicles/{id}/lock", tag = "days", params(("id" = String, Path, example = "vehicle-1")),
    request_body = NewLock,
    responses((status = 200, body = wire::DayEffect), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn lock(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call<NewLock>) -> Effect {
    let vehicle: VehicleId = path_id("vehicle", &id)?;
    if !app.service.snapshot().area.vehicles.contains_key(&vehicle) {
        return Err(Problem::not_found("vehicle", &id));
    }
    let NewLock { day, locked } = call.input;
    effect(&app, Command::LockVehicle { vehicle, day, locked }, call.key, false).await
}

/// Closed roads.
#[utoipa::path(get, path = "/closures", tag = "days", responses((status = 200, body = wire::Closures)))]
pub async fn list_closures(State(app): State<Arc<App>>) -> Json<wire::Closures> {
    let snapshot = app.service.snapshot();
    Json(wire::Closures { closures: app.viewer(&snapshot).closures() })
}

/// Closes the roads around a point for a while. Travel times go round it at once; who would be late goes with another vehicle if
/// one keeps the promise, and no promise is widened.
#[utoipa::path(post, path = "/closures", tag = "days", request_body = ClosedRoad,
    responses((status = 200, body = wire::DayEffect), (status = 422, body = Problem)))]
pub async fn close_road(State(app): State<Arc<App>>, call: Call<ClosedRoad>) -> Effect {
    let closure = call.input.closure(app.service.clock.now())?;
    if app.service.roads.closed_around(closure.centre, closure.radius).is_empty() {
        return Err(Problem::invalid(
            "position",
            "no road of this network comes so near; nearer to the road",
        ));
    }
    effect(&app, Command::CloseRoad(closure), call.key, call.input.dry_run).await
}

/// Opens roads again before their time.
#[utoipa::path(post, path = "/closures/{id}/open", tag = "days", params(("id" = String, Path, example = "closure-1")),
    request_body = input::Empty,
    responses((status = 200, body = wire::DayEffect), (status = 404, body = Problem)))]
pub async fn open_road(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::Empty>,
) -> Effect {
    let closure: ClosureId = path_id("closure", &id)?;
    if !app.service.snapshot().area.hindering.closures.contains_key(&closure) {
        return Err(Problem::not_found("closure", &id));
    }
    let input::Empty {} = call.input;
    effect(&app, Command::OpenRoad { closure }, call.key, false).await
}

/// Roads are driven as in snow between these hours; without hours the snow is over. No promise is widened.
#[utoipa::path(post, path = "/snow", tag = "days", request_body = NewSnow,
    responses((status = 200, body = wire::DayEffect), (status = 422, body = Problem)))]
pub async fn snow(State(app): State<Arc<App>>, call: Call<NewSnow>) -> Effect {
    let window = call.input.window()?;
    effect(&app, Command::NoteSnow { day: call.input.day, window }, call.key, call.input.dry_run).await
}
