//! The walk of the README: masters, a wish, offers, a promise, and following it on the WebSocket.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Site, id_of};
use crate::socket::Socket;
use crate::town::{Town, at, tomorrow};

#[tokio::test]
async fn a_ride_is_asked_for_offered_accepted_and_followed() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let client = &town.client;
    let made = client.post("/requests", &town.wish()).await.expect(201);
    assert_eq!(made["state"], "offered", "{made}");
    let offers = made["offers"].as_array().unwrap();
    assert!((1..=3).contains(&offers.len()), "{made}");
    for offer in offers {
        let text = |field: &str| offer[field].as_str().unwrap().to_owned();
        let window = [0, 1].map(|k| offer["pickup_window"][k].as_str().unwrap().to_owned());
        // All times carry the same offset, so their texts sort as they do.
        assert!(window[0] <= text("pickup_planned") && text("pickup_planned") <= window[1], "{offer}");
        assert!(text("pickup_planned") >= at(tomorrow(), 10, 30), "{offer}");
        assert!(text("dropoff_planned") <= text("dropoff_latest"), "{offer}");
        assert_eq!(offer["vehicle"], json!(town.vehicle));
        assert_eq!(offer["ride_class"], "guest_idle_vehicle");
        assert!(offer["ride_minutes"].as_i64() >= offer["direct_minutes"].as_i64(), "{offer}");
    }
    let request = id_of(&made);
    let query = format!("as=rider&request={request}");
    let mut socket = Socket::connect(client, &query, Some(client.log_version().await)).await;
    let asked_at = socket.n;

    let accept = json!({ "offer": offers[0]["id"] });
    let booked = client.post(&format!("/requests/{request}/accept"), &accept).await.expect(200);
    assert_eq!(booked["state"], "booked");
    assert_eq!(booked["promise"]["pickup"], offers[0]["pickup_window"], "what was shown is what is promised");
    assert_eq!(booked["promise"]["dropoff_latest"], offers[0]["dropoff_latest"]);
    let told = socket.request_in("booked").await;
    assert!(socket.n > asked_at);
    assert_eq!(told["changes"]["requests"][0]["promise"], booked["promise"]);
    assert_eq!(client.get(&format!("/requests/{request}")).await.expect(200)["state"], "booked");

    // The line breaks; meanwhile the ride is given back. Whoever comes back says what it had, and gets the rest.
    let had = socket.n;
    drop(socket);
    assert_eq!(
        client.post(&format!("/requests/{request}/cancel"), &json!({})).await.expect(200)["state"],
        "cancelled"
    );
    let mut socket = Socket::connect(client, &query, Some(had)).await;
    let missed = socket.next().await;
    assert_eq!((&missed["kind"], &missed["event"]), (&json!("change"), &json!("catch_up")));
    assert_eq!(missed["changes"]["requests"][0]["state"], "cancelled");
    assert!(socket.n > had);
    let mut board = Socket::connect(client, "as=board", Some(asked_at)).await;
    let missed = board.next().await;
    assert_eq!(missed["changes"]["requests"][0]["id"], json!(request));
    assert_eq!(missed["changes"]["vehicles"][0]["id"], json!(town.vehicle));

    // A number of another log cannot be gone on from.
    let mut lost = Socket::connect(client, "as=board", Some(1_000_000)).await;
    assert_eq!(lost.next().await["kind"], "resync");
    assert_eq!(lost.n, client.log_version().await);
}

#[tokio::test]
async fn the_same_key_has_one_effect() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let client = &town.client;
    let first = client.try_post("/requests", "key-1", &town.wish()).await.unwrap().expect(201);
    let again = client.try_post("/requests", "key-1", &town.wish()).await.unwrap().expect(201);
    assert_eq!(first, again);
    // Ids are given in order: had the second one made a request of its own, the next would be two further on.
    let next = client.try_post("/requests", "key-2", &town.wish()).await.unwrap().expect(201);
    let number = |body: &Value| id_of(body).strip_prefix("request-").unwrap().parse::<u64>().unwrap();
    assert_eq!(number(&next), number(&first) + 1);

    let mut other = town.wish();
    other["people"] = json!(2);
    let refused = client.try_post("/requests", "key-1", &other).await.unwrap();
    assert_eq!(refused.kind, "application/problem+json");
    assert_eq!(refused.expect(422)["code"], "key_reused");
    let elsewhere = client.try_post("/corporations", "key-1", &json!({ "name": "別" })).await.unwrap();
    assert_eq!(elsewhere.expect(422)["code"], "key_reused", "a key belongs to one path, too");

    // Accepting twice under one key is one promise; the answer to the second is the first's.
    let accept = json!({ "offer": first["offers"][0]["id"] });
    let path = format!("/requests/{}/accept", id_of(&first));
    let booked = client.try_post(&path, "key-3", &accept).await.unwrap().expect(200);
    let version = client.log_version().await;
    assert_eq!(client.try_post(&path, "key-3", &accept).await.unwrap().expect(200), booked);
    assert_eq!(client.log_version().await, version);
    // The second one in a batch of its own, sent at the same moment.
    let body = json!({ "name": "同時" });
    let (a, b) = tokio::join!(
        client.try_post("/corporations", "key-4", &body),
        client.try_post("/corporations", "key-4", &body)
    );
    assert_eq!(a.unwrap().expect(201), b.unwrap().expect(201));
    let all = client.get("/corporations").await.expect(200);
    assert_eq!(all["corporations"].as_array().unwrap().len(), 2);
}

/// The state of a member's place on a run.
fn place_of<'a>(plan: &'a Value, rider: &str, direction: &str) -> Option<&'a Value> {
    let mut places = plan["places"].as_array().unwrap().iter();
    places.find(|p| p["rider"]["id"] == rider && p["direction"] == direction)
}

#[tokio::test]
async fn a_day_is_planned_from_attendance() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let client = &town.client;
    town.add_vehicle("みどり2号", json!([{ "seats": 3 }])).await;
    let mut members = Vec::new();
    for number in 10..17 {
        members.push(town.add_member(number, json!({ "wheelchair": number == 12 })).await);
    }
    // Nobody here brings an attendant, so this member can be given no place; the plan must say so.
    let escorted = town.add_member(17, json!({ "attendant": true })).await;
    let (away, comes_alone, falls_ill) = (&members[0], &members[1], &members[3]);
    let day = tomorrow();
    let note = async |rider: &str, kind: &str| {
        client.post("/absences", &json!({ "rider": rider, "day": day, "kind": kind })).await.expect(201)
    };
    note(away, "whole_day").await;
    note(comes_alone, "pickup_run").await;

    let body = json!({ "facility": town.facility, "day": day });
    let plan = client.post("/day-plans", &body).await.expect(201);
    let path = format!("/day-plans/{}/{day}", town.facility);
    assert_eq!(client.get(&path).await.expect(200), plan);
    assert_eq!(plan["planned"], true);
    let absent: Vec<&Value> = plan["absent"].as_array().unwrap().iter().map(|p| &p["id"]).collect();
    assert_eq!(absent, [&json!(away), &json!(comes_alone)]);
    // Eight members two ways, less one who stays away and one who comes alone.
    assert_eq!(plan["places"].as_array().unwrap().len(), 16 - 2 - 1, "{plan}");
    for place in plan["places"].as_array().unwrap() {
        if place["rider"]["id"] == json!(escorted) {
            assert_eq!(place["state"], "refused", "{place}");
            let reasons = place["refusal"]["reasons"].as_array().unwrap();
            assert_eq!(reasons[0]["code"], "no_suitable_vehicle", "{place}");
            assert!(
                reasons.iter().all(|r| r["text_ja"] != r["code"] && r["text_en"] != r["code"]),
                "{place}"
            );
            continue;
        }
        assert_eq!(place["state"], "booked", "{place}");
        assert!(place["vehicle"].is_string() && place["pickup"][0].is_string(), "{place}");
        if place["direction"] == "pickup_run" {
            assert!(
                place["dropoff_latest"].as_str().unwrap() <= at(day, 9, 30).as_str(),
                "there before it begins: {place}"
            );
        } else {
            assert!(
                place["pickup"][0].as_str().unwrap() >= at(day, 16, 40).as_str(),
                "not before it ends: {place}"
            );
        }
    }
    assert!(place_of(&plan, away, "pickup_run").is_none() && place_of(&plan, away, "dropoff_run").is_none());
    assert!(place_of(&plan, comes_alone, "pickup_run").is_none());
    assert!(place_of(&plan, comes_alone, "dropoff_run").is_some());

    // Planning again is refused; an absence of the last minute takes both places out. The others keep
    // their vehicle and what they were told; who rode with the ill one may be there some minutes earlier or later.
    assert_eq!(client.post("/day-plans", &body).await.expect(409)["code"], "wrong_state");
    let after = note(falls_ill, "whole_day").await;
    for (old, new) in plan["places"].as_array().unwrap().iter().zip(after["places"].as_array().unwrap()) {
        if old["rider"]["id"] == json!(falls_ill) {
            assert_eq!(new["state"], "cancelled");
        } else {
            let kept = |place: &Value| {
                let mut place = place.clone();
                place
                    .as_object_mut()
                    .unwrap()
                    .retain(|field, _| !matches!(&**field, "pickup_at" | "dropoff_at"));
                place
            };
            assert_eq!(kept(old), kept(new));
        }
    }
}

#[tokio::test]
async fn every_picture_is_there() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let client = &town.client;
    for (path, field) in [
        ("/board", "vehicles"),
        ("/town", "figures"),
        ("/clock", "now"),
        ("/map", "tiles"),
        ("/area", "roads"),
        ("/places", "places"),
        ("/riders", "riders"),
        ("/facilities", "facilities"),
        ("/corporations", "corporations"),
        ("/vehicles", "vehicles"),
        ("/requests", "requests"),
        ("/policies", "policies"),
        ("/openapi.json", "paths"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.kind, "application/json", "{path}");
        assert!(!answer.expect(200)[field].is_null(), "{path}");
    }
    let metrics = client.send(Method::GET, "/metrics", &[], Vec::new()).await.unwrap().expect(200);
    assert!(metrics.as_str().unwrap().contains("kuseki_commands_total{outcome=\"done\"}"), "{metrics}");
    for page in ["/", "/driver", "/town"] {
        let answer = client.send(Method::GET, page, &[], Vec::new()).await.unwrap();
        assert_eq!((answer.status, answer.kind.as_str()), (200, "text/html; charset=utf-8"), "{page}");
    }
    let found = client.get("/riders?query=%E3%81%95%E3%81%A8%E3%81%86").await.expect(200);
    assert_eq!(found["riders"][0]["id"], json!(town.rider));
    let leg = client.get(&format!("/legs?from={}&to={}", town.places[1], town.places[2])).await.expect(200);
    assert!(leg["seconds"].as_i64().unwrap() > 0 && leg["points"].as_array().unwrap().len() > 1);
}
