//! A place that a list of something else gives along with it: a rider's home, a facility's base.

use domain::{Command, NewPlace, VehicleKind};
use units::{PlaceId, Point};

use super::columns::Kind;
use super::flaw::Wrong;
use super::known::{Identity, number_of, refer};
use super::record::{Flawed, Record};
use super::trial::Trial;
use super::{known, plan};
use crate::http::masters::largest_through;
use crate::register::{Category, PlaceEntry, body};

/// Where the cells of a place stand among the others.
pub struct Site<'a> {
    /// The column that names a registered place.
    pub column: &'static str,
    pub label: &'a str,
    pub category: Category,
    /// The place as it is registered, if it may be changed here.
    pub known: Option<PlaceId>,
    /// Own number of a new place whose number the list does not give.
    pub number: Option<String>,
}

impl Site<'_> {
    /// The place that the row means: a registered one, changed if need be, or a new one.
    pub fn take(&self, trial: &mut Trial, want: &Record, had: &Record) -> Result<PlaceId, Flawed> {
        const WHERE: [&str; 3] = ["address", "latitude", "longitude"];
        let moved = WHERE.iter().any(|c| want.get(c) != had.get(c));
        let named = want.find(self.column).filter(|n| n != had.get(self.column));
        if let Some(named) = named {
            match refer(trial, Kind::Places, &named) {
                Ok(id) => {
                    let id = parse(self.column, &id)?;
                    let there = cells(trial, id);
                    let differs = moved
                        && !want.get("latitude").is_empty()
                        && WHERE.iter().any(|c| want.get(c) != there.get(c));
                    return if differs { self.change(trial, id, want).map(|()| id) } else { Ok(id) };
                }
                Err(wrong) if want.get("latitude").is_empty() => return Err((self.column, wrong)),
                Err(_) => return self.add(trial, want, Some(named)),
            }
        }
        let Some(known) = self.known else { return self.add(trial, want, self.number.clone()) };
        if !moved {
            return Ok(known);
        }
        if is_shared(trial, known) {
            return self.add(trial, want, None);
        }
        self.change(trial, known, want).map(|()| known)
    }

    fn add(&self, trial: &mut Trial, want: &Record, number: Option<String>) -> Result<PlaceId, Flawed> {
        // A home whose rider could not be registered any more when it was sent before is there already.
        if let Some(number) = &number
            && let Ok(id) = refer(trial, Kind::Places, number)
        {
            let id = parse(self.column, &id)?;
            return self.change(trial, id, want).map(|()| id);
        }
        let (snap, position) = snap(trial, want)?;
        let mut entry = PlaceEntry {
            label: self.label.to_owned(),
            address: want.find("address"),
            category: self.category,
            position,
            ..PlaceEntry::default()
        };
        entry.kept.extend(number.map(|n| ("number".to_owned(), n)));
        let new = NewPlace { node: snap.node, largest_vehicle: largest_through(snap.width_dm) };
        let register = body(&entry, &[&entry.label, entry.address.as_deref().unwrap_or_default()]);
        let id = trial.submit("add_place", Command::AddPlace(new), Some(register))?;
        note(trial, &id);
        parse(self.column, &id)
    }

    fn change(&self, trial: &mut Trial, id: PlaceId, want: &Record) -> Result<(), Flawed> {
        let mut entry: PlaceEntry = trial.entry("place", &id.to_string());
        let address = want.find("address");
        let before = cells(trial, id);
        let same_spot = ["latitude", "longitude"].iter().all(|c| want.get(c) == before.get(c));
        if same_spot && entry.address == address {
            return Ok(());
        }
        let known = trial.area.places.get(&id).copied();
        let mut new = known.map(|p| NewPlace { node: p.node, largest_vehicle: p.largest_vehicle });
        if !same_spot || new.is_none() {
            let (snap, position) = snap(trial, want)?;
            entry.position = position;
            new = Some(NewPlace { node: snap.node, largest_vehicle: largest_through(snap.width_dm) });
        }
        entry.address = address;
        let register = body(&entry, &[&entry.label, entry.address.as_deref().unwrap_or_default()]);
        let Some(new) = new else { return Ok(()) };
        trial.submit("change_place", Command::ChangePlace { place: id, new }, Some(register)).map(drop)
    }
}

/// The cells of a place as other lists show them.
pub fn cells(trial: &Trial, id: PlaceId) -> Record {
    let entry: PlaceEntry = trial.entry("place", &id.to_string());
    Record::default()
        .with("number", number_of(&entry.kept, &id.to_string()))
        .with("address", entry.address.unwrap_or_default())
        .with("latitude", entry.position[1].to_string())
        .with("longitude", entry.position[0].to_string())
}

/// Lets later rows find a new place.
pub fn note(trial: &mut Trial, id: &str) {
    if let Some(record) = plan::record(trial, Kind::Places, id) {
        for key in Identity::of(Kind::Places, &record).keys(Kind::Places) {
            trial.note_key(key, id);
        }
        trial.note_key(known::key("places", "called", &[record.get("label")]), id);
    }
}

fn is_shared(trial: &Trial, place: PlaceId) -> bool {
    let riders = trial.area.riders.values().filter(|r| r.places.contains(&place)).count();
    let bases = trial.area.facilities.values().filter(|f| f.place == place).count();
    riders + bases > 1
}

/// The road beside the place, or how far away the nearest one is.
pub fn snap(trial: &Trial, want: &Record) -> Result<(roads::Snap, [f64; 2]), Flawed> {
    let degrees = |column: &'static str| {
        want.get(column).parse::<f64>().map_err(|_| {
            let wrong = Wrong::new(
                "missing",
                "empty; give latitude and longitude, or the number of a registered place",
                "緯度・経度、または登録済みの地点の番号が必要です",
            );
            (column, wrong)
        })
    };
    let (lat, lon) = (degrees("latitude")?, degrees("longitude")?);
    let point = Point::from_degrees(lat, lon).ok_or_else(|| {
        ("latitude", Wrong::new("invalid_degrees", "not on the globe", "地球上の位置ではありません"))
    })?;
    let snap = trial.roads.snap(point).map_err(|off| {
        let ja = format!(
            "最寄りの道路まで{}あります({}以内にしてください)。緯度・経度を確かめてください",
            off.nearest, off.limit
        );
        ("latitude", Wrong::new("off_road", off.to_string(), ja))
    })?;
    Ok((snap, [lon, lat]))
}

pub fn parse<T: std::str::FromStr>(column: &'static str, id: &str) -> Result<T, Flawed> {
    id.parse().map_err(|_| {
        (column, Wrong::new("internal", format!("`{id}` is no id"), format!("「{id}」はidではありません")))
    })
}

/// The words of the lists for classes of vehicle, smallest first.
pub const VEHICLE_KINDS: [(VehicleKind, &str); 4] = [
    (VehicleKind::Kei, "軽"),
    (VehicleKind::Compact, "小型"),
    (VehicleKind::Minivan, "ミニバン"),
    (VehicleKind::Van, "大型ワゴン"),
];

pub fn kind_word(kind: VehicleKind) -> &'static str {
    VEHICLE_KINDS.iter().find(|(k, _)| *k == kind).map_or("", |(_, word)| word)
}

pub fn read_kind(word: &str) -> Option<VehicleKind> {
    VEHICLE_KINDS.iter().find(|(_, w)| *w == word).map(|(kind, _)| *kind)
}
