//! Telling riders, through real doors: a receiver that fails at first, a restart, a mail server, and whoever is called.

use std::path::Path;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Server, Site, id_of, kuseki, run, until};
use crate::receivers::{MailSink, Receiver, SECRET};
use crate::town::{Town, tomorrow};

fn with_webhook(site: &Site, data: &Path, url: &str) -> Command {
    let secret = site.path("secret");
    // A line end behind the secret is not part of it.
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let mut command = site.command(data);
    command.args(["--notify-webhook", url, "--notify-secret-file"]).arg(secret);
    command
}

/// Sets how a rider is told.
async fn set_contact(town: &Town, rider: &str, contact: &Value) {
    let path = format!("/riders/{rider}/contact");
    assert_eq!(town.client.json(Method::PUT, &path, contact).await.expect(200)["by"], contact["by"]);
}

/// Books the resident's ride and returns the request.
async fn book(town: &Town) -> String {
    let made = town.client.post("/requests", &town.wish()).await.expect(201);
    let accept = json!({ "offer": made["offers"][0]["id"] });
    let path = format!("/requests/{}/accept", id_of(&made));
    id_of(&town.client.post(&path, &accept).await.expect(200))
}

#[tokio::test]
async fn a_receiver_that_fails_twice_is_told_once_and_a_restart_repeats_nothing() {
    let site = Site::draw();
    let receiver = Receiver::start(|before, _| if before.len() < 2 { 503 } else { 204 }).await;
    let server = Server::start(with_webhook(&site, &site.data(), &receiver.url));
    let mut town = Town::register(server.client(), &site).await;
    set_contact(&town, &town.rider, &json!({ "by": "webhook", "address": "U-4711" })).await;
    let request = book(&town).await;
    until("the third call", async || (receiver.posts().len() == 3).then_some(())).await;
    let posts = receiver.posts();
    assert_eq!(posts.iter().map(|p| p.status).collect::<Vec<_>>(), [503, 503, 204]);
    assert!(posts.iter().all(|p| p.key == posts[0].key && p.body == posts[0].body), "{posts:?}");
    let body = &posts[0].body;
    assert_eq!((&body["kind"], &body["rider"]), (&json!("booked"), &json!(town.rider)));
    assert_eq!((&body["recipient"], &body["key"]), (&json!("U-4711"), &json!(posts[0].key)));
    let text = body["text"]["ja"].as_str().unwrap();
    assert!(text.contains("明日の") && text.contains("みどり1号がお迎えにまいります"), "{text}");
    assert_eq!(body["about"]["tidings"]["booked"]["request"], json!(request));

    // The third answer may or may not have been noted when the process dies; either way no other letter is lost, and
    // what is sent once more bears its old key.
    let metric = "kuseki_deliveries_total{adapter=\"webhook\",outcome=\"delivered\"} 1";
    until("the receipt", async || {
        let page = server.client().send(Method::GET, "/metrics", &[], Vec::new()).await.unwrap();
        page.body.as_str().is_some_and(|text| text.contains(metric)).then_some(())
    })
    .await;
    server.kill();
    let server = Server::start(with_webhook(&site, &site.data(), &receiver.url));
    town.client = server.client();
    town.client.post(&format!("/requests/{request}/cancel"), &json!({})).await.expect(200);
    until("the cancellation", async || (receiver.posts().len() >= 4).then_some(())).await;
    let posts = receiver.posts();
    let kinds: Vec<&Value> = posts.iter().map(|p| &p.body["kind"]).collect();
    assert_eq!(kinds, ["booked", "booked", "booked", "cancelled"]);
    assert_ne!(posts[3].key, posts[0].key);
}

/// A planned day of five members and two vehicles, of which the first one's riders have to change.
async fn change_the_day(town: &Town, contacts: &[Value]) -> (Vec<String>, String) {
    let mut members = Vec::new();
    for (number, contact) in contacts.iter().enumerate() {
        let member = town.add_member(10 + number, json!({})).await;
        set_contact(town, &member, contact).await;
        members.push(member);
    }
    let day = tomorrow();
    let body = json!({ "facility": town.facility, "day": day });
    town.client.post("/day-plans", &body).await.expect(201);
    town.add_vehicle("みどり2号", json!([{ "seats": 6 }])).await;
    let out = json!({ "vehicle": town.vehicle, "day": day, "out": true });
    town.client.post("/outages", &out).await.expect(201);
    (members, format!("/day-plans/{}/{day}", town.facility))
}

/// The notices of one rider.
fn notices_of<'a>(plan: &'a Value, rider: &str) -> Vec<&'a Value> {
    plan["notices"].as_array().unwrap().iter().filter(|n| n["to_id"] == rider).collect()
}

#[tokio::test]
async fn a_notice_that_was_delivered_is_given_and_one_that_failed_stays_with_the_operator() {
    let site = Site::draw();
    let receiver = Receiver::start(|_, body| if body["recipient"] == "gone" { 410 } else { 200 }).await;
    let server = Server::start(with_webhook(&site, &site.data(), &receiver.url));
    let town = Town::register(server.client(), &site).await;
    let hook = |name: &str| json!({ "by": "webhook", "address": name });
    let mail = json!({ "by": "mail", "address": "hana@example.jp" });
    let contacts = [hook("here"), hook("gone"), json!({ "by": "phone" }), mail, json!({ "by": "nobody" })];
    let (members, path) = change_the_day(&town, &contacts).await;
    let [here, gone, called, mailed, quiet] = &members[..] else { panic!("five members") };

    let plan = until("all that can be told is told", async || {
        let plan = town.client.get(&path).await.expect(200);
        let settled = notices_of(&plan, here).iter().all(|n| n["given_at"].is_string());
        let failed = notices_of(&plan, gone).iter().all(|n| n["delivery"]["standing"] == "failed");
        (settled && failed).then_some(plan)
    })
    .await;
    let told = notices_of(&plan, here);
    assert!(!told.is_empty() && told.iter().all(|n| n["by"] == "webhook"), "{plan}");
    for notice in notices_of(&plan, gone) {
        assert!(notice["given_at"].is_null(), "{notice}");
        assert_eq!(notice["delivery"]["reason"], "http_410");
        assert_eq!(notice["delivery"]["attempts"], 1, "who is gone is not asked again");
        assert!(notice["delivery"]["reason_ja"].as_str().unwrap().contains("HTTP 410"), "{notice}");
    }
    for notice in notices_of(&plan, mailed) {
        assert_eq!(notice["delivery"]["reason"], "not_set_up", "{notice}");
    }
    let to_call = notices_of(&plan, called);
    assert!(!to_call.is_empty() && !notices_of(&plan, quiet).is_empty(), "{plan}");
    for notice in to_call {
        assert!(notice["given_at"].is_null() && notice["delivery"].is_null(), "{notice}");
        let read = notice["script"]["read_ja"].as_str().unwrap();
        assert!(
            read.starts_with("こちらはデイみどり、送迎の係です。会員12様でいらっしゃいますか。\n"),
            "{read}"
        );
        assert!(read.contains("みどり2号"), "{read}");
        assert!(notice["script"]["if_unanswered_ja"].as_str().unwrap().contains("出られないとき"));
        let given = town.client.post(&format!("/notices/{}/given", id_of(notice)), &json!({})).await;
        assert!(given.expect(200)["given_at"].is_string());
    }
    let failed = town.client.get("/deliveries").await.expect(200);
    let of = |rider: &str| failed["deliveries"].as_array().unwrap().iter().any(|d| d["rider"] == rider);
    assert!(of(gone) && of(mailed) && !of(here) && !of(called), "{failed}");
}

#[tokio::test]
async fn mail_goes_out_in_both_languages_and_a_refused_address_is_told_without_it() {
    let site = Site::draw();
    let sink = MailSink::start().await;
    let mut command = site.command(&site.data());
    command.args(["--smtp", &sink.address, "--smtp-from", "送迎 <ride@example.jp>"]);
    command.args(["--smtp-security", "plain", "--notify-log"]);
    let server = Server::start(command);
    let town = Town::register(server.client(), &site).await;
    let mail = |to: &str| json!({ "by": "mail", "address": format!("{to}@example.jp") });
    let (members, path) = change_the_day(&town, &[mail("hana"), mail("nobody")]).await;
    until("the mails", async || {
        let plan = town.client.get(&path).await.expect(200);
        let given = notices_of(&plan, &members[0]).iter().all(|n| n["given_at"].is_string());
        let failed = notices_of(&plan, &members[1]).iter().all(|n| n["delivery"]["reason"] == "smtp_550");
        (given && failed).then_some(())
    })
    .await;
    let mails = sink.mails();
    assert!(!mails.is_empty());
    for mail in &mails {
        assert!(mail.contains("RCPT TO:<hana@example.jp>") && mail.contains("Message-ID: <"), "{mail}");
    }
    // Ids go to the log of the process, and no name, address or word of the mail server's.
    let said = server.said();
    assert!(said.contains(&members[0]) && said.contains("by=\"mail\""), "{said}");
    assert!(!said.contains("example.jp") && !said.contains("会員"), "{said}");
}

#[tokio::test]
async fn a_wrong_contact_is_answered_by_what_is_wrong() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let path = format!("/riders/{}/contact", town.rider);
    for (contact, field) in [
        (json!({ "by": "mail" }), "contact.address"),
        (json!({ "by": "mail", "address": "hana" }), "contact.address"),
        (json!({ "by": "mail", "address": "hana@example.jp\r\nBcc: all@example.jp" }), "contact.address"),
        (json!({ "by": "webhook", "address": "two words" }), "contact.address"),
        (json!({ "by": "phone", "address": "0270" }), "contact.address"),
        (json!({ "by": "nobody", "address": "x" }), "contact.address"),
        (json!({ "by": "pigeon" }), "by"),
    ] {
        let problem = town.client.json(Method::PUT, &path, &contact).await.expect(422);
        assert_eq!(problem["errors"][0]["field"], field, "{contact}: {problem}");
    }
    let nobody = town.client.json(Method::PUT, "/riders/rider-99/contact", &json!({ "by": "phone" })).await;
    nobody.expect(404);
    let body = json!({
        "name": "高橋 ミツ", "places": [town.places[1]], "contact": { "by": "webhook", "address": "U-1" },
    });
    let made = town.client.post("/riders", &body).await.expect(201);
    assert_eq!(made["contact"], body["contact"]);
    let rider = town.client.get(&format!("/riders/{}", town.rider)).await.expect(200);
    assert_eq!(rider["contact"], json!({ "by": "phone", "address": null }));
}

#[test]
fn options_that_cannot_work_are_refused_by_name() {
    let site = Site::draw();
    let short = site.path("short");
    std::fs::write(&short, "abc").unwrap();
    let short = short.to_str().unwrap();
    for (options, word) in [
        (vec!["--notify-webhook", "http://localhost/"], "--notify-secret-file"),
        (vec!["--notify-webhook", "http://localhost/", "--notify-secret-file", short], "at least 16"),
        (vec!["--notify-webhook", "ftp://x/", "--notify-secret-file", short], "http"),
        (vec!["--notify-webhook", "http://x/", "--notify-secret-file", "/no/such"], "/no/such"),
        (vec!["--smtp", "mail.example.jp", "--smtp-from", "a@example.jp"], "HOST:PORT"),
        (vec!["--smtp", "mail.example.jp:25", "--smtp-from", "a"], "sender"),
    ] {
        let ended = run(kuseki().arg("serve").arg("--data").arg(site.data()).args(&options));
        assert!(!ended.status.success() && ended.err.contains(word), "{options:?}: {}", ended.err);
    }
}

#[tokio::test]
async fn how_a_rider_is_told_outlives_a_change_of_other_data() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    set_contact(&town, &town.rider, &json!({ "by": "mail", "address": "hana@example.jp" })).await;
    let path = format!("/riders/{}", town.rider);
    let known = town.client.get(&path).await.expect(200);
    let places: Vec<&Value> = known["places"].as_array().unwrap().iter().map(|p| &p["id"]).collect();
    let change = json!({ "name": known["name"], "furigana": known["furigana"], "phone": "0270-01-0001", "places": places });
    let changed = town.client.json(Method::PUT, &path, &change).await.expect(200);
    assert_eq!(
        (&changed["phone"], &changed["contact"]["by"]),
        (&json!("0270-01-0001"), &json!("mail")),
        "{changed}"
    );
}

#[tokio::test]
async fn a_policy_that_could_not_be_adopted_is_not_tried_either() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    let past =
        json!({ "effective_from": "2020-01-01", "allows": ["member_on_run"], "source": "x", "author": "y" });
    let problem = town.client.json(Method::POST, "/policies/dry-run", &past).await.expect(422);
    assert_eq!(problem["errors"][0]["field"], "effective_from", "{problem}");
}

/// The family is told by a way of its own: beside the rider, or in the rider's place, and then a notice is given by it.
#[tokio::test]
async fn the_family_is_told_beside_the_rider_or_in_the_riders_place() {
    let site = Site::draw();
    let receiver = Receiver::start(|_, _| 200).await;
    let server = Server::start(with_webhook(&site, &site.data(), &receiver.url));
    let town = Town::register(server.client(), &site).await;
    let hook = |name: &str| json!({ "by": "webhook", "address": name });
    let path = format!("/riders/{}/family", town.rider);
    let no_number = json!({ "name": "佐藤 花子", "by": "phone" });
    let refused = town.client.json(Method::PUT, &path, &no_number).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "family.phone", "{refused}");
    let family =
        json!({ "name": "佐藤 花子", "phone": "090-0000-0002", "by": "webhook", "address": "family" });
    let set = town.client.json(Method::PUT, &path, &family).await.expect(200);
    assert_eq!((&set["instead"], &set["name"]), (&json!(false), &json!("佐藤 花子")));
    set_contact(&town, &town.rider, &hook("rider")).await;
    let seen = town.client.get(&format!("/riders/{}", town.rider)).await.expect(200);
    assert_eq!(seen["family"], set, "the contact is set beside it");
    book(&town).await;
    until("both are told", async || (receiver.posts().len() == 2).then_some(())).await;
    let posts = receiver.posts();
    let told = |name: &str| posts.iter().find(|p| p.body["recipient"] == name).unwrap();
    let text = told("family").body["text"]["ja"].as_str().unwrap();
    assert!(text.starts_with("佐藤 ハル様のご家族様"), "{text}");
    assert_eq!(told("family").body["about"]["family"], true);
    assert!(told("rider").body["about"]["family"].is_null());
    assert_eq!(told("family").key, format!("{}-family", told("rider").key));

    // Members: one whose family stands in, one whom the operator calls while the family is written to.
    let day = tomorrow();
    let mut members = Vec::new();
    for (number, instead) in [(10, true), (11, false)] {
        let member = town.add_member(number, json!({})).await;
        let address = if instead { "stands-in" } else { "beside" };
        let family = json!({ "name": "家族", "by": "webhook", "address": address, "instead": instead });
        town.client.json(Method::PUT, &format!("/riders/{member}/family"), &family).await.expect(200);
        members.push(member);
    }
    let body = json!({ "facility": town.facility, "day": day });
    town.client.post("/day-plans", &body).await.expect(201);
    let out = json!({ "vehicle": town.vehicle, "day": day, "out": true });
    town.client.post("/outages", &out).await.expect(201);
    let path = format!("/day-plans/{}/{day}", town.facility);
    let plan = until("who stands in is told", async || {
        let plan = town.client.get(&path).await.expect(200);
        let of = notices_of(&plan, &members[0]);
        let is_given = !of.is_empty() && of.iter().all(|n| n["given_at"].is_string());
        let posts = receiver.posts();
        let beside = posts.iter().any(|p| p.body["recipient"] == "beside" && p.body["kind"] == "no_ride");
        (is_given && beside).then_some(plan)
    })
    .await;
    assert!(
        notices_of(&plan, &members[0]).iter().all(|n| n["by"] == "webhook" && n["family"]["instead"] == true)
    );
    let to_call = notices_of(&plan, &members[1]);
    assert!(
        !to_call.is_empty() && to_call.iter().all(|n| n["given_at"].is_null() && n["by"] == "phone"),
        "{plan}"
    );
    // The list of riders carries it.
    let list = town.client.get("/export/riders.csv").await.expect(200);
    let line = list.as_str().unwrap().lines().find(|line| line.contains("佐藤 花子")).unwrap().to_owned();
    assert!(line.contains("090-0000-0002") && line.contains("アプリ") && line.contains("family"), "{line}");
    let path = format!("/riders/{}/family", town.rider);
    let answer = town.client.json(Method::DELETE, &path, &json!({})).await;
    assert_eq!(answer.status, 204);
    let seen = town.client.get(&format!("/riders/{}", town.rider)).await.expect(200);
    assert!(seen["family"].is_null() && seen["contact"]["address"] == "rider", "{seen}");
}
