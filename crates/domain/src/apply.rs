//! How each event changes the state. The only place where the state changes.

use std::sync::Arc;

use units::{RequestId, ServiceDay, VehicleId};

use crate::area::Area;
use crate::event::{Event, RouteChange, RunBooking};
use crate::masters::Rider;
use crate::plan::{Anchor, Progress, RideMoved, Route, RouteId, VisitKey};
use crate::request::{Request, RequestState};

/// A log that contradicts itself: it was damaged, or written by other code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event `{event}` cannot follow what came before: {why}")]
pub struct LogFault {
    pub event: &'static str,
    pub why: String,
}

impl Area {
    /// Folds one event into the state. Leaves the state as it was when the event contradicts it.
    pub fn apply(&mut self, event: &Event) -> Result<(), LogFault> {
        self.fold(event)?;
        self.freed += u64::from(frees(event));
        Ok(())
    }

    fn fold(&mut self, event: &Event) -> Result<(), LogFault> {
        let fail = |why: String| LogFault { event: event.name(), why };
        match event {
            Event::CorporationAdded { .. }
            | Event::PlaceAdded { .. }
            | Event::PlaceChanged { .. }
            | Event::FacilityAdded { .. }
            | Event::FacilityChanged { .. }
            | Event::VehicleAdded { .. }
            | Event::VehicleChanged { .. }
            | Event::RiderAdded { .. }
            | Event::RiderChanged { .. }
            | Event::RiderErased { .. }
            | Event::RiderPlaceAdded { .. }
            | Event::PolicyAdopted { .. }
            | Event::CareSet { .. }
            | Event::ContactSet { .. }
            | Event::DriverAdded { .. }
            | Event::DriverChanged { .. } => self.apply_to_masters(event).map_err(fail)?,
            Event::VehiclesShared { facilities } => self.share(facilities),
            Event::JoinNoted { .. }
            | Event::TakenOut { .. }
            | Event::BroughtBack { .. }
            | Event::RidePinned { .. }
            | Event::RideUnpinned { .. }
            | Event::DriversAssigned { .. }
            | Event::NoticesMade { .. }
            | Event::NoticeGiven { .. } => self.apply_to_day(event),
            Event::ReadyNoted { .. }
            | Event::ReadyCleared { .. }
            | Event::VehicleLocked { .. }
            | Event::VehicleUnlocked { .. }
            | Event::PromiseWidened { .. }
            | Event::RoadClosed { .. }
            | Event::RoadOpened { .. }
            | Event::SnowNoted { .. }
            | Event::SnowCleared { .. }
            | Event::NotAtDoor { .. }
            | Event::DoorDecided { .. }
            | Event::RideDiverted { .. } => self.apply_to_today(event).map_err(fail)?,
            Event::DayOpened { day } => self.open_day(*day),
            Event::AbsenceNoted { rider, day, kind } => {
                self.absences.insert((*day, *rider, *kind));
                self.note_no_join(*rider, *day, *kind);
            }
            Event::DayPlanned { facility, day } => {
                self.planned_days.insert((*day, *facility));
            }
            Event::RunsBooked { bookings } | Event::RidesRebooked { bookings } => {
                self.book(bookings).map_err(fail)?;
            }
            Event::RouteAcknowledged { route, revision } => {
                let mut known = self.route_to_change(*route).map_err(fail)?;
                known.acknowledged = known.acknowledged.max(*revision);
                self.routes.insert(*route, Arc::new(known));
            }
            Event::DelayChanged { visit, late } => {
                self.delays.insert(*visit, *late);
            }
            Event::FactContradicted { .. }
            | Event::ContradictionSettled { .. }
            | Event::ForecastsMeasured { .. } => self.apply_to_knowledge(event),
            Event::PlanImproved { moved, .. } => self.move_rides(moved).map_err(fail)?,
            Event::PlanChanged { revision, routes } => {
                self.revision = *revision;
                for change in routes {
                    self.change_route(change, *revision).map_err(fail)?;
                }
            }
            Event::RequestMade { .. }
            | Event::RoundTripMade { .. }
            | Event::OffersMade { .. }
            | Event::RequestRefused { .. }
            | Event::OffersExpired { .. }
            | Event::RequestWaits { .. }
            | Event::WaitEnded { .. }
            | Event::OfferAccepted { .. }
            | Event::RequestCancelled { .. } => self.apply_to_request(event).map_err(fail)?,
            Event::Departed { .. }
            | Event::Arrived { .. }
            | Event::EtaChanged { .. }
            | Event::Boarded { .. }
            | Event::Alighted { .. }
            | Event::NoShow { .. } => self.apply_fact(event).map_err(fail)?,
        }
        Ok(())
    }

    fn book(&mut self, bookings: &[RunBooking]) -> Result<(), String> {
        for run in bookings {
            let former = self.requests.get(&run.request).and_then(|r| r.find_active_booking());
            if former.is_some_and(|former| former.vehicle != run.booking.vehicle) {
                // Whoever stood at the door has gone on.
                self.at_door.remove(&run.request);
            }
            self.change_request(run.request, |r| r.state = RequestState::Booked(run.booking))?;
        }
        Ok(())
    }

    fn apply_to_masters(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::CorporationAdded { corporation } => {
                self.corporations.insert(*corporation);
            }
            Event::PlaceAdded { place } | Event::PlaceChanged { place } => {
                self.places.insert(place.id, *place);
            }
            Event::FacilityAdded { facility } | Event::FacilityChanged { facility } => {
                self.facilities.insert(facility.id, *facility);
            }
            Event::VehicleAdded { vehicle } | Event::VehicleChanged { vehicle } => {
                self.vehicles.insert(vehicle.id, Arc::new(vehicle.clone()));
            }
            Event::RiderAdded { rider } | Event::RiderChanged { rider } => {
                self.riders.insert(rider.id, Arc::new(rider.clone()));
            }
            Event::RiderErased { rider, .. } => self.erase(*rider)?,
            Event::RiderPlaceAdded { rider, place } => {
                let known = self.riders.get(rider).ok_or_else(|| format!("{rider} is unknown"))?;
                let mut changed = Rider::clone(known);
                changed.places.push(*place);
                self.riders.insert(*rider, Arc::new(changed));
            }
            Event::PolicyAdopted { policy } => self.policies.adopt(policy.clone()),
            Event::CareSet { rider, care } => {
                let known = self.riders.get(rider).ok_or_else(|| format!("{rider} is unknown"))?;
                self.riders.insert(*rider, Arc::new(Rider { care: care.clone(), ..Rider::clone(known) }));
            }
            // The register holds what it is; planning does not ask.
            Event::ContactSet { .. } => {}
            Event::DriverAdded { driver } | Event::DriverChanged { driver } => {
                self.drivers.insert(driver.id, Arc::new(driver.clone()));
            }
            _ => {}
        }
        Ok(())
    }

    /// What is known of reports and forecasts; no plan rests on it.
    fn apply_to_knowledge(&mut self, event: &Event) {
        match event {
            Event::FactContradicted { contradiction } => {
                self.last_contradiction = self.last_contradiction.max(contradiction.id);
                self.contradictions.insert(contradiction.id, contradiction.clone());
            }
            Event::ContradictionSettled { contradiction, .. } => {
                self.contradictions.remove(contradiction);
            }
            Event::ForecastsMeasured { missed, .. } => Arc::make_mut(&mut self.punctuality).fold(missed),
            _ => {}
        }
    }

    fn apply_to_request(&mut self, event: &Event) -> Result<(), String> {
        if let Event::OffersMade { request, .. }
        | Event::RequestRefused { request, .. }
        | Event::OffersExpired { request }
        | Event::OfferAccepted { request, .. }
        | Event::RequestCancelled { request, .. } = event
        {
            self.release(*request);
        }
        match event {
            Event::RequestMade { request, rider, people, from, to, wish, channel, purpose, at } => {
                self.last_request = self.last_request.max(*request);
                let made = Request {
                    id: *request,
                    rider: *rider,
                    people: *people,
                    from: *from,
                    to: *to,
                    wish: *wish,
                    channel: *channel,
                    purpose: *purpose,
                    made_at: *at,
                    state: RequestState::Open,
                    waits: None,
                    pair: None,
                    widened: 0,
                };
                self.requests.insert(*request, Arc::new(made));
                Ok(())
            }
            Event::RoundTripMade { there, back } => {
                self.change_request(*there, |r| r.pair = Some(*back))?;
                self.change_request(*back, |r| r.pair = Some(*there))
            }
            Event::OffersMade { request, offers } => {
                if let Some(last) = offers.iter().map(|o| o.id).max() {
                    self.last_offer = self.last_offer.max(last);
                }
                let day = self.requests.get(request).map(|r| r.wish.day());
                for (offer, day) in offers.iter().zip(day.into_iter().cycle()) {
                    self.held.insert((RouteId { day, vehicle: offer.vehicle }, *request, offer.id));
                }
                self.change_request(*request, |r| r.state = RequestState::Offered { offers: offers.clone() })
            }
            Event::RequestRefused { request, refusal } => {
                self.change_request(*request, |r| r.state = RequestState::Refused(refusal.clone()))
            }
            Event::RequestWaits { request, .. } => self.change_request(*request, |r| {
                if let RequestState::Refused(refusal) = &r.state {
                    r.waits = Some(refusal.clone());
                    r.state = RequestState::Waiting(refusal.clone());
                }
            }),
            Event::WaitEnded { request } => self.change_request(*request, |r| {
                r.waits = None;
                r.state = RequestState::Expired;
            }),
            Event::OffersExpired { request } => self.change_request(*request, |r| {
                r.state = r.waits.clone().map_or(RequestState::Expired, RequestState::Waiting);
            }),
            Event::OfferAccepted { request, booking, .. } => {
                self.change_request(*request, |r| r.state = RequestState::Booked(*booking))
            }
            Event::RequestCancelled { request, at } => {
                self.forget_delays(*request);
                self.change_request(*request, |r| {
                    r.state = RequestState::Cancelled { booking: r.find_booking().copied(), at: *at };
                })
            }
            _ => Ok(()),
        }
    }

    /// Gives free the seats that were held for a request.
    fn release(&mut self, id: RequestId) {
        let Some(request) = self.requests.get(&id) else { return };
        let RequestState::Offered { offers } = &request.state else { return };
        let day = request.wish.day();
        for offer in offers {
            self.held.remove(&(RouteId { day, vehicle: offer.vehicle }, id, offer.id));
        }
    }

    fn apply_fact(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Departed { route, visit, at, eta, .. } => {
                let mut known = self.route_to_change(*route)?;
                match visit {
                    Some(visit) => {
                        bring_first(&mut known, *visit)?;
                        known.progress = Progress::Heading { visit: *visit, departed_at: *at, eta: *eta };
                    }
                    None => {
                        let base = self.find_base(route.vehicle).ok_or_else(|| unknown(route.vehicle))?;
                        known.progress = Progress::Returning { from: known.anchor.place, departed_at: *at };
                        known.anchor = Anchor { place: base, ready: *eta };
                    }
                }
                self.routes.insert(*route, Arc::new(known));
            }
            Event::EtaChanged { route, eta, .. } => {
                let mut known = self.route_to_change(*route)?;
                match &mut known.progress {
                    Progress::Heading { eta: known, .. } => *known = *eta,
                    Progress::Returning { .. } => known.anchor.ready = *eta,
                    _ => {}
                }
                self.routes.insert(*route, Arc::new(known));
            }
            Event::Arrived { route, visit, at } => {
                let mut known = self.route_to_change(*route)?;
                match visit {
                    Some(visit) => {
                        bring_first(&mut known, *visit)?;
                        known.progress = Progress::Arrived { visit: *visit, at: *at };
                    }
                    None => {
                        known.anchor.ready = *at;
                        known.progress = Progress::Standing;
                    }
                }
                self.routes.insert(*route, Arc::new(known));
            }
            Event::Boarded { route, request, at } => {
                self.finish_visit(*route, VisitKey::pickup(*request), *at)?;
                self.at_door.remove(request);
                self.change_request(*request, |r| {
                    if let Some(booking) = r.find_active_booking().copied() {
                        r.state = RequestState::OnBoard { booking, boarded_at: *at };
                    }
                })?;
            }
            Event::Alighted { route, request, at } => {
                self.finish_visit(*route, VisitKey::dropoff(*request), *at)?;
                self.change_request(*request, |r| {
                    if let RequestState::OnBoard { booking, boarded_at } = r.state {
                        r.state = RequestState::Done { booking, boarded_at, alighted_at: *at };
                    }
                })?;
            }
            Event::NoShow { route, request, at } => {
                self.finish_visit(*route, VisitKey::pickup(*request), *at)?;
                let mut known = self.route_to_change(*route)?;
                known.visits.retain(|v| v.visit.request != *request);
                self.routes.insert(*route, Arc::new(known));
                self.forget_delays(*request);
                self.change_request(*request, |r| {
                    if let Some(booking) = r.find_active_booking().copied() {
                        r.state = RequestState::NoShow { booking, at: *at };
                    }
                })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn route_to_change(&self, id: RouteId) -> Result<Route, String> {
        self.find_route(id).map(|r| Route::clone(&r)).ok_or_else(|| unknown(id.vehicle))
    }

    fn change_route(&mut self, change: &RouteChange, revision: u64) -> Result<(), String> {
        let mut known = self.route_to_change(change.route)?;
        known.visits.clone_from(&change.visits);
        known.revision = revision;
        // A visit that was being driven to may have been taken away (a cancellation on the way).
        let first = known.visits.first().map(|v| v.visit);
        if let Progress::Heading { visit, .. } | Progress::Arrived { visit, .. } = known.progress
            && first != Some(visit)
        {
            if let Some(place) = self.find_visit_place(visit) {
                let ready = match known.progress {
                    Progress::Heading { eta, .. } => eta,
                    Progress::Arrived { at, .. } => at,
                    _ => known.anchor.ready,
                };
                known.anchor = Anchor { place, ready };
            }
            known.progress = Progress::Standing;
        }
        self.routes.insert(change.route, Arc::new(known));
        Ok(())
    }

    /// The first visit is done: the route goes on from its place.
    fn finish_visit(&mut self, id: RouteId, visit: VisitKey, at: units::Timestamp) -> Result<(), String> {
        let place = self.find_visit_place(visit).ok_or_else(|| format!("{visit} is unknown"))?;
        let mut known = self.route_to_change(id)?;
        bring_first(&mut known, visit)?;
        known.visits.remove(0);
        known.anchor = Anchor { place, ready: at };
        known.progress = Progress::Standing;
        self.delays.remove(&visit);
        self.routes.insert(id, Arc::new(known));
        Ok(())
    }

    /// A vehicle turns to this visit, wherever it was going.
    pub(crate) fn head_for(
        &mut self,
        id: RouteId,
        visit: VisitKey,
        at: units::Timestamp,
        eta: units::Timestamp,
    ) -> Result<(), String> {
        let mut known = self.route_to_change(id)?;
        if let Progress::Arrived { visit: stood_for, .. } = known.progress
            && let Some(place) = self.find_visit_place(stood_for)
        {
            known.anchor = Anchor { place, ready: at };
        }
        bring_first(&mut known, visit)?;
        known.progress = Progress::Heading { visit, departed_at: at, eta };
        self.routes.insert(id, Arc::new(known));
        Ok(())
    }

    fn forget_delays(&mut self, request: RequestId) {
        self.at_door.remove(&request);
        self.delays.remove(&VisitKey::pickup(request));
        self.delays.remove(&VisitKey::dropoff(request));
    }

    pub(crate) fn change_request(
        &mut self,
        id: RequestId,
        change: impl FnOnce(&mut Request),
    ) -> Result<(), String> {
        let mut request = Request::clone(self.requests.get(&id).ok_or_else(|| format!("{id} is unknown"))?);
        change(&mut request);
        self.requests.insert(id, Arc::new(request));
        Ok(())
    }

    fn move_rides(&mut self, moved: &[RideMoved]) -> Result<(), String> {
        for ride in moved {
            self.change_request(ride.request, |r| {
                if let RequestState::Booked(booking) = &mut r.state {
                    booking.vehicle = ride.vehicle;
                }
            })?;
        }
        Ok(())
    }

    fn open_day(&mut self, day: ServiceDay) {
        let Some(former) = self.day.replace(day) else { return };
        self.remember_runs(former);
        // One finished day stays for look-ups ("what was yesterday?"); older ones are in the log.
        self.requests = self
            .requests
            .iter()
            .filter(|(_, r)| r.wish.day() >= former)
            .map(|(k, v)| (*k, v.clone()))
            .collect();
        self.held = self.held.iter().filter(|(_, r, _)| self.requests.contains_key(r)).copied().collect();
        self.routes =
            self.routes.iter().filter(|(id, _)| id.day >= former).map(|(k, v)| (*k, v.clone())).collect();
        self.absences = self.absences.iter().filter(|(d, _, _)| *d >= former).copied().collect();
        self.planned_days = self.planned_days.iter().filter(|(d, _)| *d >= former).copied().collect();
        self.forget_days_before(former);
        self.forget_today_before(former);
        self.delays = self
            .delays
            .iter()
            .filter(|(v, _)| self.requests.contains_key(&v.request))
            .map(|(k, v)| (*k, *v))
            .collect();
    }
}

/// Whether something may have come free by an event.
fn frees(event: &Event) -> bool {
    matches!(
        event,
        Event::RequestCancelled { .. }
            | Event::NoShow { .. }
            | Event::OffersExpired { .. }
            | Event::AbsenceNoted { .. }
            | Event::BroughtBack { .. }
            | Event::VehicleUnlocked { .. }
            | Event::RoadOpened { .. }
            | Event::SnowCleared { .. }
            | Event::ReadyNoted { .. }
            | Event::DriversAssigned { .. }
            | Event::DriverAdded { .. }
            | Event::DriverChanged { .. }
            | Event::VehicleAdded { .. }
            | Event::VehiclesShared { .. }
            | Event::PolicyAdopted { .. }
            | Event::PlanImproved { .. }
            | Event::RequestWaits { .. }
            | Event::DayOpened { .. }
    )
}

fn unknown(vehicle: VehicleId) -> String {
    format!("{vehicle} is unknown")
}

/// Several visits at one stop are done in the order in which people get on and off, so any of them may come first.
fn bring_first(route: &mut Route, visit: VisitKey) -> Result<(), String> {
    let at = route
        .visits
        .iter()
        .position(|v| v.visit == visit)
        .ok_or_else(|| format!("{visit} is not on the route"))?;
    let moved = route.visits.remove(at);
    route.visits.insert(0, moved);
    Ok(())
}
