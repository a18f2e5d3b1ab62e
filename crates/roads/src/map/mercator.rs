//! The map's own coordinates: the Web Mercator square of the world in 2^32 steps each way, about a centimetre at the equator.
//!
//! Points are projected once, when a map is made. From then on cutting tiles is integer shifts, so the same map gives
//! the same bytes everywhere.

use std::f64::consts::PI;

use units::Point;

/// Eastward and southward from the north-western corner of the world.
pub type World = [u32; 2];

/// One pixel of a tile drawn at 512 pixels, at zoom level 0, is 2^23 steps.
pub const PIXEL_BITS: u8 = 23;

const STEPS: f64 = 4_294_967_296.0;

pub fn project(point: Point) -> World {
    let x = (point.lon() + 180.0) / 360.0;
    // Beyond this latitude the square ends.
    let lat = point.lat().clamp(-85.051_128, 85.051_128).to_radians();
    let y = 0.5 - lat.tan().asinh() / (2.0 * PI);
    [step(x), step(y)]
}

pub fn unproject([x, y]: World) -> (f64, f64) {
    let lon = f64::from(x) / STEPS * 360.0 - 180.0;
    let lat = (PI * (1.0 - 2.0 * f64::from(y) / STEPS)).sinh().atan().to_degrees();
    (lat, lon)
}

fn step(share: f64) -> u32 {
    (share * STEPS).round().clamp(0.0, STEPS - 1.0) as u32
}

/// Steps that a length in metres takes at the row of a point.
pub fn steps_of(metres: f64, at: World) -> f64 {
    // Most features have no breadth, and an angle costs more than a comparison.
    if metres == 0.0 {
        return 0.0;
    }
    let (lat, _) = unproject(at);
    metres * STEPS / (40_075_016.7 * lat.to_radians().cos().max(0.05))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_comes_back_within_centimetres() {
        for (lat, lon) in [(35.698, 139.413), (60.17, 24.94), (-29.9, -71.25), (0.0, 0.0), (84.9, -179.99)] {
            let point = Point::from_degrees(lat, lon).unwrap();
            let (back_lat, back_lon) = unproject(project(point));
            let back = Point::from_degrees(back_lat, back_lon).unwrap();
            assert!(point.metres_to(back) < 0.02, "{point} came back as {back}");
        }
        let [x, y] = project(Point::from_degrees(90.0, 180.0).unwrap());
        assert!(x == u32::MAX && y < 1_000, "{x} {y}");
        let step = steps_of(1.0, project(Point::from_degrees(35.0, 139.0).unwrap()));
        assert!((130.0..131.5).contains(&step), "{step}");
    }
}
