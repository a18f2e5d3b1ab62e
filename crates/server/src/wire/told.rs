//! Who has to be told what, how, and what became of it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::register::{self, By};

/// How a rider is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Contact {
    pub by: By,
    pub address: Option<String>,
}

/// Somebody of the family who is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Family {
    #[schema(example = "佐藤 花子")]
    pub name: String,
    pub phone: Option<String>,
    pub by: By,
    pub address: Option<String>,
    /// In the rider's place; otherwise both are told.
    pub instead: bool,
}

impl Family {
    pub fn of(known: &register::Family) -> Family {
        let register::Family { name, phone, contact, instead } = known.clone();
        Family { name, phone, by: contact.by, address: contact.address, instead }
    }
}

/// What somebody has to be told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Notice {
    pub id: String,
    /// `rider`, `driver` or `facility`.
    pub to: String,
    pub to_id: String,
    pub to_name: String,
    pub phone: Option<String>,
    /// `time`, `other_vehicle`, `no_ride`, `seat_free`, `late`, `visits` or `runs`.
    pub kind: String,
    /// A promise is broken: what had been told no longer holds.
    pub breaks_promise: bool,
    pub text_ja: String,
    pub text_en: String,
    pub given_at: Option<String>,
    /// How a rider is told, or the family in the rider's place; none for drivers and facilities.
    pub by: Option<By>,
    /// Somebody of the rider's family who is told too, or in the rider's place.
    pub family: Option<Family>,
    /// How it is on its way; none where somebody has to call.
    pub delivery: Option<Delivery>,
    pub script: Script,
}

/// What the operator reads aloud.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Script {
    pub read_ja: String,
    pub read_en: String,
    pub if_unanswered_ja: String,
    pub if_unanswered_en: String,
}

/// What became of a message to a rider.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Delivery {
    /// The `Idempotency-Key` that the receiver sees.
    #[schema(example = "1234-0")]
    pub key: String,
    /// `mail`, `webhook` or `log`.
    pub adapter: String,
    pub rider: String,
    pub notice: Option<String>,
    /// The kind of a notice, or `booked`, `cancelled`, `on_the_way`.
    pub kind: String,
    /// `waiting`, `sent`, `delivered`, `moot` (told by somebody else, or overtaken) or `failed`.
    pub standing: String,
    pub attempts: u32,
    /// Why it was not delivered, or not yet: a code such as `http_503`.
    pub reason: Option<String>,
    pub reason_ja: Option<String>,
    pub reason_en: Option<String>,
    pub at: String,
}
