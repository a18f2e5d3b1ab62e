//! The problems that an operation may answer with.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::codes::{CODES, Code};
use crate::problem::Problem;

const KIND: &str = "application/problem+json";

/// The codes as words of the problem's schema.
pub fn list_codes(schemas: &mut Map<String, Value>) {
    if let Some(code) = schemas.get_mut("Problem").map(|problem| &mut problem["properties"]["code"]) {
        code["enum"] = CODES.iter().map(|known| json!(known.code)).collect();
    }
}

/// Every problem as it looks, once for all operations.
pub fn examples() -> Value {
    let mut all = Map::new();
    for known in CODES {
        for status in known.statuses.iter().filter_map(|status| StatusCode::from_u16(*status).ok()) {
            let example = json!({ "summary": known.meaning, "value": shown(known, status) });
            all.insert(name_of(known, status), example);
        }
    }
    Value::Object(all)
}

fn name_of(known: &Code, status: StatusCode) -> String {
    format!("{}_{}", known.code, status.as_u16())
}

/// Adds what every operation of this form may answer, and shows each problem by an example.
pub fn complete(path: &str, is_read: bool, operation: &mut Value) {
    let has_body = !operation["requestBody"].is_null();
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let takes = |place: &str| parameters.iter().any(|p| p["in"] == place);
    let mut statuses = vec![500];
    if takes("path") || takes("query") || has_body {
        statuses.push(400);
    }
    if takes("path") {
        statuses.push(404);
    }
    if takes("query") || !is_read {
        statuses.push(422);
    }
    if has_body {
        statuses.extend([413, 415]);
    }
    if !is_read {
        statuses.push(503);
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for status in statuses {
        responses.entry(status.to_string()).or_insert(Value::Null);
    }
    for (status, response) in responses.iter_mut() {
        let Some(status) = status.parse().ok().and_then(|s| StatusCode::from_u16(s).ok()) else { continue };
        if status.as_u16() >= 400 {
            *response = response_of(path, status, is_read);
        }
    }
    responses.sort_keys();
}

fn response_of(path: &str, status: StatusCode, is_read: bool) -> Value {
    let comes = |known: &&Code| {
        let is_of_status = known.statuses.contains(&status.as_u16());
        is_of_status && comes_at(known.code, path) && (!is_read || comes_from_reading(known.code))
    };
    let here: Vec<&Code> = CODES.iter().filter(comes).collect();
    let shown = here.iter().map(|known| {
        let reference = format!("#/components/examples/{}", name_of(known, status));
        (known.code.to_owned(), json!({ "$ref": reference }))
    });
    let examples: Map<String, Value> = shown.collect();
    let words: Vec<String> = here.iter().map(|known| format!("`{}`", known.code)).collect();
    json!({
        "description": words.join(", "),
        "content": { KIND: { "schema": { "$ref": "#/components/schemas/Problem" }, "examples": examples } },
    })
}

/// Some problems belong to a few addresses only.
fn comes_at(code: &str, path: &str) -> bool {
    match code {
        "bad_csv" | "bad_encoding" | "empty_file" | "faulty_list" | "not_text" | "too_many_rows"
        | "unbalanced_quotes" | "import_overtaken" => path.contains("/import/"),
        "not_in_shift_jis" => path.contains("/export/"),
        "not_a_demo" => path.ends_with("/clock"),
        "off_road" => path.contains("/places"),
        "visit_not_next" => path.ends_with("/facts"),
        "wrong_sign_in" | "locked_out" => path.ends_with("/session") || path.ends_with("/password"),
        "weak_password" => path.ends_with("/taken") || path.ends_with("/password"),
        "invitation_over" => path.ends_with("/taken"),
        "login_taken" => path.ends_with("/accounts"),
        "own_account" => path.ends_with("/accounts/{id}"),
        "no_room" => path.ends_with("/move"),
        "offer_expired" | "offer_stale" => path.ends_with("/accept"),
        "no_vehicle_holds" => path.ends_with("/requests") || path.ends_with("/round-trips"),
        _ => true,
    }
}

/// What is only read has no body and changes nothing.
fn comes_from_reading(code: &str) -> bool {
    matches!(
        code,
        "invalid_value"
            | "not_found"
            | "not_in_shift_jis"
            | "internal"
            | "not_signed_in"
            | "not_allowed"
            | "too_many_requests"
    )
}

fn shown(known: &Code, status: StatusCode) -> Problem {
    let field = |field: &str, detail: &str| Problem::field(status, known.code, field, detail);
    match known.code {
        "invalid_value" if status == StatusCode::BAD_REQUEST => Problem::new(
            status,
            known.code,
            "Failed to deserialize query string: limit: invalid digit found in string",
        ),
        "invalid_value" => field("wish.at", "`soon` is no time such as `2026-11-24T07:30:00+09:00`"),
        "unknown_id" => field("rider", "there is no rider-99"),
        "time_in_past" => field("wish.at", "2026-01-05T10:00:00+09:00 is over"),
        "not_found" => Problem::not_found("request", "request-99"),
        "busy" | "storage_unavailable" => {
            Problem { retry_after_seconds: Some(1), ..Problem::new(status, known.code, known.meaning) }
        }
        _ => Problem::new(status, known.code, known.meaning),
    }
}
