//! Sends what waits for one adapter, the letters of one rider in order, and notes what became of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dispatch::{Submission, Turned};
use domain::Command;
use store::{Delivery, Standing};
use tokio::task::JoinSet;
use tokio::time::Instant;
use units::{NoticeId, ServiceDay};

use super::intake::{About, adapter_of};
use super::{Letter, Notifier, Room, Undelivered};
use crate::register::{RiderEntry, entry};

/// Letters in hand at a time; the others wait on disk.
const HAND_MAX: u32 = 256;
/// Letters on their way at a time.
const GOING_MAX: usize = 16;
/// Tries before a letter is given up and left to the operator: with the waits between them about a minute, since who is
/// to be told of ten minutes' delay must hear of it in time.
const TRIES_MAX: u32 = 6;
/// The first wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

struct Postman {
    room: Room,
    notifier: Arc<dyn Notifier>,
    going: JoinSet<Delivery>,
    /// Keys of what is on its way.
    out: BTreeSet<String>,
    /// Not before then.
    later: BTreeMap<String, Instant>,
}

/// Runs until the service is gone.
pub async fn run(room: Room, notifier: Arc<dyn Notifier>) {
    let mut bell = room.bell.subscribe();
    let mut postman =
        Postman { room, notifier, going: JoinSet::new(), out: BTreeSet::new(), later: BTreeMap::new() };
    loop {
        let next = postman.set_out().await;
        tokio::select! {
            done = postman.going.join_next(), if !postman.going.is_empty() => match done {
                Some(Ok(delivery)) => postman.settle(delivery).await,
                Some(Err(ended)) => {
                    // Which letter it was is not known any more: all that are out are looked at again.
                    tracing::error!(error = %ended, "a delivery ended early");
                    postman.going.abort_all();
                    while postman.going.join_next().await.is_some() {}
                    postman.out.clear();
                }
                None => {}
            },
            rung = bell.changed() => if rung.is_err() { return },
            () = tokio::time::sleep_until(next) => {}
        }
    }
}

impl Postman {
    /// Starts what can be started, and says when to look again at the latest.
    async fn set_out(&mut self) -> Instant {
        let (id, name) = (self.room.app.service.area(), self.notifier.name());
        let waiting = self.room.with_outbox(move |outbox| outbox.list_open(id, name, HAND_MAX)).await;
        self.later.retain(|key, _| waiting.iter().any(|d| d.key == *key));
        let now = Instant::now();
        let mut next = now + Duration::from_secs(3_600);
        let mut busy: BTreeSet<String> = BTreeSet::new();
        for delivery in waiting {
            // Nobody hears of a cancellation before the booking.
            if !busy.insert(delivery.listener.clone()) || self.out.contains(&delivery.key) {
                continue;
            }
            match self.later.get(&delivery.key) {
                Some(time) if *time > now => next = next.min(*time),
                _ if self.going.len() >= GOING_MAX => {}
                _ => {
                    self.out.insert(delivery.key.clone());
                    let (room, notifier) = (self.room.clone(), self.notifier.clone());
                    self.going.spawn(async move { carry(&room, &*notifier, delivery).await });
                }
            }
        }
        next
    }

    async fn settle(&mut self, mut delivery: Delivery) {
        delivery.at = self.room.app.service.clock.now();
        let wait = FIRST_WAIT * 2u32.pow(delivery.attempts.clamp(1, TRIES_MAX) - 1);
        self.later.insert(delivery.key.clone(), Instant::now() + wait);
        if delivery.standing == Standing::Sent {
            // What follows is not the other side's business and need not wait.
            self.later.remove(&delivery.key);
        }
        let (id, row) = (self.room.app.service.area(), delivery.clone());
        self.room.with_outbox(move |outbox| outbox.settle(id, &row)).await;
        self.room.app.deliveries.note(&delivery);
        self.out.remove(&delivery.key);
        let outcome = delivery.standing.code();
        metrics::counter!("kuseki_deliveries_total", "adapter" => self.notifier.name(), "outcome" => outcome)
            .increment(1);
        if delivery.standing == Standing::Failed {
            let (key, reason) = (&delivery.key, delivery.reason.as_deref().unwrap_or_default());
            tracing::warn!(key, adapter = %delivery.adapter, rider = %delivery.listener, reason, "not delivered; it is on the operator's list");
        }
    }
}

/// One step of one delivery: a try, or what follows from a success.
async fn carry(room: &Room, notifier: &dyn Notifier, mut delivery: Delivery) -> Delivery {
    if delivery.standing == Standing::Sent {
        if give(room, &delivery).await {
            delivery.standing = Standing::Delivered;
        } else {
            // The engine is busy or its disk is full; the receipt is kept, the notice is given later.
            tokio::time::sleep(FIRST_WAIT).await;
        }
        return delivery;
    }
    let letter = match write(room, &delivery, notifier.name()) {
        Ok(letter) => letter,
        Err((standing, reason)) => {
            (delivery.standing, delivery.reason) = (standing, Some(reason.to_owned()));
            return delivery;
        }
    };
    delivery.attempts += 1;
    match notifier.deliver(&letter).await {
        Ok(()) => {
            delivery.reason = None;
            delivery.standing = if delivery.notice.is_some() { Standing::Sent } else { Standing::Delivered };
        }
        Err(Undelivered::ForNow(reason)) => {
            delivery.reason = Some(reason);
            if delivery.attempts >= TRIES_MAX {
                delivery.standing = Standing::Failed;
            }
        }
        Err(Undelivered::ForGood(reason)) => {
            (delivery.standing, delivery.reason) = (Standing::Failed, Some(reason));
        }
    }
    delivery
}

/// The letter as it has to read now; or that there is none to send any more.
fn write(room: &Room, delivery: &Delivery, adapter: &str) -> Result<Letter, (Standing, &'static str)> {
    let app = &room.app;
    let snapshot = app.service.snapshot();
    let about: About = serde_json::from_str(&delivery.about).map_err(|_| (Standing::Failed, "unreadable"))?;
    let known: RiderEntry = entry(&app.service.register, "rider", &delivery.listener);
    let viewer = app.viewer_of(&snapshot, crate::access::sight::Sight::everything());
    let is_log = adapter == "log";
    if !is_log {
        let today = ServiceDay::of(viewer.now);
        // Who is told beside the rider is told whether or not the rider was.
        let beside = about.family && known.stand_in().is_none();
        if let Some(notice) = about.tidings.notice().filter(|_| !beside) {
            match snapshot.area.notices.get(&notice) {
                Some(issued) if issued.given_at.is_some() => return Err((Standing::Moot, "told_already")),
                Some(_) => {}
                None => return Err((Standing::Moot, "overtaken")),
            }
        }
        if about.tidings.is_overtaken(&snapshot.area, today) {
            return Err((Standing::Moot, "overtaken"));
        }
    }
    let contact = match (&known.family, about.family) {
        (Some(family), true) => family.contact.clone(),
        (None, true) => return Err((Standing::Moot, "overtaken")),
        (_, false) => known.contact.clone(),
    };
    if !is_log && adapter_of(contact.by) != Some(adapter) {
        return Err((Standing::Failed, "other_contact"));
    }
    let address = contact.address.unwrap_or_default();
    if address.is_empty() && !is_log {
        return Err((Standing::Failed, "no_address"));
    }
    let (subject, text) = viewer.letter(&about.tidings, &delivery.listener, about.family);
    Ok(Letter {
        key: delivery.key.clone(),
        rider: delivery.listener.clone(),
        name: match known.family {
            Some(family) if about.family => family.name,
            _ => known.name,
        },
        by: contact.by,
        address: if is_log { String::new() } else { address },
        kind: about.tidings.kind(),
        notice: about.tidings.notice().map(|n| n.to_string()),
        area: app.area_name.clone(),
        subject,
        text,
        about: serde_json::to_value(&about).unwrap_or_default(),
    })
}

/// Gives the notice that was delivered; repeating it is harmless. False asks to come again.
async fn give(room: &Room, delivery: &Delivery) -> bool {
    let notice: Option<NoticeId> = delivery.notice.as_ref().and_then(|id| id.parse().ok());
    let Some(notice) = notice else { return true };
    let submission = Submission::of(Command::GiveNotice { notice }, "notifier");
    match room.app.service.submit(submission).await {
        Ok(_) => true,
        Err(Turned::Busy { .. } | Turned::Unavailable { .. }) => false,
        Err(turned) => {
            // Its day may be over; the letter was delivered all the same.
            tracing::warn!(%notice, %turned, "a notice that was delivered could not be given");
            true
        }
    }
}
