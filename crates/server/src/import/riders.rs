//! 利用者: riders with their home, needs, membership and how they are to be carried.

use domain::{Care, Command, Membership, Needs, NewRider, Rider, Seat, SeatWish, Weekdays};
use units::{PlaceId, RiderId, Seconds};

use super::cell::{MUST, SEATS, read_walker, write_walker};
use super::columns::Kind;
use super::flaw::Wrong;
use super::known::{number_of, refer};
use super::record::{Flawed, Record};
use super::site::{Site, cells, parse};
use super::trial::Trial;
use super::vehicles::{facility_number, refer_facility};
use super::weekdays;
use crate::input::{NewFamily, NewNeeds};
use crate::register::{By, Category, Family, RiderEntry};

pub const KEPT: [&str; 8] = [
    "birth_date",
    "sex",
    "care_level",
    "contract",
    "contract_from",
    "contract_until",
    "emergency_name",
    "emergency_phone",
];

pub fn record(trial: &Trial, id: &str) -> Option<Record> {
    let known = trial.area.riders.get(&id.parse::<RiderId>().ok()?)?;
    let entry: RiderEntry = trial.entry("rider", id);
    let home = known.places.first().map(|p| cells(trial, *p)).unwrap_or_default();
    let others = known.places.iter().skip(1).map(|p| cells(trial, *p).get("number").to_owned());
    let mark = |on: bool| if on { "○" } else { "" };
    let mut record = Record::default()
        .with("number", number_of(&entry.kept, id))
        .with("name", entry.name)
        .with("furigana", entry.furigana)
        .with("phone", entry.phone.unwrap_or_default())
        .with("home", home.get("number"))
        .with("address", home.get("address"))
        .with("latitude", home.get("latitude"))
        .with("longitude", home.get("longitude"))
        .with("places", others.collect::<Vec<_>>().join(";"))
        .with("wheelchair", mark(known.needs.wheelchair))
        .with("walker", write_walker(known.needs.walker_tenths))
        .with("attendant", mark(known.needs.attendant))
        .with("boarding_seconds", known.needs.boarding.0.to_string())
        .with("alighting_seconds", known.needs.alighting.0.to_string())
        .with("never_alone", mark(known.care.never_alone))
        .with("seat", known.care.seat.map_or_else(String::new, write_seat))
        .with("note", entry.note.unwrap_or_default());
    if let Some(family) = &entry.family {
        record.set("family_name", family.name.clone());
        record.set("family_phone", family.phone.clone().unwrap_or_default());
        record.set("family_by", word_of(family.contact.by));
        record.set("family_address", family.contact.address.clone().unwrap_or_default());
        record.set("family_instead", mark(family.instead));
    }
    if let Some(membership) = &known.membership {
        record.set("facility", facility_number(trial, membership.facility));
        record.set("weekdays", weekdays::write(&membership.weekdays.0));
    }
    Some(record.with_kept(&KEPT, &entry.kept))
}

/// The words of the ways of telling.
const WAYS: [(By, &str); 4] =
    [(By::Phone, "電話"), (By::Mail, "メール"), (By::Webhook, "アプリ"), (By::Nobody, "なし")];

fn word_of(by: By) -> &'static str {
    WAYS.iter().find(|(way, _)| *way == by).map_or("", |(_, word)| word)
}

/// Somebody of the family, where a name is given; the other cells say nothing without one.
fn family(want: &Record) -> Result<Option<Family>, Flawed> {
    let Some(name) = want.find("family_name") else {
        let others = ["family_phone", "family_by", "family_address", "family_instead"];
        return match others.into_iter().find(|column| want.find(column).is_some()) {
            None => Ok(None),
            Some(_) => Err((
                "family_name",
                Wrong::new(
                    "missing",
                    "empty; who of the family is told has a name",
                    "家族への連絡を書くときは、家族連絡先氏名も書いてください",
                ),
            )),
        };
    };
    let by = WAYS.iter().find(|(_, word)| *word == want.get("family_by")).map_or(By::Phone, |(by, _)| *by);
    let new = NewFamily {
        name,
        phone: want.find("family_phone"),
        by,
        address: want.find("family_address"),
        instead: want.is_yes("family_instead"),
    };
    new.family().map(Some).map_err(|problem| {
        let field = problem.errors.first().map_or("", |error| error.field.as_str());
        let column = match field {
            "family.phone" => "family_phone",
            "family.name" => "family_name",
            _ => "family_address",
        };
        (
            column,
            Wrong::new("invalid_value", problem.detail, "連絡方法に合う電話番号・アドレスを書いてください"),
        )
    })
}

fn write_seat(wish: SeatWish) -> String {
    let word = match wish.seat {
        Seat::Front => SEATS[0].0,
        Seat::BehindDriver => SEATS[1].0,
        Seat::NearDoor => SEATS[2].0,
    };
    format!("{word}{}", if wish.must { MUST } else { "" })
}

fn read_seat(text: &str) -> Option<SeatWish> {
    let (word, must) = text.strip_suffix(MUST).map_or((text, false), |word| (word, true));
    let seats = [Seat::Front, Seat::BehindDriver, Seat::NearDoor];
    let seat = seats.into_iter().zip(SEATS).find(|(_, (known, _))| *known == word)?.0;
    Some(SeatWish { seat, must })
}

/// Times at the door that nobody has set follow the wheelchair.
fn needs(want: &Record, known: Option<&Rider>) -> Needs {
    let usual = |wheelchair: bool| NewNeeds { wheelchair, ..NewNeeds::default() }.needs();
    let wheelchair = want.is_yes("wheelchair");
    let before = known.map(|k| usual(k.needs.wheelchair));
    let seconds = |column: &str, usual_now: Seconds, usual_before: Option<Seconds>| {
        let given = want.get(column).parse::<i64>().ok().map(Seconds);
        given.filter(|s| Some(*s) != usual_before).unwrap_or(usual_now)
    };
    let now = usual(wheelchair);
    Needs {
        wheelchair,
        walker_tenths: read_walker(want.get("walker")),
        attendant: want.is_yes("attendant"),
        boarding: seconds("boarding_seconds", now.boarding, before.map(|n| n.boarding)),
        alighting: seconds("alighting_seconds", now.alighting, before.map(|n| n.alighting)),
    }
}

pub fn membership(trial: &Trial, want: &Record) -> Result<Option<Membership>, Flawed> {
    match (want.find("facility"), want.find("weekdays")) {
        (None, None) => Ok(None),
        (Some(facility), Some(days)) => {
            let facility = refer_facility(trial, &facility)?;
            Ok(Some(Membership { facility, weekdays: Weekdays(weekdays::read(&days)) }))
        }
        (facility, _) => {
            let empty = if facility.is_some() { "weekdays" } else { "facility" };
            Err((
                empty,
                Wrong::new(
                    "missing",
                    "empty; a member has a facility and weekdays, others have neither",
                    "事業所と利用曜日は両方書くか、両方空欄にしてください",
                ),
            ))
        }
    }
}

pub fn take(trial: &mut Trial, id: Option<&str>, want: &Record, had: &Record) -> Result<String, Flawed> {
    let known =
        id.and_then(|id| id.parse::<RiderId>().ok()).and_then(|id| trial.area.riders.get(&id)).cloned();
    let site = Site {
        column: "home",
        label: "自宅",
        category: Category::Home,
        known: known.as_ref().and_then(|k| k.places.first().copied()),
        number: want.find("number").map(|n| format!("{n}-自宅")),
    };
    let home = site.take(trial, want, had)?;
    let mut places = vec![home];
    for text in want.get("places").split(';').filter(|t| !t.is_empty()) {
        let place: PlaceId =
            parse("places", &refer(trial, Kind::Places, text).map_err(|wrong| ("places", wrong))?)?;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let before: RiderEntry = id.map(|id| trial.entry("rider", id)).unwrap_or_default();
    let mut entry = RiderEntry {
        name: want.get("name").to_owned(),
        furigana: want.get("furigana").to_owned(),
        phone: want.find("phone"),
        note: want.find("note"),
        kept: want.kept(&KEPT, &before.kept),
        contact: before.contact.clone(),
        family: family(want)?,
    };
    super::plan::keep_number(&mut entry.kept, want, id);
    let new = NewRider { needs: needs(want, known.as_deref()), places, membership: membership(trial, want)? };
    let done = match id {
        Some(id) => {
            let rider = parse("number", id)?;
            let command = Command::ChangeRider { rider, new };
            trial.submit("change_rider", command, Some(entry.body()))?
        }
        None => trial.submit("add_rider", Command::AddRider(new), Some(entry.body()))?,
    };
    let rider: RiderId = parse("number", &done)?;
    let before = known.map(|k| k.care.clone()).unwrap_or_default();
    let care = Care {
        never_alone: want.is_yes("never_alone"),
        seat: read_seat(want.get("seat")),
        not_with: before.not_with.clone(),
        entitlements: before.entitlements.clone(),
    };
    if care != before {
        trial.submit("set_care", Command::SetCare { rider, care }, None)?;
    }
    Ok(done)
}

/// What is known of a rider, as a command would give it again.
pub fn again(rider: &Rider) -> NewRider {
    NewRider { needs: rider.needs, places: rider.places.clone(), membership: rider.membership.clone() }
}
