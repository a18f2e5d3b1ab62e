//! The figures of one service day. What each counts is worded in [`crate::DEFINITIONS`].

use std::collections::BTreeMap;

use domain::{Channel, Purpose, Reason, RideClass};
use units::{Metres, Seconds, ServiceDay, Timestamp};

use crate::spread::{Share, Spread};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    pub service_day: ServiceDay,
    /// The time up to which the log was folded, as the caller gave it.
    pub at: Timestamp,
    pub members: MemberFigures,
    pub requests: RequestFigures,
    /// Every class has an entry, also those that served nobody.
    pub served_by_class: BTreeMap<RideClass, u32>,
    /// Most frequent first; each refused request counts once.
    pub refused_by_reason: Vec<(Reason, u32)>,
    pub idle_seats_used: u32,
    pub wait: Spread,
    pub ride: Spread,
    /// How long before the wished arrival those were there who had to arrive by a time; negative when late.
    pub early: Spread,
    pub drive: Metres,
    /// Seats times metres.
    pub idle_seat_metres: i64,
    /// People times metres.
    pub guest_seat_metres: i64,
    pub shared_ride_share: Option<Share>,
}

/// Members on the runs of their own facilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemberFigures {
    pub expected: u32,
    pub absent: u32,
    pub carried_pickup: u32,
    pub carried_dropoff: u32,
    pub no_show: u32,
    /// Places on a run that could not be planned.
    pub refused: u32,
    pub on_time_share: Option<Share>,
    pub max_late: Seconds,
}

/// Wishes for rides other than places on runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestFigures {
    pub total: u32,
    pub by_channel: BTreeMap<Channel, u32>,
    pub by_purpose: BTreeMap<Purpose, u32>,
    /// Accepted and still to be carried, or on board.
    pub booked: u32,
    pub done: u32,
    pub refused: u32,
    pub cancelled: u32,
    pub no_show: u32,
    pub expired: u32,
    /// With offers that nobody has answered yet.
    pub open: u32,
}
