//! One thing of a list as its cells, each in the one form in which it is kept. What is registered and what a file says are
//! compared as records, and an export writes them.

use std::collections::BTreeMap;

use super::columns::{Column, Kind, Need};
use super::flaw::Wrong;
use crate::register::Kept;

/// By the English name of the column; a column that is not there is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record(pub BTreeMap<&'static str, String>);

/// A flaw with the column it is about; an empty name means the row.
pub type Flawed = (&'static str, Wrong);

impl Record {
    pub fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    /// Nothing where the cell is empty.
    pub fn find(&self, column: &str) -> Option<String> {
        Some(self.get(column)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub fn is_yes(&self, column: &str) -> bool {
        !self.get(column).is_empty()
    }

    pub fn set(&mut self, column: &'static str, text: impl Into<String>) {
        let text = text.into();
        if text.is_empty() {
            self.0.remove(column);
        } else {
            self.0.insert(column, text);
        }
    }

    pub fn with(mut self, column: &'static str, text: impl Into<String>) -> Record {
        self.set(column, text);
        self
    }

    /// Takes over what the register keeps for the lists.
    pub fn with_kept(mut self, columns: &[&'static str], kept: &Kept) -> Record {
        for column in columns {
            self.set(column, kept.get(*column).cloned().unwrap_or_default());
        }
        self
    }

    /// What of this goes into the register for the lists: these columns, and whatever else was there.
    pub fn kept(&self, columns: &[&'static str], before: &Kept) -> Kept {
        let mut kept = before.clone();
        for column in columns {
            match self.find(column) {
                Some(text) => kept.insert((*column).to_owned(), text),
                None => kept.remove(*column),
            };
        }
        kept
    }

    /// The columns in which the two differ.
    pub fn differences(&self, other: &Record, kind: Kind) -> Vec<&'static Column> {
        kind.columns()
            .iter()
            .filter(|c| c.need != Need::ReadOnly && self.get(c.name) != other.get(c.name))
            .collect()
    }
}

pub fn missing(column: &'static Column) -> Flawed {
    let wrong = Wrong::new(
        "missing",
        format!("empty; `{}` is needed, such as {}", column.name, column.example),
        format!("「{}」が空です。例: {}", column.ja, column.example),
    );
    (column.name, wrong)
}
