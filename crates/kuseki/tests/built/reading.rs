//! Pages of lists, tags of answers, and two desks at one master.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::house::{Client, Site, id_of};
use crate::town::Town;

/// An answer with its headers.
struct Seen {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

async fn see(
    client: &Client,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Seen {
    let mut request = reqwest::Client::new().request(method, format!("{}{path}", client.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Seen { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

async fn get(client: &Client, path: &str, headers: &[(&str, &str)]) -> Seen {
    see(client, Method::GET, path, headers, None).await
}

#[tokio::test]
async fn long_lists_come_in_pages_that_neither_repeat_nor_hide() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let client = &town.client;
    for number in 0..7 {
        client.post("/corporations", &json!({ "name": format!("法人{number}") })).await.expect(201);
        client.post("/requests", &town.wish()).await.expect(201);
    }
    for (list, name) in [("corporations", "corporations"), ("places", "places"), ("requests", "requests")] {
        let whole = get(client, &format!("/api/v1/{list}"), &[]).await;
        assert!(whole.body["next"].is_null() && whole.header("link").is_empty());
        let ids = |body: &Value| body[name].as_array().unwrap().iter().map(id_of).collect::<Vec<_>>();
        let (mut path, mut seen, mut pages) = (format!("/api/v1/{list}?limit=3"), Vec::new(), 0);
        loop {
            let page = get(client, &path, &[]).await;
            assert_eq!(page.status, 200, "{}", page.body);
            seen.extend(ids(&page.body));
            pages += 1;
            // What comes meanwhile does not move what is there.
            if list == "corporations" && pages == 1 {
                client.post("/corporations", &json!({ "name": "後から" })).await.expect(201);
            }
            let Some(next) = page.body["next"].as_str() else { break };
            assert_eq!(page.header("link"), format!("<{next}>; rel=\"next\""));
            assert!(ids(&page.body).len() == 3 && next.contains("limit=3"), "{next}");
            path = next.to_owned();
        }
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "{list}: {seen:?}");
        let before = ids(&whole.body);
        let kept: Vec<&String> = seen.iter().filter(|id| before.contains(id)).collect();
        assert_eq!(kept, before.iter().collect::<Vec<_>>(), "{list}");
    }
    for (query, status, code) in [
        ("limit=0", 422, "invalid_value"),
        ("limit=1001", 422, "invalid_value"),
        ("cursor=nothing", 422, "invalid_value"),
        ("page=2", 400, "invalid_value"),
    ] {
        for list in [
            "corporations",
            "places",
            "facilities",
            "vehicles",
            "drivers",
            "riders",
            "requests",
            "policies",
            "deliveries",
        ] {
            let seen = get(client, &format!("/api/v1/{list}?{query}"), &[]).await;
            assert_eq!(
                (seen.status, &seen.body["code"]),
                (status, &json!(code)),
                "{list}?{query}: {}",
                seen.body
            );
        }
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let client = &town.client;
    let path = format!("/api/v1/places/{}", town.places[1]);
    let first = get(client, &path, &[]).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 20, "strong: {tag}");
    assert_eq!(first.header("cache-control"), "no-store");
    for held in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = get(client, &path, &[("if-none-match", &held)]).await;
        assert_eq!((again.status, again.body), (304, json!("")), "{held}");
        assert_eq!(again.headers["etag"], tag.as_str());
    }
    // A packed answer is another sequence of bytes and has a tag of its own, by which the same is known.
    let packed = get(client, "/api/v1/openapi.json", &[("accept-encoding", "gzip")]).await;
    let packed_tag = packed.header("etag").to_owned();
    assert!(packed_tag.ends_with("-gzip\""), "{packed_tag}");
    let headers = [("accept-encoding", "gzip"), ("if-none-match", packed_tag.as_str())];
    assert_eq!(get(client, "/api/v1/openapi.json", &headers).await.status, 304);
    let changed = json!({ "label": "自宅", "address": "本町1", "position": first.body["at"] });
    let put = see(client, Method::PUT, &path, &[], Some(&changed)).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let later = get(client, &path, &[("if-none-match", &tag)]).await;
    assert_eq!((later.status, &later.body["address"]), (200, &json!("本町1")));
    assert_eq!(
        later.header("etag"),
        put.header("etag"),
        "the change answers with the tag of what is there now"
    );
}

#[tokio::test]
async fn two_desks_do_not_overwrite_each_other() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let client = &town.client;
    let rider = format!("/api/v1/riders/{}", town.rider);
    let seen = get(client, &rider, &[]).await;
    let tag = seen.header("etag").to_owned();
    let body = |name: &str| json!({ "name": name, "furigana": "さとう はる", "places": [town.places[1], town.places[2]] });
    let keyed = |key: &'static str, tag: &str| {
        vec![("if-match", tag.to_owned()), ("idempotency-key", key.to_owned())]
    };
    let put = async |path: &str, headers: Vec<(&str, String)>, body: &Value| {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        see(client, Method::PUT, path, &headers, Some(body)).await
    };
    let first = put(&rider, keyed("desk-1", &tag), &body("佐藤 はる")).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let second = put(&rider, keyed("desk-2", &tag), &body("佐藤 春")).await;
    assert_eq!(
        (second.status, &second.body["code"]),
        (412, &json!("precondition_failed")),
        "{}",
        second.body
    );
    assert_eq!(get(client, &rider, &[]).await.body["name"], "佐藤 はる");
    // The answer was lost on the way: the same again gets it, although the state has moved on by itself.
    let again = put(&rider, keyed("desk-1", &tag), &body("佐藤 はる")).await;
    assert_eq!((again.status, again.body), (200, first.body.clone()));
    // What belongs to the rider counts, wherever it is set.
    let tag = first.header("etag").to_owned();
    let care = put(&format!("{rider}/care"), keyed("care-1", &tag), &json!({ "never_alone": true })).await;
    assert_eq!(care.status, 200, "{}", care.body);
    let contact = json!({ "by": "nobody" });
    assert_eq!(put(&format!("{rider}/contact"), keyed("contact-1", &tag), &contact).await.status, 412);
    assert_eq!(put(&format!("{rider}/contact"), keyed("contact-2", "*"), &contact).await.status, 200);
    assert_eq!(put(&rider, keyed("desk-3", "no tag"), &body("x")).await.status, 422);

    // A vehicle that drives is not a vehicle that somebody has changed.
    let vehicle = format!("/api/v1/vehicles/{}", town.vehicle);
    let before = get(client, &vehicle, &[]).await;
    let now = see(client, Method::GET, "/api/v1/clock", &[], None).await.body["now"].clone();
    let position = json!({ "seq": 1, "at": now, "position": seen.body["places"][0]["at"] });
    client.post(&format!("/vehicles/{}/positions", town.vehicle), &position).await;
    let after = get(client, &vehicle, &[]).await;
    assert_ne!(before.header("etag"), after.header("etag"), "{}", after.body);
    let change = json!({ "facility": town.facility, "name": "みどり一号", "kind": "minivan", "layouts": [{ "seats": 4 }] });
    let put_vehicle = put(&vehicle, keyed("vehicle-1", before.header("etag")), &change).await;
    assert_eq!(
        (put_vehicle.status, &put_vehicle.body["name"]),
        (200, &json!("みどり一号")),
        "{}",
        put_vehicle.body
    );

    // Of many at once with the same tag, one succeeds.
    let facility = format!("/api/v1/facilities/{}", town.facility);
    let tag = get(client, &facility, &[]).await.header("etag").to_owned();
    let bodies: Vec<Value> = (0..8)
        .map(|n| {
            json!({ "corporation": town.corporation, "name": format!("デイ{n}"), "place": town.places[0],
            "service": ["09:30", "16:40"] })
        })
        .collect();
    let headers = [("if-match", tag.as_str())];
    let all = bodies.iter().map(|body| see(client, Method::PUT, &facility, &headers, Some(body)));
    let all = futures_util::future::join_all(all).await;
    let mut statuses: Vec<u16> = all.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
}

/// Every address that changes something does it once under one key, and refuses the key for anything else.
#[tokio::test]
async fn every_command_heeds_its_key() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let client = &town.client;
    let (rider, vehicle, facility) = (&town.rider, &town.vehicle, &town.facility);
    let member = town.add_member(10, json!({})).await;
    let day = crate::town::tomorrow();
    let calls = [
        (Method::POST, "/corporations".to_owned(), json!({ "name": "一" })),
        (Method::PUT, format!("/riders/{rider}/care"), json!({ "never_alone": true })),
        (Method::PUT, format!("/riders/{rider}/contact"), json!({ "by": "nobody" })),
        (Method::POST, "/requests".to_owned(), town.wish()),
        (Method::POST, "/day-plans".to_owned(), json!({ "facility": facility, "day": day })),
        (Method::POST, "/absences".to_owned(), json!({ "rider": member, "day": day, "kind": "whole_day" })),
        (Method::POST, "/joins".to_owned(), json!({ "rider": member, "day": day })),
        (Method::POST, format!("/day-plans/{facility}/{day}/improvements"), json!({})),
        (Method::PUT, format!("/pins/{member}/{day}/pickup_run"), json!({ "at": "08:45" })),
        (Method::DELETE, format!("/pins/{member}/{day}/pickup_run"), json!({})),
        (Method::POST, "/outages".to_owned(), json!({ "vehicle": vehicle, "day": day, "out": true })),
        (Method::PUT, "/sharing".to_owned(), json!({ "facilities": [facility] })),
    ];
    for (number, (method, path, body)) in calls.into_iter().enumerate() {
        let key = format!("key-{number}");
        let headers = [("idempotency-key", key.as_str())];
        let path = format!("/api/v1{path}");
        let first = see(client, method.clone(), &path, &headers, Some(&body)).await;
        assert!(first.status < 300, "{method} {path}: {}", first.body);
        let before = client.log_version().await;
        let again = see(client, method.clone(), &path, &headers, Some(&body)).await;
        assert_eq!(
            (again.status, client.log_version().await),
            (first.status, before),
            "{method} {path}: {}",
            again.body
        );
        let other = json!({ "name": "二" });
        let reused = see(client, Method::POST, "/api/v1/corporations", &headers, Some(&other)).await;
        assert_eq!(
            (reused.status, &reused.body["code"]),
            (422, &json!("key_reused")),
            "{method} {path}: {}",
            reused.body
        );
    }
}
