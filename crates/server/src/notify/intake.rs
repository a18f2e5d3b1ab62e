//! Reads the log and puts into the outbox what somebody has to be told. Folds a state of its own, so that each event is
//! looked at in the state it happened in, however late.

use std::sync::Arc;
use std::time::Duration;

use dispatch::{Happened, Published};
use domain::Area;
use serde::{Deserialize, Serialize};
use store::{Delivery, Standing, Version};
use tokio::sync::broadcast;
use units::{RiderId, Seconds, Timestamp};

use super::Room;
use super::deliveries::Deliveries;
use super::tidings::{Tidings, tidings_of};
use crate::register::{By, RiderEntry, entry};

/// What is done with is kept this long for whoever asks.
const KEPT: Seconds = Seconds::hours(14 * 24);
/// The position is kept with every letter; without any, after so many events.
const POSITION_EVERY: u64 = 1_000;

/// What a row of the outbox says.
#[derive(Debug, Serialize, Deserialize)]
pub struct About {
    pub at: Timestamp,
    pub kind: String,
    pub tidings: Tidings,
    /// To the family and not to the rider.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub family: bool,
}

/// Where to go on.
pub struct Begin {
    pub area: Area,
    pub position: Version,
}

/// Looks up how far the log has been read, and folds it up to there.
///
/// A log that was there before its outbox is not told of from its beginning: nobody wants to hear of last month.
pub fn begin(
    outbox: &mut store::Outbox,
    id: units::AreaId,
    past: &mut crate::past::Past,
    last: Version,
    now: Timestamp,
) -> Result<(Begin, Deliveries), store::Fault> {
    let position = match outbox.position(id)? {
        Some(position) if position > last => {
            tracing::warn!(%position, %last, "the log is an older copy than its outbox; deliveries behind it are forgotten");
            outbox.forget_after(id, last)?;
            last
        }
        Some(position) => position,
        None => {
            outbox.take(id, last, &[])?;
            last
        }
    };
    outbox.forget_before(now - KEPT)?;
    let shown = Deliveries::with(outbox.list_shown(id, super::deliveries::SHOWN_MAX)?);
    let area = past.state(id, position)?;
    Ok((Begin { area, position }, shown))
}

pub(crate) fn fold(area: &mut Area, event: &domain::Event) {
    // The engine folded the same event; what it takes cannot be refused here.
    if let Err(fault) = area.apply(event) {
        tracing::error!(error = %fault, event = event.name(), "an event of the log does not fit the notifier's state");
    }
}

/// Runs until the service is gone.
pub async fn run(room: Room, begin: Begin) {
    let mut intake = Intake { kept: begin.position, room, area: begin.area, position: begin.position };
    // Listen first, then look back, so that nothing falls between.
    let mut feed = intake.room.app.service.subscribe();
    intake.catch_up().await;
    loop {
        match feed.recv().await {
            Ok(published) => {
                let Published { happened, .. } = &*published;
                let next = Version(intake.position.0 + 1);
                if happened.first().is_some_and(|h| h.version > next) {
                    intake.catch_up().await;
                    continue;
                }
                let fresh: Vec<_> =
                    happened.iter().filter(|h| h.version > intake.position).cloned().collect();
                intake.take_in(&fresh).await;
            }
            Err(broadcast::error::RecvError::Lagged(_)) => intake.catch_up().await,
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

struct Intake {
    room: Room,
    area: Area,
    position: Version,
    /// As it stands in the outbox.
    kept: Version,
}

impl Intake {
    async fn catch_up(&mut self) {
        let missed = loop {
            let (app, position) = (self.room.app.clone(), self.position);
            match tokio::task::spawn_blocking(move || app.service.load_since(position)).await {
                Ok(Ok(missed)) => break missed,
                Ok(Err(fault)) => {
                    tracing::error!(error = %fault, "the log could not be read; people are told later")
                }
                Err(ended) => tracing::error!(error = %ended, "reading the log ended early"),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        self.take_in(&missed).await;
    }

    /// Whole batches, in order, none twice.
    async fn take_in(&mut self, happened: &[Arc<Happened>]) {
        let mut new = Vec::new();
        for (place, one) in happened.iter().enumerate() {
            for (k, (rider, tidings)) in tidings_of(&self.area, &happened[place..]).into_iter().enumerate() {
                let key = format!("{}-{k}", one.version.0);
                new.extend(self.deliveries(key, one, rider, tidings));
            }
            fold(&mut self.area, &one.event);
            self.position = one.version;
        }
        if new.is_empty() && self.position.0 < self.kept.0 + POSITION_EVERY {
            return;
        }
        self.kept = self.position;
        let (id, position, rows) = (self.area.id, self.position, Arc::new(new));
        let taken = rows.clone();
        self.room.with_outbox(move |outbox| outbox.take(id, position, &taken)).await;
        rows.iter().for_each(|row| self.room.app.deliveries.note(row));
        self.room.bell.send_modify(|n| *n += 1);
    }

    /// One row for each adapter that this rider, or the family, is told by, and one for the log.
    ///
    /// A notice is given by telling the rider, or who stands in; telling the family too gives none.
    fn deliveries(&self, key: String, one: &Happened, rider: RiderId, tidings: Tidings) -> Vec<Delivery> {
        let app = &self.room.app;
        let known: RiderEntry = entry(&app.service.register, "rider", &rider.to_string());
        let notice = tidings.notice().map(|n| n.to_string());
        let mut about = About { at: one.at, kind: tidings.kind().to_owned(), tidings, family: false };
        let Ok(to_rider) = serde_json::to_string(&about) else { return Vec::new() };
        about.family = true;
        let Ok(to_family) = serde_json::to_string(&about) else { return Vec::new() };
        let row = |adapter: &str, family: bool, notice: Option<String>| Delivery {
            key: if family { format!("{key}-family") } else { key.clone() },
            adapter: adapter.to_owned(),
            version: one.version,
            listener: rider.to_string(),
            notice,
            about: if family { to_family.clone() } else { to_rider.clone() },
            standing: Standing::Waiting,
            attempts: 0,
            reason: None,
            at: one.at,
        };
        let is_there = |name: &str| self.room.adapters.iter().any(|a| a.name() == name);
        let mut rows = Vec::new();
        if is_there("log") {
            rows.push(row("log", false, None));
        }
        let set_up = |row: Delivery| match is_there(&row.adapter) {
            true => row,
            false => Delivery { standing: Standing::Failed, reason: Some("not_set_up".to_owned()), ..row },
        };
        let stand_in = known.stand_in().is_some();
        let to_rider = adapter_of(known.contact.by).filter(|_| !stand_in);
        rows.extend(to_rider.map(|name| set_up(row(name, false, notice.clone()))));
        let to_family = known.family.as_ref().and_then(|family| adapter_of(family.contact.by));
        let notice = notice.filter(|_| stand_in);
        rows.extend(to_family.map(|name| set_up(row(name, true, notice))));
        rows
    }
}

/// The adapter for a way of telling; none where somebody calls.
pub fn adapter_of(by: By) -> Option<&'static str> {
    match by {
        By::Mail => Some("mail"),
        By::Webhook => Some("webhook"),
        By::Phone | By::Nobody => None,
    }
}
