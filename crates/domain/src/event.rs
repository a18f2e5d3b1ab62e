//! What happened. Stored for ever, so a field is never renamed or given a new meaning; a new form gets a new schema
//! number and an upcaster. Events speak of ids; no personal data.

use serde::{Deserialize, Serialize};
use units::{
    ClosureId, ContradictionId, CorporationId, FacilityId, Metres, NoticeId, OfferId, PlaceId, RequestId,
    RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window,
};

use crate::command::{AbsenceKind, JoinKind};
use crate::contradiction::Contradiction;
use crate::day::{Cause, Notice, Pin, Resource, VehicleTurns};
use crate::masters::{Care, Driver, Facility, Place, Rider, Vehicle};
use crate::plan::{PlannedVisit, RideMoved, RouteId, VisitKey};
use crate::policy::Policy;
use crate::punctuality::Missed;
use crate::rejection::Refusal;
use crate::request::{Booking, Channel, Direction, Offer, Promise, Purpose, Wish};
use crate::today::{Closure, DoorDecision, WidenReason};

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
    PlaceChanged {
        place: Place,
    },
    FacilityChanged {
        facility: Facility,
    },
    VehicleChanged {
        vehicle: Vehicle,
    },
    RiderChanged {
        rider: Rider,
    },
    /// What the register held of the rider and of these places is gone.
    RiderErased {
        rider: RiderId,
        places: Vec<PlaceId>,
    },
    PolicyAdopted {
        policy: Policy,
    },
    CareSet {
        rider: RiderId,
        care: Care,
    },
    /// How and where the rider is told has changed; that itself is in the register.
    ContactSet {
        rider: RiderId,
    },
    DriverAdded {
        driver: Driver,
    },
    DriverChanged {
        driver: Driver,
    },
    /// They share among themselves and with nobody else; one alone shares with nobody.
    VehiclesShared {
        facilities: Vec<FacilityId>,
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
    /// A member comes although it is not his or her weekday, or was noted absent.
    JoinNoted {
        rider: RiderId,
        day: ServiceDay,
        kind: JoinKind,
    },
    TakenOut {
        what: Resource,
        day: ServiceDay,
    },
    BroughtBack {
        what: Resource,
        day: ServiceDay,
    },
    RidePinned {
        rider: RiderId,
        day: ServiceDay,
        direction: Direction,
        pin: Pin,
    },
    RideUnpinned {
        rider: RiderId,
        day: ServiceDay,
        direction: Direction,
    },
    /// A member is ready for the run from then on and not before: late in the morning, or leaving early.
    ReadyNoted {
        rider: RiderId,
        day: ServiceDay,
        direction: Direction,
        at: Timestamp,
    },
    ReadyCleared {
        rider: RiderId,
        day: ServiceDay,
        direction: Direction,
    },
    /// Nobody new comes on board, and its visits stay as they are, until it is unlocked.
    VehicleLocked {
        vehicle: VehicleId,
        day: ServiceDay,
    },
    VehicleUnlocked {
        vehicle: VehicleId,
        day: ServiceDay,
    },
    /// An operator has widened what was told; what was told lies within it.
    PromiseWidened {
        request: RequestId,
        promise: Promise,
        ride_max: Seconds,
        reason: WidenReason,
        at: Timestamp,
    },
    RoadClosed {
        closure: Closure,
    },
    /// Earlier than expected.
    RoadOpened {
        closure: ClosureId,
        at: Timestamp,
    },
    /// Roads are driven as in snow between these times.
    SnowNoted {
        day: ServiceDay,
        window: Window,
    },
    SnowCleared {
        day: ServiceDay,
    },
    /// Who drives these vehicles on the day; the others keep whom they have.
    DriversAssigned {
        day: ServiceDay,
        vehicles: Vec<VehicleTurns>,
    },
    /// The facility's runs of the day have been planned; the bookings are in `RunsBooked`.
    DayPlanned {
        facility: FacilityId,
        day: ServiceDay,
    },
    RunsBooked {
        bookings: Vec<RunBooking>,
    },
    /// Booked rides that go on with another vehicle or at another time.
    RidesRebooked {
        bookings: Vec<RunBooking>,
    },
    /// Who has to be told what, because the plan of the day changed.
    NoticesMade {
        day: ServiceDay,
        cause: Cause,
        notices: Vec<Notice>,
    },
    NoticeGiven {
        notice: NoticeId,
        at: Timestamp,
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
    /// Two requests that were made together: nobody is taken there without the way back.
    RoundTripMade {
        there: RequestId,
        back: RequestId,
    },
    OffersMade {
        request: RequestId,
        offers: Vec<Offer>,
    },
    RequestRefused {
        request: RequestId,
        refusal: Refusal,
    },
    /// Refused for now: offers follow by themselves when a seat comes free, until they are accepted or the wished time is over.
    RequestWaits {
        request: RequestId,
        at: Timestamp,
    },
    /// The wished time is over, or the rider does not wait any more.
    WaitEnded {
        request: RequestId,
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
    /// From where the vehicle is seen on its way it arrives at another time than was thought. `visit` is none on the way
    /// back to the base.
    EtaChanged {
        route: RouteId,
        visit: Option<VisitKey>,
        eta: Timestamp,
    },
    /// A driver reported what cannot be, or cannot be so, as things are known here: somebody has to look into it.
    FactContradicted {
        contradiction: Contradiction,
    },
    ContradictionSettled {
        contradiction: ContradictionId,
        at: Timestamp,
    },
    /// What the forecasts of a day missed by, in the groups of [`crate::AHEAD`].
    ForecastsMeasured {
        day: ServiceDay,
        missed: Vec<Missed>,
    },
    /// Nobody comes to the door, or nobody answers.
    NotAtDoor {
        route: RouteId,
        request: RequestId,
        at: Timestamp,
    },
    /// What the operator has decided about it.
    DoorDecided {
        request: RequestId,
        decision: DoorDecision,
        at: Timestamp,
    },
    /// Somebody on board is taken elsewhere, before all else: ill, to the hospital. The vehicle has turned there.
    RideDiverted {
        route: RouteId,
        request: RequestId,
        to: PlaceId,
        at: Timestamp,
        eta: Timestamp,
        metres: Metres,
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
            Event::PlaceChanged { .. } => "place_changed",
            Event::FacilityChanged { .. } => "facility_changed",
            Event::VehicleChanged { .. } => "vehicle_changed",
            Event::RiderChanged { .. } => "rider_changed",
            Event::RiderErased { .. } => "rider_erased",
            Event::PolicyAdopted { .. } => "policy_adopted",
            Event::CareSet { .. } => "care_set",
            Event::ContactSet { .. } => "contact_set",
            Event::DriverAdded { .. } => "driver_added",
            Event::DriverChanged { .. } => "driver_changed",
            Event::VehiclesShared { .. } => "vehicles_shared",
            Event::JoinNoted { .. } => "join_noted",
            Event::TakenOut { .. } => "taken_out",
            Event::BroughtBack { .. } => "brought_back",
            Event::RidePinned { .. } => "ride_pinned",
            Event::RideUnpinned { .. } => "ride_unpinned",
            Event::DriversAssigned { .. } => "drivers_assigned",
            Event::RidesRebooked { .. } => "rides_rebooked",
            Event::NoticesMade { .. } => "notices_made",
            Event::NoticeGiven { .. } => "notice_given",
            Event::DayOpened { .. } => "day_opened",
            Event::AbsenceNoted { .. } => "absence_noted",
            Event::DayPlanned { .. } => "day_planned",
            Event::RunsBooked { .. } => "runs_booked",
            Event::RequestMade { .. } => "request_made",
            Event::RoundTripMade { .. } => "round_trip_made",
            Event::OffersMade { .. } => "offers_made",
            Event::RequestRefused { .. } => "request_refused",
            Event::RequestWaits { .. } => "request_waits",
            Event::WaitEnded { .. } => "wait_ended",
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
            Event::EtaChanged { .. } => "eta_changed",
            Event::FactContradicted { .. } => "fact_contradicted",
            Event::ContradictionSettled { .. } => "contradiction_settled",
            Event::ForecastsMeasured { .. } => "forecasts_measured",
            Event::ReadyNoted { .. } => "ready_noted",
            Event::ReadyCleared { .. } => "ready_cleared",
            Event::VehicleLocked { .. } => "vehicle_locked",
            Event::VehicleUnlocked { .. } => "vehicle_unlocked",
            Event::PromiseWidened { .. } => "promise_widened",
            Event::RoadClosed { .. } => "road_closed",
            Event::RoadOpened { .. } => "road_opened",
            Event::SnowNoted { .. } => "snow_noted",
            Event::SnowCleared { .. } => "snow_cleared",
            Event::NotAtDoor { .. } => "not_at_door",
            Event::DoorDecided { .. } => "door_decided",
            Event::RideDiverted { .. } => "ride_diverted",
            Event::DelayChanged { .. } => "delay_changed",
        }
    }
}
