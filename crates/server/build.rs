//! Builds the web pages of `ui/` into `$OUT_DIR/web`, which `src/assets.rs` embeds.
//!
//! The checkout stays clean: sources are copied to `$OUT_DIR/ui`, packages are installed and the pages built there. Without
//! npm, without network, or with `KUSEKI_SKIP_UI=1`, the build succeeds all the same and embeds one page that says what to
//! install: the API must never wait for its pages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

/// What the pages are built from, relative to `ui/`. Tests and their made-up town are not part of the build.
const SOURCES: [&str; 14] = [
    "src",
    "public",
    "index.html",
    "driver.html",
    "town.html",
    "day.html",
    "import.html",
    "policy.html",
    "sign-in.html",
    "accounts.html",
    "package.json",
    "package-lock.json",
    "svelte.config.js",
    "vite.config.js",
];

fn main() {
    let ui = PathBuf::from(require("CARGO_MANIFEST_DIR")).join("ui");
    let out = PathBuf::from(require("OUT_DIR"));
    println!("cargo::rerun-if-env-changed=KUSEKI_SKIP_UI");
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", ui.join(source).display());
    }
    let web = out.join("web");
    if env::var_os("KUSEKI_SKIP_UI").is_some_and(|value| value != "0" && !value.is_empty()) {
        write_placeholder(&web, "The pages were left out on purpose (KUSEKI_SKIP_UI is set).");
        return;
    }
    if let Err(reason) = build_pages(&ui, &out.join("ui"), &web) {
        println!("cargo::warning=the web pages were not built, a placeholder is served instead: {reason}");
        // A path that never exists makes cargo try again next time, when Node or the network may be there.
        println!("cargo::rerun-if-changed={}", out.join("pages-not-built").display());
        println!("cargo::rerun-if-env-changed=PATH");
        write_placeholder(&web, &reason);
    }
}

/// Copies, installs, builds; the error is one sentence for the person who builds.
fn build_pages(ui: &Path, work: &Path, web: &Path) -> Result<(), String> {
    let node =
        version_of("node").ok_or("Node.js is not installed; install Node.js 20.19 or later with npm")?;
    let npm =
        version_of(npm_program()).ok_or("npm is not installed; install Node.js 20.19 or later with npm")?;
    copy_sources(ui, work).map_err(|fault| format!("copying {} failed: {fault}", ui.display()))?;
    install(work, &format!("node {node} npm {npm}"))?;
    // Built beside and moved into place, so that a failed build leaves no half of the pages behind.
    let fresh = work.join("fresh");
    let mut build = Command::new("node");
    build
        .arg(work.join("node_modules/vite/bin/vite.js"))
        .args(["build", "--logLevel", "warn", "--emptyOutDir", "--outDir"])
        .arg(&fresh)
        .current_dir(work);
    run(&mut build, "vite build")?;
    replace(&fresh, web).map_err(|fault| format!("moving the pages to {} failed: {fault}", web.display()))
}

/// `npm ci`, only when the lock or the tools differ from those of the last install in this folder.
fn install(work: &Path, tools: &str) -> Result<(), String> {
    let stamp = work.join("installed.txt");
    let lock = fs::read_to_string(work.join("package-lock.json"))
        .map_err(|fault| format!("package-lock.json cannot be read: {fault}"))?;
    let wanted = format!("{tools}\n{lock}");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut install = Command::new(npm_program());
    install
        .args(["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline"])
        .args(["--fetch-retries=1", "--fetch-timeout=20000"])
        .current_dir(work);
    run(&mut install, "npm ci").map_err(|reason| format!("{reason} (is this machine online?)"))?;
    fs::write(&stamp, wanted).map_err(|fault| format!("{} cannot be written: {fault}", stamp.display()))
}

/// Runs a program quietly; its last words become part of the error.
fn run(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|fault| format!("{what} cannot be started: {fault}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("npm warn"))
        .take(4)
        .collect();
    Err(format!("{what} failed: {}", lines.join(" | ")))
}

fn version_of(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

const fn npm_program() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

/// Replaces the copied sources and keeps the installed packages.
fn copy_sources(ui: &Path, work: &Path) -> io::Result<()> {
    fs::create_dir_all(work)?;
    for source in SOURCES {
        let to = work.join(source);
        remove(&to)?;
        copy(&ui.join(source), &to)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(fault) => Err(fault),
    }
}

fn replace(fresh: &Path, place: &Path) -> io::Result<()> {
    remove(place)?;
    fs::rename(fresh, place)
}

/// One page that says why there are no pages and how to get them. All three addresses fall back to it.
fn write_placeholder(web: &Path, reason: &str) {
    let reason = reason.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!(
        r#"<!doctype html>
<html lang="ja">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>空席 kuseki</title>
<body style="max-width:42em;margin:3em auto;padding:0 1em;font:18px/1.7 sans-serif;color:#1c2724;background:#f5f3ee">
<h1>空席 kuseki</h1>
<p>サーバーは動いていますが、画面はまだ組み込まれていません。</p>
<p lang="en">The server is running, but its web pages are not built in.</p>
<p lang="en"><code>{reason}</code></p>
<p>Node.js 20.19 以降と npm を入れて、もう一度 <code>cargo run --release</code> を実行してください（初回のみインターネットが必要です）。</p>
<p lang="en">Install Node.js 20.19 or later with npm and run <code>cargo run --release</code> again (internet is needed the first time).</p>
<p>API: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a></p>
</body></html>
"#
    );
    let written = remove(web)
        .and_then(|()| fs::create_dir_all(web))
        .and_then(|()| fs::write(web.join("index.html"), page));
    if let Err(fault) = written {
        panic!("the output folder {} cannot be written: {fault}", web.display());
    }
}

fn require(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}
