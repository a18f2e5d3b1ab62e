//! What the virtual people share: who they are, what time it is, and what will happen at which door.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dispatch::{Clock, TownClock};
use sim::{Ask, DayScript, Door, DriverBot, Manners, Scenario, TownPeople};
use units::{Seconds, Timestamp};

use super::phone::Phone;

pub struct World {
    pub people: TownPeople,
    pub scenario: Scenario,
    pub seed: u64,
    pub clock: Arc<TownClock>,
    pub phone: Phone,
    pub driver: DriverBot,
    today: Mutex<Today>,
}

#[derive(Default)]
struct Today {
    script: Option<Arc<DayScript>>,
    /// What was asked for, by the request it became.
    asks: BTreeMap<String, Ask>,
}

/// Ids that the server gave, by index into the people.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    pub places: Vec<String>,
    pub facilities: Vec<String>,
    pub vehicles: Vec<String>,
    pub riders: Vec<String>,
}

impl World {
    pub fn new(
        people: TownPeople,
        scenario: Scenario,
        seed: u64,
        clock: Arc<TownClock>,
        address: &str,
    ) -> World {
        let driver = DriverBot::new(seed, Manners::from(&scenario.noise));
        World { people, scenario, seed, clock, phone: Phone::new(address), driver, today: Mutex::default() }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sleeps until the town's clock shows `at`, however fast it runs meanwhile.
    pub async fn until(&self, at: Timestamp) {
        while self.now() < at {
            let real = self.clock.real_seconds(at - self.now());
            tokio::time::sleep(Duration::from_secs_f64(real.clamp(0.02, 0.5))).await;
        }
    }

    pub async fn pause(&self, span: Seconds) {
        self.until(self.now() + span).await;
    }

    pub fn begin_day(&self, script: Arc<DayScript>) {
        *self.lock() = Today { script: Some(script), asks: BTreeMap::new() };
    }

    pub fn asked(&self, request: &str, ask: Ask) {
        self.lock().asks.insert(request.to_owned(), ask);
    }

    /// What happens when this request's rider is picked up.
    pub fn door(&self, request: &str, rider_index: Option<usize>, at_home: bool) -> Door {
        let today = self.lock();
        let Some(script) = &today.script else { return Door::PROMPT };
        match (today.asks.get(request), rider_index) {
            (Some(ask), _) => script.guest_door(ask),
            (None, Some(rider)) => script.member_door(rider, at_home),
            (None, None) => Door::PROMPT,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Today> {
        self.today.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
