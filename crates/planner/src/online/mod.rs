//! A day that becomes known piece by piece: requests are answered at once, vehicles drive meanwhile, and what is not
//! yet driven is improved between the answers.
//!
//! [`Online`] knows only what it was asked so far; nothing here can look ahead. It has no clock: the caller says up
//! to when the day has gone on ([`Online::advance`]), asks ([`Online::ask`]) and grants steps of improvement
//! ([`Online::improve`]). What is driven is a fact, a vehicle under way is committed to the visit it drives to, and
//! whoever was accepted stays accepted: every later plan keeps their windows and ride limits.
//! [`day`] drives it through a whole instance, and [`audit`] judges the driven day afterwards without using any of it.

pub mod audit;
pub mod day;
mod drive;
mod search;

use crate::fault::Fault;
use crate::insert::insert;
use crate::model::{GROUPS, Group, Model, Request, Vehicle, Visit};
use crate::plan::Plan;
use crate::route::Broken;
use crate::travel::Travel;
use drive::Car;

/// When a vehicle leaves for its next visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// At once; it waits before the next stop.
    DriveFirst,
    /// So late that nobody arrives later than need be, and then later by so many hundredths of what the plan could
    /// still bear: 0 delays nobody, 100 leaves at the last moment.
    Share(u8),
}

/// How a day is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub waiting: Waiting,
    /// Steps of search for a request that no insertion serves: others who are not committed yet make room.
    pub repair_steps: u64,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { waiting: Waiting::Share(0), repair_steps: 400, seed: 1 }
    }
}

/// The day could not be run on. Neither happens to a caller who hands in legal vehicles and requests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnlineFault {
    #[error(transparent)]
    Model(#[from] Fault),
    #[error("a standing route breaks a rule: {0}")]
    Standing(#[from] Broken),
}

/// A visit as it was driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Driven {
    pub visit: Visit,
    /// When the vehicle left for it.
    pub left: i64,
    /// When service began.
    pub begin: i64,
}

/// The log of one vehicle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DriveLog {
    pub visits: Vec<Driven>,
    /// When it left its last stop for its end; `None` while it is out or if it never left.
    pub back: Option<i64>,
}

/// Which groups may ride with which, as [`Model::new`] takes it.
fn compatible<T: Travel>(model: &Model<T>) -> [[bool; GROUPS]; GROUPS] {
    let group = |g: usize| Group(g as u8);
    std::array::from_fn(|g| std::array::from_fn(|h| model.may_share(group(g), group(h))))
}

/// A day in progress.
pub struct Online<T> {
    /// Everybody asked so far, as the facts have left them; vehicles as they stand now.
    model: Model<T>,
    /// What is accepted and not yet driven. Its bank stays empty.
    plan: Plan,
    cars: Vec<Car>,
    options: Options,
    now: i64,
    driven_cost: i64,
    /// Searches begun, so that each gets a seed of its own.
    searches: u64,
    steps: u64,
}

impl<T: Travel> Online<T> {
    /// A day with these vehicles at their starts and nothing asked yet.
    pub fn new(
        vehicles: Vec<Vehicle>,
        compatible: [[bool; GROUPS]; GROUPS],
        travel: T,
        options: Options,
    ) -> Result<Online<T>, OnlineFault> {
        let cars: Vec<Car> = vehicles.iter().map(Car::new).collect();
        let now = vehicles.iter().map(|v| v.window.open).min().unwrap_or(0);
        let model = Model::new(vehicles, Vec::new(), compatible, travel)?;
        let plan = Plan::empty(&model);
        Ok(Online { model, plan, cars, options, now, driven_cost: 0, searches: 0, steps: 0 })
    }

    pub fn now(&self) -> i64 {
        self.now
    }

    /// What is still to be driven, by the numbers that [`Online::ask`] gave.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was driven, by vehicle.
    pub fn logs(&self) -> impl Iterator<Item = &DriveLog> {
        self.cars.iter().map(|car| &car.log)
    }

    /// Cost of the legs that were begun so far, fixed costs included.
    pub fn driven_cost(&self) -> i64 {
        self.driven_cost
    }

    /// Steps of search so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Answers a request as of now: its number if it is accepted, which is for good.
    pub fn ask(&mut self, request: Request) -> Result<Option<u32>, OnlineFault> {
        let answer = insert(&self.model, &self.plan, &request)?;
        let number = self.model.push_request(request)?;
        if let Some(best) = answer.found.first() {
            self.plan.accept(best, number);
            return Ok(Some(number));
        }
        let steps = self.options.repair_steps;
        let served = steps > 0 && self.make_room(&[number], steps, true)?.is_empty();
        Ok(served.then_some(number))
    }

    /// Answers requests that are known together, such as those of the day before: searched together for so many steps
    /// before anybody is answered. The numbers of those accepted, in the order asked.
    pub fn ask_together(
        &mut self,
        requests: Vec<Request>,
        steps: u64,
    ) -> Result<Vec<Option<u32>>, OnlineFault> {
        let mut numbers = Vec::new();
        for request in requests {
            numbers.push(self.model.push_request(request)?);
        }
        let refused = self.make_room(&numbers, steps, false)?;
        Ok(numbers.into_iter().map(|k| (!refused.contains(&k)).then_some(k)).collect())
    }

    /// Searches for a cheaper way to drive what is accepted.
    pub fn improve(&mut self, steps: u64) -> Result<(), OnlineFault> {
        if steps > 0 {
            self.make_room(&[], steps, false)?;
        }
        Ok(())
    }
}
