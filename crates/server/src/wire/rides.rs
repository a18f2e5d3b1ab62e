//! Answers about rides beyond the ride itself: there and back, moved by hand, and what a policy would change.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ReasonCount, Request};

/// What a policy would mean for rides that are coming.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyEffect {
    pub effective_from: String,
    pub rides: Vec<TouchedRide>,
}

/// A coming ride that the policy would not give again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TouchedRide {
    pub request: Request,
    pub reasons: Vec<ReasonCount>,
}

/// What giving a ride to another vehicle means, or would mean.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MoveEffect {
    /// False in a dry run.
    pub done: bool,
    pub vehicle: String,
    pub pickup_planned: String,
    pub dropoff_planned: String,
    /// Whose visits come at another time on the two vehicles.
    pub others: Vec<MovedVisit>,
    /// How many have to be told something; the list is with the day's notices.
    pub to_tell: usize,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MovedVisit {
    pub visit: String,
    pub rider: String,
    /// Positive: later than before.
    pub later_seconds: i64,
}

/// A ride there and the one back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoundTrip {
    pub there: Request,
    pub back: Request,
}
