//! The optimiser.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod fault;
mod travel;
mod model;
mod rule;
mod temporal;
mod route;
mod plan;
mod insert;
mod refuse;
mod live;
mod relax;
mod improve;
mod instance;

pub use fault::Fault;
pub use improve::Improver;
pub use insert::{Answer, Insertion, insert};
pub use live::{Asked, Live, LiveFault, suits};
pub use instance::{DARP_TICKS, Instance};
pub use model::{
    ALL_COMPATIBLE, Boarding, GROUPS, Group, KINDS, Load, Model, Request, Span, Stop, Vehicle, VehicleSet, Visit,
};
pub use plan::{Cost, Plan};
pub use refuse::Refusal;
pub use relax::{Relaxed, relax};
pub use route::{Broken, Route};
pub use rule::Rule;
pub use temporal::Schedule;
pub use travel::{LONGEST, Matrix, Travel};
