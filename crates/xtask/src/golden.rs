//! Golden files: what the program printed once and must print again. Renewed by one command, then read by a person.

use std::process::Command;
use std::time::Duration;

use crate::fault::Fault;
use crate::process;
use crate::workspace::Workspace;

/// Runs all tests so that each golden test writes its file anew, and shows which files changed by it.
pub fn run(workspace: &Workspace) -> Result<bool, Fault> {
    let mut tests = Command::new("cargo");
    tests.args(["test", "--workspace", "--no-fail-fast"]).current_dir(&workspace.root);
    tests.envs([("INSTA_UPDATE", "always"), ("KUSEKI_GOLDEN", "1")]);
    let outcome = process::run(&mut tests, Duration::from_secs(1800))?;
    println!("\nchanged since the last commit; read it before you commit it:");
    let mut status = Command::new("git");
    status.args(["status", "--short", "--", "fixtures", "crates", "docs"]).current_dir(&workspace.root);
    process::run(&mut status, Duration::from_secs(60))?;
    Ok(outcome.is_success)
}
