//! What can go wrong when the world hands us a road network.

use std::path::PathBuf;

use units::{Metres, Point};

use crate::Bounds;

/// A road network that could not be read, drawn up or kept. Every variant names the file and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("cannot {doing} {}", path.display())]
    Io { path: PathBuf, doing: &'static str, source: std::io::Error },
    #[error("{} is not a roads file: it does not begin with `KUSEKI-ROADS`; make one with `kuseki roads import`", path.display())]
    NotRoads { path: PathBuf },
    #[error(
        "{} is a roads file of format {found}, this program reads format {expected}; import the map extract again",
        path.display()
    )]
    OtherVersion { path: PathBuf, found: u32, expected: u32 },
    #[error(
        "{} is cut off or has something appended: its head promises {promised} bytes, the file has {found}; \
         copy or import it again",
        path.display()
    )]
    WrongLength { path: PathBuf, promised: u64, found: u64 },
    #[error(
        "{} is damaged: its checksum is {found:08x} where {expected:08x} is written in its head; copy or import it again",
        path.display()
    )]
    WrongChecksum { path: PathBuf, found: u32, expected: u32 },
    #[error("{} is damaged: {what}; import the map extract again", path.display())]
    Malformed { path: PathBuf, what: String },
    #[error(
        "{} is not a readable OpenStreetMap extract: {what}; expected a whole `.osm.pbf` file",
        path.display()
    )]
    NotOsm { path: PathBuf, what: String },
    #[error(
        "{} holds no road that a car may use ({ways} ways read); expected an extract with `highway=*` ways and their nodes",
        path.display()
    )]
    NoRoads { path: PathBuf, ways: u64 },
    #[error(
        "no road of {} lies in the box {wanted}; its roads lie in {present}",
        path.display()
    )]
    OutsideBox { path: PathBuf, wanted: Bounds, present: Bounds },
    #[error("the road network is too large: {what}; import a smaller box")]
    TooLarge { what: &'static str },
    #[error("the network holds no two places that can be reached from each other")]
    Unconnected,
    #[error("{} is not a table of {expected}: {what}", path.display())]
    NotTable { path: PathBuf, expected: &'static str, what: String },
    #[error("{} does not say speeds: {what}", path.display())]
    BadSpeeds { path: PathBuf, what: String },
    #[error("straight lines cannot stand in for roads: {what}")]
    BadLines { what: String },
    #[error("the box {text} is not south,west,north,east in degrees such as 35.685,139.354,35.738,139.446")]
    BadBox { text: String },
}

/// A place too far from any road that a vehicle may halt on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{point} lies {nearest} from the nearest road of the network; at most {limit} is accepted")]
pub struct OffRoad {
    pub point: Point,
    /// Crow-fly to the nearest road.
    pub nearest: Metres,
    pub limit: Metres,
}
