//! The rules of a guest's ride that need no search: accepting, cancelling, waiting, moving by hand, there and back.

use units::{OfferId, RequestId, Timestamp, VehicleId};

use crate::area::Area;
use crate::command::Party;
use crate::day_decide::drop_requests;
use crate::decide::{Decision, Next, invalid, make_request, unknown};
use crate::event::Event;
use crate::plan::RouteId;
use crate::rejection::{Reason, Refusal, Rejection};
use crate::request::{RequestState, Wish};
use crate::today_decide::unlocked;

/// Both wishes are held against the rules before either is taken in.
pub(crate) fn make_round_trip(
    area: &Area,
    there: &Party,
    back: Wish,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let (begin, end) = match (there.wish, back) {
        (Wish::LeaveAt(a) | Wish::ArriveBy(a), Wish::LeaveAt(b) | Wish::ArriveBy(b)) => (a, b),
        _ => return Err(invalid("back", "a place on a run", "leave_at or arrive_by")),
    };
    if back.day() != there.wish.day() || end <= begin {
        return Err(invalid("back.at", end.to_string(), format!("later on the same day than {begin}")));
    }
    let returning = Party { from: there.to, to: there.from, wish: back, ..*there };
    let mut events = Vec::new();
    let mut halves = Vec::new();
    let mut refused = None;
    for (number, party) in [there, &returning].into_iter().enumerate() {
        let decision = make_request(area, party, now)?;
        let request = RequestId(area.last_request.0 + 1 + number as u32);
        for event in decision.events {
            events.push(match event {
                Event::RequestMade { rider, people, from, to, wish, channel, purpose, at, .. } => {
                    Event::RequestMade { request, rider, people, from, to, wish, channel, purpose, at }
                }
                other => other,
            });
        }
        match decision.next {
            Next::FindOffers { classes, .. } => halves.push((request, classes)),
            Next::ExplainRefusal { reason, .. } => {
                refused.get_or_insert((number, reason));
                halves.push((request, Vec::new()));
            }
            _ => {}
        }
    }
    let [there, back] = <[_; 2]>::try_from(halves).map_err(|_| invalid("back", "no wish", "a wish"))?;
    events.push(Event::RoundTripMade { there: there.0, back: back.0 });
    if let Some((number, reason)) = refused {
        // The policy turns one half away: its reason stands with it, and the other half falls with it.
        for (half, (request, _)) in [&there, &back].into_iter().enumerate() {
            let reason = if half == number { reason } else { Reason::OtherHalf };
            events.push(Event::RequestRefused { request: *request, refusal: Refusal::of(reason) });
        }
        return Ok(Decision::just(events));
    }
    Ok(Decision { events, next: Next::FindRoundTrip { there, back } })
}

pub(crate) fn accept_offer(
    area: &Area,
    request: RequestId,
    offer: OfferId,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let known = area.requests.get(&request).ok_or_else(|| unknown("request", &request))?;
    let RequestState::Offered { offers } = &known.state else {
        return Err(Rejection::WrongState {
            subject: request.to_string(),
            state: known.state.code().to_owned(),
            wanted: "offered",
        });
    };
    let chosen = offers.iter().find(|o| o.id == offer).ok_or_else(|| unknown("offer", &offer))?;
    if now > chosen.expires_at {
        return Err(Rejection::OfferExpired { offer, at: chosen.expires_at });
    }
    if let Some(other) = known.pair {
        return Err(invalid(
            "offer",
            format!("{request} is half of a round trip with {other}"),
            "one offer for each half, accepted together",
        ));
    }
    Ok(Decision { events: Vec::new(), next: Next::Book { accepted: vec![(request, offer)] } })
}

pub(crate) fn accept_round_trip(
    area: &Area,
    there: (RequestId, OfferId),
    back: (RequestId, OfferId),
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let known = area.requests.get(&there.0).ok_or_else(|| unknown("there", &there.0))?;
    if known.pair != Some(back.0) {
        let right = known.pair.map_or("a request that was made as half of a round trip".to_owned(), |pair| {
            format!("{pair}, the way back of {}", there.0)
        });
        return Err(invalid("back", back.0.to_string(), right));
    }
    for (request, offer) in [there, back] {
        let half = area.requests.get(&request).ok_or_else(|| unknown("back", &request))?;
        let RequestState::Offered { offers } = &half.state else {
            let state = half.state.code().to_owned();
            return Err(Rejection::WrongState { subject: request.to_string(), state, wanted: "offered" });
        };
        let chosen = offers.iter().find(|o| o.id == offer).ok_or_else(|| unknown("offer", &offer))?;
        if now > chosen.expires_at {
            return Err(Rejection::OfferExpired { offer, at: chosen.expires_at });
        }
    }
    Ok(Decision { events: Vec::new(), next: Next::Book { accepted: vec![there, back] } })
}

pub(crate) fn cancel(area: &Area, request: RequestId, now: Timestamp) -> Result<Decision, Rejection> {
    let known = area.requests.get(&request).ok_or_else(|| unknown("request", &request))?;
    match known.state {
        RequestState::Cancelled { .. } => Ok(Decision::just(Vec::new())),
        RequestState::Offered { .. } | RequestState::Waiting(_) => {
            let halves = std::iter::once(request).chain(known.pair);
            let open = |id: &RequestId| {
                let state = area.requests.get(id).map(|r| &r.state);
                matches!(state, Some(RequestState::Offered { .. } | RequestState::Waiting(_)))
            };
            let cancelled = halves.filter(open).map(|request| Event::RequestCancelled { request, at: now });
            Ok(Decision::just(cancelled.collect()))
        }
        RequestState::Booked(_) => {
            // Who is not taken there needs no way back; the way back alone may be given up.
            let back = known.pair.filter(|pair| {
                let waits = |r: &crate::request::Request| matches!(r.state, RequestState::Booked(_));
                *pair > request && area.requests.get(pair).is_some_and(|r| waits(r))
            });
            let both: Vec<RequestId> = std::iter::once(request).chain(back).collect();
            Ok(Decision::just(drop_requests(area, &both, now)))
        }
        _ => Err(Rejection::WrongState {
            subject: request.to_string(),
            state: known.state.code().to_owned(),
            wanted: "offered, waiting or booked",
        }),
    }
}

/// A member's vehicle is pinned; a guest's ride that the vehicle has not set out for may be moved.
pub(crate) fn move_ride(
    area: &Area,
    request: RequestId,
    vehicle: Option<VehicleId>,
) -> Result<Decision, Rejection> {
    let known = area.requests.get(&request).ok_or_else(|| unknown("request", &request))?;
    if let Some(vehicle) = vehicle.filter(|id| !area.vehicles.contains_key(id)) {
        return Err(unknown("vehicle", &vehicle));
    }
    let RequestState::Booked(booking) = &known.state else {
        let state = known.state.code().to_owned();
        return Err(Rejection::WrongState { subject: request.to_string(), state, wanted: "booked" });
    };
    if known.is_run() {
        return Err(invalid(
            "request",
            "a member's place on a run",
            "a guest's ride; a member's vehicle is pinned",
        ));
    }
    if vehicle == Some(booking.vehicle) {
        return Err(invalid("vehicle", format!("{} carries it already", booking.vehicle), "another vehicle"));
    }
    if let Some(vehicle) = vehicle {
        unlocked(area, vehicle, booking.day)?;
    }
    unlocked(area, booking.vehicle, booking.day)?;
    let route = area.find_route(RouteId { day: booking.day, vehicle: booking.vehicle });
    let on_the_way =
        route.is_some_and(|r| r.visits.iter().take(r.committed()).any(|v| v.visit.request == request));
    if on_the_way {
        return Err(invalid(
            "request",
            "its vehicle has set out for it",
            "a ride that nobody has set out for",
        ));
    }
    Ok(Decision { events: Vec::new(), next: Next::Move { request, vehicle } })
}

/// Only for what other people's plans stand against: what the policy forbids does not come free.
pub(crate) fn wait(area: &Area, request: RequestId, now: Timestamp) -> Result<Decision, Rejection> {
    let known = area.requests.get(&request).ok_or_else(|| unknown("request", &request))?;
    let refusal = match &known.state {
        RequestState::Waiting(_) => return Ok(Decision::just(Vec::new())),
        RequestState::Refused(refusal) if !known.is_run() && known.pair.is_none() => refusal,
        state => {
            return Err(Rejection::WrongState {
                subject: request.to_string(),
                state: state.code().to_owned(),
                wanted: "refused, on its own",
            });
        }
    };
    let by_policy = [Reason::ClassNotAllowed, Reason::OutsideGuestHours, Reason::TooManyPeople];
    if let Some(reason) = refusal.reasons.iter().find(|r| by_policy.contains(&r.reason)) {
        let wrong =
            format!("the policy stands against it ({:?}), and that does not come free", reason.reason);
        return Err(invalid("request", wrong, "a wish that failed for want of a seat or of time"));
    }
    if let Some(over) = over_at(area, known).filter(|over| *over < now) {
        return Err(Rejection::InPast { field: "wish.at", at: over, now });
    }
    Ok(Decision::just(vec![Event::RequestWaits { request, at: now }]))
}

/// The wished time; none for a place on a run.
pub(crate) fn wish_time(wish: Wish) -> Option<Timestamp> {
    match wish {
        Wish::LeaveAt(at) | Wish::ArriveBy(at) => Some(at),
        Wish::Run { .. } => None,
    }
}

/// When nothing can be offered any more for a wish.
pub(crate) fn over_at(area: &Area, request: &crate::request::Request) -> Option<Timestamp> {
    match request.wish {
        Wish::LeaveAt(at) => Some(at + area.policies.in_force(request.wish.day()).wait_max),
        Wish::ArriveBy(at) => Some(at),
        Wish::Run { .. } => None,
    }
}
