//! What clients send. Unknown fields are refused: a misspelt one must not be lost in silence.

use domain::{AbsenceKind, Channel, CountsAs, Entitlement, FactKind, Purpose, RideClass, VehicleKind};
use serde::Deserialize;
use std::collections::BTreeSet;
use units::{DayTime, DayWindow, Seconds, ServiceDay, Timestamp, Weekday};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::register::{By, Category, Contact, Family};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCorporation {
    #[schema(example = "社会福祉法人 みどり会")]
    pub name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlace {
    #[schema(example = "自宅")]
    pub label: String,
    pub address: Option<String>,
    #[serde(default)]
    pub category: Category,
    /// Longitude and latitude in degrees (WGS 84); at most 300 m from a road.
    #[schema(example = json!([139.4136, 35.6984]))]
    pub position: [f64; 2],
    /// The largest vehicle that gets through the lane: `kei`, `compact`, `minivan` or `van`. Left out, the narrowest lane that
    /// the map knows on the way decides, and `van` where it knows none.
    #[schema(value_type = Option<String>, example = "van")]
    pub largest_vehicle: Option<VehicleKind>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFacility {
    #[schema(example = "corporation-1")]
    pub corporation: String,
    pub name: String,
    /// Where the vehicles stand.
    #[schema(example = "place-1")]
    pub place: String,
    /// Begin and end of the service.
    #[schema(example = json!(["09:30", "16:40"]))]
    pub service: [String; 2],
    /// 送迎 hours in the morning; by default the two hours before the service and a quarter of an hour into it.
    #[schema(example = json!(["07:30", "09:45"]))]
    pub pickup_hours: Option<[String; 2]>,
    /// 送迎 hours in the evening; by default from a quarter of an hour before the service ends, for two hours.
    #[schema(example = json!(["16:25", "18:30"]))]
    pub dropoff_hours: Option<[String; 2]>,
    /// Hard limit of a member's time on board; 40 by default.
    pub ride_max_minutes: Option<i64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLayout {
    pub seats: u8,
    #[serde(default)]
    pub wheelchairs: u8,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVehicle {
    #[schema(example = "facility-1")]
    pub facility: String,
    #[schema(example = "さくら1号")]
    pub name: String,
    #[serde(default)]
    pub plate: String,
    #[schema(value_type = String, example = "minivan")]
    pub kind: VehicleKind,
    /// Alternative arrangements of riders' seats and wheelchair places.
    pub layouts: Vec<NewLayout>,
    /// When a driver is there; 07:30 to 18:30 by default.
    #[schema(example = json!(["07:30", "18:30"]))]
    pub shift: Option<[String; 2]>,
    #[serde(default)]
    pub attendant: bool,
    pub driver_name: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewNeeds {
    pub wheelchair: bool,
    /// Room of a walker in tenths of a seat; 0 for none.
    pub walker_tenths: u16,
    pub attendant: bool,
    /// By default 120, or 300 with a wheelchair.
    pub boarding_seconds: Option<i64>,
    /// By default 90, or 240 with a wheelchair.
    pub alighting_seconds: Option<i64>,
}

impl NewNeeds {
    pub fn needs(&self) -> domain::Needs {
        let (on, off) = if self.wheelchair { (300, 240) } else { (120, 90) };
        domain::Needs {
            wheelchair: self.wheelchair,
            walker_tenths: self.walker_tenths,
            attendant: self.attendant,
            boarding: Seconds(self.boarding_seconds.unwrap_or(on)),
            alighting: Seconds(self.alighting_seconds.unwrap_or(off)),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMembership {
    #[schema(example = "facility-1")]
    pub facility: String,
    #[schema(value_type = Vec<String>, example = json!(["mon", "wed", "fri"]))]
    pub weekdays: Vec<Weekday>,
}

/// How a rider is told of what concerns his or her rides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// `phone` (the operator calls `phone`), `mail`, `webhook` or `nobody`.
    pub by: By,
    /// With `mail` the mail address, with `webhook` the name under which the receiver knows the rider; with none of the others.
    #[schema(example = "hanako@example.jp")]
    pub address: Option<String>,
}

/// Somebody of the family who is told of what concerns the rider's rides, beside the rider or in the rider's place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFamily {
    #[schema(example = "佐藤 花子")]
    pub name: String,
    /// With `phone` the number that the operator calls.
    #[schema(example = "090-0000-0002")]
    pub phone: Option<String>,
    /// `phone`, `mail`, `webhook` or `nobody`, as with the rider's own contact.
    pub by: By,
    #[schema(example = "hanako@example.jp")]
    pub address: Option<String>,
    /// The family is told in the rider's place; otherwise both are.
    #[serde(default)]
    pub instead: bool,
}

impl NewFamily {
    pub fn family(&self) -> Result<Family, Problem> {
        let name = text("family.name", &self.name, 100)?;
        let phone = optional_text("family.phone", self.phone.as_ref(), 30)?;
        if self.by == By::Phone && phone.is_none() {
            return Err(Problem::invalid("family.phone", "missing; who is called has a number"));
        }
        let contact = contact_of("family.address", self.by, self.address.as_ref())?;
        Ok(Family { name, phone, contact, instead: self.instead })
    }
}

impl NewContact {
    pub fn contact(&self) -> Result<Contact, Problem> {
        contact_of("contact.address", self.by, self.address.as_ref())
    }
}

/// A way of telling with the address that it needs.
pub fn contact_of(field: &str, by: By, address: Option<&String>) -> Result<Contact, Problem> {
    let wrong = |detail: &str| Problem::invalid(field, detail);
    let address = optional_text(field, address, 254)?;
    match (by, &address) {
        (By::Phone | By::Nobody, None) => {}
        (By::Phone, Some(_)) => return Err(wrong("who is called has the number under `phone`")),
        (By::Nobody, Some(_)) => return Err(wrong("`nobody` has no address")),
        (By::Mail | By::Webhook, None) => return Err(wrong("missing; `mail` and `webhook` need one")),
        (By::Mail, Some(text)) => {
            text.parse::<lettre::Address>()
                .map_err(|_| wrong("is no mail address such as hanako@example.jp"))?;
        }
        (By::Webhook, Some(text)) if text.contains(char::is_whitespace) => {
            return Err(wrong("1 to 254 characters without blanks"));
        }
        (By::Webhook, Some(_)) => {}
    }
    Ok(Contact { by, address })
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRider {
    #[schema(example = "佐藤 ハル")]
    pub name: String,
    #[serde(default)]
    #[schema(example = "さとう はる")]
    pub furigana: String,
    pub phone: Option<String>,
    #[serde(default)]
    pub needs: NewNeeds,
    /// Registered places in the rider's order; the first is home.
    #[schema(example = json!(["place-2", "place-3"]))]
    pub places: Vec<String>,
    pub membership: Option<NewMembership>,
    /// 申し送り for the driver.
    pub note: Option<String>,
    /// By telephone if left out.
    pub contact: Option<NewContact>,
    /// Nobody if left out.
    pub family: Option<NewFamily>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddedPlace {
    #[schema(example = "place-4")]
    pub place: String,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WishKind {
    LeaveAt,
    ArriveBy,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWish {
    pub kind: WishKind,
    #[schema(value_type = String, example = "2026-11-24T10:00:00+09:00")]
    pub at: Timestamp,
}

fn one() -> u8 {
    1
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    #[schema(example = "rider-1")]
    pub rider: String,
    #[schema(example = "place-2")]
    pub from: String,
    #[schema(example = "place-3")]
    pub to: String,
    /// The rider and the escorts.
    #[serde(default = "one")]
    pub people: u8,
    pub wish: NewWish,
    #[schema(value_type = String, example = "phone")]
    pub channel: Channel,
    #[schema(value_type = Option<String>, example = "shopping")]
    pub purpose: Option<Purpose>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVehicleOfRide {
    /// Without one: whichever it fits best.
    #[schema(example = "vehicle-2")]
    pub vehicle: Option<String>,
    /// Only says what it would mean; nothing is changed.
    #[serde(default)]
    pub dry_run: bool,
}

/// A ride there and one back on the same day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoundTrip {
    pub there: NewRequest,
    /// When to go back; later than the way there.
    pub back: NewWish,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundTripAcceptance {
    /// An offer for the way there.
    #[schema(example = "offer-1")]
    pub there: String,
    /// An offer for the way back.
    #[schema(example = "offer-2")]
    pub back: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    #[schema(example = "offer-1")]
    pub offer: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFact {
    #[schema(value_type = String, example = "arrived")]
    pub fact: FactKind,
    /// None with `departed` and `arrived`: empty, to the base.
    #[schema(example = "request-77:pickup")]
    pub visit: Option<String>,
    #[schema(value_type = String, example = "2026-11-24T10:05:00+09:00")]
    pub at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    pub revision: u64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPosition {
    /// Counts up on the device.
    pub seq: u64,
    #[schema(value_type = String, example = "2026-11-24T10:05:00+09:00")]
    pub at: Timestamp,
    pub position: [f64; 2],
    #[serde(default)]
    pub accuracy_m: f64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAbsence {
    #[schema(example = "rider-12")]
    pub rider: String,
    #[schema(value_type = String, example = "2026-11-24")]
    pub day: ServiceDay,
    /// `whole_day`, `pickup_run` (comes alone) or `dropoff_run` (leaves alone).
    #[schema(value_type = String, example = "whole_day")]
    pub kind: AbsenceKind,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    #[schema(value_type = String, example = "2026-12-01")]
    pub effective_from: ServiceDay,
    #[schema(value_type = Vec<String>, example = json!(["member_on_run", "member_other_day", "guest_idle_vehicle"]))]
    pub allows: BTreeSet<RideClass>,
    #[schema(value_type = Option<String>, example = "guest")]
    pub other_day_member_counts_as: Option<CountsAs>,
    #[schema(example = json!(["08:30", "16:00"]))]
    pub guest_hours: Option<[String; 2]>,
    pub people_max: Option<u8>,
    pub ride_percent: Option<u32>,
    pub ride_plus_minutes: Option<i64>,
    pub wait_max_minutes: Option<i64>,
    pub offer_lasts_minutes: Option<i64>,
    pub wait_on_board_max_minutes: Option<i64>,
    /// By how much guests may delay a member against the day plan.
    pub member_delay_max_minutes: Option<i64>,
    /// Entitlements that are carried as guests; everybody who is registered where there is none.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["long_term_care", "support_required"]))]
    pub who: BTreeSet<Entitlement>,
    /// What guests pay; nothing without it.
    pub fare: Option<NewFare>,
    /// How long a vehicle waits at a door to which nobody comes; 5 by default.
    pub door_wait_minutes: Option<i64>,
    /// The law, notice or council decision it rests on.
    pub source: String,
    pub author: String,
}

/// What guests pay. `words` says which costs it covers (`actual_cost`), or under which registration it is taken
/// (`registered`).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum NewFare {
    Free,
    ActualCost { yen_per_km: u32, words: String },
    Registered { base_yen: u32, base_metres: u32, yen_per_km: u32, words: String },
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBaseMap {
    pub base_map: crate::base_map::BaseMap,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSpeed {
    /// Town seconds per real second, 0.1 to 600.
    pub speed: f64,
}

/// An id in the body; the field is named where it is not one.
pub fn id<T: std::str::FromStr>(field: &str, text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|e: T::Err| Problem::invalid(field, e.to_string()))
}

pub fn day_window(field: &str, pair: &[String; 2]) -> Result<DayWindow, Problem> {
    let time = |text: &str| DayTime::parse(text).map_err(|e| Problem::invalid(field, e.to_string()));
    DayWindow::new(time(&pair[0])?, time(&pair[1])?).map_err(|e| Problem::invalid(field, e.to_string()))
}

/// A text that people will read: neither empty nor endless.
pub fn text(field: &str, value: &str, max: usize) -> Result<String, Problem> {
    let value = value.trim();
    if value.is_empty() || value.chars().count() > max || value.chars().any(char::is_control) {
        return Err(Problem::invalid(field, format!("1 to {max} characters, no control characters")));
    }
    Ok(value.to_owned())
}

pub fn optional_text(field: &str, value: Option<&String>, max: usize) -> Result<Option<String>, Problem> {
    match value {
        Some(value) if !value.trim().is_empty() => text(field, value, max).map(Some),
        _ => Ok(None),
    }
}

pub fn minutes(field: &str, value: Option<i64>, default: Seconds, max: i64) -> Result<Seconds, Problem> {
    match value {
        None => Ok(default),
        Some(minutes) if (0..=max).contains(&minutes) => Ok(Seconds::minutes(minutes)),
        Some(minutes) => Err(Problem::invalid(field, format!("{minutes}; between 0 and {max} minutes"))),
    }
}
