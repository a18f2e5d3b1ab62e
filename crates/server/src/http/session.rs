//! Signing in and out, and taking an invitation.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use units::AccountId;
use utoipa::ToSchema;

use crate::access::book::{Taken, wait_problem};
use crate::access::guard::Address;
use crate::access::password;
use crate::access::records::InvitedTo;
use crate::access::who::{Reach, Role, Who, caller};
use crate::app::{App, Call};
use crate::input;
use crate::problem::Problem;

/// Who is signed in, as the pages ask for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// Nobody has to sign in here.
    pub open: bool,
    /// Of the account or device; none where nobody is signed in.
    #[schema(example = "account-1")]
    pub id: Option<String>,
    pub name: Option<String>,
    pub role: Option<Role>,
    /// Whose: riders, a facility, a corporation, a vehicle or a driver.
    pub of: Vec<String>,
    /// The role holds for the whole area.
    pub whole_area: bool,
    /// When it ends if nobody uses it any more.
    pub ends_at: Option<String>,
    /// Accounts of a demo that anybody may look through.
    pub trial: Vec<TrialAccount>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TrialAccount {
    pub id: String,
    pub name: String,
    pub role: Role,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    #[schema(example = "hanako")]
    pub login: String,
    pub password: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialChoice {
    #[schema(example = "account-2")]
    pub account: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    pub current: String,
    /// 10 to 128 characters.
    pub password: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakenInvitation {
    /// From the link or the QR code.
    pub code: String,
    /// Of an invitation to choose one: 10 to 128 characters.
    pub password: Option<String>,
}

fn view(app: &App, who: &Who) -> Session {
    let records = app.doors.book.records();
    let own: Option<(String, Vec<String>)> = who.id.as_deref().and_then(|id| match id.parse::<AccountId>() {
        Ok(id) => records.accounts.get(&id).map(|a| (a.name.clone(), a.of.clone())),
        Err(_) => records.devices.get(&id.parse().ok()?).map(|d| (d.label.clone(), vec![d.of.clone()])),
    });
    let session = who.session.as_ref().and_then(|hash| records.sessions.get(hash));
    let (name, of) = own.map_or((None, Vec::new()), |(name, of)| (Some(name), of));
    let trial = records.accounts.values().filter(|_| app.doors.is_trial);
    Session {
        open: app.doors.is_open,
        id: who.id.clone(),
        name,
        role: who.role,
        of,
        whole_area: who.reach == Reach::All,
        ends_at: session.and_then(|s| records.ends_at(s)).map(|at| at.to_string()),
        trial: trial
            .map(|a| TrialAccount { id: a.id.to_string(), name: a.name.clone(), role: a.role })
            .collect(),
    }
}

/// The answer to whoever has just come in: the cookie, and who it makes him.
fn welcome(app: &App, taken: &Taken) -> Response {
    let hash = crate::access::secret::hashed(&taken.token);
    let who = app.doors.book.with_session(&hash).unwrap_or_else(Who::unknown);
    let cookie = [(header::SET_COOKIE, app.doors.cookie(Some(&taken.token)))];
    let never = [(header::CACHE_CONTROL, "no-store")];
    (AppendHeaders(cookie), never, Json(view(app, &who))).into_response()
}

fn farewell(app: &App) -> Response {
    let cookie = [(header::SET_COOKIE, app.doors.cookie(None))];
    (StatusCode::NO_CONTENT, AppendHeaders(cookie)).into_response()
}

fn signed_in() -> Result<(Arc<Who>, String), Problem> {
    let who = caller();
    let none = || Problem::new(StatusCode::UNAUTHORIZED, "not_signed_in", "nobody is signed in here");
    let id = who.id.clone().ok_or_else(none)?;
    Ok((who, id))
}

/// Who is signed in. It says so, too, where nobody is.
#[utoipa::path(get, path = "/session", tag = "access", operation_id = "get_session", responses((status = 200, body = Session)))]
pub async fn get(State(app): State<Arc<App>>) -> Json<Session> {
    Json(view(&app, &caller()))
}

/// Signs in; the session is a cookie that scripts cannot read. After five wrong passwords the name is locked for half a minute,
/// and twice as long after each further one, up to a quarter of an hour. Unknown names are treated alike.
#[utoipa::path(post, path = "/session", tag = "access", request_body = SignIn,
    responses((status = 200, body = Session), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Address(address): Address,
    call: Call<SignIn>,
) -> Result<Response, Problem> {
    let input = call.input;
    let taken = app.doors.book.sign_in(&input.login, input.password, address).await?;
    Ok(welcome(&app, &taken))
}

/// Signs out: the session is over, here and for whoever may have copied its cookie.
#[utoipa::path(delete, path = "/session", tag = "access", responses((status = 204)))]
pub async fn sign_out(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    if let Some(session) = caller().session.clone() {
        app.doors.book.aside(move |book| book.sign_out(&session)).await?;
    }
    Ok(farewell(&app))
}

/// Ends all sessions of the account, on every machine.
#[utoipa::path(delete, path = "/session/everywhere", tag = "access", responses((status = 204)))]
pub async fn sign_out_everywhere(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let (_, id) = signed_in()?;
    app.doors.book.aside(move |book| book.sign_out_everywhere(&id)).await?;
    Ok(farewell(&app))
}

/// Changes one's own password; all sessions end, and a new one begins here.
#[utoipa::path(put, path = "/session/password", tag = "access", request_body = NewPassword,
    responses((status = 200, body = Session), (status = 401, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem)))]
pub async fn change_password(
    State(app): State<Arc<App>>,
    call: Call<NewPassword>,
) -> Result<Response, Problem> {
    let (_, id) = signed_in()?;
    let book = app.doors.book.clone();
    let account: AccountId =
        id.parse().map_err(|_| Problem::invalid("current", "a device has no password"))?;
    let login = book.records().accounts.get(&account).map(|a| a.login.clone()).unwrap_or_default();
    // Whoever sits down at a forgotten desk must not be able to try at leisure.
    book.sign_in(&login, call.input.current, None).await?;
    let kept = book.hash(call.input.password, login).await?;
    let taken = book
        .aside(move |book| {
            let invited = book.invite(InvitedTo::ChoosePassword { account }, &account.to_string())?;
            book.take(&invited.code, Some(kept))
        })
        .await?;
    Ok(welcome(&app, &taken))
}

/// Looks at a demo through the eyes of one of its accounts. Signing out goes back.
#[utoipa::path(post, path = "/session/trial", tag = "access", request_body = TrialChoice,
    responses((status = 200, body = Session), (status = 404, body = Problem)))]
pub async fn begin_trial(State(app): State<Arc<App>>, call: Call<TrialChoice>) -> Result<Response, Problem> {
    let missing = || Problem::not_found("demo account", &call.input.account);
    let account: AccountId = call.input.account.parse().map_err(|_| missing())?;
    if !app.doors.is_trial || !app.doors.book.records().accounts.contains_key(&account) {
        return Err(missing());
    }
    let taken = app.doors.book.begin_trial(account).await?;
    Ok(welcome(&app, &taken))
}

/// Takes an invitation, which is good for once: chooses a password, or makes this browser a driver's device.
#[utoipa::path(post, path = "/invitations/taken", tag = "access", request_body = TakenInvitation,
    responses((status = 200, body = Session), (status = 410, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem)))]
pub async fn take_invitation(
    State(app): State<Arc<App>>,
    Address(address): Address,
    call: Call<TakenInvitation>,
) -> Result<Response, Problem> {
    let input = call.input;
    let book = app.doors.book.clone();
    book.limits.try_address(address).map_err(|wait| wait_problem("too_many_requests", wait))?;
    let invitation = book.find_invitation(&input.code)?;
    let kept = match invitation.to {
        InvitedTo::BeDevice { .. } => None,
        InvitedTo::ChoosePassword { account } => {
            let login = book.records().accounts.get(&account).map(|a| a.login.clone()).unwrap_or_default();
            let short =
                || Problem::field(StatusCode::UNPROCESSABLE_ENTITY, "weak_password", "password", SHORT);
            Some(book.hash(input.password.ok_or_else(short)?, login).await?)
        }
    };
    let code = input.code;
    let taken = book.aside(move |book| book.take(&code, kept)).await?;
    Ok(welcome(&app, &taken))
}

const SHORT: &str = "missing; 10 to 128 characters";
const _: () = assert!(password::LENGTH_MIN == 10 && password::LENGTH_MAX == 128, "the words above say so");

/// A name for people, as in other forms.
pub fn name_of(name: &str) -> Result<String, Problem> {
    input::text("name", name, 100)
}
