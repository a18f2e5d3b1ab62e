//! The drawn town's people and their day: shares within tolerance, everything in range, the same seed the same bytes.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use domain::{AbsenceKind, Channel, Purpose, VehicleKind, Wish};
use roads::Town;
use sim::{
    BackDecision, DayScript, MEMBERS, Outbound, PlaceCategory, RESIDENTS, Scenario, TownPeople, draw_people,
};
use units::{DayTime, Seconds, ServiceDay};

fn town() -> &'static Town {
    static TOWN: OnceLock<Town> = OnceLock::new();
    TOWN.get_or_init(|| roads::draw_town(7).unwrap())
}

fn people() -> &'static TownPeople {
    static PEOPLE: OnceLock<TownPeople> = OnceLock::new();
    PEOPLE.get_or_init(|| draw_people(town(), 7).unwrap())
}

fn scenario(name: &str) -> Scenario {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios").join(name);
    Scenario::open(&path).unwrap()
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[test]
fn the_same_seed_draws_the_same_people() {
    let again = draw_people(town(), 7).unwrap();
    assert_eq!(format!("{again:?}"), format!("{:?}", people()));
    assert_ne!(draw_people(town(), 8).unwrap().riders, people().riders);
}

#[test]
fn the_town_has_what_the_plan_says() {
    let p = people();
    assert_eq!(
        (p.corporations.len(), p.facilities.len(), p.vehicles.len(), p.riders.len()),
        (2, 3, 12, MEMBERS + RESIDENTS)
    );
    let kinds: BTreeSet<VehicleKind> = p.vehicles.iter().map(|v| v.kind).collect();
    assert_eq!(kinds.len(), 4);
    assert_eq!(p.vehicles.iter().filter(|v| v.attendant).count(), 8);
    for vehicle in &p.vehicles {
        assert!(vehicle.layouts.iter().all(|l| l.seats > 0 && l.seats < 10), "{vehicle:?}");
        assert!(vehicle.layouts.iter().any(|l| l.wheelchairs > 0));
    }
    let names: BTreeSet<&str> = p.vehicles.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names.len(), 12);
    assert!(p.riders[..MEMBERS].iter().all(|r| r.membership.is_some()));
    assert!(p.riders[MEMBERS..].iter().all(|r| r.membership.is_none()));
    let phones: BTreeSet<&str> = p.riders.iter().map(|r| r.person.phone.as_str()).collect();
    assert_eq!(phones.len(), p.riders.len());
    assert!(
        phones.iter().all(|phone| phone.starts_with("0270-0")),
        "no exchange begins with 0: nobody can be called"
    );
}

#[test]
fn riders_have_a_home_of_their_own_and_places_to_go() {
    let p = people();
    let homes: BTreeSet<usize> = p.riders.iter().map(|r| r.places[0]).collect();
    assert_eq!(homes.len(), p.riders.len());
    let nodes = town().roads.node_count();
    assert!(p.places.iter().all(|place| place.node.index() < nodes && !place.address.is_empty()));
    for rider in &p.riders {
        let distinct: BTreeSet<usize> = rider.places.iter().copied().collect();
        assert!((2..=5).contains(&rider.places.len()) && distinct.len() == rider.places.len());
        assert_eq!(p.places[rider.places[0]].category, PlaceCategory::Home);
        assert!(rider.places[1..].iter().all(|place| p.places[*place].category != PlaceCategory::Home));
        assert!(
            rider.person.name.furigana.chars().all(|c| c == ' ' || ('ぁ'..='ん').contains(&c)),
            "{:?}",
            rider.person.name
        );
        assert!(!rider.needs.attendant || p.places[rider.places[0]].largest_vehicle >= VehicleKind::Minivan);
    }
}

#[test]
fn needs_and_attendance_are_as_in_the_field() {
    let (mut wheelchairs, mut walkers, mut attendants, mut all) = (0, 0, 0, 0);
    for seed in 0..12 {
        let p = draw_people(town(), seed).unwrap();
        for rider in &p.riders[..MEMBERS] {
            let needs = rider.needs;
            all += 1;
            wheelchairs += usize::from(needs.wheelchair);
            walkers += usize::from(needs.walker_tenths > 0);
            attendants += usize::from(needs.attendant);
            assert!(!(needs.wheelchair && needs.walker_tenths > 0));
            assert!((120..=480).contains(&needs.boarding.0) && needs.alighting < needs.boarding);
            assert!(needs.walker_tenths == 0 || (3..=6).contains(&needs.walker_tenths));
        }
        let tuesday = ServiceDay::parse("2026-11-24").unwrap();
        let attending =
            p.riders.iter().filter(|r| r.membership.as_ref().is_some_and(|m| m.1.contains(tuesday))).count();
        assert!((35..=65).contains(&attending), "{attending} members attend");
        for (index, facility) in p.facilities.iter().enumerate() {
            let here = p
                .riders
                .iter()
                .filter(|r| r.membership.as_ref().is_some_and(|m| m.0 == index && m.1.contains(tuesday)));
            assert!(here.count() as u32 <= facility.capacity);
        }
    }
    assert!((0.16..0.24).contains(&share(wheelchairs, all)), "{wheelchairs} of {all}");
    assert!((0.21..0.29).contains(&share(walkers, all)), "{walkers} of {all}");
    assert!((0.07..0.13).contains(&share(attendants, all)), "{attendants} of {all}");
}

#[test]
fn scripts_come_again_and_keep_their_shares() {
    let scenario = scenario("busy-day.toml");
    let day = scenario.date;
    let draw = |seed| DayScript::draw(people(), &scenario, day, seed);
    assert_eq!(format!("{:?}", draw(3)), format!("{:?}", draw(3)));
    assert_ne!(draw(3), draw(4));

    let (mut absent, mut rides, mut outings, mut phone, mut two, mut cancels) = (0, 0, 0, 0, 0, 0);
    let mut purposes: BTreeMap<Purpose, usize> = BTreeMap::new();
    const DAYS: u64 = 60;
    for seed in 0..DAYS {
        let script = draw(seed);
        absent += script.absences.len();
        outings += script.outings.len();
        for outing in &script.outings {
            rides += 1 + usize::from(outing.back.is_some());
            phone += usize::from(outing.out.channel == Channel::Phone);
            two += usize::from(outing.out.people == 2);
            cancels += usize::from(outing.out.cancels_at.is_some());
            *purposes.entry(outing.out.purpose).or_default() += 1;
        }
    }
    let attending =
        people().riders.iter().filter(|r| r.membership.as_ref().is_some_and(|m| m.1.contains(day))).count();
    let free = people().riders.len() - attending;
    let absence = share(absent, attending * DAYS as usize);
    assert!((0.045..0.075).contains(&absence), "{absence}");
    let intensity = share(rides, free * DAYS as usize);
    assert!((0.28..0.32).contains(&intensity), "{intensity}");
    assert!((0.46..0.54).contains(&share(phone, outings)) && (0.12..0.18).contains(&share(two, outings)));
    assert!((0.008..0.026).contains(&share(cancels, outings)), "{cancels} of {outings}");
    assert!((0.38..0.44).contains(&share(purposes[&Purpose::Shopping], outings)));
    assert!((0.34..0.40).contains(&share(purposes[&Purpose::Medical], outings)));
}

#[test]
fn wishes_are_sound() {
    let scenario = scenario("busy-day.toml");
    let p = people();
    for seed in 0..20 {
        let script = DayScript::draw(p, &scenario, scenario.date, seed);
        for absence in &script.absences {
            let clock = DayTime::of(absence.at);
            assert!((DayTime::hm(7, 30)..=DayTime::hm(8, 30)).contains(&clock));
            assert!(matches!(
                absence.kind,
                AbsenceKind::WholeDay | AbsenceKind::PickupRun | AbsenceKind::DropoffRun
            ));
        }
        assert!(script.outings.windows(2).all(|pair| pair[0].out.at <= pair[1].out.at));
        for outing in &script.outings {
            for ask in [Some(outing.out), outing.back].into_iter().flatten() {
                let (Wish::LeaveAt(at) | Wish::ArriveBy(at)) = ask.wish else {
                    panic!("no call asks for a run")
                };
                assert!(ask.at <= at && ask.at >= scenario.date.at(DayTime::hm(7, 30)), "{ask:?}");
                assert_eq!(at.unix_seconds() % 300, 0);
                assert!(
                    ask.from != ask.to
                        && p.riders[ask.rider].places.contains(&ask.from)
                        && p.riders[ask.rider].places.contains(&ask.to)
                );
                assert!(ask.cancels_at.is_none_or(|cancel| cancel > ask.at));
            }
            assert!(outing.back.is_none_or(|back| back.at > outing.out.at));
        }
    }
}

#[test]
fn the_way_back_is_asked_for_when_one_is_there() {
    let scenario = scenario("busy-day.toml");
    let script = DayScript::draw(people(), &scenario, scenario.date, 1);
    let outing = script.outings.iter().find(|o| o.back.is_some()).unwrap();
    let back = outing.back.unwrap();
    let later = back.at + Seconds::hours(2);
    assert_eq!(outing.decide_back(Outbound::Failed, later), BackDecision::Skip);
    assert_eq!(outing.decide_back(Outbound::Done, back.at - Seconds(1)), BackDecision::Wait(back.at));
    assert_eq!(
        outing.decide_back(Outbound::UnderWay, later),
        BackDecision::Wait(later + Seconds::minutes(5))
    );
    let BackDecision::Ask(ask) = outing.decide_back(Outbound::Done, later) else { panic!("there and due") };
    assert_eq!((ask.at, ask.wish), (later, Wish::LeaveAt(later)), "nobody wishes to leave in the past");
    let BackDecision::Ask(ask) = outing.decide_back(Outbound::Done, back.at) else { panic!("there and due") };
    assert_eq!(ask.wish, back.wish);
}

#[test]
fn one_door_in_ten_is_slow_for_members_at_home_only() {
    let scenario = scenario("provincial-town.toml");
    let script = DayScript::draw(people(), &scenario, scenario.date, 5);
    let slow = (0..4000).filter(|rider| script.member_door(*rider, true).tail > Seconds::ZERO).count();
    assert!((320..480).contains(&slow), "{slow}");
    assert!((0..4000).all(|rider| script.member_door(rider, false) == sim::Door::PROMPT));
    let missing = (0..4000).filter(|rider| !script.member_door(*rider, true).comes).count();
    assert!((3..30).contains(&missing), "{missing}");
}
