//! Shares and quantiles in whole numbers, so that the same log gives the same bytes everywhere.

use units::Seconds;

/// A share in basis points (1/100 of a percent), rounded down: 10,000 is all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u32);

impl Share {
    /// `None` where there is nothing to take a share of.
    pub fn of(part: u64, whole: u64) -> Option<Share> {
        (whole > 0).then(|| Share((part * 10_000 / whole) as u32))
    }
}

/// Median and 90th percentile by nearest rank: both are values that really occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    pub count: u32,
    pub median: Option<Seconds>,
    pub p90: Option<Seconds>,
    pub p95: Option<Seconds>,
    pub max: Option<Seconds>,
}

impl Spread {
    pub fn of(mut values: Vec<Seconds>) -> Spread {
        values.sort_unstable();
        Spread {
            count: values.len() as u32,
            median: nearest_rank(&values, 50),
            p90: nearest_rank(&values, 90),
            p95: nearest_rank(&values, 95),
            max: values.last().copied(),
        }
    }
}

/// The smallest value that at least `percent` of all values do not exceed.
fn nearest_rank(sorted: &[Seconds], percent: usize) -> Option<Seconds> {
    let rank = (sorted.len() * percent).div_ceil(100);
    rank.checked_sub(1).and_then(|index| sorted.get(index)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let of = |values: &[i64]| Spread::of(values.iter().map(|v| Seconds(*v)).collect());
        assert_eq!(of(&[]), Spread::default());
        let one = of(&[7]);
        assert_eq!((one.median, one.p90, one.max), (Some(Seconds(7)), Some(Seconds(7)), Some(Seconds(7))));
        let ten = of(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!((ten.median, ten.p90, ten.p95), (Some(Seconds(5)), Some(Seconds(9)), Some(Seconds(10))));
    }

    #[test]
    fn a_share_of_nothing_is_no_share() {
        assert_eq!(Share::of(0, 0), None);
        assert_eq!(Share::of(1, 3), Some(Share(3333)));
        assert_eq!(Share::of(3, 3), Some(Share(10_000)));
    }
}
