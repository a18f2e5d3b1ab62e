//! The rules a route must keep, in the order in which a refusal got further.

use std::fmt;

/// Why a sequence or an insertion is not possible. Ordered: a later rule means that more had already been met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Pickup and drop-off missing, doubled, in the wrong order or unknown.
    Sequence,
    /// The vehicle is not among those that may carry the request.
    NotEligible,
    /// The vehicle never carries the group.
    GroupBarred,
    /// No layout holds the load on some leg.
    Layout,
    /// A rider of an incompatible group is on board on some leg.
    GroupClash,
    /// A rider whom this one must not meet is on board on some leg.
    MustNotMeet,
    /// The rider would be alone with the driver on some leg, which is not to be.
    Alone,
    /// The pickup cannot begin in its window.
    PickupTooLate,
    /// The drop-off cannot begin in its window.
    DropoffTooLate,
    /// The window of somebody already on the route would be missed.
    PromiseOfOthers,
    /// The vehicle would end after its shift.
    ShiftEnd,
    /// The group may be on board only within hours that would be left.
    GroupHours,
    /// The ride would be too long.
    RideTime,
    /// Somebody else's ride would be too long.
    RideOfOthers,
    /// The route would last too long.
    RouteDuration,
    /// The vehicle would stand too long with a rider on board.
    WaitOnBoard,
    /// It would fit, but only before or between visits that are committed.
    Committed,
}

impl Rule {
    pub const ALL: [Rule; 17] = [
        Rule::Sequence,
        Rule::NotEligible,
        Rule::GroupBarred,
        Rule::Layout,
        Rule::GroupClash,
        Rule::MustNotMeet,
        Rule::Alone,
        Rule::PickupTooLate,
        Rule::DropoffTooLate,
        Rule::PromiseOfOthers,
        Rule::ShiftEnd,
        Rule::GroupHours,
        Rule::RideTime,
        Rule::RideOfOthers,
        Rule::RouteDuration,
        Rule::WaitOnBoard,
        Rule::Committed,
    ];

    /// A short name that stays the same: `pickup_too_late`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Rule::Sequence => "sequence",
            Rule::NotEligible => "not_eligible",
            Rule::GroupBarred => "group_barred",
            Rule::Layout => "layout",
            Rule::GroupClash => "group_clash",
            Rule::MustNotMeet => "must_not_meet",
            Rule::Alone => "alone",
            Rule::PickupTooLate => "pickup_too_late",
            Rule::DropoffTooLate => "dropoff_too_late",
            Rule::PromiseOfOthers => "promise_of_others",
            Rule::ShiftEnd => "shift_end",
            Rule::GroupHours => "group_hours",
            Rule::RideTime => "ride_time",
            Rule::RideOfOthers => "ride_of_others",
            Rule::RouteDuration => "route_duration",
            Rule::WaitOnBoard => "wait_on_board",
            Rule::Committed => "committed",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
