//! Reading only what is new, and changing only what one has seen (RFC 9110 §13).
//!
//! Every JSON answer of the API has a strong tag. A master's has two halves, `"<state>.<answer>"`: `If-None-Match` asks for
//! both, `If-Match` only for the first, which moves when somebody changes the master and not when its vehicle drives on.

use std::fmt::Write;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

use dispatch::{Condition, Key, OnlyIf, RegisterBody, Submission};
use domain::{Area, Command};
use units::{DriverId, FacilityId, PlaceId, RiderId, VehicleId};

use crate::app::App;
use crate::assets::holds;
use crate::problem::Problem;

/// An answer larger than this gets no tag; none is.
const TAGGED_MAX: usize = 64 * 1024 * 1024;

/// State of a master, as the first half of its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State(String);

impl State {
    /// Of everything that a change of the master may touch.
    pub fn of(parts: &[&[u8]]) -> State {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        State(hex(&hash.finalize()[..8]))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A master with its state.
pub struct Stated<T>(pub State, pub StatusCode, pub T);

impl<T: Serialize> IntoResponse for Stated<T> {
    fn into_response(self) -> Response {
        let mut response = (self.1, Json(self.2)).into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

/// Puts the tag on what the API answers, and answers 304 where the caller holds it.
pub async fn tag(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let asked = request.headers().clone();
    let response = next.run(request).await;
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let state = response.extensions().get::<State>().cloned();
    if !response.status().is_success() || !is_json || (!is_read && state.is_none()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, TAGGED_MAX).await else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the answer is too large")
            .into_response();
    };
    let content = hex(&Sha256::digest(&bytes)[..16]);
    let tag = match state {
        Some(State(state)) => format!("\"{state}.{content}\""),
        None => format!("\"{content}\""),
    };
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    // Names and addresses stay in no cache; who wants to save bytes keeps the tag itself.
    parts.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if is_read && holds(&unpacked(&asked), &tag) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// The encodings that the same answer may have been sent in; a strong tag names the bytes, so each has its own.
const PACKINGS: [&str; 2] = ["br", "gzip"];

/// The caller's tags without the names of encodings.
fn unpacked(asked: &HeaderMap) -> HeaderMap {
    let mut plain = HeaderMap::new();
    for value in asked.get_all(header::IF_NONE_MATCH) {
        let mut text = value.to_str().unwrap_or_default().to_owned();
        for packing in PACKINGS {
            text = text.replace(&format!("-{packing}\""), "\"");
        }
        if let Ok(value) = HeaderValue::from_str(&text) {
            plain.append(header::IF_NONE_MATCH, value);
        }
    }
    plain
}

/// Tells the tags of packed answers from those of plain ones. Runs outside of the compression.
pub async fn tag_packed(mut response: Response) -> Response {
    let packing = response.headers().get(header::CONTENT_ENCODING).and_then(|v| v.to_str().ok());
    let Some(packing) = packing.filter(|packing| PACKINGS.contains(packing)).map(str::to_owned) else {
        return response;
    };
    let tag = response.headers().get(header::ETAG).and_then(|v| v.to_str().ok());
    let Some(bare) = tag.and_then(|tag| tag.strip_suffix('"')).filter(|tag| !tag.starts_with("W/")) else {
        return response;
    };
    if !bare.ends_with(&format!("-{packing}"))
        && let Ok(value) = HeaderValue::from_str(&format!("{bare}-{packing}\""))
    {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// What the caller says the master looks like (`If-Match`).
#[derive(Debug, Default)]
pub struct Seen(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Seen {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Seen, Problem> {
        Seen::of(&parts.headers)
    }
}

impl Seen {
    fn of(headers: &HeaderMap) -> Result<Seen, Problem> {
        let values = headers.get_all(header::IF_MATCH).iter().map(HeaderValue::to_str);
        let wrong = || Problem::invalid("If-Match", "the tags of former answers, in quotation marks, or `*`");
        let values = values.collect::<Result<Vec<&str>, _>>().map_err(|_| wrong())?;
        if values.is_empty() {
            return Ok(Seen(None));
        }
        let text = values.join(",");
        let is_tag = |tag: &str| tag == "*" || inner(tag.trim_start_matches("W/")).is_some();
        if !text.split(',').map(str::trim).all(is_tag) {
            return Err(wrong());
        }
        Ok(Seen(Some(text)))
    }

    /// Whether the caller has seen this state, or does not mind. Weak tags never match (RFC 9110 §13.1.1).
    fn fits(&self, State(state): &State) -> bool {
        let Some(text) = &self.0 else { return true };
        let names = |tag: &str| inner(tag).is_some_and(|tag| tag.split('.').next() == Some(state));
        text.split(',').map(str::trim).any(|tag| tag == "*" || names(tag))
    }
}

/// A tag without its quotation marks.
fn inner(tag: &str) -> Option<&str> {
    tag.strip_prefix('"')?.strip_suffix('"')
}

/// A master that can be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Master {
    Place(PlaceId),
    Facility(FacilityId),
    Vehicle(VehicleId),
    Driver(DriverId),
    Rider(RiderId),
}

impl Master {
    /// Kind and id of its entry in the register.
    fn entry(self) -> (&'static str, String) {
        match self {
            Master::Place(id) => ("place", id.to_string()),
            Master::Facility(id) => ("facility", id.to_string()),
            Master::Vehicle(id) => ("vehicle", id.to_string()),
            Master::Driver(id) => ("driver", id.to_string()),
            Master::Rider(id) => ("rider", id.to_string()),
        }
    }

    /// Its state, from what the log and the register know of it; none if it is not there.
    fn state(self, area: &Area, body: Option<&str>) -> Option<State> {
        let known = match self {
            Master::Place(id) => serde_json::to_vec(area.places.get(&id)?),
            Master::Facility(id) => serde_json::to_vec(area.facilities.get(&id)?),
            Master::Vehicle(id) => serde_json::to_vec(area.vehicles.get(&id)?.as_ref()),
            Master::Driver(id) => serde_json::to_vec(area.drivers.get(&id)?.as_ref()),
            Master::Rider(id) => serde_json::to_vec(area.riders.get(&id)?.as_ref()),
        };
        Some(State::of(&[&known.unwrap_or_default(), body.unwrap_or_default().as_bytes()]))
    }
}

/// What a change of a master sends to the engine.
pub struct Changing {
    pub command: Command,
    pub register: Option<RegisterBody>,
}

impl App {
    pub fn state(&self, master: Master) -> Result<State, Problem> {
        let (kind, id) = master.entry();
        let body = self.service.register.find(kind, &id);
        let state = master.state(&self.service.snapshot().area, body.as_deref());
        state.ok_or_else(|| Problem::not_found(kind, &id))
    }

    /// Changes a master as it was seen. What `prepare` reads of it cannot change before the command is carried out: if it
    /// did, it is prepared anew, or, where the caller said what it had seen, refused.
    pub async fn change(
        &self,
        master: Master,
        seen: &Seen,
        key: Option<Key>,
        prepare: impl Fn() -> Result<Changing, Problem>,
    ) -> Result<(), Problem> {
        loop {
            let state = self.state(master)?;
            let Changing { command, register } = prepare()?;
            // A repeated command gets its former answer, although it has itself changed what was seen; so the engine looks
            // at the key first, and only then at the condition.
            let fits = seen.fits(&state);
            let holds: Condition =
                Arc::new(move |area, body| fits && master.state(area, body).is_some_and(|now| now == state));
            let (kind, id) = master.entry();
            let only_if = Some(OnlyIf { entry: (kind.to_owned(), id), holds });
            let key = key.clone();
            let submission = Submission { key, register, only_if, ..Submission::of(command, "operator") };
            match self.submit_if(submission).await {
                Ok(_) => return Ok(()),
                Err(problem) if problem.code == "precondition_failed" && seen.0.is_none() => {}
                Err(problem) => return Err(problem),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Result<Seen, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_str(text).unwrap());
        Seen::of(&headers)
    }

    #[test]
    fn a_change_needs_the_state_and_not_the_whole_answer() {
        let state = State("0a1b".to_owned());
        for fits in ["*", "\"0a1b\"", "\"0a1b.ffff\"", "\"other\", \"0a1b.1-br\""] {
            assert!(seen(fits).unwrap().fits(&state), "{fits}");
        }
        for old in ["\"0a1c.ffff\"", "W/\"0a1b.ffff\"", "\"\""] {
            assert!(!seen(old).unwrap().fits(&state), "{old}");
        }
        for wrong in ["0a1b", "\"0a1b", ""] {
            assert_eq!(seen(wrong).unwrap_err().code, "invalid_value", "{wrong}");
        }
        assert!(Seen::default().fits(&state));
    }
}
