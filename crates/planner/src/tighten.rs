//! Windows as narrow as the request's own rules make them.
//!
//! Cordeau 2006, section 3: where one end of a ride has a window, ride limit and driving time imply one for the
//! other. Nothing becomes feasible or infeasible by it, but a search looks at fewer slots.

use units::Node;

use crate::model::{Boarding, Model};
use crate::travel::{Matrix, Travel};

/// Problems with more triples of places than this keep what the ride limit alone implies.
const MOST_WORK: usize = 400_000_000;

impl Model<Matrix> {
    /// Narrows the windows of requests still to be picked up. The least time between two places is taken over all
    /// ways through others, for the matrix need not satisfy the triangle inequality.
    pub(crate) fn tighten(&mut self) {
        let size = self.travel().size();
        let least = if size.pow(3) <= MOST_WORK { least_ticks(self.travel()) } else { Vec::new() };
        for k in 0..self.requests().len() {
            let request = &self.requests()[k];
            let Boarding::At(pickup) = request.pickup else { continue };
            let dropoff = request.dropoff;
            let way = pickup.at.0 as usize * size + dropoff.at.0 as usize;
            let apart = pickup.service + least.get(way).copied().unwrap_or(0);
            let (mut p, mut d) = (pickup.window, dropoff.window);
            if let Some(limit) = request.ride_max {
                p.open = p.open.max(d.open - pickup.service - limit);
            }
            p.close = p.close.min(d.close - apart);
            d.open = d.open.max(p.open + apart);
            if let Some(limit) = request.ride_max {
                d.close = d.close.min(p.close + pickup.service + limit);
            }
            // A request that nothing can serve keeps its windows: refusals then name the rule as it was given.
            if p.open <= p.close && d.open <= d.close {
                self.set_windows(k, p, d);
            }
        }
    }
}

/// Shortest times between all places, through others if that is shorter (Floyd & Warshall), row by row.
fn least_ticks(travel: &Matrix) -> Vec<i64> {
    let size = travel.size();
    let mut least: Vec<i64> = Vec::with_capacity(size * size);
    for from in 0..size as u32 {
        least.extend((0..size as u32).map(|to| travel.ticks(Node(from), Node(to))));
    }
    if travel.excess() == 0 {
        return least;
    }
    let mut middle = vec![0; size];
    for k in 0..size {
        middle.copy_from_slice(&least[k * size..(k + 1) * size]);
        for row in least.chunks_exact_mut(size) {
            let there = row[k];
            for (entry, onward) in row.iter_mut().zip(&middle) {
                *entry = (*entry).min(there + onward);
            }
        }
    }
    least
}
