//! Corporations, facilities and vehicles.

use domain::{Layout, VehicleKind};
use units::{DayTime, DayWindow, Seconds};

use super::names::{draw_driver, phone};
use super::places::Sites;
use super::{CORPORATIONS, Corporation, FACILITIES, TownFacility, TownVehicle, VEHICLES};
use crate::Fault;
use crate::draw::Draw;

const CORPORATION_NAMES: [&str; CORPORATIONS] = ["社会福祉法人 せおと会", "株式会社 ひばりケア"];
/// The larger corporation has two of the three facilities.
const OWNER: [usize; FACILITIES] = [0, 0, 1];
const CAPACITY: [u32; FACILITIES] = [40, 30, 25];
const VEHICLE_NAMES: [&str; FACILITIES] = ["さくら", "ひまわり", "けやき"];
/// Facilities answer under the first numbers of the town.
const FIRST_PHONE: u32 = 100;
/// One of each kind per facility, the largest first; attendants ride along in two of three vehicles.
const FLEET: [(VehicleKind, [bool; FACILITIES]); VEHICLES / FACILITIES] = [
    (VehicleKind::Van, [true, true, true]),
    (VehicleKind::Minivan, [true, true, true]),
    (VehicleKind::Compact, [true, true, false]),
    (VehicleKind::Kei, [false, false, false]),
];

const fn hours(open: (u32, u32), close: (u32, u32)) -> (DayTime, DayTime) {
    (DayTime::hm(open.0, open.1), DayTime::hm(close.0, close.1))
}

/// The constants below are in order; a reversed pair would be a mistake in this file.
fn window((open, close): (DayTime, DayTime)) -> DayWindow {
    DayWindow::new(open, close).unwrap_or_else(|_| unreachable!("{open} lies behind {close}"))
}

pub(super) fn list_corporations() -> Vec<Corporation> {
    CORPORATION_NAMES.iter().map(|name| Corporation { name: (*name).to_owned() }).collect()
}

/// Service 9:30–16:40 and a ride limit of 40 minutes, as in the field report (docs of day services; 参議院答弁 183-134).
pub(super) fn draw_facilities(sites: &mut Sites<'_>) -> Result<Vec<TownFacility>, Fault> {
    (0..FACILITIES)
        .map(|number| {
            let (place, name) = sites.open_facility(number)?;
            Ok(TownFacility {
                corporation: OWNER[number],
                place,
                service: window(hours((9, 30), (16, 40))),
                pickup_hours: window(hours((7, 50), (9, 30))),
                dropoff_hours: window(hours((16, 40), (18, 10))),
                ride_max: Seconds::minutes(40),
                capacity: CAPACITY[number],
                name,
                phone: phone(FIRST_PHONE + number as u32),
            })
        })
        .collect()
}

/// Twelve vehicles in the order facility by facility.
pub(super) fn draw_vehicles(facilities: &[TownFacility], draw: &mut Draw) -> Vec<TownVehicle> {
    let mut vehicles = Vec::new();
    for facility in 0..facilities.len() {
        for (number, (kind, attendants)) in FLEET.into_iter().enumerate() {
            let attendant = attendants[facility];
            vehicles.push(TownVehicle {
                facility,
                kind,
                layouts: list_layouts(kind, attendant),
                shift: window(hours((7, 30), (18, 30))),
                attendant,
                name: format!("{}{}号", VEHICLE_NAMES[facility], number + 1),
                plate: plate(kind, draw),
                driver: draw_driver(draw),
            });
        }
    }
    vehicles
}

/// Riders' seats of each arrangement; the attendant, where there is one, takes a seat of each.
fn list_layouts(kind: VehicleKind, attendant: bool) -> Vec<Layout> {
    let seats_and_wheelchairs: &[(u8, u8)] = match kind {
        VehicleKind::Kei => &[(3, 0), (2, 1)],
        VehicleKind::Compact => &[(4, 0), (2, 1)],
        VehicleKind::Minivan => &[(6, 0), (4, 1)],
        VehicleKind::Van => &[(9, 0), (7, 1), (5, 2)],
    };
    let layout = |&(seats, wheelchairs)| Layout { seats: seats - u8::from(attendant), wheelchairs };
    seats_and_wheelchairs.iter().map(layout).collect()
}

/// `ひばり沢` is no registration office, so the plate is nobody's.
fn plate(kind: VehicleKind, draw: &mut Draw) -> String {
    let class = match kind {
        VehicleKind::Kei => 880,
        VehicleKind::Compact => 501,
        VehicleKind::Minivan | VehicleKind::Van => 800,
    };
    const KANA: [&str; 8] = ["あ", "い", "う", "え", "さ", "す", "せ", "そ"];
    let kana = KANA[draw.index(KANA.len())];
    format!("ひばり沢 {class} {kana} {:02}-{:02}", draw.between(10, 99), draw.between(10, 99))
}
