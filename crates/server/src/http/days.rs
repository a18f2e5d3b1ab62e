//! Attendance and the day plan (送迎表).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Command, RequestState, Wish};
use units::{FacilityId, ServiceDay};

use crate::app::{App, Call, path_id};
use crate::input;
use crate::problem::Problem;
use crate::views::{name_of, refusal_view};
use crate::wire;

fn view(app: &App, facility: FacilityId, day: ServiceDay) -> Result<wire::DayPlan, Problem> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    let area = &snapshot.area;
    if !area.facilities.contains_key(&facility) {
        return Err(Problem::not_found("facility", &facility.to_string()));
    }
    let mut places = Vec::new();
    for request in area.requests.values() {
        let Wish::Run { facility: of, direction, day: on } = request.wish else { continue };
        if of != facility || on != day {
            continue;
        }
        let booking = request.find_booking();
        places.push(wire::RunPlace {
            request: request.id.to_string(),
            rider: viewer.person(request.rider),
            direction: name_of(direction),
            state: request.state.code().to_owned(),
            vehicle: booking.map(|b| b.vehicle.to_string()),
            pickup: booking
                .map(|b| [b.promise.pickup.open().to_string(), b.promise.pickup.close().to_string()]),
            dropoff_latest: booking.map(|b| b.promise.dropoff.close().to_string()),
            refusal: match &request.state {
                RequestState::Refused(refusal) => Some(refusal_view(refusal)),
                _ => None,
            },
        });
    }
    let attendance = area.list_attendance(facility, day);
    Ok(wire::DayPlan {
        facility: facility.to_string(),
        day: day.to_string(),
        planned: area.planned_days.contains(&(day, facility)),
        places,
        absent: attendance
            .iter()
            .filter(|a| !a.pickup_run || !a.dropoff_run)
            .map(|a| viewer.person(a.rider))
            .collect(),
    })
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
    let member = app.service.snapshot().area.riders.get(&rider).and_then(|r| r.attends(new.day));
    let facility = member.ok_or_else(|| Problem::invalid("rider", "is no member of a facility"))?;
    Ok((StatusCode::CREATED, Json(view(&app, facility, new.day)?)))
}

/// Plans the pickup and drop-off runs of a facility's day from attendance.
#[utoipa::path(post, path = "/day-plans", tag = "days", request_body = input::NewDayPlan,
    responses((status = 201, body = wire::DayPlan), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn plan(
    State(app): State<Arc<App>>,
    call: Call<input::NewDayPlan>,
) -> Result<(StatusCode, Json<wire::DayPlan>), Problem> {
    let new = call.input;
    let facility = input::id("facility", &new.facility)?;
    app.submit(Command::PlanDay { facility, day: new.day }, "operator", call.key, None).await?;
    Ok((StatusCode::CREATED, Json(view(&app, facility, new.day)?)))
}

/// The day plan of a facility as it stands.
#[utoipa::path(get, path = "/day-plans/{facility}/{day}", tag = "days",
    params(("facility" = String, Path, example = "facility-1"), ("day" = String, Path, example = "2026-11-24")),
    responses((status = 200, body = wire::DayPlan), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Path((facility, day)): Path<(String, String)>,
) -> Result<Json<wire::DayPlan>, Problem> {
    let day = ServiceDay::parse(&day).map_err(|e| Problem::invalid("day", e.to_string()))?;
    view(&app, path_id("facility", &facility)?, day).map(Json)
}
