//! On which side of the road one drives.

use units::Point;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrivingSide {
    Left,
    Right,
}

/// South, west, north, east of regions that drive on the left, in degrees. Coarse: where a box cuts into a neighbour that
/// drives on the right, an import says so by option.
const LEFT: [[i32; 4]; 15] = [
    // Japan, with Okinawa and the outer islands.
    [30, 128, 46, 149],
    [24, 123, 30, 132],
    // Hong Kong and Macau.
    [22, 113, 23, 115],
    // Great Britain and Ireland.
    [50, -11, 61, 2],
    // Australia; New Zealand; Papua and the Solomons.
    [-44, 112, -10, 154],
    [-48, 166, -34, 179],
    [-12, 141, 0, 163],
    // Indonesia and Malaysia; Thailand.
    [-11, 95, 7, 141],
    [7, 97, 20, 105],
    // India, Pakistan, Bangladesh, Sri Lanka, Nepal.
    [6, 68, 31, 92],
    [24, 61, 37, 75],
    // Southern and eastern Africa.
    [-35, 16, -17, 33],
    [-17, 22, 4, 41],
    // Cyprus; Malta.
    [34, 32, 36, 35],
    [35, 14, 36, 15],
];

impl DrivingSide {
    pub fn of_region(p: Point) -> DrivingSide {
        let (lat, lon) = (p.lat(), p.lon());
        let within = |[s, w, n, e]: &[i32; 4]| {
            (f64::from(*s)..f64::from(*n)).contains(&lat) && (f64::from(*w)..f64::from(*e)).contains(&lon)
        };
        if LEFT.iter().any(within) { DrivingSide::Left } else { DrivingSide::Right }
    }

    pub fn is_left(self) -> bool {
        self == DrivingSide::Left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_places() {
        let at = |lat, lon| DrivingSide::of_region(Point::from_degrees(lat, lon).unwrap());
        for (lat, lon) in [(35.7, 139.4), (26.2, 127.7), (51.5, -0.1), (-33.9, 151.2)] {
            assert_eq!(at(lat, lon), DrivingSide::Left, "{lat},{lon}");
        }
        for (lat, lon) in [(42.5, 1.5), (60.2, 24.9), (-29.9, -71.3), (48.9, 2.4), (37.5, 127.0)] {
            assert_eq!(at(lat, lon), DrivingSide::Right, "{lat},{lon}");
        }
    }
}
