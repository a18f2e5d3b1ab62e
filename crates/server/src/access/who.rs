//! The caller of the present task.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use units::{CorporationId, DriverId, FacilityId, RiderId, VehicleId};
use utoipa::ToSchema;

use super::routes::Scope;

/// In what capacity somebody uses the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// At the dispatch desk of the whole area.
    Operator,
    Driver,
    FacilityManager,
    /// Of one corporation, or, without one, of the whole area.
    CorporationAdministrator,
    /// A rider, or family who ask for one or several riders.
    Rider,
    Municipality,
    /// Reads everything and changes nothing.
    Auditor,
    /// A program with an API key; its scopes say what it may.
    Machine,
}

impl Role {
    pub const ALL: [Role; 8] = [
        Role::Operator,
        Role::Driver,
        Role::FacilityManager,
        Role::CorporationAdministrator,
        Role::Rider,
        Role::Municipality,
        Role::Auditor,
        Role::Machine,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::Driver => "driver",
            Role::FacilityManager => "facility_manager",
            Role::CorporationAdministrator => "corporation_administrator",
            Role::Rider => "rider",
            Role::Municipality => "municipality",
            Role::Auditor => "auditor",
            Role::Machine => "machine",
        }
    }
}

/// What is somebody's own: how far what concerns persons is shown to them, and what they may change.
///
/// Ordered, so that a message can be rendered once for all who see the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The whole area.
    All,
    Corporation(CorporationId),
    Facility(FacilityId),
    /// The vehicle's run of today.
    Vehicle(VehicleId),
    /// The runs of today of the vehicles that the driver is at the wheel of.
    Driver(DriverId),
    Riders(BTreeSet<RiderId>),
    /// Figures without persons.
    Nobody,
}

/// How the caller came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Not at all.
    Unknown,
    /// Nobody has to sign in: the server listens on this machine only.
    Open,
    /// With the cookie of a session.
    Session,
    /// With an API key.
    Key,
}

/// A caller.
#[derive(Debug, Clone)]
pub struct Who {
    pub entry: Entry,
    /// Of the account, device or key.
    pub id: Option<String>,
    /// None for whoever came in unknown or through an open door.
    pub role: Option<Role>,
    pub reach: Reach,
    /// Of a machine.
    pub scopes: BTreeSet<Scope>,
    /// The hashed token of the session.
    pub session: Option<String>,
}

impl Who {
    pub fn unknown() -> Who {
        Who {
            entry: Entry::Unknown,
            id: None,
            role: None,
            reach: Reach::Nobody,
            scopes: BTreeSet::new(),
            session: None,
        }
    }

    pub fn open() -> Who {
        Who { entry: Entry::Open, reach: Reach::All, ..Who::unknown() }
    }
}

tokio::task_local! {
    static CALLER: Arc<Who>;
}

/// Runs what answers a call, as its caller.
pub async fn calling<F: Future>(who: Arc<Who>, work: F) -> F::Output {
    CALLER.scope(who, work).await
}

/// The caller of the present task. A task that was started for no caller has none and is shown nothing.
pub fn caller() -> Arc<Who> {
    CALLER.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Who::unknown()))
}
