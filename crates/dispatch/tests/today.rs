//! Same-day events through the engine: what an operator, a driver and a family would see.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use dispatch::{Engine, Reply, Setup, Submission, Turned, list_in_danger};
use domain::{
    Booking, Cause, Command, Direction, DoorDecision, Event, FactKind, Layout, Listener, Membership, Needs,
    NewClosure, NewFacility, NewPlace, NewRider, NewVehicle, News, PlanStart, Policy, RequestState, RouteId,
    VehicleKind, VisitKey, VisitKind, Weekdays, WidenReason, Wish,
};
use roads::{Period, Roads};
use store::MemoryLog;
use units::{
    AreaId, CorporationId, DayTime, DayWindow, FacilityId, Metres, Node, PlaceId, Point, RequestId, RiderId,
    Seconds, ServiceDay, Timestamp, VehicleId, Weekday, Window,
};

static ROADS: LazyLock<Arc<Roads>> = LazyLock::new(|| Arc::new(roads::draw_town(5).unwrap().roads));
const MEMBERS: u32 = 8;

fn day() -> ServiceDay {
    ServiceDay::parse("2026-11-24").unwrap()
}

fn at(hour: u32, minute: u32) -> Timestamp {
    day().at(DayTime::hm(hour, minute))
}

fn hours(open: (u32, u32), close: (u32, u32)) -> DayWindow {
    DayWindow::new(DayTime::hm(open.0, open.1), DayTime::hm(close.0, close.1)).unwrap()
}

struct Office(Engine);

impl Office {
    /// One facility with three vehicles and eight members, whose day is planned.
    fn open() -> Office {
        let setup = Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(MemoryLog::new()) };
        let mut office = Office(Engine::open(setup).unwrap());
        office.must(Command::AddCorporation);
        let nodes = ROADS.node_count() as u32;
        for number in 0..(2 + MEMBERS) {
            let node = Node(number * 211 % nodes);
            office.must(Command::AddPlace(NewPlace { node, largest_vehicle: VehicleKind::Van }));
        }
        office.must(Command::AddFacility(NewFacility {
            corporation: CorporationId(1),
            place: PlaceId(1),
            service: hours((9, 30), (16, 40)),
            pickup_hours: hours((7, 30), (9, 45)),
            dropoff_hours: hours((16, 25), (18, 30)),
            ride_max: Seconds::minutes(40),
        }));
        for _ in 0..3 {
            office.must(Command::AddVehicle(NewVehicle {
                facility: FacilityId(1),
                kind: VehicleKind::Van,
                layouts: vec![Layout { seats: 5, wheelchairs: 0 }],
                shift: hours((7, 30), (18, 30)),
                attendant: false,
            }));
        }
        for number in 0..MEMBERS {
            let minute = Seconds::minutes(1);
            let needs = Needs {
                wheelchair: false,
                walker_tenths: 0,
                attendant: false,
                boarding: minute,
                alighting: minute,
            };
            let weekdays = Weekdays(vec![Weekday::Tue]);
            let membership = Some(Membership { facility: FacilityId(1), weekdays });
            office.must(Command::AddRider(NewRider { needs, places: vec![PlaceId(3 + number)], membership }));
        }
        office.must(Command::AdoptPolicy(Policy::national(day())));
        office.must(Command::PlanDay { facility: FacilityId(1), day: day(), start: PlanStart::Fresh });
        office
    }

    fn try_at(&mut self, command: Command, now: Timestamp) -> Result<Reply, Turned> {
        let reply = self.0.submit(Submission::of(command, "test"), now);
        assert_eq!(self.0.effort().refused_plans, 0, "planner and judge disagree: {reply:?}");
        reply
    }

    fn must(&mut self, command: Command) -> Reply {
        self.try_at(command, at(6, 0)).unwrap()
    }

    fn ride(&self, rider: RiderId, direction: Direction) -> (RequestId, Booking) {
        let of = |r: &&Arc<domain::Request>| {
            r.rider == rider && matches!(r.wish, Wish::Run { direction: d, .. } if d == direction)
        };
        let request = self.0.state().requests.values().find(of).unwrap();
        (request.id, *request.find_active_booking().unwrap())
    }

    fn begin(&self, visit: VisitKey) -> Timestamp {
        let booking = *self.0.state().requests[&visit.request].find_active_booking().unwrap();
        let route =
            self.0.state().find_route(RouteId { day: booking.day, vehicle: booking.vehicle }).unwrap();
        route.visits.iter().find(|v| v.visit == visit).unwrap().begin
    }

    /// Drives a vehicle's route up to the arrival at the first visit that `until` picks; the time then.
    fn drive_to(&mut self, vehicle: VehicleId, until: impl Fn(VisitKey) -> bool) -> (VisitKey, Timestamp) {
        let mut now = at(7, 30);
        loop {
            let route = self.0.state().find_route(RouteId { day: day(), vehicle }).unwrap();
            let next = *route.visits.first().expect("a visit to come");
            self.tap(vehicle, FactKind::Departed, next.visit, now.max(next.begin - Seconds::minutes(10)));
            let eta = self.0.forecast(RouteId { day: day(), vehicle }, now)[0].begin;
            now = now.max(eta).max(next.begin);
            self.tap(vehicle, FactKind::Arrived, next.visit, now);
            if until(next.visit) {
                return (next.visit, now);
            }
            now = now + Seconds::minutes(1);
            let fact = match next.visit.kind {
                VisitKind::Pickup => FactKind::Boarded,
                VisitKind::Dropoff => FactKind::Alighted,
            };
            self.tap(vehicle, fact, next.visit, now);
        }
    }

    fn tap(&mut self, vehicle: VehicleId, fact: FactKind, visit: VisitKey, now: Timestamp) -> Reply {
        self.try_at(Command::RecordFact { vehicle, fact, visit: Some(visit), at: now }, now).unwrap()
    }
}

fn told(reply: &Reply) -> Vec<(Listener, News)> {
    let notices = reply.events.iter().filter_map(|e| match e {
        Event::NoticesMade { notices, .. } => Some(notices.iter().map(|n| (n.to, n.news.clone()))),
        _ => None,
    });
    notices.flatten().collect()
}

fn promises(office: &Office, but: RequestId) -> Vec<(RequestId, domain::Promise)> {
    let all = office.0.state().requests.values();
    all.filter(|r| r.id != but).filter_map(|r| Some((r.id, r.find_active_booking()?.promise))).collect()
}

#[test]
fn a_late_member_is_fetched_when_ready_and_nobody_elses_promise_gives_way() {
    let mut office = Office::open();
    let (rider, direction) = (RiderId(3), Direction::PickupRun);
    let (id, former) = office.ride(rider, direction);
    let ready = DayTime::of(former.promise.pickup.close() + Seconds::minutes(15));
    let others = promises(&office, id);
    let command = Command::NoteReady { rider, day: day(), direction, at: Some(ready) };
    // What it means can be seen before.
    let rehearsal = Submission { rehearsal: true, ..Submission::of(command.clone(), "test") };
    let before = office.0.submit(rehearsal, at(7, 0)).unwrap();
    assert_eq!(office.ride(rider, direction), (id, former), "a rehearsal changes nothing");
    let reply = office.try_at(command.clone(), at(7, 0)).unwrap();
    assert_eq!(before.events, reply.events);
    let (_, booking) = office.ride(rider, direction);
    assert!(booking.promise.pickup.open() >= day().at(ready));
    assert!(office.begin(VisitKey::pickup(id)) >= day().at(ready));
    assert_eq!(promises(&office, id), others);
    let news = told(&reply);
    assert!(news.iter().any(|(to, news)| *to == Listener::Rider(rider)
        && matches!(news, News::Time { former: Some(f), window, .. }
            if *f == former.promise.pickup && *window == booking.promise.pickup)));
    assert!(news.iter().any(|(to, _)| matches!(to, Listener::Driver(_))));
    // Saying it twice changes nothing more.
    assert!(office.try_at(command, at(7, 1)).unwrap().events.is_empty());
    // Minutes that the vehicle may wait for within what was told are no new vehicle and, at most, a narrower time.
    let (other, booked) = office.ride(RiderId(5), direction);
    let soon = DayTime::of(booked.promise.pickup.open() + Seconds::minutes(2));
    office
        .try_at(Command::NoteReady { rider: RiderId(5), day: day(), direction, at: Some(soon) }, at(7, 2))
        .unwrap();
    let (_, now) = office.ride(RiderId(5), direction);
    assert!(now.promise.pickup.close() <= booked.promise.pickup.close());
    assert!(office.begin(VisitKey::pickup(other)) >= day().at(soon));
}

#[test]
fn an_early_leaver_is_taken_home_at_the_time_that_was_given() {
    let mut office = Office::open();
    let (rider, direction) = (RiderId(2), Direction::DropoffRun);
    let leaves = DayTime::hm(14, 0);
    let reply = office
        .try_at(Command::NoteReady { rider, day: day(), direction, at: Some(leaves) }, at(10, 0))
        .unwrap();
    let (id, booking) = office.ride(rider, direction);
    let begin = office.begin(VisitKey::pickup(id));
    assert!(begin >= at(14, 0) && begin <= at(14, 45), "{begin}");
    assert!(booking.promise.dropoff.close() < at(16, 0));
    assert!(told(&reply).iter().any(|(to, news)| *to == Listener::Rider(rider)
        && matches!(news, News::Time { direction: Direction::DropoffRun, .. })));
    // Who stays away does not leave early.
    let other = Command::NoteReady { rider: RiderId(99), day: day(), direction, at: Some(leaves) };
    assert!(matches!(office.try_at(other, at(10, 0)), Err(Turned::Rejected(_))));
    let past = Command::NoteReady { rider, day: day(), direction, at: Some(DayTime::hm(9, 40)) };
    assert!(matches!(office.try_at(past, at(10, 0)), Err(Turned::Rejected(_))));
}

#[test]
fn at_a_door_to_which_nobody_comes_the_operator_decides() {
    let mut office = Office::open();
    let (id, booking) = office.ride(RiderId(1), Direction::PickupRun);
    let vehicle = booking.vehicle;
    let (visit, now) = office.drive_to(vehicle, |v| v == VisitKey::pickup(id));
    let rider = office.0.state().requests[&visit.request].rider;
    let decide = |decision| Command::DecideAtDoor { request: id, decision };
    assert!(
        matches!(office.try_at(decide(DoorDecision::GoOn), now), Err(Turned::Rejected(_))),
        "nobody asked"
    );
    let reply = office.tap(vehicle, FactKind::NotAtDoor, visit, now);
    let news = told(&reply);
    let asked = |to| news.iter().any(|(who, news)| *who == to && matches!(news, News::NotAtDoor { .. }));
    assert!(asked(Listener::Rider(rider)) && asked(Listener::Facility(FacilityId(1))));
    assert!(
        office.tap(vehicle, FactKind::NotAtDoor, visit, now).events.is_empty(),
        "a second tap is harmless"
    );
    // The vehicle waits its time before anybody is a no-show, for the driver and for the desk.
    let soon = now + Seconds::minutes(2);
    let tap = Command::RecordFact { vehicle, fact: FactKind::NoShow, visit: Some(visit), at: soon };
    assert!(matches!(office.try_at(tap, soon), Err(Turned::Rejected(_))));
    assert!(matches!(office.try_at(decide(DoorDecision::NoShow), soon), Err(Turned::Rejected(_))));
    // Coming back is a later time for this member alone.
    let others = promises(&office, id);
    let back = now + Seconds::minutes(25);
    office.try_at(decide(DoorDecision::ComeBack { at: back }), soon).unwrap();
    assert!(office.begin(visit) >= back);
    assert!(office.0.state().at_door.is_empty());
    assert_eq!(promises(&office, id), others);
    let route = office.0.state().find_route(RouteId { day: day(), vehicle }).unwrap();
    assert_ne!(route.visits.first().map(|v| v.visit), Some(visit), "the vehicle goes on");
}

#[test]
fn going_on_without_a_member_is_no_no_show() {
    let mut office = Office::open();
    let (id, booking) = office.ride(RiderId(4), Direction::PickupRun);
    let (visit, now) = office.drive_to(booking.vehicle, |v| v == VisitKey::pickup(id));
    office.tap(booking.vehicle, FactKind::NotAtDoor, visit, now);
    office.try_at(Command::DecideAtDoor { request: id, decision: DoorDecision::GoOn }, now).unwrap();
    let state = &office.0.state().requests[&id].state;
    assert!(matches!(state, RequestState::Cancelled { .. }), "{state:?}");
    assert!(office.0.state().is_absent(RiderId(4), day(), Direction::PickupRun));
    assert!(!office.0.state().is_absent(RiderId(4), day(), Direction::DropoffRun), "the way home stays");
}

#[test]
fn who_falls_ill_is_driven_to_the_hospital_first_and_all_who_are_touched_are_told() {
    let mut office = Office::open();
    let hospital = PlaceId(2);
    // A vehicle with two on board.
    let mut aboard = BTreeSet::new();
    let (_, booking) = office.ride(RiderId(1), Direction::PickupRun);
    let vehicle = booking.vehicle;
    let planned = office.0.state().find_route(RouteId { day: day(), vehicle }).unwrap();
    let pickups: Vec<VisitKey> = planned.visits.iter().map(|v| v.visit).take(3).collect();
    let (_, now) = office.drive_to(vehicle, |v| v == pickups[2]);
    for request in office.0.state().requests.values() {
        if matches!(request.state, RequestState::OnBoard { .. }) {
            aboard.insert(request.id);
        }
    }
    let ill = *aboard.iter().next().unwrap();
    let rider = office.0.state().requests[&ill].rider;
    let reply = office.try_at(Command::Divert { request: ill, to: hospital }, now).unwrap();
    let route = office.0.state().find_route(RouteId { day: day(), vehicle }).unwrap();
    assert_eq!(route.visits[0].visit, VisitKey::dropoff(ill));
    assert_eq!(office.0.state().requests[&ill].to, hospital);
    let news = told(&reply);
    let diverted = |to| {
        news.iter()
            .any(|(who, news)| *who == to && matches!(news, News::Diverted { to, .. } if *to == hospital))
    };
    assert!(diverted(Listener::Rider(rider)) && diverted(Listener::Driver(vehicle)));
    assert!(diverted(Listener::Facility(FacilityId(1))));
    // Who is not brought to the facility is not fetched from there.
    assert!(office.0.state().is_absent(rider, day(), Direction::DropoffRun));
    // Everybody else keeps the promise, or stands on the list of those in danger.
    let danger = list_in_danger(office.0.state(), day(), now, office.0.travel());
    for seen in office.0.forecast(RouteId { day: day(), vehicle }, now) {
        assert_eq!(seen.late > Seconds::ZERO, danger.iter().any(|d| d.visit == seen.visit), "{}", seen.visit);
    }
    office.tap(vehicle, FactKind::Arrived, VisitKey::dropoff(ill), now + Seconds::minutes(9));
    office.tap(vehicle, FactKind::Alighted, VisitKey::dropoff(ill), now + Seconds::minutes(10));
    assert!(matches!(office.0.state().requests[&ill].state, RequestState::Done { .. }));
}

/// A point in the middle of the way that a vehicle drives between two places.
fn on_the_way(from: PlaceId, to: PlaceId, office: &Office) -> Point {
    let node = |p| office.0.state().find_node(p).unwrap();
    let path = ROADS.path(node(from), node(to));
    path.at(path.points.last().unwrap().after_millis / 2).unwrap()
}

#[test]
fn a_closed_road_is_driven_round_at_once_and_opened_again() {
    let mut office = Office::open();
    let (from, to) = (PlaceId(3), PlaceId(1));
    let node = |office: &Office, p| office.0.state().find_node(p).unwrap();
    let (a, b) = (node(&office, from), node(&office, to));
    let centre = on_the_way(from, to, &office);
    let window = Window::new(at(7, 0), at(9, 0)).unwrap();
    let closure = NewClosure { centre, radius: Metres(80), window };
    let seconds = |office: &Office, now| {
        office.0.travel().look_ahead(day(), now);
        domain::TravelTimes::seconds(office.0.travel(), a, b)
    };
    let open = seconds(&office, at(7, 0));
    let none = RequestId(0);
    let told_before = promises(&office, none);
    let reply = office.try_at(Command::CloseRoad(closure), at(7, 0)).unwrap();
    let closed = ROADS.closed_around(centre, Metres(80));
    let of_a_day = Period::OF_A_DAY.map(|p| ROADS.travel_round(p, &closed, a, &[b])[0].unwrap().seconds);
    assert_eq!(seconds(&office, at(7, 0)), of_a_day.into_iter().max().unwrap(), "exactly the way round");
    assert!(seconds(&office, at(7, 0)) > open);
    assert_eq!(seconds(&office, at(9, 1)), open, "it is over by itself");
    assert_eq!(promises(&office, none), told_before, "no promise is widened in silence");
    let drivers = told(&reply)
        .iter()
        .filter(|(to, n)| matches!(to, Listener::Driver(_)) && matches!(n, News::RoadClosed { .. }))
        .count();
    assert!(drivers > 0);
    // Every stated time can be driven by the new ways.
    for vehicle in 1..=3 {
        let id = RouteId { day: day(), vehicle: VehicleId(vehicle) };
        let Some(route) = office.0.state().routes.get(&id).cloned() else { continue };
        for (seen, planned) in office.0.forecast(id, at(7, 0)).iter().zip(&route.visits) {
            assert_eq!(seen.begin, planned.begin, "{}", planned.visit);
        }
    }
    let id = *office.0.state().hindering.closures.keys().next().unwrap();
    office.try_at(Command::OpenRoad { closure: id }, at(7, 5)).unwrap();
    assert_eq!(seconds(&office, at(7, 5)), open);
    assert!(matches!(office.try_at(Command::OpenRoad { closure: id }, at(7, 6)), Err(Turned::Rejected(_))));
}

#[test]
fn snow_slows_the_day_and_whoever_is_in_danger_is_on_the_list() {
    let mut office = Office::open();
    let told_before = promises(&office, RequestId(0));
    let snow = |window| Command::NoteSnow { day: day(), window };
    let reply = office.try_at(snow(Some(hours((6, 0), (11, 0)))), at(6, 30)).unwrap();
    assert_eq!(promises(&office, RequestId(0)), told_before);
    assert!(told(&reply).iter().any(|(_, n)| matches!(n, News::Snow { .. })));
    let danger = list_in_danger(office.0.state(), day(), at(6, 30), office.0.travel());
    // What is in danger is what the forecast says, and an operator may widen it; then it is in danger no more.
    let Some(first) = danger.iter().find(|d| d.visit.kind == VisitKind::Dropoff).copied() else { return };
    let request = first.visit.request;
    let booking = *office.0.state().requests[&request].find_active_booking().unwrap();
    let told_dropoff = booking.promise.dropoff;
    let wider = Window::new(told_dropoff.open(), told_dropoff.close() + first.late).unwrap();
    let widen = |dropoff, reason| Command::WidenPromise {
        request,
        pickup: None,
        dropoff: Some(dropoff),
        ride_max: Some(Seconds::minutes(90)),
        reason,
    };
    let narrower = Window::new(told_dropoff.open(), told_dropoff.close() - Seconds(60)).unwrap();
    assert!(matches!(office.try_at(widen(narrower, WidenReason::Road), at(6, 31)), Err(Turned::Rejected(_))));
    let reply = office.try_at(widen(wider, WidenReason::Road), at(6, 31)).unwrap();
    let rider = office.0.state().requests[&request].rider;
    assert!(told(&reply).iter().any(|(to, news)| *to == Listener::Rider(rider)
        && matches!(news, News::Arrival { .. } | News::Time { .. })));
    assert!(reply.events.iter().any(|e| matches!(e,
        Event::NoticesMade { cause: Cause::Widened(r), .. } if *r == request)));
    let after = list_in_danger(office.0.state(), day(), at(6, 31), office.0.travel());
    assert!(!after.iter().any(|d| d.visit == first.visit));
    office.try_at(snow(None), at(6, 32)).unwrap();
    assert!(office.0.state().hindering.is_empty());
}

#[test]
fn a_locked_vehicle_stays_as_it_is() {
    let mut office = Office::open();
    let (_, booking) = office.ride(RiderId(1), Direction::PickupRun);
    let vehicle = booking.vehicle;
    office.must(Command::LockVehicle { vehicle, day: day(), locked: true });
    let visits = |office: &Office| {
        let route = office.0.state().find_route(RouteId { day: day(), vehicle }).unwrap();
        route.visits.iter().map(|v| v.visit).collect::<Vec<_>>()
    };
    let before = visits(&office);
    // Another vehicle goes out: none of its riders comes to the locked one.
    let other = VehicleId(vehicle.0 % 3 + 1);
    office.must(Command::NoteOut { what: domain::Resource::Vehicle(other), day: day(), out: true });
    office.must(Command::ReplanDay { facility: FacilityId(1), day: day() });
    assert_eq!(visits(&office), before);
    let pin = Some(domain::Pin { vehicle: Some(vehicle), at: None });
    let (rider, direction) = (RiderId(2), Direction::PickupRun);
    let pin = Command::PinRide { rider, day: day(), direction, pin };
    assert!(matches!(office.try_at(pin, at(6, 0)), Err(Turned::Rejected(_))));
    office.must(Command::NoteAbsence { rider: RiderId(1), day: day(), kind: domain::AbsenceKind::WholeDay });
    assert!(visits(&office).len() < before.len(), "who stays away is taken off all the same");
    office.must(Command::LockVehicle { vehicle, day: day(), locked: false });
    assert!(!office.0.state().is_locked(vehicle, day()));
}
