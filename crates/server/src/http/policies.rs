//! Policy: which classes of ride an area allows, by date.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Command, CountsAs, Policy};

use crate::app::{App, Call};
use crate::input;
use crate::problem::Problem;
use crate::views::policy_view;
use crate::wire;

/// Adopts a version of the area's policy; it takes effect on its date and not before.
#[utoipa::path(post, path = "/policies", tag = "policy", request_body = input::NewPolicy,
    responses((status = 201, body = wire::Policies), (status = 422, body = Problem)))]
pub async fn adopt(
    State(app): State<Arc<App>>,
    call: Call<input::NewPolicy>,
) -> Result<(StatusCode, Json<wire::Policies>), Problem> {
    let new = call.input;
    let national = Policy::national(new.effective_from);
    let policy = Policy {
        effective_from: new.effective_from,
        allows: new.allows,
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
        source: input::text("source", &new.source, 500)?,
        author: input::text("author", &new.author, 200)?,
    };
    app.submit(Command::AdoptPolicy(policy), "operator", call.key, None).await?;
    Ok((StatusCode::CREATED, Json(all(&app))))
}

/// All versions of the policy, the oldest first.
#[utoipa::path(get, path = "/policies", tag = "policy", responses((status = 200, body = wire::Policies)))]
pub async fn list(State(app): State<Arc<App>>) -> Json<wire::Policies> {
    Json(all(&app))
}

fn all(app: &App) -> wire::Policies {
    let snapshot = app.service.snapshot();
    wire::Policies { policies: snapshot.area.policies.list().iter().map(policy_view).collect() }
}
