//! How keeping a log can fail, each time with the file and what would be right.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::migrate::MigrateError;
use units::AreaId;

use crate::log::Version;

/// Why a consumer of events or entries would not take one.
pub type Refusal = Box<dyn std::error::Error + Send + Sync>;

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody appended since the decision was made: load what is new and decide again.
    #[error("the log stands at {actual}, the batch expects {expected}")]
    VersionConflict { expected: Version, actual: Version },
    /// Another owner took the area over: stop writing.
    #[error("the batch carries epoch {held}, but the area's owner holds epoch {current}")]
    OldEpoch { held: u64, current: u64 },
    /// A command with this key was answered before: look up its receipt.
    #[error("the key `{key}` has a receipt already")]
    KeyUsed { key: String },
    /// A mistake of the caller.
    #[error("{field} is `{text}`; it must be {expected}")]
    Invalid { field: &'static str, text: String, expected: &'static str },
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The world failing: the disk, the file, another process.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{} is not a directory; give the path of a data directory or one that can be made", .path.display())]
    NotADirectory { path: PathBuf },
    #[error("{} cannot be written; a data directory must be writable", .path.display())]
    NotWritable { path: PathBuf, source: io::Error },
    #[error(
        "{} is not a data directory of kuseki: it holds `{found}` and no kuseki.json; give an empty or a new directory",
        .path.display()
    )]
    Foreign { path: PathBuf, found: String },
    #[error(
        "{} is in use by another server ({holder}); stop that one, or give this one a directory of its own",
        .path.display()
    )]
    InUse { path: PathBuf, holder: String },
    #[error(
        "{} has format {found}; this program reads format {expected}: use the program that wrote it, or another directory",
        .file.display()
    )]
    OtherFormat { file: PathBuf, found: u64, expected: u64 },
    #[error(
        "{} belongs to the roads `{found}`, but the roads given are `{expected}`: give the roads file it was made with, or another directory",
        .file.display()
    )]
    OtherRoads { file: PathBuf, found: String, expected: String },
    #[error("{} is not a description of a data directory: {detail}", .file.display())]
    Malformed { file: PathBuf, detail: String },
    #[error("{} holds a table layout that this program does not know ({detail}); use the program that wrote it", .file.display())]
    OtherTables { file: PathBuf, detail: String },
    #[error("the disk that holds {} is full; free some space, nothing of the last batch was kept", .path.display())]
    DiskFull { path: PathBuf },
    #[error("{} is damaged or is not a database ({detail}); restore it from a copy", .file.display())]
    Corrupt { file: PathBuf, detail: String },
    #[error("{} cannot be read or written", .file.display())]
    File { file: PathBuf, source: io::Error },
    #[error("{}: {action} failed", .file.display())]
    Database { file: PathBuf, action: &'static str, source: sqlx::Error },
    #[error("{area}: after {after} the log holds {found}; events between them are missing")]
    Gap { area: AreaId, after: Version, found: Version },
    #[error("{what} was not taken")]
    Refused { what: String, source: Refusal },
    /// A thread died while it held the memory log.
    #[error("the log in memory was left half-written by a thread that panicked")]
    Poisoned,
}

// The primary result codes of SQLite (https://www.sqlite.org/rescode.html); the low byte of an extended code.
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_NOTADB: i32 = 26;

impl Fault {
    /// Sorts an error of the database into the faults a person can act upon.
    pub(crate) fn database(file: &Path, action: &'static str, source: sqlx::Error) -> Fault {
        let file = file.to_owned();
        match primary_code(&source) {
            Some(SQLITE_FULL) => Fault::DiskFull { path: file },
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Fault::Corrupt { file, detail: source.to_string() },
            _ => match source {
                // A value of an unexpected type in a column: the schema says otherwise, so the file is damaged.
                sqlx::Error::ColumnDecode { .. } => Fault::Corrupt { file, detail: source.to_string() },
                _ => Fault::Database { file, action, source },
            },
        }
    }

    pub(crate) fn migration(file: &Path, source: MigrateError) -> Fault {
        const ACTION: &str = "bringing the tables up to date";
        match source {
            MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => {
                Fault::database(file, ACTION, e)
            }
            other => Fault::OtherTables { file: file.to_owned(), detail: other.to_string() },
        }
    }

    /// Sorts an error of a file: a full disk is told apart.
    pub(crate) fn file(file: &Path, source: io::Error) -> Fault {
        match source.kind() {
            io::ErrorKind::StorageFull => Fault::DiskFull { path: file.to_owned() },
            _ => Fault::File { file: file.to_owned(), source },
        }
    }
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
