//! The judge's rules of the day plan: company on board, who serves whom, pins, drivers' turns, and that whoever's booking
//! changes is told. Like the rest of the judge it only holds what the plan states against the rules.

use units::{PlaceId, RequestId, Timestamp, Window};

use crate::area::Area;
use crate::day::{News, Resource};
use crate::judge::Judge;
use crate::masters::Vehicle;
use crate::plan::{Progress, VisitKey, VisitKind};
use crate::policy::{RideClass, Terms};
use crate::request::{Booking, Request, RequestState, Wish};

impl Judge<'_> {
    /// Nobody is alone with the driver who must not be, and nobody meets whom he or she must not meet.
    pub(crate) fn company(&mut self, vehicle: &Vehicle) {
        let area = self.area;
        let mut aboard: Vec<&Request> = area.on_board(self.route.id).map(|(r, _, _)| r).collect();
        let places: Vec<Option<PlaceId>> =
            self.route.visits.iter().map(|v| area.find_visit_place(v.visit)).collect();
        let mut here = Some(self.route.anchor.place);
        for index in 0..=places.len() {
            let next = places.get(index).copied().flatten();
            // On the way to the next stop; who gets off first at one stop is alone with nobody.
            if next.is_some_and(|next| here != Some(next))
                && let [lonely] = aboard.as_slice()
                && !vehicle.attendant
                && area.never_alone(lonely)
            {
                let detail = format!("{} would be alone with the driver", lonely.id);
                self.say(Some(VisitKey::dropoff(lonely.id)), "alone", detail);
            }
            for (k, a) in aboard.iter().enumerate() {
                for b in &aboard[k + 1..] {
                    if area.must_not_meet(a.rider, b.rider) {
                        let later = VisitKey::dropoff(a.id.max(b.id));
                        self.say(Some(later), "must_not_meet", format!("{} and {} would meet", a.id, b.id));
                    }
                }
            }
            let Some(planned) = self.route.visits.get(index) else { break };
            here = next;
            match planned.visit.kind {
                VisitKind::Pickup => aboard.extend(area.requests.get(&planned.visit.request).map(|r| &**r)),
                VisitKind::Dropoff => aboard.retain(|r| r.id != planned.visit.request),
            }
        }
    }

    /// Members ride with vehicles that serve their facility, are there, and are those they were pinned to.
    pub(crate) fn places_on_runs(&mut self, vehicle: &Vehicle) {
        let (area, id) = (self.area, self.route.id);
        for planned in &self.route.visits.clone() {
            let visit = planned.visit;
            let Some((request, booking)) = self.known(visit) else { continue };
            let (request, class) = (request.clone(), booking.class);
            let waits = matches!(request.state, RequestState::Booked(_));
            if waits && area.is_out(Resource::Vehicle(vehicle.id), id.day) {
                self.say(Some(visit), "out", format!("{} is out on {}", vehicle.id, id.day));
            }
            let Wish::Run { facility, direction, day } = request.wish else { continue };
            if class == RideClass::MemberOnRun && !area.serves(vehicle, facility) {
                self.say(Some(visit), "facility", format!("{} does not serve {facility}", vehicle.id));
            }
            let pinned = area.find_pinned_vehicle(request.rider, day, direction);
            if let Some(ready) = area.find_ready(request.rider, day, direction)
                && visit.kind == VisitKind::Pickup
                && planned.begin < ready
            {
                let detail = format!("{} begins {} and is ready at {ready}", request.id, planned.begin);
                self.say(Some(visit), "ready", detail);
            }
            if waits && pinned.is_some_and(|pinned| pinned != vehicle.id) {
                self.say(Some(visit), "pin", format!("{} is pinned to another vehicle", request.id));
            }
        }
    }

    /// The plan of a locked vehicle only loses visits: nobody new, and those who ride in the order that was planned.
    pub(crate) fn locked(&mut self, before: &Area) {
        let id = self.route.id;
        if !before.is_locked(id.vehicle, id.day) || !self.area.is_locked(id.vehicle, id.day) {
            return;
        }
        let former = before.find_route(id);
        let mut stood = former.iter().flat_map(|route| &route.visits).map(|v| v.visit);
        for visit in self.route.visits.iter().map(|v| v.visit).collect::<Vec<_>>() {
            if !stood.any(|known| known == visit) {
                return self.say(Some(visit), "locked", format!("{} is locked on {}", id.vehicle, id.day));
            }
        }
    }

    /// Away from the base the vehicle is driven by somebody, from leaving it to being back; nobody is on board when the
    /// driver has to be elsewhere.
    pub(crate) fn driven(&mut self, begins: &[Timestamp]) {
        let (area, id) = (self.area, self.route.id);
        let (Some(base), true) = (area.find_base(id.vehicle), area.turns.contains_key(&(id.day, id.vehicle)))
        else {
            return;
        };
        let windows = area.list_driven(id.vehicle, id.day);
        let within = |from: Timestamp, to: Timestamp| -> Option<&Window> {
            windows.iter().find(|w| w.open() <= from && to <= w.close())
        };
        // The way from base to base that is being looked at: when it began, when its last visit ended, and where.
        let start = self.route.anchor;
        let departed = matches!(self.route.progress, Progress::Heading { .. } | Progress::Arrived { .. });
        // That it is out already is a fact, even before its driver's time; one that stands out there drives from now on.
        let ready = if departed { start.ready } else { start.ready.max(self.now) };
        let turn = windows.iter().find(|w| ready < w.close());
        let since = turn.map_or(ready, |w| ready.max(w.open()));
        let mut way = (start.place != base).then_some((since, start.ready, start.place));
        let mut aboard = area.on_board(id).count() as i64;
        for (planned, begin) in self.route.visits.clone().iter().zip(begins) {
            let visit = planned.visit;
            let Some(place) = area.find_visit_place(visit) else { continue };
            let empty_before = aboard == 0;
            aboard += if visit.kind == VisitKind::Pickup { 1 } else { -1 };
            let end = *begin + area.service_of(visit);
            let until = if aboard > 0 { end } else { end + self.drive(place, base) };
            let left = *begin - self.drive(base, place);
            let from = match way {
                // Where there is time to be at the base between two visits, another driver may take over.
                Some((from, free, at)) => {
                    let home = free + self.drive(at, base);
                    let anew = empty_before && home <= left && within(from, until).is_none();
                    if anew { left } else { from }
                }
                // So is that it has left the base for the visit it is at or heading for: the first of the way.
                // The turn is that of the leaving: since it last came back the vehicle may have stood for hours.
                None if departed => {
                    windows.iter().find(|w| left < w.close()).map_or(left, |w| left.max(w.open()))
                }
                None => left,
            };
            if within(from, until).is_none() {
                let detail = format!("nobody drives {} from {from} to {until}", id.vehicle);
                self.say(Some(visit), "driver", detail);
            }
            way = Some((from, end, place));
        }
    }

    /// A booking that is rewritten keeps its terms; another promise or another vehicle is among what has to be told.
    pub(crate) fn rewritten(
        &mut self,
        before: &Area,
        request: &Request,
        (known, former): (&Request, &Booking),
        booking: &Booking,
    ) {
        if former == booking {
            return;
        }
        let visit = Some(VisitKey::pickup(request.id));
        // Only an operator's word makes more of a promise, and never less.
        let widened = request.widened > known.widened;
        let holds = |wide: Window, told: Window| wide.open() <= told.open() && told.close() <= wide.close();
        let wider = holds(booking.promise.pickup, former.promise.pickup)
            && holds(booking.promise.dropoff, former.promise.dropoff)
            && booking.ride_max >= former.ride_max;
        let same_terms = (former.class, former.terms, former.direct, former.day)
            == (booking.class, booking.terms, booking.direct, booking.day)
            && (former.ride_max == booking.ride_max || widened)
            && (!widened || wider);
        // A guest was told times, not a vehicle: until boarding another one may come.
        let guest_waits = booking.terms != Terms::Member && matches!(request.state, RequestState::Booked(_));
        let told = |wanted: &dyn Fn(&News) -> bool| {
            let fresh = self.area.notices.iter().filter(|(id, _)| !before.notices.contains_key(id));
            fresh.into_iter().any(|(_, issued)| wanted(&issued.notice.news))
        };
        let new_time = |news: &News| is_new_time(news, request.id);
        let other_vehicle =
            |news: &News| matches!(news, News::OtherVehicle { request: r, .. } if *r == request.id);
        let same_times = former.promise == booking.promise && former.planned == booking.planned;
        let rewritten = former.promise != booking.promise && !told(&new_time);
        if !same_terms || rewritten {
            self.say(visit, "promise", format!("the booking of {} was rewritten", request.id));
        } else if former.vehicle != booking.vehicle
            && !(guest_waits && same_times || told(&new_time) || told(&other_vehicle))
        {
            self.say(visit, "promise", format!("{} changes vehicle and is not told", request.id));
        }
    }
}

fn is_new_time(news: &News, wanted: RequestId) -> bool {
    matches!(news, News::Time { request, .. } | News::Arrival { request, .. } if *request == wanted)
}
