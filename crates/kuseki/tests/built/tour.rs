//! `docs/api.md` is true: its commands are run one after another on a server of its own, and what it shows is what comes.
//!
//! A fenced `sh` block is run as it stands. A `json` or `text` block behind it is what it prints: the same fields, the same
//! words; times, tags and measured numbers may differ. `"…": "…"` in an object and `"…"` in a list stand for more.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::house::{Server, kuseki, run};

struct Block {
    line: usize,
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                open = Some(Block { line: number + 2, language: language.to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// Whether a text is one that differs from run to run: a time, a tag.
fn varies(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_time = text.len() == 25 && text.contains('T') && digits == 18;
    let is_tag = text.len() >= 16 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'"' || b == b'.');
    is_time || is_tag
}

fn compare(at: &str, shown: &Value, came: &Value, faults: &mut Vec<String>) {
    match (shown, came) {
        (Value::Object(shown), Value::Object(came)) => {
            for (name, value) in shown.iter().filter(|(name, _)| *name != "…") {
                match came.get(name) {
                    Some(other) => compare(&format!("{at}.{name}"), value, other, faults),
                    None => faults.push(format!("{at}.{name} did not come")),
                }
            }
            for name in came.keys().filter(|name| !shown.contains_key(*name) && !shown.contains_key("…")) {
                faults.push(format!("{at}.{name} came and is not shown"));
            }
        }
        (Value::Array(shown), Value::Array(came)) => {
            let is_open = shown.last().is_some_and(|last| last == "…");
            let items = &shown[..shown.len() - usize::from(is_open)];
            if came.len() < items.len() || (!is_open && came.len() > items.len()) {
                faults.push(format!("{at}: {} items came, {} are shown", came.len(), items.len()));
            }
            for (k, (value, other)) in items.iter().zip(came).enumerate() {
                compare(&format!("{at}[{k}]"), value, other, faults);
            }
        }
        (Value::String(shown), Value::String(came)) if shown == came || (varies(shown) && varies(came)) => {}
        // `"detail": "…"` stands for any words.
        (Value::String(shown), Value::String(_)) if shown == "…" => {}
        (Value::Number(_), Value::Number(_)) => {}
        (shown, came) if shown == came => {}
        (shown, came) => faults.push(format!("{at}: {shown} is shown, {came} came")),
    }
}

#[test]
fn the_guided_tour_goes_as_it_is_told() {
    if Command::new("curl").arg("--version").output().is_err()
        || Command::new("bash").arg("-c").arg(":").output().is_err()
    {
        println!("skipped: the tour of docs/api.md needs curl and bash");
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    let page = std::fs::read_to_string(file).unwrap();
    let blocks = blocks(&page);
    let folder = tempfile::tempdir().unwrap();
    let binaries = Path::new(env!("CARGO_BIN_EXE_kuseki")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap_or_default());
    let mut server: Option<Server> = None;
    let (mut ran, mut compared) = (0, 0);
    for (place, block) in blocks.iter().enumerate() {
        if block.language != "sh" {
            continue;
        }
        if let Some(words) = block.text.trim().strip_prefix("kuseki serve ") {
            let mut command = kuseki();
            command
                .arg("serve")
                .args(words.split_whitespace())
                .args(["--listen", "127.0.0.1:0"])
                .current_dir(folder.path());
            server = Some(Server::start(command));
            continue;
        }
        let server = server.as_ref().expect("the tour starts a server first");
        let text = block.text.replace("http://127.0.0.1:8080", &server.address);
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", &text]).current_dir(folder.path()).env("PATH", &path);
        let ended = run(&mut command);
        assert!(ended.status.success(), "line {}: {}\n{}{}", block.line, block.text, ended.out, ended.err);
        ran += 1;
        let Some(shown) =
            blocks.get(place + 1).filter(|next| next.language == "json" || next.language == "text")
        else {
            continue;
        };
        compared += 1;
        let mut faults = Vec::new();
        // One value or several, one behind the other.
        let values = |text: &str| {
            serde_json::Deserializer::from_str(text).into_iter::<Value>().collect::<Result<Vec<_>, _>>()
        };
        match (shown.language.as_str(), values(&shown.text), values(&ended.out)) {
            ("json", Ok(all), Ok(came)) => {
                if all.len() != came.len() {
                    faults.push(format!("{} values are shown, {} came", all.len(), came.len()));
                }
                all.iter().zip(&came).for_each(|(a, b)| compare("$", a, b, &mut faults));
            }
            ("json", shown, came) => faults.push(format!("no JSON: {:?} {:?}", shown.err(), came.err())),
            _ if shown.text.trim() == ended.out.trim() => {}
            _ => faults.push("other words".to_owned()),
        }
        assert!(
            faults.is_empty(),
            "docs/api.md, line {}: {}\n{}\ncame: {}",
            shown.line,
            faults.join("\n"),
            block.text,
            ended.out
        );
    }
    assert!(ran > 20 && compared > 20, "{ran} blocks ran, {compared} were compared");
}

/// The protocol of the WebSocket as anybody may try it, with the program that is handed out for it.
#[test]
fn the_server_keeps_the_protocol_of_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = kuseki();
    command.args(["serve", "--open", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
    let server = Server::start(command);
    let ended = run(kuseki().args(["conformance", &server.address, "--write"]));
    assert!(ended.status.success(), "{}{}", ended.out, ended.err);
    assert_eq!(ended.out.lines().filter(|line| line.starts_with("ok ")).count(), 8, "{}", ended.out);
    assert!(
        ended.out.contains("told that it is behind") || ended.out.contains("hung up on"),
        "{}",
        ended.out
    );
    // Whoever is no such server is found out.
    let ended = run(kuseki().args(["conformance", "http://127.0.0.1:9"]));
    assert!(!ended.status.success() && ended.out.contains("FAILED"), "{}", ended.out);
}
