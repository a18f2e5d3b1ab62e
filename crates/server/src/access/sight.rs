//! What somebody sees of the persons in the area.

use std::collections::BTreeSet;

use domain::{Area, IssuedNotice, Listener, Request, RouteId};
use units::{CorporationId, DriverId, FacilityId, PlaceId, RequestId, RiderId, ServiceDay, VehicleId};

use super::who::Reach;
use crate::register::Category;

/// What is the caller's own, worked out once for a call or a message.
#[derive(Debug, Clone)]
pub struct Sight(Option<Own>);

#[derive(Debug, Clone, Default)]
struct Own {
    corporations: BTreeSet<CorporationId>,
    facilities: BTreeSet<FacilityId>,
    vehicles: BTreeSet<VehicleId>,
    drivers: BTreeSet<DriverId>,
    riders: BTreeSet<RiderId>,
    /// Of a driver: only these, whoever rides. Otherwise those of the riders.
    requests: Option<BTreeSet<RequestId>>,
    places: BTreeSet<PlaceId>,
    /// Places that belong to somebody else.
    foreign: BTreeSet<PlaceId>,
    /// Who keeps masters also sees places that are nobody's, such as one that was just added.
    keeps_masters: bool,
}

impl Sight {
    /// For the server's own work and for whoever has the whole area.
    pub fn everything() -> Sight {
        Sight(None)
    }

    pub fn of(reach: &Reach, area: &Area, today: ServiceDay) -> Sight {
        let own = match reach {
            Reach::All => return Sight(None),
            Reach::Nobody => Own::default(),
            Reach::Corporation(corporation) => {
                let own = area.facilities.values().filter(|f| f.corporation == *corporation).map(|f| f.id);
                Own {
                    corporations: BTreeSet::from([*corporation]),
                    ..Own::of_facilities(area, own.collect())
                }
            }
            Reach::Facility(facility) => Own::of_facilities(area, BTreeSet::from([*facility])),
            Reach::Vehicle(vehicle) => Own::of_vehicles(area, today, BTreeSet::from([*vehicle])),
            Reach::Driver(driver) => {
                let at_wheel = |(key, turns): (&(ServiceDay, VehicleId), &Vec<domain::Turn>)| {
                    (key.0 == today && turns.iter().any(|t| t.driver == *driver)).then_some(key.1)
                };
                let vehicles = area.turns.iter().filter_map(|(k, v)| at_wheel((k, v))).collect();
                Own { drivers: BTreeSet::from([*driver]), ..Own::of_vehicles(area, today, vehicles) }
            }
            Reach::Riders(riders) => {
                let places = riders.iter().filter_map(|r| area.riders.get(r)).flat_map(|r| r.places.clone());
                Own { riders: riders.clone(), places: places.collect(), ..Own::default() }
            }
        };
        Sight(Some(own))
    }

    fn holds(&self, own: impl Fn(&Own) -> bool) -> bool {
        self.0.as_ref().is_none_or(own)
    }

    pub fn is_whole(&self) -> bool {
        self.0.is_none()
    }

    pub fn corporation(&self, id: CorporationId) -> bool {
        self.holds(|own| own.corporations.contains(&id))
    }

    pub fn facility(&self, id: FacilityId) -> bool {
        self.holds(|own| own.facilities.contains(&id))
    }

    pub fn vehicle(&self, id: VehicleId) -> bool {
        self.holds(|own| own.vehicles.contains(&id))
    }

    pub fn driver(&self, id: DriverId) -> bool {
        self.holds(|own| own.drivers.contains(&id))
    }

    pub fn rider(&self, id: RiderId) -> bool {
        self.holds(|own| own.riders.contains(&id))
    }

    pub fn request(&self, request: &Request) -> bool {
        self.holds(|own| match &own.requests {
            Some(requests) => requests.contains(&request.id),
            None => own.riders.contains(&request.rider),
        })
    }

    /// Whether label, address and position of a place may be shown. A shop or a clinic is no secret, whoever goes there.
    pub fn place(&self, id: PlaceId, category: Category) -> bool {
        let is_public = !matches!(category, Category::Home | Category::Other);
        self.holds(|own| {
            own.places.contains(&id) || own.keeps_masters && (is_public || !own.foreign.contains(&id))
        })
    }

    pub fn notice(&self, issued: &IssuedNotice) -> bool {
        match issued.notice.to {
            Listener::Rider(rider) => self.rider(rider),
            Listener::Driver(vehicle) => self.vehicle(vehicle),
            Listener::Facility(facility) => self.facility(facility),
        }
    }
}

impl Own {
    /// The facilities with their vehicles, drivers and members.
    fn of_facilities(area: &Area, facilities: BTreeSet<FacilityId>) -> Own {
        let is_own = |f: &FacilityId| facilities.contains(f);
        let mut own = Own { keeps_masters: true, ..Own::default() };
        for rider in area.riders.values() {
            if rider.membership.as_ref().is_some_and(|m| is_own(&m.facility)) {
                own.riders.insert(rider.id);
                own.places.extend(rider.places.iter().copied());
            } else {
                own.foreign.extend(rider.places.iter().copied());
            }
        }
        own.vehicles = area.vehicles.values().filter(|v| is_own(&v.facility)).map(|v| v.id).collect();
        own.drivers = area.drivers.values().filter(|d| is_own(&d.facility)).map(|d| d.id).collect();
        own.places.extend(area.facilities.values().map(|f| f.place));
        own.facilities = facilities;
        own
    }

    /// The vehicles with whoever rides in them today, and the places to which they go.
    fn of_vehicles(area: &Area, today: ServiceDay, vehicles: BTreeSet<VehicleId>) -> Own {
        let mut requests = BTreeSet::new();
        let mut own = Own::default();
        for vehicle in &vehicles {
            own.places.extend(area.find_base(*vehicle));
            let id = RouteId { day: today, vehicle: *vehicle };
            let Some(route) = area.find_route(id) else { continue };
            own.places.insert(route.anchor.place);
            requests.extend(route.visits.iter().map(|v| v.visit.request));
            requests.extend(area.on_board(id).map(|(request, _, _)| request.id));
        }
        for request in requests.iter().filter_map(|id| area.requests.get(id)) {
            own.riders.insert(request.rider);
            own.places.extend([request.from, request.to]);
        }
        Own { vehicles, requests: Some(requests), ..own }
    }
}
