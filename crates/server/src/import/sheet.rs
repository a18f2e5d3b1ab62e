//! Text to rows. Rows are counted as a spreadsheet counts them: a line break inside quotes begins no row, an empty line is one.

use super::decode::unreadable;
use crate::problem::Problem;

/// Rows of one list; several offices' worth.
pub const ROWS_MAX: usize = 20_000;
const COLUMNS_MAX: usize = 200;
const CELL_MAX: usize = 4_000;

#[derive(Debug)]
pub struct Sheet {
    pub separator: u8,
    pub header: Vec<String>,
    pub rows: Vec<Line>,
}

#[derive(Debug)]
pub struct Line {
    /// From 1, the header's row.
    pub number: u32,
    pub cells: Vec<String>,
}

pub fn read(text: &str, separator: Option<u8>) -> Result<Sheet, Problem> {
    // Carriage returns alone end lines on old machines, and csv counts only line feeds.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let separator = separator.unwrap_or_else(|| guess_separator(&text));
    let numbers = count_rows(&text, separator)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for (record, number) in reader.records().zip(numbers) {
        let record = record.map_err(|e| unreadable("bad_csv", format!("row {number}: {e}")))?;
        if record.len() > COLUMNS_MAX {
            let detail = format!("row {number} has {} cells; at most {COLUMNS_MAX}", record.len());
            return Err(unreadable("bad_csv", detail));
        }
        if let Some(long) = record.iter().find(|cell| cell.chars().count() > CELL_MAX) {
            let detail =
                format!("row {number} has a cell of {} characters; at most {CELL_MAX}", long.chars().count());
            return Err(unreadable("bad_csv", detail));
        }
        let cells: Vec<String> = record.iter().map(unguard).collect();
        // Spreadsheets save the rows below the last one as bare separators.
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            lines.push(Line { number, cells });
        }
        if lines.len() > ROWS_MAX + 1 {
            return Err(unreadable(
                "too_many_rows",
                format!("more than {ROWS_MAX} rows; send the list in parts"),
            ));
        }
    }
    let mut lines = lines.into_iter();
    let header = lines.next().ok_or_else(|| {
        unreadable("empty_file", "the file is empty; it begins with a row of column names".to_owned())
    })?;
    Ok(Sheet { separator, header: header.cells, rows: lines.collect() })
}

/// The separator that the first line holds most of.
fn guess_separator(text: &str) -> u8 {
    let first = text.trim_start_matches('\n').lines().next().unwrap_or_default();
    let count = |separator: &u8| first.bytes().filter(|b| b == separator).count();
    // Of equals the last wins; the comma is the custom.
    [b';', b'\t', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// The row numbers of all rows that are not empty. csv takes a quote that is never closed as a cell that goes on to the end
/// of the file, which would swallow riders in silence; so quotes are walked here first.
fn count_rows(text: &str, separator: u8) -> Result<Vec<u32>, Problem> {
    #[derive(PartialEq)]
    enum At {
        CellStart,
        Bare,
        Quoted,
        /// A quote inside quotes: the end, or half of a doubled one.
        Closing,
    }
    let (mut at, mut row, mut opened, mut numbers, mut is_empty) =
        (At::CellStart, 1u32, 1u32, Vec::new(), true);
    for byte in text.bytes() {
        let quoted = at == At::Quoted;
        at = match (at, byte) {
            (At::Quoted, b'"') => At::Closing,
            (At::Quoted, _) => At::Quoted,
            (At::CellStart, b'"') => {
                opened = row;
                At::Quoted
            }
            (At::Closing, b'"') => At::Quoted,
            (_, b'\n') => {
                if !is_empty {
                    numbers.push(row);
                }
                (row, is_empty) = (row + 1, true);
                At::CellStart
            }
            (_, b) if b == separator => At::CellStart,
            _ => At::Bare,
        };
        if byte != b'\n' || quoted {
            is_empty = false;
        }
    }
    if at == At::Quoted {
        let detail = format!("the quote that opens in row {opened} is never closed");
        return Err(unreadable("unbalanced_quotes", detail));
    }
    if !is_empty {
        numbers.push(row);
    }
    Ok(numbers)
}

/// A spreadsheet runs a cell that begins so as a formula.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠'])
}

/// An apostrophe before what a spreadsheet would run as a formula, as `Excel` itself marks a text.
pub fn guard(cell: &str) -> String {
    if is_formula(cell.trim_start_matches('\'')) { format!("'{cell}") } else { cell.to_owned() }
}

/// Takes the apostrophe of [`guard`] off again, and no other.
pub fn unguard(cell: &str) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest.to_owned(),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_in_a_spreadsheet() {
        let sheet = read("a,b\n\n1,\"x\ny\"\n,\n2,\"say \"\"hi\"\"\"\n", None).unwrap();
        let rows: Vec<(u32, &str)> = sheet.rows.iter().map(|r| (r.number, r.cells[1].as_str())).collect();
        assert_eq!(rows, [(3, "x\ny"), (5, "say \"hi\"")]);
        assert_eq!(read("a;b\r1;2\r", None).unwrap().rows[0].cells, ["1", "2"]);
        assert_eq!(read("a\tb\r\n1,5\t2", None).unwrap().rows[0].cells, ["1,5", "2"]);
    }

    #[test]
    fn a_quote_that_stays_open_is_found_where_it_opens() {
        let problem = read("a,b\n1,2\n3,\"four\n5,6\n", None).unwrap_err();
        assert_eq!(problem.code, "unbalanced_quotes");
        assert!(problem.detail.contains("row 3"), "{}", problem.detail);
        assert_eq!(read("a,b\n5\" nail,2\n", None).unwrap().rows[0].cells[0], "5\" nail");
    }

    #[test]
    fn guarding_is_undone_exactly() {
        for text in ["=1+1", "'=1", "''=1", "'plain", "-5", "＝x", "plain", "", "'", "+81-3"] {
            assert_eq!(unguard(&guard(text)), text);
        }
        assert_eq!(guard("=1+1"), "'=1+1");
    }
}
