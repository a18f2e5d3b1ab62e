//! Lines on the earth: points along them, their headings.

use units::Point;

/// The point at a share of the way from `a` to `b`.
pub(crate) fn between(a: Point, b: Point, share: f64) -> Point {
    let share = share.clamp(0.0, 1.0);
    let mix = |from: i32, to: i32| from + ((f64::from(to) - f64::from(from)) * share).round() as i32;
    Point::from_e7(mix(a.lat_e7(), b.lat_e7()), mix(a.lon_e7(), b.lon_e7()))
}

pub(crate) fn metres(line: &[Point]) -> f64 {
    line.windows(2).map(|pair| pair[0].metres_to(pair[1])).sum()
}

/// The point at a share of a line's length. The line has at least one point.
pub(crate) fn along(line: &[Point], share: f64) -> Point {
    let wanted = metres(line) * share.clamp(0.0, 1.0);
    let mut behind = 0.0;
    for pair in line.windows(2) {
        let length = pair[0].metres_to(pair[1]);
        if behind + length >= wanted {
            return between(pair[0], pair[1], (wanted - behind) / length.max(1e-9));
        }
        behind += length;
    }
    line.last().copied().unwrap_or(Point::from_e7(0, 0))
}

/// The heading from `a` to `b` in 256ths of a circle, clockwise from north.
pub(crate) fn heading(a: Point, b: Point) -> u8 {
    let north = f64::from(b.lat_e7()) - f64::from(a.lat_e7());
    let east = (f64::from(b.lon_e7()) - f64::from(a.lon_e7())) * a.lat().to_radians().cos();
    (east.atan2(north) / std::f64::consts::TAU * 256.0).round().rem_euclid(256.0) as u8
}

/// Headings at both ends of a line, each taken over some ten metres so that a kink at a kerb does not count.
pub(crate) fn headings(line: &[Point]) -> (u8, u8) {
    let reach = 10.0 / metres(line).max(20.0);
    let (first, last) = (line[0], line[line.len() - 1]);
    (heading(first, along(line, reach)), heading(along(line, 1.0 - reach), last))
}
