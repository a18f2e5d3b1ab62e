//! The service's outside: HTTP under `/api/v1`, one WebSocket per client, the pages.
//!
//! Knows wire forms, the register's stored forms and what each page shows. Must not know how insertions are found: a
//! handler parses, submits a command and renders the state; it decides nothing. Start with [`router`].
//!
//! The OpenAPI document is made from the same code that serves it:
//!
//! ```
//! let api = server::openapi();
//! assert!(api.contains("\"openapi\": \"3.1.0\"") && api.contains("/api/v1/requests"));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod codes;
mod policy_view;
mod problem;
mod texts;
mod register;
mod access;
mod wire;
mod input;
mod day_input;
mod legs;
mod views;
mod day_view;
mod today_input;
mod today_view;
mod figures;
mod tiles;
mod base_map;
mod import;
mod past;
mod app;
mod page;
mod conditional;
mod feed;
mod notify;
mod ws;
mod http;
mod assets;
mod document;
mod live;
pub mod shape;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use access::Role;
pub use access::door::{Accounts, AddedAccount, FirstInvitation};
pub use access::origin::PublicUrl;
pub use access::routes::{Allowed, allowed};
pub use app::{Entrance, Setup};
pub use base_map::{BaseMap, SETTING as BASE_MAP_SETTING};
pub use notify::{
    Letter, LogNotifier, MailNotifier, Notifier, Security, Setup as NotifySetup, SmtpSettings, Undelivered,
    WebhookNotifier,
};
pub use past::{Past, SnapshotFolder};
pub use problem::Problem;

use app::App;
use http::{
    accounts, attention, changes, days, import as lists, map, masters, pictures, policies, requests, session,
    staff, today, vehicles,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "kuseki",
        description = "Welfare mobility dispatch: day-service runs, and their idle seats for older people. Times are RFC 3339 \
            with offset, positions [longitude, latitude]. Every error is a problem document (RFC 9457) whose `code` never \
            changes. Every POST takes an `Idempotency-Key`: the same key with the same body gives the same answer once.",
        license(name = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "pictures", description = "Whole pictures for pages; go on from their `n` over the WebSocket /api/v1/ws"),
        (name = "map", description = "The map under the pages' marks: vector tiles cut from the roads file"),
        (name = "rides", description = "From wish to ride"),
        (name = "days", description = "Attendance and the day plan"),
        (name = "vehicles", description = "Vehicles and their drivers' devices"),
        (name = "policy", description = "Which classes of ride are allowed, by date"),
        (name = "masters", description = "Corporations, places, facilities, vehicles, riders"),
        (name = "access", description = "Signing in and out; accounts, drivers' devices, API keys"),
        (name = "lists", description = "Masters in and out as CSV lists: import with a dry run, export"),
    )
)]
struct ApiDoc;

fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(pictures::board))
        .routes(routes!(pictures::town))
        .routes(routes!(pictures::clock, pictures::set_clock))
        .routes(routes!(pictures::area))
        .routes(routes!(map::describe))
        .routes(routes!(map::choose))
        .routes(routes!(map::tile))
        .routes(routes!(requests::make, requests::list))
        .routes(routes!(requests::get))
        .routes(routes!(requests::accept))
        .routes(routes!(requests::make_round_trip))
        .routes(routes!(requests::accept_round_trip))
        .routes(routes!(requests::move_ride))
        .routes(routes!(requests::wait))
        .routes(routes!(requests::cancel))
        .routes(routes!(days::absence))
        .routes(routes!(days::plan))
        .routes(routes!(days::get))
        .routes(routes!(days::improve))
        .routes(routes!(days::join))
        .routes(routes!(days::outage))
        .routes(routes!(days::pin, days::unpin))
        .routes(routes!(days::give_notice))
        .routes(routes!(days::list_deliveries))
        .routes(routes!(attention::list))
        .routes(routes!(attention::settle))
        .routes(routes!(today::get))
        .routes(routes!(today::ready))
        .routes(routes!(today::door))
        .routes(routes!(today::divert))
        .routes(routes!(today::widen))
        .routes(routes!(today::lock))
        .routes(routes!(today::list_closures, today::close_road))
        .routes(routes!(today::open_road))
        .routes(routes!(today::snow))
        .routes(routes!(staff::list_drivers, staff::add_driver))
        .routes(routes!(staff::get_driver, staff::change_driver))
        .routes(routes!(staff::set_care))
        .routes(routes!(staff::set_contact))
        .routes(routes!(staff::set_family, staff::unset_family))
        .routes(routes!(staff::share))
        .routes(routes!(vehicles::list, masters::add_vehicle))
        .routes(routes!(vehicles::get, changes::change_vehicle))
        .routes(routes!(vehicles::report))
        .routes(routes!(vehicles::acknowledge))
        .routes(routes!(vehicles::position))
        .routes(routes!(vehicles::leg))
        .routes(routes!(policies::list, policies::adopt))
        .routes(routes!(policies::dry_run))
        .routes(routes!(masters::list_corporations, masters::add_corporation))
        .routes(routes!(masters::list_places, masters::add_place))
        .routes(routes!(masters::list_facilities, masters::add_facility))
        .routes(routes!(masters::list_riders, masters::add_rider))
        .routes(routes!(masters::get_rider, changes::change_rider, changes::erase_rider))
        .routes(routes!(masters::get_place, changes::change_place))
        .routes(routes!(masters::get_facility, changes::change_facility))
        .routes(routes!(masters::add_rider_place))
        .routes(routes!(lists::import))
        .routes(routes!(lists::export))
        .routes(routes!(session::get, session::sign_in, session::sign_out))
        .routes(routes!(session::sign_out_everywhere))
        .routes(routes!(session::change_password))
        .routes(routes!(session::begin_trial))
        .routes(routes!(session::take_invitation))
        .routes(routes!(accounts::list, accounts::add))
        .routes(routes!(accounts::change, accounts::remove))
        .routes(routes!(accounts::invite))
        .routes(routes!(accounts::list_devices, accounts::enrol))
        .routes(routes!(accounts::revoke_device))
        .routes(routes!(accounts::list_keys, accounts::make_key))
        .routes(routes!(accounts::revoke_key))
}

fn documented() -> (Router<Arc<App>>, utoipa::openapi::OpenApi) {
    let (router, mut document) =
        OpenApiRouter::with_openapi(ApiDoc::openapi()).nest("/api/v1", api()).split_for_parts();
    access::documented::describe(&mut document);
    (router, document)
}

/// What the handlers say of themselves.
#[cfg(test)]
fn bare_document() -> utoipa::openapi::OpenApi {
    documented().1
}

/// The OpenAPI 3.1 document, pretty-printed.
pub fn openapi() -> String {
    serde_json::to_string_pretty(&document::finish(&documented().1)).unwrap_or_default()
}

/// The AsyncAPI 3.0 document of the WebSocket.
pub fn asyncapi() -> serde_json::Value {
    live::document()
}

/// The same as YAML, as it stands in `docs/asyncapi.yaml`.
pub fn asyncapi_yaml() -> String {
    live::yaml()
}

/// The schema of a message on the WebSocket by its kind, for [`shape::faults`] with [`asyncapi`].
pub fn message_schema(kind: &str) -> Option<serde_json::Value> {
    live::schema_of(kind)
}

/// Everything that is served. Starts the tasks that feed the sockets and tell people outside, so it needs a running tokio.
///
/// # Errors
/// A fault of the outbox, which would mean that nobody is told anything.
pub fn router(setup: Setup) -> Result<Router, store::Fault> {
    let mut past = setup.past;
    let last = setup.service.snapshot().version;
    let figures = past.figures(setup.service.area(), last)?;
    let now = setup.service.clock.now();
    let mut told = setup.notify;
    let (outbox, id) = (&mut told.outbox, setup.service.area());
    let (begin, deliveries) = notify::begin(outbox, id, &mut past, last, now)?;
    let app = Arc::new(App {
        doors: access::guard::Doors {
            book: setup.entrance.accounts.0,
            is_open: setup.entrance.is_open,
            url: setup.entrance.public_url,
            is_trial: setup.entrance.is_trial,
        },
        legs: legs::Legs::new(setup.service.roads.clone()),
        tiles: Arc::new(tiles::Tiles::new(setup.service.roads.clone())),
        base_map: ArcSwap::from_pointee(setup.base_map),
        keep_base_map: setup.keep_base_map,
        feed: feed::Feed::default(),
        deliveries,
        figures: ArcSwap::new(Arc::new(figures.figures(now))),
        metrics: setup.metrics,
        demo_clock: setup.demo_clock,
        area_name: setup.area_name,
        roads_warning: setup.roads_warning,
        importing: tokio::sync::Mutex::new(()),
        service: setup.service,
    });
    let keeper = past::FiguresKeeper::new(past, last);
    tokio::spawn(feed::pump(app.clone(), figures, last, keeper));
    notify::start(app.clone(), told, begin);
    let (api, document) = documented();
    let document = serde_json::to_string(&document::finish(&document)).unwrap_or_default();
    let document = move || async move { ([(header::CONTENT_TYPE, "application/json")], document) };
    let live = live::document().to_string();
    let live = move || async move { ([(header::CONTENT_TYPE, "application/json")], live) };
    let live_yaml = live::yaml();
    let live_yaml = move || async move { ([(header::CONTENT_TYPE, "application/yaml")], live_yaml) };
    let router = api
        .route("/api/v1/openapi.json", get(document))
        .route("/api/v1/asyncapi.json", get(live))
        .route("/api/v1/asyncapi.yaml", get(live_yaml))
        .route("/api/v1/ws", get(ws::connect))
        .route("/api/{*rest}", axum::routing::any(no_such_path))
        .route("/health", get(health))
        .route("/metrics", get(metrics_page))
        .layer(axum::middleware::from_fn_with_state(app.clone(), access::guard::guard))
        .with_state(app.clone())
        .merge(assets::router())
        .layer(axum::middleware::from_fn_with_state(app, map::allow_raster))
        .method_not_allowed_fallback(no_such_method)
        .layer(axum::middleware::map_response(problem::as_document))
        .layer(axum::middleware::from_fn(conditional::tag))
        .layer(DefaultBodyLimit::max(app::BODY_MAX))
        .layer(CompressionLayer::new())
        .layer(axum::middleware::map_response(conditional::tag_packed))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "an internal error; it has been logged",
            )
            .into_response()
        }));
    Ok(router)
}

async fn no_such_path(uri: axum::http::Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        format!("there is no `{}`; see /api/v1/openapi.json", uri.path()),
    )
}

async fn no_such_method(method: axum::http::Method, uri: axum::http::Uri) -> Problem {
    let detail = format!("`{}` does not take {method}; see /api/v1/openapi.json", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

async fn health(State(app): State<Arc<App>>) -> (StatusCode, Json<serde_json::Value>) {
    let snapshot = app.service.snapshot();
    let healthy = app.service.is_healthy();
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::json!({
        "status": if healthy { "ok" } else { "storage_unavailable" },
        "version": env!("CARGO_PKG_VERSION"),
        "log_version": snapshot.version.0,
        "refused_plans": snapshot.effort.refused_plans,
    });
    (status, Json(body))
}

async fn metrics_page(State(app): State<Arc<App>>) -> impl IntoResponse {
    let snapshot = app.service.snapshot();
    metrics::gauge!("kuseki_plans_refused_by_check").set(snapshot.effort.refused_plans as f64);
    metrics::gauge!("kuseki_slot_pairs_judged").set(snapshot.effort.tests as f64);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render())
}
