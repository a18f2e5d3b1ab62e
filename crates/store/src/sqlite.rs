//! The log in one SQLite file: write-ahead log, flushed to the disk before a commit returns.

mod read;
mod wait;
mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use units::{AreaId, Timestamp};

use crate::fault::{AppendError, Fault, Refusal};
use crate::log::{Append, EventLog, LogReader, Receipt, RegisterEntry, StoredEvent, Version};
use read::Reading;
pub(crate) use wait::wait;

/// How long a connection waits for another one's lock. Only a second program on the file, or a checkpoint
/// that meets a reader, can cause a wait at all.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The log in a SQLite file, with its one writing connection.
#[derive(Debug)]
pub struct SqliteLog {
    file: PathBuf,
    /// Taken out only by `drop`.
    connection: Option<SqliteConnection>,
}

/// How a writing connection makes commits durable (<https://www.sqlite.org/pragma.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `wal`: a write-ahead log.
    pub journal: String,
    /// 2 (FULL): the write-ahead log is flushed to the disk before a commit returns.
    pub synchronous: i64,
}

/// A reading connection of its own on the same file.
#[derive(Debug)]
pub struct SqliteReader {
    file: PathBuf,
    connection: SqliteConnection,
}

impl SqliteLog {
    /// Opens the file, makes it if it is missing, and brings its tables up to date.
    pub fn open(file: &Path) -> Result<Self, Fault> {
        Self::open_limited(file, None)
    }

    /// As [`SqliteLog::open`], but the file may not grow past `max_pages` pages of 4,096 bytes: a quota, after
    /// which appends fail with [`Fault::DiskFull`]. Reaching it harms nothing that was appended before.
    pub fn open_limited(file: &Path, max_pages: Option<u32>) -> Result<Self, Fault> {
        let mut options = base_options(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Erased personal data is overwritten, not merely unlinked.
            .pragma("secure_delete", "ON");
        if let Some(pages) = max_pages {
            options = options.pragma("max_page_count", pages.to_string());
        }
        let mut connection = wait(options.connect()).map_err(|e| Fault::database(file, "opening", e))?;
        wait(sqlx::migrate!("./migrations").run(&mut connection)).map_err(|e| Fault::migration(file, e))?;
        Ok(SqliteLog { file: file.to_owned(), connection: Some(connection) })
    }

    /// The settings that durability rests on, as the open connection reports them.
    pub fn settings(&mut self) -> Result<Settings, Fault> {
        let (file, connection) = self.connection()?;
        let rows =
            sqlx::query_as("SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous");
        let (journal, synchronous) =
            wait(rows.fetch_one(connection)).map_err(|e| Fault::database(file, "reading the settings", e))?;
        Ok(Settings { journal, synchronous })
    }

    /// The file that holds the log.
    pub fn file(&self) -> &Path {
        &self.file
    }

    fn connection(&mut self) -> Result<(&Path, &mut SqliteConnection), Fault> {
        match &mut self.connection {
            Some(connection) => Ok((&self.file, connection)),
            None => Err(Fault::database(&self.file, "using a closed connection", sqlx::Error::WorkerCrashed)),
        }
    }

    fn reading(&mut self) -> Result<Reading<'_>, Fault> {
        self.connection().map(|(file, connection)| Reading { file, connection })
    }
}

impl Drop for SqliteLog {
    /// Closes the file before the owner's lock on the directory is given up; what was acknowledged is on the
    /// disk already, so a failure here loses nothing.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = wait(connection.close());
        }
    }
}

impl SqliteReader {
    fn open(file: &Path) -> Result<Self, Fault> {
        let options = base_options(file).read_only(true);
        let connection =
            wait(options.connect()).map_err(|e| Fault::database(file, "opening for reading", e))?;
        Ok(SqliteReader { file: file.to_owned(), connection })
    }

    fn reading(&mut self) -> Reading<'_> {
        Reading { file: &self.file, connection: &mut self.connection }
    }
}

fn base_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).busy_timeout(BUSY_TIMEOUT).disable_statement_logging()
}

impl EventLog for SqliteLog {
    fn append(&mut self, batch: &Append) -> Result<Version, AppendError> {
        batch.check()?;
        let (file, connection) = self.connection()?;
        let version = wait(write::append(file, connection, batch))?;
        if batch.register.iter().any(|write| write.body.is_none()) {
            wait(write::forget_history(connection));
        }
        Ok(version)
    }

    fn take_epoch(&mut self, area: AreaId) -> Result<u64, Fault> {
        let (file, connection) = self.connection()?;
        wait(write::take_epoch(connection, area))
            .map_err(|e| Fault::database(file, "taking the area over", e))
    }

    fn reader(&self) -> Result<Box<dyn LogReader>, Fault> {
        Ok(Box::new(SqliteReader::open(&self.file)?))
    }
}

impl LogReader for SqliteLog {
    fn load(
        &mut self,
        area: AreaId,
        after: Version,
        each: &mut dyn FnMut(StoredEvent) -> Result<(), Refusal>,
    ) -> Result<Version, Fault> {
        self.reading()?.load(area, after, each)
    }

    fn last(&mut self, area: AreaId) -> Result<Option<(Version, Timestamp)>, Fault> {
        self.reading()?.last(area)
    }

    fn receipt(&mut self, area: AreaId, key: &str) -> Result<Option<Receipt>, Fault> {
        self.reading()?.receipt(area, key)
    }

    fn load_register(
        &mut self,
        each: &mut dyn FnMut(RegisterEntry) -> Result<(), Refusal>,
    ) -> Result<(), Fault> {
        self.reading()?.load_register(each)
    }

    fn find_register(&mut self, kind: &str, id: &str) -> Result<Option<RegisterEntry>, Fault> {
        self.reading()?.find_register(kind, id)
    }

    fn search_register(&mut self, kind: &str, words: &str, limit: u32) -> Result<Vec<RegisterEntry>, Fault> {
        self.reading()?.search_register(kind, words, limit)
    }
}

impl LogReader for SqliteReader {
    fn load(
        &mut self,
        area: AreaId,
        after: Version,
        each: &mut dyn FnMut(StoredEvent) -> Result<(), Refusal>,
    ) -> Result<Version, Fault> {
        self.reading().load(area, after, each)
    }

    fn last(&mut self, area: AreaId) -> Result<Option<(Version, Timestamp)>, Fault> {
        self.reading().last(area)
    }

    fn receipt(&mut self, area: AreaId, key: &str) -> Result<Option<Receipt>, Fault> {
        self.reading().receipt(area, key)
    }

    fn load_register(
        &mut self,
        each: &mut dyn FnMut(RegisterEntry) -> Result<(), Refusal>,
    ) -> Result<(), Fault> {
        self.reading().load_register(each)
    }

    fn find_register(&mut self, kind: &str, id: &str) -> Result<Option<RegisterEntry>, Fault> {
        self.reading().find_register(kind, id)
    }

    fn search_register(&mut self, kind: &str, words: &str, limit: u32) -> Result<Vec<RegisterEntry>, Fault> {
        self.reading().search_register(kind, words, limit)
    }
}
