//! One request against a fleet on the way: `cargo bench -p planner`. The whole stream, with time moving on, is
//! `kuseki bench insertion`.
#![allow(clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use planner::{
    ALL_COMPATIBLE, Fleet, Load, Model, Plan, Plane, Position, Request, Span, Stop, Travel, Vehicle,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use units::Node;

/// Side of the square in milliseconds of driving.
const SIDE: i32 = 3_120_000;

/// A fleet into which a request a vehicle has come, and a few wishes made now.
fn busy(vehicles: u32) -> (Fleet<Plane>, Vec<Request>) {
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    let (requests, wishes) = (vehicles, 64);
    let count = vehicles + 2 * (requests + wishes);
    let places = (0..count).map(|_| Position::new(rng.random_range(0..SIDE), rng.random_range(0..SIDE)));
    let plane = Plane::new(places.collect()).unwrap();
    let vehicle = |v| Vehicle {
        out: true,
        ..Vehicle::new(Node(v), Plane::NOWHERE, Span::new(0, 1 << 45), Load([8, 0, 0, 0]))
    };
    let wish = |k: u32, now: i64| {
        let (from, to) = (Node(vehicles + 2 * k), Node(vehicles + 2 * k + 1));
        let stop = |at, length| Stop { at, window: Span::new(now, now + length), service: 0 };
        let direct = plane.ticks(from, to);
        Request::new(stop(from, 1_800_000), stop(to, direct * 13 / 5), Load([1, 0, 0, 0]))
    };
    // As many a minute for each vehicle as 20 for 222.
    let now = |k: u32| i64::from(k) * 666_000 / i64::from(vehicles);
    let last = (0..wishes).map(|k| wish(requests + k, now(requests))).collect();
    let stream: Vec<Request> = (0..requests).map(|k| wish(k, now(k))).collect();
    let model = Model::new((0..vehicles).map(vehicle).collect(), Vec::new(), ALL_COMPATIBLE, plane).unwrap();
    let plan = Plan::empty(&model);
    let mut fleet = Fleet::new(model, &plan, 0).unwrap();
    for (k, request) in stream.into_iter().enumerate() {
        fleet.advance(now(k as u32));
        if let Some(best) = fleet.best(&request) {
            fleet.accept(request, &best).unwrap();
        }
    }
    fleet.advance(now(requests));
    (fleet, last)
}

fn best(c: &mut Criterion) {
    let mut group = c.benchmark_group("best insertion");
    for vehicles in [222, 1_000, 5_000] {
        let (mut fleet, wishes) = busy(vehicles);
        let mut k = 0;
        group.bench_function(BenchmarkId::from_parameter(vehicles), |b| {
            b.iter(|| {
                k = (k + 1) % wishes.len();
                fleet.best(&wishes[k])
            });
        });
    }
    group.finish();
}

criterion_group!(benches, best);
criterion_main!(benches);
