//! What the vehicles drove on one day, leg by leg, with whom on board.

use std::collections::BTreeMap;

use domain::{Load, RouteId, SEAT_TENTHS, Vehicle};
use units::{Metres, RequestId};

/// Sums over the departed legs of a day. Tenths of seats, because walkers take tenths.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriveSums {
    pub(crate) metres: Metres,
    pub(crate) idle_tenth_metres: i64,
    pub(crate) guest_metres: i64,
    /// Who is on board of each vehicle now, in the order of boarding.
    pub(crate) aboard: BTreeMap<RouteId, Vec<RequestId>>,
}

impl DriveSums {
    /// Adds a leg on which `load` was carried, `guests` of the people not being members on a run.
    pub(crate) fn add_leg(&mut self, vehicle: Option<&Vehicle>, load: Load, guests: u32, metres: Metres) {
        self.metres += metres;
        self.guest_metres += i64::from(guests) * metres.0;
        if let Some(vehicle) = vehicle {
            self.idle_tenth_metres += i64::from(idle_tenths(vehicle, load)) * metres.0;
        }
    }

    pub(crate) fn idle_seat_metres(&self) -> i64 {
        self.idle_tenth_metres / i64::from(SEAT_TENTHS)
    }
}

/// Free seats, in tenths, of the roomiest layout that holds the load: a wheelchair place in use costs the seats that the
/// vehicle gives up for it. None are free where facts have overfilled every layout.
pub(crate) fn idle_tenths(vehicle: &Vehicle, load: Load) -> u16 {
    let seats = vehicle
        .layouts
        .iter()
        .filter(|layout| layout.holds(load))
        .map(|layout| u16::from(layout.seats))
        .max();
    (seats.unwrap_or(0) * SEAT_TENTHS).saturating_sub(load.seat_tenths)
}
