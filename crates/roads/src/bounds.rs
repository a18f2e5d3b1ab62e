//! A box on the earth.

use std::fmt;

use units::Point;

use crate::Fault;

/// A box between its south-western and north-eastern corner; both corners belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub sw: Point,
    pub ne: Point,
}

impl Bounds {
    /// Reads `south,west,north,east` in degrees.
    ///
    /// # Errors
    /// [`Fault::BadBox`] when there are not four numbers, one lies off the earth, or a side is reversed or empty.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let bad = || Fault::BadBox { text: text.to_owned() };
        let mut numbers = [0.0_f64; 4];
        let mut parts = text.split(',');
        for number in &mut numbers {
            *number = parts.next().and_then(|part| part.trim().parse().ok()).ok_or_else(bad)?;
        }
        if parts.next().is_some() {
            return Err(bad());
        }
        let sw = Point::from_degrees(numbers[0], numbers[1]).ok_or_else(bad)?;
        let ne = Point::from_degrees(numbers[2], numbers[3]).ok_or_else(bad)?;
        if sw.lat_e7() < ne.lat_e7() && sw.lon_e7() < ne.lon_e7() {
            Ok(Bounds { sw, ne })
        } else {
            Err(bad())
        }
    }

    /// The smallest box around the points; `None` when there are none.
    pub fn around(points: impl IntoIterator<Item = Point>) -> Option<Self> {
        points.into_iter().fold(None, |grown: Option<Bounds>, p| {
            Some(match grown {
                None => Bounds { sw: p, ne: p },
                Some(b) => Bounds {
                    sw: Point::from_e7(b.sw.lat_e7().min(p.lat_e7()), b.sw.lon_e7().min(p.lon_e7())),
                    ne: Point::from_e7(b.ne.lat_e7().max(p.lat_e7()), b.ne.lon_e7().max(p.lon_e7())),
                },
            })
        })
    }

    pub fn middle(&self) -> Point {
        let middle = |a: i32, b: i32| ((i64::from(a) + i64::from(b)) / 2) as i32;
        Point::from_e7(middle(self.sw.lat_e7(), self.ne.lat_e7()), middle(self.sw.lon_e7(), self.ne.lon_e7()))
    }

    pub fn contains(&self, p: Point) -> bool {
        (self.sw.lat_e7()..=self.ne.lat_e7()).contains(&p.lat_e7())
            && (self.sw.lon_e7()..=self.ne.lon_e7()).contains(&p.lon_e7())
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.sw, self.ne)
    }
}
