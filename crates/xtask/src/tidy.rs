//! The rules of the house that the compiler does not check, each in a file of its own.

mod imports;
mod paths;
mod length;
mod words;
mod code;

use std::fmt;

use crate::fault::Fault;
use crate::workspace::Workspace;

/// A place where a rule is broken, or (a warning) stretched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub message: String,
    pub is_warning: bool,
}

impl Finding {
    fn fault(file: &str, line: usize, message: String) -> Self {
        Finding { file: file.to_owned(), line, message, is_warning: false }
    }

    fn warning(file: &str, line: usize, message: String) -> Self {
        Finding { is_warning: true, ..Finding::fault(file, line, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { file, line, message, is_warning } = self;
        write!(f, "{file}:{line}: {}{message}", if *is_warning { "(warning) " } else { "" })
    }
}

/// Checks every rule, prints what it finds, and says whether no rule is broken. Warnings do not count.
pub fn run(workspace: &Workspace) -> Result<bool, Fault> {
    let mut findings = find(workspace)?;
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    let warnings = findings.iter().filter(|finding| finding.is_warning).count();
    let faults = findings.len() - warnings;
    println!("tidy: {faults} faults, {warnings} warnings");
    Ok(faults == 0)
}

fn find(workspace: &Workspace) -> Result<Vec<Finding>, Fault> {
    let mut findings = imports::check(workspace)?;
    let files = workspace.files()?;
    let tree = paths::Tree::of(&files);
    for file in &files {
        let Some(text) = workspace.text(file)? else { continue };
        findings.extend(words::check(file, &text));
        findings.extend(length::check_file(file, &text));
        if file.ends_with(".rs") {
            findings.extend(code::check(file, &text));
        }
        if paths::is_document(file) {
            findings.extend(paths::check(file, &text, &tree));
        }
    }
    Ok(findings)
}
