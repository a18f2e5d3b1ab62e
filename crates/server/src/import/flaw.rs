//! What is wrong with a list, by row and column: what was found and what would be right, in both languages.

use serde::Serialize;
use utoipa::ToSchema;

/// One thing that is wrong. `row` counts as a spreadsheet does: the header is row 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Flaw {
    #[schema(example = 12)]
    pub row: u32,
    /// The column as the file calls it; empty where the whole row is meant.
    #[schema(example = "生年月日")]
    pub column: String,
    /// A name for the kind of flaw that never changes.
    #[schema(example = "invalid_date")]
    pub code: String,
    /// What stands in the file.
    #[schema(example = "昭和65年1月1日")]
    pub found: String,
    /// What would be right.
    pub detail: String,
    pub detail_ja: String,
}

/// The same, before it is known where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub code: &'static str,
    pub en: String,
    pub ja: String,
}

impl Wrong {
    pub fn new(code: &'static str, en: impl Into<String>, ja: impl Into<String>) -> Wrong {
        Wrong { code, en: en.into(), ja: ja.into() }
    }

    pub fn at(self, row: u32, column: &str, found: &str) -> Flaw {
        // A cell may hold a page of text; enough of it is shown to be recognised.
        let found = found.chars().take(80).collect();
        let (code, column) = (self.code.to_owned(), column.to_owned());
        Flaw { row, column, code, found, detail: self.en, detail_ja: self.ja }
    }
}
