//! A day under several policies: once without guests, and once for each step of what the policy may allow, all with the
//! same demand, so that the gain of each kind of idle seat is seen apart.

mod queue;
mod register;
mod day;
mod outcome;
mod report;

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{Event, Policy, RideClass};
use units::{DayTime, Seconds};

use crate::Fault;
use crate::behaviour::{DayScript, DriverBot, Manners};
use crate::scenario::Scenario;
use crate::town::draw_people;

pub use outcome::Outcome;
pub use report::{MemberDelay, Report};

/// Nanoseconds since any fixed point; the simulation itself reads no clock.
pub type Clock<'a> = &'a mut dyn FnMut() -> u64;

/// A policy of the comparison and what the day came to under it.
#[derive(Debug, Clone)]
pub struct Level {
    pub name: &'static str,
    pub allows: BTreeSet<RideClass>,
    pub outcome: Outcome,
}

/// The three steps, each with what the ones before it allow. The field report numbers them so.
const STEPS: [(&str, &[RideClass]); 3] = [
    ("(i)", &[RideClass::GuestIdleVehicle]),
    ("(i+ii)", &[RideClass::GuestIdleVehicle, RideClass::GuestEmptyLeg]),
    ("(i+ii+iii)", &[RideClass::GuestIdleVehicle, RideClass::GuestEmptyLeg, RideClass::GuestBesideMembers]),
];

/// Lives through the scenario's day under each policy. The same scenario and seed give the same report, byte for byte.
///
/// # Errors
/// Faults of the town, the log or the engine; what a run finds wrong with plans is in its [`Outcome`].
pub fn simulate(scenario: &Scenario, seed: u64, clock: Clock<'_>) -> Result<Report, Fault> {
    let town = roads::draw_town(scenario.town_seed)?;
    let people = draw_people(&town, scenario.town_seed)?;
    let script = DayScript::draw(&people, scenario, scenario.date, seed);
    let roads = Arc::new(town.roads);
    let registered_at = scenario.date.at(DayTime::hm(6, 0)) - Seconds::hours(24);
    let mut beginning = register::Beginning::register(&people, roads.clone(), registered_at)?;
    for behind in 1..=u64::from(scenario.days_behind) {
        let seed = seed.wrapping_add(behind << 32);
        let given = day::Given {
            roads: roads.clone(),
            log: beginning.copy()?,
            masters: &beginning.events,
            ids: &beginning.ids,
            script: &DayScript::draw(&people, scenario, scenario.date, seed),
            policy: scenario.policy.clone(),
            driver: DriverBot::new(seed, Manners::from(&scenario.noise)),
            seed,
            improve_steps: scenario.improve_steps,
            guests: true,
        };
        let missed = day::Day::live(given, &mut *clock)?.missed;
        beginning.remember(&Event::ForecastsMeasured { day: scenario.date, missed }, registered_at)?;
    }
    let mut run = |allows: &BTreeSet<RideClass>, guests: bool| {
        let given = day::Given {
            roads: roads.clone(),
            log: beginning.copy()?,
            masters: &beginning.events,
            ids: &beginning.ids,
            script: &script,
            policy: Policy { allows: allows.clone(), ..scenario.policy.clone() },
            driver: DriverBot::new(seed, Manners::from(&scenario.noise)),
            seed,
            improve_steps: scenario.improve_steps,
            guests,
        };
        day::Day::live(given, &mut *clock)
    };
    let without = run(&scenario.policy.allows, false)?;
    let mut levels = Vec::new();
    for (name, steps) in STEPS {
        let mut allows: BTreeSet<RideClass> = steps.iter().copied().collect();
        allows.extend([RideClass::MemberOnRun, RideClass::MemberOtherDay]);
        levels.push(Level { name, outcome: run(&allows, true)?, allows });
    }
    if !levels.iter().any(|level| level.allows == scenario.policy.allows) {
        let allows = scenario.policy.allows.clone();
        levels.push(Level { name: "own", outcome: run(&allows, true)?, allows });
    }
    Ok(Report::of(&report::Scene { scenario, people: &people, script: &script, seed }, without, levels))
}
