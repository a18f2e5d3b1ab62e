//! Dial-a-ride instances of the tests' own, in both formats, and a small checker written apart from the planner.

use serde_json::{Value, json};

/// A request of the test's own instances: two stops with their windows. All lie on a grid, so distances are told apart.
#[derive(Clone, Copy)]
pub struct Wanted {
    from: (f64, f64),
    to: (f64, f64),
    open: f64,
    close: f64,
}

const VEHICLES: usize = 3;
const SEATS: i64 = 2;
const SERVICE: f64 = 2.0;
const RIDE_MAX: f64 = 40.0;
const HORIZON: f64 = 600.0;

/// Requests at places and times that follow from their number.
pub fn draw(count: usize) -> Vec<Wanted> {
    let point = |k: usize| (((k * 37) % 19) as f64 - 9.0, ((k * 53) % 17) as f64 - 8.0);
    let wanted = |k: usize| {
        let open = ((k * 97) % 400) as f64;
        Wanted { from: point(k), to: point(k + 7), open, close: open + 30.0 }
    };
    (1..=count).map(wanted).collect()
}

/// Cordeau's text: pickups with windows, deliveries without.
pub fn cordeau(all: &[Wanted]) -> String {
    let n = all.len();
    let mut text = format!("{VEHICLES} {n} {HORIZON} {SEATS} {RIDE_MAX}\n0 0 0 0 0 0 {HORIZON}\n");
    for (k, w) in all.iter().enumerate() {
        text += &format!("{} {} {} {SERVICE} 1 {} {}\n", k + 1, w.from.0, w.from.1, w.open, w.close);
    }
    for (k, w) in all.iter().enumerate() {
        text += &format!("{} {} {} {SERVICE} -1 0 {HORIZON}\n", n + k + 1, w.to.0, w.to.1);
    }
    text
}

pub fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// The stops of a request within the matrix: depot, pickups, deliveries.
pub fn points(all: &[Wanted]) -> Vec<(f64, f64)> {
    let depot = std::iter::once((0.0, 0.0));
    depot.chain(all.iter().map(|w| w.from)).chain(all.iter().map(|w| w.to)).collect()
}

/// The same as kuseki-problem-1, in tenths of the unit so that times are whole.
pub fn problem(all: &[Wanted]) -> Value {
    let points = points(all);
    let tenths = |x: f64| (x * 10.0).round() as i64;
    let matrix: Vec<Vec<i64>> =
        points.iter().map(|a| points.iter().map(|b| tenths(distance(*a, *b))).collect()).collect();
    let stop = |at: usize, open: f64, close: f64| json!({ "at": at, "open": tenths(open), "close": tenths(close), "service": tenths(SERVICE) });
    let vehicle = |id: usize| json!({ "id": id, "start": 0, "end": 0, "open": 0, "close": tenths(HORIZON), "layouts": [{ "seat": SEATS }] });
    let request = |(k, w): (usize, &Wanted)| {
        json!({
            "id": k + 1, "load": { "seat": 1 }, "max_ride": tenths(RIDE_MAX),
            "pickup": stop(k + 1, w.open, w.close), "delivery": stop(all.len() + k + 1, 0.0, HORIZON),
        })
    };
    json!({
        "format": "kuseki-problem-1", "name": "own", "seconds": matrix,
        "vehicles": (0..VEHICLES).map(vehicle).collect::<Vec<_>>(),
        "requests": all.iter().enumerate().map(request).collect::<Vec<_>>(),
    })
}

/// A small checker of its own: order, seats, and whether any times exist that keep all windows, service times and ride
/// limits. Times are a system of difference constraints; relaxing it `n` times settles it (Bellman and Ford). A stop
/// `k` of `n` requests is the pickup of request `k` if it is at most `n`, else a delivery.
fn holds(
    route: &[usize],
    n: usize,
    all: &[Wanted],
    seconds: impl Fn(usize, usize) -> f64,
) -> Result<f64, String> {
    let mut on_board = Vec::new();
    // `later[a] + least <= later[b]`; index 0 is the origin of time, then the stops, then the return to the depot.
    let mut limits: Vec<(usize, usize, f64)> = Vec::new();
    let (mut before, mut length) = (0, 0.0);
    for (index, &stop) in route.iter().enumerate() {
        let here = index + 1;
        let request = if stop <= n { stop } else { stop - n };
        length += seconds(before, stop);
        // All start at the depot at time 0 or later.
        let dwell = if index == 0 { 0.0 } else { SERVICE };
        limits.push((index, here, dwell + seconds(before, stop)));
        before = stop;
        if stop <= n {
            let wanted = all[request - 1];
            limits.push((0, here, wanted.open));
            limits.push((here, 0, -wanted.close));
            on_board.push((request, here));
            if on_board.len() as i64 > SEATS {
                return Err(format!("{on_board:?} on board"));
            }
            continue;
        }
        let place = on_board
            .iter()
            .position(|(r, _)| *r == request)
            .ok_or(format!("{request} gets off before on"))?;
        let (_, boarded) = on_board.remove(place);
        limits.push((here, boarded, -(RIDE_MAX + SERVICE)));
    }
    if !on_board.is_empty() {
        return Err(format!("{on_board:?} never get off"));
    }
    let end = route.len() + 1;
    length += seconds(before, 0);
    limits.push((route.len(), end, SERVICE + seconds(before, 0)));
    limits.push((end, 0, -HORIZON));
    let mut earliest = vec![0.0_f64; end + 1];
    for _ in 0..=end {
        for (a, b, least) in &limits {
            earliest[*b] = earliest[*b].max(earliest[*a] + least);
        }
    }
    // One unit in a million is rounding.
    match limits.iter().find(|(a, b, least)| earliest[*a] + least > earliest[*b] + 1e-6) {
        Some(broken) => Err(format!("{broken:?} cannot be kept")),
        None => Ok(length),
    }
}

/// Every request is on one route or unserved, and every route holds; the sum of their lengths.
pub fn check_all(
    routes: &[Vec<usize>],
    unserved: &[usize],
    all: &[Wanted],
    seconds: impl Fn(usize, usize) -> f64,
) -> f64 {
    let n = all.len();
    let mut seen: Vec<usize> =
        routes.iter().flatten().copied().chain(unserved.iter().flat_map(|r| [*r, r + n])).collect();
    seen.sort_unstable();
    assert_eq!(seen, (1..=2 * n).collect::<Vec<_>>());
    assert!(routes.len() <= VEHICLES);
    routes.iter().filter(|r| !r.is_empty()).map(|r| holds(r, n, all, &seconds).unwrap()).sum()
}

#[test]
fn the_small_checker_says_no() {
    let all = draw(4);
    let points = points(&all);
    let seconds = |a: usize, b: usize| distance(points[a], points[b]);
    let order = |route: &[usize]| holds(route, 4, &all, seconds).map(|_| ());
    // Opening times of 1 to 4 are 97, 194, 291 and 388.
    assert_eq!(order(&[1, 5, 2, 6, 3, 7, 4, 8]), Ok(()));
    assert!(order(&[2, 6, 1, 5]).is_err_and(|e| e.contains("cannot be kept")), "1 closes before 2 opens");
    assert!(order(&[1, 2, 5, 6]).is_err_and(|e| e.contains("cannot be kept")), "1 rides too long");
    assert!(order(&[5, 1]).is_err_and(|e| e.contains("before on")));
    assert!(order(&[1]).is_err_and(|e| e.contains("never get off")));
    assert!(order(&[1, 2, 3, 5, 6, 7]).is_err_and(|e| e.contains("on board")));
}
