//! Reading from a test runner's own words how many tests passed and failed.

use std::ops::AddAssign;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The tests that a line sums up: of nextest (`Summary [...]`), of cargo (`test result:`), of vitest (`Tests  ...`)
/// and of our own runners (`3 passed, 1 failed`). Any other line counts nothing.
pub fn count_line(line: &str) -> Count {
    let line = without_colours(line);
    let line = line.trim();
    let is_sum = ["Summary [", "test result:", "Tests "].iter().any(|head| line.starts_with(head))
        || line.starts_with(|c: char| c.is_ascii_digit())
            && line.contains(" passed, ")
            && line.ends_with(" failed");
    if !is_sum {
        return Count::default();
    }
    // A test that ran over its time is a failed one.
    Count { passed: before(line, "passed"), failed: before(line, "failed") + before(line, "timed out") }
}

/// The number that stands before the word, or 0.
fn before(line: &str, word: &str) -> u64 {
    let Some((head, _)) = line.split_once(&format!(" {word}")) else { return 0 };
    let digits = head.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
    digits.parse().unwrap_or(0)
}

/// The line without the escape sequences by which terminals change colour.
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runner_is_understood() {
        let cases = [
            ("     Summary [   0.512s] 27 tests run: 27 passed, 0 skipped", 27, 0),
            (
                "     Summary [   9.1s] 30/31 tests run: 26 passed (1 slow), 3 failed, 1 timed out, 2 skipped",
                26,
                4,
            ),
            ("test result: FAILED. 13 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out", 13, 2),
            (
                "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m12 passed\u{1b}[39m (13)",
                12,
                1,
            ),
            ("      Tests  12 passed (12)", 12, 0),
            ("5 passed, 0 failed", 5, 0),
            ("test a_test_that_passed ... ok", 0, 0),
            (" Test Files  2 passed (2)", 0, 0),
            ("the 3 passed, said 4 failed men", 0, 0),
        ];
        for (line, passed, failed) in cases {
            assert_eq!(count_line(line), Count { passed, failed }, "{line}");
        }
    }
}
