//! The table of who may call what. Everything that is served stands here; what does not is for nobody who has to sign in.
//!
//! A test walks every path of the OpenAPI document with every role and compares the answers with this table, and
//! `docs/roles.md` is compared with it too. To add an endpoint, add its line.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::who::{Entry, Reach, Role, Who};

/// What a machine's key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reads what the desk sees, persons included.
    Read,
    /// Figures and policies; no persons.
    Figures,
    /// Asks for rides, accepts, cancels.
    Rides,
    /// Attendance, day plans, notices.
    Days,
    /// What drivers' devices report.
    Vehicles,
    /// Masters: adds, changes, imports, erases.
    Masters,
    /// Adopts policies.
    Policy,
}

impl Scope {
    pub fn code(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Figures => "figures",
            Scope::Rides => "rides",
            Scope::Days => "days",
            Scope::Vehicles => "vehicles",
            Scope::Masters => "masters",
            Scope::Policy => "policy",
        }
    }
}

/// How far a role may use a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    No,
    /// Where everything that is named is the caller's own; lists hold only that, the rest is blanked.
    Own,
    All,
    /// Whoever has the whole area.
    Area,
}

/// How a machine may use a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    No,
    /// Any key.
    Any,
    Of(Scope),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nobody has to sign in.
    Public,
    Signed {
        /// Operator, driver, facility manager, corporation administrator, rider, municipality, auditor.
        roles: [Grant; 7],
        keys: Keys,
    },
}

#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
}

const fn open(method: &'static str, path: &'static str) -> Route {
    Route { method, path, access: Access::Public }
}

const fn to(method: &'static str, path: &'static str, roles: [Grant; 7], keys: Keys) -> Route {
    Route { method, path, access: Access::Signed { roles, keys } }
}

mod short {
    use super::{Grant, Keys, Scope};

    pub const ___: Grant = Grant::No;
    pub const OWN: Grant = Grant::Own;
    pub const ALL: Grant = Grant::All;
    pub const TOP: Grant = Grant::Area;
    pub const NONE: Keys = Keys::No;
    pub const ANY: Keys = Keys::Any;
    pub const READ: Keys = Keys::Of(Scope::Read);
    pub const FIGURES: Keys = Keys::Of(Scope::Figures);
    pub const RIDES: Keys = Keys::Of(Scope::Rides);
    pub const DAYS: Keys = Keys::Of(Scope::Days);
    pub const VEHICLES: Keys = Keys::Of(Scope::Vehicles);
    pub const MASTERS: Keys = Keys::Of(Scope::Masters);
    pub const POLICY: Keys = Keys::Of(Scope::Policy);
}
use short::{___, ALL, ANY, DAYS, FIGURES, MASTERS, NONE, OWN, POLICY, READ, RIDES, TOP, VEHICLES};

/// Operator, driver, facility manager, corporation administrator, rider, municipality, auditor; then machines.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    //                                                      opr  drv  fac  cor  rid  mun  aud
    to("GET", "/api/v1/board",                             [ALL, ___, OWN, OWN, ___, ___, ALL], READ),
    to("GET", "/api/v1/town",                              [ALL, ___, ALL, ALL, ___, ALL, ALL], FIGURES),
    to("GET", "/api/v1/clock",                             [ALL, ALL, ALL, ALL, ALL, ALL, ALL], ANY),
    to("PUT", "/api/v1/clock",                             [ALL, ___, ___, TOP, ___, ___, ___], NONE),
    to("GET", "/api/v1/area",                              [ALL, ALL, ALL, ALL, ALL, ALL, ALL], ANY),
    // The map shows the town and nobody in it.
    open("GET", "/api/v1/map"),
    open("GET", "/api/v1/tiles/{z}/{x}/{y}"),
    to("PUT", "/api/v1/map/base-map",                      [ALL, ___, ___, TOP, ___, ___, ___], NONE),

    to("GET", "/api/v1/requests",                          [ALL, ___, OWN, OWN, OWN, ___, ALL], READ),
    to("POST", "/api/v1/requests",                         [ALL, ___, OWN, OWN, OWN, ___, ___], RIDES),
    to("GET", "/api/v1/requests/{id}",                     [ALL, ___, OWN, OWN, OWN, ___, ALL], READ),
    to("POST", "/api/v1/requests/{id}/accept",             [ALL, ___, OWN, OWN, OWN, ___, ___], RIDES),
    to("POST", "/api/v1/requests/{id}/wait",               [ALL, ___, OWN, OWN, OWN, ___, ___], RIDES),
    to("POST", "/api/v1/requests/{id}/cancel",             [ALL, ___, OWN, OWN, OWN, ___, ___], RIDES),
    to("POST", "/api/v1/requests/{id}/move",               [ALL, ___, ___, ___, ___, ___, ___], RIDES),
    to("POST", "/api/v1/round-trips",                      [ALL, ___, OWN, OWN, OWN, ___, ___], RIDES),
    to("POST", "/api/v1/round-trips/{id}/accept",          [ALL, ___, OWN, OWN, OWN, ___, ___], RIDES),

    to("POST", "/api/v1/absences",                         [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("POST", "/api/v1/joins",                            [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("POST", "/api/v1/outages",                          [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("POST", "/api/v1/day-plans",                        [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("GET", "/api/v1/day-plans/{facility}/{day}",        [ALL, ___, OWN, OWN, ___, ___, ALL], READ),
    to("POST", "/api/v1/day-plans/{facility}/{day}/improvements",
                                                           [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("PUT", "/api/v1/pins/{rider}/{day}/{direction}",    [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("DELETE", "/api/v1/pins/{rider}/{day}/{direction}", [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("POST", "/api/v1/notices/{id}/given",               [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("GET", "/api/v1/days/{day}/today",                  [ALL, ___, ___, ___, ___, ___, ALL], READ),
    to("POST", "/api/v1/readiness",                        [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("POST", "/api/v1/requests/{id}/door",               [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("POST", "/api/v1/requests/{id}/divert",             [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("POST", "/api/v1/requests/{id}/widen",              [ALL, ___, ___, ___, ___, ___, ___], RIDES),
    to("POST", "/api/v1/vehicles/{id}/lock",               [ALL, ___, OWN, OWN, ___, ___, ___], DAYS),
    to("GET", "/api/v1/closures",                          [ALL, ALL, ALL, ALL, ___, ALL, ALL], READ),
    to("POST", "/api/v1/closures",                         [ALL, ___, ___, ___, ___, ___, ___], DAYS),
    to("POST", "/api/v1/closures/{id}/open",               [ALL, ___, ___, ___, ___, ___, ___], DAYS),
    to("POST", "/api/v1/snow",                             [ALL, ___, ___, ___, ___, ___, ___], DAYS),
    to("GET", "/api/v1/attention",                         [ALL, ___, ___, ___, ___, ___, ALL], READ),
    to("POST", "/api/v1/contradictions/{id}/settled",      [ALL, ___, ___, ___, ___, ___, ___], DAYS),
    to("GET", "/api/v1/deliveries",                        [ALL, ___, OWN, OWN, ___, ___, ALL], READ),

    to("GET", "/api/v1/vehicles",                          [ALL, OWN, OWN, OWN, ___, ___, ALL], READ),
    to("POST", "/api/v1/vehicles",                         [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("GET", "/api/v1/vehicles/{id}",                     [ALL, OWN, OWN, OWN, ___, ___, ALL], READ),
    to("PUT", "/api/v1/vehicles/{id}",                     [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("POST", "/api/v1/vehicles/{id}/facts",              [ALL, OWN, ___, ___, ___, ___, ___], VEHICLES),
    to("POST", "/api/v1/vehicles/{id}/acknowledgements",   [ALL, OWN, ___, ___, ___, ___, ___], VEHICLES),
    to("POST", "/api/v1/vehicles/{id}/positions",          [ALL, OWN, ___, ___, ___, ___, ___], VEHICLES),
    to("GET", "/api/v1/legs",                              [ALL, OWN, OWN, OWN, ___, ___, ALL], READ),

    to("GET", "/api/v1/policies",                          [ALL, ___, ALL, ALL, ALL, ALL, ALL], FIGURES),
    to("POST", "/api/v1/policies",                         [ALL, ___, ___, TOP, ___, ___, ___], POLICY),
    to("POST", "/api/v1/policies/dry-run",                 [ALL, ___, ___, TOP, ___, ___, ALL], POLICY),

    to("GET", "/api/v1/corporations",                      [ALL, ___, ALL, ALL, ___, ALL, ALL], READ),
    to("POST", "/api/v1/corporations",                     [ALL, ___, ___, TOP, ___, ___, ___], MASTERS),
    to("GET", "/api/v1/places",                            [ALL, ___, OWN, OWN, ___, ___, ALL], READ),
    to("POST", "/api/v1/places",                           [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("GET", "/api/v1/places/{id}",                       [ALL, ___, OWN, OWN, ___, ___, ALL], READ),
    to("PUT", "/api/v1/places/{id}",                       [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("GET", "/api/v1/facilities",                        [ALL, ___, ALL, ALL, ___, ALL, ALL], READ),
    to("POST", "/api/v1/facilities",                       [ALL, ___, ___, OWN, ___, ___, ___], MASTERS),
    to("GET", "/api/v1/facilities/{id}",                   [ALL, ___, ALL, ALL, ___, ALL, ALL], READ),
    to("PUT", "/api/v1/facilities/{id}",                   [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("GET", "/api/v1/riders",                            [ALL, ___, OWN, OWN, OWN, ___, ALL], READ),
    to("POST", "/api/v1/riders",                           [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("GET", "/api/v1/riders/{id}",                       [ALL, ___, OWN, OWN, OWN, ___, ALL], READ),
    to("PUT", "/api/v1/riders/{id}",                       [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("DELETE", "/api/v1/riders/{id}",                    [ALL, ___, ___, OWN, ___, ___, ___], MASTERS),
    to("POST", "/api/v1/riders/{id}/places",               [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("PUT", "/api/v1/riders/{id}/care",                  [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("PUT", "/api/v1/riders/{id}/contact",               [ALL, ___, OWN, OWN, OWN, ___, ___], MASTERS),
    to("PUT", "/api/v1/riders/{id}/family",                [ALL, ___, OWN, OWN, OWN, ___, ___], MASTERS),
    to("DELETE", "/api/v1/riders/{id}/family",             [ALL, ___, OWN, OWN, OWN, ___, ___], MASTERS),
    to("GET", "/api/v1/drivers",                           [ALL, ___, OWN, OWN, ___, ___, ALL], READ),
    to("POST", "/api/v1/drivers",                          [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("GET", "/api/v1/drivers/{id}",                      [ALL, ___, OWN, OWN, ___, ___, ALL], READ),
    to("PUT", "/api/v1/drivers/{id}",                      [ALL, ___, OWN, OWN, ___, ___, ___], MASTERS),
    to("PUT", "/api/v1/sharing",                           [ALL, ___, ___, TOP, ___, ___, ___], MASTERS),
    // A list is compared with everybody who is registered, and so is for who may see them all.
    to("POST", "/api/v1/import/{kind}",                    [ALL, ___, ___, TOP, ___, ___, ___], MASTERS),
    to("GET", "/api/v1/export/{file}",                     [ALL, ___, ___, TOP, ___, ___, ALL], READ),

    // Signing in and out.
    open("GET", "/api/v1/session"),
    open("POST", "/api/v1/session"),
    open("DELETE", "/api/v1/session"),
    open("POST", "/api/v1/session/trial"),
    open("POST", "/api/v1/invitations/taken"),
    to("DELETE", "/api/v1/session/everywhere",             [ALL, ALL, ALL, ALL, ALL, ALL, ALL], NONE),
    to("PUT", "/api/v1/session/password",                  [ALL, ALL, ALL, ALL, ALL, ALL, ALL], NONE),
    to("GET", "/api/v1/accounts",                          [___, ___, ___, OWN, ___, ___, ALL], NONE),
    to("POST", "/api/v1/accounts",                         [___, ___, ___, OWN, ___, ___, ___], NONE),
    to("PUT", "/api/v1/accounts/{id}",                     [___, ___, ___, OWN, ___, ___, ___], NONE),
    to("DELETE", "/api/v1/accounts/{id}",                  [___, ___, ___, OWN, ___, ___, ___], NONE),
    to("POST", "/api/v1/accounts/{id}/invitation",         [___, ___, ___, OWN, ___, ___, ___], NONE),
    to("GET", "/api/v1/devices",                           [ALL, ___, OWN, OWN, ___, ___, ALL], NONE),
    to("POST", "/api/v1/devices",                          [ALL, ___, OWN, OWN, ___, ___, ___], NONE),
    to("DELETE", "/api/v1/devices/{id}",                   [ALL, ___, OWN, OWN, ___, ___, ___], NONE),
    to("GET", "/api/v1/api-keys",                          [___, ___, ___, TOP, ___, ___, ALL], NONE),
    to("POST", "/api/v1/api-keys",                         [___, ___, ___, TOP, ___, ___, ___], NONE),
    to("DELETE", "/api/v1/api-keys/{id}",                  [___, ___, ___, TOP, ___, ___, ___], NONE),

    // Not of the OpenAPI document. What a socket tells is held against the picture that it continues.
    to("GET", "/api/v1/ws",                                [ALL, OWN, OWN, OWN, OWN, ALL, ALL], ANY),
    open("GET", "/api/v1/openapi.json"),
    open("GET", "/api/v1/asyncapi.json"),
    open("GET", "/api/v1/asyncapi.yaml"),
    open("GET", "/health"),
    to("GET", "/metrics",                                  [ALL, ___, ___, TOP, ___, ___, ALL], FIGURES),
];

/// The line of a path, if it has one. Asking only for the head of an answer is asking for it.
pub fn find(method: &str, path: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES.iter().find(|r| r.path == path && r.method == method)
}

/// Whether a path is in the table with another method.
pub fn is_known(path: &str) -> bool {
    ROUTES.iter().any(|r| r.path == path)
}

impl Route {
    /// How far this caller may go. An open door leads everywhere.
    pub fn grant(&self, who: &Who) -> Grant {
        let Access::Signed { roles, keys } = self.access else { return Grant::All };
        let Some(role) = who.role else {
            return if who.entry == Entry::Open { Grant::All } else { Grant::No };
        };
        let grant = match role {
            Role::Operator => roles[0],
            Role::Driver => roles[1],
            Role::FacilityManager => roles[2],
            Role::CorporationAdministrator => roles[3],
            Role::Rider => roles[4],
            Role::Municipality => roles[5],
            Role::Auditor => roles[6],
            Role::Machine => match keys {
                Keys::No => Grant::No,
                Keys::Any => Grant::All,
                Keys::Of(scope) if who.scopes.contains(&scope) => Grant::All,
                Keys::Of(_) => Grant::No,
            },
        };
        match grant {
            Grant::Area if who.reach == Reach::All => Grant::All,
            Grant::Area => Grant::No,
            Grant::Own if who.reach == Reach::All => Grant::All,
            grant => grant,
        }
    }
}

/// How far a role may use a path, for whoever holds the served paths against the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    No,
    Own,
    All,
}

/// The table: method, path, and how far a role may use it whose holder has less than the whole area (no role: nobody).
pub fn allowed() -> impl Iterator<Item = (&'static str, &'static str, impl Fn(Option<Role>) -> Allowed)> {
    ROUTES.iter().map(|route| {
        let allowed = |role: Option<Role>| {
            let entry = if role.is_some() { Entry::Session } else { Entry::Unknown };
            match route.grant(&Who { entry, role, ..Who::unknown() }) {
                Grant::All => Allowed::All,
                Grant::Own => Allowed::Own,
                Grant::No | Grant::Area => Allowed::No,
            }
        };
        (route.method, route.path, allowed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Served, and not of the OpenAPI document.
    const BESIDES: [&str; 6] = [
        "/api/v1/ws",
        "/api/v1/openapi.json",
        "/api/v1/asyncapi.json",
        "/api/v1/asyncapi.yaml",
        "/health",
        "/metrics",
    ];

    #[test]
    fn the_documented_table_is_this_one() {
        let document = include_str!("../../../../docs/roles.md");
        for route in ROUTES {
            let path = route.path.replace("/api/v1", "");
            let cells = match route.access {
                Access::Public => "everybody | | | | | | |".to_owned(),
                Access::Signed { roles, keys } => {
                    let mut cells = roles
                        .map(|grant| match grant {
                            Grant::No => "–",
                            Grant::Own => "own",
                            Grant::All => "all",
                            Grant::Area => "area",
                        })
                        .to_vec();
                    cells.push(match keys {
                        Keys::No => "–",
                        Keys::Any => "any",
                        Keys::Of(scope) => scope.code(),
                    });
                    cells.join(" | ")
                }
            };
            let line = format!("| {} `{path}` | {cells} |", route.method);
            assert!(document.lines().any(|known| known == line), "docs/roles.md lacks: {line}");
        }
    }

    #[test]
    fn every_endpoint_has_its_line_and_every_line_its_endpoint() {
        let mut document = crate::bare_document();
        let mut served = BTreeSet::new();
        for (path, item) in &mut document.paths.paths {
            for (method, _) in super::super::documented::operations(item) {
                served.insert((method, path.clone()));
            }
        }
        for (method, path) in &served {
            assert!(find(method, path).is_some(), "{method} {path}: add its line to access/routes.rs");
        }
        let mut seen = BTreeSet::new();
        for route in ROUTES {
            assert!(seen.insert((route.method, route.path)), "{} {} stands twice", route.method, route.path);
            let is_served = served.contains(&(route.method, route.path.to_owned()));
            assert!(
                is_served || BESIDES.contains(&route.path),
                "{} {} is not served",
                route.method,
                route.path
            );
        }
    }
}
