//! The book of who may come in: accounts, devices, keys, sessions, invitations. What it says is on disk before it is said.
//!
//! Writing blocks on the disk, so callers on a runtime's thread hand it to a blocking one.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use axum::http::StatusCode;
use dispatch::Clock;
use store::AccountsFile;
use units::{AccountId, DeviceId, RiderId, Timestamp};

use super::limits::{Limits, Wait};
use super::password;
use super::records::{
    Account, DEVICE_INVITATION_LASTS, Device, Invitation, InvitedTo, PASSWORD_INVITATION_LASTS, Records,
    SEEN_EVERY, Session, reach_of,
};
use super::secret::{draw, draw_code, hashed};
use super::who::{Entry, Reach, Role, Who};
use crate::problem::Problem;
use crate::texts;

/// Sessions of one account or device; the oldest gives way.
const SESSIONS_MAX: usize = 20;
/// Passwords looked at side by side: each takes 19 MiB and a core.
const HASHES_AT_ONCE: usize = 2;

pub struct Book {
    records: ArcSwap<Records>,
    /// Held while the records change.
    file: Mutex<AccountsFile>,
    pub limits: Limits,
    clock: Arc<dyn Clock>,
    hashing: tokio::sync::Semaphore,
    /// Counts the changes, so that open sockets know when to look again whether they still may listen.
    changes: AtomicU64,
}

/// A link that is good for once.
pub struct Invited {
    pub code: String,
    pub expires_at: Timestamp,
}

/// What came of taking an invitation.
pub struct Taken {
    /// Of the session that begins with it.
    pub token: String,
}

fn internal(detail: impl ToString) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail.to_string())
}

pub fn wait_problem(code: &str, wait: Wait) -> Problem {
    let detail = format!("too many tries; again in {} seconds", wait.0);
    let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, code, detail);
    let spoken = if wait.0 < 120 { format!("{}秒", wait.0) } else { format!("{}分", wait.0.div_ceil(60)) };
    problem.detail_ja = texts::problem_ja(code, None, &spoken);
    problem.retry_after_seconds = Some(wait.0);
    problem
}

impl Book {
    /// # Errors
    /// A fault of the file.
    pub fn open(mut file: AccountsFile, clock: Arc<dyn Clock>) -> Result<Book, store::Fault> {
        let (records, unreadable) = Records::read(&file.load()?);
        for what in unreadable {
            tracing::error!(what, "an entry of the accounts cannot be read and is left aside");
        }
        Ok(Book {
            records: ArcSwap::from_pointee(records),
            file: Mutex::new(file),
            limits: Limits::new(clock.clone()),
            clock,
            hashing: tokio::sync::Semaphore::new(HASHES_AT_ONCE),
            changes: AtomicU64::new(0),
        })
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn records(&self) -> Arc<Records> {
        self.records.load_full()
    }

    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Changes the records durably, or not at all. Blocks on the disk.
    pub fn change<T>(&self, work: impl FnOnce(&mut Records) -> Result<T, Problem>) -> Result<T, Problem> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let former = self.records.load_full();
        let mut records = (*former).clone();
        records.tidy(self.now());
        let answer = work(&mut records)?;
        let writes = records.since(&former);
        if writes.is_empty() {
            return Ok(answer);
        }
        file.write(&writes).map_err(|fault| {
            tracing::error!(error = %fault, "the accounts could not be written");
            let mut problem =
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable", fault.to_string());
            problem.retry_after_seconds = Some(5);
            problem
        })?;
        self.records.store(Arc::new(records));
        self.changes.fetch_add(1, Ordering::AcqRel);
        Ok(answer)
    }

    /// The caller with this session, if it is good; notes from time to time that it is in use.
    pub async fn by_session(self: &Arc<Self>, token: &str) -> Option<Who> {
        let (hash, now) = (hashed(token), self.now());
        let who = self.with_session(&hash)?;
        let seen_at = self.records.load().sessions.get(&hash)?.seen_at;
        if now - seen_at >= SEEN_EVERY {
            let noted = self.aside(move |book| {
                book.change(|records| {
                    records.sessions.get_mut(&hash).into_iter().for_each(|s| s.seen_at = s.seen_at.max(now));
                    Ok(())
                })
            });
            // A disk that is full for a moment shuts nobody out.
            drop(noted.await);
        }
        Some(who)
    }

    /// The caller whose session has this hash, as long as it is good.
    pub fn with_session(&self, hash: &str) -> Option<Who> {
        let records = self.records.load();
        let session = records.sessions.get(hash)?;
        if records.ends_at(session)? <= self.now() {
            return None;
        }
        let (role, reach) = if let Ok(id) = session.owner.parse::<AccountId>() {
            let account = records.accounts.get(&id)?;
            (account.role, account.reach())
        } else {
            (Role::Driver, records.devices.get(&session.owner.parse().ok()?)?.reach())
        };
        let (id, session) = (Some(session.owner.clone()), Some(hash.to_owned()));
        Some(Who { entry: Entry::Session, id, role: Some(role), reach, session, ..Who::unknown() })
    }

    /// The caller with this API key.
    pub async fn by_key(self: &Arc<Self>, secret: &str) -> Option<Who> {
        let (hash, now) = (hashed(secret), self.now());
        let key = self.records.load().keys.values().find(|k| k.hash == hash).cloned()?;
        if key.expires_at.is_some_and(|end| end <= now) {
            return None;
        }
        let id = key.id;
        if key.used_at.is_none_or(|at| now - at >= SEEN_EVERY) {
            let noted = self.aside(move |book| {
                book.change(|records| {
                    records.keys.get_mut(&id).into_iter().for_each(|k| k.used_at = Some(now));
                    Ok(())
                })
            });
            drop(noted.await);
        }
        let (id, role) = (Some(id.to_string()), Some(Role::Machine));
        Some(Who { entry: Entry::Key, id, role, reach: Reach::All, scopes: key.scopes, session: None })
    }

    /// Looks at a password and begins a session. It takes as long, and is answered alike, whether the name is known or not.
    pub async fn sign_in(
        self: &Arc<Self>,
        login: &str,
        password: String,
        address: Option<IpAddr>,
    ) -> Result<Taken, Problem> {
        let login = folded_login(login);
        self.limits.try_address(address).map_err(|wait| wait_problem("too_many_requests", wait))?;
        self.limits.try_name(&login).map_err(|wait| wait_problem("locked_out", wait))?;
        let known = self.records().find_login(&login).filter(|a| !a.disabled).cloned();
        let kept = known.as_ref().and_then(|a| a.password.clone());
        let right = self.hash_aside(move || password::is_right(&password, kept.as_deref())).await?;
        let Some(account) = known.filter(|_| right) else {
            tracing::warn!(address = ?address, "a sign-in was refused");
            if let Some(wait) = self.limits.pause(&login) {
                return Err(wait_problem("locked_out", wait));
            }
            let detail = "name or password is wrong; mind upper and lower case, or ask for a new invitation";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "wrong_sign_in", detail));
        };
        self.limits.right(&login);
        self.aside(move |book| book.begin(account.id.to_string())).await
    }

    /// Begins a session of an account or a device.
    fn begin(&self, owner: String) -> Result<Taken, Problem> {
        self.change(|records| begin_in(records, owner, self.now()))
    }

    /// Begins a session of an account that may be looked at without a password; only a demo has such.
    pub async fn begin_trial(self: &Arc<Self>, account: AccountId) -> Result<Taken, Problem> {
        self.aside(move |book| book.begin(account.to_string())).await
    }

    /// Work that takes a core and much memory, a few at once.
    async fn hash_aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let _turn = self.hashing.acquire().await.map_err(internal)?;
        tokio::task::spawn_blocking(work).await.map_err(internal)
    }

    /// Work that waits for the disk.
    pub async fn aside<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Book) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let book = self.clone();
        tokio::task::spawn_blocking(move || work(&book)).await.map_err(internal)?
    }

    /// A password that is good enough, as it is kept.
    pub async fn hash(&self, password: String, login: String) -> Result<String, Problem> {
        if let Some(right) = password::flaw(&password, &login) {
            return Err(Problem::field(StatusCode::UNPROCESSABLE_ENTITY, "weak_password", "password", right));
        }
        self.hash_aside(move || password::hash(&password)).await?.map_err(internal)
    }

    /// Makes a link that is good for once.
    pub fn invite(&self, to: InvitedTo, made_by: &str) -> Result<Invited, Problem> {
        let lasts = match to {
            InvitedTo::ChoosePassword { .. } => PASSWORD_INVITATION_LASTS,
            InvitedTo::BeDevice { .. } => DEVICE_INVITATION_LASTS,
        };
        let (code, expires_at) = (draw_code().map_err(internal)?, self.now() + lasts);
        self.change(|records| {
            if let InvitedTo::ChoosePassword { .. } = to {
                // A new invitation makes the former one void.
                records.invitations.retain(|_, i| i.to != to);
            }
            let invitation = Invitation { to, expires_at, made_by: made_by.to_owned() };
            records.invitations.insert(hashed(&code), invitation);
            Ok(())
        })?;
        Ok(Invited { code, expires_at })
    }

    /// The invitation with this code, as long as it is open.
    pub fn find_invitation(&self, code: &str) -> Result<Invitation, Problem> {
        let records = self.records.load();
        let found = records.invitations.get(&hashed(code)).filter(|i| i.expires_at > self.now());
        found.cloned().ok_or_else(over)
    }

    /// Takes an invitation: it is void then, and a session begins.
    pub fn take(&self, code: &str, kept_password: Option<String>) -> Result<Taken, Problem> {
        let now = self.now();
        self.change(|records| {
            // Void ones are gone: the records are tidied before each change.
            let invitation = records.invitations.remove(&hashed(code)).ok_or_else(over)?;
            match invitation.to {
                InvitedTo::ChoosePassword { account } => {
                    let known = records.accounts.get_mut(&account).ok_or_else(over)?;
                    known.password = kept_password;
                    let owner = account.to_string();
                    // Whoever knew the former password is out.
                    records.sessions.retain(|_, s| s.owner != owner);
                    begin_in(records, owner, now)
                }
                InvitedTo::BeDevice { of, label } => {
                    let id = records.devices.last_key_value().map_or(DeviceId(1), |(id, _)| id.next());
                    let device = Device { id, label, of, enrolled_at: now, made_by: invitation.made_by };
                    records.devices.insert(id, device);
                    begin_in(records, id.to_string(), now)
                }
            }
        })
    }

    pub fn sign_out(&self, session: &str) -> Result<(), Problem> {
        self.change(|records| {
            records.sessions.remove(session);
            Ok(())
        })
    }

    /// Ends all sessions of an account or device.
    pub fn sign_out_everywhere(&self, owner: &str) -> Result<(), Problem> {
        self.change(|records| {
            records.sessions.retain(|_, s| s.owner != owner);
            Ok(())
        })
    }

    /// Adds an account; its password is chosen with an invitation, or handed over as it is kept.
    pub fn add_account(&self, new: NewAccount) -> Result<Account, Problem> {
        let now = self.now();
        self.change(|records| {
            let login = sound_login(&new.login)?;
            if records.find_login(&login).is_some() {
                let detail = "somebody has this sign-in name already; choose another";
                return Err(Problem::field(StatusCode::CONFLICT, "login_taken", "login", detail));
            }
            reach_of(new.role, &new.of).map_err(|right| Problem::invalid("of", right))?;
            let id = records.accounts.last_key_value().map_or(AccountId(1), |(id, _)| id.next());
            let account = Account {
                id,
                login,
                name: new.name,
                role: new.role,
                of: new.of,
                password: new.password,
                disabled: false,
                created_at: now,
            };
            records.accounts.insert(id, account.clone());
            Ok(account)
        })
    }

    /// A rider was erased: nobody asks for him or her any more.
    pub fn forget_rider(&self, rider: RiderId) -> Result<(), Problem> {
        let id = rider.to_string();
        self.change(|records| {
            for account in records.accounts.values_mut().filter(|a| a.role == Role::Rider) {
                account.of.retain(|of| *of != id);
            }
            records.accounts.retain(|_, a| a.role != Role::Rider || !a.of.is_empty());
            Ok(())
        })
    }
}

pub struct NewAccount {
    pub login: String,
    pub name: String,
    pub role: Role,
    pub of: Vec<String>,
    /// As it is kept.
    pub password: Option<String>,
}

fn over() -> Problem {
    let detail = "this link was used already, or is too old; ask for a new one";
    Problem::new(StatusCode::GONE, "invitation_over", detail)
}

fn begin_in(records: &mut Records, owner: String, now: Timestamp) -> Result<Taken, Problem> {
    let token = draw().map_err(internal)?;
    let mut own: Vec<(Timestamp, String)> = records
        .sessions
        .iter()
        .filter(|(_, s)| s.owner == owner)
        .map(|(h, s)| (s.seen_at, h.clone()))
        .collect();
    own.sort();
    let too_many = (own.len() + 1).saturating_sub(SESSIONS_MAX);
    for (_, hash) in own.into_iter().take(too_many) {
        records.sessions.remove(&hash);
    }
    let session = Session { owner, created_at: now, seen_at: now };
    records.sessions.insert(hashed(&token), session);
    Ok(Taken { token })
}

pub fn folded_login(login: &str) -> String {
    login.trim().to_lowercase()
}

fn sound_login(login: &str) -> Result<String, Problem> {
    let login = folded_login(login);
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if !(3..=60).contains(&login.chars().count()) || !login.chars().all(sound) {
        return Err(Problem::invalid("login", "3 to 60 letters, digits, or any of . - _ @"));
    }
    Ok(login)
}
