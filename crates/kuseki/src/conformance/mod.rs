//! `kuseki conformance URL`: tries the protocol of the WebSocket on a running server, as a client's author may rely on it.
//! Each check is a short client; read them beside `docs/asyncapi.yaml`.

mod line;

use line::{Held, Line, Protocol};
use reqwest::Client;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::fault::Fault;
use crate::serve::runtime;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The server, such as http://127.0.0.1:8080.
    url: String,
    /// Tries what needs something to happen, too: adds corporations named `conformance …`. Only on a trial server.
    #[arg(long)]
    write: bool,
}

/// Corporations added while the slow reader sleeps; enough to fill what a server keeps for it.
const WHILE_ASLEEP: usize = 900;

struct Tried {
    http: Client,
    base: String,
    protocol: Protocol,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let failed = runtime()?.block_on(try_all(arguments));
    match failed {
        0 => Ok(()),
        failed => Err(Fault::Usage(format!("{failed} checks failed"))),
    }
}

/// Tries everything and says how it went, line by line; the number of failures.
async fn try_all(arguments: &Arguments) -> usize {
    let base = arguments.url.trim_end_matches('/').to_owned();
    let http = Client::new();
    let document = match read(&http, &format!("{base}/api/v1/asyncapi.json")).await {
        Ok(document) => document,
        Err(why) => return tell("the document is served", Err(why)),
    };
    let address = format!("{}/api/v1/ws", base.replacen("http", "ws", 1));
    let tried = Tried { http, base, protocol: Protocol { address, document } };
    let mut failed = tell("hello comes first, on every topic that needs no id", tried.greets().await);
    failed += tell("ping is answered with pong, as a message and as a frame", tried.answers_pings().await);
    failed +=
        tell("what is not understood is answered, and the connection stays", tried.bears_the_unknown().await);
    failed += tell("an address that makes no sense is refused with a problem", tried.refuses().await);
    failed += tell("a number of another log leads to a resync", tried.knows_foreign_numbers().await);
    if !arguments.write {
        println!("skipped  resuming and slow readers: they need --write");
        return failed;
    }
    failed += tell("changes come numbered, without a gap", tried.numbers_changes().await);
    failed += tell("after a cut, what was missed comes once and nothing twice", tried.resumes().await);
    failed +=
        tell("a slow reader holds nobody up and is told that it is behind", tried.bears_the_slow().await);
    failed
}

fn tell(what: &str, held: Held<()>) -> usize {
    match held {
        Ok(()) => {
            println!("ok       {what}");
            0
        }
        Err(why) => {
            println!("FAILED   {what}: {why}");
            1
        }
    }
}

async fn read(http: &Client, address: &str) -> Held<Value> {
    let wrong = |e: reqwest::Error| format!("{address}: {e}");
    http.get(address).send().await.map_err(wrong)?.json().await.map_err(wrong)
}

impl Tried {
    async fn greets(&self) -> Held<()> {
        for topic in ["board", "town"] {
            let (_, hello) = Line::open(&self.protocol, &format!("as={topic}&schema=1")).await?;
            if hello["topic"] != topic || hello["schema"] != 1 {
                return Err(format!("asked for {topic}: {hello}"));
            }
        }
        Ok(())
    }

    async fn answers_pings(&self) -> Held<()> {
        let (mut line, _) = Line::open(&self.protocol, "as=board").await?;
        line.say(json!({ "kind": "ping", "id": 7 }).to_string()).await?;
        let pong = line.wait_for("pong").await?;
        if pong["id"] != 7 {
            return Err(format!("another id than asked: {pong}"));
        }
        line.send(Message::Ping(b"are you there".to_vec().into())).await?;
        loop {
            match line.frame().await? {
                Message::Pong(words) if words.as_ref() == b"are you there" => return Ok(()),
                Message::Pong(words) => return Err(format!("a pong with other words: {words:?}")),
                _ => {}
            }
        }
    }

    async fn bears_the_unknown(&self) -> Held<()> {
        let (mut line, _) = Line::open(&self.protocol, "as=board").await?;
        let said = [
            json!({ "kind": "a_kind_of_tomorrow", "field": 1 }).to_string(),
            "no JSON".to_owned(),
            "[]".to_owned(),
            json!({ "kind": "ack", "revision": 0 }).to_string(),
        ];
        for text in said {
            line.say(text.clone()).await?;
            let answer = line.wait_for("problem").await.map_err(|why| format!("{text}: {why}"))?;
            if answer["problem"]["code"] != "invalid_value" {
                return Err(format!("{text}: {answer}"));
            }
        }
        line.send(Message::Binary(vec![0, 1, 2].into())).await?;
        line.wait_for("problem").await.map_err(|why| format!("a binary frame: {why}"))?;
        line.say(json!({ "kind": "ping" }).to_string()).await?;
        line.wait_for("pong").await.map(|_| ())
    }

    async fn refuses(&self) -> Held<()> {
        for (query, status) in [
            ("as=nobody", 422),
            ("as=driver", 422),
            ("as=rider&request=request-999999999", 404),
            ("as=board&schema=99", 422),
        ] {
            let address = format!("{}?{query}", self.protocol.address);
            match tokio_tungstenite::connect_async(&address).await {
                Ok(_) => return Err(format!("{query} was taken")),
                Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                    let body: Value = serde_json::from_slice(answer.body().as_deref().unwrap_or_default())
                        .unwrap_or_default();
                    if answer.status().as_u16() != status || !body["code"].is_string() {
                        return Err(format!("{query}: {} {body}", answer.status()));
                    }
                }
                Err(e) => return Err(format!("{query}: {e}")),
            }
        }
        Ok(())
    }

    async fn knows_foreign_numbers(&self) -> Held<()> {
        let (mut line, hello) = Line::open(&self.protocol, "as=board&after=1000000000000").await?;
        let resync = line.wait_for("resync").await?;
        if resync["why"] != "gone" || resync["n"].as_u64() < hello["n"].as_u64() {
            return Err(format!("{resync} after {hello}"));
        }
        Ok(())
    }

    /// The log's number as the service gives it.
    async fn log_number(&self) -> Held<u64> {
        let health = read(&self.http, &format!("{}/health", self.base)).await?;
        health["log_version"].as_u64().ok_or_else(|| format!("no number in {health}"))
    }

    /// Lets something happen.
    async fn happen(&self) -> Held<()> {
        let address = format!("{}/api/v1/corporations", self.base);
        let body = json!({ "name": "conformance" });
        let answer =
            self.http.post(&address).json(&body).send().await.map_err(|e| format!("{address}: {e}"))?;
        if !answer.status().is_success() {
            return Err(format!("{address} answered {}", answer.status()));
        }
        Ok(())
    }

    /// Reads on until the change with this number, or a later one.
    async fn read_to(line: &mut Line, n: u64) -> Held<()> {
        while line.wait_for("change").await?["n"].as_u64() < Some(n) {}
        Ok(())
    }

    async fn numbers_changes(&self) -> Held<()> {
        let (mut line, _) = Line::open(&self.protocol, "as=board").await?;
        for _ in 0..5 {
            let before = self.log_number().await?;
            self.happen().await?;
            Tried::read_to(&mut line, before + 1).await?;
        }
        Ok(())
    }

    async fn resumes(&self) -> Held<()> {
        let had = self.log_number().await?;
        let (line, _) = Line::open(&self.protocol, &format!("as=board&after={had}")).await?;
        // No farewell: the line is cut.
        drop(line);
        self.happen().await?;
        self.happen().await?;
        let now = self.log_number().await?;
        let (mut line, _) = Line::open(&self.protocol, &format!("as=board&after={had}")).await?;
        let missed = line.wait_for("change").await?;
        if missed["event"] != "catch_up" || missed["n"].as_u64() < Some(now) {
            return Err(format!("{} comes first, with {} of {now}", missed["event"], missed["n"]));
        }
        let had = missed["n"].as_u64().unwrap_or_default();
        drop(line);
        // Whoever has everything is told nothing again.
        let (mut line, _) = Line::open(&self.protocol, &format!("as=board&after={had}")).await?;
        line.say(json!({ "kind": "ping" }).to_string()).await?;
        loop {
            let message = line.next().await?;
            if message["kind"] == "pong" {
                return Ok(());
            }
            if message["kind"] == "change" && message["n"].as_u64() <= Some(had) {
                return Err(format!("told again: {message}"));
            }
        }
    }

    async fn bears_the_slow(&self) -> Held<()> {
        let (mut quick, _) = Line::open(&self.protocol, "as=board").await?;
        let (mut slow, _) = Line::open_narrow(&self.protocol, "as=board").await?;
        for _ in 0..WHILE_ASLEEP {
            let before = self.log_number().await?;
            self.happen().await?;
            // The quick reader has it although the slow one has read nothing.
            Tried::read_to(&mut quick, before + 1).await?;
        }
        let last = self.log_number().await?;
        let mut had = 0;
        while had < last {
            match slow.next().await {
                Ok(message) if message["kind"] == "resync" => {
                    if message["why"] != "behind" || message["n"].as_u64() <= Some(had) {
                        return Err(format!("{message} after {had}"));
                    }
                    println!("         (told that it is behind after {had} of {last})");
                    return Ok(());
                }
                Ok(message) => had = message["n"].as_u64().unwrap_or_default(),
                Err(_) => {
                    println!("         (hung up on after {had} of {last})");
                    return self.goes_on(had, last).await;
                }
            }
        }
        println!("         (everything was kept for it: {last})");
        Ok(())
    }

    /// Whoever was hung up on comes back and has everything, or is told to look anew.
    async fn goes_on(&self, had: u64, last: u64) -> Held<()> {
        let (mut line, _) = Line::open(&self.protocol, &format!("as=board&after={had}")).await?;
        let message = line.next().await?;
        let is_whole = message["kind"] == "resync" || message["n"].as_u64() >= Some(last);
        if is_whole { Ok(()) } else { Err(format!("after resuming from {had}: {message}")) }
    }
}
