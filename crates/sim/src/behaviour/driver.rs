//! How a driver works through a vehicle's visits. The bot remembers nothing: all it needs is in the view, so a virtual
//! phone that reconnects goes on where it was, and the same view gets the same answer.

use domain::{FactKind, VisitKey, VisitKind};
use units::{DayTime, Seconds, Timestamp};

use super::Door;
use crate::draw::{Draw, Purpose};
use crate::scenario::Noise;

/// Longest wait at a door before it counts as a no-show; begins when the promised window does.
const NO_SHOW_AFTER: Seconds = Seconds::minutes(5);
/// Empty and with more time than this until the next departure, the driver goes back to the base.
const RETURN_IF_IDLE_FOR: Seconds = Seconds::minutes(12);
/// A visit at the stop where the vehicle stands is begun as soon as it is this near.
const BEGIN_EARLY: Seconds = Seconds::minutes(5);
/// Kept in hand between being back at the base and the next departure.
const RETURN_MARGIN: Seconds = Seconds::minutes(2);
/// When the driver looks again if nothing tells him to.
const LOOK_AGAIN: Seconds = Seconds::minutes(5);
/// Peaks of traffic, as begin and end.
const PEAKS: [(DayTime, DayTime); 2] =
    [(DayTime::hm(7, 30), DayTime::hm(9, 0)), (DayTime::hm(16, 30), DayTime::hm(18, 0))];

/// What the vehicle is doing, with what the driver knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriverState {
    /// Free to go on from then (the shift's begin, the last fact, or where a cancelled leg would have led).
    Standing {
        since: Timestamp,
    },
    /// `leg` is the nominal drive of the whole leg.
    Heading {
        visit: VisitKey,
        departed_at: Timestamp,
        leg: Seconds,
    },
    /// At the stop, and free for this visit from then on.
    Arrived {
        visit: VisitKey,
        at: Timestamp,
    },
    Returning {
        departed_at: Timestamp,
        leg: Seconds,
    },
}

/// A coming visit as the driver's screen shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BotVisit {
    pub visit: VisitKey,
    /// At the place of the visit before; for the first one: where the vehicle stands.
    pub same_stop_as_previous: bool,
    pub planned: Timestamp,
    /// Begin of the promised window.
    pub window_open: Timestamp,
    /// Nominal drive from the visit before; for the first one: from where the vehicle stands (0 while under way).
    pub leg: Seconds,
    /// Nominal dwell.
    pub service: Seconds,
    pub door: Door,
}

/// All that a driver goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverView {
    pub now: Timestamp,
    pub state: DriverState,
    /// In the order of the plan; the first may be all that is known.
    pub visits: Vec<BotVisit>,
    pub riders_on_board: usize,
    pub at_base: bool,
    /// Nominal drive from here to the base.
    pub to_base: Seconds,
    /// Nominal drive from the base to the first visit.
    pub from_base: Seconds,
}

/// A tap on the driver's screen, at the time of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DriverAct {
    pub fact: FactKind,
    /// None for the way back to the base.
    pub visit: Option<VisitKey>,
    pub at: Timestamp,
}

/// What the driver does now, and when to ask again. With an act: at once, with the view that follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub act: Option<DriverAct>,
    pub next_wake: Timestamp,
}

/// How the world deviates from the plan for this driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    pub drive_percent: (i64, i64),
    pub peak_percent: i64,
    pub door_percent: (i64, i64),
}

impl From<&Noise> for Manners {
    fn from(noise: &Noise) -> Manners {
        Manners {
            drive_percent: noise.drive_percent,
            peak_percent: noise.peak_percent,
            door_percent: noise.door_percent,
        }
    }
}

/// A driver. Deviations are drawn per visit from the seed, so they are the same whatever else the vehicle does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DriverBot {
    seed: u64,
    manners: Manners,
}

impl DriverBot {
    pub fn new(seed: u64, manners: Manners) -> DriverBot {
        DriverBot { seed, manners }
    }

    /// What the driver does at `view.now`.
    pub fn step(&self, view: &DriverView) -> Step {
        match view.state {
            DriverState::Standing { since } => self.stand(view, since),
            DriverState::Heading { visit, departed_at, leg } => {
                let due = departed_at + self.drive_time(Some(visit), departed_at, leg);
                act_when(view.now, due, FactKind::Arrived, Some(visit))
            }
            DriverState::Returning { departed_at, leg } => {
                let due = departed_at + self.drive_time(None, departed_at, leg);
                act_when(view.now, due, FactKind::Arrived, None)
            }
            DriverState::Arrived { visit, at } => match view.visits.iter().find(|v| v.visit == visit) {
                Some(known) => self.serve(view.now, known, at),
                None => wait(view.now, view.now + LOOK_AGAIN),
            },
        }
    }

    /// How far along the current leg the vehicle is, in basis points of its time: 0 at departure, 10,000 from the arrival
    /// on. None when it stands. Times the nominal drive of the leg this is where it is on the nominal path.
    pub fn progress_basis_points(&self, state: DriverState, now: Timestamp) -> Option<u32> {
        let (visit, departed_at, leg) = match state {
            DriverState::Heading { visit, departed_at, leg } => (Some(visit), departed_at, leg),
            DriverState::Returning { departed_at, leg } => (None, departed_at, leg),
            DriverState::Standing { .. } | DriverState::Arrived { .. } => return None,
        };
        let whole = self.drive_time(visit, departed_at, leg).0.max(1);
        Some(((now - departed_at).0.clamp(0, whole) * 10_000 / whole) as u32)
    }

    /// How long the leg really takes.
    pub fn drive_time(&self, visit: Option<VisitKey>, departed_at: Timestamp, leg: Seconds) -> Seconds {
        // The way back has no visit: its own departure names it.
        let key = visit.map_or(departed_at.unix_seconds() as u64, key_of);
        let (low, high) = self.manners.drive_percent;
        let clock = DayTime::of(departed_at);
        let peak = PEAKS.iter().any(|(begin, end)| *begin <= clock && clock < *end);
        let percent = Draw::keyed(self.seed, Purpose::Drive, key).skewed(low, high)
            + if peak { self.manners.peak_percent } else { 0 };
        Seconds((leg.0 * percent + 50) / 100)
    }

    /// How long boarding or alighting really takes, the door included.
    pub fn door_time(&self, visit: &BotVisit) -> Seconds {
        let (low, high) = self.manners.door_percent;
        let percent = Draw::keyed(self.seed, Purpose::Dwell, key_of(visit.visit)).skewed(low, high);
        let tail = if visit.visit.kind == VisitKind::Pickup { visit.door.tail } else { Seconds::ZERO };
        Seconds((visit.service.0 * percent + 50) / 100) + tail
    }

    fn serve(&self, now: Timestamp, visit: &BotVisit, at: Timestamp) -> Step {
        let begin = at.max(visit.window_open);
        let key = Some(visit.visit);
        match visit.visit.kind {
            VisitKind::Pickup if !visit.door.comes => {
                act_when(now, begin + NO_SHOW_AFTER, FactKind::NoShow, key)
            }
            VisitKind::Pickup => act_when(now, begin + self.door_time(visit), FactKind::Boarded, key),
            VisitKind::Dropoff => act_when(now, at + self.door_time(visit), FactKind::Alighted, key),
        }
    }

    fn stand(&self, view: &DriverView, since: Timestamp) -> Step {
        let now = view.now;
        let Some(first) = view.visits.first() else {
            return if can_return(view) {
                act_when(now, since, FactKind::Departed, None)
            } else {
                wait(now, now + LOOK_AGAIN)
            };
        };
        let key = Some(first.visit);
        if first.same_stop_as_previous {
            let begin = if first.planned - now <= BEGIN_EARLY { since } else { first.planned - BEGIN_EARLY };
            if begin <= now || !self.has_time_to_return(view, begin) {
                return act_when(now, begin.max(since), FactKind::Arrived, key);
            }
        }
        // With riders on board nobody dawdles, but nobody comes before the promised time either.
        let target =
            if view.riders_on_board > 0 { first.window_open.min(first.planned) } else { first.planned };
        let depart = (target - first.leg).max(since);
        if depart > now && since <= now && self.has_time_to_return(view, depart) {
            return act_when(now, now, FactKind::Departed, None);
        }
        act_when(now, depart, FactKind::Departed, key)
    }

    /// Whether the vehicle may go back to the base and still leave it in time for the first visit.
    fn has_time_to_return(&self, view: &DriverView, depart: Timestamp) -> bool {
        let Some(first) = view.visits.first() else { return can_return(view) };
        let slowest = self.manners.drive_percent.1 + self.manners.peak_percent;
        let back = Seconds(view.to_base.0 * slowest / 100);
        can_return(view)
            && depart - view.now > RETURN_IF_IDLE_FOR
            && view.now + back + RETURN_MARGIN + view.from_base <= first.planned
    }
}

fn can_return(view: &DriverView) -> bool {
    view.riders_on_board == 0 && !view.at_base
}

/// The same visit has the same number in every run in which its request has.
fn key_of(visit: VisitKey) -> u64 {
    u64::from(visit.request.0) * 2 + u64::from(visit.kind == VisitKind::Dropoff)
}

/// Acts if it is time, else says when it will be. An act is never dated back: who looks late acts late.
fn act_when(now: Timestamp, due: Timestamp, fact: FactKind, visit: Option<VisitKey>) -> Step {
    if due > now {
        return wait(now, due);
    }
    Step { act: Some(DriverAct { fact, visit, at: now }), next_wake: now }
}

/// A wait ends; plans change meanwhile, so the driver looks at them now and then.
fn wait(now: Timestamp, until: Timestamp) -> Step {
    Step { act: None, next_wake: until.max(now + Seconds(1)).min(now + LOOK_AGAIN) }
}
