//! One WebSocket per client. Messages carry the number of the last event they tell of; a client that comes back says
//! which it had, and gets the rest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
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
use units::{Point, Timestamp, VehicleId};

use crate::access::commands::not_allowed;
use crate::access::routes::{self, Grant};
use crate::access::who::{Who, caller, calling};
use crate::app::{App, path_id};
use crate::feed::{BEHIND_MAX, Change, Message, Topic, Touched};
use crate::live;
use crate::problem::Problem;
use crate::wire::live::Said;

/// A socket that takes longer than this to take a message is given up.
const SEND_MAX: Duration = Duration::from_secs(10);
/// How often a silent socket is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Who has said nothing for so long, not even a pong, is gone.
const SILENT_MAX: Duration = Duration::from_secs(60);
/// Close code that tells a page to ask for signing in (a code of our own, RFC 6455 7.4.2).
const SIGNED_OUT: u16 = 4401;

#[derive(Debug, Deserialize)]
pub struct Params {
    #[serde(rename = "as")]
    role: String,
    vehicle: Option<String>,
    request: Option<String>,
    after: Option<u64>,
    schema: Option<u32>,
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

    /// The picture that a socket on this topic continues: whoever may not have the one may not have the other.
    fn picture(self) -> &'static str {
        match self {
            Topic::Board => "/api/v1/board",
            Topic::Town => "/api/v1/town",
            Topic::Vehicle(_) => "/api/v1/vehicles/{id}",
            Topic::Request(_) => "/api/v1/requests/{id}",
        }
    }

    /// Refuses whoever may not listen to this.
    fn check(self, app: &App, who: &Who) -> Result<(), Problem> {
        let grant = routes::find("GET", self.picture()).map_or(Grant::No, |route| route.grant(who));
        let snapshot = app.service.snapshot();
        let sight = app.sight(&snapshot, &who.reach);
        let is_own = match self {
            Topic::Board | Topic::Town => true,
            Topic::Vehicle(id) => sight.vehicle(id),
            Topic::Request(id) => snapshot.area.requests.get(&id).is_none_or(|r| sight.request(r)),
        };
        match grant {
            Grant::All => Ok(()),
            Grant::Own if is_own => Ok(()),
            _ => Err(not_allowed(&format!("a socket on this is for whoever may ask for {}", self.picture()))),
        }
    }
}

pub async fn connect(
    State(app): State<Arc<App>>,
    Query(params): Query<Params>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let who = caller();
    let allowed = Topic::of(&params).and_then(|topic| topic.check(&app, &who).map(|()| topic));
    let topic = match allowed {
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
    upgrade.max_message_size(64 * 1024).on_upgrade(move |socket| {
        let listener = Listener { app, topic, who: who.clone() };
        // A socket outlives the call that opened it; what is said over it is said by the same caller.
        calling(who, async move { listener.talk(params.after, socket, feed).await })
    })
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

/// Who is at the other end, and what for.
struct Listener {
    app: Arc<App>,
    topic: Topic,
    who: Arc<Who>,
}

impl Listener {
    async fn talk(&self, after: Option<u64>, socket: WebSocket, mut feed: Receiver<Arc<Message>>) {
        let app = &self.app;
        metrics::gauge!("kuseki_sockets").increment(1.0);
        let (sink, mut incoming) = socket.split();
        let mut out = Out { sink, seq: 0 };
        let (caught_up, first) = match self.catch_up(after) {
            CaughtUp::Nothing(n) => (n, None),
            CaughtUp::With(n, text) => (n, Some(text)),
            CaughtUp::TooFar(n) => (n, Some(resync(n, "gone"))),
        };
        let mut open = out.tell(&hello(app, self.topic, after.map(|_| caught_up))).await;
        if let (true, Some(first)) = (open, first) {
            open = out.tell(&first).await;
        }
        let mut pings = tokio::time::interval(PING_EVERY);
        let mut heard_at = Instant::now();
        let mut changes = app.doors.book.changes();
        while open {
            let mut is_ping = false;
            open = tokio::select! {
                message = feed.recv() => match message {
                    // What the client had already, or was just caught up with, is not told again.
                    Ok(message) if message.n < caught_up + u64::from(message.is_change()) => true,
                    Ok(message) => match message.text(app, self.topic, &self.who.reach) {
                        Some(text) if app.doors.may_hear(&self.who, changes) => out.tell(&text).await,
                        _ => true,
                    },
                    Err(RecvError::Lagged(_)) => out.tell(&resync(app.feed.told().max(caught_up), "behind")).await,
                    Err(RecvError::Closed) => false,
                },
                heard = incoming.next() => {
                    heard_at = Instant::now();
                    self.answer(heard, caught_up, &mut out).await
                },
                _ = pings.tick() => {
                    is_ping = true;
                    heard_at.elapsed() < SILENT_MAX && out.send(Frame::Ping(Vec::new().into())).await
                }
            };
            // Whoever has signed out, was revoked or has been here too long hears nothing more.
            let now = app.doors.book.changes();
            if (is_ping || now != changes) && !app.doors.still_good(&self.who) {
                let reason = "signed out".into();
                out.send(Frame::Close(Some(CloseFrame { code: SIGNED_OUT, reason }))).await;
                break;
            }
            changes = now;
        }
        metrics::gauge!("kuseki_sockets").decrement(1.0);
    }

    /// Answers what was heard; false where the other side has hung up.
    async fn answer(&self, heard: Option<Result<Frame, axum::Error>>, caught_up: u64, out: &mut Out) -> bool {
        match heard {
            Some(Ok(Frame::Text(text))) => match self.hear(&text, caught_up).await {
                Some(answer) => out.tell(&answer).await,
                None => true,
            },
            Some(Ok(Frame::Binary(_))) => {
                let problem = Problem::invalid("message", "binary; say JSON in text frames");
                out.tell(&not_taken(self.app.feed.told().max(caught_up), &problem)).await
            }
            Some(Ok(Frame::Close(_)) | Err(_)) | None => false,
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => true,
        }
    }

    fn catch_up(&self, after: Option<u64>) -> CaughtUp {
        let app = &self.app;
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
        let change = Change::new(app, snapshot, touched, &["catch_up"], n);
        let text = change.text(app, self.topic, &self.who.reach);
        text.map_or(CaughtUp::Nothing(n), |text| CaughtUp::With(n, text))
    }

    /// Takes in what a client says; what it is answered, if anything. The feed may lag behind what the client was caught up with.
    async fn hear(&self, text: &str, caught_up: u64) -> Option<String> {
        let n = || self.app.feed.told().max(caught_up);
        let said: Said = match serde_json::from_str(text) {
            Ok(said) => said,
            Err(fault) => return Some(not_taken(n(), &Problem::invalid("message", fault.to_string()))),
        };
        if let Said::Ping { id } = said {
            return Some(json!({ "n": n(), "kind": "pong", "id": id }).to_string());
        }
        self.take(said).await.err().map(|problem| not_taken(n(), &problem))
    }

    async fn take(&self, said: Said) -> Result<(), Problem> {
        let Topic::Vehicle(vehicle) = self.topic else {
            return Err(Problem::invalid("message", "only a driver's device says this here (as=driver)"));
        };
        // Whoever may look at a vehicle need not be the one who drives it.
        let reports = routes::find("POST", "/api/v1/vehicles/{id}/positions");
        if !reports.is_some_and(|route| matches!(route.grant(&self.who), Grant::All | Grant::Own)) {
            return Err(not_allowed("only the driver's device, or the desk, reports for a vehicle"));
        }
        self.topic.check(&self.app, &self.who)?;
        match said {
            Said::Position { seq, at, position, accuracy_m } => {
                take_position(&self.app, vehicle, seq, at, position, accuracy_m)
            }
            Said::Ack { revision } => {
                let command = Command::AcknowledgeRoute { vehicle, revision };
                self.app.submit(command, &vehicle.to_string(), None, None).await.map(|_| ())
            }
            Said::Ping { .. } => Ok(()),
        }
    }
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
