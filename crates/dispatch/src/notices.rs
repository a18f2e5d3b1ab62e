//! Who has to be told what after a change of the day plan: the difference between what had been told and what holds now.

use domain::{
    Booking, Cause, Direction, Listener, News, PlannedVisit, Request, RequestState, RouteId, VisitKey, Wish,
};
use units::{FacilityId, Seconds, ServiceDay, Window};

use crate::turned::Turned;
use crate::work::Work;

/// A visit that moves by less than this is no news for the driver, whose screen shows it anyway.
const NEWS_FROM: Seconds = Seconds::minutes(3);

impl Work<'_> {
    /// Notes the notices of this command, if there are any.
    pub(crate) fn tell(
        &mut self,
        day: ServiceDay,
        facilities: &[FacilityId],
        cause: Cause,
    ) -> Result<(), Turned> {
        let mut all: Vec<(Listener, News)> = Vec::new();
        for facility in facilities {
            let mut counts = (0, 0, 0);
            for request in self.area.requests.values() {
                let of = matches!(request.wish, Wish::Run { facility: f, day: on, .. } if f == *facility && on == day);
                if let (true, Some(news)) = (of, self.news_of(request)) {
                    match news {
                        News::OtherVehicle { .. } => counts.0 += 1,
                        News::NoRide { .. } => counts.2 += 1,
                        _ => counts.1 += 1,
                    }
                    all.push((Listener::Rider(request.rider), news));
                }
            }
            let (moved, retimed, without) = counts;
            if counts != (0, 0, 0) {
                all.push((Listener::Facility(*facility), News::Runs { moved, retimed, without }));
            }
        }
        for request in self.area.requests.values().filter(|r| !r.is_run()) {
            all.extend(self.news_of(request).map(|news| (Listener::Rider(request.rider), news)));
        }
        for id in self.area.routes.keys().filter(|id| id.day == day) {
            all.extend(self.news_for_driver(*id).map(|news| (Listener::Driver(id.vehicle), news)));
        }
        self.note_notices(day, cause, all)
    }

    /// What a rider has to be told, if anything.
    fn news_of(&self, request: &Request) -> Option<News> {
        let former = self.origin.requests.get(&request.id).and_then(|r| r.find_active_booking());
        let direction = match request.wish {
            Wish::Run { direction, .. } => Some(direction),
            _ => None,
        };
        let was = former.map(|b| home_window(b, direction));
        match &request.state {
            RequestState::Booked(now) => {
                let window = home_window(now, direction);
                let (request, vehicle) = (request.id, now.vehicle);
                // A guest's told side is the pickup.
                let direction = direction.unwrap_or(Direction::PickupRun);
                match former {
                    // The told side stays, and one is there later.
                    Some(f) if f.promise != now.promise && was == Some(window) => {
                        let (former, by) = (f.promise.dropoff.close(), now.promise.dropoff.close());
                        Some(News::Arrival { request, vehicle, former, by })
                    }
                    Some(f) if f.promise != now.promise => {
                        Some(News::Time { request, direction, vehicle, former: was, window })
                    }
                    Some(f) if f.vehicle != vehicle => {
                        Some(News::OtherVehicle { request, direction, vehicle, window })
                    }
                    Some(_) => None,
                    None => Some(News::Time { request, direction, vehicle, former: None, window }),
                }
            }
            RequestState::OnBoard { booking: now, .. } => match former {
                Some(f) if f.promise != now.promise && self.is_widened(request) => {
                    let (former, by) = (f.promise.dropoff.close(), now.promise.dropoff.close());
                    Some(News::Arrival { request: request.id, vehicle: now.vehicle, former, by })
                }
                _ => None,
            },
            RequestState::Refused(_) | RequestState::Cancelled { .. } => {
                let lost = former.is_some() && !self.stays_away(request);
                let asked_now = !self.origin.requests.contains_key(&request.id);
                (lost || asked_now).then_some(News::NoRide { request: request.id, direction, former: was })
            }
            _ => None,
        }
    }

    fn is_widened(&self, request: &Request) -> bool {
        self.origin.requests.get(&request.id).is_some_and(|r| r.widened < request.widened)
    }

    /// Who stays away or has cancelled knows it.
    fn stays_away(&self, request: &Request) -> bool {
        match request.wish {
            Wish::Run { direction, day, .. } => {
                matches!(request.state, RequestState::Cancelled { .. })
                    && self.area.is_absent(request.rider, day, direction)
            }
            _ => false,
        }
    }

    fn news_for_driver(&self, id: RouteId) -> Option<News> {
        let (was, now) = (self.origin.find_route(id)?, self.area.find_route(id)?);
        let keys = |visits: &[PlannedVisit]| visits.iter().map(|v| v.visit).collect::<Vec<VisitKey>>();
        let (old, new) = (keys(&was.visits), keys(&now.visits));
        let added: Vec<VisitKey> = new.iter().copied().filter(|v| !old.contains(v)).collect();
        let dropped: Vec<VisitKey> = old.iter().copied().filter(|v| !new.contains(v)).collect();
        let moved = |v: &PlannedVisit| {
            let before = was.visits.iter().find(|w| w.visit == v.visit).map(|w| w.begin);
            before.is_some_and(|before| (v.begin - before).0.abs() >= NEWS_FROM.0)
        };
        let retimed: Vec<VisitKey> = now.visits.iter().filter(|v| moved(v)).map(|v| v.visit).collect();
        let same_order = old.iter().filter(|v| new.contains(v)).eq(new.iter().filter(|v| old.contains(v)));
        let news = !added.is_empty() || !dropped.is_empty() || !retimed.is_empty() || !same_order;
        news.then_some(News::Visits { added, dropped, retimed })
    }
}

/// The window that was told to the rider: at home on a run, at the pickup otherwise.
fn home_window(booking: &Booking, direction: Option<Direction>) -> Window {
    match direction {
        Some(Direction::DropoffRun) => booking.promise.dropoff,
        _ => booking.promise.pickup,
    }
}
