//! The command line of kuseki. Wires the rooms together and does nothing else.

mod fault;
mod serve;
mod notify_options;
mod demo;
mod simulate;
mod solve;
mod stopwatch;
mod online;
mod lists;
mod accounts;
mod roads_command;
mod learn;
mod bench;
mod conformance;
mod follow;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Finds the idle seats of a town's day-service shuttles and gives them to older people who need a ride.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// Without one, the demo starts.
    #[command(subcommand)]
    command: Option<Subcommands>,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Shows a drawn town at work in the browser.
    Demo(demo::Arguments),
    /// Serves a real town.
    Serve(serve::Arguments),
    /// Lives one scenario day through under a virtual clock and prints its report.
    Simulate(simulate::Arguments),
    /// Solves an instance file: dial-a-ride, pickup and delivery, or kuseki-problem-1.
    Solve(solve::Arguments),
    /// Measures what the parts of the product reach, and in what time.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Works on road networks.
    #[command(subcommand)]
    Roads(roads_command::Roads),
    /// Takes a list of masters (riders, places, vehicles, …) in from a CSV file, or says what is wrong with it.
    Import(lists::Import),
    /// Writes a list of masters as CSV.
    Export(lists::Export),
    /// Keeps who may sign in to a server, while it is not running.
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// Prints the OpenAPI document of the HTTP API.
    Openapi,
    /// Prints the AsyncAPI document of the WebSocket, as YAML.
    Asyncapi,
    /// Tries the WebSocket's protocol on a running server.
    Conformance(conformance::Arguments),
    /// Prints what a running server tells on the WebSocket.
    Follow(follow::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done =
        match arguments.command.unwrap_or_else(|| Subcommands::Demo(demo::Arguments::parse_from(["demo"]))) {
            Subcommands::Demo(arguments) => demo::run(&arguments),
            Subcommands::Serve(arguments) => serve::run(&arguments),
            Subcommands::Simulate(arguments) => simulate::run(&arguments),
            Subcommands::Solve(arguments) => solve::run(&arguments),
            Subcommands::Bench(command) => bench::run(&command),
            Subcommands::Roads(command) => roads_command::run(&command),
            Subcommands::Import(arguments) => lists::import(&arguments),
            Subcommands::Export(arguments) => lists::export(&arguments),
            Subcommands::Conformance(arguments) => conformance::run(&arguments),
            Subcommands::Follow(arguments) => follow::run(&arguments),
            Subcommands::Asyncapi => {
                print!("{}", server::asyncapi_yaml());
                Ok(())
            }
            Subcommands::Accounts(command) => accounts::run(&command),
            Subcommands::Openapi => {
                println!("{}", server::openapi());
                Ok(())
            }
        };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("kuseki: {}", fault::chain(&fault));
            ExitCode::FAILURE
        }
    }
}
