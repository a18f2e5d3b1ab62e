//! How time passes: vehicles leave, arrive and serve as their plan and the waiting rule say.

use units::Node;

use super::{DriveLog, Driven, Online, OnlineFault, Waiting};
use crate::model::{Boarding, Request, Vehicle, VehicleSet, Visit};
use crate::route::Route;
use crate::travel::Travel;

/// A vehicle's facts.
#[derive(Debug, Clone)]
pub(super) struct Car {
    /// As it was at the begin of the day.
    base: Vehicle,
    at: Node,
    /// When it can leave from there.
    free_from: i64,
    /// Under way to the first visit of its plan since then.
    left: Option<i64>,
    out: bool,
    /// It has left today, so what is left of its longest route stands in `close`.
    counted: bool,
    /// Riders on board.
    aboard: u32,
    /// It has gone home, or will have by then: no more visits.
    home: bool,
    /// When it must have ended; once it is out its longest route counts from when it left.
    close: i64,
    pub log: DriveLog,
}

impl Car {
    pub fn new(vehicle: &Vehicle) -> Car {
        Car {
            base: vehicle.clone(),
            at: vehicle.start,
            free_from: vehicle.window.open,
            left: None,
            out: vehicle.out,
            counted: false,
            aboard: 0,
            home: false,
            close: vehicle.window.close,
            log: DriveLog::default(),
        }
    }

    /// The vehicle as the planner is to see it, free from `from` on if it stands.
    fn seen_from(&self, from: i64) -> Vehicle {
        let mut vehicle = self.base.clone();
        vehicle.start = self.at;
        vehicle.window.open = self.left.unwrap_or(from);
        vehicle.window.close = self.close;
        vehicle.committed = usize::from(self.left.is_some());
        vehicle.out = self.out && !self.home;
        if self.counted {
            vehicle.duration_max = None;
        }
        if self.home {
            vehicle.barred = u8::MAX;
            (vehicle.start, vehicle.window) = (self.base.end, self.base.window);
        }
        vehicle
    }
}

impl<T: Travel> Online<T> {
    /// Lets the day go on until `to`: all that begins before `to` is done, nothing that begins at `to`.
    pub fn advance(&mut self, to: i64) -> Result<(), OnlineFault> {
        for v in 0..self.cars.len() {
            while self.move_on(v, to)? {}
        }
        self.now = self.now.max(to);
        for v in 0..self.cars.len() {
            let car = &self.cars[v];
            let seen = car.seen_from(car.free_from.max(self.now));
            let under_way = car.left.and_then(|_| self.plan.routes[v].first().copied());
            self.model.replace_vehicle(v as u32, seen)?;
            if let Some(visit) = under_way {
                self.not_before_now(visit)?;
            }
        }
        Ok(())
    }

    /// A visit that was not begun so far cannot begin in the past.
    fn not_before_now(&mut self, visit: Visit) -> Result<(), OnlineFault> {
        let mut request = self.model.request(visit.request()).clone();
        let stop = match (visit, &mut request.pickup) {
            (Visit::Pickup(_), Boarding::At(stop)) => stop,
            _ => &mut request.dropoff,
        };
        if stop.window.open < self.now {
            stop.window.open = self.now;
            self.model.replace_request(visit.request(), request)?;
        }
        Ok(())
    }

    /// Everything accepted is driven and all are home.
    pub fn finish(&mut self) -> Result<(), OnlineFault> {
        let last = self.cars.iter().map(|car| car.close).max().unwrap_or(self.now);
        self.advance(last + 1)
    }

    /// The next thing that vehicle `v` does before `to`; false if there is none.
    fn move_on(&mut self, v: usize, to: i64) -> Result<bool, OnlineFault> {
        let car = &self.cars[v];
        if car.home {
            return Ok(false);
        }
        let Some(visit) = self.plan.routes[v].first().copied() else { return Ok(self.go_home(v, to)) };
        // Seen from when it was free, not from now: a wait that is shared out would else be shared out again and
        // again, until the last moment.
        let seen = car.seen_from(car.free_from);
        self.model.replace_vehicle(v as u32, seen)?;
        let schedule = Route::new(&self.model, v as u32, &self.plan.routes[v])?.schedule()?;
        let share = match self.options.waiting {
            Waiting::DriveFirst => 0,
            Waiting::Share(hundredths) => i64::from(hundredths.min(100)),
        };
        // Both schedules keep every rule, so whatever lies between them does too, rounded down alike everywhere.
        let target = schedule.begin[1] + (schedule.latest[1] - schedule.begin[1]) * share / 100;
        let next = self.stop_of(visit);
        let way = self.model.ticks(car.at, next.at);
        if car.left.is_none() {
            let wanted = match self.options.waiting {
                // Where standing with riders on board is limited, it is counted before the next stop only.
                _ if car.aboard > 0 && car.base.wait_max.is_some() => car.free_from,
                Waiting::DriveFirst => schedule.earliest[0],
                Waiting::Share(_) => target - way,
            };
            let leave = wanted.max(car.free_from).max(self.now);
            if leave < to {
                self.leave(v, leave);
            }
            return Ok(leave < to);
        }
        let begin = match self.options.waiting {
            // What is reached early is served early.
            Waiting::DriveFirst => schedule.earliest[1],
            // What was to be waited was waited before it left.
            Waiting::Share(_) => schedule.begin[1],
        };
        if begin < to {
            self.serve(v, visit, begin)?;
        }
        Ok(begin < to)
    }

    fn stop_of(&self, visit: Visit) -> crate::model::Stop {
        let request = self.model.request(visit.request());
        match (visit, request.pickup_stop()) {
            (Visit::Pickup(_), Some(stop)) => *stop,
            _ => request.dropoff,
        }
    }

    fn leave(&mut self, v: usize, at: i64) {
        let car = &mut self.cars[v];
        car.left = Some(at);
        if !car.out {
            car.out = true;
            self.driven_cost += car.base.fixed_cost;
        }
        if !car.counted {
            car.counted = true;
            car.close = car.base.duration_max.map_or(car.close, |most| car.close.min(at + most));
        }
    }

    fn serve(&mut self, v: usize, visit: Visit, begin: i64) -> Result<(), OnlineFault> {
        let stop = self.stop_of(visit);
        let car = &mut self.cars[v];
        let left = car.left.take().unwrap_or(begin);
        self.driven_cost += self.model.leg_cost(car.at, stop.at);
        car.log.visits.push(Driven { visit, left, begin });
        (car.at, car.free_from) = (stop.at, begin + stop.service);
        self.plan.routes[v].remove(0);
        if let Visit::Dropoff(_) = visit {
            self.cars[v].aboard -= 1;
        }
        if let Visit::Pickup(r) = visit {
            self.cars[v].aboard += 1;
            let pickup = Boarding::Done { ended: begin + stop.service };
            let vehicles = VehicleSet::only([v as u32]);
            let request = Request { pickup, vehicles, ..self.model.request(r).clone() };
            self.model.replace_request(r, request)?;
        }
        Ok(())
    }

    /// A vehicle with nothing more to do stands where it is until it must go home.
    fn go_home(&mut self, v: usize, to: i64) -> bool {
        let car = &mut self.cars[v];
        let leave = car.close - self.model.ticks(car.at, car.base.end);
        if car.out && leave < to {
            self.driven_cost += self.model.leg_cost(car.at, car.base.end);
            (car.home, car.log.back) = (true, Some(leave.max(car.free_from)));
        }
        false
    }
}
