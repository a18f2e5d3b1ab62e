//! Attendance and the day plan (送迎表).

use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::StatusCode;
use domain::{Command, Direction, Resource};
use units::{FacilityId, NoticeId, RiderId, ServiceDay};

use crate::app::{App, Call, path_id};
use crate::day_input as input_of_day;
use crate::input;
use crate::page::{Paged, Paging};
use crate::problem::Problem;
use crate::wire;

const OPERATOR: &str = "operator";
type Made = Result<(StatusCode, Json<wire::DayPlan>), Problem>;

fn view(app: &App, facility: FacilityId, day: ServiceDay) -> Result<wire::DayPlan, Problem> {
    let snapshot = app.service.snapshot();
    app.viewer(&snapshot).day_plan(facility, day)
}

/// The day plan of the facility whose member this is.
fn view_of_member(app: &App, rider: RiderId, day: ServiceDay) -> Result<wire::DayPlan, Problem> {
    let member = app.service.snapshot().area.riders.get(&rider).and_then(|r| r.membership.clone());
    let facility = member.ok_or_else(|| Problem::invalid("rider", "is no member of a facility"))?.facility;
    view(app, facility, day)
}

fn parse_day(text: &str) -> Result<ServiceDay, Problem> {
    ServiceDay::parse(text).map_err(|e| Problem::invalid("day", e.to_string()))
}

/// Notes a member's absence (お休み); visits already planned are taken out at once.
#[utoipa::path(post, path = "/absences", tag = "days", request_body = input::NewAbsence,
    responses((status = 201, body = wire::DayPlan), (status = 422, body = Problem)))]
pub async fn absence(
    State(app): State<Arc<App>>,
    call: Call<input::NewAbsence>,
) -> Result<(StatusCode, Json<wire::DayPlan>), Problem> {
    let new = call.input;
    let rider = input::id("rider", &new.rider)?;
    app.submit(Command::NoteAbsence { rider, day: new.day, kind: new.kind }, "operator", call.key, None)
        .await?;
    view_of_member(&app, rider, new.day).map(|plan| (StatusCode::CREATED, Json(plan)))
}

/// Plans the pickup and drop-off runs of a facility's day from attendance, together with all facilities that share
/// vehicles with it and are not planned yet.
#[utoipa::path(post, path = "/day-plans", tag = "days", request_body = input_of_day::NewDayPlan,
    responses((status = 201, body = wire::DayPlan), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn plan(
    State(app): State<Arc<App>>,
    call: Call<input_of_day::NewDayPlan>,
) -> Result<(StatusCode, Json<wire::DayPlan>), Problem> {
    let new = call.input;
    let facility = input::id("facility", &new.facility)?;
    let command = Command::PlanDay { facility, day: new.day, start: new.plan_start()? };
    app.submit(command, OPERATOR, call.key, None).await?;
    Ok((StatusCode::CREATED, Json(view(&app, facility, new.day)?)))
}

/// The day plan of a facility as it stands.
#[utoipa::path(get, path = "/day-plans/{facility}/{day}", tag = "days", operation_id = "get_day_plan",
    params(("facility" = String, Path, example = "facility-1"), ("day" = String, Path, example = "2026-11-24")),
    responses((status = 200, body = wire::DayPlan), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Path((facility, day)): Path<(String, String)>,
) -> Result<Json<wire::DayPlan>, Problem> {
    let day = parse_day(&day)?;
    view(&app, path_id("facility", &facility)?, day).map(Json)
}

/// Betters the plan as it stands. What was told is kept; who changes vehicle is among the notices.
#[utoipa::path(post, path = "/day-plans/{facility}/{day}/improvements", tag = "days",
    params(("facility" = String, Path, example = "facility-1"), ("day" = String, Path, example = "2026-11-24")),
    request_body = input::Empty,
    responses((status = 200, body = wire::DayPlan), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn improve(
    State(app): State<Arc<App>>,
    Path((facility, day)): Path<(String, String)>,
    call: Call<input::Empty>,
) -> Result<Json<wire::DayPlan>, Problem> {
    let (facility, day) = (path_id("facility", &facility)?, parse_day(&day)?);
    view(&app, facility, day)?;
    app.submit(Command::ReplanDay { facility, day }, OPERATOR, call.key, None).await?;
    view(&app, facility, day).map(Json)
}

/// A member comes on a day without attendance, or after all; fitted into the runs at once.
#[utoipa::path(post, path = "/joins", tag = "days", request_body = input_of_day::NewJoin,
    responses((status = 201, body = wire::DayPlan), (status = 422, body = Problem)))]
pub async fn join(State(app): State<Arc<App>>, call: Call<input_of_day::NewJoin>) -> Made {
    let new = call.input;
    let rider: RiderId = input::id("rider", &new.rider)?;
    let command = Command::NoteJoin { rider, day: new.day, kind: new.kind };
    app.submit(command, OPERATOR, call.key, None).await?;
    view_of_member(&app, rider, new.day).map(|plan| (StatusCode::CREATED, Json(plan)))
}

/// A vehicle or a driver is out for the day, or back; the runs are planned again around it at once.
#[utoipa::path(post, path = "/outages", tag = "days", request_body = input_of_day::NewOutage,
    responses((status = 201, body = wire::DayPlan), (status = 422, body = Problem)))]
pub async fn outage(State(app): State<Arc<App>>, call: Call<input_of_day::NewOutage>) -> Made {
    let new = call.input;
    let what = match (&new.vehicle, &new.driver) {
        (Some(vehicle), None) => Resource::Vehicle(input::id("vehicle", vehicle)?),
        (None, Some(driver)) => Resource::Driver(input::id("driver", driver)?),
        _ => return Err(Problem::invalid("vehicle", "give either a vehicle or a driver")),
    };
    app.submit(Command::NoteOut { what, day: new.day, out: new.out }, OPERATOR, call.key, None).await?;
    let area = app.service.snapshot().area.clone();
    let facility = match what {
        Resource::Vehicle(id) => area.vehicles.get(&id).map(|v| v.facility),
        Resource::Driver(id) => area.drivers.get(&id).map(|d| d.facility),
    };
    let facility = facility.ok_or_else(|| Problem::not_found("vehicle or driver", "of this facility"))?;
    Ok((StatusCode::CREATED, Json(view(&app, facility, new.day)?)))
}

fn parse_pin(parts: &(String, String, String)) -> Result<(RiderId, ServiceDay, Direction), Problem> {
    let direction = match parts.2.as_str() {
        "pickup_run" => Direction::PickupRun,
        "dropoff_run" => Direction::DropoffRun,
        _ => return Err(Problem::invalid("direction", "`pickup_run` or `dropoff_run`")),
    };
    Ok((path_id("rider", &parts.0)?, parse_day(&parts.1)?, direction))
}

/// Fixes a member's ride to a vehicle, a time at home, or both. A pin that cannot be kept is refused.
#[utoipa::path(put, path = "/pins/{rider}/{day}/{direction}", tag = "days",
    params(("rider" = String, Path, example = "rider-12"), ("day" = String, Path, example = "2026-11-24"),
        ("direction" = String, Path, example = "pickup_run")),
    request_body = input_of_day::NewPin,
    responses((status = 200, body = wire::DayPlan), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn pin(
    State(app): State<Arc<App>>,
    Path(parts): Path<(String, String, String)>,
    call: Call<input_of_day::NewPin>,
) -> Result<Json<wire::DayPlan>, Problem> {
    let (rider, day, direction) = parse_pin(&parts)?;
    let pin = Some(call.input.pin()?);
    app.submit(Command::PinRide { rider, day, direction, pin }, OPERATOR, call.key, None).await?;
    view_of_member(&app, rider, day).map(Json)
}

/// Takes a pin away; the ride stays where it is until something else changes.
#[utoipa::path(delete, path = "/pins/{rider}/{day}/{direction}", tag = "days",
    params(("rider" = String, Path, example = "rider-12"), ("day" = String, Path, example = "2026-11-24"),
        ("direction" = String, Path, example = "pickup_run")),
    responses((status = 200, body = wire::DayPlan), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn unpin(
    State(app): State<Arc<App>>,
    Path(parts): Path<(String, String, String)>,
    call: Call<input::Empty>,
) -> Result<Json<wire::DayPlan>, Problem> {
    let (rider, day, direction) = parse_pin(&parts)?;
    app.submit(Command::PinRide { rider, day, direction, pin: None }, OPERATOR, call.key, None).await?;
    view_of_member(&app, rider, day).map(Json)
}

/// Somebody has told them; repeating it is harmless.
#[utoipa::path(post, path = "/notices/{id}/given", tag = "days", params(("id" = String, Path, example = "notice-1")),
    request_body = input::Empty,
    responses((status = 200, body = wire::Notice), (status = 404, body = Problem)))]
pub async fn give_notice(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::Empty>,
) -> Result<Json<wire::Notice>, Problem> {
    let notice: NoticeId = path_id("notice", &id)?;
    let missing = || Problem::not_found("notice", &id);
    app.service.snapshot().area.notices.get(&notice).ok_or_else(missing)?;
    app.submit(Command::GiveNotice { notice }, OPERATOR, call.key, None).await?;
    let snapshot = app.service.snapshot();
    let issued = snapshot.area.notices.get(&notice).ok_or_else(missing)?;
    app.viewer(&snapshot).notice(issued).map(Json).ok_or_else(missing)
}

/// What was to be told to riders and was given up, newest first: they have to be told in another way.
#[utoipa::path(get, path = "/deliveries", tag = "days", params(Paging),
    responses((status = 200, body = wire::Deliveries), (status = 422, body = Problem)))]
pub async fn list_deliveries(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
    OriginalUri(uri): OriginalUri,
) -> Result<Paged<wire::Deliveries>, Problem> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    let own = |d: &wire::Delivery| d.rider.parse().is_ok_and(|rider| viewer.sight.rider(rider));
    let before: Option<crate::notify::Place> = paging.after()?;
    let failed = app.deliveries.list_failed(before).into_iter().filter(|(_, delivery)| own(delivery));
    let page = paging.cut(failed, |(place, _)| place.clone())?;
    let page = page.map(|(_, delivery)| Some(delivery));
    Ok(page.answer(&uri, |deliveries, next| wire::Deliveries { deliveries, next }))
}
