//! What a map shows of an area, and the vector tiles that are cut from it.
//!
//! ```text
//! .osm.pbf --extract (tags, rings, coast)--> layers --tile (clip)--> MVT
//!  network --network--------------------------^  |
//!                                             bytes (roads file)
//! ```
//!
//! Nothing here takes part in routing. The schema of the tiles is [`Layer`] and [`Kind`].

mod kinds;
mod mercator;
mod layers;
mod bytes;
mod tags;
mod rings;
mod clip;
mod coast;
mod extract;
mod network;
mod tile;

pub use extract::MapReport;
pub use kinds::{Geometry, Kind, Layer};
pub use layers::MapLayers;
pub use tile::{BUFFER, BUFFER_MAX, EXTENT, TileId};

pub(crate) use extract::extract;
pub(crate) use network::from_shapes;

/// The last zoom level for which tiles are cut; a viewer enlarges them beyond it.
pub const MAX_ZOOM: u8 = 16;
