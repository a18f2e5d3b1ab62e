//! A small day written by hand, counted by hand; and days drawn at random, counted a second way from the area's state.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use domain::{
    AbsenceKind, Area, Booking, Channel, Direction, Event, Facility, Layout, Membership, Needs, Place,
    Planned, Promise, Purpose, Reason, ReasonCount, Refusal, RequestState, RideClass, Rider, RouteId,
    RunBooking, Terms, Vehicle, VehicleKind, VisitKey, Weekdays, Wish,
};
use proptest::prelude::*;
use stats::{DEFINITIONS, DayFigures, Share};
use units::{
    AreaId, CorporationId, DayTime, DayWindow, FacilityId, Metres, Node, OfferId, PlaceId, RequestId,
    RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Weekday, Window,
};

fn day() -> ServiceDay {
    ServiceDay::parse("2026-11-24").unwrap()
}

fn t(hour: u32, minute: u32) -> Timestamp {
    day().at(DayTime::hm(hour, minute))
}

fn needs(wheelchair: bool, walker_tenths: u16) -> Needs {
    Needs { wheelchair, walker_tenths, attendant: false, boarding: Seconds(180), alighting: Seconds(120) }
}

fn rider(id: u32, needs: Needs, member: bool) -> Event {
    let weekdays = Weekdays(vec![Weekday::Tue]);
    let membership = member.then_some(Membership { facility: FacilityId(1), weekdays });
    Event::RiderAdded {
        rider: Rider {
            id: RiderId(id),
            needs,
            places: vec![PlaceId(id)],
            membership,
            care: domain::Care::default(),
        },
    }
}

fn vehicle(id: u32) -> Event {
    Event::VehicleAdded {
        vehicle: Vehicle {
            id: VehicleId(id),
            facility: FacilityId(1),
            kind: VehicleKind::Van,
            layouts: vec![Layout { seats: 4, wheelchairs: 0 }, Layout { seats: 2, wheelchairs: 1 }],
            shift: DayWindow::new(DayTime::hm(7, 30), DayTime::hm(18, 30)).unwrap(),
            attendant: false,
        },
    }
}

fn route() -> RouteId {
    RouteId { day: day(), vehicle: VehicleId(1) }
}

fn booking(class: RideClass, pickup_close: Timestamp, dropoff_close: Timestamp) -> Booking {
    let window = |close: Timestamp| Window::new(close - Seconds::minutes(15), close).unwrap();
    Booking {
        vehicle: VehicleId(1),
        day: day(),
        class,
        terms: if class == RideClass::MemberOnRun { Terms::Member } else { Terms::BesideMembers },
        promise: Promise { pickup: window(pickup_close), dropoff: window(dropoff_close) },
        planned: Planned { pickup: pickup_close, dropoff: dropoff_close },
        ride_max: Seconds::minutes(40),
        direct: Seconds::minutes(10),
        policy: None,
        fare_yen: 0,
    }
}

fn made(
    request: u32,
    rider: u32,
    people: u8,
    wish: Wish,
    channel: Channel,
    purpose: Purpose,
    at: Timestamp,
) -> Event {
    Event::RequestMade {
        request: RequestId(request),
        rider: RiderId(rider),
        people,
        from: PlaceId(rider),
        to: PlaceId(99),
        wish,
        channel,
        purpose,
        at,
    }
}

fn run(direction: Direction) -> Wish {
    Wish::Run { facility: FacilityId(1), direction, day: day() }
}

fn departed(visit: Option<VisitKey>, at: Timestamp, metres: i64) -> Event {
    Event::Departed { route: route(), visit, at, eta: at, metres: Metres(metres) }
}

fn accepted(request: u32, booking: Booking) -> Event {
    Event::OfferAccepted { request: RequestId(request), offer: OfferId(request), booking }
}

fn boarded(request: u32, at: Timestamp) -> Event {
    Event::Boarded { route: route(), request: RequestId(request), at }
}

fn alighted(request: u32, at: Timestamp) -> Event {
    Event::Alighted { route: route(), request: RequestId(request), at }
}

fn arrived(visit: VisitKey, at: Timestamp) -> Event {
    Event::Arrived { route: route(), visit: Some(visit), at }
}

/// Member 1 rides in, 5 minutes late at the door; guest 11 (two people) gets on beside him; guest 12 in a wheelchair rides
/// alone to be there by a time; guest 13 is refused; guest 14 lets the offers run out; member 2 is absent.
fn small_day() -> Vec<Event> {
    let reasons = vec![
        ReasonCount { reason: Reason::NoSeat, vehicles: 2 },
        ReasonCount { reason: Reason::RunHours, vehicles: 5 },
        ReasonCount { reason: Reason::ShiftEnd, vehicles: 5 },
    ];
    vec![
        vehicle(1),
        rider(1, needs(false, 5), true),
        rider(2, needs(false, 0), true),
        rider(11, needs(false, 0), false),
        rider(12, needs(true, 0), false),
        rider(13, needs(false, 0), false),
        rider(14, needs(false, 0), false),
        made(
            90,
            13,
            1,
            Wish::LeaveAt(t(9, 0) - Seconds::hours(24)),
            Channel::App,
            Purpose::Other,
            t(8, 0) - Seconds::hours(24),
        ),
        Event::DayOpened { day: day() },
        made(1, 1, 1, run(Direction::PickupRun), Channel::Facility, Purpose::DayService, t(7, 0)),
        Event::RunsBooked {
            bookings: vec![RunBooking {
                request: RequestId(1),
                booking: booking(RideClass::MemberOnRun, t(8, 15), t(9, 30)),
            }],
        },
        Event::AbsenceNoted { rider: RiderId(2), day: day(), kind: AbsenceKind::WholeDay },
        made(2, 11, 2, Wish::LeaveAt(t(8, 20)), Channel::App, Purpose::Shopping, t(8, 0)),
        accepted(2, booking(RideClass::GuestBesideMembers, t(8, 40), t(9, 0))),
        departed(Some(VisitKey::pickup(RequestId(1))), t(8, 0), 3000),
        arrived(VisitKey::pickup(RequestId(1)), t(8, 20)),
        boarded(1, t(8, 24)),
        departed(Some(VisitKey::pickup(RequestId(2))), t(8, 24), 1000),
        arrived(VisitKey::pickup(RequestId(2)), t(8, 27)),
        boarded(2, t(8, 29)),
        departed(Some(VisitKey::dropoff(RequestId(2))), t(8, 29), 2000),
        arrived(VisitKey::dropoff(RequestId(2)), t(8, 35)),
        alighted(2, t(8, 37)),
        // At the same stop, after the guest: begins when the guest is off.
        alighted(1, t(8, 40)),
        made(3, 12, 1, Wish::ArriveBy(t(11, 0)), Channel::Phone, Purpose::Medical, t(10, 0)),
        accepted(3, booking(RideClass::GuestIdleVehicle, t(10, 40), t(11, 0))),
        departed(Some(VisitKey::pickup(RequestId(3))), t(10, 20), 500),
        arrived(VisitKey::pickup(RequestId(3)), t(10, 30)),
        boarded(3, t(10, 35)),
        departed(Some(VisitKey::dropoff(RequestId(3))), t(10, 35), 4000),
        arrived(VisitKey::dropoff(RequestId(3)), t(10, 50)),
        alighted(3, t(10, 55)),
        departed(None, t(10, 55), 700),
        made(4, 13, 1, Wish::LeaveAt(t(15, 55)), Channel::Phone, Purpose::Leisure, t(12, 0)),
        Event::RequestRefused {
            request: RequestId(4),
            refusal: Refusal { reasons, alternatives: Vec::new(), policy: None },
        },
        made(5, 14, 1, Wish::LeaveAt(t(13, 0)), Channel::App, Purpose::Shopping, t(12, 30)),
        Event::OffersExpired { request: RequestId(5) },
    ]
}

fn fold(events: &[Event]) -> DayFigures {
    let mut figures = DayFigures::default();
    events.iter().for_each(|event| figures.fold(event));
    figures
}

#[test]
fn a_small_day_is_counted_as_by_hand() {
    let f = fold(&small_day()).figures(t(18, 0));
    assert_eq!(f.service_day, day());
    let m = f.members;
    assert_eq!((m.expected, m.absent, m.carried_pickup, m.carried_dropoff), (1, 1, 1, 0));
    // Boarding began at 8:20 against a promise that ended at 8:15.
    assert_eq!((m.on_time_share, m.max_late), (Some(Share(0)), Seconds::minutes(5)));

    let r = &f.requests;
    assert_eq!(
        (r.total, r.booked, r.done, r.refused, r.cancelled, r.no_show, r.expired, r.open),
        (4, 0, 2, 1, 0, 0, 1, 0)
    );
    assert_eq!(r.by_channel, BTreeMap::from([(Channel::App, 2), (Channel::Phone, 2)]));
    assert_eq!(
        r.by_purpose,
        BTreeMap::from([(Purpose::Shopping, 2), (Purpose::Medical, 1), (Purpose::Leisure, 1)])
    );
    assert_eq!(f.served_by_class[&RideClass::MemberOnRun], 1);
    assert_eq!(f.served_by_class[&RideClass::GuestBesideMembers], 1);
    assert_eq!(f.served_by_class[&RideClass::GuestIdleVehicle], 1);
    assert_eq!(f.served_by_class[&RideClass::GuestEmptyLeg], 0);
    // Five vehicles each for two reasons: the earlier in the list of reasons counts.
    assert_eq!(f.refused_by_reason, [(Reason::RunHours, 1)]);
    assert_eq!(f.idle_seats_used, 3);

    assert_eq!((f.wait.count, f.wait.median), (1, Some(Seconds::minutes(9))));
    assert_eq!((f.early.count, f.early.median), (1, Some(Seconds::minutes(10))));
    assert_eq!(
        (f.ride.count, f.ride.median, f.ride.p90),
        (2, Some(Seconds::minutes(6)), Some(Seconds::minutes(15)))
    );

    assert_eq!(f.drive, Metres(3000 + 1000 + 2000 + 500 + 4000 + 700));
    // Empty: 4 idle seats on 3000, 500 and 700 m. Member with walker: 2.5 on 1000 m. With two guests: 0.5 on 2000 m.
    // A wheelchair on board leaves the layout with 2 seats on 4000 m.
    assert_eq!(f.idle_seat_metres, 4 * 4200 + 2500 + 1000 + 8000);
    assert_eq!(f.guest_seat_metres, 2 * 2000 + 4000);
    // Two of the three people carried had the member beside them.
    assert_eq!(f.shared_ride_share, Some(Share(6666)));
}

#[test]
fn a_new_day_begins_with_nothing_but_its_own_wishes() {
    let mut events = small_day();
    let next = day().next();
    let ahead = next.at(DayTime::hm(10, 0));
    events.push(made(6, 13, 1, Wish::LeaveAt(ahead), Channel::Operator, Purpose::Other, t(17, 0)));
    assert_eq!(fold(&events).figures(t(18, 0)).requests.total, 4);
    events.push(Event::DayOpened { day: next });
    let f = fold(&events).figures(ahead);
    assert_eq!((f.requests.total, f.requests.open, f.members.expected, f.drive), (1, 1, 0, Metres(0)));
    assert_eq!((f.service_day, f.shared_ride_share, f.members.on_time_share), (next, None, None));
}

#[test]
fn every_definition_is_worded_once_in_both_languages() {
    let mut names: Vec<_> = DEFINITIONS.iter().map(|d| d.figure).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), DEFINITIONS.len());
    assert!(DEFINITIONS.iter().all(|d| !d.ja.is_ascii() && d.en.is_ascii() && d.en.ends_with('.')));
}

/// What may become of a wish, step by step; a draw says how far it gets.
fn fate(request: u32, class: RideClass, depth: u8, at: Timestamp) -> Vec<Event> {
    let id = RequestId(request);
    let booked = booking(class, at + Seconds::minutes(20), at + Seconds::minutes(50));
    let chain = [
        departed(Some(VisitKey::pickup(id)), at, 1000),
        arrived(VisitKey::pickup(id), at + Seconds::minutes(5)),
        boarded(request, at + Seconds::minutes(8)),
        departed(Some(VisitKey::dropoff(id)), at + Seconds::minutes(8), 2500),
        arrived(VisitKey::dropoff(id), at + Seconds::minutes(16)),
        alighted(request, at + Seconds::minutes(18)),
    ];
    let mut events = vec![];
    match depth {
        0 => {}
        1 => events.push(Event::RequestRefused { request: id, refusal: Refusal::of(Reason::NoSeat) }),
        2 => events.push(Event::OffersExpired { request: id }),
        3 => events.push(Event::RequestCancelled { request: id, at }),
        4 => {
            events.extend([accepted(request, booked), plan(id)]);
            events.push(Event::NoShow { route: route(), request: id, at });
        }
        deeper => {
            events.extend([accepted(request, booked), plan(id)]);
            events.extend(chain.into_iter().take(usize::from(deeper - 5)));
        }
    }
    events
}

fn plan(id: RequestId) -> Event {
    let visit = |visit| domain::PlannedVisit { visit, begin: t(9, 0) };
    let visits = vec![visit(VisitKey::pickup(id)), visit(VisitKey::dropoff(id))];
    Event::PlanChanged { revision: 1, routes: vec![domain::RouteChange { route: route(), visits }] }
}

fn masters() -> Vec<Event> {
    let place = |id: u32| Event::PlaceAdded {
        place: Place { id: PlaceId(id), node: Node(id), largest_vehicle: VehicleKind::Van },
    };
    let mut events: Vec<Event> = (1..=99).map(place).collect();
    let hours = |open, close| DayWindow::new(DayTime::hm(open, 0), DayTime::hm(close, 0)).unwrap();
    let facility = Facility {
        id: FacilityId(1),
        corporation: CorporationId(1),
        place: PlaceId(99),
        service: hours(9, 16),
        pickup_hours: hours(8, 9),
        dropoff_hours: hours(16, 18),
        ride_max: Seconds::minutes(40),
    };
    events.extend([
        Event::FacilityAdded { facility },
        vehicle(1),
        rider(11, needs(false, 0), false),
        rider(12, needs(true, 0), false),
        Event::DayOpened { day: day() },
    ]);
    events
}

proptest! {
    /// The area's own fold of the same events is the second opinion: both must tell the same story of every request.
    #[test]
    fn figures_agree_with_the_areas_state(fates in prop::collection::vec((0u8..=11, 0usize..4, 1u8..3), 1..30)) {
        let mut events = masters();
        for (index, (depth, class, people)) in fates.iter().enumerate() {
            let at = t(9, 0) + Seconds::minutes(10 * index as i64);
            let request = index as u32 + 1;
            events.push(made(request, 11 + request % 2, *people, Wish::LeaveAt(at), Channel::App, Purpose::Other, at));
            events.extend(fate(request, RideClass::ALL[class + 1], *depth, at));
        }
        let mut area = Area::new(AreaId(1));
        let mut figures = DayFigures::default();
        for (index, event) in events.iter().enumerate() {
            area.apply(event).unwrap();
            figures.fold(event);
            // Folded along with the log or rebuilt from it: the same.
            if index % 7 == 0 {
                prop_assert_eq!(fold(&events[..=index]).figures(t(18, 0)), figures.figures(t(18, 0)));
            }
        }
        let f = figures.figures(t(18, 0));
        let count = |codes: &[&str]| area.requests.values().filter(|r| codes.contains(&r.state.code())).count() as u32;
        prop_assert_eq!(f.requests.total, area.requests.len() as u32);
        prop_assert_eq!(f.requests.done, count(&["done"]));
        prop_assert_eq!(f.requests.booked, count(&["booked", "on_board"]));
        prop_assert_eq!(f.requests.refused, count(&["refused"]));
        prop_assert_eq!(f.requests.cancelled, count(&["cancelled"]));
        prop_assert_eq!(f.requests.expired, count(&["expired"]));
        prop_assert_eq!(f.requests.no_show, count(&["no_show"]));
        prop_assert_eq!(f.requests.open, count(&["open"]));
        let seated = ["booked", "on_board", "done"];
        let seats: u32 = area.requests.values().filter(|r| seated.contains(&r.state.code())).map(|r| u32::from(r.people)).sum();
        prop_assert_eq!(f.idle_seats_used, seats);
        prop_assert_eq!(f.served_by_class.values().sum::<u32>(), count(&["on_board", "done"]));
        prop_assert_eq!(f.ride.count, count(&["done"]));
        let rode: i64 = area.requests.values().map(|r| match r.state {
            RequestState::Done { boarded_at, alighted_at, .. } => (alighted_at - boarded_at).0 - 120,
            _ => 0,
        }).sum();
        let spread_sum = f.ride.median.map_or(0, |m| m.0 * i64::from(f.ride.count));
        prop_assert_eq!(rode, spread_sum, "every drawn ride takes the same time");
        let parts = f.requests.booked + f.requests.done + f.requests.refused + f.requests.cancelled + f.requests.no_show
            + f.requests.expired + f.requests.open;
        prop_assert_eq!(parts, f.requests.total);
    }
}
