//! Problems read from files, and solutions written in the form their checkers read.
//!
//! Two formats: the Cordeau dial-a-ride text in both header conventions ([`darp`]), and kuseki-problem-1 in JSON
//! ([`kuseki`]). Text in, text out: opening files is the caller's business.

mod darp;
mod dynamic;
mod kuseki;

use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::model::Model;
use crate::plan::Plan;
use crate::travel::Matrix;

/// Ticks per unit of a Cordeau instance: distances are rounded to 1e-9, far below the tolerance of checkers.
pub const DARP_TICKS: i64 = 1_000_000_000;

/// A problem with what is needed to write its solutions.
#[derive(Debug, Clone)]
pub struct Instance {
    pub name: String,
    pub model: Model<Matrix>,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// Position of every node of the matrix, in the file's unit.
    Darp {
        points: Vec<(f64, f64)>,
    },
    Kuseki {
        vehicles: Vec<Value>,
        requests: Vec<Value>,
    },
}

impl Instance {
    /// Reads either format; `name` is used where the file has none, and in errors.
    pub fn parse(name: &str, text: &str) -> Result<Instance, Fault> {
        match text.trim_start().chars().next() {
            Some('{') if dynamic::is_dynamic(text) => {
                dynamic::parse(name, text).map(|(instance, _)| instance)
            }
            Some('{') => kuseki::parse(text),
            Some(c) if c.is_ascii_digit() => darp::parse(name, text),
            _ => Err(Fault::Format(name.to_owned())),
        }
    }

    /// The true length of the plan's routes in double precision, recomputed from coordinates; `None` where the
    /// problem has none and the integer cost is the true one.
    pub fn length(&self, plan: &Plan) -> Option<f64> {
        match &self.form {
            Form::Darp { points } => Some(darp::length(&self.model, points, plan)),
            Form::Kuseki { .. } => None,
        }
    }

    /// The solution in the form of the instance's checker, with further keys behind its own.
    pub fn solution(&self, plan: &Plan, extra: Map<String, Value>) -> Value {
        let mut document = match &self.form {
            Form::Darp { .. } => darp::solution(&self.model, plan),
            Form::Kuseki { vehicles, requests } => kuseki::solution(vehicles, requests, plan),
        };
        document.extend(extra);
        Value::Object(document)
    }

    /// Reads a solution in the same form back into a plan. Nothing is judged; see [`Plan::judge`].
    pub fn read_solution(&self, text: &str) -> Result<Plan, Fault> {
        let document: Value = serde_json::from_str(text).map_err(|e| Fault::Json(e.to_string()))?;
        match &self.form {
            Form::Darp { .. } => darp::read_solution(&self.model, &document),
            Form::Kuseki { vehicles, requests } => {
                kuseki::read_solution(&self.model, vehicles, requests, &document)
            }
        }
    }
}

fn field(path: impl Into<String>, problem: impl Into<String>, expected: &str) -> Fault {
    Fault::Field { path: path.into(), problem: problem.into(), expected: expected.to_owned() }
}
