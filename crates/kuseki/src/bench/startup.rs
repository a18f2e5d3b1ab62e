//! `kuseki bench startup`: a log of so many days of a region's fleet, written straight to disk, and how long a server takes to
//! start on it: with nothing but the log, and with the snapshots that it leaves when it is asked to end.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::{
    Booking, Event, Facility, Layout, Needs, Place, Planned, PlannedVisit, Promise, Purpose, RideClass,
    Rider, RouteChange, RouteId, RunBooking, Terms, Vehicle, VehicleKind, VisitKey, Wish,
};
use serde_json::{Value, json};
use store::{Append, DataDir, EventLog, NewEvent, Version};
use units::{
    CorporationId, DayTime, DayWindow, FacilityId, Metres, PlaceId, RequestId, RiderId, Seconds, ServiceDay,
    Timestamp, VehicleId, Window,
};

use super::service::{Server, serve};
use crate::demo::phone::Phone;
use crate::fault::Fault;
use crate::serve::AREA;

const FLEET: u32 = 9;
/// Members of a vehicle, on one run each way.
const MEMBERS: u32 = 8;
/// Events of one durable write.
const BATCH: usize = 5_000;
/// A server that was asked to end has done so by then.
const END_MAX: Duration = Duration::from_secs(120);

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 222)]
    vehicles: u32,
    /// Service days; a year has about 300 (six days a week).
    #[arg(long, default_value_t = 300)]
    days: u32,
    #[arg(long)]
    roads: PathBuf,
    /// A new folder; what is written there stays, and is measured again where it is there already.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    if !(1..=2_000).contains(&arguments.vehicles) || !(1..=3_000).contains(&arguments.days) {
        return Err(Fault::Usage("--vehicles 1 to 2000, --days 1 to 3000".to_owned()));
    }
    let begin = Instant::now();
    let written = if arguments.data.exists() { None } else { Some(write(arguments)?) };
    let writing = begin.elapsed();
    let (first, bare) = timed(arguments)?;
    let ending = end(first)?;
    let (second, kept) = timed(arguments)?;
    drop(second);
    let line = json!({
        "bench": "startup", "vehicles": arguments.vehicles, "days": arguments.days, "events_written": written,
        "writing_seconds": round(writing), "log_megabytes": megabytes(&arguments.data, "log.sqlite"),
        "snapshot_megabytes": megabytes(&arguments.data, ".snapshot"),
        "first_start_seconds": round(bare), "ending_seconds": round(ending), "next_start_seconds": round(kept),
    });
    println!("{line}");
    Ok(())
}

fn timed(arguments: &Arguments) -> Result<(Server, Duration), Fault> {
    let begin = Instant::now();
    let (server, base, _) = serve(&arguments.roads, &arguments.data)?;
    // It has started when it answers.
    crate::serve::runtime()?.block_on(Phone::new(&base).get("/clock"))?;
    Ok((server, begin.elapsed()))
}

/// Asks the server to end (SIGTERM), and waits until it has.
fn end(mut server: Server) -> Result<Duration, Fault> {
    let begin = Instant::now();
    let asked = std::process::Command::new("kill").arg(server.0.id().to_string()).status();
    asked.map_err(|source| Fault::File { path: "kill".into(), source })?;
    while begin.elapsed() < END_MAX && matches!(server.0.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(begin.elapsed())
}

fn round(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000.0).round() / 1_000.0
}

fn megabytes(folder: &Path, named: &str) -> Value {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let of_it = entries.filter(|e| e.file_name().to_string_lossy().contains(named));
    let bytes: u64 = of_it.filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum();
    json!((bytes as f64 / 100_000.0).round() / 10.0)
}

/// Events on their way to the log.
struct Writer {
    log: Box<dyn EventLog>,
    epoch: u64,
    version: Version,
    waiting: Vec<NewEvent>,
}

impl Writer {
    fn say(&mut self, event: &Event, at: Timestamp) -> Result<(), Fault> {
        let payload = serde_json::to_string(event).map_err(|e| Fault::Usage(e.to_string()))?;
        let (kind, actor) = (event.name().to_owned(), "bench".to_owned());
        self.waiting.push(NewEvent { kind, schema: domain::EVENT_SCHEMA, at, actor, payload });
        if self.waiting.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let mut batch = Append::new(AREA, self.version, self.epoch);
        batch.events = std::mem::take(&mut self.waiting);
        self.version = self.log.append(&batch).map_err(|e| Fault::Usage(e.to_string()))?;
        Ok(())
    }
}

fn hours(open: (u32, u32), close: (u32, u32)) -> Result<DayWindow, Fault> {
    let window = DayWindow::new(DayTime::hm(open.0, open.1), DayTime::hm(close.0, close.1));
    window.map_err(|e| Fault::Usage(e.to_string()))
}

fn window(open: Timestamp, close: Timestamp) -> Result<Window, Fault> {
    Window::new(open, close).map_err(|e| Fault::Usage(e.to_string()))
}

fn write(arguments: &Arguments) -> Result<u64, Fault> {
    let roads = roads::Roads::open(&arguments.roads)?;
    let now = dispatch::Clock::now(&dispatch::SystemClock);
    let mut day = ServiceDay::of(now - Seconds(86_400 * i64::from(arguments.days)));
    let data = DataDir::open(&arguments.data, &roads.fingerprint(), "bench", day.midnight())?;
    let mut log = data.log()?;
    let epoch = log.take_epoch(AREA)?;
    let mut writer = Writer { log: Box::new(log), epoch, version: Version::EMPTY, waiting: Vec::new() };
    let nodes = roads.node_count() as u32;
    masters(&mut writer, arguments.vehicles, nodes, day.midnight())?;
    let mut request = 0;
    for _ in 0..arguments.days {
        writer.say(&Event::DayOpened { day }, day.midnight())?;
        for vehicle in 1..=arguments.vehicles {
            request = lived(&mut writer, VehicleId(vehicle), day, request)?;
        }
        day = day.next();
    }
    writer.flush()?;
    Ok(writer.version.0)
}

fn site_of(vehicle: u32) -> u32 {
    (vehicle - 1) / FLEET + 1
}

/// Home of a member, numbered from 1; sites come behind all homes.
fn masters(writer: &mut Writer, vehicles: u32, nodes: u32, at: Timestamp) -> Result<(), Fault> {
    let (members, sites) = (vehicles * MEMBERS, site_of(vehicles));
    let corporation = CorporationId(1);
    writer.say(&Event::CorporationAdded { corporation }, at)?;
    for id in 1..=members + sites {
        let node = units::Node(id.wrapping_mul(2_654_435_761) % nodes);
        let place = Place { id: PlaceId(id), node, largest_vehicle: VehicleKind::Van };
        writer.say(&Event::PlaceAdded { place }, at)?;
    }
    for id in 1..=sites {
        let facility = Facility {
            id: FacilityId(id),
            corporation,
            place: PlaceId(members + id),
            service: hours((9, 30), (16, 40))?,
            pickup_hours: hours((7, 50), (9, 30))?,
            dropoff_hours: hours((16, 40), (18, 10))?,
            ride_max: Seconds::minutes(40),
        };
        writer.say(&Event::FacilityAdded { facility }, at)?;
    }
    for id in 1..=vehicles {
        let vehicle = Vehicle {
            id: VehicleId(id),
            facility: FacilityId(site_of(id)),
            kind: VehicleKind::Van,
            layouts: vec![Layout { seats: 9, wheelchairs: 0 }],
            shift: hours((7, 30), (18, 30))?,
            attendant: false,
        };
        writer.say(&Event::VehicleAdded { vehicle }, at)?;
    }
    let (boarding, alighting) = (Seconds(60), Seconds(60));
    let needs = Needs { wheelchair: false, walker_tenths: 0, attendant: false, boarding, alighting };
    for id in 1..=members {
        let care = domain::Care::default();
        let rider = Rider { id: RiderId(id), needs, places: vec![PlaceId(id)], membership: None, care };
        writer.say(&Event::RiderAdded { rider }, at)?;
    }
    Ok(())
}

/// One vehicle's day: two runs, planned and driven. Returns the number of the last request.
fn lived(writer: &mut Writer, vehicle: VehicleId, day: ServiceDay, mut last: u32) -> Result<u32, Fault> {
    let facility = FacilityId(site_of(vehicle.0));
    for (direction, start) in [
        (domain::Direction::PickupRun, DayTime::hm(8, 0)),
        (domain::Direction::DropoffRun, DayTime::hm(16, 45)),
    ] {
        let (begin, dawn) = (day.at(start), day.at(DayTime::hm(5, 0)));
        let requests: Vec<RequestId> = (1..=MEMBERS).map(|k| RequestId(last + k)).collect();
        let end = begin + Seconds::minutes(60);
        let mut bookings = Vec::new();
        for (k, request) in requests.iter().enumerate() {
            // Members' places are planned between a place and itself here: no leg is ever searched.
            let home = PlaceId((vehicle.0 - 1) * MEMBERS + k as u32 + 1);
            let wish = Wish::Run { facility, direction, day };
            let (rider, channel, purpose) = (RiderId(home.0), domain::Channel::Facility, Purpose::DayService);
            let made = Event::RequestMade {
                request: *request,
                rider,
                people: 1,
                from: home,
                to: home,
                wish,
                channel,
                purpose,
                at: dawn,
            };
            writer.say(&made, dawn)?;
            let promise = Promise { pickup: window(begin, end)?, dropoff: window(begin, end)? };
            let booking = Booking {
                vehicle,
                day,
                class: RideClass::MemberOnRun,
                terms: Terms::Member,
                promise,
                planned: Planned { pickup: begin, dropoff: end },
                ride_max: Seconds::minutes(40),
                direct: Seconds::minutes(10),
                policy: None,
                fare_yen: 0,
            };
            bookings.push(RunBooking { request: *request, booking });
        }
        writer.say(&Event::RunsBooked { bookings }, dawn)?;
        let keys = requests
            .iter()
            .map(|r| VisitKey::pickup(*r))
            .chain(requests.iter().map(|r| VisitKey::dropoff(*r)));
        let keys: Vec<VisitKey> = keys.collect();
        let route = RouteId { day, vehicle };
        let visits = keys.iter().map(|visit| PlannedVisit { visit: *visit, begin }).collect();
        let routes = vec![RouteChange { route, visits }];
        writer.say(&Event::PlanChanged { revision: u64::from(last) + 1, routes }, dawn)?;
        for (k, key) in keys.iter().enumerate() {
            let at = begin + Seconds(60 * k as i64);
            let (visit, request) = (Some(*key), key.request);
            writer.say(&Event::Departed { route, visit, at, eta: at, metres: Metres(900) }, at)?;
            writer.say(&Event::Arrived { route, visit, at }, at)?;
            let done = match key.kind {
                domain::VisitKind::Pickup => Event::Boarded { route, request, at },
                domain::VisitKind::Dropoff => Event::Alighted { route, request, at },
            };
            writer.say(&done, at)?;
        }
        last += MEMBERS;
    }
    Ok(last)
}
