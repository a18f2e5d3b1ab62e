//! What clients send about the plan of a day: care, drivers, sharing, joins, who is out, pins, and where a plan starts.

use std::collections::BTreeSet;

use domain::{
    Care, Direction, Entitlement, HandRun, JoinKind, NewDriver as Known, Pin, PlanStart, Seat, SeatWish,
    VehicleKind, Weekdays,
};
use serde::Deserialize;
use units::{DayTime, RiderId, ServiceDay, VehicleId, Weekday};
use utoipa::ToSchema;

use crate::input::{day_window, id};
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSeatWish {
    /// `front`, `behind_driver` or `near_door`; every vehicle has one of each.
    #[schema(value_type = String, example = "front")]
    pub seat: Seat,
    /// Two riders who must have the same seat do not ride together; a wish is only shown.
    #[serde(default)]
    pub must: bool,
}

/// Replaces what was set before; a field left out is unset.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCare {
    /// Not on board alone with the driver: another rider or an attendant is there on every leg.
    #[serde(default)]
    pub never_alone: bool,
    /// Riders who must not be on board at the same time; holds both ways.
    #[serde(default)]
    #[schema(example = json!(["rider-7"]))]
    pub not_with: Vec<String>,
    pub seat: Option<NewSeatWish>,
    /// By which the rider may be carried as a guest: `long_term_care`, `support_required`, `care_programme`, `disability`,
    /// `licence_returned`, `aged`.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["long_term_care"]))]
    pub entitlements: BTreeSet<Entitlement>,
}

impl NewCare {
    pub fn care(&self) -> Result<Care, Problem> {
        let not_with =
            self.not_with.iter().map(|r| id::<RiderId>("not_with", r)).collect::<Result<BTreeSet<_>, _>>()?;
        let seat = self.seat.as_ref().map(|s| SeatWish { seat: s.seat, must: s.must });
        Ok(Care { never_alone: self.never_alone, not_with, seat, entitlements: self.entitlements.clone() })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDriver {
    #[schema(example = "facility-1")]
    pub facility: String,
    #[schema(example = "田中 実")]
    pub name: String,
    pub phone: Option<String>,
    /// The largest vehicle he or she may drive: `kei`, `compact`, `minivan` or `van`.
    #[schema(value_type = String, example = "van")]
    pub licence: VehicleKind,
    #[schema(value_type = Vec<String>, example = json!(["mon", "tue", "wed", "thu", "fri"]))]
    pub weekdays: Vec<Weekday>,
    #[schema(example = json!([["07:30", "17:30"]]))]
    pub shifts: Vec<[String; 2]>,
    /// Spans in which he or she is needed in the facility (double duty).
    #[serde(default)]
    #[schema(example = json!([["09:45", "16:20"]]))]
    pub duties: Vec<[String; 2]>,
}

impl NewDriver {
    pub fn known(&self) -> Result<Known, Problem> {
        let spans = |field: &str, pairs: &[[String; 2]]| {
            pairs.iter().map(|pair| day_window(field, pair)).collect::<Result<Vec<_>, _>>()
        };
        Ok(Known {
            facility: id("facility", &self.facility)?,
            licence: self.licence,
            weekdays: Weekdays(self.weekdays.clone()),
            shifts: spans("shifts", &self.shifts)?,
            duties: spans("duties", &self.duties)?,
        })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSharing {
    /// These share their vehicles, and none with others; one alone shares with nobody.
    #[schema(example = json!(["facility-1", "facility-2"]))]
    pub facilities: Vec<String>,
}

fn both() -> JoinKind {
    JoinKind::Both
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJoin {
    #[schema(example = "rider-12")]
    pub rider: String,
    #[schema(value_type = String, example = "2026-11-24")]
    pub day: ServiceDay,
    /// `both` (the default), `pickup_run` or `dropoff_run`.
    #[serde(default = "both")]
    #[schema(value_type = String, example = "both")]
    pub kind: JoinKind,
}

/// A vehicle or a driver, one of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOutage {
    #[schema(example = "vehicle-3")]
    pub vehicle: Option<String>,
    pub driver: Option<String>,
    #[schema(value_type = String, example = "2026-11-24")]
    pub day: ServiceDay,
    /// True: out for the day; false: back.
    pub out: bool,
}

/// A vehicle, a time at home, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPin {
    #[schema(example = "vehicle-3")]
    pub vehicle: Option<String>,
    #[schema(example = "08:45")]
    pub at: Option<String>,
}

impl NewPin {
    pub fn pin(&self) -> Result<Pin, Problem> {
        let at = self.at.as_deref().map(DayTime::parse).transpose();
        Ok(Pin {
            vehicle: self.vehicle.as_deref().map(|v| id("vehicle", v)).transpose()?,
            at: at.map_err(|e| Problem::invalid("at", e.to_string()))?,
        })
    }
}

/// One run of a plan made by hand: the homes in the order of the drive.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    #[schema(example = "vehicle-1")]
    pub vehicle: String,
    #[schema(value_type = String, example = "pickup_run")]
    pub direction: Direction,
    #[schema(example = json!(["rider-3", "rider-8"]))]
    pub riders: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartKind {
    #[default]
    Fresh,
    /// The runs of the same weekday as they were last driven.
    LastTime,
    /// The runs that are given.
    Runs,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDayPlan {
    #[schema(example = "facility-1")]
    pub facility: String,
    #[schema(value_type = String, example = "2026-11-24")]
    pub day: ServiceDay,
    /// Where the plan starts; what it starts with stays where nothing speaks against it.
    #[serde(default)]
    pub start: StartKind,
    #[serde(default)]
    pub runs: Vec<NewRun>,
}

impl NewDayPlan {
    pub fn plan_start(&self) -> Result<PlanStart, Problem> {
        match (self.start, self.runs.is_empty()) {
            (StartKind::Fresh, true) => Ok(PlanStart::Fresh),
            (StartKind::LastTime, true) => Ok(PlanStart::LastTime),
            (StartKind::Runs, true) => {
                Err(Problem::invalid("runs", "none is given; give the runs to start with"))
            }
            (StartKind::Runs, false) => {
                let run = |run: &NewRun| -> Result<HandRun, Problem> {
                    let riders = run.riders.iter().map(|r| id("runs.riders", r)).collect::<Result<_, _>>()?;
                    let vehicle: VehicleId = id("runs.vehicle", &run.vehicle)?;
                    Ok(HandRun { vehicle, direction: run.direction, riders })
                };
                self.runs.iter().map(run).collect::<Result<_, _>>().map(PlanStart::Hand)
            }
            _ => Err(Problem::invalid("start", "runs are given; `start` is then `runs`")),
        }
    }
}
