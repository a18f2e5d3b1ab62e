//! What a policy would mean for rides that are coming, before it is adopted. Nobody loses a promise by a new policy: the
//! list says who was promised something that would not be promised any more.

use units::{RequestId, ServiceDay, Timestamp};

use crate::area::Area;
use crate::policy::Policy;
use crate::rejection::Reason;
use crate::request::{Request, RequestState};
use crate::ride_decide::wish_time;

/// A coming ride that a policy would not give again, with the rules that stand against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    pub request: RequestId,
    pub reasons: Vec<Reason>,
}

/// The coming rides on the days for which `new` would be in force, as far as it would change the answer to them.
pub fn list_touched(area: &Area, new: &Policy, now: Timestamp) -> Vec<Touched> {
    let today = ServiceDay::of(now);
    let later =
        area.policies.list().iter().map(|p| p.effective_from).filter(|d| *d > new.effective_from).min();
    let holds =
        |day: ServiceDay| day >= new.effective_from && day >= today && later.is_none_or(|later| day < later);
    let coming = area.requests.values().filter(|r| holds(r.wish.day()));
    coming
        .filter_map(|request| {
            let reasons = reasons_against(area, new, request);
            (!reasons.is_empty()).then_some(Touched { request: request.id, reasons })
        })
        .collect()
}

fn reasons_against(area: &Area, new: &Policy, request: &Request) -> Vec<Reason> {
    let offered = |allowed: &dyn Fn(&crate::request::Offer) -> bool| match &request.state {
        RequestState::Offered { offers } => offers.iter().all(allowed),
        _ => true,
    };
    let booking = match &request.state {
        RequestState::Booked(booking) => Some(booking),
        RequestState::Offered { .. } | RequestState::Waiting(_) => None,
        _ => return Vec::new(),
    };
    let mut reasons = Vec::new();
    let class_stands =
        booking.is_none_or(|b| new.allows.contains(&b.class)) && offered(&|o| new.allows.contains(&o.class));
    if !class_stands {
        reasons.push(Reason::ClassNotAllowed);
    }
    if request.is_run() {
        return reasons;
    }
    if area.riders.get(&request.rider).is_some_and(|r| !new.carries(&r.care.entitlements)) {
        reasons.push(Reason::NotEntitled);
    }
    if request.people > new.people_max {
        reasons.push(Reason::TooManyPeople);
    }
    let hours = request.wish.day().window(new.guest_hours);
    if wish_time(request.wish).is_some_and(|at| !hours.contains(at)) {
        reasons.push(Reason::OutsideGuestHours);
    }
    let long = booking.is_some_and(|b| b.ride_max > new.ride_max(b.direct))
        || !offered(&|o| o.ride_max <= new.ride_max(o.direct));
    if long {
        reasons.push(Reason::RideTooLong);
    }
    reasons
}
