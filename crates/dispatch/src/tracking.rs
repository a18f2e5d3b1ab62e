//! Where the vehicles are. Raw fixes never enter the log: the newest one per vehicle is kept and published, stale and
//! impossible ones are dropped.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use units::{Point, Seconds, Timestamp, VehicleId};

/// Faster than any shuttle: two fixes that ask for more are not of one vehicle.
const SPEED_MAX_M_PER_S: f64 = 50.0;
/// Devices' clocks may run ahead of ours by this much.
const AHEAD_MAX: Seconds = Seconds(90);

/// A position as a driver's device reports it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// Counts up on the device; an older one than the last is stale.
    pub sequence: u64,
    pub at: Timestamp,
    pub point: Point,
    pub accuracy_m: f64,
}

/// The newest fix of a vehicle, and the direction from the one before it in degrees clockwise from north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Whereabouts {
    pub fix: Fix,
    pub heading: Option<f64>,
}

/// Why a fix was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Dropped {
    #[error("older than the last one")]
    Stale,
    #[error("its time is still to come")]
    FromFuture,
    #[error("too far from the last one for the time between")]
    Impossible,
}

#[derive(Debug, Default)]
pub struct Tracking {
    vehicles: RwLock<BTreeMap<VehicleId, Whereabouts>>,
}

impl Tracking {
    /// Takes a fix in, newest wins.
    pub fn take(&self, vehicle: VehicleId, fix: Fix, now: Timestamp) -> Result<Whereabouts, Dropped> {
        if fix.at > now + AHEAD_MAX {
            return Err(Dropped::FromFuture);
        }
        let mut vehicles = self.vehicles.write().unwrap_or_else(PoisonError::into_inner);
        let mut heading = None;
        if let Some(last) = vehicles.get(&vehicle) {
            // A restarted device counts from the beginning again, but its time goes on.
            if fix.at < last.fix.at || (fix.at == last.fix.at && fix.sequence <= last.fix.sequence) {
                return Err(Dropped::Stale);
            }
            let metres = last.fix.point.metres_to(fix.point);
            let seconds = (fix.at - last.fix.at).0.max(1) as f64;
            let blur = last.fix.accuracy_m + fix.accuracy_m + 50.0;
            if metres - blur > seconds * SPEED_MAX_M_PER_S {
                return Err(Dropped::Impossible);
            }
            heading = if metres > 3.0 { Some(bearing(last.fix.point, fix.point)) } else { last.heading };
        }
        let whereabouts = Whereabouts { fix, heading };
        vehicles.insert(vehicle, whereabouts);
        Ok(whereabouts)
    }

    pub fn find(&self, vehicle: VehicleId) -> Option<Whereabouts> {
        self.vehicles.read().unwrap_or_else(PoisonError::into_inner).get(&vehicle).copied()
    }
}

fn bearing(from: Point, to: Point) -> f64 {
    let east = (to.lon() - from.lon()) * from.lat().to_radians().cos();
    let north = to.lat() - from.lat();
    east.atan2(north).to_degrees().rem_euclid(360.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(sequence: u64, at: i64, lat: f64) -> Fix {
        let point = Point::from_degrees(lat, 139.0).unwrap();
        Fix { sequence, at: Timestamp::from_unix_seconds(at), point, accuracy_m: 5.0 }
    }

    #[test]
    fn the_newest_believable_fix_wins() {
        let tracking = Tracking::default();
        let (vehicle, now) = (VehicleId(1), Timestamp::from_unix_seconds(1_000));
        assert!(tracking.take(vehicle, fix(1, 900, 36.0), now).is_ok());
        let moved = tracking.take(vehicle, fix(2, 910, 36.001), now).unwrap();
        assert_eq!(moved.heading.map(f64::round), Some(0.0));
        assert_eq!(tracking.take(vehicle, fix(3, 905, 36.001), now), Err(Dropped::Stale));
        assert_eq!(tracking.take(vehicle, fix(4, 911, 36.5), now), Err(Dropped::Impossible));
        assert_eq!(tracking.take(vehicle, fix(5, 2_000, 36.001), now), Err(Dropped::FromFuture));
        assert_eq!(tracking.find(vehicle).map(|w| w.fix.sequence), Some(2));
    }
}
