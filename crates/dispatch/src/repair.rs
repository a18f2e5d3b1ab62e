//! What has become of the plan when facts slow it down: a closed road, snow, a vehicle that has turned to the hospital. Times are
//! set anew; who would be fetched or brought too late goes with another vehicle, if one keeps what was told. Nobody's promise
//! is widened: who cannot be helped stays on the list of those in danger, is told in time, and the operator decides.

use std::collections::BTreeSet;

use domain::{
    Area, Booking, Cause, Event, Listener, News, Notice, Planned, RequestState, RouteChange, RouteId,
    RunBooking, TravelTimes, VisitKey,
};
use planner::Asked;
use units::{FacilityId, NoticeId, RequestId, Seconds, ServiceDay, Timestamp, VehicleId};

use crate::desk::Holds;
use crate::forecast::forecast;
use crate::turned::Turned;
use crate::work::Work;

/// Rides that are tried on other vehicles at one command; the next one, or an operator, looks again.
const TRIES_MAX: usize = 40;

/// A coming visit that will begin behind its promise as things look, and by how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InDanger {
    pub visit: VisitKey,
    pub vehicle: VehicleId,
    pub begin: Timestamp,
    pub late: Seconds,
}

/// Everything on a day that will be behind its promise, in the order of time.
pub fn list_in_danger(
    area: &Area,
    day: ServiceDay,
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> Vec<InDanger> {
    let of_day = area.routes.keys().filter(|id| id.day == day);
    let mut all: Vec<InDanger> = of_day
        .flat_map(|id| {
            let seen = forecast(area, *id, now, travel).into_iter().filter(|seen| seen.late > Seconds::ZERO);
            seen.map(|seen| InDanger {
                visit: seen.visit,
                vehicle: id.vehicle,
                begin: seen.begin,
                late: seen.late,
            })
        })
        .collect();
    all.sort_by_key(|danger| (danger.begin, danger.visit));
    all
}

impl Work<'_> {
    pub(crate) fn repair_days(&mut self, days: &[ServiceDay], cause: Cause) -> Result<(), Turned> {
        for day in days {
            self.move_endangered(*day)?;
            self.set_times_anew(*day, cause)?;
            let facilities: Vec<FacilityId> =
                self.area.planned_days.iter().filter(|(on, _)| on == day).map(|(_, f)| *f).collect();
            self.tell_cause(*day, cause)?;
            self.tell(*day, &facilities, cause)?;
        }
        if days.contains(&ServiceDay::of(self.now)) {
            self.watch_delays()?;
        }
        Ok(())
    }

    /// Gives rides that would be late to other vehicles, one after the other, each under the promise as it was told.
    fn move_endangered(&mut self, day: ServiceDay) -> Result<(), Turned> {
        let mut tried: BTreeSet<RequestId> = BTreeSet::new();
        while tried.len() < TRIES_MAX {
            self.table.look_ahead(day, self.now);
            let danger = list_in_danger(&self.area, day, self.now, self.table);
            let next = danger.iter().map(|d| d.visit.request).find(|id| {
                !tried.contains(id) && self.area.requests.get(id).is_some_and(|r| self.may_move(r, day))
            });
            let Some(id) = next else { return Ok(()) };
            tried.insert(id);
            self.try_elsewhere(id, day)?;
        }
        Ok(())
    }

    /// Waits for a vehicle that has not set out for it and is not locked.
    fn may_move(&self, request: &domain::Request, day: ServiceDay) -> bool {
        let RequestState::Booked(booking) = &request.state else { return false };
        let route = self.area.find_route(RouteId { day, vehicle: booking.vehicle });
        let committed = route.is_some_and(|route| {
            route.visits.iter().take(route.committed()).any(|v| v.visit.request == request.id)
        });
        !committed && !self.area.is_locked(booking.vehicle, day)
    }

    /// Takes a ride off its late vehicle and puts it where its promise is kept; if there is no such place it stays.
    fn try_elsewhere(&mut self, id: RequestId, day: ServiceDay) -> Result<(), Turned> {
        let request = self.get_request(id)?;
        let Some(booking) = request.find_active_booking().copied() else { return Ok(()) };
        let stood = self.stand();
        self.take_off(&[id].into(), day)?;
        let asked = under_promise(&request, &booking);
        let policy = self.area.policies.in_force(day);
        let mut fit = self.fit_in(id, asked, day, &policy, None, Holds::OfOthers(id))?;
        if fit.is_none() {
            fit = self.fit_in(id, asked, day, &policy, None, Holds::None)?;
        }
        let Some(fit) = fit else {
            self.go_back(stood);
            return Ok(());
        };
        let planned = Planned { pickup: fit.pickup, dropoff: fit.dropoff };
        let moved = Booking { vehicle: fit.vehicle, planned, ..booking };
        self.take(Event::RidesRebooked { bookings: vec![RunBooking { request: id, booking: moved }] })?;
        let routes = vec![RouteChange { route: RouteId { day, vehicle: fit.vehicle }, visits: fit.visits }];
        self.take(Event::PlanChanged { revision: self.area.revision + 1, routes })
    }

    /// Routes whose times can no longer be driven get new ones, in the same order.
    fn set_times_anew(&mut self, day: ServiceDay, cause: Cause) -> Result<(), Turned> {
        self.table.look_ahead(day, self.now);
        let widened = match cause {
            Cause::Widened(id) => self.area.requests.get(&id).and_then(|r| r.find_active_booking()),
            _ => None,
        };
        let mut routes = Vec::new();
        for (id, route) in self.area.routes.iter().filter(|(id, _)| id.day == day) {
            let seen = forecast(&self.area, *id, self.now, self.table);
            let slower = seen.iter().zip(&route.visits).any(|(seen, planned)| seen.begin > planned.begin);
            if slower || widened.is_some_and(|booking| booking.vehicle == id.vehicle) {
                routes.push(RouteChange { route: *id, visits: route.visits.clone() });
            }
        }
        if routes.is_empty() {
            return Ok(());
        }
        let event = self.retimed(Event::PlanChanged { revision: self.area.revision + 1, routes });
        let Event::PlanChanged { revision, mut routes } = event else { return Ok(()) };
        let same = |change: &RouteChange| {
            self.area.find_route(change.route).is_some_and(|known| known.visits == change.visits)
        };
        routes.retain(|change| !same(change));
        if routes.is_empty() {
            return Ok(());
        }
        self.take(Event::PlanChanged { revision, routes })
    }

    /// What happened itself: to drivers who have something to do yet, to the facilities, and to whom it befell.
    fn tell_cause(&mut self, day: ServiceDay, cause: Cause) -> Result<(), Turned> {
        let mut all: Vec<(Listener, News)> = Vec::new();
        let everybody = |news: &News| {
            let busy = self.area.routes.iter().filter(|(id, r)| id.day == day && !r.visits.is_empty());
            let vehicles: Vec<VehicleId> = busy.map(|(id, _)| id.vehicle).collect();
            let bases: BTreeSet<FacilityId> =
                vehicles.iter().filter_map(|v| self.area.vehicles.get(v)).map(|v| v.facility).collect();
            let drivers = vehicles.into_iter().map(Listener::Driver);
            let all: Vec<(Listener, News)> = drivers
                .chain(bases.into_iter().map(Listener::Facility))
                .map(|to| (to, news.clone()))
                .collect();
            all
        };
        match cause {
            Cause::RoadClosed(id) => {
                let known = self.area.hindering.closures.get(&id);
                let until = known.map(|closure| closure.window.close());
                all.extend(
                    until.into_iter().flat_map(|until| everybody(&News::RoadClosed { closure: id, until })),
                );
            }
            Cause::Snow => {
                let window = self.area.hindering.snow.get(&day).copied();
                all.extend(window.into_iter().flat_map(|window| everybody(&News::Snow { window })));
            }
            Cause::Diverted(id) => {
                let request = self.get_request(id)?;
                if let Some(booking) = request.find_active_booking() {
                    let (vehicle, at) = (booking.vehicle, booking.planned.dropoff);
                    let news = News::Diverted { request: id, vehicle, to: request.to, at };
                    let rider = self.area.riders.get(&request.rider);
                    let member = rider.and_then(|r| r.membership.as_ref()).map(|m| m.facility);
                    let own = self.area.vehicles.get(&vehicle).map(|v| v.facility);
                    all.push((Listener::Rider(request.rider), news.clone()));
                    all.push((Listener::Driver(vehicle), news.clone()));
                    all.extend(member.or(own).map(|facility| (Listener::Facility(facility), news)));
                }
            }
            _ => {}
        }
        self.note_notices(day, cause, all)
    }

    /// Numbers the notices and notes them, if there are any.
    pub(crate) fn note_notices(
        &mut self,
        day: ServiceDay,
        cause: Cause,
        all: Vec<(Listener, News)>,
    ) -> Result<(), Turned> {
        if all.is_empty() {
            return Ok(());
        }
        let first = self.area.last_notice;
        let number = |k: usize| NoticeId(first.0 + 1 + k as u32);
        let notices =
            all.into_iter().enumerate().map(|(k, (to, news))| Notice { id: number(k), to, news }).collect();
        self.take(Event::NoticesMade { day, cause, notices })
    }
}

/// A booked ride as it was promised.
pub(crate) fn under_promise(request: &domain::Request, booking: &Booking) -> Asked {
    Asked {
        request: request.id,
        rider: request.rider,
        people: request.people,
        from: request.from,
        to: request.to,
        pickup: booking.promise.pickup,
        dropoff: booking.promise.dropoff,
        ride_max: booking.ride_max,
        terms: booking.terms,
    }
}
