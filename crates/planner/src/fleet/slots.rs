//! What the search reads of a slot before it looks at the route: places, and the times around it. Every bound here is
//! admissible: no insertion that the exact judge would accept is dearer than, or left out by, what is said here.

use crate::located::{Located, Position};
use crate::model::{Model, Request};
use crate::route::{Leg, Route};

/// A gap between two successive positions of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub from: Position,
    /// Where the leg leads; the same as `from` if that place has no position (`open`).
    pub to: Position,
    pub open: bool,
    /// Nothing can be put behind it: pickup and drop-off go in together.
    pub last: bool,
    pub vehicle: u32,
    /// What the leg costs now and would not cost any more; negative by the fixed cost of an unused vehicle.
    pub cost: i64,
    /// What a drop-off further on can save at most: more than nothing only where the triangle inequality fails.
    pub saving: i64,
    /// The vehicle leaves `from` no earlier than this in any extension of its route.
    pub leave: i64,
    /// It must have begun at `to` by this in every extension.
    pub by: i64,
}

/// The slots into which something may be put, first to last. Empty if one of their places has no position.
pub(super) fn list<T: Located>(model: &Model<T>, route: &Route, slots: &mut Vec<Slot>) {
    slots.clear();
    let vehicle = model.vehicle(route.vehicle);
    let last = route.legs.len() - 1;
    let shortcut = model.travel().shortcut();
    // A vehicle at its base is not charged for the leg that the detour takes off.
    let unused =
        if route.visits.is_empty() && !vehicle.out { vehicle.fixed_cost + route.legs[0].cost } else { 0 };
    for k in vehicle.committed.min(last)..=last {
        let to = model.travel().position(route.nodes[k + 1]);
        let Some(from) = model.travel().position(route.nodes[k]) else { return slots.clear() };
        if to.is_none() && k < last {
            return slots.clear();
        }
        let (leave, by) = match shortcut {
            // An insertion takes out two legs at most; each may have been longer by so much than the way that replaces it.
            Some(ticks) => {
                (route.earliest[k] + route.service[k] - 2 * ticks, route.latest[k + 1] + 2 * ticks)
            }
            None => (vehicle.window.open, route.line.close[k + 1]),
        };
        slots.push(Slot {
            from,
            to: to.unwrap_or(from),
            open: to.is_none(),
            last: k == last,
            vehicle: route.vehicle,
            cost: route.legs[k].cost - unused,
            saving: shortcut.unwrap_or_else(|| dearest(&route.legs[k + 1..])),
            leave,
            by,
        });
    }
}

fn dearest(legs: &[Leg]) -> i64 {
    legs.iter().map(|leg| leg.cost).max().unwrap_or(0)
}

/// One end of the request as the bounds see it.
#[derive(Debug, Clone, Copy)]
struct Halt {
    at: Position,
    open: i64,
    close: i64,
    service: i64,
}

/// The request as the bounds see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pickup: Halt,
    dropoff: Halt,
    direct_ticks: i64,
    pub direct_cost: i64,
    now: i64,
}

impl Wanted {
    /// `None` if a place has no position or the rider is on board already.
    pub fn of<T: Located>(model: &Model<T>, request: &Request, now: i64) -> Option<Wanted> {
        let stop = request.pickup_stop()?;
        let halt = |stop: &crate::model::Stop| {
            let at = model.travel().position(stop.at)?;
            Some(Halt { at, open: stop.window.open, close: stop.window.close, service: stop.service })
        };
        Some(Wanted {
            pickup: halt(stop)?,
            dropoff: halt(&request.dropoff)?,
            direct_ticks: model.ticks(stop.at, request.dropoff.at),
            direct_cost: model.leg_cost(stop.at, request.dropoff.at),
            now,
        })
    }

    pub fn pickup_at(&self) -> Position {
        self.pickup.at
    }

    /// No insertion with the pickup in this slot costs less; `None` if its times do not allow one.
    pub fn pickup_floor(&self, slot: &Slot) -> Option<i64> {
        let p = &self.pickup;
        let to = slot.from.line(p.at);
        let begin = (slot.leave.max(self.now) + to).max(p.open);
        if begin > p.close {
            return None;
        }
        if slot.last {
            self.together(slot, to, begin)
        } else {
            let onward = p.at.line(slot.to);
            (begin + p.service + onward <= slot.by).then(|| to + onward - slot.cost - slot.saving)
        }
    }

    /// Both ends in one slot; `to` is the way to the pickup, which begins at `begin`.
    fn together(&self, slot: &Slot, to: i64, begin: i64) -> Option<i64> {
        let d = &self.dropoff;
        let reached = (begin + self.pickup.service + self.direct_ticks).max(d.open);
        let onward = if slot.open { 0 } else { d.at.line(slot.to) };
        let timely = reached <= d.close && reached + d.service + onward <= slot.by;
        timely.then(|| to + self.direct_cost + onward - slot.cost)
    }

    /// A drop-off behind visits that follow the pickup costs no less; `alighting` is the earliest there can be.
    fn dropoff_floor(&self, slot: &Slot, alighting: i64) -> Option<i64> {
        let d = &self.dropoff;
        let to = slot.from.line(d.at);
        let begin = (slot.leave.max(self.now) + to).max(d.open).max(alighting);
        let onward = if slot.open { 0 } else { d.at.line(slot.to) };
        let timely = begin <= d.close && begin + d.service + onward <= slot.by;
        timely.then(|| to + onward - slot.cost)
    }

    /// No insertion into these slots (one vehicle's, in order) costs less; `None` if their times allow none.
    pub fn floor(&self, slots: &[Slot]) -> Option<i64> {
        let (p, d) = (&self.pickup, &self.dropoff);
        let alighting = p.open + p.service + p.at.line(d.at);
        let mut later: i64 = i64::MAX;
        let mut least: i64 = i64::MAX;
        for slot in slots.iter().rev() {
            let to = slot.from.line(p.at);
            let begin = (slot.leave.max(self.now) + to).max(p.open);
            if begin <= p.close {
                if later < i64::MAX {
                    let onward = p.at.line(slot.to);
                    if begin + p.service + onward <= slot.by {
                        least = least.min(to + onward - slot.cost + later);
                    }
                }
                least = least.min(self.together(slot, to, begin).unwrap_or(i64::MAX));
            }
            later = later.min(self.dropoff_floor(slot, alighting).unwrap_or(i64::MAX));
        }
        (least < i64::MAX).then_some(least)
    }
}
