//! The door: who comes, from where, and whether the table lets him in.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Query, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use units::{AccountId, DeviceId, PlaceId, ServiceDay};

use super::book::{Book, wait_problem};
use super::commands::{Subject, not_allowed};
use super::origin::{self, PublicUrl};
use super::records::covers;
use super::routes::{self, Access, Grant};
use super::sight::Sight;
use super::who::{Entry, Reach, Role, Who, calling};
use crate::app::App;
use crate::problem::Problem;
use crate::register::{Category, PlaceEntry, entry};

/// Who is let in, and how.
pub struct Doors {
    pub book: Arc<Book>,
    /// Nobody has to sign in; whoever does is held to what his account may.
    pub is_open: bool,
    pub url: PublicUrl,
    /// A demo shows its accounts to choose from, without passwords.
    pub is_trial: bool,
}

impl Doors {
    /// The cookie that holds the token. Its prefix makes the browser insist on TLS and on this host (RFC 6265bis, 4.1.3.2).
    pub fn cookie_name(&self) -> &'static str {
        if self.url.is_secure() { "__Host-kuseki" } else { "kuseki" }
    }

    /// The header that hands a token out, or, without one, takes it back. Scripts never see it, and other sites' pages never
    /// send it along.
    pub fn cookie(&self, token: Option<&str>) -> HeaderValue {
        // The server ends sessions; the browser keeps the cookie for as long as any may last.
        let (token, age) = token.map_or(("", 0), |token| (token, 365 * 24 * 3600));
        let secure = if self.url.is_secure() { "; Secure" } else { "" };
        // Pages hold no data and ask for it themselves, so even a link from elsewhere needs no laxer cookie.
        let text = format!(
            "{}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}",
            self.cookie_name()
        );
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    fn token<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut pairs = cookies.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.cookie_name()).map(|(_, token)| token)
    }

    /// Whether somebody who came in a while ago could come in now as the same.
    pub fn still_good(&self, who: &Who) -> bool {
        match (who.entry, &who.session, &who.id) {
            (Entry::Open, ..) => true,
            (Entry::Session, Some(session), _) => self
                .book
                .with_session(session)
                .is_some_and(|now| now.id == who.id && now.role == who.role && now.reach == who.reach),
            (Entry::Key, _, Some(id)) => {
                let now = self.book.now();
                let records = self.book.records();
                let key = id.parse().ok().and_then(|id| records.keys.get(&id));
                key.is_some_and(|key| key.expires_at.is_none_or(|end| end > now))
            }
            _ => false,
        }
    }

    /// Whether a message is still for somebody, when the book stood at `changes` as he was looked at last.
    pub fn may_hear(&self, who: &Who, changes: u64) -> bool {
        self.book.changes() == changes || self.still_good(who)
    }

    /// Who makes a call with these headers. A bad key is told at once; a session that is over leaves an unknown caller.
    async fn identify(&self, headers: &HeaderMap, address: Option<IpAddr>) -> Result<Who, Problem> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let secret = value.to_str().ok().and_then(|v| v.strip_prefix("Bearer ")).unwrap_or_default();
            if let Some(who) = self.book.by_key(secret.trim()).await {
                return Ok(who);
            }
            self.book.limits.try_address(address).map_err(|wait| wait_problem("too_many_requests", wait))?;
            return Err(not_signed_in("the API key is not known here, was revoked or is over"));
        }
        let by_session = match self.token(headers) {
            Some(token) => self.book.by_session(token).await,
            None => None,
        };
        Ok(by_session.unwrap_or_else(|| if self.is_open { Who::open() } else { Who::unknown() }))
    }
}

/// Where the call comes from: of a proxy on this machine, the address that it saw.
pub fn address_of(parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())?;
    if !peer.is_loopback() {
        return Some(peer);
    }
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
    // The last entry is the nearest proxy's own; those before it are whatever the caller wrote.
    let last = forwarded.flat_map(|v| v.split(',')).last();
    last.and_then(|text| text.trim().parse().ok()).or(Some(peer))
}

/// Where a call comes from, for a handler; none where nobody knows (in a test without a network).
pub struct Address(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Address, Infallible> {
        Ok(Address(address_of(parts)))
    }
}

fn not_signed_in(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "not_signed_in", detail)
}

pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match let_in(&app, &mut parts).await {
        Ok(who) => {
            let mut answer = calling(Arc::new(who), next.run(Request::from_parts(parts, body))).await;
            keep_apart(answer.headers_mut());
            answer
        }
        Err(problem) => {
            let mut answer = problem.into_response();
            keep_apart(answer.headers_mut());
            answer
        }
    }
}

/// What one caller was answered is not for another who uses the same browser or proxy.
fn keep_apart(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, HeaderValue::from_static("cookie, authorization"));
    }
}

async fn let_in(app: &Arc<App>, parts: &mut Parts) -> Result<Who, Problem> {
    let doors = &app.doors;
    let is_socket = parts.headers.get(header::UPGRADE).is_some();
    if doors.is_open && !origin::is_local(&parts.headers) {
        let detail = "a server with open doors answers to localhost and addresses only, not to a name";
        return Err(Problem::new(StatusCode::FORBIDDEN, "cross_site", detail));
    }
    let who = doors.identify(&parts.headers, address_of(parts)).await?;
    if who.entry != Entry::Key && (is_socket || !parts.method.is_safe()) {
        origin::check(&doors.url, &parts.headers, who.entry == Entry::Session)?;
    }
    if let Some(id) = who.id.as_deref() {
        let call = doors.book.limits.call(id, who.role == Some(Role::Machine));
        call.map_err(|wait| wait_problem("too_many_requests", wait))?;
    }
    let matched = parts.extensions.get::<MatchedPath>().map(|m| m.as_str().to_owned());
    // What is served nowhere is answered so; what is served with another method, too.
    let Some(path) = matched.filter(|path| !path.starts_with("/api/{*")) else { return Ok(who) };
    let Some(route) = routes::find(parts.method.as_str(), &path) else {
        return match who.entry {
            Entry::Open => Ok(who),
            _ if routes::is_known(&path) => Ok(who),
            Entry::Unknown => Err(not_signed_in("sign in first")),
            _ => Err(not_allowed("this path is for nobody")),
        };
    };
    if let Access::Public = route.access {
        return Ok(who);
    }
    if who.entry == Entry::Unknown {
        return Err(not_signed_in("sign in at /sign-in, or send an API key as `Authorization: Bearer …`"));
    }
    match route.grant(&who) {
        Grant::All => Ok(who),
        Grant::Own => {
            check_named(app, &who, parts).await?;
            Ok(who)
        }
        Grant::No | Grant::Area => Err(not_allowed(&lacking(&who, route))),
    }
}

fn lacking(who: &Who, route: &routes::Route) -> String {
    match (who.role, route.access) {
        (Some(Role::Machine), Access::Signed { keys: routes::Keys::Of(scope), .. }) => {
            format!("the API key lacks the scope `{}`", scope.code())
        }
        (Some(Role::Machine), _) => "no API key opens this path; a person does it".to_owned(),
        (role, _) => {
            let role = role.map_or("nobody", Role::code);
            format!("this is not for the role `{role}`; docs/roles.md says who may do what")
        }
    }
}

/// Everything that the address names must be the caller's own.
async fn check_named(app: &Arc<App>, who: &Who, parts: &mut Parts) -> Result<(), Problem> {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let params = params.map_err(|e| Problem::invalid("path", e.body_text()))?;
    let mut named: Vec<String> = params.iter().map(|(_, value)| value.to_owned()).collect();
    if let Some(strange) = named.iter().find(|text| is_strange(text)) {
        return Err(not_allowed(&format!("whose `{strange}` is, is not known here")));
    }
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let query = query.map_err(|e| Problem::invalid("query", e.body_text()))?;
    named.extend(query.0.into_iter().map(|(_, value)| value));
    let snapshot = app.service.snapshot();
    let sight = Sight::of(&who.reach, &snapshot.area, ServiceDay::of(app.service.clock.now()));
    let category = |place: PlaceId| category_of(app, place);
    let is_own = |text: &String| {
        if let Some(reach) = reach_named(&app.doors.book, text) {
            return covers(&who.reach, &reach, &snapshot.area);
        }
        Subject::parse(text).is_none_or(|subject| subject.is_own(&sight, &snapshot.area, &category))
    };
    match named.iter().find(|text| !is_own(text)) {
        Some(foreign) => Err(not_allowed(&format!("`{foreign}` is not your own"))),
        None => Ok(()),
    }
}

/// An id of a kind that nothing here says the owner of. Nobody is let in to it by mistake.
fn is_strange(text: &str) -> bool {
    let Some((kind, number)) = text.split_once('-') else { return false };
    let is_id = kind.bytes().all(|b| b.is_ascii_lowercase()) && number.bytes().all(|b| b.is_ascii_digit());
    let is_known = Subject::parse(text).is_some()
        || text.parse::<AccountId>().is_ok()
        || text.parse::<DeviceId>().is_ok();
    is_id && !is_known
}

pub fn category_of(app: &App, place: PlaceId) -> Category {
    entry::<PlaceEntry>(&app.service.register, "place", &place.to_string()).category
}

/// Whose account or device an id names.
fn reach_named(book: &Book, text: &str) -> Option<Reach> {
    let records = book.records();
    if let Ok(id) = text.parse::<AccountId>() {
        return Some(records.accounts.get(&id).map_or(Reach::All, super::records::Account::reach));
    }
    let id = text.parse::<DeviceId>().ok()?;
    Some(records.devices.get(&id).map_or(Reach::All, super::records::Device::reach))
}
