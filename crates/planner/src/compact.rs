//! A problem with only the places it speaks of: what a search of many steps works on.

use units::Node;

use crate::fault::Fault;
use crate::model::{Boarding, Model, Stop};
use crate::travel::{Matrix, Travel};

impl<T: Travel> Model<T> {
    /// The same vehicles and requests under the same numbers, with places numbered anew and all times between them at hand;
    /// windows are as narrow as the requests' own rules make them. A plan keeps every rule of the one if and only if it
    /// does of the other, at the same cost.
    pub fn compact(&self) -> Result<Model<Matrix>, Fault> {
        let mut nodes: Vec<Node> = Vec::new();
        for vehicle in self.vehicles() {
            nodes.extend([vehicle.start, vehicle.end]);
        }
        for request in self.requests() {
            nodes.extend(request.pickup_stop().map(|stop| stop.at));
            nodes.push(request.dropoff.at);
        }
        nodes.sort_unstable();
        nodes.dedup();
        let pairs = || nodes.iter().flat_map(|from| nodes.iter().map(move |to| self.leg(*from, *to)));
        let ticks: Vec<i64> = pairs().map(|(ticks, _)| ticks).collect();
        let costs: Vec<i64> = pairs().map(|(_, cost)| cost).collect();
        let dear = costs != ticks;
        let mut matrix = Matrix::new(nodes.len(), ticks)?;
        if dear {
            matrix = matrix.with_costs(costs)?;
        }
        // Every node was put into the list.
        let number = |node: Node| Node(nodes.binary_search(&node).unwrap_or(0) as u32);
        let moved = |stop: &Stop| Stop { at: number(stop.at), ..*stop };
        let mut vehicles = self.vehicles().to_vec();
        for vehicle in &mut vehicles {
            (vehicle.start, vehicle.end) = (number(vehicle.start), number(vehicle.end));
        }
        let mut requests = self.requests().to_vec();
        for request in &mut requests {
            if let Boarding::At(stop) = &mut request.pickup {
                *stop = moved(stop);
            }
            request.dropoff = moved(&request.dropoff);
        }
        let mut compact = self.with_parts(vehicles, requests, matrix);
        compact.tighten();
        Ok(compact)
    }
}
