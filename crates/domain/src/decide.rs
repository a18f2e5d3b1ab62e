//! The rules that need no search. A command is turned away with a [`Rejection`], or yields events and says what has to
//! be searched next. Nothing here changes the state.

use units::{
    CorporationId, FacilityId, Metres, OfferId, PlaceId, RequestId, RiderId, Seconds, ServiceDay, Timestamp,
    VehicleId,
};

use crate::area::Area;
use crate::command::{Command, FactKind, NewFacility, NewRider, NewVehicle, Party, PlanStart};
use crate::contradiction::settle;
use crate::day::Cause;
use crate::day_decide::{give_notice, note_absence, note_join, note_out, pin_ride, plan_day, replan_day};
use crate::erasure::{erase_rider, refuse_erased};
use crate::event::Event;
use crate::facts::{decide_fact, decide_sighting};
use crate::fare::Fare;
use crate::judge::TravelTimes;
use crate::masters::{Care, Facility, Membership, Place, Rider, Vehicle};
use crate::masters_change::{change_facility, change_place, change_rider, change_vehicle};
use crate::masters_decide::{add_driver, change_driver, set_care, set_contact, share_vehicles};
use crate::plan::{Proposal, RouteId, VisitKey};
use crate::policy::{Policy, RideClass};
use crate::rejection::{Reason, Rejection};
use crate::request::{RequestState, Wish};
use crate::ride_decide::{
    accept_offer, accept_round_trip, cancel, make_round_trip, move_ride, over_at, wait,
};
use crate::today_decide::{close_road, decide_at_door, divert, lock_vehicle, note_ready, note_snow, widen};

/// How long after "now" a reported or wished time may lie because clocks differ.
const CLOCK_TOLERANCE: Seconds = Seconds(90);
/// How far ahead a ride may be asked for.
const DAYS_AHEAD_MAX: i64 = 60;
/// How far ahead a policy may take effect.
const POLICY_DAYS_AHEAD_MAX: i64 = 3_653;
/// Arrangements of one vehicle; the offices' tables have two to five.
const LAYOUTS_MAX: usize = 16;

/// What follows from a command before anything is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub events: Vec<Event>,
    pub next: Next,
}

/// What has to be searched once the events are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Nothing,
    /// Find offers in these classes, cheapest in law first.
    FindOffers {
        request: RequestId,
        classes: Vec<RideClass>,
    },
    /// The policy says no to the wish as it is; find what would do.
    ExplainRefusal {
        request: RequestId,
        reason: Reason,
    },
    /// Find offers for both halves of a round trip, or for none; each with the classes it may be.
    FindRoundTrip {
        there: (RequestId, Vec<RideClass>),
        back: (RequestId, Vec<RideClass>),
    },
    /// Fit the accepted offers into the plan, all or none.
    Book {
        accepted: Vec<(RequestId, OfferId)>,
    },
    /// Plan the runs of these facilities' day for these requests.
    PlanRuns {
        facilities: Vec<FacilityId>,
        day: ServiceDay,
        requests: Vec<RequestId>,
        start: PlanStart,
    },
    /// The day of these facilities was planned and something has changed: fit it in and say who has to be told.
    Replan {
        facilities: Vec<FacilityId>,
        day: ServiceDay,
        /// New places on runs.
        fresh: Vec<RequestId>,
        cause: Cause,
    },
    /// Give a booked ride to this vehicle, or to whichever it fits best.
    Move {
        request: RequestId,
        vehicle: Option<VehicleId>,
    },
    /// Somebody has to be told that nobody comes to the door.
    AskAboutDoor {
        request: RequestId,
    },
    /// Fetch a guest later than was promised, as the operator has decided.
    ComeBack {
        request: RequestId,
        at: Timestamp,
    },
    /// What is a fact now makes vehicles late: set their times anew, move whom another vehicle carries in time, and tell.
    Repair {
        days: Vec<ServiceDay>,
        cause: Cause,
    },
    /// Drive the coming visits as proposed, if that still is lawful and better.
    Adopt(Proposal),
    /// Look for delays that crossed a threshold.
    WatchDelays,
}

impl Decision {
    pub(crate) fn just(events: Vec<Event>) -> Decision {
        Decision { events, next: Next::Nothing }
    }
}

/// Applies the rules that need no search to `command` at time `now`.
pub fn decide(
    area: &Area,
    command: &Command,
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> Result<Decision, Rejection> {
    refuse_erased(area, command)?;
    match command {
        Command::AddCorporation => {
            let last = area.corporations.get_max().map_or(0, |c| c.0);
            Ok(Decision::just(vec![Event::CorporationAdded { corporation: CorporationId(last + 1) }]))
        }
        Command::AddPlace(new) => {
            let id = PlaceId(area.places.get_max().map_or(0, |(id, _)| id.0) + 1);
            let place = Place { id, node: new.node, largest_vehicle: new.largest_vehicle };
            Ok(Decision::just(vec![Event::PlaceAdded { place }]))
        }
        Command::AddFacility(new) => add_facility(area, new),
        Command::AddVehicle(new) => add_vehicle(area, new),
        Command::AddRider(new) => add_rider(area, new),
        Command::AddRiderPlace { rider, place } => {
            let known = area.riders.get(rider).ok_or_else(|| unknown("rider", rider))?;
            known_place(area, "place", *place)?;
            if known.places.contains(place) {
                return Ok(Decision::just(Vec::new()));
            }
            Ok(Decision::just(vec![Event::RiderPlaceAdded { rider: *rider, place: *place }]))
        }
        Command::ChangePlace { place, new } => change_place(area, *place, new),
        Command::ChangeFacility { facility, new } => change_facility(area, *facility, new),
        Command::ChangeVehicle { vehicle, new } => change_vehicle(area, *vehicle, new),
        Command::ChangeRider { rider, new } => change_rider(area, *rider, new),
        Command::EraseRider { rider } => erase_rider(area, *rider),
        Command::AdoptPolicy(policy) => {
            check_policy(policy, now)?;
            Ok(Decision::just(vec![Event::PolicyAdopted { policy: policy.clone() }]))
        }
        Command::NoteAbsence { rider, day, kind } => note_absence(area, *rider, *day, *kind, now),
        Command::SetCare { rider, care } => set_care(area, *rider, care),
        Command::SetContact { rider } => set_contact(area, *rider),
        Command::AddDriver(new) => add_driver(area, new),
        Command::ChangeDriver { driver, new } => change_driver(area, *driver, new),
        Command::ShareVehicles { facilities } => share_vehicles(area, facilities),
        Command::NoteJoin { rider, day, kind } => note_join(area, *rider, *day, *kind, now),
        Command::NoteOut { what, day, out } => note_out(area, *what, *day, *out, now),
        Command::PinRide { rider, day, direction, pin } => {
            pin_ride(area, (*rider, *day, *direction), *pin, now)
        }
        Command::PlanDay { facility, day, start } => plan_day(area, *facility, *day, start, now),
        Command::ReplanDay { facility, day } => replan_day(area, *facility, *day, now),
        Command::GiveNotice { notice } => give_notice(area, *notice, now),
        Command::MakeRequest(party) => make_request(area, party, now),
        Command::MakeRoundTrip { there, back } => make_round_trip(area, there, *back, now),
        Command::AcceptRoundTrip { there, back } => accept_round_trip(area, *there, *back, now),
        Command::NoteReady { .. }
        | Command::DecideAtDoor { .. }
        | Command::Divert { .. }
        | Command::LockVehicle { .. }
        | Command::WidenPromise { .. }
        | Command::CloseRoad(_)
        | Command::OpenRoad { .. }
        | Command::NoteSnow { .. } => decide_today(area, command, now, travel),
        Command::AcceptOffer { request, offer } => accept_offer(area, *request, *offer, now),
        Command::Cancel { request } => cancel(area, *request, now),
        Command::Wait { request } => wait(area, *request, now),
        Command::MoveRide { request, vehicle } => move_ride(area, *request, *vehicle),
        Command::RecordFact { vehicle, fact, visit, at } => {
            record_fact(area, (*vehicle, *fact, *visit, *at), now, travel)
        }
        Command::SightVehicle { vehicle, visit, eta } => {
            Ok(Decision::just(decide_sighting(area, *vehicle, *visit, *eta, now)))
        }
        Command::SettleContradiction { contradiction } => settle(area, *contradiction, now),
        Command::AcknowledgeRoute { vehicle, revision } => acknowledge(area, *vehicle, *revision, now),
        Command::AdoptProposal(proposal) => adopt_proposal(area, proposal),
        Command::Tick => Ok(tick(area, now)),
    }
}

/// What a driver reports, once it can have happened.
fn record_fact(
    area: &Area,
    (vehicle, fact, visit, at): (VehicleId, FactKind, Option<VisitKey>, Timestamp),
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> Result<Decision, Rejection> {
    if at > now + CLOCK_TOLERANCE {
        return Err(invalid(
            "at",
            format!("{at} is still to come (it is {now})"),
            "a fact is reported after it happened",
        ));
    }
    let events = decide_fact(area, vehicle, fact, visit, at.min(now), now, travel)?;
    let asked = events.iter().find_map(|event| match event {
        Event::NotAtDoor { request, .. } => Some(*request),
        _ => None,
    });
    let next = asked.map_or(Next::Nothing, |request| Next::AskAboutDoor { request });
    Ok(Decision { events, next })
}

/// What happens on the day itself.
fn decide_today(
    area: &Area,
    command: &Command,
    now: Timestamp,
    travel: &dyn TravelTimes,
) -> Result<Decision, Rejection> {
    match command {
        Command::NoteReady { rider, day, direction, at } => {
            note_ready(area, (*rider, *day, *direction), *at, now)
        }
        Command::DecideAtDoor { request, decision } => decide_at_door(area, *request, *decision, now),
        Command::Divert { request, to } => divert(area, *request, *to, now, travel),
        Command::LockVehicle { vehicle, day, locked } => lock_vehicle(area, *vehicle, *day, *locked, now),
        Command::WidenPromise { request, pickup, dropoff, ride_max, reason } => {
            widen(area, *request, (*pickup, *dropoff, *ride_max), *reason, now)
        }
        Command::CloseRoad(new) => close_road(area, new, now),
        Command::OpenRoad { closure } => {
            area.hindering.closures.get(closure).ok_or_else(|| unknown("closure", closure))?;
            Ok(Decision::just(vec![Event::RoadOpened { closure: *closure, at: now }]))
        }
        Command::NoteSnow { day, window } => note_snow(area, *day, *window, now),
        _ => Ok(Decision::just(Vec::new())),
    }
}

pub(crate) fn unknown(field: &'static str, id: &impl ToString) -> Rejection {
    Rejection::Unknown { field, id: id.to_string() }
}

pub(crate) fn invalid(field: &'static str, wrong: impl Into<String>, right: impl Into<String>) -> Rejection {
    Rejection::Invalid { field, wrong: wrong.into(), right: right.into() }
}

/// Today or one of the days for which rides are taken.
pub(crate) fn near_day(field: &'static str, day: ServiceDay, now: Timestamp) -> Result<(), Rejection> {
    if day < ServiceDay::of(now) {
        return Err(Rejection::InPast { field, at: day.midnight(), now });
    }
    if day.midnight() - now > Seconds::hours(24 * DAYS_AHEAD_MAX) {
        let right = format!("a day within the next {DAYS_AHEAD_MAX}");
        return Err(invalid(field, format!("{day} is too far ahead"), right));
    }
    Ok(())
}

fn known_place(area: &Area, field: &'static str, place: PlaceId) -> Result<(), Rejection> {
    if area.places.contains_key(&place) { Ok(()) } else { Err(unknown(field, &place)) }
}

/// A proposal speaks of one revision of the plan; on any other it means nothing.
fn adopt_proposal(area: &Area, proposal: &Proposal) -> Result<Decision, Rejection> {
    if proposal.base != area.revision {
        let wrong = format!("it was found for revision {}", proposal.base);
        return Err(invalid("proposal", wrong, format!("one for revision {}", area.revision)));
    }
    Ok(Decision { events: Vec::new(), next: Next::Adopt(proposal.clone()) })
}

fn add_facility(area: &Area, new: &NewFacility) -> Result<Decision, Rejection> {
    let id = FacilityId(area.facilities.get_max().map_or(0, |(id, _)| id.0) + 1);
    Ok(Decision::just(vec![Event::FacilityAdded { facility: sound_facility(area, id, new)? }]))
}

pub(crate) fn sound_facility(area: &Area, id: FacilityId, new: &NewFacility) -> Result<Facility, Rejection> {
    if !area.corporations.contains(&new.corporation) {
        return Err(unknown("corporation", &new.corporation));
    }
    known_place(area, "place", new.place)?;
    if new.pickup_hours.open() >= new.service.open() {
        return Err(invalid(
            "pickup_hours",
            "they begin after the service does",
            "pickup runs begin before the service",
        ));
    }
    if new.dropoff_hours.close() <= new.service.close() {
        return Err(invalid(
            "dropoff_hours",
            "they end before the service does",
            "drop-off runs end after the service",
        ));
    }
    if new.ride_max < Seconds::minutes(5) || new.ride_max > Seconds::hours(3) {
        return Err(invalid(
            "ride_max_minutes",
            format!("{} s", new.ride_max.0),
            "between 5 and 180 minutes",
        ));
    }
    Ok(Facility {
        id,
        corporation: new.corporation,
        place: new.place,
        service: new.service,
        pickup_hours: new.pickup_hours,
        dropoff_hours: new.dropoff_hours,
        ride_max: new.ride_max,
    })
}

fn add_vehicle(area: &Area, new: &NewVehicle) -> Result<Decision, Rejection> {
    let id = VehicleId(area.vehicles.get_max().map_or(0, |(id, _)| id.0) + 1);
    Ok(Decision::just(vec![Event::VehicleAdded { vehicle: sound_vehicle(area, id, new)? }]))
}

pub(crate) fn sound_vehicle(area: &Area, id: VehicleId, new: &NewVehicle) -> Result<Vehicle, Rejection> {
    if !area.facilities.contains_key(&new.facility) {
        return Err(unknown("facility", &new.facility));
    }
    let sound =
        |l: &crate::needs::Layout| l.seats <= 60 && l.wheelchairs <= 20 && l.seats + l.wheelchairs > 0;
    if new.layouts.is_empty() || new.layouts.len() > LAYOUTS_MAX || !new.layouts.iter().all(sound) {
        return Err(invalid(
            "layouts",
            "none, too many, or one without any place",
            format!("1 to {LAYOUTS_MAX} layouts, each with 1 to 60 seats or 1 to 20 wheelchair places"),
        ));
    }
    Ok(Vehicle {
        id,
        facility: new.facility,
        kind: new.kind,
        layouts: new.layouts.clone(),
        shift: new.shift,
        attendant: new.attendant,
    })
}

fn add_rider(area: &Area, new: &NewRider) -> Result<Decision, Rejection> {
    let id = RiderId(area.riders.get_max().map_or(0, |(id, _)| id.0) + 1);
    Ok(Decision::just(vec![Event::RiderAdded { rider: sound_rider(area, id, new)? }]))
}

/// Without care, which is set by a command of its own.
pub(crate) fn sound_rider(area: &Area, id: RiderId, new: &NewRider) -> Result<Rider, Rejection> {
    if new.places.is_empty() {
        return Err(invalid("places", "no place is given", "at least one place: the home"));
    }
    for place in &new.places {
        known_place(area, "places", *place)?;
    }
    if let Some(Membership { facility, weekdays }) = &new.membership {
        if !area.facilities.contains_key(facility) {
            return Err(unknown("membership.facility", facility));
        }
        if weekdays.0.is_empty() {
            return Err(invalid(
                "membership.weekdays",
                "no weekday is given",
                "the weekdays on which the member attends",
            ));
        }
    }
    let needs = new.needs;
    for (field, dwell) in
        [("needs.boarding_seconds", needs.boarding), ("needs.alighting_seconds", needs.alighting)]
    {
        if dwell < Seconds::ZERO || dwell > Seconds::hours(1) {
            return Err(invalid(field, dwell.to_string(), "between 0 and 3600 seconds"));
        }
    }
    if needs.walker_tenths > 20 {
        return Err(invalid(
            "needs.walker_tenths",
            needs.walker_tenths.to_string(),
            "between 0 and 20 tenths of a seat",
        ));
    }
    let (places, membership) = (new.places.clone(), new.membership.clone());
    Ok(Rider { id, needs, places, membership, care: Care::default() })
}

/// Whether a policy could be adopted now.
pub fn check_policy(policy: &Policy, now: Timestamp) -> Result<(), Rejection> {
    if policy.effective_from < ServiceDay::of(now) {
        return Err(invalid(
            "effective_from",
            policy.effective_from.to_string(),
            "today or a later day: decisions already made stay as they were",
        ));
    }
    if policy.effective_from.midnight() - now > Seconds::hours(24 * POLICY_DAYS_AHEAD_MAX) {
        return Err(invalid(
            "effective_from",
            policy.effective_from.to_string(),
            "a day within the next ten years",
        ));
    }
    if policy.source.trim().is_empty() {
        return Err(invalid(
            "source",
            "empty",
            "the law, notice or council decision that the policy rests on",
        ));
    }
    if policy.people_max == 0 {
        return Err(invalid("people_max", "0", "1 or more"));
    }
    if let Fare::ActualCost { items: words, .. } | Fare::Registered { registration: words, .. } = &policy.fare
        && words.trim().is_empty()
    {
        let right = "which costs it covers, or under which registration it is taken";
        return Err(invalid("fare", "nothing says what it is taken for", right));
    }
    if policy.ride_percent < 100 {
        return Err(invalid(
            "ride_percent",
            policy.ride_percent.to_string(),
            "100 or more: nobody rides faster than without detour",
        ));
    }
    Ok(())
}

pub(crate) fn make_request(area: &Area, party: &Party, now: Timestamp) -> Result<Decision, Rejection> {
    let rider = area.riders.get(&party.rider).ok_or_else(|| unknown("rider", &party.rider))?;
    for (field, place) in [("from", party.from), ("to", party.to)] {
        known_place(area, field, place)?;
        if !rider.places.contains(&place) {
            return Err(invalid(
                field,
                format!("{place} is not a registered place of {}", rider.id),
                "one of the rider's registered places; add it first",
            ));
        }
    }
    if party.from == party.to {
        return Err(invalid("to", "the same place as `from`", "another of the rider's registered places"));
    }
    if party.people == 0 {
        return Err(invalid("people", "0", "the number of people who ride, the rider included"));
    }
    let (field, at) = match party.wish {
        Wish::LeaveAt(at) | Wish::ArriveBy(at) => ("wish.at", at),
        Wish::Run { .. } => {
            return Err(invalid(
                "wish",
                "a place on a run",
                "leave_at or arrive_by; runs come from attendance",
            ));
        }
    };
    if at + CLOCK_TOLERANCE < now {
        return Err(Rejection::InPast { field, at, now });
    }
    if at - now > Seconds::hours(24 * DAYS_AHEAD_MAX) {
        return Err(invalid(field, format!("{at} is more than {DAYS_AHEAD_MAX} days ahead"), "a nearer day"));
    }
    let load = rider.needs.load(party.people - 1);
    if !area.vehicles.values().any(|v| v.holds(load)) {
        let largest = area
            .vehicles
            .values()
            .flat_map(|v| v.layouts.iter())
            .map(|l| (l.seats, l.wheelchairs))
            .max()
            .unwrap_or((0, 0));
        return Err(Rejection::NoVehicleHolds {
            field: "people",
            wanted: format!(
                "{} people ({} seats, {} wheelchairs)",
                party.people,
                f32::from(load.seat_tenths) / 10.0,
                load.wheelchairs
            ),
            largest: format!("{} seats beside {} wheelchairs", largest.0, largest.1),
        });
    }
    let request = area.last_request.next();
    let made = Event::RequestMade {
        request,
        rider: party.rider,
        people: party.people,
        from: party.from,
        to: party.to,
        wish: party.wish,
        channel: party.channel,
        purpose: party.purpose,
        at: now,
    };
    let policy = area.policies.in_force(party.wish.day());
    match classes_for(area, &policy, party) {
        Ok(classes) => Ok(Decision { events: vec![made], next: Next::FindOffers { request, classes } }),
        Err(reason) => Ok(Decision { events: vec![made], next: Next::ExplainRefusal { request, reason } }),
    }
}

/// The classes that the policy allows this ride to be, least intrusive first; or the rule of the policy that it breaks.
pub fn classes_for(area: &Area, policy: &Policy, party: &Party) -> Result<Vec<RideClass>, Reason> {
    if area.riders.get(&party.rider).is_some_and(|r| !policy.carries(&r.care.entitlements)) {
        return Err(Reason::NotEntitled);
    }
    if party.people > policy.people_max {
        return Err(Reason::TooManyPeople);
    }
    let day = party.wish.day();
    if let Wish::LeaveAt(at) | Wish::ArriveBy(at) = party.wish
        && !day.window(policy.guest_hours).contains(at)
    {
        return Err(Reason::OutsideGuestHours);
    }
    let member_elsewhere =
        area.riders.get(&party.rider).is_some_and(|r| r.membership.is_some() && r.attends(day).is_none());
    let first = if member_elsewhere { RideClass::MemberOtherDay } else { RideClass::GuestIdleVehicle };
    let classes: Vec<RideClass> = [first, RideClass::GuestEmptyLeg, RideClass::GuestBesideMembers]
        .into_iter()
        .filter(|class| policy.allows.contains(class))
        .collect();
    if classes.is_empty() { Err(Reason::ClassNotAllowed) } else { Ok(classes) }
}

fn acknowledge(
    area: &Area,
    vehicle: VehicleId,
    revision: u64,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    let id = RouteId { day: ServiceDay::of(now), vehicle };
    let route = area.find_route(id).ok_or_else(|| unknown("vehicle", &vehicle))?;
    if revision > route.revision {
        return Err(invalid(
            "revision",
            revision.to_string(),
            format!("at most {}, the newest of this route", route.revision),
        ));
    }
    if revision <= route.acknowledged {
        return Ok(Decision::just(Vec::new()));
    }
    Ok(Decision::just(vec![Event::RouteAcknowledged { route: id, revision }]))
}

fn tick(area: &Area, now: Timestamp) -> Decision {
    let mut events = Vec::new();
    let today = ServiceDay::of(now);
    if area.day.is_none_or(|day| day < today) {
        events.push(Event::DayOpened { day: today });
    }
    for request in area.requests.values() {
        if let RequestState::Offered { offers } = &request.state
            && offers.iter().all(|o| o.expires_at < now)
        {
            events.push(Event::OffersExpired { request: request.id });
        }
        let waits = matches!(request.state, RequestState::Waiting(_));
        if waits && over_at(area, request).is_some_and(|over| over < now) {
            events.push(Event::WaitEnded { request: request.id });
        }
    }
    Decision { events, next: Next::WatchDelays }
}

/// Length of a leg between two places, for the events that record it.
pub(crate) fn leg(area: &Area, from: PlaceId, to: PlaceId, travel: &dyn TravelTimes) -> (Seconds, Metres) {
    match (area.find_node(from), area.find_node(to)) {
        (Some(a), Some(b)) => (travel.seconds(a, b), travel.metres(a, b)),
        _ => (Seconds::ZERO, Metres::ZERO),
    }
}

/// The visit of a request that is next to be done, if it is active.
pub(crate) fn find_open_visit(area: &Area, request: RequestId) -> Option<VisitKey> {
    match area.requests.get(&request)?.state {
        RequestState::Booked(_) => Some(VisitKey::pickup(request)),
        RequestState::OnBoard { .. } => Some(VisitKey::dropoff(request)),
        _ => None,
    }
}
