//! One batch, one transaction, and in it one statement for each kind of row.

use std::path::Path;

use serde::Serialize;
use sqlx::{Executor, SqliteConnection};
use units::AreaId;

use crate::fault::{AppendError, Fault};
use crate::log::{Append, Version, folded};

/// Writes the batch, or leaves the file as it was.
///
/// The transaction is begun, committed and rolled back by plain statements: after a full disk SQLite may have
/// rolled back by itself, which the driver's own counting of transactions does not expect.
pub(super) async fn append(
    file: &Path,
    connection: &mut SqliteConnection,
    batch: &Append,
) -> Result<Version, AppendError> {
    let fault = |e| AppendError::from(Fault::database(file, "appending", e));
    // The write lock is taken at once: a transaction that begins by reading could find itself outdated.
    connection.execute("BEGIN IMMEDIATE").await.map_err(fault)?;
    let written = match check_and_write(file, connection, batch).await {
        Ok(version) => connection.execute("COMMIT").await.map(|_| version).map_err(fault),
        Err(refused) => Err(refused),
    };
    if written.is_err() {
        // An error here says that SQLite rolled back already; the first error is the one to tell.
        let _ = connection.execute("ROLLBACK").await;
    }
    written
}

async fn check_and_write(
    file: &Path,
    connection: &mut SqliteConnection,
    batch: &Append,
) -> Result<Version, AppendError> {
    let fault = |e| AppendError::from(Fault::database(file, "appending", e));
    let (epoch, version): (i64, i64) = sqlx::query_as(
        "SELECT COALESCE((SELECT epoch FROM owner WHERE area = ?1), 0), \
                COALESCE((SELECT MAX(version) FROM event WHERE area = ?1), 0)",
    )
    .bind(i64::from(batch.area.0))
    .fetch_one(&mut *connection)
    .await
    .map_err(fault)?;
    let (current, actual) = (epoch.unsigned_abs(), Version(version.unsigned_abs()));
    if batch.epoch != current {
        return Err(AppendError::OldEpoch { held: batch.epoch, current });
    }
    if batch.expected != actual {
        return Err(AppendError::VersionConflict { expected: batch.expected, actual });
    }
    if let Some(key) = used_key(connection, batch).await.map_err(fault)? {
        return Err(AppendError::KeyUsed { key });
    }
    write_rows(connection, batch).await.map_err(fault)?;
    Ok(actual.plus(batch.events.len()))
}

/// The least key of the batch that has a receipt already.
async fn used_key(connection: &mut SqliteConnection, batch: &Append) -> sqlx::Result<Option<String>> {
    if batch.receipts.is_empty() {
        return Ok(None);
    }
    let keys: Vec<&str> = batch.receipts.iter().map(|receipt| receipt.key.as_str()).collect();
    let used: Option<(String,)> = sqlx::query_as(
        // As a join this would read every receipt of the area; with IN each wanted key is looked up.
        "SELECT key FROM receipt WHERE area = ?1 AND key IN (SELECT value FROM json_each(?2)) ORDER BY key LIMIT 1",
    )
    .bind(i64::from(batch.area.0))
    .bind(json(&keys)?)
    .fetch_optional(connection)
    .await?;
    Ok(used.map(|(key,)| key))
}

async fn write_rows(connection: &mut SqliteConnection, batch: &Append) -> sqlx::Result<()> {
    if !batch.events.is_empty() {
        let rows: Vec<_> = batch
            .events
            .iter()
            .map(|e| (&e.kind, e.schema, e.at.unix_seconds(), &e.actor, &e.payload))
            .collect();
        sqlx::query(
            "INSERT INTO event (area, version, kind, schema, at, actor, payload) \
             SELECT ?1, ?2 + 1 + key, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?3)",
        )
        .bind(i64::from(batch.area.0))
        .bind(batch.expected.0.cast_signed())
        .bind(json(&rows)?)
        .execute(&mut *connection)
        .await?;
    }
    if !batch.receipts.is_empty() {
        let rows: Vec<_> = batch
            .receipts
            .iter()
            .map(|r| (&r.key, &r.fingerprint, r.status, &r.reply, r.at.unix_seconds()))
            .collect();
        sqlx::query(
            "INSERT INTO receipt (area, key, fingerprint, status, reply, at) \
             SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?2)",
        )
        .bind(i64::from(batch.area.0))
        .bind(json(&rows)?)
        .execute(&mut *connection)
        .await?;
    }
    write_register(connection, batch).await
}

async fn write_register(connection: &mut SqliteConnection, batch: &Append) -> sqlx::Result<()> {
    let (mut kept, mut erased) = (Vec::new(), Vec::new());
    for ((kind, id), write) in batch.standing_writes() {
        match &write.body {
            Some(body) => kept.push((kind, id, body, folded(&write.search), write.at.unix_seconds())),
            None => erased.push((kind, id)),
        }
    }
    if !kept.is_empty() {
        // `WHERE true` lets the parser tell ON CONFLICT from a join's ON (https://www.sqlite.org/lang_upsert.html).
        sqlx::query(
            "INSERT INTO register (kind, id, body, search, updated_at) \
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1) WHERE true \
             ON CONFLICT (kind, id) DO UPDATE SET \
             body = excluded.body, search = excluded.search, updated_at = excluded.updated_at",
        )
        .bind(json(&kept)?)
        .execute(&mut *connection)
        .await?;
    }
    if !erased.is_empty() {
        sqlx::query(
            "DELETE FROM register WHERE (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))",
        )
        .bind(json(&erased)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// After an erasure: moves the write-ahead log into the file and empties it, for it still holds the old pages.
/// A reader in the middle of a page can prevent this; the next erasure or the end of the server does it then.
pub(super) async fn forget_history(connection: &mut SqliteConnection) {
    let _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
}

pub(super) async fn take_epoch(connection: &mut SqliteConnection, area: AreaId) -> sqlx::Result<u64> {
    let (epoch,): (i64,) = sqlx::query_as(
        "INSERT INTO owner (area, epoch) VALUES (?1, 1) \
         ON CONFLICT (area) DO UPDATE SET epoch = epoch + 1 RETURNING epoch",
    )
    .bind(i64::from(area.0))
    .fetch_one(connection)
    .await?;
    Ok(epoch.unsigned_abs())
}

fn json<T: Serialize>(rows: &T) -> sqlx::Result<String> {
    serde_json::to_string(rows).map_err(|e| sqlx::Error::Encode(Box::new(e)))
}
