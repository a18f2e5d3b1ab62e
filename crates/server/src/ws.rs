//! One WebSocket per client. Messages carry the number of the last event they tell of; a client that comes back says
//! which it had, and gets the rest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use dispatch::Fix;
use domain::Command;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use store::Version;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use units::{Point, RequestId, Timestamp, VehicleId};

use crate::app::{App, path_id};
use crate::feed::{BEHIND_MAX, Change, Message, Touched};
use crate::live;
use crate::problem::Problem;
use crate::wire::live::Said;

/// A socket that takes longer than this to take a message is given up.
const SEND_MAX: Duration = Duration::from_secs(10);
/// How often a silent socket is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Who has said nothing for so long, not even a pong, is gone.
const SILENT_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Deserialize)]
pub struct Params {
    #[serde(rename = "as")]
    role: String,
    vehicle: Option<String>,
    request: Option<String>,
    after: Option<u64>,
    schema: Option<u32>,
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

    fn name(self) -> &'static str {
        match self {
            Topic::Board => "board",
            Topic::Town => "town",
            Topic::Vehicle(_) => "driver",
            Topic::Request(_) => "rider",
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
    if params.schema.is_some_and(|schema| schema != live::SCHEMA) {
        let detail = format!("this server speaks {} only", live::SCHEMA);
        return Problem::invalid("schema", detail).into_response();
    }
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

/// One connection's outgoing side: counts its messages.
struct Out {
    sink: SplitSink<WebSocket, Frame>,
    seq: u64,
}

impl Out {
    /// Whether the client took it in time.
    async fn send(&mut self, frame: Frame) -> bool {
        matches!(tokio::time::timeout(SEND_MAX, self.sink.send(frame)).await, Ok(Ok(())))
    }

    /// A message with its number on this connection, put in front: the rest was rendered once for all.
    async fn tell(&mut self, message: &str) -> bool {
        self.seq += 1;
        let rest = message.strip_prefix('{').unwrap_or(message);
        self.send(Frame::text(format!("{{\"seq\":{},{rest}", self.seq))).await
    }
}

async fn talk(
    app: Arc<App>,
    topic: Topic,
    after: Option<u64>,
    socket: WebSocket,
    mut feed: Receiver<Arc<Message>>,
) {
    metrics::gauge!("kuseki_sockets").increment(1.0);
    let (sink, mut incoming) = socket.split();
    let mut out = Out { sink, seq: 0 };
    let (caught_up, first) = match catch_up(&app, topic, after) {
        CaughtUp::Nothing(n) => (n, None),
        CaughtUp::With(n, text) => (n, Some(text)),
        CaughtUp::TooFar(n) => (n, Some(resync(n, "gone"))),
    };
    let mut open = out.tell(&hello(&app, topic, after.map(|_| caught_up))).await;
    if let (true, Some(first)) = (open, first) {
        open = out.tell(&first).await;
    }
    let mut pings = tokio::time::interval(PING_EVERY);
    let mut heard_at = Instant::now();
    while open {
        open = tokio::select! {
            message = feed.recv() => match message {
                // What the client had already, or was just caught up with, is not told again.
                Ok(message) if message.n < caught_up + u64::from(message.is_change) => true,
                Ok(message) => match topic.pick(&message) {
                    Some(text) => out.tell(text).await,
                    None => true,
                },
                Err(RecvError::Lagged(_)) => out.tell(&resync(app.feed.told().max(caught_up), "behind")).await,
                Err(RecvError::Closed) => false,
            },
            heard = incoming.next() => {
                heard_at = Instant::now();
                match heard {
                    Some(Ok(Frame::Text(text))) => match hear(&app, topic, &text, caught_up).await {
                        Some(answer) => out.tell(&answer).await,
                        None => true,
                    },
                    Some(Ok(Frame::Binary(_))) => {
                        let problem = Problem::invalid("message", "binary; say JSON in text frames");
                        out.tell(&not_taken(app.feed.told().max(caught_up), &problem)).await
                    }
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => false,
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => true,
                }
            },
            _ = pings.tick() => heard_at.elapsed() < SILENT_MAX && out.send(Frame::Ping(Vec::new().into())).await,
        };
    }
    metrics::gauge!("kuseki_sockets").decrement(1.0);
}

fn resync(n: u64, why: &str) -> String {
    json!({ "n": n, "kind": "resync", "why": why }).to_string()
}

fn not_taken(n: u64, problem: &Problem) -> String {
    json!({ "n": n, "kind": "problem", "problem": problem }).to_string()
}

/// `n` is what the client has once it has taken in what follows at once.
fn hello(app: &App, topic: Topic, n: Option<u64>) -> String {
    json!({
        "n": n.unwrap_or_else(|| app.feed.told()), "kind": "hello", "schema": live::SCHEMA, "topic": topic.name(),
        "ping_seconds": PING_EVERY.as_secs(), "behind_max": BEHIND_MAX,
    })
    .to_string()
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

/// Takes in what a client says; what it is answered, if anything. The feed may lag behind what the client was caught up with.
async fn hear(app: &App, topic: Topic, text: &str, caught_up: u64) -> Option<String> {
    let n = || app.feed.told().max(caught_up);
    let said: Said = match serde_json::from_str(text) {
        Ok(said) => said,
        Err(fault) => return Some(not_taken(n(), &Problem::invalid("message", fault.to_string()))),
    };
    if let Said::Ping { id } = said {
        return Some(json!({ "n": n(), "kind": "pong", "id": id }).to_string());
    }
    take(app, topic, said).await.err().map(|problem| not_taken(n(), &problem))
}

async fn take(app: &App, topic: Topic, said: Said) -> Result<(), Problem> {
    let Topic::Vehicle(vehicle) = topic else {
        return Err(Problem::invalid("message", "only a driver's device says this here (as=driver)"));
    };
    match said {
        Said::Position { seq, at, position, accuracy_m } => {
            take_position(app, vehicle, seq, at, position, accuracy_m)
        }
        Said::Ack { revision } => app
            .submit(Command::AcknowledgeRoute { vehicle, revision }, &vehicle.to_string(), None, None)
            .await
            .map(|_| ()),
        Said::Ping { .. } => Ok(()),
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
