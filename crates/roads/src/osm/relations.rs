//! Turn restrictions as a map states them.

use super::tags::Tags;

/// A relation that restricts turns, by the ids of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RawRestriction {
    pub only: bool,
    pub from: Vec<i64>,
    pub to: Vec<i64>,
    pub via_ways: Vec<i64>,
    pub via_points: Vec<i64>,
}

/// What a relation says about turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing.
    Other,
    /// Binds lorries or buses, or excepts cars.
    ForOthers,
    /// Holds at some hours only; not applied.
    Conditional,
    Turn {
        only: bool,
    },
}

pub(super) fn restriction(tags: &Tags) -> Sign {
    let kind = tags.get("type").unwrap_or_default();
    if kind != "restriction" && !kind.starts_with("restriction:") {
        return Sign::Other;
    }
    let excepted = tags.get("except").is_some_and(|e| {
        e.split(';').any(|who| matches!(who.trim(), "motorcar" | "motor_vehicle" | "vehicle"))
    });
    if excepted {
        return Sign::ForOthers;
    }
    let keys = ["restriction:motorcar", "restriction:motor_vehicle", "restriction"];
    match keys.iter().find_map(|key| tags.get(key)) {
        Some(value) if value.starts_with("no_") => Sign::Turn { only: false },
        Some(value) if value.starts_with("only_") => Sign::Turn { only: true },
        Some(_) => Sign::ForOthers,
        None if tags.has_key_ending(":conditional") => Sign::Conditional,
        None => Sign::ForOthers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_bound() {
        let of =
            |line: &str| restriction(&Tags(line.split(' ').filter_map(|tag| tag.split_once('=')).collect()));
        let (no, only) = (Sign::Turn { only: false }, Sign::Turn { only: true });
        for (line, expected) in [
            ("type=restriction restriction=no_left_turn", no),
            ("type=restriction restriction=only_straight_on", only),
            ("type=restriction restriction=no_left_turn except=bicycle;psv", no),
            ("type=restriction restriction=no_left_turn except=psv;motorcar", Sign::ForOthers),
            ("type=restriction restriction:hgv=no_left_turn", Sign::ForOthers),
            ("type=restriction restriction:motorcar=no_u_turn", no),
            ("type=restriction restriction:conditional=no_left_turn", Sign::Conditional),
            ("type=multipolygon landuse=forest", Sign::Other),
        ] {
            assert_eq!(of(line), expected, "{line}");
        }
    }
}
