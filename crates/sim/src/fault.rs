//! How a scenario or a simulated day can fail, with what would be right.

use std::path::PathBuf;

/// The world failing, or a scenario that cannot be meant.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{}: the scenario cannot be read", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// The text is no TOML, lacks a field, or holds one that no scenario has; the source names it and its line.
    #[error("{origin}: this is not a scenario; see fixtures/scenarios for ones that are")]
    Malformed { origin: String, source: Box<toml::de::Error> },
    #[error("{origin}: {field} is {found}; it must be {expected}")]
    Invalid { origin: String, field: &'static str, found: String, expected: &'static str },
    #[error("the town has {found} plots for {kind}; {needed} are needed")]
    TooFewPlots { kind: &'static str, found: usize, needed: usize },
    #[error("a plot of the town lies off the roads")]
    OffRoad { source: roads::OffRoad },
    #[error("the town cannot be drawn")]
    Town(#[from] roads::Fault),
    #[error("the engine of the simulated day did not start")]
    Engine(#[from] dispatch::Fault),
    #[error("the log of the simulated day failed")]
    Log(#[from] store::Fault),
    #[error("the log of the simulated day failed")]
    Append(#[from] store::AppendError),
    #[error("the engine turned away {what}")]
    Turned { what: String, source: dispatch::Turned },
    #[error("an event cannot be stored: {detail}")]
    Stored { detail: String },
    #[error("the engine created nothing for {what}")]
    NothingCreated { what: String },
}
