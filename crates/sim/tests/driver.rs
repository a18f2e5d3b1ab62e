//! Drivers against the rules of the domain: every fact that a bot reports must be accepted, in any world.
#![allow(clippy::unwrap_used)]

use domain::{
    Area, Booking, Channel, Command, Event, Facility, FactKind, Layout, Needs, Place, Planned, PlannedVisit,
    Promise, Purpose, RequestState, RideClass, Rider, RouteChange, RouteId, Terms, TravelTimes, Vehicle,
    VehicleKind, VisitKey, VisitKind, Wish, decide,
};
use proptest::prelude::*;
use sim::{Door, DriverBot, DriverView, Manners};
use units::{
    AreaId, CorporationId, DayTime, DayWindow, FacilityId, Metres, Node, OfferId, PlaceId, RequestId,
    RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window,
};

/// Places on a line, a minute apart; place 1 is the base.
struct Line;

impl TravelTimes for Line {
    fn seconds(&self, from: Node, to: Node) -> Seconds {
        Seconds(60 * (i64::from(from.0) - i64::from(to.0)).abs())
    }
    fn metres(&self, from: Node, to: Node) -> Metres {
        Metres(self.seconds(from, to).0 * 8)
    }
}

const PLACES: u32 = 12;

fn day() -> ServiceDay {
    ServiceDay::parse("2026-11-24").unwrap()
}

fn route() -> RouteId {
    RouteId { day: day(), vehicle: VehicleId(1) }
}

fn hours(open: u32, close: u32) -> DayWindow {
    DayWindow::new(DayTime::hm(open, 0), DayTime::hm(close, 0)).unwrap()
}

/// A trip as drawn: from, to, minutes after nine at which it is planned, and how the door behaves.
#[derive(Debug, Clone)]
struct Trip {
    from: u32,
    to: u32,
    after: i64,
    door: Door,
}

fn trips() -> impl Strategy<Value = Vec<Trip>> {
    let trip = (1..=PLACES, 1..=PLACES, 0i64..180, prop::bool::weighted(0.15), 0i64..240).prop_map(
        |(from, to, after, missing, tail)| {
            let to = if from == to { from % PLACES + 1 } else { to };
            Trip { from, to, after, door: Door { tail: Seconds(tail), comes: !missing } }
        },
    );
    prop::collection::vec(trip, 1..7)
}

/// An area with one vehicle and these trips booked, one after the other or (where `shared`) all picked up first.
fn area_of(trips: &[Trip], shared: bool) -> Area {
    let mut area = Area::new(AreaId(1));
    let mut events: Vec<Event> = (1..=PLACES)
        .map(|id| Event::PlaceAdded {
            place: Place { id: PlaceId(id), node: Node(id), largest_vehicle: VehicleKind::Van },
        })
        .collect();
    let facility = Facility {
        id: FacilityId(1),
        corporation: CorporationId(1),
        place: PlaceId(1),
        service: hours(9, 16),
        pickup_hours: hours(8, 9),
        dropoff_hours: hours(16, 18),
        ride_max: Seconds::minutes(40),
    };
    let layouts = vec![Layout { seats: 9, wheelchairs: 0 }];
    let vehicle = Vehicle {
        id: VehicleId(1),
        facility: FacilityId(1),
        kind: VehicleKind::Van,
        layouts,
        shift: hours(8, 18),
        attendant: true,
    };
    let needs = Needs {
        wheelchair: false,
        walker_tenths: 0,
        attendant: false,
        boarding: Seconds(120),
        alighting: Seconds(60),
    };
    let rider = Rider {
        id: RiderId(1),
        needs,
        places: (1..=PLACES).map(PlaceId).collect(),
        membership: None,
        care: domain::Care::default(),
    };
    events.extend([
        Event::FacilityAdded { facility },
        Event::VehicleAdded { vehicle },
        Event::RiderAdded { rider },
        Event::DayOpened { day: day() },
    ]);
    let mut visits = Vec::new();
    let mut order: Vec<&Trip> = trips.iter().collect();
    order.sort_by_key(|t| t.after);
    for (index, trip) in order.iter().enumerate() {
        let request = RequestId(index as u32 + 1);
        let begin = day().at(DayTime::hm(9, 0)) + Seconds::minutes(trip.after);
        let wish = Wish::LeaveAt(begin);
        events.push(Event::RequestMade {
            request,
            rider: RiderId(1),
            people: 1,
            from: PlaceId(trip.from),
            to: PlaceId(trip.to),
            wish,
            channel: Channel::App,
            purpose: Purpose::Other,
            at: day().at(DayTime::hm(8, 0)),
        });
        let told = |at: Timestamp| Window::from(at - Seconds::minutes(5), Seconds::minutes(15));
        let booking = Booking {
            vehicle: VehicleId(1),
            day: day(),
            class: RideClass::GuestIdleVehicle,
            terms: Terms::OutsideRunHours,
            promise: Promise { pickup: told(begin), dropoff: told(begin + Seconds::minutes(10)) },
            planned: Planned { pickup: begin, dropoff: begin + Seconds::minutes(10) },
            ride_max: Seconds::minutes(40),
            direct: Seconds::minutes(5),
            policy: None,
            fare_yen: 0,
        };
        events.push(Event::OfferAccepted { request, offer: OfferId(request.0), booking });
        visits.push(PlannedVisit { visit: VisitKey::pickup(request), begin });
        visits.push(PlannedVisit { visit: VisitKey::dropoff(request), begin: begin + Seconds::minutes(10) });
    }
    if shared {
        visits.sort_by_key(|v| v.visit.kind);
    }
    events.push(Event::PlanChanged { revision: 1, routes: vec![RouteChange { route: route(), visits }] });
    events.iter().for_each(|event| area.apply(event).unwrap());
    area
}

fn door_of(area: &Area, trips: &[Trip]) -> impl Fn(&domain::Request) -> Door + use<> {
    let mut order: Vec<Trip> = trips.to_vec();
    order.sort_by_key(|t| t.after);
    assert_eq!(area.requests.len(), order.len());
    move |request| order[request.id.0 as usize - 1].door
}

/// Drives the area's one vehicle until nothing moves any more, checking every act; gives the facts in order.
fn drive(
    area: &mut Area,
    bot: DriverBot,
    door: &dyn Fn(&domain::Request) -> Door,
) -> Vec<(FactKind, Option<VisitKey>, Timestamp)> {
    let mut now = day().at(DayTime::hm(8, 0));
    let end = day().at(DayTime::hm(18, 0));
    let mut facts: Vec<(FactKind, Option<VisitKey>, Timestamp)> = Vec::new();
    while now < end {
        let view = DriverView::of(area, route(), now, &Line, door).unwrap();
        let step = bot.step(&view);
        let Some(act) = step.act else {
            assert!(step.next_wake > now, "a driver who does nothing must wait");
            now = step.next_wake;
            continue;
        };
        assert_eq!(act.at, now, "facts are reported when they happen");
        if let (Some(visit), FactKind::Boarded | FactKind::NoShow) = (act.visit, act.fact) {
            let booking = *area.requests[&visit.request].find_active_booking().unwrap();
            let patience = if act.fact == FactKind::NoShow { Seconds::minutes(5) } else { Seconds::ZERO };
            assert!(act.at >= booking.promise.pickup.open() + patience, "{act:?} before the promise");
        }
        let command =
            Command::RecordFact { vehicle: VehicleId(1), fact: act.fact, visit: act.visit, at: act.at };
        let decision = decide(area, &command, now, &Line)
            .unwrap_or_else(|rejection| panic!("{act:?} is turned away: {rejection}"));
        assert!(!decision.events.is_empty(), "{act:?} changes nothing and would be repeated for ever");
        decision.events.iter().for_each(|event| area.apply(event).unwrap());
        facts.push((act.fact, act.visit, act.at));
        assert!(facts.len() < 1000);
    }
    facts
}

proptest! {
    #[test]
    fn every_fact_is_lawful_and_every_trip_is_finished(trips in trips(), shared: bool, seed: u64) {
        let manners = Manners { drive_percent: (90, 130), peak_percent: 8, door_percent: (80, 135) };
        let mut area = area_of(&trips, shared);
        let door = door_of(&area, &trips);
        let facts = drive(&mut area, DriverBot::new(seed, manners), &door);
        prop_assert!(facts.windows(2).all(|pair| pair[0].2 <= pair[1].2));
        for request in area.requests.values() {
            match (&request.state, door(request).comes) {
                (RequestState::Done { .. }, true) | (RequestState::NoShow { .. }, false) => {}
                (state, comes) => prop_assert!(false, "{} ends {} (comes: {comes})", request.id, state.code()),
            }
        }
        let standing = area.find_route(route()).unwrap();
        prop_assert_eq!(standing.anchor.place, PlaceId(1), "the day ends at the base");
        // The same world again, the same facts.
        let mut again = area_of(&trips, shared);
        prop_assert_eq!(drive(&mut again, DriverBot::new(seed, manners), &door), facts);
    }
}

#[test]
fn an_exact_driver_keeps_an_exact_plan() {
    let exact = Manners { drive_percent: (100, 100), peak_percent: 0, door_percent: (100, 100) };
    let trip = |from, to, after| Trip { from, to, after, door: Door::PROMPT };
    let trips = [trip(4, 9, 30), trip(2, 6, 120)];
    let mut area = area_of(&trips, false);
    let door = door_of(&area, &trips);
    let facts = drive(&mut area, DriverBot::new(1, exact), &door);
    let told: Vec<String> = facts
        .iter()
        .map(|(fact, visit, at)| {
            format!("{} {fact:?} {}", DayTime::of(*at), visit.map_or("base".to_owned(), |v| v.to_string()))
        })
        .collect();
    let expected = [
        "09:27 Departed request-1:pickup",
        "09:30 Arrived request-1:pickup",
        "09:32 Boarded request-1:pickup",
        // On board already: goes so as not to be there before the promised window, which opens at 9:35.
        "09:32 Departed request-1:dropoff",
        "09:37 Arrived request-1:dropoff",
        "09:38 Alighted request-1:dropoff",
        // More than an hour until the next departure: back to the base.
        "09:38 Departed base",
        "09:46 Arrived base",
        "10:59 Departed request-2:pickup",
        "11:00 Arrived request-2:pickup",
        "11:02 Boarded request-2:pickup",
        "11:02 Departed request-2:dropoff",
        "11:06 Arrived request-2:dropoff",
        "11:07 Alighted request-2:dropoff",
        "11:07 Departed base",
        "11:12 Arrived base",
    ];
    assert_eq!(told, expected);
}

#[test]
fn nobody_is_a_no_show_before_the_promised_time() {
    let exact = Manners { drive_percent: (50, 50), peak_percent: 0, door_percent: (100, 100) };
    let trips = [Trip { from: 12, to: 2, after: 60, door: Door { tail: Seconds::ZERO, comes: false } }];
    let mut area = area_of(&trips, false);
    let door = door_of(&area, &trips);
    let facts = drive(&mut area, DriverBot::new(1, exact), &door);
    let (_, _, at) = facts.iter().find(|f| f.0 == FactKind::NoShow).unwrap();
    // Planned for ten, promised from 9:55, at the door half a minute before that.
    assert_eq!(DayTime::of(*at).to_string(), "10:00");
    assert!(!facts.iter().any(|f| f.1.is_some_and(|v| v.kind == VisitKind::Dropoff)));
}

#[test]
fn progress_runs_from_departure_to_arrival() {
    let manners = Manners { drive_percent: (120, 120), peak_percent: 0, door_percent: (100, 100) };
    let bot = DriverBot::new(1, manners);
    let at = day().at(DayTime::hm(12, 0));
    let heading = sim::DriverState::Heading {
        visit: VisitKey::pickup(RequestId(1)),
        departed_at: at,
        leg: Seconds(500),
    };
    let progress = |after| bot.progress_basis_points(heading, at + Seconds(after));
    assert_eq!(
        (progress(0), progress(300), progress(600), progress(900)),
        (Some(0), Some(5000), Some(10_000), Some(10_000))
    );
    assert_eq!(bot.progress_basis_points(sim::DriverState::Standing { since: at }, at), None);
}
