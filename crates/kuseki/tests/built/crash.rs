//! The server is killed again and again while clients send commands. What was acknowledged is there afterwards; what was
//! not, and is sent again under its key, happens once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Area, Event};
use serde_json::{Value, json};
use store::{LogReader, SqliteLog, Version};
use tokio::task::JoinSet;
use units::{AreaId, DayTime, Seconds};

use crate::house::{Answer, Client, Server, Site, id_of};
use crate::town::{Town, street_points, tomorrow};

const ROUNDS: u64 = 14;
const CLIENTS: u64 = 4;

/// Draws from a seed (SplitMix64): each round kills and sends what it did the last time the test ran.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// A command as a client sends it, and sends it again.
#[derive(Debug, Clone)]
struct Sent {
    path: String,
    key: String,
    body: Value,
}

/// What the clients know: commands with their answers, and those that got none.
#[derive(Default)]
struct Known {
    answered: Vec<(Sent, Answer)>,
    unanswered: Vec<Sent>,
}

/// The masters that the commands speak of.
#[derive(Clone)]
struct Things {
    rider: String,
    from: String,
    to: String,
    points: Vec<Value>,
}

/// One client of one round: sends a stream of commands until its connection breaks.
async fn load(
    client: Client,
    things: Things,
    name: String,
    mut draws: Draws,
    heard: Arc<AtomicUsize>,
) -> Known {
    let mut known = Known::default();
    let mut offers: Vec<(String, String)> = Vec::new();
    for number in 0.. {
        let key = format!("{name}-{number}");
        let (path, body) = match (draws.below(5), offers.pop()) {
            (0, _) => {
                let point = &things.points[draws.below(things.points.len() as u64) as usize];
                ("/places".to_owned(), json!({ "label": key, "position": point }))
            }
            (1, _) => ("/riders".to_owned(), json!({ "name": key, "places": [things.from] })),
            (2 | 3, Some((request, offer))) => {
                (format!("/requests/{request}/accept"), json!({ "offer": offer }))
            }
            (_, waiting) => {
                offers.extend(waiting);
                let day = (0..draws.below(20)).fold(tomorrow(), |day, _| day.next());
                let at = day.at(DayTime::hm(9, 50)) + Seconds(draws.below(6 * 3_600) as i64);
                let wish = json!({ "kind": "leave_at", "at": at });
                let (rider, from, to) = (&things.rider, &things.from, &things.to);
                let body = json!({ "rider": rider, "from": from, "to": to, "channel": "app", "wish": wish });
                ("/requests".to_owned(), body)
            }
        };
        let sent = Sent { path, key, body };
        match client.try_post(&sent.path, &sent.key, &sent.body).await {
            Err(_) => {
                known.unanswered.push(sent);
                return known;
            }
            Ok(answer) => {
                if let Some(offer) = answer.body["offers"][0]["id"].as_str() {
                    offers.push((id_of(&answer.body), offer.to_owned()));
                }
                known.answered.push((sent, answer));
                heard.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    known
}

/// Loads the server, kills it after a drawn number of answers, and returns what the clients know.
async fn round(server: Server, things: &Things, number: u64) -> Known {
    let mut draws = Draws(number);
    let heard = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let own = Draws(number * 1_000 + client);
        clients.spawn(load(
            server.client(),
            things.clone(),
            format!("round{number}-client{client}"),
            own,
            heard.clone(),
        ));
    }
    let enough = 1 + draws.below(60) as usize;
    while heard.load(Ordering::SeqCst) < enough {
        tokio::task::yield_now().await;
    }
    // Somewhere in the middle of what is under way.
    for _ in 0..draws.below(2_000) {
        tokio::task::yield_now().await;
    }
    server.kill();
    let mut all = Known::default();
    for known in clients.join_all().await {
        all.answered.extend(known.answered);
        all.unanswered.extend(known.unanswered);
    }
    all
}

/// How far a request has come; none of its states goes back.
fn rank(state: &str) -> usize {
    let states = ["open", "offered", "refused", "expired", "booked", "on_board", "done"];
    states.iter().position(|s| *s == state).unwrap_or_else(|| panic!("{state} is no state of this test"))
}

/// Everything that was answered with yes is there as it was told.
async fn check_kept(client: &Client, known: &Known) {
    let places = client.get("/places").await.expect(200);
    let riders = client.get("/riders?limit=1000").await.expect(200);
    let by_id = |list: &Value, field: &str| -> BTreeMap<String, Value> {
        list[field].as_array().unwrap().iter().map(|one| (id_of(one), one.clone())).collect()
    };
    let (places, riders) = (by_id(&places, "places"), by_id(&riders, "riders"));
    assert!(riders.len() < 1_000, "more riders than one answer holds");
    for (sent, answer) in known.answered.iter().filter(|(_, a)| a.status < 300) {
        let told = &answer.body;
        let id = id_of(told);
        match sent.path.as_str() {
            "/places" => assert_eq!(&places[&id], told),
            "/riders" => assert_eq!(&riders[&id], told),
            _ => {
                let now = client.get(&format!("/requests/{id}")).await.expect(200);
                for field in ["rider", "from", "to", "people", "wish", "made_at", "channel"] {
                    assert_eq!(now[field], told[field], "{field} of {id}");
                }
                let state = |request: &Value| rank(request["state"].as_str().unwrap());
                assert!(state(&now) >= state(told), "{id} was {}, is {}", told["state"], now["state"]);
                if told["state"] == "booked" {
                    // Forecasts move with the clock; the promise does not.
                    for field in ["state", "promise", "vehicle", "ride_class"] {
                        assert_eq!(now[field], told[field], "{field} of {id}");
                    }
                }
            }
        }
    }
}

/// Others may have taken the seat meanwhile; nothing else is a reason to say no to what the clients send.
fn is_late(answer: &Answer) -> bool {
    answer.status == 409 && ["offer_stale", "offer_expired"].contains(&answer.body["code"].as_str().unwrap())
}

/// Sends again what got no answer, and the last things that got one: the same key gives the same thing once.
async fn send_again(client: &Client, known: &mut Known) {
    for sent in std::mem::take(&mut known.unanswered) {
        let first = client.try_post(&sent.path, &sent.key, &sent.body).await.unwrap();
        let second = client.try_post(&sent.path, &sent.key, &sent.body).await.unwrap();
        assert_eq!(first.status, second.status, "{sent:?}: {} then {}", first.body, second.body);
        if first.status < 300 {
            assert_eq!(id_of(&first.body), id_of(&second.body), "{sent:?}");
        } else {
            assert!(is_late(&first), "{sent:?}: {first:?}");
        }
        known.answered.push((sent, first));
    }
    let done = known.answered.iter().rev().filter(|(_, answer)| answer.status < 300);
    for (sent, answer) in done.take(CLIENTS as usize) {
        let again = client.try_post(&sent.path, &sent.key, &sent.body).await.unwrap();
        assert_eq!(id_of(&again.body), id_of(&answer.body), "{sent:?}");
    }
}

/// The log as it lies on disk: numbered without a gap, and folding into a state without a contradiction.
fn read_log(data: &Path) -> Vec<Event> {
    let mut log = SqliteLog::open(&data.join("log.sqlite")).unwrap();
    let (mut events, mut area) = (Vec::new(), Area::new(AreaId(1)));
    let mut next = 1;
    let last = log.load(AreaId(1), Version::EMPTY, &mut |stored| {
        assert_eq!(stored.version, Version(next), "a gap in the log");
        next += 1;
        let event: Event = serde_json::from_str(&stored.payload)?;
        area.apply(&event)?;
        events.push(event);
        Ok(())
    });
    assert_eq!(last.unwrap(), Version(events.len() as u64));
    events
}

/// Each command that was ever sent had one effect, and nothing else happened.
fn check_effects(events: &[Event], known: &Known, before: &BTreeMap<&'static str, usize>) {
    let mut made = before.clone();
    let mut accepted = BTreeSet::new();
    for (sent, answer) in known.answered.iter().filter(|(_, a)| a.status < 300) {
        match sent.path.as_str() {
            "/places" => *made.entry("place_added").or_default() += 1,
            "/riders" => *made.entry("rider_added").or_default() += 1,
            "/requests" => *made.entry("request_made").or_default() += 1,
            _ => assert!(accepted.insert(id_of(&answer.body)), "{sent:?} was accepted twice"),
        }
    }
    made.insert("offer_accepted", accepted.len());
    for (name, count) in made {
        assert_eq!(events.iter().filter(|e| e.name() == name).count(), count, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_no_acknowledged_command_is_lost() {
    let site = Site::draw();
    let server = site.serve();
    let town = Town::register(server.client(), &site).await;
    town.add_vehicle("みどり2号", json!([{ "seats": 3 }])).await;
    let things = Things {
        rider: town.rider.clone(),
        from: town.places[1].clone(),
        to: town.places[2].clone(),
        points: street_points(&site, 40),
    };
    server.kill();
    let mut before = BTreeMap::new();
    for event in read_log(&site.data()) {
        *before.entry(event.name()).or_insert(0) += 1;
    }
    before.retain(|name, _| ["place_added", "rider_added", "vehicle_added"].contains(name));

    let mut known = Known::default();
    let mut draws = Draws(7);
    let (mut length, mut cut_off) = (0, 0);
    for number in 0..ROUNDS {
        if number % 4 == 3 {
            // Killed while it starts, too: wherever a drawn pause happens to end.
            let mut starting =
                site.command(&site.data()).stdout(std::process::Stdio::null()).spawn().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(draws.below(120)));
            starting.kill().unwrap();
            starting.wait().unwrap();
        }
        let fresh = round(site.serve(), &things, number).await;
        for (sent, answer) in &fresh.answered {
            assert!(answer.status < 300 || is_late(answer), "{sent:?}: {answer:?}");
        }
        known.answered.extend(fresh.answered);
        cut_off += fresh.unanswered.len();
        known.unanswered.extend(fresh.unanswered);
        let events = read_log(&site.data());
        assert!(events.len() >= length, "round {number}: the log was {length} long and is {}", events.len());

        let server = site.serve();
        check_kept(&server.client(), &known).await;
        send_again(&server.client(), &mut known).await;
        check_kept(&server.client(), &known).await;
        server.kill();
        let events = read_log(&site.data());
        check_effects(&events, &known, &before);
        length = events.len();
    }
    let yes =
        |path: &str| known.answered.iter().filter(|(s, a)| s.path.ends_with(path) && a.status < 300).count();
    let counts = ["/places", "/riders", "/requests", "/accept"].map(yes);
    println!("done: {counts:?} places, riders, requests, acceptances; {cut_off} commands got no answer");
    assert!(counts.iter().all(|count| *count >= 10), "too little was sent to show anything: {counts:?}");
    assert!(cut_off as u64 >= ROUNDS, "no kill hit a command under way: {cut_off}");
}
