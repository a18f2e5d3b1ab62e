//! The questions asked of the file, the same on the writing and on a reading connection.

use std::path::Path;

use sqlx::{FromRow, SqliteConnection};
use units::{AreaId, Timestamp};

use super::wait::wait;
use crate::fault::{Fault, Refusal};
use crate::log::{Receipt, RegisterEntry, StoredEvent, Version, words_of};

/// Rows fetched at once. The rows of a page are handed on after the connection is free again, so that their
/// consumer may use the log, and no more than one page is ever in memory.
const PAGE: i64 = 1000;

/// A connection that is being read, and the file to name when that fails.
pub(super) struct Reading<'a> {
    pub file: &'a Path,
    pub connection: &'a mut SqliteConnection,
}

#[derive(FromRow)]
struct EventRow {
    version: i64,
    kind: String,
    schema: i64,
    at: i64,
    actor: String,
    payload: String,
}

#[derive(FromRow)]
struct ReceiptRow {
    key: String,
    fingerprint: String,
    status: i64,
    reply: String,
    at: i64,
}

#[derive(FromRow)]
struct EntryRow {
    kind: String,
    id: String,
    body: String,
    updated_at: i64,
}

impl From<EntryRow> for RegisterEntry {
    fn from(row: EntryRow) -> Self {
        let EntryRow { kind, id, body, updated_at } = row;
        RegisterEntry { kind, id, body, updated_at: Timestamp::from_unix_seconds(updated_at) }
    }
}

impl Reading<'_> {
    fn fault(&self, action: &'static str) -> impl FnOnce(sqlx::Error) -> Fault {
        move |e| Fault::database(self.file, action, e)
    }

    /// A number that the schema keeps small; another value means that the file was damaged or written by hand.
    fn small(&self, column: &'static str, value: i64) -> Result<u16, Fault> {
        u16::try_from(value).map_err(|_| Fault::Corrupt {
            file: self.file.to_owned(),
            detail: format!("{column} is {value}, expected a number from 0 to {}", u16::MAX),
        })
    }

    fn event(&self, row: EventRow) -> Result<StoredEvent, Fault> {
        let EventRow { version, kind, schema, at, actor, payload } = row;
        Ok(StoredEvent {
            version: Version(version.unsigned_abs()),
            kind,
            schema: self.small("event.schema", schema)?,
            at: Timestamp::from_unix_seconds(at),
            actor,
            payload,
        })
    }

    pub fn load(
        &mut self,
        area: AreaId,
        after: Version,
        each: &mut dyn FnMut(StoredEvent) -> Result<(), Refusal>,
    ) -> Result<Version, Fault> {
        let mut last = after;
        loop {
            let page: Vec<EventRow> = wait(
                sqlx::query_as(
                    "SELECT version, kind, schema, at, actor, payload FROM event \
                     WHERE area = ?1 AND version > ?2 ORDER BY version LIMIT ?3",
                )
                .bind(i64::from(area.0))
                .bind(last.0.cast_signed())
                .bind(PAGE)
                .fetch_all(&mut *self.connection),
            )
            .map_err(self.fault("reading events"))?;
            if page.is_empty() {
                return Ok(last);
            }
            for row in page {
                let event = self.event(row)?;
                if event.version != last.plus(1) {
                    return Err(Fault::Gap { area, after: last, found: event.version });
                }
                last = event.version;
                each(event).map_err(|source| Fault::Refused { what: format!("{area}, {last}"), source })?;
            }
        }
    }

    pub fn last(&mut self, area: AreaId) -> Result<Option<(Version, Timestamp)>, Fault> {
        let row: Option<(i64, i64)> = wait(
            sqlx::query_as("SELECT version, at FROM event WHERE area = ?1 ORDER BY version DESC LIMIT 1")
                .bind(i64::from(area.0))
                .fetch_optional(&mut *self.connection),
        )
        .map_err(self.fault("reading the last event"))?;
        Ok(row.map(|(version, at)| (Version(version.unsigned_abs()), Timestamp::from_unix_seconds(at))))
    }

    pub fn receipt(&mut self, area: AreaId, key: &str) -> Result<Option<Receipt>, Fault> {
        let row: Option<ReceiptRow> = wait(
            sqlx::query_as(
                "SELECT key, fingerprint, status, reply, at FROM receipt WHERE area = ?1 AND key = ?2",
            )
            .bind(i64::from(area.0))
            .bind(key)
            .fetch_optional(&mut *self.connection),
        )
        .map_err(self.fault("reading a receipt"))?;
        let Some(ReceiptRow { key, fingerprint, status, reply, at }) = row else { return Ok(None) };
        let status = self.small("receipt.status", status)?;
        Ok(Some(Receipt { key, fingerprint, status, reply, at: Timestamp::from_unix_seconds(at) }))
    }

    pub fn load_register(
        &mut self,
        each: &mut dyn FnMut(RegisterEntry) -> Result<(), Refusal>,
    ) -> Result<(), Fault> {
        let mut last = (String::new(), String::new());
        loop {
            let page: Vec<EntryRow> = wait(
                sqlx::query_as(
                    "SELECT kind, id, body, updated_at FROM register \
                     WHERE (kind, id) > (?1, ?2) ORDER BY kind, id LIMIT ?3",
                )
                .bind(&last.0)
                .bind(&last.1)
                .bind(PAGE)
                .fetch_all(&mut *self.connection),
            )
            .map_err(self.fault("reading the register"))?;
            let Some(end) = page.last() else { return Ok(()) };
            last = (end.kind.clone(), end.id.clone());
            for row in page {
                let what = format!("{} {}", row.kind, row.id);
                each(row.into()).map_err(|source| Fault::Refused { what, source })?;
            }
        }
    }

    pub fn find_register(&mut self, kind: &str, id: &str) -> Result<Option<RegisterEntry>, Fault> {
        let row: Option<EntryRow> = wait(
            sqlx::query_as("SELECT kind, id, body, updated_at FROM register WHERE kind = ?1 AND id = ?2")
                .bind(kind)
                .bind(id)
                .fetch_optional(&mut *self.connection),
        )
        .map_err(self.fault("reading the register"))?;
        Ok(row.map(RegisterEntry::from))
    }

    pub fn search_register(
        &mut self,
        kind: &str,
        words: &str,
        limit: u32,
    ) -> Result<Vec<RegisterEntry>, Fault> {
        let words = serde_json::Value::from(words_of(words)).to_string();
        let rows: Vec<EntryRow> = wait(
            sqlx::query_as(
                "SELECT kind, id, body, updated_at FROM register WHERE kind = ?1 \
                 AND NOT EXISTS (SELECT 1 FROM json_each(?2) AS word WHERE instr(register.search, word.value) = 0) \
                 ORDER BY id LIMIT ?3",
            )
            .bind(kind)
            .bind(words)
            .bind(i64::from(limit))
            .fetch_all(&mut *self.connection),
        )
        .map_err(self.fault("searching the register"))?;
        Ok(rows.into_iter().map(RegisterEntry::from).collect())
    }
}
