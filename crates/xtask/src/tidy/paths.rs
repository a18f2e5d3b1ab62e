//! Paths that documents name must exist.

use std::collections::BTreeSet;

use super::Finding;

/// Endings by which a name is a source file of the project even where no folder is given.
const SOURCE_ENDINGS: [&str; 9] = ["rs", "md", "toml", "ts", "mts", "svelte", "mjs", "yml", "sql"];

/// Everything that exists in the project, as the documents may name it.
pub struct Tree {
    /// Files and folders, relative to the root.
    paths: BTreeSet<String>,
    /// Last parts of the files' names.
    names: BTreeSet<String>,
    /// Names in the root and in `crates/`.
    tops: BTreeSet<String>,
    crates: BTreeSet<String>,
}

impl Tree {
    pub fn of(files: &[String]) -> Tree {
        let (mut paths, mut names) = (BTreeSet::new(), BTreeSet::new());
        for file in files {
            let parts: Vec<&str> = file.split('/').collect();
            for depth in 1..=parts.len() {
                paths.insert(parts[..depth].join("/"));
            }
            names.extend(parts.last().map(|name| name.to_string()));
        }
        let below = |prefix: &str| -> BTreeSet<String> {
            let rest = paths.iter().filter_map(|path| path.strip_prefix(prefix));
            rest.filter(|rest| !rest.contains('/')).map(str::to_owned).collect()
        };
        let (tops, crates) = (below(""), below("crates/"));
        Tree { paths, names, tops, crates }
    }

    /// Whether a path named in `document` exists: from the root, beside the document, or (`server/http`) in a crate.
    fn has(&self, document: &str, path: &str) -> bool {
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut places = vec![joined("", path), joined(folder, path), joined("crates", path)];
        if let Some((name, rest)) = path.split_once('/').filter(|(name, _)| self.crates.contains(*name)) {
            places.extend([joined("crates", &format!("{name}/src/{rest}"))]);
            places.extend([joined("crates", &format!("{name}/src/{rest}.rs"))]);
        }
        places.into_iter().flatten().any(|place| place.is_empty() || self.paths.contains(&place))
            || !path.contains('/') && self.names.contains(path)
    }
}

/// The documents whose paths are checked: those in the root and in `docs/`.
pub fn is_document(file: &str) -> bool {
    file.ends_with(".md") && (!file.contains('/') || file.starts_with("docs/"))
}

pub fn check(file: &str, text: &str, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_fence = false;
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
            continue;
        }
        // In a fence stand commands and what they print: only what begins like a path of ours is checked.
        let named = if in_fence { words(line) } else { inline_paths(line, tree) };
        for path in named.into_iter().filter(|path| !in_fence || begins_as_ours(path, tree)) {
            if !tree.has(file, path.trim_end_matches('/')) {
                findings.push(Finding::fault(file, number, format!("`{path}` does not exist")));
            }
        }
    }
    findings
}

/// The paths in a line's links and backticks.
fn inline_paths<'a>(line: &'a str, tree: &Tree) -> Vec<&'a str> {
    let mut paths = Vec::new();
    for code in line.split('`').skip(1).step_by(2) {
        let parts = words(code);
        let is_command = parts.len() > 1;
        paths.extend(parts.into_iter().filter(|part| {
            if is_command { begins_as_ours(part, tree) } else { looks_like_a_path(part, tree) }
        }));
    }
    for link in line.split("](").skip(1) {
        let target = link.split([')', '#', ' ']).next().unwrap_or("");
        let is_elsewhere = target.is_empty() || target.contains(':') || target.starts_with("../shared");
        paths.extend(Some(target).filter(|_| !is_elsewhere));
    }
    paths
}

/// The words of a command, without what clings to them (`@file`, `--out=file`, a comma).
fn words(text: &str) -> Vec<&str> {
    let words = text.split_whitespace().map(|word| word.rsplit(['@', '=', '"', '\'']).next().unwrap_or(word));
    words.map(|word| word.trim_end_matches([',', '.', ';', ')'])).filter(|word| !word.is_empty()).collect()
}

/// A path that begins with a folder of the root, such as `crates/...`, and holds nothing to be filled in.
fn begins_as_ours(word: &str, tree: &Tree) -> bool {
    let word = word.strip_prefix("./").unwrap_or(word);
    is_plain(word) && word.split_once('/').is_some_and(|(top, _)| tree.tops.contains(top))
}

fn looks_like_a_path(word: &str, tree: &Tree) -> bool {
    let is_source =
        word.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && SOURCE_ENDINGS.contains(&end));
    let is_in_crate = word.split_once('/').is_some_and(|(top, _)| tree.crates.contains(top));
    is_plain(word) && (is_source || is_in_crate || begins_as_ours(word, tree))
}

/// No address, no pattern, no place outside the project.
fn is_plain(word: &str) -> bool {
    !word.starts_with(['/', '~', '-'])
        && !word.starts_with("../")
        && !word.contains([':', '{', '<', '*', '$', '('])
}

/// `folder/path` without `.` and `..`; `None` if it leaves the project.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(document: &str, text: &str) -> Vec<String> {
        let files = [
            "README.md",
            "docs/glossary.md",
            "docs/decisions/0001-log.md",
            "crates/server/src/http.rs",
            "crates/server/ui/src/app.svelte",
            ".ci/run",
        ];
        let tree = Tree::of(&files.map(str::to_owned));
        check(document, text, &tree)
            .iter()
            .map(|finding| format!("{} {}", finding.line, finding.message))
            .collect()
    }

    #[test]
    fn paths_that_exist_pass_however_they_are_named() {
        let text = "See `crates/server/`, `crates/server/src/http.rs`, `server/http`, `http.rs`, `./.ci/run`,\n\
                    [words](docs/glossary.md#law), [here](#there), [log](decisions/0001-log.md).";
        assert_eq!(missing("docs/guide.md", text), Vec::<String>::new());
        assert_eq!(
            missing("docs/decisions/0002.md", "[words](../glossary.md), [root](../../README.md)"),
            [""; 0]
        );
    }

    #[test]
    fn what_is_no_path_of_ours_is_left_alone() {
        let text = "`/api/v1/openapi.json` `application/json` `https://a.b/c.md` `../shared/design/house.md` `km/h`\n\
                    `cargo run --release` `data/kuseki.json` `crates/<name>/src` `crates/*/Cargo.toml` `~/.cargo/x.toml`\n\
                    [x](https://a.b/c.md) [y](../shared/field/japan.md) `Seconds::minutes`";
        assert_eq!(missing("README.md", text), [""; 0]);
    }

    #[test]
    fn missing_paths_are_named_with_their_line() {
        let text = "fine\n`crates/server/src/gone.rs` and `gone.rs`\n[x](docs/gone.md) `server/gone`\n\
                    `cargo run -- solve crates/gone.txt`";
        let expected = [
            "2 `crates/server/src/gone.rs` does not exist",
            "2 `gone.rs` does not exist",
            "3 `server/gone` does not exist",
            "3 `docs/gone.md` does not exist",
            "4 `crates/gone.txt` does not exist",
        ];
        assert_eq!(missing("README.md", text), expected);
    }

    #[test]
    fn fences_are_checked_only_for_paths_that_begin_as_ours() {
        let text = "```sh\n$ cat docs/glossary.md docs/gone.md\nlib.rs other/gone.rs\n$ x @crates/none.json\n```\n`gone.rs`";
        let expected = [
            "2 `docs/gone.md` does not exist",
            "4 `crates/none.json` does not exist",
            "6 `gone.rs` does not exist",
        ];
        assert_eq!(missing("README.md", text), expected);
    }
}
