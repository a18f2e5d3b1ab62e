//! The header's words to columns: by the tables, by the caller's own mapping, never by a guess.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::columns::{Column, Kind};
use super::flaw::{Flaw, Wrong};
use super::report::ReadColumn;
use crate::problem::Problem;

/// Their header to our column, by its English or Japanese name; an empty name leaves the column out.
pub type Mapping = BTreeMap<String, String>;

/// For each column of the file, which of ours it is.
pub struct Header {
    pub columns: Vec<Option<&'static Column>>,
    pub flaws: Vec<Flaw>,
}

/// Case, width, blanks and remarks such as (必須) make no difference.
fn key(text: &str) -> String {
    let text: String = text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect();
    text.trim_matches(['*', '※', '■', '●', ':']).replace("(必須)", "").replace("(任意)", "")
}

fn find(kind: Kind, word: &str) -> Option<&'static Column> {
    let wanted = key(word);
    let exact = |c: &&Column| key(c.name) == wanted || key(c.ja) == wanted;
    let other = |c: &&Column| c.others.iter().any(|o| key(o) == wanted);
    // A name beats a synonym: 車いす of a rider is not 車いす台数.
    kind.columns().iter().find(exact).or_else(|| kind.columns().iter().find(other))
}

pub fn read(kind: Kind, words: &[String], mapping: &Mapping) -> Result<Header, Problem> {
    let mapping = checked(kind, words, mapping)?;
    let mut columns: Vec<Option<&'static Column>> = Vec::new();
    let mut flaws = Vec::new();
    for word in words {
        let found = match mapping.get(&key(word)) {
            Some(chosen) => *chosen,
            None => find(kind, word),
        };
        if let Some(found) = found
            && let Some(first) = columns.iter().position(|c| c.is_some_and(|c| c.name == found.name))
        {
            let first = words.get(first).map_or("", String::as_str);
            flaws.push(
                Wrong::new(
                    "duplicate_column",
                    format!("this is `{}`, and so is `{first}`; leave one of them out", found.name),
                    format!(
                        "「{}」にあたる列が「{first}」と重なっています。どちらかを外してください",
                        found.ja
                    ),
                )
                .at(1, word, word),
            );
        }
        columns.push(found);
    }
    if columns.iter().all(Option::is_none) {
        let all: Vec<&str> = kind.columns().iter().map(|c| c.ja).collect();
        flaws.push(
            Wrong::new(
                "no_known_column",
                format!("no column of this file is known; the first row names them: {}", all.join(", ")),
                format!("知っている列がありません。1行目に列名を書いてください: {}", all.join("、")),
            )
            .at(1, "", &words.join(",")),
        );
    }
    Ok(Header { columns, flaws })
}

/// The mapping by comparable words, each chosen column looked up.
fn checked(
    kind: Kind,
    words: &[String],
    mapping: &Mapping,
) -> Result<BTreeMap<String, Option<&'static Column>>, Problem> {
    let there: Vec<String> = words.iter().map(|w| key(w)).collect();
    let mut known = BTreeMap::new();
    for (theirs, ours) in mapping {
        if !there.contains(&key(theirs)) {
            let detail = format!("the file has no column `{theirs}`; it has {}", words.join(", "));
            return Err(Problem::invalid("mapping", detail));
        }
        let chosen = if ours.trim().is_empty() {
            None
        } else {
            let names: Vec<&str> = kind.columns().iter().map(|c| c.name).collect();
            let unknown =
                || Problem::invalid("mapping", format!("`{ours}` is no column; one of {}", names.join(", ")));
            Some(find(kind, ours).ok_or_else(unknown)?)
        };
        known.insert(key(theirs), chosen);
    }
    Ok(known)
}

impl Header {
    /// What became of each column, for the person who sent the file.
    pub fn describe(&self, words: &[String]) -> Vec<ReadColumn> {
        let described = words.iter().zip(&self.columns).map(|(word, column)| ReadColumn {
            header: word.clone(),
            column: column.map(|c| c.name.to_owned()),
            column_ja: column.map(|c| c.ja.to_owned()),
        });
        described.collect()
    }
}
