//! The dial-a-ride format of Cordeau & Laporte (2003) and Cordeau (2006).
//!
//! ```text
//! m N T Q L                     vehicles, count, longest route, capacity, longest ride
//! id x y service load e l       node 0 the depot, 1..n pickups, n+1..2n drop-offs, perhaps 2n+1 the end depot
//! ```
//!
//! `N` is n in one convention and 2n in the other; the number of rows tells which. All windows bind as given, the
//! depot's on start and end. A ride counts from the end of the own boarding. With four depots (Braekers et al. 2014)
//! vehicle `k` stands at depot `k mod 4`, and the rows of the depot only give its window.

use units::Node;

use super::nodes::Nodes;
use super::text::Point;
use super::text::{bases, count, lasting, lines, numbers, places, straight, ticks, vehicles, wrong};
use super::{Depots, Form, Instance};
use crate::fault::Fault;
use crate::model::{ALL_COMPATIBLE, Load, Model, Request, Span, Stop, Vehicle};

struct Row {
    point: Point,
    service: i64,
    load: i32,
    window: Span,
}

struct Head {
    vehicles: usize,
    count: usize,
    duration: i64,
    capacity: i32,
    ride: i64,
}

pub(super) fn parse(name: &str, text: &str, depots: Depots) -> Result<Instance, Fault> {
    let mut lines = lines(text);
    let (number, first) = lines.next().ok_or_else(|| Fault::Format(name.to_owned()))?;
    let head = parse_head(number, first)?;
    let mut rows = Vec::new();
    for (number, line) in lines {
        rows.push(parse_row(number, line, rows.len())?);
    }
    let size = rows.len();
    let n = if size == 2 * head.count + 1 || size == 2 * head.count + 2 {
        head.count
    } else if head.count.is_multiple_of(2) && (size == head.count + 1 || size == head.count + 2) {
        head.count / 2
    } else {
        return Err(wrong(
            number,
            format!("{size} node rows for a declared count of {}", head.count),
            "1 depot, n pickups, n drop-offs and perhaps an end depot, with count n or 2n",
        ));
    };
    let mut points: Vec<Point> = rows.iter().map(|row| row.point).collect();
    let end = if size == 2 * n + 2 { 2 * n + 1 } else { 0 };
    let base = bases(&mut points, depots == Depots::Four, (0, end));
    let requests = requests(&head, n, &rows)?;
    let window = depot_window(&rows[0], &rows[end])?;
    let fleet = (0..head.vehicles).map(|k| {
        let (start, end) = base(k);
        Vehicle {
            duration_max: Some(head.duration).filter(|most| *most < window.close - window.open),
            ..Vehicle::new(start, end, window, Load([head.capacity, 0, 0, 0]))
        }
    });
    let model = Model::new(fleet.collect(), requests, ALL_COMPATIBLE, straight(&points)?)?;
    Ok(Instance { name: name.to_owned(), model, form: Form::Nodes(Nodes::halves(points, n)) })
}

fn parse_head(line: usize, text: &str) -> Result<Head, Fault> {
    let v = numbers(line, text, 5, "`m N T Q L`")?;
    if v.iter().any(|value| *value < 0.0) || v[0] < 1.0 || v[1] < 1.0 {
        return Err(wrong(line, format!("`{text}`"), "positive numbers `m N T Q L`"));
    }
    Ok(Head {
        vehicles: vehicles(line, "m", v[0])?,
        count: count(line, "N", v[1])?,
        duration: ticks(line, "T", v[2])?,
        capacity: places(line, "Q", v[3])?,
        ride: ticks(line, "L", v[4])?,
    })
}

fn parse_row(line: usize, text: &str, index: usize) -> Result<Row, Fault> {
    let expected = format!("`{index} x y service load e l`");
    let v = numbers(line, text, 7, &expected)?;
    if v[0] != index as f64 {
        return Err(wrong(line, format!("node {}", v[0]), &expected));
    }
    let window = Span::new(ticks(line, "e", v[5])?, ticks(line, "l", v[6])?);
    if window.open > window.close || v[3] < 0.0 {
        return Err(wrong(line, format!("`{text}`"), "e <= l and a service of 0 or more"));
    }
    Ok(Row {
        point: Point { line, x: v[1], y: v[2] },
        service: lasting(line, "service", v[3])?,
        load: places(line, "load", v[4])?,
        window,
    })
}

fn requests(head: &Head, n: usize, rows: &[Row]) -> Result<Vec<Request>, Fault> {
    let stop = |k: usize| Stop { at: Node(k as u32), window: rows[k].window, service: rows[k].service };
    let mut requests = Vec::with_capacity(n);
    for k in 1..=n {
        let (load, back) = (rows[k].load, rows[n + k].load);
        if load <= 0 || back != -load {
            let problem = format!("load {back} where node {k} has {load}");
            return Err(wrong(
                rows[n + k].point.line,
                problem,
                "pickups with a positive load, drop-offs with its negative",
            ));
        }
        let request = Request::new(stop(k), stop(n + k), Load([load, 0, 0, 0]));
        requests.push(Request { ride_max: Some(head.ride), ..request });
    }
    Ok(requests)
}

/// Start and end share one shift in the model: both depot windows bind what they can.
fn depot_window(start: &Row, end: &Row) -> Result<Span, Fault> {
    let window = Span::new(start.window.open, end.window.close);
    if start.window.close < window.close || end.window.open > window.open {
        return Err(wrong(
            end.point.line,
            "an end depot window unlike the start's",
            "the same window at both depots",
        ));
    }
    Ok(window)
}
