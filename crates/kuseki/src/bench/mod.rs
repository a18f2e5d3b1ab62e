//! `kuseki bench`: what the product's own parts reach, and in what time. Each prints one JSON line.

mod day_plan;

use crate::fault::Fault;

#[derive(Debug, clap::Subcommand)]
pub enum Bench {
    /// Plans a drawn facility's day, compares with a longer search, and changes it the same morning.
    DayPlan(day_plan::Arguments),
}

pub fn run(bench: &Bench) -> Result<(), Fault> {
    match bench {
        Bench::DayPlan(arguments) => day_plan::run(arguments),
    }
}
