//! A change of the same morning: an absence, a late joiner, a vehicle or a driver out, a pin. The standing plan is repaired,
//! not made anew: what was told binds, changing vehicles costs, and a few steps of improvement have to do.

use std::collections::BTreeSet;

use domain::{
    Booking, Cause, Direction, Event, Planned, Rejection, Request, RequestState, RouteId, RunBooking, Terms,
    Wish,
};
use planner::{Asked, Live, Loose};
use units::{FacilityId, RequestId, Seconds, ServiceDay, Timestamp, Window};

use crate::runs::{Found, Wanted, bug, find_begin};
use crate::travel::TravelTable;
use crate::turned::Turned;
use crate::work::Work;

/// Steps of improvement after a change; counted, so that a replay gives the same plan.
const STEPS_AFTER_CHANGE: u64 = 250;
/// Steps when the operator asks for a better plan, per ride.
const STEPS_ON_DEMAND: u64 = 30;
/// What it costs to send another vehicle than the one that was told, as driving.
const MOVE_SURCHARGE: Seconds = Seconds::minutes(10);
/// How far the told time may give way where facts have broken it, before and after.
const GIVE_WAY: Seconds = Seconds::minutes(40);

impl Work<'_> {
    pub(crate) fn replan(
        &mut self,
        facilities: &[FacilityId],
        day: ServiceDay,
        fresh: &[RequestId],
        cause: Cause,
    ) -> Result<(), Turned> {
        let group: Vec<FacilityId> =
            facilities.first().map_or_else(Vec::new, |first| self.area.list_partners(*first));
        if matches!(cause, Cause::Out(_) | Cause::Back(_)) {
            self.settle_drivers(&group, day)?;
        }
        let displaced = self.list_displaced(&group, day, cause);
        self.take_off(&displaced, day)?;
        if matches!(cause, Cause::Out(_) | Cause::Back(_)) {
            self.let_go_of_pins(&displaced, day)?;
        }
        let lonely = self.list_lonely(&group, day);
        self.take_off(&lonely, day)?;
        let displaced: BTreeSet<RequestId> = displaced.union(&lonely).copied().collect();
        let (members, guests): (Vec<RequestId>, Vec<RequestId>) =
            displaced.iter().copied().partition(|id| self.is_run_of(*id, facilities));

        let mut wanted = Vec::new();
        for name in &members {
            wanted.push(self.want_again(*name, day, cause, false)?);
        }
        let mut hopeful: Vec<RequestId> = fresh.to_vec();
        hopeful.extend(self.list_refused(facilities, day, fresh));
        for name in &hopeful {
            wanted.push(self.want_run(*name, day)?);
        }
        let rides = wanted.len() + self.area.requests.len();
        let steps = match cause {
            Cause::Improvement => (STEPS_ON_DEMAND * rides as u64).min(10_000),
            _ => STEPS_AFTER_CHANGE,
        };
        let mut found = self.repair(&group, facilities, day, &wanted, steps)?;
        let broken: Vec<RequestId> =
            members.iter().copied().filter(|m| found.unserved.iter().any(|(u, _)| u == m)).collect();
        if !broken.is_empty() {
            // The told time cannot be kept: another one has to be told.
            for want in wanted.iter_mut().filter(|w| broken.contains(&w.name)) {
                *want = self.want_again(want.name, day, cause, true)?;
            }
            found = self.repair(&group, facilities, day, &wanted, steps)?;
        }
        self.keep_or_reject_pin(cause, &found)?;
        self.rebook(&wanted, &members, day, &found)?;
        for guest in guests {
            if self.refit_guest(guest)?.is_none() {
                self.take(Event::RequestCancelled { request: guest, at: self.now })?;
            }
        }
        self.tell(day, facilities, cause)
    }

    /// Opens the booked rides to all vehicles, puts the wanted ones in, and betters the whole a little.
    fn repair(
        &mut self,
        group: &[FacilityId],
        facilities: &[FacilityId],
        day: ServiceDay,
        wanted: &[Wanted],
        steps: u64,
    ) -> Result<Found, Turned> {
        let vehicles = self.list_vehicles(group, day)?;
        let table: &TravelTable = self.table;
        table.look_ahead(day, self.now);
        let mut live = Live::of(&self.area, day, self.now, &|v| vehicles.contains(&v.id), table)?;
        for request in self.area.requests.values() {
            let waits = matches!(&request.state, RequestState::Booked(b) if vehicles.contains(&b.vehicle));
            let is_new = wanted.iter().any(|w| w.name == request.id);
            let on_run = matches!(request.wish, Wish::Run { facility, day: on, .. }
                if on == day && facilities.contains(&facility));
            if waits && on_run && !is_new && live.find_request(request.id).is_some() {
                live.loosen(&self.area, Loose { request: request.id, surcharge: MOVE_SURCHARGE })?;
            }
        }
        let (found, tests) = self.search_runs(live, wanted, &[], steps)?;
        self.effort.searches += 1;
        self.effort.tests += tests;
        Ok(found)
    }

    /// A booked ride that has to be fitted in again: under its promise or, where that is broken, around it.
    fn want_again(
        &self,
        name: RequestId,
        day: ServiceDay,
        cause: Cause,
        give_way: bool,
    ) -> Result<Wanted, Turned> {
        let request: Request = self.get_request(name)?;
        let booking = *request.find_active_booking().ok_or_else(|| bug(format!("{name} is not booked")))?;
        let mut want = self.want_run(name, day)?;
        let of_rider = |rider| rider == request.rider;
        let pinned_anew = matches!(cause, Cause::Pin(rider) if of_rider(rider));
        let ready_anew = matches!((cause, request.wish),
            (Cause::Ready { rider, direction }, Wish::Run { direction: d, .. }) if of_rider(rider) && d == direction);
        let ready = self.area.find_ready_of(&request);
        if ready_anew && !give_way {
            // Who is late is fetched within what was told, if the vehicle may wait so long; else as soon as may be.
            let told = booking.promise.pickup;
            let told = ready.filter(|ready| *ready > told.open()).and_then(|ready| from_then(told, ready));
            if let Some(pickup) = told {
                want.asked = Asked { pickup, dropoff: booking.promise.dropoff, ..want.asked };
            }
        } else if !pinned_anew && !ready_anew {
            let around = |told: Window, within: Window| {
                let wide =
                    Window::from(told.open() - GIVE_WAY, told.close() - told.open() + GIVE_WAY + GIVE_WAY);
                let soon = Window::new(wide.open().max(self.now), wide.close().max(self.now)).unwrap_or(wide);
                soon.meet(within).unwrap_or(soon)
            };
            let (pickup, dropoff) = match give_way {
                false => (booking.promise.pickup, booking.promise.dropoff),
                true => {
                    let day_long = Window::from(day.midnight(), Seconds::hours(36));
                    (around(booking.promise.pickup, day_long), around(booking.promise.dropoff, day_long))
                }
            };
            // Whatever gives way: nobody is fetched before being ready.
            let pickup = ready.and_then(|ready| from_then(pickup, ready)).unwrap_or(pickup);
            want.asked = Asked { pickup, dropoff, ..want.asked };
        }
        want.asked.ride_max = booking.ride_max;
        want.aim = want.aim.min(booking.ride_max);
        want.told = Some((booking.vehicle, MOVE_SURCHARGE));
        Ok(want)
    }

    /// Places on runs of the day that found no vehicle so far and may find one now.
    fn list_refused(
        &self,
        facilities: &[FacilityId],
        day: ServiceDay,
        fresh: &[RequestId],
    ) -> Vec<RequestId> {
        let wanted = |r: &Request| {
            let Wish::Run { facility, direction, day: on } = r.wish else { return false };
            let ends = self.area.facilities.get(&facility).map(|f| match direction {
                Direction::PickupRun => day.at(f.pickup_hours.close()),
                Direction::DropoffRun => day.at(f.dropoff_hours.close()),
            });
            let comes = self.area.list_attendance(facility, day).iter().any(|a| {
                let takes = if direction == Direction::PickupRun { a.pickup_run } else { a.dropoff_run };
                a.rider == r.rider && takes
            });
            matches!(r.state, RequestState::Refused(_))
                && on == day
                && facilities.contains(&facility)
                && !fresh.contains(&r.id)
                && ends.is_some_and(|ends| ends > self.now)
                && comes
        };
        self.area.requests.values().filter(|r| wanted(r)).map(|r| r.id).collect()
    }

    /// A pin that cannot be kept is turned away, with the rules that stand against it.
    fn keep_or_reject_pin(&self, cause: Cause, found: &Found) -> Result<(), Turned> {
        let Cause::Pin(rider) = cause else { return Ok(()) };
        let of_rider = |id: &RequestId| self.area.requests.get(id).is_some_and(|r| r.rider == rider);
        match found.unserved.iter().find(|(id, _)| of_rider(id)) {
            None => Ok(()),
            Some((_, refusal)) => {
                let why: Vec<&str> = refusal.reasons.iter().map(|r| r.reason.code()).collect();
                Err(Rejection::Invalid {
                    field: "vehicle",
                    wrong: format!("the ride cannot be fitted in like that ({})", why.join(", ")),
                    right: "another vehicle or time, or fewer riders on this run".to_owned(),
                }
                .into())
            }
        }
    }

    /// Writes what was found down: new bookings, changed ones, and who is left without a ride.
    fn rebook(
        &mut self,
        wanted: &[Wanted],
        members: &[RequestId],
        day: ServiceDay,
        found: &Found,
    ) -> Result<(), Turned> {
        let policy = self.area.policies.in_force(day);
        let mut fresh = Vec::new();
        let mut changed = Vec::new();
        for want in wanted {
            let Some(booking) = self.run_booking(want, day, &policy, &found.timed) else { continue };
            let former = self.area.requests.get(&want.name).and_then(|r| r.find_active_booking()).copied();
            match former {
                None => fresh.push(RunBooking { request: want.name, booking }),
                Some(former) => {
                    let ready = self.area.requests.get(&want.name).and_then(|r| self.area.find_ready_of(r));
                    let booking = match ready {
                        Some(ready) if former.promise.pickup.open() < ready => terms_of(former, booking),
                        _ => keep_promise(former, booking),
                    };
                    changed.push(RunBooking { request: want.name, booking });
                }
            }
        }
        for request in self.area.requests.values() {
            let RequestState::Booked(booking) = request.state else { continue };
            if booking.day != day || wanted.iter().any(|w| w.name == request.id) {
                continue;
            }
            let pickup = find_begin(&found.timed, domain::VisitKey::pickup(request.id));
            let dropoff = find_begin(&found.timed, domain::VisitKey::dropoff(request.id));
            if let (Some((vehicle, pickup)), Some((_, dropoff))) = (pickup, dropoff) {
                // A member's times are the day plan now, against which later delays are measured.
                let planned = Planned { pickup, dropoff };
                let driven_anew = found.routes.iter().any(|change| change.route.vehicle == vehicle);
                let moved = driven_anew && booking.terms == Terms::Member && planned != booking.planned;
                if vehicle != booking.vehicle || moved {
                    changed.push(RunBooking {
                        request: request.id,
                        booking: Booking { vehicle, planned, ..booking },
                    });
                }
            }
        }
        for (request, refusal) in &found.unserved {
            let known = self.area.requests.get(request).map(|r| r.state.clone());
            if members.contains(request) || known == Some(RequestState::Open) {
                self.take(Event::RequestRefused { request: *request, refusal: refusal.clone() })?;
            }
        }
        if !fresh.is_empty() {
            self.take(Event::RunsBooked { bookings: fresh })?;
        }
        if !changed.is_empty() {
            self.take(Event::RidesRebooked { bookings: changed })?;
        }
        let routes: Vec<_> = found
            .routes
            .iter()
            .filter(|change| self.is_other(change.route, &change.visits))
            .cloned()
            .collect();
        if routes.is_empty() {
            return Ok(());
        }
        self.take(Event::PlanChanged { revision: self.area.revision + 1, routes })
    }

    fn is_other(&self, route: RouteId, visits: &[domain::PlannedVisit]) -> bool {
        self.area.find_route(route).is_none_or(|known| known.visits != visits)
    }
}

/// A new booking keeps the told promise where its times lie within it.
fn keep_promise(former: Booking, booking: Booking) -> Booking {
    let within = former.promise.pickup.contains(booking.planned.pickup)
        && former.promise.dropoff.contains(booking.planned.dropoff);
    let promise = if within { former.promise } else { booking.promise };
    Booking { promise, ..terms_of(former, booking) }
}

/// What of a window is left from then on.
fn from_then(window: Window, open: Timestamp) -> Option<Window> {
    Window::new(window.open().max(open), window.close()).ok()
}

/// Another promise on the terms of the former one.
fn terms_of(former: Booking, booking: Booking) -> Booking {
    let Booking { class, terms, ride_max, direct, policy, fare_yen, .. } = former;
    Booking { class, terms, ride_max, direct, policy, fare_yen, ..booking }
}
