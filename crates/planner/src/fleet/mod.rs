//! Many vehicles on the way, as they stand now: every request answered exactly, few vehicles looked at.
//!
//! Routes are kept evaluated, and what a search must know of a slot before it looks at the route lies in grids by
//! place ([`grid`]). Bounds from straight lines and from the times around a slot ([`slots`]) leave out what cannot be
//! best; what remains is judged by the same exact search as everywhere. So the answer is the one that [`crate::insert`] gives over all
//! vehicles, ties included.
//!
//! ```
//! use planner::*;
//! use units::Node;
//!
//! // Two vehicles that stay where they are let go; a place is so many ticks east and north.
//! let places = [(0, 0), (900, 0), (100, 0), (100, 300)].map(|(x, y)| Position::new(x, y));
//! let vehicle = |at| Vehicle::new(Node(at), Plane::NOWHERE, Span::new(0, 10_000), Load([4, 0, 0, 0]));
//! let stop = |at| Stop { at: Node(at), window: Span::new(0, 2_000), service: 10 };
//! let request = Request::new(stop(2), stop(3), Load([1, 0, 0, 0]));
//! let model = Model::new(vec![vehicle(0), vehicle(1)], Vec::new(), ALL_COMPATIBLE, Plane::new(places.to_vec())?)?;
//! let plan = Plan::empty(&model);
//!
//! let mut fleet = Fleet::new(model, &plan, 0)?;
//! let best = fleet.best(&request).ok_or("no room")?;
//! assert_eq!((best.vehicle, best.delta), (0, 400));
//! let number = fleet.accept(request, &best)?;
//! assert_eq!(fleet.begin(best.vehicle, Visit::Dropoff(number)), Some(410));
//!
//! // Time passes: the rider boards at 100, and the vehicle ends up at the drop-off.
//! fleet.advance(420);
//! assert_eq!(fleet.model().vehicles()[0].start, Node(3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod grid;
mod slots;
mod search;
mod time;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::fault::Fault;
use crate::insert::{Insertion, Search};
use crate::located::Located;
use crate::model::{Model, Request, Visit};
use crate::plan::Plan;
use crate::route::{Broken, Route};
use crate::rule::Rule;

use grid::{Grid, Handle};
use slots::Slot;

/// All vehicles with their routes at one time. A request's number is free again once its rider is dropped off.
pub struct Fleet<T> {
    model: Model<T>,
    now: i64,
    routes: Vec<Route>,
    states: Vec<State>,
    grid: Grid,
    /// Vehicles with a place that the grid cannot hold: always looked at.
    unplaced: BTreeSet<u32>,
    /// When something happens next to which vehicle; entries that its state does not confirm are out of date.
    due: BinaryHeap<Reverse<(i64, u32)>>,
    /// Numbers of the model's requests that nobody uses.
    vacant: Vec<u32>,
    /// Vehicle of every request; [`NOBODY`] if none.
    carriers: Vec<u32>,
    effort: Effort,
    scratch: Scratch,
}

const NOBODY: u32 = u32::MAX;

/// What is kept beside a vehicle's route.
#[derive(Debug, Clone, Default)]
struct State {
    /// Planned begins: start, visits, end. Empty without visits.
    begin: Vec<i64>,
    /// When the vehicle next leaves, begins a visit or goes home; `i64::MAX` if never.
    due: i64,
    slots: Vec<Slot>,
    handles: Vec<Handle>,
}

#[derive(Debug, Default)]
struct Scratch {
    search: Search,
    visits: Vec<Visit>,
    /// The round in which each vehicle was last looked at.
    seen: Vec<u32>,
    round: u32,
    found: Vec<Insertion>,
}

/// What searches have cost so far, in steps that are the same on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effort {
    pub searches: u64,
    /// Slots whose bound was read.
    pub slots: u64,
    /// Vehicles whose slots were weighed together.
    pub weighed: u64,
    /// Vehicles whose route was searched.
    pub vehicles: u64,
    /// Slot pairs judged.
    pub tests: u64,
}

/// Why a fleet cannot do as told. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FleetFault {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error(transparent)]
    Model(#[from] Fault),
    #[error("vehicle {0} is not in this fleet")]
    UnknownVehicle(u32),
    #[error("request {0} is on no route")]
    UnknownRequest(u32),
    /// Committed, begun or on board.
    #[error("request {0} is under way and cannot be taken out")]
    UnderWay(u32),
    #[error("the visits given for vehicle {0} are not those of its route, or change what is committed")]
    OtherVisits(u32),
}

impl<T: Located> Fleet<T> {
    /// Takes over a plan as it stands at `now`. Requests that the plan does not serve are forgotten: their numbers
    /// are given to the next that are accepted. Fails if a route breaks a rule.
    pub fn new(model: Model<T>, plan: &Plan, now: i64) -> Result<Fleet<T>, FleetFault> {
        let count = model.vehicles().len();
        let routes = (0..count)
            .map(|v| Route::new(&model, v as u32, plan.routes.get(v).map_or(&[][..], |visits| visits)))
            .collect::<Result<Vec<Route>, Broken>>()?;
        let mut carriers = vec![NOBODY; model.requests().len()];
        for (v, route) in routes.iter().enumerate() {
            for carried in &route.carried {
                let carrier = &mut carriers[carried.request as usize];
                if *carrier != NOBODY {
                    let (vehicle, request) = (v as u32, Some(carried.request));
                    return Err(Broken { vehicle, rule: Rule::Sequence, request, position: None }.into());
                }
                *carrier = v as u32;
            }
        }
        let vacant = (0..carriers.len() as u32).rev().filter(|r| carriers[*r as usize] == NOBODY).collect();
        let places = model.vehicles().iter().flat_map(|v| [v.start, v.end]);
        let grid = Grid::over(places.filter_map(|at| model.travel().position(at)), count);
        let mut fleet = Fleet {
            now,
            states: vec![State::default(); count],
            grid,
            unplaced: BTreeSet::new(),
            due: BinaryHeap::new(),
            vacant,
            carriers,
            effort: Effort::default(),
            scratch: Scratch { seen: vec![0; count], ..Scratch::default() },
            model,
            routes,
        };
        for v in 0..count {
            fleet.states[v].begin = begins(&fleet.routes[v])?;
            fleet.progress(v as u32);
        }
        Ok(fleet)
    }

    pub fn now(&self) -> i64 {
        self.now
    }

    /// The problem as it stands. A vehicle that waits may be said to be ready earlier than now; see [`Fleet::snapshot`].
    pub fn model(&self) -> &Model<T> {
        &self.model
    }

    pub fn effort(&self) -> Effort {
        self.effort
    }

    /// Visits still to come.
    pub fn visits(&self, vehicle: u32) -> &[Visit] {
        self.routes.get(vehicle as usize).map_or(&[], |route| route.visits())
    }

    /// When a visit is planned to begin; `None` if it is not to come on this vehicle.
    pub fn begin(&self, vehicle: u32, visit: Visit) -> Option<i64> {
        let k = self.visits(vehicle).iter().position(|v| *v == visit)?;
        self.states[vehicle as usize].begin.get(k + 1).copied()
    }

    /// The vehicle that serves a request.
    pub fn carrier(&self, request: u32) -> Option<u32> {
        self.carriers.get(request as usize).copied().filter(|v| *v != NOBODY)
    }

    /// Problem and plan as anyone else would see them now: every vehicle that waits is ready now. Numbers in use by
    /// nobody are listed as unserved.
    pub fn snapshot(&mut self) -> (&Model<T>, Plan) {
        for v in 0..self.routes.len() {
            self.refresh(v as u32);
        }
        let mut unserved = self.vacant.clone();
        unserved.sort_unstable();
        let routes = self.routes.iter().map(|route| route.visits.clone()).collect();
        (&self.model, Plan { routes, unserved })
    }

    /// Carries out an insertion found for this request at this time, and returns the request's number. What is due at once
    /// happens at the next [`Fleet::advance`].
    pub fn accept(&mut self, request: Request, insertion: &Insertion) -> Result<u32, FleetFault> {
        let v = insertion.vehicle;
        let route = self.routes.get(v as usize).ok_or(FleetFault::UnknownVehicle(v))?;
        let last = route.visits.len();
        let committed = self.model.vehicle(v).committed.min(last);
        let (first, second) = (insertion.pickup as usize, insertion.dropoff as usize);
        if first < committed || second < first || second > last {
            return Err(
                Broken { vehicle: v, rule: Rule::Committed, request: None, position: Some(first) }.into()
            );
        }
        self.refresh(v);
        let number = match self.vacant.last() {
            Some(number) => {
                self.model.replace_request(*number, request)?;
                *number
            }
            None => {
                let number = self.model.push_request(request)?;
                self.carriers.push(NOBODY);
                self.vacant.push(number);
                number
            }
        };
        let mut visits = std::mem::take(&mut self.scratch.visits);
        visits.clear();
        visits.extend_from_slice(&self.routes[v as usize].visits);
        insertion.apply(&mut visits, number);
        let done = self.lay(v, &visits);
        self.scratch.visits = visits;
        done?;
        self.vacant.pop();
        self.carriers[number as usize] = v;
        self.settle(v);
        Ok(number)
    }

    /// Takes out a request whose rider has not been set out for.
    pub fn remove(&mut self, request: u32) -> Result<(), FleetFault> {
        let v = self.carrier(request).ok_or(FleetFault::UnknownRequest(request))?;
        let committed = self.model.vehicle(v).committed;
        let visits = &self.routes[v as usize].visits;
        let waits = visits.iter().position(|visit| *visit == Visit::Pickup(request));
        if waits.is_none_or(|k| k < committed) {
            return Err(FleetFault::UnderWay(request));
        }
        let rest: Vec<Visit> = visits.iter().copied().filter(|visit| visit.request() != request).collect();
        self.refresh(v);
        self.lay(v, &rest)?;
        self.release(request);
        self.settle(v);
        Ok(())
    }

    /// Puts the visits of a route in another order, as an improvement found them.
    pub fn reorder(&mut self, vehicle: u32, visits: &[Visit]) -> Result<(), FleetFault> {
        let route = self.routes.get(vehicle as usize).ok_or(FleetFault::UnknownVehicle(vehicle))?;
        let committed = self.model.vehicle(vehicle).committed.min(route.visits.len());
        let sorted = |visits: &[Visit]| {
            let mut all = visits.to_vec();
            all.sort_unstable();
            all
        };
        if sorted(visits) != sorted(&route.visits) || visits[..committed] != route.visits[..committed] {
            return Err(FleetFault::OtherVisits(vehicle));
        }
        self.refresh(vehicle);
        self.lay(vehicle, visits)?;
        self.settle(vehicle);
        Ok(())
    }

    /// Evaluates and times a sequence. On a fault the route is what it was.
    fn lay(&mut self, v: u32, visits: &[Visit]) -> Result<(), Broken> {
        let route = &mut self.routes[v as usize];
        let before = route.visits.clone();
        let done = route.rebuild(&self.model, v, visits).and_then(|()| begins(route));
        match done {
            Ok(begin) => {
                self.states[v as usize].begin = begin;
                Ok(())
            }
            Err(broken) => {
                // It stood a moment ago, under the same model.
                let again = route.rebuild(&self.model, v, &before);
                debug_assert!(again.is_ok(), "{again:?}");
                Err(broken)
            }
        }
    }

    fn release(&mut self, request: u32) {
        self.carriers[request as usize] = NOBODY;
        self.vacant.push(request);
    }

    /// Writes the slots of a vehicle anew where searches find them.
    fn list_slots(&mut self, v: u32) {
        let state = &mut self.states[v as usize];
        for handle in state.handles.drain(..) {
            self.grid.take(handle, v);
        }
        slots::list(&self.model, &self.routes[v as usize], &mut state.slots);
        for slot in &state.slots {
            state.handles.push(self.grid.put(*slot));
        }
        if state.slots.is_empty() {
            self.unplaced.insert(v);
        } else {
            self.unplaced.remove(&v);
        }
    }

    /// Heap bytes of everything kept for vehicles and requests, travel times left out: counted from the capacities of all
    /// lists, without what the allocator adds.
    pub fn bytes(&self) -> usize {
        let states: usize = self.states.iter().map(State::bytes).sum();
        let routes: usize = self.routes.iter().map(|route| size_of::<Route>() + route.heap_bytes()).sum();
        let due = self.due.capacity() * size_of::<Reverse<(i64, u32)>>();
        let lists = (self.vacant.capacity() + self.carriers.capacity() + self.scratch.seen.capacity())
            * size_of::<u32>();
        states + routes + due + lists + self.grid.bytes() + self.model.heap_bytes()
    }
}

/// Planned begins; none for a vehicle without visits, which is not asked whether it could drive home in time.
fn begins(route: &Route) -> Result<Vec<i64>, Broken> {
    if route.visits.is_empty() { Ok(Vec::new()) } else { Ok(route.schedule()?.begin) }
}

impl State {
    fn bytes(&self) -> usize {
        size_of::<State>()
            + self.begin.capacity() * size_of::<i64>()
            + self.slots.capacity() * size_of::<Slot>()
            + self.handles.capacity() * size_of::<Handle>()
    }
}
