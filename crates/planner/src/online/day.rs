//! A whole day over an instance: who becomes known when, and what came of it.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{DriveLog, Driven, Online, OnlineFault, Options, compatible};
use crate::model::{Model, Request, Visit};
use crate::plan::Plan;
use crate::travel::Travel;

/// From what the announcement is counted back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AheadOf {
    /// The latest begin of the pickup from which the drop-off is still reached in its window (Berbeglia, Cordeau &
    /// Laporte 2012).
    LatestPickup,
    /// The open of the pickup's window.
    PickupOpen,
}

/// When requests become known, for instances that do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcing {
    pub of: AheadOf,
    /// So many ticks ahead, drawn evenly from the least to the most.
    pub least: i64,
    pub most: i64,
    /// So many thousandths of the requests, drawn evenly, are known from the begin.
    pub known_permille: u32,
    /// Driving times are rounded up to whole multiples of this before they are counted back.
    pub unit: i64,
    pub seed: u64,
}

impl Announcing {
    /// The tick at which each request becomes known, never before tick 0. Each is drawn from a stream of its own, so
    /// that a request's lead does not depend on the share known.
    pub fn arrivals<T: Travel>(&self, model: &Model<T>) -> Vec<i64> {
        let count = model.requests().len();
        let mut draw = ChaCha8Rng::seed_from_u64(self.seed);
        let span = (self.most - self.least).max(0) as u64 + 1;
        let leads: Vec<i64> = (0..count).map(|_| self.least + (draw.next_u64() % span) as i64).collect();
        let mut order: Vec<(u64, usize)> = (0..count).map(|k| (draw.next_u64(), k)).collect();
        order.sort_unstable();
        let mut arrivals: Vec<i64> = (model.requests().iter().zip(&leads))
            .map(|(request, lead)| (self.counted_from(model, request) - lead).max(0))
            .collect();
        for (_, k) in &order[..(count * self.known_permille.min(1_000) as usize).div_ceil(1_000)] {
            arrivals[*k] = 0;
        }
        arrivals
    }

    fn counted_from<T: Travel>(&self, model: &Model<T>, request: &Request) -> i64 {
        let Some(pickup) = request.pickup_stop() else { return 0 };
        match self.of {
            AheadOf::PickupOpen => pickup.window.open,
            AheadOf::LatestPickup => {
                let unit = self.unit.max(1);
                let way = (model.ticks(pickup.at, request.dropoff.at) + unit - 1) / unit * unit;
                pickup.window.close.min(request.dropoff.window.close - way - pickup.service)
            }
        }
    }
}

/// Steps of search through the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effort {
    /// After each answer.
    pub each: u64,
    /// Before the day begins, on what is known by then.
    pub before: u64,
}

/// What came of a day, in the numbers of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The visits as driven; who was refused is unserved.
    pub plan: Plan,
    pub logs: Vec<DriveLog>,
    pub cost: i64,
    pub steps: u64,
}

/// The request in the numbers of the day: whom it must not meet, as far as they are known. Who comes later brings
/// the other half of the pair.
fn asked<T: Travel>(model: &Model<T>, k: u32, names: &[u32]) -> Request {
    let request = model.request(k);
    let find = |other: &u32| names.iter().position(|name| name == other).map(|n| n as u32);
    Request { clash: request.clash.iter().filter_map(find).collect(), ..request.clone() }
}

/// Runs a day. `stopwatch` gives the time in any unit that grows; the time of each answer goes to `took`, and nothing
/// is decided by either.
pub fn run<T: Travel>(
    model: &Model<T>,
    arrivals: &[i64],
    options: &Options,
    effort: Effort,
    (stopwatch, took): (&mut dyn FnMut() -> u64, &mut Vec<u64>),
) -> Result<Outcome, OnlineFault> {
    let mut online =
        Online::new(model.vehicles().to_vec(), compatible(model), model.travel(), options.clone())?;
    let mut order: Vec<(i64, u32)> = arrivals.iter().copied().zip(0..).collect();
    order.sort_unstable();
    // Which request of the instance a number of the day stands for.
    let mut names: Vec<u32> = Vec::new();
    let mut unserved = Vec::new();
    let known = order.iter().take_while(|(arrival, _)| *arrival <= online.now()).count();
    let mut rest = order.as_slice();
    if effort.before > 0 && known > 0 {
        let (first, later) = order.split_at(known);
        rest = later;
        names.extend(first.iter().map(|(_, k)| *k));
        let wishes = first.iter().enumerate().map(|(n, (_, k))| asked(model, *k, &names[..n])).collect();
        let answers = online.ask_together(wishes, effort.before)?;
        unserved.extend(first.iter().zip(&answers).filter(|(_, a)| a.is_none()).map(|((_, k), _)| *k));
    }
    for (arrival, k) in rest {
        online.advance(*arrival)?;
        let wish = asked(model, *k, &names);
        names.push(*k);
        let begin = stopwatch();
        if online.ask(wish)?.is_none() {
            unserved.push(*k);
        }
        took.push(stopwatch().saturating_sub(begin));
        online.improve(effort.each)?;
    }
    online.finish()?;
    unserved.sort_unstable();
    let rename = |driven: &Driven| {
        let visit = match driven.visit {
            Visit::Pickup(k) => Visit::Pickup(names[k as usize]),
            Visit::Dropoff(k) => Visit::Dropoff(names[k as usize]),
        };
        Driven { visit, ..*driven }
    };
    let logs: Vec<DriveLog> = online
        .logs()
        .map(|log| DriveLog { visits: log.visits.iter().map(rename).collect(), back: log.back })
        .collect();
    let routes = logs.iter().map(|log| log.visits.iter().map(|d| d.visit).collect()).collect();
    Ok(Outcome { plan: Plan { routes, unserved }, logs, cost: online.driven_cost(), steps: online.steps() })
}
