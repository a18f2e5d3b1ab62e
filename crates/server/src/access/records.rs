//! What is kept of accounts, devices, keys, sessions and invitations, and how long it holds.

use std::collections::{BTreeMap, BTreeSet};

use domain::Area;
use serde::{Deserialize, Serialize};
use store::AccountsWrite;
use units::{AccountId, DeviceId, KeyId, Seconds, Timestamp};

use super::routes::Scope;
use super::who::{Reach, Role};

/// Of people at work: a working day (NIST SP 800-63B-4, 2.2.3, asks that nobody stays signed in longer at AAL2).
const WORK_LASTS: Seconds = Seconds::hours(24);
/// A desk that nobody touched for so long is left.
const WORK_IDLE: Seconds = Seconds::hours(8);
/// Of riders and family: NIST SP 800-63B-4, 2.1.3 (AAL1). A password a month is what an older person can be asked for.
const HOME_LASTS: Seconds = Seconds::hours(30 * 24);
/// A phone in a vehicle; it can be revoked at any time.
const DEVICE_LASTS: Seconds = Seconds::hours(365 * 24);
const DEVICE_IDLE: Seconds = Seconds::hours(30 * 24);
/// How long the code on the desk's screen opens.
pub const DEVICE_INVITATION_LASTS: Seconds = Seconds::minutes(10);
/// How long somebody has to choose a first password.
pub const PASSWORD_INVITATION_LASTS: Seconds = Seconds::hours(72);
/// A session's last use is noted this coarsely, so that a call does not cost a write.
pub const SEEN_EVERY: Seconds = Seconds::minutes(10);

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// What is typed to sign in; folded to lower case and unique.
    pub login: String,
    pub name: String,
    pub role: Role,
    /// Whose: ids of riders, a facility, a corporation, a vehicle or a driver, as the role has it.
    pub of: Vec<String>,
    /// PHC string; none until the invitation was taken.
    pub password: Option<String>,
    #[serde(default)]
    pub disabled: bool,
    pub created_at: Timestamp,
}

/// A phone that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub id: DeviceId,
    pub label: String,
    /// `vehicle-3`, or `driver-2` who is at the wheel of whatever the day says.
    pub of: String,
    pub enrolled_at: Timestamp,
    /// Who showed the code.
    pub made_by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: KeyId,
    pub label: String,
    /// The beginning of the key, by which people find it again.
    pub prefix: String,
    pub hash: String,
    pub scopes: BTreeSet<Scope>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub used_at: Option<Timestamp>,
    pub made_by: String,
}

/// Kept under the hash of its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// An account or a device.
    pub owner: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
}

/// What a link that is good for once lets somebody do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum InvitedTo {
    ChoosePassword { account: AccountId },
    BeDevice { of: String, label: String },
}

/// Kept under the hash of its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    #[serde(flatten)]
    pub to: InvitedTo,
    pub expires_at: Timestamp,
    pub made_by: String,
}

/// Everything that is kept, in memory.
#[derive(Debug, Clone, Default)]
pub struct Records {
    pub accounts: BTreeMap<AccountId, Account>,
    pub devices: BTreeMap<DeviceId, Device>,
    pub keys: BTreeMap<KeyId, ApiKey>,
    pub sessions: BTreeMap<String, Session>,
    pub invitations: BTreeMap<String, Invitation>,
}

/// Whose somebody is, by role; the error says what would be right.
pub fn reach_of(role: Role, of: &[String]) -> Result<Reach, &'static str> {
    let first = of.first().map(String::as_str).unwrap_or_default();
    match (role, of.len()) {
        (Role::Operator | Role::Auditor | Role::CorporationAdministrator, 0) => Ok(Reach::All),
        (Role::Municipality, 0) => Ok(Reach::Nobody),
        (Role::CorporationAdministrator, 1) => {
            first.parse().map(Reach::Corporation).map_err(|_| "a corporation, or none for the whole area")
        }
        (Role::FacilityManager, 1) => first.parse().map(Reach::Facility).map_err(|_| "one facility"),
        (Role::Driver, 1) => {
            let driver = first.parse().map(Reach::Driver);
            driver.or_else(|_| first.parse().map(Reach::Vehicle)).map_err(|_| "one driver or one vehicle")
        }
        (Role::Rider, 1..=20) => {
            let riders: Result<BTreeSet<_>, _> = of.iter().map(|id| id.parse()).collect();
            riders.map(Reach::Riders).map_err(|_| "one rider or several, 20 at most")
        }
        (Role::Operator | Role::Auditor | Role::Municipality, _) => {
            Err("none; the role is for the whole area")
        }
        (Role::CorporationAdministrator, _) => Err("a corporation, or none for the whole area"),
        (Role::FacilityManager, _) => Err("one facility"),
        (Role::Driver, _) => Err("one driver or one vehicle"),
        (Role::Rider, _) => Err("one rider or several, 20 at most"),
        (Role::Machine, _) => Err("another role; machines have API keys"),
    }
}

/// Whether everything that `inner` reaches lies within what `outer` reaches.
pub fn covers(outer: &Reach, inner: &Reach, area: &Area) -> bool {
    let facility_of_rider =
        |rider| area.riders.get(rider).and_then(|r| Some(r.membership.as_ref()?.facility));
    let in_facility = |facility: Option<units::FacilityId>| match (outer, facility) {
        (Reach::Facility(own), Some(facility)) => *own == facility,
        (Reach::Corporation(own), Some(facility)) => {
            area.facilities.get(&facility).is_some_and(|f| f.corporation == *own)
        }
        _ => false,
    };
    match (outer, inner) {
        (Reach::All, _) => true,
        (_, Reach::All | Reach::Nobody) => false,
        (Reach::Corporation(own), Reach::Corporation(other)) => own == other,
        (_, Reach::Corporation(_)) => false,
        (_, Reach::Facility(facility)) => in_facility(Some(*facility)),
        (_, Reach::Vehicle(vehicle)) => in_facility(area.vehicles.get(vehicle).map(|v| v.facility)),
        (_, Reach::Driver(driver)) => in_facility(area.drivers.get(driver).map(|d| d.facility)),
        (_, Reach::Riders(riders)) => riders.iter().all(|r| in_facility(facility_of_rider(r))),
    }
}

impl Account {
    /// Of a record that a later program wrote and this one cannot read: nothing.
    pub fn reach(&self) -> Reach {
        reach_of(self.role, &self.of).unwrap_or(Reach::Nobody)
    }
}

impl Device {
    pub fn reach(&self) -> Reach {
        reach_of(Role::Driver, std::slice::from_ref(&self.of)).unwrap_or(Reach::Nobody)
    }
}

impl Records {
    /// Sorts stored bodies into their maps; what cannot be read is left out and named.
    pub fn read(rows: &[(String, String, String)]) -> (Records, Vec<String>) {
        let mut records = Records::default();
        let mut unreadable = Vec::new();
        for (kind, id, body) in rows {
            let read = match kind.as_str() {
                "account" => {
                    serde_json::from_str(body).map(|a: Account| drop(records.accounts.insert(a.id, a)))
                }
                "device" => serde_json::from_str(body).map(|d: Device| drop(records.devices.insert(d.id, d))),
                "key" => serde_json::from_str(body).map(|k: ApiKey| drop(records.keys.insert(k.id, k))),
                "session" => serde_json::from_str(body).map(|s| drop(records.sessions.insert(id.clone(), s))),
                "invitation" => {
                    serde_json::from_str(body).map(|i| drop(records.invitations.insert(id.clone(), i)))
                }
                _ => Ok(()),
            };
            if read.is_err() {
                unreadable.push(format!("{kind} {id}"));
            }
        }
        (records, unreadable)
    }

    /// What has to be written to go from `former` to this.
    pub fn since(&self, former: &Records) -> Vec<AccountsWrite> {
        let mut writes = Vec::new();
        changed("account", &former.accounts, &self.accounts, &mut writes);
        changed("device", &former.devices, &self.devices, &mut writes);
        changed("key", &former.keys, &self.keys, &mut writes);
        changed("session", &former.sessions, &self.sessions, &mut writes);
        changed("invitation", &former.invitations, &self.invitations, &mut writes);
        writes
    }

    pub fn find_login(&self, login: &str) -> Option<&Account> {
        self.accounts.values().find(|a| a.login == login)
    }

    /// When a session ends if nobody uses it any more.
    pub fn ends_at(&self, session: &Session) -> Option<Timestamp> {
        let (lasts, idle) = if let Ok(account) = session.owner.parse::<AccountId>() {
            match self.accounts.get(&account).filter(|a| !a.disabled)?.role {
                Role::Rider => (HOME_LASTS, HOME_LASTS),
                _ => (WORK_LASTS, WORK_IDLE),
            }
        } else {
            self.devices.get(&session.owner.parse().ok()?)?;
            (DEVICE_LASTS, DEVICE_IDLE)
        };
        Some((session.created_at + lasts).min(session.seen_at + idle))
    }

    /// Forgets what is over.
    pub fn tidy(&mut self, now: Timestamp) {
        let ended: Vec<String> = self
            .sessions
            .iter()
            .filter(|(_, s)| self.ends_at(s).is_none_or(|end| end <= now))
            .map(|(hash, _)| hash.clone())
            .collect();
        for hash in ended {
            self.sessions.remove(&hash);
        }
        let accounts = &self.accounts;
        self.invitations.retain(|_, i| {
            let lives = match &i.to {
                InvitedTo::ChoosePassword { account } => accounts.contains_key(account),
                InvitedTo::BeDevice { .. } => true,
            };
            lives && i.expires_at > now
        });
    }
}

fn changed<K: Ord + ToString, V: PartialEq + Serialize>(
    kind: &'static str,
    former: &BTreeMap<K, V>,
    now: &BTreeMap<K, V>,
    writes: &mut Vec<AccountsWrite>,
) {
    for id in former.keys().filter(|id| !now.contains_key(id)) {
        writes.push(AccountsWrite { kind, id: id.to_string(), body: None });
    }
    for (id, entry) in now {
        if former.get(id) != Some(entry) {
            writes.push(AccountsWrite { kind, id: id.to_string(), body: serde_json::to_string(entry).ok() });
        }
    }
}
