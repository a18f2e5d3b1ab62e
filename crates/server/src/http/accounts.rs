//! Accounts, drivers' devices and machines' keys, kept by whoever administers them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use domain::Area;
use serde::{Deserialize, Serialize};
use units::{AccountId, DeviceId, KeyId, Timestamp};
use utoipa::ToSchema;

use super::session::name_of;
use crate::access::book::{Invited, NewAccount as Added};
use crate::access::commands::not_allowed;
use crate::access::records::{self, ApiKey, InvitedTo, Records, covers, reach_of};
use crate::access::routes::Scope;
use crate::access::secret::{draw, hashed};
use crate::access::who::{Reach, Role, caller};
use crate::app::{App, Call, path_id};
use crate::input;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    #[schema(example = "account-2")]
    pub id: String,
    pub login: String,
    pub name: String,
    pub role: Role,
    #[schema(example = json!(["facility-1"]))]
    pub of: Vec<String>,
    /// False until the invitation was taken.
    pub has_password: bool,
    pub disabled: bool,
    /// When one of its sessions was last used, within ten minutes.
    pub seen_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Accounts {
    pub accounts: Vec<Account>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// What is typed to sign in: 3 to 60 letters, digits, or any of . - _ @
    #[schema(example = "hanako")]
    pub login: String,
    #[schema(example = "佐藤 花子")]
    pub name: String,
    pub role: Role,
    /// Riders; or one facility, corporation, driver or vehicle, as the role has it.
    #[serde(default)]
    #[schema(example = json!(["facility-1"]))]
    pub of: Vec<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedAccount {
    pub name: String,
    #[serde(default)]
    pub of: Vec<String>,
    /// Nobody signs in with it, and its sessions end.
    #[serde(default)]
    pub disabled: bool,
}

/// A link that is good for once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitation {
    #[schema(example = "https://kuseki.example.jp/driver#enrol=0123456789abcdef0123456789abcdef")]
    pub url: String,
    pub code: String,
    /// The link as a QR code, an SVG picture.
    pub qr_svg: String,
    pub expires_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InvitedAccount {
    pub account: Account,
    /// With it the holder chooses a password; nobody else ever knows it.
    pub invitation: Invitation,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Device {
    #[schema(example = "device-1")]
    pub id: String,
    pub label: String,
    #[schema(example = "vehicle-3")]
    pub of: String,
    pub enrolled_at: String,
    pub seen_at: Option<String>,
    /// Who showed the code.
    pub made_by: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Devices {
    pub devices: Vec<Device>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// A vehicle, or a driver who is at the wheel of whatever the day says.
    #[schema(example = "vehicle-3")]
    pub of: String,
    #[schema(example = "みどり3号の電話")]
    pub label: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Key {
    #[schema(example = "key-1")]
    pub id: String,
    pub label: String,
    /// The beginning of the key, by which it is found again.
    #[schema(example = "kuseki_1a2b3c4d")]
    pub prefix: String,
    pub scopes: BTreeSet<Scope>,
    pub created_at: String,
    pub expires_at: Option<String>,
    /// When it was last used, within ten minutes.
    pub used_at: Option<String>,
    pub made_by: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Keys {
    pub api_keys: Vec<Key>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    #[schema(example = "介護ソフト連携")]
    pub label: String,
    #[schema(example = json!(["read", "rides"]))]
    pub scopes: BTreeSet<Scope>,
    #[schema(value_type = Option<String>, example = "2027-03-31T23:59:59+09:00")]
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MadeKey {
    pub api_key: Key,
    /// Shown this once; only its hash is kept. Sent as `Authorization: Bearer …`.
    pub secret: String,
}

fn last_seen(records: &Records, owner: &str) -> Option<String> {
    let own = records.sessions.values().filter(|s| s.owner == owner);
    own.map(|s| s.seen_at).max().map(|at| at.to_string())
}

fn account_view(records: &Records, account: &records::Account) -> Account {
    Account {
        id: account.id.to_string(),
        login: account.login.clone(),
        name: account.name.clone(),
        role: account.role,
        of: account.of.clone(),
        has_password: account.password.is_some(),
        disabled: account.disabled,
        seen_at: last_seen(records, &account.id.to_string()),
    }
}

fn device_view(records: &Records, device: &records::Device) -> Device {
    let id = device.id.to_string();
    Device {
        label: device.label.clone(),
        of: device.of.clone(),
        enrolled_at: device.enrolled_at.to_string(),
        seen_at: last_seen(records, &id),
        made_by: device.made_by.clone(),
        id,
    }
}

fn key_view(key: &ApiKey) -> Key {
    Key {
        id: key.id.to_string(),
        label: key.label.clone(),
        prefix: key.prefix.clone(),
        scopes: key.scopes.clone(),
        created_at: key.created_at.to_string(),
        expires_at: key.expires_at.map(|at| at.to_string()),
        used_at: key.used_at.map(|at| at.to_string()),
        made_by: key.made_by.clone(),
    }
}

fn invitation_view(app: &App, headers: &HeaderMap, path: &str, invited: &Invited) -> Invitation {
    let url = format!("{}{path}={}", app.doors.url.origin(headers), invited.code);
    let picture = qrcode::QrCode::new(url.as_bytes()).map(|code| {
        code.render::<qrcode::render::svg::Color>().min_dimensions(240, 240).quiet_zone(true).build()
    });
    Invitation {
        code: invited.code.clone(),
        qr_svg: picture.unwrap_or_default(),
        expires_at: invited.expires_at.to_string(),
        url,
    }
}

/// Who acts, as it is written down.
fn actor() -> String {
    caller().id.clone().unwrap_or_else(|| "operator".to_owned())
}

/// What is named must exist, and lie within what the caller has.
fn check_reach(app: &App, role: Role, of: &[String]) -> Result<(), Problem> {
    let reach = reach_of(role, of).map_err(|right| Problem::invalid("of", right))?;
    let snapshot = app.service.snapshot();
    if !exists(&reach, &snapshot.area) {
        let detail = format!("{} is not registered here", of.join(", "));
        return Err(Problem::field(StatusCode::UNPROCESSABLE_ENTITY, "unknown_id", "of", detail));
    }
    if !covers(&caller().reach, &reach, &snapshot.area) {
        return Err(not_allowed("you can let others in only to what is your own"));
    }
    Ok(())
}

fn exists(reach: &Reach, area: &Area) -> bool {
    match reach {
        Reach::All | Reach::Nobody => true,
        Reach::Corporation(id) => area.corporations.contains(id),
        Reach::Facility(id) => area.facilities.contains_key(id),
        Reach::Vehicle(id) => area.vehicles.contains_key(id),
        Reach::Driver(id) => area.drivers.contains_key(id),
        Reach::Riders(ids) => ids.iter().all(|id| area.riders.contains_key(id)),
    }
}

/// The accounts that the caller may administer.
#[utoipa::path(get, path = "/accounts", tag = "access", responses((status = 200, body = Accounts)))]
pub async fn list(State(app): State<Arc<App>>) -> Json<Accounts> {
    let (records, snapshot, who) = (app.doors.book.records(), app.service.snapshot(), caller());
    let own = records.accounts.values().filter(|a| covers(&who.reach, &a.reach(), &snapshot.area));
    Json(Accounts { accounts: own.map(|a| account_view(&records, a)).collect() })
}

/// Adds an account. Its holder chooses the password with the invitation, which is good for three days and once.
#[utoipa::path(post, path = "/accounts", tag = "access", request_body = NewAccount,
    responses((status = 201, body = InvitedAccount), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn add(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    call: Call<NewAccount>,
) -> Result<(StatusCode, Json<InvitedAccount>), Problem> {
    let NewAccount { login, name, role, of } = call.input;
    check_reach(&app, role, &of)?;
    let new = Added { login, name: name_of(&name)?, role, of, password: None };
    let by = actor();
    let made = app.doors.book.aside(move |book| {
        let account = book.add_account(new)?;
        let invited = book.invite(InvitedTo::ChoosePassword { account: account.id }, &by)?;
        Ok((account, invited))
    });
    let (account, invited) = made.await?;
    let account = account_view(&app.doors.book.records(), &account);
    let invitation = invitation_view(&app, &headers, "/sign-in#invitation", &invited);
    Ok((StatusCode::CREATED, Json(InvitedAccount { account, invitation })))
}

/// Changes an account. Disabled, it signs nobody in and its sessions are over.
#[utoipa::path(put, path = "/accounts/{id}", tag = "access", params(("id" = String, Path, example = "account-2")),
    request_body = ChangedAccount,
    responses((status = 200, body = Account), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn change(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<ChangedAccount>,
) -> Result<Json<Account>, Problem> {
    let account: AccountId = path_id("account", &id)?;
    let known = app.doors.book.records().accounts.get(&account).cloned();
    let known = known.ok_or_else(|| Problem::not_found("account", &id))?;
    let ChangedAccount { name, of, disabled } = call.input;
    check_reach(&app, known.role, &of)?;
    not_oneself(&id, disabled || of != known.of)?;
    let name = name_of(&name)?;
    let changed = app.doors.book.aside(move |book| {
        book.change(|records| {
            let missing = || Problem::not_found("account", &account.to_string());
            let known = records.accounts.get_mut(&account).ok_or_else(missing)?;
            (known.name, known.of, known.disabled) = (name, of, disabled);
            Ok(known.clone())
        })
    });
    let changed = changed.await?;
    Ok(Json(account_view(&app.doors.book.records(), &changed)))
}

fn not_oneself(id: &str, takes_away: bool) -> Result<(), Problem> {
    if takes_away && caller().id.as_deref() == Some(id) {
        let detail = "you would lock yourself out; another administrator can do it";
        return Err(Problem::new(StatusCode::CONFLICT, "own_account", detail));
    }
    Ok(())
}

/// Removes an account for good, with its name; its id stays in the log as the actor of what it did.
#[utoipa::path(delete, path = "/accounts/{id}", tag = "access", params(("id" = String, Path, example = "account-2")),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let account: AccountId = path_id("account", &id)?;
    not_oneself(&id, true)?;
    let removed = app.doors.book.aside(move |book| {
        book.change(|records| {
            let missing = || Problem::not_found("account", &account.to_string());
            records.accounts.remove(&account).ok_or_else(missing)?;
            records.sessions.retain(|_, s| s.owner != account.to_string());
            Ok(())
        })
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new link with which the holder chooses a password; the former password holds until then.
#[utoipa::path(post, path = "/accounts/{id}/invitation", tag = "access",
    params(("id" = String, Path, example = "account-2")), request_body = input::Empty,
    responses((status = 201, body = Invitation), (status = 404, body = Problem)))]
pub async fn invite(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    call: Call<input::Empty>,
) -> Result<(StatusCode, Json<Invitation>), Problem> {
    let input::Empty {} = call.input;
    let account: AccountId = path_id("account", &id)?;
    if !app.doors.book.records().accounts.contains_key(&account) {
        return Err(Problem::not_found("account", &id));
    }
    let by = actor();
    let invited =
        app.doors.book.aside(move |book| book.invite(InvitedTo::ChoosePassword { account }, &by)).await?;
    let view = invitation_view(&app, &headers, "/sign-in#invitation", &invited);
    Ok((StatusCode::CREATED, Json(view)))
}

/// The phones that are enrolled.
#[utoipa::path(get, path = "/devices", tag = "access", responses((status = 200, body = Devices)))]
pub async fn list_devices(State(app): State<Arc<App>>) -> Json<Devices> {
    let (records, snapshot, who) = (app.doors.book.records(), app.service.snapshot(), caller());
    let own = records.devices.values().filter(|d| covers(&who.reach, &d.reach(), &snapshot.area));
    Json(Devices { devices: own.map(|d| device_view(&records, d)).collect() })
}

/// Makes a code for a driver's phone, as a link and a QR code. Whatever opens it first, within ten minutes, is the device.
#[utoipa::path(post, path = "/devices", tag = "access", request_body = NewDevice,
    responses((status = 201, body = Invitation), (status = 422, body = Problem)))]
pub async fn enrol(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    call: Call<NewDevice>,
) -> Result<(StatusCode, Json<Invitation>), Problem> {
    let NewDevice { of, label } = call.input;
    check_reach(&app, Role::Driver, std::slice::from_ref(&of))?;
    let to = InvitedTo::BeDevice { of, label: input::text("label", &label, 100)? };
    let by = actor();
    let invited = app.doors.book.aside(move |book| book.invite(to, &by)).await?;
    Ok((StatusCode::CREATED, Json(invitation_view(&app, &headers, "/driver#enrol", &invited))))
}

/// Revokes a device; it is signed out at once.
#[utoipa::path(delete, path = "/devices/{id}", tag = "access", params(("id" = String, Path, example = "device-1")),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn revoke_device(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let device: DeviceId = path_id("device", &id)?;
    let revoked = app.doors.book.aside(move |book| {
        book.change(|records| {
            let missing = || Problem::not_found("device", &device.to_string());
            records.devices.remove(&device).ok_or_else(missing)?;
            records.sessions.retain(|_, s| s.owner != device.to_string());
            Ok(())
        })
    });
    revoked.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The API keys, without their secrets.
#[utoipa::path(get, path = "/api-keys", tag = "access", responses((status = 200, body = Keys)))]
pub async fn list_keys(State(app): State<Arc<App>>) -> Json<Keys> {
    Json(Keys { api_keys: app.doors.book.records().keys.values().map(key_view).collect() })
}

/// Makes an API key for a program. Its secret is shown this once.
#[utoipa::path(post, path = "/api-keys", tag = "access", request_body = NewKey,
    responses((status = 201, body = MadeKey), (status = 422, body = Problem)))]
pub async fn make_key(
    State(app): State<Arc<App>>,
    call: Call<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Problem> {
    let NewKey { label, scopes, expires_at } = call.input;
    let label = input::text("label", &label, 100)?;
    if scopes.is_empty() {
        return Err(Problem::invalid("scopes", "at least one, such as `read`"));
    }
    let now = app.doors.book.now();
    if expires_at.is_some_and(|at| at <= now) {
        return Err(Problem::invalid("expires_at", "a time to come, or none"));
    }
    let chance = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "no randomness to be had");
    let secret = draw().map_err(|_| chance())?;
    let (prefix, secret) = (format!("kuseki_{}", &secret[..8]), format!("kuseki_{secret}"));
    let (hash, by) = (hashed(&secret), actor());
    let made = app.doors.book.aside(move |book| {
        book.change(|records| {
            let id = records.keys.last_key_value().map_or(KeyId(1), |(id, _)| id.next());
            let made_by = by;
            let key = ApiKey {
                id,
                label,
                prefix,
                hash,
                scopes,
                created_at: now,
                expires_at,
                used_at: None,
                made_by,
            };
            records.keys.insert(id, key.clone());
            Ok(key)
        })
    });
    Ok((StatusCode::CREATED, Json(MadeKey { api_key: key_view(&made.await?), secret })))
}

/// Revokes an API key.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "access", params(("id" = String, Path, example = "key-1")),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn revoke_key(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let key: KeyId = path_id("API key", &id)?;
    let revoked = app.doors.book.aside(move |book| {
        book.change(|records| {
            let missing = || Problem::not_found("API key", &key.to_string());
            records.keys.remove(&key).map(|_| ()).ok_or_else(missing)
        })
    });
    revoked.await?;
    Ok(StatusCode::NO_CONTENT)
}
