//! One WebSocket per client. Messages carry the number of the last event they tell of; a client that comes back says
//! which it had, and gets the rest.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use dispatch::Fix;
use domain::Command;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use store::Version;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use units::{Point, RequestId, Timestamp, VehicleId};

use crate::app::{App, path_id};
use crate::feed::{Change, Message, Touched};
use crate::problem::Problem;

/// A socket that takes longer than this to take a message is given up.
const SEND_MAX: Duration = Duration::from_secs(10);
/// How often a silent socket is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);

#[derive(Debug, Deserialize)]
pub struct Params {
    #[serde(rename = "as")]
    role: String,
    vehicle: Option<String>,
    request: Option<String>,
    after: Option<u64>,
}

/// What a client listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Board,
    Town,
    Vehicle(VehicleId),
    Request(RequestId),
}

impl Topic {
    fn of(params: &Params) -> Result<Topic, Problem> {
        let missing = |field: &str| Problem::invalid(field, format!("needed with as={}", params.role));
        match params.role.as_str() {
            "board" => Ok(Topic::Board),
            "town" => Ok(Topic::Town),
            "driver" => {
                let id = params.vehicle.as_deref().ok_or_else(|| missing("vehicle"))?;
                Ok(Topic::Vehicle(path_id("vehicle", id)?))
            }
            "rider" => {
                let id = params.request.as_deref().ok_or_else(|| missing("request"))?;
                Ok(Topic::Request(path_id("request", id)?))
            }
            other => Err(Problem::invalid("as", format!("`{other}`; one of board, driver, rider, town"))),
        }
    }

    fn pick(self, message: &Message) -> Option<&str> {
        match self {
            Topic::Board => Some(&message.board),
            Topic::Town => message.town.as_deref(),
            Topic::Vehicle(id) => message.vehicles.get(&id).map(String::as_str),
            Topic::Request(id) => message.requests.get(&id).map(String::as_str),
        }
    }

    fn catch_up(self, change: &Change) -> Option<String> {
        match self {
            Topic::Board => Some(change.for_board()),
            Topic::Town => Some(change.for_town()),
            Topic::Vehicle(id) => change.for_vehicle(id),
            Topic::Request(id) => change.for_request(id),
        }
    }
}

pub async fn connect(
    State(app): State<Arc<App>>,
    Query(params): Query<Params>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let topic = match Topic::of(&params) {
        Ok(topic) => topic,
        Err(problem) => return problem.into_response(),
    };
    let snapshot = app.service.snapshot();
    let known = match topic {
        Topic::Vehicle(id) => snapshot.area.vehicles.contains_key(&id),
        Topic::Request(id) => snapshot.area.requests.contains_key(&id),
        Topic::Board | Topic::Town => true,
    };
    if !known {
        return Problem::not_found("vehicle or request", "named in the address").into_response();
    }
    // Listen from before the client hears that it is connected: what it causes next must reach it.
    let feed = app.feed.subscribe();
    upgrade.max_message_size(64 * 1024).on_upgrade(move |socket| talk(app, topic, params.after, socket, feed))
}

async fn talk(
    app: Arc<App>,
    topic: Topic,
    after: Option<u64>,
    socket: WebSocket,
    mut feed: Receiver<Arc<Message>>,
) {
    metrics::gauge!("kuseki_sockets").increment(1.0);
    let (mut out, mut incoming) = socket.split();
    let (caught_up, first) = match catch_up(&app, topic, after) {
        CaughtUp::Nothing(n) => (n, None),
        CaughtUp::With(n, text) => (n, Some(text)),
        CaughtUp::TooFar(n) => (n, Some(json!({ "n": n, "kind": "resync" }).to_string())),
    };
    let mut frame = first.map(Frame::text);
    let mut pings = tokio::time::interval(PING_EVERY);
    loop {
        if let Some(frame) = frame.take() {
            match tokio::time::timeout(SEND_MAX, out.send(frame)).await {
                Ok(Ok(())) => {}
                _ => break,
            }
        }
        frame = tokio::select! {
            message = feed.recv() => match message {
                // What the client had already, or was just caught up with, is not told again.
                Ok(message) if message.n < caught_up + u64::from(message.is_change) => None,
                Ok(message) => topic.pick(&message).map(|text| Frame::text(text.to_owned())),
                Err(RecvError::Lagged(_)) => {
                    Some(Frame::text(json!({ "n": app.feed.told(), "kind": "resync" }).to_string()))
                }
                Err(RecvError::Closed) => break,
            },
            heard = incoming.next() => match heard {
                Some(Ok(Frame::Text(text))) => hear(&app, topic, &text).await.err().map(|problem| {
                    let body = json!({ "n": app.feed.told(), "kind": "problem", "problem": problem });
                    Frame::text(body.to_string())
                }),
                Some(Ok(Frame::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => None,
            },
            _ = pings.tick() => Some(Frame::Ping(Vec::new().into())),
        };
    }
    metrics::gauge!("kuseki_sockets").decrement(1.0);
}

enum CaughtUp {
    Nothing(u64),
    With(u64, String),
    TooFar(u64),
}

fn catch_up(app: &App, topic: Topic, after: Option<u64>) -> CaughtUp {
    let snapshot = app.service.snapshot();
    let n = snapshot.version.0;
    // Without a number the client wants all from now on.
    let Some(after) = after else { return CaughtUp::Nothing(0) };
    let Some(missed) = app.service.since(Version(after)) else { return CaughtUp::TooFar(n) };
    if after > n {
        // Numbers from another log (a new data directory).
        return CaughtUp::TooFar(n);
    }
    if missed.is_empty() {
        return CaughtUp::Nothing(n);
    }
    let touched = Touched::by(&missed, &snapshot);
    let change = Change::render(app, &snapshot, &touched, &["catch_up"], n);
    topic.catch_up(&change).map_or(CaughtUp::Nothing(n), |text| CaughtUp::With(n, text))
}

/// What a client may say. Facts go over HTTP, where they get a durable answer.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Said {
    Position {
        seq: u64,
        at: Timestamp,
        position: [f64; 2],
        #[serde(default)]
        accuracy_m: f64,
    },
    Ack {
        revision: u64,
    },
}

async fn hear(app: &App, topic: Topic, text: &str) -> Result<(), Problem> {
    let said: Said = serde_json::from_str(text).map_err(|e| Problem::invalid("message", e.to_string()))?;
    let Topic::Vehicle(vehicle) = topic else {
        return Err(Problem::invalid("message", "only a driver's device says something here (as=driver)"));
    };
    match said {
        Said::Position { seq, at, position, accuracy_m } => {
            take_position(app, vehicle, seq, at, position, accuracy_m)
        }
        Said::Ack { revision } => app
            .submit(Command::AcknowledgeRoute { vehicle, revision }, &vehicle.to_string(), None, None)
            .await
            .map(|_| ()),
    }
}

/// Takes a fix in. A stale or impossible one is dropped without a word, as phones send many.
pub fn take_position(
    app: &App,
    vehicle: VehicleId,
    sequence: u64,
    at: Timestamp,
    position: [f64; 2],
    accuracy_m: f64,
) -> Result<(), Problem> {
    let point = Point::from_degrees(position[1], position[0])
        .ok_or_else(|| Problem::invalid("position", "longitude within 180 and latitude within 90 degrees"))?;
    let fix = Fix { sequence, at, point, accuracy_m: accuracy_m.clamp(0.0, 10_000.0) };
    match app.service.tracking.take(vehicle, fix, app.service.clock.now()) {
        Ok(_) => app.feed.moved(vehicle),
        Err(dropped) => {
            metrics::counter!("kuseki_fixes_dropped_total").increment(1);
            tracing::debug!(%vehicle, %dropped, "fix dropped");
        }
    }
    Ok(())
}
