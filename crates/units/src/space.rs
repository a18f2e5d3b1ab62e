//! Positions, lengths, and the name of a node of the road network.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// A length in whole metres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metres(pub i64);

impl Metres {
    pub const ZERO: Metres = Metres(0);
}

impl Add for Metres {
    type Output = Metres;
    fn add(self, other: Metres) -> Metres {
        Metres(self.0 + other.0)
    }
}

impl AddAssign for Metres {
    fn add_assign(&mut self, other: Metres) {
        self.0 += other.0;
    }
}

impl Sub for Metres {
    type Output = Metres;
    fn sub(self, other: Metres) -> Metres {
        Metres(self.0 - other.0)
    }
}

impl Sum for Metres {
    fn sum<I: Iterator<Item = Metres>>(all: I) -> Metres {
        all.fold(Metres::ZERO, Add::add)
    }
}

impl fmt::Display for Metres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} m", self.0)
    }
}

/// A position on the earth, WGS 84, in units of 1e-7 degree (about 1 cm): exact to store and compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Point {
    lat_e7: i32,
    lon_e7: i32,
}

impl Point {
    /// `None` unless latitude is within 90 and longitude within 180 degrees.
    pub fn from_degrees(lat: f64, lon: f64) -> Option<Self> {
        let fits = lat.abs() <= 90.0 && lon.abs() <= 180.0;
        fits.then(|| Point { lat_e7: (lat * 1e7).round() as i32, lon_e7: (lon * 1e7).round() as i32 })
    }

    pub const fn from_e7(lat_e7: i32, lon_e7: i32) -> Self {
        Point { lat_e7, lon_e7 }
    }

    pub const fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    pub const fn lon_e7(self) -> i32 {
        self.lon_e7
    }

    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / 1e7
    }

    pub fn lon(self) -> f64 {
        f64::from(self.lon_e7) / 1e7
    }

    /// Crow-fly metres by the haversine formula on a sphere of 6,371,008.8 m (IUGG mean radius).
    pub fn metres_to(self, other: Point) -> f64 {
        let (a, b) = (self.lat().to_radians(), other.lat().to_radians());
        let dlat = b - a;
        let dlon = (other.lon() - self.lon()).to_radians();
        let h = (dlat / 2.0).sin().powi(2) + a.cos() * b.cos() * (dlon / 2.0).sin().powi(2);
        2.0 * 6_371_008.8 * h.sqrt().min(1.0).asin()
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6},{:.6}", self.lat(), self.lon())
    }
}

/// A node of the road network (or an index into a matrix): where travel times are known from and to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Node(pub u32);

impl Node {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}
