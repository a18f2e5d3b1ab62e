//! From a wish to offers, and from an accepted offer to a place in the plan.

use domain::{
    Booking, Event, Offer, Planned, PlannedVisit, Policy, Promise, Reason, ReasonCount, Refusal, Rejection,
    Request, RequestState, RideClass, RouteChange, RouteId, Terms, TravelTimes, VisitKey, VisitKind, Wish,
};
use planner::{Asked, Timed};
use units::{OfferId, RequestId, Seconds, ServiceDay, Timestamp, VehicleId, Window};

use crate::desk::{Desk, Holds, offered};
use crate::turned::Turned;
use crate::work::Work;

/// Offers shown for one wish.
pub(crate) const OFFERS_MAX: usize = 3;
/// How far before and after the planned time a told one may lie.
const PROMISE_BEFORE: Seconds = Seconds::minutes(5);
const PROMISE_AFTER: Seconds = Seconds::minutes(10);
/// How much later than planned a promised drop-off may lie.
const DROPOFF_AFTER: Seconds = Seconds::minutes(15);
/// The first search stays this near to the wished time; only what finds nothing looks farther.
pub(crate) const NEAR: Seconds = Seconds::minutes(15);
/// Two offers on the same terms should differ by this much to be a choice.
const APART: Seconds = Seconds::minutes(10);

/// A possible ride, timed.
pub(crate) struct Candidate {
    pub class: RideClass,
    pub vehicle: VehicleId,
    pub asked: Asked,
    /// Added driving in seconds.
    pub delta: i64,
    pub timed: Timed,
}

/// A ride in its place.
pub(crate) struct Fit {
    pub vehicle: VehicleId,
    pub visits: Vec<PlannedVisit>,
    pub pickup: Timestamp,
    pub dropoff: Timestamp,
}

impl Work<'_> {
    pub(crate) fn find_offers(&mut self, id: RequestId, classes: &[RideClass]) -> Result<(), Turned> {
        let answer = self.answer(id, classes)?;
        self.take(answer)
    }

    /// Offers for both halves, or none: the way back is looked for while seats are held for the way there, so that any
    /// choice of the one goes with any choice of the other.
    pub(crate) fn find_round_trip(
        &mut self,
        there: &(RequestId, Vec<RideClass>),
        back: &(RequestId, Vec<RideClass>),
    ) -> Result<(), Turned> {
        let answer = self.answer(there.0, &there.1)?;
        let offered = matches!(answer, Event::OffersMade { .. });
        self.take(answer)?;
        if !offered {
            let refusal = Refusal::of(Reason::OtherHalf);
            return self.take(Event::RequestRefused { request: back.0, refusal });
        }
        let answer = self.answer(back.0, &back.1)?;
        if matches!(answer, Event::RequestRefused { .. }) {
            let refusal = Refusal::of(Reason::OtherHalf);
            self.take(Event::RequestRefused { request: there.0, refusal })?;
        }
        self.take(answer)
    }

    /// The offers for a wish, or its refusal.
    fn answer(&mut self, id: RequestId, classes: &[RideClass]) -> Result<Event, Turned> {
        let request = self.get_request(id)?;
        let policy = self.area.policies.in_force(request.wish.day());
        let answer = self.at_desk(request.wish.day(), &policy, Holds::OfOthers(id), |desk| {
            let candidates = desk.search(&request, request.wish, classes)?;
            if candidates.is_empty() { desk.explain(&request, classes).map(Err) } else { Ok(Ok(candidates)) }
        })?;
        let candidates = match answer {
            Ok(candidates) => candidates,
            Err(refusal) => return Ok(Event::RequestRefused { request: id, refusal }),
        };
        let mut offers = Vec::new();
        let found = candidates.len() as u32;
        for candidate in candidates {
            let number = OfferId(self.area.last_offer.0 + 1 + offers.len() as u32);
            offers.extend(self.firm(number, &request, &policy, candidate)?);
        }
        if offers.is_empty() {
            // There would be room, but not beside what others have been offered.
            let reasons = vec![ReasonCount { reason: Reason::PromiseOfOthers, vehicles: found }];
            let refusal = self.at_desk(request.wish.day(), &policy, Holds::OfOthers(id), |desk| {
                desk.suggest(&request, classes, reasons)
            })?;
            return Ok(Event::RequestRefused { request: id, refusal });
        }
        Ok(Event::OffersMade { request: id, offers })
    }

    /// An offer that can be kept whether those for whom seats are held on the vehicle come or not: whoever is on the way
    /// with others may have to wait too long without them.
    pub(crate) fn firm(
        &mut self,
        number: OfferId,
        request: &Request,
        policy: &Policy,
        mut candidate: Candidate,
    ) -> Result<Option<Offer>, Turned> {
        let (vehicle, day) = (candidate.vehicle, request.wish.day());
        let alone = (candidate.timed.visits.iter())
            .filter(|v| v.visit.request == request.id)
            .map(|v| (v.visit.kind, v.begin))
            .collect::<Vec<_>>();
        let offer = self.offer(number, request, policy, &candidate);
        let mut held = self.area.list_held(RouteId { day, vehicle }, self.now);
        let nobody = held.all(|(other, _)| other.id == request.id);
        drop(held);
        if nobody {
            return Ok(Some(offer));
        }
        let asked = offered(policy, request, &offer);
        if self.fit_in(request.id, asked, day, policy, Some(vehicle), Holds::None)?.is_some() {
            return Ok(Some(offer));
        }
        // The times as they would be without the others, if these can be kept with them.
        for (kind, begin) in alone {
            match kind {
                VisitKind::Pickup => candidate.timed.pickup = begin,
                VisitKind::Dropoff => candidate.timed.dropoff = begin,
            }
        }
        let offer = self.offer(number, request, policy, &candidate);
        let asked = offered(policy, request, &offer);
        let kept = self.fit_in(request.id, asked, day, policy, Some(vehicle), Holds::OfOthers(request.id))?;
        Ok(kept.map(|_| offer))
    }

    /// Asks at a desk for a day, as the state stands.
    pub(crate) fn at_desk<A>(
        &mut self,
        day: ServiceDay,
        policy: &Policy,
        holds: Holds,
        ask: impl FnOnce(&mut Desk<'_>) -> Result<A, Turned>,
    ) -> Result<A, Turned> {
        let mut desk = Desk::of(&self.area, self.table, self.floors, (self.now, day), policy, holds);
        let answer = ask(&mut desk);
        desk.count_into(self.effort);
        answer
    }

    pub(crate) fn get_request(&self, id: RequestId) -> Result<Request, Turned> {
        let unknown = || Rejection::Unknown { field: "request", id: id.to_string() };
        Ok(Request::clone(self.area.requests.get(&id).ok_or_else(unknown)?))
    }

    pub(crate) fn direct(&self, request: &Request) -> Seconds {
        match (self.area.find_node(request.from), self.area.find_node(request.to)) {
            (Some(a), Some(b)) => self.table.seconds(a, b),
            _ => Seconds::ZERO,
        }
    }

    fn direct_metres(&self, request: &Request) -> units::Metres {
        match (self.area.find_node(request.from), self.area.find_node(request.to)) {
            (Some(a), Some(b)) => self.table.metres(a, b),
            _ => units::Metres::ZERO,
        }
    }

    fn offer(&self, id: OfferId, request: &Request, policy: &Policy, candidate: &Candidate) -> Offer {
        let vehicle = candidate.vehicle;
        let route = RouteId { day: request.wish.day(), vehicle };
        let outside = candidate.asked.terms == Terms::OutsideRunHours;
        let idle = self.area.find_idle_hours(route).filter(|_| outside);
        let promise = promise(candidate, request.wish, idle);
        let before: Vec<PlannedVisit> =
            self.area.find_route(route).map_or_else(Vec::new, |r| r.visits.clone());
        let keys = |visits: &[PlannedVisit]| visits.iter().map(|v| v.visit).collect::<Vec<VisitKey>>();
        let metres =
            self.metres_of(route, &keys(&candidate.timed.visits)) - self.metres_of(route, &keys(&before));
        let later = before.iter().filter(|v| v.visit.kind == VisitKind::Dropoff).filter_map(|old| {
            let new = candidate.timed.visits.iter().find(|v| v.visit == old.visit)?;
            Some(new.begin - old.begin)
        });
        Offer {
            id,
            vehicle,
            class: candidate.class,
            promise,
            pickup_planned: candidate.timed.pickup,
            dropoff_planned: candidate.timed.dropoff,
            ride_max: candidate.asked.ride_max,
            direct: self.direct(request),
            added_drive: Seconds(candidate.delta),
            added_metres: metres,
            delay_to_others: later.max().unwrap_or(Seconds::ZERO).max(Seconds::ZERO),
            expires_at: (self.now + policy.offer_lasts).min(promise.pickup.close()),
            policy: self.area.policies.date_in_force(request.wish.day()),
            fare_yen: policy.fare_yen(candidate.class, self.direct_metres(request)),
        }
    }

    /// Fits an accepted offer in: into the vehicle that was named, or into any other that keeps the same promise.
    pub(crate) fn book(&mut self, id: RequestId, offer: OfferId) -> Result<(), Turned> {
        let request = self.get_request(id)?;
        let RequestState::Offered { offers } = &request.state else {
            return Err(Rejection::OfferStale { offer }.into());
        };
        let chosen = offers.iter().find(|o| o.id == offer).ok_or(Rejection::OfferStale { offer })?;
        let policy = self.area.policies.in_force(request.wish.day());
        if !policy.allows.contains(&chosen.class) {
            // The policy has changed since the offer was shown.
            return Err(Rejection::OfferStale { offer }.into());
        }
        let asked = offered(&policy, &request, chosen);
        let day = request.wish.day();
        let tries = [
            (Some(chosen.vehicle), Holds::Older(id, offer)),
            (Some(chosen.vehicle), Holds::OfOthers(id)),
            (None, Holds::OfOthers(id)),
        ];
        // What came first where all keep what was offered to others; where none does, the promise goes first.
        let mut found = None;
        for (only, holds) in tries {
            let Some(fit) = self.fit_in(id, asked, day, &policy, only, holds)? else { continue };
            let vehicle = fit.vehicle;
            let booking = Booking {
                vehicle,
                day,
                class: chosen.class,
                terms: asked.terms,
                promise: chosen.promise,
                planned: Planned { pickup: fit.pickup, dropoff: fit.dropoff },
                ride_max: chosen.ride_max,
                direct: chosen.direct,
                policy: self.area.policies.date_in_force(day),
                fare_yen: chosen.fare_yen,
            };
            let routes = vec![RouteChange { route: RouteId { day, vehicle }, visits: fit.visits }];
            let events = [
                Event::OfferAccepted { request: id, offer, booking },
                Event::PlanChanged { revision: self.area.revision + 1, routes },
            ];
            let keeps = self.would_keep(id, &events, (day, vehicle), &policy)?;
            if keeps || found.is_none() {
                found = Some(events);
            }
            if keeps {
                break;
            }
        }
        let Some(events) = found else { return Err(Rejection::OfferStale { offer }.into()) };
        events.into_iter().try_for_each(|event| self.take(event))
    }

    /// Whether a vehicle keeps as many offers to others after these events as before them.
    fn would_keep(
        &mut self,
        own: RequestId,
        events: &[Event],
        (day, vehicle): (ServiceDay, VehicleId),
        policy: &Policy,
    ) -> Result<bool, Turned> {
        let kept = self.count_kept(day, own, &[vehicle])?;
        if kept == 0 {
            return Ok(true);
        }
        let mut trial = self.area.clone();
        events.iter().try_for_each(|event| trial.apply(event))?;
        let mut desk =
            Desk::of(&trial, self.table, self.floors, (self.now, day), policy, Holds::OfOthers(own));
        let after = desk.count_kept(vehicle)?;
        desk.count_into(self.effort);
        Ok(after >= kept)
    }

    /// The best place for a guest's ride under a promise, on one vehicle or on any.
    pub(crate) fn fit_in(
        &mut self,
        id: RequestId,
        asked: Asked,
        day: ServiceDay,
        policy: &Policy,
        only: Option<VehicleId>,
        holds: Holds,
    ) -> Result<Option<Fit>, Turned> {
        let request = self.get_request(id)?;
        // The class plays no part in timing.
        let class = RideClass::GuestIdleVehicle;
        let only = only.map(|only| self.area.vehicles.get(&only).cloned());
        let found = self.at_desk(day, policy, holds, |desk| match only {
            Some(Some(shuttle)) => desk.fit_on(&shuttle, &request, class, &asked),
            Some(None) => Ok(None),
            None => desk.fit(&request, class, &asked),
        })?;
        Ok(found.and_then(|c| {
            // Held seats are no part of the plan, and neither are their detours.
            let begin = |key: VisitKey| c.timed.visits.iter().find(|v| v.visit == key).map(|v| v.begin);
            let (pickup, dropoff) = (begin(VisitKey::pickup(id))?, begin(VisitKey::dropoff(id))?);
            Some(Fit { vehicle: c.vehicle, visits: c.timed.visits, pickup, dropoff })
        }))
    }
}

/// The windows within which a wish is searched: no farther than `reach` from the wished time.
pub(crate) fn ask(
    request: &Request,
    wish: Wish,
    policy: &Policy,
    class: RideClass,
    direct: Seconds,
    reach: Seconds,
    now: Timestamp,
) -> Option<Asked> {
    let ride_max = policy.ride_max(direct);
    // Boarding takes at most an hour (checked at registration); it widens windows, never limits.
    let boarding = Seconds::hours(1);
    let (pickup, dropoff) = match wish {
        Wish::LeaveAt(at) => {
            let pickup = Window::new(at.max(now), (at + reach).max(now)).ok()?;
            (pickup, Window::new(pickup.open(), pickup.close() + ride_max + boarding).ok()?)
        }
        Wish::ArriveBy(at) => {
            let dropoff = Window::new((at - reach).max(now), at).ok()?;
            (Window::new((dropoff.open() - ride_max - boarding).max(now), dropoff.close()).ok()?, dropoff)
        }
        Wish::Run { .. } => return None,
    };
    Some(Asked {
        request: request.id,
        rider: request.rider,
        people: request.people,
        from: request.from,
        to: request.to,
        pickup,
        dropoff,
        ride_max,
        terms: policy.terms(class),
    })
}

/// What may be told to the rider: around the planned time, inside what was searched.
fn promise(candidate: &Candidate, wish: Wish, idle: Option<Window>) -> Promise {
    let asked = candidate.asked;
    let pickup_within = idle.and_then(|hours| asked.pickup.meet(hours)).unwrap_or(asked.pickup);
    let pickup = told(candidate.timed.pickup, pickup_within);
    let dropoff = match wish {
        Wish::ArriveBy(_) => asked.dropoff,
        _ => around(candidate.timed.dropoff, Seconds::hours(2), DROPOFF_AFTER, asked.dropoff),
    };
    Promise { pickup, dropoff }
}

/// The interval told for a planned time, to guests and members alike.
pub(crate) fn told(at: Timestamp, within: Window) -> Window {
    around(at, PROMISE_BEFORE, PROMISE_AFTER, within)
}

fn around(at: Timestamp, before: Seconds, after: Seconds, within: Window) -> Window {
    let open = (at - before).max(within.open());
    Window::from(open, (at + after).min(within.close()) - open)
}

/// By added driving and distance from the wish.
pub(crate) fn score(c: &Candidate, wish: Wish) -> i64 {
    let off = match wish {
        Wish::LeaveAt(at) => (c.timed.pickup - at).0,
        Wish::ArriveBy(at) => (at - c.timed.dropoff).0,
        Wish::Run { .. } => 0,
    };
    c.delta + off.max(0)
}

/// Up to `most` offers worth a choice, best first, each with another vehicle or time.
pub(crate) fn choose(mut candidates: Vec<Candidate>, wish: Wish, most: usize) -> Vec<Candidate> {
    candidates.sort_by_key(|c| (score(c, wish), c.class, c.vehicle));
    let mut chosen: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let same = chosen.iter().any(|c| {
            c.vehicle == candidate.vehicle && (c.timed.pickup - candidate.timed.pickup).0.abs() < APART.0
        });
        if !same && chosen.len() < most {
            chosen.push(candidate);
        }
    }
    chosen
}
