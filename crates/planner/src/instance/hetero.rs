//! The heterogeneous dial-a-ride format of Parragh (2011), Braekers et al. (2014) and Malheiros et al. (2021).
//!
//! ```text
//! m n                                      vehicles, requests
//! T C0 C1 C2 C3                            one row per vehicle: longest route, places of each kind
//! id x y service ride q0 q1 q2 q3 e l      nodes 0..2n+1; the ride limit stands at the pickup
//! ```
//!
//! Kinds: 0 staff seats, 1 patient seats, 2 stretchers, 3 wheelchair places. Upgrading (Parragh 2011): an
//! accompanying person may take a staff seat, a patient seat or the stretcher, a seated patient a patient seat or the
//! stretcher. A load fits if and only if
//!
//! ```text
//! q2 <= C2,   q1+q2 <= C1+C2,   q0+q1+q2 <= C0+C1+C2,   q3 <= C3
//! ```
//!
//! so these four sums are the kinds of the model, and one layout says all. Vehicle `k` stands at depot `k mod 4` of
//! (-5,-5), (5,5), (-5,5), (5,-5); rows 0 and 2n+1 only give the depots' window, unless the file's depot is asked for.

use units::Node;

use super::nodes::Nodes;
use super::text::{Point, bases, count, lasting, lines, numbers, places, straight, ticks, vehicles, wrong};
use super::{Depots, Form, Instance};
use crate::fault::Fault;
use crate::model::{ALL_COMPATIBLE, KINDS, Load, Model, Request, Span, Stop, Vehicle};

struct Row {
    point: Point,
    service: i64,
    ride: i64,
    load: [i32; KINDS],
    window: Span,
}

pub(super) fn parse(name: &str, text: &str, depots: Depots) -> Result<Instance, Fault> {
    let mut lines = lines(text);
    let (number, first) = lines.next().ok_or_else(|| Fault::Format(name.to_owned()))?;
    let head = numbers(number, first, 2, "`m n`")?;
    let (m, n) = (vehicles(number, "m", head[0])?, count(number, "n", head[1])?);
    let rest: Vec<(usize, &str)> = lines.collect();
    if rest.len() != m + 2 * n + 2 {
        return Err(wrong(
            number,
            format!("{} rows for {m} vehicles and {n} requests", rest.len()),
            &format!("{} rows: one per vehicle, a depot, {n} pickups, {n} drop-offs, a depot", m + 2 * n + 2),
        ));
    }
    let (fleet, nodes) = rest.split_at(m);
    let fleet: Vec<(i64, Load)> =
        fleet.iter().map(|(line, text)| vehicle(*line, text)).collect::<Result<_, Fault>>()?;
    let nodes = nodes.iter().enumerate();
    let rows: Vec<Row> = nodes.map(|(k, (line, text))| row(*line, text, k)).collect::<Result<_, Fault>>()?;
    let (start, end) = (rows[0].window, rows[2 * n + 1].window);
    if start != end {
        let line = rows[2 * n + 1].point.line;
        return Err(wrong(line, "an end depot window unlike the start's", "the same window at both depots"));
    }
    let mut points: Vec<Point> = rows.iter().map(|row| row.point).collect();
    let base = bases(&mut points, depots != Depots::File, (0, 2 * n + 1));
    let fleet = fleet.into_iter().enumerate().map(|(k, (longest, layout))| {
        let (from, to) = base(k);
        Vehicle {
            duration_max: Some(longest).filter(|most| *most < start.close - start.open),
            ..Vehicle::new(from, to, start, layout)
        }
    });
    let requests = requests(n, &rows)?;
    let model = Model::new(fleet.collect(), requests, ALL_COMPATIBLE, straight(&points)?)?;
    Ok(Instance { name: name.to_owned(), model, form: Form::Nodes(Nodes::halves(points, n)) })
}

/// The four sums that upgrading compares.
fn sums(q: [i32; KINDS]) -> Load {
    Load([q[2], q[1] + q[2], q[0] + q[1] + q[2], q[3]])
}

fn vehicle(line: usize, text: &str) -> Result<(i64, Load), Fault> {
    let v = numbers(line, text, 1 + KINDS, "`T C0 C1 C2 C3`")?;
    if v.iter().any(|value| *value < 0.0) {
        return Err(wrong(line, format!("`{text}`"), "`T C0 C1 C2 C3`, each 0 or more"));
    }
    Ok((ticks(line, "T", v[0])?, sums(four_kinds(line, &v[1..])?)))
}

fn four_kinds(line: usize, values: &[f64]) -> Result<[i32; KINDS], Fault> {
    let mut kinds = [0; KINDS];
    for (k, (kind, value)) in kinds.iter_mut().zip(values).enumerate() {
        *kind = places(line, &format!("number {k} of the places"), *value)?;
    }
    Ok(kinds)
}

fn row(line: usize, text: &str, index: usize) -> Result<Row, Fault> {
    let expected = format!("`{index} x y service ride q0 q1 q2 q3 e l`");
    let v = numbers(line, text, 11, &expected)?;
    if v[0] != index as f64 {
        return Err(wrong(line, format!("node {}", v[0]), &expected));
    }
    let window = Span::new(ticks(line, "e", v[9])?, ticks(line, "l", v[10])?);
    if window.open > window.close {
        return Err(wrong(line, format!("window {} to {}", v[9], v[10]), "e <= l"));
    }
    Ok(Row {
        point: Point { line, x: v[1], y: v[2] },
        service: lasting(line, "service", v[3])?,
        ride: lasting(line, "ride", v[4])?,
        load: four_kinds(line, &v[5..9])?,
        window,
    })
}

fn requests(n: usize, rows: &[Row]) -> Result<Vec<Request>, Fault> {
    let stop = |k: usize| Stop { at: Node(k as u32), window: rows[k].window, service: rows[k].service };
    let mut requests = Vec::with_capacity(n);
    for k in 1..=n {
        let (load, back) = (rows[k].load, rows[n + k].load);
        if load.iter().any(|q| *q < 0) || load == [0; KINDS] || back != load.map(|q| -q) {
            return Err(wrong(
                rows[n + k].point.line,
                format!("loads {back:?} where node {k} has {load:?}"),
                "pickups with loads of 0 or more, not all 0, and drop-offs with their negatives",
            ));
        }
        let request = Request::new(stop(k), stop(n + k), sums(load));
        requests.push(Request { ride_max: Some(rows[k].ride), ..request });
    }
    Ok(requests)
}
