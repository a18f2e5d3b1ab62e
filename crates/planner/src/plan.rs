//! A plan (all routes), its cost, and its judgement.

use crate::model::{Model, Visit};
use crate::route::{Broken, Route};
use crate::rule::Rule;
use crate::travel::Travel;

/// All routes, one per vehicle in the model's order, and the requests that none serves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    pub routes: Vec<Vec<Visit>>,
    pub unserved: Vec<u32>,
}

/// Compared field by field, the first one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cost {
    /// Sum of the penalties of unserved requests.
    pub unserved: i64,
    /// Travel cost with fixed costs.
    pub travel: i64,
}

impl Plan {
    /// No route has a visit; every request is unserved.
    pub fn empty<T: Travel>(model: &Model<T>) -> Plan {
        Plan {
            routes: vec![Vec::new(); model.vehicles().len()],
            unserved: (0..model.requests().len() as u32).collect(),
        }
    }

    /// Judges every rule afresh and returns the cost, or all that is broken (per route the first rule).
    pub fn judge<T: Travel>(&self, model: &Model<T>) -> Result<Cost, Vec<Broken>> {
        let mut broken = Vec::new();
        let mut cost = Cost::default();
        let mut times_seen = vec![0u32; model.requests().len()];
        let mut note = |request: u32| {
            if let Some(times) = times_seen.get_mut(request as usize) {
                *times += 1;
            }
        };
        if self.routes.len() != model.vehicles().len() {
            let vehicle = self.routes.len().min(model.vehicles().len()) as u32;
            return Err(vec![Broken { vehicle, rule: Rule::Sequence, request: None, position: None }]);
        }
        for (vehicle, visits) in self.routes.iter().enumerate() {
            match Route::new(model, vehicle as u32, visits) {
                Ok(route) => {
                    cost.travel += route.cost();
                    route.carried.iter().for_each(|c| note(c.request));
                }
                Err(fault) => {
                    visits.iter().filter(|v| matches!(v, Visit::Dropoff(_))).for_each(|v| note(v.request()));
                    broken.push(fault);
                }
            }
        }
        for request in &self.unserved {
            note(*request);
            cost.unserved += model.requests().get(*request as usize).map_or(0, |r| r.penalty);
        }
        for (request, times) in times_seen.iter().enumerate().filter(|(_, times)| **times != 1) {
            // Served twice, served and unserved, or forgotten.
            let vehicle = if *times == 0 { 0 } else { self.vehicle_of(request as u32).unwrap_or(0) };
            broken.push(Broken {
                vehicle,
                rule: Rule::Sequence,
                request: Some(request as u32),
                position: None,
            });
        }
        if broken.is_empty() { Ok(cost) } else { Err(broken) }
    }

    /// The vehicle whose route drops the request off.
    pub fn vehicle_of(&self, request: u32) -> Option<u32> {
        self.routes.iter().position(|visits| visits.contains(&Visit::Dropoff(request))).map(|v| v as u32)
    }

    /// Takes a request out of its route and puts it among the unserved. Does nothing to one that is not served.
    pub fn remove(&mut self, request: u32) {
        if let Some(vehicle) = self.vehicle_of(request) {
            self.routes[vehicle as usize].retain(|v| v.request() != request);
            self.unserved.push(request);
            self.unserved.sort_unstable();
        }
    }

    /// Carries out an insertion that was found for request number `request` of the model.
    pub fn accept(&mut self, insertion: &crate::insert::Insertion, request: u32) {
        insertion.apply(&mut self.routes[insertion.vehicle as usize], request);
        self.unserved.retain(|r| *r != request);
    }
}
