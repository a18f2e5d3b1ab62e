//! What happens on the day itself, and what stands in the way: who is ready when, at which door nobody came, which roads are
//! closed, snow, vehicles that stay as they are, promises that an operator has widened.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use units::{
    ClosureId, Metres, Point, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window,
};

use crate::area::Area;
use crate::event::Event;
use crate::plan::VisitKey;
use crate::request::{Direction, Request, RequestState};

/// A run that is late into the night still belongs to its day.
const AFTER_MIDNIGHT_MAX: Seconds = Seconds::hours(6);
/// Who is taken elsewhere than planned is taken there at once; this only bounds the search.
const DIVERTED_WITHIN: Seconds = Seconds::hours(3);

/// Roads within so many metres of a point that nobody drives on for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    pub id: ClosureId,
    pub centre: Point,
    pub radius: Metres,
    pub window: Window,
}

/// What the operator decides when nobody comes to the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoorDecision {
    /// The vehicle goes on and comes back; the rider is ready then.
    ComeBack {
        at: Timestamp,
    },
    /// The vehicle goes on without the rider, who is excused: nothing is counted against anybody.
    GoOn,
    NoShow,
}

/// Why an operator has widened a promise. A code and no words: what stands in the log stays for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WidenReason {
    RiderAsked,
    NotAtDoor,
    Illness,
    Road,
    Vehicle,
    Other,
}

/// What slows driving on the rest of a day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hindrances {
    pub snow: bool,
    pub closures: Vec<Closure>,
}

/// All closures and snow that are known of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hindering {
    pub closures: OrdMap<ClosureId, Closure>,
    pub snow: OrdMap<ServiceDay, Window>,
}

impl Hindering {
    pub fn is_empty(&self) -> bool {
        self.closures.is_empty() && self.snow.is_empty()
    }

    /// What slows driving on the rest of `day` when it is `now`. Like the hours of a day it counts for all of the rest as soon as
    /// it is known and until it is over (`docs/decisions/0008`).
    pub fn on(&self, day: ServiceDay, now: Timestamp) -> Hindrances {
        let end = day.next().midnight() + AFTER_MIDNIGHT_MAX;
        let rest = Window::from(day.midnight().max(now), end - day.midnight().max(now));
        let holds = |window: Window| window.close() > rest.open() && window.open() < rest.close();
        Hindrances {
            snow: self.snow.get(&day).is_some_and(|window| holds(*window)),
            closures: self.closures.values().filter(|c| holds(c.window)).copied().collect(),
        }
    }
}

impl Hindering {
    /// What slows driving at one time.
    pub fn at(&self, at: Timestamp) -> Hindrances {
        let snow = self.snow.get(&ServiceDay::of(at)).is_some_and(|window| window.contains(at));
        let closed = self.closures.values().filter(|c| c.window.contains(at));
        Hindrances { snow, closures: closed.copied().collect() }
    }
}

impl Hindrances {
    pub fn is_none(&self) -> bool {
        !self.snow && self.closures.is_empty()
    }
}

impl Area {
    /// From when a member is ready for the run, where that is known to differ from the others.
    pub fn find_ready(&self, rider: RiderId, day: ServiceDay, direction: Direction) -> Option<Timestamp> {
        self.ready.get(&(day, rider, direction)).copied()
    }

    /// The same for a place on a run.
    pub fn find_ready_of(&self, request: &Request) -> Option<Timestamp> {
        let crate::request::Wish::Run { direction, day, .. } = request.wish else { return None };
        self.find_ready(request.rider, day, direction)
    }

    pub fn is_locked(&self, vehicle: VehicleId, day: ServiceDay) -> bool {
        self.locked.contains(&(day, vehicle))
    }

    pub(crate) fn apply_to_today(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::ReadyNoted { rider, day, direction, at } => {
                self.ready.insert((*day, *rider, *direction), *at);
            }
            Event::ReadyCleared { rider, day, direction } => {
                self.ready.remove(&(*day, *rider, *direction));
            }
            Event::NotAtDoor { request, at, .. } => {
                self.at_door.insert(*request, *at);
            }
            Event::DoorDecided { request, .. } => {
                self.at_door.remove(request);
            }
            Event::VehicleLocked { vehicle, day } => {
                self.locked.insert((*day, *vehicle));
            }
            Event::VehicleUnlocked { vehicle, day } => {
                self.locked.remove(&(*day, *vehicle));
            }
            Event::RoadClosed { closure } => {
                self.last_closure = self.last_closure.max(closure.id);
                self.hindering.closures.insert(closure.id, *closure);
            }
            Event::RoadOpened { closure, .. } => {
                self.hindering.closures.remove(closure);
            }
            Event::SnowNoted { day, window } => {
                self.hindering.snow.insert(*day, *window);
            }
            Event::SnowCleared { day } => {
                self.hindering.snow.remove(day);
            }
            Event::RideDiverted { .. } => self.divert(event)?,
            Event::PromiseWidened { request, promise, ride_max, .. } => {
                self.change_request(*request, |r| {
                    if let RequestState::Booked(booking) | RequestState::OnBoard { booking, .. } =
                        &mut r.state
                    {
                        booking.promise = *promise;
                        booking.ride_max = *ride_max;
                        r.widened += 1;
                    }
                })?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The vehicle drives there now, before all else.
    fn divert(&mut self, event: &Event) -> Result<(), String> {
        let Event::RideDiverted { route, request, to, at, eta, .. } = event else { return Ok(()) };
        let (at, eta) = (*at, *eta);
        self.change_request(*request, |r| {
            r.to = *to;
            if let RequestState::OnBoard { booking, boarded_at } = &mut r.state {
                booking.promise.dropoff = Window::from(at, (eta - at) + DIVERTED_WITHIN);
                booking.planned.dropoff = eta;
                booking.ride_max = booking.ride_max.max(eta - *boarded_at + DIVERTED_WITHIN);
            }
        })?;
        self.head_for(*route, VisitKey::dropoff(*request), at, eta)
    }

    pub(crate) fn forget_today_before(&mut self, former: ServiceDay) {
        self.ready = self.ready.iter().filter(|(k, _)| k.0 >= former).map(|(k, v)| (*k, *v)).collect();
        self.locked = self.locked.iter().filter(|(d, _)| *d >= former).copied().collect();
        let Hindering { closures, snow } = &mut self.hindering;
        *snow = snow.iter().filter(|(d, _)| **d >= former).map(|(k, v)| (*k, *v)).collect();
        let stands = |c: &Closure| c.window.close() > former.midnight();
        *closures = closures.iter().filter(|(_, c)| stands(c)).map(|(k, v)| (*k, *v)).collect();
        let known = |r: &RequestId| self.requests.contains_key(r);
        self.at_door = self.at_door.iter().filter(|(r, _)| known(r)).map(|(k, v)| (*k, *v)).collect();
    }
}
