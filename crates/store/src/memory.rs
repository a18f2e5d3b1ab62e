//! The log in memory: for simulation and tests. Nothing outlives the process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use units::{AreaId, Timestamp};

use crate::fault::{AppendError, Fault, Refusal};
use crate::log::{
    Append, EventLog, LogReader, NewEvent, Receipt, RegisterEntry, StoredEvent, Version, folded, words_of,
};

/// A log in memory. Clones and readers share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryLog {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    streams: BTreeMap<AreaId, Vec<StoredEvent>>,
    receipts: BTreeMap<(AreaId, String), Receipt>,
    epochs: BTreeMap<AreaId, u64>,
    register: BTreeMap<(String, String), Kept>,
}

#[derive(Debug)]
struct Kept {
    body: String,
    search: String,
    updated_at: Timestamp,
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> Self {
        MemoryLog::default()
    }

    fn shared(&self) -> Result<MutexGuard<'_, Shared>, Fault> {
        self.shared.lock().map_err(|_| Fault::Poisoned)
    }
}

impl Shared {
    fn entry(&self, key: &(String, String)) -> Option<RegisterEntry> {
        self.register.get(key).map(|kept| RegisterEntry {
            kind: key.0.clone(),
            id: key.1.clone(),
            body: kept.body.clone(),
            updated_at: kept.updated_at,
        })
    }

    fn write(&mut self, batch: &Append) {
        let stream = self.streams.entry(batch.area).or_default();
        for event in &batch.events {
            let NewEvent { kind, schema, at, actor, payload } = event.clone();
            let version = Version::EMPTY.plus(stream.len() + 1);
            stream.push(StoredEvent { version, kind, schema, at, actor, payload });
        }
        for receipt in &batch.receipts {
            self.receipts.insert((batch.area, receipt.key.clone()), receipt.clone());
        }
        for ((kind, id), write) in batch.standing_writes() {
            let key = (kind.to_owned(), id.to_owned());
            match &write.body {
                None => self.register.remove(&key),
                Some(body) => {
                    let kept =
                        Kept { body: body.clone(), search: folded(&write.search), updated_at: write.at };
                    self.register.insert(key, kept)
                }
            };
        }
    }
}

impl LogReader for MemoryLog {
    fn load(
        &mut self,
        area: AreaId,
        after: Version,
        each: &mut dyn FnMut(StoredEvent) -> Result<(), Refusal>,
    ) -> Result<Version, Fault> {
        let mut last = after;
        loop {
            // One event at a time, so that `each` may itself use the log.
            let place = usize::try_from(last.0).unwrap_or(usize::MAX);
            let next = self.shared()?.streams.get(&area).and_then(|stream| stream.get(place)).cloned();
            let Some(event) = next else { return Ok(last) };
            last = event.version;
            each(event).map_err(|source| Fault::Refused { what: format!("{area}, {last}"), source })?;
        }
    }

    fn last(&mut self, area: AreaId) -> Result<Option<(Version, Timestamp)>, Fault> {
        let shared = self.shared()?;
        Ok(shared.streams.get(&area).and_then(|stream| stream.last()).map(|event| (event.version, event.at)))
    }

    fn receipt(&mut self, area: AreaId, key: &str) -> Result<Option<Receipt>, Fault> {
        Ok(self.shared()?.receipts.get(&(area, key.to_owned())).cloned())
    }

    fn load_register(
        &mut self,
        each: &mut dyn FnMut(RegisterEntry) -> Result<(), Refusal>,
    ) -> Result<(), Fault> {
        let entries: Vec<RegisterEntry> = {
            let shared = self.shared()?;
            shared.register.keys().filter_map(|key| shared.entry(key)).collect()
        };
        for entry in entries {
            let what = format!("{} {}", entry.kind, entry.id);
            each(entry).map_err(|source| Fault::Refused { what, source })?;
        }
        Ok(())
    }

    fn find_register(&mut self, kind: &str, id: &str) -> Result<Option<RegisterEntry>, Fault> {
        Ok(self.shared()?.entry(&(kind.to_owned(), id.to_owned())))
    }

    fn search_register(&mut self, kind: &str, words: &str, limit: u32) -> Result<Vec<RegisterEntry>, Fault> {
        let words = words_of(words);
        let shared = self.shared()?;
        Ok(shared
            .register
            .iter()
            .filter(|(key, kept)| key.0 == kind && words.iter().all(|word| kept.search.contains(word)))
            .take(limit as usize)
            .filter_map(|(key, _)| shared.entry(key))
            .collect())
    }
}

impl EventLog for MemoryLog {
    fn append(&mut self, batch: &Append) -> Result<Version, AppendError> {
        batch.check()?;
        let mut shared = self.shared()?;
        let current = shared.epochs.get(&batch.area).copied().unwrap_or(0);
        if batch.epoch != current {
            return Err(AppendError::OldEpoch { held: batch.epoch, current });
        }
        let actual = Version::EMPTY.plus(shared.streams.get(&batch.area).map_or(0, Vec::len));
        if batch.expected != actual {
            return Err(AppendError::VersionConflict { expected: batch.expected, actual });
        }
        let keys = batch.receipts.iter().map(|receipt| &receipt.key);
        if let Some(key) =
            keys.filter(|key| shared.receipts.contains_key(&(batch.area, key.to_string()))).min()
        {
            return Err(AppendError::KeyUsed { key: key.clone() });
        }
        shared.write(batch);
        Ok(actual.plus(batch.events.len()))
    }

    fn take_epoch(&mut self, area: AreaId) -> Result<u64, Fault> {
        let mut shared = self.shared()?;
        let epoch = shared.epochs.entry(area).or_insert(0);
        *epoch += 1;
        Ok(*epoch)
    }

    fn reader(&self) -> Result<Box<dyn LogReader>, Fault> {
        Ok(Box::new(self.clone()))
    }
}
