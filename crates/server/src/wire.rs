//! What clients are sent. Times are RFC 3339 in Japan's offset, positions `[longitude, latitude]` as in GeoJSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base_map::{BaseMap, Raster};
use crate::register::Category;

mod attention;
mod policy;
pub mod live;
mod rides;
mod today;
mod told;

pub use attention::{Attention, Contradiction, Danger};
pub use policy::{Fare, Policy};
pub use rides::{MoveEffect, MovedVisit, PolicyEffect, RoundTrip, TouchedRide};
pub use today::{Aboard, AtDoor, Closure, Closures, DayEffect, InDanger, ToTell, Today};
pub use told::{Contact, Delivery, Family, Notice, Script};

pub type Position = [f64; 2];

/// The whole picture of the operator's board. Messages with a higher number than `n` go on from it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Board {
    pub n: u64,
    pub clock: Clock,
    pub area: Area,
    pub facilities: Vec<Facility>,
    pub vehicles: Vec<Vehicle>,
    /// Newest 200 of today, places on runs left out.
    pub requests: Vec<Request>,
    pub figures: Figures,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Clock {
    #[schema(example = "2026-11-24T07:30:00+09:00")]
    pub now: String,
    /// Town seconds per real second; 1 outside demos.
    pub speed: f64,
    pub demo: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Area {
    pub name: String,
    #[schema(example = "2026-11-24")]
    pub service_day: String,
    pub roads: RoadsInfo,
    /// West, south, east, north in degrees.
    pub bounds: [f64; 4],
    pub policy: Policy,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoadsInfo {
    /// What travel times rest on: `network`, or `straight_lines` where no roads file is there.
    #[schema(example = "network")]
    pub kind: String,
    pub name: String,
    pub attribution: String,
    /// By how much straight lines are stretched, in per cent; only where the kind is `straight_lines`.
    pub factor_percent: Option<u32>,
    /// To be shown on every page, Japanese first; only where the kind is `straight_lines`.
    pub warning: Option<String>,
}

/// A map as TileJSON 3.0 describes it, with what the area has chosen to see.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MapDescription {
    #[schema(example = "3.0.0")]
    pub tilejson: String,
    pub name: String,
    pub attribution: String,
    /// Version of the layers' scheme.
    pub version: String,
    pub scheme: String,
    #[schema(example = json!(["/api/v1/tiles/{z}/{x}/{y}.mvt?v=0a1b2c3d"]))]
    pub tiles: Vec<String>,
    pub minzoom: u8,
    pub maxzoom: u8,
    /// West, south, east, north in degrees.
    pub bounds: [f64; 4],
    pub vector_layers: Vec<MapLayer>,
    pub base_map: BaseMap,
    /// The online raster in place of the own tiles, where one was chosen.
    pub raster: Option<Raster>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MapLayer {
    pub id: String,
    pub fields: BTreeMap<String, String>,
    pub minzoom: u8,
    pub maxzoom: u8,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Corporation {
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Facility {
    pub id: String,
    pub name: String,
    pub corporation: String,
    pub corporation_name: String,
    pub place: String,
    pub at: [f64; 2],
    pub service: [String; 2],
    pub attending_today: u32,
    pub absent_today: u32,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Needs {
    pub wheelchair: bool,
    pub walker: bool,
    pub attendant: bool,
    pub boarding_seconds: i64,
    pub alighting_seconds: i64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Place {
    pub id: String,
    pub label: String,
    pub address: Option<String>,
    pub category: Category,
    /// None where the caller may not know it, or it was erased.
    pub at: Option<[f64; 2]>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Rider {
    pub id: String,
    pub name: String,
    pub furigana: String,
    pub phone: Option<String>,
    pub needs: Needs,
    pub contact: Contact,
    pub family: Option<Family>,
    pub facility: Option<String>,
    pub member_today: bool,
    /// In the rider's own order A, B, C, …; the first is home.
    pub places: Vec<Place>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Layout {
    pub seats: u8,
    pub wheelchairs: u8,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub furigana: String,
    pub phone: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnBoard {
    pub people: u32,
    /// Seats taken, walkers counted as part of a seat.
    pub seats_used: f64,
    pub wheelchairs_used: u32,
    pub riders: Vec<Person>,
}

/// A leg under way, between two places.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LegNow {
    pub from: String,
    pub to: String,
    pub departed_at: String,
    pub eta: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Vehicle {
    pub id: String,
    pub name: String,
    pub plate: String,
    pub facility: String,
    pub kind: String,
    pub layouts: Vec<Layout>,
    pub attendant: bool,
    pub driver_name: Option<String>,
    /// `parked`, `driving` or `at_stop`.
    pub state: String,
    pub position: Option<[f64; 2]>,
    /// Degrees clockwise from north.
    pub heading: Option<f64>,
    pub position_at: Option<String>,
    /// Where the next leg begins, and whether that is the base.
    pub standing_at: String,
    pub at_base: bool,
    /// Since when it stands there, or has been at the stop.
    pub since: String,
    /// The leg being driven.
    pub leg: Option<LegNow>,
    pub on_board: OnBoard,
    /// Seats of the layout with most seats.
    pub seats: u8,
    pub visits: Vec<Visit>,
    /// Street geometry of the next legs.
    pub path: Vec<[f64; 2]>,
    /// What the driver does next on the leg being driven, or first on the next one.
    pub next_step: Option<NextStep>,
    pub revision: u64,
    pub acknowledged_revision: u64,
    pub late_minutes: i64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NextStep {
    /// `go_straight`, `bear_left`, `bear_right`, `turn_left`, `turn_right`, `sharp_left`, `sharp_right`, `turn_round`,
    /// `enter_roundabout`, `leave_roundabout`, `board_ferry` or `arrive`.
    #[schema(example = "turn_left")]
    pub act: String,
    /// The road after it; empty where that has no name.
    #[schema(example = "駅前大通り")]
    pub street: String,
    /// Still to drive to it.
    pub metres: i64,
    pub position: [f64; 2],
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Run {
    pub direction: String,
    pub number: u32,
    pub facility: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Visit {
    #[schema(example = "request-77:pickup")]
    pub id: String,
    pub kind: String,
    pub request: String,
    pub rider: Person,
    pub people: u8,
    pub needs: Needs,
    pub place: Place,
    pub note: Option<String>,
    /// Begin of service as forecast now.
    pub planned: String,
    /// Between these it is to be expected to begin, nine times out of ten, by how far forecasts were off before.
    pub expected: [String; 2],
    /// The interval that binds.
    pub window: [String; 2],
    /// The interval told to the rider; none where only a limit binds.
    pub promised: Option<[String; 2]>,
    pub ride_class: String,
    pub run: Option<Run>,
    pub state: String,
    pub late_minutes: i64,
    /// Driving from the visit before (or from where the vehicle stands).
    pub leg_seconds: i64,
    pub leg_metres: i64,
    /// Dwell at the stop.
    pub service_seconds: i64,
    /// Nobody comes to the door: the vehicle waits until then, and the operator decides.
    pub door_until: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Effect {
    pub added_drive_minutes: i64,
    pub added_drive_metres: i64,
    pub delay_to_others_minutes: i64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Offer {
    pub id: String,
    pub vehicle: String,
    pub vehicle_name: String,
    pub ride_class: String,
    pub pickup_planned: String,
    pub pickup_window: [String; 2],
    pub dropoff_planned: String,
    pub dropoff_latest: String,
    pub ride_minutes: i64,
    pub direct_minutes: i64,
    pub fare_yen: u32,
    pub effect: Effect,
    pub expires_at: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReasonCount {
    pub code: String,
    /// Vehicles that this rule ruled out, or, in figures, refused requests.
    pub count: u32,
    pub text_ja: String,
    pub text_en: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Alternative {
    pub kind: String,
    pub wish_at: Option<String>,
    pub people: Option<u8>,
    /// With `other_stop`: the registered places between which the ride would fit.
    pub from: Option<String>,
    pub to: Option<String>,
    pub text_ja: String,
    pub text_en: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Refusal {
    pub reasons: Vec<ReasonCount>,
    pub alternatives: Vec<Alternative>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Wish {
    pub kind: String,
    pub at: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Promise {
    pub pickup: [String; 2],
    pub dropoff_latest: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Request {
    pub id: String,
    pub rider: Person,
    pub people: u8,
    pub needs: Needs,
    pub from: Place,
    pub to: Place,
    pub channel: String,
    pub wish: Wish,
    pub purpose: Option<String>,
    pub state: String,
    pub made_at: String,
    pub ride_class: Option<String>,
    pub offers: Vec<Offer>,
    /// The date of the policy by which it was offered, booked or refused.
    #[schema(example = "2026-11-01")]
    pub policy: Option<String>,
    /// The other half, if this is half of a round trip.
    #[schema(example = "request-2")]
    pub pair: Option<String>,
    pub refusal: Option<Refusal>,
    pub promise: Option<Promise>,
    pub vehicle: Option<String>,
    pub vehicle_name: Option<String>,
    /// Planned, or as it was.
    pub pickup_at: Option<String>,
    pub dropoff_at: Option<String>,
    pub position_of_vehicle: Option<[f64; 2]>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Figures {
    pub service_day: String,
    pub at: String,
    pub members: MemberFigures,
    pub requests: RequestFigures,
    pub served_by_class: BTreeMap<String, u32>,
    pub refused_by_reason: Vec<ReasonCount>,
    pub idle_seats_used: u32,
    pub wait_seconds: Spread,
    pub ride_seconds: Spread,
    pub drive_km: f64,
    pub idle_seat_km: f64,
    pub guest_seat_km: f64,
    pub shared_ride_share: Option<f64>,
    pub definitions: BTreeMap<String, Definition>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemberFigures {
    pub expected: u32,
    pub absent: u32,
    pub carried_pickup: u32,
    pub carried_dropoff: u32,
    pub on_time_share: Option<f64>,
    pub max_late_minutes: i64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RequestFigures {
    pub total: u32,
    pub by_channel: BTreeMap<String, u32>,
    pub by_purpose: BTreeMap<String, u32>,
    pub booked: u32,
    pub done: u32,
    pub refused: u32,
    pub cancelled: u32,
    pub no_show: u32,
    pub expired: u32,
    pub open: u32,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Spread {
    pub median: Option<i64>,
    pub p90: Option<i64>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Definition {
    pub ja: String,
    pub en: String,
}

/// The town hall's page.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Town {
    pub n: u64,
    pub clock: Clock,
    pub area: Area,
    pub figures: Figures,
}

/// A leg as a device may draw or drive it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Leg {
    pub seconds: i64,
    pub metres: i64,
    /// Longitude, latitude, seconds after the leg's begin.
    pub points: Vec<[f64; 3]>,
    pub streets: Vec<String>,
    /// What the driver does, from departure to arrival; metres count from the leg's begin.
    pub steps: Vec<NextStep>,
}

/// One place on a facility's runs of a day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunPlace {
    pub request: String,
    pub rider: Person,
    pub direction: String,
    pub state: String,
    pub vehicle: Option<String>,
    pub vehicle_name: Option<String>,
    /// Planned begin of the visits, or as they were.
    pub pickup_at: Option<String>,
    pub dropoff_at: Option<String>,
    pub pickup: Option<[String; 2]>,
    /// The interval told to the rider: at home.
    pub told: Option<[String; 2]>,
    pub dropoff_latest: Option<String>,
    pub needs: Needs,
    pub care: Care,
    pub pin: Option<Pin>,
    pub refusal: Option<Refusal>,
}

/// How a rider is carried, beyond what must fit.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Care {
    pub never_alone: bool,
    pub not_with: Vec<Person>,
    /// `front`, `behind_driver` or `near_door`.
    pub seat: Option<String>,
    pub seat_must: bool,
    /// By which the rider may be carried as a guest.
    #[schema(example = json!(["long_term_care"]))]
    pub entitlements: Vec<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pin {
    pub vehicle: Option<String>,
    #[schema(example = "08:45")]
    pub at: Option<String>,
}

/// One run (便): the `number`th round of a vehicle in a direction, homes in the order of the drive.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DayRun {
    pub vehicle: String,
    pub direction: String,
    pub number: u32,
    pub requests: Vec<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DayVehicle {
    pub id: String,
    pub name: String,
    pub facility: String,
    pub seats: u8,
    pub out: bool,
    /// Who drives when; empty where each vehicle has its own driver by its shift.
    pub turns: Vec<DayTurn>,
    /// Drivers are kept for these facilities and nobody drives this one.
    pub without_driver: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DayTurn {
    pub driver: String,
    pub driver_name: String,
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Driver {
    pub id: String,
    pub name: String,
    pub phone: Option<String>,
    pub facility: String,
    pub licence: String,
    pub weekdays: Vec<String>,
    pub shifts: Vec<[String; 2]>,
    pub duties: Vec<[String; 2]>,
    pub out_today: bool,
}

/// The day plan (送迎表) of a facility.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DayPlan {
    pub facility: String,
    pub day: String,
    pub planned: bool,
    pub places: Vec<RunPlace>,
    /// Members who stay away, wholly or one way.
    pub absent: Vec<Person>,
    /// Members of the facility who neither come nor were noted absent: who may join.
    pub may_join: Vec<Person>,
    pub runs: Vec<DayRun>,
    /// All vehicles that may serve the facility.
    pub vehicles: Vec<DayVehicle>,
    pub drivers: Vec<Driver>,
    /// Who has to be told what, newest first.
    pub notices: Vec<Notice>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VehicleName {
    pub id: String,
    pub name: String,
    pub plate: String,
    pub facility: String,
    pub kind: String,
}

/// Facilities that share their vehicles.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SharingGroups {
    #[schema(example = json!(["facility-1", "facility-2"]))]
    pub groups: Vec<String>,
}

macro_rules! lists {
    ($($name:ident { $field:ident: $item:ty })*) => {$(
        /// One page of a list.
        #[derive(Debug, Clone, Serialize, ToSchema)]
        pub struct $name {
            pub $field: Vec<$item>,
            /// Address of the next page on this server; none on the last.
            pub next: Option<String>,
        }
    )*};
}

lists! {
    Corporations { corporations: Corporation }
    Facilities { facilities: Facility }
    Places { places: Place }
    Riders { riders: Rider }
    Vehicles { vehicles: VehicleName }
    Requests { requests: Request }
    Policies { policies: Policy }
    Drivers { drivers: Driver }
    Deliveries { deliveries: Delivery }
}
