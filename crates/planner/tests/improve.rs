//! The search keeps every rule, what is committed, and its word on determinism.
#![allow(clippy::unwrap_used)]

mod common;

use common::{case, company, cost, floyd};
use planner::{
    ALL_COMPATIBLE, Boarding, Improver, Load, Matrix, Model, Plan, Request, Span, Stop, VehicleSet, Visit,
    cut, join,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn improved_plans_keep_every_rule(seed: u64) {
        let case = case(seed, 5);
        let model = &case.model;
        let on_routes = |q: u32| case.routes.iter().flatten().any(|visit| visit.request() == q);
        let unserved: Vec<u32> = (0..5).filter(|q| !on_routes(*q)).collect();
        let plan = Plan { routes: case.routes.clone(), unserved };
        let before = plan.judge(model).unwrap();
        let mut whole = Improver::new(model, &plan, seed).unwrap();
        whole.run(120);
        let best = whole.best();
        prop_assert_eq!(best.judge(model), Ok(whole.best_cost()));
        prop_assert!(whole.best_cost() <= before);
        for v in 0..2u32 {
            let visits = &best.routes[v as usize];
            prop_assert!(company(model, v, visits) && (visits.is_empty() || floyd(model, v, visits)));
            let committed = model.vehicles()[v as usize].committed;
            prop_assert_eq!(&visits[..committed], &plan.routes[v as usize][..committed]);
        }
        let travel: i64 = (0..2).map(|v| cost(model, v, &best.routes[v as usize])).sum();
        prop_assert_eq!(travel, whole.best_cost().travel);
        // The same in two halves.
        let mut halves = Improver::new(model, &plan, seed).unwrap();
        halves.run(50);
        halves.run(70);
        prop_assert_eq!(halves.best(), best);
        prop_assert_eq!((halves.steps(), halves.tests()), (whole.steps(), whole.tests()));
    }
}

/// A morning and an afternoon on the same vehicles, with a span at noon in which each driver is needed elsewhere.
fn two_halves(seed: u64) -> Option<Model<Matrix>> {
    let case = case(seed, 6);
    let later = |span: Span| Span::new(span.open + NOON, span.close + NOON);
    let mut requests = case.model.requests().to_vec();
    for (k, request) in requests.iter_mut().enumerate() {
        let Boarding::At(pickup) = &mut request.pickup else { return None };
        if k % 2 == 1 {
            (pickup.window, request.dropoff.window) = (later(pickup.window), later(request.dropoff.window));
        }
    }
    let mut vehicles = case.model.vehicles().to_vec();
    for (number, vehicle) in (0..).zip(&mut vehicles) {
        vehicle.window.close += NOON;
        (vehicle.duration_max, vehicle.committed) = (None, 0);
        vehicle.hours = Default::default();
        let at = |window| Stop { at: vehicle.start, window, service: 0 };
        let span = Span::new(NOON / 3, NOON / 2);
        let early = Span::new(vehicle.window.open, span.open);
        let late = Span::new(span.close, vehicle.window.close);
        requests.push(Request {
            vehicles: VehicleSet::only([number]),
            duty: true,
            group: planner::Group(7),
            ..Request::new(at(early), at(late), Load::default())
        });
        vehicle.end = vehicle.start;
    }
    let mut compatible = ALL_COMPATIBLE;
    compatible[7] = [false; 8];
    compatible.iter_mut().for_each(|row| row[7] = false);
    Model::new(vehicles, requests, compatible, case.model.travel().clone()).ok()
}

const NOON: i64 = 300;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// What two halves find apart is a plan of the whole day, which costs what they cost together.
    #[test]
    fn halves_join_into_a_plan(seed: u64) {
        let Some(model) = two_halves(seed) else { return Ok(()) };
        let duty = |v: u32| vec![Visit::Pickup(6 + v), Visit::Dropoff(6 + v)];
        let plan = Plan { routes: vec![duty(0), duty(1)], unserved: (0..6).collect() };
        prop_assume!(plan.judge(&model).is_ok());
        let halves = cut(&model, &plan).unwrap();
        let mut plans = Vec::new();
        let mut sum = plan.judge(&model).unwrap();
        for half in &halves {
            let before = half.plan.judge(&half.model).unwrap();
            let mut improver = Improver::new(&half.model, &half.plan, seed).unwrap();
            improver.run(100);
            sum.unserved += improver.best_cost().unserved - before.unserved;
            sum.travel += improver.best_cost().travel - before.travel;
            plans.push(improver.best().clone());
        }
        let joined = join(&halves, [&plans[0], &plans[1]]).unwrap();
        // Nobody is served twice or lost, and the vehicles are back at noon: the judge agrees with the sum.
        prop_assert_eq!(joined.judge(&model), Ok(sum));
        let early: Vec<u32> = plans[0].unserved.iter().map(|r| [0, 2, 4][*r as usize]).collect();
        prop_assert!(early.iter().all(|r| joined.unserved.contains(r)));
    }
}

/// The optimum over all plans, by trying everything: each request on each vehicle or none, all orders.
fn optimum(model: &planner::Model<planner::Matrix>) -> (i64, i64) {
    fn routes_of(model: &planner::Model<planner::Matrix>, v: u32, set: u32) -> Option<i64> {
        fn go(
            model: &planner::Model<planner::Matrix>,
            v: u32,
            set: u32,
            route: &mut Vec<Visit>,
            best: &mut Option<i64>,
        ) {
            let mut complete = true;
            for r in (0..model.requests().len() as u32).filter(|r| set >> r & 1 == 1) {
                let boarded =
                    route.contains(&Visit::Pickup(r)) || model.requests()[r as usize].pickup_stop().is_none();
                if route.contains(&Visit::Dropoff(r)) {
                    continue;
                }
                complete = false;
                route.push(if boarded { Visit::Dropoff(r) } else { Visit::Pickup(r) });
                go(model, v, set, route, best);
                route.pop();
            }
            if complete && company(model, v, route) && (route.is_empty() || floyd(model, v, route)) {
                let c = cost(model, v, route);
                *best = Some(best.map_or(c, |b: i64| b.min(c)));
            }
        }
        let mut best = None;
        go(model, v, set, &mut Vec::new(), &mut best);
        best
    }
    let n = model.requests().len() as u32;
    let tables: Vec<Vec<Option<i64>>> =
        (0..2).map(|v| (0..1 << n).map(|set| routes_of(model, v, set)).collect()).collect();
    let mut best = (i64::MAX, i64::MAX);
    for a in 0..1usize << n {
        for b in (0..1usize << n).filter(|b| a & b == 0) {
            if let (Some(x), Some(y)) = (tables[0][a], tables[1][b]) {
                let left: i64 = (0..n)
                    .filter(|r| (a | b) >> r & 1 == 0)
                    .map(|r| model.requests()[r as usize].penalty)
                    .sum();
                best = best.min((left, x + y));
            }
        }
    }
    best
}

/// From nothing to the proven optimum on three requests, for nearly all seeds: requests go in one by one, so a plan
/// that is feasible only once two have gone in together (a wait filled, a short cut) can be out of reach.
#[test]
fn small_problems_are_solved_to_optimality() {
    let seeds = 0..300;
    let mut missed = Vec::new();
    for seed in seeds {
        let mut model = case(seed, 3).model;
        for v in 0..2 {
            let free = planner::Vehicle { committed: 0, out: false, ..model.vehicles()[v as usize].clone() };
            model.replace_vehicle(v, free).unwrap();
        }
        let mut improver = Improver::new(&model, &Plan::empty(&model), seed).unwrap();
        improver.run(600);
        let found = improver.best_cost();
        let best = optimum(&model);
        assert!((found.unserved, found.travel) >= best, "seed {seed}: {found:?} beats {best:?}");
        if (found.unserved, found.travel) != best {
            missed.push(seed);
        }
    }
    assert!(missed.len() <= 6, "{missed:?}");
}
