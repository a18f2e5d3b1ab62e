//! `kuseki bench`: figures that anyone can measure again.

mod day_plan;
mod engine;
mod insertion;
mod map;
mod quality;
mod roads;
mod service;
mod startup;
mod stream;

use clap::Subcommand;

use crate::fault::Fault;

#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Time per request of live insertion in a stream of requests: answer, plan kept, time moved on. One line of JSON.
    Insertion(insertion::Arguments),
    /// Solves sets of instances, compares with the best known values and with other solvers, and prints a table.
    Quality(quality::Arguments),
    /// Cuts every tile of a roads file's map and tells the time and the size by zoom level.
    Map(map::Arguments),
    /// Plans a drawn facility's day, compares with a longer search, and changes it the same morning. One line of JSON.
    DayPlan(day_plan::Arguments),
    /// Time per wish and per accepted offer in the live engine with a whole region's fleet. One line of JSON.
    Engine(engine::Arguments),
    /// Starts the server as a process of its own and asks it over loopback: wishes, acceptances, sockets, positions, restart.
    /// One line of JSON.
    Service(service::Arguments),
    /// Writes a log of so many days of a fleet and starts the server on it, without and with snapshots. One line of JSON.
    Startup(startup::Arguments),
    /// Loads a roads file and measures its questions: one to one, paths, tables, standing buckets. One line of JSON.
    Roads(roads::Arguments),
}

pub fn run(command: &Bench) -> Result<(), Fault> {
    match command {
        Bench::Insertion(arguments) => insertion::run(arguments),
        Bench::Quality(arguments) => quality::run(arguments),
        Bench::Map(arguments) => map::run(arguments),
        Bench::DayPlan(arguments) => day_plan::run(arguments),
        Bench::Engine(arguments) => engine::run(arguments),
        Bench::Service(arguments) => service::run(arguments),
        Bench::Startup(arguments) => startup::run(arguments),
        Bench::Roads(arguments) => roads::run(arguments),
    }
}
