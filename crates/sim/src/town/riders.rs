//! Members and residents: needs, homes, registered places, names.

use domain::{Needs, VehicleKind, Weekdays};
use units::{Seconds, Weekday};

use super::names::{draw_elder, phone};
use super::places::Sites;
use super::{MEMBERS, Person, PlaceCategory, RESIDENTS, TownFacility, TownRider};
use crate::Fault;
use crate::draw::Draw;

/// Riders' telephone numbers begin here.
const FIRST_PHONE: u32 = 1000;

/// How frail a group is, in per mille. Shares are assumptions after the field report's parameters.
struct Frailty {
    wheelchair: u32,
    walker: u32,
    attendant: u32,
}

const MEMBER: Frailty = Frailty { wheelchair: 200, walker: 250, attendant: 100 };
const RESIDENT: Frailty = Frailty { wheelchair: 50, walker: 200, attendant: 20 };

/// Two or three weekdays, as day services write them into the contract; every tenth has a Saturday.
const PATTERNS: [&[Weekday]; 10] = [
    &[Weekday::Mon, Weekday::Wed, Weekday::Fri],
    &[Weekday::Mon, Weekday::Wed, Weekday::Fri],
    &[Weekday::Tue, Weekday::Thu],
    &[Weekday::Mon, Weekday::Thu],
    &[Weekday::Tue, Weekday::Fri],
    &[Weekday::Wed, Weekday::Fri],
    &[Weekday::Tue, Weekday::Thu, Weekday::Fri],
    &[Weekday::Mon, Weekday::Tue, Weekday::Thu],
    &[Weekday::Mon, Weekday::Wed],
    &[Weekday::Tue, Weekday::Wed, Weekday::Sat],
];

pub(super) fn draw_members(
    sites: &mut Sites<'_>,
    facilities: &[TownFacility],
    draw: &mut Draw,
) -> Result<Vec<TownRider>, Fault> {
    let capacities: Vec<u64> = facilities.iter().map(|f| u64::from(f.capacity)).collect();
    (0..MEMBERS)
        .map(|_| {
            let facility = draw.weighted(&capacities).unwrap_or(0);
            let centre = sites.places()[facilities[facility].place].point;
            let home = sites.open_home(Some(centre))?;
            let needs = draw_needs(draw, &MEMBER);
            if needs.attendant {
                // Attended vehicles begin at the size of a minivan in every facility.
                sites.meet_at_corner(home, VehicleKind::Minivan);
            }
            let places = draw_places(sites, home, draw);
            let pattern = PATTERNS[draw.index(PATTERNS.len())];
            Ok(rider(needs, places, Some((facility, Weekdays(pattern.to_vec())))))
        })
        .collect()
}

pub(super) fn draw_residents(sites: &mut Sites<'_>, draw: &mut Draw) -> Result<Vec<TownRider>, Fault> {
    (0..RESIDENTS)
        .map(|_| {
            let home = sites.open_home(None)?;
            let needs = draw_needs(draw, &RESIDENT);
            if needs.attendant {
                sites.meet_at_corner(home, VehicleKind::Minivan);
            }
            Ok(rider(needs, draw_places(sites, home, draw), None))
        })
        .collect()
}

fn rider(needs: Needs, places: Vec<usize>, membership: Option<(usize, Weekdays)>) -> TownRider {
    let name = super::FullName { name: String::new(), furigana: String::new() };
    TownRider { needs, places, membership, person: Person { name, phone: String::new(), note: None } }
}

/// Door times in minutes: on foot 2–3, with a walker 4, in a wheelchair 5–8. Getting off takes about half, because
/// nobody has to be fetched and shoes are on.
fn draw_needs(draw: &mut Draw, frailty: &Frailty) -> Needs {
    let wheelchair = draw.happens(frailty.wheelchair);
    // The share of walkers is one of all, so among those who walk it is larger.
    let walker = !wheelchair && draw.happens(frailty.walker * 1000 / (1000 - frailty.wheelchair));
    let boarding = match (wheelchair, walker) {
        (true, _) => draw.between(10, 16) * 30,
        (_, true) => 240,
        _ => draw.between(4, 6) * 30,
    };
    Needs {
        wheelchair,
        walker_tenths: if walker { draw.between(3, 6) as u16 } else { 0 },
        attendant: draw.happens(frailty.attendant),
        boarding: Seconds(boarding),
        alighting: Seconds(boarding / 2),
    }
}

/// Home and one to four places where people go, near ones first in likelihood.
fn draw_places(sites: &Sites<'_>, home: usize, draw: &mut Draw) -> Vec<usize> {
    let all = sites.places();
    let from = all[home].point;
    let mut weights: Vec<u64> = all
        .iter()
        .map(|place| {
            let popular = match place.category {
                PlaceCategory::Shop => 8,
                PlaceCategory::Clinic => 12,
                PlaceCategory::Hospital => 60,
                PlaceCategory::Leisure => 8,
                PlaceCategory::Public => 15,
                PlaceCategory::Transit => 8,
                PlaceCategory::Home | PlaceCategory::DayService => 0,
            };
            let metres = place.point.metres_to(from) as u64;
            popular * 1_000_000 / (800 + metres)
        })
        .collect();
    let mut places = vec![home];
    for _ in 0..draw.between(1, 4) {
        let Some(next) = draw.weighted(&weights) else { break };
        weights[next] = 0;
        places.push(next);
    }
    places
}

const WHEELCHAIR_NOTES: [&str; 4] = [
    "車いす(自走式)。玄関にスロープあり。",
    "車いす。4点固定のあとクッションの位置を確認。",
    "リクライニング車いす。段差2段、ご家族が介助。",
    "車いす。右手が不自由なため左側から声かけ。",
];
const WALKER_NOTES: [&str; 4] = [
    "歩行器使用。玄関の段差で一声かける。",
    "シルバーカーを一緒に積む。",
    "歩行器。雨の日は玄関まで傘。",
    "杖と歩行器を併用。足元を確認してから発車。",
];
const ATTENDANT_NOTES: [&str; 3] = [
    "認知症あり。必ず添乗員と一緒に。",
    "乗車中に立ち上がることがある。隣に添乗員。",
    "一人で帰ろうとされることがある。玄関まで付き添う。",
];
const WALKING_NOTES: [&str; 6] = [
    "耳が遠い。大きめの声で。",
    "玄関の鍵をかけるまで待つ。",
    "犬がいる。門の外で待つ。",
    "車酔いしやすい。前の席を希望。",
    "家の前は駐車不可。角の空き地で乗車。",
    "到着の前に電話をかける。",
];

/// Names, telephone numbers and notes, in a stream of their own so that they never change what is planned.
pub(super) fn name_all(riders: &mut [TownRider], draw: &mut Draw) {
    for (index, rider) in riders.iter_mut().enumerate() {
        let needs = rider.needs;
        let member = rider.membership.is_some();
        rider.person.name = draw_elder(draw);
        rider.person.phone = phone(FIRST_PHONE + 7 * index as u32);
        let notes: &[&str] = if needs.attendant {
            &ATTENDANT_NOTES
        } else if needs.wheelchair {
            &WHEELCHAIR_NOTES
        } else if needs.walker_tenths > 0 {
            &WALKER_NOTES
        } else {
            &WALKING_NOTES
        };
        // Of members everybody's peculiarities are known, of residents few.
        let known = draw.happens(if member { 700 } else { 250 });
        rider.person.note = draw.pick(notes).filter(|_| known).map(|note| (*note).to_owned());
    }
}
