//! The developer's helper: `cargo xtask tidy`, `cargo xtask test`, `cargo xtask golden`.
//!
//! Knows the rules of the house that a compiler does not check, and how to run every test with one command.
//! Must not know how any crate works: it reads sources as text and starts programs. Nobody imports it.
//! Start with `tidy.rs` (one file for each rule in `tidy/`) or `test.rs` (its sections in order).
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod fault;
mod workspace;
mod tidy;
mod process;
mod count;
mod test;
mod golden;

use std::process::ExitCode;

use workspace::Workspace;

const HELP: &str = "\
cargo xtask tidy      checks the rules of the house that the compiler does not
cargo xtask test      runs every test: tidy, format, lints, rust, examples, web, browser
cargo xtask test web  runs the sections named
cargo xtask golden    renews the golden files; look at the difference before you commit it
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["tidy"] => Workspace::find().and_then(|workspace| tidy::run(&workspace)),
        ["test", ref sections @ ..] => {
            Workspace::find().and_then(|workspace| test::run(&workspace, sections))
        }
        ["golden"] => Workspace::find().and_then(|workspace| golden::run(&workspace)),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("no such task: `{}`; there are\n{HELP}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("xtask: {}", fault::chain(&fault));
            ExitCode::FAILURE
        }
    }
}
