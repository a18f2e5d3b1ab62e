//! What a day came to.

use std::collections::BTreeMap;

use dispatch::{Effort, Engine, Held};
use domain::{Direction, Missed, RequestState, Wish};
use stats::Figures;
use store::{LogReader, MemoryLog, Version};
use units::{RiderId, Seconds, Timestamp};

use super::register::AREA;
use crate::Fault;

/// What is counted while the day goes on.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Slot pairs judged for each request made.
    pub tests: Vec<u64>,
    /// Time taken by each request made, by the caller's stopwatch.
    pub nanos: Vec<u64>,
    improvements: (u32, Seconds),
    violations: u64,
    turned_away: BTreeMap<&'static str, u32>,
    problems: Vec<String>,
}

/// Problems are told in words up to this many; the counts are of all.
const TOLD: usize = 20;

impl Tally {
    pub fn improve(&mut self, saved: Seconds) {
        self.improvements.0 += 1;
        self.improvements.1 += saved;
    }

    pub fn violate(&mut self, words: &str) {
        self.violations += 1;
        self.tell(words);
    }

    /// That an offer no longer stands is part of the day; that anything else is turned away needs a word.
    pub fn turn_away(&mut self, code: &'static str, words: &str) {
        *self.turned_away.entry(code).or_default() += 1;
        if !matches!(code, "offer_stale" | "offer_expired") {
            self.tell(words);
        }
    }

    fn tell(&mut self, words: &str) {
        if self.problems.len() < TOLD {
            self.problems.push(words.to_owned());
        }
    }
}

/// One day under one policy.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub figures: Figures,
    /// When each member's alighting was over, by rider and direction: what two runs are compared by.
    pub trips: BTreeMap<(RiderId, Direction), Timestamp>,
    pub effort: Effort,
    /// How often the intervals of forecasts held.
    pub held: [Held; domain::GROUPS],
    /// By how much forecasts missed, in the same groups.
    pub missed: Vec<Missed>,
    /// Slot pairs judged for each request made, in their order.
    pub tests: Vec<u64>,
    /// Nanoseconds taken by each request made, by the caller's stopwatch; no part of the report.
    pub nanos: Vec<u64>,
    /// How often the plan was improved in the background, and the driving that each saved against the plan before it.
    pub improvements: (u32, Seconds),
    /// Rules broken by a plan, as found by the judge inside the engine or by the one outside it. Must be 0.
    pub violations: u64,
    /// Commands that were rejected, by code.
    pub turned_away: BTreeMap<&'static str, u32>,
    /// The first of both in words, but for offers that had gone stale.
    pub problems: Vec<String>,
    /// Requests that were neither finished nor given up when the day ended. Must be 0.
    pub unfinished: u32,
    pub events: u64,
    /// FNV-1a of all stored events.
    pub digest: u64,
}

impl Outcome {
    pub(super) fn of(
        tally: Tally,
        figures: Figures,
        engine: &Engine,
        mut log: MemoryLog,
    ) -> Result<Outcome, Fault> {
        let mut trips = BTreeMap::new();
        let mut unfinished = 0;
        for request in engine.state().requests.values() {
            match (&request.state, request.wish) {
                (RequestState::Done { alighted_at, .. }, Wish::Run { direction, .. }) => {
                    trips.insert((request.rider, direction), *alighted_at);
                }
                (RequestState::Open | RequestState::Offered { .. }, _)
                | (RequestState::Booked(_) | RequestState::OnBoard { .. }, _) => unfinished += 1,
                _ => {}
            }
        }
        Ok(Outcome {
            figures,
            trips,
            effort: engine.effort(),
            held: engine.intervals_held(),
            missed: engine.forecasts_missed(),
            tests: tally.tests,
            nanos: tally.nanos,
            improvements: tally.improvements,
            violations: tally.violations,
            turned_away: tally.turned_away,
            problems: tally.problems,
            unfinished,
            events: engine.version().0,
            digest: digest(&mut log)?,
        })
    }
}

/// FNV-1a, 64 bits, over kind, schema and payload of every stored event: equal logs, equal numbers, on every machine.
fn digest(log: &mut MemoryLog) -> Result<u64, Fault> {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    log.load(AREA, Version::EMPTY, &mut |event| {
        let schema = event.schema.to_le_bytes();
        let at = event.at.unix_seconds().to_le_bytes();
        let parts: [&[u8]; 5] =
            [event.kind.as_bytes(), &schema, &at, event.actor.as_bytes(), event.payload.as_bytes()];
        for byte in parts.into_iter().flatten() {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    })?;
    Ok(hash)
}
