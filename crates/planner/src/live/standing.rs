//! One vehicle's standing route, its riders and its driver's turns, as the problem sees them.

use domain::{Area, Progress, RequestState, RouteId, Terms, VisitKey, VisitKind};
use smallvec::SmallVec;
use units::{Node, PlaceId, RequestId, Timestamp};

use super::{DUTY, LiveFault, ON_DUTY, PROMISED, group, load, span};
use crate::model::{Boarding, Load, Request, Span, Stop, Vehicle, VehicleSet, Visit};
use crate::travel::Travel;

/// One vehicle's route as the problem sees it.
pub(super) struct Standing {
    pub(super) vehicle: Vehicle,
    pub(super) requests: Vec<Request>,
    pub(super) names: Vec<RequestId>,
    pub(super) visits: Vec<Visit>,
    /// Out although its driver should be elsewhere.
    pub(super) overrun: bool,
}

impl Standing {
    /// `number` is the vehicle's in the problem, `first` the number of its first request.
    pub(super) fn of<T: Travel>(
        area: &Area,
        id: RouteId,
        now: Timestamp,
        travel: &T,
        number: u32,
        first: u32,
    ) -> Result<Standing, LiveFault> {
        let unknown = || LiveFault::Unknown(id.vehicle.to_string());
        let shuttle = area.vehicles.get(&id.vehicle).ok_or_else(unknown)?;
        let route = area.find_route(id).ok_or_else(unknown)?;
        let node =
            |place: PlaceId| area.find_node(place).ok_or_else(|| LiveFault::Unknown(place.to_string()));
        let base = node(area.find_base(id.vehicle).ok_or_else(unknown)?)?;
        let start = node(route.anchor.place)?;
        let shift = id.day.window(shuttle.shift);

        let mut standing = Standing {
            vehicle: Vehicle::new(start, base, span(shift), Load::default()),
            requests: Vec::new(),
            names: Vec::new(),
            visits: Vec::new(),
            overrun: false,
        };
        standing.names = on_board(area, &route);
        for planned in route.visits.iter().filter(|v| v.visit.kind == VisitKind::Pickup) {
            standing.names.push(planned.visit.request);
        }
        for name in standing.names.clone() {
            standing.requests.push(booked(area, name, number)?);
        }
        for planned in &route.visits {
            let known = standing.names.iter().position(|n| *n == planned.visit.request);
            let known = known.ok_or_else(|| LiveFault::Unknown(planned.visit.to_string()))? as u32;
            standing.visits.push(match planned.visit.kind {
                VisitKind::Pickup => Visit::Pickup(known),
                VisitKind::Dropoff => Visit::Dropoff(known),
            });
        }

        let vehicle = &mut standing.vehicle;
        vehicle.layouts = shuttle
            .layouts
            .iter()
            .map(|l| {
                load(domain::Load {
                    seat_tenths: u16::from(l.seats) * domain::SEAT_TENTHS,
                    wheelchairs: u16::from(l.wheelchairs),
                })
            })
            .collect();
        vehicle.attendant = shuttle.attendant;
        vehicle.committed = route.committed();
        vehicle.out = route.anchor.place != area.find_base(id.vehicle).unwrap_or(route.anchor.place);
        vehicle.wait_max = Some(area.policies.in_force(id.day).wait_on_board_max.0);
        if let Some(facility) = area.facilities.get(&shuttle.facility) {
            let (open, close) = (facility.pickup_hours.close(), facility.dropoff_hours.open());
            let idle = Span::new(id.day.at(open).unix_seconds(), id.day.at(close).unix_seconds());
            vehicle.hours[Terms::OutsideRunHours as usize] = Some(idle);
        }
        let first_stop = standing.visits.first().map(|v| standing.stop(*v));
        let free = route.anchor.ready.max(now).unix_seconds();
        let open = match (route.progress, first_stop) {
            (Progress::Heading { eta, .. }, Some(stop)) => {
                eta.max(now).unix_seconds() - travel.ticks(start, stop.at).max(0)
            }
            (Progress::Arrived { at, .. }, Some(stop)) => {
                at.unix_seconds().max(now.unix_seconds() - stop.service) - travel.ticks(start, stop.at).max(0)
            }
            _ => free,
        };
        standing.vehicle.window = Span::new(open, standing.vehicle.window.close);
        standing.keep_turns(area, &route, number, base);
        let shift_number = |v: &Visit| match v {
            Visit::Pickup(r) => Visit::Pickup(r + first),
            Visit::Dropoff(r) => Visit::Dropoff(r + first),
        };
        standing.visits = standing.visits.iter().map(shift_number).collect();
        Ok(standing)
    }

    /// The vehicle is out only while somebody drives it; between two turns it stands at its base, empty.
    fn keep_turns(&mut self, area: &Area, route: &domain::Route, number: u32, base: Node) {
        let driven = area.list_driven(route.id.vehicle, route.id.day);
        let (Some(first), Some(last)) = (driven.first(), driven.last()) else { return };
        let window = &mut self.vehicle.window;
        let at_base = area.find_base(route.id.vehicle) == Some(route.anchor.place);
        let empty = self.requests.iter().all(|r| r.pickup_stop().is_some());
        let standing = at_base && empty && route.progress == Progress::Standing;
        if standing {
            window.open = window.open.max(first.open().unix_seconds());
        }
        window.close = window.close.min(last.close().unix_seconds());
        for pair in driven.windows(2) {
            let (from, to) = (pair[0].close().unix_seconds(), pair[1].open().unix_seconds());
            // What is stated for the span itself is overdue from the turn before.
            let begins = |k: usize| route.visits.get(k).map_or(i64::MAX, |v| v.begin.unix_seconds());
            let before = (0..).find(|k| begins(*k) >= to).unwrap_or(0).max(self.vehicle.committed);
            if to <= self.vehicle.window.open {
                continue;
            }
            if from <= self.vehicle.window.open {
                // The span has begun. At the base it is kept; a vehicle that is out all the same is driven on, with nobody
                // new.
                if before == 0 && standing {
                    self.vehicle.window.open = to;
                } else {
                    self.overrun = true;
                }
                continue;
            }
            self.stand(Span::new(from, to), number, (base, before));
        }
    }

    /// Puts a span at the base into the route: before the planned visit number `before` or, with riders on board there,
    /// as soon as the last of them is off.
    fn stand(&mut self, span: Span, number: u32, (base, before): (Node, usize)) {
        let real = |v: &Visit| self.names[v.request() as usize] != DUTY;
        let mut at = 0;
        let mut seen = 0;
        let mut aboard = self.requests.iter().filter(|r| r.pickup_stop().is_none()).count();
        for visit in &self.visits {
            if seen >= before && aboard == 0 {
                break;
            }
            at += 1;
            if !real(visit) {
                continue;
            }
            seen += 1;
            match visit {
                Visit::Pickup(_) => aboard += 1,
                Visit::Dropoff(_) => aboard = aboard.saturating_sub(1),
            }
        }
        let k = self.requests.len() as u32;
        let window = self.vehicle.window;
        let stop = |window| Stop { at: base, window, service: 0 };
        let early = Span::new(window.open.min(span.open), span.open);
        let late = Span::new(span.close, window.close.max(span.close));
        self.requests.push(Request {
            group: ON_DUTY,
            vehicles: VehicleSet::only([number]),
            penalty: PROMISED,
            duty: true,
            ..Request::new(stop(early), stop(late), Load::default())
        });
        self.names.push(DUTY);
        self.visits.splice(at..at, [Visit::Pickup(k), Visit::Dropoff(k)]);
    }

    fn stop(&self, visit: Visit) -> Stop {
        let request = &self.requests[visit.request() as usize];
        match (visit, &request.pickup) {
            (Visit::Pickup(_), Boarding::At(stop)) => *stop,
            _ => request.dropoff,
        }
    }
}

/// Who is on board, in the order of the ids. Everybody on board has a drop-off to come, so that the route names them;
/// a look through all the requests of an area would take far longer.
fn on_board(area: &Area, route: &domain::Route) -> Vec<RequestId> {
    let dropoffs = route.visits.iter().filter(|v| v.visit.kind == VisitKind::Dropoff);
    let aboard = |name: &RequestId| {
        area.requests.get(name).is_some_and(|r| match &r.state {
            RequestState::OnBoard { booking, .. } => {
                booking.vehicle == route.id.vehicle && booking.day == route.id.day
            }
            _ => false,
        })
    };
    let mut names: Vec<RequestId> = dropoffs.map(|v| v.visit.request).filter(aboard).collect();
    names.sort_unstable();
    names
}

/// A request that is booked or on board, with the limits that bind it.
pub(super) fn booked(area: &Area, name: RequestId, vehicle: u32) -> Result<Request, LiveFault> {
    let unknown = || LiveFault::Unknown(name.to_string());
    let request = area.requests.get(&name).ok_or_else(unknown)?;
    let booking = request.find_active_booking().ok_or_else(unknown)?;
    let node = |place: PlaceId| -> Result<Node, LiveFault> { area.find_node(place).ok_or_else(unknown) };
    let service = |visit| area.service_of(visit).0;
    let dropoff = Stop {
        at: node(request.to)?,
        window: span(booking.promise.dropoff),
        service: service(VisitKey::dropoff(name)),
    };
    let pickup = match request.state {
        RequestState::OnBoard { boarded_at, .. } => Boarding::Done { ended: boarded_at.unix_seconds() },
        _ => Boarding::At(Stop {
            at: node(request.from)?,
            window: span(booking.promise.pickup),
            service: service(VisitKey::pickup(name)),
        }),
    };
    Ok(Request {
        pickup,
        dropoff,
        load: load(area.load_of(request)),
        ride_max: Some(booking.ride_max.0),
        group: group(booking.terms),
        vehicles: VehicleSet::only([vehicle]),
        clash: SmallVec::new(),
        penalty: PROMISED,
        hours_waived: false,
        never_alone: area.never_alone(request),
        told: None,
        duty: false,
    })
}
