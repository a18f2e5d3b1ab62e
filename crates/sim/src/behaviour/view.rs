//! The driver's view, taken from the state of the area.

use domain::{Area, Progress, Request, RouteId, TravelTimes, VisitKind};
use units::{PlaceId, Seconds, Timestamp};

use super::{BotVisit, Door, DriverState, DriverView};

impl DriverView {
    /// What the driver of a route sees; `door` says what will happen at the door of a request. None for a vehicle that
    /// the area does not know.
    pub fn of(
        area: &Area,
        id: RouteId,
        now: Timestamp,
        travel: &dyn TravelTimes,
        door: &dyn Fn(&Request) -> Door,
    ) -> Option<DriverView> {
        let route = area.find_route(id)?;
        let base = area.find_base(id.vehicle)?;
        let drive = |from: PlaceId, to: PlaceId| match (area.find_node(from), area.find_node(to)) {
            (Some(a), Some(b)) => travel.seconds(a, b),
            _ => Seconds::ZERO,
        };
        let anchor = route.anchor;
        let (state, under_way) = match route.progress {
            Progress::Standing => (DriverState::Standing { since: anchor.ready }, false),
            Progress::Heading { visit, departed_at, eta } => {
                (DriverState::Heading { visit, departed_at, leg: eta - departed_at }, true)
            }
            Progress::Arrived { visit, at } => (DriverState::Arrived { visit, at }, true),
            Progress::Returning { departed_at, .. } => {
                (DriverState::Returning { departed_at, leg: anchor.ready - departed_at }, false)
            }
        };
        let mut place = anchor.place;
        let mut visits = Vec::with_capacity(route.visits.len());
        for (index, planned) in route.visits.iter().enumerate() {
            let request = area.requests.get(&planned.visit.request)?;
            let here = request.place(planned.visit.kind);
            let promise = request.find_active_booking().map(|b| match planned.visit.kind {
                VisitKind::Pickup => b.promise.pickup,
                VisitKind::Dropoff => b.promise.dropoff,
            });
            visits.push(BotVisit {
                visit: planned.visit,
                same_stop_as_previous: here == place,
                planned: planned.begin,
                window_open: promise.map_or(planned.begin, |window| window.open()),
                leg: if index == 0 && under_way { Seconds::ZERO } else { drive(place, here) },
                service: area.service_of(planned.visit),
                door: door(request),
            });
            place = here;
        }
        let first = route.visits.first().and_then(|v| area.find_visit_place(v.visit));
        Some(DriverView {
            now,
            state,
            visits,
            riders_on_board: area.on_board(id).count(),
            at_base: anchor.place == base,
            to_base: drive(anchor.place, base),
            from_base: first.map_or(Seconds::ZERO, |first| drive(base, first)),
        })
    }
}
