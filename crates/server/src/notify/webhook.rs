//! The adapter for an app or a bridge to a messenger: HTTP POST of signed JSON.

use std::fmt::Write;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode, Uri};
use dispatch::{Clock, SystemClock};
use futures_util::future::BoxFuture;
use hmac::{Hmac, Mac};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use sha2::Sha256;

use super::{Letter, Notifier, Undelivered};

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A shorter secret can be guessed.
const SECRET_MIN: usize = 16;

pub struct WebhookNotifier {
    address: Uri,
    secret: Vec<u8>,
    way: Way,
}

/// A machine without certificates can still speak to its neighbour in the clear.
enum Way {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl WebhookNotifier {
    /// # Errors
    /// Says what is wrong with the address, the secret or the certificates of this machine.
    pub fn new(address: &str, secret: &[u8]) -> Result<WebhookNotifier, String> {
        let uri: Uri = address.parse().map_err(|_| format!("`{address}` is no address"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
            return Err(format!("`{address}` does not begin with http:// or https:// and a host"));
        }
        if secret.len() < SECRET_MIN {
            let found = secret.len();
            return Err(format!("the secret has {found} bytes; at least {SECRET_MIN} are needed"));
        }
        let executor = TokioExecutor::new();
        let way = if uri.scheme_str() == Some("https") {
            let native = HttpsConnectorBuilder::new().with_native_roots();
            let native =
                native.map_err(|e| format!("the certificates of this machine cannot be read: {e}"))?;
            Way::Tls(Client::builder(executor).build(native.https_only().enable_http1().build()))
        } else {
            Way::Plain(Client::builder(executor).build(HttpConnector::new()))
        };
        Ok(WebhookNotifier { address: uri, secret: secret.to_owned(), way })
    }

    /// HMAC-SHA256 over the time, a dot and the body, in hexadecimal digits.
    fn signature(&self, time: i64, body: &[u8]) -> Result<String, Undelivered> {
        // HMAC takes a secret of any length.
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret);
        let mut mac = mac.map_err(|_| Undelivered::ForGood("bad_secret".to_owned()))?;
        mac.update(time.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        let mut text = "sha256=".to_owned();
        for byte in mac.finalize().into_bytes() {
            write!(text, "{byte:02x}").ok();
        }
        Ok(text)
    }

    async fn post(&self, letter: &Letter) -> Result<(), Undelivered> {
        let body = body_of(letter).to_string().into_bytes();
        let time = SystemClock.now().unix_seconds();
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.address.clone())
            .header("content-type", "application/json")
            .header("user-agent", concat!("kuseki/", env!("CARGO_PKG_VERSION")))
            .header("idempotency-key", &letter.key)
            .header("kuseki-timestamp", time)
            .header("kuseki-signature", self.signature(time, &body)?)
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| Undelivered::ForGood("bad_request".to_owned()))?;
        let answer = match &self.way {
            Way::Plain(client) => client.request(request),
            Way::Tls(client) => client.request(request),
        };
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        let answer = answer.map_err(|_| Undelivered::ForNow("timeout".to_owned()))?;
        let status = answer.map_err(|_| Undelivered::ForNow("unreachable".to_owned()))?.status();
        let code = format!("http_{}", status.as_u16());
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
                Err(Undelivered::ForNow(code))
            }
            _ if status.is_server_error() => Err(Undelivered::ForNow(code)),
            // A redirection is not followed: the secret was agreed with this address.
            _ => Err(Undelivered::ForGood(code)),
        }
    }
}

/// What is sent. `docs/notify.md` shows an example.
fn body_of(letter: &Letter) -> serde_json::Value {
    json!({
        "key": letter.key,
        "kind": letter.kind,
        "area": letter.area,
        "rider": letter.rider,
        "recipient": letter.address,
        "notice": letter.notice,
        "text": { "ja": letter.text.ja, "en": letter.text.en },
        "about": letter.about,
    })
}

impl Notifier for WebhookNotifier {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn deliver<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), Undelivered>> {
        Box::pin(self.post(letter))
    }
}
