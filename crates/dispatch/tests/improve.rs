//! Improvement between commands: what is taken is better and breaks nothing, what is overtaken is turned away, and the
//! running service does it by itself.
#![allow(clippy::unwrap_used)]

use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use dispatch::{Engine, Service, ServiceSetup, Setup, Submission, TownClock, Turned};
use domain::{
    Channel, Command, Event, FactKind, Layout, Needs, NewFacility, NewPlace, NewRider, NewVehicle, Party,
    Policy, Proposal, Purpose, RequestState, RideClass, VehicleKind, Wish,
};
use roads::Roads;
use store::MemoryLog;
use units::{
    AreaId, CorporationId, DayTime, DayWindow, FacilityId, Node, PlaceId, RiderId, Seconds, ServiceDay,
    Timestamp,
};

static ROADS: LazyLock<Arc<Roads>> = LazyLock::new(|| Arc::new(roads::draw_town(5).unwrap().roads));
const GUESTS: u32 = 14;
const STEPS: u64 = 600;

fn at(hour: u32, minute: u32) -> Timestamp {
    ServiceDay::parse("2026-11-24").unwrap().at(DayTime::hm(hour, minute))
}

fn hours(open: (u32, u32), close: (u32, u32)) -> DayWindow {
    DayWindow::new(DayTime::hm(open.0, open.1), DayTime::hm(close.0, close.1)).unwrap()
}

fn send(engine: &mut Engine, command: Command, now: Timestamp) -> Result<Vec<Event>, Turned> {
    engine.submit(Submission::of(command, "test"), now).map(|reply| reply.events)
}

/// One facility with three vans, and guests who are booked one after the other for the late morning.
fn booked(seed: u32) -> (Engine, MemoryLog) {
    let log = MemoryLog::new();
    let setup = Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(log.clone()) };
    let mut engine = Engine::open(setup).unwrap();
    let nodes = ROADS.node_count() as u32;
    let must = |engine: &mut Engine, command: Command, now| send(engine, command, now).unwrap();
    must(&mut engine, Command::AddCorporation, at(6, 0));
    for number in 0..(1 + 2 * GUESTS) {
        let node = Node((number * 389 + seed * 71) % nodes);
        must(&mut engine, Command::AddPlace(NewPlace { node, largest_vehicle: VehicleKind::Van }), at(6, 0));
    }
    must(
        &mut engine,
        Command::AddFacility(NewFacility {
            corporation: CorporationId(1),
            place: PlaceId(1),
            service: hours((9, 30), (16, 40)),
            pickup_hours: hours((7, 30), (9, 45)),
            dropoff_hours: hours((16, 25), (18, 30)),
            ride_max: Seconds::minutes(40),
        }),
        at(6, 0),
    );
    for _ in 0..3 {
        must(
            &mut engine,
            Command::AddVehicle(NewVehicle {
                facility: FacilityId(1),
                kind: VehicleKind::Van,
                layouts: vec![Layout { seats: 6, wheelchairs: 0 }],
                shift: hours((7, 30), (18, 30)),
                attendant: false,
            }),
            at(6, 0),
        );
    }
    let needs = Needs {
        wheelchair: false,
        walker_tenths: 0,
        attendant: false,
        boarding: Seconds(60),
        alighting: Seconds(60),
    };
    for number in 0..GUESTS {
        let places = vec![PlaceId(2 + 2 * number), PlaceId(3 + 2 * number)];
        must(&mut engine, Command::AddRider(NewRider { needs, places, membership: None }), at(6, 0));
    }
    let mut policy = Policy::national(ServiceDay::parse("2026-11-24").unwrap());
    policy.allows.insert(RideClass::GuestIdleVehicle);
    must(&mut engine, Command::AdoptPolicy(policy), at(6, 0));
    must(&mut engine, Command::Tick, at(7, 0));
    for number in 0..GUESTS {
        let party = Party {
            rider: RiderId(number + 1),
            people: 1,
            from: PlaceId(2 + 2 * number),
            to: PlaceId(3 + 2 * number),
            wish: Wish::LeaveAt(at(10, 30) + Seconds::minutes(i64::from(number * 37 % 60))),
            channel: Channel::Phone,
            purpose: Purpose::Other,
        };
        must(&mut engine, Command::MakeRequest(party), at(9, 0));
        let offers = engine.state().requests.values().filter_map(|r| match &r.state {
            RequestState::Offered { offers } => Some((r.id, offers[0].id)),
            _ => None,
        });
        if let Some((request, offer)) = offers.max() {
            must(&mut engine, Command::AcceptOffer { request, offer }, at(9, 0));
        }
    }
    (engine, log)
}

/// A town where insertion one by one has left something to save.
fn wasteful() -> (Engine, MemoryLog, Proposal) {
    (0..30)
        .map(booked)
        .find_map(|(engine, log)| engine.propose(at(9, 5), STEPS).map(|proposal| (engine, log, proposal)))
        .unwrap()
}

/// What was told to everybody who is booked.
fn told(engine: &Engine) -> Vec<(units::RequestId, domain::Promise, Seconds)> {
    let booked = engine.state().requests.values();
    booked.filter_map(|r| r.find_active_booking().map(|b| (r.id, b.promise, b.ride_max))).collect()
}

#[test]
fn a_better_plan_is_taken_once_and_leaves_every_promise() {
    let (mut engine, _, proposal) = wasteful();
    assert_eq!(
        engine.propose(at(9, 5), STEPS).as_ref(),
        Some(&proposal),
        "the same state, the same proposal"
    );
    let before = told(&engine);
    let events = send(&mut engine, Command::AdoptProposal(proposal.clone()), at(9, 6)).unwrap();
    let [Event::PlanImproved { saved, .. }, Event::PlanChanged { revision, routes }] = events.as_slice()
    else {
        panic!("{events:?}");
    };
    assert!(*saved >= Seconds::minutes(3));
    assert_eq!((*revision, routes.len()), (proposal.base + 1, proposal.routes.len()));
    assert_eq!(told(&engine), before);
    assert_eq!(engine.effort().refused_plans, 0);
    // The plan is another now, so the same proposal means nothing any more.
    let again = send(&mut engine, Command::AdoptProposal(proposal), at(9, 6)).unwrap_err();
    assert!(again.to_string().contains("revision"), "{again}");
}

#[test]
fn a_proposal_that_was_overtaken_or_is_unsound_changes_nothing() {
    let (mut engine, _, proposal) = wasteful();
    let version = engine.version();
    let turned = |engine: &mut Engine, change: &dyn Fn(&mut Proposal)| {
        let mut wrong = proposal.clone();
        change(&mut wrong);
        let answer = send(engine, Command::AdoptProposal(wrong), at(9, 6));
        assert!(matches!(answer, Err(Turned::Rejected(_))), "{answer:?}");
    };
    turned(&mut engine, &|p| p.base += 1);
    turned(&mut engine, &|p| p.day = ServiceDay::parse("2026-11-25").unwrap());
    turned(&mut engine, &|p| p.routes.clear());
    let longest = (0..proposal.routes.len()).max_by_key(|k| proposal.routes[*k].1.len()).unwrap();
    turned(&mut engine, &|p| p.routes[longest].1.truncate(1));
    turned(&mut engine, &|p| p.routes[longest].1.reverse());
    turned(&mut engine, &|p| p.routes[longest].0 = units::VehicleId(9));
    assert_eq!(engine.version(), version);

    // A rider gets on: the visit that the proposal still speaks of is done.
    let (vehicle, keys) = &proposal.routes[longest];
    let visit = engine.state().requests[&keys[0].request].find_active_booking().and_then(|b| {
        let route = engine.state().find_route(domain::RouteId { day: b.day, vehicle: b.vehicle })?;
        Some((b.vehicle, route.visits.first()?.visit))
    });
    let (vehicle, visit) = visit.unwrap_or((*vehicle, keys[0]));
    for (fact, minute) in [(FactKind::Departed, 20), (FactKind::Arrived, 36), (FactKind::Boarded, 40)] {
        let fact = Command::RecordFact { vehicle, fact, visit: Some(visit), at: at(10, minute) };
        send(&mut engine, fact, at(10, minute)).unwrap();
    }
    let proposal = Proposal { base: engine.state().revision, ..proposal };
    let late = send(&mut engine, Command::AdoptProposal(proposal), at(10, 40));
    assert!(matches!(late, Err(Turned::Rejected(_))), "{late:?}");
}

#[test]
fn the_service_improves_by_itself_and_stops_when_told() {
    let (engine, log, _) = wasteful();
    let before = told(&engine);
    drop(engine);
    let setup = Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(log) };
    let service = Service::start(ServiceSetup {
        engine: setup,
        clock: Arc::new(TownClock::starting(at(9, 5), 0.0)),
        tick_every: Duration::from_millis(1),
        improve_steps: STEPS,
        snapshots: None,
    })
    .unwrap();
    let mut feed = service.subscribe();
    let (tell, heard) = channel();
    let known = service.since(store::Version::EMPTY).unwrap();
    known.iter().for_each(|h| tell.send(h.event.clone()).unwrap());
    let listener = std::thread::spawn(move || {
        while let Ok(batch) = feed.blocking_recv() {
            if batch.happened.iter().any(|h| tell.send(h.event.clone()).is_err()) {
                return;
            }
        }
    });
    // The time only bounds how long a service that never improves is waited for.
    let improved = std::iter::from_fn(|| heard.recv_timeout(Duration::from_secs(120)).ok())
        .any(|event| matches!(event, Event::PlanImproved { .. }));
    assert!(improved);
    service.stop();
    let after: Vec<_> = (service.snapshot().area.requests.values())
        .filter_map(|r| r.find_active_booking().map(|b| (r.id, b.promise, b.ride_max)))
        .collect();
    assert_eq!(after, before);
    drop((heard, service));
    listener.join().unwrap();
}
