//! The judge against plans that keep a rule just so, and break it by a second. A judge that lets everything pass would
//! make every other test of plans worthless.
#![allow(clippy::unwrap_used)]

use domain::{
    Area, Booking, Care, Cause, Channel, Direction, Event, Facility, Layout, Listener, Needs, News, Notice,
    Pin, Place, Planned, PlannedVisit, Policy, Promise, Purpose, Resource, RideClass, Rider, RouteChange,
    RouteId, RunBooking, Seat, SeatWish, Terms, TravelTimes, Turn, Vehicle, VehicleKind, VehicleTurns,
    VisitKey, Wish, check,
};
use units::{
    AreaId, CorporationId, DayTime, DayWindow, DriverId, FacilityId, Metres, Node, NoticeId, PlaceId,
    RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window,
};

/// Places lie on a line, a minute's drive apart; the base is at 0.
struct Line;

impl TravelTimes for Line {
    fn seconds(&self, from: Node, to: Node) -> Seconds {
        Seconds::minutes((i64::from(from.0) - i64::from(to.0)).abs())
    }

    fn metres(&self, from: Node, to: Node) -> Metres {
        Metres(self.seconds(from, to).0 * 8)
    }
}

fn route() -> RouteId {
    RouteId { day: day(), vehicle: VehicleId(1) }
}

fn day() -> ServiceDay {
    ServiceDay::parse("2026-11-24").unwrap()
}

fn at(clock: &str) -> Timestamp {
    day().at(DayTime::parse(clock).unwrap())
}

fn window(open: &str, close: &str) -> Window {
    Window::new(at(open), at(close)).unwrap()
}

fn wide() -> Window {
    window("10:00", "12:00")
}

fn hours(open: &str, close: &str) -> DayWindow {
    DayWindow::new(DayTime::parse(open).unwrap(), DayTime::parse(close).unwrap()).unwrap()
}

/// A vehicle with two seats, or one seat and a wheelchair place; rider `n` at place `n`, `n` minutes from the base.
fn town() -> Area {
    let mut area = Area::new(AreaId(1));
    let mut happen = |event: Event| area.apply(&event).unwrap();
    happen(Event::CorporationAdded { corporation: CorporationId(1) });
    for node in 0..40 {
        let largest_vehicle = if node == 13 { VehicleKind::Kei } else { VehicleKind::Van };
        happen(Event::PlaceAdded { place: Place { id: PlaceId(node), node: Node(node), largest_vehicle } });
    }
    happen(Event::FacilityAdded {
        facility: Facility {
            id: FacilityId(1),
            corporation: CorporationId(1),
            place: PlaceId(0),
            service: hours("09:30", "16:40"),
            pickup_hours: hours("07:30", "09:45"),
            dropoff_hours: hours("16:25", "18:30"),
            ride_max: Seconds::minutes(40),
        },
    });
    happen(Event::VehicleAdded {
        vehicle: Vehicle {
            id: VehicleId(1),
            facility: FacilityId(1),
            kind: VehicleKind::Minivan,
            layouts: vec![Layout { seats: 2, wheelchairs: 0 }, Layout { seats: 1, wheelchairs: 1 }],
            shift: hours("07:30", "18:30"),
            attendant: false,
        },
    });
    for number in 1..20 {
        let needs = Needs {
            wheelchair: number == 7,
            walker_tenths: if number == 8 { 5 } else { 0 },
            attendant: number == 9,
            boarding: Seconds::minutes(2),
            alighting: Seconds::minutes(1),
        };
        let places = vec![PlaceId(number), PlaceId(20)];
        happen(Event::RiderAdded {
            rider: Rider { id: RiderId(number), needs, places, membership: None, care: Care::default() },
        });
    }
    happen(Event::PolicyAdopted { policy: Policy::national(day()) });
    area
}

/// A guest from place `n` to place 20, promised by these windows; the request has the rider's number.
fn guest(area: &mut Area, number: u32, pickup: Window, dropoff: Window) {
    ride(area, number, RideClass::GuestIdleVehicle, Terms::OutsideRunHours, pickup, dropoff);
}

/// A ride of any class; a member's goes to the base.
fn ride(area: &mut Area, number: u32, class: RideClass, terms: Terms, pickup: Window, dropoff: Window) {
    let request = RequestId(number);
    let member = class == RideClass::MemberOnRun;
    let run = Wish::Run { facility: FacilityId(1), direction: Direction::PickupRun, day: day() };
    area.apply(&Event::RequestMade {
        request,
        rider: RiderId(number),
        people: 1,
        from: PlaceId(number),
        to: if member { PlaceId(0) } else { PlaceId(20) },
        wish: if member { run } else { Wish::LeaveAt(pickup.open()) },
        channel: Channel::Phone,
        purpose: Purpose::Other,
        at: at("07:00"),
    })
    .unwrap();
    let booking = Booking {
        vehicle: VehicleId(1),
        day: day(),
        class,
        terms,
        promise: Promise { pickup, dropoff },
        planned: Planned { pickup: pickup.open(), dropoff: pickup.open() + Seconds::minutes(7) },
        ride_max: Seconds::minutes(30),
        direct: Seconds::minutes(5),
        policy: None,
        fare_yen: 0,
    };
    area.apply(&Event::RunsBooked { bookings: vec![RunBooking { request, booking }] }).unwrap();
}

fn plan(area: &mut Area, visits: &[(u32, char, &str)]) {
    let planned = |(request, sign, clock): &(u32, char, &str)| {
        let request = RequestId(*request);
        let visit = if *sign == '+' { VisitKey::pickup(request) } else { VisitKey::dropoff(request) };
        PlannedVisit { visit, begin: at(clock) }
    };
    let change = RouteChange { route: route(), visits: visits.iter().map(planned).collect() };
    area.apply(&Event::PlanChanged { revision: 1, routes: vec![change] }).unwrap();
}

/// The rules that the judge finds broken in `after` at `now`, neighbours of a kind once.
fn broken_at(before: &Area, after: &Area, now: Timestamp) -> Vec<&'static str> {
    let mut rules: Vec<_> = check(before, after, &[route()], now, &Line).iter().map(|v| v.rule).collect();
    rules.dedup();
    rules
}

/// Judges visits for what `prepare` books in the empty town.
fn verdict(prepare: impl Fn(&mut Area), visits: &[(u32, char, &str)]) -> Vec<&'static str> {
    let before = town();
    let mut after = before.clone();
    prepare(&mut after);
    plan(&mut after, visits);
    broken_at(&before, &after, at("07:30"))
}

const LAWFUL: [&str; 0] = [];

fn one(area: &mut Area) {
    guest(area, 5, wide(), wide());
}

fn two(area: &mut Area) {
    guest(area, 5, wide(), wide());
    guest(area, 6, wide(), wide());
}

#[test]
fn driving_and_dwell_take_their_time() {
    // Two minutes of boarding and fifteen of driving from place 5 to place 20.
    assert_eq!(verdict(one, &[(5, '+', "10:00"), (5, '-', "10:17")]), LAWFUL);
    assert_eq!(verdict(one, &[(5, '+', "10:00"), (5, '-', "10:16:59")]), ["travel"]);
    // The first door is five minutes from the base, and the shift begins at half past seven.
    let morning = window("07:30", "08:00");
    let early = |area: &mut Area| ride(area, 5, RideClass::MemberOnRun, Terms::Member, morning, morning);
    assert_eq!(verdict(early, &[(5, '+', "07:35"), (5, '-', "07:42")]), LAWFUL);
    assert_eq!(verdict(early, &[(5, '+', "07:34:59"), (5, '-', "07:42")]), ["travel"]);
}

#[test]
fn promises_are_kept_to_the_second() {
    let told = |area: &mut Area| guest(area, 5, window("10:05", "10:15"), window("10:05", "10:35"));
    assert_eq!(verdict(told, &[(5, '+', "10:05"), (5, '-', "10:22")]), LAWFUL);
    assert_eq!(verdict(told, &[(5, '+', "10:04:59"), (5, '-', "10:22")]), ["promise"]);
    assert_eq!(verdict(told, &[(5, '+', "10:15:01"), (5, '-', "10:33")]), ["promise"]);
    assert_eq!(verdict(told, &[(5, '+', "10:15"), (5, '-', "10:35")]), LAWFUL);
    assert_eq!(verdict(told, &[(5, '+', "10:15"), (5, '-', "10:35:01")]), ["promise"]);
}

#[test]
fn nobody_stands_or_rides_too_long() {
    let with_second_at = |second: &'static str, first_off: &'static str, last_off: &'static str| {
        verdict(two, &[(5, '+', "10:00"), (6, '+', second), (6, '-', first_off), (5, '-', last_off)])
    };
    // Place 6 is reached at 10:03; five minutes of standing is the limit.
    assert_eq!(with_second_at("10:08", "10:24", "10:25"), LAWFUL);
    assert_eq!(with_second_at("10:08:01", "10:24:01", "10:25:01"), ["wait_on_board"]);
    // Boarding ends at 10:02, thirty minutes on board are the limit: alighting begins by 10:32.
    assert_eq!(with_second_at("10:08", "10:28", "10:32"), LAWFUL);
    assert_eq!(with_second_at("10:08", "10:28", "10:32:01"), ["ride_time"]);
}

#[test]
fn the_load_fits_a_layout_on_every_leg() {
    let riders = |numbers: &'static [u32]| {
        move |area: &mut Area| numbers.iter().for_each(|n| guest(area, *n, wide(), wide()))
    };
    let together =
        |a: u32, b: u32| [(a, '+', "10:10"), (b, '+', "10:15"), (a, '-', "10:33"), (b, '-', "10:35")];
    assert_eq!(verdict(riders(&[5, 6]), &together(5, 6)), LAWFUL, "two seats");
    assert_eq!(verdict(riders(&[6, 7]), &together(6, 7)), LAWFUL, "a seat and the wheelchair place");
    assert_eq!(verdict(riders(&[5, 8]), &together(5, 8)), ["layout"], "a walker takes half a seat more");
    let three = [
        (4, '+', "10:00"),
        (5, '+', "10:03"),
        (6, '+', "10:06"),
        (4, '-', "10:22"),
        (5, '-', "10:23"),
        (6, '-', "10:24"),
    ];
    assert_eq!(verdict(riders(&[4, 5, 6]), &three), ["layout"], "three on two seats");
}

#[test]
fn members_and_guests_meet_only_where_terms_allow() {
    let with = |class: RideClass, terms: Terms| {
        move |area: &mut Area| {
            let mut policy = Policy::national(day());
            policy.allows.extend(RideClass::ALL);
            area.apply(&Event::PolicyAdopted { policy }).unwrap();
            let morning = window("08:30", "09:30");
            ride(area, 5, RideClass::MemberOnRun, Terms::Member, morning, morning);
            ride(area, 4, class, terms, window("08:30", "09:30"), window("08:30", "10:30"));
        }
    };
    // The member is on board from 8:30; the guest at place 4 lies on the way to the base, or comes afterwards.
    let mixed = [(5, '+', "08:30"), (4, '+', "08:33"), (5, '-', "08:39"), (4, '-', "09:00")];
    let apart = [(5, '+', "08:30"), (5, '-', "08:37"), (4, '+', "08:42"), (4, '-', "09:00")];
    assert_eq!(verdict(with(RideClass::GuestEmptyLeg, Terms::EmptyLeg), &mixed), ["mixed_boarding"]);
    assert_eq!(verdict(with(RideClass::GuestEmptyLeg, Terms::EmptyLeg), &apart), LAWFUL);
    assert_eq!(verdict(with(RideClass::GuestBesideMembers, Terms::BesideMembers), &mixed), LAWFUL);
    assert_eq!(verdict(with(RideClass::GuestIdleVehicle, Terms::OutsideRunHours), &apart), ["run_hours"]);
    assert_eq!(verdict(with(RideClass::GuestIdleVehicle, Terms::BesideMembers), &mixed), ["policy"]);
}

#[test]
fn policy_lane_attendant_and_shift_are_held() {
    let empty_leg =
        |area: &mut Area| ride(area, 5, RideClass::GuestEmptyLeg, Terms::EmptyLeg, wide(), wide());
    assert_eq!(verdict(empty_leg, &[(5, '+', "10:00"), (5, '-', "10:17")]), ["policy"]);
    let lane = |area: &mut Area| guest(area, 13, wide(), wide());
    assert_eq!(verdict(lane, &[(13, '+', "10:00"), (13, '-', "10:09")]), ["lane"]);
    let attendant = |area: &mut Area| guest(area, 9, wide(), wide());
    assert_eq!(verdict(attendant, &[(9, '+', "10:00"), (9, '-', "10:13")]), ["attendant"; 1]);
    // A minute to alight at place 20, and twenty back to the base.
    let evening = window("17:30", "18:30");
    let late = |area: &mut Area| guest(area, 5, evening, evening);
    assert!(!verdict(late, &[(5, '+', "17:52"), (5, '-', "18:09")]).contains(&"shift_end"));
    assert!(verdict(late, &[(5, '+', "17:52:01"), (5, '-', "18:09:01")]).contains(&"shift_end"));
}

#[test]
fn everybody_promised_is_carried_exactly_once() {
    assert_eq!(verdict(two, &[(5, '+', "10:00"), (5, '-', "10:17")]), ["complete"]);
    assert!(verdict(one, &[(5, '-', "10:20"), (5, '+', "10:40")]).contains(&"complete"));
    assert!(verdict(one, &[(5, '+', "10:00"), (5, '-', "10:17"), (6, '+', "10:40")]).contains(&"complete"));
    assert!(verdict(one, &[]).contains(&"complete"));
}

#[test]
fn what_facts_force_is_allowed_and_no_more() {
    let mut before = town();
    guest(&mut before, 5, window("10:05", "10:15"), window("10:05", "10:40"));
    plan(&mut before, &[(5, '+', "10:05"), (5, '-', "10:22")]);
    // At 10:30 the vehicle still stands at its base, five minutes away: the pickup cannot begin before 10:35.
    let judged = |pickup: &str, dropoff: &str| {
        let mut after = before.clone();
        plan(&mut after, &[(5, '+', pickup), (5, '-', dropoff)]);
        broken_at(&before, &after, at("10:30"))
    };
    assert_eq!(judged("10:35", "10:52"), LAWFUL);
    assert_eq!(judged("10:35:01", "10:52:01"), ["promise"]);
}

#[test]
fn a_promise_is_not_rewritten() {
    let mut before = town();
    guest(&mut before, 5, wide(), wide());
    plan(&mut before, &[(5, '+', "10:00"), (5, '-', "10:17")]);
    let mut after = before.clone();
    guest(&mut after, 5, window("10:00", "13:00"), wide());
    plan(&mut after, &[(5, '+', "10:00"), (5, '-', "10:17")]);
    assert_eq!(broken_at(&before, &after, at("07:30")), ["promise"]);
}

#[test]
fn guests_delay_members_by_no_more_than_the_policy_says() {
    let mut before = town();
    let mut policy = Policy::national(day());
    policy.allows.insert(RideClass::GuestEmptyLeg);
    before.apply(&Event::PolicyAdopted { policy }).unwrap();
    ride(
        &mut before,
        5,
        RideClass::MemberOnRun,
        Terms::Member,
        window("08:30", "08:45"),
        window("08:30", "09:30"),
    );
    plan(&mut before, &[(5, '+', "08:30"), (5, '-', "08:37")]);
    let delayed = |pickup: &str, dropoff: &str| {
        let mut after = before.clone();
        let (boards, leaves) = (window("07:35", "08:00"), window("07:35", "08:10"));
        ride(&mut after, 3, RideClass::GuestEmptyLeg, Terms::EmptyLeg, boards, leaves);
        plan(&mut after, &[(3, '+', "07:45"), (3, '-', "08:04"), (5, '+', pickup), (5, '-', dropoff)]);
        broken_at(&before, &after, at("07:30"))
    };
    // The day plan said 8:30 at the door; five minutes is what guests may cost, though the promise bears fifteen.
    assert_eq!(delayed("08:35", "08:42"), LAWFUL);
    assert_eq!(delayed("08:35:01", "08:42:01"), ["member_delay"]);
}

fn set_care(area: &mut Area, rider: u32, care: Care) {
    area.apply(&Event::CareSet { rider: RiderId(rider), care }).unwrap();
}

#[test]
fn nobody_is_alone_who_must_not_be() {
    let shy = |area: &mut Area| {
        two(area);
        set_care(area, 5, Care { never_alone: true, ..Care::default() });
    };
    let inside = [(6, '+', "10:00"), (5, '+', "10:03"), (5, '-', "10:20"), (6, '-', "10:21")];
    assert_eq!(verdict(shy, &inside), LAWFUL);
    let first = [(5, '+', "10:00"), (6, '+', "10:03"), (6, '-', "10:19"), (5, '-', "10:20")];
    assert_eq!(verdict(shy, &first), ["alone"]);
    // With an attendant nobody is alone.
    let attended = |area: &mut Area| {
        shy(area);
        let mut vehicle = Vehicle::clone(&area.vehicles[&VehicleId(1)]);
        vehicle.attendant = true;
        area.apply(&Event::VehicleAdded { vehicle }).unwrap();
    };
    assert_eq!(verdict(attended, &first), LAWFUL);
}

#[test]
fn some_must_not_meet() {
    let foes = |area: &mut Area| {
        two(area);
        set_care(area, 6, Care { not_with: [RiderId(5)].into(), ..Care::default() });
    };
    let together = [(6, '+', "10:00"), (5, '+', "10:03"), (5, '-', "10:20"), (6, '-', "10:21")];
    let apart = [(5, '+', "10:00"), (5, '-', "10:17"), (6, '+', "10:32"), (6, '-', "10:48")];
    assert_eq!(verdict(foes, &together), ["must_not_meet"]);
    assert_eq!(verdict(foes, &apart), LAWFUL);
    let seats = |must: bool| {
        move |area: &mut Area| {
            two(area);
            for (rider, must) in [(5, true), (6, must)] {
                let seat = Some(SeatWish { seat: Seat::Front, must });
                set_care(area, rider, Care { seat, ..Care::default() });
            }
        }
    };
    assert_eq!(verdict(seats(true), &together), ["must_not_meet"]);
    assert_eq!(verdict(seats(false), &together), LAWFUL);
}

#[test]
fn somebody_drives_from_leaving_the_base_to_being_back() {
    let turns = |all: &'static [(&'static str, &'static str)]| {
        move |area: &mut Area| {
            two(area);
            let turn =
                |(open, close): &(&str, &str)| Turn { driver: DriverId(1), window: window(open, close) };
            let turns = all.iter().map(turn).collect();
            let vehicles = vec![VehicleTurns { vehicle: VehicleId(1), turns }];
            area.apply(&Event::DriversAssigned { day: day(), vehicles }).unwrap();
        }
    };
    // Five minutes out, back at 10:38; six minutes out again, back at 12:03.
    let visits = [(5, '+', "10:00"), (5, '-', "10:17"), (6, '+', "11:26"), (6, '-', "11:42")];
    assert_eq!(verdict(turns(&[("09:55", "12:03")]), &visits), LAWFUL);
    assert_eq!(verdict(turns(&[("09:55", "10:38"), ("11:20", "12:03")]), &visits), LAWFUL);
    for wrong in [
        &[("09:55:01", "12:03")] as &[_],
        &[("09:55", "12:02:59")],
        &[("09:55", "10:37:59"), ("11:20", "12:03")],
        &[("09:55", "10:38"), ("11:20:01", "12:03")],
        &[],
    ] {
        assert_eq!(verdict(turns(wrong), &visits), ["driver"], "{wrong:?}");
    }
}

#[test]
fn members_ride_with_vehicles_that_are_there_and_theirs() {
    let morning = window("08:00", "09:00");
    let prepare = |event: fn() -> Event| {
        move |area: &mut Area| {
            ride(area, 5, RideClass::MemberOnRun, Terms::Member, morning, morning);
            let mut vehicle = Vehicle::clone(&area.vehicles[&VehicleId(1)]);
            vehicle.id = VehicleId(2);
            area.apply(&Event::VehicleAdded { vehicle }).unwrap();
            area.apply(&event()).unwrap();
        }
    };
    let visits = [(5, '+', "08:10"), (5, '-', "08:17")];
    assert_eq!(verdict(prepare(|| pinned(1)), &visits), LAWFUL);
    assert_eq!(verdict(prepare(|| pinned(2)), &visits), ["pin"]);
    let out = || Event::TakenOut { what: Resource::Vehicle(VehicleId(1)), day: day() };
    assert_eq!(verdict(prepare(out), &visits), ["out"]);
}

fn pinned(vehicle: u32) -> Event {
    let (rider, direction) = (RiderId(5), Direction::PickupRun);
    let pin = Pin { vehicle: Some(VehicleId(vehicle)), at: None };
    Event::RidePinned { rider, day: day(), direction, pin }
}

#[test]
fn another_promise_is_lawful_only_if_it_is_told() {
    let mut before = town();
    guest(&mut before, 5, window("10:00", "10:15"), wide());
    plan(&mut before, &[(5, '+', "10:00"), (5, '-', "10:17")]);
    let booking = *before.requests[&RequestId(5)].find_active_booking().unwrap();
    let later = Promise { pickup: window("10:30", "10:45"), dropoff: wide() };
    let booking = Booking { promise: later, ..booking };
    let mut after = before.clone();
    let bookings = vec![RunBooking { request: RequestId(5), booking }];
    after.apply(&Event::RidesRebooked { bookings }).unwrap();
    plan(&mut after, &[(5, '+', "10:30"), (5, '-', "10:47")]);
    assert_eq!(broken_at(&before, &after, at("07:30")), ["promise"]);
    let news = News::Time {
        request: RequestId(5),
        direction: Direction::PickupRun,
        vehicle: VehicleId(1),
        former: Some(window("10:00", "10:15")),
        window: later.pickup,
    };
    let notices = vec![Notice { id: NoticeId(1), to: Listener::Rider(RiderId(5)), news }];
    after.apply(&Event::NoticesMade { day: day(), cause: Cause::Improvement, notices }).unwrap();
    assert_eq!(broken_at(&before, &after, at("07:30")), LAWFUL);
}
