//! What is to be told to people outside, and what became of it: how far the log has been read, and one row for each
//! message and adapter. In a file of its own, so that it never waits for the engine's writes nor the engine for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, Row, SqliteConnection};
use units::{AreaId, Timestamp};

use crate::fault::Fault;
use crate::log::Version;
use crate::sqlite::wait;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Still to be sent.
    Waiting,
    /// The other side has taken it; what follows from that is still to be noted.
    Sent,
    Delivered,
    /// Told by somebody else, or overtaken by time.
    Moot,
    /// Given up.
    Failed,
}

impl Standing {
    pub const fn code(self) -> &'static str {
        match self {
            Standing::Waiting => "waiting",
            Standing::Sent => "sent",
            Standing::Delivered => "delivered",
            Standing::Moot => "moot",
            Standing::Failed => "failed",
        }
    }

    fn parse(code: &str) -> Standing {
        let all = [Standing::Sent, Standing::Delivered, Standing::Moot, Standing::Failed];
        all.into_iter().find(|s| s.code() == code).unwrap_or(Standing::Waiting)
    }
}

/// One thing that is told to one listener by one adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Unique within area and adapter, and the same however often the log is read.
    pub key: String,
    pub adapter: String,
    /// Of the event it comes from.
    pub version: Version,
    pub listener: String,
    pub notice: Option<String>,
    /// JSON text.
    pub about: String,
    pub standing: Standing,
    /// How often it was tried.
    pub attempts: u32,
    /// A code of why it was not delivered, or not yet.
    pub reason: Option<String>,
    pub at: Timestamp,
}

/// The outbox of a data directory.
#[derive(Debug)]
pub struct Outbox {
    file: PathBuf,
    connection: SqliteConnection,
}

impl Outbox {
    /// Opens the file, makes it if it is missing, and brings its tables up to date.
    pub(crate) fn open(file: &Path) -> Result<Self, Fault> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A receipt that a crash takes back would be a message sent twice.
            .synchronous(SqliteSynchronous::Full);
        let mut connection = wait(options.connect()).map_err(|e| Fault::database(file, "opening", e))?;
        wait(sqlx::migrate!("./outbox").run(&mut connection)).map_err(|e| Fault::migration(file, e))?;
        Ok(Outbox { file: file.to_owned(), connection })
    }

    /// Up to where the log has been turned into deliveries; none where that has never begun.
    pub fn position(&mut self, area: AreaId) -> Result<Option<Version>, Fault> {
        let query = sqlx::query_as("SELECT version FROM position WHERE area = ?1").bind(i64::from(area.0));
        let found: Option<(i64,)> = wait(query.fetch_optional(&mut self.connection))
            .map_err(|e| Fault::database(&self.file, "reading the position", e))?;
        Ok(found.map(|(version,)| Version(version.unsigned_abs())))
    }

    /// Takes in what the log up to `position` asks for; all of it becomes durable with the position, or none of it. A
    /// delivery that is there already stays as it is.
    pub fn take(&mut self, area: AreaId, position: Version, new: &[Delivery]) -> Result<(), Fault> {
        let written = wait(take(&mut self.connection, area, position, new));
        written.map_err(|e| Fault::database(&self.file, "taking deliveries in", e))
    }

    /// Forgets what comes from events behind `last`: they are of a log that was put back to an older copy.
    pub fn forget_after(&mut self, area: AreaId, last: Version) -> Result<(), Fault> {
        let query = sqlx::query("DELETE FROM delivery WHERE area = ?1 AND version > ?2")
            .bind(i64::from(area.0))
            .bind(last.0.cast_signed());
        let done = wait(query.execute(&mut self.connection));
        done.map_err(|e| Fault::database(&self.file, "forgetting deliveries", e))?;
        self.take(area, last, &[])
    }

    /// Forgets what was done with before `time`.
    pub fn forget_before(&mut self, time: Timestamp) -> Result<(), Fault> {
        let query = sqlx::query("DELETE FROM delivery WHERE state NOT IN ('waiting', 'sent') AND at < ?1")
            .bind(time.unix_seconds());
        let done = wait(query.execute(&mut self.connection));
        done.map(|_| ()).map_err(|e| Fault::database(&self.file, "forgetting deliveries", e))
    }

    /// What an adapter still has to do, in the order of the log, `limit` at most.
    pub fn list_open(&mut self, area: AreaId, adapter: &str, limit: u32) -> Result<Vec<Delivery>, Fault> {
        let query = sqlx::query(
            "SELECT * FROM delivery WHERE area = ?1 AND adapter = ?2 AND state IN ('waiting', 'sent') \
             ORDER BY number LIMIT ?3",
        )
        .bind(i64::from(area.0))
        .bind(adapter)
        .bind(i64::from(limit));
        let rows = wait(query.fetch_all(&mut self.connection));
        self.read(rows)
    }

    /// The newest deliveries that failed, or that belong to a notice, whatever became of them.
    pub fn list_shown(&mut self, area: AreaId, limit: u32) -> Result<Vec<Delivery>, Fault> {
        let query = sqlx::query(
            "SELECT * FROM delivery WHERE area = ?1 AND (state = 'failed' OR notice IS NOT NULL) \
             ORDER BY number DESC LIMIT ?2",
        )
        .bind(i64::from(area.0))
        .bind(i64::from(limit));
        let rows = wait(query.fetch_all(&mut self.connection));
        self.read(rows)
    }

    /// Notes what became of a delivery.
    pub fn settle(&mut self, area: AreaId, delivery: &Delivery) -> Result<(), Fault> {
        let query = sqlx::query(
            "UPDATE delivery SET state = ?4, attempts = ?5, reason = ?6, at = ?7 \
             WHERE area = ?1 AND key = ?2 AND adapter = ?3",
        )
        .bind(i64::from(area.0))
        .bind(&delivery.key)
        .bind(&delivery.adapter)
        .bind(delivery.standing.code())
        .bind(i64::from(delivery.attempts))
        .bind(&delivery.reason)
        .bind(delivery.at.unix_seconds());
        let done = wait(query.execute(&mut self.connection));
        done.map(|_| ()).map_err(|e| Fault::database(&self.file, "noting a delivery", e))
    }

    fn read(&self, rows: sqlx::Result<Vec<SqliteRow>>) -> Result<Vec<Delivery>, Fault> {
        let read = rows.and_then(|rows| rows.iter().map(delivery_of).collect());
        read.map_err(|e| Fault::database(&self.file, "reading deliveries", e))
    }
}

async fn take(
    connection: &mut SqliteConnection,
    area: AreaId,
    position: Version,
    new: &[Delivery],
) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    for one in new {
        sqlx::query(
            "INSERT INTO delivery (area, key, adapter, version, listener, notice, about, state, attempts, reason, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (area, key, adapter) DO NOTHING",
        )
        .bind(i64::from(area.0))
        .bind(&one.key)
        .bind(&one.adapter)
        .bind(one.version.0.cast_signed())
        .bind(&one.listener)
        .bind(&one.notice)
        .bind(&one.about)
        .bind(one.standing.code())
        .bind(i64::from(one.attempts))
        .bind(&one.reason)
        .bind(one.at.unix_seconds())
        .execute(&mut *transaction)
        .await?;
    }
    let position = sqlx::query(
        "INSERT INTO position (area, version) VALUES (?1, ?2) \
         ON CONFLICT (area) DO UPDATE SET version = excluded.version",
    )
    .bind(i64::from(area.0))
    .bind(position.0.cast_signed());
    transaction.execute(position).await?;
    transaction.commit().await
}

fn delivery_of(row: &SqliteRow) -> sqlx::Result<Delivery> {
    Ok(Delivery {
        key: row.try_get("key")?,
        adapter: row.try_get("adapter")?,
        version: Version(row.try_get::<i64, _>("version")?.unsigned_abs()),
        listener: row.try_get("listener")?,
        notice: row.try_get("notice")?,
        about: row.try_get("about")?,
        standing: Standing::parse(&row.try_get::<String, _>("state")?),
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
        reason: row.try_get("reason")?,
        at: Timestamp::from_unix_seconds(row.try_get("at")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: AreaId = AreaId(1);

    fn delivery(key: &str) -> Delivery {
        Delivery {
            key: key.to_owned(),
            adapter: "webhook".to_owned(),
            version: Version(3),
            listener: "rider-1".to_owned(),
            notice: None,
            about: "{}".to_owned(),
            standing: Standing::Waiting,
            attempts: 0,
            reason: None,
            at: Timestamp::from_unix_seconds(0),
        }
    }

    #[test]
    fn what_was_taken_in_stays_and_what_is_done_is_not_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("outbox.sqlite");
        let mut outbox = Outbox::open(&file).unwrap();
        assert_eq!(outbox.position(AREA).unwrap(), None);
        outbox.take(AREA, Version(3), &[delivery("3-0"), delivery("3-1")]).unwrap();
        let done = Delivery { standing: Standing::Delivered, attempts: 2, ..delivery("3-0") };
        outbox.settle(AREA, &done).unwrap();
        // The same stretch of the log once more, after a restart.
        drop(outbox);
        let mut outbox = Outbox::open(&file).unwrap();
        outbox.take(AREA, Version(3), &[delivery("3-0"), delivery("3-1")]).unwrap();
        assert_eq!(outbox.position(AREA).unwrap(), Some(Version(3)));
        assert_eq!(outbox.list_open(AREA, "webhook", 10).unwrap(), [delivery("3-1")]);
        assert!(outbox.list_open(AREA, "mail", 10).unwrap().is_empty());
        let failed =
            Delivery { standing: Standing::Failed, reason: Some("http_404".to_owned()), ..delivery("3-1") };
        outbox.settle(AREA, &failed).unwrap();
        assert_eq!(outbox.list_shown(AREA, 10).unwrap(), [failed]);
        outbox.forget_before(Timestamp::from_unix_seconds(1)).unwrap();
        assert!(outbox.list_shown(AREA, 10).unwrap().is_empty());
    }

    #[test]
    fn a_log_put_back_to_an_older_copy_takes_its_deliveries_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut outbox = Outbox::open(&folder.path().join("outbox.sqlite")).unwrap();
        outbox.take(AREA, Version(9), &[delivery("3-0")]).unwrap();
        outbox.forget_after(AREA, Version(2)).unwrap();
        assert_eq!(outbox.position(AREA).unwrap(), Some(Version(2)));
        assert!(outbox.list_open(AREA, "webhook", 10).unwrap().is_empty());
    }
}
