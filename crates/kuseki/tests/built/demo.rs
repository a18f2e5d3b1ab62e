//! A whole ride in a town whose clock can be hurried: the demo. A vehicle and a rider of the test's own live among the
//! demo's virtual people; its driver's phone is the test.

use reqwest::Method;
use serde_json::{Value, json};
use units::{DayTime, Seconds, ServiceDay, Timestamp};

use crate::house::{Client, Server, Site, id_of, kuseki, until};
use crate::socket::Socket;
use crate::town::street_points;

/// The clock of a demo's town.
struct TownTime<'a>(&'a Client);

impl TownTime<'_> {
    async fn now(&self) -> Timestamp {
        let clock = self.0.get("/clock").await.expect(200);
        Timestamp::parse(clock["now"].as_str().unwrap()).unwrap()
    }

    async fn run_at(&self, speed: f64) {
        let clock = self.0.json(Method::PUT, "/clock", &json!({ "speed": speed })).await.expect(200);
        assert_eq!(clock["speed"], json!(speed));
    }

    /// Lets the town live until its clock shows `at`, then slows it down again.
    async fn hurry_to(&self, at: Timestamp) {
        for (speed, before) in [(600.0, Seconds::minutes(12)), (60.0, Seconds(20)), (5.0, Seconds::ZERO)] {
            self.run_at(speed).await;
            until("the town's clock", async || (self.now().await >= at - before).then_some(())).await;
        }
        self.run_at(0.1).await;
    }
}

/// What the test brings to the town.
struct Own {
    vehicle: String,
    rider: String,
    places: Vec<String>,
}

/// A facility whose runs are over before the town wakes up, so that its vehicle is idle all day.
async fn register(client: &Client, site: &Site) -> Own {
    let corporation = id_of(&client.post("/corporations", &json!({ "name": "試験法人" })).await.expect(201));
    let mut places = Vec::new();
    for (n, point) in street_points(site, 9).iter().take(3).enumerate() {
        let body = json!({ "label": format!("試験{n}"), "position": point });
        places.push(id_of(&client.post("/places", &body).await.expect(201)));
    }
    let body = json!({
        "corporation": corporation, "name": "試験所", "place": places[0], "service": ["06:30", "19:00"],
        "pickup_hours": ["06:00", "07:00"], "dropoff_hours": ["18:45", "19:30"],
    });
    let facility = id_of(&client.post("/facilities", &body).await.expect(201));
    let body = json!({ "facility": facility, "name": "試験車", "kind": "van", "layouts": [{ "seats": 2 }] });
    let vehicle = id_of(&client.post("/vehicles", &body).await.expect(201));
    let body = json!({ "name": "試験者", "places": [places[1], places[2]] });
    let rider = id_of(&client.post("/riders", &body).await.expect(201));
    Own { vehicle, rider, places }
}

/// The demo draws the town of seed 7 as well, so points on the site's streets are points on its own.
fn start(site: &Site) -> Server {
    let mut command = kuseki();
    command.args(["demo", "--port", "0", "--speed", "0.1", "--data"]).arg(site.data());
    Server::start(command)
}

async fn tap(client: &Client, vehicle: &str, fact: &str, visit: Option<&str>, at: Timestamp) -> Value {
    let body = json!({ "fact": fact, "visit": visit, "at": at });
    client.post(&format!("/vehicles/{vehicle}/facts"), &body).await.expect(200)
}

fn time(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_ride_is_driven_from_the_wish_to_the_door() {
    let site = Site::draw();
    let server = start(&site);
    let client = &server.client();
    let town = TownTime(client);
    // The demo's own policy comes when all its people are registered; it widens the hours in which guests ride.
    let policies = async || client.get("/policies").await.expect(200)["policies"].as_array().cloned().filter(|p| !p.is_empty());
    until("the demo's policy", policies).await;
    let own = register(client, &site).await;
    let vehicle = own.vehicle.as_str();

    let day = ServiceDay::of(town.now().await);
    let wish = json!({ "kind": "leave_at", "at": day.at(DayTime::hm(8, 45)) });
    let body = json!({ "rider": own.rider, "from": own.places[1], "to": own.places[2], "channel": "app", "wish": wish });
    let made = client.post("/requests", &body).await.expect(201);
    let request = id_of(&made);
    let offer = made["offers"].as_array().unwrap().iter().find(|o| o["vehicle"] == vehicle);
    let offer = offer.unwrap_or_else(|| panic!("the idle vehicle next door is not offered: {made}"));
    let mut rider = Socket::connect(client, &format!("as=rider&request={request}"), None).await;
    let mut driver = Socket::connect(client, &format!("as=driver&vehicle={vehicle}"), None).await;
    let path = format!("/requests/{request}/accept");
    client.post(&path, &json!({ "offer": offer["id"] })).await.expect(200);
    let booked = rider.request_in("booked").await;
    let window = &booked["changes"]["requests"][0]["promise"]["pickup"];
    let (open, close) = (time(&window[0]), time(&window[1]));

    // The plan changed under the driver; the phone shows it and says so.
    let shown = driver.wait_for("change", |m| m["changes"]["vehicles"][0]["visits"][1].is_object()).await;
    let shown = &shown["changes"]["vehicles"][0];
    assert!(shown["revision"].as_u64() > shown["acknowledged_revision"].as_u64(), "{shown}");
    driver.say(&json!({ "kind": "ack", "revision": shown["revision"] })).await;
    let acknowledged = |m: &Value| m["changes"]["vehicles"][0]["acknowledged_revision"] == shown["revision"];
    driver.wait_for("change", acknowledged).await;

    let (pickup, dropoff) = (format!("{request}:pickup"), format!("{request}:dropoff"));
    // Nobody is fetched before his turn, and what has not happened yet is no fact.
    let early = json!({ "fact": "alighted", "visit": dropoff, "at": town.now().await });
    let refused = client.post(&format!("/vehicles/{vehicle}/facts"), &early).await.expect(409);
    assert_eq!(refused["code"], "visit_not_next");

    // To the door: the driver leaves when the plan says so and is there inside the promised time.
    let leg = Seconds(shown["visits"][0]["leg_seconds"].as_i64().unwrap());
    town.hurry_to(time(&shown["visits"][0]["planned"]) - leg).await;
    tap(client, vehicle, "departed", Some(&pickup), town.now().await).await;
    driver.vehicle_in("driving").await;
    let base = &street_points(&site, 9)[0];
    driver.say(&json!({ "kind": "position", "seq": 1, "at": town.now().await, "position": base })).await;
    let seen = driver.wait_for("positions", |_| true).await;
    assert_eq!((&seen["positions"][0]["vehicle"], &seen["positions"][0]["position"]), (&json!(vehicle), base));
    town.hurry_to(town.now().await + leg).await;
    let there = town.now().await;
    tap(client, vehicle, "arrived", Some(&pickup), there).await;
    driver.vehicle_in("at_stop").await;
    assert!((open..=close).contains(&there), "there at {there}, promised {open} to {close}");
    tap(client, vehicle, "boarded", Some(&pickup), town.now().await).await;
    let on_board = rider.request_in("on_board").await;
    assert_eq!(on_board["changes"]["requests"][0]["vehicle"], json!(vehicle));

    // The rider's phone is in a dead spot for the rest of the ride.
    let had = rider.n;
    drop(rider);
    let screen = tap(client, vehicle, "departed", Some(&dropoff), town.now().await).await;
    assert_eq!(screen["on_board"]["riders"][0]["id"], json!(own.rider));
    town.hurry_to(time(&screen["leg"]["eta"])).await;
    tap(client, vehicle, "arrived", Some(&dropoff), town.now().await).await;
    let home = tap(client, vehicle, "alighted", Some(&dropoff), town.now().await).await;
    assert_eq!((&home["visits"], &home["on_board"]["people"]), (&json!([]), &json!(0)));
    // A phone that did not hear the answer taps once more; nothing changes.
    let again = tap(client, vehicle, "alighted", Some(&dropoff), town.now().await).await;
    assert_eq!(again["revision"], home["revision"]);

    let mut rider = Socket::connect(client, &format!("as=rider&request={request}"), Some(had)).await;
    let missed = rider.next().await;
    assert!(rider.n > had && missed["event"] == "catch_up", "{missed}");
    let done = &missed["changes"]["requests"][0];
    assert_eq!(done["state"], "done");
    assert!(time(&done["pickup_at"]) < time(&done["dropoff_at"]));
    assert_eq!(client.get(&format!("/requests/{request}")).await.expect(200), *done);

    // Meanwhile the town has lived: its members are under way on vehicles of its own.
    let board = client.get("/board").await.expect(200);
    assert!(board["figures"]["members"]["carried_pickup"].as_u64().unwrap() > 0, "{}", board["figures"]);
    tap(client, vehicle, "departed", None, town.now().await).await;
    driver.wait_for("change", |m| m["changes"]["vehicles"][0]["leg"]["to"] == json!(own.places[0])).await;
}
