//! A problem cut in two where a time lies between its requests, so that each half can be searched by itself.
//!
//! Most days of a day-service centre are such problems: everybody is there by half past nine, and nobody leaves before four.
//! Half the visits on a route make a step of the search twice as cheap, and the halves need not wait for each
//! other. What the halves find together is judged on the whole problem by whoever joins them.

use crate::model::{Boarding, Model, Request, Vehicle, Visit};
use crate::plan::Plan;
use crate::travel::Travel;

/// One half: a problem of its own, with the same vehicles, and the plan as far as it concerns it.
pub struct Half<'m, T> {
    pub model: Model<&'m T>,
    pub plan: Plan,
    /// The number in the whole problem of each request of the half.
    numbers: Vec<u32>,
    /// Visits in the whole problem that every route of the half lies before, or behind: the half has narrower shifts
    /// instead.
    omitted: Vec<Vec<Visit>>,
}

/// Cuts a problem and a plan for it in two, the earlier half first. `None` where no moment lies between all that the
/// requests allow, one half would be next to nothing, or what is left of a route in one half breaks a rule. Riders on board belong to
/// both, and so do spans in which a driver is needed elsewhere, unless they end or begin all that a half could hold.
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
    let halves = [Side::Early, Side::Late].map(|side| half(model, plan, side, from));
    // A rider on board may not wait alone for what only the other half fills the time with.
    halves.iter().all(|half| half.plan.judge(&half.model).is_ok()).then_some(halves)
}

/// A half with less than one in so many requests is not worth the trouble.
const LEAST_SHARE: usize = 8;

/// Which half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Early,
    Late,
}

/// Between the earliest and the latest begin that riders of a half allow, and who these are.
struct Riders {
    first: i64,
    last: i64,
    groups: u8,
}

fn half<'m, T: Travel>(model: &'m Model<T>, plan: &Plan, side: Side, from: i64) -> Half<'m, T> {
    let within = |open: i64| (open < from) == (side == Side::Early);
    let in_half =
        |request: &Request| request.duty || request.pickup_stop().is_none_or(|stop| within(stop.window.open));
    let riders = riders(model.requests().iter().filter(|request| !request.duty && in_half(request)));
    let mut vehicles = model.vehicles().to_vec();
    let mut omitted = vec![Vec::new(); vehicles.len()];
    let mut gone = vec![false; model.requests().len()];
    for (number, vehicle) in vehicles.iter_mut().enumerate() {
        for (k, visit) in plan.routes[number].iter().enumerate() {
            let request = model.request(visit.request());
            if request.duty && k >= vehicle.committed && bound(model, vehicle, request, side, &riders) {
                gone[visit.request() as usize] = true;
                omitted[number].push(*visit);
            }
        }
    }
    let kept = |r: u32| !gone[r as usize] && in_half(model.request(r));
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
    let mut routes = Vec::with_capacity(plan.routes.len());
    for (number, visits) in plan.routes.iter().enumerate() {
        let vehicle = &mut vehicles[number];
        for visit in &omitted[number] {
            narrow(vehicle, *visit, model.request(visit.request()), side);
        }
        vehicle.committed = visits.iter().take(vehicle.committed).filter(|v| kept(v.request())).count();
        routes.push(visits.iter().filter_map(renumber).collect());
    }
    // Shifts that differ only where no rider is make vehicles differ that are the same to the search.
    let ends = |v: &Vehicle| {
        requests
            .iter()
            .map(|r| r.dropoff.window.close + r.dropoff.service + model.ticks(r.dropoff.at, v.end))
            .max()
    };
    let begins = |v: &Vehicle| {
        let begin =
            |r: &Request| r.pickup_stop().map(|stop| stop.window.open - model.ticks(v.start, stop.at));
        requests.iter().map(begin).min().flatten()
    };
    for vehicle in vehicles.iter_mut().filter(|v| !v.out) {
        let (begin, end) = (begins(vehicle), ends(vehicle));
        let window = &mut vehicle.window;
        window.open = begin.map_or(window.open, |begin| window.open.max(begin.min(window.close)));
        window.close = end.map_or(window.close, |end| window.close.min(end.max(window.open)));
    }
    let unserved = plan.unserved.iter().filter_map(own).collect();
    let model = model.with_parts(vehicles, requests, model.travel());
    Half { model, plan: Plan { routes, unserved }, numbers, omitted }
}

fn riders<'a>(requests: impl Iterator<Item = &'a Request>) -> Riders {
    let mut riders = Riders { first: i64::MAX, last: i64::MIN, groups: 0 };
    for request in requests {
        // Who is on board may alight at any time.
        riders.first = riders.first.min(request.pickup_stop().map_or(i64::MIN, |stop| stop.window.open));
        riders.last = riders.last.max(request.dropoff.window.close);
        riders.groups |= request.group_bit();
    }
    riders
}

/// Whether a duty of the vehicle does no more to the half than end or begin its shift: no rider can be carried on its far
/// side, none on board meanwhile, and it is where the shift ends or begins.
fn bound<T: Travel>(
    model: &Model<T>,
    vehicle: &Vehicle,
    duty: &Request,
    side: Side,
    riders: &Riders,
) -> bool {
    let Some(begin) = duty.pickup_stop() else { return false };
    let (end, base) = (&duty.dropoff, if side == Side::Early { vehicle.end } else { vehicle.start });
    let beyond = match side {
        Side::Early => riders.last < end.window.open,
        Side::Late => begin.window.close < riders.first,
    };
    let alone = riders.groups & !model.foes_of(duty.group) == 0;
    let plain =
        vehicle.duration_max.is_none() && vehicle.fixed_cost == 0 && (side == Side::Early || !vehicle.out);
    beyond && alone && plain && begin.at == base && end.at == base && begin.window.close <= end.window.open
}

/// The shift without what the duty takes of it.
fn narrow(vehicle: &mut Vehicle, visit: Visit, duty: &Request, side: Side) {
    let window = &mut vehicle.window;
    match (side, visit, duty.pickup_stop()) {
        (Side::Early, Visit::Pickup(_), Some(begin)) => window.close = window.close.min(begin.window.close),
        (Side::Late, Visit::Dropoff(_), _) => {
            window.open = window.open.max(duty.dropoff.window.open + duty.dropoff.service);
        }
        _ => {}
    }
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
/// the earlier half comes first, and what neither has stands between them. `None` if the halves have those visits in different orders.
pub fn join<T: Travel>(halves: &[Half<'_, T>; 2], plans: [&Plan; 2]) -> Option<Plan> {
    let mut routes = Vec::with_capacity(plans[0].routes.len());
    for (number, (early, late)) in plans[0].routes.iter().zip(&plans[1].routes).enumerate() {
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
        let [before, behind] = halves.each_ref().map(|half| &half.omitted[number]);
        route.extend(before.iter().filter(|visit| behind.contains(visit)));
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

#[cfg(test)]
mod tests {
    use units::Node;

    use super::*;
    use crate::improve::Improver;
    use crate::model::{ALL_COMPATIBLE, Group, Load, Span, Stop, VehicleSet};
    use crate::travel::Matrix;

    /// A morning and an evening with two rides each on a road of places 10 apart, and two drivers, one of whom is needed at
    /// the base between.
    fn day(duty: (i64, i64)) -> (Model<Matrix>, Plan) {
        let ticks = (0..25).map(|k| (k / 5 - k % 5_i64).abs() * 10).collect();
        let vehicle = Vehicle::new(Node(0), Node(0), Span::new(0, 1_000), Load([4, 0, 0, 0]));
        let stop = |at, open, close| Stop { at: Node(at), window: Span::new(open, close), service: 1 };
        let load = Load([1, 0, 0, 0]);
        let ride = |at, open| Request::new(stop(at, open, open + 100), stop(0, open, open + 150), load);
        let span = [Stop { service: 0, ..stop(0, 0, duty.0) }, Stop { service: 0, ..stop(0, duty.1, 1_000) }];
        let duty = Request {
            duty: true,
            group: Group(7),
            vehicles: VehicleSet::only([0]),
            ..Request::new(span[0], span[1], Load::default())
        };
        let mut compatible = ALL_COMPATIBLE;
        compatible[7] = [false; 8];
        compatible.iter_mut().for_each(|row| row[7] = false);
        let requests = vec![ride(2, 0), ride(4, 0), ride(1, 700), ride(3, 700), duty];
        let model =
            Model::new(vec![vehicle.clone(), vehicle], requests, compatible, Matrix::new(5, ticks).unwrap());
        let routes = vec![vec![Visit::Pickup(4), Visit::Dropoff(4)], Vec::new()];
        (model.unwrap(), Plan { routes, unserved: vec![0, 1, 2, 3] })
    }

    fn solved(model: &Model<Matrix>, plan: &Plan) -> (usize, Plan) {
        let halves = cut(model, plan).unwrap();
        let kept = halves.iter().map(|half| half.model.requests().len()).sum();
        let best = halves.each_ref().map(|half| {
            let mut improver = Improver::new(&half.model, &half.plan, 1).unwrap();
            improver.run(200);
            improver.best().clone()
        });
        (kept, join(&halves, [&best[0], &best[1]]).unwrap())
    }

    #[test]
    fn a_duty_between_the_halves_only_narrows_their_shifts() {
        let (model, plan) = day((200, 600));
        let (kept, joined) = solved(&model, &plan);
        assert_eq!(kept, 4, "the duty belongs to neither half");
        let cost = joined.judge(&model).unwrap();
        // One vehicle drives to the farthest home and back in each half.
        assert_eq!((cost.unserved, cost.travel), (0, 80 + 60));
        assert_eq!(joined.routes.iter().flatten().filter(|visit| visit.request() == 4).count(), 2);
    }

    #[test]
    fn a_duty_within_a_half_stays_in_it() {
        // In the morning, with riders before and after; the evening begins behind it.
        let (model, plan) = day((60, 90));
        let (kept, joined) = solved(&model, &plan);
        assert_eq!(kept, 5);
        assert_eq!(joined.judge(&model).unwrap().unserved, 0);
    }

    #[test]
    fn shifts_that_differ_where_nobody_rides_make_no_difference() {
        let (model, plan) = day((200, 600));
        let halves = cut(&model, &plan).unwrap();
        for half in &halves {
            assert_eq!(half.model.vehicles()[0], half.model.vehicles()[1]);
        }
    }
}
