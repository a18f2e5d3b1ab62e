//! Files stay short enough to be read in one go.

use super::Finding;

const AIM: usize = 300;
const LIMIT: usize = 600;

/// Files past the aim are warned of, files past the limit refused. What is made by a program may be of any length.
pub fn check_file(file: &str, text: &str) -> Option<Finding> {
    let is_source = [".rs", ".ts", ".svelte", ".mjs"].iter().any(|ending| file.ends_with(ending));
    let is_made =
        text.lines().take(10).any(|line| line.contains("@generated") || line.contains("auto-generated"));
    let lines = text.lines().count();
    if !is_source || is_made || lines <= AIM {
        return None;
    }
    let message = |bound| format!("{lines} lines, {bound}; split by idea, not by length");
    Some(match lines {
        ..=LIMIT => Finding::warning(file, lines, message(format!("aim at {AIM}"))),
        _ => Finding::fault(file, lines, message(format!("at most {LIMIT}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(file: &str, lines: usize) -> Option<bool> {
        check_file(file, &"x\n".repeat(lines)).map(|finding| finding.is_warning)
    }

    #[test]
    fn long_files_are_warned_of_and_longer_ones_refused() {
        assert_eq!(verdict("a.rs", 300), None);
        assert_eq!(verdict("a.rs", 301), Some(true));
        assert_eq!(verdict("a.svelte", 600), Some(true));
        assert_eq!(verdict("a.ts", 601), Some(false));
        assert_eq!(verdict("a.json", 9000), None);
    }

    #[test]
    fn made_files_may_be_long() {
        assert_eq!(
            check_file("api.ts", &format!("// This file was auto-generated.\n{}", "x\n".repeat(999))),
            None
        );
    }
}
