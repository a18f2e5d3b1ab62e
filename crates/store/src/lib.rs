//! The event log and what is kept beside it.
//!
//! Knows how to keep numbered events, the answers given to commands and the register (personal and master
//! data) so that what was acknowledged survives the process. Must not know what any event means: payloads,
//! replies and bodies are JSON text that it keeps byte for byte and never looks into.
//!
//! Start with [`EventLog`], the one door for writing. [`SqliteLog`] keeps it in a file, [`MemoryLog`] in memory
//! for simulation; both pass one conformance suite. [`DataDir`] is the folder of a running server.
//!
//! Everything here blocks the calling thread and needs no async runtime: it may be called from a plain
//! thread, from a blocking task, or (holding that thread up) from inside a runtime.
//!
//! ```
//! use store::{Append, AppendError, EventLog, LogReader, MemoryLog, NewEvent, Version};
//! use units::{AreaId, Timestamp};
//!
//! let mut log = MemoryLog::new();
//! let epoch = log.take_epoch(AreaId(1))?;
//! let at = Timestamp::parse("2026-11-24T07:30:00+09:00").unwrap();
//! let mut batch = Append::new(AreaId(1), Version::EMPTY, epoch);
//! batch.events.push(NewEvent { kind: "DayOpened".into(), schema: 1, at, actor: "operator".into(), payload: "{}".into() });
//! assert_eq!(log.append(&batch)?, Version(1));
//!
//! // The same batch once more rests on an outdated view of the log and is refused whole.
//! let again = log.append(&batch);
//! assert!(matches!(again, Err(AppendError::VersionConflict { expected: Version(0), actual: Version(1) })));
//!
//! let mut kinds = Vec::new();
//! log.load(AreaId(1), Version::EMPTY, &mut |event| { kinds.push(event.kind); Ok(()) })?;
//! assert_eq!(kinds, ["DayOpened"]);
//! # Ok::<(), AppendError>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod log;
mod fault;
mod memory;
mod sqlite;
mod data_dir;
mod settings;
mod outbox;
mod accounts;
mod snapshot;

pub use accounts::{AccountsFile, AccountsWrite};
pub use data_dir::{AccountsLock, DataDir, Description, FORMAT};
pub use fault::{AppendError, Fault, Refusal};
pub use log::{
    Append, EventLog, LogReader, NewEvent, Receipt, RegisterEntry, RegisterWrite, StoredEvent, Version,
};
pub use memory::MemoryLog;
pub use outbox::{Delivery, Outbox, Standing};
pub use settings::AreaSettings;
pub use snapshot::{Kept, Snapshots, find_event};
pub use sqlite::{Settings, SqliteLog, SqliteReader};
