//! Problems read from files, and solutions written in the form their checkers read.
//!
//! | format | module |
//! |---|---|
//! | Cordeau's dial-a-ride text in both header conventions | [`darp`] |
//! | heterogeneous dial-a-ride text (Parragh 2011, Malheiros et al. 2021) | [`hetero`] |
//! | pickup and delivery: Li & Lim (2001), Sartori & Buriol (2020) | [`pdptw`] |
//! | dynamic dial-a-ride in JSON (Eccel 2020) | [`dynamic`] |
//! | kuseki-problem-1 in JSON | [`kuseki`] |
//!
//! The content tells the format, never the file's name. Text in, text out: opening files is the caller's business.

mod darp;
mod dynamic;
mod fewest;
mod hetero;
mod kuseki;
mod nodes;
mod pdptw;
mod text;

use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::model::Model;
use crate::plan::Plan;
use crate::route::Broken;
use crate::travel::Matrix;

/// Ticks per unit of a text instance: distances are rounded to 1e-9, far below the tolerance of checkers.
pub const DARP_TICKS: i64 = 1_000_000_000;

/// Where the vehicles of a dial-a-ride text stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depots {
    /// As is usual for the format: the file's depot, for heterogeneous fleets the four depots.
    #[default]
    Usual,
    /// At the depot of the file.
    File,
    /// Vehicle `k` at depot `k mod 4` of (-5,-5), (5,5), (-5,5), (5,-5) (Braekers et al. 2014).
    Four,
}

/// A problem with what is needed to write its solutions.
#[derive(Debug, Clone)]
pub struct Instance {
    pub name: String,
    pub model: Model<Matrix>,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    Nodes(nodes::Nodes),
    Kuseki { vehicles: Vec<Value>, requests: Vec<Value> },
}

impl Instance {
    /// Reads any of the formats; `name` is used where the file has none, and in errors.
    pub fn parse(name: &str, text: &str) -> Result<Instance, Fault> {
        Instance::parse_at(name, text, Depots::Usual)
    }

    /// As [`Instance::parse`], with the vehicles at the depots given. Fails for formats without that choice.
    pub fn parse_at(name: &str, text: &str, depots: Depots) -> Result<Instance, Fault> {
        let unknown = || Fault::Format(name.to_owned());
        let format = find_format(text).ok_or_else(unknown)?;
        let mut instance = match format {
            Format::Darp => darp::parse(name, text, depots),
            Format::Hetero => hetero::parse(name, text, depots),
            _ if depots != Depots::Usual => {
                Err(field("depots", "a choice", "none: this format gives its depots itself"))
            }
            Format::LiLim => pdptw::parse_li_lim(name, text),
            Format::SartoriBuriol => pdptw::parse_sartori_buriol(name, text),
            Format::Dynamic => dynamic::parse(name, text).map(|(instance, _)| instance),
            Format::Kuseki => kuseki::parse(text),
        }?;
        instance.model.tighten();
        Ok(instance)
    }

    /// The true length of the plan's routes in the file's unit and double precision, recomputed from coordinates
    /// where there are any; without the price of vehicles. `None` where the integer cost is the true one.
    pub fn length(&self, plan: &Plan) -> Option<f64> {
        match &self.form {
            Form::Nodes(nodes) => Some(nodes.length(&self.model, plan)),
            Form::Kuseki { .. } => None,
        }
    }

    /// Whether the fewest vehicles are wanted before the least cost. They are then all alike, and each costs more
    /// than any plan drives.
    pub fn fewest_vehicles(&self) -> bool {
        matches!(&self.form, Form::Nodes(nodes) if nodes.fewest)
    }

    /// Searches where the fewest vehicles are wanted first; see [`Instance::fewest_vehicles`]. `spent` is told the
    /// steps taken so far and says how many thousandths of the budget are gone; at 1000 the search ends. Gives the best
    /// plan and the steps; the same answers of `spent` and the same seed give the same plan.
    pub fn solve_fewest(&self, seed: u64, spent: impl FnMut(u64) -> u32) -> Result<(Plan, u64), Vec<Broken>> {
        fewest::solve(&self.model, seed, spent)
    }

    /// The solution in the form of the instance's checker, with further keys behind its own.
    pub fn solution(&self, plan: &Plan, extra: Map<String, Value>) -> Value {
        let mut document = match &self.form {
            Form::Nodes(nodes) => nodes.solution(&self.model, plan),
            Form::Kuseki { vehicles, requests } => kuseki::solution(vehicles, requests, plan),
        };
        document.extend(extra);
        Value::Object(document)
    }

    /// Reads a solution in the same form back into a plan; for the text formats also the published form `Route 1 :
    /// 3 5 8`. Nothing is judged; see [`Plan::judge`].
    pub fn read_solution(&self, text: &str) -> Result<Plan, Fault> {
        match &self.form {
            Form::Nodes(nodes) => nodes.read_solution(&self.model, text),
            Form::Kuseki { vehicles, requests } => {
                let document: Value = serde_json::from_str(text).map_err(|e| Fault::Json(e.to_string()))?;
                kuseki::read_solution(&self.model, vehicles, requests, &document)
            }
        }
    }
}

enum Format {
    Darp,
    Hetero,
    LiLim,
    SartoriBuriol,
    Dynamic,
    Kuseki,
}

/// By the first lines: a brace, a head of `KEY: value`, or the number of numbers in a row.
fn find_format(text: &str) -> Option<Format> {
    let mut lines = text::lines(text).map(|(_, line)| line);
    let first = lines.next()?;
    let columns = |line: &str| line.split_whitespace().count();
    if first.starts_with('{') {
        Some(if dynamic::is_dynamic(text) { Format::Dynamic } else { Format::Kuseki })
    } else if first.split_once(':').is_some_and(|(key, _)| HEAD_KEYS.contains(&key.trim())) {
        Some(Format::SartoriBuriol)
    } else if !first.starts_with(|c: char| c.is_ascii_digit()) {
        None
    } else {
        // A head that lost a number is still told by the rows below it.
        Some(match (columns(first), lines.next().map_or(0, columns)) {
            (5, _) | (_, 7) => Format::Darp,
            (2, _) | (_, 5 | 11) => Format::Hetero,
            (3, _) | (_, 9) => Format::LiLim,
            _ => Format::Darp,
        })
    }
}

/// How a file of Sartori & Buriol may begin.
const HEAD_KEYS: [&str; 10] = [
    "NAME",
    "LOCATION",
    "COMMENT",
    "TYPE",
    "SIZE",
    "DISTRIBUTION",
    "DEPOT",
    "ROUTE-TIME",
    "TIME-WINDOW",
    "CAPACITY",
];

fn field(path: impl Into<String>, problem: impl Into<String>, expected: &str) -> Fault {
    Fault::Field { path: path.into(), problem: problem.into(), expected: expected.to_owned() }
}
