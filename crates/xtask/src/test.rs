//! Every test of the project, section by section.

mod browser;
mod tools;
mod web;

use std::process::Command;
use std::time::{Duration, Instant};

use crate::count::Count;
use crate::fault::{self, Fault};
use crate::process::{self, Outcome};
use crate::tidy;
use crate::workspace::Workspace;

/// No section takes longer; what does is hung. All together take less on two cores.
const SECTION_LIMIT: Duration = Duration::from_secs(20 * 60);

/// What a section came to.
enum Verdict {
    /// A check that counts as one.
    Check(bool),
    /// A runner of tests that counts its own.
    Tests(Outcome),
    /// Something that it needs is missing here; says how to get it.
    Missing(String),
}

struct Section {
    name: &'static str,
    run: fn(&Workspace) -> Result<Verdict, Fault>,
}

const SECTIONS: [Section; 8] = [
    Section { name: "tidy", run: |workspace| tidy::run(workspace).map(Verdict::Check) },
    Section { name: "format", run: format },
    Section { name: "lints", run: lints },
    Section { name: "rust", run: rust },
    Section { name: "examples", run: documentation },
    Section { name: "web", run: web::run },
    Section { name: "browser", run: browser::run },
    Section { name: "odd calls", run: odd_calls },
];

/// Runs the sections named, or all if none is; also after one failed. Says whether all passed.
pub fn run(workspace: &Workspace, names: &[&str]) -> Result<bool, Fault> {
    if let Some(unknown) = names.iter().find(|name| !SECTIONS.iter().any(|section| section.name == **name)) {
        let known = SECTIONS.map(|section| section.name).join(", ");
        return Err(Fault::Section { name: unknown.to_string(), known });
    }
    let begin = Instant::now();
    tools::prepare();
    let (mut total, mut lines) = (Count::default(), Vec::new());
    for section in SECTIONS.into_iter().filter(|section| names.is_empty() || names.contains(&section.name)) {
        println!("\n==== {} ====", section.name);
        let start = Instant::now();
        let (count, word) = judge((section.run)(workspace));
        total += count;
        lines.push(format!("{:<10} {:>6.1} s   {word}", section.name, start.elapsed().as_secs_f64()));
    }
    println!("\n==== all ====");
    for line in lines {
        println!("{line}");
    }
    println!("total {:.0} s", begin.elapsed().as_secs_f64());
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(total.failed == 0)
}

/// A section's share of the sum, and what to say of it. A section that could not do its work counts as one failure.
fn judge(verdict: Result<Verdict, Fault>) -> (Count, String) {
    let one_failed = Count { passed: 0, failed: 1 };
    match verdict {
        Ok(Verdict::Check(true)) => (Count { passed: 1, failed: 0 }, "passed".to_owned()),
        Ok(Verdict::Check(false)) => (one_failed, "FAILED".to_owned()),
        Ok(Verdict::Tests(Outcome { is_success, mut count })) => {
            if count == Count::default() {
                return (one_failed, "FAILED: no test was run".to_owned());
            }
            if !is_success && count.failed == 0 {
                count.failed = 1;
            }
            let word = if count.failed == 0 { "passed" } else { "FAILED" };
            (count, format!("{word}: {} passed, {} failed", count.passed, count.failed))
        }
        Ok(Verdict::Missing(what)) => (one_failed, format!("FAILED: {what}")),
        Err(fault) => (one_failed, format!("FAILED: {}", fault::chain(&fault))),
    }
}

/// A command of the project: in its root, and told where the shared files lie if they lie beside it.
fn command(workspace: &Workspace, program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words).current_dir(&workspace.root).env("CARGO_TERM_COLOR", "never");
    let shared = workspace.root.join("../shared");
    if std::env::var_os("KUSEKI_SHARED").is_none() && shared.is_dir() {
        command.env("KUSEKI_SHARED", shared);
    }
    command
}

fn cargo(workspace: &Workspace, words: &[&str]) -> Result<Outcome, Fault> {
    process::run(&mut command(workspace, "cargo", words), SECTION_LIMIT)
}

fn format(workspace: &Workspace) -> Result<Verdict, Fault> {
    if !tools::has("rustfmt") {
        return Ok(Verdict::Missing("rustfmt is missing: rustup component add rustfmt".to_owned()));
    }
    Ok(Verdict::Check(cargo(workspace, &["fmt", "--all", "--check"])?.is_success))
}

fn lints(workspace: &Workspace) -> Result<Verdict, Fault> {
    if !tools::has("cargo-clippy") {
        return Ok(Verdict::Missing("clippy is missing: rustup component add clippy".to_owned()));
    }
    let words = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
    Ok(Verdict::Check(cargo(workspace, &words)?.is_success))
}

fn rust(workspace: &Workspace) -> Result<Verdict, Fault> {
    let words: &[&str] = if tools::has("cargo-nextest") {
        &[
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
            "--status-level",
            "slow",
            "--final-status-level",
            "fail",
        ]
    } else {
        &["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests"]
    };
    cargo(workspace, words).map(Verdict::Tests)
}

fn documentation(workspace: &Workspace) -> Result<Verdict, Fault> {
    cargo(workspace, &["test", "--quiet", "--doc", "--workspace"]).map(Verdict::Tests)
}

/// The HTTP API under calls that nobody thinks of. What makes them up is a Python program that few have.
fn odd_calls(workspace: &Workspace) -> Result<Verdict, Fault> {
    if !tools::has("schemathesis") {
        println!("skipped: schemathesis is not installed (pip install schemathesis)");
        return Ok(Verdict::Check(true));
    }
    if !cargo(workspace, &["build", "--quiet", "--workspace", "--bins", "--tests"])?.is_success {
        return Ok(Verdict::Check(false));
    }
    let mut script = command(workspace, "docs/conformance/schemathesis.sh", &[]);
    script.env("KUSEKI", workspace.target.join("debug/kuseki")).env("EXAMPLES", "5");
    Ok(Verdict::Check(process::run(&mut script, SECTION_LIMIT)?.is_success))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tests(is_success: bool, passed: u64, failed: u64) -> (u64, u64) {
        let (count, _) = judge(Ok(Verdict::Tests(Outcome { is_success, count: Count { passed, failed } })));
        (count.passed, count.failed)
    }

    #[test]
    fn nothing_run_is_a_failure_and_so_is_a_bad_end() {
        assert_eq!(tests(true, 5, 0), (5, 0));
        assert_eq!(tests(true, 0, 0), (0, 1));
        assert_eq!(tests(false, 5, 0), (5, 1));
        assert_eq!(tests(false, 5, 2), (5, 2));
        assert_eq!(judge(Ok(Verdict::Missing("x".into()))).0.failed, 1);
        assert_eq!(judge(Ok(Verdict::Check(true))).0.passed, 1);
    }
}
