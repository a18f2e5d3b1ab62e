//! Time passes: vehicles set out, begin visits, and are done with them.
//!
//! A vehicle without riders leaves as late as its next visit allows, so that it is free for longer. With riders on
//! board it leaves as soon as the visit is done and waits, if at all, before the next one: so the time that riders
//! stand is all within one leg, where the vehicle's limit on it holds. From its leaving on the next visit is committed.

use std::cmp::Reverse;

use super::Fleet;
use crate::located::Located;
use crate::model::{Boarding, Visit};

impl<T: Located> Fleet<T> {
    /// Everything planned until `now` happens as planned. Earlier than the last time: nothing.
    pub fn advance(&mut self, now: i64) {
        self.now = self.now.max(now);
        while let Some(Reverse((due, v))) = self.due.peek().copied() {
            if due > self.now {
                break;
            }
            self.due.pop();
            if self.states[v as usize].due == due {
                self.progress(v);
            }
        }
    }

    /// What has happened to one vehicle until now.
    pub(super) fn progress(&mut self, v: u32) {
        loop {
            let due = self.next_due(v);
            if due > self.now {
                break;
            }
            self.happen(v, due);
        }
        self.rebuild(v);
        self.settle(v);
    }

    /// What is due next, and where searches find the vehicle. Call after every change of its route.
    pub(super) fn settle(&mut self, v: u32) {
        let due = self.next_due(v);
        let state = &mut self.states[v as usize];
        state.due = due;
        if due < i64::MAX {
            self.due.push(Reverse((due, v)));
        }
        self.list_slots(v);
    }

    /// When the vehicle next leaves, begins a visit, or sets out for its end.
    fn next_due(&self, v: u32) -> i64 {
        let (route, vehicle) = (&self.routes[v as usize], self.model.vehicle(v));
        let begin = &self.states[v as usize].begin;
        let Some(first) = route.visits.first() else {
            return if vehicle.out {
                vehicle.window.close - self.model.ticks(vehicle.start, vehicle.end)
            } else {
                i64::MAX
            };
        };
        if vehicle.committed > 0 {
            begin[1]
        } else if self.carries(v) {
            vehicle.window.open
        } else {
            let at = self.model.stop(*first).map_or(vehicle.start, |stop| stop.at);
            begin[1] - self.model.ticks(vehicle.start, at)
        }
    }

    /// Whether somebody is on board now.
    fn carries(&self, v: u32) -> bool {
        let on_board = |visit: &Visit| match visit {
            Visit::Pickup(_) => false,
            Visit::Dropoff(r) => matches!(self.model.request(*r).pickup, Boarding::Done { .. }),
        };
        self.routes[v as usize].visits.iter().any(on_board)
    }

    /// One step of a vehicle at its time. Its route is evaluated again when all steps are taken.
    fn happen(&mut self, v: u32, due: i64) {
        let route = &mut self.routes[v as usize];
        let vehicle = self.model.vehicle_mut(v);
        let Some(visit) = route.visits.first().copied() else {
            // Its time is over: it is back, and nothing more is asked of it.
            vehicle.start = vehicle.end;
            vehicle.window.open = vehicle.window.close;
            vehicle.out = false;
            return;
        };
        if vehicle.committed == 0 {
            vehicle.committed = 1;
            vehicle.window.open = vehicle.window.open.max(due);
            return;
        }
        vehicle.committed -= 1;
        vehicle.out = true;
        let begin = &mut self.states[v as usize].begin;
        // Position 0 is now where this visit was.
        begin.remove(0);
        let began = begin[0];
        route.visits.remove(0);
        let Some(stop) = self.model.stop(visit).copied() else { return };
        let vehicle = self.model.vehicle_mut(v);
        vehicle.start = stop.at;
        vehicle.window.open = began + stop.service;
        match visit {
            Visit::Pickup(r) => self.model.board(r, v, began + stop.service),
            Visit::Dropoff(r) => self.release(r),
        }
    }

    /// What has not happened by now cannot be taken to have happened earlier: a vehicle that waits at its start leaves
    /// now at the earliest, and one that waits at the visit it is committed to does not begin it before now.
    pub(super) fn refresh(&mut self, v: u32) {
        let now = self.now;
        let (route, vehicle) = (&self.routes[v as usize], self.model.vehicle_mut(v));
        match route.visits.first() {
            // Not where it begins later anyway: another order of the visits might bring it forward.
            Some(visit) if vehicle.committed > 0 && route.line.open[1] < now => {
                self.model.hold_until(*visit, now);
                self.rebuild(v);
            }
            _ if vehicle.committed == 0 && vehicle.window.open < now => {
                vehicle.window.open = now;
                self.rebuild(v);
            }
            _ => {}
        }
    }

    /// Evaluates the route again after facts that came as planned: the planned begins still keep every rule.
    fn rebuild(&mut self, v: u32) {
        let mut visits = std::mem::take(&mut self.scratch.visits);
        visits.clear();
        visits.extend_from_slice(&self.routes[v as usize].visits);
        let done = self.routes[v as usize].rebuild(&self.model, v, &visits);
        debug_assert!(done.is_ok(), "{done:?}");
        self.scratch.visits = visits;
    }
}
