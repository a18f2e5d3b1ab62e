//! The optimiser: one planner for static instances, day plans, live insertion and improvement.
//!
//! Knows requests with windows, loads, ride limits and company; vehicles with shifts, layouts and hours; travel
//! through the port [`Travel`]. Everything is a whole number (in live use one tick is one second). Must not know
//! roads, storage, clocks, threads or unseeded chance: the same input gives the same plan, byte for byte.
//!
//! Where to start: [`Model`] is the problem, [`Plan`] an answer. [`Route::new`] judges one route and
//! [`Route::schedule`] times it; [`insert`] finds the best place for one request or says why there is none;
//! [`Fleet`] keeps many vehicles on the way and finds the same place looking at few of them;
//! [`relax`] says what facts have already broken; [`Improver`] makes a plan better; [`online`] runs a day that becomes
//! known piece by piece; [`Instance`] reads files.
//! Inside, `temporal.rs` holds the rules on time as difference constraints, and everything else rests on it.
//!
//! ```
//! use planner::*;
//! use units::Node;
//!
//! // A straight road with places 0, 10 and 30 ticks along it; one vehicle with two seats at place 0.
//! let at: [i64; 3] = [0, 10, 30];
//! let ticks = at.iter().flat_map(|a| at.iter().map(move |b| (a - b).abs())).collect();
//! let vehicle = Vehicle::new(Node(0), Node(0), Span::new(0, 200), Load([2, 0, 0, 0]));
//! let stop = |k, open, close| Stop { at: Node(k), window: Span::new(open, close), service: 1 };
//! let wish = Request {
//!     ride_max: Some(25),
//!     ..Request::new(stop(1, 50, 60), stop(2, 0, 90), Load([1, 0, 0, 0]))
//! };
//! let model = Model::new(vec![vehicle], vec![wish.clone()], ALL_COMPATIBLE, Matrix::new(3, ticks)?)?;
//!
//! let mut plan = Plan::empty(&model);
//! let answer = insert(&model, &plan, &wish)?;
//! assert_eq!(answer.found[0].delta, 60);
//! plan.accept(&answer.found[0], 0);
//! let route = Route::new(&model, 0, &plan.routes[0])?;
//! // Leaves at 40 to board at 50, arrives at 71 and is back at 102.
//! assert_eq!(route.schedule()?.begin, [40, 50, 71, 102]);
//!
//! // Whoever must board by 9 is told what stands in the way.
//! let hurry = Request { pickup: Boarding::At(stop(1, 0, 9)), ..wish };
//! assert_eq!(insert(&model, &plan, &hurry)?.refused[0].rule, Rule::PickupTooLate);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod compact;
mod cut;
mod fault;
mod travel;
mod located;
mod model;
mod rule;
mod temporal;
mod route;
mod plan;
mod insert;
mod refuse;
mod fleet;
mod relax;
mod live;
mod tighten;
mod improve;
pub mod online;
mod instance;

pub use cut::{Half, cut, join};
pub use fault::Fault;
pub use fleet::{Effort, Fleet, FleetFault};
pub use improve::{Findings, Improver};
pub use insert::{Answer, Insertion, insert};
pub use instance::{DARP_TICKS, Depots, Instance};
pub use live::{Asked, Floor, Live, LiveFault, Loose, Probe, Seat, Sought, Timed, suits};
pub use located::{Located, Mapped, Plane, Position};
pub use model::{
    ALL_COMPATIBLE, Boarding, GROUPS, Group, KINDS, Load, Model, Request, Span, Stop, Told, Vehicle,
    VehicleSet, Visit,
};
pub use plan::{Cost, Plan};
pub use refuse::Refusal;
pub use relax::{Relaxed, relax};
pub use route::{Broken, Route};
pub use rule::Rule;
pub use temporal::Schedule;
pub use travel::{LONGEST, Matrix, Travel};
