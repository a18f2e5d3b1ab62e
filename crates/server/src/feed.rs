//! From published events to numbered messages. One task folds the figures and numbers the messages; each is rendered once for
//! all sockets that see the same, by the first of them that comes for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use dispatch::{Happened, Published, Snapshot};
use domain::Event;
use serde_json::{Value, json};
use store::Version;
use tokio::sync::broadcast;
use units::{FacilityId, RequestId, ServiceDay, VehicleId};

use crate::access::who::Reach;
use crate::app::App;

/// Positions that came in within this time go out as one message.
const POSITIONS_EVERY: Duration = Duration::from_millis(200);
/// Messages a slow socket may fall behind before it is told to start over.
pub const BEHIND_MAX: usize = 512;

/// What a client listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    Board,
    Town,
    Vehicle(VehicleId),
    Request(RequestId),
}

type Rendered = Arc<OnceLock<Option<Arc<str>>>>;

/// One message, for every kind of listener.
pub struct Message {
    pub n: u64,
    body: Body,
    /// As it reads for whoever listens to the same and sees the same.
    rendered: Mutex<BTreeMap<(Topic, Reach), Rendered>>,
}

enum Body {
    /// Events; a client that has seen them need not see them again.
    Change(Change),
    Positions(Arc<Snapshot>, Vec<(VehicleId, Value)>),
    /// Something that everybody at a board or a town's picture should know.
    Said(Value),
}

impl Message {
    fn of(n: u64, body: Body) -> Message {
        Message { n, body, rendered: Mutex::default() }
    }

    pub fn is_change(&self) -> bool {
        matches!(self.body, Body::Change(_))
    }

    /// What a listener is sent; none if it does not concern him.
    pub fn text(&self, app: &App, topic: Topic, reach: &Reach) -> Option<Arc<str>> {
        if !self.concerns(topic) {
            return None;
        }
        let rendered = {
            let mut all = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry((topic, reach.clone())).or_default().clone()
        };
        rendered.get_or_init(|| self.render(app, topic, reach).map(Arc::from)).clone()
    }

    fn concerns(&self, topic: Topic) -> bool {
        match (&self.body, topic) {
            (Body::Change(change), _) => change.concerns(topic),
            (Body::Positions(_, all), Topic::Vehicle(id)) => all.iter().any(|(vehicle, _)| *vehicle == id),
            (Body::Positions(..), topic) => topic == Topic::Board,
            (Body::Said(_), topic) => matches!(topic, Topic::Board | Topic::Town),
        }
    }

    fn render(&self, app: &App, topic: Topic, reach: &Reach) -> Option<String> {
        match &self.body {
            Body::Change(change) => change.text(app, topic, reach),
            Body::Said(value) => Some(value.to_string()),
            Body::Positions(snapshot, all) => {
                let sight = app.sight(snapshot, reach);
                let wanted = |id: VehicleId| topic == Topic::Board || topic == Topic::Vehicle(id);
                let own = all.iter().filter(|(id, _)| wanted(*id) && sight.vehicle(*id));
                let own: Vec<&Value> = own.map(|(_, position)| position).collect();
                let message = json!({ "n": self.n, "kind": "positions", "positions": own });
                (!own.is_empty()).then(|| message.to_string())
            }
        }
    }
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
        drop(self.messages.send(Arc::new(Message::of(n, Body::Said(body)))));
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

    fn note_today(&mut self, event: &Event, snapshot: &Snapshot) {
        match event {
            Event::VehicleLocked { vehicle, .. } | Event::VehicleUnlocked { vehicle, .. } => {
                self.vehicles.insert(*vehicle);
            }
            Event::PromiseWidened { request, .. }
            | Event::NotAtDoor { request, .. }
            | Event::DoorDecided { request, .. } => {
                self.requests.insert(*request);
                let known = snapshot.area.requests.get(request).and_then(|r| r.find_booking());
                self.vehicles.extend(known.map(|b| b.vehicle));
            }
            Event::RideDiverted { route, request, .. } => {
                self.vehicles.insert(route.vehicle);
                self.requests.insert(*request);
            }
            Event::ReadyNoted { rider, .. } | Event::ReadyCleared { rider, .. } => {
                let member = snapshot.area.riders.get(rider).and_then(|r| r.membership.as_ref());
                self.facilities.extend(member.map(|m| m.facility));
            }
            // Every coming leg may take another way.
            Event::RoadClosed { .. }
            | Event::RoadOpened { .. }
            | Event::SnowNoted { .. }
            | Event::SnowCleared { .. } => self.vehicles.extend(snapshot.area.vehicles.keys()),
            _ => {}
        }
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
            #[rustfmt::skip]
            Event::VehicleLocked { .. } | Event::VehicleUnlocked { .. } | Event::PromiseWidened { .. } | Event::NotAtDoor { .. }
            | Event::DoorDecided { .. } | Event::RideDiverted { .. } | Event::ReadyNoted { .. } | Event::ReadyCleared { .. }
            | Event::RoadClosed { .. } | Event::RoadOpened { .. } | Event::SnowNoted { .. } | Event::SnowCleared { .. } => {
                self.note_today(event, snapshot);
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
            // Planning does not show them; the routes of a better plan follow in the same batch.
            #[rustfmt::skip]
            Event::CorporationAdded { .. } | Event::PlaceAdded { .. } | Event::PlaceChanged { .. }
            | Event::RiderPlaceAdded { .. } | Event::PolicyAdopted { .. } | Event::CareSet { .. }
            | Event::ContactSet { .. } | Event::RiderErased { .. } | Event::DriverAdded { .. } | Event::DriverChanged { .. }
            | Event::VehiclesShared { .. } | Event::RidePinned { .. } | Event::RideUnpinned { .. }
            | Event::NoticesMade { .. } | Event::NoticeGiven { .. } | Event::RunsBooked { .. }
            | Event::ForecastsMeasured { .. } | Event::ContradictionSettled { .. } | Event::PlanImproved { .. } => {}
        }
    }
}

/// A run of events, as it is told to whoever may see everything, or only some of it.
pub struct Change {
    touched: Touched,
    snapshot: Arc<Snapshot>,
    figures: Value,
    head: Value,
}

impl Change {
    /// The present look of all that was touched. Also used to catch up after a break: showing a newer state than the event's
    /// own is what the client wants.
    pub fn new(app: &App, snapshot: Arc<Snapshot>, touched: Touched, names: &[&str], n: u64) -> Change {
        let at = app.service.clock.now().to_string();
        let event = names.first().unwrap_or(&"catch_up");
        let head = json!({ "n": n, "kind": "change", "at": at, "event": event, "events": names });
        let figures = serde_json::to_value(app.figures()).unwrap_or_default();
        Change { touched, snapshot, figures, head }
    }

    fn concerns(&self, topic: Topic) -> bool {
        match topic {
            Topic::Board | Topic::Town => true,
            Topic::Vehicle(id) => self.touched.vehicles.contains(&id),
            Topic::Request(id) => self.touched.requests.contains(&id),
        }
    }

    /// As it reads for somebody; none if it does not concern him, or is no longer for him.
    pub fn text(&self, app: &App, topic: Topic, reach: &Reach) -> Option<String> {
        if !self.concerns(topic) {
            return None;
        }
        let snapshot = &*self.snapshot;
        let viewer = app.viewer_of(snapshot, app.sight(snapshot, reach));
        let changes = match topic {
            Topic::Town => json!({ "figures": self.figures }),
            Topic::Vehicle(id) if !viewer.sight.vehicle(id) => return None,
            Topic::Vehicle(id) => json!({ "vehicles": [viewer.vehicle(id)?] }),
            Topic::Request(id) => json!({ "requests": [viewer.request(id)?] }),
            Topic::Board => {
                let vehicles = self.touched.vehicles.iter().filter_map(|id| viewer.vehicle(*id));
                // Places on runs are shown on the vehicles, not in the stream of requests.
                let shown = |id: &&RequestId| snapshot.area.requests.get(*id).is_some_and(|r| !r.is_run());
                let requests =
                    self.touched.requests.iter().filter(shown).filter_map(|id| viewer.request(*id));
                let facilities = self.touched.facilities.iter().filter_map(|f| viewer.facility(*f));
                json!({
                    "vehicles": vehicles.collect::<Vec<_>>(), "requests": requests.collect::<Vec<_>>(),
                    "facilities": facilities.collect::<Vec<_>>(), "figures": self.figures,
                })
            }
        };
        let mut whole = self.head.clone();
        whole["changes"] = changes;
        Some(whole.to_string())
    }
}

/// Runs until the service is gone.
pub(crate) async fn pump(
    app: Arc<App>,
    mut figures: stats::DayFigures,
    mut known: Version,
    mut keeper: crate::past::FiguresKeeper,
) {
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
                    keeper.look_at(app.service.area(), &figures, known);
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

fn pass_on(
    app: &Arc<App>,
    figures: &mut stats::DayFigures,
    happened: &[Arc<Happened>],
    snapshot: &Arc<Snapshot>,
) {
    let Some(last) = happened.last() else { return };
    for one in happened {
        figures.fold(&one.event);
        metrics::counter!("kuseki_events_total", "event" => one.event.name()).increment(1);
    }
    app.figures.store(Arc::new(figures.figures(last.at)));
    metrics::gauge!("kuseki_log_version").set(last.version.0 as f64);
    let names: Vec<&str> = happened.iter().map(|h| h.event.name()).collect();
    let touched = Touched::by(happened, snapshot);
    let change = Change::new(app, snapshot.clone(), touched, &names, last.version.0);
    app.feed.told.store(last.version.0, Ordering::Release);
    drop(app.feed.messages.send(Arc::new(Message::of(last.version.0, Body::Change(change)))));
}

fn pass_positions(app: &App) {
    let moved = app.feed.take_moved();
    if moved.is_empty() {
        return;
    }
    let snapshot = app.service.snapshot();
    let n = app.feed.told();
    let mut all = Vec::new();
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
        all.push((id, one));
    }
    if !all.is_empty() {
        drop(app.feed.messages.send(Arc::new(Message::of(n, Body::Positions(snapshot, all)))));
    }
}
