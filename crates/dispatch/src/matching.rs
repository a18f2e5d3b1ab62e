//! Where a vehicle is on its way: its newest fix laid on the way it drives, or on the road it has strayed to.
//!
//! The way is known, so a fix is laid on the nearest stretch of it; where the way passes the same spot twice, on the one
//! where the vehicle should be by now. A fix that is on no stretch is laid on the nearest road, and the rest of the way is
//! found from there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Area, Command, Progress, Route, RouteId, VisitKey};
use roads::{Path, Period, Roads};
use units::{DayTime, Metres, Node, PlaceId, Point, Seconds, ServiceDay, Timestamp, VehicleId};

use crate::tracking::{Tracking, Whereabouts};

/// Farther from its way than this beyond what the fix itself is unsure of, a vehicle has left it.
const ON_WAY: Metres = Metres(60);
/// A fix that is less sure than this says nothing about the road.
const BLUR_MAX_M: f64 = 100.0;
/// An older fix says nothing about when the vehicle arrives.
const FRESH: Seconds = Seconds(60);
/// From so far driven on, the pace of the leg counts for the rest of it.
const PACE_FROM: Seconds = Seconds::minutes(2);
/// No leg's pace is taken for slower or faster than this, in per cent of the network's.
const PACE_PERCENT: (i64, i64) = (70, 160);
/// With less to drive it is as good as there: only the driver can say when it stops.
const NEARLY_THERE: Seconds = Seconds::minutes(1);

/// A fix laid on the roads.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// On the road, where the fix belongs.
    pub point: Point,
    /// Whether that is on the way that is driven.
    pub on_way: bool,
    /// From the fix to that point.
    pub off: Metres,
    /// The visit that is driven to; none on the way back to the base.
    pub visit: Option<VisitKey>,
    pub arrives: Timestamp,
    /// Still to drive.
    pub ahead: Seconds,
}

/// The way between two nodes as it is driven in a period.
type Leg = (Period, Node, Node, Arc<Path>);

/// Lays fixes on ways; remembers the way of each vehicle.
pub struct Matcher {
    roads: Arc<Roads>,
    legs: Mutex<BTreeMap<VehicleId, Leg>>,
}

impl Matcher {
    pub fn new(roads: Arc<Roads>) -> Matcher {
        Matcher { roads, legs: Mutex::default() }
    }

    /// Where on the roads a vehicle that is under way is; none if it stands, or if its fix is from before it left, too
    /// vague or far from any road.
    pub fn find(&self, area: &Area, vehicle: VehicleId, seen: &Whereabouts) -> Option<Matched> {
        let route = area.find_route(RouteId { day: ServiceDay::of(seen.fix.at), vehicle })?;
        let (from, to, visit, departed_at) = leg_of(area, &route)?;
        if seen.fix.at < departed_at || seen.fix.accuracy_m > BLUR_MAX_M {
            return None;
        }
        let (from, to) = (area.find_node(from)?, area.find_node(to)?);
        let period = self.roads.speeds().map_or(Period::Midday, |s| s.period_at(DayTime::of(seen.fix.at)));
        let path = self.path(vehicle, (period, from, to))?;
        let driven_for = seen.fix.at - departed_at;
        let on_way = path.nearest(seen.fix.point, driven_for.0 * 1_000);
        let limit = ON_WAY + Metres(seen.fix.accuracy_m as i64);
        if let Some(near) = on_way.filter(|near| near.off <= limit) {
            let left = Seconds((path.seconds.0 - near.after_millis / 1_000).max(0));
            let ahead = at_pace(left, driven_for, Seconds(near.after_millis / 1_000));
            return Some(Matched {
                point: near.point,
                on_way: true,
                off: near.off,
                visit,
                arrives: seen.fix.at + ahead,
                ahead,
            });
        }
        let strayed = self.roads.snap(seen.fix.point).ok()?;
        let ahead = self.roads.travel_during(period, strayed.node, to).seconds;
        Some(Matched {
            point: strayed.on_road,
            on_way: false,
            off: strayed.distance,
            visit,
            arrives: seen.fix.at + ahead,
            ahead,
        })
    }

    /// What is to be told to the engine of vehicles that arrive at another time than thought.
    pub fn sightings(&self, area: &Area, tracking: &Tracking, now: Timestamp) -> Vec<Command> {
        let under_way = area.routes.values().filter(|route| {
            route.id.day == ServiceDay::of(now)
                && matches!(route.progress, Progress::Heading { .. } | Progress::Returning { .. })
        });
        let mut told = Vec::new();
        for route in under_way {
            let vehicle = route.id.vehicle;
            let Some(seen) = tracking.find(vehicle).filter(|seen| now - seen.fix.at <= FRESH) else {
                continue;
            };
            let Some(matched) = self.find(area, vehicle, &seen).filter(|m| m.ahead >= NEARLY_THERE) else {
                continue;
            };
            told.push(Command::SightVehicle { vehicle, visit: matched.visit, eta: matched.arrives });
        }
        told
    }

    fn path(&self, vehicle: VehicleId, (period, from, to): (Period, Node, Node)) -> Option<Arc<Path>> {
        let mut legs = self.legs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((p, a, b, path)) = legs.get(&vehicle)
            && (*p, *a, *b) == (period, from, to)
        {
            return Some(path.clone());
        }
        self.roads.point(from)?;
        self.roads.point(to)?;
        let path = Arc::new(self.roads.path_during(period, from, to));
        legs.insert(vehicle, (period, from, to, path.clone()));
        Some(path)
    }
}

/// The ends of the leg that is driven, the visit it leads to, and when it was begun.
fn leg_of(area: &Area, route: &Route) -> Option<(PlaceId, PlaceId, Option<VisitKey>, Timestamp)> {
    match route.progress {
        Progress::Heading { visit, departed_at, .. } => {
            Some((route.anchor.place, area.find_visit_place(visit)?, Some(visit), departed_at))
        }
        Progress::Returning { from, departed_at } => Some((from, route.anchor.place, None, departed_at)),
        Progress::Standing | Progress::Arrived { .. } => None,
    }
}

/// The rest of a leg at the pace it has been driven at.
fn at_pace(left: Seconds, driven_for: Seconds, nominal: Seconds) -> Seconds {
    if nominal < PACE_FROM {
        return left;
    }
    let percent = (driven_for.0 * 100 / nominal.0.max(1)).clamp(PACE_PERCENT.0, PACE_PERCENT.1);
    Seconds(left.0 * percent / 100)
}
