//! A rider's personal data is erased beside the log. The log keeps the id and replays; nothing new is asked for or planned
//! under it.

use std::sync::Arc;

use units::{PlaceId, RiderId};

use crate::area::Area;
use crate::command::Command;
use crate::decide::{Decision, unknown};
use crate::event::Event;
use crate::masters::{Care, Rider};
use crate::rejection::Rejection;
use crate::request::RequestState;

/// Erases the rider, and the places that are nobody else's. Erasing again is harmless.
pub(crate) fn erase_rider(area: &Area, id: RiderId) -> Result<Decision, Rejection> {
    let rider = area.riders.get(&id).ok_or_else(|| unknown("rider", &id))?;
    if area.erased.contains(&id) {
        return Ok(Decision::just(Vec::new()));
    }
    let lives = |state: &RequestState| {
        matches!(
            state,
            RequestState::Open
                | RequestState::Offered { .. }
                | RequestState::Waiting(_)
                | RequestState::Booked(_)
                | RequestState::OnBoard { .. }
        )
    };
    // Whoever is to be fetched must be known by name at the door.
    if let Some(request) = area.requests.values().find(|r| r.rider == id && lives(&r.state)) {
        const WANTED: &str = "without rides to come; cancel them, or erase when they are over";
        let state = format!("still to ride with {}", request.id);
        return Err(Rejection::WrongState { subject: id.to_string(), state, wanted: WANTED });
    }
    let places = rider.places.iter().copied().filter(|place| is_of_one(area, id, *place)).collect();
    Ok(Decision::just(vec![Event::RiderErased { rider: id, places }]))
}

/// Whether the place is this rider's alone: no facility's, and registered by nobody else who is still known.
fn is_of_one(area: &Area, id: RiderId, place: PlaceId) -> bool {
    let others = area.riders.values().filter(|r| r.id != id && !area.erased.contains(&r.id));
    let shared = others.flat_map(|r| r.places.iter()).any(|other| *other == place);
    !shared && !area.facilities.values().any(|f| f.place == place)
}

/// Refuses whatever would begin something new for somebody who was erased.
pub(crate) fn refuse_erased(area: &Area, command: &Command) -> Result<(), Rejection> {
    let rider = match command {
        Command::AddRiderPlace { rider, .. }
        | Command::ChangeRider { rider, .. }
        | Command::SetCare { rider, .. }
        | Command::SetContact { rider }
        | Command::NoteAbsence { rider, .. }
        | Command::NoteJoin { rider, .. }
        | Command::PinRide { rider, .. } => *rider,
        Command::MakeRequest(party) | Command::MakeRoundTrip { there: party, .. } => party.rider,
        _ => return Ok(()),
    };
    if area.erased.contains(&rider) { Err(unknown("rider", &rider)) } else { Ok(()) }
}

impl Area {
    /// The id stays taken; nobody attends under it, and how its holder was to be carried is forgotten.
    pub(crate) fn erase(&mut self, id: RiderId) -> Result<(), String> {
        let known = self.riders.get(&id).ok_or_else(|| format!("{id} is unknown"))?;
        let blank = Rider { membership: None, care: Care::default(), ..Rider::clone(known) };
        self.riders.insert(id, Arc::new(blank));
        self.erased.insert(id);
        self.joins = self.joins.iter().copied().filter(|(_, rider, _)| *rider != id).collect();
        Ok(())
    }
}
