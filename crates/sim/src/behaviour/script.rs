//! The script of a day: who stays away, who goes out and asks for a ride, who is slow or missing at the door.

use domain::{AbsenceKind, Channel, Purpose as RidePurpose, Wish};
use units::{DayTime, Seconds, ServiceDay, Timestamp};

use crate::draw::{Draw, Purpose};
use crate::scenario::{Demand, Scenario};
use crate::town::{PlaceCategory, TownPeople, TownRider};

/// From then on people are up and the phone is answered.
const FIRST_CALL: DayTime = DayTime::hm(7, 35);
/// People wish for times at five-minute marks.
const FIVE_MINUTES: i64 = 300;

/// All that will happen of itself on a day; nothing in it depends on how the engine answers. Riders and places are
/// indices into the [`TownPeople`] it was drawn for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayScript {
    /// In order of time.
    pub absences: Vec<Absence>,
    /// In order of the first call.
    pub outings: Vec<Outing>,
    pub day: ServiceDay,
    seed: u64,
    late_door_percent: u32,
    late_door: Seconds,
    member_no_show_per_mille: u32,
}

/// A call in the morning that a member stays away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    pub at: Timestamp,
    pub rider: usize,
    pub kind: AbsenceKind,
}

/// A wish as it will be spoken at the desk or typed into the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub at: Timestamp,
    pub rider: usize,
    pub people: u8,
    pub from: usize,
    pub to: usize,
    pub wish: Wish,
    pub channel: Channel,
    pub purpose: RidePurpose,
    /// Changes his or her mind then, if the ride has not begun.
    pub cancels_at: Option<Timestamp>,
    /// Is not at the door.
    pub no_show: bool,
}

/// Going out, and perhaps back again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outing {
    pub out: Ask,
    /// Asked for on its own later on; see [`Outing::decide_back`].
    pub back: Option<Ask>,
}

/// How the way out stands when the way back is due to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outbound {
    /// Not answered, booked or on board.
    UnderWay,
    Done,
    /// Refused, declined, cancelled, expired, no-show: nobody is there to be brought back.
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackDecision {
    Ask(Ask),
    /// Look again then.
    Wait(Timestamp),
    Skip,
}

/// What happens at the door beyond the rider's own pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// On top of the boarding time.
    pub tail: Seconds,
    pub comes: bool,
}

impl Door {
    pub const PROMPT: Door = Door { tail: Seconds::ZERO, comes: true };
}

impl DayScript {
    /// Draws the day. The same people, scenario, day and seed give the same script.
    pub fn draw(people: &TownPeople, scenario: &Scenario, day: ServiceDay, seed: u64) -> DayScript {
        DayScript {
            absences: draw_absences(people, scenario, day, seed),
            outings: draw_outings(people, scenario, day, seed),
            day,
            seed,
            late_door_percent: scenario.noise.late_door_percent,
            late_door: Seconds(scenario.noise.late_door_seconds),
            member_no_show_per_mille: scenario.members.no_show_per_mille,
        }
    }

    /// What happens when a member is picked up at home or at the facility.
    pub fn member_door(&self, rider: usize, at_home: bool) -> Door {
        let mut draw = Draw::keyed(self.seed, Purpose::Door, rider as u64 * 2 + u64::from(at_home));
        let slow = draw.happens(self.late_door_percent * 10);
        let missing = draw.happens(self.member_no_show_per_mille);
        // At the facility the staff see to it that members are ready.
        Door {
            tail: if slow && at_home { self.late_door } else { Seconds::ZERO },
            comes: !(missing && at_home),
        }
    }

    /// What happens when somebody is picked up for an outing.
    pub fn guest_door(&self, ask: &Ask) -> Door {
        let mut draw = Draw::keyed(
            self.seed,
            Purpose::Door,
            (ask.rider as u64) << 20 | ask.at.unix_seconds() as u64 & 0xf_ffff,
        );
        let slow = draw.happens(self.late_door_percent * 10);
        Door { tail: if slow { self.late_door } else { Seconds::ZERO }, comes: !ask.no_show }
    }
}

impl Outing {
    /// What becomes of the way back at `now`, given how the way out stands.
    pub fn decide_back(&self, outbound: Outbound, now: Timestamp) -> BackDecision {
        let Some(back) = self.back else { return BackDecision::Skip };
        match outbound {
            Outbound::Failed => BackDecision::Skip,
            _ if now < back.at => BackDecision::Wait(back.at),
            // The stay begins when one is there, so the call comes later as well.
            Outbound::UnderWay => BackDecision::Wait(now + Seconds::minutes(5)),
            Outbound::Done => {
                let wish = match back.wish {
                    Wish::LeaveAt(at) => Wish::LeaveAt(at.max(now)),
                    other => other,
                };
                BackDecision::Ask(Ask { at: now, wish, ..back })
            }
        }
    }
}

fn draw_absences(people: &TownPeople, scenario: &Scenario, day: ServiceDay, seed: u64) -> Vec<Absence> {
    let mut draw = Draw::new(seed, Purpose::Absences);
    let mut absences = Vec::new();
    for (rider, known) in people.riders.iter().enumerate() {
        let attends = known.membership.as_ref().is_some_and(|(_, weekdays)| weekdays.contains(day));
        if !attends || !draw.happens(scenario.members.absence_per_mille) {
            continue;
        }
        // Most are ill for the day; some are brought or fetched by their families.
        let kinds = [AbsenceKind::WholeDay, AbsenceKind::PickupRun, AbsenceKind::DropoffRun];
        let kind = kinds[draw.weighted(&[8, 1, 1]).unwrap_or(0)];
        absences.push(Absence {
            at: day.at(DayTime::hm(7, 30)) + Seconds(draw.between(0, 3600)),
            rider,
            kind,
        });
    }
    absences.sort_by_key(|absence| (absence.at, absence.rider));
    absences
}

fn draw_outings(people: &TownPeople, scenario: &Scenario, day: ServiceDay, seed: u64) -> Vec<Outing> {
    let draw = Draw::new(seed, Purpose::Outings);
    let back = Draw::new(seed, Purpose::ReturnTrips);
    let mut drawing = Drawing { people, demand: &scenario.demand, day, draw, back };
    // The intensity counts rides, and an outing is one ride and perhaps one back.
    let demand = &scenario.demand;
    let per_million = demand.rides_per_million * 100 / (100 + u64::from(demand.way_back_percent));
    let mut outings = Vec::new();
    for (rider, known) in people.riders.iter().enumerate() {
        let at_facility = known.membership.as_ref().is_some_and(|(_, weekdays)| weekdays.contains(day));
        if at_facility || known.places.len() < 2 {
            continue;
        }
        let mut expected = per_million;
        let mut free_from = FIRST_CALL;
        while expected > 0 {
            let goes = drawing.draw.below(1_000_000) < expected;
            expected = expected.saturating_sub(1_000_000);
            if goes {
                outings.push(drawing.outing(rider, known, free_from));
                // A second outing of the same person begins in the afternoon.
                free_from = DayTime::hm(13, 0);
            }
        }
    }
    outings.sort_by_key(|outing| (outing.out.at, outing.out.rider));
    outings
}

/// The outings of a day in the making. Ways back have a stream of their own.
struct Drawing<'a> {
    people: &'a TownPeople,
    demand: &'a Demand,
    day: ServiceDay,
    draw: Draw,
    back: Draw,
}

impl Drawing<'_> {
    fn outing(&mut self, rider: usize, known: &TownRider, free_from: DayTime) -> Outing {
        let (demand, day, draw) = (self.demand, self.day, &mut self.draw);
        let purposes =
            [RidePurpose::Shopping, RidePurpose::Medical, RidePurpose::Leisure, RidePurpose::Other];
        let purpose = purposes[draw.weighted(&demand.purposes).unwrap_or(0)];
        let to = choose_place(self.people, known, purpose, draw);
        let channel = if draw.happens(demand.phone_percent * 10) { Channel::Phone } else { Channel::App };
        let two = draw.happens(demand.two_people_percent * 10);
        let wanted = draw_time(day, purpose, draw).max(day.at(free_from) + Seconds::hours(1));
        // Appointments are known early in the morning; shopping comes to mind.
        let ahead = match purpose {
            RidePurpose::Medical => draw.between(30, 180),
            _ => draw.skewed(5, 150),
        };
        let first = day.at(free_from) + Seconds(draw.between(0, 2400));
        let at = (wanted - Seconds::minutes(ahead)).max(first.min(wanted - Seconds::minutes(15)));
        let appointment = purpose == RidePurpose::Medical && draw.happens(850);
        let out = Ask {
            at,
            rider,
            people: 1 + u8::from(two),
            from: known.places[0],
            to,
            wish: if appointment { Wish::ArriveBy(wanted) } else { Wish::LeaveAt(wanted) },
            channel,
            purpose,
            cancels_at: draw_cancel(at, wanted, demand, draw),
            no_show: draw.happens(demand.no_show_per_mille),
        };
        Outing { out, back: self.way_back(&out, wanted) }
    }

    fn way_back(&mut self, out: &Ask, wanted: Timestamp) -> Option<Ask> {
        let draw = &mut self.back;
        let stay = match out.purpose {
            RidePurpose::Medical => draw.between(50, 110),
            RidePurpose::Shopping => draw.between(40, 80),
            _ => draw.between(70, 150),
        };
        // Who wished to leave at a time is there some twenty minutes later.
        let travel = if matches!(out.wish, Wish::LeaveAt(_)) { 20 } else { 0 };
        let leave = round_up(wanted + Seconds::minutes(stay + travel));
        let returns = draw.happens(self.demand.way_back_percent * 10);
        let called = leave - Seconds::minutes(draw.skewed(0, 25));
        let no_show = draw.happens(self.demand.no_show_per_mille);
        let wish = Wish::LeaveAt(leave);
        returns.then_some(Ask {
            at: called,
            from: out.to,
            to: out.from,
            wish,
            cancels_at: None,
            no_show,
            ..*out
        })
    }
}

fn draw_cancel(at: Timestamp, wanted: Timestamp, demand: &Demand, draw: &mut Draw) -> Option<Timestamp> {
    let changes_mind = draw.happens(demand.cancel_per_mille);
    let spare = (wanted - at).0.max(600) / 60;
    let after = Seconds::minutes(draw.between(5, spare));
    changes_mind.then(|| at + after)
}

/// Appointments lie in surgery hours, shopping before lunch and after it. Five-minute marks, as people say them.
fn draw_time(day: ServiceDay, purpose: RidePurpose, draw: &mut Draw) -> Timestamp {
    let morning = draw.happens(if purpose == RidePurpose::Medical { 750 } else { 600 });
    let minutes = match (purpose, morning) {
        (RidePurpose::Medical, true) => draw.between(8 * 60 + 40, 11 * 60 + 30),
        (RidePurpose::Medical, false) => draw.between(13 * 60 + 30, 15 * 60 + 30),
        (_, true) => draw.between(9 * 60, 12 * 60),
        (_, false) => draw.between(13 * 60, 15 * 60 + 30),
    };
    round_up(day.midnight() + Seconds::minutes(minutes))
}

fn round_up(at: Timestamp) -> Timestamp {
    let seconds = at.unix_seconds();
    at + Seconds((FIVE_MINUTES - seconds.rem_euclid(FIVE_MINUTES)) % FIVE_MINUTES)
}

/// A registered place that suits the purpose; any but the home where none does.
fn choose_place(people: &TownPeople, known: &TownRider, purpose: RidePurpose, draw: &mut Draw) -> usize {
    let suits = |place: &usize| {
        matches!(
            (people.places[*place].category, purpose),
            (PlaceCategory::Clinic | PlaceCategory::Hospital, RidePurpose::Medical)
                | (PlaceCategory::Shop, RidePurpose::Shopping)
                | (PlaceCategory::Leisure, RidePurpose::Leisure)
                | (PlaceCategory::Public | PlaceCategory::Transit, RidePurpose::Other)
        )
    };
    let away = &known.places[1..];
    let suitable: Vec<usize> = away.iter().copied().filter(suits).collect();
    let from = if suitable.is_empty() { away } else { &suitable };
    draw.pick(from).copied().unwrap_or(known.places[0])
}
