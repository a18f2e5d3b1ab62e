//! The day's figures, folded from the same events as everything else.

use std::collections::BTreeMap;

use crate::views::{name_of, reason_view};
use crate::wire;

fn share(share: Option<stats::Share>) -> Option<f64> {
    share.map(|s| f64::from(s.0) / 10_000.0)
}

fn spread(spread: stats::Spread) -> wire::Spread {
    wire::Spread { median: spread.median.map(|s| s.0), p90: spread.p90.map(|s| s.0) }
}

fn kilometres(metres: i64) -> f64 {
    (metres as f64 / 100.0).round() / 10.0
}

pub fn figures_view(figures: &stats::Figures) -> wire::Figures {
    let requests = &figures.requests;
    wire::Figures {
        service_day: figures.service_day.to_string(),
        at: figures.at.to_string(),
        members: wire::MemberFigures {
            expected: figures.members.expected,
            absent: figures.members.absent,
            carried_pickup: figures.members.carried_pickup,
            carried_dropoff: figures.members.carried_dropoff,
            on_time_share: share(figures.members.on_time_share),
            max_late_minutes: figures.members.max_late.minutes_up(),
        },
        requests: wire::RequestFigures {
            total: requests.total,
            by_channel: requests.by_channel.iter().map(|(k, v)| (name_of(*k), *v)).collect(),
            by_purpose: requests.by_purpose.iter().map(|(k, v)| (name_of(*k), *v)).collect(),
            booked: requests.booked,
            done: requests.done,
            refused: requests.refused,
            cancelled: requests.cancelled,
            no_show: requests.no_show,
            expired: requests.expired,
            open: requests.open,
        },
        served_by_class: figures.served_by_class.iter().map(|(k, v)| (name_of(*k), *v)).collect(),
        refused_by_reason: figures
            .refused_by_reason
            .iter()
            .map(|(reason, count)| reason_view(*reason, *count))
            .collect(),
        idle_seats_used: figures.idle_seats_used,
        wait_seconds: spread(figures.wait),
        ride_seconds: spread(figures.ride),
        drive_km: kilometres(figures.drive.0),
        idle_seat_km: kilometres(figures.idle_seat_metres),
        guest_seat_km: kilometres(figures.guest_seat_metres),
        shared_ride_share: share(figures.shared_ride_share),
        definitions: definitions(),
    }
}

fn definitions() -> BTreeMap<String, wire::Definition> {
    let word = |d: &stats::Definition| wire::Definition { ja: d.ja.to_owned(), en: d.en.to_owned() };
    stats::DEFINITIONS.iter().map(|d| (d.figure.to_owned(), word(d))).collect()
}
