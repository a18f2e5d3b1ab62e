//! One area's engine: owns the state, and is the only one who changes it.

use std::sync::Arc;

use domain::{Area, Command, EVENT_SCHEMA, Event, Proposal, RouteId};
use roads::Roads;
use store::{Append, AppendError, EventLog, NewEvent, Receipt, RegisterWrite, Snapshots, Version};
use units::{AreaId, Node, Timestamp};

use crate::desk::Floors;
use crate::forecast::{Forecast, forecast};
use crate::improve::propose;
use crate::keeping::find_kept;
use crate::measuring::{Held, Measuring};
use crate::outlet::Happened;
use crate::register::Register;
use crate::travel::TravelTable;
use crate::turned::{Fault, Turned};
use crate::waiting::InVain;
use crate::work::Work;

pub struct Setup {
    pub area: AreaId,
    pub roads: Arc<Roads>,
    pub log: Box<dyn EventLog>,
}

/// A command with who sends it, and what to keep beside the log.
#[derive(Debug, Clone)]
pub struct Submission {
    pub command: Command,
    /// An id or a role, never a name.
    pub actor: String,
    pub key: Option<Key>,
    /// Personal and master data of what the command creates.
    pub register: Option<RegisterBody>,
    /// Only says what it would do: nothing is written, and nothing has happened.
    pub rehearsal: bool,
    /// Carried out only while this holds.
    pub only_if: Option<OnlyIf>,
}

/// A condition on the state and one entry of the register, looked at in the same step in which the command is carried out.
#[derive(Clone)]
pub struct OnlyIf {
    /// Kind and id of the entry.
    pub entry: (String, String),
    pub holds: Condition,
}

/// The entry's body is absent where there is none.
pub type Condition = Arc<dyn Fn(&Area, Option<&str>) -> bool + Send + Sync>;

impl std::fmt::Debug for OnlyIf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnlyIf").field("entry", &self.entry).finish_non_exhaustive()
    }
}

/// A caller's idempotency key, with a fingerprint of what was sent under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub key: String,
    pub fingerprint: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterBody {
    /// JSON.
    pub body: String,
    pub search: String,
}

impl Submission {
    pub fn of(command: Command, actor: &str) -> Submission {
        let actor = actor.to_owned();
        Submission { command, actor, key: None, register: None, rehearsal: false, only_if: None }
    }
}

/// What was done. The events are durable.
#[derive(Debug, Clone)]
pub struct Reply {
    pub events: Vec<Event>,
    /// Of the last event of this command.
    pub version: Version,
    /// Id of what the command created or was about.
    pub subject: Option<String>,
    /// The answer to an earlier command under the same key.
    pub repeated: bool,
    /// Repeated within the batch that is being carried out.
    pub(crate) of_this_batch: bool,
}

/// How much was computed, counted in steps so that it is the same on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effort {
    /// Questions put to the planner.
    pub searches: u64,
    /// Vehicles set up for wishes.
    pub vehicles: u64,
    /// Slot pairs judged.
    pub tests: u64,
    /// Plans that the independent judge refused; must stay 0.
    pub refused_plans: u64,
}

pub struct Engine {
    id: AreaId,
    area: Area,
    version: Version,
    epoch: u64,
    log: Box<dyn EventLog>,
    table: TravelTable,
    register: Register,
    floors: Floors,
    in_vain: InVain,
    measuring: Measuring,
    effort: Effort,
    /// What the last batch made durable, and what the disk turned out to hold besides.
    fresh: Vec<Arc<Happened>>,
    /// The last that ever was in `fresh`; none while the log is read for the first time, when nobody listens.
    told: Option<Version>,
    /// Steps of day plans are taken this many times.
    plan_times: u64,
}

impl Engine {
    /// Takes the area over: raises the epoch and folds the whole log.
    pub fn open(setup: Setup) -> Result<Engine, Fault> {
        Engine::open_with(setup, None)
    }

    /// The same, from a snapshot of the state where there is one of this log. Nobody can tell the difference.
    pub fn open_with(setup: Setup, snapshots: Option<&Snapshots>) -> Result<Engine, Fault> {
        let id = setup.area;
        let mut log = setup.log;
        let fault = |source| Fault::Log { area: id, source };
        let epoch = log.take_epoch(id).map_err(fault)?;
        let register = Register::default();
        log.load_register(&mut |entry| {
            register.put(entry.kind, entry.id, Some(entry.body.into()));
            Ok(())
        })
        .map_err(fault)?;
        let kept = snapshots.and_then(|s| find_kept(s, &mut *log, id, Version(u64::MAX)));
        let (area, version) = kept.unwrap_or_else(|| (Area::new(id), Version::EMPTY));
        let mut engine = Engine {
            id,
            area,
            version,
            epoch,
            log,
            table: TravelTable::new(setup.roads),
            register,
            floors: Floors::default(),
            in_vain: InVain::default(),
            measuring: Measuring::default(),
            effort: Effort::default(),
            fresh: Vec::new(),
            told: None,
            plan_times: 1,
        };
        engine.catch_up()?;
        engine.told = Some(engine.version);
        Ok(engine)
    }

    /// Folds what the log holds beyond the state. Of that, what nobody was told of yet is fresh.
    fn catch_up(&mut self) -> Result<(), Fault> {
        let (id, told, mut area, mut at) = (self.id, self.told, self.area.clone(), self.version);
        self.fresh.clear();
        let (mut wrong, mut fresh) = (None, Vec::new());
        let loaded = self.log.load(id, self.version, &mut |stored| {
            let event = read_event(&stored.payload, stored.schema)
                .and_then(|e| area.apply(&e).map_err(|f| f.to_string()).map(|()| e));
            at = stored.version;
            let happened = |event| Happened { version: stored.version, at: stored.at, event };
            let event = event.map(|event| {
                fresh.extend(told.filter(|told| stored.version > *told).map(|_| Arc::new(happened(event))));
            });
            event.map_err(|detail| {
                wrong = Some(Fault::Event { area: id, version: stored.version.0, detail: detail.clone() });
                detail.into()
            })
        });
        match (wrong, loaded) {
            (Some(fault), _) => return Err(fault),
            (None, Err(source)) => return Err(Fault::Log { area: id, source }),
            // State and version change together, or not at all.
            (None, Ok(version)) => (self.area, self.version, self.fresh) = (area, version.max(at), fresh),
        }
        self.told = told.max(self.fresh.last().map(|h| h.version));
        self.table.know(&self.area.hindering);
        for place in self.area.places.values() {
            if self.table.roads().point(place.node).is_none() {
                return Err(Fault::OtherRoads { place: place.id, node: place.node });
            }
        }
        let nodes: Vec<Node> = self.area.places.values().map(|p| p.node).collect();
        self.table.add(&nodes);
        Ok(())
    }

    /// Forgets the state and folds the log from its beginning.
    pub fn reload(&mut self) -> Result<(), Fault> {
        (self.area, self.version) = (Area::new(self.id), Version::EMPTY);
        self.forget_search();
        self.catch_up()?;
        self.reload_register()
    }

    /// What searches left behind rests on a state that never came to be.
    fn forget_search(&mut self) {
        self.floors.clear();
        self.in_vain.clear();
    }

    fn reload_register(&mut self) -> Result<(), Fault> {
        let register = &self.register;
        let loaded = self.log.load_register(&mut |entry| {
            register.put(entry.kind, entry.id, Some(entry.body.into()));
            Ok(())
        });
        loaded.map_err(|source| Fault::Log { area: self.id, source })
    }

    /// What the last batch made durable, in order: its own events, or those of a write that had seemed to fail.
    pub(crate) fn fresh(&self) -> &[Arc<Happened>] {
        &self.fresh
    }

    pub fn state(&self) -> &Area {
        &self.area
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// The engine's travel times; [`TravelTable::look_ahead`] says for when they are meant.
    pub fn travel(&self) -> &TravelTable {
        &self.table
    }

    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Searches day plans this many times as long: for measuring what the ordinary budget leaves.
    pub fn search_longer(&mut self, times: u64) {
        self.plan_times = times.max(1);
    }

    /// Asks every vehicle for every wish, whatever the bounds say.
    pub fn search_everywhere(&mut self, on: bool) {
        self.floors.everywhere = on;
    }

    pub fn effort(&self) -> Effort {
        self.effort
    }

    /// A reader of the log for another thread.
    pub fn reader(&self) -> Result<Box<dyn store::LogReader>, store::Fault> {
        self.log.reader()
    }

    /// When the coming visits of a route will begin, as things look at `now`.
    pub fn forecast(&self, route: RouteId, now: Timestamp) -> Vec<Forecast> {
        self.table.look_ahead(route.day, now);
        forecast(&self.area, route, now, &self.table)
    }

    /// How often the intervals of forecasts have held, by how far they looked ahead.
    pub fn intervals_held(&self) -> [Held; domain::GROUPS] {
        self.measuring.held()
    }

    /// By how much the forecasts of this day missed so far, by how far they looked ahead.
    pub fn forecasts_missed(&self) -> Vec<domain::Missed> {
        self.measuring.missed()
    }

    /// A better way to drive today's coming visits, if so many steps of search find one that is worth the change.
    /// Nothing is changed by it; send it back as [`Command::AdoptProposal`].
    pub fn propose(&self, now: Timestamp, steps: u64) -> Option<Proposal> {
        propose(&self.area, now, &self.table, steps)
    }

    /// One command, durable when this returns.
    pub fn submit(&mut self, submission: Submission, now: Timestamp) -> Result<Reply, Turned> {
        let nothing = || Turned::Bug { detail: "a batch of one got no answer".to_owned() };
        self.handle(&[submission], now).pop().unwrap_or_else(|| Err(nothing()))
    }

    /// Carries out a batch: each command in turn on the state that the ones before it left, then one durable write for
    /// all, then the answers. If the write fails the state is what it was, and every command of the batch is told so.
    pub fn handle(&mut self, batch: &[Submission], now: Timestamp) -> Vec<Result<Reply, Turned>> {
        let before = self.area.clone();
        self.fresh.clear();
        let mut append = Append::new(self.id, self.version, self.epoch);
        let mut answers = Vec::with_capacity(batch.len());
        for submission in batch {
            answers.push(self.one(submission, now, &mut append));
        }
        if append.events.is_empty() && append.receipts.is_empty() && append.register.is_empty() {
            return answers;
        }
        match self.log.append(&append) {
            Ok(version) => {
                self.version = version;
                self.told = self.told.max(self.fresh.last().map(|h| h.version));
                for write in append.register {
                    self.register.put(write.kind, write.id, write.body.map(Into::into));
                }
                answers
            }
            Err(error) => {
                self.area = before;
                self.forget_search();
                let outside = self.give_up(error);
                let lost = |answer: Result<Reply, Turned>| match answer {
                    // The answer to an earlier batch stands; one of this batch is as lost as what it repeats.
                    Ok(reply) if reply.repeated && !reply.of_this_batch => Ok(reply),
                    Ok(_) => Err(Turned::Unavailable { outside: outside.clone() }),
                    Err(turned) => Err(turned),
                };
                answers.into_iter().map(lost).collect()
            }
        }
    }

    /// Whether the disk takes writes again: one receipt is written that answers nobody. Without this, a house in which
    /// nothing happens could not tell that its disk has recovered.
    pub(crate) fn try_disk(&mut self, now: Timestamp) -> bool {
        let mut append = Append::new(self.id, self.version, self.epoch);
        append.receipts.push(Receipt {
            key: format!("tried-{}-{}-{}", self.epoch, self.version.0, now.unix_seconds()),
            fingerprint: "tried".to_owned(),
            status: 200,
            reply: "{}".to_owned(),
            at: now,
        });
        self.fresh.clear();
        self.log.append(&append).map_err(|error| self.give_up(error)).is_ok()
    }

    /// The write failed. What the disk kept of it is unknown, so the log is read again before anything is decided.
    fn give_up(&mut self, error: AppendError) -> String {
        let outside = chain(&error);
        tracing::error!(area = %self.id, error = %outside, "a batch could not be written; nothing of it was applied");
        let known = self.version;
        let read = self.catch_up().and_then(|()| match self.version == known {
            true => Ok(()),
            // What the disk kept after all may have brought entries of the register.
            false => self.reload_register(),
        });
        if let Err(fault) = read {
            tracing::error!(area = %self.id, error = %chain(&fault), "the log could not be read again");
        }
        outside
    }

    fn one(&mut self, submission: &Submission, now: Timestamp, append: &mut Append) -> Result<Reply, Turned> {
        if let Some(key) = &submission.key
            && let Some(reply) = self.find_repeated(key, append)?
        {
            return Ok(reply);
        }
        if let Some(condition) = &submission.only_if
            && !self.holds(condition, append)
        {
            return Err(Turned::Overtaken);
        }
        let mut work = Work::on(
            &self.area,
            &mut self.table,
            (&mut self.floors, &mut self.in_vain, &mut self.measuring),
            &mut self.effort,
            now,
        );
        work.plan_times = self.plan_times;
        let carried_out = work.carry_out(&submission.command);
        let unsettled = work.unsettled;
        let area = work.into_area();
        self.table.know(&self.area.hindering);
        if carried_out.is_err() && unsettled {
            // They rest on a state that never came to be.
            self.floors.clear();
        }
        let events = carried_out?;
        if submission.rehearsal {
            self.floors.clear();
            let subject = subject_of(&submission.command, &events);
            return Ok(Reply {
                events,
                version: append.expected,
                subject,
                repeated: false,
                of_this_batch: false,
            });
        }
        let payloads: Result<Vec<String>, Turned> = events.iter().map(write_event).collect();
        let payloads = payloads.inspect_err(|_| self.floors.clear())?;
        events.iter().for_each(|event| self.measuring.hear(&self.area, event));
        self.area = area;
        self.table.know(&self.area.hindering);
        let first = append.events.len();
        for (event, payload) in events.iter().zip(payloads) {
            append.events.push(NewEvent {
                kind: event.name().to_owned(),
                schema: EVENT_SCHEMA,
                at: now,
                actor: submission.actor.clone(),
                payload,
            });
            let version = append.expected.plus(append.events.len());
            self.fresh.push(Arc::new(Happened { version, at: now, event: event.clone() }));
        }
        let version = append.expected.plus(append.events.len());
        let subject = subject_of(&submission.command, &events);
        if let (Some(body), Some((kind, id))) = (&submission.register, created(&events)) {
            append.register.push(RegisterWrite {
                kind: kind.to_owned(),
                id,
                body: Some(body.body.clone()),
                search: body.search.clone(),
                at: now,
            });
        }
        for (kind, id) in erased(&events) {
            let (body, search) = (None, String::new());
            append.register.push(RegisterWrite { kind: kind.to_owned(), id, body, search, at: now });
        }
        if let Some(key) = &submission.key {
            let reply = serde_json::json!({ "first": append.expected.plus(first).0 + 1, "last": version.0, "subject": subject });
            append.receipts.push(Receipt {
                key: key.key.clone(),
                fingerprint: key.fingerprint.clone(),
                status: 200,
                reply: reply.to_string(),
                at: now,
            });
        }
        Ok(Reply { events, version, subject, repeated: false, of_this_batch: false })
    }

    /// What this batch has written so far counts.
    fn holds(&self, condition: &OnlyIf, append: &Append) -> bool {
        let (kind, id) = &condition.entry;
        let mut written = append.register.iter().rev();
        match written.find(|write| write.kind == *kind && write.id == *id) {
            Some(write) => (condition.holds)(&self.area, write.body.as_deref()),
            None => (condition.holds)(&self.area, self.register.find(kind, id).as_deref()),
        }
    }

    /// The answer to an earlier command under this key, in this batch or before it.
    fn find_repeated(&mut self, key: &Key, append: &Append) -> Result<Option<Reply>, Turned> {
        let waiting = append.receipts.iter().find(|r| r.key == key.key).cloned();
        let of_this_batch = waiting.is_some();
        let known = match waiting {
            Some(receipt) => Some(receipt),
            None => {
                let found = self.log.receipt(self.id, &key.key);
                found.map_err(|fault| Turned::Unavailable { outside: chain(&fault) })?
            }
        };
        let Some(receipt) = known else { return Ok(None) };
        if receipt.fingerprint != key.fingerprint {
            return Err(Turned::KeyReused { key: key.key.clone() });
        }
        let reply: serde_json::Value = serde_json::from_str(&receipt.reply).unwrap_or_default();
        Ok(Some(Reply {
            events: Vec::new(),
            version: Version(reply["last"].as_u64().unwrap_or_default()),
            subject: reply["subject"].as_str().map(str::to_owned),
            repeated: true,
            of_this_batch,
        }))
    }
}

/// The stored form of an event.
/// What cannot be read back to the same event would make the log unreadable for ever, so it never gets there.
fn write_event(event: &Event) -> Result<String, Turned> {
    let bug = |why: String| Turned::Bug { detail: format!("{} cannot be written: {why}", event.name()) };
    let payload = serde_json::to_string(event).map_err(|e| bug(e.to_string()))?;
    match read_event(&payload, EVENT_SCHEMA) {
        Ok(again) if again == *event => Ok(payload),
        Ok(_) => Err(bug("it reads back as another event".to_owned())),
        Err(why) => Err(bug(why)),
    }
}

/// Reads the stored form. Older schemas would be brought up to date here, one upcaster each.
pub(crate) fn read_event(payload: &str, schema: u16) -> Result<Event, String> {
    if schema != EVENT_SCHEMA {
        return Err(format!("schema {schema} is not known here; this program knows {EVENT_SCHEMA}"));
    }
    serde_json::from_str(payload).map_err(|e| e.to_string())
}

/// What was created or changed, as the register's kind and id.
pub fn created(events: &[Event]) -> Option<(&'static str, String)> {
    events.iter().find_map(|event| match event {
        Event::CorporationAdded { corporation } => Some(("corporation", corporation.to_string())),
        Event::PlaceAdded { place } | Event::PlaceChanged { place } => Some(("place", place.id.to_string())),
        Event::FacilityAdded { facility } | Event::FacilityChanged { facility } => {
            Some(("facility", facility.id.to_string()))
        }
        Event::VehicleAdded { vehicle } | Event::VehicleChanged { vehicle } => {
            Some(("vehicle", vehicle.id.to_string()))
        }
        Event::RiderAdded { rider } | Event::RiderChanged { rider } => Some(("rider", rider.id.to_string())),
        Event::ContactSet { rider } => Some(("rider", rider.to_string())),
        Event::DriverAdded { driver } | Event::DriverChanged { driver } => {
            Some(("driver", driver.id.to_string()))
        }
        _ => None,
    })
}

/// What is to be forgotten, as the register's kind and id.
fn erased(events: &[Event]) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for event in events {
        if let Event::RiderErased { rider, places } = event {
            all.push(("rider", rider.to_string()));
            all.extend(places.iter().map(|place| ("place", place.to_string())));
        }
    }
    all
}

fn subject_of(command: &Command, events: &[Event]) -> Option<String> {
    if let Some((_, id)) = created(events) {
        return Some(id);
    }
    match command {
        Command::MakeRequest(_) | Command::MakeRoundTrip { .. } => events.iter().find_map(|e| match e {
            Event::RequestMade { request, .. } => Some(request.to_string()),
            _ => None,
        }),
        Command::AcceptOffer { request, .. }
        | Command::AcceptRoundTrip { there: (request, _), .. }
        | Command::Cancel { request }
        | Command::Wait { request }
        | Command::DecideAtDoor { request, .. }
        | Command::Divert { request, .. }
        | Command::WidenPromise { request, .. }
        | Command::MoveRide { request, .. } => Some(request.to_string()),
        Command::RecordFact { vehicle, .. } | Command::AcknowledgeRoute { vehicle, .. } => {
            Some(vehicle.to_string())
        }
        Command::PlanDay { facility, .. } | Command::ReplanDay { facility, .. } => Some(facility.to_string()),
        Command::NoteAbsence { rider, .. }
        | Command::NoteJoin { rider, .. }
        | Command::PinRide { rider, .. }
        | Command::NoteReady { rider, .. }
        | Command::SetCare { rider, .. }
        | Command::SetContact { rider }
        | Command::EraseRider { rider }
        | Command::AddRiderPlace { rider, .. } => Some(rider.to_string()),
        Command::LockVehicle { vehicle, .. } => Some(vehicle.to_string()),
        Command::OpenRoad { closure } => Some(closure.to_string()),
        Command::CloseRoad(_) => events.iter().find_map(|e| match e {
            Event::RoadClosed { closure } => Some(closure.id.to_string()),
            _ => None,
        }),
        Command::ChangePlace { place, .. } => Some(place.to_string()),
        Command::ChangeFacility { facility, .. } => Some(facility.to_string()),
        Command::ChangeVehicle { vehicle, .. } => Some(vehicle.to_string()),
        Command::ChangeRider { rider, .. } => Some(rider.to_string()),
        Command::ChangeDriver { driver, .. } => Some(driver.to_string()),
        Command::NoteOut { what: domain::Resource::Vehicle(vehicle), .. } => Some(vehicle.to_string()),
        Command::NoteOut { what: domain::Resource::Driver(driver), .. } => Some(driver.to_string()),
        Command::GiveNotice { notice } => Some(notice.to_string()),
        _ => None,
    }
}

/// An error with all its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
