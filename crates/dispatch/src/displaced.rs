//! Rides whose vehicle can no longer carry them: taken off the route, so that they can be fitted in again.

use std::collections::BTreeSet;

use domain::{
    Area, Cause, Direction, Event, Pin, Request, RequestState, Resource, RideClass, RouteChange, RouteId,
    VisitKind, Wish,
};
use units::{FacilityId, RequestId, ServiceDay, VehicleId};

use crate::desk::Holds;
use crate::turned::Turned;
use crate::work::Work;

impl Work<'_> {
    /// Booked rides, members' and guests', that cannot stay where they are: their vehicle is out or nobody drives it, its
    /// driver has other hours now, or a pin says otherwise.
    pub(crate) fn list_displaced(
        &self,
        group: &[FacilityId],
        day: ServiceDay,
        cause: Cause,
    ) -> BTreeSet<RequestId> {
        let mut gone: BTreeSet<VehicleId> = BTreeSet::new();
        for vehicle in self.area.vehicles.values().filter(|v| group.contains(&v.facility)) {
            let key = (day, vehicle.id);
            let other_hours = self.area.turns.get(&key) != self.origin.turns.get(&key)
                && self.area.list_driven(vehicle.id, day) != self.origin.list_driven(vehicle.id, day);
            let out = self.area.is_out(Resource::Vehicle(vehicle.id), day);
            if out || other_hours || self.area.list_driven(vehicle.id, day).is_empty() {
                gone.insert(vehicle.id);
            }
        }
        let waits = |r: &Request| match &r.state {
            RequestState::Booked(booking) if booking.day == day => Some(*booking),
            _ => None,
        };
        let mut displaced = BTreeSet::new();
        for request in self.area.requests.values() {
            let Some(booking) = waits(request) else { continue };
            let unpinned = match (cause, request.wish) {
                (Cause::Ready { rider, direction }, Wish::Run { direction: d, day: on, .. })
                    if rider == request.rider && direction == d && on == day =>
                {
                    true
                }
                (Cause::Pin(rider), Wish::Run { direction, day: on, .. })
                    if rider == request.rider && on == day =>
                {
                    !self.keeps_pin(request, direction, day)
                }
                _ => false,
            };
            if gone.contains(&booking.vehicle) || unpinned {
                displaced.insert(request.id);
            }
        }
        displaced
    }

    /// Whether a booked ride is as its pin says.
    pub(crate) fn keeps_pin(&self, request: &Request, direction: Direction, day: ServiceDay) -> bool {
        let Some(pin) = self.area.find_pin(request.rider, day, direction) else { return true };
        let Some(booking) = request.find_active_booking() else { return false };
        let home = match direction {
            Direction::PickupRun => booking.promise.pickup,
            Direction::DropoffRun => booking.promise.dropoff,
        };
        let vehicle = self.area.find_pinned_vehicle(request.rider, day, direction);
        vehicle.is_none_or(|v| v == booking.vehicle) && pin.at.is_none_or(|at| home.contains(day.at(at)))
    }

    /// A member whose pinned vehicle was out has another one by now, and was told so. When the pinned one is back, what was
    /// told last stands, and the pin to the vehicle is gone; a pinned time stays.
    pub(crate) fn let_go_of_pins(
        &mut self,
        displaced: &BTreeSet<RequestId>,
        day: ServiceDay,
    ) -> Result<(), Turned> {
        let mut gone = Vec::new();
        for request in self.area.requests.values().filter(|r| !displaced.contains(&r.id)) {
            let (Wish::Run { direction, day: on, .. }, RequestState::Booked(booking)) =
                (request.wish, &request.state)
            else {
                continue;
            };
            let pinned = self.area.find_pinned_vehicle(request.rider, day, direction);
            if on == day && pinned.is_some_and(|vehicle| vehicle != booking.vehicle) {
                gone.push((request.rider, direction));
            }
        }
        for (rider, direction) in gone {
            let at = self.area.find_pin(rider, day, direction).and_then(|pin| pin.at);
            self.take(match at {
                Some(_) => Event::RidePinned { rider, day, direction, pin: Pin { vehicle: None, at } },
                None => Event::RideUnpinned { rider, day, direction },
            })?;
        }
        Ok(())
    }

    /// Booked riders who would be alone with the driver and must not be, because somebody else has dropped out.
    pub(crate) fn list_lonely(&self, group: &[FacilityId], day: ServiceDay) -> BTreeSet<RequestId> {
        let mut lonely = BTreeSet::new();
        for vehicle in self.area.vehicles.values().filter(|v| group.contains(&v.facility) && !v.attendant) {
            let id = RouteId { day, vehicle: vehicle.id };
            let Some(route) = self.area.find_route(id) else { continue };
            let mut aboard: Vec<RequestId> = self.area.on_board(id).map(|(r, _, _)| r.id).collect();
            for planned in &route.visits {
                match planned.visit.kind {
                    VisitKind::Pickup => aboard.push(planned.visit.request),
                    VisitKind::Dropoff => aboard.retain(|r| *r != planned.visit.request),
                }
                if let [only] = aboard.as_slice()
                    && let Some(request) = self.area.requests.get(only)
                    && matches!(request.state, RequestState::Booked(_))
                    && self.area.never_alone(request)
                {
                    lonely.insert(*only);
                }
            }
        }
        lonely
    }

    /// Takes visits out of the routes; what is left is a fact against which the judge holds the new plan.
    pub(crate) fn take_off(
        &mut self,
        displaced: &BTreeSet<RequestId>,
        day: ServiceDay,
    ) -> Result<(), Turned> {
        // What had been planned is one thing, what this command has moved so far another.
        let routes = without(&self.before, displaced, day);
        let revision = self.area.revision + 1;
        self.before.apply(&Event::PlanChanged { revision, routes })?;
        let routes = without(&self.area, displaced, day);
        if routes.is_empty() {
            return Ok(());
        }
        let event = Event::PlanChanged { revision, routes };
        let event = self.retimed(event);
        self.take(event)
    }

    /// Fits guests in again, one after the other: into any vehicle that keeps their promise. `None` is who cannot be.
    pub(crate) fn refit_guest(&mut self, id: RequestId) -> Result<Option<domain::Booking>, Turned> {
        let request = self.get_request(id)?;
        let Some(booking) = request.find_active_booking().copied() else { return Ok(None) };
        let policy = self.area.policies.in_force(booking.day);
        let asked = planner::Asked {
            request: id,
            rider: request.rider,
            people: request.people,
            from: request.from,
            to: request.to,
            pickup: booking.promise.pickup,
            dropoff: booking.promise.dropoff,
            ride_max: booking.ride_max,
            terms: booking.terms,
        };
        // Beside what is only offered if there is room, else before it.
        let mut fit = self.fit_in(id, asked, booking.day, &policy, None, Holds::OfOthers(id))?;
        if fit.is_none() {
            fit = self.fit_in(id, asked, booking.day, &policy, None, Holds::None)?;
        }
        let Some(fit) = fit else { return Ok(None) };
        let route = RouteId { day: booking.day, vehicle: fit.vehicle };
        let routes = vec![RouteChange { route, visits: fit.visits }];
        let planned = domain::Planned { pickup: fit.pickup, dropoff: fit.dropoff };
        let moved = domain::Booking { vehicle: fit.vehicle, planned, ..booking };
        let bookings = vec![domain::RunBooking { request: id, booking: moved }];
        self.take(Event::RidesRebooked { bookings })?;
        self.take(Event::PlanChanged { revision: self.area.revision + 1, routes })?;
        Ok(Some(moved))
    }

    /// Whether a displaced ride is a member's place on a run of these facilities.
    pub(crate) fn is_run_of(&self, id: RequestId, facilities: &[FacilityId]) -> bool {
        let Some(request) = self.area.requests.get(&id) else { return false };
        let class = request.find_booking().map(|b| b.class);
        matches!(request.wish, Wish::Run { facility, .. } if facilities.contains(&facility))
            && class.is_none_or(|c| c == RideClass::MemberOnRun)
    }
}

/// The routes of a day that carry some of these, without them.
fn without(area: &Area, displaced: &BTreeSet<RequestId>, day: ServiceDay) -> Vec<RouteChange> {
    let carries = |route: &domain::Route| route.visits.iter().any(|v| displaced.contains(&v.visit.request));
    let of_day = area.routes.iter().filter(|(id, route)| id.day == day && carries(route));
    let rest = |route: &domain::Route| {
        let stays = route.visits.iter().filter(|v| !displaced.contains(&v.visit.request));
        stays.copied().collect()
    };
    of_day.map(|(id, route)| RouteChange { route: *id, visits: rest(route) }).collect()
}
