//! Windows as narrow as the request's own rules make them.
//!
//! Cordeau 2006, section 3: where one end of a ride has a window, ride limit and driving time imply one for the
//! other. Nothing becomes feasible or infeasible by it, but a search looks at fewer slots.

use units::Node;

use crate::model::{Boarding, Model};
use crate::travel::{Matrix, Travel};

/// Problems with more driving times to look at than this keep what the ride limit alone implies.
const MOST_WORK: usize = 400_000_000;

impl Model<Matrix> {
    /// Narrows the windows of requests still to be picked up. The least time between two places is taken over all
    /// ways through others, for the matrix need not satisfy the triangle inequality.
    pub(crate) fn tighten(&mut self) {
        let size = self.travel().size();
        let affordable = self.requests().len().saturating_mul(size * size) <= MOST_WORK;
        for k in 0..self.requests().len() {
            let request = &self.requests()[k];
            let Boarding::At(pickup) = request.pickup else { continue };
            let dropoff = request.dropoff;
            let least = if affordable { least_ticks(self.travel(), pickup.at, dropoff.at) } else { 0 };
            let apart = pickup.service + least;
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

/// Shortest time from one place to another, through others if that is shorter (Dijkstra on the full matrix).
fn least_ticks(travel: &Matrix, from: Node, to: Node) -> i64 {
    let size = travel.size();
    let mut best = vec![i64::MAX; size];
    let mut done = vec![false; size];
    best[from.0 as usize] = 0;
    loop {
        let open = (0..size).filter(|k| !done[*k] && best[*k] < i64::MAX);
        let Some(next) = open.min_by_key(|k| best[*k]) else { return 0 };
        if next == to.0 as usize {
            return best[next];
        }
        done[next] = true;
        let so_far = best[next];
        for (k, entry) in best.iter_mut().enumerate() {
            *entry = (*entry).min(so_far + travel.ticks(Node(next as u32), Node(k as u32)));
        }
    }
}
