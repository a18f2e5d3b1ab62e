//! What facts have already broken, and by how little the rules must give way.
//!
//! A late vehicle can make its own route infeasible. Nothing is refused to those already accepted: every rule that
//! can no longer be met is relaxed to the least value that the facts allow, rules of higher rank first, and stays
//! exact from there on. Ranks: shift, duration and hours of the group; the rides of those on board; windows in the
//! order of the route; ride limits in the order of boarding; waits.

use crate::fault::Fault;
use crate::model::{Boarding, Model, Request, Vehicle, Visit};
use crate::route::{Broken, Route};
use crate::temporal::{Kind, Limit, Line};
use crate::travel::{LONGEST, Travel};

/// A rule that facts have broken, with the value it has to take. Only rules that are broken appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relaxed {
    /// The vehicle ends no earlier than this.
    ShiftEnd { vehicle: u32, close: i64 },
    /// The route lasts no less than this.
    Duration { vehicle: u32, most: i64 },
    /// The visit begins no earlier than this (window, group hours or the ride limit of a rider on board).
    Close { vehicle: u32, visit: Visit, close: i64 },
    /// The ride is no shorter than this.
    Ride { request: u32, most: i64 },
    /// The vehicle stands no less than this with a rider on board on some leg.
    Wait { vehicle: u32, most: i64 },
}

impl Relaxed {
    /// By how many ticks the rule is broken in the model as it is.
    pub fn excess<T: Travel>(&self, model: &Model<T>) -> i64 {
        match *self {
            Relaxed::ShiftEnd { vehicle, close } => close - model.vehicle(vehicle).window.close,
            Relaxed::Duration { vehicle, most } => most - model.vehicle(vehicle).duration_max.unwrap_or(most),
            Relaxed::Close { vehicle, visit, close } => {
                let (v, r) = (model.vehicle(vehicle), model.request(visit.request()));
                let span = match (visit, r.pickup_stop()) {
                    (Visit::Pickup(_), Some(stop)) => v.pickup_span(r, stop),
                    _ => v.dropoff_span(r),
                };
                close - span.close
            }
            Relaxed::Ride { request, most } => most - model.request(request).ride_max.unwrap_or(most),
            Relaxed::Wait { vehicle, most } => most - model.vehicle(vehicle).wait_max.unwrap_or(most),
        }
    }
}

/// Finds the least relaxation that lets the vehicle drive these visits in this order; empty if none is needed.
/// Fails only for sequences that break another rule than one on time.
pub fn relax<T: Travel>(model: &Model<T>, vehicle: u32, visits: &[Visit]) -> Result<Vec<Relaxed>, Broken> {
    let route = Route::unjudged(model, vehicle, visits)?;
    if visits.is_empty() && !model.vehicle(vehicle).out {
        return Ok(Vec::new());
    }
    let strict = &route.line;
    let last = strict.len() - 1;
    let mut found = Vec::new();
    // Only lower bounds at first: always feasible. Then one upper bound after the other, in order of rank.
    let mut line = Line { limits: Vec::new(), firm: 0, ..strict.clone() };
    line.close.fill(4 * LONGEST);
    let close = strict.close[last];
    line.close[last] = close.max(least_begin(&line, last));
    if line.close[last] > close {
        found.push(Relaxed::ShiftEnd { vehicle, close: line.close[last] });
    }
    // With nobody on board at the start, the start may move with the shift's end.
    let aboard = route.carried.iter().any(|c| c.from == 0);
    line.close[0] = if aboard { strict.close[0] } else { line.close[last] };
    for limit in strict.limits.iter().filter(|l| l.kind == Kind::Duration) {
        let most = admit(&mut line, limit);
        if most > limit.most {
            found.push(Relaxed::Duration { vehicle, most });
        }
    }
    let mut order: Vec<usize> = (1..last).collect();
    order.sort_by_key(|k| rank(model, visits[k - 1]));
    for k in order {
        let least = least_begin(&line, k);
        line.close[k] = strict.close[k].max(least);
        if least > strict.close[k] {
            found.push(Relaxed::Close { vehicle, visit: visits[k - 1], close: least });
        }
    }
    let mut rides: Vec<&Limit> = strict.limits.iter().filter(|l| l.kind == Kind::Ride).collect();
    rides.sort_by_key(|l| l.to);
    for limit in rides {
        let most = admit(&mut line, limit);
        if most > limit.most {
            let request = visits[limit.to as usize - 1].request();
            found.push(Relaxed::Ride { request, most: most - route.service[limit.to as usize] });
        }
    }
    let mut worst: Option<i64> = None;
    for limit in strict.limits.iter().filter(|l| l.kind == Kind::Wait) {
        let most = admit(&mut line, limit);
        if most > limit.most {
            let wait = most - strict.step[limit.to as usize];
            worst = worst.max(Some(wait));
        }
    }
    found.extend(worst.map(|most| Relaxed::Wait { vehicle, most }));
    Ok(found)
}

/// Riders on board come before the rest.
fn rank<T: Travel>(model: &Model<T>, visit: Visit) -> u8 {
    let request = model.request(visit.request());
    match (visit, &request.pickup) {
        (Visit::Dropoff(_), Boarding::Done { .. }) => 0,
        _ => 1,
    }
}

/// The least begin at a position under what is in force so far.
fn least_begin(line: &Line, k: usize) -> i64 {
    let mut begin = Vec::new();
    match line.least(line.limits.len(), &mut begin) {
        Ok(()) => begin[k],
        // Not reached: every bound was admitted no tighter than what was in force before.
        Err(_) => line.close[k],
    }
}

/// Puts a limit in force, no tighter than what is in force already forces, and returns the value it got.
fn admit(line: &mut Line, limit: &Limit) -> i64 {
    let (mut begin, mut latest) = (Vec::new(), Vec::new());
    let count = line.limits.len();
    let (from, to) = (limit.from as usize, limit.to as usize);
    // The least difference follows from driving, or through the clock from both ends' bounds.
    let mut forced: i64 = line.step[to..from].iter().sum();
    if line.least(count, &mut begin).is_ok() && line.greatest(count, &line.close, &mut latest).is_ok() {
        forced = forced.max(begin[from] - latest[to]);
    }
    let most = limit.most.max(forced);
    line.limits.push(Limit { most, ..*limit });
    line.firm = line.limits.len();
    most
}

impl<T: Travel> Model<T> {
    /// Writes relaxed values into the model. Group hours that gave way are waived for that rider and live on in
    /// the rider's windows, so that they give way to nobody else.
    pub fn apply_relaxed(&mut self, relaxed: &[Relaxed]) -> Result<(), Fault> {
        for change in relaxed {
            match *change {
                Relaxed::ShiftEnd { vehicle, close } => {
                    let mut v = self.vehicle(vehicle).clone();
                    v.window.close = close;
                    self.replace_vehicle(vehicle, v)?;
                }
                Relaxed::Duration { vehicle, most } => {
                    let v = self.vehicle(vehicle).clone();
                    self.replace_vehicle(vehicle, Vehicle { duration_max: Some(most), ..v })?;
                }
                Relaxed::Wait { vehicle, most } => {
                    let v = self.vehicle(vehicle).clone();
                    self.replace_vehicle(vehicle, Vehicle { wait_max: Some(most), ..v })?;
                }
                Relaxed::Ride { request, most } => {
                    let r = self.request(request).clone();
                    self.replace_request(request, Request { ride_max: Some(most), ..r })?;
                }
                Relaxed::Close { vehicle, visit, close } => self.relax_close(vehicle, visit, close)?,
            }
        }
        Ok(())
    }

    fn relax_close(&mut self, vehicle: u32, visit: Visit, close: i64) -> Result<(), Fault> {
        let mut r = self.request(visit.request()).clone();
        let hours = if r.hours_waived { None } else { self.vehicle(vehicle).hours[r.group.0 as usize] };
        match (visit, &mut r.pickup) {
            (Visit::Pickup(_), Boarding::At(stop)) => stop.window.close = close,
            (Visit::Pickup(_), Boarding::Done { .. }) => {}
            (Visit::Dropoff(_), boarding) => {
                r.dropoff.window.close = close;
                r.hours_waived = true;
                match boarding {
                    Boarding::At(stop) => {
                        stop.window.open = stop.window.open.max(hours.map_or(stop.window.open, |h| h.open));
                    }
                    Boarding::Done { ended } => {
                        r.ride_max = r.ride_max.map(|limit| limit.max(close - *ended));
                    }
                }
            }
        }
        self.replace_request(visit.request(), r)
    }
}
