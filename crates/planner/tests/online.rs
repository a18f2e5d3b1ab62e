//! A day that becomes known piece by piece: nothing promised is broken, nothing is known too early, the same twice.
#![allow(clippy::unwrap_used)]

mod common;

use common::case;
use planner::online::audit::{Breach, audit};
use planner::online::day::{AheadOf, Announcing, Effort, Outcome, run};
use planner::online::{Online, Options, Waiting};
use planner::*;
use proptest::prelude::*;
use units::Node;

const WAITINGS: [Waiting; 4] =
    [Waiting::DriveFirst, Waiting::Share(0), Waiting::Share(40), Waiting::Share(100)];

fn day(model: &Model<Matrix>, arrivals: &[i64], options: &Options, effort: Effort) -> Outcome {
    run(model, arrivals, options, effort, (&mut || 0, &mut Vec::new())).unwrap()
}

/// A nasty small problem with everybody still to board, every rule on; none where a vehicle cannot even go home.
fn model(seed: u64) -> Option<Model<Matrix>> {
    let model = case(seed, 6).model;
    let fresh = model.requests().iter().all(|r| r.pickup_stop().is_some());
    let fresh = fresh && model.vehicles().iter().all(|v| v.window.open <= v.window.close);
    if !fresh || Plan::empty(&model).judge(&model).is_err() {
        return None;
    }
    let mut model = model;
    for v in 0..2 {
        let vehicle = Vehicle { committed: 0, ..model.vehicles()[v as usize].clone() };
        model.replace_vehicle(v, vehicle).unwrap();
    }
    // Nobody was told a vehicle before the day began.
    for k in 0..model.requests().len() {
        let request = Request { told: None, ..model.requests()[k].clone() };
        model.replace_request(k as u32, request).unwrap();
    }
    Some(model)
}

fn arrivals(seed: u64, count: usize) -> Vec<i64> {
    (0..count as u64)
        .map(|k| ((seed ^ (k * 0x9e37)).wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as i64 % 12)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_is_accepted_is_driven_as_told(seed: u64, way in 0..4usize, each in 0..2u64, before in 0..2u64) {
        let Some(model) = model(seed) else { return Ok(()) };
        let arrivals = arrivals(seed, 6);
        let options = Options { waiting: WAITINGS[way], repair_steps: 30 * each, seed };
        let effort = Effort { each: 25 * each, before: 25 * before };
        let out = day(&model, &arrivals, &options, effort);
        prop_assert_eq!(audit(&model, &out.logs, &out.plan.unserved, &arrivals), vec![]);
        // The order driven is a plan that keeps every rule, and what was counted on the way is what it costs; a
        // vehicle that was out and never used still drove home.
        let cost = out.plan.judge(&model).unwrap();
        prop_assert_eq!(cost.travel, out.cost);
        prop_assert_eq!(day(&model, &arrivals, &options, effort), out);
    }

    #[test]
    fn nothing_is_known_before_it_is_told(seed: u64, way in 0..4usize, cut in 1..12i64) {
        let Some(model) = model(seed) else { return Ok(()) };
        let arrivals = arrivals(seed, 6);
        let options = Options { waiting: WAITINGS[way], repair_steps: 30, seed };
        let effort = Effort { each: 25, before: 0 };
        let whole = day(&model, &arrivals, &options, effort);
        // The same day without those who come at `cut` or later: until then nobody can tell the difference.
        let early: Vec<usize> = (0..6).filter(|k| arrivals[*k] < cut).collect();
        let requests = early.iter().map(|k| {
            let find = |other: &u32| early.iter().position(|e| *e == *other as usize).map(|e| e as u32);
            let request = model.requests()[*k].clone();
            Request { clash: request.clash.iter().filter_map(find).collect(), ..request }
        });
        let compatible = std::array::from_fn(|g| std::array::from_fn(|h| model.may_share(Group(g as u8), Group(h as u8))));
        let part = Model::new(model.vehicles().to_vec(), requests.collect(), compatible, model.travel().clone()).unwrap();
        let told: Vec<i64> = early.iter().map(|k| arrivals[*k]).collect();
        let alone = day(&part, &told, &options, effort);
        let name = |visit: Visit| match visit {
            Visit::Pickup(k) => Visit::Pickup(early[k as usize] as u32),
            Visit::Dropoff(k) => Visit::Dropoff(early[k as usize] as u32),
        };
        for (one, other) in whole.logs.iter().zip(&alone.logs) {
            let until = |log: &planner::online::DriveLog, named: bool| {
                let begun = log.visits.iter().filter(|d| d.begin < cut);
                begun.map(|d| (if named { d.visit } else { name(d.visit) }, d.left, d.begin)).collect::<Vec<_>>()
            };
            prop_assert_eq!(until(one, true), until(other, false));
        }
    }
}

/// A straight road of places 10 apart; a vehicle with one seat stands at place 0.
fn road(places: i64) -> Matrix {
    let ticks = (0..places).flat_map(|a| (0..places).map(move |b| 10 * (a - b).abs())).collect();
    Matrix::new(places as usize, ticks).unwrap()
}

fn van() -> Vehicle {
    Vehicle::new(Node(0), Node(0), Span::new(0, 400), Load([1, 0, 0, 0]))
}

fn wish(from: u32, to: u32, pickup: (i64, i64)) -> Request {
    let stop = |at, window| Stop { at: Node(at), window, service: 1 };
    let dropoff = Span::new(0, 400);
    Request {
        ride_max: Some(60),
        ..Request::new(stop(from, Span::new(pickup.0, pickup.1)), stop(to, dropoff), Load([1, 0, 0, 0]))
    }
}

#[test]
fn a_request_that_no_insertion_serves_is_served_where_others_make_room() {
    // The first vehicle alone may carry the second rider, and the first rider, who may ride with both, was put on it.
    let ask = |repair_steps| {
        let far = Vehicle { start: Node(3), end: Node(3), ..van() };
        let options = Options { repair_steps, ..Options::default() };
        let mut online = Online::new(vec![van(), far], ALL_COMPATIBLE, road(4), options).unwrap();
        assert_eq!(online.ask(wish(1, 2, (100, 102))), Ok(Some(0)));
        assert_eq!(online.plan().vehicle_of(0), Some(0));
        let second = Request { vehicles: VehicleSet::only([0]), ..wish(1, 2, (100, 102)) };
        let answer = online.ask(second).unwrap();
        online.finish().unwrap();
        let carried: usize = online.logs().map(|log| log.visits.len() / 2).sum();
        assert_eq!(carried, 1 + usize::from(answer.is_some()));
        answer
    };
    assert_eq!(ask(0), None);
    assert_eq!(ask(50), Some(1));
}

#[test]
fn a_vehicle_leaves_as_its_waiting_rule_says_and_no_later_than_it_must() {
    // 10 to the pickup, which is open from 50 to 80.
    for (waiting, left, begin) in [
        (Waiting::DriveFirst, 0, 50),
        (Waiting::Share(0), 40, 50),
        (Waiting::Share(50), 55, 65),
        (Waiting::Share(100), 70, 80),
    ] {
        let options = Options { waiting, ..Options::default() };
        let mut online = Online::new(vec![van()], ALL_COMPATIBLE, road(4), options).unwrap();
        // The drop-off is wide open, so only the pickup's window bears on when it is left for.
        online.ask(wish(1, 2, (50, 80))).unwrap();
        for to in (0..400).step_by(7) {
            online.advance(to).unwrap();
        }
        online.finish().unwrap();
        let log = online.logs().next().unwrap();
        assert_eq!((log.visits[0].left, log.visits[0].begin), (left, begin), "{waiting:?}");
        assert_eq!(online.driven_cost(), 40);
    }
}

/// What the audit says after one thing in a good day was changed.
fn tampered(change: impl FnOnce(&mut Outcome, &mut Vec<i64>, &mut Model<Matrix>)) -> Vec<&'static str> {
    let requests = vec![wish(1, 3, (50, 80)), wish(2, 1, (200, 220))];
    let mut model = Model::new(vec![van(), van()], requests, ALL_COMPATIBLE, road(4)).unwrap();
    let mut arrivals = vec![10, 20];
    let options = Options { waiting: Waiting::Share(0), ..Options::default() };
    let mut out = day(&model, &arrivals, &options, Effort::default());
    assert_eq!(audit(&model, &out.logs, &out.plan.unserved, &arrivals), vec![]);
    assert_eq!(out.logs[0].visits.len(), 4);
    change(&mut out, &mut arrivals, &mut model);
    let mut said: Vec<&str> = audit(&model, &out.logs, &out.plan.unserved, &arrivals)
        .iter()
        .map(|Breach { what, .. }| *what)
        .collect();
    said.dedup();
    said
}

#[test]
fn the_audit_sees_every_way_of_breaking_a_day() {
    let begin = |k: usize, by: i64| tampered(|out, _, _| out.logs[0].visits[k].begin += by);
    assert_eq!(begin(0, -1), ["begun before the vehicle can have been there", "outside its window"]);
    assert!(begin(0, 31).contains(&"outside its window"));
    assert!(begin(1, 41).contains(&"rode too long"));
    assert!(begin(1, -1).contains(&"begun before the vehicle can have been there"));
    let left = |k: usize, by: i64| tampered(|out, _, _| out.logs[0].visits[k].left += by);
    assert_eq!(left(1, -1), ["left before the service before was over"]);
    let first = tampered(|out, arrivals, _| arrivals[0] = out.logs[0].visits[0].left + 1);
    assert_eq!(first, ["driven for before it was known"]);
    assert_eq!(tampered(|out, arrivals, _| arrivals[0] = out.logs[0].visits[0].left), [""; 0]);
    assert!(tampered(|out, _, _| out.logs[0].visits.truncate(2)).contains(&"accepted and not carried"));
    assert!(tampered(|out, _, _| out.logs[0].visits.truncate(3)).contains(&"accepted and not carried"));
    assert_eq!(tampered(|out, _, _| out.plan.unserved = vec![1]), ["refused and carried"]);
    assert_eq!(tampered(|out, _, _| out.logs[0].back = None), ["never came home"]);
    assert_eq!(tampered(|out, _, _| out.logs[0].back = Some(399)), ["outside its shift"]);
    let with = |change: fn(&mut Vehicle)| {
        tampered(|_, _, model| {
            let mut vehicle = model.vehicles()[0].clone();
            change(&mut vehicle);
            model.replace_vehicle(0, vehicle).unwrap();
        })
    };
    assert_eq!(with(|v| v.duration_max = Some(100)), ["out too long"]);
    assert_eq!(with(|v| v.layouts = vec![Load([0, 1, 0, 0])]), ["more on board than fits"]);
    assert_eq!(with(|v| v.barred = 1), ["on a vehicle that may not carry them"]);
    assert_eq!(with(|v| v.hours[0] = Some(Span::new(0, 100))), ["on board outside the hours of the group"]);
    assert_eq!(with(|v| v.wait_max = Some(0)), [""; 0]);
    let stood = tampered(|out, _, model| {
        let vehicle = Vehicle { wait_max: Some(5), ..model.vehicles()[0].clone() };
        model.replace_vehicle(0, vehicle).unwrap();
        out.logs[0].visits[1].begin += 6;
    });
    assert_eq!(stood, ["stood too long with a rider on board"]);
}

const DYNAMIC: &str = r#"{"static_info": {"number_of_vehicles": 1, "vehicle_capacity": 2, "max_ride_time": 30,
  "max_route_time": 100, "planing_horizon": 200, "depot_location": {"x_coord": 0, "y_coord": 0}},
 "requests": [{"id": 1, "pickup_location": {"x_coord": 3, "y_coord": 4}, "delivery_location": {"x_coord": 6, "y_coord": 8},
  "pickup_lower_tw": 60, "pickup_upper_tw": 90, "pickup_service_time": 2, "delivery_lower_tw": 0,
  "delivery_upper_tw": 200, "delivery_service_time": 2, "load": 1, "arrival_time": 12.5}]}"#;

#[test]
fn a_dynamic_instance_tells_when_requests_become_known() {
    let instance = Instance::parse("small", DYNAMIC).unwrap();
    assert_eq!(Instance::arrivals(DYNAMIC), Ok(Some(vec![12_500_000_000])));
    let vehicle = &instance.model.vehicles()[0];
    assert_eq!(vehicle.duration_max, Some(100 * DARP_TICKS));
    assert_eq!(vehicle.window, Span::new(0, 200 * DARP_TICKS));
    let arrivals = Instance::arrivals(DYNAMIC).unwrap().unwrap();
    let out = day(&instance.model, &arrivals, &Options::default(), Effort::default());
    assert_eq!(out.cost, 20 * DARP_TICKS);
    assert_eq!(instance.length(&out.plan), Some(20.0));

    let fails = |from: &str, to: &str, words: &[&str]| {
        let text = DYNAMIC.replacen(from, to, 1);
        assert_ne!(text, DYNAMIC);
        let said = Instance::parse("small", &text).map(drop).unwrap_err().to_string();
        words.iter().for_each(|word| assert!(said.contains(word), "`{word}` is missing in: {said}"));
    };
    fails("\"load\": 1", "\"load\": 0", &["requests[0].delivery", "positive load"]);
    fails("\"pickup_lower_tw\": 60", "\"pickup_lower_tw\": 99", &["requests[0].pickup", "e <= l"]);
    fails("\"arrival_time\": 12.5", "\"arrival_time\": -1", &["requests[0].arrival_time: -1", "minute"]);
    fails("\"number_of_vehicles\": 1", "\"number_of_vehicles\": 0", &["static_info", "positive"]);
    fails("\"load\": 1,", "", &["document", "load"]);
}

#[test]
fn announcements_count_back_from_what_the_rule_says() {
    let requests = vec![wish(1, 3, (50, 80)), Request { ..wish(2, 1, (200, 390)) }];
    let model = Model::new(vec![van()], requests, ALL_COMPATIBLE, road(4)).unwrap();
    let rule =
        Announcing { of: AheadOf::LatestPickup, least: 30, most: 30, known_permille: 0, unit: 1, seed: 1 };
    // From 80; and from 400 - 10 - 1, before 390.
    assert_eq!(rule.arrivals(&model), [50, 359]);
    assert_eq!(Announcing { unit: 7, ..rule }.arrivals(&model), [50, 355]);
    assert_eq!(Announcing { of: AheadOf::PickupOpen, ..rule }.arrivals(&model), [20, 170]);
    assert_eq!(Announcing { least: 90, most: 90, ..rule }.arrivals(&model)[0], 0);
    let drawn = Announcing { least: 10, most: 40, ..rule };
    assert!(
        drawn.arrivals(&model).iter().zip([80, 389]).all(|(a, from)| (from - 40..=from - 10).contains(a))
    );
    assert_eq!(drawn.arrivals(&model), drawn.arrivals(&model));
    let known = Announcing { known_permille: 500, ..rule }.arrivals(&model);
    assert_eq!(known.iter().filter(|a| **a == 0).count(), 1);
    assert_eq!(Announcing { known_permille: 1_000, ..rule }.arrivals(&model), [0, 0]);
}
