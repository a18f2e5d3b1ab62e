//! What can be wrong with what the planner is given.

/// The world handed the planner something that is not a problem or a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A model whose parts contradict each other.
    #[error("{field}: {problem}; expected {expected}")]
    Model { field: String, problem: String, expected: String },
    /// A line of a text instance.
    #[error("line {line}: {problem}; expected {expected}")]
    Line { line: usize, problem: String, expected: String },
    /// A field of a JSON instance, by its path.
    #[error("{path}: {problem}; expected {expected}")]
    Field { path: String, problem: String, expected: String },
    /// Not JSON, or JSON of another shape.
    #[error("not a kuseki-problem-1 document: {0}")]
    Json(String),
    /// None of the known formats.
    #[error(
        "{0} is neither dial-a-ride text (Cordeau, Malheiros), nor pickup-and-delivery text (Li & Lim, Sartori & \
         Buriol), nor kuseki-problem-1"
    )]
    Format(String),
}
