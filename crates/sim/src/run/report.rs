//! The report of a simulated day, as text that is the same byte for byte for the same scenario and seed.

use std::fmt;

use domain::{Reason, RideClass};
use stats::{Figures, Share, Spread};
use units::{Seconds, ServiceDay};

use super::{Level, Outcome};
use crate::behaviour::DayScript;
use crate::scenario::Scenario;
use crate::town::TownPeople;

/// A day without guests, and the same day with them under each policy.
#[derive(Debug, Clone)]
pub struct Report {
    pub scenario: String,
    pub about: String,
    pub date: ServiceDay,
    pub seed: u64,
    /// Facilities, vehicles, riders, members who attend by weekday.
    town: [usize; 4],
    /// Absences, outings, outings with a way back.
    script: [usize; 3],
    pub without: Outcome,
    pub levels: Vec<Level>,
    /// Which level is the scenario's own policy.
    pub own: usize,
}

/// What all runs of a report have in common.
pub(super) struct Scene<'a> {
    pub scenario: &'a Scenario,
    pub people: &'a TownPeople,
    pub script: &'a DayScript,
    pub seed: u64,
}

/// How much later members were done than on the same day without guests. Rides that were no later count as zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberDelay {
    pub p95: Seconds,
    pub max: Seconds,
    /// Rides compared: those finished in both days.
    pub rides: u32,
}

impl MemberDelay {
    pub fn of(without: &Outcome, with: &Outcome) -> MemberDelay {
        let both =
            with.trips.iter().filter_map(|(trip, at)| without.trips.get(trip).map(|before| *at - *before));
        let spread = Spread::of(both.map(|delay| delay.max(Seconds::ZERO)).collect());
        let none = Seconds::ZERO;
        MemberDelay { p95: spread.p95.unwrap_or(none), max: spread.max.unwrap_or(none), rides: spread.count }
    }
}

impl Report {
    pub(super) fn of(scene: &Scene<'_>, without: Outcome, levels: Vec<Level>) -> Report {
        let Scene { scenario, people, script, seed } = scene;
        let day = scenario.date;
        let attending =
            people.riders.iter().filter(|r| r.membership.as_ref().is_some_and(|m| m.1.contains(day))).count();
        let returning = script.outings.iter().filter(|outing| outing.back.is_some()).count();
        Report {
            scenario: scenario.name.clone(),
            about: scenario.about.clone(),
            date: day,
            seed: *seed,
            town: [people.facilities.len(), people.vehicles.len(), people.riders.len(), attending],
            script: [script.absences.len(), script.outings.len(), returning],
            without,
            own: levels.iter().position(|level| level.allows == scenario.policy.allows).unwrap_or(0),
            levels,
        }
    }

    /// The run under the scenario's own policy.
    pub fn own(&self) -> &Level {
        &self.levels[self.own]
    }

    /// Every run, the one without guests first.
    pub fn runs(&self) -> impl Iterator<Item = (&str, &Outcome)> {
        std::iter::once(("none", &self.without))
            .chain(self.levels.iter().map(|level| (level.name, &level.outcome)))
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, name: &str, cell: &dyn Fn(&Outcome) -> String) -> fmt::Result {
        write!(f, "{name:<44}")?;
        for (_, outcome) in self.runs() {
            write!(f, "{:>14}", cell(outcome))?;
        }
        writeln!(f)
    }

    fn figure(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        cell: &dyn Fn(&Figures) -> String,
    ) -> fmt::Result {
        self.row(f, name, &|outcome| cell(&outcome.figures))
    }

    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [facilities, vehicles, riders, attending] = self.town;
        let [absences, outings, returning] = self.script;
        writeln!(f, "{} on {}, seed {}", self.scenario, self.date, self.seed)?;
        for line in wrap(&self.about, 100) {
            writeln!(f, "{line}")?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "{facilities} facilities, {vehicles} vehicles, {riders} registered riders, {attending} members due by weekday"
        )?;
        writeln!(f, "{absences} absences called in, {outings} outings, {returning} of them with a way back")?;
        writeln!(
            f,
            "columns: no guests; (i) idle vehicles; (ii) empty legs; (iii) beside members; same demand in each"
        )?;
        writeln!(f, "the scenario's own policy is {}\n", self.own().name)?;
        write!(f, "{:<44}", "")?;
        for (name, _) in self.runs() {
            write!(f, "{name:>14}")?;
        }
        writeln!(f)
    }

    fn requests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.figure(f, "requests", &|x| x.requests.total.to_string())?;
        self.figure(f, "  done", &|x| x.requests.done.to_string())?;
        self.figure(f, "  refused", &|x| x.requests.refused.to_string())?;
        self.figure(f, "  offers not taken", &|x| x.requests.expired.to_string())?;
        self.figure(f, "  cancelled", &|x| x.requests.cancelled.to_string())?;
        self.figure(f, "  no-show", &|x| x.requests.no_show.to_string())?;
        writeln!(f, "rides by class")?;
        for class in RideClass::ALL {
            self.figure(f, &format!("  {}", class.code()), &|x| {
                x.served_by_class.get(&class).copied().unwrap_or(0).to_string()
            })?;
        }
        writeln!(f, "refused by main reason")?;
        for reason in self.list_reasons() {
            let count = |x: &Figures| {
                x.refused_by_reason.iter().find(|r| r.0 == reason).map_or(0, |r| r.1).to_string()
            };
            self.figure(f, &format!("  {}", reason.code()), &count)?;
        }
        self.figure(f, "idle seats used (people)", &|x| x.idle_seats_used.to_string())
    }

    fn list_reasons(&self) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self
            .runs()
            .flat_map(|(_, outcome)| outcome.figures.refused_by_reason.iter().map(|r| r.0))
            .collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }

    fn times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.figure(f, "wait after the wished time, median", &|x| span(x.wait.median))?;
        self.figure(f, "wait after the wished time, p90", &|x| span(x.wait.p90))?;
        self.figure(f, "early for an appointment, median", &|x| span(x.early.median))?;
        self.figure(f, "ride, median", &|x| span(x.ride.median))?;
        self.figure(f, "ride, p90", &|x| span(x.ride.p90))?;
        writeln!(f, "members")?;
        self.figure(f, "  carried to the facility", &|x| x.members.carried_pickup.to_string())?;
        self.figure(f, "  carried home", &|x| x.members.carried_dropoff.to_string())?;
        self.figure(f, "  refused a place on a run", &|x| x.members.refused.to_string())?;
        self.figure(f, "  in time as promised", &|x| share(x.members.on_time_share))?;
        self.figure(f, "  largest lateness against the promise", &|x| span(Some(x.members.max_late)))?;
        self.row(f, "  delay caused by guests, p95", &|o| span(Some(MemberDelay::of(&self.without, o).p95)))?;
        self.row(f, "  delay caused by guests, max", &|o| span(Some(MemberDelay::of(&self.without, o).max)))
    }

    fn distances(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.figure(f, "driven, km", &|x| km(x.drive.0))?;
        self.figure(f, "idle seats, seat-km", &|x| km(x.idle_seat_metres))?;
        self.figure(f, "guests on board, seat-km", &|x| km(x.guest_seat_metres))?;
        self.figure(f, "guests who shared a ride", &|x| share(x.shared_ride_share))
    }

    /// How often visits began between the times that were forecast, which is to be nine times in ten.
    fn intervals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "begun within the forecast interval (of, mean width)")?;
        for group in 0..domain::GROUPS {
            let name = match self.without.held[group].within {
                Some(within) => format!("  seen less than {} min ahead", within.0 / 60),
                None => "  seen farther ahead".to_owned(),
            };
            self.row(f, &name, &|o| share(o.held[group].share().map(Share)))?;
            self.row(f, "", &|o| {
                let held = o.held[group];
                format!("{}, {}", held.forecasts, span(held.mean_width()))
            })?;
        }
        Ok(())
    }

    fn soundness(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.row(f, "slot pairs judged per request, median", &|o| quantile(&o.tests, 50))?;
        self.row(f, "slot pairs judged per request, p90", &|o| quantile(&o.tests, 90))?;
        self.row(f, "slot pairs judged per request, max", &|o| quantile(&o.tests, 100))?;
        self.row(f, "searches", &|o| o.effort.searches.to_string())?;
        self.row(f, "slot pairs judged in all", &|o| o.effort.tests.to_string())?;
        if self.runs().any(|(_, o)| o.improvements.0 > 0) {
            self.row(f, "plans improved in the background", &|o| o.improvements.0.to_string())?;
            self.row(f, "  driving saved against the plan before", &|o| span(Some(o.improvements.1)))?;
        }
        self.row(f, "violations found by the judge", &|o| o.violations.to_string())?;
        self.row(f, "commands turned away", &|o| o.turned_away.values().sum::<u32>().to_string())?;
        self.row(f, "left unfinished", &|o| o.unfinished.to_string())?;
        self.row(f, "events", &|o| o.events.to_string())?;
        self.row(f, "digest of the log", &|o| format!("{:012x}", o.digest >> 16))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        self.requests(f)?;
        self.times(f)?;
        self.distances(f)?;
        self.intervals(f)?;
        self.soundness(f)?;
        for (name, outcome) in self.runs() {
            for problem in &outcome.problems {
                writeln!(f, "{name}: {problem}")?;
            }
        }
        Ok(())
    }
}

/// Minutes and seconds.
fn span(seconds: Option<Seconds>) -> String {
    seconds.map_or("-".to_owned(), |s| {
        let sign = if s.0 < 0 { "-" } else { "" };
        format!("{sign}{}:{:02}", s.0.abs() / 60, s.0.abs() % 60)
    })
}

fn share(share: Option<Share>) -> String {
    share.map_or("-".to_owned(), |s| format!("{}.{} %", s.0 / 100, s.0 % 100 / 10))
}

/// With one decimal, rounded down.
fn km(metres: i64) -> String {
    format!("{}.{}", metres / 1000, metres % 1000 / 100)
}

fn quantile(values: &[u64], percent: usize) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100);
    rank.checked_sub(1).and_then(|index| sorted.get(index)).map_or("-".to_owned(), u64::to_string)
}

/// Lines of at most `width` characters where the words allow it.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
