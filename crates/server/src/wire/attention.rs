//! What an operator has to look into.

use serde::Serialize;
use utoipa::ToSchema;

use super::{MoveEffect, Person};

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Attention {
    /// Drivers' reports that contradict what is known, oldest first.
    pub contradictions: Vec<Contradiction>,
    /// Promises of today that will be broken as things look, the nearest first.
    pub dangers: Vec<Danger>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Contradiction {
    #[schema(example = "contradiction-1")]
    pub id: String,
    #[schema(example = "vehicle-2")]
    pub vehicle: String,
    #[schema(example = "request-77")]
    pub request: String,
    pub rider: Person,
    /// What the driver reported: `departed`, `arrived`, `boarded`, `alighted` or `no_show`.
    #[schema(example = "boarded")]
    pub fact: String,
    /// When it happened, by the driver's device.
    pub at: String,
    pub heard_at: String,
    /// What stands against it. The report was left aside for `cancelled`, `no_show`, `on_board` and `other_vehicle`; it was
    /// taken for `not_boarded` and `other_order`.
    #[schema(example = "cancelled")]
    pub contrary: String,
    /// The vehicle that the ride was given to, for `other_vehicle`.
    pub other_vehicle: Option<String>,
    /// Who was due first, for `other_order`.
    pub before: Option<Person>,
}

/// A promise that will be broken as things look, and what would keep it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Danger {
    #[schema(example = "request-77:pickup")]
    pub visit: String,
    #[schema(example = "request-77")]
    pub request: String,
    pub rider: Person,
    #[schema(example = "vehicle-2")]
    pub vehicle: String,
    /// The promised interval, and between which times it is to be expected.
    pub window: [String; 2],
    pub expected: [String; 2],
    pub late_minutes: i64,
    /// Another vehicle could keep the promise: what giving it the ride would mean. Do it with `POST /requests/{id}/move`.
    pub repair: Option<MoveEffect>,
    /// Why there is none: `member`, `under_way`, or what stands against every vehicle.
    #[schema(example = "under_way")]
    pub no_repair: Option<String>,
}
