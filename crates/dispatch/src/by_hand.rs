//! A guest's ride put on another vehicle by hand: under the promise as it was told, or not at all.

use domain::{Booking, Cause, Event, Planned, Reason, Rejection, RouteChange, RouteId, RunBooking};
use planner::Asked;
use units::{RequestId, VehicleId};

use crate::desk::Holds;
use crate::refusals::reasons;
use crate::turned::Turned;
use crate::work::Work;

impl Work<'_> {
    pub(crate) fn move_ride(&mut self, id: RequestId, wanted: Option<VehicleId>) -> Result<(), Turned> {
        let request = self.get_request(id)?;
        let unbooked = || Rejection::WrongState {
            subject: id.to_string(),
            state: request.state.code().to_owned(),
            wanted: "booked",
        };
        let booking = *request.find_active_booking().ok_or_else(unbooked)?;
        let day = booking.day;
        let policy = self.area.policies.in_force(day);
        self.take_off(&[id].into(), day)?;
        let asked = Asked {
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
        let mut fit = self.fit_in(id, asked, day, &policy, wanted, Holds::OfOthers(id))?;
        if fit.is_none() {
            // A ride with a promise goes before what is only offered.
            fit = self.fit_in(id, asked, day, &policy, wanted, Holds::None)?;
        }
        let Some(fit) = fit else {
            // Without a wish of the operator's, what stands against the vehicle that carries it now.
            let vehicle = wanted.unwrap_or(booking.vehicle);
            let against = self.at_desk(day, &policy, Holds::None, |desk| desk.reason_on(vehicle, &asked))?;
            let reason = reasons(&against).first().map_or(Reason::NoSuitableVehicle, |r| r.reason);
            return Err(Rejection::NoRoom { vehicle, reason }.into());
        };
        let vehicle = fit.vehicle;
        let planned = Planned { pickup: fit.pickup, dropoff: fit.dropoff };
        let moved = Booking { vehicle, planned, ..booking };
        self.take(Event::RidesRebooked { bookings: vec![RunBooking { request: id, booking: moved }] })?;
        let routes = vec![RouteChange { route: RouteId { day, vehicle }, visits: fit.visits }];
        self.take(Event::PlanChanged { revision: self.area.revision + 1, routes })?;
        self.tell(day, &[], Cause::Moved(id))
    }
}
