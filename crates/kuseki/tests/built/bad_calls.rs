//! Calls that are wrong in form: bodies, content types, paths, methods, sockets.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::until;
use crate::refused::{Asked, check_problem, detail, refused};
use crate::socket::Socket;
use crate::town::{at, tomorrow};

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be_are_refused() {
    let asked = Asked::begin().await;
    let mut nested = asked.town.wish();
    nested["wish"]["at"] = json!(5);
    asked.post("/requests", nested.clone(), 422, "invalid_value", Some("wish.at")).await;
    nested["wish"]["at"] = json!("tomorrow at ten");
    let body = asked.post("/requests", nested.clone(), 422, "invalid_value", Some("wish.at")).await;
    assert!(detail(&body).contains("2026-11-24T07:30:00+09:00"), "shows what a time looks like: {body}");
    nested["wish"] = json!({ "kind": "some_time", "at": at(tomorrow(), 10, 0) });
    asked.post("/requests", nested.clone(), 422, "invalid_value", Some("wish.kind")).await;
    nested["wish"] = json!({ "kind": "leave_at", "at": at(tomorrow(), 10, 0), "exactly": true });
    asked.post("/requests", nested, 422, "invalid_value", Some("wish.exactly")).await;
    asked
        .post("/requests", asked.wish_with("riders", json!("rider-1")), 422, "invalid_value", Some("riders"))
        .await;
    asked
        .post("/requests", asked.wish_with("people", json!("two")), 422, "invalid_value", Some("people"))
        .await;
    asked
        .post("/requests", asked.wish_with("people", json!(256)), 422, "invalid_value", Some("people"))
        .await;
    // Nothing in place of a word is a wrong value, not a broken body.
    let nothing = json!({ "rider": asked.town.rider, "day": tomorrow(), "kind": null });
    asked.post("/joins", nothing, 422, "invalid_value", Some("kind")).await;
    let missing = asked.post("/corporations", json!({}), 422, "invalid_value", None).await;
    assert!(detail(&missing).contains("name"), "{missing}");
    asked
        .post("/corporations", json!({ "name": "x", "nmae": "y" }), 422, "invalid_value", Some("nmae"))
        .await;
    asked.post("/corporations", json!("x"), 422, "invalid_value", None).await;

    let client = asked.server.client();
    let raw = async |kind: &str, key: &str, body: &[u8]| {
        let headers = [("content-type", kind), ("idempotency-key", key)];
        let send = async || {
            client.send(Method::POST, "/api/v1/corporations", &headers, body.to_vec()).await.unwrap()
        };
        refused(&client, send).await
    };
    const JSON: &str = "application/json";
    for text in ["{\"name\":", "{\"name\":\"x\"} and more", "name=x", "{\"name\":\"x\u{1}\"}"] {
        check_problem(text, &raw(JSON, "k", text.as_bytes()).await, 400, "malformed_body", None);
    }
    check_problem("not UTF-8", &raw(JSON, "k", b"{\"name\":\"\xff\"}").await, 400, "malformed_body", None);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        check_problem(kind, &raw(kind, "k", b"{\"name\":\"x\"}").await, 415, "unsupported_media_type", None);
    }
    let answer = raw(JSON, &"k".repeat(201), b"{\"name\":\"x\"}").await;
    check_problem("a long key", &answer, 422, "invalid_value", Some("Idempotency-Key"));

    // The server answers before it has read everything and hangs up, which may cut the answer off; then it is asked again.
    let large = json!({ "name": "x".repeat(256 * 1024) }).to_string();
    let before = client.log_version().await;
    let answer = until("an answer to a body that is too large", async || {
        client
            .send(Method::POST, "/api/v1/corporations", &[("content-type", JSON)], large.clone().into_bytes())
            .await
            .ok()
    });
    check_problem("a large body", &answer.await, 413, "payload_too_large", None);
    assert!(client.log_version().await <= before + 1, "only a day may have begun");
    let all = client.get("/corporations").await.expect(200);
    assert_eq!(all["corporations"].as_array().unwrap().len(), 1, "nothing refused was kept");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_refused() {
    let asked = Asked::begin().await;
    for path in ["/nothing", "/requests/request-1/nothing", "/corporations/corporation-1"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            asked.send(method, path, json!({}), 404, "not_found", None).await;
        }
    }
    for (method, path) in [
        (Method::PUT, "/requests"),
        (Method::DELETE, "/vehicles/vehicle-1"),
        (Method::GET, "/absences"),
        (Method::POST, "/clock"),
        (Method::PATCH, "/board"),
        (Method::GET, "/requests/request-1/accept"),
    ] {
        let body = asked.send(method.clone(), path, json!({}), 405, "method_not_allowed", None).await;
        assert!(detail(&body).contains(method.as_str()) && detail(&body).contains(path), "{body}");
    }
    let client = asked.server.client();
    for path in ["/api", "/api/", "/api/v2/board", "/nothing"] {
        let answer = client.send(Method::GET, path, &[], Vec::new()).await.unwrap();
        assert_eq!((answer.status, answer.kind.as_str()), (404, "application/problem+json"), "{path}");
        assert_eq!(answer.body["code"], "not_found");
    }
    for (path, word) in [
        ("/requests?limit=many", "limit"),
        ("/riders?limit=-1", "limit"),
        ("/legs?from=place-1", "to"),
        ("/ws", "as"),
        ("/ws?as=board", "upgrade"),
        ("/riders/%ff", "UTF-8"),
    ] {
        let body = asked.send(Method::GET, path, json!({}), 400, "invalid_value", None).await;
        assert!(detail(&body).contains(word), "{body}");
    }
    asked
        .send(Method::GET, "/day-plans/facility-1/2026-13-01", json!({}), 422, "invalid_value", Some("day"))
        .await;
}

/// The address of a socket is checked before it is opened.
#[tokio::test]
async fn sockets_for_nothing_are_refused() {
    use tokio_tungstenite::tungstenite::Error;
    let asked = Asked::begin().await;
    let base = asked.server.address.replacen("http", "ws", 1);
    for (query, status, code) in [
        ("as=passenger", 422, "invalid_value"),
        ("as=rider", 422, "invalid_value"),
        ("as=driver", 422, "invalid_value"),
        ("as=driver&vehicle=vehicle-99", 404, "not_found"),
        ("as=rider&request=request-99", 404, "not_found"),
        ("as=rider&request=nothing", 404, "not_found"),
    ] {
        let opened = tokio_tungstenite::connect_async(format!("{base}/api/v1/ws?{query}")).await;
        let Err(Error::Http(answer)) = opened else { panic!("{query}: {opened:?}") };
        assert_eq!(answer.status().as_u16(), status, "{query}");
        let body: Value = serde_json::from_slice(answer.body().as_deref().unwrap()).unwrap();
        assert_eq!(body["code"], code, "{query}");
    }
    // What is said on an open socket is answered on it.
    let client = &asked.town.client;
    let mut socket =
        Socket::connect(client, &format!("as=driver&vehicle={}", asked.town.vehicle), None).await;
    for said in [json!({ "kind": "hello" }), json!({ "kind": "ack", "revision": 99 }), json!([1])] {
        socket.say(&said).await;
        let answer = socket.wait_for("problem", |_| true).await;
        assert_eq!(answer["problem"]["code"], "invalid_value", "{answer}");
    }
    let mut board = Socket::connect(client, "as=board", None).await;
    board.say(&json!({ "kind": "ack", "revision": 0 })).await;
    assert_eq!(board.wait_for("problem", |_| true).await["problem"]["code"], "invalid_value");
}
