//! What the outside may ask of an area. Everything here is syntactically sound; whether it is right, `decide` says.

use units::{
    CorporationId, DayWindow, FacilityId, Node, OfferId, PlaceId, RequestId, RiderId, Seconds, ServiceDay,
    Timestamp, VehicleId,
};

use crate::masters::{Membership, VehicleKind};
use crate::needs::{Layout, Needs};
use crate::plan::{Proposal, VisitKey};
use crate::policy::Policy;
use crate::request::{Channel, Purpose, Wish};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    AddCorporation,
    AddPlace(NewPlace),
    AddFacility(NewFacility),
    AddVehicle(NewVehicle),
    AddRider(NewRider),
    /// Registers a further place of a rider, behind those already there.
    AddRiderPlace {
        rider: RiderId,
        place: PlaceId,
    },
    AdoptPolicy(Policy),
    /// A member stays away (お休み), wholly or one way.
    NoteAbsence {
        rider: RiderId,
        day: ServiceDay,
        kind: AbsenceKind,
    },
    /// Plans the runs of a facility's day from attendance.
    PlanDay {
        facility: FacilityId,
        day: ServiceDay,
    },
    MakeRequest(Party),
    AcceptOffer {
        request: RequestId,
        offer: OfferId,
    },
    Cancel {
        request: RequestId,
    },
    RecordFact {
        vehicle: VehicleId,
        fact: FactKind,
        visit: Option<VisitKey>,
        at: Timestamp,
    },
    AcknowledgeRoute {
        vehicle: VehicleId,
        revision: u64,
    },
    /// Drives what stands in a better way, found beside the engine. Taken only on the plan it was found for.
    AdoptProposal(Proposal),
    /// Time passes: offers expire, days open, delays are noticed.
    Tick,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPlace {
    pub node: Node,
    pub largest_vehicle: VehicleKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewFacility {
    pub corporation: CorporationId,
    pub place: PlaceId,
    pub service: DayWindow,
    pub pickup_hours: DayWindow,
    pub dropoff_hours: DayWindow,
    pub ride_max: Seconds,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVehicle {
    pub facility: FacilityId,
    pub kind: VehicleKind,
    pub layouts: Vec<Layout>,
    pub shift: DayWindow,
    pub attendant: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRider {
    pub needs: Needs,
    pub places: Vec<PlaceId>,
    pub membership: Option<Membership>,
}

/// Who wants to go where, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    pub rider: RiderId,
    pub people: u8,
    pub from: PlaceId,
    pub to: PlaceId,
    pub wish: Wish,
    pub channel: Channel,
    pub purpose: Purpose,
}

/// Which way a member's absence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsenceKind {
    WholeDay,
    /// Comes by himself or herself (自来).
    PickupRun,
    /// Leaves by himself or herself (自退).
    DropoffRun,
}

/// What a driver's device reports. Repeating a fact is harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// Left for the visit, or, without one, empty for the base.
    Departed,
    Arrived,
    Boarded,
    Alighted,
    /// Nobody at the door.
    NoShow,
}
