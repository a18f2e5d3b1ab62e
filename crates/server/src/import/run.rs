//! A list from its bytes to its report, and its commands into the engine.

use std::sync::Arc;

use axum::http::StatusCode;
use dispatch::Key;
use sha2::{Digest, Sha256};
use std::fmt::Write;

use super::columns::Kind;
use super::header::Mapping;
use super::plan::{Plan, plan};
use super::report::{ImportReport, KnownColumn};
use super::sheet::Sheet;
use super::trial::{Step, Trial};
use super::{decode, export, header, sheet};
use crate::app::App;
use crate::problem::{FieldError, Problem};

/// Flaws named in a refusal; a dry run names them all.
const NAMED_MAX: usize = 200;

/// How a list is to be read.
#[derive(Debug, Clone)]
pub struct Reading {
    pub kind: Kind,
    pub encoding: Option<String>,
    pub separator: Option<u8>,
    pub mapping: Mapping,
    pub dry_run: bool,
    pub skip_faulty: bool,
}

/// What a list would do, with the commands for it.
pub struct Read {
    pub report: ImportReport,
    pub steps: Vec<Step>,
}

/// Reads a list against the newest state; changes nothing.
pub fn read(app: &App, reading: &Reading, bytes: &[u8]) -> Result<Read, Problem> {
    let (text, encoding) = decode::decode(bytes, reading.encoding.as_deref())?;
    let sheet = sheet::read(&text, reading.separator)?;
    let header = header::read(reading.kind, &sheet.header, &reading.mapping)?;
    let mut trial = trial(app);
    let plan = plan(&mut trial, reading.kind, &sheet, &header);
    let faulty_csv = reading.skip_faulty.then(|| left_out(&plan, &sheet)).transpose()?;
    let report = ImportReport {
        kind: reading.kind,
        dry_run: reading.dry_run,
        encoding: encoding.to_owned(),
        separator: char::from(sheet.separator).to_string(),
        columns: header.describe(&sheet.header),
        available: KnownColumn::list(reading.kind),
        rows: plan.rows,
        added: plan.count("added"),
        changed: plan.count("changed"),
        unchanged: plan.unchanged,
        faulty: plan.faulty_rows().len() as u32,
        flaws: plan.flaws,
        changes: plan.changes,
        faulty_csv,
    };
    Ok(Read { report, steps: trial.steps })
}

/// The state and the register as they stand.
pub fn trial(app: &App) -> Trial {
    let service = &app.service;
    Trial::new(&service.snapshot(), &service.register, service.roads.clone(), service.clock.now())
}

/// The rows with flaws as they came, with what is wrong behind them.
fn left_out(plan: &Plan, sheet: &Sheet) -> Result<String, Problem> {
    let rows = plan.faulty_rows();
    let mut head = sheet.header.clone();
    head.push("読み込めない理由".to_owned());
    let lines = sheet.rows.iter().filter(|line| rows.contains(&line.number)).map(|line| {
        let mut cells = line.cells.clone();
        cells.resize(sheet.header.len(), String::new());
        let reasons = plan.flaws.iter().filter(|f| f.row == line.number);
        let reasons: Vec<String> = reasons.map(|f| format!("{}: {}", f.column, f.detail_ja)).collect();
        cells.push(reasons.join(" / "));
        cells
    });
    export::to_csv(std::iter::once(head).chain(lines))
}

/// Why a list with flaws was not taken.
fn refused(report: &ImportReport) -> Problem {
    let count = report.flaws.len();
    let detail = format!(
        "{count} flaws in {} rows; nothing was changed. Correct them (a dry run lists them all), or send it with skip_faulty=true",
        report.faulty
    );
    let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "faulty_list", detail);
    problem.errors = report
        .flaws
        .iter()
        .take(NAMED_MAX)
        .map(|f| FieldError { field: format!("row {}: {}", f.row, f.column), detail: f.detail.clone() })
        .collect();
    problem
}

/// Takes a list in: all of it, or with `skip_faulty` its sound rows.
pub async fn import(
    app: Arc<App>,
    reading: Reading,
    bytes: Vec<u8>,
    key: Option<String>,
) -> Result<ImportReport, Problem> {
    let fingerprint = fingerprint(reading.kind, &bytes);
    // One list at a time: the second would be compared with a state that the first is about to change.
    let _turn = if reading.dry_run { None } else { Some(app.importing.lock().await) };
    let reader = app.clone();
    let dry_run = reading.dry_run;
    let worker = tokio::task::spawn_blocking(move || {
        let skip = reading.skip_faulty;
        read(&reader, &reading, &bytes).map(|read| (read, skip))
    });
    let failed = |e: tokio::task::JoinError| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", e.to_string())
    };
    let (read, skip) = worker.await.map_err(failed)??;
    if dry_run {
        return Ok(read.report);
    }
    // A fault of the header is one of every row.
    if !read.report.flaws.is_empty() && (!skip || read.report.flaws.iter().any(|f| f.row == 1)) {
        return Err(refused(&read.report));
    }
    for step in read.steps {
        send(&app, step, key.as_deref(), &fingerprint).await?;
    }
    Ok(read.report)
}

/// One command, as if it had been typed; its key is the list's with the row and what is done there.
async fn send(app: &App, step: Step, key: Option<&str>, fingerprint: &str) -> Result<(), Problem> {
    let Step { row, name, command, register, subject } = step;
    let key = key.map(|key| Key { key: format!("{key}/{row}/{name}"), fingerprint: fingerprint.to_owned() });
    let overtaken = |why: &str| {
        let detail = format!(
            "stopped before row {row}: {why}. The rows above it are in; send the list again, and they stay as they are"
        );
        Problem::new(StatusCode::CONFLICT, "import_overtaken", detail)
    };
    let reply = loop {
        match app.submit(command.clone(), "operator", key.clone(), register.clone()).await {
            Ok(reply) => break reply,
            // The inbox is full of others' commands; a list has time.
            Err(problem) if problem.code == "busy" => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await
            }
            Err(problem) if problem.status >= 500 || problem.code == "key_reused" => return Err(problem),
            Err(problem) => return Err(overtaken(&problem.detail)),
        }
    };
    match subject {
        Some(expected) if reply.subject.as_deref() != Some(expected.as_str()) => {
            Err(overtaken("something else was registered meanwhile"))
        }
        _ => Ok(()),
    }
}

fn fingerprint(kind: Kind, bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(kind.as_str().as_bytes());
    hash.update([0]);
    hash.update(bytes);
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
