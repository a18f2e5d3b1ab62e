//! Whole pictures for the pages: board, town hall, area, clock.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::app::{App, Call};
use crate::input;
use crate::problem::Problem;
use crate::wire;

/// Requests in the first picture of the board.
const REQUESTS_MAX: usize = 200;

/// Everything the operator's board shows.
#[utoipa::path(get, path = "/board", tag = "pictures", responses((status = 200, body = wire::Board)))]
pub async fn board(State(app): State<Arc<App>>) -> Json<wire::Board> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    Json(wire::Board {
        n: snapshot.version.0,
        clock: app.clock(),
        area: app.area(&snapshot),
        facilities: snapshot.area.facilities.keys().filter_map(|id| viewer.facility(*id)).collect(),
        vehicles: snapshot.area.vehicles.keys().filter_map(|id| viewer.vehicle(*id)).collect(),
        requests: viewer.list_requests(REQUESTS_MAX),
        figures: app.figures(),
    })
}

/// Today's figures for the town hall.
#[utoipa::path(get, path = "/town", tag = "pictures", responses((status = 200, body = wire::Town)))]
pub async fn town(State(app): State<Arc<App>>) -> Json<wire::Town> {
    let snapshot = app.service.snapshot();
    Json(wire::Town {
        n: snapshot.version.0,
        clock: app.clock(),
        area: app.area(&snapshot),
        figures: app.figures(),
    })
}

/// The clock that everything here goes by.
#[utoipa::path(get, path = "/clock", tag = "pictures", responses((status = 200, body = wire::Clock)))]
pub async fn clock(State(app): State<Arc<App>>) -> Json<wire::Clock> {
    Json(app.clock())
}

/// Sets the speed of a demo's clock.
#[utoipa::path(put, path = "/clock", tag = "pictures", request_body = input::NewSpeed,
    responses((status = 200, body = wire::Clock), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn set_clock(
    State(app): State<Arc<App>>,
    call: Call<input::NewSpeed>,
) -> Result<Json<wire::Clock>, Problem> {
    let Some(clock) = &app.demo_clock else {
        let detail = "this server runs in real time; only a demo's clock has a speed";
        return Err(Problem::new(StatusCode::CONFLICT, "not_a_demo", detail));
    };
    let speed = call.input.speed;
    if !(0.1..=600.0).contains(&speed) {
        return Err(Problem::invalid(
            "speed",
            format!("{speed}; between 0.1 and 600 town seconds per second"),
        ));
    }
    clock.set_speed(speed);
    let clock = app.clock();
    app.feed.announce(json!({ "kind": "clock", "clock": clock }));
    Ok(Json(clock))
}

/// The area by itself: its name, its roads, its policy. Every page asks for it to know what must be said of the roads.
#[utoipa::path(get, path = "/area", tag = "pictures", responses((status = 200, body = wire::Area)))]
pub async fn area(State(app): State<Arc<App>>) -> Json<wire::Area> {
    Json(app.area(&app.service.snapshot()))
}
