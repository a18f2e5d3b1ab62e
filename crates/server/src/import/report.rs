//! What came of a list, on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::columns::{Kind, Need};
use super::flaw::Flaw;

/// What an import did, or a dry run found that it would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportReport {
    pub kind: Kind,
    /// Nothing was changed.
    pub dry_run: bool,
    /// As it was found or asked for: `UTF-8`, `UTF-16LE`, `Shift_JIS`.
    #[schema(example = "Shift_JIS")]
    pub encoding: String,
    #[schema(example = ",")]
    pub separator: String,
    /// The columns of the file; one without a `column` is not read.
    pub columns: Vec<ReadColumn>,
    /// The columns that a list of this kind may have: what a `mapping` can name.
    pub available: Vec<KnownColumn>,
    /// Rows below the header that hold something.
    pub rows: u32,
    pub added: u32,
    pub changed: u32,
    pub unchanged: u32,
    /// Rows with at least one flaw.
    pub faulty: u32,
    /// Every flaw, by row and column.
    pub flaws: Vec<Flaw>,
    /// What is added or changed, by row.
    pub changes: Vec<RowChange>,
    /// With `skip_faulty`, the rows that were left out, as a CSV with what is wrong behind each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faulty_csv: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReadColumn {
    #[schema(example = "ご利用者名")]
    pub header: String,
    #[schema(example = "name")]
    pub column: Option<String>,
    #[schema(example = "氏名")]
    pub column_ja: Option<String>,
}

/// One of ours.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KnownColumn {
    #[schema(example = "name")]
    pub column: String,
    #[schema(example = "氏名")]
    pub column_ja: String,
    /// No row may leave it empty.
    pub required: bool,
}

impl KnownColumn {
    pub fn list(kind: Kind) -> Vec<KnownColumn> {
        let known = kind.columns().iter().map(|column| KnownColumn {
            column: column.name.to_owned(),
            column_ja: column.ja.to_owned(),
            required: column.need == Need::Required,
        });
        known.collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowChange {
    pub row: u32,
    /// `added` or `changed`.
    #[schema(example = "added")]
    pub what: String,
    /// What the row is about, for people.
    #[schema(example = "佐藤 ハル")]
    pub name: String,
    /// The columns that differ from what is registered; Japanese names. Empty for what is added.
    pub columns: Vec<String>,
}
