//! The area's rules as they are told.

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Policy {
    pub effective_from: String,
    pub allows: Vec<String>,
    pub other_day_member_counts_as: String,
    #[schema(example = json!(["08:30", "16:00"]))]
    pub guest_hours: [String; 2],
    pub people_max: u8,
    /// A guest rides no longer than so many per cent of the way without detour, and so many minutes more.
    pub ride_percent: u32,
    pub ride_plus_minutes: i64,
    pub wait_max_minutes: i64,
    pub offer_lasts_minutes: i64,
    pub wait_on_board_max_minutes: i64,
    pub member_delay_max_minutes: i64,
    /// How long a vehicle waits at a door to which nobody comes.
    pub door_wait_minutes: i64,
    /// Entitlements that are carried as guests; everybody who is registered where there is none.
    #[schema(example = json!(["long_term_care", "support_required"]))]
    pub who: Vec<String>,
    pub fare: Fare,
    pub source: String,
    pub author: String,
}

/// What guests pay.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Fare {
    /// `free`, `actual_cost` or `registered`.
    #[schema(example = "actual_cost")]
    pub kind: String,
    pub yen_per_km: u32,
    pub base_yen: u32,
    pub base_metres: u32,
    /// Which costs it covers, or under which registration it is taken.
    #[schema(example = "燃料代・通行料・駐車料金")]
    pub words: String,
}
