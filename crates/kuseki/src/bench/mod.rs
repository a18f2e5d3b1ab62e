//! `kuseki bench`: figures that anyone can measure again. Each prints one line of JSON.

mod insertion;
mod stream;

use clap::Subcommand;

use crate::fault::Fault;

#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Time per request of live insertion in a stream of requests: answer, plan kept, time moved on.
    Insertion(insertion::Arguments),
}

pub fn run(command: &Bench) -> Result<(), Fault> {
    match command {
        Bench::Insertion(arguments) => insertion::run(arguments),
    }
}
