//! Why a command was not carried out. A rejection is an answer, a fault is the world failing, a bug is ours.

use domain::{LogFault, Rejection};
use planner::LiveFault;

/// What a caller gets instead of a reply. In every case nothing of the command was applied.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Turned {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The key was used before for another command.
    #[error("the idempotency key `{key}` was used for another command; use a fresh key")]
    KeyReused { key: String },
    /// The submission's condition does not hold.
    #[error("it has changed since it was read")]
    Overtaken,
    /// The inbox is full.
    #[error("the engine is busy; try again in {retry_after_seconds} s")]
    Busy { retry_after_seconds: u64 },
    /// The disk or another owner; the words are for the operator.
    #[error("{outside}")]
    Unavailable { outside: String },
    /// Engine and judge disagree, or the state contradicts itself. Logged with what is needed to replay it.
    #[error("the plan was refused by the independent check: {detail}")]
    Bug { detail: String },
}

impl From<LiveFault> for Turned {
    fn from(fault: LiveFault) -> Turned {
        Turned::Bug { detail: fault.to_string() }
    }
}

impl From<LogFault> for Turned {
    fn from(fault: LogFault) -> Turned {
        Turned::Bug { detail: fault.to_string() }
    }
}

/// Why an engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("the log of {area} cannot be read")]
    Log { area: units::AreaId, source: store::Fault },
    #[error("event {version} of {area} cannot be understood: {detail}")]
    Event { area: units::AreaId, version: u64, detail: String },
    #[error(
        "{place} lies at {node}, which this road network does not have; open it with the roads file it was made with"
    )]
    OtherRoads { place: units::PlaceId, node: units::Node },
    #[error("the engine's thread could not be started")]
    Thread(#[from] std::io::Error),
}
