//! What the outside may ask of an area. Everything here is syntactically sound; whether it is right, `decide` says.

use units::{
    ClosureId, ContradictionId, CorporationId, DayTime, DayWindow, DriverId, FacilityId, Metres, Node,
    NoticeId, OfferId, PlaceId, Point, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window,
};

use crate::day::{HandRun, Pin, Resource};
use crate::masters::{Care, Membership, VehicleKind, Weekdays};
use crate::needs::{Layout, Needs};
use crate::plan::{Proposal, VisitKey};
use crate::policy::Policy;
use crate::request::{Channel, Direction, Purpose, Wish};
use crate::today::{DoorDecision, WidenReason};

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
    /// Replaces what is known of a place. Where it lies stays as long as a ride goes on that counts on it.
    ChangePlace {
        place: PlaceId,
        new: NewPlace,
    },
    /// Replaces what is known of a facility, with the same care for rides that go on.
    ChangeFacility {
        facility: FacilityId,
        new: NewFacility,
    },
    ChangeVehicle {
        vehicle: VehicleId,
        new: NewVehicle,
    },
    /// Replaces what is known of a rider; how he or she is to be carried stays as [`Command::SetCare`] set it.
    ChangeRider {
        rider: RiderId,
        new: NewRider,
    },
    /// Erases what the register holds of a rider, and of the places that are this rider's alone.
    EraseRider {
        rider: RiderId,
    },
    AdoptPolicy(Policy),
    /// A member stays away (お休み), wholly or one way.
    NoteAbsence {
        rider: RiderId,
        day: ServiceDay,
        kind: AbsenceKind,
    },
    /// Sets how a rider is to be carried; replaces what was set before.
    SetCare {
        rider: RiderId,
        care: Care,
    },
    /// The rider is told in another way; which, is in the register entry that comes with it.
    SetContact {
        rider: RiderId,
    },
    AddDriver(NewDriver),
    /// Replaces what is known of a driver.
    ChangeDriver {
        driver: DriverId,
        new: NewDriver,
    },
    /// These facilities share their vehicles from now on, and none with others; one alone shares with nobody.
    ShareVehicles {
        facilities: Vec<FacilityId>,
    },
    /// A member comes on a day without attendance, or after all.
    NoteJoin {
        rider: RiderId,
        day: ServiceDay,
        kind: JoinKind,
    },
    /// A vehicle or a driver is out for the day, or back.
    NoteOut {
        what: Resource,
        day: ServiceDay,
        out: bool,
    },
    /// Fixes a member's ride to a vehicle, a time at home, or both; none unpins.
    PinRide {
        rider: RiderId,
        day: ServiceDay,
        direction: Direction,
        pin: Option<Pin>,
    },
    /// A member is ready for a run only from then on: late in the morning, or leaving early; none takes it back.
    NoteReady {
        rider: RiderId,
        day: ServiceDay,
        direction: Direction,
        at: Option<DayTime>,
    },
    /// What becomes of a rider who does not come to the door.
    DecideAtDoor {
        request: RequestId,
        decision: DoorDecision,
    },
    /// Somebody on board is taken elsewhere at once.
    Divert {
        request: RequestId,
        to: PlaceId,
    },
    /// A vehicle's plan stays as it is for the day, or may change again.
    LockVehicle {
        vehicle: VehicleId,
        day: ServiceDay,
        locked: bool,
    },
    /// An operator widens what was told. What is none stays.
    WidenPromise {
        request: RequestId,
        pickup: Option<Window>,
        dropoff: Option<Window>,
        ride_max: Option<Seconds>,
        reason: WidenReason,
    },
    CloseRoad(NewClosure),
    OpenRoad {
        closure: ClosureId,
    },
    /// Roads are driven as in snow between these times; none: the snow is over.
    NoteSnow {
        day: ServiceDay,
        window: Option<DayWindow>,
    },
    /// Plans the runs of a facility's day from attendance; of all facilities that share vehicles with it too.
    PlanDay {
        facility: FacilityId,
        day: ServiceDay,
        start: PlanStart,
    },
    /// Betters the day plan as it stands; what was told is kept, and who changes vehicle is told.
    ReplanDay {
        facility: FacilityId,
        day: ServiceDay,
    },
    /// Somebody has told them.
    GiveNotice {
        notice: NoticeId,
    },
    MakeRequest(Party),
    /// A ride there and another one back on the same day: both are given, or none.
    MakeRoundTrip {
        there: Party,
        back: Wish,
    },
    /// Accepts one offer for each half of a round trip.
    AcceptRoundTrip {
        there: (RequestId, OfferId),
        back: (RequestId, OfferId),
    },
    AcceptOffer {
        request: RequestId,
        offer: OfferId,
    },
    Cancel {
        request: RequestId,
    },
    /// Gives a guest's booked ride to another vehicle, by the operator's hand; without one to whichever it fits best.
    MoveRide {
        request: RequestId,
        vehicle: Option<VehicleId>,
    },
    /// Puts a refused wish on the waiting list.
    Wait {
        request: RequestId,
    },
    RecordFact {
        vehicle: VehicleId,
        fact: FactKind,
        visit: Option<VisitKey>,
        at: Timestamp,
    },
    /// Where a vehicle is seen on its way, it will be there at `eta`.
    SightVehicle {
        vehicle: VehicleId,
        visit: Option<VisitKey>,
        eta: Timestamp,
    },
    /// Somebody has looked into what a driver reported.
    SettleContradiction {
        contradiction: ContradictionId,
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

/// Roads that nobody drives on for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewClosure {
    pub centre: Point,
    pub radius: Metres,
    pub window: Window,
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDriver {
    pub facility: FacilityId,
    pub licence: VehicleKind,
    pub weekdays: Weekdays,
    pub shifts: Vec<DayWindow>,
    pub duties: Vec<DayWindow>,
}

/// Where a day plan begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PlanStart {
    #[default]
    Fresh,
    /// The runs of the same weekday as they were last driven.
    LastTime,
    /// A plan made by hand.
    Hand(Vec<HandRun>),
}

/// Which runs a late joiner takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinKind {
    Both,
    PickupRun,
    DropoffRun,
}

impl JoinKind {
    pub fn takes(self, direction: Direction) -> bool {
        match self {
            JoinKind::Both => true,
            JoinKind::PickupRun => direction == Direction::PickupRun,
            JoinKind::DropoffRun => direction == Direction::DropoffRun,
        }
    }
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

impl AbsenceKind {
    /// Whether who stays away like this misses the run in this direction.
    pub fn covers(self, direction: Direction) -> bool {
        match self {
            AbsenceKind::WholeDay => true,
            AbsenceKind::PickupRun => direction == Direction::PickupRun,
            AbsenceKind::DropoffRun => direction == Direction::DropoffRun,
        }
    }
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
    /// Nobody at the door, for good.
    NoShow,
    /// Nobody at the door so far: the operator is asked what to do.
    NotAtDoor,
}
