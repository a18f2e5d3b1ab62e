//! `kuseki bench day-plan`: the day plan (送迎表) of one drawn facility through the engine itself, with the log in memory.

use std::sync::Arc;
use std::time::Instant;

use dispatch::{Engine, Reply, Setup, Submission, Turned};
use domain::{
    AbsenceKind, Area, Care, Command, Event, JoinKind, Layout, Membership, Needs, NewDriver, NewFacility,
    NewPlace, NewRider, NewVehicle, PlanStart, RequestState, Resource, Seat, SeatWish, TravelTimes,
    VehicleKind, Weekdays, Wish,
};
use roads::Roads;
use store::MemoryLog;
use units::{
    AreaId, CorporationId, DayTime, DayWindow, DriverId, FacilityId, Node, PlaceId, RiderId, Seconds,
    ServiceDay, Timestamp, VehicleId, Weekday,
};

use crate::fault::Fault;

/// Homes lie within this drive of the facility (the mean of 通所介護 is 16.7 minutes with detours; 参議院答弁 183-134).
const DRIVE_MAX: Seconds = Seconds::minutes(15);

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Members who attend on the day; a few more do not and may join.
    #[arg(long, default_value_t = 40)]
    members: u32,
    #[arg(long, default_value_t = 7)]
    vehicles: u32,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The longer search takes this many times the steps.
    #[arg(long, default_value_t = 10)]
    times: u64,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let town = roads::draw_town(arguments.seed)?;
    let roads = Arc::new(town.roads);
    let mut own = open(arguments, &roads)?;
    let (seconds, _) = plan(&mut own, 1)?;
    let cost = cost(own.state(), own.travel());
    let mut longer = open(arguments, &roads)?;
    let (long_seconds, _) = plan(&mut longer, arguments.times)?;
    let best = self::cost(longer.state(), longer.travel());

    // The same morning, with the vehicles still at the base.
    let now = at(7, 20);
    let first = RiderId(1);
    let joiner = RiderId(arguments.members + 1);
    let day = day();
    let changes = [
        ("absence", Command::NoteAbsence { rider: first, day, kind: AbsenceKind::WholeDay }),
        ("join", Command::NoteJoin { rider: joiner, day, kind: JoinKind::Both }),
        ("vehicle_out", Command::NoteOut { what: Resource::Vehicle(VehicleId(2)), day, out: true }),
        ("driver_out", Command::NoteOut { what: Resource::Driver(DriverId(3)), day, out: true }),
        ("vehicle_back", Command::NoteOut { what: Resource::Vehicle(VehicleId(2)), day, out: false }),
    ];
    let mut told = serde_json::Map::new();
    for (name, command) in changes {
        let begin = Instant::now();
        let reply = submit(&mut own, command, now)?;
        let millis = begin.elapsed().as_micros() as f64 / 1_000.0;
        let notices = reply.events.iter().map(|e| match e {
            Event::NoticesMade { notices, .. } => notices.len(),
            _ => 0,
        });
        let line = serde_json::json!({ "ms": millis, "notices": notices.sum::<usize>() });
        told.insert(name.to_owned(), line);
    }
    let served = |c: &Cost| serde_json::json!({ "unserved": c.unserved, "drive_seconds": c.drive });
    let gap = (cost.drive - best.drive) as f64 / best.drive.max(1) as f64 * 100.0;
    let line = serde_json::json!({
        "bench": "day-plan",
        "members": arguments.members,
        "vehicles": arguments.vehicles,
        "seed": arguments.seed,
        "seconds": seconds,
        "cost": served(&cost),
        "long_times": arguments.times,
        "long_seconds": long_seconds,
        "long_cost": served(&best),
        "gap_percent": (gap * 100.0).round() / 100.0,
        "refused_plans": own.effort().refused_plans + longer.effort().refused_plans,
        "after_changes": served(&self::cost(own.state(), own.travel())),
        "changes": told,
    });
    println!("{line}");
    Ok(())
}

struct Cost {
    unserved: usize,
    drive: i64,
}

/// What was left unserved, and the driving of all routes from base to base.
fn cost(area: &Area, travel: &dyn TravelTimes) -> Cost {
    let refused = |r: &domain::Request| {
        matches!(r.state, RequestState::Refused(_)) && matches!(r.wish, Wish::Run { .. })
    };
    let mut drive = 0;
    for (id, route) in area.routes.iter().filter(|(_, r)| !r.visits.is_empty()) {
        let base = area.find_base(id.vehicle);
        let visits = route.visits.iter().map(|v| area.find_visit_place(v.visit));
        let stops: Vec<Node> = std::iter::once(base)
            .chain(visits)
            .chain([base])
            .flatten()
            .filter_map(|place| area.find_node(place))
            .collect();
        drive += stops.windows(2).map(|leg| travel.seconds(leg[0], leg[1]).0).sum::<i64>();
    }
    Cost { unserved: area.requests.values().filter(|r| refused(r)).count(), drive }
}

pub(super) fn day() -> ServiceDay {
    ServiceDay::of(Timestamp::from_unix_seconds(1_795_500_000))
}

pub(super) fn at(hour: u32, minute: u32) -> Timestamp {
    day().at(DayTime::hm(hour, minute))
}

pub(super) fn submit(engine: &mut Engine, command: Command, now: Timestamp) -> Result<Reply, Fault> {
    let turned = |turned: Turned| Fault::Usage(format!("the drawn day does not hold: {turned}"));
    engine.submit(Submission::of(command, "bench"), now).map_err(turned)
}

fn plan(engine: &mut Engine, times: u64) -> Result<(f64, Reply), Fault> {
    engine.search_longer(times);
    let begin = Instant::now();
    let command = Command::PlanDay { facility: FacilityId(1), day: day(), start: PlanStart::Fresh };
    let reply = submit(engine, command, at(7, 0))?;
    Ok((begin.elapsed().as_secs_f64(), reply))
}

/// SplitMix64: one stream, the same on every machine.
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % n.max(1)
    }

    pub(super) fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A facility with its vehicles, drivers and members, shares as in the field report: one in five in a wheelchair, one in
/// ten with an attendant, one in twenty never alone, one in twenty with somebody not to meet.
fn open(arguments: &Arguments, roads: &Arc<Roads>) -> Result<Engine, Fault> {
    let setup = Setup { area: AreaId(1), roads: roads.clone(), log: Box::new(MemoryLog::new()) };
    let mut engine = Engine::open(setup)?;
    let mut draw = Draw(arguments.seed);
    let now = at(6, 0);
    let nodes = roads.node_count() as u64;
    let base = (0..64).map(|_| Node(draw.below(nodes) as u32)).min_by_key(|n| centre(roads, *n));
    let base = base.unwrap_or(Node(0));
    submit(&mut engine, Command::AddCorporation, now)?;
    let place = |node| Command::AddPlace(NewPlace { node, largest_vehicle: VehicleKind::Van });
    submit(&mut engine, place(base), now)?;
    let span = |a: (u32, u32), b: (u32, u32)| DayWindow::new(DayTime::hm(a.0, a.1), DayTime::hm(b.0, b.1));
    let window = |a, b| span(a, b).map_err(|e| Fault::Usage(e.to_string()));
    submit(
        &mut engine,
        Command::AddFacility(NewFacility {
            corporation: CorporationId(1),
            place: PlaceId(1),
            service: window((9, 30), (16, 40))?,
            pickup_hours: window((7, 30), (9, 45))?,
            dropoff_hours: window((16, 25), (18, 30))?,
            ride_max: Seconds::minutes(40),
        }),
        now,
    )?;
    for number in 0..arguments.vehicles {
        let (kind, layouts) = match number % 3 {
            0 => (VehicleKind::Van, vec![(9, 0), (7, 1), (5, 2)]),
            1 => (VehicleKind::Minivan, vec![(5, 0), (3, 1)]),
            _ => (VehicleKind::Compact, vec![(4, 0), (2, 1)]),
        };
        let layouts = layouts.into_iter().map(|(seats, wheelchairs)| Layout { seats, wheelchairs }).collect();
        let vehicle = NewVehicle {
            facility: FacilityId(1),
            kind,
            layouts,
            shift: window((7, 30), (18, 30))?,
            attendant: number % 3 == 0,
        };
        submit(&mut engine, Command::AddVehicle(vehicle), now)?;
        // Nine in ten are care staff, so most have duties in between (介護給付費分科会 232).
        let duties = if number % 10 == 0 { Vec::new() } else { vec![window((9, 50), (16, 20))?] };
        let driver = NewDriver {
            facility: FacilityId(1),
            licence: if number % 4 == 3 { VehicleKind::Minivan } else { VehicleKind::Van },
            weekdays: Weekdays(Weekday::ALL.to_vec()),
            shifts: vec![window((7, 30), (18, 30))?],
            duties,
        };
        submit(&mut engine, Command::AddDriver(driver), now)?;
    }
    for number in 0..arguments.members + 5 {
        let home = home(roads, base, &mut draw);
        submit(&mut engine, place(home), now)?;
        let rider = draw_rider(&mut draw, number, arguments.members);
        submit(&mut engine, Command::AddRider(rider), now)?;
    }
    for number in 1..=arguments.members {
        let mut care = Care { never_alone: draw.happens(5), ..Care::default() };
        if draw.happens(5) {
            care.not_with.insert(RiderId(number % arguments.members + 1));
            care.not_with.remove(&RiderId(number));
        }
        if draw.happens(10) {
            care.seat = Some(SeatWish { seat: Seat::Front, must: draw.happens(30) });
        }
        submit(&mut engine, Command::SetCare { rider: RiderId(number), care }, now)?;
    }
    Ok(engine)
}

/// How far a node lies from the middle of the town, for choosing a site.
fn centre(roads: &Roads, node: Node) -> i64 {
    let bounds = roads.bounds();
    let (lat, lon) = ((bounds.sw.lat() + bounds.ne.lat()) / 2.0, (bounds.sw.lon() + bounds.ne.lon()) / 2.0);
    let middle = units::Point::from_degrees(lat, lon);
    middle.zip(roads.point(node)).map_or(i64::MAX, |(a, b)| a.metres_to(b) as i64)
}

fn home(roads: &Roads, base: Node, draw: &mut Draw) -> Node {
    let nodes = roads.node_count() as u64;
    let drawn = std::iter::repeat_with(|| Node(draw.below(nodes) as u32)).take(200);
    drawn.into_iter().find(|n| *n != base && roads.travel(base, *n).seconds <= DRIVE_MAX).unwrap_or(base)
}

fn draw_rider(draw: &mut Draw, number: u32, members: u32) -> NewRider {
    let wheelchair = draw.happens(20);
    let needs = Needs {
        wheelchair,
        walker_tenths: if !wheelchair && draw.happens(25) { 4 } else { 0 },
        attendant: draw.happens(10),
        boarding: Seconds(if wheelchair { 300 } else { 120 }),
        alighting: Seconds(if wheelchair { 150 } else { 60 }),
    };
    let weekday = day().weekday();
    let other = if weekday == Weekday::Mon { Weekday::Tue } else { Weekday::Mon };
    let weekdays = Weekdays(vec![if number < members { weekday } else { other }]);
    let membership = Some(Membership { facility: FacilityId(1), weekdays });
    NewRider { needs, places: vec![PlaceId(number + 2)], membership }
}
