//! What happens on the day itself, as clients see it.

use std::collections::BTreeMap;

use dispatch::list_in_danger;
use domain::{Event, Listener, News, RequestState, RouteId, VisitKind};
use units::{Seconds, ServiceDay, Window};

use crate::texts::{Both, sentence};
use crate::views::{Viewer, position};
use crate::wire;

impl Viewer<'_> {
    /// What the events of a command change, against the state that this viewer sees.
    pub fn day_effect(&self, events: &[Event], subject: Option<String>, done: bool) -> wire::DayEffect {
        let mut to_tell = Vec::new();
        let mut last: BTreeMap<RouteId, &[domain::PlannedVisit]> = BTreeMap::new();
        let mut without = Vec::new();
        for event in events {
            match event {
                Event::PlanChanged { routes, .. } => {
                    last.extend(routes.iter().map(|change| (change.route, change.visits.as_slice())));
                }
                Event::NoticesMade { notices, .. } => {
                    for notice in notices {
                        if let (Listener::Rider(rider), News::NoRide { .. }) = (notice.to, &notice.news) {
                            without.push(self.person(rider));
                        }
                        to_tell.push(self.to_tell(notice));
                    }
                }
                _ => {}
            }
        }
        let mut moved = Vec::new();
        for (id, visits) in last {
            let Some(route) = self.snapshot.area.find_route(id) else { continue };
            for visit in visits {
                let was = route.visits.iter().find(|v| v.visit == visit.visit).map(|v| v.begin);
                let later = was.map_or(Seconds::ZERO, |was| visit.begin - was);
                let known = self.snapshot.area.requests.get(&visit.visit.request);
                if let (true, Some(known)) = (later != Seconds::ZERO, known) {
                    moved.push(wire::MovedVisit {
                        visit: visit.visit.to_string(),
                        rider: self.person(known.rider).name,
                        later_seconds: later.0,
                    });
                }
            }
        }
        wire::DayEffect { done, subject, to_tell, moved, without }
    }

    fn to_tell(&self, notice: &domain::Notice) -> wire::ToTell {
        let (to, to_name) = self.listener(notice.to);
        let by = match notice.to {
            Listener::Rider(rider) => Some(self.contact(rider).by),
            Listener::Driver(_) | Listener::Facility(_) => None,
        };
        let (breaks_promise, text) = self.news(&notice.news);
        wire::ToTell { to, to_name, by, breaks_promise, text_ja: text.ja, text_en: text.en }
    }

    fn listener(&self, to: Listener) -> (String, String) {
        match to {
            Listener::Rider(rider) => ("rider".to_owned(), self.person(rider).name),
            Listener::Driver(vehicle) => ("driver".to_owned(), self.vehicle_name(vehicle)),
            Listener::Facility(id) => {
                let known: crate::register::NameEntry =
                    crate::register::entry(&self.service.register, "facility", &id.to_string());
                ("facility".to_owned(), known.name)
            }
        }
    }

    pub fn what_happens(&self, day: ServiceDay) -> wire::Today {
        let area = &self.snapshot.area;
        let travel = self.legs.ahead(&area.hindering, day, self.now);
        let in_danger = list_in_danger(area, day, self.now, &travel);
        let aboard = area.requests.values().filter_map(|r| match &r.state {
            RequestState::OnBoard { booking, .. } if booking.day == day => Some(wire::Aboard {
                request: r.id.to_string(),
                rider: self.person(r.rider),
                vehicle: booking.vehicle.to_string(),
                vehicle_name: self.vehicle_name(booking.vehicle),
            }),
            _ => None,
        });
        let locked = area.locked.iter().filter(|(on, _)| *on == day);
        let pair = |w: Window| [w.open().to_string(), w.close().to_string()];
        wire::Today {
            day: day.to_string(),
            in_danger: in_danger.iter().filter_map(|danger| self.in_danger(danger)).collect(),
            doors: area.at_door.keys().filter_map(|id| self.at_door(*id, day)).collect(),
            aboard: aboard.collect(),
            closures: self.closures(),
            snow: area.hindering.snow.get(&day).map(|w| pair(*w)),
            locked: locked.map(|(_, vehicle)| vehicle.to_string()).collect(),
        }
    }

    fn in_danger(&self, danger: &dispatch::InDanger) -> Option<wire::InDanger> {
        let request = self.snapshot.area.requests.get(&danger.visit.request)?;
        let booking = request.find_active_booking()?;
        let kind = match danger.visit.kind {
            VisitKind::Pickup => "pickup",
            VisitKind::Dropoff => "dropoff",
        };
        Some(wire::InDanger {
            request: request.id.to_string(),
            rider: self.person(request.rider),
            kind: kind.to_owned(),
            vehicle: danger.vehicle.to_string(),
            vehicle_name: self.vehicle_name(danger.vehicle),
            expected: danger.begin.to_string(),
            late_seconds: danger.late.0,
            pickup: [booking.promise.pickup.open().to_string(), booking.promise.pickup.close().to_string()],
            dropoff_latest: booking.promise.dropoff.close().to_string(),
        })
    }

    fn at_door(&self, id: units::RequestId, day: ServiceDay) -> Option<wire::AtDoor> {
        let area = &self.snapshot.area;
        let request = area.requests.get(&id)?;
        let booking = request.find_active_booking().filter(|b| b.day == day)?;
        let since = *area.at_door.get(&id)?;
        Some(wire::AtDoor {
            request: id.to_string(),
            rider: self.person(request.rider),
            vehicle: booking.vehicle.to_string(),
            vehicle_name: self.vehicle_name(booking.vehicle),
            since: since.to_string(),
            until: self.door_until(id)?,
        })
    }

    /// How long a vehicle waits at the door of somebody who does not come.
    pub fn door_until(&self, id: units::RequestId) -> Option<String> {
        let area = &self.snapshot.area;
        let booking = area.requests.get(&id)?.find_active_booking()?;
        let wait = area.policies.in_force(booking.day).door_wait;
        let until = *area.at_door.get(&id)? + wait;
        Some(until.max(booking.promise.pickup.open()).to_string())
    }

    pub fn closures(&self) -> Vec<wire::Closure> {
        let (area, roads) = (&self.snapshot.area, &self.service.roads);
        let view = |closure: &domain::Closure| {
            let closed = roads.closed_around(closure.centre, closure.radius);
            let shut_in = area.places.values().filter(|p| roads.is_closed(&closed, p.node));
            wire::Closure {
                id: closure.id.to_string(),
                position: position(closure.centre),
                radius_m: closure.radius.0,
                from: closure.window.open().to_string(),
                until: closure.window.close().to_string(),
                stretches: closed.count(),
                places: shut_in.map(|p| p.id.to_string()).collect(),
            }
        };
        area.hindering.closures.values().map(view).collect()
    }

    /// The name of a place, for a sentence.
    pub fn place_label(&self, place: units::PlaceId) -> Both {
        let label = self.place(place).label;
        match label.is_empty() {
            true => sentence("notice", "a_place", &[]),
            false => Both { ja: label.clone(), en: label },
        }
    }
}
