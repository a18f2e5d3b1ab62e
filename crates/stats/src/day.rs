//! The fold: what is kept of each event so that the figures of the open day can be counted.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    AbsenceKind, Booking, Channel, Event, Load, Purpose, Refusal, RideClass, Rider, RouteId, Vehicle, Wish,
};
use units::{Metres, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window};

use crate::drive::DriveSums;

/// Folds the log of one area, event by event in the order of the log. Days before the open one are forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayFigures {
    pub(crate) day: Option<ServiceDay>,
    pub(crate) riders: BTreeMap<RiderId, Rider>,
    vehicles: BTreeMap<VehicleId, Vehicle>,
    pub(crate) absences: BTreeSet<(ServiceDay, RiderId, AbsenceKind)>,
    pub(crate) wishes: BTreeMap<RequestId, Tracked>,
    pub(crate) drives: BTreeMap<ServiceDay, DriveSums>,
    /// When each vehicle became free for what it does now: its arrival at the stop, or the end of the visit before.
    free: BTreeMap<RouteId, Timestamp>,
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tracked {
    pub(crate) rider: RiderId,
    pub(crate) people: u8,
    pub(crate) wish: Wish,
    pub(crate) channel: Channel,
    pub(crate) purpose: Purpose,
    pub(crate) made_at: Timestamp,
    pub(crate) fate: Fate,
    /// On the waiting list, or was.
    pub(crate) waits: bool,
    pub(crate) boarded_at: Option<Timestamp>,
    /// Begin of the alighting, where the ride ends.
    pub(crate) reached_at: Option<Timestamp>,
    pub(crate) alighted_at: Option<Timestamp>,
    /// The worst of boarding and alighting against the promise; zero when in time.
    pub(crate) late: Seconds,
    /// Somebody of another request was on board on a leg.
    pub(crate) shared: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Fate {
    Open,
    Refused(Refusal),
    Expired,
    Cancelled,
    Booked(Booking),
    NoShow,
}

impl Tracked {
    pub(crate) fn is_run(&self) -> bool {
        matches!(self.wish, Wish::Run { .. })
    }

    pub(crate) fn find_booking(&self) -> Option<&Booking> {
        match &self.fate {
            Fate::Booked(booking) => Some(booking),
            _ => None,
        }
    }
}

impl DayFigures {
    /// Takes in the next event of the log.
    pub fn fold(&mut self, event: &Event) {
        match event {
            Event::RiderAdded { rider } | Event::RiderChanged { rider } => {
                self.riders.insert(rider.id, rider.clone());
            }
            Event::VehicleAdded { vehicle } | Event::VehicleChanged { vehicle } => {
                self.vehicles.insert(vehicle.id, vehicle.clone());
            }
            Event::DayOpened { day } => self.open(*day),
            Event::AbsenceNoted { rider, day, kind } => {
                self.absences.insert((*day, *rider, *kind));
            }
            Event::RequestMade { .. }
            | Event::PromiseWidened { .. }
            | Event::RunsBooked { .. }
            | Event::RidesRebooked { .. }
            | Event::RequestRefused { .. }
            | Event::OffersExpired { .. }
            | Event::RequestWaits { .. }
            | Event::WaitEnded { .. }
            | Event::OfferAccepted { .. }
            | Event::RequestCancelled { .. } => self.fold_request(event),
            Event::Departed { .. }
            | Event::RideDiverted { .. }
            | Event::Arrived { .. }
            | Event::Boarded { .. }
            | Event::Alighted { .. }
            | Event::NoShow { .. } => self.fold_fact(event),
            // No figure counts these: plans and offers are intentions, the other masters carry nobody.
            Event::CorporationAdded { .. }
            | Event::PlaceAdded { .. }
            | Event::PlaceChanged { .. }
            | Event::FacilityAdded { .. }
            | Event::FacilityChanged { .. }
            | Event::RiderPlaceAdded { .. }
            | Event::PolicyAdopted { .. }
            | Event::DayPlanned { .. }
            | Event::OffersMade { .. }
            | Event::RoundTripMade { .. }
            | Event::PlanChanged { .. }
            | Event::PlanImproved { .. }
            | Event::RouteAcknowledged { .. }
            | Event::CareSet { .. }
            | Event::ContactSet { .. }
            | Event::RiderErased { .. }
            | Event::DriverAdded { .. }
            | Event::DriverChanged { .. }
            | Event::VehiclesShared { .. }
            | Event::JoinNoted { .. }
            | Event::TakenOut { .. }
            | Event::BroughtBack { .. }
            | Event::RidePinned { .. }
            | Event::RideUnpinned { .. }
            | Event::DriversAssigned { .. }
            | Event::NoticesMade { .. }
            | Event::NoticeGiven { .. }
            | Event::EtaChanged { .. }
            | Event::FactContradicted { .. }
            | Event::ContradictionSettled { .. }
            | Event::ForecastsMeasured { .. }
            | Event::ReadyNoted { .. }
            | Event::ReadyCleared { .. }
            | Event::VehicleLocked { .. }
            | Event::VehicleUnlocked { .. }
            | Event::RoadClosed { .. }
            | Event::RoadOpened { .. }
            | Event::SnowNoted { .. }
            | Event::SnowCleared { .. }
            | Event::NotAtDoor { .. }
            | Event::DoorDecided { .. }
            | Event::DelayChanged { .. } => {}
        }
    }

    fn open(&mut self, day: ServiceDay) {
        self.day = Some(day);
        self.wishes.retain(|_, wish| wish.wish.day() >= day);
        self.absences.retain(|(of, _, _)| *of >= day);
        self.drives.retain(|of, _| *of >= day);
        self.free.retain(|route, _| route.day >= day);
    }

    fn fold_request(&mut self, event: &Event) {
        match event {
            Event::RequestMade { request, rider, people, wish, channel, purpose, at, .. } => {
                let tracked = Tracked {
                    rider: *rider,
                    people: *people,
                    wish: *wish,
                    channel: *channel,
                    purpose: *purpose,
                    made_at: *at,
                    fate: Fate::Open,
                    waits: false,
                    boarded_at: None,
                    reached_at: None,
                    alighted_at: None,
                    late: Seconds::ZERO,
                    shared: false,
                };
                self.wishes.insert(*request, tracked);
            }
            Event::RunsBooked { bookings } | Event::RidesRebooked { bookings } => {
                for run in bookings {
                    self.decide_fate(run.request, Fate::Booked(run.booking));
                }
            }
            Event::OfferAccepted { request, booking, .. } => {
                self.decide_fate(*request, Fate::Booked(*booking))
            }
            Event::RequestRefused { request, refusal } => {
                self.decide_fate(*request, Fate::Refused(refusal.clone()))
            }
            // Who waits was refused, and stays so until a seat is taken.
            Event::RequestWaits { request, .. } => {
                if let Some(tracked) = self.wishes.get_mut(request) {
                    tracked.waits = true;
                }
            }
            Event::OffersExpired { request } if self.wishes.get(request).is_some_and(|t| !t.waits) => {
                self.decide_fate(*request, Fate::Expired);
            }
            // Lateness is counted against what was told in the end.
            Event::PromiseWidened { request, promise, .. } => {
                if let Some(Fate::Booked(booking)) = self.wishes.get_mut(request).map(|t| &mut t.fate) {
                    booking.promise = *promise;
                }
            }
            Event::RequestCancelled { request, .. } => self.decide_fate(*request, Fate::Cancelled),
            _ => {}
        }
    }

    fn decide_fate(&mut self, request: RequestId, fate: Fate) {
        if let Some(tracked) = self.wishes.get_mut(&request) {
            tracked.fate = fate;
        }
    }

    fn fold_fact(&mut self, event: &Event) {
        match event {
            Event::Departed { route, metres, .. } => self.depart(*route, *metres),
            // The vehicle has turned: nobody is late at the place that was planned.
            Event::RideDiverted { route, request, at, metres, .. } => {
                if let Some(Fate::Booked(booking)) = self.wishes.get_mut(request).map(|t| &mut t.fate) {
                    booking.promise.dropoff = Window::from(*at, Seconds::hours(12));
                }
                self.depart(*route, *metres);
            }
            Event::Arrived { route, at, .. } => {
                self.free.insert(*route, *at);
            }
            Event::Boarded { route, request, at } => {
                let begin = self.free.insert(*route, *at).unwrap_or(*at);
                if let Some(tracked) = self.wishes.get_mut(request) {
                    tracked.boarded_at = Some(*at);
                    let close = tracked.find_booking().map(|b| b.promise.pickup.close());
                    tracked.late = tracked.late.max(close.map_or(Seconds::ZERO, |close| begin - close));
                }
                self.drives.entry(route.day).or_default().aboard.entry(*route).or_default().push(*request);
            }
            Event::Alighted { route, request, at } => {
                let begin = self.free.insert(*route, *at).unwrap_or(*at);
                if let Some(tracked) = self.wishes.get_mut(request) {
                    tracked.reached_at = Some(begin);
                    tracked.alighted_at = Some(*at);
                    let close = tracked.find_booking().map(|b| b.promise.dropoff.close());
                    tracked.late = tracked.late.max(close.map_or(Seconds::ZERO, |close| begin - close));
                }
                let aboard = self.drives.entry(route.day).or_default().aboard.entry(*route).or_default();
                aboard.retain(|on_board| on_board != request);
            }
            Event::NoShow { route, request, at } => {
                self.free.insert(*route, *at);
                self.decide_fate(*request, Fate::NoShow);
            }
            _ => {}
        }
    }

    fn depart(&mut self, route: RouteId, metres: Metres) {
        let aboard =
            self.drives.get(&route.day).and_then(|d| d.aboard.get(&route)).cloned().unwrap_or_default();
        let mut load = Load::default();
        let mut guests = 0;
        for request in &aboard {
            let Some(tracked) = self.wishes.get_mut(request) else { continue };
            if aboard.len() > 1 && metres > Metres::ZERO {
                tracked.shared = true;
            }
            if tracked.find_booking().is_some_and(|b| b.class != RideClass::MemberOnRun) {
                guests += u32::from(tracked.people);
            }
            if let Some(rider) = self.riders.get(&tracked.rider) {
                load = load.plus(rider.needs.load(tracked.people.saturating_sub(1)));
            }
        }
        let vehicle = self.vehicles.get(&route.vehicle);
        self.drives.entry(route.day).or_default().add_leg(vehicle, load, guests, metres);
    }
}
