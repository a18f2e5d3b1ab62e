//! What the state knows of the plan of a day beyond routes and requests: who is out, who shares, who drives, what is pinned,
//! who has been told, and the runs of each weekday as they were last driven.

use std::collections::BTreeMap;
use std::sync::Arc;

use units::{FacilityId, NoticeId, PlaceId, RiderId, ServiceDay, Timestamp, VehicleId, Window};

use crate::area::{Area, IssuedNotice};
use crate::command::AbsenceKind;
use crate::day::{HandRun, Pin, Resource};
use crate::event::Event;
use crate::masters::Vehicle;
use crate::request::{Direction, Request, Wish};

impl Area {
    /// The facility and all that share vehicles with it, in the order of their ids.
    pub fn list_partners(&self, facility: FacilityId) -> Vec<FacilityId> {
        match self.sharing.get(&facility) {
            Some(group) => self.sharing.iter().filter(|(_, g)| *g == group).map(|(f, _)| *f).collect(),
            None => vec![facility],
        }
    }

    /// Whether a vehicle may carry the members of this facility on its runs.
    pub fn serves(&self, vehicle: &Vehicle, facility: FacilityId) -> bool {
        vehicle.facility == facility
            || self.sharing.get(&vehicle.facility).is_some_and(|g| self.sharing.get(&facility) == Some(g))
    }

    pub fn is_out(&self, what: Resource, day: ServiceDay) -> bool {
        self.out.contains(&(day, what))
    }

    /// Whether the two must not be on board together: one of them says so, or both must have the same seat.
    pub fn must_not_meet(&self, a: RiderId, b: RiderId) -> bool {
        let (Some(one), Some(other)) = (self.riders.get(&a), self.riders.get(&b)) else { return false };
        let seat = |care: &crate::masters::Care| care.seat.filter(|wish| wish.must).map(|wish| wish.seat);
        let same_seat = seat(&one.care).is_some_and(|s| seat(&other.care) == Some(s));
        a != b && (same_seat || one.care.not_with.contains(&b) || other.care.not_with.contains(&a))
    }

    /// Whether the rider of this request must not be alone with the driver. An escort is company.
    pub fn never_alone(&self, request: &Request) -> bool {
        request.people <= 1 && self.riders.get(&request.rider).is_some_and(|r| r.care.never_alone)
    }

    /// When somebody drives the vehicle on the day, in order and joined where one turn follows the other; its shift
    /// where nobody has settled who drives.
    pub fn list_driven(&self, vehicle: VehicleId, day: ServiceDay) -> Vec<Window> {
        let Some(turns) = self.turns.get(&(day, vehicle)) else {
            return self.vehicles.get(&vehicle).map(|v| day.window(v.shift)).into_iter().collect();
        };
        let mut joined: Vec<Window> = Vec::new();
        for turn in turns.iter() {
            match joined.last_mut() {
                Some(last) if turn.window.open() <= last.close() => {
                    let close = last.close().max(turn.window.close());
                    *last = Window::from(last.open(), close - last.open());
                }
                _ => joined.push(turn.window),
            }
        }
        joined
    }

    pub fn find_pin(&self, rider: RiderId, day: ServiceDay, direction: Direction) -> Option<Pin> {
        self.pins.get(&(day, rider, direction)).copied()
    }

    /// The vehicle that an operator has fixed, as long as it is there and driven.
    pub fn find_pinned_vehicle(
        &self,
        rider: RiderId,
        day: ServiceDay,
        direction: Direction,
    ) -> Option<VehicleId> {
        let vehicle = self.find_pin(rider, day, direction)?.vehicle?;
        let there =
            !self.is_out(Resource::Vehicle(vehicle), day) && !self.list_driven(vehicle, day).is_empty();
        there.then_some(vehicle)
    }

    /// The place at home of a ride on a run: where the told time counts.
    pub fn find_home_side(&self, request: &Request) -> Option<PlaceId> {
        match request.wish {
            Wish::Run { direction: Direction::PickupRun, .. } => Some(request.from),
            Wish::Run { direction: Direction::DropoffRun, .. } => Some(request.to),
            _ => None,
        }
    }

    pub(crate) fn share(&mut self, facilities: &[FacilityId]) {
        for facility in facilities {
            self.leave_group(*facility);
        }
        if let (Some(first), true) = (facilities.iter().min(), facilities.len() > 1) {
            for facility in facilities {
                self.sharing.insert(*facility, *first);
            }
        }
    }

    /// Takes a facility out of its group, which keeps a name of its own or dissolves.
    fn leave_group(&mut self, facility: FacilityId) {
        let Some(group) = self.sharing.remove(&facility) else { return };
        let rest: Vec<FacilityId> =
            self.sharing.iter().filter(|(_, g)| **g == group).map(|(f, _)| *f).collect();
        for other in &rest {
            match rest.as_slice() {
                [_] => self.sharing.remove(other),
                [first, ..] => self.sharing.insert(*other, *first),
                [] => None,
            };
        }
    }

    pub(crate) fn apply_to_day(&mut self, event: &Event) {
        match event {
            Event::JoinNoted { rider, day, kind } => {
                for direction in [Direction::PickupRun, Direction::DropoffRun] {
                    if kind.takes(direction) {
                        self.joins.insert((*day, *rider, direction));
                    }
                }
            }
            Event::TakenOut { what, day } => {
                self.out.insert((*day, *what));
            }
            Event::BroughtBack { what, day } => {
                self.out.remove(&(*day, *what));
            }
            Event::RidePinned { rider, day, direction, pin } => {
                self.pins.insert((*day, *rider, *direction), *pin);
            }
            Event::RideUnpinned { rider, day, direction } => {
                self.pins.remove(&(*day, *rider, *direction));
            }
            Event::DriversAssigned { day, vehicles } => {
                for known in vehicles {
                    self.turns.insert((*day, known.vehicle), Arc::new(known.turns.clone()));
                }
            }
            Event::NoticesMade { day, cause, notices } => {
                for notice in notices {
                    self.last_notice = self.last_notice.max(notice.id);
                    let issued =
                        IssuedNotice { notice: notice.clone(), day: *day, cause: *cause, given_at: None };
                    self.notices.insert(notice.id, Arc::new(issued));
                }
            }
            Event::NoticeGiven { notice, at } => self.give_notice(*notice, *at),
            _ => {}
        }
    }

    fn give_notice(&mut self, notice: NoticeId, at: Timestamp) {
        // A notice of a day that is long over has left the state.
        if let Some(known) = self.notices.get(&notice) {
            let given = IssuedNotice { given_at: Some(at), ..IssuedNotice::clone(known) };
            self.notices.insert(notice, Arc::new(given));
        }
    }

    /// Who stays away after all does not join.
    pub(crate) fn note_no_join(&mut self, rider: RiderId, day: ServiceDay, kind: AbsenceKind) {
        let stays = |direction| kind.covers(direction);
        for direction in [Direction::PickupRun, Direction::DropoffRun] {
            if stays(direction) {
                self.joins.remove(&(day, rider, direction));
            }
        }
    }

    pub(crate) fn forget_days_before(&mut self, former: ServiceDay) {
        self.joins = self.joins.iter().filter(|(d, _, _)| *d >= former).copied().collect();
        self.out = self.out.iter().filter(|(d, _)| *d >= former).copied().collect();
        self.pins = self.pins.iter().filter(|(k, _)| k.0 >= former).map(|(k, v)| (*k, *v)).collect();
        self.turns = self.turns.iter().filter(|(k, _)| k.0 >= former).map(|(k, v)| (*k, v.clone())).collect();
        self.notices =
            self.notices.iter().filter(|(_, n)| n.day >= former).map(|(k, v)| (*k, v.clone())).collect();
    }

    /// Keeps the runs of a day that is over, for the plans of the same weekday. Who stayed away that day is in them too.
    pub(crate) fn remember_runs(&mut self, day: ServiceDay) {
        for (_, facility) in self.planned_days.clone().iter().filter(|(d, _)| *d == day) {
            let runs = self.list_driven_runs(*facility, day);
            if !runs.is_empty() {
                self.habits.insert((*facility, day.weekday()), Arc::new(runs));
            }
        }
    }

    /// The runs of a facility's day as they were booked: by vehicle and time, homes in the order of the drive.
    pub fn list_driven_runs(&self, facility: FacilityId, day: ServiceDay) -> Vec<HandRun> {
        /// Who is on board from when to when.
        type Ride = (Timestamp, Timestamp, RiderId);
        let mut rides: BTreeMap<(VehicleId, Direction), Vec<Ride>> = BTreeMap::new();
        for request in self.requests.values() {
            let Wish::Run { facility: of, direction, day: on } = request.wish else { continue };
            if let (Some(booking), true) = (request.find_booking(), of == facility && on == day) {
                let planned = (booking.planned.pickup, booking.planned.dropoff, request.rider);
                rides.entry((booking.vehicle, direction)).or_default().push(planned);
            }
        }
        let mut runs = Vec::new();
        for ((vehicle, direction), mut all) in rides {
            all.sort_unstable();
            let mut round: Vec<Ride> = Vec::new();
            let mut rounds = Vec::new();
            for ride in all {
                // A round is over when all who were on board are off again.
                if round.iter().map(|r| r.1).max().is_some_and(|last| ride.0 >= last) {
                    rounds.push(std::mem::take(&mut round));
                }
                round.push(ride);
            }
            rounds.push(round);
            for mut round in rounds {
                if direction == Direction::DropoffRun {
                    round.sort_unstable_by_key(|r| (r.1, r.0, r.2));
                }
                runs.push(HandRun { vehicle, direction, riders: round.iter().map(|r| r.2).collect() });
            }
        }
        runs
    }
}
