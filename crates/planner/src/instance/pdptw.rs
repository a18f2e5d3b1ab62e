//! Pickup and delivery with time windows: the formats of Li & Lim (2001) and of Sartori & Buriol (2020).
//!
//! ```text
//! K Q speed                                 Li & Lim: vehicles, capacity, ignored
//! id x y q e l service pickup delivery      straight lines, one unit of time per unit of length
//!
//! NAME: ... CAPACITY: Q ... NODES           Sartori & Buriol: a head of `KEY: value`
//! id lat lon q e l service pickup delivery  SIZE rows
//! EDGES                                     SIZE rows of SIZE whole minutes, not symmetric
//! EOF
//! ```
//!
//! Node 0 is the depot. A pickup names its drop-off in the last column, a drop-off its pickup in the one before. Both
//! want the fewest vehicles first and then the least cost: every vehicle costs more than any plan can drive.
//!
//! Sartori & Buriol set no limit to the fleet. It gets as many vehicles as a plain plan needs in which every vehicle
//! carries one request after the other; who needs more is beaten by that plan.

use units::Node;

use super::nodes::Nodes;
use super::text::{Point, count, lasting, lines, numbers, places, straight, ticks, vehicles, wrong};
use super::{DARP_TICKS, Form, Instance};
use crate::fault::Fault;
use crate::model::{ALL_COMPATIBLE, Load, Model, Request, Span, Stop, Vehicle, Visit};
use crate::travel::{LONGEST, Matrix, Travel};

struct Row {
    point: Point,
    load: i32,
    stop: Stop,
    pickup: f64,
    dropoff: f64,
}

pub(super) fn parse_li_lim(name: &str, text: &str) -> Result<Instance, Fault> {
    let mut lines = lines(text);
    let (number, first) = lines.next().ok_or_else(|| Fault::Format(name.to_owned()))?;
    let head = numbers(number, first, 3, "`K Q speed`")?;
    let (fleet, capacity) = (vehicles(number, "K", head[0])?, capacity(number, head[1])?);
    let mut rows = Vec::new();
    for (line, text) in lines {
        rows.push(row(line, text, rows.len())?);
    }
    let points: Vec<Point> = rows.iter().map(|row| row.point).collect();
    let (requests, visits) = pair(number, &rows)?;
    // More vehicles than requests serve nobody.
    let fleet = fleet.min(requests.len());
    let form = Nodes { points: points.clone(), visits, fewest: true };
    finish(name, (fleet, capacity), requests, &rows, (straight(&points)?, form))
}

pub(super) fn parse_sartori_buriol(name: &str, text: &str) -> Result<Instance, Fault> {
    let all: Vec<(usize, &str)> = lines(text).collect();
    let last = all.last().map_or(1, |(line, _)| *line);
    let section = |word: &str| {
        let found = all.iter().position(|(_, line)| *line == word);
        found.ok_or_else(|| wrong(last, format!("no line `{word}`"), &format!("a section `{word}`")))
    };
    let (nodes, edges) = (section("NODES")?, section("EDGES")?);
    let head = &all[..nodes.min(edges)];
    let size = count_of(head, "SIZE")?;
    let (line, value) = find(head, "CAPACITY")?;
    let capacity = capacity(line, number(line, "CAPACITY", value)?)?;
    // Counted before anything is laid out: a wrong digit must not ask for all the memory there is.
    let listed = edges.saturating_sub(nodes + 1);
    let end = all.iter().skip(edges).position(|(_, line)| *line == "EOF").map_or(all.len(), |k| edges + k);
    for (what, at, found) in [("NODES", nodes, listed), ("EDGES", edges, end - edges - 1)] {
        if found != size {
            let problem = format!("{found} rows below {what}");
            return Err(wrong(all[at].0, problem, &format!("{size} rows, as SIZE says")));
        }
    }
    let name = find(head, "NAME").map_or(name, |(_, value)| value);
    let rows: Vec<Row> = all[nodes + 1..edges]
        .iter()
        .enumerate()
        .map(|(k, (line, text))| row(*line, text, k))
        .collect::<Result<_, Fault>>()?;
    let mut entries = Vec::with_capacity(size * size);
    for (line, text) in &all[edges + 1..end] {
        let row = numbers(*line, text, size, &format!("{size} travel times"))?;
        for (k, minutes) in row.into_iter().enumerate() {
            if minutes < 0.0 || minutes.fract() != 0.0 {
                let problem = format!("travel time {minutes} to node {k}");
                return Err(wrong(*line, problem, "a whole number, 0 or more"));
            }
            entries.push(ticks(*line, "travel time", minutes)?);
        }
    }
    let matrix = Matrix::new(size, entries)?;
    let (requests, visits) = pair(all[nodes].0, &rows)?;
    let fleet = one_by_one(&requests, rows[0].stop.window, &matrix);
    let form = Nodes { points: Vec::new(), visits, fewest: true };
    finish(name, (fleet, capacity), requests, &rows, (matrix, form))
}

/// The value of a line `KEY: value` and its line.
fn find<'t>(head: &[(usize, &'t str)], key: &str) -> Result<(usize, &'t str), Fault> {
    let value = |(line, text): &(usize, &'t str)| {
        let (found, value) = text.split_once(':')?;
        (found.trim() == key).then_some((*line, value.trim()))
    };
    let last = head.last().map_or(1, |(line, _)| *line);
    head.iter()
        .find_map(value)
        .ok_or_else(|| wrong(last, format!("no line `{key}: ...` in the head"), "NAME, SIZE and CAPACITY"))
}

fn number(line: usize, key: &str, value: &str) -> Result<f64, Fault> {
    Ok(numbers(line, value, 1, &format!("a number behind `{key}:`"))?[0])
}

fn count_of(head: &[(usize, &str)], key: &str) -> Result<usize, Fault> {
    let (line, value) = find(head, key)?;
    count(line, key, number(line, key, value)?)
}

fn capacity(line: usize, value: f64) -> Result<i32, Fault> {
    if value < 0.0 {
        return Err(wrong(line, format!("capacity {value}"), "0 or more"));
    }
    places(line, "capacity", value)
}

fn row(line: usize, text: &str, index: usize) -> Result<Row, Fault> {
    let expected = format!("`{index} x y q e l service pickup delivery`");
    let v = numbers(line, text, 9, &expected)?;
    if v[0] != index as f64 {
        return Err(wrong(line, format!("node {}", v[0]), &expected));
    }
    let window = Span::new(ticks(line, "e", v[4])?, ticks(line, "l", v[5])?);
    if window.open > window.close {
        return Err(wrong(line, format!("window {} to {}", v[4], v[5]), "e <= l"));
    }
    let service = lasting(line, "service", v[6])?;
    if index == 0 && (v[3] != 0.0 || service != 0) {
        return Err(wrong(line, format!("`{text}`"), "a depot with load 0 and service 0"));
    }
    Ok(Row {
        point: Point { line, x: v[1], y: v[2] },
        load: places(line, "load", v[3])?,
        stop: Stop { at: Node(index as u32), window, service },
        pickup: v[7],
        dropoff: v[8],
    })
}

/// Requests in the order of their pickups, and what halting at each node means. Pairs must name each other.
fn pair(head: usize, rows: &[Row]) -> Result<(Vec<Request>, Vec<Option<Visit>>), Fault> {
    if rows.len() < 3 || rows.len().is_multiple_of(2) {
        let problem = format!("{} node rows", rows.len());
        return Err(wrong(head, problem, "a depot and as many pickups as drop-offs"));
    }
    let mut requests = Vec::with_capacity(rows.len() / 2);
    let mut visits = vec![None; rows.len()];
    for (k, row) in rows.iter().enumerate().skip(1) {
        let (from, to) = (row.pickup == 0.0, row.dropoff != 0.0);
        let partner = if from { row.dropoff } else { row.pickup };
        let known = Some(partner as usize)
            .filter(|p| from == to && (1..rows.len()).contains(p) && *p as f64 == partner);
        let Some(partner) = known else {
            return Err(wrong(
                row.point.line,
                format!("pickup {}, delivery {}", row.pickup, row.dropoff),
                &format!("0 for one of them and a node from 1 to {} for the other", rows.len() - 1),
            ));
        };
        let other = &rows[partner];
        let back = if from { other.pickup } else { other.dropoff };
        if back != k as f64 || other.load != -row.load || (row.load > 0) != from {
            return Err(wrong(
                row.point.line,
                format!("node {k} and its partner {partner} do not match"),
                "a pickup with a positive load and a delivery with its negative that name each other",
            ));
        }
        if from {
            let number = requests.len() as u32;
            visits[k] = Some(Visit::Pickup(number));
            visits[partner] = Some(Visit::Dropoff(number));
            requests.push(Request::new(row.stop, other.stop, Load([row.load, 0, 0, 0])));
        }
    }
    Ok((requests, visits))
}

fn finish(
    name: &str,
    (fleet, capacity): (usize, i32),
    requests: Vec<Request>,
    rows: &[Row],
    (matrix, form): (Matrix, Nodes),
) -> Result<Instance, Fault> {
    let depot = Vehicle {
        fixed_cost: dear(&matrix, fleet)?,
        ..Vehicle::new(Node(0), Node(0), rows[0].stop.window, Load([capacity, 0, 0, 0]))
    };
    let model = Model::new(vec![depot; fleet], requests, ALL_COMPATIBLE, matrix)?;
    Ok(Instance { name: name.to_owned(), model, form: Form::Nodes(form) })
}

/// More than any plan drives: every stop is left once, the depot once per vehicle, by its longest leg.
fn dear(matrix: &Matrix, fleet: usize) -> Result<i64, Fault> {
    let nodes = 0..matrix.size() as u32;
    let longest = |a: u32| nodes.clone().map(|b| matrix.cost(Node(a), Node(b))).max().unwrap_or(0);
    let depot = longest(0).saturating_mul(fleet as i64);
    let total = nodes.clone().skip(1).map(longest).fold(depot, i64::saturating_add);
    if total >= LONGEST {
        return Err(Fault::Model {
            field: "travel times".into(),
            problem: format!("their longest sum is {}", total / DARP_TICKS),
            expected: format!(
                "less than {}, so that vehicles can be counted before cost",
                LONGEST / DARP_TICKS
            ),
        });
    }
    Ok(total + 1)
}

/// Vehicles of a plan that carries one request after the other: each goes behind the one that is left latest and
/// still in time, in the order in which pickups close. Without ride limits the earliest begins are exact.
fn one_by_one(requests: &[Request], shift: Span, matrix: &Matrix) -> usize {
    let mut order: Vec<(&Stop, &Stop)> =
        requests.iter().filter_map(|r| Some((r.pickup_stop()?, &r.dropoff))).collect();
    order.sort_by_key(|(from, _)| (from.window.close, from.at));
    let ready = |(at, left): (Node, i64), stop: &Stop| {
        let begin = (left + matrix.ticks(at, stop.at)).max(stop.window.open);
        (begin <= stop.window.close).then_some((stop.at, begin + stop.service))
    };
    let mut vehicles: Vec<(Node, i64)> = Vec::new();
    for (from, to) in order {
        let base = Stop { at: Node(0), window: shift, service: 0 };
        let carried = |vehicle| {
            let state = ready(ready(vehicle, from)?, to)?;
            ready(state, &base).map(|_| state)
        };
        let later = vehicles.iter().enumerate().filter_map(|(k, v)| Some((v.1, k, carried(*v)?)));
        match later.max_by_key(|(left, k, _)| (*left, *k)) {
            Some((_, k, state)) => vehicles[k] = state,
            // Who cannot be carried at all keeps a vehicle busy for nothing, which does no harm.
            None => vehicles.push(carried((Node(0), shift.open)).unwrap_or((Node(0), LONGEST))),
        }
    }
    vehicles.len()
}
