//! Solutions as lists of node numbers, one list per vehicle: the form of all text formats. Depots are never listed.

use serde_json::{Map, Value, json};
use units::Node;

use super::text::{Point, distance};
use super::{DARP_TICKS, field};
use crate::fault::Fault;
use crate::model::{Model, Visit};
use crate::plan::Plan;
use crate::travel::{Matrix, Travel};

#[derive(Debug, Clone)]
pub(super) struct Nodes {
    /// Position of every node of the matrix; empty where the file gives travel times instead.
    pub points: Vec<Point>,
    /// What halting at a node of the file means; nothing at depots.
    pub visits: Vec<Option<Visit>>,
    /// All vehicles are alike and the fewest are wanted: only routes with visits are listed.
    pub fewest: bool,
}

impl Nodes {
    /// Pickups are nodes 1 to n, the drop-off of `i` is `n + i`.
    pub fn halves(points: Vec<Point>, n: usize) -> Nodes {
        let mut visits = vec![None];
        visits.extend((0..n as u32).map(|r| Some(Visit::Pickup(r))));
        visits.extend((0..n as u32).map(|r| Some(Visit::Dropoff(r))));
        Nodes { points, visits, fewest: false }
    }

    /// Length of all routes in the file's unit.
    pub fn length(&self, model: &Model<Matrix>, plan: &Plan) -> f64 {
        let leg = |a: Node, b: Node| match (self.points.get(a.index()), self.points.get(b.index())) {
            (Some(a), Some(b)) => distance(*a, *b),
            _ => model.travel().cost(a, b) as f64 / DARP_TICKS as f64,
        };
        let used = model.vehicles().iter().zip(&plan.routes).filter(|(_, visits)| !visits.is_empty());
        let mut total = 0.0;
        for (vehicle, visits) in used {
            let stops = visits.iter().filter_map(|v| model.stop(*v)).map(|stop| stop.at);
            let path: Vec<Node> = [vehicle.start].into_iter().chain(stops).chain([vehicle.end]).collect();
            total += path.windows(2).map(|w| leg(w[0], w[1])).sum::<f64>();
        }
        total
    }

    pub fn solution(&self, model: &Model<Matrix>, plan: &Plan) -> Map<String, Value> {
        let listed = plan.routes.iter().filter(|visits| !self.fewest || !visits.is_empty());
        let routes: Vec<Vec<u32>> = listed
            .map(|visits| visits.iter().filter_map(|v| model.stop(*v)).map(|stop| stop.at.0).collect())
            .collect();
        let mut document = Map::new();
        document.insert("routes".into(), json!(routes));
        document
    }

    /// Reads `{"routes": [[node, ...], ...]}`, or text with lines `Route 1 : 3 5 8` as published.
    pub fn read_solution(&self, model: &Model<Matrix>, text: &str) -> Result<Plan, Fault> {
        let lists = if text.trim_start().starts_with('{') { listed(text)? } else { written(text)? };
        let mut served = vec![false; model.requests().len()];
        let mut routes = Vec::new();
        for (r, list) in lists.iter().enumerate() {
            let mut visits = Vec::new();
            for (k, node) in list.iter().enumerate() {
                let known = node.as_u64().and_then(|node| *self.visits.get(usize::try_from(node).ok()?)?);
                let visit = known.ok_or_else(|| {
                    let most = self.visits.len() - 1;
                    field(format!("routes[{r}][{k}]"), node.to_string(), &format!("a stop from 1 to {most}"))
                })?;
                served[visit.request() as usize] = true;
                visits.push(visit);
            }
            if !(self.fewest && visits.is_empty()) {
                routes.push(visits);
            }
        }
        // More lists than vehicles are kept: judging such a plan names the fault.
        if routes.len() < model.vehicles().len() {
            routes.resize(model.vehicles().len(), Vec::new());
        }
        let unserved = (0..served.len()).filter(|r| !served[*r]).map(|r| r as u32).collect();
        Ok(Plan { routes, unserved })
    }
}

fn listed(text: &str) -> Result<Vec<Vec<Value>>, Fault> {
    let document: Value = serde_json::from_str(text).map_err(|e| Fault::Json(e.to_string()))?;
    let lists = document["routes"].as_array().ok_or_else(|| field("routes", "missing", "a list of lists"))?;
    let list = |(r, list): (usize, &Value)| {
        list.as_array().cloned().ok_or_else(|| field(format!("routes[{r}]"), list.to_string(), "a list"))
    };
    lists.iter().enumerate().map(list).collect()
}

/// Lines that do not begin with `Route` are headings and left out.
fn written(text: &str) -> Result<Vec<Vec<Value>>, Fault> {
    let mut lists = Vec::new();
    for (number, line) in super::text::lines(text) {
        if !line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("route")) {
            continue;
        }
        let list = line.split_once(':').and_then(|(_, stops)| {
            stops.split_whitespace().map(|stop| stop.parse::<u64>().ok().map(Value::from)).collect()
        });
        lists.push(list.ok_or_else(|| {
            super::text::wrong(number, format!("`{line}`"), "`Route NUMBER : STOP STOP ...`")
        })?);
    }
    if lists.is_empty() { Err(field("routes", "missing", "a list of lists")) } else { Ok(lists) }
}
