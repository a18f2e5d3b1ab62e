//! Lists out: what is registered, as a spreadsheet opens it and as an import takes it back.

use axum::http::StatusCode;
use encoding_rs::SHIFT_JIS;

use super::columns::{Kind, Need};
use super::plan;
use super::sheet::guard;
use super::trial::Trial;
use crate::problem::Problem;

/// A list as text, the header first.
pub fn write(trial: &Trial, kind: Kind) -> Result<String, Problem> {
    let columns: Vec<_> = kind.columns().iter().filter(|c| c.need != Need::ReadOnly).collect();
    let header: Vec<String> = columns.iter().map(|c| c.ja.to_owned()).collect();
    let records = plan::list(trial, kind).into_iter().filter_map(|id| plan::record(trial, kind, &id));
    let rows = records.map(|record| columns.iter().map(|c| record.get(c.name).to_owned()).collect());
    to_csv(std::iter::once(header).chain(rows))
}

pub fn to_csv(rows: impl Iterator<Item = Vec<String>>) -> Result<String, Problem> {
    let failed = |e: String| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", e);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| guard(cell))).map_err(|e| failed(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| failed(e.to_string()))
}

/// The bytes of a text: UTF-8 with a mark, by which Excel knows it, or Shift_JIS where every letter has a place in it.
pub fn encode(text: &str, encoding: Option<&str>) -> Result<(Vec<u8>, &'static str), Problem> {
    match encoding.unwrap_or("utf-8").to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" => Ok(([b"\xef\xbb\xbf", text.as_bytes()].concat(), "utf-8")),
        "shift_jis" | "shift-jis" | "sjis" | "cp932" | "windows-31j" => {
            // The two write these with different letters that look alike.
            let text = text.replace('〜', "～").replace('—', "―").replace('‖', "∥");
            let (bytes, _, lost) = SHIFT_JIS.encode(&text);
            if !lost {
                return Ok((bytes.into_owned(), "shift_jis"));
            }
            let alien = text.chars().find(|c| SHIFT_JIS.encode(c.encode_utf8(&mut [0; 4])).2);
            let detail =
                format!("`{}` has no place in Shift_JIS; take the list in UTF-8", alien.unwrap_or('?'));
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not_in_shift_jis", detail))
        }
        other => Err(Problem::invalid("encoding", format!("`{other}`; utf-8 or shift_jis"))),
    }
}
