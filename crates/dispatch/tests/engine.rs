//! The engine's own promises: what was acknowledged is kept, what was not is not, and nobody's command harms another's.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use dispatch::{Engine, Key, Setup, Submission, Turned};
use domain::{
    Alternative, Cause, Channel, Command, Event, FactKind, Layout, Listener, Membership, Needs, NewFacility,
    NewPlace, NewRider, NewVehicle, News, Party, PlanStart, Policy, Purpose, Reason, Rejection, RequestState,
    RideClass, Touched, VehicleKind, VisitKey, Weekdays, Wish, list_touched,
};
use roads::Roads;
use store::{
    Append, AppendError, EventLog, Fault, LogReader, MemoryLog, Receipt, Refusal, RegisterEntry, StoredEvent,
    Version,
};
use units::{
    AreaId, CorporationId, DayTime, DayWindow, FacilityId, Node, OfferId, PlaceId, RequestId, RiderId,
    Seconds, ServiceDay, Timestamp, VehicleId, Weekday,
};

static ROADS: LazyLock<Arc<Roads>> = LazyLock::new(|| Arc::new(roads::draw_town(5).unwrap().roads));
const MEMBERS: u32 = 8;

/// A log whose disk can be filled.
struct FullDisk {
    log: MemoryLog,
    full: Arc<AtomicBool>,
}

impl LogReader for FullDisk {
    fn load(
        &mut self,
        area: AreaId,
        after: Version,
        each: &mut dyn FnMut(StoredEvent) -> Result<(), Refusal>,
    ) -> Result<Version, Fault> {
        self.log.load(area, after, each)
    }

    fn last(&mut self, area: AreaId) -> Result<Option<(Version, Timestamp)>, Fault> {
        self.log.last(area)
    }

    fn receipt(&mut self, area: AreaId, key: &str) -> Result<Option<Receipt>, Fault> {
        self.log.receipt(area, key)
    }

    fn load_register(
        &mut self,
        each: &mut dyn FnMut(RegisterEntry) -> Result<(), Refusal>,
    ) -> Result<(), Fault> {
        self.log.load_register(each)
    }

    fn find_register(&mut self, kind: &str, id: &str) -> Result<Option<RegisterEntry>, Fault> {
        self.log.find_register(kind, id)
    }

    fn search_register(&mut self, kind: &str, words: &str, limit: u32) -> Result<Vec<RegisterEntry>, Fault> {
        self.log.search_register(kind, words, limit)
    }
}

impl EventLog for FullDisk {
    fn append(&mut self, batch: &Append) -> Result<Version, AppendError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(AppendError::Fault(Fault::DiskFull { path: "log".into() }));
        }
        self.log.append(batch)
    }

    fn take_epoch(&mut self, area: AreaId) -> Result<u64, Fault> {
        self.log.take_epoch(area)
    }

    fn reader(&self) -> Result<Box<dyn LogReader>, Fault> {
        self.log.reader()
    }
}

fn day() -> ServiceDay {
    ServiceDay::parse("2026-11-24").unwrap()
}

fn at(hour: u32, minute: u32) -> Timestamp {
    day().at(DayTime::hm(hour, minute))
}

fn hours(open: (u32, u32), close: (u32, u32)) -> DayWindow {
    DayWindow::new(DayTime::hm(open.0, open.1), DayTime::hm(close.0, close.1)).unwrap()
}

fn send(engine: &mut Engine, command: Command, now: Timestamp) -> Result<dispatch::Reply, Turned> {
    engine.submit(Submission::of(command, "test"), now)
}

/// One facility with one small vehicle, eight members of a Tuesday, eight guests; all riders have two places.
fn town(log: Box<dyn EventLog>) -> Engine {
    let mut engine = Engine::open(Setup { area: AreaId(1), roads: ROADS.clone(), log }).unwrap();
    let mut must = |command: Command| send(&mut engine, command, at(6, 0)).map(|_| ()).unwrap();
    must(Command::AddCorporation);
    for number in 0..(1 + 4 * MEMBERS) {
        let node = Node(number * 97 % ROADS.node_count() as u32);
        must(Command::AddPlace(NewPlace { node, largest_vehicle: VehicleKind::Van }));
    }
    must(Command::AddFacility(NewFacility {
        corporation: CorporationId(1),
        place: PlaceId(1),
        service: hours((9, 30), (16, 40)),
        pickup_hours: hours((7, 30), (9, 45)),
        dropoff_hours: hours((16, 25), (18, 30)),
        ride_max: Seconds::minutes(40),
    }));
    must(Command::AddVehicle(NewVehicle {
        facility: FacilityId(1),
        kind: VehicleKind::Minivan,
        layouts: vec![Layout { seats: 3, wheelchairs: 0 }],
        shift: hours((7, 30), (18, 30)),
        attendant: false,
    }));
    for number in 0..(2 * MEMBERS) {
        let needs = Needs {
            wheelchair: false,
            walker_tenths: 0,
            attendant: false,
            boarding: Seconds::minutes(2),
            alighting: Seconds::minutes(1),
        };
        let places = vec![PlaceId(2 + 2 * number), PlaceId(3 + 2 * number)];
        let membership = (number < MEMBERS)
            .then(|| Membership { facility: FacilityId(1), weekdays: Weekdays(vec![Weekday::Tue]) });
        must(Command::AddRider(NewRider { needs, places, membership }));
    }
    let mut policy = Policy::national(day());
    policy.allows.insert(RideClass::GuestEmptyLeg);
    policy.guest_hours = hours((7, 30), (18, 0));
    must(Command::AdoptPolicy(policy));
    engine
}

fn ask(engine: &mut Engine, guest: u32, wish: Timestamp, now: Timestamp) -> RequestId {
    let number = MEMBERS + guest;
    let party = Party {
        rider: RiderId(number + 1),
        people: 1,
        from: PlaceId(2 + 2 * number),
        to: PlaceId(3 + 2 * number),
        wish: Wish::LeaveAt(wish),
        channel: Channel::Phone,
        purpose: Purpose::Other,
    };
    send(engine, Command::MakeRequest(party), now).unwrap();
    engine.state().last_request
}

fn book(engine: &mut Engine, guest: u32, wish: Timestamp, now: Timestamp) -> Option<RequestId> {
    let request = ask(engine, guest, wish, now);
    let RequestState::Offered { offers } = &engine.state().requests[&request].state else { return None };
    let offer = offers[0].id;
    send(engine, Command::AcceptOffer { request, offer }, now).unwrap();
    Some(request)
}

#[test]
fn guests_who_were_promised_a_ride_keep_it_when_the_day_is_planned() {
    let mut engine = town(Box::new(MemoryLog::new()));
    let guests: Vec<RequestId> = (0..6)
        .filter_map(|guest| {
            book(&mut engine, guest, at(8, 0) + Seconds::minutes(10 * i64::from(guest)), at(6, 30))
        })
        .collect();
    assert!(guests.len() >= 3, "the morning must be full of guests: {guests:?}");
    send(
        &mut engine,
        Command::PlanDay { facility: FacilityId(1), day: day(), start: PlanStart::Fresh },
        at(7, 0),
    )
    .unwrap();
    for guest in guests {
        let state = &engine.state().requests[&guest].state;
        assert!(matches!(state, RequestState::Booked(_)), "{guest} is {}", state.code());
    }
    assert_eq!(engine.effort().refused_plans, 0);
}

#[test]
fn a_day_beyond_the_calendar_is_turned_away() {
    let log = MemoryLog::new();
    let mut engine = town(Box::new(log.clone()));
    for text in ["9999-12-31", "2027-11-24"] {
        let far = ServiceDay::parse(text).unwrap();
        let planned = send(
            &mut engine,
            Command::PlanDay { facility: FacilityId(1), day: far, start: PlanStart::Fresh },
            at(7, 0),
        );
        assert!(matches!(planned, Err(Turned::Rejected(Rejection::Invalid { field: "day", .. }))), "{text}");
    }
    let again = Engine::open(Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(log) }).unwrap();
    assert_eq!(again.state(), engine.state());
}

#[test]
fn a_failed_write_acknowledges_nothing_of_its_batch() {
    let (log, full) = (MemoryLog::new(), Arc::new(AtomicBool::new(false)));
    let mut engine = town(Box::new(FullDisk { log, full: full.clone() }));
    let keyed = || {
        let key = Some(Key { key: "same".to_owned(), fingerprint: "same".to_owned() });
        Submission { key, ..Submission::of(Command::AddCorporation, "test") }
    };
    let before = (engine.state().clone(), engine.version());
    full.store(true, Ordering::Relaxed);
    // The client's retry waits in the same batch as its first try.
    let answers = engine.handle(&[keyed(), keyed()], at(7, 0));
    assert!(answers.iter().all(|a| matches!(a, Err(Turned::Unavailable { .. }))), "{answers:?}");
    assert_eq!((engine.state().clone(), engine.version()), before);
    full.store(false, Ordering::Relaxed);
    let answers = engine.handle(&[keyed(), keyed()], at(7, 0));
    let subjects: Vec<_> = answers.into_iter().map(|a| a.unwrap().subject.unwrap()).collect();
    assert_eq!(subjects, ["corporation-2", "corporation-2"]);
    assert_eq!(engine.state().corporations.len(), 2);
}

#[test]
fn a_fact_is_recorded_or_turned_away_never_swallowed() {
    let mut engine = town(Box::new(MemoryLog::new()));
    let request = book(&mut engine, 0, at(10, 0), at(9, 50)).unwrap();
    let visit = Some(VisitKey::pickup(request));
    let fact = |fact, at| Command::RecordFact { vehicle: VehicleId(1), fact, visit, at };
    let version = engine.version();
    let yesterday = at(10, 5) - Seconds::hours(24);
    let wrong_clock = send(&mut engine, fact(FactKind::Boarded, yesterday), at(10, 5));
    assert!(matches!(wrong_clock, Err(Turned::Rejected(Rejection::Invalid { field: "at", .. }))));
    // Nobody can be missed at a door where nobody was.
    let from_the_garage = send(&mut engine, fact(FactKind::NoShow, at(10, 5)), at(10, 5));
    assert!(matches!(from_the_garage, Err(Turned::Rejected(Rejection::Invalid { field: "fact", .. }))));
    assert_eq!(engine.version(), version);
    let boarded = send(&mut engine, fact(FactKind::Boarded, at(10, 5)), at(10, 6)).unwrap();
    assert_eq!(boarded.events.len(), 1);
    let repeated = send(&mut engine, fact(FactKind::Boarded, at(10, 5)), at(10, 7)).unwrap();
    assert!(repeated.events.is_empty());
    assert!(matches!(engine.state().requests[&request].state, RequestState::OnBoard { .. }));
}

#[test]
fn an_offer_lapses_with_its_time_and_with_the_policy() {
    let mut engine = town(Box::new(MemoryLog::new()));
    let accept = |engine: &Engine, request: RequestId| match &engine.state().requests[&request].state {
        RequestState::Offered { offers } => Command::AcceptOffer { request, offer: offers[0].id },
        other => panic!("{}", other.code()),
    };
    let late = ask(&mut engine, 0, at(11, 0), at(9, 50));
    let command = accept(&engine, late);
    let expired = send(&mut engine, command, at(10, 1));
    assert!(matches!(expired, Err(Turned::Rejected(Rejection::OfferExpired { .. }))));
    let overtaken = ask(&mut engine, 1, at(11, 0), at(10, 2));
    let command = accept(&engine, overtaken);
    let mut strict = Policy::national(day());
    strict.allows = [RideClass::MemberOnRun].into();
    send(&mut engine, Command::AdoptPolicy(strict), at(10, 3)).unwrap();
    let stale = send(&mut engine, command, at(10, 4));
    assert!(matches!(stale, Err(Turned::Rejected(Rejection::OfferStale { .. }))));
}

#[test]
fn a_wish_that_the_policy_turns_down_is_told_what_would_do() {
    let mut engine = town(Box::new(MemoryLog::new()));
    let number = MEMBERS + 2;
    let wish = |people: u8, at: Timestamp| {
        Command::MakeRequest(Party {
            rider: RiderId(number + 1),
            people,
            from: PlaceId(2 + 2 * number),
            to: PlaceId(3 + 2 * number),
            wish: Wish::LeaveAt(at),
            channel: Channel::App,
            purpose: Purpose::Other,
        })
    };
    let refusal = |engine: &mut Engine, command| {
        send(engine, command, at(7, 0)).unwrap();
        let request = engine.state().last_request;
        match &engine.state().requests[&request].state {
            RequestState::Refused(refusal) => refusal.clone(),
            other => panic!("{}", other.code()),
        }
    };
    let early = refusal(&mut engine, wish(1, at(7, 10)));
    assert_eq!(early.reasons[0].reason, Reason::OutsideGuestHours);
    let [Alternative::OtherTime { at: instead }] = early.alternatives[..] else { panic!("{early:?}") };
    assert!((at(7, 30)..=at(8, 30)).contains(&instead), "{instead}");
    let three = refusal(&mut engine, wish(3, at(11, 0)));
    assert_eq!(three.reasons[0].reason, Reason::TooManyPeople);
    assert_eq!(three.alternatives, [Alternative::FewerPeople { people: 2 }]);
    let mut runs_only = Policy::national(day());
    runs_only.allows = [RideClass::MemberOnRun].into();
    send(&mut engine, Command::AdoptPolicy(runs_only), at(7, 0)).unwrap();
    let forbidden = refusal(&mut engine, wish(1, at(11, 0)));
    assert_eq!(forbidden.reasons[0].reason, Reason::ClassNotAllowed);
    assert_eq!(forbidden.alternatives, [Alternative::OtherClass { class: RideClass::GuestIdleVehicle }]);
}

#[test]
fn who_lives_in_a_lane_too_narrow_is_told_of_the_stop_close_by() {
    let mut engine = town(Box::new(MemoryLog::new()));
    let near = |a: u32, b: u32| {
        let seconds = |a, b| ROADS.travel(Node(a), Node(b)).seconds;
        a != b && seconds(a, b).min(seconds(b, a)) <= Seconds(50)
    };
    let home = 200;
    let car_park = (0..ROADS.node_count() as u32).find(|node| near(home, *node)).unwrap();
    let far = Node(97);
    let mut must = |command: Command| send(&mut engine, command, at(6, 0)).map(|_| ()).unwrap();
    // The only vehicle is a minivan.
    for (node, largest_vehicle) in [
        (Node(home), VehicleKind::Kei),
        (Node(car_park), VehicleKind::Van),
        (far, VehicleKind::Van),
        (Node(home), VehicleKind::Kei),
    ] {
        must(Command::AddPlace(NewPlace { node, largest_vehicle }));
    }
    let [home, car_park, shop, lane] = [1, 2, 3, 4].map(|k| PlaceId(1 + 4 * MEMBERS + k));
    let needs = Needs {
        wheelchair: false,
        walker_tenths: 0,
        attendant: false,
        boarding: Seconds::minutes(2),
        alighting: Seconds::minutes(1),
    };
    // One rider has registered the car park, the other has not.
    for places in [vec![home, shop, car_park], vec![lane, shop]] {
        must(Command::AddRider(NewRider { needs, places, membership: None }));
    }
    let mut refused = |rider: u32, from: PlaceId, to: PlaceId| {
        let party = Party {
            rider: RiderId(2 * MEMBERS + rider),
            people: 1,
            from,
            to,
            wish: Wish::LeaveAt(at(11, 0)),
            channel: Channel::Phone,
            purpose: Purpose::Other,
        };
        send(&mut engine, Command::MakeRequest(party), at(10, 0)).unwrap();
        let request = engine.state().last_request;
        match &engine.state().requests[&request].state {
            RequestState::Refused(refusal) => refusal.clone(),
            other => panic!("{}", other.code()),
        }
    };
    let from_home = refused(1, home, shop);
    assert_eq!(from_home.reasons[0].reason, Reason::NoSuitableVehicle);
    assert_eq!(from_home.alternatives, [Alternative::OtherStop { from: car_park, to: shop }]);
    let to_home = refused(1, shop, home);
    assert_eq!(to_home.alternatives, [Alternative::OtherStop { from: shop, to: car_park }]);
    assert_eq!(refused(2, lane, shop).alternatives, []);
}

#[test]
fn who_waits_is_offered_what_comes_free_in_the_order_of_asking() {
    let log = MemoryLog::new();
    let mut engine = town(Box::new(log.clone()));
    let now = at(7, 0);
    let wished: Vec<RequestId> = (0..8).map(|guest| ask(&mut engine, guest, at(10, 0), now)).collect();
    let state = |engine: &Engine, id: &RequestId| engine.state().requests[id].state.code();
    let booked: Vec<RequestId> =
        wished.iter().copied().filter(|id| state(&engine, id) == "offered").collect();
    let refused: Vec<RequestId> =
        wished.iter().copied().filter(|id| state(&engine, id) == "refused").collect();
    assert!(!booked.is_empty() && refused.len() >= 2, "{wished:?}");
    for request in &booked {
        let RequestState::Offered { offers } = &engine.state().requests[request].state else { panic!() };
        let offer = offers[0].id;
        send(&mut engine, Command::AcceptOffer { request: *request, offer }, now).unwrap();
    }
    // Asked for in the other order: the list knows who asked first.
    for request in refused.iter().rev() {
        send(&mut engine, Command::Wait { request: *request }, now).unwrap();
        assert_eq!(state(&engine, request), "waiting");
    }
    send(&mut engine, Command::Tick, at(7, 1)).unwrap();
    assert!(refused.iter().all(|id| state(&engine, id) == "waiting"), "nothing has come free");
    let searches = engine.effort().searches;
    send(&mut engine, Command::Tick, at(7, 2)).unwrap();
    assert_eq!(engine.effort().searches, searches, "nobody is looked for twice in vain");

    for request in &booked {
        send(&mut engine, Command::Cancel { request: *request }, at(7, 3)).unwrap();
    }
    send(&mut engine, Command::Tick, at(7, 4)).unwrap();
    let offered: Vec<RequestId> =
        refused.iter().copied().filter(|id| state(&engine, id) == "offered").collect();
    assert_eq!(offered.first(), refused.first(), "who asked first is served first");
    let told = engine.state().notices.values().filter(|n| n.given_at.is_none());
    let told: Vec<_> = told.map(|n| (n.notice.to, n.notice.news.clone())).collect();
    for id in &offered {
        let rider = engine.state().requests[id].rider;
        let named = told.iter().any(|(to, news)| {
            *to == Listener::Rider(rider) && matches!(news, News::SeatFree { request, .. } if request == id)
        });
        assert!(named, "nobody is told to ring up {id}: {told:?}");
    }

    // Nobody rang back: the wish waits on, until its time is over.
    send(&mut engine, Command::Tick, at(7, 40)).unwrap();
    assert!(["waiting", "offered"].contains(&state(&engine, &offered[0])));
    let other = engine.state().requests[&offered[0]].waits.clone();
    assert!(other.is_some());
    send(&mut engine, Command::Tick, at(10, 41)).unwrap();
    send(&mut engine, Command::Tick, at(11, 30)).unwrap();
    assert!(refused.iter().all(|id| state(&engine, id) == "expired"), "their time is over");
    assert_eq!(engine.effort().refused_plans, 0);
    let again = Engine::open(Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(log) }).unwrap();
    assert_eq!(again.state(), engine.state());
}

#[test]
fn what_the_policy_forbids_cannot_be_waited_for() {
    let mut engine = town(Box::new(MemoryLog::new()));
    let early = ask(&mut engine, 0, at(7, 5), at(6, 30));
    assert_eq!(engine.state().requests[&early].state.code(), "refused");
    let answer = send(&mut engine, Command::Wait { request: early }, at(6, 31));
    assert!(
        matches!(answer, Err(Turned::Rejected(Rejection::Invalid { field: "request", .. }))),
        "{answer:?}"
    );
    let unknown = send(&mut engine, Command::Wait { request: RequestId(99) }, at(6, 31));
    assert!(matches!(unknown, Err(Turned::Rejected(Rejection::Unknown { .. }))), "{unknown:?}");
}

fn offers_of(engine: &Engine, id: RequestId) -> Vec<OfferId> {
    match &engine.state().requests[&id].state {
        RequestState::Offered { offers } => offers.iter().map(|o| o.id).collect(),
        _ => Vec::new(),
    }
}

fn there_and_back(engine: &mut Engine, guest: u32, there: Timestamp, back: Timestamp) -> [RequestId; 2] {
    let number = MEMBERS + guest;
    let party = Party {
        rider: RiderId(number + 1),
        people: 1,
        from: PlaceId(2 + 2 * number),
        to: PlaceId(3 + 2 * number),
        wish: Wish::LeaveAt(there),
        channel: Channel::Phone,
        purpose: Purpose::Medical,
    };
    let command = Command::MakeRoundTrip { there: party, back: Wish::LeaveAt(back) };
    send(engine, command, at(7, 0)).unwrap();
    let last = engine.state().last_request;
    [RequestId(last.0 - 1), last]
}

#[test]
fn nobody_is_taken_there_without_the_way_back() {
    let log = MemoryLog::new();
    let mut engine = town(Box::new(log.clone()));
    let [there, back] = there_and_back(&mut engine, 0, at(10, 0), at(11, 30));
    let code = |engine: &Engine, id: RequestId| engine.state().requests[&id].state.code();
    let (go, come) = (offers_of(&engine, there), offers_of(&engine, back));
    assert!(!go.is_empty() && !come.is_empty());
    // One half alone is not to be had.
    let alone = send(&mut engine, Command::AcceptOffer { request: there, offer: go[0] }, at(7, 1));
    assert!(matches!(alone, Err(Turned::Rejected(Rejection::Invalid { field: "offer", .. }))), "{alone:?}");
    let crossed = Command::AcceptRoundTrip { there: (back, come[0]), back: (there, OfferId(99)) };
    assert!(matches!(send(&mut engine, crossed, at(7, 1)), Err(Turned::Rejected(_))));
    assert_eq!((code(&engine, there), code(&engine, back)), ("offered", "offered"));
    let both = Command::AcceptRoundTrip { there: (there, go[0]), back: (back, come[0]) };
    send(&mut engine, both, at(7, 2)).unwrap();
    assert_eq!((code(&engine, there), code(&engine, back)), ("booked", "booked"));

    // The way back falls outside the hours: neither is offered, and each says why.
    let [there, back] = there_and_back(&mut engine, 1, at(10, 0), at(18, 30));
    assert_eq!((code(&engine, there), code(&engine, back)), ("refused", "refused"));
    let reason = |engine: &Engine, id: RequestId| match &engine.state().requests[&id].state {
        RequestState::Refused(refusal) => refusal.reasons[0].reason,
        _ => panic!("{id} is not refused"),
    };
    assert_eq!(reason(&engine, there), Reason::OtherHalf);
    assert_eq!(reason(&engine, back), Reason::OutsideGuestHours);

    // The afternoon is full: no seat is left held for the way there.
    for guest in 2..7 {
        book(&mut engine, guest, at(14, 0), at(7, 3));
    }
    let [there, back] = there_and_back(&mut engine, 7, at(12, 30), at(14, 0));
    assert_eq!((code(&engine, there), code(&engine, back)), ("refused", "refused"));
    assert_eq!(reason(&engine, there), Reason::OtherHalf);
    assert!(engine.state().held.is_empty(), "{:?}", engine.state().held);

    // The way back alone may be given up; the way there takes it along.
    let [there, back] = there_and_back(&mut engine, 3, at(8, 30), at(9, 30));
    let both = Command::AcceptRoundTrip {
        there: (there, offers_of(&engine, there)[0]),
        back: (back, offers_of(&engine, back)[0]),
    };
    send(&mut engine, both, at(7, 5)).unwrap();
    send(&mut engine, Command::Cancel { request: there }, at(7, 6)).unwrap();
    assert_eq!((code(&engine, there), code(&engine, back)), ("cancelled", "cancelled"));
    assert_eq!(engine.effort().refused_plans, 0);
    let again = Engine::open(Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(log) }).unwrap();
    assert_eq!(again.state(), engine.state());
}

#[test]
fn a_policy_is_tried_before_it_is_adopted_and_every_decision_names_its_policy() {
    let mut engine = town(Box::new(MemoryLog::new()));
    let ride = book(&mut engine, 0, at(10, 0), at(7, 0)).unwrap();
    let wish = ask(&mut engine, 1, at(13, 0), at(7, 0));
    let early = ask(&mut engine, 2, at(7, 5), at(7, 0));
    let by = |engine: &Engine, id: RequestId| match &engine.state().requests[&id].state {
        RequestState::Booked(booking) => booking.policy,
        RequestState::Offered { offers } => offers[0].policy,
        RequestState::Refused(refusal) => refusal.policy,
        state => panic!("{}", state.code()),
    };
    for id in [ride, wish, early] {
        assert_eq!(by(&engine, id), Some(day()), "{id}");
    }
    let adopted = engine.state().policies.in_force(day());
    let afternoon = Policy { guest_hours: hours((12, 0), (18, 0)), ..adopted.clone() };
    let before = engine.state().clone();
    let touched = list_touched(engine.state(), &afternoon, at(7, 0));
    assert_eq!(touched, [Touched { request: ride, reasons: vec![Reason::OutsideGuestHours] }]);
    assert_eq!(engine.state(), &before);
    // It would take effect tomorrow: today's rides are none of its business.
    let tomorrow = Policy { effective_from: day().next(), ..afternoon.clone() };
    assert_eq!(list_touched(engine.state(), &tomorrow, at(7, 0)), []);
    let none = Policy { allows: [RideClass::MemberOnRun].into(), people_max: 1, ..adopted };
    let reasons: Vec<_> =
        list_touched(engine.state(), &none, at(7, 0)).into_iter().map(|t| t.reasons).collect();
    assert_eq!(reasons, [vec![Reason::ClassNotAllowed], vec![Reason::ClassNotAllowed]]);
    // Who was promised a ride keeps it when the policy is adopted all the same.
    send(&mut engine, Command::AdoptPolicy(afternoon), at(7, 1)).unwrap();
    assert!(matches!(engine.state().requests[&ride].state, RequestState::Booked(_)));
    let late = ask(&mut engine, 3, at(10, 0), at(7, 2));
    assert!(matches!(engine.state().requests[&late].state, RequestState::Refused(_)));
}

#[test]
fn a_ride_is_moved_by_hand_under_its_promise_or_not_at_all() {
    let log = MemoryLog::new();
    let mut engine = town(Box::new(log.clone()));
    let second = NewVehicle {
        facility: FacilityId(1),
        kind: VehicleKind::Van,
        layouts: vec![Layout { seats: 2, wheelchairs: 0 }],
        shift: hours((7, 30), (18, 30)),
        attendant: false,
    };
    send(&mut engine, Command::AddVehicle(second.clone()), at(6, 10)).unwrap();
    // One that only comes in the afternoon.
    let late = NewVehicle { shift: hours((13, 0), (18, 30)), ..second };
    send(&mut engine, Command::AddVehicle(late), at(6, 11)).unwrap();
    let ride = book(&mut engine, 0, at(10, 0), at(7, 0)).unwrap();
    let booking = |engine: &Engine| *engine.state().requests[&ride].find_active_booking().unwrap();
    let first = booking(&engine);
    let other = if first.vehicle == VehicleId(1) { VehicleId(2) } else { VehicleId(1) };
    let state = (engine.state().clone(), engine.version());
    let rehearsal = Submission {
        rehearsal: true,
        ..Submission::of(Command::MoveRide { request: ride, vehicle: Some(other) }, "test")
    };
    let told = |events: &[Event]| {
        events.iter().any(|e| matches!(e, Event::NoticesMade { cause: Cause::Moved(r), .. } if *r == ride))
    };
    let rehearsed = engine.submit(rehearsal, at(7, 1)).unwrap();
    assert!(told(&rehearsed.events));
    assert_eq!((engine.state().clone(), engine.version()), state, "a rehearsal changes nothing");
    let done =
        send(&mut engine, Command::MoveRide { request: ride, vehicle: Some(other) }, at(7, 1)).unwrap();
    assert_eq!(done.events, rehearsed.events);
    let now = booking(&engine);
    assert_eq!((now.vehicle, now.promise, now.ride_max), (other, first.promise, first.ride_max));
    // The rule that stands against it is named, and nothing has changed.
    let state = engine.state().clone();
    let refused =
        send(&mut engine, Command::MoveRide { request: ride, vehicle: Some(VehicleId(3)) }, at(7, 2));
    assert!(matches!(refused, Err(Turned::Rejected(Rejection::NoRoom { .. }))), "{refused:?}");
    assert_eq!(engine.state(), &state);
    // Moving it back undoes it.
    send(&mut engine, Command::MoveRide { request: ride, vehicle: Some(first.vehicle) }, at(7, 3)).unwrap();
    assert_eq!(booking(&engine).vehicle, first.vehicle);
    let again =
        send(&mut engine, Command::MoveRide { request: ride, vehicle: Some(first.vehicle) }, at(7, 4));
    assert!(matches!(again, Err(Turned::Rejected(Rejection::Invalid { field: "vehicle", .. }))), "{again:?}");
    assert_eq!(engine.effort().refused_plans, 0);
    let again = Engine::open(Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(log) }).unwrap();
    assert_eq!(again.state(), engine.state());
}
