//! The pages in a real browser, against the built program running its demo.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{SECTION_LIMIT, Verdict, cargo, command, web};
use crate::fault::Fault;
use crate::process::{self, Running};
use crate::test::tools;
use crate::workspace::Workspace;

/// How long the demo may take until it says its address.
const START_LIMIT: Duration = Duration::from_secs(120);
const ADDRESS: &str = "http://127.0.0.1:";

pub fn run(workspace: &Workspace) -> Result<Verdict, Fault> {
    let Some(browser) = tools::browser() else {
        let how = "sudo apt-get install chromium fonts-noto-cjk, or set CHROMIUM to a browser's path";
        return Ok(Verdict::Missing(format!("no browser: {how}")));
    };
    let folder = match web::prepare(workspace)? {
        Ok(folder) => folder,
        Err(missing) => return Ok(Verdict::Missing(missing)),
    };
    // With the tests' own selection of crates and targets, so that nothing is built a second time.
    if !cargo(workspace, &["build", "--quiet", "--workspace", "--bins", "--tests"])?.is_success {
        return Ok(Verdict::Check(false));
    }
    let data = DataFolder::new(workspace);
    let data_path = data.0.to_string_lossy();
    let program = workspace.target.join("debug/kuseki");
    let words = ["demo", "--port", "0", "--data", &data_path, "--speed", "30"];
    let mut server = Running::start(&mut command(workspace, &program.to_string_lossy(), &words))?;
    let Some(address) = address(&mut server) else {
        return Ok(Verdict::Missing(format!("`kuseki demo` did not say its address within {START_LIMIT:?}")));
    };
    println!("-- node tests/run.mjs --base {address}");
    let mut node = command(workspace, "node", &["tests/run.mjs", "--base", &address]);
    let outcome = process::run(node.current_dir(&folder).env("CHROMIUM", browser), SECTION_LIMIT)?;
    drop(server);
    Ok(Verdict::Tests(outcome))
}

fn address(server: &mut Running) -> Option<String> {
    let end = Instant::now() + START_LIMIT;
    loop {
        let found = address_in(&server.next_line(end)?);
        if found.is_some() {
            return found;
        }
    }
}

/// The server's own address in a line it printed.
fn address_in(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(ADDRESS)?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let port: u16 = port.parse().ok()?;
    Some(format!("{ADDRESS}{port}"))
}

/// The demo's data directory, taken away again at the end.
struct DataFolder(PathBuf);

impl DataFolder {
    fn new(workspace: &Workspace) -> Self {
        DataFolder(workspace.target.join(format!("browser-data-{}", std::process::id())))
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_the_server_says() {
        assert_eq!(
            address_in("  Open http://127.0.0.1:40123/ and look").as_deref(),
            Some("http://127.0.0.1:40123")
        );
        assert_eq!(
            address_in("\u{1b}[1mhttp://127.0.0.1:8080\u{1b}[0m").as_deref(),
            Some("http://127.0.0.1:8080")
        );
        assert_eq!(address_in("listening on port 40123"), None);
    }
}
