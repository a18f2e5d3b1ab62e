//! Lists of masters in and out.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::access::who::{caller, calling};
use crate::app::App;
use crate::import::columns::Kind;
use crate::import::report::ImportReport;
use crate::import::run::{Reading, import as take_in, trial};
use crate::import::{FILE_MAX, export as out};
use crate::problem::Problem;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HowToRead {
    /// Finds every flaw and says what would change; changes nothing.
    #[serde(default)]
    dry_run: bool,
    /// Takes the sound rows and gives the others back as `faulty_csv`. Without it a list with a flaw changes nothing.
    #[serde(default)]
    skip_faulty: bool,
    /// `utf-8`, `utf-16` or `shift_jis`; by default the content type's charset, and without one what the bytes say.
    encoding: Option<String>,
    /// `comma`, `tab` or `semicolon`; by default what the header is separated by.
    separator: Option<String>,
    /// A JSON object from the list's headers to columns by their English or Japanese name; `""` leaves a column out.
    #[param(example = r#"{"ご利用者様":"name","メモ欄":""}"#)]
    mapping: Option<String>,
}

impl HowToRead {
    fn reading(self, kind: Kind, headers: &HeaderMap) -> Result<Reading, Problem> {
        let separator = match self.separator.as_deref() {
            None | Some("auto") => None,
            Some("comma" | ",") => Some(b','),
            Some("tab" | "\t") => Some(b'\t'),
            Some("semicolon" | ";") => Some(b';'),
            Some(other) => {
                return Err(Problem::invalid("separator", format!("`{other}`; comma, tab or semicolon")));
            }
        };
        let mapping = match &self.mapping {
            Some(text) if !text.trim().is_empty() => serde_json::from_str(text).map_err(|e| {
                Problem::invalid("mapping", format!("{e}; a JSON object such as {{\"ご利用者様\":\"name\"}}"))
            })?,
            _ => Default::default(),
        };
        let encoding = self.encoding.filter(|e| e != "auto").or_else(|| charset(headers));
        Ok(Reading {
            kind,
            encoding,
            separator,
            mapping,
            dry_run: self.dry_run,
            skip_faulty: self.skip_faulty,
        })
    }
}

/// The charset that a content type such as `text/csv; charset=shift_jis` names.
fn charset(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    let (_, charset) = kind.split_once("charset=")?;
    Some(charset.split(';').next().unwrap_or_default().trim().trim_matches('"').to_owned())
}

/// Takes a list of masters in, or with `dry_run` says what it would do. The body is the CSV file itself, at most 10 MiB.
///
/// Rows whose own number (or name with birth date, plate, …) is registered change what is there, others are added. Every row
/// becomes the commands that the other endpoints send, with the request's `Idempotency-Key` and the row as their keys.
#[utoipa::path(post, path = "/import/{kind}", tag = "lists",
    params(("kind" = Kind, Path, example = "riders"), HowToRead),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportReport), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn import(
    State(app): State<Arc<App>>,
    Path(kind): Path<String>,
    Query(how): Query<HowToRead>,
    request: Request,
) -> Result<Json<ImportReport>, Problem> {
    let kind = find_kind(&kind)?;
    let (parts, body) = request.into_parts();
    let reading = how.reading(kind, &parts.headers)?;
    let key = key_of(&parts.headers)?;
    let bytes = read_body(&parts.headers, body).await?;
    // A caller who hangs up must not leave half a list behind.
    let whole = tokio::spawn(calling(caller(), take_in(app, reading, bytes, key))).await;
    whole.map_err(|e| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", e.to_string()))?.map(Json)
}

fn find_kind(text: &str) -> Result<Kind, Problem> {
    text.parse().map_err(|()| {
        let all: Vec<&str> = Kind::ALL.iter().map(|k| k.as_str()).collect();
        Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no list `{text}`; one of {}", all.join(", ")),
        )
    })
}

/// The caller's key; the commands' keys are longer by the row and what is done there.
fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let wrong = || Problem::invalid("Idempotency-Key", "1 to 150 visible ASCII characters, such as a UUID");
    let key = value.to_str().map_err(|_| wrong())?.trim();
    if key.is_empty() || key.len() > 150 || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Err(wrong());
    }
    Ok(Some(key.to_owned()))
}

/// The whole file; one that says it is too large is turned away before it is read.
async fn read_body(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let detail = format!("the list is larger than {} MiB; send it in parts", FILE_MAX / 1024 / 1024);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
    };
    let claimed = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<usize>().ok());
    if claimed.is_some_and(|bytes| bytes > FILE_MAX) {
        return Err(too_large());
    }
    to_bytes(body, FILE_MAX).await.map(Vec::from).map_err(|_| too_large())
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HowToWrite {
    /// `utf-8` (with a byte-order mark, by which Excel knows it) or `shift_jis`.
    encoding: Option<String>,
}

/// A list of masters as CSV, in the columns in which an import takes it back: `riders.csv`, `places.csv` and so on.
///
/// A cell that a spreadsheet would run as a formula (`=`, `+`, `-`, `@` first) has an apostrophe before it; an import takes
/// it off again.
#[utoipa::path(get, path = "/export/{file}", tag = "lists",
    params(("file" = String, Path, example = "riders.csv"), HowToWrite),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn export(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    Query(how): Query<HowToWrite>,
) -> Result<Response, Problem> {
    let kind = find_kind(file.strip_suffix(".csv").unwrap_or(&file))?;
    let failed = |e: tokio::task::JoinError| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", e.to_string())
    };
    let text =
        tokio::task::spawn_blocking(move || out::write(&trial(&app), kind)).await.map_err(failed)??;
    let (bytes, charset) = out::encode(&text, how.encoding.as_deref())?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let mut set = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, format!("text/csv; charset={charset}"));
    set(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", kind.as_str()));
    // Names and addresses stay in no cache.
    set(header::CACHE_CONTROL, "no-store".to_owned());
    Ok(response)
}
