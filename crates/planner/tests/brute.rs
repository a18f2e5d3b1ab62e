//! The planner against brute force, on small problems with every rule on.
#![allow(clippy::unwrap_used)]

mod common;

use common::{case, company, cost, enumerate, floyd, keeps, sequence};
use planner::{Boarding, Matrix, Model, Plan, Relaxed, Request, Route, Rule, Vehicle, Visit, insert, relax};
use proptest::prelude::*;

/// All slot pairs, judged by the independent judges: the least (added cost, pickup slot, drop-off slot).
fn brute(model: &Model<Matrix>, v: u32, visits: &[Visit], r: u32) -> Option<(i64, u32, u32)> {
    let vehicle = &model.vehicles()[v as usize];
    let before = cost(model, v, visits);
    let mut best = None;
    for i in vehicle.committed.min(visits.len())..=visits.len() {
        for j in i..=visits.len() {
            let mut longer = visits.to_vec();
            longer.insert(j, Visit::Dropoff(r));
            longer.insert(i, Visit::Pickup(r));
            if company(model, v, &longer) && floyd(model, v, &longer) {
                let pair = (cost(model, v, &longer) - before, i as u32, j as u32);
                best = Some(best.map_or(pair, |b: (i64, u32, u32)| b.min(pair)));
            }
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// The algebra of constraints is right: a sequence is accepted if and only if some begins keep the rules as said
    /// in words; the driven schedule arrives as early and boards as late as any.
    #[test]
    fn a_sequence_is_accepted_iff_some_schedule_keeps_every_rule(seed: u64) {
        let case = case(seed, (seed % 3) as usize + 1);
        let model = &case.model;
        for v in 0..2 {
            let visits = sequence(seed, model);
            let fair = company(model, v, &visits);
            let schedules = enumerate(model, v, &visits);
            let driven = Route::new(model, v, &visits).and_then(|route| route.schedule());
            prop_assert_eq!(driven.is_ok(), fair && !schedules.is_empty(), "{:?}", driven);
            prop_assert_eq!(floyd(model, v, &visits), !schedules.is_empty());
            let Ok(driven) = driven else { continue };
            let n = driven.begin.len();
            for all in [&driven.begin, &driven.earliest, &driven.latest] {
                prop_assert!(keeps(model, v, &visits, all));
            }
            for k in 0..n {
                prop_assert_eq!(driven.earliest[k], schedules.iter().map(|s| s[k]).min().unwrap());
                prop_assert_eq!(driven.latest[k], schedules.iter().map(|s| s[k]).max().unwrap());
            }
            let arrival = |k: usize| k == n - 1 || (k > 0 && matches!(visits[k - 1], Visit::Dropoff(_)));
            let prompt = schedules.iter().filter(|s| (0..n).all(|k| !arrival(k) || s[k] == driven.earliest[k]));
            let prompt: Vec<_> = prompt.collect();
            for k in 0..n {
                prop_assert_eq!(driven.begin[k], prompt.iter().map(|s| s[k]).max().unwrap());
            }
        }
    }

    /// The compact form of a problem takes the same sequences at the same cost.
    #[test]
    fn a_compact_problem_is_the_same_problem(seed: u64) {
        let case = case(seed, (seed % 4) as usize + 1);
        let compact = case.model.compact().unwrap();
        for v in 0..2 {
            let visits = sequence(seed, &case.model);
            let cost = |route: Route| route.cost();
            let own = Route::new(&case.model, v, &visits).ok().map(cost);
            prop_assert_eq!(own, Route::new(&compact, v, &visits).ok().map(cost));
        }
    }

    /// The insertion found is the one brute force finds, its predicted cost the recomputed one, and taking the
    /// request out again gives the plan back.
    #[test]
    fn insertion_equals_brute_force(seed: u64) {
        let case = case(seed, (seed % 5) as usize);
        let mut model = case.model;
        let answer_before = {
            let plan = Plan { routes: case.routes.clone(), unserved: Vec::new() };
            insert(&model, &plan, &case.wish).unwrap()
        };
        let r = model.push_request(case.wish.clone()).unwrap();
        let on_routes = |q: u32| case.routes.iter().flatten().any(|visit| visit.request() == q);
        let unserved: Vec<u32> = (0..=r).filter(|q| !on_routes(*q)).collect();
        let plan = Plan { routes: case.routes, unserved };
        let answer = insert(&model, &plan, &case.wish).unwrap();
        prop_assert_eq!(&answer, &answer_before, "being in the model must not matter");
        prop_assert_eq!(answer.found.len() + answer.refused.len(), 2);
        for v in 0..2u32 {
            let visits = &plan.routes[v as usize];
            let found = answer.found.iter().find(|i| i.vehicle == v);
            let best = brute(&model, v, visits, r);
            prop_assert_eq!(found.map(|i| (i.delta, i.pickup, i.dropoff)), best);
            if let Some(found) = found {
                let mut changed = plan.clone();
                changed.accept(found, r);
                let before = plan.judge(&model).unwrap();
                let after = changed.judge(&model).unwrap();
                prop_assert_eq!(after.travel - before.travel, found.delta);
                changed.remove(r);
                prop_assert_eq!(&changed, &plan);
            }
        }
        prop_assert!(answer.found.is_sorted());
    }

    /// A refusal looks at every slot pair once, and names `committed` exactly if only the commitment stands in the way.
    #[test]
    fn a_refusal_gives_its_reason(seed: u64) {
        let case = case(seed, (seed % 5) as usize);
        let mut model = case.model;
        let plan = Plan { routes: case.routes, unserved: Vec::new() };
        let answer = insert(&model, &plan, &case.wish).unwrap();
        let r = model.push_request(case.wish.clone()).unwrap();
        for refusal in &answer.refused {
            let visits = &plan.routes[refusal.vehicle as usize];
            let slots = visits.len() as u32 + 1;
            if refusal.by_rule.is_empty() {
                prop_assert!(matches!(refusal.rule, Rule::NotEligible | Rule::GroupBarred));
                continue;
            }
            prop_assert_eq!(refusal.by_rule.iter().map(|(_, n)| n).sum::<u32>(), slots * (slots + 1) / 2);
            prop_assert_eq!(refusal.by_rule.last().unwrap().0, refusal.rule);
            let free = Vehicle { committed: 0, ..model.vehicles()[refusal.vehicle as usize].clone() };
            let mut freed = model.clone();
            freed.replace_vehicle(refusal.vehicle, free).unwrap();
            let fits = brute(&freed, refusal.vehicle, visits, r).is_some();
            prop_assert_eq!(refusal.rule == Rule::Committed, fits);
        }
    }

    /// The drop-off of a rider on board finds the best slot too.
    #[test]
    fn dropping_off_a_rider_on_board_equals_brute_force(seed: u64) {
        let case = case(seed, 3);
        let Boarding::Done { .. } = case.model.requests()[0].pickup else { return Ok(()) };
        let model = case.model;
        let v = model.requests()[0].vehicles.single().unwrap();
        let mut plan = Plan { routes: case.routes, unserved: Vec::new() };
        plan.remove(0);
        let visits = plan.routes[v as usize].clone();
        let vehicle = Vehicle { committed: 0, ..model.vehicles()[v as usize].clone() };
        let mut model = model;
        model.replace_vehicle(v, vehicle).unwrap();
        // Without its rider the route may wait too long elsewhere; that is another matter.
        prop_assume!(floyd(&model, v, &visits) && floyd(&model, 1 - v, &plan.routes[1 - v as usize]));
        prop_assume!(company(&model, v, &visits));
        let mut best = None;
        for j in 0..=visits.len() {
            let mut longer = visits.clone();
            longer.insert(j, Visit::Dropoff(0));
            if company(&model, v, &longer) && floyd(&model, v, &longer) {
                let pair = (cost(&model, v, &longer) - cost(&model, v, &visits), j as u32);
                best = Some(best.map_or(pair, |b: (i64, u32)| b.min(pair)));
            }
        }
        let request = model.requests()[0].clone();
        let answer = insert(&model, &plan, &request).unwrap();
        prop_assert_eq!(answer.found.first().map(|i| (i.delta, i.dropoff)), best);
    }

    /// Numbering the vehicles otherwise changes the numbers and nothing else.
    #[test]
    fn the_order_of_vehicles_does_not_matter(seed: u64) {
        let case = case(seed, (seed % 5) as usize);
        let swap = |r: &Request| {
            let mut r = r.clone();
            if let Some(v) = r.vehicles.single() {
                r.vehicles = planner::VehicleSet::only([1 - v]);
            }
            r.told = r.told.map(|told| planner::Told { vehicle: 1 - told.vehicle, ..told });
            r
        };
        let model = &case.model;
        let mut vehicles = model.vehicles().to_vec();
        vehicles.reverse();
        let requests = model.requests().iter().map(swap).collect();
        let mut compatible = planner::ALL_COMPATIBLE;
        for (g, row) in compatible.iter_mut().enumerate() {
            for (h, cell) in row.iter_mut().enumerate() {
                *cell = model.may_share(planner::Group(g as u8), planner::Group(h as u8));
            }
        }
        let turned = Model::new(vehicles, requests, compatible, model.travel().clone()).unwrap();
        let mut routes = case.routes.clone();
        routes.reverse();
        let a = insert(model, &Plan { routes: case.routes, unserved: vec![] }, &case.wish).unwrap();
        let b = insert(&turned, &Plan { routes, unserved: vec![] }, &swap(&case.wish)).unwrap();
        let plain = |found: &[planner::Insertion], turn: bool| {
            let mut list: Vec<_> =
                found.iter().map(|i| (i.delta, if turn { 1 - i.vehicle } else { i.vehicle }, i.pickup, i.dropoff)).collect();
            list.sort_unstable();
            list
        };
        prop_assert_eq!(plain(&a.found, false), plain(&b.found, true));
        prop_assert_eq!(a.tests, b.tests);
    }

    /// What facts force is relaxed, no more than that, and nothing else.
    #[test]
    fn relaxing_makes_a_route_feasible_by_the_least(seed: u64) {
        let case = case(seed, (seed % 3) as usize + 1);
        let model = &case.model;
        let visits = sequence(seed, model);
        for v in 0..2 {
            let Ok(relaxed) = relax(model, v, &visits) else {
                prop_assert!(!company(model, v, &visits));
                continue;
            };
            prop_assert_eq!(relaxed.is_empty(), floyd(model, v, &visits));
            let mut eased = model.clone();
            eased.apply_relaxed(&relaxed).unwrap();
            prop_assert!(floyd(&eased, v, &visits), "{:?}", relaxed);
            prop_assert!(Route::new(&eased, v, &visits).is_ok());
            prop_assert!(relaxed.iter().all(|r| r.excess(model) > 0), "{:?}", relaxed);
            // One tick less in the last of them and the route is impossible again.
            let Some((last, others)) = relaxed.split_last() else { continue };
            let less = match *last {
                Relaxed::ShiftEnd { vehicle, close } => Relaxed::ShiftEnd { vehicle, close: close - 1 },
                Relaxed::Duration { vehicle, most } => Relaxed::Duration { vehicle, most: most - 1 },
                Relaxed::Close { vehicle, visit, close } => Relaxed::Close { vehicle, visit, close: close - 1 },
                Relaxed::Ride { request, most } => Relaxed::Ride { request, most: most - 1 },
                // One limit for all legs: another leg may take over.
                Relaxed::Wait { .. } => continue,
            };
            let mut tight = model.clone();
            tight.apply_relaxed(others).unwrap();
            tight.apply_relaxed(&[less]).unwrap();
            prop_assert!(!floyd(&tight, v, &visits), "{:?}", relaxed);
        }
    }
}
