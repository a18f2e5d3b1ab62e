//! A phone's side of the API: JSON over HTTP with idempotency keys.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::fault::Fault;

#[derive(Debug, Clone)]
pub struct Phone {
    base: String,
    client: reqwest::Client,
}

/// What came back: a body, or a problem document with its status.
pub type Answer = Result<Value, Refused>;

/// A problem document.
#[derive(Debug, Clone)]
pub struct Refused {
    pub status: u16,
    pub code: String,
    pub body: Value,
}

impl Phone {
    pub fn new(base: &str) -> Phone {
        Phone { base: base.to_owned(), client: reqwest::Client::new() }
    }

    pub async fn get(&self, path: &str) -> Result<Value, Fault> {
        let answer = self.call(Method::GET, path, None, None).await?;
        answer.map_err(|refused| refused.fault(path))
    }

    /// Sends a command. A dead spot or a busy server is tried again under the same key, so it happens once.
    pub async fn post(&self, path: &str, key: &str, body: Value) -> Result<Answer, Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = self.call(Method::POST, path, Some(key), Some(&body)).await;
            let again = match &answer {
                Err(_) => true,
                Ok(Err(refused)) => refused.status == StatusCode::SERVICE_UNAVAILABLE.as_u16(),
                Ok(Ok(_)) => false,
            };
            if !again || tries >= 5 {
                return answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200 * tries)).await;
        }
    }

    /// Sends a command once, whatever comes back.
    pub async fn once(&self, path: &str, key: &str, body: &Value) -> Result<Answer, Fault> {
        self.call(Method::POST, path, Some(key), Some(body)).await
    }

    /// A command that must succeed.
    pub async fn must(&self, path: &str, key: &str, body: Value) -> Result<Value, Fault> {
        self.post(path, key, body).await?.map_err(|refused| refused.fault(path))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, Fault> {
        let unreachable = |source| Fault::Unreachable { path: path.to_owned(), source };
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.base));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let text = response.text().await.map_err(unreachable)?;
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(Ok(body));
        }
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        Ok(Err(Refused { status: status.as_u16(), code, body }))
    }

    /// Address of the WebSocket.
    pub fn socket(&self, query: &str) -> String {
        format!("{}/api/v1/ws?{query}", self.base.replacen("http", "ws", 1))
    }
}

impl Refused {
    pub fn fault(self, path: &str) -> Fault {
        Fault::Phone { path: path.to_owned(), status: self.status, body: self.body.to_string() }
    }
}
