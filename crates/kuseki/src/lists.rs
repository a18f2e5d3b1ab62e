//! `kuseki import` and `kuseki export`: lists of masters to and from a running server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;

use crate::fault::Fault;
use crate::serve::runtime;

/// Flaws printed; the page and the API show them all.
const SHOWN_MAX: usize = 200;

#[derive(Debug, clap::Args)]
pub struct Import {
    /// `places`, `facilities`, `vehicles`, `drivers`, `riders`, `memberships` or `not_with`.
    kind: String,
    /// The list as CSV, in UTF-8 or Shift_JIS.
    file: PathBuf,
    /// The running server.
    #[arg(long, default_value = "http://127.0.0.1:8080", env = "KUSEKI_SERVER")]
    server: String,
    /// An API key of the server, with the scope `masters` to import and `read` to export.
    #[arg(long, env = "KUSEKI_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Finds every flaw and says what would change; changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Takes the sound rows in and writes the others beside the file.
    #[arg(long)]
    skip_faulty: bool,
    /// The list's headers to columns: a TOML or JSON file such as `"ご利用者様" = "name"`.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// `utf-8`, `utf-16` or `shift_jis`; found from the bytes if left out.
    #[arg(long)]
    encoding: Option<String>,
    /// `comma`, `tab` or `semicolon`; found from the header if left out.
    #[arg(long)]
    separator: Option<String>,
    /// Sends the commands under keys that begin so; a list that was cut off may be sent again under the same.
    #[arg(long)]
    key: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Export {
    /// `places`, `facilities`, `vehicles`, `drivers`, `riders`, `memberships` or `not_with`.
    kind: String,
    /// The running server.
    #[arg(long, default_value = "http://127.0.0.1:8080", env = "KUSEKI_SERVER")]
    server: String,
    /// An API key of the server, with the scope `masters` to import and `read` to export.
    #[arg(long, env = "KUSEKI_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Where to write the list; standard output if left out.
    #[arg(long)]
    out: Option<PathBuf>,
    /// `utf-8` or `shift_jis`.
    #[arg(long, default_value = "utf-8")]
    encoding: String,
}

/// An answer of the server: its bytes where it is one of success.
async fn ask(request: reqwest::RequestBuilder, path: &str, key: Option<&String>) -> Result<Vec<u8>, Fault> {
    let request = key.iter().fold(request, |request, key| request.bearer_auth(key));
    let unreachable = |source| Fault::Unreachable { path: path.to_owned(), source };
    let answer = request.send().await.map_err(unreachable)?;
    let (status, body) = (answer.status(), answer.bytes().await.map_err(unreachable)?.to_vec());
    if status.is_success() {
        return Ok(body);
    }
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut text =
        problem["detail"].as_str().map_or_else(|| format!("{path} answered {status}"), str::to_owned);
    for error in problem["errors"].as_array().into_iter().flatten().take(SHOWN_MAX) {
        let part = |name: &str| error[name].as_str().unwrap_or_default();
        text.push_str(&format!("\n  {}: {}", part("field"), part("detail")));
    }
    Err(Fault::Usage(text))
}

pub fn import(arguments: &Import) -> Result<(), Fault> {
    let bytes = read(&arguments.file)?;
    let mapping = arguments.mapping.as_deref().map(read_mapping).transpose()?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv"));
    if let Some(key) = &arguments.key {
        let wrong = |_| Fault::Usage(format!("--key `{key}` may hold visible ASCII characters only"));
        headers.insert("idempotency-key", HeaderValue::from_str(key).map_err(wrong)?);
    }
    let mut query =
        vec![("dry_run", arguments.dry_run.to_string()), ("skip_faulty", arguments.skip_faulty.to_string())];
    query.extend(arguments.encoding.clone().map(|e| ("encoding", e)));
    query.extend(arguments.separator.clone().map(|s| ("separator", s)));
    query.extend(mapping.map(|m| ("mapping", m)));
    let path = format!("{}/api/v1/import/{}", arguments.server.trim_end_matches('/'), arguments.kind);
    let request = reqwest::Client::new().post(&path).query(&query).headers(headers).body(bytes);
    let answer = runtime()?.block_on(ask(request, &path, arguments.api_key.as_ref()))?;
    let report: Value = serde_json::from_slice(&answer).unwrap_or_default();
    print(&report);
    if let Some(rest) = report["faulty_csv"].as_str().filter(|_| report["faulty"].as_u64() > Some(0)) {
        let out = arguments.file.with_extension("faulty.csv");
        // With a mark, by which Excel knows the encoding.
        write(&out, format!("\u{feff}{rest}").as_bytes())?;
        println!("the rows left out are in {}", out.display());
    } else if arguments.dry_run && report["flaws"].as_array().is_some_and(|f| !f.is_empty()) {
        return Err(Fault::Usage("the list has flaws; nothing would be taken in".to_owned()));
    }
    Ok(())
}

fn print(report: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let count = |name: &str| report[name].as_u64().unwrap_or_default();
    let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    let (flaws, columns) = (list("flaws"), list("columns"));
    for flaw in flaws.iter().take(SHOWN_MAX) {
        let (row, column, found) = (&flaw["row"], text(&flaw["column"]), text(&flaw["found"]));
        println!("row {row}, {column}: `{found}`: {} / {}", text(&flaw["detail"]), text(&flaw["detail_ja"]));
    }
    if flaws.len() > SHOWN_MAX {
        println!("… and {} more", flaws.len() - SHOWN_MAX);
    }
    let unread: Vec<String> =
        columns.iter().filter(|c| c["column"].is_null()).map(|c| text(&c["header"])).collect();
    if !unread.is_empty() {
        println!("columns that are not read: {}", unread.join(", "));
    }
    let would = if report["dry_run"] == true { "would be " } else { "" };
    println!(
        "{} rows ({}): {} {would}added, {} {would}changed, {} as they are, {} with flaws",
        count("rows"),
        text(&report["encoding"]),
        count("added"),
        count("changed"),
        count("unchanged"),
        count("faulty")
    );
}

/// A mapping file as the JSON that the server takes.
fn read_mapping(path: &Path) -> Result<String, Fault> {
    let bytes = read(path)?;
    let wrong = |why: String| Fault::Usage(format!("{} is no mapping of headers: {why}", path.display()));
    let text = String::from_utf8(bytes).map_err(|e| wrong(e.to_string()))?;
    let mapping: BTreeMap<String, String> = if path.extension().is_some_and(|e| e == "json") {
        serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?
    } else {
        toml::from_str(&text).map_err(|e| wrong(e.to_string()))?
    };
    serde_json::to_string(&mapping).map_err(|e| wrong(e.to_string()))
}

pub fn export(arguments: &Export) -> Result<(), Fault> {
    let path = format!("{}/api/v1/export/{}.csv", arguments.server.trim_end_matches('/'), arguments.kind);
    let request = reqwest::Client::new().get(&path).query(&[("encoding", &arguments.encoding)]);
    let bytes = runtime()?.block_on(ask(request, &path, arguments.api_key.as_ref()))?;
    match &arguments.out {
        Some(out) => write(out, &bytes),
        None => {
            let fault = |source| Fault::File { path: PathBuf::from("standard output"), source };
            std::io::Write::write_all(&mut std::io::stdout().lock(), &bytes).map_err(fault)
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(path).map_err(|source| Fault::File { path: path.to_owned(), source })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    std::fs::write(path, bytes).map_err(|source| Fault::File { path: path.to_owned(), source })
}
