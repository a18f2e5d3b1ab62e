//! A disk that takes no more, played by a limit on the size of files (SIGXFSZ ignored, so that writing fails instead).
#![cfg(unix)]

use std::process::Command;

use serde_json::json;

use crate::house::{Server, Site, id_of};
use crate::town::Town;

/// The server under a limit of `blocks` of 512 bytes for every file it writes.
fn limited(site: &Site, blocks: u32) -> Server {
    let plain = site.command(&site.data());
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(plain.get_program()).args(plain.get_args());
    Server::start(command)
}

#[tokio::test]
async fn a_full_disk_refuses_writes_serves_reads_and_loses_nothing() {
    let site = Site::draw();
    let server = limited(&site, 2_048);
    let town = Town::register(server.client(), &site).await;
    let client = &town.client;
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    // One smaller command may still fit where a larger one did not, so the disk is full after a few refusals.
    for number in 0.. {
        assert!(number < 5_000, "the limit is never reached");
        let body = json!({ "name": format!("法人{number}{}", "あ".repeat(150)) });
        let key = format!("key-{number}");
        let answer = client.try_post("/corporations", &key, &body).await.unwrap();
        if answer.status == 201 {
            kept.push((key, body, answer.body));
            continue;
        }
        assert_eq!(
            (answer.status, answer.kind.as_str()),
            (503, "application/problem+json"),
            "{}",
            answer.body
        );
        assert_eq!(answer.body["code"], "storage_unavailable");
        assert!(answer.retry_after.is_some_and(|seconds| seconds.parse::<u64>().unwrap() > 0));
        assert!(answer.body["detail"].as_str().unwrap().contains("log.sqlite"), "{}", answer.body);
        refused.push((key, body));
        if refused.len() == 5 {
            break;
        }
    }
    assert!(kept.len() > 10, "only {} commands fitted", kept.len());

    assert_eq!(client.health().await.expect(503)["status"], "storage_unavailable");

    // Reads go on and show what was acknowledged and nothing else.
    let version = client.log_version().await;
    let all = client.get("/corporations").await.expect(200);
    let listed: Vec<String> = all["corporations"].as_array().unwrap().iter().map(id_of).collect();
    let expected: Vec<String> =
        std::iter::once(town.corporation.clone()).chain(kept.iter().map(|k| id_of(&k.2))).collect();
    assert_eq!(listed, expected);
    assert_eq!(client.get("/board").await.expect(200)["vehicles"][0]["id"], json!(town.vehicle));
    // What needs a write is refused, also a wish, and it leaves no request behind.
    let wish = client.try_post("/requests", "wish", &town.wish()).await.unwrap();
    assert_eq!(wish.expect(503)["code"], "storage_unavailable");
    client.get("/requests/request-1").await.expect(404);
    assert_eq!(client.log_version().await, version);

    // With room again everything acknowledged is there, what was refused can be sent again, and the town goes on.
    server.kill();
    let server = site.serve();
    let client = server.client();
    assert_eq!(client.health().await.expect(200)["status"], "ok");
    assert_eq!(client.get("/corporations").await.expect(200), all);
    for (key, body, answer) in &kept {
        assert_eq!(&client.try_post("/corporations", key, body).await.unwrap().expect(201), answer);
    }
    for (key, body) in &refused {
        client.try_post("/corporations", key, body).await.unwrap().expect(201);
    }
    let count = client.get("/corporations").await.expect(200)["corporations"].as_array().unwrap().len();
    assert_eq!(count, 1 + kept.len() + refused.len());
    let made = client.try_post("/requests", "wish", &town.wish()).await.unwrap().expect(201);
    assert_eq!((made["id"].as_str(), made["state"].as_str()), (Some("request-1"), Some("offered")));
}
