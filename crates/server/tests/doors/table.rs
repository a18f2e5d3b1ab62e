//! Every path of the OpenAPI document with every role, held against the table.

use reqwest::Method;
use serde_json::{Value, json};
use server::{Allowed, Role, allowed};

use crate::town::{FOREIGN, OWN, Person, populate};

/// The path with ids of the first corporation or of the second.
fn filled(path: &str, whose: usize) -> String {
    let place = (whose - 1) * 3 + 2;
    let id = match path.trim_start_matches("/api/v1/").split('/').next().unwrap() {
        // Each member has a place on the way there and one on the way home.
        "requests" | "round-trips" => format!("request-{}", whose * 2 - 1),
        "vehicles" => format!("vehicle-{whose}"),
        "facilities" => format!("facility-{whose}"),
        "places" => format!("place-{place}"),
        "riders" => format!("rider-{whose}"),
        "drivers" => format!("driver-{whose}"),
        "notices" => format!("notice-{whose}"),
        "accounts" => format!("account-{}", 90 + whose),
        "devices" => format!("device-{}", 90 + whose),
        _ => format!("key-{whose}"),
    };
    let mut path = path.replace("{id}", &id).replace("{facility}", &format!("facility-{whose}"));
    for (part, value) in [("{rider}", format!("rider-{whose}")), ("{day}", "2026-11-24".to_owned())] {
        path = path.replace(part, &value);
    }
    for (part, value) in [
        ("{direction}", "pickup_run"),
        ("{kind}", "riders"),
        ("{file}", "riders.csv"),
        ("{z}", "1"),
        ("{x}", "0"),
        ("{y}", "0"),
    ] {
        path = path.replace(part, value);
    }
    assert!(!path.contains('{'), "{path}: say here what stands for the part in braces");
    path
}

/// A call whose body says nothing: whoever is let in is told that something is missing, which is not what is asked here.
async fn knock(person: &Person, method: &str, path: &str) -> (u16, String) {
    let method: Method = method.parse().unwrap();
    let body = if method == Method::GET { Value::Null } else { json!({ "nothing": true }) };
    let answer = person.raw(method, path, &body).await;
    (answer.status, answer.code().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_answers_every_role_as_the_table_says() {
    let people = populate().await;
    let town = &people.town;
    let stranger = town.anybody();
    let mut asked = 0;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Machine) {
        let mut person = town.one(role).await;
        for (method, path, access) in allowed() {
            // The session must last as long as the walk.
            if path.starts_with("/api/v1/session") || path.contains("invitations") {
                continue;
            }
            let (own, foreign) = (filled(path, OWN), filled(path, FOREIGN));
            let open = matches!(access(None), Allowed::All);
            let (status, code) = knock(&stranger, method, &own).await;
            assert_eq!(code == "not_signed_in", !open, "{method} {own} for nobody: {status} {code}");
            let (status, code) = knock(&person, method, &own).await;
            let shut = code == "not_allowed" || code == "not_signed_in";
            let grant = access(Some(role));
            let names_account = path.contains("/accounts/{id}") || path.contains("/devices/{id}");
            match grant {
                Allowed::No => assert!(shut && status == 403, "{method} {own} for {role:?}: {status} {code}"),
                Allowed::All => assert!(!shut, "{method} {own} for {role:?}: {status} {code}"),
                // Accounts that do not exist are nobody's own.
                Allowed::Own if names_account => {
                    assert!(shut, "{method} {own} for {role:?}: {status} {code}")
                }
                Allowed::Own => {
                    let missing = own.contains("request-") || own.contains("notice-") || own.contains("legs");
                    assert!(!shut || missing, "{method} {own} for {role:?}: {status} {code}");
                    if foreign != own {
                        let (status, code) = knock(&person, method, &foreign).await;
                        assert_eq!(
                            (status, code.as_str()),
                            (403, "not_allowed"),
                            "{method} {foreign} for {role:?}"
                        );
                    }
                }
            }
            asked += 1;
            if asked % 100 == 0 {
                // Nobody is turned away here because of the number of calls.
                town.clock.pass(units::Seconds(10));
            }
            person.key = None;
        }
    }
    assert!(asked > 300, "only {asked} calls");
}
