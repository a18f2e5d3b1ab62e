//! One call of every operation, in an order that makes sense. What is answered must fit the OpenAPI document in every
//! field; renewed as golden file, it is what the document shows as examples.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::house::{Client, Server, Site, id_of};
use crate::town::street_points;

/// The day of the examples, a Tuesday; the clock stands at eight in the morning.
const DAY: &str = "2026-11-24";
const CLOCK: &str = "2026-11-24T08:00:00+09:00";

const TRIAL: &str = "POST /api/v1/session/trial";

struct Asker {
    client: Client,
    document: Value,
    shown: Map<String, Value>,
    /// Of whoever has signed in; the server's doors are open, so nobody has to.
    cookie: Option<String>,
}

impl Asker {
    /// Calls `method path`, with the values of `{…}` behind it; keeps the first call of each operation as its example.
    async fn ask(&mut self, call: &str, values: &[&str], body: Option<Value>) -> Value {
        let (method, template) = call.split_once(' ').unwrap();
        let (template, query) = template.split_once('?').map_or((template, None), |(t, q)| (t, Some(q)));
        let mut path = format!("/api/v1{template}");
        for value in values {
            let (open, close) = (path.find('{').unwrap(), path.find('}').unwrap());
            path.replace_range(open..=close, value);
        }
        if let Some(query) = query {
            path = format!("{path}?{query}");
        }
        let kind = if matches!(body, Some(Value::String(_))) { "text/csv" } else { "application/json" };
        let bytes = match &body {
            None => Vec::new(),
            Some(Value::String(text)) => text.clone().into_bytes(),
            Some(body) => body.to_string().into_bytes(),
        };
        let (cookie, origin) = (self.cookie.clone().unwrap_or_default(), self.client.base.clone());
        let mut headers = Vec::new();
        if body.is_some() {
            headers.push(("content-type", kind));
        }
        if self.cookie.is_some() {
            headers.extend([("cookie", cookie.as_str()), ("origin", origin.as_str())]);
        }
        let method: Method = method.parse().unwrap();
        let answer = self.client.send(method.clone(), &path, &headers, bytes).await.unwrap();
        assert!((200..300).contains(&answer.status), "{call} {values:?}: {}", answer.body);
        let name = format!("{method} /api/v1{template}");
        let operation = &self.document["paths"][format!("/api/v1{template}")][method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{name} is not documented");
        let response = &operation["responses"][answer.status.to_string()];
        assert!(response.is_object(), "{name} answered {}, which is not documented", answer.status);
        if let Some(content) = response["content"]["application/json"].as_object() {
            let faults = server::shape::faults(&self.document, &content["schema"], &answer.body);
            assert!(faults.is_empty(), "{name}: {}\n{}", faults.join("\n"), answer.body);
        }
        if !self.shown.contains_key(&name) {
            let mut example = json!({ "status": answer.status });
            if let Some(body) = body {
                example["request"] = same_each_time(body);
            }
            if answer.status != 204 && !name.contains("/tiles/") {
                example["answer"] = same_each_time(shortened(answer.body.clone()));
            }
            self.shown.insert(name, example);
        }
        if let Some(cookie) = answer.cookie {
            self.cookie = Some(cookie).filter(|c| !c.ends_with('='));
        }
        answer.body
    }
}

/// Secrets, and times that no clock of the tests shows, are others each time; an example shows others still.
fn same_each_time(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => items.iter_mut().for_each(|item| *item = same_each_time(item.take())),
        Value::Object(fields) => {
            let is_access = fields.contains_key("qr_svg")
                || ["login", "prefix", "enrolled_at", "whole_area"]
                    .iter()
                    .any(|name| fields.contains_key(*name));
            for (name, field) in fields.iter_mut() {
                let is_code = name == "code" && field.as_str().is_some_and(|text| text.len() == 32);
                let fixed = match name.as_str() {
                    _ if field.is_null() => None,
                    "code" if is_code => Some("0123456789abcdef0123456789abcdef"),
                    "secret" => Some("kuseki_1a2b3c4d…"),
                    "prefix" => Some("kuseki_1a2b3c4d"),
                    "qr_svg" => Some("<svg …/>"),
                    "url" => Some("https://kuseki.example.jp/driver#enrol=0123456789abcdef0123456789abcdef"),
                    name if is_access && name.ends_with("_at") => Some("2026-11-24T08:00:00+09:00"),
                    _ => None,
                };
                *field = fixed.map_or_else(|| same_each_time(field.take()), |text| json!(text));
            }
        }
        _ => {}
    }
    value
}

/// Long lists show how their items look by two of them.
fn shortened(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => {
            let of_numbers = items.iter().all(Value::is_number);
            items.truncate(if of_numbers { 4 } else { 2 });
            items.iter_mut().for_each(|item| *item = shortened(item.take()));
        }
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                // A list of events or groups says little in part; short ones stay whole.
                if name != "definitions" {
                    *field = shortened(field.take());
                }
            }
            if let Some(definitions) = fields.get_mut("definitions").and_then(Value::as_object_mut) {
                *definitions = std::mem::take(definitions).into_iter().take(2).collect();
            }
        }
        _ => {}
    }
    value
}

#[tokio::test]
async fn every_operation_answers_as_documented() {
    let site = Site::draw();
    let mut command = site.command(&site.data());
    command.args(["--clock", CLOCK, "--area-name", "みどり市", "--improve-steps", "0"]);
    let server = Server::start(command);
    let document: Value = serde_json::from_str(&server::openapi()).unwrap();
    let mut asker = Asker { client: server.client(), document, shown: Map::new(), cookie: None };
    masters(&mut asker, &site).await;
    rides(&mut asker).await;
    days(&mut asker).await;
    lists(&mut asker).await;
    access(&mut asker).await;
    let asked: BTreeSet<&String> = asker.shown.keys().collect();
    let mut documented = BTreeSet::new();
    for (path, methods) in asker.document["paths"].as_object().unwrap() {
        documented
            .extend(methods.as_object().unwrap().keys().map(|m| format!("{} {path}", m.to_uppercase())));
    }
    // Only a demo has accounts that anybody may look through.
    documented.remove(TRIAL);
    let missing: Vec<&String> = documented.iter().filter(|name| !asked.contains(name)).collect();
    assert!(missing.is_empty(), "no call of {missing:?}");
    if std::env::var_os("KUSEKI_GOLDEN").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/examples/api.json");
        let former: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        asker.shown.insert(TRIAL.to_owned(), former[TRIAL].clone());
        asker.shown.sort_keys();
        std::fs::write(file, serde_json::to_string_pretty(&asker.shown).unwrap() + "\n").unwrap();
    }
}

/// corporation-1, places 1 to 8, facilities 1 and 2, vehicles 1 to 3, riders 1 to 4, driver-1.
async fn masters(asker: &mut Asker, site: &Site) {
    let points = street_points(site, 30);
    asker.ask("POST /corporations", &[], Some(json!({ "name": "社会福祉法人 みどり会" }))).await;
    asker.ask("GET /corporations", &[], None).await;
    let labels = [
        "デイサービスみどり",
        "自宅",
        "みどり病院",
        "スーパーさくら",
        "自宅",
        "自宅",
        "デイサービスわかば",
        "公民館",
    ];
    let categories = ["day_service", "home", "hospital", "shop", "home", "home", "day_service", "public"];
    for (k, (label, category)) in labels.iter().zip(categories).enumerate() {
        let body = json!({ "label": label, "category": category, "position": points[k * 3] });
        asker.ask("POST /places", &[], Some(body)).await;
    }
    asker.ask("GET /places", &[], None).await;
    asker.ask("GET /places/{id}", &["place-2"], None).await;
    let body =
        json!({ "label": "自宅", "address": "みどり市本町1-2-3", "category": "home", "position": points[3] });
    asker.ask("PUT /places/{id}", &["place-2"], Some(body)).await;
    let facility = |name: &str, place: &str| json!({ "corporation": "corporation-1", "name": name, "place": place, "service": ["09:30", "16:40"] });
    asker.ask("POST /facilities", &[], Some(facility("デイサービスみどり", "place-1"))).await;
    asker.ask("POST /facilities", &[], Some(facility("デイサービスわかば", "place-7"))).await;
    asker.ask("GET /facilities", &[], None).await;
    asker.ask("GET /facilities/{id}", &["facility-1"], None).await;
    let mut body = facility("デイサービスみどり", "place-1");
    body["ride_max_minutes"] = json!(45);
    asker.ask("PUT /facilities/{id}", &["facility-1"], Some(body)).await;
    asker.ask("PUT /sharing", &[], Some(json!({ "facilities": ["facility-1", "facility-2"] }))).await;
    let vehicle = |name: &str, facility: &str| {
        json!({ "facility": facility, "name": name, "plate": "熊谷500あ1234", "kind": "minivan",
            "layouts": [{ "seats": 4 }, { "seats": 2, "wheelchairs": 1 }], "driver_name": "田中" })
    };
    asker.ask("POST /vehicles", &[], Some(vehicle("みどり1号", "facility-1"))).await;
    asker.ask("POST /vehicles", &[], Some(vehicle("みどり2号", "facility-1"))).await;
    asker.ask("POST /vehicles", &[], Some(vehicle("わかば1号", "facility-2"))).await;
    asker.ask("GET /vehicles", &[], None).await;
    asker.ask("PUT /vehicles/{id}", &["vehicle-1"], Some(vehicle("みどり1号", "facility-1"))).await;
    let resident = json!({ "name": "佐藤 ハル", "furigana": "さとう はる", "phone": "0495-00-1234",
        "places": ["place-2", "place-3", "place-4"], "needs": { "walker_tenths": 5 }, "note": "呼び鈴は二度" });
    asker.ask("POST /riders", &[], Some(resident.clone())).await;
    for (name, furigana, home) in
        [("鈴木 一郎", "すずき いちろう", "place-5"), ("高橋 キヨ", "たかはし きよ", "place-6")]
    {
        let weekdays = ["mon", "tue", "wed", "thu", "fri"];
        let member = json!({ "name": name, "furigana": furigana, "places": [home],
            "membership": { "facility": "facility-1", "weekdays": weekdays } });
        asker.ask("POST /riders", &[], Some(member)).await;
    }
    let other_days = json!({ "name": "伊藤 ミツ", "furigana": "いとう みつ", "places": ["place-8"],
        "membership": { "facility": "facility-1", "weekdays": ["sat"] } });
    asker.ask("POST /riders", &[], Some(other_days)).await;
    asker.ask("GET /riders?query=%E3%81%95%E3%81%A8%E3%81%86", &[], None).await;
    asker.ask("GET /riders/{id}", &["rider-1"], None).await;
    asker.ask("PUT /riders/{id}", &["rider-1"], Some(resident)).await;
    asker.ask("POST /riders/{id}/places", &["rider-1"], Some(json!({ "place": "place-8" }))).await;
    let care = json!({ "never_alone": false, "not_with": ["rider-4"], "seat": { "seat": "near_door", "must": false } });
    asker.ask("PUT /riders/{id}/care", &["rider-1"], Some(care)).await;
    let contact = json!({ "by": "mail", "address": "hanako@example.jp" });
    asker.ask("PUT /riders/{id}/contact", &["rider-1"], Some(contact)).await;
    let family = json!({ "name": "佐藤 花子", "phone": "090-0000-0002", "by": "webhook", "address": "U-4711", "instead": false });
    asker.ask("PUT /riders/{id}/family", &["rider-1"], Some(family)).await;
    asker.ask("DELETE /riders/{id}/family", &["rider-1"], None).await;
    let driver = json!({ "facility": "facility-1", "name": "田中 実", "phone": "090-0000-0000", "licence": "van",
        "weekdays": ["mon", "tue", "wed", "thu", "fri"], "shifts": [["07:00", "18:30"]], "duties": [] });
    asker.ask("POST /drivers", &[], Some(driver.clone())).await;
    asker.ask("GET /drivers", &[], None).await;
    asker.ask("GET /drivers/{id}", &["driver-1"], None).await;
    asker.ask("PUT /drivers/{id}", &["driver-1"], Some(driver)).await;
    // A driver at every wheel: where drivers are kept, a vehicle without one does not leave.
    for name in ["山本 茂", "小林 進"] {
        let driver = json!({ "facility": if name.starts_with('山') { "facility-1" } else { "facility-2" }, "name": name,
            "licence": "van", "weekdays": ["mon", "tue", "wed", "thu", "fri"], "shifts": [["07:00", "18:30"]] });
        asker.ask("POST /drivers", &[], Some(driver)).await;
    }
}

fn wish(kind: &str, at: &str, from: &str, to: &str) -> Value {
    json!({ "rider": "rider-1", "from": from, "to": to, "channel": "phone", "purpose": "shopping",
        "wish": { "kind": kind, "at": format!("{DAY}T{at}:00+09:00") } })
}

async fn rides(asker: &mut Asker) {
    let policy = json!({ "effective_from": "2026-12-01",
        "allows": ["member_on_run", "member_other_day", "guest_idle_vehicle"], "other_day_member_counts_as": "guest",
        "guest_hours": ["09:00", "16:00"], "source": "みどり市地域公共交通会議 2026-11-10", "author": "みどり市交通政策課" });
    asker.ask("POST /policies/dry-run", &[], Some(policy.clone())).await;
    asker.ask("POST /policies", &[], Some(policy)).await;
    asker.ask("GET /policies", &[], None).await;
    let made = asker.ask("POST /requests", &[], Some(wish("leave_at", "10:30", "place-2", "place-4"))).await;
    assert_eq!(made["state"], "offered", "{made}");
    let request = id_of(&made);
    asker.ask("GET /requests", &[], None).await;
    let accept = json!({ "offer": made["offers"][0]["id"] });
    let booked = asker.ask("POST /requests/{id}/accept", &[&request], Some(accept)).await;
    asker.ask("GET /requests/{id}", &[&request], None).await;
    let others =
        ["vehicle-1", "vehicle-2", "vehicle-3"].into_iter().filter(|v| booked["vehicle"] != json!(v));
    let to = others.clone().next().unwrap();
    let moved = json!({ "vehicle": to, "dry_run": true });
    asker.ask("POST /requests/{id}/move", &[&request], Some(moved)).await;
    let trip = json!({ "there": wish("arrive_by", "13:30", "place-2", "place-3"),
        "back": { "kind": "leave_at", "at": format!("{DAY}T14:30:00+09:00") } });
    let trip = asker.ask("POST /round-trips", &[], Some(trip)).await;
    let accept =
        json!({ "there": trip["there"]["offers"][0]["id"], "back": trip["back"]["offers"][0]["id"] });
    let both = asker.ask("POST /round-trips/{id}/accept", &[&id_of(&trip["there"])], Some(accept)).await;
    asker.ask("POST /requests/{id}/cancel", &[&id_of(&both["back"])], Some(json!({}))).await;
    // Nothing can come while all are out; who waits is told when one is back.
    let out = |vehicle: &str, out: bool| json!({ "vehicle": vehicle, "day": "2026-11-25", "out": out });
    for vehicle in ["vehicle-1", "vehicle-2", "vehicle-3"] {
        asker.ask("POST /outages", &[], Some(out(vehicle, true))).await;
    }
    let mut later = wish("leave_at", "10:30", "place-2", "place-4");
    later["wish"]["at"] = json!("2026-11-25T10:30:00+09:00");
    let refused = asker.ask("POST /requests", &[], Some(later)).await;
    assert_eq!(refused["state"], "refused", "{refused}");
    asker.ask("POST /requests/{id}/wait", &[&id_of(&refused)], Some(json!({}))).await;
    for vehicle in ["vehicle-1", "vehicle-2", "vehicle-3"] {
        asker.ask("POST /outages", &[], Some(out(vehicle, false))).await;
    }
    let vehicle = booked["vehicle"].as_str().unwrap();
    let seen = asker.ask("GET /vehicles/{id}", &[vehicle], None).await;
    let ack = json!({ "revision": seen["revision"] });
    asker.ask("POST /vehicles/{id}/acknowledgements", &[vehicle], Some(ack)).await;
    let fact = json!({ "fact": "departed", "visit": format!("{request}:pickup"), "at": CLOCK });
    asker.ask("POST /vehicles/{id}/facts", &[vehicle], Some(fact)).await;
    // The driver of a ride that was given up says that somebody boarded: an operator has to look into it.
    let gone = both["back"]["vehicle"].as_str().unwrap();
    let boarded =
        json!({ "fact": "boarded", "visit": format!("{}:pickup", id_of(&both["back"])), "at": CLOCK });
    asker.ask("POST /vehicles/{id}/facts", &[gone], Some(boarded)).await;
    let attention = asker.ask("GET /attention", &[], None).await;
    let contradiction = id_of(&attention["contradictions"][0]);
    asker.ask("POST /contradictions/{id}/settled", &[&contradiction], Some(json!({}))).await;
    let position = json!({ "seq": 1, "at": CLOCK, "position": seen["position"].as_array().map_or(json!([139.06, 36.39]),
        |p| json!(p)), "accuracy_m": 8.0 });
    asker.ask("POST /vehicles/{id}/positions", &[vehicle], Some(position)).await;
    asker.ask("GET /legs?from=place-2&to=place-4", &[], None).await;
    // Nobody comes to the door at first; then the rider falls ill on the way.
    let tap = |fact: &str| json!({ "fact": fact, "visit": format!("{request}:pickup"), "at": CLOCK });
    asker.ask("POST /vehicles/{id}/facts", &[vehicle], Some(tap("arrived"))).await;
    asker.ask("POST /vehicles/{id}/facts", &[vehicle], Some(tap("not_at_door"))).await;
    asker.ask("GET /days/{day}/today", &[DAY], None).await;
    let going_on = json!({ "decision": "go_on", "dry_run": true });
    asker.ask("POST /requests/{id}/door", &[&request], Some(going_on)).await;
    asker.ask("POST /vehicles/{id}/facts", &[vehicle], Some(tap("boarded"))).await;
    asker.ask("POST /requests/{id}/divert", &[&request], Some(json!({ "to": "place-3" }))).await;
    let wider = json!({ "dropoff_latest": format!("{DAY}T13:50:00+09:00"), "reason": "rider_asked" });
    asker.ask("POST /requests/{id}/widen", &[&id_of(&trip["there"])], Some(wider)).await;
}

async fn days(asker: &mut Asker) {
    let plan = json!({ "facility": "facility-1", "day": "2026-11-25", "start": "fresh" });
    let plan = asker.ask("POST /day-plans", &[], Some(plan)).await;
    assert_eq!(plan["planned"], true);
    let parts = ["facility-1", "2026-11-25"];
    asker.ask("GET /day-plans/{facility}/{day}", &parts, None).await;
    asker.ask("POST /day-plans/{facility}/{day}/improvements", &parts, Some(json!({}))).await;
    let absence = json!({ "rider": "rider-2", "day": "2026-11-25", "kind": "pickup_run" });
    asker.ask("POST /absences", &[], Some(absence)).await;
    let join = json!({ "rider": "rider-4", "day": "2026-11-25", "kind": "both" });
    asker.ask("POST /joins", &[], Some(join)).await;
    let ride = ["rider-3", "2026-11-25", "pickup_run"];
    asker.ask("PUT /pins/{rider}/{day}/{direction}", &ride, Some(json!({ "vehicle": "vehicle-2" }))).await;
    asker.ask("DELETE /pins/{rider}/{day}/{direction}", &ride, None).await;
    let ready = json!({ "rider": "rider-3", "day": "2026-11-25", "direction": "pickup_run", "at": "08:50" });
    asker.ask("POST /readiness", &[], Some(ready)).await;
    for locked in [true, false] {
        let lock = json!({ "day": "2026-11-25", "locked": locked });
        asker.ask("POST /vehicles/{id}/lock", &["vehicle-3"], Some(lock)).await;
    }
    let place = asker.ask("GET /places/{id}", &["place-5"], None).await;
    let road = json!({ "position": place["at"], "radius_m": 320, "until": "2026-11-25T12:00:00+09:00" });
    let closed = asker.ask("POST /closures", &[], Some(road)).await;
    asker.ask("GET /closures", &[], None).await;
    let closure = closed["subject"].as_str().unwrap().to_owned();
    asker.ask("POST /closures/{id}/open", &[&closure], Some(json!({}))).await;
    let snow = json!({ "day": "2026-11-25", "hours": ["07:00", "20:00"], "dry_run": true });
    asker.ask("POST /snow", &[], Some(snow)).await;
    let out = json!({ "vehicle": "vehicle-2", "day": "2026-11-25", "out": true });
    let plan = asker.ask("POST /outages", &[], Some(out)).await;
    let notice = plan["notices"][0]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("nobody has to be told: {plan}"))
        .to_owned();
    asker.ask("POST /notices/{id}/given", &[&notice], Some(json!({}))).await;
    asker.ask("GET /deliveries", &[], None).await;
}

async fn lists(asker: &mut Asker) {
    let csv = "利用者番号,氏名,ふりがな,電話番号\n0042,渡辺 ヨシ,わたなべ よし,0495-00-4321\n";
    asker.ask("POST /import/{kind}?dry_run=true", &["riders"], Some(json!(csv))).await;
    asker.ask("GET /export/{file}", &["riders.csv"], None).await;
    asker.ask("PUT /clock", &[], Some(json!({ "speed": 10.0 }))).await;
    asker.ask("GET /clock", &[], None).await;
    asker.ask("GET /area", &[], None).await;
    asker.ask("GET /board", &[], None).await;
    asker.ask("GET /town", &[], None).await;
    asker.ask("GET /map", &[], None).await;
    asker.ask("PUT /map/base-map", &[], Some(json!({ "base_map": "own" }))).await;
    asker.ask("GET /tiles/{z}/{x}/{y}", &["0", "0", "0"], None).await;
}

/// An account, its password and sessions; a phone; a key; a rider who wants to be forgotten.
async fn access(asker: &mut Asker) {
    asker.ask("GET /session", &[], None).await;
    let body =
        json!({ "login": "hanako", "name": "佐藤 花子", "role": "corporation_administrator", "of": [] });
    let made = asker.ask("POST /accounts", &[], Some(body)).await;
    let account = id_of(&made["account"]);
    asker.ask("GET /accounts", &[], None).await;
    let body = json!({ "name": "佐藤 花子", "of": [], "disabled": false });
    asker.ask("PUT /accounts/{id}", &[&account], Some(body)).await;
    let invitation = asker.ask("POST /accounts/{id}/invitation", &[&account], Some(json!({}))).await;
    let body = json!({ "code": invitation["code"], "password": "sakura saku michi" });
    asker.ask("POST /invitations/taken", &[], Some(body)).await;
    asker.cookie = None;
    let body = json!({ "login": "hanako", "password": "sakura saku michi" });
    asker.ask("POST /session", &[], Some(body)).await;
    let body = json!({ "current": "sakura saku michi", "password": "momiji chiru michi" });
    asker.ask("PUT /session/password", &[], Some(body)).await;
    asker.ask("DELETE /session/everywhere", &[], None).await;
    asker.cookie = None;
    asker.ask("DELETE /session", &[], None).await;
    asker.ask("DELETE /accounts/{id}", &[&account], None).await;

    let body = json!({ "of": "vehicle-1", "label": "みどり1号の電話" });
    let invitation = asker.ask("POST /devices", &[], Some(body)).await;
    asker.ask("POST /invitations/taken", &[], Some(json!({ "code": invitation["code"] }))).await;
    asker.cookie = None;
    asker.ask("GET /devices", &[], None).await;
    asker.ask("DELETE /devices/{id}", &["device-1"], None).await;
    let body = json!({ "label": "介護ソフト連携", "scopes": ["read", "rides"] });
    asker.ask("POST /api-keys", &[], Some(body)).await;
    asker.ask("GET /api-keys", &[], None).await;
    asker.ask("DELETE /api-keys/{id}", &["key-1"], None).await;

    let body = json!({ "name": "去る人", "places": ["place-2"] });
    let rider = id_of(&asker.ask("POST /riders", &[], Some(body)).await);
    asker.ask("DELETE /riders/{id}", &[&rider], None).await;
}
