//! The state of one dispatch area: a fold of its events. Cloning it is cheap (persistent maps), so readers get whole
//! snapshots and a failed append is undone by keeping the former value.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use units::{
    AreaId, ClosureId, ContradictionId, CorporationId, DriverId, FacilityId, Node, NoticeId, OfferId,
    PlaceId, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Weekday, Window,
};

use crate::command::AbsenceKind;
use crate::contradiction::Contradiction;
use crate::day::{Cause, HandRun, Notice, Pin, Resource, Turn};
use crate::masters::{Driver, Facility, Place, Rider, Vehicle};
use crate::needs::Load;
use crate::plan::{Anchor, Progress, Route, RouteId, RunLabel, VisitKey, VisitKind};
use crate::policy::PolicyBook;
#[cfg(doc)]
use crate::policy::Terms;
use crate::punctuality::Punctuality;
use crate::request::{Booking, Direction, Offer, Request, RequestState, Wish};
use crate::today::Hindering;

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    pub id: AreaId,
    pub corporations: OrdSet<CorporationId>,
    pub places: OrdMap<PlaceId, Place>,
    pub facilities: OrdMap<FacilityId, Facility>,
    pub vehicles: OrdMap<VehicleId, Arc<Vehicle>>,
    pub riders: OrdMap<RiderId, Arc<Rider>>,
    /// Riders of whom nothing is known any more but their ids.
    pub erased: OrdSet<RiderId>,
    pub drivers: OrdMap<DriverId, Arc<Driver>>,
    /// The group of facilities that share vehicles, named by the first of them; none of its own is not here.
    pub sharing: OrdMap<FacilityId, FacilityId>,
    pub policies: PolicyBook,
    /// Requests of the open day, the day before it, and all later days.
    pub requests: OrdMap<RequestId, Arc<Request>>,
    pub routes: OrdMap<RouteId, Arc<Route>>,
    pub absences: OrdSet<(ServiceDay, RiderId, AbsenceKind)>,
    pub planned_days: OrdSet<(ServiceDay, FacilityId)>,
    /// Members who come although it is not their weekday.
    pub joins: OrdSet<(ServiceDay, RiderId, Direction)>,
    pub out: OrdSet<(ServiceDay, Resource)>,
    pub pins: OrdMap<(ServiceDay, RiderId, Direction), Pin>,
    /// Who drives a vehicle on a day, once that was settled.
    pub turns: OrdMap<(ServiceDay, VehicleId), Arc<Vec<Turn>>>,
    /// The runs of each weekday as they were last driven.
    pub habits: OrdMap<(FacilityId, Weekday), Arc<Vec<HandRun>>>,
    pub notices: OrdMap<NoticeId, Arc<IssuedNotice>>,
    /// Offers that stand, by the route on which their seats are held.
    pub held: OrdSet<(RouteId, RequestId, OfferId)>,
    /// Forecast lateness of coming visits, as last told.
    pub delays: OrdMap<VisitKey, Seconds>,
    /// What drivers reported that cannot be so, until somebody has settled it.
    pub contradictions: OrdMap<ContradictionId, Contradiction>,
    /// How far forecasts were off on the days behind.
    pub punctuality: Arc<Punctuality>,
    /// Members who are ready at another time than the others.
    pub ready: OrdMap<(ServiceDay, RiderId, Direction), Timestamp>,
    /// Since when a driver has stood at a door to which nobody comes.
    pub at_door: OrdMap<RequestId, Timestamp>,
    /// Vehicles whose plan stays as it is.
    pub locked: OrdSet<(ServiceDay, VehicleId)>,
    pub hindering: Hindering,
    pub day: Option<ServiceDay>,
    /// How often something has come free that somebody may have been waiting for.
    pub freed: u64,
    pub revision: u64,
    pub last_request: RequestId,
    pub last_offer: OfferId,
    pub last_notice: NoticeId,
    pub last_contradiction: ContradictionId,
    pub last_closure: ClosureId,
}

/// A notice and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedNotice {
    pub notice: Notice,
    pub day: ServiceDay,
    pub cause: Cause,
    pub given_at: Option<Timestamp>,
}

/// Who of a facility's members is expected on a day, and in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    pub rider: RiderId,
    pub pickup_run: bool,
    pub dropoff_run: bool,
}

impl Area {
    pub fn new(id: AreaId) -> Area {
        Area {
            id,
            corporations: OrdSet::new(),
            places: OrdMap::new(),
            facilities: OrdMap::new(),
            vehicles: OrdMap::new(),
            riders: OrdMap::new(),
            erased: OrdSet::new(),
            drivers: OrdMap::new(),
            sharing: OrdMap::new(),
            policies: PolicyBook::default(),
            requests: OrdMap::new(),
            routes: OrdMap::new(),
            absences: OrdSet::new(),
            planned_days: OrdSet::new(),
            joins: OrdSet::new(),
            out: OrdSet::new(),
            pins: OrdMap::new(),
            turns: OrdMap::new(),
            habits: OrdMap::new(),
            notices: OrdMap::new(),
            held: OrdSet::new(),
            delays: OrdMap::new(),
            contradictions: OrdMap::new(),
            punctuality: Arc::default(),
            ready: OrdMap::new(),
            at_door: OrdMap::new(),
            locked: OrdSet::new(),
            hindering: Hindering::default(),
            day: None,
            freed: 0,
            revision: 0,
            last_request: RequestId(0),
            last_offer: OfferId(0),
            last_notice: NoticeId(0),
            last_contradiction: ContradictionId(0),
            last_closure: ClosureId(0),
        }
    }

    pub fn find_node(&self, place: PlaceId) -> Option<Node> {
        self.places.get(&place).map(|p| p.node)
    }

    /// The base of a vehicle: the place of its facility.
    pub fn find_base(&self, vehicle: VehicleId) -> Option<PlaceId> {
        let vehicle = self.vehicles.get(&vehicle)?;
        self.facilities.get(&vehicle.facility).map(|f| f.place)
    }

    /// The route as it stands, or the untouched one with which the vehicle begins the day.
    pub fn find_route(&self, id: RouteId) -> Option<Arc<Route>> {
        if let Some(route) = self.routes.get(&id) {
            return Some(route.clone());
        }
        let vehicle = self.vehicles.get(&id.vehicle)?;
        let place = self.find_base(id.vehicle)?;
        Some(Arc::new(Route {
            id,
            anchor: Anchor { place, ready: id.day.at(vehicle.shift.open()) },
            progress: Progress::Standing,
            visits: Vec::new(),
            revision: 0,
            acknowledged: 0,
        }))
    }

    /// The offers for which a route still holds seats at `now`, in the order in which they were asked for.
    pub fn list_held(&self, route: RouteId, now: Timestamp) -> impl Iterator<Item = (&Request, &Offer)> {
        let all = self.held.range((route, RequestId(0), OfferId(0))..);
        let of_route = all.take_while(move |(on, _, _)| *on == route);
        of_route.filter_map(move |(_, request, offer)| {
            let request = self.requests.get(request)?;
            let RequestState::Offered { offers } = &request.state else { return None };
            let offer = offers.iter().find(|o| o.id == *offer && o.expires_at >= now)?;
            Some((&**request, offer))
        })
    }

    pub fn load_of(&self, request: &Request) -> Load {
        match self.riders.get(&request.rider) {
            Some(rider) => rider.needs.load(request.people.saturating_sub(1)),
            None => Load::default(),
        }
    }

    /// Dwell of a visit.
    pub fn service_of(&self, visit: VisitKey) -> Seconds {
        let needs =
            self.requests.get(&visit.request).and_then(|r| self.riders.get(&r.rider)).map(|r| r.needs);
        match (needs, visit.kind) {
            (Some(needs), VisitKind::Pickup) => needs.boarding,
            (Some(needs), VisitKind::Dropoff) => needs.alighting,
            (None, _) => Seconds::ZERO,
        }
    }

    pub fn find_visit_place(&self, visit: VisitKey) -> Option<PlaceId> {
        self.requests.get(&visit.request).map(|r| r.place(visit.kind))
    }

    /// Between the 送迎 hours of the vehicle's facility: when rides on [`Terms::OutsideRunHours`] may take place.
    pub fn find_idle_hours(&self, route: RouteId) -> Option<Window> {
        let vehicle = self.vehicles.get(&route.vehicle)?;
        let facility = self.facilities.get(&vehicle.facility)?;
        Window::new(route.day.at(facility.pickup_hours.close()), route.day.at(facility.dropoff_hours.open()))
            .ok()
    }

    /// Requests on board of a route's vehicle, in the order of their ids.
    pub fn on_board(&self, route: RouteId) -> impl Iterator<Item = (&Request, &Booking, Timestamp)> {
        self.requests.values().filter_map(move |r| match &r.state {
            RequestState::OnBoard { booking, boarded_at }
                if booking.vehicle == route.vehicle && booking.day == route.day =>
            {
                Some((&**r, booking, *boarded_at))
            }
            _ => None,
        })
    }

    pub fn is_absent(&self, rider: RiderId, day: ServiceDay, direction: Direction) -> bool {
        let one_way = match direction {
            Direction::PickupRun => AbsenceKind::PickupRun,
            Direction::DropoffRun => AbsenceKind::DropoffRun,
        };
        self.absences.contains(&(day, rider, AbsenceKind::WholeDay))
            || self.absences.contains(&(day, rider, one_way))
    }

    /// The members of a facility whose weekday it is, and who come besides.
    pub fn list_attendance(&self, facility: FacilityId, day: ServiceDay) -> Vec<Attendance> {
        self.riders
            .values()
            .filter(|rider| rider.membership.as_ref().is_some_and(|m| m.facility == facility))
            .filter_map(|rider| {
                let regular = rider.attends(day).is_some();
                let joins = |d| self.joins.contains(&(day, rider.id, d));
                let comes = |d| (regular && !self.is_absent(rider.id, day, d)) || joins(d);
                let (pickup_run, dropoff_run) = (comes(Direction::PickupRun), comes(Direction::DropoffRun));
                (regular || pickup_run || dropoff_run).then_some(Attendance {
                    rider: rider.id,
                    pickup_run,
                    dropoff_run,
                })
            })
            .collect()
    }

    /// Which run each coming visit of a route belongs to; none for guests. A round of pickup runs ends when the
    /// members have got off at the facility; rounds are numbered per direction over the day, done ones included.
    pub fn list_runs(&self, route: &Route) -> Vec<Option<RunLabel>> {
        let mut rounds_done = [0u32; 2];
        for request in self.requests.values() {
            if let (RequestState::Done { booking, .. }, Wish::Run { direction, .. }) =
                (&request.state, request.wish)
                && booking.vehicle == route.id.vehicle
                && booking.day == route.id.day
            {
                rounds_done[direction as usize] = 1;
            }
        }
        let mut aboard = [0i32; 2];
        for (request, _, _) in self.on_board(route.id) {
            if let Wish::Run { direction, .. } = request.wish {
                aboard[direction as usize] += 1;
            }
        }
        let mut round = [0u32; 2];
        for d in 0..2 {
            round[d] = rounds_done[d].max(u32::from(aboard[d] > 0));
        }
        route
            .visits
            .iter()
            .map(|planned| {
                let request = self.requests.get(&planned.visit.request)?;
                let Wish::Run { facility, direction, .. } = request.wish else { return None };
                let d = direction as usize;
                if planned.visit.kind == VisitKind::Pickup {
                    if aboard[d] == 0 {
                        round[d] += 1;
                    }
                    aboard[d] += 1;
                } else {
                    aboard[d] -= 1;
                }
                Some(RunLabel { direction, number: round[d].max(1), facility })
            })
            .collect()
    }
}
