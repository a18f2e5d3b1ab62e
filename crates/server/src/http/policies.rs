//! Policy: which classes of ride an area allows, by date.

use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Query, State};
use axum::http::StatusCode;
use domain::{Command, CountsAs, Fare, Policy, check_policy, list_touched};
use units::ServiceDay;

use crate::app::{App, Call};
use crate::input;
use crate::page::{Paged, Paging};
use crate::policy_view::policy_view;
use crate::problem::Problem;
use crate::views::reason_view;
use crate::wire;

/// Adopts a version of the area's policy; it takes effect on its date and not before.
#[utoipa::path(post, path = "/policies", tag = "policy", request_body = input::NewPolicy,
    responses((status = 201, body = wire::Policies), (status = 422, body = Problem)))]
pub async fn adopt(
    State(app): State<Arc<App>>,
    call: Call<input::NewPolicy>,
) -> Result<(StatusCode, Json<wire::Policies>), Problem> {
    let policy = policy_of(&call.input)?;
    app.submit(Command::AdoptPolicy(policy), "operator", call.key, None).await?;
    Ok((StatusCode::CREATED, Json(all(&app))))
}

/// Says which coming rides a policy would not give again, and adopts nothing. Whoever was promised a ride keeps it all the same.
#[utoipa::path(post, path = "/policies/dry-run", tag = "policy", request_body = input::NewPolicy,
    responses((status = 200, body = wire::PolicyEffect), (status = 422, body = Problem)))]
pub async fn dry_run(
    State(app): State<Arc<App>>,
    call: Call<input::NewPolicy>,
) -> Result<Json<wire::PolicyEffect>, Problem> {
    let policy = policy_of(&call.input)?;
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    check_policy(&policy, viewer.now)?;
    let touched = list_touched(&snapshot.area, &policy, viewer.now);
    let rides = touched.iter().filter_map(|ride| {
        let reasons = ride.reasons.iter().map(|reason| reason_view(*reason, 0)).collect();
        Some(wire::TouchedRide { request: viewer.request(ride.request)?, reasons })
    });
    Ok(Json(wire::PolicyEffect { effective_from: policy.effective_from.to_string(), rides: rides.collect() }))
}

fn policy_of(new: &input::NewPolicy) -> Result<Policy, Problem> {
    let national = Policy::national(new.effective_from);
    Ok(Policy {
        effective_from: new.effective_from,
        allows: new.allows.clone(),
        other_day_member_counts_as: new.other_day_member_counts_as.unwrap_or(CountsAs::Guest),
        guest_hours: new
            .guest_hours
            .as_ref()
            .map_or(Ok(national.guest_hours), |p| input::day_window("guest_hours", p))?,
        people_max: new.people_max.unwrap_or(national.people_max),
        ride_percent: new.ride_percent.unwrap_or(national.ride_percent),
        ride_plus: input::minutes("ride_plus_minutes", new.ride_plus_minutes, national.ride_plus, 120)?,
        wait_max: input::minutes("wait_max_minutes", new.wait_max_minutes, national.wait_max, 240)?,
        offer_lasts: input::minutes(
            "offer_lasts_minutes",
            new.offer_lasts_minutes,
            national.offer_lasts,
            24 * 60,
        )?,
        wait_on_board_max: input::minutes(
            "wait_on_board_max_minutes",
            new.wait_on_board_max_minutes,
            national.wait_on_board_max,
            60,
        )?,
        member_delay_max: input::minutes(
            "member_delay_max_minutes",
            new.member_delay_max_minutes,
            national.member_delay_max,
            60,
        )?,
        who: new.who.clone(),
        fare: new.fare.as_ref().map_or(Ok(Fare::Free), fare_of)?,
        door_wait: input::minutes("door_wait_minutes", new.door_wait_minutes, national.door_wait, 60)?,
        source: input::text("source", &new.source, 500)?,
        author: input::text("author", &new.author, 200)?,
    })
}

fn fare_of(new: &input::NewFare) -> Result<Fare, Problem> {
    let within = |field, yen: u32, most: u32| {
        let wrong = || Problem::invalid(field, format!("at most {most}"));
        (yen <= most).then_some(yen).ok_or_else(wrong)
    };
    Ok(match new {
        input::NewFare::Free => Fare::Free,
        input::NewFare::ActualCost { yen_per_km, words } => Fare::ActualCost {
            yen_per_km: within("fare.yen_per_km", *yen_per_km, 1_000)?,
            items: input::text("fare.words", words, 200)?,
        },
        input::NewFare::Registered { base_yen, base_metres, yen_per_km, words } => Fare::Registered {
            base_yen: within("fare.base_yen", *base_yen, 10_000)?,
            base_metres: within("fare.base_metres", *base_metres, 100_000)?,
            yen_per_km: within("fare.yen_per_km", *yen_per_km, 10_000)?,
            registration: input::text("fare.words", words, 200)?,
        },
    })
}

/// All versions of the policy, the oldest first.
#[utoipa::path(get, path = "/policies", tag = "policy", operation_id = "list_policies", params(Paging),
    responses((status = 200, body = wire::Policies), (status = 422, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
    OriginalUri(uri): OriginalUri,
) -> Result<Paged<wire::Policies>, Problem> {
    let snapshot = app.service.snapshot();
    let after: Option<ServiceDay> = match paging.cursor.as_deref().map(ServiceDay::parse) {
        None => None,
        Some(day) => {
            Some(day.map_err(|_| Problem::invalid("cursor", "is none that a page gave; follow its `next`"))?)
        }
    };
    let rows =
        snapshot.area.policies.list().iter().filter(|p| after.is_none_or(|day| p.effective_from > day));
    let page = paging.cut(rows, |policy| policy.effective_from)?.map(|policy| Some(policy_view(policy)));
    Ok(page.answer(&uri, |policies, next| wire::Policies { policies, next }))
}

/// Those that are in force or come later; there are never more than a few.
fn all(app: &App) -> wire::Policies {
    let snapshot = app.service.snapshot();
    wire::Policies { policies: snapshot.area.policies.list().iter().map(policy_view).collect(), next: None }
}
