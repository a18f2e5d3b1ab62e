//! What the binary printed once and must print again. `KUSEKI_GOLDEN=1` (set by `cargo xtask golden`) writes the files anew;
//! the stored events are the exception: what lies in somebody's log cannot be renewed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::{Area, Event};
use units::AreaId;

use crate::house::{Ended, kuseki, run};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// Compares with the golden file of this name, or writes it.
#[track_caller]
fn hold(name: &str, text: &str) {
    let file = fixtures().join("golden").join(name);
    if std::env::var_os("KUSEKI_GOLDEN").is_some() {
        fs::write(&file, text).unwrap();
        return;
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    let differs = golden.lines().zip(text.lines()).enumerate().find(|(_, (a, b))| a != b);
    if let Some((line, (a, b))) = differs {
        panic!(
            "{name}, line {}:\n golden {a}\n now    {b}\nrenew it with `cargo xtask golden` if the change is meant",
            line + 1
        );
    }
    assert!(
        golden == text,
        "{name} is {} bytes long, now {}; see `cargo xtask golden`",
        golden.len(),
        text.len()
    );
}

fn printed(words: &[&str]) -> String {
    let Ended { status, out, err } = run(kuseki().args(words));
    assert!(status.success(), "{words:?}: {err}");
    out
}

#[test]
fn the_api_is_the_documented_one() {
    let document = printed(&["openapi"]);
    let parsed: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(parsed["openapi"], "3.1.0");
    hold("openapi.json", &document);
}

/// The document of the WebSocket lies where readers look for it.
#[test]
fn the_socket_is_the_documented_one() {
    hold("../../docs/asyncapi.yaml", &printed(&["asyncapi"]));
}

/// The report of a scenario day, without what differs from run to run (that goes to standard error).
fn simulate(scenario: &str, seed: &str) -> String {
    let file = fixtures().join("scenarios").join(scenario);
    printed(&["simulate", file.to_str().unwrap(), "--seed", seed])
}

#[test]
fn a_calm_day_is_lived_through_the_same_way_twice() {
    let [first, second, other] = std::thread::scope(|scope| {
        let runs = ["7", "7", "8"].map(|seed| scope.spawn(move || simulate("provincial-town.toml", seed)));
        runs.map(|run| run.join().unwrap())
    });
    assert_eq!(first, second);
    // The seed is more than a word in the heading: other draws make another day.
    let digest = |report: &str| report.lines().find(|line| line.starts_with("digest")).map(str::to_owned);
    assert!(digest(&other).is_some() && digest(&other) != digest(&first));
    hold("provincial-town-seed7.txt", &first);
}

#[test]
fn a_busy_day_ends_as_it_did() {
    hold("busy-day-seed7.txt", &simulate("busy-day.toml", "7"));
}

/// Names every variant once. The match has no wildcard, so a new kind of event does not compile until it is named here,
/// and then the test below asks for a stored one.
macro_rules! kinds {
    ($($kind:ident)*) => {
        fn variant(event: &Event) -> &'static str {
            match event {
                $(Event::$kind { .. } => stringify!($kind),)*
            }
        }
        const KINDS: &[&str] = &[$(stringify!($kind)),*];
    };
}

kinds! {
    CorporationAdded PlaceAdded FacilityAdded VehicleAdded RiderAdded RiderPlaceAdded PolicyAdopted
    DayOpened AbsenceNoted DayPlanned RunsBooked
    RequestMade RoundTripMade OffersMade RequestRefused RequestWaits WaitEnded OffersExpired OfferAccepted
    RequestCancelled
    PlanImproved PlanChanged RouteAcknowledged
    Departed Arrived Boarded Alighted NoShow DelayChanged
    CareSet ContactSet DriverAdded DriverChanged VehiclesShared JoinNoted TakenOut BroughtBack RidePinned RideUnpinned
    DriversAssigned RidesRebooked NoticesMade NoticeGiven
    PlaceChanged FacilityChanged VehicleChanged RiderChanged RiderErased
    EtaChanged FactContradicted ContradictionSettled ForecastsMeasured
    ReadyNoted ReadyCleared VehicleLocked VehicleUnlocked PromiseWidened RoadClosed RoadOpened SnowNoted SnowCleared
    NotAtDoor DoorDecided RideDiverted
}

/// A whole day's log as the first schema wrote it. Every line must be read for ever and mean what it meant; so the file is
/// never written anew. Should a stored form have to change, it gets schema 2 and a file of its own, and this one an upcaster.
#[test]
fn stored_events_of_schema_1_are_read_and_written_as_they_were() {
    assert_eq!(
        domain::EVENT_SCHEMA,
        1,
        "a new schema needs its own file of stored events and an upcaster for these"
    );
    let mut seen = BTreeSet::new();
    let mut area = Area::new(AreaId(1));
    read_stored("golden/events-v1.jsonl", &mut area, &mut seen);
    // Kinds that came later, with a day of their own behind the first.
    read_stored("golden/events-v1-plan-improved.jsonl", &mut area.clone(), &mut seen);
    read_stored("golden/events-v1-day-plan.jsonl", &mut area.clone(), &mut seen);
    read_stored("golden/events-v1-waiting.jsonl", &mut area.clone(), &mut seen);
    read_stored("golden/events-v1-masters-changed.jsonl", &mut area.clone(), &mut seen);
    read_stored("golden/events-v1-contact.jsonl", &mut area.clone(), &mut seen);
    read_stored("golden/events-v1-tracking.jsonl", &mut area.clone(), &mut seen);
    read_stored("golden/events-v1-policy.jsonl", &mut area.clone(), &mut seen);
    read_stored("golden/events-v1-erasure.jsonl", &mut area.clone(), &mut seen);
    read_stored("golden/events-v1-today.jsonl", &mut area.clone(), &mut seen);
    let missing: Vec<&&str> = KINDS.iter().filter(|kind| !seen.contains(**kind)).collect();
    assert!(missing.is_empty(), "no stored event of {missing:?}");
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for request in area.requests.values() {
        *ends.entry(request.state.code()).or_default() += 1;
    }
    let day: Vec<String> = ends.iter().map(|(state, count)| format!("{count} {state}")).collect();
    assert_eq!(day.join(", "), ENDS);
    assert_eq!(
        (area.places.len(), area.vehicles.len(), area.riders.len(), area.policies.list().len()),
        (8, 2, 5, 1)
    );
}

/// Folds a file of stored events and checks that each is written again as it was.
fn read_stored(file: &str, area: &mut Area, seen: &mut BTreeSet<&'static str>) {
    let stored = fs::read_to_string(fixtures().join(file)).unwrap();
    for (number, line) in stored.lines().enumerate() {
        let event: Event =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{file}, line {}: {e}", number + 1));
        assert_eq!(serde_json::to_string(&event).unwrap(), line, "{file}, line {}", number + 1);
        assert!(
            line.starts_with(&format!("{{\"event\":\"{}\"", event.name())),
            "{file}, line {}",
            number + 1
        );
        seen.insert(variant(&event));
        area.apply(&event).unwrap_or_else(|fault| panic!("{file}, line {}: {fault}", number + 1));
    }
}

/// How the requests of the stored day ended.
const ENDS: &str = "5 cancelled, 5 done, 1 expired, 1 no_show, 4 refused";
