//! Scenario files: those that ship are read, and mistakes in one are told with field and remedy.
#![allow(clippy::unwrap_used)]

use domain::RideClass;
use sim::Scenario;

const TOWN: &str = include_str!("../../../fixtures/scenarios/provincial-town.toml");
const BUSY: &str = include_str!("../../../fixtures/scenarios/busy-day.toml");

#[test]
fn shipped_scenarios_are_read() {
    let town = Scenario::parse(TOWN, "provincial-town.toml").unwrap();
    assert_eq!(
        (town.name.as_str(), town.date.to_string().as_str(), town.town_seed),
        ("provincial-town", "2026-11-24", 7)
    );
    assert_eq!(town.demand.rides_per_million, 45_000);
    assert!(!town.policy.allows.contains(&RideClass::GuestBesideMembers));
    assert_eq!(town.policy.effective_from, town.date);
    let busy = Scenario::parse(BUSY, "busy-day.toml").unwrap();
    assert!(busy.demand.rides_per_million > 5 * town.demand.rides_per_million);
    assert_eq!(busy.policy.allows.len(), RideClass::ALL.len());
}

/// The text with one piece replaced, and what the error (with its causes) must say.
fn check(piece: &str, replacement: &str, told: &[&str]) {
    assert!(TOWN.contains(piece), "{piece}");
    let fault = Scenario::parse(&TOWN.replacen(piece, replacement, 1), "my.toml").unwrap_err();
    let mut text = fault.to_string();
    let mut cause = std::error::Error::source(&fault);
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    for wanted in told.iter().chain(&["my.toml"]) {
        assert!(text.contains(wanted), "`{wanted}` is missing in: {text}");
    }
}

#[test]
fn mistakes_are_told_by_field() {
    check("town_seed = 7", "", &["town_seed"]);
    check("town_seed = 7", "town_sed = 7", &["town_sed"]);
    check("phone_percent = 60", "phone_percent = 160", &["demand.phone_percent", "160", "between 0 and 100"]);
    check(
        "rides_per_registrant = 0.045",
        "rides_per_registrant = -1.0",
        &["demand.rides_per_registrant", "between 0 and 10"],
    );
    check("rides_per_registrant = 0.045", "rides_per_registrant = nan", &["demand.rides_per_registrant"]);
    check(
        "drive_percent = [92, 130]",
        "drive_percent = [130, 92]",
        &["noise.drive_percent", "the smaller one first"],
    );
    check("date = \"2026-11-24\"", "date = \"2026-11-31\"", &["date", "2026-11-31"]);
    check("\"guest_idle_vehicle\"", "\"guest_idle\"", &["guest_idle", "guest_idle_vehicle"]);
    check("[\"08:30\", \"16:00\"]", "[\"16:00\", \"08:30\"]", &["guest_hours"]);
    check("source = \"老認発1011第1号 (2024-10-11)\"", "source = \" \"", &["policy.source"]);
    check(
        "shopping = 41, medical = 37, leisure = 14, other = 8",
        "shopping = 0, medical = 0, leisure = 0, other = 0",
        &["demand.purposes"],
    );
    check("people_max = 2", "people_max = 0", &["policy.people_max"]);
}
