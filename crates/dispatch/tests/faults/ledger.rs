//! The auditor's own account of the log: read as plain JSON, folded by rules of its own, with nothing of the program's fold.

use std::collections::BTreeMap;

use serde_json::Value;
use store::StoredEvent;

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Open,
    Offered,
    Refused,
    Waiting,
    Booked,
    OnBoard,
    Done,
    Cancelled,
    Expired,
    NoShow,
}

impl Stage {
    pub fn code(self) -> &'static str {
        match self {
            Stage::Open => "open",
            Stage::Offered => "offered",
            Stage::Refused => "refused",
            Stage::Waiting => "waiting",
            Stage::Booked => "booked",
            Stage::OnBoard => "on_board",
            Stage::Done => "done",
            Stage::Cancelled => "cancelled",
            Stage::Expired => "expired",
            Stage::NoShow => "no_show",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub stage: Stage,
    pub rider: String,
    /// Rider and wish: no two keys ask for the same.
    pub asked: String,
    /// Promises of the offers that stand, by offer.
    offers: BTreeMap<String, Value>,
    /// What was told.
    pub promise: Option<Value>,
    /// Put on the waiting list.
    waits: bool,
    /// The way there of a way back.
    pub there: Option<String>,
}

/// What the log says, and where it contradicts itself.
#[derive(Debug, Default)]
pub struct Ledger {
    pub requests: BTreeMap<String, Entry>,
    pub faults: Vec<String>,
    /// Somebody lost or changed a promised ride by an event of this number; it must be told, or have been asked for.
    pub broken: Vec<(u64, String)>,
    /// Whose riders are told of another time or vehicle, or of no ride at all, with the number of the event.
    pub notices: Vec<(u64, String)>,
}

impl Ledger {
    pub fn of(events: &[StoredEvent]) -> Ledger {
        let mut ledger = Ledger::default();
        for event in events {
            let payload: Value = serde_json::from_str(&event.payload).unwrap();
            ledger.enter(event.version.0, &event.kind, &payload);
        }
        ledger
    }

    fn enter(&mut self, number: u64, kind: &str, payload: &Value) {
        if payload["event"] != kind {
            self.faults.push(format!("event {number} is kept as {kind} and says {}", payload["event"]));
        }
        match kind {
            "request_made" => self.make(number, payload),
            "runs_booked" | "rides_rebooked" => {
                for run in payload["bookings"].as_array().into_iter().flatten() {
                    self.rebook(number, kind, &run["request"], &run["booking"]["promise"]);
                }
            }
            "round_trip_made" => {
                let there = payload["there"].as_str().unwrap_or_default().to_owned();
                if let Some(back) = self.requests.get_mut(payload["back"].as_str().unwrap_or_default()) {
                    back.there = Some(there);
                }
            }
            "notices_made" => {
                let all = payload["notices"].as_array().into_iter().flatten();
                let news = all.filter_map(|notice| notice["news"].as_object()?.iter().next());
                let rides =
                    news.filter(|(kind, _)| ["time", "other_vehicle", "no_ride"].contains(&kind.as_str()));
                let requests =
                    rides.filter_map(|(_, told)| Some((number, told["request"].as_str()?.to_owned())));
                self.notices.extend(requests);
            }
            "offers_made" | "request_refused" | "request_waits" | "wait_ended" | "offers_expired"
            | "offer_accepted" | "request_cancelled" | "boarded" | "alighted" | "no_show" => {
                self.go_on(number, kind, payload)
            }
            _ => {}
        }
    }

    fn make(&mut self, number: u64, payload: &Value) {
        let text = |field: &str| payload[field].as_str().unwrap_or_default().to_owned();
        let entry = Entry {
            stage: Stage::Open,
            rider: text("rider"),
            asked: format!("{} {}", text("rider"), payload["wish"]),
            offers: BTreeMap::new(),
            promise: None,
            waits: false,
            there: None,
        };
        if self.requests.insert(text("request"), entry).is_some() {
            self.faults.push(format!("event {number} makes {} again", text("request")));
        }
    }

    fn rebook(&mut self, number: u64, kind: &str, request: &Value, promise: &Value) {
        let id = request.as_str().unwrap_or_default().to_owned();
        let Some(entry) = self.requests.get_mut(&id) else {
            return self.faults.push(format!("event {number} books {id}, which nobody made"));
        };
        let may = match kind {
            // A run may be planned anew until it is driven.
            "runs_booked" => !matches!(entry.stage, Stage::OnBoard | Stage::Done | Stage::NoShow),
            _ => entry.stage == Stage::Booked,
        };
        if !may {
            self.faults.push(format!("event {number} ({kind}) books {id}, which is {:?}", entry.stage));
        }
        if entry.stage == Stage::Booked && entry.promise.as_ref() != Some(promise) {
            self.broken.push((number, id));
        }
        (entry.stage, entry.promise) = (Stage::Booked, Some(promise.clone()));
    }

    fn go_on(&mut self, number: u64, kind: &str, payload: &Value) {
        let id = payload["request"].as_str().unwrap_or_default().to_owned();
        let Some(entry) = self.requests.get_mut(&id) else {
            return self.faults.push(format!("event {number} is about {id}, which nobody made"));
        };
        use Stage::{Booked, Cancelled, Done, Expired, NoShow, Offered, OnBoard, Open, Refused, Waiting};
        let from = entry.stage;
        let (allowed, to) = match kind {
            "offers_made" => {
                let offers = payload["offers"].as_array().into_iter().flatten();
                entry.offers = offers
                    .map(|o| (o["id"].as_str().unwrap_or_default().to_owned(), o["promise"].clone()))
                    .collect();
                (matches!(from, Open | Waiting), Offered)
            }
            "request_refused" => {
                if from == Booked {
                    self.broken.push((number, id.clone()));
                }
                (matches!(from, Open | Offered | Booked), Refused)
            }
            "request_waits" => {
                entry.waits = true;
                (from == Refused, Waiting)
            }
            "wait_ended" => {
                entry.waits = false;
                (matches!(from, Waiting | Offered), Expired)
            }
            "offers_expired" => (from == Offered, if entry.waits { Waiting } else { Expired }),
            "offer_accepted" => {
                let offer = payload["offer"].as_str().unwrap_or_default();
                let promise = payload["booking"]["promise"].clone();
                if entry.offers.get(offer) != Some(&promise) {
                    self.faults.push(format!(
                        "event {number} promises {id} other times than {offer} did: {promise}"
                    ));
                }
                entry.promise = Some(promise);
                (from == Offered, Booked)
            }
            "request_cancelled" => {
                if from == Booked {
                    self.broken.push((number, id.clone()));
                }
                (matches!(from, Open | Offered | Refused | Waiting | Booked | Expired), Cancelled)
            }
            "boarded" => (from == Booked, OnBoard),
            "alighted" => (from == OnBoard, Done),
            _ => (from == Booked, NoShow),
        };
        if !allowed {
            self.faults.push(format!("event {number} ({kind}) finds {id} {from:?}"));
        }
        entry.stage = to;
    }

    /// Broken promises that nobody was told of: no notice close behind names the request, and nobody asked for it.
    pub fn silent(&self, asked_for: &dyn Fn(&str, &Entry) -> bool) -> Vec<String> {
        let told = |number: u64, id: &str| {
            self.notices.iter().any(|(at, request)| number < *at && *at < number + 40 && request == id)
        };
        let silent = self.broken.iter().filter(|(number, id)| {
            !told(*number, id) && !self.requests.get(id).is_some_and(|entry| asked_for(id, entry))
        });
        silent
            .map(|(number, id)| format!("event {number} breaks what {id} was promised, and nobody is told"))
            .collect()
    }
}
