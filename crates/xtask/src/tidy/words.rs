//! Words that no file may hold: paths of one machine, and marks of unfinished work without a reason.

use super::Finding;

// Put together here, so that this file does not break its own rule.
const MACHINE_FOLDERS: [&str; 4] =
    [concat!("/", "work/"), concat!("/", "home/"), concat!("/", "root/"), concat!("/", "Users/")];
const MARKS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
const CODE_ENDINGS: [&str; 9] = [".rs", ".ts", ".mts", ".svelte", ".mjs", ".sql", ".toml", ".sh", ".css"];

pub fn check(file: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_code = CODE_ENDINGS.iter().any(|ending| file.ends_with(ending));
    for (line, number) in text.lines().zip(1..) {
        if let Some(folder) = MACHINE_FOLDERS.into_iter().find(|folder| names_folder(line, folder)) {
            let message =
                format!("`{folder}` exists on one machine only; use a path relative to the project");
            findings.push(Finding::fault(file, number, message));
        }
        if let Some(mark) = MARKS.into_iter().find(|mark| is_code && is_bare_mark(line, mark)) {
            let message = format!("{mark} without a reason; do it, or write `{mark}(why not yet): what`");
            findings.push(Finding::fault(file, number, message));
        }
    }
    findings
}

/// Whether the folder stands at the beginning of a path: `site.org/home/` is not a folder of a machine.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(place, _)| {
        let before = line[..place].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "/._-~*}".contains(c))
    })
}

/// Whether the mark stands alone as a word and no reason in brackets follows it.
fn is_bare_mark(line: &str, mark: &str) -> bool {
    line.match_indices(mark).any(|(place, _)| {
        let is_inside = |c: char| c.is_alphanumeric() || c == '_';
        let rest = &line[place + mark.len()..];
        if line[..place].chars().next_back().is_some_and(is_inside)
            || rest.chars().next().is_some_and(is_inside)
        {
            return false;
        }
        let reason = rest.strip_prefix('(').and_then(|rest| rest.split_once("):"));
        !reason.is_some_and(|(why, what)| !why.trim().is_empty() && !what.trim().is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(file: &str, text: &str) -> usize {
        check(file, text).len()
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        let [work, home, ..] = MACHINE_FOLDERS;
        assert_eq!(count("a.json", &format!("\"file\": \"{work}main/x\"")), 1);
        assert_eq!(count("README.md", &format!("fine\n$ cd {home}me")), 1);
        assert_eq!(check("README.md", &format!("fine\n$ cd {home}me"))[0].line, 2);
        assert_eq!(count("README.md", &format!("https://site.org{home} ..{work} net{work}")), 0);
    }

    #[test]
    fn marks_need_a_reason() {
        let [mark, ..] = MARKS;
        assert_eq!(count("a.rs", &format!("// {mark}: later")), 1);
        assert_eq!(count("a.ts", &format!("// {mark}(): later")), 1);
        assert_eq!(count("a.rs", &format!("// {mark}(needs sqlx 0.10): read only once")), 0);
        assert_eq!(count("a.md", &format!("a {mark} without a reason is refused")), 0);
        assert_eq!(count("a.rs", &format!("let {mark}S = 1;")), 0);
    }
}
