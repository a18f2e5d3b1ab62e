//! The day plan and the changes of the same morning, through the engine: what an office would see.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use dispatch::{Engine, Reply, Setup, Submission, Turned};
use domain::{
    AbsenceKind, Care, Command, Direction, Event, JoinKind, Layout, Listener, Membership, Needs, NewDriver,
    NewFacility, NewPlace, NewRider, NewVehicle, News, Notice, Pin, PlanStart, Rejection, RequestState,
    Resource, VehicleKind, VisitKey, VisitKind, Weekdays, Wish,
};
use roads::Roads;
use store::MemoryLog;
use units::{
    AreaId, CorporationId, DayTime, DayWindow, DriverId, FacilityId, Node, PlaceId, RequestId, RiderId,
    Seconds, ServiceDay, Timestamp, VehicleId, Weekday,
};

static ROADS: LazyLock<Arc<Roads>> = LazyLock::new(|| Arc::new(roads::draw_town(5).unwrap().roads));
const MEMBERS: u32 = 10;

fn day() -> ServiceDay {
    ServiceDay::parse("2026-11-24").unwrap()
}

fn at(hour: u32, minute: u32) -> Timestamp {
    day().at(DayTime::hm(hour, minute))
}

fn hours(open: (u32, u32), close: (u32, u32)) -> DayWindow {
    DayWindow::new(DayTime::hm(open.0, open.1), DayTime::hm(close.0, close.1)).unwrap()
}

struct Office {
    engine: Engine,
    log: MemoryLog,
}

impl Office {
    /// Two facilities of one owner; the first has three vehicles with five seats, the second none. Ten members of a Tuesday
    /// each.
    fn open() -> Office {
        let log = MemoryLog::new();
        let setup = Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(log.clone()) };
        let mut office = Office { engine: Engine::open(setup).unwrap(), log };
        office.must(Command::AddCorporation);
        let nodes = ROADS.node_count() as u32;
        for number in 0..(2 + 2 * MEMBERS) {
            let node = Node(number * 97 % nodes);
            office.must(Command::AddPlace(NewPlace { node, largest_vehicle: VehicleKind::Van }));
        }
        for number in 0..2 {
            office.must(Command::AddFacility(NewFacility {
                corporation: CorporationId(1),
                place: PlaceId(1 + number),
                service: hours((9, 30), (16, 40)),
                pickup_hours: hours((7, 30), (9, 45)),
                dropoff_hours: hours((16, 25), (18, 30)),
                ride_max: Seconds::minutes(40),
            }));
        }
        for kind in [VehicleKind::Van, VehicleKind::Minivan, VehicleKind::Minivan] {
            office.must(Command::AddVehicle(NewVehicle {
                facility: FacilityId(1),
                kind,
                layouts: vec![Layout { seats: 5, wheelchairs: 0 }],
                shift: hours((7, 30), (18, 30)),
                attendant: false,
            }));
        }
        for number in 0..(2 * MEMBERS) {
            let minute = Seconds::minutes(1);
            let needs = Needs {
                wheelchair: false,
                walker_tenths: 0,
                attendant: false,
                boarding: minute,
                alighting: minute,
            };
            let facility = FacilityId(1 + number / MEMBERS);
            // The last of each facility comes on another day.
            let weekday = if number % MEMBERS == MEMBERS - 1 { Weekday::Wed } else { Weekday::Tue };
            let membership = Some(Membership { facility, weekdays: Weekdays(vec![weekday]) });
            office.must(Command::AddRider(NewRider { needs, places: vec![PlaceId(3 + number)], membership }));
        }
        office
    }

    fn try_at(&mut self, command: Command, now: Timestamp) -> Result<Reply, Turned> {
        self.engine.submit(Submission::of(command, "test"), now)
    }

    fn must(&mut self, command: Command) -> Reply {
        self.try_at(command, at(6, 0)).unwrap()
    }

    fn plan(&mut self) -> Reply {
        self.must(Command::PlanDay { facility: FacilityId(1), day: day(), start: PlanStart::Fresh })
    }

    /// Vehicle by rider and direction of all booked places on the runs of a day.
    fn carried(&self, on: ServiceDay) -> BTreeMap<(RiderId, Direction), VehicleId> {
        let booked = |r: &domain::Request| match (&r.state, r.wish) {
            (RequestState::Booked(booking), Wish::Run { direction, day, .. }) if day == on => {
                Some(((r.rider, direction), booking.vehicle))
            }
            _ => None,
        };
        self.engine.state().requests.values().filter_map(|r| booked(r)).collect()
    }

    fn hire(&mut self, licence: VehicleKind, duties: Vec<DayWindow>) {
        let weekdays = Weekdays(vec![Weekday::Tue]);
        let shifts = vec![hours((7, 30), (18, 30))];
        self.must(Command::AddDriver(NewDriver {
            facility: FacilityId(1),
            licence,
            weekdays,
            shifts,
            duties,
        }));
    }

    fn close(self) {
        assert_eq!(self.engine.effort().refused_plans, 0);
        let again = Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(self.log.clone()) };
        assert_eq!(
            Engine::open(again).unwrap().state(),
            self.engine.state(),
            "the log replays to another state"
        );
    }
}

fn notices(reply: &Reply) -> Vec<Notice> {
    let all = reply.events.iter().map(|e| match e {
        Event::NoticesMade { notices, .. } => notices.clone(),
        _ => Vec::new(),
    });
    all.flatten().collect()
}

#[test]
fn when_a_vehicle_is_out_its_riders_go_with_others_and_all_are_told() {
    let mut office = Office::open();
    office.plan();
    let before = office.carried(day());
    assert_eq!(before.len(), 2 * (MEMBERS as usize - 1));
    let gone = *before.values().next().unwrap();
    let out = Command::NoteOut { what: Resource::Vehicle(gone), day: day(), out: true };
    let reply = office.try_at(out, at(7, 10)).unwrap();
    let after = office.carried(day());
    assert!(after.values().all(|v| *v != gone));
    let told = notices(&reply);
    for (key, vehicle) in &before {
        let changed = after.get(key) != Some(vehicle);
        let news = told.iter().any(|n| n.to == Listener::Rider(key.0));
        assert!(!changed || news, "{} is not told", key.0);
    }
    assert!(told.iter().any(|n| n.to == Listener::Driver(gone)
        && matches!(&n.news, News::Visits { dropped, .. } if !dropped.is_empty())));
    assert!(told.iter().any(|n| n.to == Listener::Facility(FacilityId(1))));
    // Who has been told is on file, once.
    let first = told[0].id;
    office.try_at(Command::GiveNotice { notice: first }, at(7, 12)).unwrap();
    let again = office.try_at(Command::GiveNotice { notice: first }, at(7, 13)).unwrap();
    assert!(again.events.is_empty());
    assert_eq!(office.engine.state().notices[&first].given_at, Some(at(7, 12)));
    office.close();
}

#[test]
fn who_waits_for_a_late_vehicle_is_told_at_five_and_at_ten_minutes_and_no_more() {
    let mut office = Office::open();
    office.plan();
    // No vehicle ever leaves: every pickup of the morning gets later and later.
    let mut told: BTreeMap<VisitKey, Vec<(Timestamp, Seconds)>> = BTreeMap::new();
    for minute in 0..150 {
        let now = at(7 + minute / 60, minute % 60);
        for notice in notices(&office.try_at(Command::Tick, now).unwrap()) {
            let News::Late { visit, window, late, .. } = notice.news else { panic!("{notice:?}") };
            assert_eq!(visit.kind, VisitKind::Pickup, "the drop-off at the facility is told to nobody");
            assert!(now < window.close() + late, "it is told before it happens");
            told.entry(visit).or_default().push((now, late));
        }
    }
    assert_eq!(told.len(), MEMBERS as usize - 1, "{told:?}");
    for calls in told.values() {
        let lates: Vec<i64> = calls.iter().map(|(_, late)| late.0).collect();
        let (first, second) = (lates[0], lates[1]);
        assert!(lates.len() == 2 && (300..600).contains(&first) && second >= 600, "{lates:?}");
    }
    office.close();
}

#[test]
fn a_late_joiner_rides_and_an_absence_changes_little_else() {
    let mut office = Office::open();
    office.plan();
    let before = office.carried(day());
    let joiner = RiderId(MEMBERS);
    let reply = office
        .try_at(Command::NoteJoin { rider: joiner, day: day(), kind: JoinKind::Both }, at(7, 20))
        .unwrap();
    let with = office.carried(day());
    assert_eq!(with.len(), before.len() + 2);
    assert!(notices(&reply).iter().any(|n| n.to == Listener::Rider(joiner)));
    let away = Command::NoteAbsence { rider: joiner, day: day(), kind: AbsenceKind::WholeDay };
    office.try_at(away, at(7, 25)).unwrap();
    let after = office.carried(day());
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let moved = before.iter().filter(|(key, vehicle)| after[key] != **vehicle).count();
    assert!(moved <= 4, "{moved} of {} changed vehicle", before.len());
    // A second absence of the same kind is no news.
    let again = Command::NoteAbsence { rider: joiner, day: day(), kind: AbsenceKind::WholeDay };
    assert!(office.try_at(again, at(7, 26)).unwrap().events.is_empty());
    office.close();
}

#[test]
fn a_pin_is_kept_or_turned_away() {
    let mut office = Office::open();
    let rider = RiderId(1);
    let pin = |vehicle: u32, at| Some(Pin { vehicle: Some(VehicleId(vehicle)), at });
    let fix = |pin| Command::PinRide { rider, day: day(), direction: Direction::PickupRun, pin };
    let half_past_eight = DayTime::hm(8, 30);
    office.must(fix(pin(3, Some(half_past_eight))));
    office.plan();
    assert_eq!(office.carried(day())[&(rider, Direction::PickupRun)], VehicleId(3));
    let state = office.engine.state();
    let told =
        state.requests.values().find(|r| r.rider == rider).unwrap().find_active_booking().unwrap().promise;
    assert!(told.pickup.contains(day().at(half_past_eight)), "{told:?}");
    // Moved by another pin, and betters of the plan leave it there.
    office.try_at(fix(pin(2, None)), at(7, 0)).unwrap();
    office.try_at(Command::ReplanDay { facility: FacilityId(1), day: day() }, at(7, 1)).unwrap();
    assert_eq!(office.carried(day())[&(rider, Direction::PickupRun)], VehicleId(2));
    // Eight o'clock sharp at the other end of the town by a vehicle that is out cannot be.
    let out = Command::NoteOut { what: Resource::Vehicle(VehicleId(1)), day: day(), out: true };
    office.try_at(out, at(7, 2)).unwrap();
    let refused = office.try_at(fix(pin(1, None)), at(7, 3));
    assert!(matches!(refused, Err(Turned::Rejected(Rejection::Invalid { field: "vehicle", .. }))));
    office.close();
}

#[test]
fn drivers_take_what_their_licence_and_their_duties_allow() {
    let mut office = Office::open();
    // Nobody may drive the van, and two of three drivers are care staff between the runs.
    office.hire(VehicleKind::Minivan, vec![hours((9, 45), (16, 20))]);
    office.hire(VehicleKind::Minivan, vec![hours((9, 45), (16, 20))]);
    office.plan();
    let carried = office.carried(day());
    assert!(!carried.is_empty() && carried.values().all(|v| *v != VehicleId(1)));
    let state = office.engine.state();
    for (id, route) in &state.routes {
        let driven = state.list_driven(id.vehicle, id.day);
        assert!(route.visits.iter().all(|v| driven.iter().any(|w| w.contains(v.begin))), "{id:?}");
    }
    let out = Command::NoteOut { what: Resource::Driver(DriverId(1)), day: day(), out: true };
    office.try_at(out, at(7, 5)).unwrap();
    let driven: BTreeSet<VehicleId> = office.carried(day()).into_values().collect();
    assert!(driven.len() <= 1, "one driver is left: {driven:?}");
    office.close();
}

#[test]
fn facilities_that_share_are_planned_together() {
    let lonely = |office: &Office| {
        let refused = |r: &&Arc<domain::Request>| matches!(r.state, RequestState::Refused(_));
        office.engine.state().requests.values().filter(refused).count()
    };
    let second = Command::PlanDay { facility: FacilityId(2), day: day(), start: PlanStart::Fresh };
    let mut alone = Office::open();
    alone.must(second.clone());
    assert_eq!(lonely(&alone), 2 * (MEMBERS as usize - 1), "the second facility has no vehicle of its own");
    alone.close();
    let mut shared = Office::open();
    shared.must(Command::ShareVehicles { facilities: vec![FacilityId(2), FacilityId(1)] });
    shared.must(second);
    let both =
        [FacilityId(1), FacilityId(2)].map(|f| shared.engine.state().planned_days.contains(&(day(), f)));
    assert_eq!(both, [true, true]);
    assert!(shared.carried(day()).keys().any(|(rider, _)| rider.0 > MEMBERS));
    shared.close();
}

#[test]
fn the_runs_of_last_week_are_the_start_of_this_week() {
    let mut office = Office::open();
    office.plan();
    let first = office.carried(day());
    let mut next = day();
    for _ in 0..7 {
        next = next.next();
        office.try_at(Command::Tick, next.at(DayTime::hm(5, 0))).unwrap();
    }
    let start = PlanStart::LastTime;
    let now = next.at(DayTime::hm(6, 0));
    office.try_at(Command::PlanDay { facility: FacilityId(1), day: next, start }, now).unwrap();
    let second = office.carried(next);
    assert_eq!(second.len(), first.len());
    let same = first.iter().filter(|(key, vehicle)| second.get(key) == Some(vehicle)).count();
    assert!(10 * same >= 9 * first.len(), "{same} of {} stayed with their vehicle", first.len());
    office.close();
}

#[test]
fn nobody_rides_alone_who_must_not() {
    let mut office = Office::open();
    let shy = RiderId(2);
    office.must(Command::SetCare { rider: shy, care: Care { never_alone: true, ..Care::default() } });
    office.plan();
    let beside = |office: &Office| {
        let state = office.engine.state();
        let own: Vec<RequestId> = state.requests.values().filter(|r| r.rider == shy).map(|r| r.id).collect();
        state.routes.values().all(|route| {
            let mut aboard: Vec<RequestId> = Vec::new();
            route.visits.iter().all(|v| {
                match v.visit.kind {
                    domain::VisitKind::Pickup => aboard.push(v.visit.request),
                    domain::VisitKind::Dropoff => aboard.retain(|r| *r != v.visit.request),
                }
                aboard.len() != 1 || !own.contains(&aboard[0])
            })
        })
    };
    assert!(beside(&office));
    // All the others stay away one after the other; whoever is left alone finds other company or no ride.
    for number in (1..MEMBERS).filter(|n| *n != shy.0) {
        let away = Command::NoteAbsence { rider: RiderId(number), day: day(), kind: AbsenceKind::WholeDay };
        office.try_at(away, at(7, 0)).unwrap();
        assert!(beside(&office), "after the absence of rider-{number}");
    }
    assert!(office.carried(day()).is_empty());
    office.close();
}
