//! kuseki-problem-1: JSON with a matrix of seconds, vehicles with named kinds of places, requests. The format is
//! stated in `docs/` and at the head of the generator that accompanies the benchmarks.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use units::Node;

use super::{Form, Instance, field};
use crate::fault::Fault;
use crate::model::{ALL_COMPATIBLE, KINDS, Load, Model, Request, Span, Stop, Vehicle, Visit};
use crate::plan::Plan;
use crate::travel::{LONGEST, Matrix};

const FORMAT: &str = "kuseki-problem-1";

#[derive(Deserialize)]
struct Problem {
    format: String,
    name: String,
    seconds: Vec<Vec<i64>>,
    vehicles: Vec<VehicleRow>,
    requests: Vec<RequestRow>,
}

#[derive(Deserialize)]
struct VehicleRow {
    id: Value,
    start: usize,
    end: usize,
    open: i64,
    close: i64,
    layouts: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
struct RequestRow {
    id: Value,
    load: Map<String, Value>,
    max_ride: Option<i64>,
    pickup: StopRow,
    delivery: StopRow,
}

#[derive(Deserialize)]
struct StopRow {
    at: usize,
    open: i64,
    close: i64,
    service: i64,
}

pub(super) fn parse(text: &str) -> Result<Instance, Fault> {
    let problem: Problem = serde_json::from_str(text).map_err(|e| Fault::Json(e.to_string()))?;
    if problem.format != FORMAT {
        return Err(field("format", format!("`{}`", problem.format), FORMAT));
    }
    let size = problem.seconds.len();
    for (k, row) in problem.seconds.iter().enumerate() {
        if row.len() != size {
            return Err(field(
                format!("seconds[{k}]"),
                format!("{} entries", row.len()),
                &format!("{size} entries"),
            ));
        }
        if let Some((c, t)) = row.iter().enumerate().find(|(_, t)| !(0..=LONGEST).contains(*t)) {
            return Err(field(format!("seconds[{k}][{c}]"), t.to_string(), "seconds, 0 or more"));
        }
    }
    let mut kinds = Kinds::default();
    let mut vehicles = Vec::new();
    for (k, row) in problem.vehicles.iter().enumerate() {
        vehicles.push(vehicle(&mut kinds, &format!("vehicles[{k}]"), row, size)?);
    }
    let mut requests = Vec::new();
    for (k, row) in problem.requests.iter().enumerate() {
        requests.push(request(&mut kinds, &format!("requests[{k}]"), row, size)?);
    }
    let vehicle_ids = ids("vehicles", problem.vehicles.into_iter().map(|v| v.id))?;
    let request_ids = ids("requests", problem.requests.into_iter().map(|r| r.id))?;
    let matrix = Matrix::new(size, problem.seconds.concat())?;
    let model = Model::new(vehicles, requests, ALL_COMPATIBLE, matrix)?;
    Ok(Instance {
        name: problem.name,
        model,
        form: Form::Kuseki { vehicles: vehicle_ids, requests: request_ids },
    })
}

/// Names of kinds of places in the order of their first mention.
#[derive(Default)]
struct Kinds(Vec<String>);

impl Kinds {
    fn load(&mut self, path: &str, row: &Map<String, Value>) -> Result<Load, Fault> {
        let mut load = Load::default();
        for (name, amount) in row {
            let path = format!("{path}.{name}");
            let amount = amount
                .as_i64()
                .and_then(|n| i32::try_from(n).ok())
                .filter(|n| (0..=1_000_000).contains(n))
                .ok_or_else(|| field(&*path, amount.to_string(), "a whole number of places, 0 or more"))?;
            let kind = match self.0.iter().position(|known| known == name) {
                Some(kind) => kind,
                None if self.0.len() < KINDS => {
                    self.0.push(name.clone());
                    self.0.len() - 1
                }
                None => {
                    let known = self.0.join(", ");
                    return Err(field(
                        path,
                        "one kind of place too many",
                        &format!("at most {KINDS}: {known}"),
                    ));
                }
            };
            load.0[kind] = amount;
        }
        Ok(load)
    }
}

/// Ids must be whole numbers or texts, each once.
fn ids(list: &str, rows: impl Iterator<Item = Value>) -> Result<Vec<Value>, Fault> {
    let mut ids: Vec<Value> = Vec::new();
    // order: only asked whether it holds an id, never walked.
    let mut seen = rustc_hash::FxHashSet::default();
    for (k, id) in rows.enumerate() {
        let path = format!("{list}[{k}].id");
        if !(id.is_i64() || id.is_u64() || id.is_string()) {
            return Err(field(path, id.to_string(), "a whole number or a text"));
        }
        if !seen.insert(id.to_string()) {
            return Err(field(path, format!("{id} again"), "an id of its own"));
        }
        ids.push(id);
    }
    Ok(ids)
}

fn node(path: String, at: usize, size: usize) -> Result<Node, Fault> {
    if at < size {
        Ok(Node(at as u32))
    } else {
        Err(field(path, at.to_string(), &format!("a place from 0 to {}", size.saturating_sub(1))))
    }
}

fn span(path: &str, open: i64, close: i64) -> Result<Span, Fault> {
    if open <= close && open.abs() <= LONGEST && close.abs() <= LONGEST {
        Ok(Span::new(open, close))
    } else {
        Err(field(path, format!("open {open}, close {close}"), "seconds with open <= close"))
    }
}

fn vehicle(kinds: &mut Kinds, path: &str, row: &VehicleRow, size: usize) -> Result<Vehicle, Fault> {
    let mut layouts = Vec::new();
    for (k, layout) in row.layouts.iter().enumerate() {
        layouts.push(kinds.load(&format!("{path}.layouts[{k}]"), layout)?);
    }
    if layouts.is_empty() {
        return Err(field(format!("{path}.layouts"), "empty", "at least one layout"));
    }
    let start = node(format!("{path}.start"), row.start, size)?;
    let end = node(format!("{path}.end"), row.end, size)?;
    let window = span(path, row.open, row.close)?;
    Ok(Vehicle { layouts, ..Vehicle::new(start, end, window, Load::default()) })
}

fn request(kinds: &mut Kinds, path: &str, row: &RequestRow, size: usize) -> Result<Request, Fault> {
    let stop = |name: &str, row: &StopRow| -> Result<Stop, Fault> {
        let path = format!("{path}.{name}");
        if !(0..=LONGEST).contains(&row.service) {
            return Err(field(format!("{path}.service"), row.service.to_string(), "seconds, 0 or more"));
        }
        let window = span(&path, row.open, row.close)?;
        Ok(Stop { at: node(format!("{path}.at"), row.at, size)?, window, service: row.service })
    };
    if let Some(limit) = row.max_ride.filter(|limit| !(0..=LONGEST).contains(limit)) {
        return Err(field(format!("{path}.max_ride"), limit.to_string(), "seconds, 0 or more, or null"));
    }
    let load = kinds.load(&format!("{path}.load"), &row.load)?;
    let request = Request::new(stop("pickup", &row.pickup)?, stop("delivery", &row.delivery)?, load);
    Ok(Request { ride_max: row.max_ride, ..request })
}

pub(super) fn solution(vehicles: &[Value], requests: &[Value], plan: &Plan) -> Map<String, Value> {
    let visit = |visit: &Visit| match visit {
        Visit::Pickup(r) => json!(["pickup", requests[*r as usize]]),
        Visit::Dropoff(r) => json!(["delivery", requests[*r as usize]]),
    };
    let routes: Vec<Value> = plan
        .routes
        .iter()
        .zip(vehicles)
        .map(|(visits, id)| json!({"vehicle": id, "visits": visits.iter().map(visit).collect::<Vec<_>>()}))
        .collect();
    let unserved: Vec<&Value> = plan.unserved.iter().map(|r| &requests[*r as usize]).collect();
    let mut document = Map::new();
    document.insert("routes".into(), json!(routes));
    document.insert("unserved".into(), json!(unserved));
    document
}

pub(super) fn read_solution(
    model: &Model<Matrix>,
    vehicles: &[Value],
    requests: &[Value],
    document: &Value,
) -> Result<Plan, Fault> {
    let mut plan = Plan::empty(model);
    let index = |path: String, ids: &[Value], id: &Value| {
        ids.iter()
            .position(|known| known == id)
            .ok_or_else(|| field(path, id.to_string(), "an id of the problem"))
    };
    let routes = document["routes"].as_array().ok_or_else(|| field("routes", "missing", "a list"))?;
    for (k, route) in routes.iter().enumerate() {
        let vehicle = index(format!("routes[{k}].vehicle"), vehicles, &route["vehicle"])?;
        let path = format!("routes[{k}].visits");
        let visits = route["visits"].as_array().ok_or_else(|| field(&*path, "missing", "a list"))?;
        for (p, visit) in visits.iter().enumerate() {
            let request = index(format!("{path}[{p}][1]"), requests, &visit[1])? as u32;
            plan.routes[vehicle].push(match visit[0].as_str() {
                Some("pickup") => Visit::Pickup(request),
                Some("delivery") => Visit::Dropoff(request),
                _ => {
                    return Err(field(format!("{path}[{p}][0]"), visit[0].to_string(), "pickup or delivery"));
                }
            });
            plan.unserved.retain(|r| *r != request);
        }
    }
    Ok(plan)
}
