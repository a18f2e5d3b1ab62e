//! Errors on the wire: problem documents after RFC 9457, in English and Japanese, with codes that never change.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dispatch::Turned;
use domain::Rejection;
use serde::Serialize;
use utoipa::ToSchema;

use crate::texts;

/// A problem document (RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// A name for the kind of problem; the same as `code` behind a stable prefix.
    #[serde(rename = "type")]
    #[schema(example = "urn:kuseki:problem:unknown_id")]
    pub kind: String,
    pub title: String,
    #[schema(example = 422)]
    pub status: u16,
    /// What is wrong, where, and what would be right.
    pub detail: String,
    /// The same for a reader of Japanese.
    pub detail_ja: String,
    #[schema(example = "unknown_id")]
    pub code: String,
    /// The fields at fault, where there are some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    #[serde(skip)]
    pub retry_after_seconds: Option<u64>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    #[schema(example = "wish.at")]
    pub field: String,
    pub detail: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Problem {
        let detail = detail.into();
        debug_assert!(
            crate::codes::find(code).is_some_and(|known| known.statuses.contains(&status.as_u16())),
            "`{code}` with {status} is not in the table of codes"
        );
        Problem {
            kind: format!("urn:kuseki:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: status.as_u16(),
            detail_ja: texts::problem_ja(code, None, &detail),
            detail,
            code: code.to_owned(),
            errors: Vec::new(),
            retry_after_seconds: None,
        }
    }

    /// A fault of one field of the input.
    pub fn field(status: StatusCode, code: &str, field: &str, detail: impl Into<String>) -> Problem {
        let detail = detail.into();
        let mut problem = Problem::new(status, code, format!("{field}: {detail}"));
        problem.detail_ja = texts::problem_ja(code, Some(field), &detail);
        problem.errors.push(FieldError { field: field.to_owned(), detail });
        problem
    }

    pub fn invalid(field: &str, detail: impl Into<String>) -> Problem {
        Problem::field(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", field, detail)
    }

    /// A thing named in the path that does not exist.
    pub fn not_found(what: &str, id: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is no {what} `{id}` here"))
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        let status = match rejection {
            Rejection::WrongState { .. } | Rejection::OfferExpired { .. } | Rejection::OfferStale { .. } => {
                StatusCode::CONFLICT
            }
            Rejection::VisitNotNext { .. } | Rejection::NoRoom { .. } => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let detail = rejection.to_string();
        let mut problem = Problem::new(status, rejection.code(), detail.clone());
        problem.detail_ja = match rejection {
            Rejection::NoRoom { reason, .. } => texts::problem_ja("no_room", None, &texts::reason(reason).ja),
            _ => texts::problem_ja(rejection.code(), rejection.field(), &detail),
        };
        if let Some(field) = rejection.field() {
            let detail = detail.strip_prefix(&format!("{field}: ")).unwrap_or(&detail).to_owned();
            problem.errors.push(FieldError { field: field.to_owned(), detail });
        }
        problem
    }
}

impl From<Turned> for Problem {
    fn from(turned: Turned) -> Problem {
        let detail = turned.to_string();
        match turned {
            Turned::Rejected(rejection) => rejection.into(),
            Turned::KeyReused { .. } => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key_reused", detail),
            Turned::Overtaken => Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail),
            Turned::Busy { retry_after_seconds } => {
                let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
                problem.retry_after_seconds = Some(retry_after_seconds);
                problem
            }
            Turned::Unavailable { .. } => {
                let mut problem =
                    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable", detail);
                problem.retry_after_seconds = Some(5);
                problem
            }
            Turned::Bug { .. } => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "plan_refused", detail),
        }
    }
}

/// Turns errors that the framework words in plain text (a query that cannot be read, a missing upgrade) into documents.
pub async fn as_document(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let plain = kind.is_empty() || kind.starts_with("text/plain");
    if !(status.is_client_error() || status.is_server_error()) || !plain {
        return response;
    }
    let (parts, body) = response.into_parts();
    let words = axum::body::to_bytes(body, 4_096).await.unwrap_or_default();
    let words = String::from_utf8_lossy(&words).trim().to_owned();
    let detail =
        if words.is_empty() { status.canonical_reason().unwrap_or("error").to_owned() } else { words };
    let code = match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "payload_too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        status if status.is_server_error() => "internal",
        _ => "invalid_value",
    };
    let mut document = Problem::new(status, code, detail).into_response();
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            document.headers_mut().insert(name.clone(), value.clone());
        }
    }
    document
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after_seconds;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
