//! The plan of a day and its notices, as clients see them.

use domain::{Direction, IssuedNotice, Listener, News, RequestState, Resource, VisitKey, VisitKind, Wish};
use units::{DayTime, DriverId, FacilityId, RiderId, ServiceDay, VehicleId, Window};

use crate::notify::kind_of;
use crate::problem::Problem;
use crate::register::{DriverEntry, NameEntry, entry};
use crate::texts::{Both, sentence};
use crate::views::{Viewer, name_of, refusal_view};
use crate::wire;

fn pair(window: Window) -> [String; 2] {
    [window.open().to_string(), window.close().to_string()]
}

fn same(text: String) -> Both {
    Both { ja: text.clone(), en: text }
}

/// `8:40–8:55`, as people say it.
fn spoken(window: Window) -> Both {
    let minute = |t| DayTime::of(t).to_string().chars().take(5).collect::<String>();
    same(format!("{}–{}", minute(window.open()), minute(window.close())))
}

impl Viewer<'_> {
    pub fn day_plan(&self, facility: FacilityId, day: ServiceDay) -> Result<wire::DayPlan, Problem> {
        let area = &self.snapshot.area;
        if !area.facilities.contains_key(&facility) {
            return Err(Problem::not_found("facility", &facility.to_string()));
        }
        let of_day = |r: &domain::Request| matches!(r.wish, Wish::Run { facility: f, day: on, .. } if f == facility && on == day);
        let places = area.requests.values().filter(|r| of_day(r)).map(|r| self.run_place(r, day)).collect();
        let attendance = area.list_attendance(facility, day);
        let comes =
            |rider: RiderId| attendance.iter().any(|a| a.rider == rider && (a.pickup_run || a.dropoff_run));
        let member = |r: &domain::Rider| r.membership.as_ref().is_some_and(|m| m.facility == facility);
        let group = area.list_partners(facility);
        let mut notices: Vec<wire::Notice> =
            area.notices.values().filter(|n| n.day == day).filter_map(|n| self.notice(n)).collect();
        notices.reverse();
        Ok(wire::DayPlan {
            facility: facility.to_string(),
            day: day.to_string(),
            planned: area.planned_days.contains(&(day, facility)),
            places,
            absent: attendance
                .iter()
                .filter(|a| !a.pickup_run || !a.dropoff_run)
                .map(|a| self.person(a.rider))
                .collect(),
            may_join: area
                .riders
                .values()
                .filter(|r| member(r) && !comes(r.id))
                .map(|r| self.person(r.id))
                .collect(),
            runs: self.day_runs(facility, day),
            vehicles: area
                .vehicles
                .values()
                .filter(|v| group.contains(&v.facility))
                .map(|v| self.day_vehicle(v, day))
                .collect(),
            drivers: area
                .drivers
                .values()
                .filter(|d| group.contains(&d.facility))
                .map(|d| self.driver(d, day))
                .collect(),
            notices,
        })
    }

    fn run_place(&self, request: &domain::Request, day: ServiceDay) -> wire::RunPlace {
        let area = &self.snapshot.area;
        let booking = request.find_booking();
        let direction = match request.wish {
            Wish::Run { direction, .. } => direction,
            _ => Direction::PickupRun,
        };
        let (pickup_at, dropoff_at) = self.times(request.id, request);
        let told = booking.map(|b| match direction {
            Direction::PickupRun => b.promise.pickup,
            Direction::DropoffRun => b.promise.dropoff,
        });
        let pin = area.find_pin(request.rider, day, direction);
        wire::RunPlace {
            request: request.id.to_string(),
            rider: self.person(request.rider),
            direction: name_of(direction),
            state: request.state.code().to_owned(),
            vehicle: booking.map(|b| b.vehicle.to_string()),
            vehicle_name: booking.map(|b| self.vehicle_name(b.vehicle)),
            pickup_at: pickup_at.map(|t| t.to_string()),
            dropoff_at: dropoff_at.map(|t| t.to_string()),
            pickup: booking.map(|b| pair(b.promise.pickup)),
            told: told.map(pair),
            dropoff_latest: booking.map(|b| b.promise.dropoff.close().to_string()),
            needs: self.needs(request.rider),
            care: self.care(request.rider),
            pin: pin.map(|pin| wire::Pin {
                vehicle: pin.vehicle.map(|v| v.to_string()),
                at: pin.at.map(|at| at.to_string()),
            }),
            refusal: match &request.state {
                RequestState::Refused(refusal) => Some(refusal_view(refusal)),
                _ => None,
            },
        }
    }

    pub fn care(&self, rider: RiderId) -> wire::Care {
        let known = self.snapshot.area.riders.get(&rider).filter(|_| self.sight.rider(rider));
        let care = known.map(|r| r.care.clone()).unwrap_or_default();
        wire::Care {
            never_alone: care.never_alone,
            not_with: care.not_with.iter().map(|r| self.person(*r)).collect(),
            seat: care.seat.map(|wish| name_of(wish.seat)),
            seat_must: care.seat.is_some_and(|wish| wish.must),
            entitlements: care.entitlements.iter().map(name_of).collect(),
        }
    }

    /// The runs as booked, without who stays away.
    fn day_runs(&self, facility: FacilityId, day: ServiceDay) -> Vec<wire::DayRun> {
        let area = &self.snapshot.area;
        let mut runs: Vec<wire::DayRun> = Vec::new();
        for run in area.list_driven_runs(facility, day) {
            let carried = |rider: &RiderId| {
                let found = area.requests.values().find(|r| {
                    r.rider == *rider
                        && matches!(r.wish, Wish::Run { direction, day: on, .. } if direction == run.direction && on == day)
                        && r.find_booking().is_some_and(|b| b.vehicle == run.vehicle)
                        && !matches!(r.state, RequestState::Cancelled { .. })
                });
                found.map(|r| r.id.to_string())
            };
            let requests: Vec<String> = run.riders.iter().filter_map(carried).collect();
            if requests.is_empty() {
                continue;
            }
            let (vehicle, direction) = (run.vehicle.to_string(), name_of(run.direction));
            let before = runs.iter().filter(|r| r.vehicle == vehicle && r.direction == direction).count();
            runs.push(wire::DayRun { vehicle, direction, number: before as u32 + 1, requests });
        }
        runs
    }

    fn day_vehicle(&self, vehicle: &domain::Vehicle, day: ServiceDay) -> wire::DayVehicle {
        let area = &self.snapshot.area;
        let known = area.turns.get(&(day, vehicle.id));
        let turn = |turn: &domain::Turn| wire::DayTurn {
            driver: turn.driver.to_string(),
            driver_name: self.driver_name(turn.driver),
            from: turn.window.open().to_string(),
            to: turn.window.close().to_string(),
        };
        wire::DayVehicle {
            id: vehicle.id.to_string(),
            name: self.vehicle_name(vehicle.id),
            facility: vehicle.facility.to_string(),
            seats: vehicle.seats(),
            out: area.is_out(Resource::Vehicle(vehicle.id), day),
            turns: known.map_or_else(Vec::new, |turns| turns.iter().map(turn).collect()),
            without_driver: known.is_some_and(|turns| turns.is_empty()),
        }
    }

    fn driver_name(&self, id: DriverId) -> String {
        if !self.sight.driver(id) {
            return String::new();
        }
        entry::<DriverEntry>(&self.service.register, "driver", &id.to_string()).name
    }

    pub fn driver(&self, driver: &domain::Driver, day: ServiceDay) -> wire::Driver {
        let mut known: DriverEntry = entry(&self.service.register, "driver", &driver.id.to_string());
        if !self.sight.driver(driver.id) {
            known = DriverEntry::default();
        }
        let spans = |all: &[units::DayWindow]| {
            all.iter().map(|w| [w.open().to_string(), w.close().to_string()]).collect()
        };
        wire::Driver {
            id: driver.id.to_string(),
            name: known.name,
            phone: known.phone,
            facility: driver.facility.to_string(),
            licence: name_of(driver.licence),
            weekdays: driver.weekdays.0.iter().map(name_of).collect(),
            shifts: spans(&driver.shifts),
            duties: spans(&driver.duties),
            out_today: self.snapshot.area.is_out(Resource::Driver(driver.id), day),
        }
    }

    pub fn notice(&self, issued: &IssuedNotice) -> Option<wire::Notice> {
        if !self.sight.notice(issued) {
            return None;
        }
        let notice = &issued.notice;
        let (to, to_id, to_name, phone) = match notice.to {
            Listener::Rider(rider) => {
                let person = self.person(rider);
                ("rider", person.id, person.name, person.phone)
            }
            Listener::Driver(vehicle) => {
                let now = self.snapshot.area.turns.get(&(issued.day, vehicle));
                let driver = now.and_then(|turns| turns.first()).map(|t| self.driver_name(t.driver));
                let name = self.vehicle_name(vehicle);
                let name = driver.map_or(name.clone(), |driver| format!("{name} {driver}"));
                ("driver", vehicle.to_string(), name, None)
            }
            Listener::Facility(facility) => {
                let known: NameEntry = entry(&self.service.register, "facility", &facility.to_string());
                ("facility", facility.to_string(), known.name, None)
            }
        };
        let (breaks_promise, text) = self.news(&notice.news);
        let by = match notice.to {
            Listener::Rider(rider) => {
                let stand_in = self.family(rider).filter(|family| family.instead);
                Some(stand_in.map_or_else(|| self.contact(rider).by, |family| family.by))
            }
            Listener::Driver(_) | Listener::Facility(_) => None,
        };
        let family = match notice.to {
            Listener::Rider(rider) => self.family(rider),
            Listener::Driver(_) | Listener::Facility(_) => None,
        };
        Some(wire::Notice {
            id: notice.id.to_string(),
            to: to.to_owned(),
            to_id,
            to_name,
            phone,
            kind: kind_of(&notice.news).to_owned(),
            breaks_promise,
            text_ja: text.ja,
            text_en: text.en,
            given_at: issued.given_at.map(|at| at.to_string()),
            by,
            family,
            delivery: self.deliveries.find(notice.id),
            script: self.script(issued),
        })
    }

    pub fn news(&self, news: &News) -> (bool, Both) {
        let way = |direction: &Direction| sentence("direction", &name_of(*direction), &[]);
        let by = |vehicle: &VehicleId| same(self.vehicle_name(*vehicle));
        let none = || sentence("notice", "none", &[]);
        let clock = |at: &units::Timestamp| same(DayTime::of(*at).to_string().chars().take(5).collect());
        match news {
            News::Time { direction, vehicle, former, window, .. } => {
                let mut blanks = vec![
                    ("{direction}", way(direction)),
                    ("{vehicle}", by(vehicle)),
                    ("{window}", spoken(*window)),
                ];
                blanks.extend(former.map(|former| ("{former}", spoken(former))));
                let code = if former.is_some() { "time_changed" } else { "time" };
                (former.is_some(), sentence("notice", code, &blanks))
            }
            News::OtherVehicle { direction, vehicle, window, .. } => {
                let blanks = [
                    ("{direction}", way(direction)),
                    ("{vehicle}", by(vehicle)),
                    ("{window}", spoken(*window)),
                ];
                (false, sentence("notice", "other_vehicle", &blanks))
            }
            News::NoRide { direction, former, .. } => {
                let what = direction.as_ref().map_or_else(|| sentence("notice", "ride", &[]), way);
                let blanks = [("{direction}", what), ("{former}", former.map_or_else(none, spoken))];
                (former.is_some(), sentence("notice", "no_ride", &blanks))
            }
            News::Late { visit, vehicle, window, late } => {
                let late = same(late.minutes_up().to_string());
                let blanks = [("{vehicle}", by(vehicle)), ("{window}", spoken(*window)), ("{late}", late)];
                let code = match visit.kind {
                    VisitKind::Pickup => "late_pickup",
                    VisitKind::Dropoff => "late_dropoff",
                };
                (true, sentence("notice", code, &blanks))
            }
            News::SeatFree { window, until, .. } => {
                let until = DayTime::of(*until).to_string().chars().take(5).collect();
                let blanks = [("{window}", spoken(*window)), ("{until}", same(until))];
                (false, sentence("notice", "seat_free", &blanks))
            }
            News::Arrival { vehicle, former, by: at, .. } => {
                let blanks = [("{vehicle}", by(vehicle)), ("{former}", clock(former)), ("{by}", clock(at))];
                (true, sentence("notice", "arrival", &blanks))
            }
            News::NotAtDoor { vehicle, until, .. } => {
                let blanks = [("{vehicle}", by(vehicle)), ("{until}", clock(until))];
                (false, sentence("notice", "not_at_door", &blanks))
            }
            News::Diverted { request, vehicle, to, at } => {
                let known = self.snapshot.area.requests.get(request).map(|r| self.person(r.rider).name);
                let blanks = [
                    ("{vehicle}", by(vehicle)),
                    ("{rider}", same(known.unwrap_or_default())),
                    ("{place}", self.place_label(*to)),
                    ("{at}", clock(at)),
                ];
                (true, sentence("notice", "diverted", &blanks))
            }
            News::RoadClosed { until, .. } => {
                (false, sentence("notice", "road_closed", &[("{until}", clock(until))]))
            }
            News::Snow { window } => (false, sentence("notice", "snow", &[("{window}", spoken(*window))])),
            News::Visits { added, dropped, retimed } => {
                let blanks = [
                    ("{added}", self.visit_names(added)),
                    ("{dropped}", self.visit_names(dropped)),
                    ("{retimed}", self.visit_names(retimed)),
                ];
                (false, sentence("notice", "visits", &blanks))
            }
            News::Runs { moved, retimed, without } => {
                let number = |n: &u32| same(n.to_string());
                let blanks = [
                    ("{moved}", number(moved)),
                    ("{retimed}", number(retimed)),
                    ("{without}", number(without)),
                ];
                (false, sentence("notice", "runs", &blanks))
            }
        }
    }

    /// The riders of some visits at their homes; the other side of a ride goes without saying.
    pub fn visit_names(&self, visits: &[VisitKey]) -> Both {
        let area = &self.snapshot.area;
        let mut names: Vec<String> = Vec::new();
        for visit in visits {
            let Some(request) = area.requests.get(&visit.request) else { continue };
            let home = match request.wish {
                Wish::Run { direction: Direction::DropoffRun, .. } => VisitKind::Dropoff,
                _ => VisitKind::Pickup,
            };
            let name = self.person(request.rider).name;
            if visit.kind == home && !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() {
            return sentence("notice", "none", &[]);
        }
        Both { ja: names.join("、"), en: names.join(", ") }
    }
}
