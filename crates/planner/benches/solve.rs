//! Steps of the search per second on drawn problems: `cargo bench -p planner --bench solve`.
//!
//! The problems are drawn from a seed here, so nothing outside the project is needed. A step is what the budget of
//! the search is counted in; how much better a plan gets by a step is measured by `kuseki bench quality`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use planner::{ALL_COMPATIBLE, Improver, Load, Matrix, Model, Plan, Request, Span, Stop, Vehicle};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use units::Node;

/// Steps of one measured run, after as many that get the plan out of its first disorder.
const STEPS: u64 = 200;

/// Requests, vehicles, and whether all ride to one place.
const SIZES: [(u32, usize, bool); 3] = [(50, 5, true), (200, 18, true), (200, 38, false)];

/// A square of 20 km at 23 km/h in seconds, vans of eight seats, half an hour to be picked up within three hours,
/// and a limit on the ride of 1.6 times the direct time and ten minutes.
fn draw(requests: u32, vehicles: usize, one_place: bool) -> Model<Matrix> {
    let rng = &mut ChaCha8Rng::seed_from_u64(u64::from(requests) + vehicles as u64);
    let mut point = || (rng.random_range(0..20_000i64), rng.random_range(0..20_000i64));
    let places: Vec<(i64, i64)> = (0..=2 * requests).map(|_| point()).collect();
    // Along streets rather than through houses; whole seconds without a square root.
    let seconds = |a: &(i64, i64), b: &(i64, i64)| ((a.0 - b.0).abs() + (a.1 - b.1).abs()) * 10 / 64;
    let ticks = places.iter().flat_map(|a| places.iter().map(move |b| seconds(a, b))).collect();
    let stop =
        |place: u32, open, close| Stop { at: Node(place), window: Span::new(open, close), service: 60 };
    let wish = |r: u32| {
        let (from, to) = (1 + r, if one_place { 0 } else { 1 + requests + r });
        let direct = seconds(&places[from as usize], &places[to as usize]);
        let open = 3_000 + i64::from(r) * 37 % 7_200;
        let most = direct * 8 / 5 + 600;
        let pickup = stop(from, open, open + 1_800);
        let dropoff = stop(to, 0, open + 1_860 + most);
        Request { ride_max: Some(most), ..Request::new(pickup, dropoff, Load([1, 0, 0, 0])) }
    };
    let van = Vehicle::new(Node(0), Node(0), Span::new(0, 21_600), Load([8, 0, 0, 0]));
    let matrix = Matrix::new(places.len(), ticks).expect("a square matrix");
    let requests = (0..requests).map(wish).collect();
    Model::new(vec![van; vehicles], requests, ALL_COMPATIBLE, matrix).expect("a sound problem")
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("steps");
    group.throughput(Throughput::Elements(STEPS)).sample_size(20);
    for (requests, vehicles, one_place) in SIZES {
        let model = draw(requests, vehicles, one_place);
        let shape = if one_place { "to one place" } else { "anywhere" };
        let name = BenchmarkId::new(shape, format!("{requests} requests, {vehicles} vehicles"));
        let mut improver =
            Improver::new(&model, &Plan::empty(&model), 1).expect("an empty plan keeps all rules");
        improver.run(STEPS);
        group.bench_function(name, |bencher| {
            // The search goes on from sample to sample, as it does in use.
            bencher.iter(|| {
                improver.run(STEPS);
                black_box(improver.best_cost())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
