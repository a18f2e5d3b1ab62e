//! `kuseki bench service`: the server as a process of its own, asked from this one over loopback: wishes at a set rate with
//! durable acceptances, open sockets, positions, and the restart on what was written. Beside it what the disk alone costs.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use units::{DayTime, ServiceDay, Timestamp};

use super::day_plan::Draw;
use crate::demo::phone::Phone;
use crate::fault::Fault;

const FLEET: u32 = 9;
const GUESTS: u32 = 400;
/// Wishes are for one of so many days from tomorrow on, so that no day fills up at once.
const DAYS: u64 = 10;
/// Draws for one place near a road.
const DRAWS: usize = 30;
/// Flushes that tell what the disk alone costs.
const FLUSHES: usize = 500;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 222)]
    vehicles: u32,
    /// Wishes a second; each that has offers is accepted at once.
    #[arg(long, default_value_t = 300)]
    rate: u32,
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Drivers' and boards' sockets that listen all the while.
    #[arg(long, default_value_t = 2_000)]
    sockets: u32,
    /// Positions a second, over the drivers' sockets.
    #[arg(long, default_value_t = 1_000)]
    positions: u32,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Roads to drive on; a drawn town without it.
    #[arg(long, value_name = "FILE")]
    roads: Option<PathBuf>,
    /// Where the server keeps its data: a new folder on the disk that is to be measured.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// The server, gone with this value.
pub(super) struct Server(pub(super) Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Killed as by the power: what was acknowledged is on disk.
        let _already_gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let sound = (1..=2_000).contains(&arguments.vehicles)
        && (1..=5_000).contains(&arguments.rate)
        && (1..=3_600).contains(&arguments.seconds)
        && arguments.sockets <= 20_000
        && arguments.positions <= 50_000;
    if !sound {
        let right = "--vehicles 1 to 2000, --rate 1 to 5000, --seconds 1 to 3600, --sockets to 20000, --positions to 50000";
        return Err(Fault::Usage(right.to_owned()));
    }
    if arguments.data.exists() {
        return Err(Fault::Usage(format!(
            "{} is there already; --data names a new folder",
            arguments.data.display()
        )));
    }
    let unusable = |source| Fault::File { path: arguments.data.clone(), source };
    std::fs::create_dir_all(&arguments.data).map_err(unusable)?;
    let runtime = tokio::runtime::Runtime::new().map_err(unusable)?;
    let line = runtime.block_on(measure(arguments))?;
    println!("{line}");
    Ok(())
}

async fn measure(arguments: &Arguments) -> Result<Value, Fault> {
    let roads = match &arguments.roads {
        Some(file) => file.clone(),
        None => {
            let file = arguments.data.join("town.roads");
            let seed = arguments.seed.to_string();
            let drawn = own()?.args(["roads", "draw", "--seed", &seed, "--out"]).arg(&file).output();
            drawn.map_err(|source| Fault::File { path: file.clone(), source })?;
            file
        }
    };
    let disk = disk_alone(&arguments.data)?;
    let data = arguments.data.join("data");
    let (server, base, _) = serve(&roads, &data)?;
    let phone = Phone::new(&base);
    let begin = Instant::now();
    let town = register(&phone, arguments).await?;
    let registering = begin.elapsed().as_secs_f64();

    let heard = Arc::new(AtomicU64::new(0));
    let sent = Arc::new(AtomicU64::new(0));
    let mut listeners = listen(&phone, arguments, &town, &heard, &sent).await?;
    let load = ask(&phone, arguments, &town).await?;
    let (heard, sent) = (heard.load(Ordering::Relaxed), sent.load(Ordering::Relaxed));
    let lost = listeners.len() as u64;
    listeners.abort_all();
    let mut left = 0;
    while let Some(ended) = listeners.join_next().await {
        left += u64::from(ended.is_err_and(|e| e.is_cancelled()));
    }
    drop(server);

    let (_again, _, restart) = serve(&roads, &data)?;
    Ok(json!({
        "bench": "service",
        "vehicles": arguments.vehicles,
        "rate": arguments.rate,
        "seconds": arguments.seconds,
        "registering_seconds": round(registering),
        "disk_alone_ms": disk,
        "offers_ms": load.offers,
        "accept_ms": load.accepts,
        "offered": load.offered,
        "refused": load.refused,
        "accepted": load.accepted,
        "busy": load.busy,
        "failed": load.failed,
        "sockets": arguments.sockets,
        "sockets_alive_at_the_end": left.min(lost),
        "messages_heard": heard,
        "positions_sent": sent,
        "restart_seconds": round(restart.as_secs_f64()),
    }))
}

fn own() -> Result<Process, Fault> {
    let own = std::env::current_exe().map_err(|source| Fault::File { path: "kuseki".into(), source })?;
    Ok(Process::new(own))
}

/// Starts a server and waits for the line with its address.
pub(super) fn serve(roads: &Path, data: &Path) -> Result<(Server, String, Duration), Fault> {
    let unusable = |source| Fault::File { path: data.to_owned(), source };
    let begin = Instant::now();
    let child = own()?
        .args(["serve", "--open", "--listen", "127.0.0.1:0", "--area-name", "bench", "--roads"])
        .arg(roads)
        .arg("--data")
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(unusable)?;
    let mut server = Server(child);
    let out = server.0.stdout.take();
    for line in out.into_iter().flat_map(|out| BufReader::new(out).lines()) {
        if let Some((_, address)) = line.map_err(unusable)?.split_once(" at http") {
            return Ok((server, format!("http{address}"), begin.elapsed()));
        }
    }
    Err(Fault::Usage(format!("the server on {} ended before it listened", data.display())))
}

/// 4 KB appended and flushed, again and again: milliseconds.
fn disk_alone(folder: &Path) -> Result<Value, Fault> {
    let path = folder.join("flushes");
    let unusable = |source| Fault::File { path: path.clone(), source };
    let mut file = std::fs::File::create(&path).map_err(unusable)?;
    let mut millis = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let begin = Instant::now();
        file.write_all(&[7; 4_096]).map_err(unusable)?;
        file.sync_data().map_err(unusable)?;
        millis.push(begin.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(spread(&mut millis))
}

struct Town {
    vehicles: Vec<String>,
    /// Rider, home, goal.
    guests: Vec<[String; 3]>,
}

/// Masters over the API, as an office would enter them.
async fn register(phone: &Phone, arguments: &Arguments) -> Result<Town, Fault> {
    let mut draw = Draw(arguments.seed);
    let bounds = phone.get("/map").await.ok();
    let area = bounds
        .as_ref()
        .and_then(|b| b["bounds"].as_array())
        .map(|b| b.iter().filter_map(Value::as_f64).collect::<Vec<_>>());
    let [west, south, east, north] = match area.as_deref() {
        Some([w, s, e, n]) => [*w, *s, *e, *n],
        _ => return Err(Fault::Usage("the server does not say where its roads lie".to_owned())),
    };
    let keys = std::cell::Cell::new(0);
    let key = || {
        keys.set(keys.get() + 1);
        format!("bench-{}", keys.get())
    };
    let id = |body: &Value| body["id"].as_str().unwrap_or_default().to_owned();
    let corporation = id(&phone.must("/corporations", &key(), json!({ "name": "bench" })).await?);
    let day = ServiceDay::of(Timestamp::from_unix_seconds(now_seconds()));
    let policy = json!({
        "effective_from": day, "guest_hours": ["08:30", "17:30"], "source": "bench", "author": "bench",
        "allows": ["member_on_run", "member_other_day", "guest_idle_vehicle", "guest_empty_leg"],
    });
    phone.must("/policies", &key(), policy).await?;
    let spot = |draw: &mut Draw| {
        let share = |draw: &mut Draw| 0.1 + 0.8 * draw.below(10_000) as f64 / 10_000.0;
        [west + (east - west) * share(draw), south + (north - south) * share(draw)]
    };
    let mut town = Town { vehicles: Vec::new(), guests: Vec::new() };
    for _ in 0..arguments.vehicles.div_ceil(FLEET) {
        let site = place(phone, &key, || spot(&mut draw)).await?;
        let facility = json!({
            "corporation": corporation, "name": "bench", "place": site, "service": ["09:30", "16:40"],
            "pickup_hours": ["07:50", "09:30"], "dropoff_hours": ["16:40", "18:10"], "ride_max_minutes": 40,
        });
        let facility = id(&phone.must("/facilities", &key(), facility).await?);
        for _ in 0..FLEET.min(arguments.vehicles - town.vehicles.len() as u32) {
            let vehicle = json!({
                "facility": facility, "name": format!("bench {}", town.vehicles.len()), "plate": "", "kind": "van",
                "layouts": [{ "seats": 7, "wheelchairs": 0 }, { "seats": 5, "wheelchairs": 1 }],
                "shift": ["07:30", "18:30"], "attendant": false,
            });
            town.vehicles.push(id(&phone.must("/vehicles", &key(), vehicle).await?));
        }
    }
    for number in 0..GUESTS {
        let home = place(phone, &key, || spot(&mut draw)).await?;
        let goal = place(phone, &key, || spot(&mut draw)).await?;
        let rider = json!({
            "name": format!("bench {number}"), "furigana": "べんち", "places": [home, goal],
            "needs": { "wheelchair": draw.happens(15), "boarding_seconds": 90, "alighting_seconds": 60 },
        });
        let rider = id(&phone.must("/riders", &key(), rider).await?);
        town.guests.push([rider, home, goal]);
    }
    Ok(town)
}

/// A place near a road: the first of some draws that the server takes.
async fn place(
    phone: &Phone,
    key: &impl Fn() -> String,
    mut spot: impl FnMut() -> [f64; 2],
) -> Result<String, Fault> {
    let mut last = None;
    for _ in 0..DRAWS {
        let body =
            json!({ "label": "bench", "category": "home", "position": spot(), "largest_vehicle": "van" });
        match phone.post("/places", &key(), body).await? {
            Ok(made) => return Ok(made["id"].as_str().unwrap_or_default().to_owned()),
            Err(refused) => last = Some(refused),
        }
    }
    Err(last
        .map_or_else(|| Fault::Usage("no place was drawn".to_owned()), |refused| refused.fault("/places")))
}

/// Opens the sockets: one in ten a board, the others drivers, who send positions as well.
async fn listen(
    phone: &Phone,
    arguments: &Arguments,
    town: &Town,
    heard: &Arc<AtomicU64>,
    sent: &Arc<AtomicU64>,
) -> Result<JoinSet<()>, Fault> {
    let mut all = JoinSet::new();
    let drivers = (arguments.sockets - arguments.sockets / 10).max(1);
    let pause = Duration::from_secs_f64(f64::from(drivers) / f64::from(arguments.positions.max(1)));
    for number in 0..arguments.sockets {
        let vehicle = &town.vehicles[number as usize % town.vehicles.len()];
        let board = number % 10 == 0;
        let query = if board { "as=board".to_owned() } else { format!("as=driver&vehicle={vehicle}") };
        let address = phone.socket(&query);
        let (mut socket, _) = tokio_tungstenite::connect_async(&address)
            .await
            .map_err(|e| Fault::Usage(format!("{address}: {e}")))?;
        let (heard, sent) = (heard.clone(), sent.clone());
        let speaks = !board && arguments.positions > 0;
        all.spawn(async move {
            let offset = pause.mul_f64(f64::from(number) / 2_000.0 % 1.0);
            let mut due = tokio::time::interval_at(tokio::time::Instant::now() + offset, pause);
            let mut seq = 0;
            loop {
                tokio::select! {
                    message = socket.next() => match message {
                        Some(Ok(_)) => { heard.fetch_add(1, Ordering::Relaxed); }
                        _ => return,
                    },
                    _ = due.tick(), if speaks => {
                        seq += 1;
                        let at = Timestamp::from_unix_seconds(now_seconds());
                        let said = json!({ "type": "position", "seq": seq, "at": at, "position": [139.4, 35.7], "accuracy_m": 8 });
                        if socket.send(Message::text(said.to_string())).await.is_err() {
                            return;
                        }
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        });
    }
    Ok(all)
}

#[derive(Default)]
struct Load {
    offers: Value,
    accepts: Value,
    offered: u64,
    refused: u64,
    accepted: u64,
    busy: u64,
    failed: u64,
}

enum Said {
    Offered(f64, Option<f64>),
    Refused(f64),
    Busy,
    Failed,
}

/// Wishes at a fixed rate, whether those before them have been answered or not.
async fn ask(phone: &Phone, arguments: &Arguments, town: &Town) -> Result<Load, Fault> {
    let mut draw = Draw(arguments.seed ^ 0xa5);
    let mut all: JoinSet<Result<Said, Fault>> = JoinSet::new();
    let mut due = tokio::time::interval(Duration::from_secs_f64(1.0 / f64::from(arguments.rate)));
    let tomorrow = ServiceDay::of(Timestamp::from_unix_seconds(now_seconds())).next();
    for number in 0..u64::from(arguments.rate) * u64::from(arguments.seconds) {
        due.tick().await;
        let [rider, home, goal] = &town.guests[draw.below(town.guests.len() as u64) as usize];
        let (from, to) = if draw.happens(50) { (home, goal) } else { (goal, home) };
        let mut day = tomorrow;
        for _ in 0..draw.below(DAYS) {
            day = day.next();
        }
        let minute = 8 * 60 + 30 + draw.below(510) as u32;
        let at = day.at(DayTime::hm(minute / 60, minute % 60));
        let body = json!({ "rider": rider, "from": from, "to": to, "channel": "phone", "wish": { "kind": "leave_at", "at": at } });
        let phone = phone.clone();
        all.spawn(async move { one(&phone, number, body).await });
    }
    let mut load = Load::default();
    let (mut offers, mut accepts) = (Vec::new(), Vec::new());
    while let Some(said) = all.join_next().await {
        match said.unwrap_or(Ok(Said::Failed))? {
            Said::Offered(millis, accepted) => {
                load.offered += 1;
                offers.push(millis);
                load.accepted += u64::from(accepted.is_some());
                accepts.extend(accepted);
            }
            Said::Refused(millis) => {
                load.refused += 1;
                offers.push(millis);
            }
            Said::Busy => load.busy += 1,
            Said::Failed => load.failed += 1,
        }
    }
    (load.offers, load.accepts) = (spread(&mut offers), spread(&mut accepts));
    Ok(load)
}

async fn one(phone: &Phone, number: u64, body: Value) -> Result<Said, Fault> {
    let begin = Instant::now();
    let made = match phone.once("/requests", &format!("wish-{number}"), &body).await? {
        Ok(made) => made,
        Err(refused) if refused.status == 503 => return Ok(Said::Busy),
        Err(_) => return Ok(Said::Failed),
    };
    let asked = begin.elapsed().as_secs_f64() * 1_000.0;
    let (Some(id), Some(offer)) = (made["id"].as_str(), made["offers"][0]["id"].as_str()) else {
        return Ok(Said::Refused(asked));
    };
    let begin = Instant::now();
    let path = format!("/requests/{id}/accept");
    let accepted = phone.once(&path, &format!("accept-{number}"), &json!({ "offer": offer })).await?;
    Ok(Said::Offered(asked, accepted.is_ok().then(|| begin.elapsed().as_secs_f64() * 1_000.0)))
}

fn now_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

fn round(x: f64) -> f64 {
    (x * 1_000.0).round() / 1_000.0
}

fn spread(millis: &mut [f64]) -> Value {
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| {
        millis
            .get(((millis.len() as f64 * share) as usize).min(millis.len().saturating_sub(1)))
            .map(|x| round(*x))
    };
    json!({ "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": millis.last().map(|x| round(*x)) })
}
