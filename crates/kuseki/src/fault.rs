//! Why a command of the line could not be carried out; printed once, as a chain of causes.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Store(#[from] store::Fault),
    #[error(transparent)]
    Dispatch(#[from] dispatch::Fault),
    #[error(transparent)]
    Roads(#[from] roads::Fault),
    #[error(transparent)]
    Sim(#[from] sim::Fault),
    #[error(transparent)]
    Planner(#[from] planner::Fault),
    #[error(transparent)]
    Online(#[from] planner::online::OnlineFault),
    #[error("{} cannot be read or written", .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}", .path.display())]
    Instance { path: PathBuf, source: Box<Fault> },
    #[error("{address} cannot be listened on; give another with --listen or --port")]
    Listen { address: String, source: std::io::Error },
    #[error("the runtime could not be started")]
    Runtime(#[source] std::io::Error),
    #[error("metrics could not be set up")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    #[error("the demo's phones were answered {status} by {path}: {body}")]
    Phone { path: String, status: u16, body: String },
    #[error("the demo's phones cannot reach {path}")]
    Unreachable { path: String, source: reqwest::Error },
    #[error("{0}")]
    Usage(String),
}

/// An error with all its causes on one line, each said once.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = next.source();
    }
    text
}
