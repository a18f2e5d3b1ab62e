//! Counting: from what the fold has kept to the figures of the day.

use std::collections::BTreeMap;

use domain::{AbsenceKind, Direction, Reason, Refusal, RideClass, Wish};
use units::{Seconds, ServiceDay, Timestamp};

use crate::day::{DayFigures, Fate, Tracked};
use crate::drive::DriveSums;
use crate::figures::{Figures, MemberFigures, RequestFigures};
use crate::spread::{Share, Spread};

impl DayFigures {
    /// The figures of the open day (of the day in which `at` lies while none has been opened).
    pub fn figures(&self, at: Timestamp) -> Figures {
        let day = self.day.unwrap_or_else(|| ServiceDay::of(at));
        let none = DriveSums::default();
        let drive = self.drives.get(&day).unwrap_or(&none);
        let others: Vec<&Tracked> =
            self.wishes.values().filter(|t| t.wish.day() == day && !t.is_run()).collect();
        let carried = || others.iter().filter(|t| t.boarded_at.is_some());
        let people = |t: &&&Tracked| u64::from(t.people);
        let shared: u64 = carried().filter(|t| t.shared).map(|t| people(&t)).sum();
        Figures {
            service_day: day,
            at,
            members: self.count_members(day),
            requests: count_requests(&others),
            served_by_class: self.count_served(day),
            refused_by_reason: count_reasons(&others),
            idle_seats_used: others
                .iter()
                .filter(|t| t.find_booking().is_some())
                .map(|t| u32::from(t.people))
                .sum(),
            wait: Spread::of(others.iter().filter_map(|t| find_wait(t)).collect()),
            ride: Spread::of(others.iter().filter_map(|t| Some(t.reached_at? - t.boarded_at?)).collect()),
            early: Spread::of(others.iter().filter_map(|t| find_early(t)).collect()),
            drive: drive.metres,
            idle_seat_metres: drive.idle_seat_metres(),
            guest_seat_metres: drive.guest_metres,
            shared_ride_share: Share::of(shared, carried().map(|t| people(&t)).sum()),
        }
    }

    fn count_members(&self, day: ServiceDay) -> MemberFigures {
        let mut members = MemberFigures::default();
        for rider in self.riders.values().filter(|r| r.attends(day).is_some()) {
            if self.absences.contains(&(day, rider.id, AbsenceKind::WholeDay)) {
                members.absent += 1;
            } else {
                members.expected += 1;
            }
        }
        let (mut in_time, mut done) = (0, 0);
        for tracked in self.wishes.values() {
            let Wish::Run { direction, day: of, .. } = tracked.wish else { continue };
            if of != day {
                continue;
            }
            members.max_late = members.max_late.max(tracked.late);
            match tracked.fate {
                Fate::NoShow => members.no_show += 1,
                Fate::Refused(_) => members.refused += 1,
                _ => {}
            }
            if tracked.alighted_at.is_some() {
                done += 1;
                in_time += u64::from(tracked.late == Seconds::ZERO);
                match direction {
                    Direction::PickupRun => members.carried_pickup += 1,
                    Direction::DropoffRun => members.carried_dropoff += 1,
                }
            }
        }
        members.on_time_share = Share::of(in_time, done);
        members
    }

    fn count_served(&self, day: ServiceDay) -> BTreeMap<RideClass, u32> {
        let mut served: BTreeMap<RideClass, u32> =
            RideClass::ALL.into_iter().map(|class| (class, 0)).collect();
        for tracked in self.wishes.values().filter(|t| t.wish.day() == day && t.boarded_at.is_some()) {
            if let Some(booking) = tracked.find_booking() {
                *served.entry(booking.class).or_default() += 1;
            }
        }
        served
    }
}

fn count_requests(others: &[&Tracked]) -> RequestFigures {
    let mut requests = RequestFigures { total: others.len() as u32, ..RequestFigures::default() };
    for tracked in others {
        *requests.by_channel.entry(tracked.channel).or_default() += 1;
        *requests.by_purpose.entry(tracked.purpose).or_default() += 1;
        let count = match tracked.fate {
            Fate::Open => &mut requests.open,
            Fate::Refused(_) => &mut requests.refused,
            Fate::Expired => &mut requests.expired,
            Fate::Cancelled => &mut requests.cancelled,
            Fate::NoShow => &mut requests.no_show,
            Fate::Booked(_) if tracked.alighted_at.is_some() => &mut requests.done,
            Fate::Booked(_) => &mut requests.booked,
        };
        *count += 1;
    }
    requests
}

fn count_reasons(others: &[&Tracked]) -> Vec<(Reason, u32)> {
    let mut counts: BTreeMap<Reason, u32> = BTreeMap::new();
    for tracked in others {
        if let Fate::Refused(refusal) = &tracked.fate
            && let Some(reason) = find_main_reason(refusal)
        {
            *counts.entry(reason).or_default() += 1;
        }
    }
    let mut counts: Vec<(Reason, u32)> = counts.into_iter().collect();
    counts.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    counts
}

/// The reason that ruled out most vehicles; of equals the first in the list of reasons.
fn find_main_reason(refusal: &Refusal) -> Option<Reason> {
    let main = refusal.reasons.iter().min_by_key(|r| (std::cmp::Reverse(r.vehicles), r.reason));
    main.map(|r| r.reason)
}

/// Of those who wished to leave at a time: from then (from the call, if that was later) until on board.
fn find_wait(tracked: &Tracked) -> Option<Seconds> {
    let Wish::LeaveAt(at) = tracked.wish else { return None };
    Some((tracked.boarded_at? - at.max(tracked.made_at)).max(Seconds::ZERO))
}

fn find_early(tracked: &Tracked) -> Option<Seconds> {
    let Wish::ArriveBy(at) = tracked.wish else { return None };
    Some(at - tracked.reached_at?)
}
