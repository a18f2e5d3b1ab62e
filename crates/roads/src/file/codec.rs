//! Integers, texts and counted lists in bytes, and back without believing any of them.

use units::Point;

#[derive(Default)]
pub(super) struct Output {
    pub bytes: Vec<u8>,
}

impl Output {
    pub fn byte(&mut self, n: u8) {
        self.bytes.push(n);
    }

    pub fn u32(&mut self, n: u32) {
        self.bytes.extend_from_slice(&n.to_le_bytes());
    }

    pub fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Output, &T)) {
        self.u32(items.len() as u32);
        for item in items {
            each(self, item);
        }
    }

    pub fn numbers(&mut self, numbers: &[u32]) {
        self.bytes.reserve(numbers.len() * 4 + 4);
        self.list(numbers, |out, n| out.u32(*n));
    }

    pub fn points(&mut self, points: &[Point]) {
        self.bytes.reserve(points.len() * 8 + 4);
        self.list(points, |out, p| {
            out.u32(p.lat_e7() as u32);
            out.u32(p.lon_e7() as u32);
        });
    }
}

/// A fault is a sentence without subject: what is wrong and what would be right.
pub(super) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Input<'a> {
        Input { rest: bytes }
    }

    pub fn end(&self) -> Result<(), String> {
        if self.rest.is_empty() { Ok(()) } else { Err(format!("{} bytes follow the end", self.rest.len())) }
    }

    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or_else(|| "it ends in the middle of a value".to_owned())?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    pub fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn byte(&mut self) -> Result<u8, String> {
        self.array::<1>().map(|[n]| n)
    }

    pub fn text(&mut self) -> Result<String, String> {
        let length = self.u32()? as usize;
        String::from_utf8(self.bytes(length)?.to_vec()).map_err(|_| "a name is not UTF-8".to_owned())
    }

    /// A count is believed only as far as so many items of at least `least` bytes can still follow.
    fn count(&mut self, least: usize) -> Result<usize, String> {
        let count = self.u32()? as usize;
        if count > self.rest.len() / least {
            return Err(format!("a list of {count} items is announced, fewer can follow"));
        }
        Ok(count)
    }

    pub fn list<T>(
        &mut self,
        least: usize,
        mut each: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let count = self.count(least)?;
        // With the room that is needed: collecting results would take up to twice as much.
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(each(self)?);
        }
        Ok(items)
    }

    /// Records of a fixed size, as fast as memory is copied.
    pub fn records<const N: usize, T>(&mut self, of: impl Fn(&[u8; N]) -> T) -> Result<Vec<T>, String> {
        let count = self.count(N)?;
        let bytes = self.bytes(count * N)?;
        Ok(bytes.as_chunks::<N>().0.iter().map(of).collect())
    }

    pub fn numbers(&mut self) -> Result<Vec<u32>, String> {
        self.records::<4, _>(|b| u32::from_le_bytes(*b))
    }

    pub fn points(&mut self) -> Result<Vec<Point>, String> {
        let pairs = self.records::<8, _>(|b| (word(b, 0) as i32, word(b, 4) as i32))?;
        let off = |(lat, lon): &(i32, i32)| {
            !(-900_000_000..=900_000_000).contains(lat) || !(-1_800_000_000..=1_800_000_000).contains(lon)
        };
        if pairs.iter().any(off) {
            return Err("a point lies off the earth".to_owned());
        }
        Ok(pairs.into_iter().map(|(lat, lon)| Point::from_e7(lat, lon)).collect())
    }
}

/// The little-endian number at a place of a record.
pub(super) fn word<const N: usize>(record: &[u8; N], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&record[at..at + 4]);
    u32::from_le_bytes(word)
}
