//! Starts the binary, ends it, and talks to it as any client does.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

/// No step of any test takes longer, however slow the machine; what does is hung.
pub const DEADLINE: Duration = Duration::from_secs(120);

pub fn kuseki() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kuseki"));
    command.env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// A child that does not outlive the test.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What a command that ends by itself left behind.
pub struct Ended {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

/// Runs a command to its end; one that does not end is killed and fails the test.
pub fn run(command: &mut Command) -> Ended {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut child = Kept(child);
    let (out, err) = (gather(child.0.stdout.take().unwrap()), gather(child.0.stderr.take().unwrap()));
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.0.try_wait().unwrap() {
            break status;
        }
        assert!(begin.elapsed() < DEADLINE, "{command:?} does not end; it said: {}", err.lock().unwrap());
        std::thread::sleep(Duration::from_millis(5));
    };
    drop(child);
    // Both pipes end with the process, so their readers do, too.
    let text = |shared: Arc<Mutex<String>>| loop {
        if Arc::strong_count(&shared) == 1 {
            return shared.lock().unwrap().clone();
        }
        std::thread::yield_now();
    };
    Ended { status, out: text(out), err: text(err) }
}

/// Reads a pipe on a thread of its own until it ends.
fn gather(pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let shared = text.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut text = shared.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    });
    text
}

/// A folder with a drawn town's roads and room for data.
pub struct Site {
    folder: TempDir,
}

impl Site {
    /// The town of seed 7, drawn by the binary.
    pub fn draw() -> Site {
        let site = Site { folder: tempfile::tempdir().unwrap() };
        draw_roads(7, &site.roads());
        site
    }

    /// Room for data, without roads.
    pub fn empty() -> Site {
        Site { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn roads(&self) -> PathBuf {
        self.path("town.roads")
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// `kuseki serve` with these roads on any free port.
    pub fn command(&self, data: &Path) -> Command {
        serve_command(&self.roads(), data, "127.0.0.1:0")
    }

    /// A running server on the site's data directory.
    pub fn serve(&self) -> Server {
        Server::start(self.command(&self.data()))
    }
}

pub fn draw_roads(seed: u64, out: &Path) {
    let ended = run(kuseki().args(["roads", "draw", "--seed", &seed.to_string(), "--out"]).arg(out));
    assert!(ended.status.success(), "{}", ended.err);
}

/// `kuseki serve` with open doors: what is tested here is what goes on behind them.
pub fn serve_command(roads: &Path, data: &Path, listen: &str) -> Command {
    let mut command = kuseki();
    command
        .args(["serve", "--open"])
        .arg("--roads")
        .arg(roads)
        .arg("--data")
        .arg(data)
        .args(["--listen", listen]);
    command
}

/// A running server and a client of it.
pub struct Server {
    child: Kept,
    pub address: String,
    client: reqwest::Client,
    said: Arc<Mutex<String>>,
    lines: Receiver<String>,
}

impl Server {
    /// Starts a server and waits until it has said where it listens.
    pub fn start(mut command: Command) -> Server {
        let mut child = Kept(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        let said = gather(child.0.stderr.take().unwrap());
        let lines = lines_of(child.0.stdout.take().unwrap());
        let address = loop {
            let line = lines.recv_timeout(DEADLINE);
            let line = line
                .unwrap_or_else(|_| panic!("{command:?} gave no address; it said: {}", said.lock().unwrap()));
            if let Some(begin) = line.find("http://") {
                break line[begin..].trim().to_owned();
            }
        };
        // Nothing a test asks for takes long; without a limit a hung answer would hang the test.
        let client = reqwest::Client::builder().timeout(DEADLINE).build().unwrap();
        Server { child, address, client, said, lines }
    }

    /// What follows `mark`, up to a blank, on the next line of standard output that has it.
    pub fn next_word(&self, mark: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(DEADLINE).unwrap();
            if let Some((_, rest)) = line.split_once(mark) {
                return rest.split_whitespace().next().unwrap_or_default().to_owned();
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// What it has written to standard error so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// SIGKILL, at once; returns when the process is gone.
    pub fn kill(mut self) {
        self.child.0.kill().unwrap();
        self.child.0.wait().unwrap();
    }

    /// A client that may be handed to tasks and outlives the server.
    pub fn client(&self) -> Client {
        Client { base: self.address.clone(), client: self.client.clone() }
    }
}

/// Lines of a pipe, read on a thread of its own so that the process never blocks on a full pipe.
fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (out, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Nobody listens any more once the address is known; the pipe is read to its end all the same.
            drop(out.send(line));
        }
    });
    lines
}

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// The content type.
    pub kind: String,
    pub body: Value,
    pub retry_after: Option<String>,
    /// Name and token of a session that began.
    pub cookie: Option<String>,
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

#[derive(Debug, Clone)]
pub struct Client {
    pub base: String,
    client: reqwest::Client,
}

impl Client {
    /// Sends anything; `path` begins behind the host. An error is one of the connection, not of the server.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let header =
            |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (kind, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
        let cookie = header("set-cookie").and_then(|c| c.split(';').next().map(str::to_owned));
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, kind, body, retry_after, cookie })
    }

    /// Posts JSON under an idempotency key; `path` begins behind `/api/v1`.
    pub async fn try_post(&self, path: &str, key: &str, body: &Value) -> Result<Answer, reqwest::Error> {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send(Method::POST, &format!("/api/v1{path}"), &headers, body.to_string().into_bytes()).await
    }

    /// Posts JSON without a key.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(method, &format!("/api/v1{path}"), &headers, body.to_string().into_bytes()).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, &format!("/api/v1{path}"), &[], Vec::new()).await.unwrap()
    }

    pub async fn health(&self) -> Answer {
        self.send(Method::GET, "/health", &[], Vec::new()).await.unwrap()
    }

    /// Version of the log as `/health` gives it.
    pub async fn log_version(&self) -> u64 {
        let answer = self.health().await;
        assert!(matches!(answer.status, 200 | 503), "{}", answer.body);
        let health = answer.body;
        assert_eq!(health["refused_plans"], 0, "the judge refused a plan of the planner");
        health["log_version"].as_u64().unwrap()
    }
}

/// Asks again until the answer is what is waited for.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(begin.elapsed() < DEADLINE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The id in an answer's body.
#[track_caller]
pub fn id_of(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id in {body}")).to_owned()
}
