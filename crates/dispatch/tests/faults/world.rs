//! A town small enough for thousands of lives: straight lines for roads, two vehicles, four members, four guests.

use std::sync::{Arc, LazyLock};

use dispatch::{Engine, Setup, Submission};
use domain::{
    Command, Layout, Membership, Needs, NewFacility, NewPlace, NewRider, NewVehicle, Policy, RideClass,
    TravelTimes, VehicleKind, Weekdays,
};
use roads::{Bounds, Period, Roads, StraightLines};
use units::{
    AreaId, CorporationId, DayTime, DayWindow, FacilityId, Metres, Node, PlaceId, Point, Seconds, ServiceDay,
    Timestamp, Weekday,
};

use crate::disk::SimLog;

pub const AREA: AreaId = AreaId(1);
pub const RIDERS: u32 = 8;
pub const MEMBERS: u32 = 4;
pub const VEHICLES: u32 = 2;

pub static ROADS: LazyLock<Arc<Roads>> = LazyLock::new(|| {
    let corner = |lat, lon| Point::from_degrees(lat, lon).unwrap();
    let bounds = Bounds { sw: corner(36.0, 139.0), ne: corner(36.05, 139.06) };
    Arc::new(Roads::straight_lines(StraightLines::within(bounds)).unwrap())
});

/// The log of the registered town, as bytes of the journal; drawn once.
pub static MASTERS: LazyLock<Vec<u8>> = LazyLock::new(register);

pub fn day() -> ServiceDay {
    ServiceDay::parse("2026-11-24").unwrap()
}

/// 07:10, when everything begins.
pub fn dawn() -> Timestamp {
    day().at(DayTime::hm(7, 10))
}

pub fn home(rider: u32) -> PlaceId {
    PlaceId(2 * rider)
}

pub fn goal(rider: u32) -> PlaceId {
    PlaceId(2 * rider + 1)
}

fn window(open: (u32, u32), close: (u32, u32)) -> DayWindow {
    DayWindow::new(DayTime::hm(open.0, open.1), DayTime::hm(close.0, close.1)).unwrap()
}

fn commands() -> Vec<Command> {
    let mut all = vec![Command::AddCorporation];
    for number in 0..=2 * RIDERS {
        let (lat, lon) =
            (36.002 + 0.0027 * f64::from(number % 17), 139.003 + 0.0031 * f64::from(number * 5 % 17));
        let node = ROADS.snap(Point::from_degrees(lat, lon).unwrap()).unwrap().node;
        all.push(Command::AddPlace(NewPlace { node, largest_vehicle: VehicleKind::Van }));
    }
    all.push(Command::AddFacility(NewFacility {
        corporation: CorporationId(1),
        place: PlaceId(1),
        service: window((9, 30), (16, 40)),
        pickup_hours: window((7, 30), (9, 30)),
        dropoff_hours: window((16, 25), (18, 30)),
        ride_max: Seconds::minutes(40),
    }));
    for number in 0..VEHICLES {
        let wide = Layout { seats: 3 + number as u8, wheelchairs: 0 };
        all.push(Command::AddVehicle(NewVehicle {
            facility: FacilityId(1),
            kind: VehicleKind::Van,
            layouts: vec![wide, Layout { seats: 2, wheelchairs: 1 }],
            shift: window((7, 15), (18, 30)),
            attendant: number == 0,
        }));
    }
    for rider in 1..=RIDERS {
        let needs = Needs {
            wheelchair: rider == 5,
            walker_tenths: u16::from(rider == 2),
            attendant: false,
            boarding: Seconds(60),
            alighting: Seconds(45),
        };
        let weekdays = Weekdays(vec![Weekday::Tue]);
        let membership = (rider <= MEMBERS).then_some(Membership { facility: FacilityId(1), weekdays });
        all.push(Command::AddRider(NewRider { needs, places: vec![home(rider), goal(rider)], membership }));
    }
    let mut policy = Policy::national(day());
    policy.guest_hours = window((7, 30), (18, 0));
    policy.allows.extend([RideClass::GuestEmptyLeg, RideClass::GuestBesideMembers]);
    all.push(Command::AdoptPolicy(policy));
    all.push(Command::Tick);
    all
}

fn register() -> Vec<u8> {
    let log = SimLog::with(&[]);
    let setup = Setup { area: AREA, roads: ROADS.clone(), log: Box::new(log.clone()) };
    let mut engine = Engine::open(setup).unwrap();
    for command in commands() {
        engine.submit(Submission::of(command, "operator"), dawn()).unwrap();
    }
    log.journal()
}

/// Travel times straight from the roads, for the auditor: nothing of the engine's own table.
pub struct Ways;

impl TravelTimes for Ways {
    fn seconds(&self, from: Node, to: Node) -> Seconds {
        ROADS.travel_during(Period::Midday, from, to).seconds
    }

    fn metres(&self, from: Node, to: Node) -> Metres {
        ROADS.travel_during(Period::Midday, from, to).metres
    }
}
