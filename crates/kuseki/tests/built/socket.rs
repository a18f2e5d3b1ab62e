//! A client of the WebSocket that holds every message to its number.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::house::{Client, DEADLINE};

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Number of the newest message, or what the client said it had.
    pub n: u64,
    /// Messages so far.
    seq: u64,
    document: Value,
}

impl Socket {
    /// Connects with a query such as `as=rider&request=request-1`; `after` is the newest number that was seen.
    pub async fn connect(client: &Client, query: &str, after: Option<u64>) -> Socket {
        let mut address = format!("{}/api/v1/ws?{query}", client.base.replacen("http", "ws", 1));
        if let Some(n) = after {
            address.push_str(&format!("&after={n}"));
        }
        let (stream, _) = tokio_tungstenite::connect_async(address).await.unwrap();
        let mut socket = Socket { stream, n: 0, seq: 0, document: server::asyncapi() };
        let hello = socket.next().await;
        assert_eq!((&hello["kind"], &hello["schema"]), (&Value::from("hello"), &Value::from(1)), "{hello}");
        socket.n = after.unwrap_or(0);
        socket
    }

    pub async fn say(&mut self, message: &Value) {
        self.stream.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message: as documented, the next in the count, its number not lower than any before it.
    pub async fn next(&mut self) -> Value {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        loop {
            let frame = tokio::time::timeout_at(deadline, self.stream.next()).await.expect("no message came");
            let Message::Text(text) = frame.unwrap().unwrap() else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            let kind = message["kind"].as_str().unwrap();
            let schema = server::message_schema(kind).unwrap_or_else(|| panic!("`{kind}` is not documented"));
            let faults = server::shape::faults(&self.document, &schema, &message);
            assert!(faults.is_empty(), "{}\n{message}", faults.join("\n"));
            self.seq += 1;
            assert_eq!(message["seq"], Value::from(self.seq), "{message}");
            let n = message["n"].as_u64().unwrap();
            if message["kind"] != "resync" {
                assert!(n >= self.n, "message {n} came after {}: {message}", self.n);
            }
            self.n = n;
            return message;
        }
    }

    /// Reads on until a message of this kind satisfies `wanted`.
    pub async fn wait_for(&mut self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        // Pings and other messages keep a socket lively; the wait as a whole ends all the same.
        let begin = std::time::Instant::now();
        loop {
            let message = self.next().await;
            assert!(begin.elapsed() < DEADLINE, "no such {kind} came; last was {message}");
            if message["kind"] == kind && wanted(&message) {
                return message;
            }
        }
    }

    /// Reads on until the request is in this state.
    pub async fn request_in(&mut self, state: &str) -> Value {
        self.wait_for("change", |m| m["changes"]["requests"][0]["state"] == state).await
    }

    /// Reads on until the vehicle is in this state.
    pub async fn vehicle_in(&mut self, state: &str) -> Value {
        self.wait_for("change", |m| m["changes"]["vehicles"][0]["state"] == state).await
    }
}
