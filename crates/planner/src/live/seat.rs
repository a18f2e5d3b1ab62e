//! One vehicle as it stands on a day, evaluated: asked again and again while a caller waits. And what any insertion into
//! it must cost at least, which stays true while time passes, so that most vehicles need not be looked at.

use std::sync::Arc;

use domain::{Area, PlannedVisit, Progress, Resource, RouteId, Terms, Vehicle as Shuttle, VisitKey};
use units::{Node, RequestId, Seconds, ServiceDay, Timestamp, VehicleId, Window};

use super::{Asked, Live, LiveFault, group};
use crate::insert::{Insertion, Search};
use crate::model::{Request, Visit};
use crate::refuse::refusal;
use crate::route::{Route, ineligible};
use crate::rule::Rule;
use crate::travel::Travel;

/// Memory of the search and the slot pairs it has judged; one serves all seats.
#[derive(Debug, Clone, Default)]
pub struct Probe(Search);

impl Probe {
    pub fn tests(&self) -> u64 {
        self.0.tests
    }
}

/// One vehicle's problem, with members shielded against guests, and its evaluated route.
pub struct Seat<T> {
    live: Live<T>,
    /// None where facts have broken more than may give way; such a vehicle takes nobody.
    route: Option<Route>,
    /// Requests for whom seats are held: in the route, but not in the plan.
    held: Vec<u32>,
    at: (RouteId, Timestamp),
    until: Timestamp,
}

/// A ride's times: as they would be told, and the coming visits of the route with it.
#[derive(Debug, Clone)]
pub struct Timed {
    pub pickup: Timestamp,
    pub dropoff: Timestamp,
    pub visits: Vec<PlannedVisit>,
}

impl<T: Travel> Seat<T> {
    /// Sets up one vehicle as it stands at `now`; guests may delay members by `delay_max` at most.
    pub fn of(
        area: &Area,
        (day, now): (ServiceDay, Timestamp),
        shuttle: &Arc<Shuttle>,
        delay_max: Seconds,
        travel: T,
    ) -> Result<Seat<T>, LiveFault> {
        let mut live = Live::of_vehicles(area, day, now, std::iter::once(shuttle), travel)?;
        live.shield_members(area, delay_max)?;
        let route = Route::new(&live.model, 0, &live.plan.routes[0]).ok();
        let id = RouteId { day, vehicle: shuttle.id };
        let until = unchanged_until(area, id, now, &live, route.as_ref());
        Ok(Seat { live, route, held: Vec::new(), at: (id, now), until })
    }

    /// Keeps seats for a ride that was offered and may yet be accepted. What no longer fits, because the day went on
    /// otherwise, is not held.
    pub fn hold(&mut self, area: &Area, offered: &Asked, probe: &mut Probe) -> Result<bool, LiveFault> {
        let request = self.request(area, offered)?;
        let Some(insertion) = self.best(&request, probe)? else { return Ok(false) };
        let number = self.live.push(offered.request, request)?;
        let mut visits = self.live.plan.routes[0].clone();
        insertion.apply(&mut visits, number);
        let Ok(route) = Route::new(&self.live.model, 0, &visits) else { return Ok(false) };
        self.live.plan.routes[0] = visits;
        self.until = unchanged_until(area, self.at.0, self.at.1, &self.live, Some(&route));
        self.route = Some(route);
        self.held.push(number);
        Ok(true)
    }

    /// Until then no more than the passing of time can change what was set up, and it only narrows it: whatever
    /// [`Seat::floor`] said stays true.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether seats are held for somebody.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// The request as this vehicle sees it; open to no vehicle at all if this one does not suit.
    pub fn request(&self, area: &Area, asked: &Asked) -> Result<Request, LiveFault> {
        self.live.request(area, asked)
    }

    /// The same request on other terms.
    pub fn on_terms(request: &Request, terms: Terms) -> Request {
        Request { group: group(terms), ..request.clone() }
    }

    /// The cheapest place for a request on this vehicle.
    pub fn best(&self, request: &Request, probe: &mut Probe) -> Result<Option<Insertion>, LiveFault> {
        if ineligible(&self.live.model, 0, request).is_some() {
            return Ok(None);
        }
        Ok(probe.0.best(&self.live.model, self.standing()?, request))
    }

    /// The rule that stopped the slot pairs which got furthest, on a vehicle without room.
    pub fn reason(&self, request: &Request, probe: &mut Probe) -> Result<Rule, LiveFault> {
        if let Some(rule) = ineligible(&self.live.model, 0, request) {
            return Ok(rule);
        }
        Ok(refusal(&self.live.model, self.standing()?, request, &mut probe.0).rule)
    }

    fn standing(&self) -> Result<&Route, LiveFault> {
        let Some(route) = &self.route else {
            let broken = Route::new(&self.live.model, 0, &self.live.plan.routes[0]).err();
            let vehicle = self.live.vehicle_id(0);
            return Err(broken.map_or_else(
                || LiveFault::Unknown(vehicle.to_string()),
                |broken| LiveFault::Standing { vehicle, broken },
            ));
        };
        Ok(route)
    }

    /// The times of the route with the request put in. What is told to the rider keeps clear of those for whom seats are
    /// held; the visits are those of the plan, without them. None if the plan alone does not bear it.
    pub fn times(
        &mut self,
        name: RequestId,
        request: Request,
        insertion: &Insertion,
    ) -> Result<Option<Timed>, LiveFault> {
        let number = self.live.push(name, request)?;
        let mut visits: Vec<Visit> = self.live.plan.routes[0].clone();
        insertion.apply(&mut visits, number);
        let all = self.live.times(0, &visits)?;
        let begin = |key: VisitKey| all.iter().find(|v| v.visit == key).map(|v| v.begin);
        let unknown = || LiveFault::Unknown(name.to_string());
        let pickup = begin(VisitKey::pickup(name)).ok_or_else(unknown)?;
        let dropoff = begin(VisitKey::dropoff(name)).ok_or_else(unknown)?;
        if self.held.is_empty() {
            return Ok(Some(Timed { pickup, dropoff, visits: all }));
        }
        visits.retain(|visit| !self.held.contains(&visit.request()));
        let planned = self.live.times(0, &visits).ok();
        Ok(planned.map(|visits| Timed { pickup, dropoff, visits }))
    }

    pub fn vehicle(&self) -> VehicleId {
        self.live.vehicle_id(0)
    }

    /// What any insertion must cost, to be kept when the seat is gone.
    pub fn floor(&self) -> Floor {
        let Some(route) = self.route.as_ref().filter(|_| !self.live.takes_nobody(0)) else {
            return Floor { gaps: Vec::new() };
        };
        let vehicle = &self.live.model.vehicles()[0];
        let last = route.legs.len() - 1;
        // A vehicle at its base is not charged for the leg that the detour takes off.
        let unused =
            if route.visits.is_empty() && !vehicle.out { vehicle.fixed_cost + route.legs[0].cost } else { 0 };
        let mut gaps: Vec<Gap> = Vec::with_capacity(last + 1);
        let mut leave = i64::MIN;
        for k in 0..=last {
            // A visit begins neither before its own window opens nor before those ahead of it, whatever is put between.
            leave = leave.max(route.line.open[k]);
            if k >= vehicle.committed.min(last) {
                let (from, to) = (route.nodes[k], route.nodes[k + 1]);
                let cost = route.legs[k].cost - unused;
                gaps.push(Gap { from, to, cost, leave: leave + route.service[k], by: i64::MAX });
            }
        }
        let mut by = i64::MAX;
        for (gap, close) in gaps.iter_mut().rev().zip(route.line.close.iter().rev()) {
            by = by.min(*close);
            gap.by = by;
        }
        Floor { gaps }
    }
}

/// Until when the same would be set up but for a later start that breaks nothing.
fn unchanged_until<T: Travel>(
    area: &Area,
    id: RouteId,
    now: Timestamp,
    live: &Live<T>,
    route: Option<&Route>,
) -> Timestamp {
    let far = Timestamp::from_unix_seconds(i64::MAX / 4);
    let driven = area.list_driven(id.vehicle, id.day);
    if area.is_out(Resource::Vehicle(id.vehicle), id.day) || driven.is_empty() {
        return far;
    }
    let Some(route) = route.filter(|_| !live.takes_nobody(0) && live.list_yielded().is_empty()) else {
        return now;
    };
    let Some(stands) = area.find_route(id) else { return now };
    // What begins or ends with a driver's turn.
    let turns = driven.iter().flat_map(|turn| [turn.open(), turn.close()]).filter(|at| *at > now);
    let turn = turns.min().unwrap_or(far);
    let service = |k: usize| stands.visits.get(k).map_or(Seconds::ZERO, |v| area.service_of(v.visit));
    let way = match stands.progress {
        Progress::Heading { eta, .. } => eta,
        Progress::Arrived { at, .. } => at + service(0),
        // On the way home it is as good as there at the time it is expected.
        Progress::Returning { .. } => now,
        Progress::Standing if route.visits.is_empty() => far,
        Progress::Standing => Timestamp::from_unix_seconds(route.latest[0].min(i64::MAX / 4)),
    };
    turn.min(way).max(now)
}

/// A wish as the floors see it.
#[derive(Debug, Clone, Copy)]
pub struct Sought {
    pub from: Node,
    pub to: Node,
    pub pickup: Window,
    pub dropoff: Window,
}

/// What insertions into one vehicle's route must cost at least: no more than any exact answer, today or later, as long as
/// the route and what it rests on stay the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    gaps: Vec<Gap>,
}

/// Between two positions of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    from: Node,
    to: Node,
    /// What the leg costs now and would not cost any more.
    cost: i64,
    /// Nothing leaves `from` earlier,
    leave: i64,
    /// and `to` begins no later.
    by: i64,
}

impl Floor {
    /// No insertion of the wish costs less; `None` if time allows none.
    pub fn least<T: Travel>(&self, travel: &T, sought: &Sought, direct: (i64, i64)) -> Option<i64> {
        let (p_open, p_close) = (sought.pickup.open().unix_seconds(), sought.pickup.close().unix_seconds());
        let (d_open, d_close) = (sought.dropoff.open().unix_seconds(), sought.dropoff.close().unix_seconds());
        let (direct_ticks, direct_cost) = direct;
        // The cheapest drop-off behind the gap, and the cheapest of all.
        let mut later = i64::MAX;
        let mut least = i64::MAX;
        for gap in self.gaps.iter().rev() {
            let boards = gap.leave <= p_close && gap.by >= p_open;
            let alights = gap.leave <= d_close && gap.by >= d_open;
            if !boards && !alights {
                continue;
            }
            let (home, home_cost) = if alights { travel.leg(sought.to, gap.to) } else { (0, 0) };
            if boards {
                let (to, to_cost) = travel.leg(gap.from, sought.from);
                let begin = (gap.leave + to).max(p_open);
                if begin <= p_close {
                    if later < i64::MAX {
                        let (onward, onward_cost) = travel.leg(sought.from, gap.to);
                        if begin + onward <= gap.by {
                            least = least.min(to_cost + onward_cost - gap.cost + later);
                        }
                    }
                    let reached = (begin + direct_ticks).max(d_open);
                    if alights && reached <= d_close && reached + home <= gap.by {
                        least = least.min(to_cost + direct_cost + home_cost - gap.cost);
                    }
                }
            }
            if alights {
                let (to, to_cost) = travel.leg(gap.from, sought.to);
                let begin = (gap.leave + to).max(d_open);
                if begin <= d_close && begin + home <= gap.by {
                    later = later.min(to_cost + home_cost - gap.cost);
                }
            }
        }
        (least < i64::MAX).then_some(least)
    }
}
