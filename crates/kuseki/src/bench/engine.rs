//! `kuseki bench engine`: what a wish and an accepted offer cost in the live engine itself, with the log in memory: rules,
//! search, judge and events, everything but the disk and HTTP.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use dispatch::{Engine, Setup};
use domain::{
    Channel, Command, Event, Layout, Membership, Needs, NewDriver, NewFacility, NewPlace, NewRider,
    NewVehicle, Party, PlanStart, Policy, Purpose, RideClass, VehicleKind, Weekdays, Wish,
};
use roads::Roads;
use store::MemoryLog;
use units::{
    AreaId, CorporationId, DayTime, DayWindow, FacilityId, Node, PlaceId, RiderId, Seconds, Weekday,
};

use super::day_plan::{Draw, at, day, submit};
use crate::fault::Fault;

/// Vehicles of one facility (VROOM's and the generator's shape of a town).
const FLEET: u32 = 9;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 222)]
    vehicles: u32,
    #[arg(long, default_value_t = 1_000)]
    requests: u32,
    /// Members of each facility of nine vehicles, planned for the day before the first wish.
    #[arg(long, default_value_t = 20)]
    members: u32,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Roads to drive on; a drawn town without it.
    #[arg(long, value_name = "FILE")]
    roads: Option<PathBuf>,
    /// Ask every vehicle for every wish, to see what leaving most of them out saves.
    #[arg(long)]
    everywhere: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    if !(1..=5_000).contains(&arguments.vehicles) || !(1..=100_000).contains(&arguments.requests) {
        return Err(Fault::Usage("--vehicles is 1 to 5000, --requests 1 to 100000".to_owned()));
    }
    let roads = match &arguments.roads {
        Some(file) => Roads::open(file)?,
        None => roads::draw_town(arguments.seed)?.roads,
    };
    let mut draw = Draw(arguments.seed);
    let (mut engine, guests) = open(arguments, &Arc::new(roads), &mut draw)?;
    if arguments.everywhere {
        engine.search_everywhere(true);
    }
    let now = at(7, 10);
    let before = engine.effort();
    let (mut asked, mut accepted) = (Vec::new(), Vec::new());
    let (mut offered, mut refused) = (Vec::new(), Vec::new());
    for _ in 0..arguments.requests {
        let (rider, home, goal) = guests[draw.below(guests.len() as u64) as usize];
        let (from, to) = if draw.happens(50) { (home, goal) } else { (goal, home) };
        let wish = Wish::LeaveAt(at(8, 30) + Seconds(60 * draw.below(510) as i64));
        let (channel, purpose) = (Channel::Phone, Purpose::Medical);
        let party = Party { rider, people: 1, from, to, wish, channel, purpose };
        let begin = Instant::now();
        let reply = submit(&mut engine, Command::MakeRequest(party), now)?;
        let micros = begin.elapsed().as_nanos() as f64 / 1_000.0;
        asked.push(micros);
        let offer = reply.events.iter().find_map(|event| match event {
            Event::OffersMade { request, offers } => offers.first().map(|o| (*request, o.id)),
            _ => None,
        });
        let Some((request, offer)) = offer else {
            refused.push(micros);
            continue;
        };
        offered.push(micros);
        let begin = Instant::now();
        submit(&mut engine, Command::AcceptOffer { request, offer }, now)?;
        accepted.push(begin.elapsed().as_nanos() as f64 / 1_000.0);
    }
    let effort = engine.effort();
    let per_request = |n: u64| (n as f64 / f64::from(arguments.requests) * 10.0).round() / 10.0;
    let line = serde_json::json!({
        "bench": "engine",
        "vehicles": arguments.vehicles,
        "requests": arguments.requests,
        "members": arguments.members * arguments.vehicles.div_ceil(FLEET),
        "seed": arguments.seed,
        "everywhere": arguments.everywhere,
        "offered": offered.len(),
        "wish_us": spread(&mut asked),
        "offered_us": spread(&mut offered),
        "refused_us": spread(&mut refused),
        "accept_us": spread(&mut accepted),
        "vehicles_set_up_per_request": per_request(effort.vehicles - before.vehicles),
        "searches_per_request": per_request(effort.searches - before.searches),
        "slot_pairs_judged_per_request": per_request(effort.tests - before.tests),
        "refused_plans": effort.refused_plans,
    });
    println!("{line}");
    Ok(())
}

fn spread(micros: &mut [f64]) -> serde_json::Value {
    micros.sort_by(f64::total_cmp);
    let at =
        |share: f64| micros.get(((micros.len() as f64 * share) as usize).min(micros.len().saturating_sub(1)));
    let round = |us: Option<&f64>| us.map(|us| us.round());
    let mean = micros.iter().sum::<f64>() / micros.len().max(1) as f64;
    serde_json::json!({ "mean": mean.round(), "p50": round(at(0.5)), "p99": round(at(0.99)), "max": round(micros.last()) })
}

type Guest = (RiderId, PlaceId, PlaceId);

/// Facilities of nine vehicles each all over the network, with members whose day is planned, and guests.
fn open(arguments: &Arguments, roads: &Arc<Roads>, draw: &mut Draw) -> Result<(Engine, Vec<Guest>), Fault> {
    let setup = Setup { area: AreaId(1), roads: roads.clone(), log: Box::new(MemoryLog::new()) };
    let mut engine = Engine::open(setup)?;
    let now = at(6, 0);
    let nodes = roads.node_count() as u64;
    submit(&mut engine, Command::AddCorporation, now)?;
    let policy = Policy {
        allows: RideClass::ALL.into_iter().collect(),
        guest_hours: window((8, 30), (17, 30))?,
        source: "bench: every class allowed".to_owned(),
        author: "bench".to_owned(),
        ..Policy::national(day())
    };
    submit(&mut engine, Command::AdoptPolicy(policy), now)?;
    let mut places = 0;
    let mut place = |engine: &mut Engine, draw: &mut Draw| -> Result<PlaceId, Fault> {
        places += 1;
        let node = Node(draw.below(nodes) as u32);
        submit(engine, Command::AddPlace(NewPlace { node, largest_vehicle: VehicleKind::Van }), now)?;
        Ok(PlaceId(places))
    };
    let mut riders = 0;
    let facilities = arguments.vehicles.div_ceil(FLEET);
    for facility in (1..=facilities).map(FacilityId) {
        let site = place(&mut engine, draw)?;
        let new = NewFacility {
            corporation: CorporationId(1),
            place: site,
            service: window((9, 30), (16, 40))?,
            pickup_hours: window((7, 30), (9, 45))?,
            dropoff_hours: window((16, 25), (18, 30))?,
            ride_max: Seconds::minutes(40),
        };
        submit(&mut engine, Command::AddFacility(new), now)?;
        let left = arguments.vehicles - (facility.0 - 1) * FLEET;
        for number in 0..left.min(FLEET) {
            let layouts = [(7, 0), (5, 1)].map(|(seats, wheelchairs)| Layout { seats, wheelchairs }).to_vec();
            let shift = window((7, 30), (18, 30))?;
            let (kind, attendant) = (VehicleKind::Van, number % 2 == 0);
            submit(
                &mut engine,
                Command::AddVehicle(NewVehicle { facility, kind, layouts, shift, attendant }),
                now,
            )?;
            // Two in three drivers help inside between the runs.
            let duties = if number % 3 == 0 { Vec::new() } else { vec![window((9, 50), (16, 20))?] };
            let weekdays = Weekdays(Weekday::ALL.to_vec());
            let licence = VehicleKind::Van;
            let driver = NewDriver { facility, licence, weekdays, shifts: vec![shift], duties };
            submit(&mut engine, Command::AddDriver(driver), now)?;
        }
        for _ in 0..arguments.members {
            let home = place(&mut engine, draw)?;
            let membership = Some(Membership { facility, weekdays: Weekdays(vec![day().weekday()]) });
            let needs = needs(draw);
            submit(&mut engine, Command::AddRider(NewRider { needs, places: vec![home], membership }), now)?;
            riders += 1;
        }
        submit(&mut engine, Command::PlanDay { facility, day: day(), start: PlanStart::Fresh }, at(6, 30))?;
    }
    let mut guests = Vec::new();
    for _ in 0..500.min(arguments.requests.max(50)) {
        let (home, goal) = (place(&mut engine, draw)?, place(&mut engine, draw)?);
        let new = NewRider { needs: needs(draw), places: vec![home, goal], membership: None };
        submit(&mut engine, Command::AddRider(new), now)?;
        riders += 1;
        guests.push((RiderId(riders), home, goal));
    }
    Ok((engine, guests))
}

fn window(a: (u32, u32), b: (u32, u32)) -> Result<DayWindow, Fault> {
    DayWindow::new(DayTime::hm(a.0, a.1), DayTime::hm(b.0, b.1)).map_err(|e| Fault::Usage(e.to_string()))
}

fn needs(draw: &mut Draw) -> Needs {
    let wheelchair = draw.happens(15);
    let (boarding, alighting) = if wheelchair { (300, 150) } else { (90, 60) };
    let (boarding, alighting) = (Seconds(boarding), Seconds(alighting));
    Needs { wheelchair, walker_tenths: 0, attendant: draw.happens(5), boarding, alighting }
}
