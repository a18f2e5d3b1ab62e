//! How a refusal is looked at: a whole problem document, and a log that has not moved.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Answer, Client, Server, Site};
use crate::town::Town;

/// A refused answer must be a whole problem document.
#[track_caller]
pub fn check_problem(what: &str, answer: &Answer, status: u16, code: &str, field: Option<&str>) {
    let body = &answer.body;
    assert_eq!((answer.status, body["code"].as_str()), (status, Some(code)), "{what}: {body}");
    assert_eq!(answer.kind, "application/problem+json", "{what}");
    assert_eq!(body["status"], json!(status), "{what}");
    assert_eq!(body["type"], json!(format!("urn:kuseki:problem:{code}")), "{what}");
    assert!(body["title"].as_str().is_some_and(|t| !t.is_empty()), "{what}: {body}");
    assert!(body["detail"].as_str().is_some_and(|d| d.len() > 10), "{what}: {body}");
    let is_japanese = |text: &str| text.chars().any(|c| ('ぁ'..='ゖ').contains(&c));
    assert!(body["detail_ja"].as_str().is_some_and(is_japanese), "{what}: {body}");
    if let Some(field) = field {
        assert_eq!(body["errors"][0]["field"], json!(field), "{what}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(field), "{what}: {body}");
    }
}

/// Sends what must be refused, and sees that the log has not moved. A day may begin by itself between the two looks, once;
/// so what moved is looked at a second time.
pub async fn refused(client: &Client, send: impl AsyncFn() -> Answer) -> Answer {
    let mut moved = None;
    for _ in 0..2 {
        let before = client.log_version().await;
        let answer = send().await;
        let after = client.log_version().await;
        if before == after {
            return answer;
        }
        moved = Some((before, after, answer));
    }
    panic!("a refused command changed the log: {moved:?}");
}

pub struct Asked {
    pub server: Server,
    _site: Site,
    pub town: Town,
}

impl Asked {
    pub async fn begin() -> Asked {
        let site = Site::draw();
        let server = site.serve();
        let town = Town::register(server.client(), &site).await;
        Asked { server, _site: site, town }
    }

    /// Posts a body that must be refused.
    #[track_caller]
    pub fn post(
        &self,
        path: &str,
        body: Value,
        status: u16,
        code: &str,
        field: Option<&str>,
    ) -> impl Future<Output = Value> {
        self.send(Method::POST, path, body, status, code, field)
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Value,
        status: u16,
        code: &str,
        field: Option<&str>,
    ) -> Value {
        let client = self.server.client();
        let answer = refused(&client, async || client.json(method.clone(), path, &body).await).await;
        check_problem(&format!("{method} {path} {body}"), &answer, status, code, field);
        answer.body
    }

    /// The resident's wish with one field changed.
    pub fn wish_with(&self, field: &str, value: Value) -> Value {
        let mut wish = self.town.wish();
        wish[field] = value;
        wish
    }
}

pub fn detail(body: &Value) -> &str {
    body["detail"].as_str().unwrap()
}
