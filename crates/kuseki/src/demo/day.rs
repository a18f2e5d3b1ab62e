//! The town's days: the desk plans the runs, members call in absent, riders ask, change their minds and come home.

use std::sync::Arc;

use domain::{AbsenceKind, Channel, Wish};
use serde_json::{Value, json};
use sim::{Ask, BackDecision, Choice, DayScript, OfferView, Outbound, Outing, RiderBot};
use tokio::task::JoinSet;
use units::{DayTime, Seconds, ServiceDay, Timestamp, Weekday, Window};

use super::driver::Device;
use super::registry::register;
use super::world::{Ids, World};
use super::{DAWN, phone::Answer};
use crate::fault::Fault;

/// All are home by then; the town sleeps until the next morning.
const DUSK: DayTime = DayTime::hm(18, 45);

pub async fn live(world: Arc<World>, first: ServiceDay) -> Result<(), Fault> {
    let ids = Arc::new(register(&world).await?);
    adopt_policy(&world, first).await?;
    let mut drivers = JoinSet::new();
    for index in 0..ids.vehicles.len() {
        drivers.spawn(Device::new(world.clone(), ids.clone(), index).drive());
    }
    let mut day = first;
    loop {
        live_day(&world, &ids, day).await?;
        day = day.next();
        while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            day = day.next();
        }
        world.clock.skip_to(day.at(DAWN));
    }
}

/// The scenario's policy, once.
async fn adopt_policy(world: &World, day: ServiceDay) -> Result<(), Fault> {
    let known = world.phone.get("/policies").await?;
    if known["policies"].as_array().is_some_and(|p| !p.is_empty()) {
        return Ok(());
    }
    let policy = &world.scenario.policy;
    let body = json!({
        "effective_from": day, "allows": policy.allows, "other_day_member_counts_as": policy.other_day_member_counts_as,
        "guest_hours": [policy.guest_hours.open(), policy.guest_hours.close()], "people_max": policy.people_max,
        "source": policy.source, "author": policy.author,
    });
    world.phone.must("/policies", &format!("demo-policy-{day}"), body).await.map(|_| ())
}

async fn live_day(world: &Arc<World>, ids: &Arc<Ids>, day: ServiceDay) -> Result<(), Fault> {
    let seed = world.seed.wrapping_add(day.midnight().unix_seconds() as u64);
    let script = Arc::new(DayScript::draw(&world.people, &world.scenario, day, seed));
    world.begin_day(script.clone());
    for facility in &ids.facilities {
        let body = json!({ "facility": facility, "day": day });
        let planned: Answer =
            world.phone.post("/day-plans", &format!("demo-plan-{facility}-{day}"), body).await?;
        if let Err(refused) = planned
            && refused.code != "wrong_state"
        {
            return Err(refused.fault("/day-plans"));
        }
    }
    let mut people = JoinSet::new();
    for absence in script.absences.clone() {
        let (world, ids) = (world.clone(), ids.clone());
        people.spawn(async move {
            world.until(absence.at).await;
            stay_away(&world, &ids.riders[absence.rider], day, absence.kind).await;
        });
    }
    for (number, outing) in script.outings.iter().copied().enumerate() {
        let (world, ids) = (world.clone(), ids.clone());
        let number = seed.wrapping_add(number as u64 * 2);
        people.spawn(async move {
            if let Err(fault) = go_out(&world, &ids, outing, number).await {
                tracing::warn!(error = %crate::fault::chain(&fault), "an outing was cut short");
            }
        });
    }
    world.until(day.at(DUSK)).await;
    people.shutdown().await;
    Ok(())
}

async fn stay_away(world: &World, rider: &str, day: ServiceDay, kind: AbsenceKind) {
    let body = json!({ "rider": rider, "day": day, "kind": kind });
    match world.phone.post("/absences", &format!("demo-absence-{rider}-{day}"), body).await {
        Ok(Ok(_)) => {}
        Ok(Err(refused)) => tracing::debug!(rider, code = refused.code, "an absence was turned away"),
        Err(fault) => tracing::warn!(error = %crate::fault::chain(&fault), "an absence could not be told"),
    }
}

async fn go_out(world: &World, ids: &Ids, outing: Outing, number: u64) -> Result<(), Fault> {
    world.until(outing.out.at).await;
    let Some(request) = ask(world, ids, outing.out, number).await? else { return Ok(()) };
    loop {
        let state = world.phone.get(&format!("/requests/{request}")).await?["state"].clone();
        let outbound = match state.as_str() {
            Some("done") => Outbound::Done,
            Some("offered" | "booked" | "on_board") => Outbound::UnderWay,
            _ => Outbound::Failed,
        };
        match outing.decide_back(outbound, world.now()) {
            BackDecision::Ask(back) => {
                ask(world, ids, back, number + 1).await?;
                return Ok(());
            }
            BackDecision::Wait(until) => world.until(until).await,
            BackDecision::Skip => return Ok(()),
        }
    }
}

/// Asks, thinks, answers, and perhaps cancels later. The request's id if it was booked.
async fn ask(world: &World, ids: &Ids, ask: Ask, number: u64) -> Result<Option<String>, Fault> {
    let (kind, at) = match ask.wish {
        Wish::LeaveAt(at) => ("leave_at", at.max(world.now())),
        Wish::ArriveBy(at) => ("arrive_by", at),
        Wish::Run { .. } => return Ok(None),
    };
    let body = json!({
        "rider": ids.riders[ask.rider], "from": ids.places[ask.from], "to": ids.places[ask.to], "people": ask.people,
        "wish": { "kind": kind, "at": at }, "channel": ask.channel, "purpose": ask.purpose,
    });
    let made = match world
        .phone
        .post("/requests", &format!("demo-ask-{number}-{}", ask.at.unix_seconds()), body)
        .await?
    {
        Ok(made) => made,
        Err(refused) => {
            tracing::debug!(code = refused.code, body = %refused.body, "a wish was turned away");
            return Ok(None);
        }
    };
    let request = made["id"].as_str().unwrap_or_default().to_owned();
    world.asked(&request, ask);
    let offers: Vec<(String, OfferView)> =
        made["offers"].as_array().into_iter().flatten().filter_map(read_offer).collect();
    let views: Vec<OfferView> = offers.iter().map(|(_, view)| *view).collect();
    let bot = RiderBot::new(world.seed, number);
    // On the phone the desk reads the offers out; in the app one taps.
    world.pause(if ask.channel == Channel::Phone { bot.thinks } else { Seconds(bot.thinks.0 / 2) }).await;
    let Choice::Accept(chosen) = bot.choose(ask.wish, &views) else { return Ok(None) };
    let accept = json!({ "offer": offers[chosen].0 });
    let path = format!("/requests/{request}");
    let booked =
        world.phone.post(&format!("{path}/accept"), &format!("demo-accept-{request}"), accept).await?;
    if booked.is_err() {
        return Ok(None);
    }
    if let Some(cancels_at) = ask.cancels_at {
        world.until(cancels_at).await;
        // Too late once the ride has begun; the answer says so and nothing happens.
        drop(
            world.phone.post(&format!("{path}/cancel"), &format!("demo-cancel-{request}"), json!({})).await?,
        );
    }
    Ok(Some(request))
}

fn read_offer(offer: &Value) -> Option<(String, OfferView)> {
    let time = |value: &Value| value.as_str().and_then(|t| Timestamp::parse(t).ok());
    let window = &offer["pickup_window"];
    let view = OfferView {
        pickup: Window::new(time(&window[0])?, time(&window[1])?).ok()?,
        dropoff_latest: time(&offer["dropoff_latest"])?,
        ride: Seconds::minutes(offer["ride_minutes"].as_i64()?),
        direct: Seconds::minutes(offer["direct_minutes"].as_i64()?),
    };
    Some((offer["id"].as_str()?.to_owned(), view))
}
