//! Facts from the driver's device. A phone that was offline simply sends again, so every fact may come twice; and people
//! get on and off at one stop in any order.

use units::{PlaceId, Seconds, ServiceDay, Timestamp, VehicleId};

use crate::area::Area;
use crate::command::FactKind;
use crate::contradiction::{Contrary, contradict};
use crate::decide::{find_open_visit, invalid, leg, unknown};
use crate::event::Event;
use crate::judge::TravelTimes;
use crate::plan::{Progress, Route, RouteId, VisitKey, VisitKind};
use crate::rejection::Rejection;
use crate::request::{Booking, Request, RequestState};

/// A fact that is reported later than this after it happened waited in a phone without signal: nobody can be asked any more
/// whether it was a slip, and what happened in between followed from it.
const ASKED_AT_ONCE: Seconds = Seconds(90);
/// A sighting that moves an arrival by less is no news.
const ETA_WORTH: Seconds = Seconds::minutes(1);
/// A run that is late into the night still belongs to its day.
const AFTER_MIDNIGHT_MAX: Seconds = Seconds::hours(6);

pub(crate) fn decide_fact(
    area: &Area,
    vehicle: VehicleId,
    fact: FactKind,
    visit: Option<VisitKey>,
    at: Timestamp,
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> Result<Vec<Event>, Rejection> {
    let Some(visit) = visit else {
        let id = RouteId { day: ServiceDay::of(at), vehicle };
        let route = area.find_route(id).ok_or_else(|| unknown("vehicle", &vehicle))?;
        return base_fact(area, &route, fact, at, travel);
    };
    let request = area.requests.get(&visit.request).ok_or_else(|| unknown("visit", &visit))?;
    let booking = request.find_booking().ok_or_else(|| unknown("visit", &visit))?;
    require_matching(fact, visit)?;
    if let Some(contrary) = contrary(request, booking.vehicle, vehicle, fact) {
        return Ok(contradict(area, vehicle, (fact, visit), (at, now), contrary));
    }
    if booking.vehicle != vehicle {
        return Err(unknown("visit", &visit));
    }
    let open = find_open_visit(area, visit.request);
    if open.is_none_or(|open| open.kind > visit.kind) {
        // Already done, or overtaken by a cancellation: the driver's repeated tap changes nothing.
        return Ok(Vec::new());
    }
    let day = booking.day;
    if at < day.midnight() || at > day.next().midnight() + AFTER_MIDNIGHT_MAX {
        return Err(invalid(
            "at",
            at.to_string(),
            format!("a time of the ride's day, {day}; is the device's clock right?"),
        ));
    }
    let id = RouteId { day, vehicle };
    let route = area.find_route(id).ok_or_else(|| unknown("vehicle", &vehicle))?;
    let is_late = now - at > ASKED_AT_ONCE;
    let report = ((fact, visit), (at, now));
    let mut events = Vec::new();
    if fact == FactKind::Alighted && open.is_some_and(|open| open.kind == VisitKind::Pickup) && is_late {
        events.extend(contradict(area, vehicle, report.0, report.1, Contrary::NotBoarded));
        events.push(Event::Boarded {
            route: id,
            request: visit.request,
            at: at.max(last_fact(&route)).min(now),
        });
    } else if let Some(next) = find_next_instead(area, &route, visit) {
        if !is_late || open != Some(visit) {
            let next = next.map_or_else(|| "nothing".to_owned(), |n| n.to_string());
            return Err(Rejection::VisitNotNext { visit, next });
        }
        let other = next.map(|next| Contrary::OtherOrder { next });
        events.extend(other.into_iter().flat_map(|c| contradict(area, vehicle, report.0, report.1, c)));
    }
    // A device's clock may be behind the fact before this one; the order of facts is what counts.
    let at = at.max(last_fact(&route)).min(now);
    let from = route.anchor.place;
    let request_id = visit.request;
    events.extend(match fact {
        FactKind::Departed => match route.progress {
            Progress::Heading { visit: known, .. } | Progress::Arrived { visit: known, .. }
                if known == visit =>
            {
                Vec::new()
            }
            _ => {
                let (drive, metres) = leg(area, from, request.place(visit.kind), travel);
                let at = at.max(route.anchor.ready);
                vec![Event::Departed { route: id, visit: Some(visit), at, eta: at + drive, metres }]
            }
        },
        FactKind::Arrived => match route.progress {
            Progress::Arrived { visit: known, .. } if known == visit => Vec::new(),
            _ => vec![Event::Arrived { route: id, visit: Some(visit), at }],
        },
        FactKind::Boarded => vec![Event::Boarded { route: id, request: request_id, at }],
        FactKind::Alighted => vec![Event::Alighted { route: id, request: request_id, at }],
        FactKind::NotAtDoor | FactKind::NoShow => at_the_door(area, &route, (request, booking), fact, at)?,
    });
    Ok(events)
}

/// Nobody comes to the door: at first, or for good when the vehicle has waited its time.
fn at_the_door(
    area: &Area,
    route: &Route,
    (request, booking): (&Request, &Booking),
    fact: FactKind,
    at: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    let since = area.at_door.get(&request.id);
    if fact == FactKind::NotAtDoor {
        if since.is_some() {
            return Ok(Vec::new());
        }
        require_tried(area, route, request.from, booking.day.midnight(), at)?;
        return Ok(vec![Event::NotAtDoor { route: route.id, request: request.id, at }]);
    }
    let until = since.map(|since| *since + area.policies.in_force(booking.day).door_wait);
    if let Some(until) = until.filter(|until| at < *until) {
        return Err(invalid("fact", format!("no_show at {at}"), format!("wait until {until}")));
    }
    require_tried(area, route, request.from, booking.promise.pickup.open(), at)?;
    Ok(vec![Event::NoShow { route: route.id, request: request.id, at }])
}

fn require_matching(fact: FactKind, visit: VisitKey) -> Result<(), Rejection> {
    let matching = match fact {
        FactKind::Boarded | FactKind::NoShow | FactKind::NotAtDoor => visit.kind == VisitKind::Pickup,
        FactKind::Alighted => visit.kind == VisitKind::Dropoff,
        FactKind::Departed | FactKind::Arrived => true,
    };
    if matching {
        return Ok(());
    }
    let wrong = format!("{fact:?} for {visit}");
    Err(invalid("fact", wrong, "boarded, not_at_door and no_show belong to a pickup, alighted to a dropoff"))
}

/// What is known of a ride that speaks against what is reported of its rider.
fn contrary(request: &Request, booked_on: VehicleId, vehicle: VehicleId, fact: FactKind) -> Option<Contrary> {
    let is_of_rider = matches!(fact, FactKind::Boarded | FactKind::Alighted | FactKind::NoShow);
    if booked_on != vehicle {
        return is_of_rider.then_some(Contrary::OtherVehicle { vehicle: booked_on });
    }
    match (&request.state, fact) {
        (RequestState::Cancelled { .. }, FactKind::Boarded | FactKind::Alighted) => Some(Contrary::Cancelled),
        (RequestState::NoShow { .. }, FactKind::Boarded | FactKind::Alighted) => Some(Contrary::NoShow),
        (RequestState::OnBoard { .. } | RequestState::Done { .. }, FactKind::NoShow) => {
            Some(Contrary::OnBoard)
        }
        _ => None,
    }
}

/// Where the vehicle is seen on its way it arrives at another time than was thought.
pub(crate) fn decide_sighting(
    area: &Area,
    vehicle: VehicleId,
    visit: Option<VisitKey>,
    eta: Timestamp,
    now: Timestamp,
) -> Vec<Event> {
    let id = RouteId { day: ServiceDay::of(now), vehicle };
    let Some(route) = area.find_route(id) else { return Vec::new() };
    let known = match (route.progress, visit) {
        (Progress::Heading { visit: known, eta, .. }, Some(seen)) if known == seen => eta,
        (Progress::Returning { .. }, None) => route.anchor.ready,
        // It has got on since it was seen.
        _ => return Vec::new(),
    };
    let eta = eta.max(now);
    if (eta - known).0.abs() < ETA_WORTH.0 {
        return Vec::new();
    }
    vec![Event::EtaChanged { route: id, visit, eta }]
}

/// Waiting at the door is part of the promise: nobody is a no-show before it begins, or unseen.
fn require_tried(
    area: &Area,
    route: &Route,
    door: PlaceId,
    open: Timestamp,
    at: Timestamp,
) -> Result<(), Rejection> {
    if at < open {
        return Err(invalid(
            "fact",
            format!("no_show at {at}"),
            format!("the promised time begins at {open}"),
        ));
    }
    let there = match route.progress {
        Progress::Arrived { visit, .. } => area.find_visit_place(visit) == Some(door),
        Progress::Standing => route.anchor.place == door,
        Progress::Heading { .. } | Progress::Returning { .. } => false,
    };
    if there {
        return Ok(());
    }
    Err(invalid("fact", "no_show without having arrived", "report `arrived` at the door first"))
}

/// When the newest thing known of a route happened.
fn last_fact(route: &Route) -> Timestamp {
    match route.progress {
        Progress::Standing => route.anchor.ready,
        Progress::Heading { departed_at, .. } | Progress::Returning { departed_at, .. } => departed_at,
        Progress::Arrived { at, .. } => at,
    }
}

/// Empty, towards the base or back at it.
fn base_fact(
    area: &Area,
    route: &Route,
    fact: FactKind,
    at: Timestamp,
    travel: &dyn TravelTimes,
) -> Result<Vec<Event>, Rejection> {
    match (fact, route.progress) {
        (FactKind::Departed, Progress::Returning { .. }) => Ok(Vec::new()),
        (FactKind::Departed, Progress::Standing) => {
            if area.on_board(route.id).next().is_some() {
                return Err(invalid(
                    "visit",
                    "none, with riders on board",
                    "the visit that the vehicle leaves for",
                ));
            }
            let base =
                area.find_base(route.id.vehicle).ok_or_else(|| unknown("vehicle", &route.id.vehicle))?;
            if base == route.anchor.place {
                return Ok(Vec::new());
            }
            let (drive, metres) = leg(area, route.anchor.place, base, travel);
            Ok(vec![Event::Departed { route: route.id, visit: None, at, eta: at + drive, metres }])
        }
        (FactKind::Arrived, Progress::Returning { .. }) => {
            Ok(vec![Event::Arrived { route: route.id, visit: None, at }])
        }
        (FactKind::Arrived, Progress::Standing) => Ok(Vec::new()),
        _ => Err(invalid("visit", "none", "the visit that the fact is about")),
    }
}

/// What is due before a visit that is neither the first one nor at the same stop as the first one; none within if nothing
/// is due at all.
fn find_next_instead(area: &Area, route: &Route, visit: VisitKey) -> Option<Option<VisitKey>> {
    let Some(first) = route.visits.first() else { return Some(None) };
    let stop = area.find_visit_place(first.visit);
    let mut here = route.visits.iter().take_while(|v| area.find_visit_place(v.visit) == stop);
    if here.any(|v| v.visit == visit) { None } else { Some(Some(first.visit)) }
}
