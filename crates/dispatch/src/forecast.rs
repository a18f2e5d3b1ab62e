//! When coming visits will really begin, and who has to be told.

use domain::{
    Area, Cause, Direction, Event, Listener, News, Notice, PlannedVisit, Progress, RouteId, Terms,
    TravelTimes, VisitKey, VisitKind, Wish,
};
use units::{NoticeId, Seconds, ServiceDay, Timestamp};

use crate::turned::Turned;
use crate::work::Work;

/// Families want to know from five minutes on, and again at ten (Qualitech 2021: 33 % and 40 % of those asked).
const BANDS: [Seconds; 2] = [Seconds::minutes(5), Seconds::minutes(10)];

/// A lesser lateness is told this long before the promised time ends, and only if it is worth a call.
const TOLD_BEFORE: Seconds = Seconds::minutes(10);
const LATE_AT_ALL: Seconds = Seconds::minutes(1);

/// A coming visit with its forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    pub visit: VisitKey,
    pub begin: Timestamp,
    /// Between these it is to be expected to begin, nine times out of ten, by how far forecasts were off before.
    pub soonest: Timestamp,
    pub latest: Timestamp,
    /// Behind the end of the promised window; zero or less is in time.
    pub late: Seconds,
}

/// When a visit may begin at the earliest, apart from being reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NotBefore {
    Planned,
    Promised,
}

/// Drives the rest of a route in thought: no visit before its planned time, none before it can be reached.
pub fn forecast(area: &Area, id: RouteId, now: Timestamp, travel: &dyn TravelTimes) -> Vec<Forecast> {
    drive_on(area, id, now, travel, NotBefore::Planned)
}

/// Times for a route that no schedule of the planner fits any more (facts have overloaded it): as early as it goes.
pub(crate) fn earliest(
    area: &Area,
    id: RouteId,
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> Vec<PlannedVisit> {
    let driven = drive_on(area, id, now, travel, NotBefore::Promised);
    driven.into_iter().map(|f| PlannedVisit { visit: f.visit, begin: f.begin }).collect()
}

fn drive_on(
    area: &Area,
    id: RouteId,
    now: Timestamp,
    travel: &dyn TravelTimes,
    not_before: NotBefore,
) -> Vec<Forecast> {
    let Some(route) = area.find_route(id) else { return Vec::new() };
    let mut place = route.anchor.place;
    let mut free = route.anchor.ready.max(now);
    let mut out = Vec::with_capacity(route.visits.len());
    for (index, planned) in route.visits.iter().enumerate() {
        let visit = planned.visit;
        let Some(here) = area.find_visit_place(visit) else { continue };
        let drive = match (area.find_node(place), area.find_node(here)) {
            (Some(a), Some(b)) => travel.seconds(a, b),
            _ => Seconds::ZERO,
        };
        let arrival = match route.progress {
            Progress::Heading { eta, .. } if index == 0 => eta.max(now),
            // Service that is still going on began no earlier than its length before now.
            Progress::Arrived { at, .. } if index == 0 && not_before == NotBefore::Promised => {
                at.max(now - area.service_of(visit))
            }
            Progress::Arrived { at, .. } if index == 0 => at,
            _ => free + drive,
        };
        let booking = area.requests.get(&visit.request).and_then(|r| r.find_active_booking());
        let promised = booking.map(|b| match visit.kind {
            VisitKind::Pickup => b.promise.pickup,
            VisitKind::Dropoff => b.promise.dropoff,
        });
        let begin = match (not_before, promised) {
            (NotBefore::Promised, Some(window)) => {
                let outside = booking.is_some_and(|b| b.terms == Terms::OutsideRunHours);
                let idle = area.find_idle_hours(id).filter(|_| outside && visit.kind == VisitKind::Pickup);
                arrival.max(window.open()).max(idle.map_or(arrival, |hours| hours.open()))
            }
            _ => arrival.max(planned.begin),
        };
        let late = promised.map_or(Seconds::ZERO, |window| begin - window.close());
        let (early, behind) = match route.progress {
            // It is there.
            Progress::Arrived { visit: there, .. } if there == visit => (Seconds::ZERO, Seconds::ZERO),
            _ => area.punctuality.spread(begin - now),
        };
        // Nobody is called to the door before the time that was told.
        let open = promised.filter(|_| visit.kind == VisitKind::Pickup).map(|window| window.open());
        let soonest = (begin - early).max(now).max(open.unwrap_or(now)).min(begin);
        out.push(Forecast { visit, begin, soonest, latest: begin + behind, late });
        free = (begin + area.service_of(visit)).max(now);
        place = here;
    }
    out
}

impl Work<'_> {
    /// Notes every visit whose lateness moved into another band since it was last told.
    pub(crate) fn watch_delays(&mut self) -> Result<(), Turned> {
        let today = ServiceDay::of(self.now);
        if let Some(measured) = self.measuring.turn(today) {
            self.take(measured)?;
        }
        self.table.look_ahead(today, self.now);
        let ids: Vec<RouteId> = self.area.routes.keys().copied().filter(|id| id.day == today).collect();
        let mut changes = Vec::new();
        let mut late: Vec<(VisitKey, Seconds, usize)> = Vec::new();
        for id in ids {
            let forecasts = forecast(&self.area, id, self.now, self.table);
            self.measuring.note(&forecasts, self.now);
            for seen in forecasts {
                let level = level(seen.late, seen.begin - seen.late - self.now);
                if level > 0 {
                    late.push((seen.visit, seen.late, level));
                }
                let told = self.area.delays.get(&seen.visit).copied().unwrap_or_default();
                if band(told) != band(seen.late) {
                    changes
                        .push(Event::DelayChanged { visit: seen.visit, late: seen.late.max(Seconds::ZERO) });
                }
            }
        }
        changes.into_iter().try_for_each(|event| self.take(event))?;
        self.tell_late(today, &late)
    }

    /// Whoever waits for a visit that is later than it ever was has to be told. A forecast that swings about a limit is
    /// no news each time, and one that comes back is none at all: who was told to wait is not called again for good news.
    fn tell_late(&mut self, today: ServiceDay, visits: &[(VisitKey, Seconds, usize)]) -> Result<(), Turned> {
        let told = |visit: VisitKey| {
            let bands = self.area.notices.values().filter_map(|issued| match issued.notice.news {
                News::Late { visit: of, late, .. } if of == visit => Some(1 + band(late)),
                _ => None,
            });
            bands.max().unwrap_or(0)
        };
        let mut notices = Vec::new();
        for (visit, late, _) in visits.iter().filter(|(visit, _, level)| *level > told(*visit)) {
            let Some(request) = self.area.requests.get(&visit.request) else { continue };
            let Some(booking) = request.find_active_booking() else { continue };
            let (at_home, window) = match request.wish {
                Wish::Run { direction: Direction::DropoffRun, .. } => {
                    (VisitKind::Dropoff, booking.promise.dropoff)
                }
                _ => (VisitKind::Pickup, booking.promise.pickup),
            };
            if visit.kind == at_home {
                let id = NoticeId(self.area.last_notice.0 + 1 + notices.len() as u32);
                let news = News::Late { visit: *visit, vehicle: booking.vehicle, window, late: *late };
                notices.push(Notice { id, to: Listener::Rider(request.rider), news });
            }
        }
        if notices.is_empty() {
            return Ok(());
        }
        self.take(Event::NoticesMade { day: today, cause: Cause::Late, notices })
    }
}

/// How much there is to tell of a visit whose promised time ends in `left`: nothing; that it will be late, once that is near;
/// that it will be five minutes late, or ten, as soon as that is seen.
fn level(late: Seconds, left: Seconds) -> usize {
    match band(late) {
        0 => usize::from(late >= LATE_AT_ALL && left <= TOLD_BEFORE),
        band => 1 + band,
    }
}

fn band(late: Seconds) -> usize {
    BANDS.iter().filter(|limit| late >= **limit).count()
}
