//! What an operator has to look into: reports that contradict what is known, and promises in danger.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use dispatch::{Forecast, Snapshot, Submission, Turned, forecast};
use domain::{Command, Contrary, Progress, Rejection, RequestState, RouteId, VisitKind};
use units::{ContradictionId, Seconds, ServiceDay};

use crate::app::{App, Call, path_id};
use crate::input;
use crate::problem::Problem;
use crate::wire;

/// Less is within what a clock on a kitchen wall is off by.
const WORTH: Seconds = Seconds::minutes(1);
/// Repairs are looked for among the nearest of so many; each costs the engine some milliseconds.
const REPAIRS_MAX: usize = 8;

/// What an operator has to look into now.
#[utoipa::path(get, path = "/attention", tag = "days", operation_id = "list_attention",
    responses((status = 200, body = wire::Attention)))]
pub async fn list(State(app): State<Arc<App>>) -> Json<wire::Attention> {
    let snapshot = app.service.snapshot();
    let mut dangers = Vec::new();
    for (route, seen) in in_danger(&app, &snapshot).into_iter().take(REPAIRS_MAX) {
        dangers.extend(danger(&app, &snapshot, route, &seen).await);
    }
    Json(wire::Attention { contradictions: contradictions(&app, &snapshot), dangers })
}

/// Somebody has looked into it; repeating it is harmless.
#[utoipa::path(post, path = "/contradictions/{id}/settled", tag = "days", operation_id = "settle_contradiction",
    params(("id" = String, Path, example = "contradiction-1")), request_body = input::Empty,
    responses((status = 200, body = wire::Attention), (status = 422, body = Problem)))]
pub async fn settle(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::Empty>,
) -> Result<Json<wire::Attention>, Problem> {
    let contradiction: ContradictionId = path_id("contradiction", &id)?;
    app.submit(Command::SettleContradiction { contradiction }, "operator", call.key, None).await?;
    Ok(list(State(app)).await)
}

fn contradictions(app: &App, snapshot: &Snapshot) -> Vec<wire::Contradiction> {
    let viewer = app.viewer(snapshot);
    let rider_of = |request| snapshot.area.requests.get(&request).map(|r| viewer.person(r.rider));
    let one = |known: &domain::Contradiction| {
        let (other_vehicle, before) = match known.contrary {
            Contrary::OtherVehicle { vehicle } => (Some(vehicle.to_string()), None),
            Contrary::OtherOrder { next } => (None, rider_of(next.request)),
            _ => (None, None),
        };
        Some(wire::Contradiction {
            id: known.id.to_string(),
            vehicle: known.vehicle.to_string(),
            request: known.visit.request.to_string(),
            // Of a ride that is long over, no name is at hand any more; the log has it all.
            rider: rider_of(known.visit.request)?,
            fact: serde_json::to_value(known.fact).ok()?.as_str()?.to_owned(),
            at: known.at.to_string(),
            heard_at: known.heard_at.to_string(),
            contrary: known.contrary.code().to_owned(),
            other_vehicle,
            before,
        })
    };
    snapshot.area.contradictions.values().filter_map(one).collect()
}

/// The visits of today that will be late as things look, one for each ride, nearest first.
fn in_danger(app: &App, snapshot: &Snapshot) -> Vec<(RouteId, Forecast)> {
    let now = app.service.clock.now();
    let today = ServiceDay::of(now);
    let legs = app.legs.ahead(&snapshot.area.hindering, today, now);
    let mut found: Vec<(RouteId, Forecast)> = Vec::new();
    for id in snapshot.area.routes.keys().copied().filter(|id| id.day == today) {
        for seen in forecast(&snapshot.area, id, now, &legs).into_iter().filter(|seen| seen.late >= WORTH) {
            if !found.iter().any(|(_, known)| known.visit.request == seen.visit.request) {
                found.push((id, seen));
            }
        }
    }
    found.sort_by_key(|(_, seen)| (seen.begin, seen.visit));
    found
}

async fn danger(app: &App, snapshot: &Snapshot, route: RouteId, seen: &Forecast) -> Option<wire::Danger> {
    let viewer = app.viewer(snapshot);
    let request = snapshot.area.requests.get(&seen.visit.request)?;
    let booking = request.find_active_booking()?;
    let window = match seen.visit.kind {
        VisitKind::Pickup => booking.promise.pickup,
        VisitKind::Dropoff => booking.promise.dropoff,
    };
    let heading = snapshot.area.find_route(route).map(|r| r.progress);
    let is_under_way = matches!(request.state, RequestState::OnBoard { .. })
        || matches!(heading, Some(Progress::Heading { visit, .. } | Progress::Arrived { visit, .. })
            if visit.request == request.id);
    let (repair, no_repair) = if request.is_run() {
        (None, Some("member".to_owned()))
    } else if is_under_way {
        (None, Some("under_way".to_owned()))
    } else {
        let command = Command::MoveRide { request: request.id, vehicle: None };
        let tried = Submission { rehearsal: true, ..Submission::of(command, "rehearsal") };
        match app.service.submit(tried).await {
            Ok(reply) => (Some(viewer.move_effect(request.id, &reply.events, false)), None),
            Err(Turned::Rejected(Rejection::NoRoom { reason, .. })) => (None, Some(reason.code().to_owned())),
            Err(Turned::Rejected(_)) => (None, Some("under_way".to_owned())),
            Err(_) => (None, Some("busy".to_owned())),
        }
    };
    Some(wire::Danger {
        visit: seen.visit.to_string(),
        request: request.id.to_string(),
        rider: viewer.person(request.rider),
        vehicle: booking.vehicle.to_string(),
        window: [window.open().to_string(), window.close().to_string()],
        expected: [seen.soonest.to_string(), seen.latest.to_string()],
        late_minutes: seen.late.minutes_up(),
        repair,
        no_repair,
    })
}
