//! What every handler shares: the service, the feed, the figures, and how a command from outside is read.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use dispatch::{Key, RegisterBody, Reply, Service, Snapshot, Submission, TownClock};
use domain::Command;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::str::FromStr;

use crate::access::commands::check;
use crate::access::guard::{Doors, category_of};
use crate::access::origin::PublicUrl;
use crate::access::sight::Sight;
use crate::access::who::{Reach, Who, caller};
use crate::feed::Feed;
use crate::figures::figures_view;
use crate::legs::Legs;
use crate::policy_view::policy_view;
use crate::problem::Problem;
use crate::views::Viewer;
use crate::wire;

/// Largest body taken in.
pub const BODY_MAX: usize = 256 * 1024;

/// What the composition hands over.
pub struct Setup {
    pub service: Arc<Service>,
    /// The area's name, for people.
    pub area_name: String,
    /// The clock whose speed may be set; only a demo has one.
    pub demo_clock: Option<Arc<TownClock>>,
    /// Shown on every page where travel times are not from roads.
    pub roads_warning: Option<String>,
    /// What lies under the marks of the map, and how another choice is kept.
    pub base_map: crate::base_map::BaseMap,
    pub keep_base_map: crate::base_map::Keep,
    /// What happened before, for the figures and for those who are told.
    pub past: crate::past::Past,
    /// How people outside are told.
    pub notify: crate::notify::Setup,
    /// Who may come in.
    pub entrance: Entrance,
    /// Renders the metrics.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
}

/// Who may come in, as the composition has it.
pub struct Entrance {
    pub accounts: crate::Accounts,
    /// Nobody has to sign in. For a server that only this machine reaches.
    pub is_open: bool,
    /// How the server is reached from outside, where that differs from where it listens.
    pub public_url: PublicUrl,
    /// A demo shows its accounts to choose from, without passwords.
    pub is_trial: bool,
}

pub struct App {
    pub service: Arc<Service>,
    pub doors: Doors,
    pub legs: Legs,
    pub feed: Feed,
    pub deliveries: crate::notify::Deliveries,
    pub figures: ArcSwap<stats::Figures>,
    pub tiles: Arc<crate::tiles::Tiles>,
    pub base_map: ArcSwap<crate::base_map::BaseMap>,
    pub keep_base_map: crate::base_map::Keep,
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
    pub demo_clock: Option<Arc<TownClock>>,
    pub area_name: String,
    pub roads_warning: Option<String>,
    /// Held while a list is taken in.
    pub importing: tokio::sync::Mutex<()>,
}

impl App {
    pub fn clock(&self) -> wire::Clock {
        wire::Clock {
            now: self.service.clock.now().to_string(),
            speed: self.service.clock.speed(),
            demo: self.demo_clock.is_some(),
        }
    }

    /// What the caller of the present task sees.
    pub fn viewer<'a>(&'a self, snapshot: &'a Snapshot) -> Viewer<'a> {
        self.viewer_of(snapshot, self.sight(snapshot, &caller().reach))
    }

    pub fn sight(&self, snapshot: &Snapshot, reach: &Reach) -> Sight {
        Sight::of(reach, &snapshot.area, units::ServiceDay::of(self.service.clock.now()))
    }

    pub fn viewer_of<'a>(&'a self, snapshot: &'a Snapshot, sight: Sight) -> Viewer<'a> {
        Viewer {
            sight,
            service: &self.service,
            legs: &self.legs,
            snapshot,
            now: self.service.clock.now(),
            area_name: &self.area_name,
            deliveries: &self.deliveries,
        }
    }

    pub fn area(&self, snapshot: &Snapshot) -> wire::Area {
        let today = units::ServiceDay::of(self.service.clock.now());
        let bounds = self.service.roads.bounds();
        let source = self.service.roads.source();
        wire::Area {
            name: self.area_name.clone(),
            service_day: today.to_string(),
            roads: wire::RoadsInfo {
                kind: self.service.roads.kind().as_str().to_owned(),
                name: source.title.clone(),
                attribution: source.licence.clone(),
                factor_percent: self.service.roads.factor_percent(),
                warning: self.roads_warning.clone(),
            },
            bounds: [bounds.sw.lon(), bounds.sw.lat(), bounds.ne.lon(), bounds.ne.lat()],
            policy: policy_view(&snapshot.area.policies.in_force(today)),
        }
    }

    pub fn figures(&self) -> wire::Figures {
        figures_view(&self.figures.load())
    }

    /// What a command would do. Nothing is written.
    pub async fn rehearse(&self, command: Command) -> Result<Reply, Problem> {
        self.may(&caller(), &command)?;
        Ok(self
            .service
            .submit(Submission { rehearsal: true, ..Submission::of(command, "rehearsal") })
            .await?)
    }

    /// Refuses a command that the caller may not give.
    fn may(&self, who: &Who, command: &Command) -> Result<(), Problem> {
        let snapshot = self.service.snapshot();
        let sight = self.sight(&snapshot, &who.reach);
        check(who, command, (&sight, &snapshot.area), &|place| category_of(self, place))
    }

    /// Sends a command in and waits until it is durable. Who gave it is written down: the account, device or key by its id;
    /// where nobody has to sign in, `actor`.
    pub async fn submit(
        &self,
        command: Command,
        actor: &str,
        key: Option<Key>,
        register: Option<RegisterBody>,
    ) -> Result<Reply, Problem> {
        self.submit_if(Submission { key, register, ..Submission::of(command, actor) }).await
    }

    /// The same with everything that a submission may say.
    pub async fn submit_if(&self, mut submission: Submission) -> Result<Reply, Problem> {
        let who = caller();
        self.may(&who, &submission.command)?;
        if let Some(id) = &who.id {
            submission.actor.clone_from(id);
        }
        let started = std::time::Instant::now();
        let answer = self.service.submit(submission).await;
        metrics::histogram!("kuseki_command_seconds").record(started.elapsed().as_secs_f64());
        match &answer {
            Ok(_) => metrics::counter!("kuseki_commands_total", "outcome" => "done").increment(1),
            Err(turned) => {
                let outcome = match turned {
                    dispatch::Turned::Rejected(_)
                    | dispatch::Turned::KeyReused { .. }
                    | dispatch::Turned::Overtaken => "rejected",
                    dispatch::Turned::Busy { .. } => "busy",
                    dispatch::Turned::Unavailable { .. } => "unavailable",
                    dispatch::Turned::Bug { .. } => "bug",
                };
                metrics::counter!("kuseki_commands_total", "outcome" => outcome).increment(1);
            }
        }
        Ok(answer?)
    }
}

/// A command's body with its idempotency key. After this extractor nothing is unvalidated JSON any more.
pub struct Call<T> {
    pub input: T,
    pub key: Option<Key>,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Call<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let path = format!("{} {}", request.method(), request.uri().path());
        let headers = request.headers().clone();
        require_json(&headers)?;
        let bytes = Bytes::from_request(request, state).await.map_err(|e| {
            Problem::new(
                e.status(),
                "payload_too_large",
                format!("{}; at most {BODY_MAX} bytes are taken", e.body_text()),
            )
        })?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        // serde would take a list as the fields in order; a caller who sends one means something else.
        if text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[') {
            return Err(Problem::invalid("body", "a list; send one JSON object"));
        }
        let mut reader = serde_json::Deserializer::from_slice(text);
        let input = serde_path_to_error::deserialize(&mut reader).map_err(|e| malformed(&e, text))?;
        reader.end().map_err(|e| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed_body",
                format!("the body goes on behind its end: {e}"),
            )
        })?;
        Ok(Call { input, key: read_key(&headers, &path, &bytes)? })
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.to_str().unwrap_or_default();
    if kind.starts_with("application/json") {
        return Ok(());
    }
    let detail = format!("the body is `{kind}`; send application/json");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

fn malformed(error: &serde_path_to_error::Error<serde_json::Error>, text: &[u8]) -> Problem {
    let inner = error.inner();
    let field = error.path().to_string();
    // Of `null` in place of a word the reader says that the syntax is wrong; the text is JSON all the same.
    let is_json = || serde_json::from_slice::<serde_json::Value>(text).is_ok();
    match inner.classify() {
        serde_json::error::Category::Syntax if field != "." && is_json() => {
            Problem::invalid(&field, inner.to_string())
        }
        serde_json::error::Category::Data if field != "." => Problem::invalid(&field, inner.to_string()),
        serde_json::error::Category::Data => Problem::invalid("body", inner.to_string()),
        _ => {
            Problem::new(StatusCode::BAD_REQUEST, "malformed_body", format!("the body is not JSON: {inner}"))
        }
    }
}

fn read_key(headers: &HeaderMap, path: &str, body: &[u8]) -> Result<Option<Key>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let wrong = || Problem::invalid("Idempotency-Key", "1 to 200 visible ASCII characters, such as a UUID");
    let key = value.to_str().map_err(|_| wrong())?.trim();
    if key.is_empty() || key.len() > 200 || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Err(wrong());
    }
    let mut hash = Sha256::new();
    hash.update(path.as_bytes());
    hash.update([0]);
    hash.update(body);
    let mut fingerprint = String::new();
    for byte in hash.finalize() {
        write!(fingerprint, "{byte:02x}").ok();
    }
    Ok(Some(Key { key: key.to_owned(), fingerprint }))
}

/// An id named in the path.
pub fn path_id<T: FromStr>(what: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found(what, text))
}
