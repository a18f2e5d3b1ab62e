//! Who drives which vehicle on a day: drivers matched to vehicles for the morning and for the evening.
//!
//! A driver fits a vehicle by licence and by being free for a part of the 送迎 hours. Vehicles are served in the order of
//! their worth, each by an augmenting path (Kuhn 1955); a set of vehicles that can be driven at the same time stays so, and
//! because such sets are a matroid the greedy order gives the most worthy set of all (Edmonds & Fulkerson 1965).

use std::collections::{BTreeMap, BTreeSet};

use domain::{Area, Driver, Resource, Turn, Vehicle, VehicleTurns};
use units::{DriverId, FacilityId, Seconds, ServiceDay, VehicleId, Window};

/// A driver who is free for less of the 送迎 hours than this is no help there.
const USEFUL: Seconds = Seconds::minutes(20);

/// One half of the day as one vehicle and one driver would share it.
struct Fit {
    driver: DriverId,
    windows: Vec<Window>,
    useful: Seconds,
    licence: domain::VehicleKind,
}

/// The turns of the vehicles of these facilities where they differ from what stands. Empty where the facilities have no
/// drivers in their masters: each vehicle then has its own, by its shift.
pub(crate) fn assign(area: &Area, facilities: &[FacilityId], day: ServiceDay) -> Vec<VehicleTurns> {
    let drivers: Vec<&Driver> =
        area.drivers.values().map(|d| &**d).filter(|d| facilities.contains(&d.facility)).collect();
    if drivers.is_empty() {
        return Vec::new();
    }
    let vehicles: Vec<&Vehicle> =
        area.vehicles.values().map(|v| &**v).filter(|v| facilities.contains(&v.facility)).collect();
    let mut turns: BTreeMap<VehicleId, Vec<Turn>> = vehicles.iter().map(|v| (v.id, Vec::new())).collect();
    for morning in [true, false] {
        for (vehicle, fit) in match_half(area, &vehicles, &drivers, (day, morning), &turns) {
            let known = turns.entry(vehicle).or_default();
            known.extend(fit.windows.iter().map(|window| Turn { driver: fit.driver, window: *window }));
        }
    }
    turns
        .into_iter()
        .filter(|(vehicle, turns)| area.turns.get(&(day, *vehicle)).is_none_or(|known| **known != *turns))
        .map(|(vehicle, turns)| VehicleTurns { vehicle, turns })
        .collect()
}

fn match_half(
    area: &Area,
    vehicles: &[&Vehicle],
    drivers: &[&Driver],
    (day, morning): (ServiceDay, bool),
    so_far: &BTreeMap<VehicleId, Vec<Turn>>,
) -> Vec<(VehicleId, Fit)> {
    let mut order: Vec<&Vehicle> = vehicles.to_vec();
    order.retain(|v| !area.is_out(Resource::Vehicle(v.id), day));
    let standing = |v: &Vehicle, driver: DriverId| {
        let known = area.turns.get(&(day, v.id));
        known.is_some_and(|turns| {
            turns.iter().any(|t| t.driver == driver && is_morning(area, v, day, t.window) == morning)
        })
    };
    let driven = |v: &Vehicle| drivers.iter().any(|d| standing(v, d.id));
    let busy = |v: &Vehicle| {
        area.routes.get(&domain::RouteId { day, vehicle: v.id }).is_some_and(|r| !r.visits.is_empty())
    };
    // Who drives goes on driving; then what has rides already; then what carries most.
    order.sort_by_key(|v| {
        let wheelchairs = v.layouts.iter().map(|l| l.wheelchairs).max().unwrap_or(0);
        (!driven(v), !busy(v), u8::MAX - v.seats(), u8::MAX - wheelchairs, !v.attendant, v.id)
    });
    let fits: Vec<Vec<Fit>> = order
        .iter()
        .map(|v| {
            let mut fits: Vec<Fit> = drivers.iter().filter_map(|d| fit(area, v, d, day, morning)).collect();
            let in_morning = |f: &Fit| so_far[&v.id].iter().any(|t| t.driver == f.driver);
            let at_home = |f: &Fit| area.drivers.get(&f.driver).is_some_and(|d| d.facility == v.facility);
            fits.sort_by_key(|f| {
                (!standing(v, f.driver), !in_morning(f), !at_home(f), -f.useful.0, f.licence, f.driver)
            });
            fits
        })
        .collect();
    let mut drives: BTreeMap<DriverId, usize> = BTreeMap::new();
    for v in 0..order.len() {
        augment(v, &fits, &mut drives, &mut BTreeSet::new());
    }
    let mut found = Vec::new();
    for (v, all) in fits.into_iter().enumerate() {
        if let Some(fit) = all.into_iter().find(|f| drives.get(&f.driver) == Some(&v)) {
            found.push((order[v].id, fit));
        }
    }
    found
}

/// Finds vehicle `v` a driver, moving others to other vehicles where that frees one.
fn augment(
    v: usize,
    fits: &[Vec<Fit>],
    drives: &mut BTreeMap<DriverId, usize>,
    seen: &mut BTreeSet<DriverId>,
) -> bool {
    for fit in &fits[v] {
        if !seen.insert(fit.driver) {
            continue;
        }
        let free = match drives.get(&fit.driver).copied() {
            None => true,
            Some(other) => augment(other, fits, drives, seen),
        };
        if free {
            drives.insert(fit.driver, v);
            return true;
        }
    }
    false
}

/// When the driver could drive the vehicle in this half of the day, if that is any use for its runs.
fn fit(area: &Area, vehicle: &Vehicle, driver: &Driver, day: ServiceDay, morning: bool) -> Option<Fit> {
    let facility = area.facilities.get(&vehicle.facility)?;
    if driver.licence < vehicle.kind || area.is_out(Resource::Driver(driver.id), day) {
        return None;
    }
    let shift = day.window(vehicle.shift);
    let noon = noon(area, vehicle, day)?;
    let (half, runs) = match morning {
        true => (Window::new(shift.open(), noon.max(shift.open())), facility.pickup_hours),
        false => (Window::new(noon.min(shift.close()), shift.close()), facility.dropoff_hours),
    };
    let half = half.ok()?;
    let free = driver.list_free(day).into_iter().filter_map(|w| day.window(w).meet(half));
    let windows: Vec<Window> = free.filter(|w| w.open() < w.close()).collect();
    let runs = day.window(runs);
    let useful = windows.iter().filter_map(|w| w.meet(runs)).map(|w| w.close() - w.open()).sum::<Seconds>();
    (useful >= USEFUL).then_some(Fit { driver: driver.id, windows, useful, licence: driver.licence })
}

/// The middle of the service: what comes before belongs to the pickup runs, what comes after to the drop-off runs.
fn noon(area: &Area, vehicle: &Vehicle, day: ServiceDay) -> Option<units::Timestamp> {
    let service = day.window(area.facilities.get(&vehicle.facility)?.service);
    Some(service.open() + Seconds((service.close() - service.open()).0 / 2))
}

fn is_morning(area: &Area, vehicle: &Vehicle, day: ServiceDay, window: Window) -> bool {
    noon(area, vehicle, day).is_some_and(|noon| window.open() < noon)
}
