//! The web pages, embedded in the binary by `build.rs`.
//!
//! Eight addresses are pages (`/`, `/accounts`, `/day`, `/driver`, `/import`, `/policy`, `/sign-in`, `/town`). Everything under `/assets/` carries a hash of its content in its
//! name and may be kept for ever; the pages themselves are asked for again each time and answered with 304 while unchanged.

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::tiles::takes;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/web"]
struct Pages;

/// What the pages may load: only from this server. MapLibre draws images and its worker from blobs and sets styles in place.
const CONTENT_RULE: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Routes of the pages and of the files they load. It needs no state, so it merges into any router.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|headers: HeaderMap| async move { serve("index.html", &headers) }))
        .route("/driver", get(|headers: HeaderMap| async move { serve("driver.html", &headers) }))
        .route("/import", get(|headers: HeaderMap| async move { serve("import.html", &headers) }))
        .route("/policy", get(|headers: HeaderMap| async move { serve("policy.html", &headers) }))
        .route("/day", get(|headers: HeaderMap| async move { serve("day.html", &headers) }))
        .route("/town", get(|headers: HeaderMap| async move { serve("town.html", &headers) }))
        .route("/sign-in", get(|headers: HeaderMap| async move { serve("sign-in.html", &headers) }))
        .route("/accounts", get(|headers: HeaderMap| async move { serve("accounts.html", &headers) }))
        .route("/favicon.svg", get(|headers: HeaderMap| async move { serve("favicon.svg", &headers) }))
        .route("/assets/{*path}", get(asset))
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    serve(&format!("assets/{path}"), &headers)
}

/// Answers with one embedded file: its brotli copy where the client takes brotli and there is one, 304 where the client
/// holds it already, the board's page in place of a page that was not built (the placeholder is one page for all).
fn serve(name: &str, request: &HeaderMap) -> Response {
    // The compressed copies are parts of their files, not files of their own.
    let found = (!name.ends_with(".br")).then(|| find(name)).flatten();
    let Some((name, plain)) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let packed = takes(request, "br").then(|| Pages::get(&format!("{name}.br"))).flatten();
    let tag = tag_of(&plain, packed.is_some());
    let mut answer = if holds(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mime = plain.metadata.mimetype().to_owned();
        let compressed = packed.is_some();
        let mut full = Response::new(body_of(packed.unwrap_or(plain).data));
        set(full.headers_mut(), header::CONTENT_TYPE, &with_charset(&mime));
        if compressed {
            set(full.headers_mut(), header::CONTENT_ENCODING, "br");
        }
        full
    };
    let headers = answer.headers_mut();
    set(headers, header::ETAG, &tag);
    set(headers, header::VARY, "accept-encoding");
    set(headers, header::CACHE_CONTROL, if name.starts_with("assets/") { FOR_EVER } else { ASK_AGAIN });
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if name.ends_with(".html") {
        set(headers, header::CONTENT_SECURITY_POLICY, CONTENT_RULE);
        set(headers, header::REFERRER_POLICY, "same-origin");
    }
    answer
}

fn find(name: &str) -> Option<(&str, EmbeddedFile)> {
    if let Some(file) = Pages::get(name) {
        return Some((name, file));
    }
    name.ends_with(".html").then(|| Pages::get("index.html")).flatten().map(|file| ("index.html", file))
}

fn body_of(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    }
}

/// A strong tag: the first half of the content's SHA-256, told apart by encoding, since the bytes sent differ.
fn tag_of(plain: &EmbeddedFile, packed: bool) -> String {
    let hash = plain.metadata.sha256_hash();
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    if packed { format!("\"{hex}-br\"") } else { format!("\"{hex}\"") }
}

pub fn holds(request: &HeaderMap, tag: &str) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|candidate| candidate.trim().trim_start_matches("W/"))
        .any(|candidate| candidate == tag || candidate == "*")
}

fn with_charset(mime: &str) -> Cow<'_, str> {
    if mime.starts_with("text/") { Cow::Owned(format!("{mime}; charset=utf-8")) } else { Cow::Borrowed(mime) }
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    // Every value here is plain ASCII made above; one that were not would only be left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            set(&mut headers, name.clone(), value);
        }
        headers
    }

    fn said(answer: &Response, name: header::HeaderName) -> &str {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    #[test]
    fn pages_are_asked_for_again_and_answered_with_not_modified() {
        let first = serve("driver.html", &asking(&[]));
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(said(&first, header::CACHE_CONTROL), ASK_AGAIN);
        assert_eq!(said(&first, header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert!(said(&first, header::CONTENT_SECURITY_POLICY).contains("default-src 'self'"));
        let tag = said(&first, header::ETAG).to_owned();
        let again = serve("driver.html", &asking(&[(header::IF_NONE_MATCH, &format!("\"other\", {tag}"))]));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(said(&again, header::ETAG), tag);
    }

    #[test]
    fn hashed_files_are_kept_for_ever_and_sent_in_brotli() {
        // With the placeholder in place of the pages there are no hashed files, and nothing to hold here.
        for name in Pages::iter().filter(|name| name.starts_with("assets/") && name.ends_with(".js")) {
            let plain = serve(&name, &asking(&[]));
            assert_eq!(said(&plain, header::CACHE_CONTROL), FOR_EVER);
            assert!(said(&plain, header::CONTENT_TYPE).starts_with("text/javascript"));
            let packed = serve(&name, &asking(&[(header::ACCEPT_ENCODING, "gzip, br;q=0.8")]));
            if Pages::get(&format!("{name}.br")).is_some() {
                assert_eq!(said(&packed, header::CONTENT_ENCODING), "br");
                assert_ne!(said(&packed, header::ETAG), said(&plain, header::ETAG));
            }
            let refused = serve(&name, &asking(&[(header::ACCEPT_ENCODING, "br;q=0")]));
            assert_eq!(said(&refused, header::CONTENT_ENCODING), "");
        }
    }

    #[test]
    fn unknown_files_and_bare_copies_are_not_found() {
        assert_eq!(serve("assets/none-12345678.js", &asking(&[])).status(), StatusCode::NOT_FOUND);
        assert_eq!(serve("index.html.br", &asking(&[])).status(), StatusCode::NOT_FOUND);
        assert_eq!(serve("assets/../index.html.br", &asking(&[])).status(), StatusCode::NOT_FOUND);
    }
}
