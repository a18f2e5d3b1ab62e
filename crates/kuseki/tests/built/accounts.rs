//! The first administrator: by the command line, and by the link that the first start prints.

use std::io::Write;
use std::process::Stdio;

use reqwest::Method;
use serde_json::json;

use crate::house::{Client, Server, Site, kuseki, run};

/// Runs `kuseki accounts` with a line on its standard input.
fn accounts(site: &Site, words: &[&str], line: &str) -> (bool, String) {
    let mut command = kuseki();
    command.arg("accounts").args(words).arg("--data").arg(site.data());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = [ended.stdout, ended.stderr].concat();
    (ended.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// `kuseki serve` that asks to sign in; on straight lines, which need no roads file.
fn serve(site: &Site) -> Server {
    let mut command = kuseki();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(site.data());
    Server::start(command)
}

async fn sign_in(client: &Client, login: &str, password: &str) -> u16 {
    let headers = [("content-type", "application/json"), ("origin", client.base.as_str())];
    let body = json!({ "login": login, "password": password }).to_string().into_bytes();
    client.send(Method::POST, "/api/v1/session", &headers, body).await.unwrap().status
}

#[tokio::test]
async fn the_first_administrator_is_made_by_command_before_the_first_start() {
    let site = Site::empty();
    let words = ["add", "hanako", "--name", "佐藤 花子", "--role", "corporation_administrator"];
    let (good, said) = accounts(&site, &words, "1234567890\n");
    assert!(!good && said.contains("harder to guess"), "{said}");
    let (good, said) = accounts(&site, &words, "ame ni mo makezu\n");
    assert!(good && said.contains("account-1"), "{said}");
    let (good, said) = accounts(&site, &words, "ame ni mo makezu\n");
    assert!(!good && said.contains("already"), "{said}");
    let (_, said) = accounts(&site, &["list"], "");
    assert_eq!(said.trim(), "account-1\thanako\tcorporation_administrator");

    let server = serve(&site);
    let client = server.client();
    assert_eq!(client.get("/board").await.expect(401)["code"], "not_signed_in");
    assert_eq!(client.health().await.status, 200);
    assert_eq!(sign_in(&client, "hanako", "kaze ni mo makezu").await, 401);
    assert_eq!(sign_in(&client, "hanako", "ame ni mo makezu").await, 200);
    let (good, said) = accounts(&site, &["list"], "");
    assert!(!good && said.contains("in use"), "{said}");
    server.kill();

    let (good, said) = accounts(&site, &["password", "hanako"], "kaze ni mo makezu\n");
    assert!(good, "{said}");
    let server = serve(&site);
    assert_eq!(sign_in(&server.client(), "hanako", "ame ni mo makezu").await, 401);
    assert_eq!(sign_in(&server.client(), "hanako", "kaze ni mo makezu").await, 200);
}

#[tokio::test]
async fn the_first_start_prints_a_link_for_the_first_administrator() {
    let site = Site::empty();
    let server = serve(&site);
    let client = server.client();
    let code = server.next_word("#invitation=");
    let headers = [("content-type", "application/json"), ("origin", client.base.as_str())];
    let body = json!({ "code": code, "password": "yuki ni mo natsu no" }).to_string().into_bytes();
    let taken = client.send(Method::POST, "/api/v1/invitations/taken", &headers, body).await.unwrap();
    assert_eq!(taken.expect(200)["role"], "corporation_administrator");
    assert_eq!(sign_in(&client, "admin", "yuki ni mo natsu no").await, 200);
}

#[test]
fn open_doors_are_for_this_machine_only() {
    let site = Site::empty();
    let mut command = kuseki();
    command.args(["serve", "--open", "--listen", "0.0.0.0:0", "--data"]).arg(site.data());
    let ended = run(&mut command);
    assert!(!ended.status.success() && ended.err.contains("this machine only"), "{}", ended.err);
}
