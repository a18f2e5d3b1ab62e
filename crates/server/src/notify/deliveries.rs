//! What the pages show of the outbox: the deliveries of notices, and all that failed.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::ops::Bound;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

use store::{Delivery, Standing};
use units::NoticeId;

use crate::texts::sentence;
use crate::wire;

/// As many as are kept in sight; older ones stay in the outbox.
pub const SHOWN_MAX: u32 = 2_000;

/// Shared between the tasks that write it and all readers.
#[derive(Debug, Default)]
pub struct Deliveries {
    shown: RwLock<BTreeMap<(u64, String, String), Delivery>>,
}

impl Deliveries {
    pub fn with(shown: Vec<Delivery>) -> Deliveries {
        let deliveries = Deliveries::default();
        shown.iter().for_each(|delivery| deliveries.note(delivery));
        deliveries
    }

    pub fn note(&self, delivery: &Delivery) {
        let name = (delivery.version.0, delivery.key.clone(), delivery.adapter.clone());
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        if delivery.notice.is_none() && delivery.standing != Standing::Failed {
            shown.remove(&name);
            return;
        }
        shown.insert(name, delivery.clone());
        while shown.len() > SHOWN_MAX as usize {
            shown.pop_first();
        }
    }

    /// How the notice is on its way, if somebody is told it by mail or an app.
    pub fn find(&self, notice: NoticeId) -> Option<wire::Delivery> {
        let name = notice.to_string();
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        shown.values().rev().find(|d| d.notice.as_ref() == Some(&name)).map(view)
    }

    /// What was given up, newest first, from behind one of them on.
    pub fn list_failed(&self, before: Option<Place>) -> Vec<(Place, wire::Delivery)> {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        let to = before.map_or(Bound::Unbounded, |Place(version, key, adapter)| {
            Bound::Excluded((version, key, adapter))
        });
        let failed =
            shown.range((Bound::Unbounded, to)).rev().filter(|(_, d)| d.standing == Standing::Failed);
        failed
            .map(|((version, key, adapter), d)| (Place(*version, key.clone(), adapter.clone()), view(d)))
            .collect()
    }
}

/// Where a delivery stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(u64, String, String);

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}~{}", self.0, self.1, self.2)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Place, ()> {
        let mut parts = text.splitn(3, '~');
        let mut part = || parts.next().ok_or(());
        Ok(Place(part()?.parse().map_err(|_| ())?, part()?.to_owned(), part()?.to_owned()))
    }
}

fn view(delivery: &Delivery) -> wire::Delivery {
    let reason = delivery.reason.as_deref().map(|code| {
        // `http_503` and `smtp_550` share a sentence each; the number says the rest.
        let (group, number) = match code.split_once('_') {
            Some((group @ ("http" | "smtp"), number)) => (group, number),
            _ => (code, ""),
        };
        let number = crate::texts::Both { ja: number.to_owned(), en: number.to_owned() };
        sentence("undelivered", group, &[("{number}", number)])
    });
    let about: serde_json::Value = serde_json::from_str(&delivery.about).unwrap_or_default();
    wire::Delivery {
        key: delivery.key.clone(),
        adapter: delivery.adapter.clone(),
        rider: delivery.listener.clone(),
        notice: delivery.notice.clone(),
        kind: about["kind"].as_str().unwrap_or_default().to_owned(),
        standing: delivery.standing.code().to_owned(),
        attempts: delivery.attempts,
        reason: delivery.reason.clone(),
        reason_ja: reason.as_ref().map(|r| r.ja.clone()),
        reason_en: reason.map(|r| r.en),
        at: delivery.at.to_string(),
    }
}
