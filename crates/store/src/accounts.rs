//! Who may use the service, in a file of its own beside the log: JSON bodies by kind and id. Their meaning is the server's
//! business.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};

use crate::fault::Fault;
use crate::sqlite::wait;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A body that is kept under its kind and id, or, without one, erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountsWrite {
    pub kind: &'static str,
    pub id: String,
    /// JSON text.
    pub body: Option<String>,
}

/// The accounts of a data directory.
#[derive(Debug)]
pub struct AccountsFile {
    file: PathBuf,
    connection: SqliteConnection,
}

impl AccountsFile {
    /// Opens the file, makes it if it is missing, and brings its tables up to date.
    pub(crate) fn open(file: &Path) -> Result<Self, Fault> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A revoked key that works again after a crash would be worse than a slow revocation.
            .synchronous(SqliteSynchronous::Full)
            // What is erased leaves no bytes behind.
            .pragma("secure_delete", "ON");
        let mut connection = wait(options.connect()).map_err(|e| Fault::database(file, "opening", e))?;
        wait(sqlx::migrate!("./accounts").run(&mut connection)).map_err(|e| Fault::migration(file, e))?;
        Ok(AccountsFile { file: file.to_owned(), connection })
    }

    /// Everything that is kept: kind, id and body, by kind and id.
    pub fn load(&mut self) -> Result<Vec<(String, String, String)>, Fault> {
        let query = sqlx::query_as("SELECT kind, id, body FROM entry ORDER BY kind, id");
        wait(query.fetch_all(&mut self.connection))
            .map_err(|e| Fault::database(&self.file, "reading accounts", e))
    }

    /// Keeps all of it durably, or none of it.
    pub fn write(&mut self, writes: &[AccountsWrite]) -> Result<(), Fault> {
        let written = wait(write(&mut self.connection, writes));
        written.map_err(|e| Fault::database(&self.file, "writing accounts", e))?;
        if writes.iter().any(|w| w.body.is_none()) {
            // The write-ahead log still holds the old pages. If this fails the next erasure does it.
            drop(wait(self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")));
        }
        Ok(())
    }
}

async fn write(connection: &mut SqliteConnection, writes: &[AccountsWrite]) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    for one in writes {
        let query = match &one.body {
            Some(body) => sqlx::query(
                "INSERT INTO entry (kind, id, body) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            )
            .bind(one.kind)
            .bind(&one.id)
            .bind(body),
            None => sqlx::query("DELETE FROM entry WHERE kind = ?1 AND id = ?2").bind(one.kind).bind(&one.id),
        };
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stays_and_what_is_erased_leaves_no_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("accounts.sqlite");
        let keep = |id: &str, body: Option<&str>| AccountsWrite {
            kind: "account",
            id: id.to_owned(),
            body: body.map(str::to_owned),
        };
        let mut accounts = AccountsFile::open(&file).unwrap();
        accounts
            .write(&[keep("account-1", Some("\"here to stay\"")), keep("account-2", Some("\"sayonara\""))])
            .unwrap();
        accounts.write(&[keep("account-2", None)]).unwrap();
        drop(accounts);
        let mut accounts = AccountsFile::open(&file).unwrap();
        let all = accounts.load().unwrap();
        assert_eq!(all, [("account".to_owned(), "account-1".to_owned(), "\"here to stay\"".to_owned())]);
        drop(accounts);
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(8).any(|w| w == b"sayonara"));
        }
    }
}
