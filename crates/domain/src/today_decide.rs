//! The rules of same-day events that need no search: one command each.

use units::{
    DayTime, Metres, PlaceId, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window,
};

use crate::area::Area;
use crate::command::{AbsenceKind, NewClosure};
use crate::day::Cause;
use crate::day_decide::{drop_requests, find_run, note_absence, replan};
use crate::decide::{Decision, Next, invalid, leg, near_day, unknown};
use crate::event::Event;
use crate::judge::TravelTimes;
use crate::plan::{Progress, RouteId, VisitKey};
use crate::rejection::Rejection;
use crate::request::{Direction, Promise, Request, RequestState, Wish};
use crate::ride_decide::cancel;
use crate::today::{Closure, DoorDecision, WidenReason};

/// How long after "now" a given time may lie in the past because clocks differ.
const TOLERANCE: Seconds = Seconds(90);
/// A closed stretch is one of a town, not a region.
const RADIUS_MAX: Metres = Metres(5_000);
const CLOSED_MAX: Seconds = Seconds::hours(24 * 60);
/// Nobody's promise is widened beyond this.
const RIDE_MAX: Seconds = Seconds::hours(3);

fn not_booked(request: &Request, wanted: &'static str) -> Rejection {
    Rejection::WrongState { subject: request.id.to_string(), state: request.state.code().to_owned(), wanted }
}

/// A member is ready later (late in the morning) or leaves earlier than the others: from then on, and not before.
pub(crate) fn note_ready(
    area: &Area,
    (rider, day, direction): (RiderId, ServiceDay, Direction),
    at: Option<DayTime>,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let known = area.riders.get(&rider).ok_or_else(|| unknown("rider", &rider))?;
    near_day("day", day, now)?;
    let facility = known.membership.as_ref().map(|m| m.facility);
    let facility = facility.ok_or_else(|| invalid("rider", format!("{rider} is no member"), "a member"))?;
    let site = area.facilities.get(&facility).ok_or_else(|| unknown("facility", &facility))?;
    let Some(time) = at else {
        if area.find_ready(rider, day, direction).is_none() {
            return Ok(Decision::just(Vec::new()));
        }
        // With the others again.
        let events = vec![Event::ReadyCleared { rider, day, direction }];
        return Ok(replan(area, (facility, day), events, Vec::new(), Cause::Ready { rider, direction }));
    };
    let comes = area.list_attendance(facility, day).iter().any(|a| {
        a.rider == rider && if direction == Direction::PickupRun { a.pickup_run } else { a.dropoff_run }
    });
    if !comes {
        return Err(invalid(
            "rider",
            format!("{rider} is not expected on this run of {day}"),
            "a member who comes; note a late joiner first",
        ));
    }
    let (first, last) = match direction {
        Direction::PickupRun => (site.pickup_hours.open(), site.service.close()),
        Direction::DropoffRun => (site.service.open(), site.dropoff_hours.close()),
    };
    if time < first || time > last {
        return Err(invalid("at", time.to_string(), format!("between {first} and {last}")));
    }
    let at = day.at(time);
    if at + TOLERANCE < now {
        return Err(Rejection::InPast { field: "at", at, now });
    }
    if let Some(request) = find_run(area, rider, day, direction) {
        match request.state {
            RequestState::OnBoard { .. } | RequestState::Done { .. } | RequestState::NoShow { .. } => {
                return Err(not_booked(request, "still to come"));
            }
            _ => {}
        }
        if let Some(booking) = request.find_active_booking() {
            unlocked(area, booking.vehicle, day)?;
        }
    }
    if area.find_ready(rider, day, direction) == Some(at) {
        return Ok(Decision::just(Vec::new()));
    }
    let events = vec![Event::ReadyNoted { rider, day, direction, at }];
    Ok(replan(area, (facility, day), events, Vec::new(), Cause::Ready { rider, direction }))
}

/// A vehicle that an operator has locked stays as it is.
pub(crate) fn unlocked(area: &Area, vehicle: VehicleId, day: ServiceDay) -> Result<(), Rejection> {
    match area.is_locked(vehicle, day) {
        false => Ok(()),
        true => Err(invalid("vehicle", format!("{vehicle} is locked on {day}"), "unlock it first")),
    }
}

pub(crate) fn lock_vehicle(
    area: &Area,
    vehicle: VehicleId,
    day: ServiceDay,
    locked: bool,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    if !area.vehicles.contains_key(&vehicle) {
        return Err(unknown("vehicle", &vehicle));
    }
    near_day("day", day, now)?;
    if area.is_locked(vehicle, day) == locked {
        return Ok(Decision::just(Vec::new()));
    }
    Ok(Decision::just(vec![match locked {
        true => Event::VehicleLocked { vehicle, day },
        false => Event::VehicleUnlocked { vehicle, day },
    }]))
}

/// What becomes of somebody at whose door a driver stands in vain.
pub(crate) fn decide_at_door(
    area: &Area,
    id: RequestId,
    decision: DoorDecision,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let request = area.requests.get(&id).ok_or_else(|| unknown("request", &id))?;
    let (Some(since), RequestState::Booked(booking)) = (area.at_door.get(&id).copied(), &request.state)
    else {
        return Err(Rejection::WrongState {
            subject: id.to_string(),
            state: request.state.code().to_owned(),
            wanted: "booked, with a driver who reports that nobody is at the door",
        });
    };
    let decided = Event::DoorDecided { request: id, decision, at: now };
    let route = RouteId { day: booking.day, vehicle: booking.vehicle };
    let run = match request.wish {
        Wish::Run { facility, direction, day } => Some((facility, direction, day)),
        _ => None,
    };
    match (decision, run) {
        (DoorDecision::NoShow, _) => {
            let until = since + area.policies.in_force(booking.day).door_wait;
            if now < until.max(booking.promise.pickup.open()) {
                let until = until.max(booking.promise.pickup.open());
                let wrong = format!("no_show at {now}");
                return Err(invalid("decision", wrong, format!("the vehicle waits until {until}")));
            }
            Ok(Decision::just(vec![decided, Event::NoShow { route, request: id, at: now }]))
        }
        (DoorDecision::GoOn, Some((_, direction, day))) => {
            let kind = match direction {
                Direction::PickupRun => AbsenceKind::PickupRun,
                Direction::DropoffRun => AbsenceKind::DropoffRun,
            };
            let mut decision = note_absence(area, request.rider, day, kind, now)?;
            decision.events.insert(0, decided);
            Ok(decision)
        }
        (DoorDecision::GoOn, None) => {
            let mut decision = cancel(area, id, now)?;
            decision.events.insert(0, decided);
            Ok(decision)
        }
        (DoorDecision::ComeBack { at }, _) if at < now => Err(Rejection::InPast { field: "at", at, now }),
        (DoorDecision::ComeBack { at }, Some((_, direction, day))) => {
            let who = (request.rider, day, direction);
            let mut decision = note_ready(area, who, Some(DayTime::of(at)), now)?;
            decision.events.insert(0, decided);
            Ok(decision)
        }
        (DoorDecision::ComeBack { at }, None) => {
            if at - now > RIDE_MAX {
                return Err(invalid("at", at.to_string(), "within three hours, or a new wish"));
            }
            Ok(Decision { events: vec![decided], next: Next::ComeBack { request: id, at } })
        }
    }
}

/// Somebody on board has to be taken elsewhere, at once: ill, to the hospital, to the facility or home.
pub(crate) fn divert(
    area: &Area,
    id: RequestId,
    to: PlaceId,
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> Result<Decision, Rejection> {
    let request = area.requests.get(&id).ok_or_else(|| unknown("request", &id))?;
    let known = area.places.get(&to).ok_or_else(|| unknown("to", &to))?;
    let RequestState::OnBoard { booking, .. } = &request.state else {
        return Err(not_booked(request, "on_board"));
    };
    let vehicle = area.vehicles.get(&booking.vehicle).ok_or_else(|| unknown("vehicle", &booking.vehicle))?;
    if vehicle.kind > known.largest_vehicle {
        let right = "a place that the vehicle gets to; the main entrance or the nearest corner";
        return Err(invalid("to", format!("{} is too large for the lane at {to}", vehicle.id), right));
    }
    let id_of_route = RouteId { day: booking.day, vehicle: booking.vehicle };
    let route = area.find_route(id_of_route).ok_or_else(|| unknown("vehicle", &booking.vehicle))?;
    if let Progress::Heading { visit, .. } = route.progress
        && visit == VisitKey::dropoff(id)
        && request.to == to
    {
        return Ok(Decision::just(Vec::new()));
    }
    let from = route.anchor;
    let (eta, metres) = match route.progress {
        Progress::Heading { visit, departed_at, eta } => {
            // Somewhere on the leg: on over its end, or back; whichever is known to be sooner.
            let end = area.find_visit_place(visit).unwrap_or(from.place);
            let (on, back) = (leg(area, end, to, travel), leg(area, from.place, to, travel));
            let (on_at, back_at) =
                (eta.max(now) + on.0, now + (now - departed_at).max(Seconds::ZERO) + back.0);
            (on_at.min(back_at), if on_at <= back_at { on.1 } else { back.1 })
        }
        Progress::Arrived { visit, .. } => {
            let here = area.find_visit_place(visit).unwrap_or(from.place);
            let (drive, metres) = leg(area, here, to, travel);
            (now + drive, metres)
        }
        Progress::Standing | Progress::Returning { .. } => {
            let (drive, metres) = leg(area, from.place, to, travel);
            (from.ready.max(now) + drive, metres)
        }
    };
    let mut events = vec![Event::RideDiverted { route: id_of_route, request: id, to, at: now, eta, metres }];
    if let Wish::Run { direction: Direction::PickupRun, day, facility } = request.wish
        && area.facilities.get(&facility).is_none_or(|f| f.place != to)
    {
        // Who is not brought to the facility does not leave from there.
        let (rider, kind) = (request.rider, AbsenceKind::DropoffRun);
        if !area.is_absent(rider, day, Direction::DropoffRun) {
            events.push(Event::AbsenceNoted { rider, day, kind });
        }
        let back = find_run(area, rider, day, Direction::DropoffRun);
        let booked = back.filter(|r| matches!(r.state, RequestState::Booked(_))).map(|r| r.id);
        // The vehicle has turned: what is left of its route is that of the turned one.
        let mut turned = area.clone();
        if turned.apply(&events[0]).is_ok() {
            events.extend(drop_requests(&turned, booked.as_slice(), now));
        }
    }
    Ok(Decision { events, next: Next::Repair { days: vec![booking.day], cause: Cause::Diverted(id) } })
}

/// Only an operator widens a promise: what was told still lies within what is told now.
pub(crate) fn widen(
    area: &Area,
    id: RequestId,
    (pickup, dropoff, ride_max): (Option<Window>, Option<Window>, Option<Seconds>),
    reason: WidenReason,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let request = area.requests.get(&id).ok_or_else(|| unknown("request", &id))?;
    let Some(booking) = request.find_active_booking() else {
        return Err(not_booked(request, "booked or on_board"));
    };
    let former = booking.promise;
    let holds = |wide: Window, told: Window| wide.open() <= told.open() && told.close() <= wide.close();
    let promise =
        Promise { pickup: pickup.unwrap_or(former.pickup), dropoff: dropoff.unwrap_or(former.dropoff) };
    for (field, wide, told) in
        [("pickup", promise.pickup, former.pickup), ("dropoff", promise.dropoff, former.dropoff)]
    {
        if !holds(wide, told) {
            return Err(invalid(field, wide.to_string(), format!("a window around {told}, which was told")));
        }
        let day = booking.day;
        if wide.open() < day.midnight() || wide.close() > day.next().midnight() + Seconds::hours(6) {
            return Err(invalid(field, wide.to_string(), format!("within {day}")));
        }
    }
    let ride_max = ride_max.unwrap_or(booking.ride_max);
    if ride_max < booking.ride_max || ride_max > RIDE_MAX.max(booking.ride_max) {
        let right = format!("between {} and {} s", booking.ride_max.0, RIDE_MAX.0);
        return Err(invalid("ride_max_minutes", format!("{} s", ride_max.0), right));
    }
    if let (true, Some(ready)) = (promise.pickup != former.pickup, area.find_ready_of(request))
        && promise.pickup.open() < ready
    {
        let wrong = promise.pickup.open().to_string();
        return Err(invalid("pickup", wrong, format!("not before {ready}, when the member is ready")));
    }
    if (promise, ride_max) == (former, booking.ride_max) {
        return Ok(Decision::just(Vec::new()));
    }
    let events = vec![Event::PromiseWidened { request: id, promise, ride_max, reason, at: now }];
    Ok(Decision { events, next: Next::Repair { days: vec![booking.day], cause: Cause::Widened(id) } })
}

pub(crate) fn close_road(area: &Area, new: &NewClosure, now: Timestamp) -> Result<Decision, Rejection> {
    if new.radius < Metres(10) || new.radius > RADIUS_MAX {
        let right = format!("between 10 and {} m", RADIUS_MAX.0);
        return Err(invalid("radius_m", new.radius.0.to_string(), right));
    }
    let window = new.window;
    if window.close() <= now {
        return Err(Rejection::InPast { field: "until", at: window.close(), now });
    }
    if window.close() - now > CLOSED_MAX {
        return Err(invalid("until", window.close().to_string(), "within the next 60 days"));
    }
    let closure = Closure { id: area.last_closure.next(), centre: new.centre, radius: new.radius, window };
    let days = days_of(area, window, now);
    let cause = Cause::RoadClosed(closure.id);
    Ok(Decision { events: vec![Event::RoadClosed { closure }], next: Next::Repair { days, cause } })
}

/// Days with routes that a window touches, from today on.
fn days_of(area: &Area, window: Window, now: Timestamp) -> Vec<ServiceDay> {
    let (first, last) = (ServiceDay::of(window.open().max(now)), ServiceDay::of(window.close()));
    let mut days: Vec<ServiceDay> = area.routes.keys().map(|id| id.day).collect();
    days.retain(|day| first <= *day && *day <= last);
    days.dedup();
    days
}

pub(crate) fn note_snow(
    area: &Area,
    day: ServiceDay,
    window: Option<units::DayWindow>,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    near_day("day", day, now)?;
    let window = window.map(|hours| day.window(hours));
    if let Some(over) = window.filter(|w| w.close() <= now) {
        return Err(Rejection::InPast { field: "until", at: over.close(), now });
    }
    if area.hindering.snow.get(&day) == window.as_ref() {
        return Ok(Decision::just(Vec::new()));
    }
    Ok(match window {
        Some(window) => Decision {
            events: vec![Event::SnowNoted { day, window }],
            next: Next::Repair { days: vec![day], cause: Cause::Snow },
        },
        None => Decision::just(vec![Event::SnowCleared { day }]),
    })
}
