//! `kuseki accounts`: who may sign in, kept while no server uses the data directory. Passwords are read from the keyboard or
//! from standard input, never from the command's arguments, where other users of the machine could read them.

use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dispatch::SystemClock;
use server::{Accounts, AddedAccount, Problem, Role};
use store::{AccountsLock, DataDir};

use crate::fault::Fault;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Adds an account, such as the first administrator's. The password is asked for, or read from standard input.
    Add(Add),
    /// Lists the accounts.
    List(OfDirectory),
    /// Sets a forgotten password; all sessions of the account end.
    Password(SetPassword),
}

#[derive(Debug, clap::Args)]
pub struct OfDirectory {
    /// Data directory; no server may be using it.
    #[arg(long)]
    data: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Add {
    /// What is typed to sign in.
    login: String,
    #[arg(long)]
    name: String,
    /// `operator`, `driver`, `facility_manager`, `corporation_administrator`, `rider`, `municipality` or `auditor`.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Riders; or one facility, corporation, driver or vehicle, as the role has it. An administrator of the whole area has none.
    #[arg(long, value_name = "ID")]
    of: Vec<String>,
    #[command(flatten)]
    at: OfDirectory,
}

#[derive(Debug, clap::Args)]
pub struct SetPassword {
    /// What is typed to sign in.
    login: String,
    #[command(flatten)]
    at: OfDirectory,
}

fn role(text: &str) -> Result<Role, String> {
    let people = || Role::ALL.into_iter().filter(|role| *role != Role::Machine);
    people().find(|role| role.code() == text).ok_or_else(|| {
        let all: Vec<&str> = people().map(Role::code).collect();
        format!("one of {}", all.join(", "))
    })
}

pub fn run(command: &Command) -> Result<(), Fault> {
    let refused = |problem: Problem| Fault::Usage(problem.detail);
    match command {
        Command::Add(new) => {
            let (accounts, _lock) = open(&new.at.data)?;
            let (login, name) = (new.login.clone(), new.name.clone());
            let added = AddedAccount { login, name, role: new.role, of: new.of.clone() };
            let id = accounts.add(added, Some(&password()?)).map_err(refused)?;
            println!("{id} `{}` can sign in now", new.login);
        }
        Command::List(at) => {
            let (accounts, _lock) = open(&at.data)?;
            for (id, login, role, of) in accounts.list() {
                println!("{id}\t{login}\t{}\t{}", role.code(), of.join(" "));
            }
        }
        Command::Password(of) => {
            let (accounts, _lock) = open(&of.at.data)?;
            accounts.set_password(&of.login, &password()?).map_err(refused)?;
            println!("the password of `{}` is set; its sessions are over", of.login);
        }
    }
    Ok(())
}

fn open(data: &Path) -> Result<(Accounts, AccountsLock), Fault> {
    let (file, lock) = DataDir::accounts_alone(data)?;
    Ok((Accounts::open(file, Arc::new(SystemClock))?, lock))
}

/// Typed twice at a keyboard without being shown, or one line of standard input.
fn password() -> Result<String, Fault> {
    let unreadable = |source| Fault::File { path: PathBuf::from("standard input"), source };
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first =
        rpassword::prompt_password("Password (10 characters or more, not shown): ").map_err(unreadable)?;
    let second = rpassword::prompt_password("Once more: ").map_err(unreadable)?;
    if first != second {
        return Err(Fault::Usage("the two passwords differ; nothing was changed".to_owned()));
    }
    Ok(first)
}
