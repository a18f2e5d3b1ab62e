//! The arcs of a hierarchy in one direction, packed: bytes that are the same in memory and in the file, one record after the
//! other, by rank.
//!
//! ```text
//! u16 count | u8 widths | u16 level of each arc's higher end, descending
//!   few arcs:   centimetres, one column or one for each period | milliseconds at midday | of each other period
//!   many arcs:  whole weights of 8 bytes, period by period, apart; after the widths: u32 number of the first one
//! ```
//!
//! An arc leads up the chain of its rank, so the level alone names where. A way over the arc is mostly the same at all hours;
//! then its length stands there once. Numbers take 2, 3 or 4 bytes, as the largest one of the column needs; where two bytes
//! are enough for what other periods have beyond midday, that is what stands there. The few ranks with many arcs, where nearly
//! all of a search's time is spent, need no putting together, and what one period needs of them lies close together.

use crate::hierarchy::Tree;
use crate::metric::weight;
use crate::speeds::Period;

const PERIODS: usize = Period::ALL.len();
/// Bytes of a record before its columns, and of the number that whole weights begin with.
const HEAD: usize = 3;
const NUMBER: usize = 4;
/// Every period has lengths of its own.
const OWN_LENGTHS: u8 = 16;
/// In place of widths: every period has whole weights.
const WHOLE: u8 = 32;
/// Milliseconds of other periods are what they have beyond midday's.
const BEYOND: u8 = 64;
/// Ranks with fewer arcs are packed: at 100,000 junctions 97 % of the arcs are, over which 5 % of a search leads.
const WHOLE_FROM: usize = 24;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Half {
    /// Where the record of each rank begins.
    first: Vec<u32>,
    packed: Packed,
}

/// What is kept of a half.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    pub records: Vec<u8>,
    /// Whole weights by period.
    pub whole: [Vec<u8>; PERIODS],
}

/// An arc on its way into a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arc {
    pub level: u16,
    /// By period, as [`weight`] makes them.
    pub weights: [i64; PERIODS],
}

/// What a record's head says of it.
#[derive(Clone, Copy)]
struct Head {
    count: usize,
    cm_width: usize,
    millis_width: usize,
    own_lengths: bool,
    is_whole: bool,
    is_beyond: bool,
}

/// The columns of one rank in one period.
enum Columns<'a> {
    Whole(&'a [[u8; 8]]),
    Packed {
        cm: &'a [u8],
        millis: &'a [u8],
        /// Two bytes each, or nothing.
        beyond: &'a [u8],
    },
}

impl Head {
    fn of([low, high, widths]: [u8; HEAD]) -> Head {
        Head {
            count: usize::from(u16::from_le_bytes([low, high])),
            cm_width: usize::from(widths & 3) + 1,
            millis_width: usize::from(widths >> 2 & 3) + 1,
            own_lengths: widths & OWN_LENGTHS != 0,
            is_whole: widths & WHOLE != 0,
            is_beyond: widths & BEYOND != 0,
        }
    }

    fn length_columns(self) -> usize {
        if self.own_lengths { PERIODS } else { 1 }
    }

    fn other_width(self) -> usize {
        if self.is_beyond { 2 } else { self.millis_width }
    }

    /// Bytes of the record after its head.
    fn size(self) -> usize {
        if self.is_whole {
            return NUMBER + self.count * 2;
        }
        let others = (PERIODS - 1) * self.other_width();
        self.count * (2 + self.cm_width * self.length_columns() + self.millis_width + others)
    }

    /// Columns of a packed record, given what follows its levels.
    #[inline(always)]
    fn columns(self, rest: &[u8], period: Period) -> Columns<'_> {
        let (cm_size, millis_size) = (self.count * self.cm_width, self.count * self.millis_width);
        let cm = if self.own_lengths { period.index() * cm_size } else { 0 };
        let midday = self.length_columns() * cm_size;
        let other_size = self.count * self.other_width();
        let other = midday + millis_size + period.index().saturating_sub(1) * other_size;
        let (millis, beyond) = match (period.index(), self.is_beyond) {
            (0, _) => (midday, other..other),
            (_, true) => (midday, other..other + other_size),
            (_, false) => (other, other..other),
        };
        Columns::Packed {
            cm: &rest[cm..cm + cm_size],
            millis: &rest[millis..millis + millis_size],
            beyond: &rest[beyond],
        }
    }
}

#[inline(always)]
fn number<const N: usize>(bytes: [u8; N]) -> u32 {
    let mut word = [0; 4];
    word[..N].copy_from_slice(&bytes);
    u32::from_le_bytes(word)
}

/// Calls `each` with every arc of a packed record.
#[inline(always)]
fn unpack<const C: usize, const M: usize>(
    levels: &[[u8; 2]],
    (cm, millis, beyond): (&[u8], &[u8], &[u8]),
    mut each: impl FnMut(u16, i64),
) {
    let (cm, millis) = (cm.as_chunks::<C>().0, millis.as_chunks::<M>().0);
    let arcs = levels.iter().zip(cm).zip(millis);
    if beyond.is_empty() {
        for ((level, cm), millis) in arcs {
            each(u16::from_le_bytes(*level), weight(number(*millis), number(*cm)));
        }
        return;
    }
    for (((level, cm), millis), more) in arcs.zip(beyond.as_chunks::<2>().0) {
        let millis = number(*millis).wrapping_add(number(*more));
        each(u16::from_le_bytes(*level), weight(millis, number(*cm)));
    }
}

/// Bytes that a number needs, from 2 on.
fn width(number: u32) -> u8 {
    match number {
        0..0x1_0000 => 2,
        0x1_0000..0x100_0000 => 3,
        _ => 4,
    }
}

fn millis(weight: i64) -> u32 {
    (weight >> 32) as u32
}

fn cm(weight: i64) -> u32 {
    weight as u32
}

/// What a period has beyond midday.
fn beyond(arc: &Arc, period: usize) -> Option<u16> {
    let more = millis(arc.weights[period]).checked_sub(millis(arc.weights[0]))?;
    u16::try_from(more).ok()
}

impl Half {
    pub fn with_capacity(ranks: usize) -> Half {
        Half { first: Vec::with_capacity(ranks), packed: Packed::default() }
    }

    /// Appends the record of the next rank; arcs in the order of descending levels.
    pub fn push(&mut self, arcs: &[Arc]) {
        let Packed { records, whole } = &mut self.packed;
        self.first.push(records.len() as u32);
        records.extend_from_slice(&(arcs.len() as u16).to_le_bytes());
        if arcs.len() >= WHOLE_FROM {
            records.push(WHOLE);
            records.extend_from_slice(&(whole[0].len() as u32 / 8).to_le_bytes());
            arcs.iter().for_each(|arc| records.extend_from_slice(&arc.level.to_le_bytes()));
            for (period, whole) in whole.iter_mut().enumerate() {
                arcs.iter().for_each(|arc| whole.extend_from_slice(&arc.weights[period].to_le_bytes()));
            }
            return;
        }
        let is_beyond = arcs.iter().all(|arc| (1..PERIODS).all(|period| beyond(arc, period).is_some()));
        let midday = arcs.iter().map(|arc| millis(arc.weights[0])).max().unwrap_or(0);
        let longest = arcs.iter().flat_map(|arc| arc.weights.map(millis)).max().unwrap_or(0);
        let farthest = arcs.iter().flat_map(|arc| arc.weights.map(cm)).max().unwrap_or(0);
        let (cm_width, millis_width) = (width(farthest), width(if is_beyond { midday } else { longest }));
        let one_length = |arc: &Arc| arc.weights.iter().all(|weight| cm(*weight) == cm(arc.weights[0]));
        let own_lengths = !arcs.iter().all(one_length);
        records.push(
            (cm_width - 1)
                | (millis_width - 1) << 2
                | if own_lengths { OWN_LENGTHS } else { 0 }
                | if is_beyond { BEYOND } else { 0 },
        );
        arcs.iter().for_each(|arc| records.extend_from_slice(&arc.level.to_le_bytes()));
        let mut column = |width: u8, number: &dyn Fn(&Arc) -> u32| {
            for arc in arcs {
                records.extend_from_slice(&number(arc).to_le_bytes()[..usize::from(width)]);
            }
        };
        for period in 0..if own_lengths { PERIODS } else { 1 } {
            column(cm_width, &|arc| cm(arc.weights[period]));
        }
        column(millis_width, &|arc| millis(arc.weights[0]));
        for period in 1..PERIODS {
            if is_beyond {
                column(2, &|arc| millis(arc.weights[period]) - millis(arc.weights[0]));
            } else {
                column(millis_width, &|arc| millis(arc.weights[period]));
            }
        }
    }

    pub fn shrink(&mut self) {
        self.packed.records.shrink_to_fit();
        self.packed.whole.iter_mut().for_each(Vec::shrink_to_fit);
    }

    /// Takes over the records of a file.
    ///
    /// # Errors
    /// A sentence without subject where they do not fit the tree.
    pub fn from_packed(packed: Packed, tree: &Tree) -> Result<Half, String> {
        let Packed { records, whole } = &packed;
        if records.len() > u32::MAX as usize {
            return Err("its hierarchy is longer than 4 GiB".to_owned());
        }
        let mut first = Vec::with_capacity(tree.ranks());
        let (mut at, mut weights) = (0, 0);
        for rank in 0..tree.ranks() as u32 {
            let head = records[at..].first_chunk().copied().map(Head::of);
            let end = head.map(|head| at + HEAD + head.size()).filter(|end| *end <= records.len());
            let (Some(head), Some(end)) = (head, end) else {
                return Err(format!("its hierarchy ends at rank {rank} of {}", tree.ranks()));
            };
            check(head, &records[at + HEAD..end], weights, tree.level(rank))
                .map_err(|what| format!("its hierarchy, rank {rank}: {what}"))?;
            weights += if head.is_whole { head.count } else { 0 };
            first.push(at as u32);
            at = end;
        }
        if at != records.len() {
            return Err(format!("{} bytes follow the end of its hierarchy", records.len() - at));
        }
        for whole in whole {
            let (whole, rest) = whole.as_chunks::<8>();
            if whole.len() != weights || !rest.is_empty() {
                return Err("the weights of its hierarchy do not fit its arcs".to_owned());
            }
            if whole.iter().any(|weight| i64::from_le_bytes(*weight) < 0) {
                return Err("an arc of its hierarchy takes over 24 days".to_owned());
            }
        }
        Ok(Half { first, packed })
    }

    pub fn packed(&self) -> &Packed {
        &self.packed
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        let Packed { records, whole } = &self.packed;
        self.first.len() * 4 + records.len() + whole.iter().map(Vec::len).sum::<usize>()
    }

    #[inline(always)]
    fn record(&self, rank: u32, period: Period) -> (Head, &[[u8; 2]], Columns<'_>) {
        let record = &self.packed.records[self.first[rank as usize] as usize..];
        // Every rank has a record: they were written or checked one after the other.
        let head = Head::of(record.first_chunk().copied().unwrap_or_default());
        let rest = &record[HEAD..];
        if head.is_whole {
            let begin = rest.first_chunk().copied().map_or(0, u32::from_le_bytes) as usize;
            let levels = rest[NUMBER..NUMBER + head.count * 2].as_chunks().0;
            let weights = self.packed.whole[period.index()].as_chunks().0;
            return (head, levels, Columns::Whole(&weights[begin..begin + head.count]));
        }
        let (levels, rest) = rest.split_at(head.count * 2);
        (head, levels.as_chunks().0, head.columns(rest, period))
    }

    /// Calls `each` with the level and the weight of every arc of a rank.
    #[inline(always)]
    pub fn each(&self, rank: u32, period: Period, mut each: impl FnMut(u16, i64)) {
        match self.record(rank, period) {
            (_, levels, Columns::Whole(weights)) => {
                for (level, weight) in levels.iter().zip(weights) {
                    each(u16::from_le_bytes(*level), i64::from_le_bytes(*weight));
                }
            }
            (head, levels, Columns::Packed { cm, millis, beyond }) => {
                let columns = (cm, millis, beyond);
                match (head.cm_width, head.millis_width) {
                    (2, 2) => unpack::<2, 2>(levels, columns, each),
                    (2, 3) => unpack::<2, 3>(levels, columns, each),
                    (2, _) => unpack::<2, 4>(levels, columns, each),
                    (3, 2) => unpack::<3, 2>(levels, columns, each),
                    (3, 3) => unpack::<3, 3>(levels, columns, each),
                    (3, _) => unpack::<3, 4>(levels, columns, each),
                    (_, 2) => unpack::<4, 2>(levels, columns, each),
                    (_, 3) => unpack::<4, 3>(levels, columns, each),
                    (..) => unpack::<4, 4>(levels, columns, each),
                }
            }
        }
    }

    /// Makes the processor fetch the beginning of a rank's record, which lies far from that of the rank before.
    #[inline(always)]
    pub fn fetch(&self, rank: u32) {
        if let Some(first) = self.first.get(rank as usize) {
            std::hint::black_box(self.packed.records.get(*first as usize).copied());
        }
    }

    /// The levels of a rank's arcs, descending.
    pub fn levels(&self, rank: u32) -> impl Iterator<Item = u16> + '_ {
        self.record(rank, Period::Midday).1.iter().map(|level| u16::from_le_bytes(*level))
    }

    /// The weight of the arc to a level of the chain.
    pub fn weight(&self, rank: u32, period: Period, level: u16) -> Option<i64> {
        let (head, levels, columns) = self.record(rank, period);
        let place = levels.binary_search_by(|known| level.cmp(&u16::from_le_bytes(*known))).ok()?;
        match columns {
            Columns::Whole(weights) => Some(i64::from_le_bytes(weights[place])),
            Columns::Packed { cm, millis, beyond } => {
                let number = |bytes: &[u8], width: usize| {
                    let bytes = bytes.get(place * width..(place + 1) * width).unwrap_or_default();
                    bytes.iter().rev().fold(0_u32, |n, byte| n << 8 | u32::from(*byte))
                };
                let millis = number(millis, head.millis_width).wrapping_add(number(beyond, 2));
                Some(weight(millis, number(cm, head.cm_width)))
            }
        }
    }
}

/// Every arc leads up the chain and takes less than 24 days.
fn check(head: Head, record: &[u8], weights: usize, level: u16) -> Result<(), &'static str> {
    let levels = if head.is_whole { &record[NUMBER..] } else { &record[..head.count * 2] };
    let mut below = level;
    for high in levels.as_chunks::<2>().0 {
        let high = u16::from_le_bytes(*high);
        if high >= below {
            return Err("an arc leads off its chain");
        }
        below = high;
    }
    if head.is_whole {
        let begin = record.first_chunk().copied().map_or(0, u32::from_le_bytes);
        return if begin as usize == weights { Ok(()) } else { Err("its weights stand elsewhere") };
    }
    if head.cm_width == 1 || head.millis_width == 1 {
        return Err("numbers of one byte do not exist");
    }
    // The sum of a longest time at midday and what another period has beyond it may go one bit further.
    let times = &record[head.count * (2 + head.cm_width * head.length_columns())..];
    let times = if head.is_beyond { &times[..head.count * head.millis_width] } else { times };
    let too_long = |millis: &[u8; 4]| u32::from_le_bytes(*millis) >= 1 << 30;
    if head.millis_width == 4 && times.as_chunks::<4>().0.iter().any(too_long) {
        return Err("an arc takes over 12 days");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of so many ranks, the highest of which is at level 0.
    fn chain(ranks: u16) -> Tree {
        Tree::from_levels((0..ranks).rev().collect()).unwrap()
    }

    fn arc(level: u16, millis: [u32; PERIODS], cm: [u32; PERIODS]) -> Arc {
        let mut weights = [0; PERIODS];
        for (at, own) in weights.iter_mut().enumerate() {
            *own = weight(millis[at], cm[at]);
        }
        Arc { level, weights }
    }

    #[test]
    fn every_width_is_kept() {
        let sizes = [0, 7, 0xffff, 0x1_0000, 0xff_ffff, 0x100_0000, 0x3fff_ffff];
        let mut records = vec![Vec::new()];
        for millis in sizes {
            for cm in sizes {
                records
                    .push(vec![arc(1, [millis; PERIODS], [cm; PERIODS]), arc(0, [1, millis, 2, 3], [cm; 4])]);
                records.push(vec![arc(1, [5; PERIODS], [0, 1, cm, 2])]);
            }
        }
        let many = |millis: u32| {
            (0..40).rev().map(|level| arc(level, [millis; 4], [9, 8, 7, level.into()])).collect()
        };
        records.insert(0, many(77));
        records.insert(0, many(0x7fff_ffff));
        // Beyond midday, and once before it.
        records.push(vec![arc(1, [70_000, 70_000, 135_535, 70_001], [5, 6, 5, 5]), arc(0, [9; 4], [1; 4])]);
        records.push(vec![arc(1, [70_000, 69_999, 70_000, 70_000], [5; 4])]);
        records.push(vec![arc(1, [70_000, 135_536, 70_000, 70_000], [5; 4])]);
        // The two highest ranks have nothing above them to lead to.
        let mut half = Half::with_capacity(records.len() + 2);
        records.iter().for_each(|arcs| half.push(arcs));
        (0..2).for_each(|_| half.push(&[]));
        let tree = chain(records.len() as u16 + 2);
        let again = Half::from_packed(half.packed().clone(), &tree).unwrap();
        assert_eq!(again, half);
        for (rank, arcs) in (0..).zip(&records) {
            for period in Period::ALL {
                let mut found = Vec::new();
                half.each(rank, period, |level, weight| found.push((level, weight)));
                let wanted: Vec<_> = arcs.iter().map(|a| (a.level, a.weights[period.index()])).collect();
                assert_eq!(found, wanted);
                for (level, weight) in wanted {
                    assert_eq!(half.weight(rank, period, level), Some(weight));
                }
                assert_eq!(half.weight(rank, period, 40_000), None);
            }
        }
    }

    #[test]
    fn forged_records_are_refused() {
        let mut half = Half::with_capacity(3);
        half.push(&[arc(1, [70_000; PERIODS], [9; PERIODS]), arc(0, [1; PERIODS], [1; PERIODS])]);
        (0..2).for_each(|_| half.push(&[]));
        let (whole, tree) = (half.packed().clone(), chain(3));
        assert!(Half::from_packed(whole.clone(), &tree).is_ok());
        for (at, byte, words) in [
            (0, 200, "ends at rank 0"),
            (2, 0, "one byte"),
            (3, 2, "off its chain"),
            (5, 1, "off its chain"),
            (whole.records.len() - 6, 1, "ends at rank 1"),
        ] {
            let mut forged = whole.clone();
            forged.records[at] = byte;
            let said = Half::from_packed(forged, &tree).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
        let forged = |whole: &Packed, tree: &Tree, forge: fn(&mut Packed)| {
            let mut forged = whole.clone();
            forge(&mut forged);
            Half::from_packed(forged, tree).unwrap_err()
        };
        assert!(
            forged(&whole, &tree, |p| p.records.truncate(p.records.len() - 1)).contains("ends at rank 2")
        );
        assert!(forged(&whole, &tree, |p| p.records.push(0)).contains("follow"));
        assert!(forged(&whole, &tree, |p| p.whole[2].push(0)).contains("do not fit"));
        let mut half = Half::with_capacity(61);
        (0..20).for_each(|_| half.push(&[]));
        half.push(&(0..40).rev().map(|level| arc(level, [1; 4], [1; 4])).collect::<Vec<_>>());
        (0..40).for_each(|_| half.push(&[]));
        let (whole, tree) = (half.packed().clone(), chain(61));
        assert!(Half::from_packed(whole.clone(), &tree).is_ok());
        assert!(forged(&whole, &tree, |p| p.records[63] = 1).contains("stand elsewhere"));
        assert!(forged(&whole, &tree, |p| p.whole[3].truncate(8)).contains("do not fit"));
        assert!(forged(&whole, &tree, |p| p.whole[1][15] = 0x80).contains("24 days"));
    }
}
