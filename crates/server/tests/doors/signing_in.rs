//! Signing in and out: sessions, pauses, forged calls, invitations, keys.

use reqwest::Method;
use serde_json::{Value, json};
use server::Role;
use units::Seconds;

use crate::town::{PASSWORD, Person, Town, open, populate};

async fn try_password(person: &Person, login: &str, password: &str) -> crate::town::Answer {
    person.post("/session", json!({ "login": login, "password": password })).await
}

/// One of the whole area, and signed in.
async fn with_administrator() -> (Town, Person) {
    let town = open(false, "").await;
    town.add("admin", Role::CorporationAdministrator, &[]);
    let administrator = town.sign_in("admin").await;
    (town, administrator)
}

#[tokio::test]
async fn wrong_passwords_lock_a_name_for_longer_and_longer_whether_it_is_known_or_not() {
    let (town, _) = with_administrator().await;
    let stranger = town.anybody();
    for login in ["admin", "nobody-of-this-name"] {
        for _ in 0..4 {
            let answer = try_password(&stranger, login, "not the password").await;
            assert_eq!((answer.status, answer.code()), (401, "wrong_sign_in"), "{login}");
            assert!(answer.cookie.is_none());
        }
        let answer = try_password(&stranger, login, "not the password").await;
        assert_eq!(
            (answer.status, answer.code(), answer.retry_after),
            (429, "locked_out", Some(30)),
            "{login}"
        );
        assert!(answer.body["detail_ja"].as_str().unwrap().contains("30秒"), "{}", answer.text);
        // Locked, even the right one is not looked at.
        town.clock.pass(Seconds(10));
        let answer = try_password(&stranger, login, PASSWORD).await;
        assert_eq!((answer.code(), answer.retry_after), ("locked_out", Some(20)), "{login}");
        town.clock.pass(Seconds(20));
        let answer = try_password(&stranger, login, "not the password").await;
        assert_eq!((answer.code(), answer.retry_after), ("locked_out", Some(60)), "{login}");
        town.clock.pass(Seconds(60));
    }
    assert_eq!(try_password(&stranger, " ADMIN ", PASSWORD).await.status, 200);
    // Who came in begins afresh.
    for _ in 0..4 {
        assert_eq!(try_password(&stranger, "admin", "wrong again").await.code(), "wrong_sign_in");
    }
}

#[tokio::test]
async fn tries_from_one_address_are_bounded_whatever_the_names() {
    let (town, _) = with_administrator().await;
    let stranger = town.anybody();
    let mut refused = None;
    for n in 0..70 {
        // A code costs no hashing, so that the walk is quick; it counts as a try like a password.
        let answer = stranger.post("/invitations/taken", json!({ "code": format!("{n}") })).await;
        if answer.status == 429 {
            refused = Some((n, answer));
            break;
        }
        assert_eq!((answer.status, answer.code()), (410, "invitation_over"));
    }
    let (n, answer) = refused.expect("never refused");
    assert!((50..=60).contains(&n), "refused after {n}");
    assert_eq!(answer.code(), "too_many_requests");
    assert!(answer.retry_after.unwrap() >= 1);
    assert_eq!(try_password(&stranger, "admin", PASSWORD).await.code(), "too_many_requests");
    town.clock.pass(Seconds(60));
    assert_eq!(try_password(&stranger, "admin", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_when_left_alone_when_it_is_old_and_when_it_is_ended() {
    let (town, administrator) = with_administrator().await;
    assert_eq!(administrator.get("/session").await.body["role"], "corporation_administrator");
    town.clock.pass(Seconds::hours(7));
    assert_eq!(administrator.get("/accounts").await.status, 200);
    town.clock.pass(Seconds::hours(8) - Seconds(1));
    assert_eq!(administrator.get("/accounts").await.status, 200);
    town.clock.pass(Seconds::hours(8));
    assert_eq!(administrator.get("/accounts").await.code(), "not_signed_in");

    // However busy, a day is all.
    let busy = town.sign_in("admin").await;
    for hour in 0..24 {
        assert_eq!(busy.get("/accounts").await.status, 200, "after {hour} hours");
        town.clock.pass(Seconds::hours(1));
    }
    assert_eq!(busy.get("/accounts").await.code(), "not_signed_in");

    let (here, there) = (town.sign_in("admin").await, town.sign_in("admin").await);
    let gone = here.send(Method::DELETE, "/session", &Value::Null).await;
    assert_eq!(gone.status, 204);
    assert!(gone.set_cookie.unwrap().contains("Max-Age=0"));
    // A copy of the cookie is worth nothing any more.
    assert_eq!(here.get("/accounts").await.code(), "not_signed_in");
    let again = town.sign_in("admin").await;
    let mut socket = there.listen("as=board").await.ok().unwrap();
    assert_eq!(again.send(Method::DELETE, "/session/everywhere", &Value::Null).await.status, 204);
    for person in [&there, &again] {
        assert_eq!(person.get("/accounts").await.code(), "not_signed_in");
    }
    // Whoever listens hears no more, at the latest with the next message or ping.
    town.sign_in("admin").await.make("/corporations", json!({ "name": "新法人" })).await;
    assert_eq!(socket.closed().await, 4401);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let (_, plain) = (0, open(false, "").await);
    plain.add("admin", Role::CorporationAdministrator, &[]);
    let answer = try_password(&plain.anybody(), "admin", PASSWORD).await;
    let cookie = answer.set_cookie.unwrap();
    let token = cookie.strip_prefix("kuseki=").unwrap().split(';').next().unwrap();
    assert_eq!(token.len(), 64, "256 bits in hexadecimal digits");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    // On disk only its hash.
    for entry in std::fs::read_dir(plain.folder.path().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(64).any(|w| w == token.as_bytes()));
        assert!(!bytes.windows(PASSWORD.len()).any(|w| w == PASSWORD.as_bytes()));
    }
    let tls = open(false, "https://kuseki.example.jp").await;
    tls.add("admin", Role::CorporationAdministrator, &[]);
    let mut person = tls.anybody();
    person.origin = Some("https://kuseki.example.jp".to_owned());
    let cookie = try_password(&person, "admin", PASSWORD).await.set_cookie.unwrap();
    assert!(cookie.starts_with("__Host-kuseki=") && cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn another_sites_page_changes_nothing_even_with_the_cookie() {
    let (town, administrator) = with_administrator().await;
    let forged = |origin: Option<&str>| Person { origin: origin.map(str::to_owned), ..administrator.clone() };
    let body = json!({ "name": "偽" });
    for origin in [Some("http://evil.example"), Some("null"), Some("https://127.0.0.1"), None] {
        let person = forged(origin);
        let answer = person.post("/corporations", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (403, "cross_site"), "{origin:?}");
        assert_eq!(person.listen("as=board").await.err(), Some(403), "{origin:?}");
        assert_eq!(person.send(Method::DELETE, "/session", &Value::Null).await.code(), "cross_site");
    }
    // Nor does it sign anybody in (login CSRF).
    let stranger = Person { cookie: None, ..forged(Some("http://evil.example")) };
    assert_eq!(try_password(&stranger, "admin", PASSWORD).await.code(), "cross_site");
    assert_eq!(administrator.get("/corporations").await.body["corporations"], json!([]));
    // Not on a server with open doors either.
    let open = open(true, "").await;
    let page = Person { origin: Some("http://evil.example".to_owned()), ..open.anybody() };
    assert_eq!(page.post("/corporations", body.clone()).await.code(), "cross_site");
    assert_eq!(open.anybody().post("/corporations", body).await.status, 201);
    drop(town);
}

#[tokio::test]
async fn an_invitation_is_good_once_and_for_a_while() {
    let (town, administrator) = with_administrator().await;
    let body = json!({ "login": "hanako", "name": "佐藤 花子", "role": "operator" });
    let made = administrator.make("/accounts", body.clone()).await;
    assert_eq!(made["account"]["has_password"], false);
    let (url, code) =
        (made["invitation"]["url"].as_str().unwrap(), made["invitation"]["code"].as_str().unwrap());
    assert_eq!(url, format!("{}/sign-in#invitation={code}", town.origin()));
    assert!(made["invitation"]["qr_svg"].as_str().unwrap().contains("<svg"));
    assert_eq!(administrator.post("/accounts", body).await.code(), "login_taken");

    let hanako = town.anybody();
    assert_eq!(try_password(&hanako, "hanako", "").await.code(), "wrong_sign_in", "no password, no way in");
    let easy = json!({ "code": code, "password": "hanako2026" });
    assert_eq!(hanako.post("/invitations/taken", easy).await.code(), "weak_password");
    let good = json!({ "code": code, "password": "sakura saku michi" });
    let taken = hanako.post("/invitations/taken", good.clone()).await;
    assert_eq!((taken.status, &taken.body["role"]), (200, &json!("operator")));
    assert_eq!(hanako.post("/invitations/taken", good).await.code(), "invitation_over");
    assert_eq!(try_password(&hanako, "hanako", "sakura saku michi").await.status, 200);

    let invite = "/accounts/account-2/invitation";
    let late = administrator.make(invite, json!({})).await;
    let newer = administrator.make(invite, json!({})).await;
    let take = |invitation: &Value| json!({ "code": invitation["code"], "password": "momiji chiru michi" });
    assert_eq!(
        hanako.post("/invitations/taken", take(&late)).await.code(),
        "invitation_over",
        "a newer one is out"
    );
    town.clock.pass(Seconds::hours(73));
    assert_eq!(hanako.post("/invitations/taken", take(&newer)).await.code(), "invitation_over");

    let administrator = town.sign_in("admin").await;
    let disable = json!({ "name": "佐藤 花子", "disabled": true });
    administrator.send(Method::PUT, "/accounts/account-2", &disable).await.expect(200);
    assert_eq!(try_password(&hanako, "hanako", "sakura saku michi").await.code(), "wrong_sign_in");
    let own = administrator.send(Method::DELETE, "/accounts/account-1", &Value::Null).await;
    assert_eq!(own.code(), "own_account");
    assert_eq!(administrator.send(Method::DELETE, "/accounts/account-2", &Value::Null).await.status, 204);
}

#[tokio::test]
async fn a_password_is_changed_with_the_former_and_signs_out_everywhere_else() {
    let (town, administrator) = with_administrator().await;
    let other = town.sign_in("admin").await;
    let change = |current: &str, password: &str| json!({ "current": current, "password": password });
    let wrong =
        administrator.send(Method::PUT, "/session/password", &change("wrong one", "midori no kaze 7")).await;
    assert_eq!(wrong.code(), "wrong_sign_in");
    let easy = administrator.send(Method::PUT, "/session/password", &change(PASSWORD, "1234567890")).await;
    assert_eq!((easy.status, easy.code()), (422, "weak_password"));
    let done =
        administrator.send(Method::PUT, "/session/password", &change(PASSWORD, "midori no kaze 7")).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(other.get("/accounts").await.code(), "not_signed_in");
    let now = Person { cookie: done.cookie, ..administrator };
    assert_eq!(now.get("/accounts").await.status, 200);
    assert_eq!(try_password(&town.anybody(), "admin", PASSWORD).await.code(), "wrong_sign_in");
}

#[tokio::test]
async fn a_phone_is_enrolled_once_by_code_and_revoked() {
    let people = populate().await;
    let (town, administrator) = (&people.town, &people.administrator);
    let body = json!({ "of": "vehicle-1", "label": "1号車の電話" });
    let made = administrator.make("/devices", body.clone()).await;
    assert!(made["url"].as_str().unwrap().contains("/driver#enrol="), "{made}");
    let take = json!({ "code": made["code"] });
    let taken = town.anybody().post("/invitations/taken", take.clone()).await;
    assert_eq!(
        (taken.status, &taken.body["role"], &taken.body["of"]),
        (200, &json!("driver"), &json!(["vehicle-1"]))
    );
    let again = town.anybody().post("/invitations/taken", take).await;
    assert_eq!(again.code(), "invitation_over", "whoever photographs the screen comes too late");
    let phone = Person { cookie: taken.cookie, ..town.anybody() };
    let screen = phone.get("/vehicles/vehicle-1").await.expect(200);
    assert_eq!(screen["visits"][0]["rider"]["name"], "会員 花子1", "{screen}");
    assert_eq!(phone.get("/vehicles/vehicle-2").await.code(), "not_allowed");

    let late = administrator.make("/devices", body).await;
    town.clock.pass(Seconds::minutes(10));
    let answer = town.anybody().post("/invitations/taken", json!({ "code": late["code"] })).await;
    assert_eq!(answer.code(), "invitation_over");

    // Months go by; a phone that is used stays enrolled.
    town.clock.pass(Seconds::hours(29 * 24));
    assert_eq!(phone.get("/clock").await.status, 200);
    let administrator = town.sign_in("admin").await;
    let devices = administrator.get("/devices").await.expect(200);
    assert_eq!(devices["devices"].as_array().unwrap().len(), 1, "{devices}");
    let mut socket = phone.listen("as=driver&vehicle=vehicle-1").await.ok().unwrap();
    assert_eq!(administrator.send(Method::DELETE, "/devices/device-1", &Value::Null).await.status, 204);
    assert_eq!(phone.get("/vehicles/vehicle-1").await.code(), "not_signed_in");
    administrator.make("/corporations", json!({ "name": "新法人" })).await;
    assert_eq!(socket.closed().await, 4401);
    assert_eq!(phone.listen("as=driver&vehicle=vehicle-1").await.err(), Some(401));
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_say_until_it_is_over_or_revoked() {
    let people = populate().await;
    let (town, administrator) = (&people.town, &people.administrator);
    let body = json!({ "label": "統計", "scopes": ["figures"], "expires_at": "2026-11-25T06:00:00+09:00" });
    let made = administrator.make("/api-keys", body).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with(made["api_key"]["prefix"].as_str().unwrap()), "{made}");
    let with = |key: &str| Person { key: Some(key.to_owned()), origin: None, ..town.anybody() };
    let machine = with(secret);
    assert_eq!(machine.get("/town").await.status, 200);
    for shut in ["/board", "/riders", "/requests", "/export/riders.csv", "/accounts"] {
        assert_eq!(machine.get(shut).await.code(), "not_allowed", "{shut}");
    }
    assert!(machine.get("/board").await.body["detail"].as_str().unwrap().contains("`read`"));
    assert_eq!(machine.post("/corporations", json!({ "name": "x" })).await.code(), "not_allowed");
    assert_eq!(machine.listen("as=board").await.err(), Some(403));
    assert!(machine.listen("as=town").await.is_ok());

    let body = json!({ "label": "介護ソフト", "scopes": ["masters", "rides"] });
    let other = administrator.make("/api-keys", body).await;
    let writer = with(other["secret"].as_str().unwrap());
    writer.make("/corporations", json!({ "name": "機械の法人" })).await;
    assert_eq!(writer.get("/riders").await.code(), "not_allowed", "who writes need not read");

    let all = administrator.get("/api-keys").await;
    assert!(!all.text.contains(secret), "shown once only");
    town.clock.pass(Seconds::hours(12));
    let administrator = town.sign_in("admin").await;
    assert_eq!(administrator.send(Method::DELETE, "/api-keys/key-2", &Value::Null).await.status, 204);
    assert_eq!(writer.post("/corporations", json!({ "name": "x" })).await.code(), "not_signed_in");
    assert_eq!(machine.get("/town").await.status, 200);
    town.clock.pass(Seconds::hours(12));
    assert_eq!(machine.get("/town").await.code(), "not_signed_in", "it is over");
    assert_eq!(with("kuseki_0000").get("/town").await.code(), "not_signed_in");
}
