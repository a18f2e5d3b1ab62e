//! `kuseki demo`: a drawn town at work. The engine, the database and the pages are the real ones; drivers, riders and the
//! desk are virtual phones that talk to it over the public HTTP and WebSocket API and know nothing else.

pub mod phone;
mod registry;
mod world;
mod driver;
mod day;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dispatch::TownClock;
use server::{AddedAccount, Role};
use sim::Scenario;
use units::{DayTime, ServiceDay, Timestamp, Weekday};

use crate::fault::Fault;
use crate::serve::{Outside, address_of, listen, open, runtime, serve, start_logging};
use world::World;

/// The scenario of the demo. Its demand is an assumption, said aloud at the start: observed towns are far calmer.
const SCENARIO: &str = include_str!("../../../../fixtures/scenarios/demo.toml");
/// The town's day begins then.
const DAWN: DayTime = DayTime::hm(7, 30);

#[derive(Debug, clap::Parser)]
pub struct Arguments {
    /// Data directory; the town lives on in it from day to day.
    #[arg(long, default_value = "kuseki-data")]
    data: PathBuf,
    /// Port on this machine; 0 takes a free one. Without it 8080, or a free one if that is taken.
    #[arg(long)]
    port: Option<u16>,
    /// Town seconds per real second.
    #[arg(long, default_value_t = 30.0)]
    speed: f64,
    /// Draws what happens on the days.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Steps of background search for a better plan, whenever it has changed; 0 for none.
    #[arg(long, default_value_t = sim::IMPROVE_STEPS, value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    improve_steps: u64,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    start_logging();
    if !(0.1..=600.0).contains(&arguments.speed) {
        return Err(Fault::Usage(format!("--speed {}: 0.1 to 600 town seconds per second", arguments.speed)));
    }
    let scenario = Scenario::parse(SCENARIO, "fixtures/scenarios/demo.toml")?;
    let town = roads::draw_town(scenario.town_seed)?;
    let people = sim::draw_people(&town, scenario.town_seed)?;
    let area_name = town.name.clone();
    let roads = Arc::new(town.roads);
    let beginning = open(&arguments.data, &roads, &area_name)?;
    let today = first_day(scenario.date, beginning.last_at);
    let clock = Arc::new(TownClock::starting(today.at(DAWN), arguments.speed));
    let house = beginning.start(roads, clock.clone(), Duration::from_millis(500), arguments.improve_steps)?;
    runtime()?.block_on(async {
        let listener = match arguments.port {
            Some(port) => listen(local(port)).await?,
            None => match listen(local(8080)).await {
                Ok(listener) => listener,
                Err(_) => listen(local(0)).await?,
            },
        };
        let address = address_of(&listener);
        greet(&area_name, &address, arguments, &scenario);
        add_trial_accounts(&house.accounts);
        let world = World::new(people, scenario, arguments.seed, clock.clone(), &address);
        let phones = tokio::spawn(async move {
            if let Err(fault) = day::live(Arc::new(world), today).await {
                eprintln!("kuseki: the demo's virtual people have stopped: {}", crate::fault::chain(&fault));
            }
        });
        // Nobody in a drawn town has an address, so who would be told what is only written down.
        let adapters: Vec<Arc<dyn server::Notifier>> = vec![Arc::new(server::LogNotifier)];
        let outside = Outside {
            demo_clock: Some(clock),
            base_map: None,
            adapters,
            is_open: true,
            public_url: server::PublicUrl::default(),
            is_trial: true,
        };
        let served = serve(house, listener, &area_name, outside).await;
        phones.abort();
        served
    })
}

/// One account of each role, through which the town may be looked at. Their ids are those of the first of everything.
fn add_trial_accounts(accounts: &server::Accounts) {
    let all: [(&str, &str, Role, &[&str]); 8] = [
        ("operator", "配車係（見本）", Role::Operator, &[]),
        ("driver", "1号車の運転手（見本）", Role::Driver, &["vehicle-1"]),
        ("facility", "施設の管理者（見本）", Role::FacilityManager, &["facility-1"]),
        ("corporation", "法人の管理者（見本）", Role::CorporationAdministrator, &["corporation-1"]),
        ("administrator", "地域の管理者（見本）", Role::CorporationAdministrator, &[]),
        ("family", "ご家族（見本）", Role::Rider, &["rider-1"]),
        ("town-hall", "役場（見本）", Role::Municipality, &[]),
        ("auditor", "監査（見本）", Role::Auditor, &[]),
    ];
    for (login, name, role, of) in all {
        let of = of.iter().map(|id| (*id).to_owned()).collect();
        let new = AddedAccount { login: login.to_owned(), name: name.to_owned(), role, of };
        // A demo that goes on has them already.
        drop(accounts.add(new, None));
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// A fresh morning: the scenario's day, or the next weekday after the last one lived.
fn first_day(date: ServiceDay, last_at: Option<Timestamp>) -> ServiceDay {
    let mut day = last_at.map_or(date, |at| ServiceDay::of(at).next().max(date));
    while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        day = day.next();
    }
    day
}

fn greet(area_name: &str, address: &str, arguments: &Arguments, scenario: &Scenario) {
    let rides = scenario.demand.rides_per_million as f64 / 1e6;
    println!("{area_name} is waking up: {address}");
    println!("  {address}/        the operator's board: press N to enter a request of your own");
    println!("  {address}/driver  a driver's phone");
    println!("  {address}/town    the town hall's figures");
    println!("  {address}/sign-in  see it as a driver, a facility, a family or the town hall does");
    println!("  {address}/api/v1/openapi.json  the API that the virtual phones use, too");
    println!(
        "It is 7:30; the town runs {} times as fast as you. Pickup runs leave from about 8:00 on, guests ride",
        arguments.speed
    );
    println!(
        "between them. Demand is raised to {rides} rides per registrant and day (observed: 0.02 to 0.045) so that a"
    );
    println!(
        "quarter of an hour of watching shows every case. Data: {}. Ctrl-C ends it.",
        arguments.data.display()
    );
    println!(
        "Nobody has to sign in here: the demo listens on this machine only. Who would be told what by mail or telephone follows on standard error (RUST_LOG=warn hides it)."
    );
}
