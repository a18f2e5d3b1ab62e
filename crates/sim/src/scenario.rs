//! A scenario: which town, which day, how much is asked for, how the world deviates, and the policy in force.

use std::collections::BTreeSet;
use std::path::Path;

use domain::{CountsAs, Fare, Policy, RideClass};
use serde::Deserialize;
use units::{DayWindow, ServiceDay};

use crate::Fault;

/// A day to be lived through. Shares are per mille or percent, so that draws stay in whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    pub name: String,
    /// What it stands for, and which of its numbers are assumptions; printed at the head of the report.
    pub about: String,
    pub date: ServiceDay,
    /// Draws the town and its people.
    pub town_seed: u64,
    pub demand: Demand,
    pub members: Members,
    pub noise: Noise,
    pub policy: Policy,
    /// Steps of background search for a better plan, after each change of it; 0 for none.
    pub improve_steps: u64,
    /// Days lived through beforehand, so that the intervals of forecasts rest on something.
    pub days_behind: u32,
}

/// What the live service spends on one search.
pub const IMPROVE_STEPS: u64 = 600;

/// Wishes for rides other than places on runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Rides asked for per registrant and day, in millionths; both ways count.
    pub rides_per_million: u64,
    pub phone_percent: u32,
    pub two_people_percent: u32,
    /// How many ask for a ride back as well.
    pub way_back_percent: u32,
    pub cancel_per_mille: u32,
    pub no_show_per_mille: u32,
    /// Weights of shopping, medical, leisure and other purposes.
    pub purposes: [u64; 4],
}

/// How members keep to their days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Members {
    pub absence_per_mille: u32,
    pub no_show_per_mille: u32,
}

/// How drives and door times deviate from what is planned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noise {
    /// Shortest and longest drive in percent of the nominal one.
    pub drive_percent: (i64, i64),
    /// Further percent on drives begun in the morning and evening peaks.
    pub peak_percent: i64,
    pub door_percent: (i64, i64),
    /// Doors with a long wait, and how long that is.
    pub late_door_percent: u32,
    pub late_door_seconds: i64,
}

/// The file as it is written. Unknown fields are refused, so that a misspelt one is not silently a default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    about: String,
    date: ServiceDay,
    town_seed: u64,
    demand: DemandFile,
    members: MembersFile,
    noise: NoiseFile,
    policy: PolicyFile,
    #[serde(default)]
    improve_steps: u64,
    #[serde(default)]
    days_behind: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemandFile {
    rides_per_registrant: f64,
    phone_percent: u32,
    two_people_percent: u32,
    way_back_percent: u32,
    cancel_per_mille: u32,
    no_show_per_mille: u32,
    purposes: PurposesFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurposesFile {
    shopping: u64,
    medical: u64,
    leisure: u64,
    other: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MembersFile {
    absence_per_mille: u32,
    no_show_per_mille: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoiseFile {
    drive_percent: (i64, i64),
    peak_percent: i64,
    door_percent: (i64, i64),
    late_door_percent: u32,
    late_door_seconds: i64,
}

/// What the scenario's area has decided; the rest is the national reading.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    allows: BTreeSet<RideClass>,
    other_day_member_counts_as: CountsAs,
    guest_hours: DayWindow,
    people_max: u8,
    source: String,
}

/// A field, what it holds, the closed range that it may hold, and that range in words.
type Bound = (&'static str, i64, (i64, i64), &'static str);

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// The fault names the file and the field, and says what it should hold.
    pub fn open(path: &Path) -> Result<Scenario, Fault> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Fault::Unreadable { path: path.to_owned(), source })?;
        Scenario::parse(&text, &path.display().to_string())
    }

    /// Reads a scenario from text; `origin` names it in errors.
    ///
    /// # Errors
    /// As [`Scenario::open`].
    pub fn parse(text: &str, origin: &str) -> Result<Scenario, Fault> {
        let malformed = |source| Fault::Malformed { origin: origin.to_owned(), source: Box::new(source) };
        let file: File = toml::from_str(text).map_err(malformed)?;
        check(&file, origin)?;
        let DemandFile { purposes, .. } = &file.demand;
        let policy = Policy {
            allows: file.policy.allows,
            who: BTreeSet::new(),
            fare: Fare::Free,
            other_day_member_counts_as: file.policy.other_day_member_counts_as,
            guest_hours: file.policy.guest_hours,
            people_max: file.policy.people_max,
            source: file.policy.source,
            author: format!("scenario {}", file.name),
            ..Policy::national(file.date)
        };
        Ok(Scenario {
            name: file.name,
            about: file.about,
            date: file.date,
            town_seed: file.town_seed,
            demand: Demand {
                rides_per_million: (file.demand.rides_per_registrant * 1e6).round() as u64,
                phone_percent: file.demand.phone_percent,
                two_people_percent: file.demand.two_people_percent,
                way_back_percent: file.demand.way_back_percent,
                cancel_per_mille: file.demand.cancel_per_mille,
                no_show_per_mille: file.demand.no_show_per_mille,
                purposes: [purposes.shopping, purposes.medical, purposes.leisure, purposes.other],
            },
            members: Members {
                absence_per_mille: file.members.absence_per_mille,
                no_show_per_mille: file.members.no_show_per_mille,
            },
            noise: Noise {
                drive_percent: file.noise.drive_percent,
                peak_percent: file.noise.peak_percent,
                door_percent: file.noise.door_percent,
                late_door_percent: file.noise.late_door_percent,
                late_door_seconds: file.noise.late_door_seconds,
            },
            policy,
            improve_steps: file.improve_steps,
            days_behind: file.days_behind,
        })
    }
}

fn check(file: &File, origin: &str) -> Result<(), Fault> {
    let invalid = |field, found: String, expected| {
        Err(Fault::Invalid { origin: origin.to_owned(), field, found, expected })
    };
    let (demand, members, noise) = (&file.demand, &file.members, &file.noise);
    let rides = demand.rides_per_registrant;
    if !(0.0..=10.0).contains(&rides) {
        return invalid("demand.rides_per_registrant", rides.to_string(), "between 0 and 10 rides a day");
    }
    const PERCENT: ((i64, i64), &str) = ((0, 100), "between 0 and 100");
    const PER_MILLE: ((i64, i64), &str) = ((0, 1000), "between 0 and 1000");
    let factor = "two percentages from 50 to 300, the smaller one first";
    let bounds: [Bound; 13] = [
        ("demand.phone_percent", demand.phone_percent.into(), PERCENT.0, PERCENT.1),
        ("demand.two_people_percent", demand.two_people_percent.into(), PERCENT.0, PERCENT.1),
        ("demand.way_back_percent", demand.way_back_percent.into(), PERCENT.0, PERCENT.1),
        ("demand.cancel_per_mille", demand.cancel_per_mille.into(), PER_MILLE.0, PER_MILLE.1),
        ("demand.no_show_per_mille", demand.no_show_per_mille.into(), PER_MILLE.0, PER_MILLE.1),
        ("members.absence_per_mille", members.absence_per_mille.into(), PER_MILLE.0, PER_MILLE.1),
        ("members.no_show_per_mille", members.no_show_per_mille.into(), PER_MILLE.0, PER_MILLE.1),
        ("noise.drive_percent", noise.drive_percent.0, (50, noise.drive_percent.1.min(300)), factor),
        ("noise.drive_percent", noise.drive_percent.1, (50, 300), factor),
        ("noise.peak_percent", noise.peak_percent, (0, 100), "between 0 and 100, on top of the drive"),
        ("noise.door_percent", noise.door_percent.0, (50, noise.door_percent.1.min(300)), factor),
        ("noise.door_percent", noise.door_percent.1, (50, 300), factor),
        ("noise.late_door_percent", noise.late_door_percent.into(), PERCENT.0, PERCENT.1),
    ];
    for (field, found, (low, high), expected) in bounds {
        if found < low || found > high {
            return invalid(field, found.to_string(), expected);
        }
    }
    if !(0..=1800).contains(&noise.late_door_seconds) {
        return invalid("noise.late_door_seconds", noise.late_door_seconds.to_string(), "between 0 and 1800");
    }
    let purposes = &demand.purposes;
    let weights = [purposes.shopping, purposes.medical, purposes.leisure, purposes.other];
    if weights.iter().all(|w| *w == 0) || weights.iter().any(|w| *w > 1_000_000) {
        return invalid(
            "demand.purposes",
            format!("{weights:?}"),
            "weights up to 1000000, at least one above 0",
        );
    }
    if file.improve_steps > 1_000_000 {
        return invalid("improve_steps", file.improve_steps.to_string(), "between 0 and 1000000");
    }
    if file.days_behind > 100 {
        return invalid("days_behind", file.days_behind.to_string(), "between 0 and 100");
    }
    if file.policy.people_max == 0 {
        return invalid("policy.people_max", "0".to_owned(), "1 or more");
    }
    if file.policy.source.trim().is_empty() {
        return invalid(
            "policy.source",
            "empty".to_owned(),
            "the law, notice or decision that the policy rests on",
        );
    }
    Ok(())
}
