//! What the tests need besides cargo, and how it is got.

use std::path::PathBuf;
use std::process::{Command, Stdio};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Whether a program can be found.
pub fn has(program: &str) -> bool {
    find(program).is_some()
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The browser that the pages are tried in: `CHROMIUM`, or the first that is installed.
pub fn browser() -> Option<PathBuf> {
    let given = std::env::var_os("CHROMIUM").map(PathBuf::from);
    given.or_else(|| BROWSERS.into_iter().find_map(find))
}

/// Installs what is missing if that is allowed here, else says the one line that does.
pub fn prepare() {
    println!("==== tools ====");
    let mut missing = Vec::new();
    if browser().is_none() {
        missing.push("chromium");
    }
    if !has_japanese_font() {
        missing.push("fonts-noto-cjk");
    }
    if !has("npm") {
        missing.extend(["nodejs", "npm"]);
    }
    if missing.is_empty() {
        println!("a browser, a Japanese font and Node are here");
    } else if is_superuser() && has("apt-get") {
        println!("installing {}", missing.join(" "));
        let is_done =
            apt(&["update"]) && apt(&[&["install", "--no-install-recommends"], &missing[..]].concat());
        if !is_done {
            println!("that did not work; the sections that need it will say so");
        }
    } else {
        println!("missing; type: sudo apt-get install {}", missing.join(" "));
    }
    if !has("cargo-nextest") {
        println!(
            "without cargo-nextest the tests run under `cargo test`; type: cargo install --locked cargo-nextest"
        );
    }
}

fn apt(words: &[&str]) -> bool {
    let mut apt = Command::new("apt-get");
    apt.args(["-qq", "-y"]).args(words).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    apt.status().is_ok_and(|status| status.success())
}

fn has_japanese_font() -> bool {
    said("fc-list", &[":lang=ja"]).is_some_and(|fonts| !fonts.is_empty())
}

fn is_superuser() -> bool {
    said("id", &["-u"]).as_deref() == Some("0")
}

fn said(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
