//! The dynamic dial-a-ride format of Eccel (2020) in JSON: one depot, both windows of every request, and the minute at
//! which it becomes known. The problem itself is Cordeau's, so it is read as his text.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{DARP_TICKS, Depots, Form, Instance, darp, field};
use crate::fault::Fault;
use crate::travel::LONGEST;

#[derive(Deserialize)]
struct Document {
    static_info: Head,
    requests: Vec<Row>,
}

#[derive(Deserialize)]
struct Head {
    number_of_vehicles: u32,
    vehicle_capacity: u32,
    max_ride_time: f64,
    max_route_time: f64,
    planing_horizon: f64,
    depot_location: Point,
}

#[derive(Deserialize)]
struct Row {
    pickup_location: Point,
    delivery_location: Point,
    pickup_lower_tw: f64,
    pickup_upper_tw: f64,
    pickup_service_time: f64,
    delivery_lower_tw: f64,
    delivery_upper_tw: f64,
    delivery_service_time: f64,
    load: i32,
    arrival_time: f64,
}

#[derive(Deserialize)]
struct Point {
    x_coord: f64,
    y_coord: f64,
}

/// Whether a JSON text means to be of this format.
pub(super) fn is_dynamic(text: &str) -> bool {
    text.contains("\"static_info\"")
}

/// The problem, and the tick at which each request becomes known.
pub(super) fn parse(name: &str, text: &str) -> Result<(Instance, Vec<i64>), Fault> {
    let document: Document = serde_json::from_str(text)
        .map_err(|e| field("document", e.to_string(), "static_info and requests of a dynamic instance"))?;
    let instance = darp::parse(name, &as_text(&document), Depots::Usual).map_err(|fault| match fault {
        // Line 1 is the head, line 2 the depot, then the pickups and the drop-offs.
        Fault::Line { line, problem, expected } => {
            let count = document.requests.len().max(1);
            let path = match line.checked_sub(3) {
                None => "static_info".to_owned(),
                Some(row) if row / count == 0 => format!("requests[{row}].pickup"),
                Some(row) => format!("requests[{}].delivery", row % count),
            };
            Fault::Field { path, problem, expected }
        }
        other => other,
    })?;
    let arrivals = document.requests.iter().enumerate().map(|(k, row)| {
        let tick = (row.arrival_time * DARP_TICKS as f64).round();
        if (0.0..=LONGEST as f64 / 4.0).contains(&tick) {
            Ok(tick as i64)
        } else {
            Err(field(
                format!("requests[{k}].arrival_time"),
                row.arrival_time.to_string(),
                "a minute from 0 on",
            ))
        }
    });
    Ok((instance, arrivals.collect::<Result<_, _>>()?))
}

fn as_text(document: &Document) -> String {
    let (head, rows) = (&document.static_info, &document.requests);
    let mut text = format!(
        "{} {} {} {} {}\n0 {} {} 0 0 0 {}\n",
        head.number_of_vehicles,
        rows.len(),
        head.max_route_time,
        head.vehicle_capacity,
        head.max_ride_time,
        head.depot_location.x_coord,
        head.depot_location.y_coord,
        head.planing_horizon,
    );
    let mut line = |id: usize, at: &Point, service: f64, load: i32, (open, close): (f64, f64)| {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "{id} {} {} {service} {load} {open} {close}", at.x_coord, at.y_coord);
    };
    for (k, row) in rows.iter().enumerate() {
        let window = (row.pickup_lower_tw, row.pickup_upper_tw);
        line(k + 1, &row.pickup_location, row.pickup_service_time, row.load, window);
    }
    for (k, row) in rows.iter().enumerate() {
        let window = (row.delivery_lower_tw, row.delivery_upper_tw);
        let load = row.load.saturating_neg();
        line(rows.len() + k + 1, &row.delivery_location, row.delivery_service_time, load, window);
    }
    text
}

impl Instance {
    /// The tick at which each request becomes known, if the file says so.
    pub fn arrivals(text: &str) -> Result<Option<Vec<i64>>, Fault> {
        if is_dynamic(text) { parse("", text).map(|(_, arrivals)| Some(arrivals)) } else { Ok(None) }
    }

    /// Ticks in a minute.
    pub fn minute(&self) -> i64 {
        match self.form {
            Form::Nodes(_) => DARP_TICKS,
            Form::Kuseki { .. } => 60,
        }
    }

    /// What driving times are rounded up to before an announcement is counted back from them: whole minutes in the
    /// literature's instances, seconds in our own.
    pub fn announcing_unit(&self) -> i64 {
        match self.form {
            Form::Nodes(_) => DARP_TICKS,
            Form::Kuseki { .. } => 1,
        }
    }
}
