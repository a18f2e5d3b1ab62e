//! What a log is: its records and the two doors, one for reading and one for writing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use units::{AreaId, Timestamp};

use crate::fault::{AppendError, Fault, Refusal};

/// The number of an event within its area's stream, counted from 1; as a state, the number of the last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// The version of a stream in which nothing has happened.
    pub const EMPTY: Version = Version(0);

    /// The version after `count` more events.
    pub const fn plus(self, count: usize) -> Version {
        Version(self.0 + count as u64)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {}", self.0)
    }
}

/// An event that is to be appended; its version follows from its place in the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    pub kind: String,
    /// Number of the payload's shape within its kind; raised when the shape changes.
    pub schema: u16,
    pub at: Timestamp,
    /// Who caused it: an id or a role, never a name.
    pub actor: String,
    /// JSON text, kept byte for byte.
    pub payload: String,
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    pub version: Version,
    pub kind: String,
    pub schema: u16,
    pub at: Timestamp,
    pub actor: String,
    pub payload: String,
}

/// The answer that was given to a command. A client that repeats the command under the same key gets it again.
///
/// Receipts are not erased with a person, so a reply must hold ids and no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The client's idempotency key, unique within an area.
    pub key: String,
    /// Of the command: the same key with another fingerprint is a misuse of the key, not a repetition.
    pub fingerprint: String,
    pub status: u16,
    /// JSON text.
    pub reply: String,
    pub at: Timestamp,
}

/// A change of one entry of the register, made in the same transaction as the events that speak of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterWrite {
    pub kind: String,
    pub id: String,
    /// JSON text; `None` erases the entry so that not even its bytes remain on disk.
    pub body: Option<String>,
    /// What a person may type to find the entry (name, reading, telephone number), in any case.
    pub search: String,
    pub at: Timestamp,
}

/// An entry of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterEntry {
    pub kind: String,
    pub id: String,
    pub body: String,
    pub updated_at: Timestamp,
}

/// Everything that one decision writes: all of it becomes durable in one transaction, or none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    pub area: AreaId,
    /// The version that the decision was made on.
    pub expected: Version,
    /// The writer's epoch, from [`EventLog::take_epoch`].
    pub epoch: u64,
    pub events: Vec<NewEvent>,
    pub receipts: Vec<Receipt>,
    /// Applied in order: of two writes of one entry the later one stands.
    pub register: Vec<RegisterWrite>,
}

impl Append {
    /// A batch that holds nothing yet.
    pub const fn new(area: AreaId, expected: Version, epoch: u64) -> Self {
        Append { area, expected, epoch, events: Vec::new(), receipts: Vec::new(), register: Vec::new() }
    }

    /// Refuses what no log may keep: names that are empty or hold control characters, texts that are not
    /// JSON, one key twice. Both adapters call it first, so both refuse the same batches.
    pub(crate) fn check(&self) -> Result<(), AppendError> {
        for event in &self.events {
            check_name("event.kind", &event.kind)?;
            check_name("event.actor", &event.actor)?;
            check_json("event.payload", &event.payload)?;
        }
        let mut keys = BTreeSet::new();
        for receipt in &self.receipts {
            check_name("receipt.key", &receipt.key)?;
            check_name("receipt.fingerprint", &receipt.fingerprint)?;
            check_json("receipt.reply", &receipt.reply)?;
            if !keys.insert(&receipt.key) {
                return Err(AppendError::KeyUsed { key: receipt.key.clone() });
            }
        }
        for write in &self.register {
            check_name("register.kind", &write.kind)?;
            check_name("register.id", &write.id)?;
            if let Some(body) = &write.body {
                check_json("register.body", body)?;
            }
            if write.search.contains('\0') {
                let expected = "text without NUL characters";
                return Err(AppendError::Invalid {
                    field: "register.search",
                    text: write.search.clone(),
                    expected,
                });
            }
        }
        Ok(())
    }

    /// The write that stands for each entry of the register, in the order of kind and id.
    pub(crate) fn standing_writes(&self) -> BTreeMap<(&str, &str), &RegisterWrite> {
        self.register.iter().map(|write| ((write.kind.as_str(), write.id.as_str()), write)).collect()
    }
}

fn check_name(field: &'static str, text: &str) -> Result<(), AppendError> {
    if text.is_empty() || text.chars().any(char::is_control) {
        let expected = "a text that is not empty and holds no control characters";
        return Err(AppendError::Invalid { field, text: text.to_owned(), expected });
    }
    Ok(())
}

fn check_json(field: &'static str, text: &str) -> Result<(), AppendError> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|_| AppendError::Invalid {
        field,
        text: text.to_owned(),
        expected: "JSON",
    })
}

/// Reading. A reader sees whole batches only, and may be used on another thread while the owner writes.
pub trait LogReader: Send {
    /// Hands every event of the area after `after` to `each`, in order, and returns the last version seen
    /// (`after` itself if there was nothing more). Stops with [`Fault::Refused`] if `each` refuses one.
    fn load(
        &mut self,
        area: AreaId,
        after: Version,
        each: &mut dyn FnMut(StoredEvent) -> Result<(), Refusal>,
    ) -> Result<Version, Fault>;

    /// Number and time of the area's last event.
    fn last(&mut self, area: AreaId) -> Result<Option<(Version, Timestamp)>, Fault>;

    /// The answer given under this key, if there was one.
    fn receipt(&mut self, area: AreaId, key: &str) -> Result<Option<Receipt>, Fault>;

    /// Hands every entry of the register to `each`, ordered by kind and id as bytes.
    fn load_register(
        &mut self,
        each: &mut dyn FnMut(RegisterEntry) -> Result<(), Refusal>,
    ) -> Result<(), Fault>;

    /// One entry of the register; `None` if it never was or was erased.
    fn find_register(&mut self, kind: &str, id: &str) -> Result<Option<RegisterEntry>, Fault>;

    /// At most `limit` entries whose search text holds every word of `words` (any case, any order), by id.
    fn search_register(&mut self, kind: &str, words: &str, limit: u32) -> Result<Vec<RegisterEntry>, Fault>;
}

/// Writing, by the one owner of an area.
pub trait EventLog: LogReader {
    /// Makes the whole batch durable and returns the version of its last event.
    ///
    /// Any other error than [`AppendError::Fault`] means that nothing was written. After a fault of the disk it is
    /// not known whether a later start will find the batch (the disk may have kept it and failed to say so), so
    /// the owner must load again from its last known version before it decides anything more.
    fn append(&mut self, batch: &Append) -> Result<Version, AppendError>;

    /// Makes the caller the owner of the area: raises the epoch and returns it. From then on appends with a
    /// lower epoch are refused, so a former owner that was thought dead cannot write beside the new one.
    fn take_epoch(&mut self, area: AreaId) -> Result<u64, Fault>;

    /// A reader of the same log for another thread. Readers do not wait for each other or for the writer.
    fn reader(&self) -> Result<Box<dyn LogReader>, Fault>;
}

/// The form in which search texts and words are compared.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// The words of a search, folded.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    text.split_whitespace().map(folded).collect()
}
