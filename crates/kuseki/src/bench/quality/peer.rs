//! Other programs: solvers beside ours, and checkers of what they find.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::fault::Fault;

/// A command with places for the file names.
#[derive(Debug, Clone)]
pub struct Program {
    pub name: String,
    words: Vec<String>,
}

/// What a program printed, and whether it ended well.
pub struct Told {
    pub success: bool,
    pub seconds: f64,
    out: String,
    err: String,
}

impl Program {
    /// `NAME=COMMAND`.
    pub fn peer(text: &str) -> Result<Program, Fault> {
        let parts =
            text.split_once('=').filter(|(name, command)| !name.is_empty() && !command.trim().is_empty());
        let Some((name, command)) = parts else {
            return Err(Fault::Usage(format!("--peer `{text}`; expected NAME=COMMAND")));
        };
        let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        if !words.iter().any(|word| word.contains("{instance}")) {
            words.push("{instance}".to_owned());
        }
        Ok(Program { name: name.to_owned(), words })
    }

    /// A checker: a Python file is given to Python, and files that it does not ask for stand behind its options.
    pub fn checker(text: &str) -> Result<Program, Fault> {
        let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let Some(first) = words.first() else {
            return Err(Fault::Usage("--check is empty; expected a checker's file".to_owned()));
        };
        if first.ends_with(".py") {
            words.insert(0, "python3".to_owned());
        }
        if !text.contains("{instance}") && !text.contains("{solution}") {
            words.extend(["{instance}".to_owned(), "{solution}".to_owned()]);
        }
        Ok(Program { name: "checker".to_owned(), words })
    }

    pub fn takes_seed(&self) -> bool {
        self.words.iter().any(|word| word.contains("{seed}"))
    }

    /// Runs the program to its end, on one thread as far as the usual number libraries listen.
    pub fn run(&self, instance: &Path, solution: &Path, seed: u64) -> Result<Told, Fault> {
        let fill = |word: &String| {
            word.replace("{instance}", &instance.to_string_lossy())
                .replace("{solution}", &solution.to_string_lossy())
                .replace("{seed}", &seed.to_string())
        };
        let words: Vec<String> = self.words.iter().map(fill).collect();
        let begin = Instant::now();
        let ended = Command::new(&words[0])
            .args(&words[1..])
            .envs(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"].map(|name| (name, "1")))
            .output()
            .map_err(|source| Fault::File { path: PathBuf::from(&words[0]), source })?;
        Ok(Told {
            success: ended.status.success(),
            seconds: begin.elapsed().as_secs_f64(),
            out: String::from_utf8_lossy(&ended.stdout).into_owned(),
            err: String::from_utf8_lossy(&ended.stderr).into_owned(),
        })
    }
}

impl Told {
    /// The last line that is a JSON object; nothing else if there is none.
    pub fn line(&self) -> Value {
        let object = |line: &str| serde_json::from_str::<Value>(line).ok().filter(Value::is_object);
        self.out.lines().rev().find_map(object).unwrap_or_default()
    }

    /// The last words, for people.
    pub fn words(&self) -> String {
        let all = self.out.lines().chain(self.err.lines()).filter(|line| !line.trim().is_empty());
        let last: Vec<&str> = all.collect();
        last[last.len().saturating_sub(3)..].join("; ")
    }
}

/// A folder for the solutions under way; it goes when the work is done.
pub struct Workroom(PathBuf);

impl Workroom {
    pub fn open() -> Result<Workroom, Fault> {
        let path = std::env::temp_dir().join(format!("kuseki-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|source| Fault::File { path: path.clone(), source })?;
        Ok(Workroom(path))
    }

    pub fn path(&self, number: usize) -> PathBuf {
        self.0.join(format!("{number}.json"))
    }
}

impl Drop for Workroom {
    fn drop(&mut self) {
        // What cannot be taken away is left to the system's own cleaning of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
