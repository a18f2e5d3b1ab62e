//! The register in memory: personal and master data beside the log, as JSON bodies by kind and id. What an entry holds is
//! the server's business.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Bodies by kind and id.
type Entries = BTreeMap<(String, String), Arc<str>>;

/// Shared between the engine, which writes it when the entry is durable, and all readers.
#[derive(Debug, Default, Clone)]
pub struct Register {
    entries: Arc<RwLock<Entries>>,
}

impl Register {
    pub fn find(&self, kind: &str, id: &str) -> Option<Arc<str>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(&(kind.to_owned(), id.to_owned())).cloned()
    }

    /// All entries of a kind, by id as text.
    pub fn list(&self, kind: &str) -> Vec<(String, Arc<str>)> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let from = (kind.to_owned(), String::new());
        entries
            .range(from..)
            .take_while(|((k, _), _)| k == kind)
            .map(|((_, id), body)| (id.clone(), body.clone()))
            .collect()
    }

    pub(crate) fn put(&self, kind: String, id: String, body: Option<Arc<str>>) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        match body {
            Some(body) => entries.insert((kind, id), body),
            None => entries.remove(&(kind, id)),
        };
    }
}
