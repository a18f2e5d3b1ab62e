//! What happens on the day itself: what it means for whom, and what stands in the way.

use serde::Serialize;
use utoipa::ToSchema;

use super::{MovedVisit, Person};
use crate::register::By;

/// What a command means, or would mean, for everybody.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DayEffect {
    /// False in a dry run.
    pub done: bool,
    /// What was made by it, such as `closure-1`.
    pub subject: Option<String>,
    /// Who has to be told what.
    pub to_tell: Vec<ToTell>,
    /// Whose visits come at another time.
    pub moved: Vec<MovedVisit>,
    /// Who has no ride any more.
    pub without: Vec<Person>,
}

/// Somebody who has to be told, and by which channel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ToTell {
    /// `rider`, `driver` or `facility`.
    pub to: String,
    pub to_name: String,
    /// How a rider is told; drivers and facilities have their screens.
    pub by: Option<By>,
    pub breaks_promise: bool,
    pub text_ja: String,
    pub text_en: String,
}

/// A coming visit that will begin behind what was told, as things look.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InDanger {
    pub request: String,
    pub rider: Person,
    /// `pickup` or `dropoff`.
    pub kind: String,
    pub vehicle: String,
    pub vehicle_name: String,
    pub expected: String,
    pub late_seconds: i64,
    /// What an operator may widen the promise to.
    pub pickup: [String; 2],
    pub dropoff_latest: String,
}

/// A driver stands at a door to which nobody comes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AtDoor {
    pub request: String,
    pub rider: Person,
    pub vehicle: String,
    pub vehicle_name: String,
    pub since: String,
    /// Until then the vehicle waits; after that it may be called a no-show.
    pub until: String,
}

/// Roads that are closed for a while.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Closure {
    pub id: String,
    pub position: [f64; 2],
    pub radius_m: i64,
    pub from: String,
    pub until: String,
    /// Stretches of road that are closed.
    pub stretches: usize,
    /// Registered places that cannot be driven to: the vehicle halts where the closed stretch begins.
    pub places: Vec<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Closures {
    pub closures: Vec<Closure>,
}

/// Somebody on board who can be taken elsewhere.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Aboard {
    pub request: String,
    pub rider: Person,
    pub vehicle: String,
    pub vehicle_name: String,
}

/// What is going on in the whole area on a day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Today {
    pub day: String,
    pub in_danger: Vec<InDanger>,
    pub doors: Vec<AtDoor>,
    pub aboard: Vec<Aboard>,
    pub closures: Vec<Closure>,
    /// From when to when roads are driven as in snow.
    pub snow: Option<[String; 2]>,
    /// Vehicles whose plan stays as it is.
    pub locked: Vec<String>,
}
