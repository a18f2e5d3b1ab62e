//! Where things are: the root, cargo's output folder, the files that belong to the project.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::fault::Fault;

/// The project as cargo and git see it.
pub struct Workspace {
    pub metadata: Metadata,
    pub root: PathBuf,
    /// Cargo's output folder; honours `CARGO_TARGET_DIR`.
    pub target: PathBuf,
}

impl Workspace {
    pub fn find() -> Result<Self, Fault> {
        let metadata = MetadataCommand::new().no_deps().exec()?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let target = metadata.target_directory.clone().into_std_path_buf();
        Ok(Workspace { metadata, root, target })
    }

    /// The project's files, relative to the root and in order: what git tracks or would track. Without git, all
    /// files but those that are made.
    pub fn files(&self) -> Result<Vec<String>, Fault> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(&self.root);
        let mut files = BTreeSet::new();
        match git.output() {
            Ok(output) if output.status.success() => {
                for name in
                    String::from_utf8_lossy(&output.stdout).split('\0').filter(|name| !name.is_empty())
                {
                    // A file that was deleted but is still tracked is none of ours any more.
                    if self.root.join(name).is_file() {
                        files.insert(name.to_owned());
                    }
                }
            }
            _ => walk(&self.root, "", &mut files)?,
        }
        Ok(files.into_iter().collect())
    }

    /// The text of a file; `None` if it is not text.
    pub fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        let file = self.root.join(name);
        let bytes = fs::read(&file).map_err(|source| Fault::File { file, source })?;
        Ok(String::from_utf8(bytes).ok())
    }
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeSet<String>) -> Result<(), Fault> {
    let fault = |source| Fault::File { file: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            if !["target", "node_modules", ".git", "dist"].contains(&name.as_str()) {
                walk(&entry.path(), &format!("{prefix}{name}/"), files)?;
            }
        } else {
            files.insert(format!("{prefix}{name}"));
        }
    }
    Ok(())
}
