//! From wish to ride.

use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::StatusCode;
use domain::{Channel, Command, Party, Purpose, Wish};
use units::RequestId;

use crate::app::{App, Call, path_id};
use crate::input;
use crate::page::{Paged, Paging};
use crate::problem::Problem;
use crate::wire;

fn view(app: &App, id: RequestId) -> Result<wire::Request, Problem> {
    let snapshot = app.service.snapshot();
    app.viewer(&snapshot).request(id).ok_or_else(|| Problem::not_found("request", &id.to_string()))
}

/// Asks for a ride. The answer holds up to three offers, or every reason against it and the nearest things that would work.
#[utoipa::path(post, path = "/requests", tag = "rides", request_body = input::NewRequest,
    responses((status = 201, body = wire::Request), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn make(
    State(app): State<Arc<App>>,
    call: Call<input::NewRequest>,
) -> Result<(StatusCode, Json<wire::Request>), Problem> {
    let (party, actor) = party(&call.input)?;
    let reply = app.submit(Command::MakeRequest(party), &actor, call.key, None).await?;
    Ok((StatusCode::CREATED, Json(view(&app, subject(reply.subject)?)?)))
}

fn subject(id: Option<String>) -> Result<RequestId, Problem> {
    let none = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the request has no id");
    id.and_then(|s| s.parse().ok()).ok_or_else(none)
}

fn wish(new: &input::NewWish) -> Wish {
    match new.kind {
        input::WishKind::LeaveAt => Wish::LeaveAt(new.at),
        input::WishKind::ArriveBy => Wish::ArriveBy(new.at),
    }
}

/// Who rides, and who says so.
fn party(new: &input::NewRequest) -> Result<(Party, String), Problem> {
    if new.channel == Channel::Facility {
        return Err(Problem::invalid("channel", "`facility` is for runs; one of phone, app, operator"));
    }
    let party = Party {
        rider: input::id("rider", &new.rider)?,
        people: new.people,
        from: input::id("from", &new.from)?,
        to: input::id("to", &new.to)?,
        wish: wish(&new.wish),
        channel: new.channel,
        purpose: new.purpose.unwrap_or(Purpose::Other),
    };
    let actor = if new.channel == Channel::App { party.rider.to_string() } else { "operator".to_owned() };
    Ok((party, actor))
}

/// Asks for a ride there and one back. Either both have offers, any of which go together, or both are refused: nobody is
/// taken there without the way back.
#[utoipa::path(post, path = "/round-trips", tag = "rides", request_body = input::NewRoundTrip,
    responses((status = 201, body = wire::RoundTrip), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn make_round_trip(
    State(app): State<Arc<App>>,
    call: Call<input::NewRoundTrip>,
) -> Result<(StatusCode, Json<wire::RoundTrip>), Problem> {
    let (there, actor) = party(&call.input.there)?;
    let command = Command::MakeRoundTrip { there, back: wish(&call.input.back) };
    let reply = app.submit(command, &actor, call.key, None).await?;
    let there = subject(reply.subject)?;
    Ok((StatusCode::CREATED, Json(round_trip(&app, there)?)))
}

fn round_trip(app: &App, there: RequestId) -> Result<wire::RoundTrip, Problem> {
    let there = view(app, there)?;
    let back = there.pair.as_deref().and_then(|pair| pair.parse().ok());
    let alone = || Problem::not_found("round-trip", &there.id);
    let back = view(app, back.ok_or_else(alone)?)?;
    Ok(wire::RoundTrip { there, back })
}

/// Accepts an offer for each half of a round trip, by the id of the way there: both become promises, or neither does.
#[utoipa::path(post, path = "/round-trips/{id}/accept", tag = "rides", params(("id" = String, Path, example = "request-1")),
    request_body = input::RoundTripAcceptance,
    responses((status = 200, body = wire::RoundTrip), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn accept_round_trip(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::RoundTripAcceptance>,
) -> Result<Json<wire::RoundTrip>, Problem> {
    let there: RequestId = path_id("request", &id)?;
    let known = round_trip(&app, there)?;
    let back: RequestId = path_id("request", &known.back.id)?;
    let (go, come) = (input::id("there", &call.input.there)?, input::id("back", &call.input.back)?);
    let command = Command::AcceptRoundTrip { there: (there, go), back: (back, come) };
    app.submit(command, "operator", call.key, None).await?;
    round_trip(&app, there).map(Json)
}

/// Today's requests, newest first.
#[utoipa::path(get, path = "/requests", tag = "rides", operation_id = "list_requests", params(Paging),
    responses((status = 200, body = wire::Requests), (status = 422, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
    OriginalUri(uri): OriginalUri,
) -> Result<Paged<wire::Requests>, Problem> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    let page = paging.cut(viewer.requests_before(paging.after()?), |id| *id)?;
    let page = page.map(|id| viewer.request(id));
    Ok(page.answer(&uri, |requests, next| wire::Requests { requests, next }))
}

/// One request as it stands.
#[utoipa::path(get, path = "/requests/{id}", tag = "rides", operation_id = "get_request",
    params(("id" = String, Path, example = "request-1")),
    responses((status = 200, body = wire::Request), (status = 404, body = Problem)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<wire::Request>, Problem> {
    view(&app, path_id("request", &id)?).map(Json)
}

/// Accepts an offer: it becomes a promise, or is refused because the plan has changed since.
#[utoipa::path(post, path = "/requests/{id}/accept", tag = "rides", params(("id" = String, Path, example = "request-1")),
    request_body = input::Acceptance,
    responses((status = 200, body = wire::Request), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn accept(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::Acceptance>,
) -> Result<Json<wire::Request>, Problem> {
    let request: RequestId = path_id("request", &id)?;
    view(&app, request)?;
    let offer = input::id("offer", &call.input.offer)?;
    app.submit(Command::AcceptOffer { request, offer }, "operator", call.key, None).await?;
    view(&app, request).map(Json)
}

/// Puts a refused wish on the waiting list: offers follow by themselves when a seat comes free, and a notice says whom to
/// ring up. What the policy forbids cannot be waited for.
#[utoipa::path(post, path = "/requests/{id}/wait", tag = "rides", params(("id" = String, Path, example = "request-1")),
    request_body = input::Empty,
    responses((status = 200, body = wire::Request), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn wait(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::Empty>,
) -> Result<Json<wire::Request>, Problem> {
    let request: RequestId = path_id("request", &id)?;
    view(&app, request)?;
    let input::Empty {} = call.input;
    app.submit(Command::Wait { request }, "operator", call.key, None).await?;
    view(&app, request).map(Json)
}

/// Gives a guest's booked ride to another vehicle, by hand, under the promise as it was told. With `dry_run` it only says what
/// would follow. What stands against it is named. Moving it back is the way to undo it.
#[utoipa::path(post, path = "/requests/{id}/move", tag = "rides", params(("id" = String, Path, example = "request-1")),
    request_body = input::NewVehicleOfRide,
    responses((status = 200, body = wire::MoveEffect), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn move_ride(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::NewVehicleOfRide>,
) -> Result<Json<wire::MoveEffect>, Problem> {
    let request: RequestId = path_id("request", &id)?;
    view(&app, request)?;
    let vehicle = call.input.vehicle.as_ref().map(|id| input::id("vehicle", id)).transpose()?;
    let before = app.service.snapshot();
    let command = Command::MoveRide { request, vehicle };
    let reply = match call.input.dry_run {
        true => app.rehearse(command).await?,
        false => app.submit(command, "operator", call.key, None).await?,
    };
    let viewer = app.viewer(&before);
    Ok(Json(viewer.move_effect(request, &reply.events, !call.input.dry_run)))
}

/// Cancels a request that is offered, waiting or booked.
#[utoipa::path(post, path = "/requests/{id}/cancel", tag = "rides", params(("id" = String, Path, example = "request-1")),
    request_body = input::Empty,
    responses((status = 200, body = wire::Request), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::Empty>,
) -> Result<Json<wire::Request>, Problem> {
    let request: RequestId = path_id("request", &id)?;
    view(&app, request)?;
    let input::Empty {} = call.input;
    app.submit(Command::Cancel { request }, "operator", call.key, None).await?;
    view(&app, request).map(Json)
}
