//! 地点: places where a vehicle may halt.

use domain::{Command, NewPlace};
use units::PlaceId;

use super::known::number_of;
use super::record::{Flawed, Record};
use super::site::{kind_word, note, parse, read_kind, snap};
use super::trial::Trial;
use crate::http::masters::largest_through;
use crate::register::{Category, PlaceEntry, body};

const KEPT: [&str; 4] = ["phone", "room", "landmark", "memo"];

const CATEGORIES: [(Category, &str); 9] = [
    (Category::Home, "自宅"),
    (Category::Clinic, "診療所"),
    (Category::Hospital, "病院"),
    (Category::Shop, "買い物"),
    (Category::Leisure, "余暇"),
    (Category::Public, "公共"),
    (Category::DayService, "通所介護"),
    (Category::Transit, "交通"),
    (Category::Other, "その他"),
];

pub fn record(trial: &Trial, id: &str) -> Option<Record> {
    let known = trial.area.places.get(&id.parse::<PlaceId>().ok()?)?;
    let entry: PlaceEntry = trial.entry("place", id);
    let category = CATEGORIES.iter().find(|(c, _)| *c == entry.category).map_or("", |(_, word)| word);
    let record = Record::default()
        .with("number", number_of(&entry.kept, id))
        .with("label", entry.label)
        .with("address", entry.address.unwrap_or_default())
        .with("latitude", entry.position[1].to_string())
        .with("longitude", entry.position[0].to_string())
        .with("category", category)
        .with("largest_vehicle", kind_word(known.largest_vehicle));
    Some(record.with_kept(&KEPT, &entry.kept))
}

pub fn take(trial: &mut Trial, id: Option<&str>, want: &Record, had: &Record) -> Result<String, Flawed> {
    let before: PlaceEntry = id.map(|id| trial.entry("place", id)).unwrap_or_default();
    let category = CATEGORIES.iter().find(|(_, word)| *word == want.get("category"));
    let mut entry = PlaceEntry {
        label: want.get("label").to_owned(),
        address: want.find("address"),
        category: category.map_or(Category::Other, |(c, _)| *c),
        position: before.position,
        kept: want.kept(&KEPT, &before.kept),
    };
    super::plan::keep_number(&mut entry.kept, want, id);
    let known =
        id.and_then(|id| id.parse::<PlaceId>().ok()).and_then(|id| trial.area.places.get(&id)).copied();
    let same_spot = ["latitude", "longitude"].iter().all(|c| want.get(c) == had.get(c));
    let (node, passes) = match known {
        Some(known) if same_spot => (known.node, known.largest_vehicle),
        _ => {
            let (snap, position) = snap(trial, want)?;
            entry.position = position;
            (snap.node, largest_through(snap.width_dm))
        }
    };
    let new = NewPlace { node, largest_vehicle: read_kind(want.get("largest_vehicle")).unwrap_or(passes) };
    let register = body(&entry, &[&entry.label, entry.address.as_deref().unwrap_or_default()]);
    let done = match id {
        Some(id) => {
            let place = parse("number", id)?;
            trial.submit("change_place", Command::ChangePlace { place, new }, Some(register))?
        }
        None => trial.submit("add_place", Command::AddPlace(new), Some(register))?,
    };
    note(trial, &done);
    Ok(done)
}
