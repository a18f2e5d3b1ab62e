//! The form of a map in a roads file: counted lists of variable-length integers (LEB128), points as differences.
//!
//! ```text
//! u8 version | texts | features: kind flags zoom name more width parts | part lengths | points: zigzag dx dy
//! ```

use super::MAX_ZOOM;
use super::kinds::{Geometry, Kind};
use super::layers::{BRIDGE, Feature, MapLayers, ONEWAY, RAMP, TUNNEL};
use super::mercator::World;

const VERSION: u8 = 1;

pub(super) fn encode(map: &MapLayers) -> Vec<u8> {
    let mut out = vec![VERSION];
    put(&mut out, map.texts.len() as u64);
    for text in &map.texts {
        put(&mut out, text.len() as u64);
        out.extend_from_slice(text.as_bytes());
    }
    put(&mut out, map.features.len() as u64);
    for f in &map.features {
        out.extend_from_slice(&[f.kind as u8, f.flags, f.zoom]);
        for number in [f.name, f.more, f.width, f.parts.start, f.parts.end - f.parts.start] {
            put(&mut out, u64::from(number));
        }
    }
    put(&mut out, map.ends.len() as u64);
    let mut before = 0;
    for end in &map.ends {
        put(&mut out, u64::from(end - before));
        before = *end;
    }
    put(&mut out, map.points.len() as u64);
    let mut last: World = [0, 0];
    for point in &map.points {
        for i in 0..2 {
            let step = i64::from(point[i]) - i64::from(last[i]);
            put(&mut out, ((step << 1) ^ (step >> 63)) as u64);
        }
        last = *point;
    }
    out
}

/// The fault is a sentence without subject: what is wrong.
pub(super) fn decode(bytes: &[u8]) -> Result<MapLayers, String> {
    let mut input = Input { rest: bytes };
    let version = input.byte()?;
    if version != VERSION {
        return Err(format!("its map is of version {version}; this program reads version {VERSION}"));
    }
    let texts = input.list(1, Input::text)?;
    let features = input.list(8, Input::feature)?;
    let lengths = input.list(1, Input::u32)?;
    let points = points(&mut input)?;
    if !input.rest.is_empty() {
        return Err(format!("{} bytes follow the end of its map", input.rest.len()));
    }
    let mut ends = Vec::with_capacity(lengths.len());
    let mut end = 0_u32;
    for length in lengths {
        end = end.checked_add(length).ok_or("the parts of its map are longer than any file")?;
        ends.push(end);
    }
    if end as usize != points.len() {
        return Err(format!("the parts of its map hold {end} points, {} follow", points.len()));
    }
    let mut map = MapLayers { texts, features, ends, points, ..MapLayers::default() };
    check(&map)?;
    map.features.shrink_to_fit();
    Ok(map)
}

fn points(input: &mut Input) -> Result<Vec<World>, String> {
    let mut last: World = [0, 0];
    input.list(2, |input| {
        for at in &mut last {
            let bits = input.number()?;
            let step = (bits >> 1) as i64 ^ -((bits & 1) as i64);
            *at = i64::from(*at)
                .checked_add(step)
                .and_then(|n| u32::try_from(n).ok())
                .ok_or("a point of its map lies off the earth")?;
        }
        Ok(last)
    })
}

fn check(map: &MapLayers) -> Result<(), String> {
    let mut band = 0;
    for (i, f) in map.features.iter().enumerate() {
        let known = [f.name, f.more].iter().all(|t| (*t as usize) < map.texts.len());
        let inside = f.parts.start < f.parts.end && f.parts.end as usize <= map.ends.len();
        if !known || !inside {
            return Err(format!("feature {i} of its map refers to something outside the file"));
        }
        let (least, most) = match f.kind.layer().geometry() {
            Geometry::Point => (1, 1),
            Geometry::Line => (2, usize::MAX),
            Geometry::Area => (3, usize::MAX),
        };
        let alone = f.kind.layer().geometry() == Geometry::Area || f.parts.len() == 1;
        if !alone || map.parts(f).any(|part| !(least..=most).contains(&part.len())) {
            return Err(format!("feature {i} of its map has not the points that its kind needs"));
        }
        let flags = ONEWAY | BRIDGE | TUNNEL | RAMP;
        if f.zoom > MAX_ZOOM || f.flags & !flags != 0 || super::layers::band_of(f) < band {
            return Err(format!(
                "feature {i} of its map has an unknown zoom level, mark or place in the order"
            ));
        }
        band = super::layers::band_of(f);
    }
    Ok(())
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, String> {
        let (first, rest) = self.rest.split_first().ok_or("its map ends in the middle of a value")?;
        self.rest = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, String> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("a number of its map has no end".to_owned())
    }

    fn u32(&mut self) -> Result<u32, String> {
        let number = self.number()?;
        u32::try_from(number).map_err(|_| format!("{number} in its map is too large"))
    }

    fn text(&mut self) -> Result<String, String> {
        let length = self.u32()? as usize;
        let (taken, rest): (&'a [u8], _) =
            self.rest.split_at_checked(length).ok_or("its map ends in the middle of a name")?;
        self.rest = rest;
        String::from_utf8(taken.to_vec()).map_err(|_| "a name of its map is not UTF-8".to_owned())
    }

    /// A count is believed only as far as so many items of at least `least` bytes can still follow.
    fn list<T>(
        &mut self,
        least: usize,
        mut each: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let count = self.u32()? as usize;
        if count > self.rest.len() / least {
            return Err(format!("its map announces a list of {count} items, fewer can follow"));
        }
        // With the room that is needed: collecting results would take up to twice as much.
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(each(self)?);
        }
        Ok(items)
    }

    fn feature(&mut self) -> Result<Feature, String> {
        let number = self.byte()?;
        let kind =
            Kind::from_number(number).ok_or_else(|| format!("kind {number} of its map does not exist"))?;
        let (flags, zoom) = (self.byte()?, self.byte()?);
        let (name, more, width) = (self.u32()?, self.u32()?, self.u32()?);
        let start = self.u32()?;
        let end = start.checked_add(self.u32()?).ok_or("a feature of its map has too many parts")?;
        Ok(Feature { kind, flags, zoom, name, more, width, parts: start..end })
    }
}
