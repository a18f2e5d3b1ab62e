//! The other side: a webhook's receiver and a mail server, as small as they can be and still be real ones.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub const SECRET: &str = "a secret of the test, long enough";

/// One call that the receiver got, with what it answered.
#[derive(Debug, Clone)]
pub struct Post {
    pub key: String,
    pub body: Value,
    pub status: u16,
}

/// Takes what is posted, checks its signature, and answers by what the test says.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    pub posts: Arc<Mutex<Vec<Post>>>,
}

type Answer = Arc<dyn Fn(&[Post], &Value) -> u16 + Send + Sync>;

impl Receiver {
    /// `answer` gets the calls before this one and its body, and gives the status.
    pub async fn start(answer: impl Fn(&[Post], &Value) -> u16 + Send + Sync + 'static) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/told", listener.local_addr().unwrap());
        let posts: Arc<Mutex<Vec<Post>>> = Arc::default();
        let state: (Arc<Mutex<Vec<Post>>>, Answer) = (posts.clone(), Arc::new(answer));
        let router = Router::new().route("/told", post(receive)).with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Receiver { url, posts }
    }

    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }
}

async fn receive(
    State((posts, answer)): State<(Arc<Mutex<Vec<Post>>>, Answer)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(header("kuseki-timestamp").as_bytes());
    mac.update(b".");
    mac.update(&bytes);
    let digits: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    // An unsigned call would be a status that no test waits for.
    if header("kuseki-signature") != format!("sha256={digits}") {
        return StatusCode::UNAUTHORIZED;
    }
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    let mut posts = posts.lock().unwrap();
    let status = answer(&posts, &body);
    posts.push(Post { key: header("idempotency-key"), body, status });
    StatusCode::from_u16(status).unwrap()
}

/// A mail server that keeps what it takes, and refuses who is called nobody.
#[derive(Clone)]
pub struct MailSink {
    pub address: String,
    mails: Arc<Mutex<Vec<String>>>,
}

impl MailSink {
    pub async fn start() -> MailSink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mails: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = mails.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = kept.clone();
                tokio::spawn(async move { talk(stream, &kept).await });
            }
        });
        MailSink { address, mails }
    }

    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

/// As much of RFC 5321 as one sender needs.
async fn talk(stream: TcpStream, mails: &Mutex<Vec<String>>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink\r\n").await.ok()?;
    let mut mail = String::new();
    while let Some(line) = lines.next_line().await.ok()? {
        let word = line.split(' ').next().unwrap_or_default().to_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-sink\r\n250 8BITMIME\r\n",
            "RCPT" if line.contains("<nobody@") => "550 nobody@example.jp is unknown here\r\n",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                mails.lock().unwrap().push(std::mem::take(&mut mail));
                "250 kept\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await.ok()?;
                return Some(());
            }
            _ => {
                if word == "MAIL" || word == "RCPT" {
                    mail.push_str(&line);
                    mail.push('\n');
                }
                "250 ok\r\n"
            }
        };
        write.write_all(answer.as_bytes()).await.ok()?;
    }
    Some(())
}
