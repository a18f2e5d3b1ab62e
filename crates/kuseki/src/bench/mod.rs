//! `kuseki bench`: figures about the planner that anybody can repeat.

mod quality;

use crate::fault::Fault;

#[derive(Debug, clap::Subcommand)]
pub enum Bench {
    /// Solves sets of instances, compares with the best known values and with other solvers, and prints a table.
    Quality(quality::Arguments),
}

pub fn run(command: &Bench) -> Result<(), Fault> {
    match command {
        Bench::Quality(arguments) => quality::run(arguments),
    }
}
