//! Road network in (an OpenStreetMap extract, or a town drawn from a seed), travel times, paths and map shapes out.
//!
//! Knows nodes, edges, road classes, speeds and what a map shows. Must not know riders, vehicles or plans.
//! Start with [`Roads`]; a network comes from [`import_osm`], [`draw_town`] or [`Roads::open`].
//!
//! ```text
//! .osm.pbf --osm--> draft --assemble--> network --hierarchy--> travel, tables, path
//!   seed  --draw-->   "                    |------snap-------> nearest road
//!                                          |------shapes-----> map
//! ```
//!
//! ```
//! let town = roads::draw_town(7).unwrap();
//! let (home, clinic) = (town.plots[0].point, town.plots[1].point);
//! let (a, b) = (town.roads.snap(home).unwrap().node, town.roads.snap(clinic).unwrap().node);
//! let travel = town.roads.travel(a, b);
//! let path = town.roads.path(a, b);
//! assert_eq!((path.seconds, path.metres), (travel.seconds, travel.metres));
//! assert_eq!(town.roads.travel(a, a).seconds, units::Seconds::ZERO);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod fault;
mod bounds;
mod class;
mod network;
mod strong;
mod assemble;
mod hierarchy;
mod path;
mod snap;
mod shapes;
mod file;
mod roads;
mod osm;
mod draw;
pub mod map;

pub use assemble::Losses;
pub use bounds::Bounds;
pub use class::RoadClass;
pub use draw::{District, Plot, PlotKind, Setting, Town, draw_town};
pub use fault::{Fault, OffRoad};
pub use osm::{ImportReport, Progress, Stage, import_osm};
pub use path::{Path, PathPoint, Street, Travel};
pub use roads::{Roads, Source};
pub use shapes::{AreaKind, AreaShape, Label, LabelKind, RiverShape, RoadShape, Shapes};
pub use snap::{SNAP_LIMIT, Snap};
