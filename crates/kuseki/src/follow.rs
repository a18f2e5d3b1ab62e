//! `kuseki follow URL`: prints what the WebSocket says, a message a line. After a break it goes on where it was.

use std::io::Write;

use futures_util::StreamExt;
use serde_json::Value;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::fault::Fault;
use crate::serve::runtime;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The server, such as http://127.0.0.1:8080.
    url: String,
    /// The topic: board, town, driver or rider.
    #[arg(long = "as", default_value = "board")]
    topic: String,
    /// With `--as driver`: whose.
    #[arg(long)]
    vehicle: Option<String>,
    /// With `--as rider`: which.
    #[arg(long)]
    request: Option<String>,
    /// The highest number that was taken in; without it only what comes is told.
    #[arg(long)]
    after: Option<u64>,
    /// Ends after so many messages.
    #[arg(long)]
    count: Option<usize>,
}

/// Tries in a row that brought no message.
const TRIES_MAX: u32 = 6;

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    runtime()?.block_on(follow(arguments))
}

async fn follow(arguments: &Arguments) -> Result<(), Fault> {
    let base = arguments.url.trim_end_matches('/').replacen("http", "ws", 1);
    let mut query = format!("as={}&schema=1", arguments.topic);
    for (name, value) in [("vehicle", &arguments.vehicle), ("request", &arguments.request)] {
        if let Some(value) = value {
            query.push_str(&format!("&{name}={value}"));
        }
    }
    let (mut after, mut left, mut tries) = (arguments.after, arguments.count, 0);
    loop {
        let resumed = after.map_or(String::new(), |n| format!("&after={n}"));
        let address = format!("{base}/api/v1/ws?{query}{resumed}");
        match connect_async(&address).await {
            Ok((mut stream, _)) => {
                while let Some(Ok(frame)) = stream.next().await {
                    let Message::Text(text) = frame else { continue };
                    tries = 0;
                    writeln!(std::io::stdout(), "{}", text.as_str())
                        .map_err(|source| Fault::File { path: "standard output".into(), source })?;
                    let message: Value = serde_json::from_str(&text).unwrap_or_default();
                    if message["kind"] == "change" || after.is_none() {
                        after = message["n"].as_u64();
                    }
                    left = left.map(|left| left.saturating_sub(1));
                    if left == Some(0) {
                        return Ok(());
                    }
                }
            }
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                let body =
                    answer.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
                return Err(Fault::Usage(format!("{address} answered {}: {body}", answer.status())));
            }
            Err(e) if tries >= TRIES_MAX => return Err(Fault::Usage(format!("{address}: {e}"))),
            Err(_) => {}
        }
        // Longer each time, so that a server that comes back is not overrun.
        tokio::time::sleep(std::time::Duration::from_millis(250 << tries.min(TRIES_MAX))).await;
        tries += 1;
    }
}
