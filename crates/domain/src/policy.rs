//! Which kind of ride is allowed where and when, with the date it takes effect and its source.
//!
//! The joint notice of MHLW and MLIT of 2024-10-11 (老認発1011第1号) allows idle vehicles for residents outside
//! 送迎 hours and says that service users and residents may not ride together by it; so "guest beside members" is off
//! unless a dated local decision switches it on, and empty legs inside 送迎 hours are a decision of their own.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use units::{DayTime, DayWindow, Metres, Seconds, ServiceDay};

use crate::fare::{Entitlement, Fare};

/// What a ride is in law and in the statistics. Kept apart from the first day because their gains are asked for apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RideClass {
    /// A member on a pickup or drop-off run of the own facility.
    MemberOnRun,
    /// A member on a day without attendance.
    MemberOtherDay,
    /// A guest in a vehicle that is idle, outside 送迎 hours.
    GuestIdleVehicle,
    /// A guest on an empty leg of a run: inside 送迎 hours, no member on board.
    GuestEmptyLeg,
    /// A guest beside members: the original idle seat.
    GuestBesideMembers,
}

impl RideClass {
    pub const ALL: [RideClass; 5] = [
        RideClass::MemberOnRun,
        RideClass::MemberOtherDay,
        RideClass::GuestIdleVehicle,
        RideClass::GuestEmptyLeg,
        RideClass::GuestBesideMembers,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            RideClass::MemberOnRun => "member_on_run",
            RideClass::MemberOtherDay => "member_other_day",
            RideClass::GuestIdleVehicle => "guest_idle_vehicle",
            RideClass::GuestEmptyLeg => "guest_empty_leg",
            RideClass::GuestBesideMembers => "guest_beside_members",
        }
    }
}

/// The terms on which a booked ride may be fitted in; they follow from class and policy and stay with the booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// A member on the own facility's run.
    Member,
    /// Only outside 送迎 hours, never beside members on a run.
    OutsideRunHours,
    /// Also inside 送迎 hours, but never beside members on a run.
    EmptyLeg,
    /// Also beside members on a run.
    BesideMembers,
}

impl Terms {
    pub const ALL: [Terms; 4] =
        [Terms::Member, Terms::OutsideRunHours, Terms::EmptyLeg, Terms::BesideMembers];

    /// Whether riders on these terms may be on board at the same time.
    pub fn may_meet(self, other: Terms) -> bool {
        use Terms::*;
        match (self, other) {
            (Member, Member) => true,
            (Member, guest) | (guest, Member) => guest == BesideMembers,
            _ => true,
        }
    }
}

/// How a member is counted on a day without attendance; no source settles it, so the area decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountsAs {
    Member,
    Guest,
}

/// Older policies say nothing of it.
fn door_wait() -> Seconds {
    Seconds::minutes(5)
}

// serde hands over a reference.
fn is_door_wait(wait: &Seconds) -> bool {
    *wait == door_wait()
}

/// One dated version of an area's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub effective_from: ServiceDay,
    pub allows: BTreeSet<RideClass>,
    pub other_day_member_counts_as: CountsAs,
    /// Clock times between which rides other than runs are given.
    pub guest_hours: DayWindow,
    /// Most people of one request, escorts included.
    pub people_max: u8,
    /// Ride limit of guests: `direct * percent / 100 + plus`.
    pub ride_percent: u32,
    pub ride_plus: Seconds,
    /// How long after the wished time (before it, for arrive-by) a ride may still be offered.
    pub wait_max: Seconds,
    /// How long an offer stands.
    pub offer_lasts: Seconds,
    /// Longest standstill with riders on board.
    pub wait_on_board_max: Seconds,
    /// By how much guests may delay a member against what the day plan said, whatever the promise would still bear.
    pub member_delay_max: Seconds,
    /// Whom it carries as guests: who has any of these; everybody who is registered where it names none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub who: BTreeSet<Entitlement>,
    /// What guests pay.
    #[serde(default, skip_serializing_if = "Fare::is_free")]
    pub fare: Fare,
    /// How long a vehicle waits at a door to which nobody comes.
    #[serde(default = "door_wait", skip_serializing_if = "is_door_wait")]
    pub door_wait: Seconds,
    /// The law, notice or council decision it rests on.
    pub source: String,
    pub author: String,
}

impl Policy {
    /// What holds where no area has decided anything: the reading of the 2024-10-11 notice.
    pub fn national(effective_from: ServiceDay) -> Policy {
        Policy {
            effective_from,
            allows: [RideClass::MemberOnRun, RideClass::MemberOtherDay, RideClass::GuestIdleVehicle].into(),
            other_day_member_counts_as: CountsAs::Guest,
            guest_hours: DayWindow::new(DayTime::hm(8, 30), DayTime::hm(16, 0))
                .unwrap_or_else(|_| unreachable!()),
            people_max: 2,
            ride_percent: 150,
            ride_plus: Seconds::minutes(10),
            wait_max: Seconds::minutes(40),
            offer_lasts: Seconds::minutes(10),
            wait_on_board_max: Seconds::minutes(5),
            member_delay_max: Seconds::minutes(5),
            who: BTreeSet::new(),
            fare: Fare::Free,
            door_wait: door_wait(),
            source: "老認発1011第1号 (2024-10-11)".to_owned(),
            author: "kuseki".to_owned(),
        }
    }

    /// On which terms a ride of this class is fitted in.
    pub fn terms(&self, class: RideClass) -> Terms {
        match class {
            RideClass::MemberOnRun => Terms::Member,
            RideClass::GuestIdleVehicle => Terms::OutsideRunHours,
            RideClass::GuestEmptyLeg => Terms::EmptyLeg,
            RideClass::GuestBesideMembers => Terms::BesideMembers,
            RideClass::MemberOtherDay => match self.other_day_member_counts_as {
                CountsAs::Member => Terms::BesideMembers,
                CountsAs::Guest => Terms::OutsideRunHours,
            },
        }
    }

    /// Whether somebody with these entitlements is carried as a guest.
    pub fn carries(&self, entitlements: &BTreeSet<Entitlement>) -> bool {
        self.who.is_empty() || !self.who.is_disjoint(entitlements)
    }

    /// What a ride of this class costs the rider, in yen.
    pub fn fare_yen(&self, class: RideClass, direct: Metres) -> u32 {
        match (class, self.other_day_member_counts_as) {
            (RideClass::MemberOnRun, _) | (RideClass::MemberOtherDay, CountsAs::Member) => 0,
            _ => self.fare.yen(direct),
        }
    }

    /// The ride limit of everyone who is not on a run, from the drive without detour.
    pub fn ride_max(&self, direct: Seconds) -> Seconds {
        Seconds(direct.0 * i64::from(self.ride_percent) / 100) + self.ride_plus
    }
}

/// All versions of an area's policy. The one in force on a day is the last that took effect by then.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PolicyBook(Vec<Policy>);

impl PolicyBook {
    /// Adds a version; one of the same date replaces the former.
    pub fn adopt(&mut self, policy: Policy) {
        self.0.retain(|p| p.effective_from != policy.effective_from);
        self.0.push(policy);
        self.0.sort_by_key(|p| p.effective_from);
    }

    pub fn find_in_force(&self, day: ServiceDay) -> Option<&Policy> {
        self.0.iter().rev().find(|p| p.effective_from <= day)
    }

    /// The version in force on `day`, or the national reading where the area has none yet.
    pub fn in_force(&self, day: ServiceDay) -> Policy {
        self.find_in_force(day).cloned().unwrap_or_else(|| Policy::national(day))
    }

    /// The date by which the version in force on `day` is named; none where the area has none yet.
    pub fn date_in_force(&self, day: ServiceDay) -> Option<ServiceDay> {
        self.find_in_force(day).map(|policy| policy.effective_from)
    }

    pub fn list(&self) -> &[Policy] {
        &self.0
    }
}
