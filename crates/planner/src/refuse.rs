//! Why a vehicle cannot take a request.

use crate::insert::{Ends, Search};
use crate::model::{Model, Request};
use crate::route::Route;
use crate::rule::Rule;
use crate::temporal::{Kind, Stuck};
use crate::travel::Travel;

/// One vehicle's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub vehicle: u32,
    /// The rule that stopped the slot pairs which got furthest.
    pub rule: Rule,
    /// Slot pairs stopped by each rule, in the order of the rules. Empty if no slot pair was looked at.
    pub by_rule: Vec<(Rule, u32)>,
}

impl Refusal {
    pub(crate) fn whole(vehicle: u32, rule: Rule) -> Refusal {
        Refusal { vehicle, rule, by_rule: Vec::new() }
    }
}

/// Judges every slot pair of a route that has no room for the request. A pair fails by the least family of rules
/// that cannot be met together: load and company; windows; group hours; the own ride; others' rides; the
/// duration; waits.
pub(crate) fn refusal<T: Travel>(
    model: &Model<T>,
    route: &Route,
    request: &Request,
    search: &mut Search,
) -> Refusal {
    let ends = Ends::of(model, route.vehicle, request);
    search.prepare(model, route, request, &ends);
    let committed = model.vehicle(route.vehicle).committed;
    let slots = route.legs.len();
    let mut counts = [0u32; Rule::ALL.len()];
    let firsts = if ends.pickup.is_some() { slots } else { 1 };
    for i in 0..firsts {
        let mut stopped = None;
        for j in i..slots {
            stopped = stopped.or(search.blocked()[j]);
            let rule = match stopped {
                Some(rule) => rule,
                None => {
                    let slot = if ends.pickup.is_some() { (i, j) } else { (j, j) };
                    search.tests += 1;
                    // What fits can only have been left out because it lies within the committed part.
                    stop_in_time(model, route, request, search, &ends, slot).unwrap_or(Rule::Committed)
                }
            };
            debug_assert!(
                rule != Rule::Committed || i.min(j) < committed.min(slots - 1) || ends.pickup.is_none()
            );
            counts[rule as usize] += 1;
        }
    }
    let by_rule: Vec<(Rule, u32)> =
        Rule::ALL.iter().map(|r| (*r, counts[*r as usize])).filter(|(_, count)| *count > 0).collect();
    let rule = by_rule.last().map_or(Rule::Sequence, |(rule, _)| *rule);
    Refusal { vehicle: route.vehicle, rule, by_rule }
}

/// The rule on time that stops one slot pair, if any does.
fn stop_in_time<T: Travel>(
    model: &Model<T>,
    route: &Route,
    request: &Request,
    search: &mut Search,
    ends: &Ends,
    (i, j): (usize, usize),
) -> Option<Rule> {
    search.extend(model, route, ends, (i, j));
    let (line, begin) = search.scratch_begin();
    let pickup_at = ends.pickup.map(|_| i + 1);
    let dropoff_at = j + 1 + usize::from(ends.pickup.is_some());
    let last = line.len() - 1;
    if let Err(Stuck::Late(k)) = line.least(0, begin) {
        return Some(if Some(k) == pickup_at {
            let raw = request.pickup_stop().map(|stop| stop.window.open);
            let by_hours = ends
                .pickup
                .is_some_and(|p| raw.is_some_and(|open| p.span.open > open) && begin[k] == p.span.open);
            if by_hours { Rule::GroupHours } else { Rule::PickupTooLate }
        } else if k == dropoff_at {
            if begin[k] <= request.dropoff.window.close && ends.pickup.is_some() {
                Rule::GroupHours
            } else if begin[k] <= request.dropoff.window.close {
                on_board_limit(request, ends)
            } else {
                Rule::DropoffTooLate
            }
        } else if k == 0 || k == last {
            Rule::ShiftEnd
        } else {
            Rule::PromiseOfOthers
        });
    }
    let own = usize::from(
        line.limits.first().is_some_and(|l| l.kind == Kind::Ride && Some(l.to as usize) == pickup_at),
    );
    let rides = line.limits.iter().take_while(|l| l.kind == Kind::Ride).count();
    let stages = [
        (own, Rule::RideTime),
        (rides, Rule::RideOfOthers),
        (line.firm, Rule::RouteDuration),
        (line.limits.len(), Rule::WaitOnBoard),
    ];
    stages.into_iter().find(|(count, _)| line.least(*count, begin).is_err()).map(|(_, rule)| rule)
}

/// The rider is on board: the close of the drop-off is the nearer of the group's hours and the ride limit.
fn on_board_limit(request: &Request, ends: &Ends) -> Rule {
    let by_ride = match (request.pickup, request.ride_max) {
        (crate::model::Boarding::Done { ended }, Some(limit)) => ended + limit == ends.dropoff.span.close,
        _ => false,
    };
    if by_ride { Rule::RideTime } else { Rule::GroupHours }
}
