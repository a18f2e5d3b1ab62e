//! The bridge from an area's state to a planning problem: what the facts allow on one day, as seen now.
//!
//! One tick is one second since 1970. Where facts have already broken a rule (a late vehicle), the limits concerned are
//! set to what driving on as planned gives, so that the standing sequence is feasible and no change may make it worse.

mod seat;
mod standing;

use domain::{Area, PlannedVisit, Resource, RouteId, Terms, Vehicle as Shuttle, VisitKey, VisitKind};
use smallvec::SmallVec;
use units::{PlaceId, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window};

pub use seat::{Floor, Probe, Seat, Sought, Timed};
use standing::{Standing, booked};

use crate::fault::Fault;
use crate::insert::{Answer, insert};
use crate::model::{
    ALL_COMPATIBLE, Boarding, GROUPS, Group, KINDS, Load, Model, Request, Span, Stop, Told, VehicleSet, Visit,
};
use crate::plan::Plan;
use crate::relax::{Relaxed, relax};
use crate::route::{Broken, Route};
use crate::rule::Rule;
use crate::travel::Travel;

/// What leaving a new wish unserved weighs, against others like it.
const UNSERVED: i64 = 1;
/// Somebody with a promise is never given up for new wishes, however many.
const PROMISED: i64 = 1_000_000;
/// The name of a span in which a driver is needed at the base; no real request has it.
const DUTY: RequestId = RequestId(0);
/// The group of such spans: with nobody on board.
const ON_DUTY: Group = Group(GROUPS as u8 - 1);

/// A day's problem with the names that its numbers stand for.
pub struct Live<T> {
    pub model: Model<T>,
    pub plan: Plan,
    pub day: ServiceDay,
    vehicles: Vec<VehicleId>,
    requests: Vec<RequestId>,
    /// Vehicles whose riders stand too long already: no new rider until that is over.
    strained: Vec<u32>,
    /// Vehicles on which some limit gave way.
    yielded: Vec<u32>,
    /// Vehicles that are out for the day, locked, undriven, or under way although the driver should be elsewhere: nobody new.
    closed: Vec<u32>,
}

/// What a party asks of a vehicle, with the limits that will bind.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub request: RequestId,
    pub rider: RiderId,
    pub people: u8,
    pub from: PlaceId,
    pub to: PlaceId,
    pub pickup: Window,
    pub dropoff: Window,
    pub ride_max: Seconds,
    pub terms: Terms,
}

/// Somebody whose booked ride may go with another vehicle too.
#[derive(Debug, Clone, Copy)]
pub struct Loose {
    pub request: RequestId,
    /// What carrying it by another vehicle than the told one adds to the cost.
    pub surcharge: Seconds,
}

/// A problem that could not be set up: the state contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiveFault {
    #[error("{0} is not known in this area")]
    Unknown(String),
    #[error(transparent)]
    Model(#[from] Fault),
    #[error("the standing route of {vehicle} breaks a rule that facts cannot break: {broken}")]
    Standing { vehicle: VehicleId, broken: Broken },
}

impl<T: Travel> Live<T> {
    /// Sets up the routes of `day` for the vehicles that `take` picks, as they stand at `now`.
    pub fn of(
        area: &Area,
        day: ServiceDay,
        now: Timestamp,
        take: &dyn Fn(&Shuttle) -> bool,
        travel: T,
    ) -> Result<Live<T>, LiveFault> {
        Live::of_vehicles(area, day, now, area.vehicles.values().filter(|v| take(v)), travel)
    }

    fn of_vehicles<'a>(
        area: &Area,
        day: ServiceDay,
        now: Timestamp,
        shuttles: impl Iterator<Item = &'a std::sync::Arc<Shuttle>>,
        travel: T,
    ) -> Result<Live<T>, LiveFault> {
        let mut live = Live {
            model: Model::new(Vec::new(), Vec::new(), compatible(), travel)?,
            plan: Plan::default(),
            day,
            vehicles: Vec::new(),
            requests: Vec::new(),
            strained: Vec::new(),
            yielded: Vec::new(),
            closed: Vec::new(),
        };
        let mut vehicles = Vec::new();
        let mut requests = Vec::new();
        for shuttle in shuttles {
            let number = vehicles.len() as u32;
            let id = RouteId { day, vehicle: shuttle.id };
            let standing = Standing::of(area, id, now, live.model.travel(), number, requests.len() as u32)?;
            live.vehicles.push(shuttle.id);
            if standing.overrun {
                live.closed.push(number);
            }
            live.requests.extend(&standing.names);
            live.plan.routes.push(standing.visits);
            vehicles.push(standing.vehicle);
            requests.extend(standing.requests);
        }
        for (request, name) in requests.iter_mut().zip(&live.requests) {
            // Who is named by others and names nobody gets the clash from their side.
            if names_anybody(area, *name) {
                request.clash = clashes(area, *name, &live.requests);
            }
        }
        let mut live =
            Live { model: Model::new(vehicles, requests, compatible(), live.model.into_travel())?, ..live };
        live.waive_company()?;
        live.yield_to_facts()?;
        for (number, id) in live.vehicles.iter().enumerate() {
            let driven = !area.list_driven(*id, day).is_empty();
            if area.is_out(Resource::Vehicle(*id), day) || area.is_locked(*id, day) || !driven {
                live.closed.push(number as u32);
            }
        }
        Ok(live)
    }

    /// Who is left alone with the driver by what others did is not thrown out for it.
    fn waive_company(&mut self) -> Result<(), LiveFault> {
        for number in 0..self.plan.routes.len() {
            while let Err(Broken { rule: Rule::Alone, request: Some(lonely), .. }) =
                Route::new(&self.model, number as u32, &self.plan.routes[number])
            {
                let request = self.model.requests()[lonely as usize].clone();
                self.model.replace_request(lonely, Request { never_alone: false, ..request })?;
            }
        }
        Ok(())
    }

    /// Lets a booked ride go with any vehicle that suits it, at a surcharge. A rider on board, one to whom the vehicle is
    /// on its way, and one whose limits facts have broken on this vehicle stays.
    pub fn loosen(&mut self, area: &Area, loose: Loose) -> Result<(), LiveFault> {
        let unknown = || LiveFault::Unknown(loose.request.to_string());
        let number = self.find_request(loose.request).ok_or_else(unknown)?;
        let known = area.requests.get(&loose.request).ok_or_else(unknown)?;
        let Some(vehicle) = self.plan.vehicle_of(number) else { return Ok(()) };
        let committed = self.model.vehicles()[vehicle as usize].committed;
        let held = self.plan.routes[vehicle as usize].iter().take(committed).any(|v| v.request() == number);
        let request = self.model.requests()[number as usize].clone();
        let strict = booked(area, loose.request, vehicle)?;
        let relaxed = (strict.pickup, strict.dropoff, strict.ride_max, strict.never_alone)
            != (request.pickup, request.dropoff, request.ride_max, request.never_alone);
        if held || relaxed || matches!(request.pickup, Boarding::Done { .. }) || self.takes_nobody(vehicle) {
            return Ok(());
        }
        let suited = self.list_suited(area, known.rider, &[known.from, known.to], &|v| {
            v.id == self.vehicle_id(vehicle) || may_carry(area, v, known)
        });
        let told = Some(Told { vehicle, surcharge: loose.surcharge.0 });
        let vehicles = VehicleSet::only(suited.into_iter().chain([vehicle]));
        self.model.replace_request(number, Request { vehicles, told, ..request })?;
        Ok(())
    }

    /// Numbers of the vehicles that suit a rider between these places and that `also` admits.
    fn list_suited(
        &self,
        area: &Area,
        rider: RiderId,
        places: &[PlaceId],
        also: &dyn Fn(&Shuttle) -> bool,
    ) -> Vec<u32> {
        let attendant = area.riders.get(&rider).is_some_and(|r| r.needs.attendant);
        let fits = |number: u32, id: &VehicleId| {
            let suited = |v: &std::sync::Arc<Shuttle>| suits(area, v, attendant, places) && also(v);
            !self.takes_nobody(number) && area.vehicles.get(id).is_some_and(suited)
        };
        (0..).zip(&self.vehicles).filter(|(number, id)| fits(*number, id)).map(|(number, _)| number).collect()
    }

    pub fn find_request(&self, name: RequestId) -> Option<u32> {
        self.requests.iter().position(|n| *n == name).map(|n| n as u32)
    }

    /// Limits that facts have already broken give way, by as little as the standing sequence needs. A vehicle whose riders
    /// stand too long, or that is overloaded because people got on before others got off, takes nobody new until that is
    /// over; it must not keep the other vehicles from being searched.
    fn yield_to_facts(&mut self) -> Result<(), LiveFault> {
        for (number, visits) in self.plan.routes.iter().enumerate() {
            let number = number as u32;
            if Route::new(&self.model, number, visits).is_ok() {
                continue;
            }
            self.yielded.push(number);
            let Ok(given) = relax(&self.model, number, visits) else {
                strain(&mut self.strained, number);
                continue;
            };
            self.model.apply_relaxed(&given)?;
            let stands = given.iter().any(|r| matches!(r, Relaxed::Wait { .. }));
            if stands || Route::new(&self.model, number, visits).is_err() {
                strain(&mut self.strained, number);
            }
        }
        Ok(())
    }

    /// Keeps guests from delaying members: a member's visits may move by at most `delay_max` against the day plan, and
    /// stay that much clear of the end of the promise where they still are. Call before searching for a guest.
    pub fn shield_members(&mut self, area: &Area, delay_max: Seconds) -> Result<(), LiveFault> {
        for (number, name) in self.requests.iter().enumerate() {
            let mut request = self.model.requests()[number].clone();
            let Some(booking) = area.requests.get(name).and_then(|r| r.find_active_booking()) else {
                continue;
            };
            if booking.terms != Terms::Member {
                continue;
            }
            // Never narrower than the standing times: these keep every rule together, and a window that cut them off
            // would make a ride limit give way instead.
            let standing = area.find_route(RouteId { day: booking.day, vehicle: booking.vehicle });
            let begin = |key: VisitKey| {
                let visits = standing.iter().flat_map(|route| &route.visits);
                visits.filter(|v| v.visit == key).map(|v| v.begin.unix_seconds()).next()
            };
            let tighten = |window: &mut Span, planned: Timestamp, key: VisitKey| {
                let (planned, margin) = (planned.unix_seconds(), delay_max.0);
                let clear = planned.max(window.close - margin).min(planned + margin);
                let close = clear.max(begin(key).unwrap_or(clear));
                window.close = window.close.min(close).max(window.open);
            };
            if let Boarding::At(stop) = &mut request.pickup {
                tighten(&mut stop.window, booking.planned.pickup, VisitKey::pickup(*name));
            }
            tighten(&mut request.dropoff.window, booking.planned.dropoff, VisitKey::dropoff(*name));
            self.model.replace_request(number as u32, request)?;
        }
        self.yield_to_facts()
    }

    /// Lets every vehicle that suits give the rides of those who wait to be picked up and are no members on a run:
    /// before boarding a guest was told times, not a vehicle.
    pub fn free_guests(&mut self, area: &Area) -> Result<(), LiveFault> {
        for (number, name) in self.requests.iter().enumerate() {
            let Some(request) = area.requests.get(name) else { continue };
            let guest = request.find_active_booking().is_some_and(|b| b.terms != Terms::Member);
            let attendant = area.riders.get(&request.rider).is_some_and(|r| r.needs.attendant);
            let wanted = self.model.requests()[number].clone();
            if !guest || wanted.pickup_stop().is_none() {
                continue;
            }
            let places = [request.from, request.to];
            let suited = self.vehicles.iter().enumerate().filter(|(number, id)| {
                !self.takes_nobody(*number as u32)
                    && area.vehicles.get(id).is_some_and(|v| suits(area, v, attendant, &places))
            });
            // The vehicle that was promised it stays possible whatever the masters say now.
            let own = self.plan.vehicle_of(number as u32);
            let vehicles = VehicleSet::only(suited.map(|(n, _)| n as u32).chain(own));
            self.model.replace_request(number as u32, Request { vehicles, ..wanted })?;
        }
        Ok(())
    }

    /// The number of a visit that is still to come.
    pub fn find_visit(&self, key: VisitKey) -> Option<Visit> {
        let number = self.requests.iter().position(|name| *name == key.request)? as u32;
        match key.kind {
            VisitKind::Pickup => {
                self.model.requests()[number as usize].pickup_stop().map(|_| Visit::Pickup(number))
            }
            VisitKind::Dropoff => Some(Visit::Dropoff(number)),
        }
    }

    /// The name of a visit.
    pub fn key_of(&self, visit: Visit) -> VisitKey {
        self.planned(visit, 0).visit
    }

    /// Vehicles that take nobody new for now.
    pub fn list_strained(&self) -> Vec<VehicleId> {
        self.strained.iter().chain(&self.closed).map(|number| self.vehicle_id(*number)).collect()
    }

    fn takes_nobody(&self, number: u32) -> bool {
        self.is_strained(number) || self.closed.contains(&number)
    }

    /// Vehicles on which facts, or a member's claim to the told time, have made some limit give way. What gave way binds
    /// on that vehicle alone, so its rides should stay as they are.
    pub fn list_yielded(&self) -> Vec<VehicleId> {
        self.yielded.iter().map(|number| self.vehicle_id(*number)).collect()
    }

    /// Whether facts have broken more on a vehicle than windows and rides; it takes nobody new.
    pub fn is_strained(&self, number: u32) -> bool {
        self.strained.contains(&number)
    }

    pub fn vehicle_id(&self, number: u32) -> VehicleId {
        self.vehicles[number as usize]
    }

    pub fn find_number(&self, vehicle: VehicleId) -> Option<u32> {
        self.vehicles.iter().position(|v| *v == vehicle).map(|n| n as u32)
    }

    /// The request as the search wants it, open to the vehicles that suit it.
    pub fn request(&self, area: &Area, asked: &Asked) -> Result<Request, LiveFault> {
        let rider =
            area.riders.get(&asked.rider).ok_or_else(|| LiveFault::Unknown(asked.rider.to_string()))?;
        let node =
            |place: PlaceId| area.find_node(place).ok_or_else(|| LiveFault::Unknown(place.to_string()));
        let (from, to) = (node(asked.from)?, node(asked.to)?);
        let known =
            area.requests.get(&asked.request).ok_or_else(|| LiveFault::Unknown(asked.request.to_string()))?;
        let suited =
            self.list_suited(area, asked.rider, &[asked.from, asked.to], &|v| may_carry(area, v, known));
        let pickup = Stop { at: from, window: span(asked.pickup), service: rider.needs.boarding.0 };
        let dropoff = Stop { at: to, window: span(asked.dropoff), service: rider.needs.alighting.0 };
        Ok(Request {
            ride_max: Some(asked.ride_max.0),
            group: group(asked.terms),
            vehicles: VehicleSet::only(suited),
            clash: clashes(area, asked.request, &self.requests),
            never_alone: area
                .never_alone(&domain::Request { people: asked.people, ..domain::Request::clone(known) }),
            penalty: UNSERVED,
            ..Request::new(pickup, dropoff, load(rider.needs.load(asked.people.saturating_sub(1))))
        })
    }

    /// Adds a request that is to be served under the given name; it starts unserved.
    pub fn push(&mut self, name: RequestId, request: Request) -> Result<u32, LiveFault> {
        let number = self.model.push_request(request)?;
        self.requests.push(name);
        self.plan.unserved.push(number);
        Ok(number)
    }

    /// Every vehicle's best place for a request that was pushed.
    pub fn insert(&self, request: u32) -> Result<Answer, Broken> {
        insert(&self.model, &self.plan, &self.model.requests()[request as usize])
    }

    /// Times for a sequence of a vehicle: nobody arrives later than need be, everybody boards as late as that allows.
    pub fn times(&self, vehicle: u32, visits: &[Visit]) -> Result<Vec<PlannedVisit>, LiveFault> {
        let broken = |broken| LiveFault::Standing { vehicle: self.vehicle_id(vehicle), broken };
        let route = Route::new(&self.model, vehicle, visits).map_err(broken)?;
        let schedule = route.schedule().map_err(broken)?;
        let begins = schedule.begin.iter().skip(1);
        let timed = visits.iter().zip(begins).map(|(visit, begin)| self.planned(*visit, *begin));
        Ok(timed.filter(|planned| planned.visit.request != DUTY).collect())
    }

    fn planned(&self, visit: Visit, begin: i64) -> PlannedVisit {
        let request = self.requests[visit.request() as usize];
        let visit = match visit {
            Visit::Pickup(_) => VisitKey::pickup(request),
            Visit::Dropoff(_) => VisitKey::dropoff(request),
        };
        PlannedVisit { visit, begin: Timestamp::from_unix_seconds(begin) }
    }
}

fn strain(strained: &mut Vec<u32>, number: u32) {
    if !strained.contains(&number) {
        strained.push(number);
    }
}

/// Whether the vehicle may carry this request by what was set: its facility's members, and pins.
fn may_carry(area: &Area, vehicle: &Shuttle, request: &domain::Request) -> bool {
    let domain::Wish::Run { facility, direction, day } = request.wish else { return true };
    let pinned = area.find_pinned_vehicle(request.rider, day, direction);
    area.serves(vehicle, facility) && pinned.is_none_or(|pinned| pinned == vehicle.id)
}

/// Whether the rider of a request says with whom, or on which seat, he or she must or must not ride.
fn names_anybody(area: &Area, name: RequestId) -> bool {
    let rider = area.requests.get(&name).and_then(|r| area.riders.get(&r.rider));
    rider.is_some_and(|r| !r.care.not_with.is_empty() || r.care.seat.is_some_and(|wish| wish.must))
}

/// The numbers of those among `others` whom the rider of a request must not meet.
fn clashes(area: &Area, name: RequestId, others: &[RequestId]) -> SmallVec<[u32; 2]> {
    let rider = |name: &RequestId| area.requests.get(name).map(|r| r.rider);
    let Some(own) = rider(&name) else { return SmallVec::new() };
    let met = |other: &RequestId| rider(other).is_some_and(|other| area.must_not_meet(own, other));
    (0..).zip(others).filter(|(_, other)| **other != name && met(other)).map(|(k, _)| k).collect()
}

/// Whether a vehicle may carry the rider between these places at all: lanes and attendant.
pub fn suits(area: &Area, vehicle: &Shuttle, attendant: bool, places: &[PlaceId]) -> bool {
    (vehicle.attendant || !attendant)
        && places.iter().all(|p| area.places.get(p).is_some_and(|p| vehicle.kind <= p.largest_vehicle))
}

fn group(terms: Terms) -> Group {
    Group(terms as u8)
}

fn compatible() -> [[bool; GROUPS]; GROUPS] {
    let mut table = ALL_COMPATIBLE;
    for a in Terms::ALL {
        for b in Terms::ALL {
            table[a as usize][b as usize] = a.may_meet(b);
        }
    }
    for row in &mut table {
        row[ON_DUTY.0 as usize] = false;
    }
    table[ON_DUTY.0 as usize] = [false; GROUPS];
    table
}

fn span(window: Window) -> Span {
    Span::new(window.open().unix_seconds(), window.close().unix_seconds())
}

fn load(load: domain::Load) -> Load {
    let mut kinds = [0; KINDS];
    kinds[0] = i32::from(load.seat_tenths);
    kinds[1] = i32::from(load.wheelchairs);
    Load(kinds)
}
