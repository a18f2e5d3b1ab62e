//! A problem cut in two where a time lies between its requests, so that each half can be searched by itself.
//!
//! Most days of a day-service centre are such problems: everybody is there by half past nine, and nobody leaves before four.
//! Half the visits on a route make a step of the search twice as cheap, and the halves need not wait for each
//! other. What the halves find together is judged on the whole problem by whoever joins them.

use crate::model::{Boarding, Model, Visit};
use crate::plan::Plan;
use crate::travel::Travel;

/// One half: a problem of its own, with the same vehicles, and the plan as far as it concerns it.
pub struct Half<'m, T> {
    pub model: Model<&'m T>,
    pub plan: Plan,
    /// The number in the whole problem of each request of the half.
    numbers: Vec<u32>,
}

/// Cuts a problem and a plan for it in two, the earlier half first. `None` where no moment lies between all that the
/// requests allow, one half would be next to nothing, or what is left of a route in one half breaks a rule. Riders on board and spans in which a driver is needed
/// elsewhere belong to both.
pub fn cut<'m, T: Travel>(model: &'m Model<T>, plan: &Plan) -> Option<[Half<'m, T>; 2]> {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for request in model.requests() {
        if let (Boarding::At(pickup), false) = (&request.pickup, request.duty) {
            spans.push((pickup.window.open, request.dropoff.window.close));
        }
    }
    spans.sort_unstable();
    let (mut latest, mut cuts) = (i64::MIN, Vec::new());
    for (count, (open, close)) in spans.iter().enumerate() {
        if *open > latest && count > 0 {
            cuts.push((count.min(spans.len() - count), *open));
        }
        latest = latest.max(*close);
    }
    let (smaller, from) = cuts.into_iter().max()?;
    if smaller * LEAST_SHARE < spans.len() {
        return None;
    }
    let halves = [half(model, plan, |open| open < from), half(model, plan, |open| open >= from)];
    // A rider on board may not wait alone for what only the other half fills the time with.
    halves.iter().all(|half| half.plan.judge(&half.model).is_ok()).then_some(halves)
}

/// A half with less than one in so many requests is not worth the trouble.
const LEAST_SHARE: usize = 8;

fn half<'m, T: Travel>(model: &'m Model<T>, plan: &Plan, within: impl Fn(i64) -> bool) -> Half<'m, T> {
    let kept = |r: u32| {
        let request = model.request(r);
        request.duty || request.pickup_stop().is_none_or(|stop| within(stop.window.open))
    };
    let numbers: Vec<u32> = (0..model.requests().len() as u32).filter(|r| kept(*r)).collect();
    let own = |r: &u32| numbers.binary_search(r).ok().map(|k| k as u32);
    let renumber = |visit: &Visit| {
        Some(match visit {
            Visit::Pickup(r) => Visit::Pickup(own(r)?),
            Visit::Dropoff(r) => Visit::Dropoff(own(r)?),
        })
    };
    let mut requests = Vec::with_capacity(numbers.len());
    for r in &numbers {
        let mut request = model.request(*r).clone();
        request.clash = request.clash.iter().filter_map(own).collect();
        requests.push(request);
    }
    let mut vehicles = model.vehicles().to_vec();
    let mut routes = Vec::with_capacity(plan.routes.len());
    for (vehicle, visits) in vehicles.iter_mut().zip(&plan.routes) {
        vehicle.committed = visits.iter().take(vehicle.committed).filter(|v| kept(v.request())).count();
        routes.push(visits.iter().filter_map(renumber).collect());
    }
    let unserved = plan.unserved.iter().filter_map(own).collect();
    let model = model.with_parts(vehicles, requests, model.travel());
    Half { model, plan: Plan { routes, unserved }, numbers }
}

impl<T: Travel> Half<'_, T> {
    fn in_whole(&self, visit: Visit) -> Visit {
        match visit {
            Visit::Pickup(r) => Visit::Pickup(self.numbers[r as usize]),
            Visit::Dropoff(r) => Visit::Dropoff(self.numbers[r as usize]),
        }
    }
}

/// The plan of the whole problem that consists of plans of its halves: between two visits that both halves have, what is of
/// the earlier half comes first. `None` if the halves have those visits in different orders.
pub fn join<T: Travel>(halves: &[Half<'_, T>; 2], plans: [&Plan; 2]) -> Option<Plan> {
    let mut routes = Vec::with_capacity(plans[0].routes.len());
    for (early, late) in plans[0].routes.iter().zip(&plans[1].routes) {
        let early: Vec<Visit> = early.iter().map(|v| halves[0].in_whole(*v)).collect();
        let late: Vec<Visit> = late.iter().map(|v| halves[1].in_whole(*v)).collect();
        let has = |half: &Half<'_, T>, visit: &Visit| half.numbers.binary_search(&visit.request()).is_ok();
        let mut rest = late.iter().peekable();
        let mut route = Vec::with_capacity(early.len() + late.len());
        for visit in &early {
            if has(&halves[1], visit) {
                route.extend(std::iter::from_fn(|| rest.next_if(|v| !has(&halves[0], v))));
                if rest.next() != Some(visit) {
                    return None;
                }
            }
            route.push(*visit);
        }
        if rest.clone().any(|v| has(&halves[0], v)) {
            return None;
        }
        route.extend(rest);
        routes.push(route);
    }
    let mut unserved: Vec<u32> = Vec::new();
    for (half, plan) in halves.iter().zip(plans) {
        unserved.extend(plan.unserved.iter().map(|r| half.numbers[*r as usize]));
    }
    unserved.sort_unstable();
    unserved.dedup();
    Some(Plan { routes, unserved })
}
