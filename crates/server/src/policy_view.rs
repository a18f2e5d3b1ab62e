//! The area's rules as they are told.

use crate::views::name_of;
use crate::wire;

fn fare_view(fare: &domain::Fare) -> wire::Fare {
    let free = wire::Fare {
        kind: "free".to_owned(),
        yen_per_km: 0,
        base_yen: 0,
        base_metres: 0,
        words: String::new(),
    };
    match fare.clone() {
        domain::Fare::Free => free,
        domain::Fare::ActualCost { yen_per_km, items } => {
            wire::Fare { kind: "actual_cost".to_owned(), yen_per_km, words: items, ..free }
        }
        domain::Fare::Registered { base_yen, base_metres, yen_per_km, registration } => wire::Fare {
            kind: "registered".to_owned(),
            yen_per_km,
            base_yen,
            base_metres,
            words: registration,
        },
    }
}

pub fn policy_view(policy: &domain::Policy) -> wire::Policy {
    wire::Policy {
        effective_from: policy.effective_from.to_string(),
        allows: policy.allows.iter().map(|c| c.code().to_owned()).collect(),
        other_day_member_counts_as: name_of(policy.other_day_member_counts_as),
        guest_hours: [policy.guest_hours.open().to_string(), policy.guest_hours.close().to_string()],
        people_max: policy.people_max,
        ride_percent: policy.ride_percent,
        ride_plus_minutes: policy.ride_plus.minutes_up(),
        wait_max_minutes: policy.wait_max.minutes_up(),
        offer_lasts_minutes: policy.offer_lasts.minutes_up(),
        wait_on_board_max_minutes: policy.wait_on_board_max.minutes_up(),
        member_delay_max_minutes: policy.member_delay_max.minutes_up(),
        who: policy.who.iter().map(name_of).collect(),
        fare: fare_view(&policy.fare),
        door_wait_minutes: policy.door_wait.0 / 60,
        source: policy.source.clone(),
        author: policy.author.clone(),
    }
}
