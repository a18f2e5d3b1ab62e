//! The book as the composition and the command line use it.

use std::sync::Arc;

use dispatch::Clock;
use store::AccountsFile;
use units::AccountId;

use super::book::{Book, NewAccount};
use super::password;
use super::records::InvitedTo;
use super::who::{Reach, Role};
use crate::problem::Problem;

/// The sign-in name of the first administrator where the command line gave none.
const FIRST: &str = "admin";

/// Who may sign in, kept in a data directory.
#[derive(Clone)]
pub struct Accounts(pub(crate) Arc<Book>);

/// An account that is to be added.
#[derive(Debug, Clone)]
pub struct AddedAccount {
    pub login: String,
    pub name: String,
    pub role: Role,
    /// Riders; or one facility, corporation, driver or vehicle, as the role has it.
    pub of: Vec<String>,
}

/// The first administrator's way in.
pub struct FirstInvitation {
    pub login: String,
    /// What is behind the address of the server.
    pub path: String,
}

impl Accounts {
    /// `clock` shows real time, whatever a town's clock shows.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn open(file: AccountsFile, clock: Arc<dyn Clock>) -> Result<Accounts, store::Fault> {
        Book::open(file, clock).map(|book| Accounts(Arc::new(book)))
    }

    /// Adds an account, with a password or (for a demo) without. Blocks on the disk.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&self, new: AddedAccount, password: Option<&str>) -> Result<String, Problem> {
        let password = password.map(|password| sound(password, &new.login)).transpose()?;
        let AddedAccount { login, name, role, of } = new;
        self.0
            .add_account(NewAccount { login, name, role, of, password })
            .map(|account| account.id.to_string())
    }

    /// Sets the password of an account and ends its sessions. Blocks on the disk.
    ///
    /// # Errors
    /// No such account, or a password that is too easy.
    pub fn set_password(&self, login: &str, password: &str) -> Result<(), Problem> {
        let known = self.0.records().find_login(&super::book::folded_login(login)).map(|a| a.id);
        let account = known.ok_or_else(|| Problem::not_found("account", login))?;
        let kept = sound(password, login)?;
        let invited = self.0.invite(InvitedTo::ChoosePassword { account }, "command line")?;
        self.0.take(&invited.code, Some(kept)).map(|_| ())
    }

    /// Sign-in name, role and whose, by id.
    pub fn list(&self) -> Vec<(AccountId, String, Role, Vec<String>)> {
        let records = self.0.records();
        records.accounts.values().map(|a| (a.id, a.login.clone(), a.role, a.of.clone())).collect()
    }

    /// An invitation for the first administrator, as long as nobody of the whole area can sign in to let others in. Blocks on
    /// the disk.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn invite_first(&self) -> Result<Option<FirstInvitation>, Problem> {
        let records = self.0.records();
        let lets_in = |a: &&super::records::Account| {
            a.role == Role::CorporationAdministrator && a.reach() == Reach::All && !a.disabled
        };
        if records.accounts.values().filter(lets_in).any(|a| a.password.is_some()) {
            return Ok(None);
        }
        let waiting = records.accounts.values().find(lets_in).map(|a| (a.id, a.login.clone()));
        let (account, login) = match waiting {
            Some(known) => known,
            None => {
                let (login, name) = (FIRST.to_owned(), "管理者".to_owned());
                let role = Role::CorporationAdministrator;
                let new = NewAccount { login, name, role, of: Vec::new(), password: None };
                let account = self.0.add_account(new)?;
                (account.id, account.login)
            }
        };
        let invited = self.0.invite(InvitedTo::ChoosePassword { account }, "first start")?;
        Ok(Some(FirstInvitation { login, path: format!("/sign-in#invitation={}", invited.code) }))
    }
}

fn sound(password: &str, login: &str) -> Result<String, Problem> {
    if let Some(right) = password::flaw(password, login) {
        return Err(Problem::invalid("password", right));
    }
    let internal = |detail| Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "internal", detail);
    password::hash(password).map_err(internal)
}
