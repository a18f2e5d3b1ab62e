//! The plan of a day and what changes it: attendance, who is out, pins.

use std::collections::BTreeSet;

use units::{FacilityId, NoticeId, RequestId, RiderId, ServiceDay, Timestamp};

use crate::area::Area;
use crate::command::{AbsenceKind, JoinKind, PlanStart};
use crate::day::{Cause, HandRun, Pin, Resource};
use crate::decide::{Decision, Next, invalid, near_day, unknown};
use crate::event::{Event, RouteChange};
use crate::rejection::Rejection;
use crate::request::{Channel, Direction, Purpose, Request, RequestState, Wish};
use crate::today_decide::unlocked;

const BOTH: [Direction; 2] = [Direction::PickupRun, Direction::DropoffRun];

/// The rider's place on a run of the day that is booked, or was refused and may be tried again.
pub(crate) fn find_run(
    area: &Area,
    rider: RiderId,
    day: ServiceDay,
    direction: Direction,
) -> Option<&Request> {
    let wanted = |r: &&Request| {
        r.rider == rider
            && matches!(r.wish, Wish::Run { direction: d, day: on, .. } if d == direction && on == day)
            && !matches!(r.state, RequestState::Cancelled { .. } | RequestState::Expired)
    };
    area.requests.values().map(|r| &**r).find(wanted)
}

/// The facilities around one whose day was planned.
fn planned_around(area: &Area, facility: FacilityId, day: ServiceDay) -> Vec<FacilityId> {
    let mut all = area.list_partners(facility);
    all.retain(|f| area.planned_days.contains(&(day, *f)));
    all
}

pub(crate) fn replan(
    area: &Area,
    (facility, day): (FacilityId, ServiceDay),
    events: Vec<Event>,
    fresh: Vec<RequestId>,
    cause: Cause,
) -> Decision {
    let facilities = planned_around(area, facility, day);
    match facilities.is_empty() {
        true => Decision { events, next: Next::Nothing },
        false => Decision { events, next: Next::Replan { facilities, day, fresh, cause } },
    }
}

pub(crate) fn note_absence(
    area: &Area,
    rider: RiderId,
    day: ServiceDay,
    kind: AbsenceKind,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let known = area.riders.get(&rider).ok_or_else(|| unknown("rider", &rider))?;
    near_day("day", day, now)?;
    let joins = |d: Direction| area.joins.contains(&(day, rider, d));
    let comes = |d: Direction| joins(d) || (known.attends(day).is_some() && !area.is_absent(rider, day, d));
    let facility = known.membership.as_ref().map(|m| m.facility);
    if area.absences.contains(&(day, rider, kind)) && !BOTH.into_iter().any(|d| kind.covers(d) && comes(d)) {
        return Ok(Decision::just(Vec::new()));
    }
    let (Some(facility), true) = (facility, known.attends(day).is_some() || BOTH.into_iter().any(joins))
    else {
        return Err(invalid(
            "day",
            format!("{rider} does not attend on {day}"),
            "a day of the member's weekday pattern",
        ));
    };
    let mut events = vec![Event::AbsenceNoted { rider, day, kind }];
    let mut dropped: Vec<RequestId> = Vec::new();
    for request in area.requests.values() {
        if request.rider == rider
            && matches!(request.state, RequestState::Booked(_))
            && let Wish::Run { direction, day: run_day, .. } = request.wish
            && run_day == day
            && kind.covers(direction)
        {
            dropped.push(request.id);
        }
    }
    events.extend(drop_requests(area, &dropped, now));
    if dropped.is_empty() {
        return Ok(Decision::just(events));
    }
    Ok(replan(area, (facility, day), events, Vec::new(), Cause::Absence(rider)))
}

/// Cancels booked requests and takes their visits out of the routes. The times of the other visits stay as planned:
/// leaving somebody out makes nobody later.
pub(crate) fn drop_requests(area: &Area, dropped: &[RequestId], now: Timestamp) -> Vec<Event> {
    let mut events: Vec<Event> =
        dropped.iter().map(|&request| Event::RequestCancelled { request, at: now }).collect();
    let mut routes: Vec<RouteChange> = Vec::new();
    for (id, route) in &area.routes {
        if route.visits.iter().any(|v| dropped.contains(&v.visit.request)) {
            let visits =
                route.visits.iter().filter(|v| !dropped.contains(&v.visit.request)).copied().collect();
            routes.push(RouteChange { route: *id, visits });
        }
    }
    if !routes.is_empty() {
        events.push(Event::PlanChanged { revision: area.revision + 1, routes });
    }
    events
}

pub(crate) fn note_join(
    area: &Area,
    rider: RiderId,
    day: ServiceDay,
    kind: JoinKind,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let known = area.riders.get(&rider).ok_or_else(|| unknown("rider", &rider))?;
    near_day("day", day, now)?;
    let facility = known.membership.as_ref().map(|m| m.facility).ok_or_else(|| {
        invalid("rider", format!("{rider} is no member of a facility"), "a member; others ask for a ride")
    })?;
    let site = area.facilities.get(&facility).ok_or_else(|| unknown("facility", &facility))?;
    let regular = known.attends(day).is_some();
    let comes =
        |d: Direction| area.joins.contains(&(day, rider, d)) || (regular && !area.is_absent(rider, day, d));
    let ends = |d: Direction| match d {
        Direction::PickupRun => day.at(site.pickup_hours.close()),
        Direction::DropoffRun => day.at(site.dropoff_hours.close()),
    };
    let wanted: Vec<Direction> = BOTH.into_iter().filter(|d| kind.takes(*d) && !comes(*d)).collect();
    let possible: Vec<Direction> = wanted.iter().copied().filter(|d| ends(*d) > now).collect();
    if let (Some(over), true) = (wanted.first(), possible.is_empty()) {
        return Err(Rejection::InPast { field: "kind", at: ends(*over), now });
    }
    if wanted.is_empty() {
        return Ok(Decision::just(Vec::new()));
    }
    let kind = match possible.as_slice() {
        [Direction::PickupRun] => JoinKind::PickupRun,
        [Direction::DropoffRun] => JoinKind::DropoffRun,
        _ => JoinKind::Both,
    };
    let mut events = vec![Event::JoinNoted { rider, day, kind }];
    let mut fresh = Vec::new();
    if area.planned_days.contains(&(day, facility)) {
        let mut next = area.last_request;
        for direction in possible.into_iter().filter(|d| find_run(area, rider, day, *d).is_none()) {
            next = next.next();
            fresh.push(next);
            events.extend(place_on_run(area, next, rider, (facility, direction, day), now));
        }
    }
    Ok(replan(area, (facility, day), events, fresh, Cause::Join(rider)))
}

/// A member's place on a run, as a request.
fn place_on_run(
    area: &Area,
    request: RequestId,
    rider: RiderId,
    (facility, direction, day): (FacilityId, Direction, ServiceDay),
    now: Timestamp,
) -> Option<Event> {
    let home = area.riders.get(&rider)?.places.first().copied()?;
    let site = area.facilities.get(&facility)?.place;
    let (from, to) = match direction {
        Direction::PickupRun => (home, site),
        Direction::DropoffRun => (site, home),
    };
    Some(Event::RequestMade {
        request,
        rider,
        people: 1,
        from,
        to,
        wish: Wish::Run { facility, direction, day },
        channel: Channel::Facility,
        purpose: Purpose::DayService,
        at: now,
    })
}

pub(crate) fn note_out(
    area: &Area,
    what: Resource,
    day: ServiceDay,
    out: bool,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let facility = match what {
        Resource::Vehicle(id) => {
            area.vehicles.get(&id).map(|v| v.facility).ok_or_else(|| unknown("vehicle", &id))?
        }
        Resource::Driver(id) => {
            area.drivers.get(&id).map(|d| d.facility).ok_or_else(|| unknown("driver", &id))?
        }
    };
    near_day("day", day, now)?;
    if area.is_out(what, day) == out {
        return Ok(Decision::just(Vec::new()));
    }
    let (event, cause) = match out {
        true => (Event::TakenOut { what, day }, Cause::Out(what)),
        false => (Event::BroughtBack { what, day }, Cause::Back(what)),
    };
    Ok(replan(area, (facility, day), vec![event], Vec::new(), cause))
}

pub(crate) fn pin_ride(
    area: &Area,
    (rider, day, direction): (RiderId, ServiceDay, Direction),
    pin: Option<Pin>,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let known = area.riders.get(&rider).ok_or_else(|| unknown("rider", &rider))?;
    near_day("day", day, now)?;
    let member = known.membership.as_ref().map(|m| m.facility);
    let facility = member.ok_or_else(|| invalid("rider", format!("{rider} is no member"), "a member"))?;
    let site = area.facilities.get(&facility).ok_or_else(|| unknown("facility", &facility))?;
    let Some(pin) = pin else {
        let pinned = area.find_pin(rider, day, direction).is_some();
        let event = Event::RideUnpinned { rider, day, direction };
        return Ok(Decision::just(if pinned { vec![event] } else { Vec::new() }));
    };
    if pin.vehicle.is_none() && pin.at.is_none() {
        return Err(invalid("vehicle", "neither a vehicle nor a time is given", "one of them, or both"));
    }
    if let Some(booking) = find_run(area, rider, day, direction).and_then(|r| r.find_active_booking()) {
        unlocked(area, booking.vehicle, day)?;
    }
    if let Some(id) = pin.vehicle {
        unlocked(area, id, day)?;
        let vehicle = area.vehicles.get(&id).ok_or_else(|| unknown("vehicle", &id))?;
        let lane = known.places.first().and_then(|p| area.places.get(p)).map(|p| p.largest_vehicle);
        let why = if !area.serves(vehicle, facility) {
            Some((
                "it does not serve the member's facility",
                "a vehicle of the facility or of one it shares with",
            ))
        } else if known.needs.attendant && !vehicle.attendant {
            Some(("no attendant rides along", "a vehicle with an attendant"))
        } else if lane.is_some_and(|largest| vehicle.kind > largest) {
            Some(("it is too large for the lane at the home", "a smaller vehicle"))
        } else if !vehicle.holds(known.needs.load(0)) {
            Some(("no layout of it holds the rider", "a vehicle that does"))
        } else if area.is_out(Resource::Vehicle(id), day) {
            Some(("it is out on that day", "a vehicle that is there"))
        } else {
            None
        };
        if let Some((wrong, right)) = why {
            return Err(invalid("vehicle", format!("{id}: {wrong}"), right));
        }
    }
    if let Some(at) = pin.at {
        let hours = match direction {
            Direction::PickupRun => site.pickup_hours,
            Direction::DropoffRun => site.dropoff_hours,
        };
        if at < hours.open() || at > hours.close() {
            let right = format!("between {} and {}", hours.open(), hours.close());
            return Err(invalid("at", at.to_string(), right));
        }
    }
    if area.find_pin(rider, day, direction) == Some(pin) {
        return Ok(Decision::just(Vec::new()));
    }
    let events = vec![Event::RidePinned { rider, day, direction, pin }];
    Ok(replan(area, (facility, day), events, Vec::new(), Cause::Pin(rider)))
}

pub(crate) fn plan_day(
    area: &Area,
    facility: FacilityId,
    day: ServiceDay,
    start: &PlanStart,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    if !area.facilities.contains_key(&facility) {
        return Err(unknown("facility", &facility));
    }
    near_day("day", day, now)?;
    let mut facilities = area.list_partners(facility);
    facilities.retain(|f| !area.planned_days.contains(&(day, *f)));
    if !facilities.contains(&facility) {
        return Err(Rejection::WrongState {
            subject: format!("the day plan of {facility} for {day}"),
            state: "already made".to_owned(),
            wanted: "not made yet; note absences, late joiners and pins one by one to change it, or better it",
        });
    }
    if let PlanStart::Hand(runs) = start {
        sound_runs(area, facility, runs)?;
    }
    let mut events = Vec::new();
    let mut requests = Vec::new();
    let mut next = area.last_request;
    for facility in &facilities {
        for attendance in area.list_attendance(*facility, day) {
            let takes = [attendance.pickup_run, attendance.dropoff_run];
            for (direction, _) in BOTH.into_iter().zip(takes).filter(|(_, takes)| *takes) {
                next = next.next();
                let of = (*facility, direction, day);
                if let Some(made) = place_on_run(area, next, attendance.rider, of, now) {
                    requests.push(next);
                    events.push(made);
                }
            }
        }
    }
    Ok(Decision { events, next: Next::PlanRuns { facilities, day, requests, start: start.clone() } })
}

/// A plan made by hand names vehicles and members of the facilities that share, and nobody twice in one direction.
fn sound_runs(area: &Area, facility: FacilityId, runs: &[HandRun]) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    for run in runs {
        let vehicle = area.vehicles.get(&run.vehicle).ok_or_else(|| unknown("runs.vehicle", &run.vehicle))?;
        if !area.serves(vehicle, facility) {
            let wrong = format!("{} does not serve {facility}", run.vehicle);
            return Err(invalid("runs.vehicle", wrong, "a vehicle of the facility or of one it shares with"));
        }
        for rider in &run.riders {
            let known = area.riders.get(rider).ok_or_else(|| unknown("runs.riders", rider))?;
            if known.membership.is_none() {
                return Err(invalid("runs.riders", format!("{rider} is no member"), "members only"));
            }
            if !seen.insert((*rider, run.direction)) {
                return Err(invalid("runs.riders", format!("{rider} comes twice"), "once in each direction"));
            }
        }
    }
    Ok(())
}

pub(crate) fn replan_day(
    area: &Area,
    facility: FacilityId,
    day: ServiceDay,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    if !area.facilities.contains_key(&facility) {
        return Err(unknown("facility", &facility));
    }
    near_day("day", day, now)?;
    if !area.planned_days.contains(&(day, facility)) {
        return Err(Rejection::WrongState {
            subject: format!("the day plan of {facility} for {day}"),
            state: "not made yet".to_owned(),
            wanted: "made; plan the day first",
        });
    }
    Ok(replan(area, (facility, day), Vec::new(), Vec::new(), Cause::Improvement))
}

pub(crate) fn give_notice(area: &Area, notice: NoticeId, now: Timestamp) -> Result<Decision, Rejection> {
    let known = area.notices.get(&notice).ok_or_else(|| unknown("notice", &notice))?;
    let events =
        if known.given_at.is_some() { Vec::new() } else { vec![Event::NoticeGiven { notice, at: now }] };
    Ok(Decision::just(events))
}
