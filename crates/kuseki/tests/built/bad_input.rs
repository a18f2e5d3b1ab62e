//! What the world may ask for by mistake. Each mistake gets a problem document that names the field and what would be
//! right, and changes nothing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::refused::{Asked, detail};
use crate::town::{at, tomorrow};

#[tokio::test]
async fn unknown_ids_are_named() {
    let asked = Asked::begin().await;
    let town = &asked.town;
    for (field, id) in [("rider", "rider-99"), ("from", "place-99"), ("to", "place-99")] {
        let body =
            asked.post("/requests", asked.wish_with(field, json!(id)), 422, "unknown_id", Some(field)).await;
        assert!(detail(&body).contains(id), "{body}");
    }
    let body = asked
        .post("/requests", asked.wish_with("rider", json!("vehicle-1")), 422, "invalid_value", Some("rider"))
        .await;
    assert!(detail(&body).contains("rider-"), "says what an id looks like: {body}");
    let facility = json!({ "corporation": "corporation-9", "name": "x", "place": town.places[0], "service": ["09:30", "16:40"] });
    asked.post("/facilities", facility, 422, "unknown_id", Some("corporation")).await;
    let vehicle =
        json!({ "facility": "facility-9", "name": "x", "kind": "van", "layouts": [{ "seats": 2 }] });
    asked.post("/vehicles", vehicle, 422, "unknown_id", Some("facility")).await;
    asked
        .post("/riders", json!({ "name": "x", "places": ["place-99"] }), 422, "unknown_id", Some("places"))
        .await;
    let member = json!({ "facility": "facility-9", "weekdays": ["mon"] });
    let rider = json!({ "name": "x", "places": [town.places[1]], "membership": member });
    asked.post("/riders", rider, 422, "unknown_id", Some("membership.facility")).await;
    asked
        .post(
            "/day-plans",
            json!({ "facility": "facility-9", "day": tomorrow() }),
            422,
            "unknown_id",
            Some("facility"),
        )
        .await;
    let absence = json!({ "rider": "rider-99", "day": tomorrow(), "kind": "whole_day" });
    asked.post("/absences", absence, 422, "unknown_id", Some("rider")).await;
    let fact = json!({ "fact": "arrived", "visit": "request-99:pickup", "at": "2026-01-01T10:00:00+09:00" });
    asked
        .post(&format!("/vehicles/{}/facts", town.vehicle), fact.clone(), 422, "unknown_id", Some("visit"))
        .await;
    asked
        .post(
            &format!("/riders/{}/places", town.rider),
            json!({ "place": "place-99" }),
            422,
            "unknown_id",
            Some("place"),
        )
        .await;
    // In the path they are a thing that is not there.
    asked.post("/vehicles/vehicle-99/facts", fact, 404, "not_found", None).await;
    asked.post("/requests/request-99/accept", json!({ "offer": "offer-1" }), 404, "not_found", None).await;
    asked.post("/requests/request-99/cancel", json!({}), 404, "not_found", None).await;
    asked.post("/riders/rider-99/places", json!({ "place": town.places[0] }), 404, "not_found", None).await;
    for path in [
        "/requests/request-99",
        "/riders/rider-99",
        "/riders/nobody",
        "/vehicles/vehicle-99",
        "/legs?from=place-1&to=place-99",
    ] {
        asked.send(Method::GET, path, json!({}), 404, "not_found", None).await;
    }
    let made = town.client.post("/requests", &town.wish()).await.expect(201);
    let accept = format!("/requests/{}/accept", made["id"].as_str().unwrap());
    asked.post(&accept, json!({ "offer": "offer-99" }), 422, "unknown_id", Some("offer")).await;
}

#[tokio::test]
async fn impossible_wishes_say_what_would_be_possible() {
    let asked = Asked::begin().await;
    let town = &asked.town;
    let far = json!({ "label": "遠く", "position": [139.5, 36.39] });
    let body = asked.post("/places", far, 422, "off_road", Some("position")).await;
    assert!(detail(&body).contains("34225 m") && detail(&body).contains("300 m"), "{body}");
    let swapped = json!({ "label": "逆", "position": [36.39, 139.06] });
    asked.post("/places", swapped, 422, "invalid_value", Some("position")).await;

    let wish = |kind: &str, at: &str| asked.wish_with("wish", json!({ "kind": kind, "at": at }));
    for kind in ["leave_at", "arrive_by"] {
        let body = asked
            .post("/requests", wish(kind, "2026-01-05T10:00:00+09:00"), 422, "time_in_past", Some("wish.at"))
            .await;
        assert!(detail(&body).contains("2026-01-05T10:00:00+09:00"), "{body}");
        let body = asked
            .post("/requests", wish(kind, "2199-01-05T10:00:00+09:00"), 422, "invalid_value", Some("wish.at"))
            .await;
        assert!(detail(&body).contains("60 days"), "{body}");
    }
    let crowd = asked
        .post("/requests", asked.wish_with("people", json!(9)), 422, "no_vehicle_holds", Some("people"))
        .await;
    assert!(detail(&crowd).contains("9 people") && detail(&crowd).contains("4 seats"), "{crowd}");
    asked.post("/requests", asked.wish_with("people", json!(0)), 422, "invalid_value", Some("people")).await;
    asked
        .post("/requests", asked.wish_with("people", json!(255)), 422, "no_vehicle_holds", Some("people"))
        .await;
    asked
        .post("/requests", asked.wish_with("to", json!(town.places[1])), 422, "invalid_value", Some("to"))
        .await;
    asked
        .post("/requests", asked.wish_with("to", json!(town.places[3])), 422, "invalid_value", Some("to"))
        .await;
    asked
        .post(
            "/requests",
            asked.wish_with("channel", json!("facility")),
            422,
            "invalid_value",
            Some("channel"),
        )
        .await;
    let yesterday = "2026-01-05";
    let plan = json!({ "facility": town.facility, "day": yesterday });
    asked.post("/day-plans", plan, 422, "time_in_past", Some("day")).await;
    let policy = json!({ "effective_from": yesterday, "allows": ["guest_idle_vehicle"], "source": "x", "author": "y" });
    asked.post("/policies", policy, 422, "invalid_value", Some("effective_from")).await;
    let absence = json!({ "rider": town.rider, "day": tomorrow(), "kind": "whole_day" });
    asked.post("/absences", absence, 422, "invalid_value", Some("day")).await;
    let future = json!({ "fact": "departed", "visit": null, "at": at(tomorrow().next(), 10, 0) });
    asked.post(&format!("/vehicles/{}/facts", town.vehicle), future, 422, "invalid_value", Some("at")).await;
    asked
        .post(
            &format!("/vehicles/{}/acknowledgements", town.vehicle),
            json!({ "revision": 99 }),
            422,
            "invalid_value",
            Some("revision"),
        )
        .await;
    let nowhere = json!({ "seq": 1, "at": at(tomorrow(), 10, 0), "position": [0.0, 91.0] });
    asked
        .post(
            &format!("/vehicles/{}/positions", town.vehicle),
            nowhere,
            422,
            "invalid_value",
            Some("position"),
        )
        .await;
    let body = asked.send(Method::PUT, "/clock", json!({ "speed": 60.0 }), 409, "not_a_demo", None).await;
    assert!(detail(&body).contains("demo"), "{body}");
}

#[tokio::test]
async fn masters_that_contradict_themselves_are_refused() {
    let asked = Asked::begin().await;
    let town = &asked.town;
    let facility = |field: &str, value: Value| {
        let mut body = json!({ "corporation": town.corporation, "name": "x", "place": town.places[0], "service": ["09:30", "16:40"] });
        body[field] = value;
        body
    };
    for (field, value) in [
        ("service", json!(["16:00", "09:00"])),
        ("service", json!(["9:00", "16:00"])),
        ("service", json!(["09:00", "25:00"])),
        ("pickup_hours", json!(["09:45", "07:30"])),
        ("pickup_hours", json!(["10:00", "11:00"])),
        ("dropoff_hours", json!(["13:00", "14:00"])),
        ("ride_max_minutes", json!(0)),
        ("ride_max_minutes", json!(9_999)),
        ("name", json!("   ")),
        ("name", json!("x".repeat(201))),
    ] {
        asked.post("/facilities", facility(field, value), 422, "invalid_value", Some(field)).await;
    }
    let vehicle = |field: &str, value: Value| {
        let mut body =
            json!({ "facility": town.facility, "name": "x", "kind": "van", "layouts": [{ "seats": 2 }] });
        body[field] = value;
        body
    };
    for (field, at_fault, value) in [
        ("shift", "shift", json!(["18:30", "07:30"])),
        ("layouts", "layouts", json!([])),
        ("layouts", "layouts", json!([{ "seats": 0 }])),
        ("layouts", "layouts[0].seats", json!([{ "seats": 300 }])),
        ("layouts", "layouts[1].seats", json!([{ "seats": 3 }, { "seats": -1 }])),
        ("kind", "kind", json!("lorry")),
        ("name", "name", json!("a\u{0}b")),
    ] {
        asked.post("/vehicles", vehicle(field, value), 422, "invalid_value", Some(at_fault)).await;
    }
    let rider = |field: &str, value: Value| {
        let mut body = json!({ "name": "x", "places": [town.places[1]] });
        body[field] = value;
        body
    };
    let member = json!({ "facility": town.facility, "weekdays": [] });
    for (field, at_fault, value) in [
        ("places", "places", json!([])),
        ("needs", "needs.boarding_seconds", json!({ "boarding_seconds": -1 })),
        ("needs", "needs.walker_tenths", json!({ "walker_tenths": 21 })),
        ("membership", "membership.weekdays", member),
        (
            "membership",
            "membership.weekdays[0]",
            json!({ "facility": town.facility, "weekdays": ["someday"] }),
        ),
        ("phone", "phone", json!("0".repeat(31))),
    ] {
        asked.post("/riders", rider(field, value), 422, "invalid_value", Some(at_fault)).await;
    }
    let policy = |field: &str, value: Value| {
        let mut body = json!({ "effective_from": tomorrow(), "allows": ["guest_idle_vehicle"], "source": "x", "author": "y" });
        body[field] = value;
        body
    };
    for (field, at_fault, value) in [
        ("guest_hours", "guest_hours", json!(["16:00", "08:30"])),
        ("people_max", "people_max", json!(0)),
        ("ride_percent", "ride_percent", json!(50)),
        ("wait_max_minutes", "wait_max_minutes", json!(-5)),
        ("source", "source", json!("")),
        ("allows", "allows[0]", json!(["anything"])),
    ] {
        asked.post("/policies", policy(field, value), 422, "invalid_value", Some(at_fault)).await;
    }
}
