//! What a driver reports and what is known here may contradict each other: a phone comes out of a dead spot and speaks of a
//! plan that was changed meanwhile. What happened to people is never dropped; somebody has to look into it.

use serde::{Deserialize, Serialize};
use units::{ContradictionId, Timestamp, VehicleId};

use crate::area::Area;
use crate::command::FactKind;
use crate::decide::{Decision, unknown};
use crate::event::Event;
use crate::plan::VisitKey;
use crate::rejection::Rejection;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    pub id: ContradictionId,
    pub vehicle: VehicleId,
    pub fact: FactKind,
    pub visit: VisitKey,
    /// When it happened, by the driver's device.
    pub at: Timestamp,
    /// When it was heard of here.
    pub heard_at: Timestamp,
    pub contrary: Contrary,
}

/// What stands against a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Contrary {
    /// The ride had been cancelled. The report changed nothing.
    Cancelled,
    /// The rider had been noted as a no-show. The report changed nothing.
    NoShow,
    /// The rider had got on. The report changed nothing.
    OnBoard,
    /// The ride had been given to another vehicle. The report changed nothing.
    OtherVehicle { vehicle: VehicleId },
    /// Getting on was never reported. It was taken to have happened at the same time.
    NotBoarded,
    /// Another visit was due first. The report was taken, and the rest follows in its order.
    OtherOrder { next: VisitKey },
}

impl Contrary {
    /// A code that never changes.
    pub const fn code(self) -> &'static str {
        match self {
            Contrary::Cancelled => "cancelled",
            Contrary::NoShow => "no_show",
            Contrary::OnBoard => "on_board",
            Contrary::OtherVehicle { .. } => "other_vehicle",
            Contrary::NotBoarded => "not_boarded",
            Contrary::OtherOrder { .. } => "other_order",
        }
    }
}

/// The event that puts it before the operator; none if it is there already.
pub(crate) fn contradict(
    area: &Area,
    vehicle: VehicleId,
    (fact, visit): (FactKind, VisitKey),
    (at, now): (Timestamp, Timestamp),
    contrary: Contrary,
) -> Vec<Event> {
    let same = |c: &&Contradiction| (c.vehicle, c.fact, c.visit) == (vehicle, fact, visit);
    if area.contradictions.values().find(same).is_some() {
        return Vec::new();
    }
    let id = area.last_contradiction.next();
    let contradiction = Contradiction { id, vehicle, fact, visit, at, heard_at: now, contrary };
    vec![Event::FactContradicted { contradiction }]
}

pub(crate) fn settle(area: &Area, id: ContradictionId, now: Timestamp) -> Result<Decision, Rejection> {
    if area.contradictions.contains_key(&id) {
        return Ok(Decision::just(vec![Event::ContradictionSettled { contradiction: id, at: now }]));
    }
    // Pressing twice is no fault.
    if id <= area.last_contradiction {
        Ok(Decision::just(Vec::new()))
    } else {
        Err(unknown("contradiction", &id))
    }
}
