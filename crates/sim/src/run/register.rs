//! Puts a town's people into an engine, and copies that beginning for every run of a comparison.

use std::sync::Arc;

use dispatch::{Engine, Setup, Submission};
use domain::{Command, EVENT_SCHEMA, Event, Membership, NewFacility, NewPlace, NewRider, NewVehicle};
use roads::Roads;
use store::{Append, EventLog, LogReader, MemoryLog, NewEvent, Version};
use units::{AreaId, CorporationId, FacilityId, PlaceId, RiderId, Timestamp, VehicleId};

use crate::Fault;
use crate::town::TownPeople;

pub(super) const AREA: AreaId = AreaId(1);
const ACTOR: &str = "simulation";

/// Which id each index of the [`TownPeople`] was given.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    pub places: Vec<PlaceId>,
    pub facilities: Vec<FacilityId>,
    pub vehicles: Vec<VehicleId>,
    pub riders: Vec<RiderId>,
}

/// A log in which the town is registered and nothing else has happened.
pub(super) struct Beginning {
    pub ids: Ids,
    pub events: Vec<Event>,
    stored: Vec<NewEvent>,
}

impl Beginning {
    pub fn register(people: &TownPeople, roads: Arc<Roads>, now: Timestamp) -> Result<Beginning, Fault> {
        let mut log = MemoryLog::new();
        let setup = Setup { area: AREA, roads, log: Box::new(log.clone()) };
        let mut desk = Desk { engine: Engine::open(setup)?, now, events: Vec::new() };
        let ids = desk.register(people)?;
        let mut stored_events = Vec::new();
        log.load(AREA, Version::EMPTY, &mut |stored| {
            let store::StoredEvent { kind, schema, at, actor, payload, .. } = stored;
            stored_events.push(NewEvent { kind, schema, at, actor, payload });
            Ok(())
        })?;
        Ok(Beginning { ids, events: desk.events, stored: stored_events })
    }

    /// Something more that happened before the day.
    pub fn remember(&mut self, event: &Event, at: Timestamp) -> Result<(), Fault> {
        let wrong = |detail: serde_json::Error| Fault::Stored { detail: detail.to_string() };
        self.stored.push(NewEvent {
            kind: event.name().to_owned(),
            schema: EVENT_SCHEMA,
            at,
            actor: ACTOR.to_owned(),
            payload: serde_json::to_string(event).map_err(wrong)?,
        });
        self.events.push(event.clone());
        Ok(())
    }

    /// A log of its own that begins with these events.
    pub fn copy(&self) -> Result<MemoryLog, Fault> {
        let mut log = MemoryLog::new();
        let mut append = Append::new(AREA, Version::EMPTY, log.take_epoch(AREA)?);
        append.events.clone_from(&self.stored);
        log.append(&append)?;
        Ok(log)
    }
}

struct Desk {
    engine: Engine,
    now: Timestamp,
    events: Vec<Event>,
}

impl Desk {
    fn register(&mut self, people: &TownPeople) -> Result<Ids, Fault> {
        let mut corporations: Vec<CorporationId> = Vec::new();
        let mut ids = Ids::default();
        for _ in &people.corporations {
            corporations.push(self.add(Command::AddCorporation, |event| match event {
                Event::CorporationAdded { corporation } => Some(*corporation),
                _ => None,
            })?);
        }
        for place in &people.places {
            let new = NewPlace { node: place.node, largest_vehicle: place.largest_vehicle };
            ids.places.push(self.add(Command::AddPlace(new), |event| match event {
                Event::PlaceAdded { place } => Some(place.id),
                _ => None,
            })?);
        }
        for facility in &people.facilities {
            let new = NewFacility {
                corporation: corporations[facility.corporation],
                place: ids.places[facility.place],
                service: facility.service,
                pickup_hours: facility.pickup_hours,
                dropoff_hours: facility.dropoff_hours,
                ride_max: facility.ride_max,
            };
            ids.facilities.push(self.add(Command::AddFacility(new), |event| match event {
                Event::FacilityAdded { facility } => Some(facility.id),
                _ => None,
            })?);
        }
        for vehicle in &people.vehicles {
            let new = NewVehicle {
                facility: ids.facilities[vehicle.facility],
                kind: vehicle.kind,
                layouts: vehicle.layouts.clone(),
                shift: vehicle.shift,
                attendant: vehicle.attendant,
            };
            ids.vehicles.push(self.add(Command::AddVehicle(new), |event| match event {
                Event::VehicleAdded { vehicle } => Some(vehicle.id),
                _ => None,
            })?);
        }
        for rider in &people.riders {
            let membership = rider.membership.as_ref().map(|(facility, weekdays)| Membership {
                facility: ids.facilities[*facility],
                weekdays: weekdays.clone(),
            });
            let places = rider.places.iter().map(|place| ids.places[*place]).collect();
            let new = NewRider { needs: rider.needs, places, membership };
            ids.riders.push(self.add(Command::AddRider(new), |event| match event {
                Event::RiderAdded { rider } => Some(rider.id),
                _ => None,
            })?);
        }
        Ok(ids)
    }

    fn add<T>(&mut self, command: Command, created: impl Fn(&Event) -> Option<T>) -> Result<T, Fault> {
        let what = format!("{command:?}");
        let reply = self.engine.submit(Submission::of(command, ACTOR), self.now);
        let turned = |source| Fault::Turned { what: what.clone(), source };
        let reply = reply.map_err(turned)?;
        let id = reply.events.iter().find_map(created);
        self.events.extend(reply.events);
        id.ok_or(Fault::NothingCreated { what })
    }
}
