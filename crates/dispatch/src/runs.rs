//! The day plan (送迎表): pickup and drop-off runs of a facility from attendance, over all its vehicles.

use domain::{
    Booking, Direction, Event, Facility, Planned, Policy, Promise, Refusal, Request, RideClass, RouteChange,
    RouteId, RunBooking, Terms, VisitKey, Wish,
};
use planner::{Asked, Improver, Live, Visit};
use units::{FacilityId, RequestId, Seconds, ServiceDay, VehicleId, Window};

use crate::offers::told;
use crate::refusals::reasons;
use crate::travel::TravelTable;
use crate::turned::Turned;
use crate::work::Work;

/// Steps of improvement per member's ride. Counted, not timed, so that a replay gives the same plan.
const STEPS_PER_RIDE: u64 = 40;
/// Members arrive within this span before the service begins, and leave within it after the service ends.
const ARRIVAL_SPAN: Seconds = Seconds::minutes(50);
const DEPARTURE_SPAN: Seconds = Seconds::minutes(45);
/// A member's ride limit never falls below the direct drive by more than this allows.
const RIDE_PLUS: Seconds = Seconds::minutes(10);
/// One stream of draws for day plans; the same day gives the same plan.
const SEED: u64 = 0x0073_6f75_6765_6931;

impl Work<'_> {
    pub(crate) fn plan_runs(
        &mut self,
        id: FacilityId,
        day: ServiceDay,
        requests: &[RequestId],
    ) -> Result<(), Turned> {
        let facility = *self
            .area
            .facilities
            .get(&id)
            .ok_or_else(|| Turned::Bug { detail: format!("{id} is unknown") })?;
        let policy = self.area.policies.in_force(day);
        let asked =
            requests.iter().map(|r| self.ask_run(*r, &facility, day)).collect::<Result<Vec<_>, _>>()?;
        let table: &TravelTable = self.table;
        let own = Live::of(&self.area, day, self.now, &|v| v.facility == id, table)?;
        // A vehicle that facts have overloaded keeps its route and is left out.
        let strained = own.list_strained();
        let mut live = match strained.is_empty() {
            true => own,
            false => {
                let take = |v: &domain::Vehicle| v.facility == id && !strained.contains(&v.id);
                Live::of(&self.area, day, self.now, &take, table)?
            }
        };
        let before = live.plan.routes.clone();
        let mut numbers = Vec::new();
        for (name, asked) in requests.iter().zip(&asked) {
            let wanted = live.request(&self.area, asked)?;
            numbers.push(live.push(*name, wanted)?);
        }
        let mut improver = Improver::new(&live.model, &live.plan, SEED)
            .map_err(|b| Turned::Bug { detail: format!("{b:?}") })?;
        improver.run(STEPS_PER_RIDE * requests.len() as u64);
        self.effort.searches += 1;
        self.effort.tests += improver.tests();
        live.plan = improver.best().clone();

        let mut routes = Vec::new();
        let mut timed: Vec<(VehicleId, Vec<domain::PlannedVisit>)> = Vec::new();
        for (number, visits) in live.plan.routes.iter().enumerate() {
            let vehicle = live.vehicle_id(number as u32);
            let times = live.times(number as u32, visits)?;
            if *visits != before[number] {
                routes.push(RouteChange { route: RouteId { day, vehicle }, visits: times.clone() });
            }
            timed.push((vehicle, times));
        }
        let mut refused = Vec::new();
        let mut bookings = Vec::new();
        for ((name, asked), number) in requests.iter().zip(&asked).zip(&numbers) {
            if live.plan.unserved.contains(number) {
                let answer = live.insert(*number).map_err(|b| Turned::Bug { detail: b.to_string() })?;
                self.effort.tests += answer.tests;
                refused.push((*name, reasons(&answer.reasons())));
                continue;
            }
            let booking = self.run_booking(*name, asked, day, &policy, &timed);
            bookings.extend(booking.map(|booking| RunBooking { request: *name, booking }));
        }
        debug_assert!(
            live.plan.routes.iter().flatten().all(|v| matches!(v, Visit::Pickup(_) | Visit::Dropoff(_)))
        );
        drop(live);
        for (request, reasons) in refused {
            self.take(Event::RequestRefused {
                request,
                refusal: Refusal { reasons, alternatives: Vec::new() },
            })?;
        }
        self.take(Event::RunsBooked { bookings })?;
        self.take(Event::DayPlanned { facility: id, day })?;
        if routes.is_empty() {
            return Ok(());
        }
        self.take(Event::PlanChanged { revision: self.area.revision + 1, routes })
    }

    /// The limits of a member's ride: the common arrival or departure span of the facility, and its ride limit.
    fn ask_run(&self, name: RequestId, facility: &Facility, day: ServiceDay) -> Result<Asked, Turned> {
        let request: Request = self.get_request(name)?;
        let Wish::Run { direction, .. } = request.wish else {
            return Err(Turned::Bug { detail: format!("{name} is no place on a run") });
        };
        let service = day.window(facility.service);
        let hours = match direction {
            Direction::PickupRun => day.window(facility.pickup_hours),
            Direction::DropoffRun => day.window(facility.dropoff_hours),
        };
        let (pickup, dropoff) = match direction {
            Direction::PickupRun => {
                let arrive = service.open();
                let at_door = Window::from(hours.open(), arrive - hours.open());
                let open = (arrive - ARRIVAL_SPAN).max(hours.open());
                (at_door, Window::from(open, arrive - open))
            }
            Direction::DropoffRun => {
                let leave = service.close();
                let close = (leave + DEPARTURE_SPAN).min(hours.close());
                (Window::from(leave, close - leave), Window::from(leave, hours.close() - leave))
            }
        };
        Ok(Asked {
            rider: request.rider,
            people: request.people,
            from: request.from,
            to: request.to,
            pickup,
            dropoff,
            ride_max: facility.ride_max.max(self.direct(&request) + RIDE_PLUS),
            terms: Terms::Member,
        })
    }

    /// What binds from now on: at the home the told time, at the facility the common span.
    fn run_booking(
        &self,
        name: RequestId,
        asked: &Asked,
        day: ServiceDay,
        policy: &Policy,
        timed: &[(VehicleId, Vec<domain::PlannedVisit>)],
    ) -> Option<Booking> {
        let request = self.area.requests.get(&name)?;
        let begin = |key: VisitKey| {
            timed.iter().find_map(|(vehicle, visits)| {
                visits.iter().find(|v| v.visit == key).map(|v| (*vehicle, v.begin))
            })
        };
        let (vehicle, pickup) = begin(VisitKey::pickup(name))?;
        let (_, dropoff) = begin(VisitKey::dropoff(name))?;
        let promise = match request.wish {
            Wish::Run { direction: Direction::PickupRun, .. } => {
                Promise { pickup: told(pickup, asked.pickup), dropoff: asked.dropoff }
            }
            _ => Promise { pickup: asked.pickup, dropoff: told(dropoff, asked.dropoff) },
        };
        Some(Booking {
            vehicle,
            day,
            class: RideClass::MemberOnRun,
            terms: policy.terms(RideClass::MemberOnRun),
            promise,
            planned: Planned { pickup, dropoff },
            ride_max: asked.ride_max,
            direct: self.direct(request),
        })
    }
}
