//! The auditor: keeps its own record of what was answered and heard, and holds it against the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dispatch::{Engine, Happened, Reply, Submission, Turned};
use domain::{
    Area, Command, Event, Progress, RequestState, Resource, RouteId, TravelTimes, VisitKey, VisitKind, check,
};
use store::StoredEvent;
use units::{Seconds, ServiceDay, Timestamp};

use crate::disk::SimLog;
use crate::ledger::{Entry, Ledger};
use crate::world::Ways;

/// What kind of wrong was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// An acknowledged fact is not in the log.
    Lost,
    /// One command had two effects.
    Doubled,
    /// A promise changed or ended, and nobody was told.
    Promise,
    /// A plan breaks a rule.
    Plan,
    /// A reader heard another story than the log's.
    Feed,
    /// The state is not what the log says.
    State,
    /// Somebody got no answer although everything works.
    Stuck,
}

/// Lateness that must have been told: the program tells from five minutes on.
const UNTOLD_MAX: Seconds = Seconds::minutes(10);

#[derive(Default)]
pub struct Auditor {
    pub found: Vec<(Wrong, String)>,
    /// Answers with yes that left the house, by key.
    told: BTreeMap<String, Vec<Reply>>,
    /// Stored form of every event that anybody was ever told of, by number.
    seen: BTreeMap<u64, String>,
    /// Wishes by key: rider and wish as the log writes them.
    wishes: BTreeMap<String, Vec<String>>,
    /// Requests somebody wanted cancelled, riders who were to stay away, days planned anew by an operator.
    cancelled: BTreeSet<String>,
    absent: BTreeSet<String>,
    pub told_late: u32,
    pub plans: u32,
}

impl Auditor {
    pub fn note(&mut self, wrong: Wrong, what: String) {
        self.found.push((wrong, what));
    }

    /// A client has sent this for the first time.
    pub fn sent(&mut self, key: &str, command: &Command) {
        let asked = |rider: &dyn std::fmt::Display, wish: &domain::Wish| {
            format!("{rider} {}", serde_json::to_value(wish).unwrap())
        };
        match command {
            Command::MakeRequest(party) => {
                self.wishes.insert(key.to_owned(), vec![asked(&party.rider, &party.wish)]);
            }
            Command::MakeRoundTrip { there, back } => {
                let both = vec![asked(&there.rider, &there.wish), asked(&there.rider, back)];
                self.wishes.insert(key.to_owned(), both);
            }
            Command::Cancel { request } => {
                self.cancelled.insert(request.to_string());
            }
            Command::NoteAbsence { rider, .. } => {
                self.absent.insert(rider.to_string());
            }
            _ => {}
        }
    }

    /// The house has answered a call.
    pub fn answered(&mut self, key: &str, answer: &Result<Reply, Turned>) {
        match answer {
            Ok(reply) => {
                let first = reply.version.0 + 1 - reply.events.len() as u64;
                for (number, event) in (first..).zip(&reply.events) {
                    self.see(number, event);
                }
                self.told.entry(key.to_owned()).or_default().push(reply.clone());
            }
            Err(Turned::Bug { detail }) => self.note(Wrong::Plan, format!("{key}: {detail}")),
            Err(Turned::KeyReused { key }) => self.note(Wrong::Doubled, format!("{key} counts as reused")),
            Err(_) => {}
        }
    }

    fn see(&mut self, number: u64, event: &Event) {
        let form = serde_json::to_string(event).unwrap();
        if let Some(former) = self.seen.insert(number, form.clone())
            && former != form
        {
            self.note(Wrong::Feed, format!("event {number} was told as {former} and as {form}"));
        }
    }

    /// A reader has heard these, and had heard everything up to `known` before.
    pub fn heard(&mut self, who: &str, known: &mut u64, happened: &[Arc<Happened>]) {
        for one in happened {
            if one.version.0 != *known + 1 {
                self.note(Wrong::Feed, format!("{who} hears event {} behind {known}", one.version.0));
            }
            *known = one.version.0;
            self.see(one.version.0, &one.event);
        }
    }

    /// One batch was carried out and is durable. Every plan in it is judged again, with travel times of the auditor's own.
    pub fn carried_out(
        &mut self,
        before: &Area,
        batch: &[&Submission],
        answers: &[Result<Reply, Turned>],
        now: Timestamp,
    ) {
        let mut area = before.clone();
        for (submission, answer) in batch.iter().zip(answers) {
            let Ok(reply) = answer else { continue };
            if submission.rehearsal || reply.events.is_empty() {
                continue;
            }
            let was = area.clone();
            for event in &reply.events {
                if let Err(fault) = area.apply(event) {
                    return self.note(Wrong::State, format!("{event:?}: {fault}"));
                }
            }
            self.judge(&was, &area, &submission.command, &reply.events, now);
            if submission.command == Command::Tick {
                self.lateness_is_told(&area, now);
            }
        }
        self.everybody_is_carried(&area, now);
    }

    fn judge(&mut self, was: &Area, area: &Area, command: &Command, events: &[Event], now: Timestamp) {
        let mut changed = BTreeSet::new();
        for event in events {
            match event {
                Event::PlanChanged { routes, .. } => changed.extend(routes.iter().map(|r| r.route)),
                Event::OfferAccepted { booking, .. } => {
                    changed.insert(RouteId { day: booking.day, vehicle: booking.vehicle });
                }
                Event::RunsBooked { bookings } | Event::RidesRebooked { bookings } => changed.extend(
                    bookings.iter().map(|b| RouteId { day: b.booking.day, vehicle: b.booking.vehicle }),
                ),
                _ => {}
            }
        }
        let changed: Vec<RouteId> = changed.into_iter().collect();
        if changed.is_empty() {
            return;
        }
        self.plans += 1;
        let mut found = check(was, area, &changed, now, &Ways);
        let adds = matches!(
            command,
            Command::AcceptOffer { .. } | Command::AcceptRoundTrip { .. } | Command::AdoptProposal(_)
        );
        if !adds {
            // Where somebody dropped out, what is left is a fact: what may be broken is what was broken before, or is by then.
            let left = check(area, area, &changed, now, &Ways);
            found.retain(|f| left.iter().any(|l| (l.visit, l.rule) == (f.visit, f.rule)));
        }
        for violation in found {
            let (vehicle, visit) = (violation.route.vehicle, violation.visit);
            let what = format!("{vehicle} {visit:?}: {} ({})", violation.rule, violation.detail);
            self.note(Wrong::Plan, format!("{command:?} at {now}: {what}"));
        }
    }

    /// Every active booking is carried exactly once, on the route it names.
    fn everybody_is_carried(&mut self, area: &Area, now: Timestamp) {
        for request in area.requests.values() {
            let Some(booking) = request.find_active_booking() else { continue };
            let route = area.find_route(RouteId { day: booking.day, vehicle: booking.vehicle });
            let visits = route.map(|r| r.visits.clone()).unwrap_or_default();
            let count = |key: VisitKey| visits.iter().filter(|v| v.visit == key).count();
            let pickups = usize::from(matches!(request.state, RequestState::Booked(_)));
            let carried = (count(VisitKey::pickup(request.id)), count(VisitKey::dropoff(request.id)));
            let out = area.is_out(Resource::Vehicle(booking.vehicle), booking.day);
            if carried != (pickups, 1) || (out && pickups == 1) {
                let what = format!("{} at {now}: visits {carried:?}, vehicle out: {out}", request.id);
                self.note(Wrong::Promise, what);
            }
        }
    }

    /// After a tick: who cannot possibly be fetched within ten minutes of the promise has been told.
    fn lateness_is_told(&mut self, area: &Area, now: Timestamp) {
        let today = ServiceDay::of(now);
        for route in area.routes.values().filter(|r| r.id.day == today) {
            let mut place = route.anchor.place;
            let mut free = now.max(route.anchor.ready.min(now));
            for (index, planned) in route.visits.iter().enumerate() {
                let Some(here) = area.find_visit_place(planned.visit) else { continue };
                let under_way = !matches!(route.progress, Progress::Standing | Progress::Returning { .. });
                if let (Some(a), Some(b), false) =
                    (area.find_node(place), area.find_node(here), index == 0 && under_way)
                {
                    free = free + Ways.seconds(a, b);
                }
                if let (0, Progress::Arrived { at, .. }) = (index, route.progress) {
                    free = at.min(now);
                }
                let booking = area.requests.get(&planned.visit.request).and_then(|r| r.find_active_booking());
                let Some(booking) = booking else { continue };
                let close = match planned.visit.kind {
                    VisitKind::Pickup => booking.promise.pickup.close(),
                    VisitKind::Dropoff => booking.promise.dropoff.close(),
                };
                if free - close >= UNTOLD_MAX {
                    self.told_late += 1;
                    if area.delays.get(&planned.visit).is_none_or(|late| *late < Seconds::minutes(5)) {
                        let what = format!("{} is {} late at {now}, untold", planned.visit, free - close);
                        self.note(Wrong::Promise, what);
                    }
                }
                place = here;
                if index > 0 || !matches!(route.progress, Progress::Arrived { .. }) {
                    free = free + area.service_of(planned.visit);
                } else {
                    free = now;
                }
            }
        }
    }

    /// Whether anybody was told of the newest of these.
    pub fn has_told_last(&self, events: &[StoredEvent]) -> bool {
        events.last().is_some_and(|e| self.seen.contains_key(&e.version.0))
    }

    /// What lies on the disk holds everything that anybody was ever told.
    pub fn check_log(&mut self, events: &[StoredEvent]) {
        let lost: Vec<String> = self
            .seen
            .iter()
            .filter_map(|(number, form)| {
                let kept = events.get(*number as usize - 1);
                (kept.map(|e| &e.payload) != Some(form)).then(|| {
                    format!("event {number} was told as {form}, the log holds {:?}", kept.map(|e| &e.payload))
                })
            })
            .collect();
        lost.into_iter().take(3).for_each(|what| self.note(Wrong::Lost, what));
    }

    /// Everything at the end, when the faults are over.
    pub fn finish(&mut self, engine: &Engine, log: &SimLog, reopened: &Engine) {
        let events = log.events();
        self.check_log(&events);
        let ledger = Ledger::of(&events);
        for fault in ledger.faults.clone() {
            let wrong = if fault.contains("promises") { Wrong::Promise } else { Wrong::State };
            self.note(wrong, fault);
        }
        // The way back falls with the way there.
        let asked_for = |id: &str, entry: &Entry| {
            let there = entry.there.as_ref().is_some_and(|there| self.cancelled.contains(there));
            there || self.cancelled.contains(id) || self.absent.contains(&entry.rider)
        };
        for what in ledger.silent(&asked_for) {
            self.note(Wrong::Promise, what);
        }
        self.each_wish_once(&ledger, &events);
        self.answers_agree(&events);
        for request in engine.state().requests.values() {
            let entry = ledger.requests.get(&request.id.to_string());
            let promise = request.find_active_booking().map(|b| serde_json::to_value(b.promise).unwrap());
            let stands = entry.is_some_and(|e| {
                e.stage.code() == request.state.code() && (promise.is_none() || e.promise == promise)
            });
            if !stands {
                self.note(
                    Wrong::State,
                    format!("{} is {:?}, the ledger says {entry:?}", request.id, request.state),
                );
            }
        }
        if (engine.state(), engine.version()) != (reopened.state(), reopened.version()) {
            self.note(Wrong::State, "the log replays to another state".to_owned());
        }
        if engine.effort().refused_plans > 0 {
            self.note(Wrong::Plan, "planner and judge disagreed".to_owned());
        }
        for entry in log.register_entries() {
            let known = engine.register().find(&entry.kind, &entry.id);
            if known.as_deref() != Some(entry.body.as_str()) {
                self.note(Wrong::State, format!("{} {} is {known:?} in memory", entry.kind, entry.id));
            }
        }
    }

    /// A wish that was sent under one key is in the log once at most, and once if it was answered with yes.
    fn each_wish_once(&mut self, ledger: &Ledger, events: &[StoredEvent]) {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        ledger.requests.values().for_each(|e| *count.entry(e.asked.as_str()).or_default() += 1);
        let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
        self.wishes.values().flatten().for_each(|wish| *keys.entry(wish.as_str()).or_default() += 1);
        let mut found = Vec::new();
        for (key, wishes) in &self.wishes {
            for wish in wishes {
                let made = count.get(wish.as_str()).copied().unwrap_or_default();
                if made > keys[wish.as_str()] {
                    found.push((Wrong::Doubled, format!("{key} ({wish}) is in the log {made} times")));
                }
                if made == 0 && self.told.contains_key(key) {
                    found.push((Wrong::Lost, format!("{key} ({wish}) was answered and is not in the log")));
                }
            }
        }
        self.found.extend(found);
        let added = events.iter().filter(|e| e.kind == "rider_added").count();
        let named: BTreeSet<&String> = self.told.keys().filter(|k| k.contains("add-rider")).collect();
        if added < crate::world::RIDERS as usize + named.len() {
            self.note(Wrong::Lost, format!("{added} riders were added, {named:?} besides the first"));
        }
    }

    /// One key, one answer: whoever sends again hears of the same thing, and nothing happens a second time.
    fn answers_agree(&mut self, events: &[StoredEvent]) {
        let mut found = Vec::new();
        for (key, replies) in &self.told {
            let subjects: BTreeSet<_> = replies.iter().map(|r| &r.subject).collect();
            let fresh = replies.iter().filter(|r| !r.repeated && !r.events.is_empty()).count();
            if subjects.len() > 1 || fresh > 1 {
                found
                    .push((Wrong::Doubled, format!("{key} was carried out {fresh} times, for {subjects:?}")));
            }
            if let Some(beyond) = replies.iter().find(|r| r.version.0 > events.len() as u64) {
                found.push((
                    Wrong::Lost,
                    format!("{key} was answered for {}, the log is shorter", beyond.version),
                ));
            }
        }
        self.found.extend(found);
    }
}
