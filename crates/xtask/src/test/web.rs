//! The web sources' own checks and tests, run in a copy so that the checkout stays clean.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{SECTION_LIMIT, Verdict, command};
use crate::count::Count;
use crate::fault::Fault;
use crate::process::{self, Outcome};
use crate::test::tools;
use crate::workspace::Workspace;

const SOURCES: &str = "crates/server/ui";
const INSTALLED: &str = "node_modules";
/// In the copy: the lock file by which the packages there were installed.
const STAMP: &str = "node_modules/.kuseki-lock";

pub fn run(workspace: &Workspace) -> Result<Verdict, Fault> {
    let folder = match prepare(workspace)? {
        Ok(folder) => folder,
        Err(missing) => return Ok(Verdict::Missing(missing)),
    };
    let mut sum = Outcome { is_success: true, count: Count::default() };
    for script in ["check", "test"] {
        println!("-- npm run {script}");
        let mut npm = command(workspace, "npm", &["run", "--silent", script]);
        let outcome = process::run(npm.current_dir(&folder).env("NO_COLOR", "1"), SECTION_LIMIT)?;
        sum.is_success &= outcome.is_success;
        sum.count += outcome.count;
    }
    Ok(Verdict::Tests(sum))
}

/// The copy of the web sources with their packages installed, or what is missing for it.
pub fn prepare(workspace: &Workspace) -> Result<Result<PathBuf, String>, Fault> {
    if !tools::has("npm") {
        return Ok(Err("npm is missing: sudo apt-get install nodejs npm".to_owned()));
    }
    let (from, to) = (workspace.root.join(SOURCES), workspace.target.join("ui"));
    mirror(&from, &to)?;
    let lock = read(&from.join("package-lock.json"))?;
    if fs::read(to.join(STAMP)).is_ok_and(|stamp| stamp == lock) {
        return Ok(Ok(to));
    }
    println!("-- npm ci");
    let mut npm = command(workspace, "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    if !process::run(npm.current_dir(&to), SECTION_LIMIT)?.is_success {
        return Ok(Err("npm ci failed".to_owned()));
    }
    let stamp = to.join(STAMP);
    fs::write(&stamp, lock).map_err(|source| Fault::File { file: stamp, source })?;
    Ok(Ok(to))
}

/// Makes `to` hold what `from` holds, but for installed packages.
fn mirror(from: &Path, to: &Path) -> Result<(), Fault> {
    fs::create_dir_all(to).map_err(fault(to))?;
    let wanted = names(from)?;
    for name in names(to)?.into_iter().filter(|name| !wanted.contains(name)) {
        let old = to.join(name);
        let removed = if old.is_dir() { fs::remove_dir_all(&old) } else { fs::remove_file(&old) };
        removed.map_err(fault(&old))?;
    }
    for name in wanted {
        let (source, copy) = (from.join(&name), to.join(&name));
        if source.is_dir() {
            mirror(&source, &copy)?;
        } else {
            let text = read(&source)?;
            // Unchanged files keep their time, which the tools' caches go by.
            if !fs::read(&copy).is_ok_and(|old| old == text) {
                fs::write(&copy, text).map_err(fault(&copy))?;
            }
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault(folder))? {
        names.push(entry.map_err(fault(folder))?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| name != INSTALLED);
    names.sort();
    Ok(names)
}

fn read(file: &Path) -> Result<Vec<u8>, Fault> {
    fs::read(file).map_err(fault(file))
}

fn fault(file: &Path) -> impl FnOnce(io::Error) -> Fault {
    move |source| Fault::File { file: file.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_follows_its_source_and_keeps_the_packages() {
        let folder = std::env::temp_dir().join(format!("kuseki-xtask-mirror-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::create_dir_all(from.join("src/old")).unwrap();
        fs::create_dir_all(from.join(INSTALLED)).unwrap();
        fs::write(from.join("src/a.ts"), "1").unwrap();
        mirror(&from, &to).unwrap();
        fs::create_dir_all(to.join(INSTALLED)).unwrap();
        fs::write(to.join("stray.ts"), "x").unwrap();
        fs::remove_dir(from.join("src/old")).unwrap();
        fs::write(from.join("src/a.ts"), "2").unwrap();
        mirror(&from, &to).unwrap();
        assert_eq!(names(&to).unwrap(), ["src"]);
        assert_eq!(names(&to.join("src")).unwrap(), ["a.ts"]);
        assert_eq!(read(&to.join("src/a.ts")).unwrap(), b"2");
        assert!(to.join(INSTALLED).is_dir());
        fs::remove_dir_all(&folder).unwrap();
    }
}
