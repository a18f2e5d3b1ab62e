//! The table of all answers, and its averages per set and solver.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Case, Outcome, Solver, Task};

/// All answers of one solver on one case.
struct Row<'a> {
    case: &'a Case,
    solver: &'a str,
    outcomes: Vec<&'a Outcome>,
    /// What gaps are counted from: vehicles where they count first, and cost.
    base: Option<(Option<usize>, f64)>,
}

pub struct Report<'a> {
    rows: Vec<Row<'a>>,
    sets: Vec<&'a str>,
    solvers: Vec<&'a str>,
}

/// Averages of what a solver did on a set.
#[derive(Default)]
struct Average {
    cases: usize,
    runs: usize,
    whole: usize,
    unserved: usize,
    wrong: usize,
    cost: Option<f64>,
    gap: Option<f64>,
    gap_best: Option<f64>,
    more_vehicles: Option<f64>,
    seconds: f64,
    steps: Option<f64>,
    only_said: bool,
}

impl Outcome {
    /// An answer that counts: it holds as far as could be judged, and leaves nobody out.
    fn counts(&self) -> bool {
        self.cost.is_some() && self.faults.is_empty() && self.unserved == 0
    }
}

impl<'a> Row<'a> {
    fn counting(&self) -> impl Iterator<Item = &'a Outcome> {
        self.outcomes.iter().copied().filter(|o| o.counts())
    }

    fn costs(&self) -> Vec<f64> {
        self.counting().filter_map(|o| o.cost).collect()
    }

    /// The best answer: fewest vehicles where they count first, then cost.
    fn best(&self) -> Option<&'a Outcome> {
        let first = self.case.instance.fewest_vehicles();
        let key = |o: &Outcome| (o.vehicles.filter(|_| first).unwrap_or(0), o.cost.unwrap_or(f64::INFINITY));
        self.counting().min_by(|a, b| {
            let (a, b) = (key(a), key(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        })
    }

    /// Percent above the base; only between plans with as many vehicles where these count first.
    fn gap(&self, outcome: &Outcome) -> Option<f64> {
        let (vehicles, cost) = self.base?;
        let alike = vehicles.is_none() || vehicles == outcome.vehicles;
        (alike && cost > 0.0).then_some(100.0 * (outcome.cost? - cost) / cost)
    }

    /// The average gap; nothing if some answer cannot be compared.
    fn gap_average(&self) -> Option<f64> {
        let gaps: Option<Vec<f64>> = self.counting().map(|o| self.gap(o)).collect();
        gaps.and_then(|gaps| mean(&gaps))
    }

    /// Vehicles above the base, on average.
    fn more_vehicles(&self) -> Option<f64> {
        let base = self.base?.0? as f64;
        mean(&self.counting().filter_map(|o| Some(o.vehicles? as f64 - base)).collect::<Vec<_>>())
    }

    fn steps(&self) -> Option<f64> {
        mean(&self.outcomes.iter().filter_map(|o| Some(o.steps? as f64)).collect::<Vec<_>>())
    }

    fn seconds(&self) -> f64 {
        mean(&self.outcomes.iter().map(|o| o.seconds).collect::<Vec<_>>()).unwrap_or(0.0)
    }

    fn notes(&self) -> String {
        let mut notes = Vec::new();
        if let Some(more) = self.more_vehicles().filter(|more| *more != 0.0) {
            notes.push(format!("{more:+.2} vehicles"));
        }
        let left_out: usize = self.outcomes.iter().map(|o| o.unserved).sum();
        if left_out > 0 {
            notes.push(format!("{left_out} unserved"));
        }
        if self.outcomes.iter().any(|o| o.cost.is_some() && !o.judged) {
            notes.push("cost as said".to_owned());
        }
        let wrong: Vec<&str> =
            self.outcomes.iter().flat_map(|o| o.faults.iter().map(String::as_str)).collect();
        if let Some(first) = wrong.first() {
            notes.push(format!("WRONG ({}): {first}", wrong.len()));
        }
        notes.join("; ")
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

impl<'a> Report<'a> {
    pub fn new(
        cases: &'a [Case],
        solvers: &'a [Solver],
        tasks: &[Task],
        outcomes: &'a [Outcome],
    ) -> Report<'a> {
        let mut rows = Vec::new();
        for (c, case) in cases.iter().enumerate() {
            let first = rows.len();
            for (s, solver) in solvers.iter().enumerate() {
                let here = |(task, _): &(&Task, &Outcome)| task.case == c && task.solver == s;
                let outcomes = tasks.iter().zip(outcomes).filter(here).map(|(_, outcome)| outcome).collect();
                rows.push(Row { case, solver: solver.name(), outcomes, base: None });
            }
            let base = base(case, &rows[first..]);
            rows[first..].iter_mut().for_each(|row| row.base = base);
        }
        let mut sets: Vec<&str> = Vec::new();
        for case in cases {
            if !sets.contains(&&*case.set) {
                sets.push(&case.set);
            }
        }
        Report { rows, sets, solvers: solvers.iter().map(Solver::name).collect() }
    }

    pub fn table(&self) -> String {
        let mut lines = vec![strings([
            "set",
            "instance",
            "best known",
            "solver",
            "average",
            "best",
            "gap %",
            "best gap %",
            "s",
            "steps",
            "notes",
        ])];
        for row in &self.rows {
            let costs = row.costs();
            let first = row.case.instance.fewest_vehicles();
            let plan = |o: &Outcome| with_vehicles(o.vehicles.filter(|_| first), o.cost.unwrap_or(f64::NAN));
            let known = row.case.known.as_ref().map_or_else(dash, |k| with_vehicles(k.vehicles, k.cost));
            lines.push(vec![
                row.case.set.clone(),
                row.case.name.clone(),
                known,
                row.solver.to_owned(),
                mean(&costs).map_or_else(dash, |cost| format!("{cost:.2}")),
                row.best().map_or_else(dash, plan),
                figure(row.gap_average()),
                figure(row.best().and_then(|o| row.gap(o))),
                format!("{:.1}", row.seconds()),
                row.steps().map_or_else(dash, |steps| format!("{steps:.0}")),
                row.notes(),
            ]);
        }
        let mut text = columns(&lines);
        text.push('\n');
        text += &columns(&self.averages());
        text += if self.rows.iter().any(|row| row.case.known.is_none() && row.base.is_some()) {
            "Where no best known value is given, gaps are counted from the best judged answer of this run.\n"
        } else {
            ""
        };
        text
    }

    fn averages(&self) -> Vec<Vec<String>> {
        let mut lines = vec![strings([
            "set",
            "instances",
            "solver",
            "runs",
            "whole",
            "average",
            "gap %",
            "best gap %",
            "vehicles",
            "s",
            "steps",
            "notes",
        ])];
        for set in &self.sets {
            for solver in &self.solvers {
                let a = self.average(set, solver);
                let mut notes = Vec::new();
                if a.unserved > 0 {
                    notes.push(format!("{} unserved", a.unserved));
                }
                if a.wrong > 0 {
                    notes.push(format!("{} WRONG", a.wrong));
                }
                if a.only_said {
                    notes.push("cost as said".to_owned());
                }
                lines.push(vec![
                    (*set).to_owned(),
                    a.cases.to_string(),
                    (*solver).to_owned(),
                    a.runs.to_string(),
                    a.whole.to_string(),
                    figure(a.cost),
                    figure(a.gap),
                    figure(a.gap_best),
                    a.more_vehicles.map_or_else(dash, |more| format!("{more:+.2}")),
                    format!("{:.1}", a.seconds),
                    a.steps.map_or_else(dash, |steps| format!("{steps:.0}")),
                    notes.join("; "),
                ]);
            }
        }
        lines
    }

    fn average(&self, set: &str, solver: &str) -> Average {
        let rows: Vec<&Row> =
            self.rows.iter().filter(|row| row.case.set == set && row.solver == solver).collect();
        let of = |one: &dyn Fn(&Row) -> Option<f64>| {
            mean(&rows.iter().filter_map(|row| one(row)).collect::<Vec<_>>())
        };
        let outcomes = || rows.iter().flat_map(|row| row.outcomes.iter());
        Average {
            cases: rows.len(),
            runs: outcomes().count(),
            whole: outcomes().filter(|o| o.counts()).count(),
            unserved: outcomes().map(|o| o.unserved).sum(),
            wrong: outcomes().filter(|o| !o.faults.is_empty()).count(),
            cost: of(&|row| mean(&row.costs())),
            gap: of(&|row| row.gap_average()),
            gap_best: of(&|row| row.best().and_then(|o| row.gap(o))),
            more_vehicles: of(&|row| row.more_vehicles()),
            seconds: of(&|row| Some(row.seconds())).unwrap_or(0.0),
            steps: of(&|row| row.steps()),
            only_said: outcomes().any(|o| o.cost.is_some() && !o.judged),
        }
    }

    pub fn json(&self, machine: Value) -> Value {
        let run = |o: &&Outcome| {
            json!({
                "seed": o.seed, "cost": o.cost, "vehicles": o.vehicles, "unserved": o.unserved, "seconds": o.seconds,
                "steps": o.steps, "judged": o.judged, "faults": o.faults,
            })
        };
        let row = |row: &Row| {
            let known = row.case.known.as_ref().map(|k| json!({ "vehicles": k.vehicles, "cost": k.cost }));
            json!({
                "set": row.case.set, "instance": row.case.name, "best_known": known, "solver": row.solver,
                "average": mean(&row.costs()), "best": row.best().and_then(|o| o.cost),
                "gap_percent": row.gap_average(), "best_gap_percent": row.best().and_then(|o| row.gap(o)),
                "runs": row.outcomes.iter().map(run).collect::<Vec<_>>(),
            })
        };
        let mut averages = Vec::new();
        for set in &self.sets {
            for solver in &self.solvers {
                let a = self.average(set, solver);
                averages.push(json!({
                    "set": set, "solver": solver, "instances": a.cases, "runs": a.runs, "whole": a.whole,
                    "unserved": a.unserved, "wrong": a.wrong, "average": a.cost, "gap_percent": a.gap,
                    "best_gap_percent": a.gap_best, "more_vehicles": a.more_vehicles, "seconds": a.seconds,
                    "steps": a.steps, "cost_as_said": a.only_said,
                }));
            }
        }
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        json!({ "machine": machine, "instances": rows, "averages": averages })
    }
}

/// What gaps are counted from: the best known value, else the best judged answer of this run if there are several.
fn base(case: &Case, rows: &[Row]) -> Option<(Option<usize>, f64)> {
    if let Some(known) = &case.known {
        return Some((known.vehicles, known.cost));
    }
    let first = case.instance.fewest_vehicles();
    let answers = rows.iter().flat_map(Row::counting).filter(|o| o.judged);
    let plans = answers.filter_map(|o| Some((o.vehicles.filter(|_| first), o.cost?)));
    plans.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
}

fn strings<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn dash() -> String {
    "–".to_owned()
}

fn figure(value: Option<f64>) -> String {
    // A hair below nothing is nothing, not "-0.00".
    value.map_or_else(dash, |value| format!("{:.2}", (100.0 * value).round() / 100.0 + 0.0))
}

fn with_vehicles(vehicles: Option<usize>, cost: f64) -> String {
    vehicles.map_or_else(|| format!("{cost:.2}"), |vehicles| format!("{vehicles}/{cost:.2}"))
}

/// A table for documents: bars between columns, all of one width.
fn columns(lines: &[Vec<String>]) -> String {
    let count = lines.first().map_or(0, Vec::len);
    let width = |k: usize| lines.iter().map(|line| line[k].chars().count()).max().unwrap_or(0).clamp(3, 60);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            // Writing to a text cannot fail.
            let _ = write!(text, "| {cell:<width$} ");
        }
        text += "|\n";
        if number == 0 {
            widths.iter().for_each(|width| text += &format!("|{}", "-".repeat(width + 2)));
            text += "|\n";
        }
    }
    text
}
