//! Which events somebody has to be told of, and what. Pure: the same log gives the same tidings under the same keys.

use dispatch::Happened;
use domain::{Area, Event, Listener, News, VisitKind, Wish};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use units::{NoticeId, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window};

/// A guest's ride may move many times before it comes; only then is it worth a letter. Which vehicle comes in the end is
/// said when it is on its way.
const MOVES_TOLD_FROM: Seconds = Seconds::minutes(30);

/// What one rider is told, as ids and times; words come from the message files when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tidings {
    /// A change of the plan. `notice` stays on the operator's list until it is given; none where nobody need call.
    News {
        notice: Option<NoticeId>,
        news: News,
    },
    Booked {
        request: RequestId,
        vehicle: VehicleId,
        pickup: Window,
        dropoff_latest: Timestamp,
    },
    Cancelled {
        request: RequestId,
        pickup: Option<Window>,
    },
    /// The vehicle has left for the pickup.
    OnTheWay {
        request: RequestId,
        vehicle: VehicleId,
        eta: Timestamp,
    },
}

impl Tidings {
    pub fn kind(&self) -> &'static str {
        match self {
            Tidings::News { news, .. } => kind_of(news),
            Tidings::Booked { .. } => "booked",
            Tidings::Cancelled { .. } => "cancelled",
            Tidings::OnTheWay { .. } => "on_the_way",
        }
    }

    pub fn notice(&self) -> Option<NoticeId> {
        match self {
            Tidings::News { notice, .. } => *notice,
            _ => None,
        }
    }

    /// Whether saying it would be wrong by now: the ride is over, under way or given up.
    pub fn is_overtaken(&self, area: &Area, today: ServiceDay) -> bool {
        let booked = |request: &RequestId| {
            area.requests.get(request).is_some_and(|r| matches!(r.state, domain::RequestState::Booked(_)))
        };
        let waits = |request: &RequestId| {
            area.requests.get(request).is_some_and(|r| r.find_active_booking().is_some())
        };
        let over = |at: Timestamp| ServiceDay::of(at) < today;
        match self {
            Tidings::News { news: News::Late { visit, .. }, .. } => match visit.kind {
                VisitKind::Pickup => !booked(&visit.request),
                VisitKind::Dropoff => !waits(&visit.request),
            },
            Tidings::News { news: News::Time { request, .. }, .. } => !waits(request),
            // Moved once more: the later letter tells the truth.
            Tidings::News { news: News::OtherVehicle { request, vehicle, .. }, notice: None } => {
                let booking = area.requests.get(request).and_then(|r| r.find_active_booking());
                booking.is_none_or(|b| b.vehicle != *vehicle)
            }
            Tidings::News { news: News::OtherVehicle { request, .. }, .. } => !waits(request),
            Tidings::News { news: News::SeatFree { request, .. }, .. } => {
                let state = area.requests.get(request).map(|r| &r.state);
                !matches!(state, Some(domain::RequestState::Offered { .. }))
            }
            // Who has boarded, or has been decided about, need not be called to the door.
            Tidings::News { news: News::NotAtDoor { request, .. }, .. } => {
                !area.at_door.contains_key(request)
            }
            Tidings::News { news: News::Arrival { request, .. }, .. } => !waits(request),
            Tidings::News { .. } => false,
            Tidings::Booked { request, .. } | Tidings::OnTheWay { request, .. } => !booked(request),
            Tidings::Cancelled { pickup, .. } => pickup.is_some_and(|window| over(window.close())),
        }
    }
}

pub fn kind_of(news: &News) -> &'static str {
    match news {
        News::Time { .. } => "time",
        News::OtherVehicle { .. } => "other_vehicle",
        News::NoRide { .. } => "no_ride",
        News::Late { .. } => "late",
        News::SeatFree { .. } => "seat_free",
        News::Arrival { .. } => "arrival",
        News::NotAtDoor { .. } => "not_at_door",
        News::Diverted { .. } => "diverted",
        News::RoadClosed { .. } => "road_closed",
        News::Snow { .. } => "snow",
        News::Visits { .. } => "visits",
        News::Runs { .. } => "runs",
    }
}

/// What the first of `events` has for riders. `before` is the state it was applied to; the rest of the slice is what
/// followed, by whole batches, so that a notice of the same command is in sight.
pub fn tidings_of(before: &Area, events: &[Arc<Happened>]) -> Vec<(RiderId, Tidings)> {
    let Some((first, rest)) = events.split_first() else { return Vec::new() };
    let rider_of = |request: &RequestId| before.requests.get(request).map(|r| r.rider);
    match &first.event {
        Event::NoticesMade { notices, .. } => notices
            .iter()
            .filter_map(|notice| match notice.to {
                Listener::Rider(rider) => {
                    Some((rider, Tidings::News { notice: Some(notice.id), news: notice.news.clone() }))
                }
                // Drivers have their screen and facilities theirs; both stay on the operator's list.
                Listener::Driver(_) | Listener::Facility(_) => None,
            })
            .collect(),
        Event::OfferAccepted { request, booking, .. } => {
            let booked = Tidings::Booked {
                request: *request,
                vehicle: booking.vehicle,
                pickup: booking.promise.pickup,
                dropoff_latest: booking.promise.dropoff.close(),
            };
            rider_of(request).map(|rider| (rider, booked)).into_iter().collect()
        }
        Event::RequestCancelled { request, .. } => cancelled(before, *request, rest).into_iter().collect(),
        Event::PlanImproved { moved, .. } => moved
            .iter()
            .filter_map(|ride| {
                let request = before.requests.get(&ride.request)?;
                let window = request.find_active_booking()?.promise.pickup;
                if window.open() - first.at > MOVES_TOLD_FROM {
                    return None;
                }
                let direction = domain::Direction::PickupRun;
                let news =
                    News::OtherVehicle { request: ride.request, direction, vehicle: ride.vehicle, window };
                Some((request.rider, Tidings::News { notice: None, news }))
            })
            .collect(),
        Event::Departed { route, visit: Some(visit), eta, .. } if visit.kind == VisitKind::Pickup => {
            // Who lives at the same door is picked up with the first, and the driver departs once.
            let Some(known) = before.find_route(*route) else { return Vec::new() };
            let door = before.find_visit_place(*visit);
            known
                .visits
                .iter()
                .map(|planned| planned.visit)
                .take_while(|v| v.kind == VisitKind::Pickup && before.find_visit_place(*v) == door)
                .filter_map(|v| {
                    let (request, vehicle) = (v.request, route.vehicle);
                    Some((rider_of(&request)?, Tidings::OnTheWay { request, vehicle, eta: *eta }))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A booked ride of a guest that is given up. Who only had offers has lost nothing, who stays away from a run has said so,
/// and who cannot be carried any more gets a notice in the same breath.
fn cancelled(before: &Area, request: RequestId, rest: &[Arc<Happened>]) -> Option<(RiderId, Tidings)> {
    let known = before.requests.get(&request)?;
    let booking = known.find_active_booking()?;
    let told_anyway = rest.iter().any(|later| match &later.event {
        Event::NoticesMade { notices, .. } => {
            notices.iter().any(|n| matches!(n.news, News::NoRide { request: r, .. } if r == request))
        }
        _ => false,
    });
    if matches!(known.wish, Wish::Run { .. }) || told_anyway {
        return None;
    }
    Some((known.rider, Tidings::Cancelled { request, pickup: Some(booking.promise.pickup) }))
}
