//! What can go wrong around the work itself, as against a rule that is broken or a test that fails.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// The world failing under the helper.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("cargo metadata failed")]
    Metadata(#[from] cargo_metadata::Error),
    #[error("{}", .file.display())]
    File { file: PathBuf, source: io::Error },
    #[error("{} is not a table of imports", .file.display())]
    Table { file: PathBuf, source: Box<toml::de::Error> },
    #[error("there is no section `{name}`; there are {known}")]
    Section { name: String, known: String },
    #[error("`{program}` could not be started")]
    Start { program: String, source: io::Error },
}

/// The fault and its causes in one line.
pub fn chain(fault: &dyn Error) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}
