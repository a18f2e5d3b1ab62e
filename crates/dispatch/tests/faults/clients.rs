//! What people and devices want next, drawn from the state as they can see it.

use domain::{
    AbsenceKind, Area, Channel, Command, Direction, FactKind, JoinKind, NewRider, Party, Pin, PlanStart,
    Purpose, RequestState, Resource, RouteId, VisitKey, VisitKind, Wish,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use units::{DayTime, FacilityId, OfferId, RequestId, RiderId, Seconds, Timestamp, VehicleId};

use crate::world::{MEMBERS, RIDERS, VEHICLES, day, goal, home};

/// Who sends commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Guest(u32),
    Operator,
    Driver(u32),
}

impl Who {
    pub fn all() -> Vec<Who> {
        let guests = (MEMBERS + 1..=RIDERS).map(Who::Guest);
        let drivers = (1..=VEHICLES).map(Who::Driver);
        guests.chain([Who::Operator, Who::Operator]).chain(drivers).collect()
    }

    pub fn actor(self) -> String {
        match self {
            Who::Guest(rider) => RiderId(rider).to_string(),
            Who::Operator => "operator".to_owned(),
            Who::Driver(vehicle) => VehicleId(vehicle).to_string(),
        }
    }
}

/// What is sent, and whether only to hear what it would do.
pub struct Want {
    pub command: Command,
    pub rehearsal: bool,
}

fn want(command: Command) -> Option<Want> {
    Some(Want { command, rehearsal: false })
}

fn one<T: Copy>(draw: &mut ChaCha8Rng, from: &[T]) -> Option<T> {
    (!from.is_empty()).then(|| from[draw.random_range(0..from.len())])
}

/// `number` makes wishes differ by seconds, so that no two of one rider are the same.
pub fn next(who: Who, area: &Area, now: Timestamp, number: usize, draw: &mut ChaCha8Rng) -> Option<Want> {
    match who {
        Who::Guest(rider) => guest(rider, area, now, number, draw),
        Who::Operator => operator(area, number, draw),
        Who::Driver(vehicle) => driver(vehicle, area, now, draw).and_then(want),
    }
}

fn guest(rider: u32, area: &Area, now: Timestamp, number: usize, draw: &mut ChaCha8Rng) -> Option<Want> {
    let own = |r: &&domain::Request| r.rider == RiderId(rider);
    let requests: Vec<&domain::Request> = area.requests.values().map(|r| &**r).filter(own).collect();
    let open = requests.iter().find(|r| matches!(r.state, RequestState::Offered { .. }));
    if let (Some(request), true) = (open, draw.random_ratio(9, 10)) {
        if draw.random_ratio(1, 12) {
            return want(Command::Cancel { request: request.id });
        }
        return accept(area, request, draw).and_then(want);
    }
    if let Some(request) = requests.iter().find(|r| matches!(r.state, RequestState::Refused(_)))
        && draw.random_ratio(1, 3)
    {
        return want(Command::Wait { request: request.id });
    }
    if let Some(booked) = requests.iter().find(|r| matches!(r.state, RequestState::Booked(_))) {
        return draw.random_ratio(1, 12).then_some(Command::Cancel { request: booked.id }).and_then(want);
    }
    if requests.iter().any(|r| r.find_active_booking().is_some()) {
        return None;
    }
    want(wish(rider, now, number, draw))
}

fn wish(rider: u32, now: Timestamp, number: usize, draw: &mut ChaCha8Rng) -> Command {
    let at = now + Seconds::minutes(draw.random_range(5..90)) + Seconds(number as i64 % 60);
    let back = draw.random_ratio(1, 2);
    let party = Party {
        rider: RiderId(rider),
        people: if draw.random_ratio(1, 6) { 2 } else { 1 },
        from: if back { goal(rider) } else { home(rider) },
        to: if back { home(rider) } else { goal(rider) },
        wish: if draw.random_ratio(1, 2) { Wish::LeaveAt(at) } else { Wish::ArriveBy(at) },
        channel: Channel::App,
        purpose: Purpose::Shopping,
    };
    if draw.random_ratio(1, 5) {
        let back = Wish::LeaveAt(at + Seconds::minutes(draw.random_range(30..120)));
        return Command::MakeRoundTrip { there: party, back };
    }
    Command::MakeRequest(party)
}

fn accept(area: &Area, request: &domain::Request, draw: &mut ChaCha8Rng) -> Option<Command> {
    let offers = |id: RequestId| -> Vec<OfferId> {
        match area.requests.get(&id).map(|r| &r.state) {
            Some(RequestState::Offered { offers }) => offers.iter().map(|o| o.id).collect(),
            _ => Vec::new(),
        }
    };
    let offer = one(draw, &offers(request.id))?;
    let Some(pair) = request.pair else {
        return Some(Command::AcceptOffer { request: request.id, offer });
    };
    let (this, that) = ((request.id, offer), (pair, one(draw, &offers(pair))?));
    let (there, back) = if this < that { (this, that) } else { (that, this) };
    Some(Command::AcceptRoundTrip { there, back })
}

fn operator(area: &Area, number: usize, draw: &mut ChaCha8Rng) -> Option<Want> {
    let facility = FacilityId(1);
    if area.planned_days.is_empty() {
        return want(Command::PlanDay { facility, day: day(), start: PlanStart::Fresh });
    }
    let member = RiderId(draw.random_range(1..=MEMBERS));
    let vehicle = VehicleId(draw.random_range(1..=VEHICLES));
    let direction = if draw.random_ratio(1, 2) { Direction::PickupRun } else { Direction::DropoffRun };
    let booked: Vec<RequestId> = (area.requests.values())
        .filter(|r| matches!(r.state, RequestState::Booked(_)))
        .map(|r| r.id)
        .collect();
    let command = match draw.random_range(0..12) {
        0 => {
            let kinds = [AbsenceKind::WholeDay, AbsenceKind::PickupRun, AbsenceKind::DropoffRun];
            Command::NoteAbsence { rider: member, day: day(), kind: kinds[draw.random_range(0..3)] }
        }
        1 => Command::NoteJoin { rider: member, day: day(), kind: JoinKind::Both },
        2 => Command::NoteOut { what: Resource::Vehicle(vehicle), day: day(), out: draw.random_ratio(1, 2) },
        3 => Command::NoteOut { what: Resource::Vehicle(vehicle), day: day(), out: false },
        4 => Command::ReplanDay { facility, day: day() },
        5 => {
            let pin = Pin { vehicle: Some(vehicle), at: None };
            Command::PinRide {
                rider: member,
                day: day(),
                direction,
                pin: Some(pin).filter(|_| draw.random_ratio(2, 3)),
            }
        }
        6 | 7 => Command::MoveRide { request: one(draw, &booked)?, vehicle: Some(vehicle) },
        8 => Command::GiveNotice { notice: one(draw, &area.notices.keys().copied().collect::<Vec<_>>())? },
        9 => {
            let needs = area.riders.get(&RiderId(1))?.needs;
            Command::AddRider(NewRider { needs, places: vec![home(1)], membership: None })
        }
        // A wish by telephone: the same as by app.
        _ => {
            wish(draw.random_range(MEMBERS + 1..=RIDERS), area.day?.at(DayTime::hm(7, 30)), 60 + number, draw)
        }
    };
    // Only what names its place in the log may be rehearsed here; the others are drawn the same way.
    let rehearsal =
        matches!(command, Command::MoveRide { .. } | Command::NoteOut { .. }) && draw.random_ratio(1, 4);
    Some(Want { command, rehearsal })
}

/// What a driver taps: mostly what is due, sometimes late, twice, or something else.
fn driver(vehicle: u32, area: &Area, now: Timestamp, draw: &mut ChaCha8Rng) -> Option<Command> {
    let vehicle = VehicleId(vehicle);
    let route = area.find_route(RouteId { day: day(), vehicle })?;
    if route.acknowledged < route.revision && draw.random_ratio(1, 3) {
        return Some(Command::AcknowledgeRoute { vehicle, revision: route.revision });
    }
    let at = now - Seconds(draw.random_range(0..90));
    let Some(first) = route.visits.first() else {
        let fact = if draw.random_ratio(1, 2) { FactKind::Departed } else { FactKind::Arrived };
        return Some(Command::RecordFact { vehicle, fact, visit: None, at });
    };
    // Nobody drives hours ahead of the plan.
    if first.begin > now + Seconds::minutes(12) {
        return None;
    }
    Some(Command::RecordFact { vehicle, fact: due(first.visit, draw), visit: Some(first.visit), at })
}

fn due(visit: VisitKey, draw: &mut ChaCha8Rng) -> FactKind {
    match (visit.kind, draw.random_range(0..12)) {
        (_, 0..=3) => FactKind::Departed,
        (_, 4..=6) => FactKind::Arrived,
        (VisitKind::Pickup, 7) => FactKind::NoShow,
        (VisitKind::Pickup, _) => FactKind::Boarded,
        (VisitKind::Dropoff, _) => FactKind::Alighted,
    }
}
