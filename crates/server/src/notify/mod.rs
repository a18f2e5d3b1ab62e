//! Telling people outside: committed events become tidings, tidings become letters, and adapters carry them to those who
//! are told by mail or by an app. Who is called by telephone stays on the operator's list, with a script to read aloud.
//!
//! The log is the queue. [`intake`] reads it from a kept position and writes one row for each letter and adapter into the
//! outbox ([`store::Outbox`]); [`postman`] sends the rows of one adapter. Nothing waits in memory that is not on disk, and
//! neither ever holds the engine up. A crash between sending and its receipt sends again under the same key.

mod tidings;
mod words;
mod deliveries;
mod intake;
mod postman;
mod log;
mod webhook;
mod mail;

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use store::Outbox;

use crate::app::App;
use crate::register::By;
use crate::texts::Both;

pub use deliveries::{Deliveries, Place};
pub use log::LogNotifier;
pub use mail::{MailNotifier, Security, SmtpSettings};
pub use tidings::kind_of;
pub use webhook::WebhookNotifier;

/// What is handed to an adapter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The same at every try, and no other letter's.
    pub key: String,
    pub rider: String,
    pub name: String,
    /// How this rider is told.
    pub by: By,
    /// Where; empty for the log.
    pub address: String,
    pub kind: &'static str,
    pub notice: Option<String>,
    pub area: String,
    pub subject: Both,
    pub text: Both,
    /// Ids and times, for programs.
    pub about: serde_json::Value,
}

/// Why a letter was not taken. The code names no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undelivered {
    /// Worth another try.
    ForNow(String),
    ForGood(String),
}

/// The port: carries a letter to its reader.
pub trait Notifier: Send + Sync {
    /// The word under which its deliveries are kept: `log`, `webhook` or `mail`.
    fn name(&self) -> &'static str;

    /// Returns when the other side has taken the letter. Must end in reasonable time, whatever the other side does.
    fn deliver<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), Undelivered>>;
}

/// What the composition hands over.
pub struct Setup {
    pub outbox: Outbox,
    pub adapters: Vec<Arc<dyn Notifier>>,
}

/// What all tasks of this room share.
#[derive(Clone)]
pub(crate) struct Room {
    pub app: Arc<App>,
    pub outbox: Arc<Mutex<Outbox>>,
    pub adapters: Arc<[Arc<dyn Notifier>]>,
    /// Rung when there may be something new to send.
    pub bell: Arc<tokio::sync::watch::Sender<u64>>,
}

impl Room {
    /// Does something with the outbox away from the runtime's threads. The file is the world: what fails is tried again
    /// until it works, since what is not on disk must not be taken for done.
    pub async fn with_outbox<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Outbox) -> Result<T, store::Fault> + Send + Sync + 'static,
    ) -> T {
        let work = Arc::new(work);
        loop {
            let (outbox, again) = (self.outbox.clone(), work.clone());
            let done = tokio::task::spawn_blocking(move || {
                again(&mut outbox.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
            });
            match done.await {
                Ok(Ok(value)) => return value,
                Ok(Err(fault)) => {
                    tracing::error!(error = %fault, "the outbox could not be read or written; trying again")
                }
                Err(ended) => tracing::error!(error = %ended, "work on the outbox ended early; trying again"),
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }
}

/// Starts the reading of the log and one postman for each adapter; they run until the service is gone.
pub(crate) fn start(app: Arc<App>, setup: Setup, begin: intake::Begin) {
    let room = Room {
        app,
        outbox: Arc::new(Mutex::new(setup.outbox)),
        adapters: setup.adapters.into(),
        bell: Arc::new(tokio::sync::watch::Sender::new(0)),
    };
    for adapter in room.adapters.iter() {
        tokio::spawn(postman::run(room.clone(), adapter.clone()));
    }
    tokio::spawn(intake::run(room, begin));
}

pub(crate) use intake::{begin, fold};
