//! How often the intervals of forecasts hold. Forecasts of coming visits are noted as they come nearer, and compared with
//! what happens; every new day what was missed goes into the log, so that the intervals of later days rest on it.

use std::collections::BTreeMap;

use domain::{AHEAD, Area, Event, GROUPS, Missed, VisitKey, VisitKind, group_of};
use units::{Seconds, ServiceDay, Timestamp};

use crate::forecast::Forecast;

/// How forecasts that look equally far ahead have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// They look ahead less than this; none for the last group.
    pub within: Option<Seconds>,
    pub forecasts: u64,
    /// Visits that began within the interval.
    pub held: u64,
    /// All intervals end to end.
    pub width: Seconds,
}

impl Held {
    /// In basis points.
    pub fn share(&self) -> Option<u32> {
        u32::try_from((self.held * 10_000).checked_div(self.forecasts)?).ok()
    }

    pub fn mean_width(&self) -> Option<Seconds> {
        self.width.0.checked_div(i64::try_from(self.forecasts).ok()?).map(Seconds)
    }
}

/// What was forecast and is to be compared yet, and what has been missed so far on a day.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measuring {
    day: Option<ServiceDay>,
    noted: BTreeMap<(VisitKey, usize), Forecast>,
    missed: Vec<Missed>,
    held: [Held; GROUPS],
}

impl Measuring {
    /// Notes the forecasts of visits that have come near enough to belong to another group than before.
    pub fn note(&mut self, forecasts: &[Forecast], now: Timestamp) {
        for seen in forecasts {
            self.noted.entry((seen.visit, group_of(seen.begin - now))).or_insert(*seen);
        }
    }

    /// Compares what happens with what was forecast. `area` is the state before the event.
    pub fn hear(&mut self, area: &Area, event: &Event) {
        match event {
            Event::Arrived { visit: Some(visit), at, .. } => {
                // Nobody is called to the door before the time that was told.
                let told = area.requests.get(&visit.request).and_then(|r| r.find_active_booking());
                let open = told.filter(|_| visit.kind == VisitKind::Pickup).map(|b| b.promise.pickup.open());
                self.compare(*visit, open.map_or(*at, |open| open.max(*at)));
            }
            Event::RequestCancelled { request, .. } | Event::NoShow { request, .. } => {
                self.forget(VisitKey::pickup(*request));
                self.forget(VisitKey::dropoff(*request));
            }
            _ => {}
        }
    }

    fn compare(&mut self, visit: VisitKey, begun: Timestamp) {
        if self.missed.is_empty() {
            self.missed = vec![Missed::default(); GROUPS];
        }
        for group in 0..GROUPS {
            let Some(seen) = self.noted.remove(&(visit, group)) else { continue };
            self.missed[group].count(begun - seen.begin);
            let held = &mut self.held[group];
            held.forecasts += 1;
            held.held += u64::from(seen.soonest <= begun && begun <= seen.latest);
            held.width += seen.latest - seen.soonest;
        }
    }

    fn forget(&mut self, visit: VisitKey) {
        self.noted.retain(|(of, _), _| *of != visit);
    }

    /// On a new day: what the forecasts of the former one missed by.
    pub fn turn(&mut self, day: ServiceDay) -> Option<Event> {
        let former = self.day.replace(day).filter(|former| *former != day)?;
        self.noted.clear();
        let missed = std::mem::take(&mut self.missed);
        if missed.is_empty() {
            return None;
        }
        Some(Event::ForecastsMeasured { day: former, missed })
    }

    pub fn missed(&self) -> Vec<Missed> {
        self.missed.clone()
    }

    /// How the forecasts of this day, and of those before it since the engine was opened, have done.
    pub fn held(&self) -> [Held; GROUPS] {
        let mut held = self.held;
        for (group, within) in held.iter_mut().zip(AHEAD) {
            group.within = Some(within);
        }
        held
    }
}
