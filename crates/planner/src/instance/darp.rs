//! The dial-a-ride format of Cordeau & Laporte (2003) and Cordeau (2006).
//!
//! ```text
//! m N T Q L                     vehicles, count, longest route, capacity, longest ride
//! id x y service load e l       node 0 the depot, 1..n pickups, n+1..2n drop-offs, perhaps 2n+1 the end depot
//! ```
//!
//! `N` is n in one convention and 2n in the other; the number of rows tells which. All windows bind as given, the
//! depot's on start and end. A ride counts from the end of the own boarding.

use serde_json::{Map, Value, json};
use units::Node;

use super::{DARP_TICKS, Form, Instance, field};
use crate::fault::Fault;
use crate::model::{ALL_COMPATIBLE, Load, Model, Request, Span, Stop, Vehicle, Visit};
use crate::plan::Plan;
use crate::travel::{LONGEST, Matrix};

struct Row {
    x: f64,
    y: f64,
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

pub(super) fn parse(name: &str, text: &str) -> Result<Instance, Fault> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (number, first) = lines.next().ok_or_else(|| Fault::Format(name.to_owned()))?;
    let head = parse_head(number + 1, first)?;
    let mut rows = Vec::new();
    for (number, line) in lines {
        rows.push((number + 1, parse_row(number + 1, line, rows.len())?));
    }
    let size = rows.len();
    let n = if size == 2 * head.count + 1 || size == 2 * head.count + 2 {
        head.count
    } else if head.count.is_multiple_of(2) && (size == head.count + 1 || size == head.count + 2) {
        head.count / 2
    } else {
        return Err(Fault::Line {
            line: number + 1,
            problem: format!("{size} node rows for a declared count of {}", head.count),
            expected: "1 depot, n pickups, n drop-offs and perhaps an end depot, with count n or 2n".into(),
        });
    };
    let model = build(&head, n, &rows)?;
    let points = rows.iter().map(|(_, row)| (row.x, row.y)).collect();
    Ok(Instance { name: name.to_owned(), model, form: Form::Darp { points } })
}

fn wrong(line: usize, problem: impl Into<String>, expected: &str) -> Fault {
    Fault::Line { line, problem: problem.into(), expected: expected.to_owned() }
}

fn numbers(line: usize, text: &str, count: usize, expected: &str) -> Result<Vec<f64>, Fault> {
    let parse = |f: &str| f.parse::<f64>().ok().filter(|v| v.is_finite());
    let values: Option<Vec<f64>> = text.split_whitespace().map(parse).collect();
    values.filter(|v| v.len() == count).ok_or_else(|| wrong(line, format!("`{}`", text.trim()), expected))
}

/// Minutes, perhaps with decimals, to ticks.
fn ticks(line: usize, name: &str, value: f64) -> Result<i64, Fault> {
    let scaled = (value * DARP_TICKS as f64).round();
    if scaled.abs() > LONGEST as f64 / 4.0 {
        return Err(wrong(line, format!("{name} {value}"), "a time within 280,000 units"));
    }
    Ok(scaled as i64)
}

fn whole(line: usize, name: &str, value: f64) -> Result<i32, Fault> {
    let whole = value as i32;
    if f64::from(whole) == value {
        Ok(whole)
    } else {
        Err(wrong(line, format!("{name} {value}"), "a whole number"))
    }
}

fn parse_head(line: usize, text: &str) -> Result<Head, Fault> {
    let v = numbers(line, text, 5, "`m N T Q L`")?;
    let (vehicles, count) = (whole(line, "m", v[0])?, whole(line, "N", v[1])?);
    if vehicles < 1 || count < 1 || v[2] < 0.0 || v[3] < 0.0 || v[4] < 0.0 {
        return Err(wrong(line, format!("`{}`", text.trim()), "positive numbers `m N T Q L`"));
    }
    Ok(Head {
        vehicles: vehicles as usize,
        count: count as usize,
        duration: ticks(line, "T", v[2])?,
        capacity: whole(line, "Q", v[3])?,
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
        return Err(wrong(line, format!("`{}`", text.trim()), "e <= l and a service of 0 or more"));
    }
    Ok(Row {
        x: v[1],
        y: v[2],
        service: ticks(line, "service", v[3])?,
        load: whole(line, "load", v[4])?,
        window,
    })
}

fn build(head: &Head, n: usize, rows: &[(usize, Row)]) -> Result<Model<Matrix>, Fault> {
    let size = rows.len();
    let mut entries = Vec::with_capacity(size * size);
    for (line, a) in rows {
        for (_, b) in rows {
            entries.push(ticks(*line, "distance", distance((a.x, a.y), (b.x, b.y)))?);
        }
    }
    let place = |count: i32| Load([count, 0, 0, 0]);
    let stop = |k: usize| {
        let row = &rows[k].1;
        Stop { at: Node(k as u32), window: row.window, service: row.service }
    };
    let mut requests = Vec::with_capacity(n);
    for k in 1..=n {
        let (load, back) = (rows[k].1.load, rows[n + k].1.load);
        if load <= 0 || back != -load {
            let problem = format!("load {back} where node {k} has {load}");
            return Err(wrong(
                rows[n + k].0,
                problem,
                "pickups with a positive load, drop-offs with its negative",
            ));
        }
        let request = Request::new(stop(k), stop(n + k), place(load));
        requests.push(Request { ride_max: Some(head.ride), ..request });
    }
    // Start and end share one shift in the model: both depot windows bind what they can.
    let (start, end) = (0, if size == 2 * n + 2 { 2 * n + 1 } else { 0 });
    let window = Span::new(rows[start].1.window.open, rows[end].1.window.close);
    if rows[start].1.window.close < window.close || rows[end].1.window.open > window.open {
        return Err(wrong(
            rows[end].0,
            "an end depot window unlike the start's",
            "the same window at both depots",
        ));
    }
    let vehicle = Vehicle {
        duration_max: Some(head.duration).filter(|most| *most < window.close - window.open),
        ..Vehicle::new(Node(start as u32), Node(end as u32), window, place(head.capacity))
    };
    Model::new(vec![vehicle; head.vehicles], requests, ALL_COMPATIBLE, Matrix::new(size, entries)?)
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

pub(super) fn length(model: &Model<Matrix>, points: &[(f64, f64)], plan: &Plan) -> f64 {
    let mut total = 0.0;
    for (vehicle, visits) in
        model.vehicles().iter().zip(&plan.routes).filter(|(_, visits)| !visits.is_empty())
    {
        let stops = visits.iter().filter_map(|v| model.stop(*v)).map(|stop| stop.at);
        let path: Vec<Node> = [vehicle.start].into_iter().chain(stops).chain([vehicle.end]).collect();
        total += path.windows(2).map(|w| distance(points[w[0].index()], points[w[1].index()])).sum::<f64>();
    }
    total
}

pub(super) fn solution(model: &Model<Matrix>, plan: &Plan) -> Map<String, Value> {
    let routes: Vec<Vec<u32>> = plan
        .routes
        .iter()
        .map(|visits| visits.iter().filter_map(|v| model.stop(*v)).map(|stop| stop.at.0).collect())
        .collect();
    let mut document = Map::new();
    document.insert("routes".into(), json!(routes));
    document
}

pub(super) fn read_solution(model: &Model<Matrix>, document: &Value) -> Result<Plan, Fault> {
    let n = model.requests().len() as u64;
    let lists = document["routes"].as_array().ok_or_else(|| field("routes", "missing", "a list of lists"))?;
    let mut routes = Vec::new();
    let mut served = vec![false; n as usize];
    for (r, list) in lists.iter().enumerate() {
        let list =
            list.as_array().ok_or_else(|| field(format!("routes[{r}]"), list.to_string(), "a list"))?;
        let mut visits = Vec::new();
        for (k, node) in list.iter().enumerate() {
            let known = node.as_u64().filter(|node| (1..=2 * n).contains(node));
            let node = known.ok_or_else(|| {
                field(format!("routes[{r}][{k}]"), node.to_string(), &format!("a stop from 1 to {}", 2 * n))
            })?;
            let request = ((node - 1) % n) as u32;
            served[request as usize] = true;
            visits.push(if node <= n { Visit::Pickup(request) } else { Visit::Dropoff(request) });
        }
        routes.push(visits);
    }
    // More lists than vehicles are kept: judging such a plan names the fault.
    if routes.len() < model.vehicles().len() {
        routes.resize(model.vehicles().len(), Vec::new());
    }
    Ok(Plan { routes, unserved: (0..n as u32).filter(|r| !served[*r as usize]).collect() })
}
