//! A virtual driver's phone: hears its route on the WebSocket, sends positions while driving, taps the three buttons.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{FactKind, VisitKey};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use sim::{BotVisit, DriverAct, DriverState, DriverView};
use tokio_tungstenite::tungstenite::Message;
use units::{Seconds, Timestamp};

use super::world::{Ids, World};
use crate::fault::Fault;

/// How often a moving phone reports, in real time.
const REPORT_EVERY: Duration = Duration::from_millis(500);
/// How long a phone waits before it connects again.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// What the phone needs of a vehicle; see the API's `Vehicle`.
#[derive(Debug, Clone, Deserialize)]
struct Screen {
    state: String,
    standing_at: String,
    at_base: bool,
    since: Timestamp,
    leg: Option<LegNow>,
    on_board: OnBoard,
    visits: Vec<ScreenVisit>,
    revision: u64,
    acknowledged_revision: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct LegNow {
    from: String,
    to: String,
    departed_at: Timestamp,
    eta: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
struct OnBoard {
    riders: Vec<Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct ScreenVisit {
    id: VisitKey,
    request: String,
    rider: Person,
    place: ScreenPlace,
    planned: Timestamp,
    window: (Timestamp, Timestamp),
    leg_seconds: i64,
    service_seconds: i64,
}

#[derive(Debug, Clone, Deserialize)]
struct Person {
    id: String,
}

#[derive(Debug, Clone, Deserialize)]
struct ScreenPlace {
    id: String,
}

/// A leg with the time at each point: longitude, latitude, seconds after its begin.
#[derive(Debug, Clone, Deserialize)]
struct Leg {
    seconds: i64,
    points: Vec<[f64; 3]>,
}

pub struct Device {
    world: Arc<World>,
    ids: Arc<Ids>,
    vehicle: String,
    base: String,
    legs: BTreeMap<(String, String), Leg>,
    sent: u64,
}

impl Device {
    pub fn new(world: Arc<World>, ids: Arc<Ids>, index: usize) -> Device {
        let facility = &world.people.facilities[world.people.vehicles[index].facility];
        let base = ids.places[facility.place].clone();
        Device { vehicle: ids.vehicles[index].clone(), base, legs: BTreeMap::new(), sent: 0, world, ids }
    }

    /// Drives for ever; a lost connection is made again.
    pub async fn drive(mut self) {
        loop {
            if let Err(fault) = self.connected().await {
                tracing::debug!(vehicle = self.vehicle, error = %crate::fault::chain(&fault), "the phone connects again");
            }
            tokio::time::sleep(RECONNECT_AFTER).await;
        }
    }

    async fn connected(&mut self) -> Result<(), Fault> {
        let phone = self.world.phone.clone();
        let broken = |e: tokio_tungstenite::tungstenite::Error| Fault::Usage(e.to_string());
        let address = phone.socket(&format!("as=driver&vehicle={}", self.vehicle));
        let (mut socket, _) = tokio_tungstenite::connect_async(address).await.map_err(broken)?;
        let mut screen = self.look().await?;
        loop {
            if screen.revision > screen.acknowledged_revision {
                let text = json!({ "kind": "ack", "revision": screen.revision }).to_string();
                socket.send(Message::text(text)).await.map_err(broken)?;
                screen.acknowledged_revision = screen.revision;
            }
            let view = self.view(&screen).await?;
            let step = self.world.driver.step(&view);
            if let Some(act) = step.act {
                screen = self.tap(&screen, act).await?;
                continue;
            }
            if let Some(leg) = &screen.leg {
                let text = self.position(leg, &view).await?;
                socket.send(Message::text(text)).await.map_err(broken)?;
            }
            let real = self.world.clock.real_seconds(step.next_wake - view.now);
            let mut wait = Duration::from_secs_f64(real.clamp(0.02, 5.0));
            if screen.leg.is_some() {
                wait = wait.min(REPORT_EVERY);
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        let message: Value = serde_json::from_str(&text).unwrap_or_default();
                        if message["kind"] == "change" || message["kind"] == "resync" {
                            screen = self.look().await?;
                        }
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(broken(error)),
                    None => return Ok(()),
                },
            }
        }
    }

    async fn look(&self) -> Result<Screen, Fault> {
        let path = format!("/vehicles/{}", self.vehicle);
        read_screen(self.world.phone.get(&path).await?)
    }

    async fn tap(&self, screen: &Screen, act: DriverAct) -> Result<Screen, Fault> {
        let path = format!("/vehicles/{}/facts", self.vehicle);
        let visit = act.visit.map(|v| v.to_string());
        let key = format!(
            "{}-{:?}-{}-{}",
            self.vehicle,
            act.fact,
            visit.as_deref().unwrap_or("base"),
            act.at.unix_seconds()
        );
        let body = json!({ "fact": act.fact, "visit": visit, "at": act.at });
        match self.world.phone.post(&path, &key, body).await? {
            Ok(vehicle) => {
                if act.fact == FactKind::Arrived && screen.state == "driving" {
                    tracing::trace!(vehicle = self.vehicle, visit, "arrived");
                }
                read_screen(vehicle)
            }
            Err(refused) => {
                // The plan changed under the driver's finger: look again in a moment.
                tracing::debug!(vehicle = self.vehicle, code = refused.code, "a tap was turned away");
                self.world.pause(Seconds(20)).await;
                self.look().await
            }
        }
    }

    async fn view(&mut self, screen: &Screen) -> Result<DriverView, Fault> {
        let state = match (&screen.leg, screen.visits.first()) {
            (Some(leg), Some(first))
                if screen.state == "driving" && leg.to == first.place.id && leg.to != screen.standing_at =>
            {
                DriverState::Heading {
                    visit: first.id,
                    departed_at: leg.departed_at,
                    leg: leg.eta - leg.departed_at,
                }
            }
            (Some(leg), _) if leg.to == screen.standing_at => {
                DriverState::Returning { departed_at: leg.departed_at, leg: leg.eta - leg.departed_at }
            }
            (_, Some(first)) if screen.state == "at_stop" => {
                DriverState::Arrived { visit: first.id, at: screen.since }
            }
            _ => DriverState::Standing { since: screen.since },
        };
        let under_way = matches!(state, DriverState::Heading { .. } | DriverState::Arrived { .. });
        let mut before = &screen.standing_at;
        let mut visits = Vec::new();
        for (index, visit) in screen.visits.iter().enumerate() {
            let rider = self.ids.riders.iter().position(|r| *r == visit.rider.id);
            let home = rider.map(|r| &self.ids.places[self.world.people.riders[r].places[0]]);
            visits.push(BotVisit {
                visit: visit.id,
                same_stop_as_previous: *before == visit.place.id,
                planned: visit.planned,
                window_open: visit.window.0,
                leg: Seconds(if index == 0 && under_way { 0 } else { visit.leg_seconds }),
                service: Seconds(visit.service_seconds),
                door: self.world.door(&visit.request, rider, home == Some(&visit.place.id)),
            });
            before = &visit.place.id;
        }
        let base = self.base.clone();
        let to_base = self.leg(&screen.standing_at, &base).await?.seconds;
        let from_base = match screen.visits.first() {
            Some(first) => self.leg(&base, &first.place.id).await?.seconds,
            None => 0,
        };
        Ok(DriverView {
            now: self.world.now(),
            state,
            visits,
            riders_on_board: screen.on_board.riders.len(),
            at_base: screen.at_base,
            to_base: Seconds(to_base),
            from_base: Seconds(from_base),
        })
    }

    async fn leg(&mut self, from: &str, to: &str) -> Result<Leg, Fault> {
        let ends = (from.to_owned(), to.to_owned());
        if let Some(known) = self.legs.get(&ends) {
            return Ok(known.clone());
        }
        let body = self.world.phone.get(&format!("/legs?from={from}&to={to}")).await?;
        let leg: Leg =
            serde_json::from_value(body).map_err(|e| Fault::Usage(format!("a leg cannot be read: {e}")))?;
        self.legs.insert(ends, leg.clone());
        Ok(leg)
    }

    /// The message that says where on the street the vehicle is.
    async fn position(&mut self, now: &LegNow, view: &DriverView) -> Result<String, Fault> {
        let leg = self.leg(&now.from, &now.to).await?;
        let done = self.world.driver.progress_basis_points(view.state, view.now).unwrap_or(0);
        let at = leg.seconds as f64 * f64::from(done) / 10_000.0;
        self.sent += 1;
        let [lon, lat] = point_at(&leg.points, at);
        Ok(json!({ "kind": "position", "seq": self.sent, "at": view.now, "position": [lon, lat], "accuracy_m": 5.0 }).to_string())
    }
}

fn read_screen(body: Value) -> Result<Screen, Fault> {
    serde_json::from_value(body).map_err(|e| Fault::Usage(format!("a vehicle cannot be read: {e}")))
}

/// The point reached `seconds` after the leg's begin.
fn point_at(points: &[[f64; 3]], seconds: f64) -> [f64; 2] {
    for pair in points.windows(2) {
        let ([lon_a, lat_a, a], [lon_b, lat_b, b]) = (pair[0], pair[1]);
        if seconds <= b {
            let share = if b > a { ((seconds - a) / (b - a)).clamp(0.0, 1.0) } else { 0.0 };
            return [lon_a + (lon_b - lon_a) * share, lat_a + (lat_b - lat_a) * share];
        }
    }
    points.last().map_or([0.0, 0.0], |p| [p[0], p[1]])
}
