//! What each role sees of persons, over HTTP and WebSocket, and what it may change.

use reqwest::Method;
use serde_json::{Value, json};
use server::{Allowed, Role, allowed};
use store::{LogReader, Version};
use units::AreaId;

use crate::town::{People, Person, populate};

const DAY: &str = "2026-11-24";

/// Names of the second corporation's people, which the first must not see.
fn foreign(people: &People) -> Vec<String> {
    let of_second = |name: &&String| {
        let last = name.trim_end_matches("の下").trim_end_matches("0番地");
        last.ends_with('2') || name.contains("町2") || name.contains("一郎") || name.starts_with("090-3")
    };
    people.names.iter().filter(of_second).cloned().collect()
}

#[track_caller]
fn holds_none(text: &str, names: &[String], what: &str) {
    for name in names {
        assert!(!text.contains(name.as_str()), "{what} holds `{name}`: {text}");
    }
}

/// Every path that can be read and what it answers this person.
async fn read_all(person: &Person) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (method, path, _) in allowed().filter(|(method, ..)| *method == "GET") {
        for whose in [1, 2] {
            let path = path.replace("/vehicles/{id}", &format!("/vehicles/vehicle-{whose}"));
            let path = path.replace("/requests/{id}", &format!("/requests/request-{whose}"));
            let path = path.replace("/riders/{id}", &format!("/riders/rider-{whose}"));
            let path = path.replace("/drivers/{id}", &format!("/drivers/driver-{whose}"));
            let path = path.replace("/facilities/{id}", &format!("/facilities/facility-{whose}"));
            let path = path.replace("/places/{id}", &format!("/places/place-{}", whose * 3));
            let path = path.replace("{facility}/{day}", &format!("facility-{whose}/{DAY}"));
            let path = path.replace("{file}", if whose == 1 { "riders.csv" } else { "places.csv" });
            if path.contains('{') || path.ends_with("/ws") || path.contains("api.") {
                continue;
            }
            let query = if path.ends_with("/legs") { "?from=place-2&to=place-5" } else { "" };
            let answer = person.raw(method.parse().unwrap(), &format!("{path}{query}"), &Value::Null).await;
            all.push((format!("{} {path}", answer.status), answer.text));
        }
    }
    all
}

#[tokio::test]
async fn the_municipality_is_shown_no_person_anywhere() {
    let people = populate().await;
    let town_hall = people.town.one(Role::Municipality).await;
    let mut board = town_hall.listen("as=town").await.ok().unwrap();
    for other in ["as=board", "as=driver&vehicle=vehicle-1", "as=rider&request=request-1"] {
        assert_eq!(town_hall.listen(other).await.err(), Some(403), "{other}");
    }
    let answers = read_all(&town_hall).await;
    assert!(answers.iter().any(|(what, _)| what == "200 /api/v1/town"));
    for (what, text) in &answers {
        holds_none(text, &people.names, what);
        assert!(!text.contains("\"rider\"") && !text.contains("rider-"), "{what}: {text}");
    }
    let n = people.ask_for_a_ride().await;
    for message in board.until(n).await {
        holds_none(&message.to_string(), &people.names, "the socket");
        assert!(!message.to_string().contains("rider-"), "{message}");
    }
    let posted = town_hall.post("/requests", people.wish("rider-1", "operator")).await;
    assert_eq!(posted.code(), "not_allowed");
}

impl People {
    fn wish(&self, rider: &str, channel: &str) -> Value {
        let (from, to) = if rider == "rider-2" { ("place-5", "place-6") } else { ("place-2", "place-3") };
        json!({
            "rider": rider, "from": from, "to": to, "channel": channel,
            "wish": { "kind": "leave_at", "at": format!("{DAY}T12:00:00+09:00") },
        })
    }

    /// The second corporation's member asks and books; the number of the last event.
    async fn ask_for_a_ride(&self) -> u64 {
        let made = self.administrator.make("/requests", self.wish("rider-2", "phone")).await;
        let path = format!("/requests/{}/accept", made["id"].as_str().unwrap());
        self.administrator.make(&path, json!({ "offer": made["offers"][0]["id"] })).await;
        self.town.service.snapshot().version.0
    }
}

#[tokio::test]
async fn a_driver_is_shown_the_own_run_and_nothing_else() {
    let people = populate().await;
    let driver = people.town.one(Role::Driver).await;
    let own = driver.get("/vehicles/vehicle-1").await;
    for seen in ["会員 花子1", "自宅之1", "植木鉢1"] {
        assert!(own.text.contains(seen), "{}", own.text);
    }
    assert_eq!(driver.get("/vehicles").await.body["vehicles"].as_array().unwrap().len(), 1);
    for (what, text) in read_all(&driver).await {
        holds_none(&text, &foreign(&people), &what);
    }
    for shut in
        ["/legs?from=place-2&to=place-5", "/legs?from=place-2&to=place%2D5", "/riders", "/board", "/requests"]
    {
        assert_eq!(driver.get(shut).await.code(), "not_allowed", "{shut}");
    }
    assert_eq!(driver.get("/legs?from=place-1&to=place-2").await.status, 200);
    let fact = json!({ "fact": "departed", "visit": null, "at": format!("{DAY}T06:00:00+09:00") });
    assert_eq!(driver.post("/vehicles/vehicle-2/facts", fact).await.code(), "not_allowed");
    let position = json!({ "seq": 1, "at": format!("{DAY}T06:00:00+09:00"), "position": [139.4, 35.7] });
    assert_eq!(driver.post("/vehicles/vehicle-2/positions", position.clone()).await.code(), "not_allowed");
    assert_eq!(driver.post("/vehicles/vehicle-1/positions", position).await.status, 204);

    for other in ["as=board", "as=town", "as=driver&vehicle=vehicle-2", "as=rider&request=request-1"] {
        assert_eq!(driver.listen(other).await.err(), Some(403), "{other}");
    }
    let mut socket = driver.listen("as=driver&vehicle=vehicle-1").await.ok().unwrap();
    people.ask_for_a_ride().await;
    // Something of one's own comes last; nothing of the other vehicle came before it.
    let absent = json!({ "rider": "rider-1", "day": DAY, "kind": "dropoff_run" });
    people.administrator.make("/absences", absent).await;
    let heard = socket.until(0).await;
    for message in heard {
        holds_none(&message.to_string(), &foreign(&people), "the socket");
        let vehicles = message["changes"]["vehicles"].as_array().cloned().unwrap_or_default();
        assert!(vehicles.iter().all(|v| v["id"] == "vehicle-1"), "{message}");
    }
}

#[tokio::test]
async fn a_person_at_the_wheel_has_the_vehicle_of_the_day() {
    let people = populate().await;
    people.town.add("taro", Role::Driver, &["driver-2"]);
    let taro = people.town.sign_in("taro").await;
    assert_eq!(taro.get("/vehicles/vehicle-2").await.status, 200);
    assert_eq!(taro.get("/vehicles/vehicle-1").await.code(), "not_allowed");
    // Somebody else drives, or nobody: the vehicle is no longer his, and what its socket tells neither.
    let out = json!({ "driver": "driver-2", "day": DAY, "out": true });
    people.administrator.make("/outages", out).await;
    assert_eq!(taro.get("/vehicles/vehicle-2").await.code(), "not_allowed");
}

#[tokio::test]
async fn a_facility_sees_its_people_and_of_others_load_and_needs() {
    let people = populate().await;
    people.ask_for_a_ride().await;
    for role in [Role::FacilityManager, Role::CorporationAdministrator] {
        let manager = people.town.one(role).await;
        let board = manager.get("/board").await;
        assert!(board.text.contains("会員 花子1"), "{}", board.text);
        let of_other =
            board.body["vehicles"].as_array().unwrap().iter().find(|v| v["id"] == "vehicle-2").unwrap();
        assert_eq!(of_other["seats"], 6);
        assert!(of_other["position"].is_null() && of_other["path"] == json!([]), "{of_other}");
        let visit = &of_other["visits"][0];
        assert!(visit["needs"]["boarding_seconds"].is_i64() && visit["planned"].is_string(), "{visit}");
        assert_eq!((&visit["rider"]["name"], &visit["place"]["at"]), (&json!(""), &Value::Null));
        for (what, text) in read_all(&manager).await {
            holds_none(&text, &foreign(&people), &what);
        }
        let riders = manager.get("/riders?limit=100").await.expect(200);
        assert_eq!(riders["riders"].as_array().unwrap().len(), 1, "{riders}");

        let mut socket = manager.listen("as=board").await.ok().unwrap();
        let absent = json!({ "rider": "rider-2", "day": DAY, "kind": "dropoff_run" });
        people.administrator.post("/absences", absent).await.expect(201);
        let n = people.town.service.snapshot().version.0;
        for message in socket.until(n).await {
            holds_none(&message.to_string(), &foreign(&people), "the socket");
        }
        people
            .administrator
            .make("/joins", json!({ "rider": "rider-2", "day": DAY, "kind": "dropoff_run" }))
            .await;

        // Its own people and things it may change; others' it may not, nor take anybody's home into its own list.
        let care = json!({ "never_alone": true });
        assert_eq!(manager.send(Method::PUT, "/riders/rider-1/care", &care).await.status, 200);
        assert_eq!(manager.send(Method::PUT, "/riders/rider-2/care", &care).await.code(), "not_allowed");
        let with_foreign = json!({ "not_with": ["rider-2"] });
        assert_eq!(
            manager.send(Method::PUT, "/riders/rider-1/care", &with_foreign).await.code(),
            "not_allowed"
        );
        let place = json!({ "place": "place-5" });
        assert_eq!(manager.post("/riders/rider-1/places", place).await.code(), "not_allowed");
        let member = |facility: &str, place: &str| {
            let membership = json!({ "facility": facility, "weekdays": ["tue"] });
            json!({ "name": "新人", "places": [place], "membership": membership })
        };
        assert_eq!(manager.post("/riders", member("facility-2", "place-2")).await.code(), "not_allowed");
        assert_eq!(manager.post("/riders", member("facility-1", "place-5")).await.code(), "not_allowed");
        let home = json!({ "label": "新居", "position": [139.6, 35.9], "category": "home" });
        let home = manager.make("/places", home).await;
        assert_eq!(home["label"], "新居", "{home}");
        let home = home["id"].as_str().unwrap();
        let made = manager.make("/riders", member("facility-1", home)).await;
        let gone = people
            .administrator
            .send(
                Method::PUT,
                &format!("/riders/{}", made["id"].as_str().unwrap()),
                &member("facility-2", home),
            )
            .await;
        assert_eq!(gone.status, 200, "{}", gone.text);
        assert_eq!(
            manager
                .post("/absences", json!({ "rider": "rider-2", "day": DAY, "kind": "whole_day" }))
                .await
                .code(),
            "not_allowed"
        );
        assert_eq!(
            manager.post("/day-plans", json!({ "facility": "facility-2", "day": DAY })).await.code(),
            "not_allowed"
        );
        assert_eq!(manager.post("/requests", people.wish("rider-2", "operator")).await.code(), "not_allowed");
    }
}

#[tokio::test]
async fn family_ask_for_their_own_and_for_nobody_else() {
    let people = populate().await;
    let family = people.town.one(Role::Rider).await;
    let made = family.post("/requests", people.wish("rider-1", "app")).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(made["rider"]["name"], "会員 花子1");
    assert_eq!(family.post("/requests", people.wish("rider-2", "app")).await.code(), "not_allowed");
    let lured = json!({ "rider": "rider-1", "from": "place-2", "to": "place-5", "channel": "app",
        "wish": { "kind": "leave_at", "at": format!("{DAY}T12:00:00+09:00") } });
    assert_eq!(family.post("/requests", lured).await.code(), "not_allowed");
    let as_desk = family.post("/requests", people.wish("rider-1", "operator")).await;
    assert_eq!(as_desk.body["errors"][0]["field"], "channel", "{}", as_desk.text);

    let mut socket = family.listen(&format!("as=rider&request={id}")).await.ok().unwrap();
    let accept = json!({ "offer": made["offers"][0]["id"] });
    let booked = family.post(&format!("/requests/{id}/accept"), accept).await.expect(200);
    assert_eq!(booked["state"], "booked");
    people.ask_for_a_ride().await;
    let other = format!("request-{}", id.trim_start_matches("request-").parse::<u32>().unwrap() + 1);
    assert_eq!(family.get(&format!("/requests/{other}")).await.code(), "not_allowed");
    assert_eq!(family.post(&format!("/requests/{other}/cancel"), json!({})).await.code(), "not_allowed");
    assert_eq!(family.listen(&format!("as=rider&request={other}")).await.err(), Some(403));
    for shut in ["as=board", "as=town", "as=driver&vehicle=vehicle-1"] {
        assert_eq!(family.listen(shut).await.err(), Some(403), "{shut}");
    }
    let listed = family.get("/requests").await.expect(200);
    assert!(listed["requests"].as_array().unwrap().iter().all(|r| r["rider"]["id"] == "rider-1"), "{listed}");
    for (what, text) in read_all(&family).await {
        holds_none(&text, &foreign(&people), &what);
    }
    let contact = json!({ "by": "mail", "address": "family@example.jp" });
    assert_eq!(family.send(Method::PUT, "/riders/rider-1/contact", &contact).await.status, 200);
    assert_eq!(family.send(Method::PUT, "/riders/rider-2/contact", &contact).await.code(), "not_allowed");
    let cancelled = family.post(&format!("/requests/{id}/cancel"), json!({})).await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    for message in socket.until(people.town.service.snapshot().version.0).await {
        holds_none(&message.to_string(), &foreign(&people), "the socket");
    }
}

#[tokio::test]
async fn an_auditor_reads_all_and_changes_nothing() {
    let people = populate().await;
    let auditor = people.town.one(Role::Auditor).await;
    assert!(auditor.get("/export/riders.csv").await.text.contains("会員 花子2"));
    assert!(auditor.get("/accounts").await.text.contains("admin"));
    let before = people.town.service.snapshot().version;
    for (method, path, access) in allowed().filter(|(method, ..)| *method != "GET") {
        let is_trial =
            path.ends_with("/dry-run") || path.contains("/session") || path.contains("/invitations");
        assert!(is_trial || access(Some(Role::Auditor)) == Allowed::No, "{method} {path}");
    }
    let mut socket = auditor.listen("as=driver&vehicle=vehicle-1").await.ok().unwrap();
    let said = json!({ "kind": "position", "seq": 1, "at": format!("{DAY}T06:00:00+09:00"), "position": [139.4, 35.7] });
    futures_util::SinkExt::send(&mut socket.0, said.to_string().into()).await.unwrap();
    let answer = problem_told(&mut socket).await;
    assert_eq!(answer["problem"]["code"], "not_allowed", "{answer}");
    assert_eq!(people.town.service.snapshot().version, before);
}

/// What is answered to something said in vain.
async fn problem_told(socket: &mut crate::town::Socket) -> Value {
    loop {
        let frame = futures_util::StreamExt::next(&mut socket.0).await.unwrap().unwrap();
        if let tokio_tungstenite::tungstenite::Message::Text(text) = &frame {
            let message: Value = serde_json::from_str(text).unwrap();
            if message["kind"] == "problem" {
                return message;
            }
        }
    }
}

#[tokio::test]
async fn the_log_names_the_account_that_acted_and_no_person() {
    let people = populate().await;
    let family = people.town.one(Role::Rider).await;
    family.post("/requests", people.wish("rider-1", "app")).await.expect(201);
    let account = family.get("/session").await.expect(200)["id"].clone();
    let file = people.town.folder.path().join("data/log.sqlite");
    let mut log = store::SqliteLog::open(&file).unwrap();
    let (mut actors, mut all) = (Vec::new(), String::new());
    let mut each = |event: store::StoredEvent| {
        all.push_str(&event.payload);
        actors.push((event.kind, event.actor));
        Ok(())
    };
    log.load(AreaId(1), Version::EMPTY, &mut each).unwrap();
    holds_none(&all, &people.names, "the log");
    assert!(actors.iter().any(|(kind, actor)| kind == "request_made" && json!(actor) == account));
    let known = |actor: &String| actor.starts_with("account-") || actor == "clock";
    assert!(actors.iter().all(|(_, actor)| known(actor)), "{actors:?}");
}

#[tokio::test]
async fn a_rider_is_erased_and_the_log_replays() {
    let people = populate().await;
    let administrator = &people.administrator;
    people.town.add("family", Role::Rider, &["rider-2"]);
    let family = people.town.sign_in("family").await;
    assert_eq!(family.get("/riders/rider-2").await.status, 200);
    let erase = async || administrator.send(Method::DELETE, "/riders/rider-2", &Value::Null).await;
    let early = erase().await;
    assert_eq!(
        (early.status, early.code()),
        (409, "wrong_state"),
        "whoever rides today is still to be fetched"
    );
    administrator
        .post("/absences", json!({ "rider": "rider-2", "day": DAY, "kind": "whole_day" }))
        .await
        .expect(201);
    assert_eq!(erase().await.status, 204);
    assert_eq!(erase().await.status, 204, "again is harmless");

    // What was this rider's alone is gone; what the resident shares stays.
    let gone = ["会員 花子2", "はなこ2", "090-1111-2222", "植木鉢2", "別宅之2", "秘密町2丁目2番地"]
        .map(str::to_owned);
    for (what, text) in read_all(administrator).await {
        holds_none(&text, &gone, &what);
    }
    assert!(administrator.get("/places").await.text.contains("自宅之2"));
    assert_eq!(administrator.get("/riders/rider-2").await.status, 404);
    let again = administrator.post("/requests", people.wish("rider-2", "phone")).await;
    assert_eq!(again.code(), "unknown_id");
    assert_eq!(family.get("/session").await.body["role"], Value::Null, "nobody is left to ask for");
    let one_more = json!({ "name": "新人", "places": ["place-2"] });
    let made = administrator.make("/riders", one_more).await;
    assert_eq!(made["id"], "rider-4", "the number is not given again");

    // The log replays to the same state, and neither it nor any file beside it holds a byte of what was erased.
    let file = people.town.folder.path().join("data/log.sqlite");
    let mut log = store::SqliteLog::open(&file).unwrap();
    let mut area = domain::Area::new(AreaId(1));
    let mut each = |event: store::StoredEvent| {
        area.apply(&serde_json::from_str(&event.payload).unwrap()).unwrap();
        Ok(())
    };
    log.load(AreaId(1), Version::EMPTY, &mut each).unwrap();
    assert_eq!(area, people.town.service.snapshot().area);
    for entry in std::fs::read_dir(people.town.folder.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for word in &gone {
            assert!(
                !bytes.windows(word.len()).any(|w| w == word.as_bytes()),
                "{} holds {word}",
                path.display()
            );
        }
    }
}
