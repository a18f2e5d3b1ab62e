//! Road network in (an OpenStreetMap extract, or a town drawn from a seed), travel times, paths and map shapes out.
//!
//! Knows nodes, edges, road classes, speeds and what a map shows. Must not know riders, vehicles or plans.
//! Start with [`Roads`]; a network comes from [`import_osm`], [`draw_town`] or [`Roads::open`].
//!
//! ```text
//! .osm.pbf --osm----> draft --assemble--> network --turns--> states --hierarchy--> travel, tables, path, standing
//! two csv  --table-->   "                    |----speeds---> one metric and one hierarchy for each period
//!   seed   --draw--->   "                    |-----snap----> position on the kerb beside a place
//!                                            |----shapes---> map
//! states --dissect--> order of contraction --fill--> shortcuts --hierarchy--> what each period needs of them
//! nothing at all ----straight---------------> estimated travel, with a warning
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
mod speeds;
mod line;
mod network;
mod turns;
mod strong;
mod assemble;
mod metric;
mod positions;
mod dissect;
mod hierarchy;
mod half;
mod fill;
mod search;
mod many;
mod net;
mod path;
mod snap;
mod width;
mod standing;
mod straight;
mod shapes;
mod file;
mod roads;
mod oracle;
mod detour;
mod osm;
mod table;
mod learn;
mod draw;
pub mod map;

pub use assemble::{Dropped, Losses};
pub use bounds::Bounds;
pub use class::RoadClass;
pub use detour::Closed;
pub use draw::{District, Plot, PlotKind, Setting, Town, draw_town};
pub use fault::{Fault, OffRoad};
pub use learn::{Drive, Fix, LEAST_DAYS, LEAST_DRIVES, Lesson, drives, learn};
pub use oracle::{DrivenArc, Stand, TurnGraph};
pub use osm::tile::tile;
pub use osm::write::{OsmNode, OsmRelation, OsmWay, PbfWriter};
pub use osm::{DrivingSide, ImportOptions, ImportReport, Progress, Stage, import_osm};
pub use path::{Act, Nearest, Path, PathPoint, Step, Street, Travel};
pub use roads::{Roads, RoadsKind, Source};
pub use shapes::{AreaKind, AreaShape, Label, LabelKind, RiverShape, RoadShape, Shapes};
pub use snap::{SNAP_LIMIT, Snap};
pub use speeds::{Period, Profile, Speeds, Surface};
pub use standing::Standing;
pub use straight::StraightLines;
pub use table::import_tables;
