//! Lines of numbers: what the text formats share.

use units::Node;

use super::DARP_TICKS;
use crate::fault::Fault;
use crate::travel::{LONGEST, Matrix};

/// More places of one kind than this are a slip of the pen; sums of loads stay far within an `i32`.
const MOST_PLACES: f64 = 100_000.0;
/// A fleet larger than this is one too; without a limit a wrong digit would ask for all the memory there is.
const MOST_VEHICLES: f64 = 10_000.0;

/// Where vehicles stand when the file's own depot does not count.
pub(super) const FOUR_DEPOTS: [(f64, f64); 4] = [(-5.0, -5.0), (5.0, 5.0), (-5.0, 5.0), (5.0, -5.0)];

/// A place of the file and the line that gave it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub line: usize,
    pub x: f64,
    pub y: f64,
}

/// The lines that hold something, with their numbers from 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(k, line)| (k + 1, line.trim())).filter(|(_, line)| !line.is_empty())
}

pub(super) fn wrong(line: usize, problem: impl Into<String>, expected: &str) -> Fault {
    Fault::Line { line, problem: problem.into(), expected: expected.to_owned() }
}

/// Exactly `count` finite numbers.
pub(super) fn numbers(line: usize, text: &str, count: usize, expected: &str) -> Result<Vec<f64>, Fault> {
    let parse = |f: &str| f.parse::<f64>().ok().filter(|v| v.is_finite());
    let values: Option<Vec<f64>> = text.split_whitespace().map(parse).collect();
    values.filter(|v| v.len() == count).ok_or_else(|| wrong(line, format!("`{}`", short(text)), expected))
}

/// A line as it is quoted: a row of a large matrix would fill the screen.
fn short(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Units of the file, perhaps with decimals, to ticks.
pub(super) fn ticks(line: usize, name: &str, value: f64) -> Result<i64, Fault> {
    let scaled = (value * DARP_TICKS as f64).round();
    if scaled.abs() > LONGEST as f64 / 4.0 {
        return Err(wrong(line, format!("{name} {value}"), "a time within 280,000 units"));
    }
    Ok(scaled as i64)
}

/// As [`ticks`], for what lasts.
pub(super) fn lasting(line: usize, name: &str, value: f64) -> Result<i64, Fault> {
    if value < 0.0 {
        return Err(wrong(line, format!("{name} {value}"), "0 or more"));
    }
    ticks(line, name, value)
}

fn whole(line: usize, name: &str, value: f64, most: f64, expected: &str) -> Result<i32, Fault> {
    if value.fract() == 0.0 && value.abs() <= most {
        Ok(value as i32)
    } else {
        Err(wrong(line, format!("{name} {value}"), expected))
    }
}

/// Places taken, freed or offered.
pub(super) fn places(line: usize, name: &str, value: f64) -> Result<i32, Fault> {
    whole(line, name, value, MOST_PLACES, "a whole number within 100,000")
}

/// How many of something the head of a file announces.
pub(super) fn count(line: usize, name: &str, value: f64) -> Result<usize, Fault> {
    let expected = "a whole number from 1 to 1,000,000";
    match whole(line, name, value, 1_000_000.0, expected)? {
        count @ 1.. => Ok(count as usize),
        _ => Err(wrong(line, format!("{name} {value}"), expected)),
    }
}

pub(super) fn vehicles(line: usize, name: &str, value: f64) -> Result<usize, Fault> {
    let expected = "1 to 10,000 vehicles";
    match whole(line, name, value, MOST_VEHICLES, expected)? {
        count @ 1.. => Ok(count as usize),
        _ => Err(wrong(line, format!("{name} {value}"), expected)),
    }
}

/// The straight line, in the file's unit.
pub(super) fn distance(a: Point, b: Point) -> f64 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// Driving along straight lines, one unit of time per unit of length.
pub(super) fn straight(points: &[Point]) -> Result<Matrix, Fault> {
    let mut entries = Vec::with_capacity(points.len() * points.len());
    for a in points {
        for b in points {
            entries.push(ticks(a.line, "distance", distance(*a, *b))?);
        }
    }
    Matrix::new(points.len(), entries)
}

/// Start and end of vehicle `k`: the file's depot, or one of four; those are put behind the file's `points` once.
pub(super) fn bases(
    points: &mut Vec<Point>,
    four: bool,
    (start, end): (usize, usize),
) -> impl Fn(usize) -> (Node, Node) + use<> {
    let first = points.len();
    if four {
        points.extend(FOUR_DEPOTS.map(|(x, y)| Point { line: 1, x, y }));
    }
    move |k| {
        let (a, b) = if four { (first + k % 4, first + k % 4) } else { (start, end) };
        (Node(a as u32), Node(b as u32))
    }
}
