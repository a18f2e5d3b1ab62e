//! What clients send about what happens on the day itself.

use domain::{Direction, DoorDecision, NewClosure, WidenReason};
use serde::Deserialize;
use units::{DayTime, DayWindow, Metres, Point, ServiceDay, Timestamp, Window};
use utoipa::ToSchema;

use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReadiness {
    #[schema(example = "rider-12")]
    pub rider: String,
    #[schema(value_type = String, example = "2026-11-24")]
    pub day: ServiceDay,
    /// `pickup_run`: late in the morning. `dropoff_run`: leaves earlier.
    #[schema(value_type = String, example = "pickup_run")]
    pub direction: Direction,
    /// Ready from then on, and not before. Left out: ready like the others again.
    #[schema(example = "08:55")]
    pub at: Option<String>,
    /// Only says what it would mean.
    #[serde(default)]
    pub dry_run: bool,
}

pub fn day_time(field: &str, text: &str) -> Result<DayTime, Problem> {
    DayTime::parse(text).map_err(|e| Problem::invalid(field, e.to_string()))
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoorKind {
    ComeBack,
    /// The vehicle goes on; the rider is excused.
    GoOn,
    NoShow,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDoorDecision {
    #[schema(value_type = String, example = "come_back")]
    pub decision: DoorKind,
    /// When the rider is ready, with `come_back`.
    #[schema(value_type = Option<String>, example = "2026-11-24T09:10:00+09:00")]
    pub at: Option<Timestamp>,
    #[serde(default)]
    pub dry_run: bool,
}

impl NewDoorDecision {
    pub fn decision(&self) -> Result<DoorDecision, Problem> {
        match (self.decision, self.at) {
            (DoorKind::ComeBack, Some(at)) => Ok(DoorDecision::ComeBack { at }),
            (DoorKind::ComeBack, None) => Err(Problem::invalid("at", "say when the rider is ready")),
            (DoorKind::GoOn, None) => Ok(DoorDecision::GoOn),
            (DoorKind::NoShow, None) => Ok(DoorDecision::NoShow),
            _ => Err(Problem::invalid("at", "only `come_back` has a time")),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDestination {
    /// Where the rider is taken at once: a registered place, such as the hospital.
    #[schema(example = "place-9")]
    pub to: String,
    #[serde(default)]
    pub dry_run: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLock {
    #[schema(value_type = String, example = "2026-11-24")]
    pub day: ServiceDay,
    /// True: its plan stays as it is; false: it may change again.
    pub locked: bool,
}

/// What is left out stays as it was told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WiderPromise {
    #[schema(value_type = Option<Vec<String>>, example = json!(["2026-11-24T08:40:00+09:00", "2026-11-24T09:10:00+09:00"]))]
    pub pickup: Option<[Timestamp; 2]>,
    /// There by then at the latest.
    #[schema(value_type = Option<String>, example = "2026-11-24T09:50:00+09:00")]
    pub dropoff_latest: Option<Timestamp>,
    pub ride_max_minutes: Option<i64>,
    /// `rider_asked`, `not_at_door`, `illness`, `road`, `vehicle` or `other`.
    #[schema(value_type = String, example = "road")]
    pub reason: WidenReason,
    #[serde(default)]
    pub dry_run: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedRoad {
    /// Longitude and latitude of the middle of what is closed.
    #[schema(example = json!([139.4136, 35.6984]))]
    pub position: [f64; 2],
    /// 10 to 5000: every road that comes so near is closed.
    #[schema(example = 80)]
    pub radius_m: i64,
    #[schema(value_type = Option<String>)]
    pub from: Option<Timestamp>,
    #[schema(value_type = String, example = "2026-11-24T15:00:00+09:00")]
    pub until: Timestamp,
    #[serde(default)]
    pub dry_run: bool,
}

impl ClosedRoad {
    pub fn closure(&self, now: Timestamp) -> Result<NewClosure, Problem> {
        let [lon, lat] = self.position;
        let centre = Point::from_degrees(lat, lon)
            .ok_or_else(|| Problem::invalid("position", "[longitude, latitude] in degrees"))?;
        let window = Window::new(self.from.unwrap_or(now), self.until)
            .map_err(|_| Problem::invalid("until", "later than `from`"))?;
        Ok(NewClosure { centre, radius: Metres(self.radius_m), window })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSnow {
    #[schema(value_type = String, example = "2026-11-24")]
    pub day: ServiceDay,
    /// From when to when; left out, the snow is over.
    #[schema(example = json!(["07:00", "20:00"]))]
    pub hours: Option<[String; 2]>,
    #[serde(default)]
    pub dry_run: bool,
}

impl NewSnow {
    pub fn window(&self) -> Result<Option<DayWindow>, Problem> {
        self.hours.as_ref().map(|pair| crate::input::day_window("hours", pair)).transpose()
    }
}
