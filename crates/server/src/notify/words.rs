//! What people read and what the operator reads aloud, in both languages, out of the message files.

use domain::{Direction, IssuedNotice, Listener, News, VisitKind};
use units::{DayTime, FacilityId, RequestId, RiderId, Seconds, ServiceDay, Timestamp, VehicleId, Window};

use super::tidings::Tidings;
use crate::register::{NameEntry, RiderEntry, entry};
use crate::texts::{Both, sentence};
use crate::views::Viewer;
use crate::wire;

fn same(text: &str) -> Both {
    Both { ja: text.to_owned(), en: text.to_owned() }
}

/// `9時15分ごろ`, as one says it on the telephone; from noon on `午後`, so that nobody waits twelve hours.
pub fn spoken_time(at: Timestamp) -> Both {
    let minutes = DayTime::of(at).seconds() / 60;
    let (hour, minute) = (minutes / 60, minutes % 60);
    let half = if hour >= 12 { "午後" } else { "" };
    let ja = match minute {
        0 => format!("{half}{}時ごろ", if hour >= 12 { hour - 12 } else { hour }),
        _ => format!("{half}{}時{minute}分ごろ", if hour >= 12 { hour - 12 } else { hour }),
    };
    Both { ja, en: format!("{hour}:{minute:02}") }
}

fn spoken_window(window: Window) -> Both {
    let (open, close) = (spoken_time(window.open()), spoken_time(window.close()));
    if open == close {
        return Both { ja: open.ja, en: format!("at {}", open.en) };
    }
    let from = open.ja.trim_end_matches("ごろ");
    Both { ja: format!("{from}から{}", close.ja), en: format!("between {} and {}", open.en, close.en) }
}

fn suffixed(code: &str, direction: Direction) -> String {
    let side = match direction {
        Direction::PickupRun => "pickup",
        Direction::DropoffRun => "dropoff",
    };
    format!("{code}_{side}")
}

/// A sentence by its code, with what goes into its blanks.
type Sentence = (String, Vec<(&'static str, Both)>);

impl Viewer<'_> {
    /// Subject and text of a letter to a rider, or to the family about the rider.
    pub fn letter(&self, tidings: &Tidings, rider: &str, family: bool) -> (Both, Both) {
        let known: RiderEntry = entry(&self.service.register, "rider", rider);
        let (code, mut blanks) = self.sentence_of(tidings);
        blanks.push(("{office}", self.office(rider.parse().ok())));
        blanks.push(("{name}", self.name_or(&known.name, "rider")));
        let told = sentence("told", &code, &blanks);
        blanks.push(("{told}", told));
        let text = if family { "text_family" } else { "text" };
        (sentence("letter", "subject", &blanks), sentence("letter", text, &blanks))
    }

    /// What the operator reads aloud to whoever a notice is for, and what to do if nobody answers.
    pub fn script(&self, issued: &IssuedNotice) -> wire::Script {
        let news = &issued.notice.news;
        let tidings = Tidings::News { notice: None, news: news.clone() };
        let (code, mut blanks) = self.sentence_of(&tidings);
        let (opening, closing) = match issued.notice.to {
            Listener::Rider(rider) => {
                let known: RiderEntry = entry(&self.service.register, "rider", &rider.to_string());
                blanks.push(("{office}", self.office(Some(rider))));
                blanks.push(("{name}", self.name_or(&known.name, "rider")));
                ("open_rider", "close_rider")
            }
            Listener::Driver(vehicle) => {
                blanks.push(("{vehicle}", self.spoken_vehicle(vehicle)));
                blanks.push(("{day}", self.spoken_day(issued.day)));
                ("open_driver", "close_driver")
            }
            Listener::Facility(facility) => {
                blanks.push(("{facility}", self.facility_name(facility)));
                blanks.push(("{day}", self.spoken_day(issued.day)));
                ("open_facility", "close_facility")
            }
        };
        let parts = [("script", opening), ("told", code.as_str()), ("script", closing)];
        let parts = parts.map(|(group, code)| sentence(group, code, &blanks));
        let unanswered = match (issued.notice.to, news) {
            (Listener::Driver(_), _) => "unanswered_driver",
            (Listener::Facility(_), _) => "unanswered_facility",
            (_, News::NoRide { .. }) => "unanswered_no_ride",
            (_, News::Late { .. }) => "unanswered_late",
            _ => "unanswered",
        };
        let unanswered = sentence("script", unanswered, &blanks);
        wire::Script {
            // A line each: greeting, news, farewell. Whoever reads aloud draws breath there.
            read_ja: parts.each_ref().map(|p| p.ja.as_str()).join("\n"),
            read_en: parts.each_ref().map(|p| p.en.as_str()).join("\n"),
            if_unanswered_ja: unanswered.ja,
            if_unanswered_en: unanswered.en,
        }
    }

    fn sentence_of(&self, tidings: &Tidings) -> Sentence {
        let by = |vehicle: &VehicleId| ("{vehicle}", self.spoken_vehicle(*vehicle));
        let when = |window: &Window| {
            let day = self.spoken_day(ServiceDay::of(window.open()));
            vec![("{window}", spoken_window(*window)), ("{day}", day)]
        };
        match tidings {
            Tidings::News { news, .. } => self.sentence_of_news(news),
            Tidings::Booked { vehicle, pickup, dropoff_latest, .. } => {
                let mut blanks = when(pickup);
                blanks.extend([by(vehicle), ("{until}", spoken_time(*dropoff_latest))]);
                ("booked".to_owned(), blanks)
            }
            Tidings::Cancelled { pickup, .. } => {
                ("cancelled".to_owned(), pickup.as_ref().map(when).unwrap_or_default())
            }
            Tidings::OnTheWay { vehicle, eta, .. } => {
                ("on_the_way".to_owned(), vec![by(vehicle), ("{until}", spoken_time(*eta))])
            }
        }
    }

    fn sentence_of_news(&self, news: &News) -> Sentence {
        let by = |vehicle: &VehicleId| ("{vehicle}", self.spoken_vehicle(*vehicle));
        let when = |window: &Window| {
            let day = self.spoken_day(ServiceDay::of(window.open()));
            [("{window}", spoken_window(*window)), ("{day}", day)]
        };
        let number = |n: u32| same(&n.to_string());
        match news {
            News::Time { direction, vehicle, former, window, .. } => {
                let mut blanks = vec![by(vehicle)];
                blanks.extend(when(window));
                blanks.extend(former.map(|former| ("{former}", spoken_window(former))));
                let code = if former.is_some() { "time_changed" } else { "time" };
                (suffixed(code, *direction), blanks)
            }
            News::OtherVehicle { direction, vehicle, window, .. } => {
                let mut blanks = vec![by(vehicle)];
                blanks.extend(when(window));
                (suffixed("other_vehicle", *direction), blanks)
            }
            News::NoRide { request, direction, former } => {
                let code = direction.map_or("no_ride".to_owned(), |d| suffixed("no_ride", d));
                let day = former.map(|w| ServiceDay::of(w.open())).or_else(|| self.day_of(*request));
                (code, vec![("{day}", self.spoken_day(day.unwrap_or(ServiceDay::of(self.now))))])
            }
            News::Late { visit, vehicle, window, late } => {
                let code = match visit.kind {
                    VisitKind::Pickup => "late_pickup",
                    VisitKind::Dropoff => "late_dropoff",
                };
                let until = ("{until}", spoken_time(window.close() + whole_minutes(*late)));
                let late = ("{late}", same(&late.minutes_up().to_string()));
                (code.to_owned(), vec![by(vehicle), until, late])
            }
            News::SeatFree { window, until, .. } => {
                let mut blanks = when(window).to_vec();
                blanks.push(("{until}", spoken_time(*until)));
                ("seat_free".to_owned(), blanks)
            }
            News::Visits { added, dropped, retimed } => {
                let blanks = [("{added}", added), ("{dropped}", dropped), ("{retimed}", retimed)];
                let blanks = blanks.map(|(blank, visits)| (blank, self.visit_names(visits)));
                ("visits".to_owned(), blanks.into())
            }
            News::Arrival { vehicle, former, by: at, .. } => {
                let blanks =
                    vec![by(vehicle), ("{former}", spoken_time(*former)), ("{until}", spoken_time(*at))];
                ("arrival".to_owned(), blanks)
            }
            News::NotAtDoor { vehicle, until, .. } => {
                ("not_at_door".to_owned(), vec![by(vehicle), ("{until}", spoken_time(*until))])
            }
            News::Diverted { request, vehicle, to, at } => {
                let known = self.snapshot.area.requests.get(request).map(|r| self.person(r.rider).name);
                let rider = self.name_or(&known.unwrap_or_default(), "rider");
                let place = self.place_label(*to);
                let blanks =
                    vec![by(vehicle), ("{rider}", rider), ("{place}", place), ("{until}", spoken_time(*at))];
                ("diverted".to_owned(), blanks)
            }
            News::RoadClosed { until, .. } => {
                ("road_closed".to_owned(), vec![("{until}", spoken_time(*until))])
            }
            News::Snow { window } => ("snow".to_owned(), when(window).into()),
            News::Runs { moved, retimed, without } => {
                let blanks = [("{moved}", moved), ("{retimed}", retimed), ("{without}", without)];
                ("runs".to_owned(), blanks.map(|(blank, n)| (blank, number(*n))).into())
            }
        }
    }

    fn day_of(&self, request: RequestId) -> Option<ServiceDay> {
        self.snapshot.area.requests.get(&request).map(|r| r.wish.day())
    }

    fn spoken_day(&self, day: ServiceDay) -> Both {
        let today = ServiceDay::of(self.now);
        if day == today {
            return sentence("spoken", "today", &[]);
        }
        if day == today.next() {
            return sentence("spoken", "tomorrow", &[]);
        }
        let text = day.to_string();
        let mut parts = text.split('-').skip(1).map(|part| part.trim_start_matches('0'));
        let (month, date) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        Both { ja: format!("{month}月{date}日"), en: text.clone() }
    }

    fn spoken_vehicle(&self, vehicle: VehicleId) -> Both {
        self.name_or(&self.vehicle_name(vehicle), "vehicle")
    }

    /// Who is calling: the facility of a member, the area for others.
    fn office(&self, rider: Option<RiderId>) -> Both {
        let known = rider.and_then(|rider| self.snapshot.area.riders.get(&rider));
        match known.and_then(|rider| rider.membership.as_ref()) {
            Some(membership) => self.facility_name(membership.facility),
            None => self.name_or(self.area_name, "office"),
        }
    }

    fn facility_name(&self, facility: FacilityId) -> Both {
        let known: NameEntry = entry(&self.service.register, "facility", &facility.to_string());
        self.name_or(&known.name, "office")
    }

    /// The name, or a general word where it was erased.
    fn name_or(&self, name: &str, word: &str) -> Both {
        if name.is_empty() { sentence("spoken", word, &[]) } else { same(name) }
    }
}

/// Rounded up: a vehicle that comes before it was expected finds nobody at the door.
fn whole_minutes(span: Seconds) -> Seconds {
    Seconds::minutes(span.minutes_up())
}

#[cfg(test)]
mod tests;
