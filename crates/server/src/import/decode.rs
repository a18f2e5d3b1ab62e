//! Bytes to text: UTF-8 with or without a mark, UTF-16 with one, Shift_JIS as Windows writes it (CP932).

use axum::http::StatusCode;
use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

use crate::problem::Problem;

/// A file's text and the name of its encoding.
pub fn decode(bytes: &[u8], asked: Option<&str>) -> Result<(String, &'static str), Problem> {
    refuse_other_files(bytes)?;
    let (encoding, mark) = match (asked.map(find_encoding).transpose()?, Encoding::for_bom(bytes)) {
        (None, Some((encoding, mark))) => (encoding, mark),
        (Some(encoding), Some((marked, mark))) if marked == encoding => (encoding, mark),
        (Some(encoding), _) => (encoding, 0),
        (None, None) if std::str::from_utf8(bytes).is_ok() => (UTF_8, 0),
        (None, None) => (SHIFT_JIS, 0),
    };
    let body = &bytes[mark..];
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body) else {
        let (line, name) = (first_bad_line(encoding, body), encoding.name());
        let wrong = if asked.is_some() { name.to_owned() } else { format!("UTF-8 nor {name}") };
        let detail = format!("line {line} is neither {wrong}; save the list as CSV in UTF-8 or Shift_JIS");
        return Err(unreadable("bad_encoding", detail));
    };
    if let Some(place) = text.find('\0') {
        let line = text[..place].matches('\n').count() + 1;
        return Err(unreadable(
            "not_text",
            format!("line {line} holds a NUL character: this is not a CSV text"),
        ));
    }
    Ok((text.into_owned(), encoding.name()))
}

/// Encodings by the names that clients use.
fn find_encoding(name: &str) -> Result<&'static Encoding, Problem> {
    let known = match name.trim().to_ascii_lowercase().as_str() {
        "cp932" | "ms932" | "windows-31j" => Some(SHIFT_JIS),
        other => Encoding::for_label(other.as_bytes()),
    };
    let known = known.filter(|e| [UTF_8, UTF_16LE, UTF_16BE, SHIFT_JIS].contains(e));
    known.ok_or_else(|| Problem::invalid("encoding", format!("`{name}`; utf-8, utf-16 or shift_jis")))
}

fn refuse_other_files(bytes: &[u8]) -> Result<(), Problem> {
    let kind = match bytes {
        [b'P', b'K', 3, 4, ..] => "an Excel workbook or another zip file",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an old Excel workbook",
        [b'%', b'P', b'D', b'F', ..] => "a PDF",
        _ => return Ok(()),
    };
    Err(unreadable("not_text", format!("this is {kind}; save the list as CSV and send that")))
}

fn first_bad_line(encoding: &'static Encoding, body: &[u8]) -> usize {
    let lines = body.split(|b| *b == b'\n');
    let bad = |line: &[u8]| encoding.decode_without_bom_handling_and_without_replacement(line).is_none();
    lines.take_while(|line| !bad(line)).count() + 1
}

/// A file that cannot be read at all.
pub fn unreadable(code: &str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}
