//! How fast roads are driven, by period of the day: one table of assumptions that an area replaces by its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use units::DayTime;

use crate::RoadClass;

/// A span with travel times of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// All hours that belong to no peak.
    Midday,
    /// The morning peak.
    Morning,
    /// The evening peak.
    Evening,
    /// A day of snow, at any hour; an area switches it on.
    Snow,
}

impl Period {
    pub const ALL: [Period; 4] = [Period::Midday, Period::Morning, Period::Evening, Period::Snow];
    /// Those that alternate on an ordinary day.
    pub const OF_A_DAY: [Period; 3] = [Period::Midday, Period::Morning, Period::Evening];

    pub const fn index(self) -> usize {
        self as usize
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Period::Midday => "midday",
            Period::Morning => "morning",
            Period::Evening => "evening",
            Period::Snow => "snow",
        }
    }
}

/// What a road is paved with, as far as it slows a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    Paved,
    /// Gravel, setts, rolled stone.
    Compacted,
    /// Earth, sand, grass, loose stone.
    Rough,
}

/// Waits and speeds of one period. Times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// By [`RoadClass`], in km/h, where nothing lower is signed.
    pub kmh: [u32; RoadClass::ALL.len()],
    /// Share of these speeds that remains in built-up areas, on compacted and on rough ground, in a lane too narrow for two.
    pub built_up_percent: u32,
    pub compacted_percent: u32,
    pub rough_percent: u32,
    pub narrow_percent: u32,
    /// Share of a signed limit that is driven.
    pub limit_percent: u32,
    /// Mean wait at traffic lights of a junction; of a crossing on foot; at a stop sign; before a level crossing, where
    /// Japanese law has every vehicle halt.
    pub signal_ms: u32,
    pub crossing_ms: u32,
    pub stop_ms: u32,
    pub level_crossing_ms: u32,
    /// A turn towards the side one drives on; across the oncoming lane; more for a sharp one.
    pub near_turn_ms: u32,
    pub far_turn_ms: u32,
    pub sharp_ms: u32,
    /// Turning round at a dead end.
    pub u_turn_ms: u32,
    /// Entering a greater road, or crossing it, without lights.
    pub give_way_ms: u32,
    /// Mean wait for a ferry.
    pub boarding_ms: u32,
}

impl Profile {
    /// Ordinary hours. Waits are assumptions: lights stop about half of those who come, for half of a minute's cycle;
    /// turns and gaps after the order of size of OSRM's car profile (turn penalty 7.5 s, u-turn 20 s).
    pub(crate) fn midday() -> Profile {
        Profile {
            kmh: RoadClass::ALL.map(RoadClass::kmh),
            built_up_percent: 90,
            compacted_percent: 80,
            rough_percent: 60,
            narrow_percent: 80,
            limit_percent: 100,
            signal_ms: 8_000,
            crossing_ms: 3_000,
            stop_ms: 4_000,
            level_crossing_ms: 8_000,
            near_turn_ms: 2_500,
            far_turn_ms: 5_000,
            sharp_ms: 2_000,
            u_turn_ms: 25_000,
            give_way_ms: 4_000,
            boarding_ms: 300_000,
        }
    }

    /// A peak: main roads lose `main` per cent of their speed, streets `minor`; lights and gaps take half as long again.
    fn peak(base: &Profile, main: u32, minor: u32) -> Profile {
        let mut peak = base.clone();
        for (class, kmh) in RoadClass::ALL.into_iter().zip(&mut peak.kmh) {
            let lost = match class {
                RoadClass::Ferry => 0,
                RoadClass::Motorway => minor,
                _ if class.is_quiet() => minor,
                _ => main,
            };
            *kmh = (*kmh * (100 - lost) / 100).max(1);
        }
        for wait in [&mut peak.signal_ms, &mut peak.far_turn_ms, &mut peak.give_way_ms] {
            *wait = *wait * 3 / 2;
        }
        peak
    }

    fn snow(base: &Profile) -> Profile {
        let mut snow = Profile::peak(base, 35, 30);
        snow.limit_percent = 75;
        snow.near_turn_ms *= 2;
        snow.stop_ms *= 2;
        snow
    }

    /// Hundredths of km/h.
    pub(crate) fn speed(&self, road: &Paving) -> u64 {
        let mut speed = u64::from(self.kmh[road.class as usize]) * 100;
        if road.ramp {
            speed = speed.min(u64::from(crate::class::RAMP_KMH) * 100);
        }
        let ground = match road.surface {
            Surface::Paved => 100,
            Surface::Compacted => self.compacted_percent,
            Surface::Rough => self.rough_percent,
        };
        let built_up = if road.built_up { self.built_up_percent } else { 100 };
        let narrow = if road.narrow { self.narrow_percent } else { 100 };
        for percent in [ground, built_up, narrow] {
            speed = speed * u64::from(percent) / 100;
        }
        if road.limit_kmh > 0 {
            let limit = u64::from(road.limit_kmh) * u64::from(self.limit_percent);
            // A ferry's speed is its own, whatever the weather; elsewhere a limit only lowers.
            speed = if road.class == RoadClass::Ferry { limit } else { speed.min(limit) };
        }
        speed.max(100)
    }
}

/// What the speed on a stretch of road depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paving {
    pub class: RoadClass,
    pub ramp: bool,
    pub surface: Surface,
    pub built_up: bool,
    pub narrow: bool,
    /// 0 where none is signed.
    pub limit_kmh: u8,
}

/// Profiles of all periods, and when the peaks are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speeds {
    /// From and until.
    pub morning_hours: [DayTime; 2],
    pub evening_hours: [DayTime; 2],
    /// In the order of [`Period::ALL`].
    pub profiles: [Profile; Period::ALL.len()],
}

impl Default for Speeds {
    fn default() -> Speeds {
        Speeds::on(Profile::midday())
    }
}

impl Speeds {
    fn on(midday: Profile) -> Speeds {
        Speeds {
            morning_hours: [DayTime::hm(7, 0), DayTime::hm(9, 30)],
            evening_hours: [DayTime::hm(16, 0), DayTime::hm(18, 30)],
            profiles: [
                midday.clone(),
                Profile::peak(&midday, 20, 5),
                Profile::peak(&midday, 22, 5),
                Profile::snow(&midday),
            ],
        }
    }

    pub fn profile(&self, period: Period) -> &Profile {
        &self.profiles[period.index()]
    }

    /// Snow at all hours.
    pub fn in_snow(mut self) -> Speeds {
        let snow = self.profile(Period::Snow).clone();
        self.profiles = Period::ALL.map(|_| snow.clone());
        self
    }

    /// The period of an hour of an ordinary day.
    pub fn period_at(&self, time: DayTime) -> Period {
        let within = |[open, close]: [DayTime; 2]| open <= time && time < close;
        if within(self.morning_hours) {
            Period::Morning
        } else if within(self.evening_hours) {
            Period::Evening
        } else {
            Period::Midday
        }
    }

    /// Reads a TOML text that names what differs from the assumptions:
    ///
    /// ```
    /// let speeds = roads::Speeds::parse(r#"
    ///     morning_hours = ["06:45", "09:00"]
    ///     [midday.kmh]
    ///     primary = 35
    ///     [morning]
    ///     percent = 80              # of midday's speeds, where no kmh is given
    ///     signal_seconds = 14
    ///     [morning.kmh]
    ///     primary = 24
    /// "#).unwrap();
    /// let primary = roads::RoadClass::Primary as usize;
    /// assert_eq!(speeds.profile(roads::Period::Morning).kmh[primary], 24);
    /// assert_eq!(speeds.profile(roads::Period::Midday).kmh[primary], 35);
    /// ```
    ///
    /// # Errors
    /// A sentence naming the key and what would be right.
    pub fn parse(text: &str) -> Result<Speeds, String> {
        let file: SpeedsFile = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut midday = Profile::midday();
        file.midday.apply("midday", &Profile::midday(), &mut midday)?;
        let mut speeds = Speeds::on(midday.clone());
        let [_, morning, evening, snow] = &mut speeds.profiles;
        file.morning.apply("morning", &midday, morning)?;
        file.evening.apply("evening", &midday, evening)?;
        file.snow.apply("snow", &midday, snow)?;
        speeds.morning_hours = file.morning_hours.unwrap_or(speeds.morning_hours);
        speeds.evening_hours = file.evening_hours.unwrap_or(speeds.evening_hours);
        for (key, [open, close]) in
            [("morning_hours", speeds.morning_hours), ("evening_hours", speeds.evening_hours)]
        {
            if open > close {
                return Err(format!(
                    "{key} is {open} to {close}; expected a span that begins before it ends"
                ));
            }
        }
        if speeds.evening_hours[0] < speeds.morning_hours[1] {
            return Err("evening_hours begin before morning_hours end; the peaks must not overlap".to_owned());
        }
        Ok(speeds)
    }

    /// The text that [`Speeds::parse`] reads back to the same, every value written out.
    pub fn to_toml(&self) -> String {
        let hours = |[open, close]: [DayTime; 2]| format!("[\"{open}\", \"{close}\"]");
        let mut text = format!(
            "morning_hours = {}\nevening_hours = {}\n",
            hours(self.morning_hours),
            hours(self.evening_hours)
        );
        for period in Period::ALL {
            let p = self.profile(period);
            text.push_str(&format!("\n[{}]\n", period.as_str()));
            for (key, percent) in p.percents() {
                text.push_str(&format!("{key} = {percent}\n"));
            }
            for (key, ms) in p.waits() {
                text.push_str(&format!("{key} = {}\n", f64::from(ms) / 1000.0));
            }
            text.push_str(&format!("\n[{}.kmh]\n", period.as_str()));
            for (class, kmh) in RoadClass::ALL.into_iter().zip(p.kmh) {
                text.push_str(&format!("{} = {kmh}\n", class.as_str()));
            }
        }
        text
    }
}

impl Profile {
    fn percents(&self) -> [(&'static str, u32); 5] {
        [
            ("built_up_percent", self.built_up_percent),
            ("compacted_percent", self.compacted_percent),
            ("rough_percent", self.rough_percent),
            ("narrow_percent", self.narrow_percent),
            ("limit_percent", self.limit_percent),
        ]
    }

    fn waits(&self) -> [(&'static str, u32); 10] {
        [
            ("signal_seconds", self.signal_ms),
            ("crossing_seconds", self.crossing_ms),
            ("stop_seconds", self.stop_ms),
            ("level_crossing_seconds", self.level_crossing_ms),
            ("near_turn_seconds", self.near_turn_ms),
            ("far_turn_seconds", self.far_turn_ms),
            ("sharp_seconds", self.sharp_ms),
            ("u_turn_seconds", self.u_turn_ms),
            ("give_way_seconds", self.give_way_ms),
            ("boarding_seconds", self.boarding_ms),
        ]
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct SpeedsFile {
    morning_hours: Option<[DayTime; 2]>,
    evening_hours: Option<[DayTime; 2]>,
    midday: ProfileFile,
    morning: ProfileFile,
    evening: ProfileFile,
    snow: ProfileFile,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ProfileFile {
    percent: Option<u32>,
    kmh: BTreeMap<RoadClass, u32>,
    built_up_percent: Option<u32>,
    compacted_percent: Option<u32>,
    rough_percent: Option<u32>,
    narrow_percent: Option<u32>,
    limit_percent: Option<u32>,
    signal_seconds: Option<f64>,
    crossing_seconds: Option<f64>,
    stop_seconds: Option<f64>,
    level_crossing_seconds: Option<f64>,
    near_turn_seconds: Option<f64>,
    far_turn_seconds: Option<f64>,
    sharp_seconds: Option<f64>,
    u_turn_seconds: Option<f64>,
    give_way_seconds: Option<f64>,
    boarding_seconds: Option<f64>,
}

impl ProfileFile {
    fn apply(&self, name: &str, midday: &Profile, to: &mut Profile) -> Result<(), String> {
        if let Some(percent) = self.percent {
            let percent = within(&format!("{name}.percent"), percent, 10, 200)?;
            to.kmh = midday.kmh.map(|kmh| (kmh * percent / 100).max(1));
        }
        for (class, kmh) in &self.kmh {
            to.kmh[*class as usize] = within(&format!("{name}.kmh.{}", class.as_str()), *kmh, 1, 130)?;
        }
        for (key, given, value) in [
            ("built_up_percent", self.built_up_percent, &mut to.built_up_percent),
            ("compacted_percent", self.compacted_percent, &mut to.compacted_percent),
            ("rough_percent", self.rough_percent, &mut to.rough_percent),
            ("narrow_percent", self.narrow_percent, &mut to.narrow_percent),
            ("limit_percent", self.limit_percent, &mut to.limit_percent),
        ] {
            if let Some(percent) = given {
                *value = within(&format!("{name}.{key}"), percent, 10, 200)?;
            }
        }
        for (key, given, value) in [
            ("signal_seconds", self.signal_seconds, &mut to.signal_ms),
            ("crossing_seconds", self.crossing_seconds, &mut to.crossing_ms),
            ("stop_seconds", self.stop_seconds, &mut to.stop_ms),
            ("level_crossing_seconds", self.level_crossing_seconds, &mut to.level_crossing_ms),
            ("near_turn_seconds", self.near_turn_seconds, &mut to.near_turn_ms),
            ("far_turn_seconds", self.far_turn_seconds, &mut to.far_turn_ms),
            ("sharp_seconds", self.sharp_seconds, &mut to.sharp_ms),
            ("u_turn_seconds", self.u_turn_seconds, &mut to.u_turn_ms),
            ("give_way_seconds", self.give_way_seconds, &mut to.give_way_ms),
            ("boarding_seconds", self.boarding_seconds, &mut to.boarding_ms),
        ] {
            if let Some(seconds) = given {
                if !(0.0..=7_200.0).contains(&seconds) {
                    return Err(format!("{name}.{key} is {seconds}; expected 0 to 7200"));
                }
                *value = (seconds * 1000.0).round() as u32;
            }
        }
        Ok(())
    }
}

fn within(key: &str, value: u32, least: u32, most: u32) -> Result<u32, String> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{key} is {value}; expected {least} to {most}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let speeds = Speeds::default();
        assert_eq!(Speeds::parse(&speeds.to_toml()).unwrap(), speeds);
        assert_eq!(Speeds::parse("").unwrap(), speeds);
    }

    #[test]
    fn a_mistake_names_its_key() {
        for (text, words) in [
            ("[midday.kmh]\nprimary = 0", "midday.kmh.primary is 0; expected 1 to 130"),
            ("[morning]\nsignal_seconds = -1", "morning.signal_seconds"),
            ("[morning]\nspeed = 3", "speed"),
            ("[dusk]\n", "dusk"),
            ("[midday.kmh]\nalley = 3", "alley"),
            ("morning_hours = [\"07:00\", \"17:00\"]", "overlap"),
        ] {
            let said = Speeds::parse(text).unwrap_err();
            assert!(said.contains(words), "{text}: {said}");
        }
    }

    #[test]
    fn peaks_are_slower_and_begin_on_the_minute() {
        let speeds = Speeds::default();
        let at = |h, m| speeds.period_at(DayTime::hm(h, m));
        assert_eq!(
            [at(6, 59), at(7, 0), at(9, 29), at(9, 30), at(16, 0), at(18, 30)],
            [
                Period::Midday,
                Period::Morning,
                Period::Morning,
                Period::Midday,
                Period::Evening,
                Period::Midday
            ]
        );
        let kmh = |p| speeds.profile(p).kmh[RoadClass::Primary as usize];
        assert!(kmh(Period::Morning) < kmh(Period::Midday) && kmh(Period::Snow) < kmh(Period::Morning));
    }
}
