//! From published events to numbered messages. One task folds the figures and renders every message once; the sockets
//! only pick what is theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dispatch::{Happened, Published, Snapshot};
use domain::Event;
use serde_json::{Value, json};
use store::Version;
use tokio::sync::broadcast;
use units::{FacilityId, RequestId, ServiceDay, VehicleId};

use crate::app::App;

/// Positions that came in within this time go out as one message.
const POSITIONS_EVERY: Duration = Duration::from_millis(200);
/// Messages a slow socket may fall behind before it is told to start over.
pub const BEHIND_MAX: usize = 512;

/// One message, rendered for each kind of listener.
#[derive(Debug)]
pub struct Message {
    pub n: u64,
    /// Tells of events; a client that has seen them need not see them again.
    pub is_change: bool,
    pub board: String,
    pub town: Option<String>,
    pub vehicles: BTreeMap<VehicleId, String>,
    pub requests: BTreeMap<RequestId, String>,
}

pub struct Feed {
    messages: broadcast::Sender<Arc<Message>>,
    moved: Mutex<BTreeSet<VehicleId>>,
    /// Number of the last event that clients were told of; what is no event carries it.
    told: AtomicU64,
}

impl Default for Feed {
    fn default() -> Self {
        Feed {
            messages: broadcast::Sender::new(BEHIND_MAX),
            moved: Mutex::new(BTreeSet::new()),
            told: AtomicU64::new(0),
        }
    }
}

impl Feed {
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Message>> {
        self.messages.subscribe()
    }

    /// A vehicle has a newer position.
    pub fn moved(&self, vehicle: VehicleId) {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).insert(vehicle);
    }

    /// Something other than an event that everybody should know (the clock's speed).
    pub fn announce(&self, mut body: Value) {
        let n = self.told();
        body["n"] = json!(n);
        let text = body.to_string();
        let message = Message {
            n,
            is_change: false,
            board: text.clone(),
            town: Some(text),
            vehicles: BTreeMap::new(),
            requests: BTreeMap::new(),
        };
        drop(self.messages.send(Arc::new(message)));
    }

    pub fn told(&self) -> u64 {
        self.told.load(Ordering::Acquire)
    }

    fn take_moved(&self) -> BTreeSet<VehicleId> {
        std::mem::take(&mut *self.moved.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Who is touched by a run of events.
#[derive(Debug, Default)]
pub struct Touched {
    pub vehicles: BTreeSet<VehicleId>,
    pub requests: BTreeSet<RequestId>,
    pub facilities: BTreeSet<FacilityId>,
}

impl Touched {
    pub fn by(happened: &[Arc<Happened>], snapshot: &Snapshot) -> Touched {
        let mut touched = Touched::default();
        for one in happened {
            touched.note(&one.event, snapshot);
        }
        touched
    }

    fn note(&mut self, event: &Event, snapshot: &Snapshot) {
        match event {
            Event::VehicleAdded { vehicle } | Event::VehicleChanged { vehicle } => {
                self.vehicles.insert(vehicle.id);
            }
            Event::FacilityAdded { facility } | Event::FacilityChanged { facility } => {
                self.facilities.insert(facility.id);
            }
            Event::AbsenceNoted { rider, .. }
            | Event::JoinNoted { rider, .. }
            | Event::RiderAdded { rider: domain::Rider { id: rider, .. } }
            | Event::RiderChanged { rider: domain::Rider { id: rider, .. } } => {
                let member = snapshot.area.riders.get(rider).and_then(|r| r.membership.as_ref());
                self.facilities.extend(member.map(|m| m.facility));
            }
            Event::DayPlanned { facility, .. } => {
                self.facilities.insert(*facility);
            }
            Event::TakenOut { what, .. } | Event::BroughtBack { what, .. } => {
                if let domain::Resource::Vehicle(vehicle) = what {
                    self.vehicles.insert(*vehicle);
                }
            }
            Event::DriversAssigned { vehicles, .. } => {
                self.vehicles.extend(vehicles.iter().map(|known| known.vehicle));
            }
            Event::RidesRebooked { bookings } => {
                self.requests.extend(bookings.iter().map(|b| b.request));
            }
            Event::DayOpened { .. } => self.vehicles.extend(snapshot.area.vehicles.keys()),
            Event::RequestMade { request, .. }
            | Event::OffersMade { request, .. }
            | Event::RequestRefused { request, .. }
            | Event::OffersExpired { request }
            | Event::RequestWaits { request, .. }
            | Event::WaitEnded { request }
            | Event::OfferAccepted { request, .. }
            | Event::RequestCancelled { request, .. } => {
                self.requests.insert(*request);
            }
            Event::RoundTripMade { there, back } => self.requests.extend([*there, *back]),
            Event::PlanChanged { routes, .. } => {
                self.vehicles.extend(routes.iter().map(|r| r.route.vehicle));
                let visits = routes.iter().flat_map(|r| r.visits.iter());
                self.requests.extend(visits.map(|v| v.visit.request));
            }
            Event::RouteAcknowledged { route, .. } | Event::EtaChanged { route, .. } => {
                self.vehicles.insert(route.vehicle);
            }
            Event::Departed { route, visit, .. } | Event::Arrived { route, visit, .. } => {
                self.vehicles.insert(route.vehicle);
                self.requests.extend(visit.map(|v| v.request));
            }
            Event::Boarded { route, request, .. }
            | Event::Alighted { route, request, .. }
            | Event::NoShow { route, request, .. } => {
                self.vehicles.insert(route.vehicle);
                self.requests.insert(*request);
            }
            Event::FactContradicted { contradiction } => {
                self.vehicles.insert(contradiction.vehicle);
                self.requests.insert(contradiction.visit.request);
            }
            Event::DelayChanged { visit, .. } => {
                let request = snapshot.area.requests.get(&visit.request);
                let booking = request.and_then(|r| r.find_active_booking());
                self.vehicles.extend(booking.map(|b| b.vehicle));
                self.requests.insert(visit.request);
            }
            Event::CorporationAdded { .. }
            | Event::PlaceAdded { .. }
            | Event::PlaceChanged { .. }
            | Event::RiderPlaceAdded { .. }
            | Event::PolicyAdopted { .. }
            | Event::CareSet { .. }
            | Event::ContactSet { .. }
            | Event::DriverAdded { .. }
            | Event::DriverChanged { .. }
            | Event::VehiclesShared { .. }
            | Event::RidePinned { .. }
            | Event::RideUnpinned { .. }
            | Event::NoticesMade { .. }
            | Event::NoticeGiven { .. }
            | Event::RunsBooked { .. }
            | Event::ForecastsMeasured { .. }
            | Event::ContradictionSettled { .. }
            // The routes follow in the same batch.
            | Event::PlanImproved { .. } => {}
        }
    }
}

/// A change message for whoever may see everything, or only one vehicle or request.
pub struct Change {
    board: Value,
    town: Value,
    vehicles: BTreeMap<VehicleId, Value>,
    requests: BTreeMap<RequestId, Value>,
    head: Value,
    n: u64,
}

impl Change {
    /// Renders the present look of all that was touched. Also used to catch up after a break: showing a newer state
    /// than the event's own is what the client wants.
    pub fn render(app: &App, snapshot: &Snapshot, touched: &Touched, names: &[&str], n: u64) -> Change {
        let viewer = app.viewer(snapshot);
        let value = |v: serde_json::Result<Value>| v.unwrap_or_default();
        let mut vehicles = BTreeMap::new();
        for id in &touched.vehicles {
            vehicles.extend(viewer.vehicle(*id).map(|v| (*id, value(serde_json::to_value(v)))));
        }
        let mut requests = BTreeMap::new();
        for id in &touched.requests {
            requests.extend(viewer.request(*id).map(|r| (*id, value(serde_json::to_value(r)))));
        }
        let facilities: Vec<Value> = touched
            .facilities
            .iter()
            .filter_map(|f| viewer.facility(*f))
            .map(|f| value(serde_json::to_value(f)))
            .collect();
        let figures = value(serde_json::to_value(app.figures()));
        // Places on runs are shown on the vehicles, not in the stream of requests.
        let shown = |id: &RequestId| snapshot.area.requests.get(id).is_some_and(|r| !r.is_run());
        let stream: Vec<&Value> = requests.iter().filter(|(id, _)| shown(id)).map(|(_, v)| v).collect();
        let board = json!({
            "vehicles": vehicles.values().collect::<Vec<_>>(), "requests": stream, "facilities": facilities, "figures": figures,
        });
        let head = json!({
            "n": n, "kind": "change", "at": viewer.now.to_string(), "event": names.first().unwrap_or(&"catch_up"), "events": names,
        });
        Change { board, town: json!({ "figures": figures }), vehicles, requests, head, n }
    }

    fn with(&self, changes: Value) -> String {
        let mut whole = self.head.clone();
        whole["changes"] = changes;
        whole.to_string()
    }

    pub fn for_board(&self) -> String {
        self.with(self.board.clone())
    }

    pub fn for_town(&self) -> String {
        self.with(self.town.clone())
    }

    pub fn for_vehicle(&self, id: VehicleId) -> Option<String> {
        self.vehicles.get(&id).map(|v| self.with(json!({ "vehicles": [v] })))
    }

    pub fn for_request(&self, id: RequestId) -> Option<String> {
        self.requests.get(&id).map(|r| self.with(json!({ "requests": [r] })))
    }

    fn message(&self) -> Message {
        let vehicles = self.vehicles.keys().filter_map(|id| Some((*id, self.for_vehicle(*id)?))).collect();
        let requests = self.requests.keys().filter_map(|id| Some((*id, self.for_request(*id)?))).collect();
        Message {
            n: self.n,
            is_change: true,
            board: self.for_board(),
            town: Some(self.for_town()),
            vehicles,
            requests,
        }
    }
}

/// Runs until the service is gone.
pub async fn pump(app: Arc<App>, mut figures: stats::DayFigures, mut known: Version) {
    // Listen first, then look back: what happened since the history was read is folded too.
    let mut feed = app.service.subscribe();
    let mut ticks = tokio::time::interval(POSITIONS_EVERY);
    app.feed.told.store(known.0, Ordering::Release);
    catch_up(&app, &mut figures, &mut known);
    loop {
        tokio::select! {
            published = feed.recv() => match published {
                Ok(published) => {
                    let Published { happened, snapshot } = &*published;
                    let fresh: Vec<Arc<Happened>> = happened.iter().filter(|h| h.version > known).cloned().collect();
                    known = snapshot.version.max(known);
                    pass_on(&app, &mut figures, &fresh, snapshot);
                }
                Err(broadcast::error::RecvError::Lagged(_)) => catch_up(&app, &mut figures, &mut known),
                Err(broadcast::error::RecvError::Closed) => return,
            },
            _ = ticks.tick() => pass_positions(&app),
        }
    }
}

/// Tells of everything in the log behind `known`.
fn catch_up(app: &Arc<App>, figures: &mut stats::DayFigures, known: &mut Version) {
    match app.service.load_since(*known) {
        Ok(missed) => {
            let snapshot = app.service.snapshot();
            *known = missed.last().map_or(*known, |h| h.version);
            pass_on(app, figures, &missed, &snapshot);
        }
        Err(fault) => {
            tracing::error!(error = %fault, "the log could not be read; figures and pages may lag behind")
        }
    }
}

fn pass_on(app: &Arc<App>, figures: &mut stats::DayFigures, happened: &[Arc<Happened>], snapshot: &Snapshot) {
    let Some(last) = happened.last() else { return };
    for one in happened {
        figures.fold(&one.event);
        metrics::counter!("kuseki_events_total", "event" => one.event.name()).increment(1);
    }
    app.figures.store(Arc::new(figures.figures(last.at)));
    metrics::gauge!("kuseki_log_version").set(last.version.0 as f64);
    let names: Vec<&str> = happened.iter().map(|h| h.event.name()).collect();
    let touched = Touched::by(happened, snapshot);
    let change = Change::render(app, snapshot, &touched, &names, last.version.0);
    app.feed.told.store(last.version.0, Ordering::Release);
    drop(app.feed.messages.send(Arc::new(change.message())));
}

fn pass_positions(app: &App) {
    let moved = app.feed.take_moved();
    if moved.is_empty() {
        return;
    }
    let snapshot = app.service.snapshot();
    let n = app.feed.told();
    let mut all = Vec::new();
    let mut vehicles = BTreeMap::new();
    for id in moved {
        let Some(seen) = app.service.tracking.find(id) else { continue };
        let route = domain::RouteId { day: ServiceDay::of(seen.fix.at), vehicle: id };
        let state = match snapshot.area.find_route(route).map(|r| r.progress) {
            Some(domain::Progress::Heading { .. } | domain::Progress::Returning { .. }) => "driving",
            Some(domain::Progress::Arrived { .. }) => "at_stop",
            _ => "parked",
        };
        let matched = app.service.matcher.find(&snapshot.area, id, &seen);
        let on_road = matched.as_ref().map(|m| [m.point.lon(), m.point.lat()]);
        let one = json!({
            "on_road": on_road, "off_way": matched.as_ref().is_some_and(|m| !m.on_way),
            "vehicle": id.to_string(), "at": seen.fix.at.to_string(),
            "position": [seen.fix.point.lon(), seen.fix.point.lat()], "heading": seen.heading, "state": state,
        });
        vehicles.insert(id, json!({ "n": n, "kind": "positions", "positions": [one] }).to_string());
        all.push(one);
    }
    let board = json!({ "n": n, "kind": "positions", "positions": all }).to_string();
    let message = Message { n, is_change: false, board, town: None, vehicles, requests: BTreeMap::new() };
    drop(app.feed.messages.send(Arc::new(message)));
}
