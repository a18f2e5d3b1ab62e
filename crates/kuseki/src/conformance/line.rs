//! A connection that holds every message to the protocol: its number, its place in the count, its schema.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

/// Whatever a server must say at once comes within this time.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Why a check failed, in words.
pub type Held<T> = Result<T, String>;

/// Where the server is, and what it says of its messages.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// `ws://host:port/api/v1/ws`.
    pub address: String,
    pub document: Value,
}

pub struct Line {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    protocol: Protocol,
    /// Number of the newest message.
    pub n: u64,
    /// Messages so far.
    pub seq: u64,
}

impl Line {
    /// Connects and takes `hello`.
    pub async fn open(protocol: &Protocol, query: &str) -> Held<(Line, Value)> {
        let address = format!("{}?{query}", protocol.address);
        let connected = tokio::time::timeout(PATIENCE, connect_async(&address)).await;
        let (stream, _) =
            connected.map_err(|_| format!("{address}: no answer"))?.map_err(|e| format!("{address}: {e}"))?;
        Line::greeted(stream, protocol).await
    }

    /// The same with so little room for what comes in that a reader who stops is soon behind.
    pub async fn open_narrow(protocol: &Protocol, query: &str) -> Held<(Line, Value)> {
        let wrong = |e: std::io::Error| format!("{}: {e}", protocol.address);
        let host =
            protocol.address.trim_start_matches("ws://").split('/').next().unwrap_or_default().to_owned();
        let host = if host.contains(':') { host } else { format!("{host}:80") };
        let found: Option<SocketAddr> = lookup_host(&host).await.map_err(wrong)?.next();
        let to = found.ok_or_else(|| format!("{host} has no address"))?;
        let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(wrong)?;
        socket.set_recv_buffer_size(4_096).map_err(wrong)?;
        let tcp = socket.connect(to).await.map_err(wrong)?;
        let address = format!("{}?{query}", protocol.address);
        let upgraded = client_async(&address, MaybeTlsStream::Plain(tcp)).await;
        let (stream, _) = upgraded.map_err(|e| format!("{address}: {e}"))?;
        Line::greeted(stream, protocol).await
    }

    async fn greeted(
        stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
        protocol: &Protocol,
    ) -> Held<(Line, Value)> {
        let mut line = Line { stream, protocol: protocol.clone(), n: 0, seq: 0 };
        let hello = line.next().await?;
        if hello["kind"] != "hello" {
            return Err(format!("the first message is no `hello` but {hello}"));
        }
        Ok((line, hello))
    }

    pub async fn say(&mut self, text: String) -> Held<()> {
        self.send(Message::text(text)).await
    }

    pub async fn send(&mut self, message: Message) -> Held<()> {
        self.stream.send(message).await.map_err(|e| format!("the connection took no message: {e}"))
    }

    /// The next message, whatever its kind.
    pub async fn next(&mut self) -> Held<Value> {
        loop {
            if let Message::Text(text) = self.frame().await? {
                return self.held(&text);
            }
        }
    }

    /// The next frame, those of the protocol's own included.
    pub async fn frame(&mut self) -> Held<Message> {
        match tokio::time::timeout(PATIENCE, self.stream.next()).await {
            Err(_) => Err(format!("nothing came for {} s", PATIENCE.as_secs())),
            Ok(None) => Err("the connection ended".to_owned()),
            Ok(Some(Err(e))) => Err(format!("the connection broke: {e}")),
            Ok(Some(Ok(Message::Close(_)))) => Err("the server closed the connection".to_owned()),
            Ok(Some(Ok(frame))) => Ok(frame),
        }
    }

    /// Reads on until a message of this kind.
    pub async fn wait_for(&mut self, kind: &str) -> Held<Value> {
        let begin = std::time::Instant::now();
        while begin.elapsed() < PATIENCE {
            let message = self.next().await?;
            if message["kind"] == kind {
                return Ok(message);
            }
        }
        Err(format!("no `{kind}` came"))
    }

    /// Holds a message to the document, its count and its number.
    fn held(&mut self, text: &str) -> Held<Value> {
        let message: Value = serde_json::from_str(text).map_err(|e| format!("no JSON: {e}: {text}"))?;
        let kind = message["kind"].as_str().unwrap_or_default();
        let schema = &self.protocol.document["components"]["messages"][kind]["payload"];
        if schema.is_null() {
            return Err(format!("the document knows no message `{kind}`: {message}"));
        }
        let faults = server::shape::faults(&self.protocol.document, schema, &message);
        if !faults.is_empty() {
            return Err(format!("`{kind}` is not as documented: {}", faults.join("; ")));
        }
        let (n, seq) =
            (message["n"].as_u64().unwrap_or_default(), message["seq"].as_u64().unwrap_or_default());
        if seq != self.seq + 1 {
            return Err(format!("message {seq} of the connection came after {}", self.seq));
        }
        if n < self.n && kind != "resync" {
            return Err(format!("number {n} came after {}: {message}", self.n));
        }
        (self.n, self.seq) = (n, seq);
        Ok(message)
    }
}
