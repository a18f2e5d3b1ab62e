//! What a rider takes up on board, and what a vehicle holds.

use serde::{Deserialize, Serialize};
use units::Seconds;

/// One seat, in the tenths in which walkers are counted ("a walker is 0.x of a seat" in the offices' own masters).
pub const SEAT_TENTHS: u16 = 10;

/// What must fit and how long the door takes. Times are dwell per boarding and alighting, at the rider's own pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Needs {
    /// Rides in the wheelchair, fixed at four points: takes a wheelchair place and no seat.
    pub wheelchair: bool,
    /// Room of a walker beside its owner, in tenths of a seat; 0 for none.
    pub walker_tenths: u16,
    /// May ride only where an attendant (添乗員) is on board.
    pub attendant: bool,
    pub boarding: Seconds,
    pub alighting: Seconds,
}

impl Needs {
    /// The load of this rider and `escorts` seated companions.
    pub fn load(&self, escorts: u8) -> Load {
        let own = if self.wheelchair { 0 } else { SEAT_TENTHS + self.walker_tenths };
        Load { seat_tenths: own + SEAT_TENTHS * u16::from(escorts), wheelchairs: u16::from(self.wheelchair) }
    }
}

/// What is on board, or what a layout offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Load {
    pub seat_tenths: u16,
    pub wheelchairs: u16,
}

impl Load {
    pub fn plus(self, other: Load) -> Load {
        Load {
            seat_tenths: self.seat_tenths + other.seat_tenths,
            wheelchairs: self.wheelchairs + other.wheelchairs,
        }
    }

    /// What is left after `other` got off; never below nothing.
    pub fn minus(self, other: Load) -> Load {
        Load {
            seat_tenths: self.seat_tenths.saturating_sub(other.seat_tenths),
            wheelchairs: self.wheelchairs.saturating_sub(other.wheelchairs),
        }
    }

    pub fn is_empty(self) -> bool {
        self == Load::default()
    }
}

/// One way a vehicle can be arranged: riders' seats (the driver's and attendant's not counted) and wheelchair places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Layout {
    pub seats: u8,
    pub wheelchairs: u8,
}

impl Layout {
    pub fn holds(self, load: Load) -> bool {
        load.seat_tenths <= u16::from(self.seats) * SEAT_TENTHS
            && load.wheelchairs <= u16::from(self.wheelchairs)
    }
}
