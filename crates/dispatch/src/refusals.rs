//! Why a wish cannot be met, and the nearest thing that can.

use domain::{Alternative, Policy, Reason, ReasonCount, Refusal, Request, RideClass, Wish};
use planner::Rule;
use units::Seconds;

use crate::offers::Against;
use crate::turned::Turned;
use crate::work::Work;

/// Times tried beside the wished one, nearest first.
const SHIFTS_MINUTES: [i64; 10] = [15, -15, 30, -30, 45, -45, 60, -60, 90, 120];
/// Alternatives shown.
const ALTERNATIVES_MAX: usize = 3;

impl Work<'_> {
    pub(crate) fn explain(
        &mut self,
        request: &Request,
        policy: &Policy,
        classes: &[RideClass],
        against: Against,
    ) -> Result<Refusal, Turned> {
        let mut refusal = Refusal { reasons: reasons(&against), alternatives: Vec::new() };
        let mut earlier = false;
        let mut later = false;
        for minutes in SHIFTS_MINUTES {
            if (minutes > 0 && later)
                || (minutes < 0 && earlier)
                || refusal.alternatives.len() >= ALTERNATIVES_MAX
            {
                continue;
            }
            let shift = Seconds::minutes(minutes);
            let (wish, at) = match request.wish {
                Wish::LeaveAt(at) => (Wish::LeaveAt(at + shift), at + shift),
                Wish::ArriveBy(at) => (Wish::ArriveBy(at + shift), at + shift),
                Wish::Run { .. } => continue,
            };
            let in_hours =
                wish.day() == request.wish.day() && wish.day().window(policy.guest_hours).contains(at);
            if !in_hours || at < self.now || !self.would_fit(request, wish, policy, classes)? {
                continue;
            }
            refusal.alternatives.push(Alternative::OtherTime { at });
            later |= minutes > 0;
            earlier |= minutes < 0;
        }
        if request.people > 1 {
            let alone = Request { people: 1, ..request.clone() };
            if self.would_fit(&alone, request.wish, policy, classes)? {
                refusal.alternatives.push(Alternative::FewerPeople { people: 1 });
            }
        }
        for class in [RideClass::GuestEmptyLeg, RideClass::GuestBesideMembers] {
            if !policy.allows.contains(&class) && self.would_fit(request, request.wish, policy, &[class])? {
                refusal.alternatives.push(Alternative::OtherClass { class });
                break;
            }
        }
        Ok(refusal)
    }

    fn would_fit(
        &mut self,
        request: &Request,
        wish: Wish,
        policy: &Policy,
        classes: &[RideClass],
    ) -> Result<bool, Turned> {
        Ok(!self.search(request, wish, policy, classes, &mut Against::new())?.is_empty())
    }
}

pub(crate) fn reasons(against: &Against) -> Vec<ReasonCount> {
    let mut counted: Vec<ReasonCount> = Vec::new();
    for (rule, vehicles) in against {
        let (reason, vehicles) = (reason_of(*rule), *vehicles as u32);
        match counted.iter_mut().find(|c| c.reason == reason) {
            Some(known) => known.vehicles += vehicles,
            None => counted.push(ReasonCount { reason, vehicles }),
        }
    }
    // The rule that stopped most vehicles first; among equals the one that got furthest.
    counted.sort_by(|a, b| b.vehicles.cmp(&a.vehicles).then(b.reason.cmp(&a.reason)));
    if counted.is_empty() {
        counted.push(ReasonCount { reason: Reason::NoSuitableVehicle, vehicles: 0 });
    }
    counted
}

const fn reason_of(rule: Rule) -> Reason {
    match rule {
        Rule::Sequence | Rule::NotEligible => Reason::NoSuitableVehicle,
        Rule::GroupBarred => Reason::ClassNotAllowed,
        Rule::Layout | Rule::MustNotMeet => Reason::NoSeat,
        Rule::GroupClash => Reason::MixedBoarding,
        Rule::PickupTooLate | Rule::Committed => Reason::PickupTooLate,
        Rule::DropoffTooLate => Reason::DropoffTooLate,
        Rule::PromiseOfOthers | Rule::RideOfOthers => Reason::PromiseOfOthers,
        Rule::ShiftEnd | Rule::RouteDuration => Reason::ShiftEnd,
        Rule::GroupHours => Reason::RunHours,
        Rule::RideTime => Reason::RideTooLong,
        Rule::WaitOnBoard => Reason::WaitOnBoard,
    }
}
