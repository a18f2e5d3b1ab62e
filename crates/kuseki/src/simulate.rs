//! `kuseki simulate`: one scenario day under a virtual clock, the same engine, no sockets.

use std::path::PathBuf;
use std::time::Instant;

use sim::Scenario;

use crate::fault::Fault;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A scenario, such as fixtures/scenarios/provincial-town.toml.
    scenario: PathBuf,
    /// Draws what happens; the same seed prints the same report, byte for byte.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Steps of background search for a better plan, whenever it has changed; 0 for none. Without it the
    /// scenario's own.
    #[arg(long)]
    improve_steps: Option<u64>,
    /// Days lived through beforehand, so that the intervals of forecasts rest on something. Without it the scenario's own.
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=100))]
    days_behind: Option<u32>,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    crate::serve::start_logging();
    let mut scenario = Scenario::open(&arguments.scenario)?;
    scenario.improve_steps = arguments.improve_steps.unwrap_or(scenario.improve_steps);
    scenario.days_behind = arguments.days_behind.unwrap_or(scenario.days_behind);
    let begin = Instant::now();
    let mut stopwatch = || begin.elapsed().as_nanos() as u64;
    let report = sim::simulate(&scenario, arguments.seed, &mut stopwatch)?;
    print!("{report}");
    // Wall-clock times differ from run to run, so they are not part of the report.
    let mut nanos = report.own().outcome.nanos.clone();
    nanos.sort_unstable();
    if let (Some(median), Some(max)) = (nanos.get(nanos.len() / 2), nanos.last()) {
        eprintln!("computing time per request: median {} us, maximum {} us", median / 1_000, max / 1_000);
    }
    eprintln!("simulated in {:.2} s", begin.elapsed().as_secs_f64());
    Ok(())
}
