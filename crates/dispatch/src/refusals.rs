//! Why a wish cannot be met, and the nearest thing that can.

use domain::{
    Alternative, Event, Party, Reason, ReasonCount, Refusal, Request, RideClass, TravelTimes, Wish,
    classes_for,
};
use planner::Rule;
use units::{PlaceId, RequestId, Seconds};

use crate::desk::{Desk, Holds};
use crate::turned::Turned;
use crate::work::Work;

/// Times tried beside the wished one, nearest first.
const SHIFTS_MINUTES: [i64; 10] = [15, -15, 30, -30, 45, -45, 60, -60, 90, 120];
/// A registered place counts as another stop of the wished one if the drive between them is no longer than this: a
/// few minutes' walk at most.
const NEAR_STOP: Seconds = Seconds::minutes(1);
/// Alternatives shown.
const ALTERNATIVES_MAX: usize = 3;

impl Work<'_> {
    /// The policy turns the wish down as it is; says what it would allow.
    pub(crate) fn refuse_outright(&mut self, id: RequestId, reason: Reason) -> Result<(), Turned> {
        let request = self.get_request(id)?;
        let policy = self.area.policies.in_force(request.wish.day());
        let mut refusal = Refusal::of(reason);
        let hours = request.wish.day().window(policy.guest_hours);
        let people = request.people.min(policy.people_max);
        let as_wished = |at| match request.wish {
            Wish::ArriveBy(_) => Wish::ArriveBy(at),
            _ => Wish::LeaveAt(at),
        };
        let mut tries = vec![(request.wish, people)];
        if reason == Reason::OutsideGuestHours {
            let (Wish::LeaveAt(at) | Wish::ArriveBy(at)) = request.wish else { return Ok(()) };
            // From the nearer end of the hours inwards.
            let steps = [0, 15, 30, 60].map(Seconds::minutes);
            let inwards = |step| if at < hours.open() { hours.open() + step } else { hours.close() - step };
            tries = steps.map(|step| (as_wished(inwards(step)), people)).to_vec();
        }
        for (wish, people) in tries {
            let (Wish::LeaveAt(at) | Wish::ArriveBy(at)) = wish else { continue };
            let party = Party {
                rider: request.rider,
                people,
                from: request.from,
                to: request.to,
                wish,
                channel: request.channel,
                purpose: request.purpose,
            };
            let changed = Request { people, ..request.clone() };
            let classes = match classes_for(&self.area, &policy, &party) {
                Ok(classes) => classes,
                Err(Reason::ClassNotAllowed) => vec![RideClass::GuestIdleVehicle],
                Err(_) => continue,
            };
            let fits = |desk: &mut Desk<'_>| desk.would_fit(&changed, wish, &classes);
            if at < self.now || !self.at_desk(wish.day(), &policy, Holds::OfOthers(id), fits)? {
                continue;
            }
            refusal.alternatives.push(match reason {
                Reason::OutsideGuestHours => Alternative::OtherTime { at },
                Reason::TooManyPeople => Alternative::FewerPeople { people },
                _ => Alternative::OtherClass { class: classes[0] },
            });
            break;
        }
        self.take(Event::RequestRefused { request: id, refusal })
    }
}

impl Desk<'_> {
    pub(crate) fn explain(&mut self, request: &Request, classes: &[RideClass]) -> Result<Refusal, Turned> {
        let against = self.reasons(request, request.wish, classes)?;
        self.suggest(request, classes, reasons(&against))
    }

    /// The nearest things that would work instead of a wish that cannot be met for these reasons.
    pub(crate) fn suggest(
        &mut self,
        request: &Request,
        classes: &[RideClass],
        reasons: Vec<ReasonCount>,
    ) -> Result<Refusal, Turned> {
        let mut refusal = Refusal { reasons, ..Refusal::default() };
        let policy = self.policy();
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
            if !in_hours || at < self.now() || !self.would_fit(request, wish, classes)? {
                continue;
            }
            refusal.alternatives.push(Alternative::OtherTime { at });
            later |= minutes > 0;
            earlier |= minutes < 0;
        }
        if let Some(alternative) = self.find_other_stop(request, classes)? {
            refusal.alternatives.push(alternative);
        }
        if request.people > 1 {
            let alone = Request { people: 1, ..request.clone() };
            if self.would_fit(&alone, request.wish, classes)? {
                refusal.alternatives.push(Alternative::FewerPeople { people: 1 });
            }
        }
        for class in [RideClass::GuestEmptyLeg, RideClass::GuestBesideMembers] {
            if !policy.allows.contains(&class) && self.would_fit(request, request.wish, &[class])? {
                refusal.alternatives.push(Alternative::OtherClass { class });
                break;
            }
        }
        Ok(refusal)
    }

    /// The wish as it is, from or to another registered place of the rider close by.
    fn find_other_stop(
        &mut self,
        request: &Request,
        classes: &[RideClass],
    ) -> Result<Option<Alternative>, Turned> {
        let Some(rider) = self.area().riders.get(&request.rider) else { return Ok(None) };
        let registered = rider.places.clone();
        for (wished, other) in [request.from, request.to]
            .into_iter()
            .flat_map(|wished| registered.iter().map(move |other| (wished, *other)))
        {
            if other == request.from || other == request.to || !self.is_near(wished, other) {
                continue;
            }
            let place = |place| if place == wished { other } else { place };
            let (from, to) = (place(request.from), place(request.to));
            let moved = Request { from, to, ..request.clone() };
            if self.would_fit(&moved, request.wish, classes)? {
                return Ok(Some(Alternative::OtherStop { from, to }));
            }
        }
        Ok(None)
    }

    fn is_near(&self, a: PlaceId, b: PlaceId) -> bool {
        let nodes = (self.area().find_node(a), self.area().find_node(b));
        let (Some(a), Some(b)) = nodes else { return false };
        self.table().seconds(a, b).min(self.table().seconds(b, a)) <= NEAR_STOP
    }
}

pub(crate) fn reasons(against: &[(Rule, usize)]) -> Vec<ReasonCount> {
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
        Rule::Layout => Reason::NoSeat,
        Rule::MustNotMeet => Reason::MustNotMeet,
        Rule::Alone => Reason::NobodyBeside,
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
