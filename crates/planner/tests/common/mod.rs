//! Random small problems with every rule on, and judges that share no code with the planner: rules written out
//! over explicit begins, enumeration of begins, and Floyd-Warshall over explicit constraints.
#![allow(dead_code)]

use planner::{
    Boarding, GROUPS, Group, Load, Matrix, Model, Request, Route, Span, Stop, Told, Travel, Vehicle,
    VehicleSet, Visit,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use units::Node;

pub const HORIZON: i64 = 18;
const PLACES: usize = 6;

pub struct Case {
    pub model: Model<Matrix>,
    /// Feasible routes over all requests but the last few.
    pub routes: Vec<Vec<Visit>>,
    /// On no route, not in any clash list of the others: to be inserted.
    pub wish: Request,
}

fn maybe<X>(rng: &mut ChaCha8Rng, share: f64, value: impl FnOnce(&mut ChaCha8Rng) -> X) -> Option<X> {
    if rng.random_bool(share) { Some(value(rng)) } else { None }
}

fn span(rng: &mut ChaCha8Rng) -> Span {
    if rng.random_bool(0.4) {
        Span::new(0, HORIZON)
    } else {
        let open = rng.random_range(0..HORIZON);
        Span::new(open, (open + rng.random_range(0..9)).min(HORIZON))
    }
}

fn stop(rng: &mut ChaCha8Rng) -> Stop {
    Stop { at: Node(rng.random_range(0..PLACES as u32)), window: span(rng), service: rng.random_range(0..3) }
}

fn load(rng: &mut ChaCha8Rng) -> Load {
    Load(if rng.random_bool(0.7) { [1, 0, 0, 0] } else { [0, 1, 0, 0] })
}

pub fn request(rng: &mut ChaCha8Rng, vehicles: u32) -> Request {
    let load = load(rng);
    Request {
        ride_max: maybe(rng, 0.6, |r| r.random_range(1..10)),
        group: Group(rng.random_range(0..3)),
        vehicles: maybe(rng, 0.1, |r| VehicleSet::only([r.random_range(0..vehicles)])).unwrap_or_default(),
        penalty: 1 + rng.random_range(0..3),
        never_alone: rng.random_bool(0.15),
        told: maybe(rng, 0.3, |r| Told {
            vehicle: r.random_range(0..vehicles),
            surcharge: r.random_range(0..9),
        }),
        ..Request::new(stop(rng), stop(rng), load)
    }
}

pub fn vehicle(rng: &mut ChaCha8Rng) -> Vehicle {
    let mut hours = [None; GROUPS];
    hours[1] = maybe(rng, 0.4, |r| Span::new(r.random_range(0..5), r.random_range(9..HORIZON)));
    Vehicle {
        layouts: if rng.random_bool(0.5) {
            vec![Load([3, 0, 0, 0]), Load([1, 1, 0, 0])]
        } else {
            vec![Load([2, 1, 0, 0])]
        },
        duration_max: maybe(rng, 0.4, |r| r.random_range(6..HORIZON)),
        wait_max: maybe(rng, 0.4, |r| r.random_range(0..4)),
        hours,
        barred: if rng.random_bool(0.1) { 1 << rng.random_range(0..3) } else { 0 },
        fixed_cost: if rng.random_bool(0.3) { rng.random_range(1..5) } else { 0 },
        out: rng.random_bool(0.3),
        attendant: rng.random_bool(0.3),
        ..Vehicle::new(
            Node(rng.random_range(0..PLACES as u32)),
            Node(rng.random_range(0..PLACES as u32)),
            Span::new(rng.random_range(0..3), rng.random_range(HORIZON - 4..=HORIZON)),
            Load::default(),
        )
    }
}

/// Travel on a line half of the time, else any numbers: the triangle inequality then fails often.
pub fn matrix(rng: &mut ChaCha8Rng) -> Matrix {
    let line: Vec<i64> = (0..PLACES).map(|_| rng.random_range(0..5)).collect();
    let metric = rng.random_bool(0.5);
    let mut entries = Vec::new();
    let mut costs = Vec::new();
    for a in 0..PLACES {
        for b in 0..PLACES {
            let any = if a == b { 0 } else { rng.random_range(0..5) };
            entries.push(if metric { (line[a] - line[b]).abs() } else { any });
            costs.push(if a == b { 0 } else { rng.random_range(0..7) });
        }
    }
    let matrix = Matrix::new(PLACES, entries).unwrap();
    if rng.random_bool(0.3) { matrix.with_costs(costs).unwrap() } else { matrix }
}

/// A problem with two vehicles, `count` requests put on routes as far as a few random tries succeed.
pub fn case(seed: u64, count: usize) -> Case {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let vehicles: Vec<Vehicle> = (0..2).map(|_| vehicle(rng)).collect();
    let mut requests: Vec<Request> = (0..count).map(|_| request(rng, 2)).collect();
    if count > 0 && rng.random_bool(0.4) {
        let carrier = rng.random_range(0..2u32);
        requests[0].pickup =
            Boarding::Done { ended: vehicles[carrier as usize].window.open - rng.random_range(0..3) };
        requests[0].vehicles = VehicleSet::only([carrier]);
    }
    if count > 1 && rng.random_bool(0.3) {
        requests[0].clash.push(1);
    }
    let mut compatible = planner::ALL_COMPATIBLE;
    if rng.random_bool(0.4) {
        compatible[0][2] = false;
        compatible[2][0] = false;
    }
    if rng.random_bool(0.2) {
        compatible[1][1] = false;
    }
    let model = Model::new(vehicles, requests, compatible, matrix(rng)).unwrap();
    let mut routes = vec![Vec::new(), Vec::new()];
    for r in 0..count as u32 {
        for _ in 0..12 {
            let v = rng.random_range(0..2usize);
            let mut visits: Vec<Visit> = routes[v].clone();
            let at = rng.random_range(0..=visits.len());
            visits.insert(at, Visit::Dropoff(r));
            if model.requests()[r as usize].pickup_stop().is_some() {
                visits.insert(rng.random_range(0..=at), Visit::Pickup(r));
            }
            if company(&model, v as u32, &visits) && floyd(&model, v as u32, &visits) {
                routes[v] = visits;
                break;
            }
        }
    }
    let mut model = model;
    for v in 0..2u32 {
        if rng.random_bool(0.3) {
            let committed = rng.random_range(0..=routes[v as usize].len());
            let changed = Vehicle { committed, ..model.vehicles()[v as usize].clone() };
            model.replace_vehicle(v, changed).unwrap();
        }
    }
    let mut wish = request(rng, 2);
    if count > 0 && rng.random_bool(0.2) {
        wish.clash.push(rng.random_range(0..count as u32));
    }
    Case { model, routes, wish }
}

/// The places, services and requests along a route, start and end included.
fn path(model: &Model<impl Travel>, v: u32, visits: &[Visit]) -> (Vec<Node>, Vec<i64>) {
    let vehicle = &model.vehicles()[v as usize];
    let (mut nodes, mut service) = (vec![vehicle.start], vec![0]);
    for visit in visits {
        let stop = model.stop(*visit).unwrap();
        nodes.push(stop.at);
        service.push(stop.service);
    }
    nodes.push(vehicle.end);
    service.push(0);
    (nodes, service)
}

/// Who is on board on each leg, by request number.
fn on_board(model: &Model<impl Travel>, visits: &[Visit]) -> Vec<Vec<u32>> {
    let mut now: Vec<u32> = visits.iter().map(|v| v.request()).collect();
    now.sort_unstable();
    now.dedup();
    now.retain(|r| model.requests()[*r as usize].pickup_stop().is_none());
    let mut legs = vec![now.clone()];
    for visit in visits {
        match visit {
            Visit::Pickup(r) => now.push(*r),
            Visit::Dropoff(r) => now.retain(|other| other != r),
        }
        legs.push(now.clone());
    }
    legs
}

/// Load, groups, clashes, nobody alone who must not be, eligibility.
pub fn company(model: &Model<impl Travel>, v: u32, visits: &[Visit]) -> bool {
    let vehicle = &model.vehicles()[v as usize];
    let requests = model.requests();
    let allowed = visits.iter().all(|visit| {
        let r = &requests[visit.request() as usize];
        r.vehicles.contains(v) && vehicle.barred >> r.group.0 & 1 == 0
    });
    allowed
        && on_board(model, visits).iter().all(|aboard| {
            let mut load = [0; 4];
            for r in aboard {
                let taken = &requests[*r as usize].load.0;
                load.iter_mut().zip(taken).for_each(|(sum, n)| *sum += n);
            }
            let holds = vehicle.layouts.iter().any(|layout| (0..4).all(|k| load[k] <= layout.0[k]));
            let friendly = aboard.iter().enumerate().all(|(k, a)| {
                aboard[k + 1..].iter().all(|b| {
                    let (a, b) = (&requests[*a as usize], (*b, &requests[*b as usize]));
                    !a.clash.contains(&b.0) && model.may_share(a.group, b.1.group)
                })
            });
            let attended =
                vehicle.attendant || aboard.len() != 1 || !requests[aboard[0] as usize].never_alone;
            holds && friendly && attended
        })
}

/// Every rule on time, said in words over explicit begins.
pub fn keeps(model: &Model<impl Travel>, v: u32, visits: &[Visit], begin: &[i64]) -> bool {
    let vehicle = &model.vehicles()[v as usize];
    let (nodes, service) = path(model, v, visits);
    let last = nodes.len() - 1;
    let aboard = on_board(model, visits);
    if begin[0] < vehicle.window.open || begin[last] > vehicle.window.close {
        return false;
    }
    if !aboard[0].is_empty() && begin[0] != vehicle.window.open {
        return false;
    }
    if vehicle.duration_max.is_some_and(|most| begin[last] - begin[0] > most) {
        return false;
    }
    for k in 0..last {
        let ready = begin[k] + service[k] + model.travel().ticks(nodes[k], nodes[k + 1]);
        if begin[k + 1] < ready {
            return false;
        }
        if !aboard[k].is_empty() && vehicle.wait_max.is_some_and(|most| begin[k + 1] - ready > most) {
            return false;
        }
    }
    visits.iter().enumerate().all(|(k, visit)| {
        let at = begin[k + 1];
        let request = &model.requests()[visit.request() as usize];
        let hours = if request.hours_waived { None } else { vehicle.hours[request.group.0 as usize] };
        let window = model.stop(*visit).unwrap().window;
        let timely = window.open <= at && at <= window.close;
        timely
            && match visit {
                Visit::Pickup(_) => hours.is_none_or(|h| h.open <= at),
                Visit::Dropoff(r) => {
                    let boarded = match request.pickup {
                        Boarding::Done { ended } => ended,
                        Boarding::At(stop) => {
                            let p = visits.iter().position(|x| *x == Visit::Pickup(*r)).unwrap();
                            begin[p + 1] + stop.service
                        }
                    };
                    hours.is_none_or(|h| at + request.dropoff.service <= h.close)
                        && request.ride_max.is_none_or(|most| at - boarded <= most)
                }
            }
    })
}

/// All schedules with whole begins within the horizon.
pub fn enumerate(model: &Model<impl Travel>, v: u32, visits: &[Visit]) -> Vec<Vec<i64>> {
    let (nodes, service) = path(model, v, visits);
    let mut found = Vec::new();
    let mut begin = Vec::new();
    fn go(
        model: &Model<impl Travel>,
        (v, visits): (u32, &[Visit]),
        (nodes, service): (&[Node], &[i64]),
        begin: &mut Vec<i64>,
        found: &mut Vec<Vec<i64>>,
    ) {
        let k = begin.len();
        if k == nodes.len() {
            if keeps(model, v, visits, begin) {
                found.push(begin.clone());
            }
            return;
        }
        // Only what is plain is cut off: driving, and the window of the stop.
        let mut first = if k == 0 { 0 } else { begin[k - 1] + service[k - 1] };
        if k > 0 {
            first += model.travel().ticks(nodes[k - 1], nodes[k]);
        }
        let window = if k == 0 || k + 1 == nodes.len() {
            model.vehicles()[v as usize].window
        } else {
            model.stop(visits[k - 1]).unwrap().window
        };
        for at in first.max(window.open)..=HORIZON.min(window.close) {
            begin.push(at);
            go(model, (v, visits), (nodes, service), begin, found);
            begin.pop();
        }
    }
    go(model, (v, visits), (&nodes, &service), &mut begin, &mut found);
    found
}

/// Whether some schedule exists: longest paths between all pairs over constraints written out one by one.
pub fn floyd(model: &Model<impl Travel>, v: u32, visits: &[Visit]) -> bool {
    let vehicle = &model.vehicles()[v as usize];
    let (nodes, service) = path(model, v, visits);
    let n = nodes.len();
    const NONE: i64 = i64::MIN / 4;
    // Node n is the clock. at_least[a][b]: B_b - B_a >= ...
    let mut at_least = vec![vec![NONE; n + 1]; n + 1];
    let mut say = |a: usize, b: usize, weight: i64| at_least[a][b] = at_least[a][b].max(weight);
    for k in [0, n - 1] {
        say(n, k, vehicle.window.open);
        say(k, n, -vehicle.window.close);
    }
    let aboard = on_board(model, visits);
    if !aboard[0].is_empty() {
        say(0, n, -vehicle.window.open);
    }
    if let Some(most) = vehicle.duration_max {
        say(n - 1, 0, -most);
    }
    for k in 0..n - 1 {
        let step = service[k] + model.travel().ticks(nodes[k], nodes[k + 1]);
        say(k, k + 1, step);
        if let (Some(wait), false) = (vehicle.wait_max, aboard[k].is_empty()) {
            say(k + 1, k, -(step + wait));
        }
    }
    for (k, visit) in visits.iter().enumerate() {
        let request = &model.requests()[visit.request() as usize];
        let hours = if request.hours_waived { None } else { vehicle.hours[request.group.0 as usize] };
        let stop = model.stop(*visit).unwrap();
        say(n, k + 1, stop.window.open);
        say(k + 1, n, -stop.window.close);
        match visit {
            Visit::Pickup(_) => {
                if let Some(hours) = hours {
                    say(n, k + 1, hours.open);
                }
            }
            Visit::Dropoff(r) => {
                if let Some(hours) = hours {
                    say(k + 1, n, -(hours.close - stop.service));
                }
                match (request.pickup, request.ride_max) {
                    (Boarding::Done { ended }, Some(most)) => say(k + 1, n, -(ended + most)),
                    (Boarding::At(pickup), Some(most)) => {
                        let p = visits.iter().position(|x| *x == Visit::Pickup(*r)).unwrap();
                        say(k + 1, p + 1, -(most + pickup.service));
                    }
                    _ => {}
                }
            }
        }
    }
    for m in 0..=n {
        for a in 0..=n {
            for b in 0..=n {
                if at_least[a][m] > NONE && at_least[m][b] > NONE {
                    at_least[a][b] = at_least[a][b].max(at_least[a][m] + at_least[m][b]);
                }
            }
        }
    }
    (0..=n).all(|k| at_least[k][k] <= 0)
}

/// Travel and fixed cost of a route and the surcharges of whom another vehicle was told, summed anew.
pub fn cost(model: &Model<impl Travel>, v: u32, visits: &[Visit]) -> i64 {
    let vehicle = &model.vehicles()[v as usize];
    if visits.is_empty() && !vehicle.out {
        return 0;
    }
    let (nodes, _) = path(model, v, visits);
    let driving: i64 = nodes.windows(2).map(|w| model.travel().cost(w[0], w[1])).sum();
    let carried = visits.iter().filter(|visit| matches!(visit, Visit::Dropoff(_)));
    let told = carried.filter_map(|visit| model.requests()[visit.request() as usize].told);
    let surcharges: i64 = told.filter(|told| told.vehicle != v).map(|told| told.surcharge).sum();
    driving + surcharges + if vehicle.out { 0 } else { vehicle.fixed_cost }
}

/// A random order of the visits of a few requests, feasible or not.
pub fn sequence(seed: u64, model: &Model<impl Travel>) -> Vec<Visit> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed ^ 0xabcd);
    let mut visits = Vec::new();
    for r in 0..model.requests().len() as u32 {
        let at = rng.random_range(0..=visits.len());
        visits.insert(at, Visit::Dropoff(r));
        if model.requests()[r as usize].pickup_stop().is_some() {
            visits.insert(rng.random_range(0..=at), Visit::Pickup(r));
        }
    }
    visits
}

pub fn route(model: &Model<impl Travel>, v: u32, visits: &[Visit]) -> Option<Route> {
    Route::new(model, v, visits).ok()
}
