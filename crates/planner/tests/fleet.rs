//! A fleet on the way against the search over all vehicles, with every rule on, whatever happened before.
#![allow(clippy::unwrap_used)]

use planner::{
    ALL_COMPATIBLE, Fleet, GROUPS, Group, Insertion, Load, Located, Mapped, Matrix, Model, Plan, Plane,
    Position, Request, Span, Stop, Travel, Vehicle, VehicleSet, Visit, insert,
};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use units::Node;

const PLACES: usize = 40;
const SIDE: i32 = 400;
const DAY: i64 = 3_000;

/// Straight lines, or a matrix over the same places.
#[derive(Clone)]
enum World {
    Plane(Plane),
    Mapped(Mapped),
}

impl Travel for World {
    fn ticks(&self, from: Node, to: Node) -> i64 {
        match self {
            World::Plane(plane) => plane.ticks(from, to),
            World::Mapped(mapped) => mapped.ticks(from, to),
        }
    }

    fn cost(&self, from: Node, to: Node) -> i64 {
        match self {
            World::Plane(plane) => plane.cost(from, to),
            World::Mapped(mapped) => mapped.cost(from, to),
        }
    }
}

impl Located for World {
    fn position(&self, place: Node) -> Option<Position> {
        match self {
            World::Plane(plane) => plane.position(place),
            World::Mapped(mapped) => mapped.position(place),
        }
    }

    fn shortcut(&self) -> Option<i64> {
        match self {
            World::Plane(plane) => plane.shortcut(),
            World::Mapped(mapped) => mapped.shortcut(),
        }
    }
}

/// Metric; rounded, so nearly metric; winding; or with costs of its own.
fn world(rng: &mut ChaCha8Rng) -> World {
    let points: Vec<(i32, i32)> =
        (0..PLACES).map(|_| (rng.random_range(0..SIDE), rng.random_range(0..SIDE))).collect();
    let kind = rng.random_range(0..4);
    if kind == 0 {
        let places = points.iter().map(|(x, y)| Position::new(*x, *y)).collect();
        return World::Plane(Plane::new(places).unwrap());
    }
    let (mut ticks, mut costs) = (Vec::new(), Vec::new());
    for a in &points {
        for b in &points {
            let line = f64::from((a.0 - b.0).pow(2) + (a.1 - b.1).pow(2)).sqrt();
            let winding = 1.0 + f64::from(rng.random_range(0..100)) / 100.0;
            ticks.push(if kind == 1 { line.round() as i64 } else { (line * winding).ceil() as i64 + 4 });
            costs.push((line * 0.7).ceil() as i64 + if a == b { 0 } else { rng.random_range(4..200) });
        }
    }
    let matrix = Matrix::new(PLACES, ticks).unwrap();
    let matrix = if kind == 3 { matrix.with_costs(costs).unwrap() } else { matrix };
    let points: Vec<(i64, i64)> = points.iter().map(|(x, y)| (i64::from(*x), i64::from(*y))).collect();
    World::Mapped(Mapped::new(matrix, &points, (kind == 1).then_some(1)).unwrap())
}

fn place(rng: &mut ChaCha8Rng) -> Node {
    Node(rng.random_range(0..PLACES as u32))
}

fn maybe<X>(rng: &mut ChaCha8Rng, share: f64, value: impl FnOnce(&mut ChaCha8Rng) -> X) -> Option<X> {
    if rng.random_bool(share) { Some(value(rng)) } else { None }
}

fn vehicle(rng: &mut ChaCha8Rng) -> Vehicle {
    let mut hours = [None; GROUPS];
    hours[1] = maybe(rng, 0.3, |r| Span::new(r.random_range(0..800), r.random_range(1_500..DAY)));
    let (start, end) = (place(rng), place(rng));
    Vehicle {
        layouts: if rng.random_bool(0.5) {
            vec![Load([3, 0, 0, 0]), Load([1, 1, 0, 0])]
        } else {
            vec![Load([2, 1, 0, 0])]
        },
        duration_max: maybe(rng, 0.2, |r| r.random_range(800..DAY)),
        wait_max: maybe(rng, 0.4, |r| r.random_range(0..120)),
        hours,
        barred: if rng.random_bool(0.1) { 1 << rng.random_range(0..3) } else { 0 },
        fixed_cost: if rng.random_bool(0.3) { rng.random_range(1..300) } else { 0 },
        out: rng.random_bool(0.3),
        ..Vehicle::new(
            start,
            if rng.random_bool(0.5) { end } else { Plane::NOWHERE },
            Span::new(rng.random_range(0..300), rng.random_range(1_600..=DAY)),
            Load::default(),
        )
    }
}

fn request(rng: &mut ChaCha8Rng, vehicles: u32, now: i64, others: &[u32]) -> Request {
    let mut stop = |open: i64, length: i64| {
        let window = Span::new(open, open + length);
        Stop { at: place(rng), window, service: rng.random_range(0..25) }
    };
    let (pickup, dropoff) = (stop(0, 0), stop(0, DAY));
    let open = now + rng.random_range(-20..300);
    let pickup = Stop { window: Span::new(open, open + rng.random_range(0..400)), ..pickup };
    let dropoff = match maybe(rng, 0.4, |r| open + r.random_range(0..900)) {
        Some(close) => Stop { window: Span::new(close - rng.random_range(0..300), close), ..dropoff },
        None => dropoff,
    };
    let vehicles = match rng.random_range(0..10) {
        0 => VehicleSet::One(rng.random_range(0..vehicles)),
        1 => VehicleSet::only((0..vehicles).filter(|_| rng.random_bool(0.4))),
        _ => VehicleSet::Any,
    };
    let mut request = Request {
        ride_max: maybe(rng, 0.6, |r| r.random_range(100..700)),
        group: Group(rng.random_range(0..3)),
        vehicles,
        ..Request::new(pickup, dropoff, Load(if rng.random_bool(0.7) { [1, 0, 0, 0] } else { [0, 1, 0, 0] }))
    };
    if !others.is_empty() && rng.random_bool(0.2) {
        request.clash.push(others[rng.random_range(0..others.len())]);
    }
    request
}

fn start(rng: &mut ChaCha8Rng, count: u32) -> Fleet<World> {
    let vehicles = (0..count).map(|_| vehicle(rng)).collect();
    let mut compatible = ALL_COMPATIBLE;
    if rng.random_bool(0.4) {
        compatible[0][2] = false;
        compatible[2][0] = false;
    }
    let model = Model::new(vehicles, Vec::new(), compatible, world(rng)).unwrap();
    let plan = Plan::empty(&model);
    Fleet::new(model, &plan, rng.random_range(-50..200)).unwrap()
}

fn riding(fleet: &Fleet<World>, vehicles: u32) -> Vec<u32> {
    let mut all: Vec<u32> =
        (0..vehicles).flat_map(|v| fleet.visits(v).iter().map(|visit| visit.request())).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A visit as it was made.
struct Made {
    visit: Visit,
    request: Request,
    begin: i64,
}

/// Lets time pass and notes what was due until then, as it was planned.
fn advance(fleet: &mut Fleet<World>, now: i64, made: &mut [Vec<Made>]) {
    let before: Vec<Vec<(Visit, i64, Request)>> = (0..made.len() as u32)
        .map(|v| {
            let visits = fleet.visits(v).iter();
            visits
                .map(|visit| {
                    let request = fleet.model().requests()[visit.request() as usize].clone();
                    (*visit, fleet.begin(v, *visit).unwrap(), request)
                })
                .collect()
        })
        .collect();
    fleet.advance(now);
    for (v, (before, made)) in before.into_iter().zip(made).enumerate() {
        let left = fleet.visits(v as u32).len();
        let done = before.len() - left;
        for (k, (visit, begin, request)) in before.into_iter().enumerate() {
            assert_eq!(k < done, begin <= fleet.now(), "what is begun is done, in order");
            if k < done {
                made.push(Made { visit, request, begin });
            } else {
                assert_eq!(fleet.begin(v as u32, visit), Some(begin), "time alone changes no plan");
            }
        }
    }
}

fn first(found: &[Insertion], most: usize) -> &[Insertion] {
    &found[..most.min(found.len())]
}

/// What was driven kept the rules: windows, driving, rides, and standing with riders on board.
fn check_driven(fleet: &Fleet<World>, v: u32, made: &[Made]) {
    let travel = fleet.model().travel();
    let vehicle = &fleet.model().vehicles()[v as usize];
    let stop = |m: &Made| match m.visit {
        Visit::Pickup(_) => *m.request.pickup_stop().unwrap(),
        Visit::Dropoff(_) => m.request.dropoff,
    };
    let mut aboard: Vec<(u32, i64, Option<i64>)> = Vec::new();
    for (k, m) in made.iter().enumerate() {
        let at = stop(m);
        assert!(at.window.open <= m.begin && m.begin <= at.window.close);
        if k > 0 {
            let before = &made[k - 1];
            let ready = before.begin + stop(before).service + travel.ticks(stop(before).at, at.at);
            assert!(ready <= m.begin);
            if let (Some(most), false) = (vehicle.wait_max, aboard.is_empty()) {
                assert!(m.begin - ready <= most, "riders stood too long");
            }
        }
        match m.visit {
            Visit::Pickup(r) => aboard.push((r, m.begin + at.service, m.request.ride_max)),
            Visit::Dropoff(r) => {
                let place = aboard.iter().position(|a| a.0 == r).unwrap();
                let (_, boarded, most) = aboard.remove(place);
                assert!(most.is_none_or(|most| m.begin - boarded <= most));
            }
        }
    }
}

/// A whole day of random wishes, acceptances, cancellations and new orders; every answer against the full search.
fn live(seed: u64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let count = rng.random_range(1..9u32);
    let mut fleet = start(rng, count);
    let mut made: Vec<Vec<Made>> = (0..count).map(|_| Vec::new()).collect();
    for _ in 0..40 {
        if rng.random_bool(0.6) {
            let now = fleet.now() + rng.random_range(0..150);
            advance(&mut fleet, now, &mut made);
        }
        let others = riding(&fleet, count);
        let wish = request(rng, count, fleet.now(), &others);
        let best = fleet.best(&wish);
        let few = fleet.several(&wish, 3);
        let (model, plan) = fleet.snapshot();
        plan.judge(model).unwrap();
        let brute = insert(model, &plan, &wish).unwrap();
        assert_eq!(best.as_ref(), brute.found.first());
        assert_eq!(few, first(&brute.found, 3));
        let answer = fleet.answer(&wish);
        assert_eq!((&answer.found, &answer.refused), (&brute.found, &brute.refused));
        assert_eq!(fleet.best(&wish), best, "asking changes nothing");
        if let Some(best) = best {
            let chosen =
                if rng.random_bool(0.7) { best } else { brute.found[rng.random_range(0..brute.found.len())] };
            let number = fleet.accept(wish, &chosen).unwrap();
            assert_eq!(fleet.carrier(number), Some(chosen.vehicle));
        }
        if let (true, Some(r)) = (rng.random_bool(0.15), others.first()) {
            let carrier = fleet.carrier(*r);
            let removed = fleet.remove(*r).is_ok();
            assert_eq!(fleet.carrier(*r), if removed { None } else { carrier });
        }
        if rng.random_bool(0.2) {
            let v = rng.random_range(0..count);
            let mut visits = fleet.visits(v).to_vec();
            if visits.len() > 1 {
                let k = rng.random_range(1..visits.len());
                visits.swap(k - 1, k);
                let before = fleet.visits(v).to_vec();
                let done = fleet.reorder(v, &visits).is_ok();
                assert!(done || fleet.visits(v) == before);
            }
        }
    }
    advance(&mut fleet, DAY + 1, &mut made);
    for v in 0..count {
        assert!(fleet.visits(v).is_empty());
        check_driven(&fleet, v, &made[v as usize]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fleet_finds_what_the_search_over_all_vehicles_finds(seed: u64) {
        live(seed);
    }
}

/// In a stream over a large area the exact answer needs few vehicles.
#[test]
fn most_vehicles_are_never_touched() {
    let rng = &mut ChaCha8Rng::seed_from_u64(11);
    let (vehicles, requests, side) = (2_000u32, 1_500u32, 3_000_000);
    let mut places = Vec::new();
    for _ in 0..vehicles + 2 * requests {
        places.push(Position::new(rng.random_range(0..side), rng.random_range(0..side)));
    }
    let fleet = (0..vehicles)
        .map(|v| Vehicle {
            out: true,
            ..Vehicle::new(Node(v), Plane::NOWHERE, Span::new(0, 1 << 40), Load([8, 0, 0, 0]))
        })
        .collect();
    let model = Model::new(fleet, Vec::new(), ALL_COMPATIBLE, Plane::new(places).unwrap()).unwrap();
    let plan = Plan::empty(&model);
    let mut fleet = Fleet::new(model, &plan, 0).unwrap();
    for k in 0..requests {
        let now = i64::from(k) * 1_500;
        fleet.advance(now);
        let (from, to) = (Node(vehicles + 2 * k), Node(vehicles + 2 * k + 1));
        let direct = fleet.model().travel().ticks(from, to);
        let stop = |at, close| Stop { at, window: Span::new(now, now + close), service: 0 };
        let wish = Request::new(stop(from, 1_800_000), stop(to, direct * 13 / 5), Load([1, 0, 0, 0]));
        let best = fleet.best(&wish);
        if k % 100 == 99 {
            let (model, plan) = fleet.snapshot();
            assert_eq!(best.as_ref(), insert(model, &plan, &wish).unwrap().found.first());
        }
        if let Some(best) = best {
            fleet.accept(wish, &best).unwrap();
        }
    }
    let effort = fleet.effort();
    assert_eq!(effort.searches, u64::from(requests));
    println!("{effort:?}");
    // Of 2,000 vehicles, less than one in a hundred is searched, and less than one in ten has its slots weighed.
    assert!(effort.vehicles < u64::from(vehicles) / 100 * effort.searches, "{effort:?}");
    assert!(effort.weighed < u64::from(vehicles) / 10 * effort.searches, "{effort:?}");
}
