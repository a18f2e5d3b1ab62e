//! From the state and the register to what clients see. Reads one snapshot, changes nothing.

use std::collections::BTreeMap;
use std::ops::Bound;

use dispatch::{Forecast, Service, Snapshot, forecast};
use domain::{Area, Booking, Event, Progress, Promise, RequestState, RouteId, VisitKey, VisitKind, Wish};
use units::{Metres, PlaceId, Point, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window};

use crate::access::sight::Sight;
use crate::legs::Legs;
use crate::register::{Category, NameEntry, PlaceEntry, RiderEntry, VehicleEntry, entry, find_entry};
use crate::texts;
use crate::wire;

/// Legs of a route whose street geometry is sent.
const PATH_LEGS: usize = 10;

/// A fix farther from the leg's way than this says that the driver took another.
const ON_PATH: Metres = Metres(60);

/// Everything a view is made from.
pub struct Viewer<'a> {
    /// What is blanked in all that is made.
    pub sight: Sight,
    pub service: &'a Service,
    pub legs: &'a Legs,
    pub snapshot: &'a Snapshot,
    pub now: Timestamp,
    pub area_name: &'a str,
    pub deliveries: &'a crate::notify::Deliveries,
}

pub fn position(point: Point) -> wire::Position {
    [point.lon(), point.lat()]
}

fn pair(window: Window) -> [String; 2] {
    [window.open().to_string(), window.close().to_string()]
}

/// The lower-case name of a plain enum, as serde writes it.
pub fn name_of<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

impl Viewer<'_> {
    fn area(&self) -> &Area {
        &self.snapshot.area
    }

    fn today(&self) -> ServiceDay {
        ServiceDay::of(self.now)
    }

    pub fn needs(&self, rider: RiderId) -> wire::Needs {
        let needs = self.area().riders.get(&rider).map(|r| r.needs);
        wire::Needs {
            wheelchair: needs.is_some_and(|n| n.wheelchair),
            walker: needs.is_some_and(|n| n.walker_tenths > 0),
            attendant: needs.is_some_and(|n| n.attendant),
            boarding_seconds: needs.map_or(0, |n| n.boarding.0),
            alighting_seconds: needs.map_or(0, |n| n.alighting.0),
        }
    }

    pub fn person(&self, rider: RiderId) -> wire::Person {
        let id = rider.to_string();
        if !self.sight.rider(rider) {
            return wire::Person { id, name: String::new(), furigana: String::new(), phone: None };
        }
        let known: RiderEntry = entry(&self.service.register, "rider", &id);
        wire::Person { id, name: known.name, furigana: known.furigana, phone: known.phone }
    }

    pub fn contact(&self, rider: RiderId) -> wire::Contact {
        if !self.sight.rider(rider) {
            return wire::Contact { by: Default::default(), address: None };
        }
        let known: RiderEntry = entry(&self.service.register, "rider", &rider.to_string());
        wire::Contact { by: known.contact.by, address: known.contact.address }
    }

    pub fn family(&self, rider: RiderId) -> Option<wire::Family> {
        if !self.sight.rider(rider) {
            return None;
        }
        let known: RiderEntry = entry(&self.service.register, "rider", &rider.to_string());
        known.family.as_ref().map(wire::Family::of)
    }

    pub fn place(&self, place: PlaceId) -> wire::Place {
        let id = place.to_string();
        let known: Option<PlaceEntry> = find_entry(&self.service.register, "place", &id);
        let Some(known) = known.filter(|known| self.sight.place(place, known.category)) else {
            return wire::Place {
                id,
                label: String::new(),
                address: None,
                category: Category::Other,
                at: None,
            };
        };
        wire::Place {
            id,
            label: known.label,
            address: known.address,
            category: known.category,
            at: Some(known.position),
        }
    }

    pub fn rider(&self, rider: RiderId) -> Option<wire::Rider> {
        let is_shown = self.sight.rider(rider) && !self.area().erased.contains(&rider);
        let known = self.area().riders.get(&rider).filter(|_| is_shown)?;
        let person = self.person(rider);
        Some(wire::Rider {
            id: person.id,
            name: person.name,
            furigana: person.furigana,
            phone: person.phone,
            needs: self.needs(rider),
            contact: self.contact(rider),
            family: self.family(rider),
            facility: known.membership.as_ref().map(|m| m.facility.to_string()),
            member_today: known.attends(self.today()).is_some(),
            places: known.places.iter().map(|p| self.place(*p)).collect(),
        })
    }

    pub fn facility(&self, id: units::FacilityId) -> Option<wire::Facility> {
        let facility = self.area().facilities.get(&id)?;
        let name: NameEntry = entry(&self.service.register, "facility", &id.to_string());
        let owner: NameEntry =
            entry(&self.service.register, "corporation", &facility.corporation.to_string());
        let attendance = self.area().list_attendance(id, self.today());
        let absent = attendance.iter().filter(|a| !a.pickup_run && !a.dropoff_run).count() as u32;
        Some(wire::Facility {
            id: id.to_string(),
            name: name.name,
            corporation: facility.corporation.to_string(),
            corporation_name: owner.name,
            place: facility.place.to_string(),
            // Where a facility is, everybody may know.
            at: entry::<PlaceEntry>(&self.service.register, "place", &facility.place.to_string()).position,
            service: [facility.service.open().to_string(), facility.service.close().to_string()],
            attending_today: attendance.len() as u32 - absent,
            absent_today: absent,
        })
    }

    fn point_of(&self, place: PlaceId) -> Option<Point> {
        self.area().find_node(place).and_then(|n| self.service.roads.point(n))
    }

    pub fn vehicle_name(&self, id: VehicleId) -> String {
        entry::<VehicleEntry>(&self.service.register, "vehicle", &id.to_string()).name
    }

    pub fn vehicle(&self, id: VehicleId) -> Option<wire::Vehicle> {
        let vehicle = self.area().vehicles.get(&id)?;
        let route_id = RouteId { day: self.today(), vehicle: id };
        let route = self.area().find_route(route_id)?;
        let known: VehicleEntry = entry(&self.service.register, "vehicle", &id.to_string());
        // Where a vehicle stands tells where people live; of somebody else's it is not shown.
        let is_own = self.sight.vehicle(id);
        let seen = self.service.tracking.find(id).filter(|w| ServiceDay::of(w.fix.at) == self.today());
        let seen = seen.filter(|_| is_own);
        let forecasts = forecast(
            self.area(),
            route_id,
            self.now,
            &self.legs.ahead(&self.area().hindering, route_id.day, self.now),
        );
        let visits = self.visits(route_id, &forecasts);
        let anchor = route.anchor;
        let leg = |from: PlaceId, to: PlaceId, departed_at: Timestamp, eta: Timestamp| wire::LegNow {
            from: from.to_string(),
            to: to.to_string(),
            departed_at: departed_at.to_string(),
            eta: eta.to_string(),
        };
        let (state, since, leg) = match route.progress {
            Progress::Standing => ("parked", anchor.ready, None),
            Progress::Heading { visit, departed_at, eta } => {
                let to = self.area().find_visit_place(visit).unwrap_or(anchor.place);
                ("driving", departed_at, Some(leg(anchor.place, to, departed_at, eta)))
            }
            Progress::Returning { from, departed_at } => {
                ("driving", departed_at, Some(leg(from, anchor.place, departed_at, anchor.ready)))
            }
            Progress::Arrived { at, .. } => ("at_stop", at, None),
        };
        let late = forecasts.iter().map(|f| f.late).max().unwrap_or(Seconds::ZERO).max(Seconds::ZERO);
        let base = self.area().find_base(id);
        Some(wire::Vehicle {
            id: id.to_string(),
            name: known.name,
            plate: known.plate,
            facility: vehicle.facility.to_string(),
            kind: name_of(vehicle.kind),
            layouts: vehicle
                .layouts
                .iter()
                .map(|l| wire::Layout { seats: l.seats, wheelchairs: l.wheelchairs })
                .collect(),
            attendant: vehicle.attendant,
            driver_name: known.driver_name.filter(|_| is_own),
            state: state.to_owned(),
            position: seen
                .map(|w| w.fix.point)
                .or_else(|| self.point_of(route.anchor.place).filter(|_| is_own))
                .map(position),
            heading: seen.and_then(|w| w.heading),
            position_at: seen.map(|w| w.fix.at.to_string()),
            standing_at: route.anchor.place.to_string(),
            at_base: base == Some(route.anchor.place)
                && !matches!(route.progress, Progress::Returning { .. }),
            since: since.to_string(),
            leg,
            on_board: self.on_board(route_id),
            seats: vehicle.seats(),
            visits,
            path: if is_own { self.path(&route) } else { Vec::new() },
            next_step: self.next_step(&route, seen.map(|w| w.fix.point)).filter(|_| is_own),
            revision: route.revision,
            acknowledged_revision: route.acknowledged,
            late_minutes: late.minutes_up(),
        })
    }

    fn on_board(&self, route: RouteId) -> wire::OnBoard {
        let mut board = wire::OnBoard { people: 0, seats_used: 0.0, wheelchairs_used: 0, riders: Vec::new() };
        for (request, _, _) in self.area().on_board(route) {
            let load = self.area().load_of(request);
            board.people += u32::from(request.people);
            board.seats_used += f64::from(load.seat_tenths) / f64::from(domain::SEAT_TENTHS);
            board.wheelchairs_used += u32::from(load.wheelchairs);
            board.riders.push(self.person(request.rider));
        }
        board
    }

    fn visits(&self, id: RouteId, forecasts: &[Forecast]) -> Vec<wire::Visit> {
        let Some(route) = self.area().find_route(id) else { return Vec::new() };
        let runs = self.area().list_runs(&route);
        let mut before = route.anchor.place;
        let mut out = Vec::new();
        for (index, planned) in route.visits.iter().enumerate() {
            let visit = planned.visit;
            let Some(request) = self.area().requests.get(&visit.request) else { continue };
            let Some(booking) = request.find_active_booking() else { continue };
            let seen = forecasts.iter().find(|f| f.visit == visit);
            let place = request.place(visit.kind);
            let (leg_seconds, leg_metres) = self.leg_length(before, place);
            before = place;
            let window = binding(&booking.promise, visit.kind);
            let state = match route.progress {
                Progress::Heading { visit: v, .. } if v == visit => "heading",
                Progress::Arrived { visit: v, .. } if v == visit => "arrived",
                _ => "planned",
            };
            let note: RiderEntry = entry(&self.service.register, "rider", &request.rider.to_string());
            out.push(wire::Visit {
                id: visit.to_string(),
                kind: name_of(visit.kind),
                request: request.id.to_string(),
                rider: self.person(request.rider),
                people: request.people,
                needs: self.needs(request.rider),
                place: self.place(place),
                note: note.note.filter(|_| self.sight.rider(request.rider)),
                planned: seen.map_or(planned.begin, |f| f.begin).to_string(),
                expected: [
                    seen.map_or(planned.begin, |f| f.soonest),
                    seen.map_or(planned.begin, |f| f.latest),
                ]
                .map(|at| at.to_string()),
                window: pair(window),
                promised: told(&request.wish, visit.kind).then(|| pair(window)),
                ride_class: name_of(booking.class),
                run: runs.get(index).copied().flatten().map(|r| wire::Run {
                    direction: name_of(r.direction),
                    number: r.number,
                    facility: r.facility.to_string(),
                }),
                state: state.to_owned(),
                late_minutes: seen.map_or(0, |f| f.late.max(Seconds::ZERO).minutes_up()),
                leg_seconds: leg_seconds.0,
                leg_metres,
                service_seconds: self.area().service_of(visit).0,
                door_until: self.door_until(request.id).filter(|_| visit.kind == VisitKind::Pickup),
            });
        }
        out
    }

    fn leg_length(&self, from: PlaceId, to: PlaceId) -> (Seconds, i64) {
        let nodes = self.area().find_node(from).zip(self.area().find_node(to));
        let path = nodes.and_then(|(a, b)| self.legs.find(&self.area().hindering, a, b, self.now));
        path.map_or((Seconds::ZERO, 0), |p| (p.seconds, p.metres.0))
    }

    /// The next thing to do at a junction. Without a fix that lies on the way it is the first one of the leg.
    fn next_step(&self, route: &domain::Route, at: Option<Point>) -> Option<wire::NextStep> {
        let nodes = self.next_nodes(route, 1);
        let path = self.legs.find(&self.area().hindering, *nodes.first()?, *nodes.get(1)?, self.now)?;
        let is_under_way = matches!(route.progress, Progress::Heading { .. } | Progress::Returning { .. });
        let driven = at.filter(|_| is_under_way).and_then(|at| path.driven(at));
        let driven = driven.filter(|(_, off)| *off <= ON_PATH).map_or(Metres::ZERO, |(driven, _)| driven);
        let (step, metres) = path.next_step(driven)?;
        Some(self::step(step, metres))
    }

    /// Where the next legs begin and end.
    fn next_nodes(&self, route: &domain::Route, legs: usize) -> Vec<units::Node> {
        let mut places: Vec<PlaceId> = match route.progress {
            Progress::Returning { from, .. } => vec![from],
            _ => Vec::new(),
        };
        places.push(route.anchor.place);
        places.extend(route.visits.iter().filter_map(|v| self.area().find_visit_place(v.visit)));
        places.dedup();
        places.iter().take(legs + 1).filter_map(|p| self.area().find_node(*p)).collect()
    }

    fn path(&self, route: &domain::Route) -> Vec<wire::Position> {
        let nodes = self.next_nodes(route, PATH_LEGS);
        let mut points: Vec<wire::Position> = Vec::new();
        for leg in nodes.windows(2) {
            let Some(path) = self.legs.find(&self.area().hindering, leg[0], leg[1], self.now) else {
                continue;
            };
            points.extend(path.points.iter().map(|p| position(p.point)));
        }
        points.dedup();
        points
    }

    pub fn request(&self, id: RequestId) -> Option<wire::Request> {
        let request = self.area().requests.get(&id).filter(|r| self.sight.request(r))?;
        let (kind, at) = match request.wish {
            Wish::LeaveAt(at) => ("leave_at", at),
            Wish::ArriveBy(at) => ("arrive_by", at),
            Wish::Run { direction, .. } => {
                let kind =
                    if direction == domain::Direction::PickupRun { "pickup_run" } else { "dropoff_run" };
                (kind, request.made_at)
            }
        };
        let booking = request.find_booking();
        let (pickup_at, dropoff_at) = self.times(id, request);
        Some(wire::Request {
            id: id.to_string(),
            rider: self.person(request.rider),
            people: request.people,
            needs: self.needs(request.rider),
            from: self.place(request.from),
            to: self.place(request.to),
            channel: name_of(request.channel),
            wish: wire::Wish { kind: kind.to_owned(), at: at.to_string() },
            purpose: Some(name_of(request.purpose)),
            state: request.state.code().to_owned(),
            made_at: request.made_at.to_string(),
            ride_class: booking.map(|b| name_of(b.class)),
            offers: match &request.state {
                RequestState::Offered { offers } => offers.iter().map(|o| self.offer(o)).collect(),
                _ => Vec::new(),
            },
            policy: policy_date(request).map(|day| day.to_string()),
            pair: request.pair.map(|pair| pair.to_string()),
            refusal: match &request.state {
                RequestState::Refused(refusal) | RequestState::Waiting(refusal) => {
                    Some(refusal_view(refusal))
                }
                _ => None,
            },
            promise: booking.map(|b| wire::Promise {
                pickup: pair(b.promise.pickup),
                dropoff_latest: b.promise.dropoff.close().to_string(),
            }),
            vehicle: booking.map(|b| b.vehicle.to_string()),
            vehicle_name: booking.map(|b| self.vehicle_name(b.vehicle)),
            pickup_at: pickup_at.map(|t| t.to_string()),
            dropoff_at: dropoff_at.map(|t| t.to_string()),
            position_of_vehicle: booking
                .and_then(|b| self.service.tracking.find(b.vehicle))
                .map(|w| position(w.fix.point)),
        })
    }

    /// What the events of a move by hand change, against the state that this viewer sees.
    pub fn move_effect(&self, request: RequestId, events: &[Event], done: bool) -> wire::MoveEffect {
        let mut others: Vec<wire::MovedVisit> = Vec::new();
        let mut last: BTreeMap<RouteId, &[domain::PlannedVisit]> = BTreeMap::new();
        let (mut planned, mut to_tell) = (None, 0);
        for event in events {
            match event {
                Event::PlanChanged { routes, .. } => {
                    last.extend(routes.iter().map(|change| (change.route, change.visits.as_slice())));
                }
                Event::RidesRebooked { bookings } => {
                    let own = bookings.iter().find(|b| b.request == request);
                    planned = own.map(|b| (b.booking.vehicle, b.booking.planned)).or(planned);
                }
                Event::NoticesMade { notices, .. } => to_tell += notices.len(),
                _ => {}
            }
        }
        for (id, visits) in last {
            let Some(route) = self.area().find_route(id) else { continue };
            for visit in visits.iter().filter(|v| v.visit.request != request) {
                let was = route.visits.iter().find(|v| v.visit == visit.visit).map(|v| v.begin);
                let rider = self.area().requests.get(&visit.visit.request).map(|r| self.person(r.rider).name);
                let later = was.map_or(Seconds::ZERO, |was| visit.begin - was);
                if let (true, Some(rider)) = (later != Seconds::ZERO, rider) {
                    let visit = visit.visit.to_string();
                    others.push(wire::MovedVisit { visit, rider, later_seconds: later.0 });
                }
            }
        }
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        wire::MoveEffect {
            done,
            vehicle: planned.map(|(vehicle, _)| vehicle.to_string()).unwrap_or_default(),
            pickup_planned: text(planned.map(|(_, p)| p.pickup)),
            dropoff_planned: text(planned.map(|(_, p)| p.dropoff)),
            others,
            to_tell,
        }
    }

    /// When the rider gets on and off: as it was, else as forecast.
    pub fn times(&self, id: RequestId, request: &domain::Request) -> (Option<Timestamp>, Option<Timestamp>) {
        let coming = |booking: &Booking| {
            let route = RouteId { day: booking.day, vehicle: booking.vehicle };
            let seen = forecast(
                self.area(),
                route,
                self.now,
                &self.legs.ahead(&self.area().hindering, route.day, self.now),
            );
            let at = |key: VisitKey| seen.iter().find(|f| f.visit == key).map(|f| f.begin);
            (at(VisitKey::pickup(id)), at(VisitKey::dropoff(id)))
        };
        match &request.state {
            RequestState::Booked(booking) => coming(booking),
            RequestState::OnBoard { booking, boarded_at } => (Some(*boarded_at), coming(booking).1),
            RequestState::Done { boarded_at, alighted_at, .. } => (Some(*boarded_at), Some(*alighted_at)),
            _ => (None, None),
        }
    }

    fn offer(&self, offer: &domain::Offer) -> wire::Offer {
        wire::Offer {
            id: offer.id.to_string(),
            vehicle: offer.vehicle.to_string(),
            vehicle_name: self.vehicle_name(offer.vehicle),
            ride_class: name_of(offer.class),
            pickup_planned: offer.pickup_planned.to_string(),
            pickup_window: pair(offer.promise.pickup),
            dropoff_planned: offer.dropoff_planned.to_string(),
            dropoff_latest: offer.promise.dropoff.close().to_string(),
            ride_minutes: (offer.dropoff_planned - offer.pickup_planned).minutes_up(),
            direct_minutes: offer.direct.minutes_up(),
            fare_yen: offer.fare_yen,
            effect: wire::Effect {
                added_drive_minutes: offer.added_drive.minutes_up(),
                added_drive_metres: offer.added_metres.0,
                delay_to_others_minutes: offer.delay_to_others.minutes_up(),
            },
            expires_at: offer.expires_at.to_string(),
        }
    }

    /// The newest requests of today that are no places on runs, newest first.
    pub fn list_requests(&self, limit: usize) -> Vec<wire::Request> {
        self.requests_before(None).take(limit).filter_map(|id| self.request(id)).collect()
    }

    /// The same from behind one of them on.
    pub fn requests_before(&self, before: Option<RequestId>) -> impl Iterator<Item = RequestId> {
        let today = self.today();
        let wanted = move |r: &&std::sync::Arc<domain::Request>| {
            self.sight.request(r)
                && !r.is_run()
                && (r.wish.day() == today || ServiceDay::of(r.made_at) == today)
        };
        let to = before.map_or(Bound::Unbounded, Bound::Excluded);
        self.area().requests.range((Bound::Unbounded, to)).rev().map(|(_, r)| r).filter(wanted).map(|r| r.id)
    }
}

fn binding(promise: &Promise, kind: VisitKind) -> Window {
    match kind {
        VisitKind::Pickup => promise.pickup,
        VisitKind::Dropoff => promise.dropoff,
    }
}

/// Whether this interval was told to somebody: the home side of a run, the pickup of any other ride.
fn told(wish: &Wish, kind: VisitKind) -> bool {
    match wish {
        Wish::Run { direction: domain::Direction::DropoffRun, .. } => kind == VisitKind::Dropoff,
        _ => kind == VisitKind::Pickup,
    }
}

/// The version of the policy behind the present answer to a request.
fn policy_date(request: &domain::Request) -> Option<ServiceDay> {
    match &request.state {
        RequestState::Offered { offers } => offers.first().and_then(|o| o.policy),
        RequestState::Refused(refusal) | RequestState::Waiting(refusal) => refusal.policy,
        _ => request.find_booking().and_then(|b| b.policy),
    }
}

pub fn refusal_view(refusal: &domain::Refusal) -> wire::Refusal {
    wire::Refusal {
        reasons: refusal.reasons.iter().map(|r| reason_view(r.reason, r.vehicles)).collect(),
        alternatives: refusal
            .alternatives
            .iter()
            .map(|alternative| {
                let words = texts::alternative(alternative);
                let (kind, wish_at, people) = match alternative {
                    domain::Alternative::OtherTime { at } => ("other_time", Some(at.to_string()), None),
                    domain::Alternative::FewerPeople { people } => ("fewer_people", None, Some(*people)),
                    domain::Alternative::OtherStop { .. } => ("other_stop", None, None),
                    domain::Alternative::OtherClass { .. } => ("other_class", None, None),
                };
                let stops = match alternative {
                    domain::Alternative::OtherStop { from, to } => Some([from.to_string(), to.to_string()]),
                    _ => None,
                };
                let [from, to] = stops.map_or([None, None], |stops| stops.map(Some));
                wire::Alternative {
                    kind: kind.to_owned(),
                    wish_at,
                    people,
                    from,
                    to,
                    text_ja: words.ja,
                    text_en: words.en,
                }
            })
            .collect(),
    }
}

pub fn reason_view(reason: domain::Reason, count: u32) -> wire::ReasonCount {
    let words = texts::reason(reason);
    wire::ReasonCount { code: reason.code().to_owned(), count, text_ja: words.ja, text_en: words.en }
}

pub fn step(step: &roads::Step, metres: Metres) -> wire::NextStep {
    wire::NextStep {
        act: step.act.as_str().to_owned(),
        street: step.name.clone(),
        metres: metres.0,
        position: position(step.point),
    }
}
