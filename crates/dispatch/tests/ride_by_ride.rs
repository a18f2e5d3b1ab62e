//! Single rides through the engine: what a phone sends that was out of reach, where a vehicle is seen, and who may ride for how
//! much. Nothing of what happened is lost, and what cannot be so is put before the operator.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, LazyLock};

use dispatch::{Engine, Fix, Matcher, Setup, Submission, Tracking, Turned};
use domain::{
    Care, Channel, Command, Contrary, Entitlement, FactKind, Fare, Layout, Needs, NewFacility, NewPlace,
    NewRider, NewVehicle, Party, Policy, Progress, Purpose, Reason, Rejection, RequestState, Route, RouteId,
    Touched, VehicleKind, VisitKey, Wish, list_touched,
};
use roads::{Period, Roads};
use store::MemoryLog;
use units::{
    AreaId, CorporationId, DayTime, DayWindow, FacilityId, Node, PlaceId, RequestId, RiderId, Seconds,
    ServiceDay, Timestamp, VehicleId,
};

static ROADS: LazyLock<Arc<Roads>> = LazyLock::new(|| Arc::new(roads::draw_town(5).unwrap().roads));
const CAR: VehicleId = VehicleId(1);

fn day() -> ServiceDay {
    ServiceDay::parse("2026-11-24").unwrap()
}

fn at(hour: u32, minute: u32) -> Timestamp {
    day().at(DayTime::hm(hour, minute))
}

fn hours(open: (u32, u32), close: (u32, u32)) -> DayWindow {
    DayWindow::new(DayTime::hm(open.0, open.1), DayTime::hm(close.0, close.1)).unwrap()
}

struct Town {
    engine: Engine,
    log: MemoryLog,
}

impl Town {
    fn send(&mut self, command: Command, now: Timestamp) -> Result<dispatch::Reply, Turned> {
        self.engine.submit(Submission::of(command, "test"), now)
    }

    fn report(
        &mut self,
        fact: FactKind,
        visit: VisitKey,
        (at, now): (Timestamp, Timestamp),
    ) -> Result<dispatch::Reply, Turned> {
        self.send(Command::RecordFact { vehicle: CAR, fact, visit: Some(visit), at }, now)
    }

    /// Two vehicles and four guests with two places each.
    fn new() -> Town {
        let log = MemoryLog::new();
        let engine =
            Engine::open(Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(log.clone()) })
                .unwrap();
        let mut town = Town { engine, log };
        let mut must = |command| town.send(command, at(6, 0)).map(drop).unwrap();
        must(Command::AddCorporation);
        for number in 0..9_u32 {
            let node = Node((1 + number) * 397 % ROADS.node_count() as u32);
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
        for _ in 0..2 {
            must(Command::AddVehicle(NewVehicle {
                facility: FacilityId(1),
                kind: VehicleKind::Minivan,
                layouts: vec![Layout { seats: 4, wheelchairs: 0 }],
                shift: hours((7, 30), (18, 30)),
                attendant: false,
            }));
        }
        for number in 0..4 {
            must(Command::AddRider(NewRider {
                needs: Needs {
                    wheelchair: false,
                    walker_tenths: 0,
                    attendant: false,
                    boarding: Seconds::minutes(1),
                    alighting: Seconds::minutes(1),
                },
                places: vec![PlaceId(2 + 2 * number), PlaceId(3 + 2 * number)],
                membership: None,
            }));
        }
        must(Command::AdoptPolicy(Policy::national(day())));
        town
    }

    fn ask(&mut self, guest: u32, wish: Timestamp) -> RequestId {
        let party = Party {
            rider: RiderId(guest + 1),
            people: 1,
            from: PlaceId(2 + 2 * guest),
            to: PlaceId(3 + 2 * guest),
            wish: Wish::LeaveAt(wish),
            channel: Channel::Phone,
            purpose: Purpose::Other,
        };
        let reply = self.send(Command::MakeRequest(party), at(7, 0)).unwrap();
        reply.subject.unwrap().parse().unwrap()
    }

    /// A ride of a guest on the first vehicle.
    fn book(&mut self, guest: u32, wish: Timestamp) -> RequestId {
        let request = self.ask(guest, wish);
        let RequestState::Offered { offers } = &self.engine.state().requests[&request].state else {
            panic!("no offers for {request}")
        };
        let offer = offers[0].id;
        self.send(Command::AcceptOffer { request, offer }, at(7, 0)).unwrap();
        if self.vehicle_of(request) != CAR {
            self.send(Command::MoveRide { request, vehicle: Some(CAR) }, at(7, 0)).unwrap();
        }
        request
    }

    fn vehicle_of(&self, request: RequestId) -> VehicleId {
        self.engine.state().requests[&request].find_booking().unwrap().vehicle
    }

    fn state(&self, request: RequestId) -> &RequestState {
        &self.engine.state().requests[&request].state
    }

    fn route(&self) -> Arc<Route> {
        self.engine.state().find_route(RouteId { day: day(), vehicle: CAR }).unwrap()
    }

    fn contraries(&self) -> Vec<(VisitKey, Contrary)> {
        self.engine.state().contradictions.values().map(|c| (c.visit, c.contrary)).collect()
    }

    fn replays(&self) {
        let setup = Setup { area: AreaId(1), roads: ROADS.clone(), log: Box::new(self.log.clone()) };
        assert_eq!(Engine::open(setup).unwrap().state(), self.engine.state());
        assert_eq!(self.engine.effort().refused_plans, 0);
    }
}

#[test]
fn who_got_on_although_the_ride_was_cancelled_is_put_before_the_operator() {
    let mut town = Town::new();
    let ride = town.book(0, at(10, 0));
    town.send(Command::Cancel { request: ride }, at(9, 30)).unwrap();
    let (visit, times) = (VisitKey::pickup(ride), (at(10, 5), at(10, 20)));
    town.report(FactKind::Boarded, visit, times).unwrap();
    // Sending it again makes no second one.
    town.report(FactKind::Boarded, visit, times).unwrap();
    assert_eq!(town.contraries(), [(visit, Contrary::Cancelled)]);
    assert!(matches!(town.state(ride), RequestState::Cancelled { .. }));
    let (id, known) =
        town.engine.state().contradictions.iter().next().map(|(id, c)| (*id, c.clone())).unwrap();
    assert_eq!((known.at, known.heard_at, known.vehicle), (at(10, 5), at(10, 20), CAR));
    town.send(Command::SettleContradiction { contradiction: id }, at(10, 25)).unwrap();
    town.send(Command::SettleContradiction { contradiction: id }, at(10, 26)).unwrap();
    assert_eq!(town.contraries(), []);
    let never = Command::SettleContradiction { contradiction: id.next() };
    assert!(matches!(town.send(never, at(10, 27)), Err(Turned::Rejected(Rejection::Unknown { .. }))));
    town.replays();
}

#[test]
fn who_got_on_elsewhere_than_planned_is_put_before_the_operator() {
    let mut town = Town::new();
    let ride = town.book(0, at(10, 0));
    town.send(Command::MoveRide { request: ride, vehicle: Some(VehicleId(2)) }, at(9, 0)).unwrap();
    town.report(FactKind::Boarded, VisitKey::pickup(ride), (at(10, 2), at(10, 3))).unwrap();
    assert_eq!(
        town.contraries(),
        [(VisitKey::pickup(ride), Contrary::OtherVehicle { vehicle: VehicleId(2) })]
    );
    assert!(matches!(town.state(ride), RequestState::Booked(_)));
    town.replays();
}

#[test]
fn what_was_done_in_another_order_out_of_reach_is_taken_as_it_was() {
    let mut town = Town::new();
    let (first, second) = (town.book(0, at(10, 0)), town.book(1, at(10, 40)));
    let order: Vec<VisitKey> = town.route().visits.iter().map(|v| v.visit).collect();
    let later = order.iter().copied().find(|v| v.request == second).unwrap();
    assert_eq!(order[0], VisitKey::pickup(first));
    // At once the driver can still be told that it is a slip.
    let slip = town.report(FactKind::Boarded, later, (at(10, 4), at(10, 4)));
    assert!(matches!(slip, Err(Turned::Rejected(Rejection::VisitNotNext { .. }))), "{slip:?}");
    assert_eq!(town.contraries(), []);
    // A quarter of an hour later it is what happened.
    town.report(FactKind::Departed, later, (at(10, 0), at(10, 30))).unwrap();
    town.report(FactKind::Boarded, later, (at(10, 12), at(10, 30))).unwrap();
    assert_eq!(town.contraries(), [(later, Contrary::OtherOrder { next: order[0] })]);
    let RequestState::OnBoard { boarded_at, .. } = town.state(second) else { panic!("not on board") };
    assert_eq!(*boarded_at, at(10, 12));
    assert!(matches!(town.state(first), RequestState::Booked(_)));
    town.replays();
}

#[test]
fn who_got_off_was_on_board_though_nobody_said_so() {
    let mut town = Town::new();
    let ride = town.book(0, at(10, 0));
    let off = VisitKey::dropoff(ride);
    let slip = town.report(FactKind::Alighted, off, (at(10, 20), at(10, 20)));
    assert!(matches!(slip, Err(Turned::Rejected(Rejection::VisitNotNext { .. }))), "{slip:?}");
    town.report(FactKind::Alighted, off, (at(10, 20), at(10, 40))).unwrap();
    assert_eq!(town.contraries(), [(off, Contrary::NotBoarded)]);
    assert!(matches!(town.state(ride), RequestState::Done { .. }));
    assert!(town.route().visits.is_empty());
    town.replays();
}

#[test]
fn a_vehicle_seen_on_its_way_arrives_when_its_position_says_so() {
    let mut town = Town::new();
    let ride = town.book(0, at(10, 0));
    let visit = VisitKey::pickup(ride);
    town.report(FactKind::Departed, visit, (at(9, 50), at(9, 50))).unwrap();
    let Progress::Heading { eta, .. } = town.route().progress else { panic!("not heading") };
    let area = town.engine.state().clone();
    let (from, to) = (area.find_node(PlaceId(1)).unwrap(), area.find_node(PlaceId(2)).unwrap());
    let path = ROADS.path_during(Period::Midday, from, to);
    let (tracking, matcher) = (Tracking::default(), Matcher::new(ROADS.clone()));
    let half = path.at(path.seconds.0 * 500).unwrap();
    // Half way in the time that was thought for all of it: the rest takes as long again.
    let slow = at(9, 50) + path.seconds;
    let fix = |sequence, at, point| Fix { sequence, at, point, accuracy_m: 8.0 };
    tracking.take(CAR, fix(1, slow, half), slow).unwrap();
    let seen = matcher.find(&area, CAR, &tracking.find(CAR).unwrap()).unwrap();
    assert!(seen.on_way && seen.visit == Some(visit) && seen.off.0 <= 2, "{seen:?}");
    let told = matcher.sightings(&area, &tracking, slow);
    assert_eq!(told.len(), 1, "{told:?}");
    town.send(told[0].clone(), slow).unwrap();
    let Progress::Heading { eta: now, .. } = town.route().progress else { panic!("not heading") };
    assert!(now > eta && now >= slow + Seconds(path.seconds.0 * 45 / 100), "{now} after {eta}");
    let forecast = town.engine.forecast(RouteId { day: day(), vehicle: CAR }, slow);
    assert!(
        forecast[0].begin >= now
            && forecast[0].soonest <= forecast[0].begin
            && forecast[0].begin <= forecast[0].latest
    );
    // A fix that is old, vague, or of a way that is not driven any more says nothing.
    assert!(matcher.sightings(&area, &tracking, slow + Seconds::minutes(5)).is_empty());
    let after = slow + Seconds(5);
    tracking.take(CAR, Fix { accuracy_m: 400.0, ..fix(2, after, half) }, after).unwrap();
    assert!(matcher.find(&area, CAR, &tracking.find(CAR).unwrap()).is_none());
    town.report(FactKind::Arrived, visit, (after, after)).unwrap();
    tracking.take(CAR, fix(3, after + Seconds(5), half), after + Seconds(5)).unwrap();
    assert!(matcher.find(town.engine.state(), CAR, &tracking.find(CAR).unwrap()).is_none());
    town.replays();
}

#[test]
fn a_vehicle_that_has_left_its_way_is_laid_on_the_road_where_it_is() {
    let mut town = Town::new();
    let ride = town.book(0, at(10, 0));
    town.report(FactKind::Departed, VisitKey::pickup(ride), (at(9, 50), at(9, 50))).unwrap();
    let area = town.engine.state().clone();
    let (from, to) = (area.find_node(PlaceId(1)).unwrap(), area.find_node(PlaceId(2)).unwrap());
    let path = ROADS.path_during(Period::Midday, from, to);
    // Of all places of the town the one that is farthest from the way.
    let off = |node: Node| path.nearest(ROADS.point(node).unwrap(), 0).map(|near| near.off);
    let far = (0..ROADS.node_count() as u32).step_by(7).map(Node).max_by_key(|node| off(*node)).unwrap();
    let (tracking, matcher) = (Tracking::default(), Matcher::new(ROADS.clone()));
    let now = at(9, 58);
    tracking
        .take(CAR, Fix { sequence: 1, at: now, point: ROADS.point(far).unwrap(), accuracy_m: 5.0 }, now)
        .unwrap();
    let seen = matcher.find(&area, CAR, &tracking.find(CAR).unwrap()).unwrap();
    assert!(!seen.on_way && seen.off.0 <= 30, "{seen:?}");
    let rest =
        ROADS.travel_during(Period::Midday, ROADS.snap(ROADS.point(far).unwrap()).unwrap().node, to).seconds;
    assert_eq!(seen.arrives, now + rest);
}

#[test]
fn who_may_ride_and_what_it_costs_follow_from_the_policy_of_the_day_and_stay_with_the_promise() {
    let mut town = Town::new();
    let free = town.book(0, at(10, 0));
    let yen = |town: &Town, id: RequestId| {
        town.engine.state().requests[&id].find_active_booking().unwrap().fare_yen
    };
    let former = town.engine.state().policies.in_force(day());
    let nameless = Fare::ActualCost { yen_per_km: 30, items: " ".to_owned() };
    let wrong = town.send(Command::AdoptPolicy(Policy { fare: nameless, ..former.clone() }), at(7, 0));
    assert!(matches!(wrong, Err(Turned::Rejected(Rejection::Invalid { field: "fare", .. }))), "{wrong:?}");
    // The ride that was given would not be given again; it is kept all the same, and stays free.
    let fare = Fare::ActualCost { yen_per_km: 30, items: "fuel, parking".to_owned() };
    let strict = Policy { who: [Entitlement::LongTermCare].into(), fare, ..former };
    let touched = list_touched(town.engine.state(), &strict, at(7, 0));
    assert_eq!(touched, [Touched { request: free, reasons: vec![Reason::NotEntitled] }]);
    town.send(Command::AdoptPolicy(strict.clone()), at(7, 0)).unwrap();
    assert_eq!(yen(&town, free), 0);
    let refused = town.ask(1, at(13, 0));
    let RequestState::Refused(refusal) = town.state(refused) else { panic!("not refused") };
    assert_eq!(refusal.reasons.iter().map(|r| r.reason).collect::<Vec<_>>(), [Reason::NotEntitled]);
    let care =
        Care { entitlements: [Entitlement::LongTermCare, Entitlement::Aged].into(), ..Care::default() };
    town.send(Command::SetCare { rider: RiderId(2), care }, at(7, 0)).unwrap();
    let paid = town.book(1, at(13, 0));
    let node = |place| town.engine.state().find_node(place).unwrap();
    let direct = ROADS.travel(node(PlaceId(4)), node(PlaceId(5))).metres;
    assert_eq!(yen(&town, paid), strict.fare.yen(direct));
    assert!(yen(&town, paid) > 0);
    town.replays();
}
