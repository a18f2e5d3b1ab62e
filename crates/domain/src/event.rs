//! What happened. Stored for ever, so a field is never renamed or given a new meaning; a new form gets a new schema
//! number and an upcaster. Events speak of ids; no personal data.

use serde::{Deserialize, Serialize};
use units::{
    CorporationId, FacilityId, Metres, OfferId, PlaceId, RequestId, RiderId, Seconds, ServiceDay, Timestamp,
};

use crate::command::AbsenceKind;
use crate::masters::{Facility, Place, Rider, Vehicle};
use crate::plan::{PlannedVisit, RideMoved, RouteId, VisitKey};
use crate::policy::Policy;
use crate::rejection::Refusal;
use crate::request::{Booking, Channel, Offer, Purpose, Wish};

/// Number of the stored form written by this code.
pub const EVENT_SCHEMA: u16 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    CorporationAdded {
        corporation: CorporationId,
    },
    PlaceAdded {
        place: Place,
    },
    FacilityAdded {
        facility: Facility,
    },
    VehicleAdded {
        vehicle: Vehicle,
    },
    RiderAdded {
        rider: Rider,
    },
    RiderPlaceAdded {
        rider: RiderId,
        place: PlaceId,
    },
    PolicyAdopted {
        policy: Policy,
    },

    /// A new service day: what is long done leaves the state (never the log).
    DayOpened {
        day: ServiceDay,
    },
    AbsenceNoted {
        rider: RiderId,
        day: ServiceDay,
        kind: AbsenceKind,
    },
    /// The facility's runs of the day have been planned; the bookings are in `RunsBooked`.
    DayPlanned {
        facility: FacilityId,
        day: ServiceDay,
    },
    RunsBooked {
        bookings: Vec<RunBooking>,
    },

    RequestMade {
        request: RequestId,
        rider: RiderId,
        people: u8,
        from: PlaceId,
        to: PlaceId,
        wish: Wish,
        channel: Channel,
        purpose: Purpose,
        at: Timestamp,
    },
    OffersMade {
        request: RequestId,
        offers: Vec<Offer>,
    },
    RequestRefused {
        request: RequestId,
        refusal: Refusal,
    },
    OffersExpired {
        request: RequestId,
    },
    OfferAccepted {
        request: RequestId,
        offer: OfferId,
        booking: Booking,
    },
    RequestCancelled {
        request: RequestId,
        at: Timestamp,
    },

    /// The whole list of coming visits of each route that changed.
    PlanChanged {
        revision: u64,
        routes: Vec<RouteChange>,
    },
    /// Why the plan changes next: driving it another way saves so much. Nobody's promise is touched; who rides with
    /// another vehicle from now on is named.
    PlanImproved {
        saved: Seconds,
        moved: Vec<RideMoved>,
    },
    RouteAcknowledged {
        route: RouteId,
        revision: u64,
    },

    /// `visit` is none for the empty way back to the base. `metres` is the length of the leg by the road network.
    Departed {
        route: RouteId,
        visit: Option<VisitKey>,
        at: Timestamp,
        eta: Timestamp,
        metres: Metres,
    },
    Arrived {
        route: RouteId,
        visit: Option<VisitKey>,
        at: Timestamp,
    },
    Boarded {
        route: RouteId,
        request: RequestId,
        at: Timestamp,
    },
    Alighted {
        route: RouteId,
        request: RequestId,
        at: Timestamp,
    },
    NoShow {
        route: RouteId,
        request: RequestId,
        at: Timestamp,
    },
    /// The forecast of a visit crossed five or ten minutes behind its promise, or came back.
    DelayChanged {
        visit: VisitKey,
        late: Seconds,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunBooking {
    pub request: RequestId,
    pub booking: Booking,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteChange {
    pub route: RouteId,
    pub visits: Vec<PlannedVisit>,
}

impl Event {
    /// The name under which the event is stored and sent.
    pub const fn name(&self) -> &'static str {
        match self {
            Event::CorporationAdded { .. } => "corporation_added",
            Event::PlaceAdded { .. } => "place_added",
            Event::FacilityAdded { .. } => "facility_added",
            Event::VehicleAdded { .. } => "vehicle_added",
            Event::RiderAdded { .. } => "rider_added",
            Event::RiderPlaceAdded { .. } => "rider_place_added",
            Event::PolicyAdopted { .. } => "policy_adopted",
            Event::DayOpened { .. } => "day_opened",
            Event::AbsenceNoted { .. } => "absence_noted",
            Event::DayPlanned { .. } => "day_planned",
            Event::RunsBooked { .. } => "runs_booked",
            Event::RequestMade { .. } => "request_made",
            Event::OffersMade { .. } => "offers_made",
            Event::RequestRefused { .. } => "request_refused",
            Event::OffersExpired { .. } => "offers_expired",
            Event::OfferAccepted { .. } => "offer_accepted",
            Event::RequestCancelled { .. } => "request_cancelled",
            Event::PlanChanged { .. } => "plan_changed",
            Event::PlanImproved { .. } => "plan_improved",
            Event::RouteAcknowledged { .. } => "route_acknowledged",
            Event::Departed { .. } => "departed",
            Event::Arrived { .. } => "arrived",
            Event::Boarded { .. } => "boarded",
            Event::Alighted { .. } => "alighted",
            Event::NoShow { .. } => "no_show",
            Event::DelayChanged { .. } => "delay_changed",
        }
    }
}
