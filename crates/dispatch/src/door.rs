//! Nobody comes to the door: who is asked what to do, and a guest for whom the vehicle comes back.

use domain::{
    Cause, Event, Listener, News, Planned, Promise, Reason, Rejection, RouteChange, RouteId, RunBooking,
    WidenReason,
};
use planner::Asked;
use units::{RequestId, Seconds, Timestamp, Window};

use crate::desk::Holds;
use crate::refusals::reasons;
use crate::repair::under_promise;
use crate::turned::Turned;
use crate::work::Work;

/// Who is fetched a second time is fetched within this span.
const AGAIN_WITHIN: Seconds = Seconds::minutes(20);

impl Work<'_> {
    /// The rider's own people are rung up, and the facility, which knows more.
    pub(crate) fn ask_about_door(&mut self, id: RequestId) -> Result<(), Turned> {
        let request = self.get_request(id)?;
        let Some(booking) = request.find_active_booking().copied() else { return Ok(()) };
        let since = self.area.at_door.get(&id).copied().unwrap_or(self.now);
        let wait = self.area.policies.in_force(booking.day).door_wait;
        let until = (since + wait).max(booking.promise.pickup.open());
        let news = News::NotAtDoor { request: id, vehicle: booking.vehicle, since, until };
        let member = self.area.riders.get(&request.rider).and_then(|r| r.membership.as_ref());
        let own = self.area.vehicles.get(&booking.vehicle).map(|v| v.facility);
        let facility = member.map(|m| m.facility).or(own);
        let mut all = vec![(Listener::Rider(request.rider), news.clone())];
        all.extend(facility.map(|facility| (Listener::Facility(facility), news)));
        self.note_notices(booking.day, Cause::NotAtDoor(id), all)
    }

    /// The vehicle goes on and some vehicle comes back for a guest: the operator's word widens what was told, and the rider is
    /// told the new time.
    pub(crate) fn come_back(&mut self, id: RequestId, at: Timestamp) -> Result<(), Turned> {
        let request = self.get_request(id)?;
        let Some(booking) = request.find_active_booking().copied() else { return Ok(()) };
        let day = booking.day;
        let policy = self.area.policies.in_force(day);
        self.take_off(&[id].into(), day)?;
        let told = booking.promise;
        let again = Window::from(at, AGAIN_WITHIN);
        let latest = told.dropoff.close().max(again.close() + booking.ride_max + Seconds::minutes(15));
        let dropoff = Window::from(told.dropoff.open(), latest - told.dropoff.open());
        let asked = Asked { pickup: again, dropoff, ..under_promise(&request, &booking) };
        let mut fit = self.fit_in(id, asked, day, &policy, None, Holds::OfOthers(id))?;
        if fit.is_none() {
            fit = self.fit_in(id, asked, day, &policy, None, Holds::None)?;
        }
        let Some(fit) = fit else {
            let vehicle = booking.vehicle;
            let against = self.at_desk(day, &policy, Holds::None, |desk| desk.reason_on(vehicle, &asked))?;
            let reason = reasons(&against).first().map_or(Reason::PickupTooLate, |r| r.reason);
            return Err(Rejection::NoRoom { vehicle, reason }.into());
        };
        let pickup =
            Window::from(told.pickup.open(), again.close().max(told.pickup.close()) - told.pickup.open());
        let promise = Promise { pickup, dropoff };
        let reason = WidenReason::NotAtDoor;
        self.take(Event::PromiseWidened {
            request: id,
            promise,
            ride_max: booking.ride_max,
            reason,
            at: self.now,
        })?;
        let planned = Planned { pickup: fit.pickup, dropoff: fit.dropoff };
        let moved = domain::Booking { vehicle: fit.vehicle, promise, planned, ..booking };
        self.take(Event::RidesRebooked { bookings: vec![RunBooking { request: id, booking: moved }] })?;
        let routes = vec![RouteChange { route: RouteId { day, vehicle: fit.vehicle }, visits: fit.visits }];
        self.take(Event::PlanChanged { revision: self.area.revision + 1, routes })?;
        self.tell(day, &[], Cause::NotAtDoor(id))
    }
}
