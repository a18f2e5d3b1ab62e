//! What travels on the WebSocket. [`crate::live`] makes the AsyncAPI document of it; a test holds what is sent against it.

use serde::{Deserialize, Serialize};
use units::Timestamp;
use utoipa::ToSchema;

use super::{Clock, Facility, Figures, Request, Vehicle};
use crate::base_map::BaseMap;
use crate::problem::Problem;

/// The first message of every connection.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hello {
    /// Version of the messages' schema; within one, fields and kinds are only added.
    #[schema(example = 1)]
    pub schema: u32,
    /// What is listened to, as it was asked for.
    #[schema(example = "rider")]
    pub topic: String,
    /// After this many seconds the server asks a silent client whether it is there; after three times as many it hangs up.
    #[schema(example = 20)]
    pub ping_seconds: u64,
    /// So many messages wait for a slow reader; one that falls further behind gets `resync`.
    #[schema(example = 512)]
    pub behind_max: usize,
}

/// Something happened: the present look of all that it touched. Replaces what the client had of the same ids.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    pub at: String,
    /// The first of `events`, or `catch_up` after a break.
    #[schema(example = "offer_accepted")]
    pub event: String,
    /// Names of the events told of, in their order. A word that a client does not know says nothing to it.
    #[schema(example = json!(["offer_accepted", "plan_changed"]))]
    pub events: Vec<String>,
    pub changes: Changes,
}

/// Only what the topic shows is there.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    /// With `board` all that were touched, with `driver` the one.
    pub vehicles: Option<Vec<Vehicle>>,
    /// With `board` all that were touched, with `rider` the one.
    pub requests: Option<Vec<Request>>,
    /// With `board`.
    pub facilities: Option<Vec<Facility>>,
    /// With `board` and `town`.
    pub figures: Option<Figures>,
}

/// Where vehicles are. The newest of a vehicle replaces the one before; nothing is sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Positions {
    pub positions: Vec<SeenAt>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeenAt {
    #[schema(example = "vehicle-1")]
    pub vehicle: String,
    #[schema(example = "2026-11-24T10:05:00+09:00")]
    pub at: String,
    #[schema(example = json!([139.4136, 35.6984]))]
    pub position: [f64; 2],
    /// Degrees clockwise from north.
    pub heading: Option<f64>,
    /// The position laid on the road; none where no road fits.
    pub on_road: Option<[f64; 2]>,
    /// The vehicle is on another road than its way.
    pub off_way: bool,
    /// `parked`, `driving` or `at_stop`.
    #[schema(example = "driving")]
    pub state: String,
}

/// The clock goes at another speed; only a demo's or a trial's does.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClockSet {
    pub clock: Clock,
}

/// Another map lies under the marks.
#[derive(Debug, Serialize, ToSchema)]
pub struct MapChosen {
    pub base_map: BaseMap,
}

/// The client's picture cannot be gone on from: it reads the whole picture over HTTP and drops messages up to its `n`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Resync {
    /// `gone`: what came after the client's number is no longer at hand, or the number is of another log.
    /// `behind`: the client reads too slowly, and messages were dropped.
    #[schema(example = "behind")]
    pub why: String,
}

/// What the client said was not taken. The connection stays.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotTaken {
    pub problem: Problem,
}

/// The answer to `ping`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pong {
    /// As it was asked.
    pub id: Option<u64>,
}

/// What a client may say. Facts go over HTTP, where they get a durable answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Said {
    /// From a driver's device: where it is.
    Position {
        /// Counts up on the device.
        seq: u64,
        #[schema(value_type = String, format = DateTime, example = "2026-11-24T10:05:00+09:00")]
        at: Timestamp,
        #[schema(example = json!([139.4136, 35.6984]))]
        position: [f64; 2],
        #[serde(default)]
        accuracy_m: f64,
    },
    /// From a driver's device: this revision of the route has been shown.
    Ack { revision: u64 },
    /// Asks for a `pong`, for clients that cannot send the protocol's own pings.
    Ping { id: Option<u64> },
}
