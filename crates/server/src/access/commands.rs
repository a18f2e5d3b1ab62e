//! What a command is about, and whether that is the caller's own.

use axum::http::StatusCode;
use domain::{Area, Channel, Command, NewRider, Party, Resource};
use units::{CorporationId, DriverId, FacilityId, NoticeId, PlaceId, RequestId, RiderId, VehicleId};

use super::sight::Sight;
use super::who::{Role, Who};
use crate::problem::Problem;
use crate::register::Category;

/// Something that a command or an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Corporation(CorporationId),
    Facility(FacilityId),
    Vehicle(VehicleId),
    Driver(DriverId),
    Rider(RiderId),
    Request(RequestId),
    Place(PlaceId),
    Notice(NoticeId),
    /// The area as a whole; nobody owns it who has less.
    Area,
}

impl Subject {
    /// The subject that an id in an address names; none for what is no id.
    pub fn parse(text: &str) -> Option<Subject> {
        let (kind, _) = text.split_once('-')?;
        match kind {
            CorporationId::PREFIX => text.parse().ok().map(Subject::Corporation),
            FacilityId::PREFIX => text.parse().ok().map(Subject::Facility),
            VehicleId::PREFIX => text.parse().ok().map(Subject::Vehicle),
            DriverId::PREFIX => text.parse().ok().map(Subject::Driver),
            RiderId::PREFIX => text.parse().ok().map(Subject::Rider),
            RequestId::PREFIX => text.parse().ok().map(Subject::Request),
            PlaceId::PREFIX => text.parse().ok().map(Subject::Place),
            NoticeId::PREFIX => text.parse().ok().map(Subject::Notice),
            _ => None,
        }
    }

    /// Whether it is the caller's own. What does not exist is nobody's.
    pub fn is_own(self, sight: &Sight, area: &Area, category: &dyn Fn(PlaceId) -> Category) -> bool {
        match self {
            Subject::Corporation(id) => sight.corporation(id),
            Subject::Facility(id) => sight.facility(id),
            Subject::Vehicle(id) => sight.vehicle(id),
            Subject::Driver(id) => sight.driver(id),
            Subject::Rider(id) => sight.rider(id),
            Subject::Request(id) => area.requests.get(&id).is_some_and(|r| sight.request(r)),
            Subject::Place(id) => area.places.contains_key(&id) && sight.place(id, category(id)),
            Subject::Notice(id) => area.notices.get(&id).is_some_and(|n| sight.notice(n)),
            Subject::Area => sight.is_whole(),
        }
    }
}

fn of_party(party: &Party) -> Vec<Subject> {
    vec![Subject::Rider(party.rider), Subject::Place(party.from), Subject::Place(party.to)]
}

fn of_new_rider(new: &NewRider) -> Vec<Subject> {
    let facility = new.membership.as_ref().map_or(Subject::Area, |m| Subject::Facility(m.facility));
    let places = new.places.iter().map(|p| Subject::Place(*p));
    std::iter::once(facility).chain(places).collect()
}

/// Everything that a command names and that must be the caller's own. There is no wildcard: a new command says what it is about.
pub fn subjects(command: &Command) -> Vec<Subject> {
    use Subject::{Area, Corporation, Driver, Facility, Notice, Place, Request, Rider, Vehicle};
    match command {
        Command::AddPlace(_) => Vec::new(),
        Command::AddFacility(new) => vec![Corporation(new.corporation), Place(new.place)],
        Command::AddVehicle(new) => vec![Facility(new.facility)],
        Command::AddRider(new) => of_new_rider(new),
        Command::AddRiderPlace { rider, place } => vec![Rider(*rider), Place(*place)],
        Command::ChangePlace { place, .. } => vec![Place(*place)],
        Command::ChangeFacility { facility, new } => {
            vec![Facility(*facility), Corporation(new.corporation), Place(new.place)]
        }
        Command::ChangeVehicle { vehicle, new } => vec![Vehicle(*vehicle), Facility(new.facility)],
        Command::ChangeRider { rider, new } => {
            let mut all = of_new_rider(new);
            all.push(Rider(*rider));
            all
        }
        Command::SetCare { rider, care } => {
            std::iter::once(*rider).chain(care.not_with.iter().copied()).map(Rider).collect()
        }
        Command::AddDriver(new) => vec![Facility(new.facility)],
        Command::ChangeDriver { driver, new } => vec![Driver(*driver), Facility(new.facility)],
        Command::NoteAbsence { rider, .. }
        | Command::NoteJoin { rider, .. }
        | Command::NoteReady { rider, .. }
        | Command::SetContact { rider }
        | Command::EraseRider { rider } => vec![Rider(*rider)],
        Command::PinRide { rider, pin, .. } => {
            let vehicle = pin.as_ref().and_then(|pin| pin.vehicle).map(Vehicle);
            std::iter::once(Rider(*rider)).chain(vehicle).collect()
        }
        Command::NoteOut { what: Resource::Vehicle(vehicle), .. } => vec![Vehicle(*vehicle)],
        Command::NoteOut { what: Resource::Driver(driver), .. } => vec![Driver(*driver)],
        // Whoever shares vehicles has agreed to be planned together.
        Command::PlanDay { facility, .. } | Command::ReplanDay { facility, .. } => vec![Facility(*facility)],
        Command::GiveNotice { notice } => vec![Notice(*notice)],
        Command::MakeRequest(party) | Command::MakeRoundTrip { there: party, .. } => of_party(party),
        Command::AcceptRoundTrip { there, back } => vec![Request(there.0), Request(back.0)],
        Command::AcceptOffer { request, .. } | Command::Cancel { request } | Command::Wait { request } => {
            vec![Request(*request)]
        }
        Command::DecideAtDoor { request, .. } => vec![Request(*request)],
        Command::Divert { request, to } => vec![Request(*request), Place(*to)],
        Command::LockVehicle { vehicle, .. } => vec![Vehicle(*vehicle)],
        Command::RecordFact { vehicle, .. } | Command::AcknowledgeRoute { vehicle, .. } => {
            vec![Vehicle(*vehicle)]
        }
        Command::AddCorporation
        | Command::AdoptPolicy(_)
        | Command::ShareVehicles { .. }
        | Command::MoveRide { .. }
        | Command::WidenPromise { .. }
        | Command::CloseRoad(_)
        | Command::OpenRoad { .. }
        | Command::NoteSnow { .. }
        | Command::SightVehicle { .. }
        | Command::SettleContradiction { .. }
        | Command::AdoptProposal(_)
        | Command::Tick => vec![Area],
    }
}

/// Refuses a command about what is not the caller's own.
pub fn check(
    who: &Who,
    command: &Command,
    (sight, area): (&Sight, &Area),
    category: &dyn Fn(PlaceId) -> Category,
) -> Result<(), Problem> {
    if matches!(who.role, Some(Role::Auditor | Role::Municipality)) {
        return Err(not_allowed("an account of this kind changes nothing"));
    }
    // Who has the whole area is told by the engine what does not exist.
    if !sight.is_whole() && subjects(command).iter().any(|subject| !subject.is_own(sight, area, category)) {
        return Err(not_allowed("something that is named is not your own"));
    }
    let asks = match command {
        Command::MakeRequest(party) | Command::MakeRoundTrip { there: party, .. } => Some(party.channel),
        _ => None,
    };
    if who.role == Some(Role::Rider) && asks.is_some_and(|channel| channel != Channel::App) {
        return Err(Problem::invalid("channel", "riders and family ask by `app`"));
    }
    Ok(())
}

pub fn not_allowed(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not_allowed", detail)
}
