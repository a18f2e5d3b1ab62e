//! What goes wrong on the day itself, drawn at random: late members, closed doors, ill riders, closed roads, snow, locked
//! vehicles, widened promises.

use domain::{
    Command, Direction, DoorDecision, NewClosure, RequestState, RouteId, VisitKind, WidenReason, Wish,
};
use rand::Rng;
use units::{DayTime, DayWindow, Metres, Node, PlaceId, Point, RiderId, Seconds, VehicleId, Window};

use super::{Day, RIDERS, ROADS, VEHICLES};

impl Day {
    /// One same-day event.
    pub fn happen(&mut self) {
        match self.draw.random_range(0..14) {
            0..=2 => self.be_ready_at_another_time(),
            3..=5 => self.decide_at_a_door(),
            6 | 7 => self.fall_ill(),
            8 => self.lock(),
            9 | 10 => self.widen(),
            11 | 12 => self.close_or_open_a_road(),
            _ => self.snow(),
        }
        self.nobody_is_fetched_before_being_ready();
    }

    fn be_ready_at_another_time(&mut self) {
        let (day, rider) = (self.day, RiderId(2 * self.draw.random_range(0..RIDERS / 2) + 1));
        let direction =
            if self.draw.random_ratio(1, 2) { Direction::PickupRun } else { Direction::DropoffRun };
        let soon = DayTime::of(self.now + Seconds::minutes(self.draw.random_range(0..60)));
        let at = match direction {
            Direction::PickupRun => soon,
            Direction::DropoffRun => soon.max(DayTime::hm(self.draw.random_range(12..17), 10)),
        };
        let at = (!self.draw.random_ratio(1, 8)).then_some(at);
        self.send(Command::NoteReady { rider, day, direction, at });
    }

    pub fn decide_at_a_door(&mut self) {
        let doors: Vec<_> = self.engine.state().at_door.keys().copied().collect();
        let Some(request) = self.pick(&doors) else { return };
        let at = self.now + Seconds::minutes(self.draw.random_range(5..60));
        let decision = match self.draw.random_range(0..3) {
            0 => DoorDecision::GoOn,
            1 => DoorDecision::NoShow,
            _ => DoorDecision::ComeBack { at },
        };
        let before = self.done;
        self.send(Command::DecideAtDoor { request, decision });
        self.doors += self.done - before;
    }

    fn fall_ill(&mut self) {
        let aboard = self.requests(|s| matches!(s, RequestState::OnBoard { .. }));
        let Some(request) = self.pick(&aboard) else { return };
        let to = PlaceId(self.draw.random_range(1..2 * RIDERS + 1));
        let before = self.done;
        self.send(Command::Divert { request, to });
        if self.done > before {
            self.diverted += 1;
            let area = self.engine.state();
            let booking = area.requests[&request].find_active_booking().unwrap();
            let route = area.find_route(RouteId { day: booking.day, vehicle: booking.vehicle }).unwrap();
            let first = route.visits.first().unwrap().visit;
            assert_eq!((first.request, first.kind), (request, VisitKind::Dropoff), "seed {}", self.seed);
            assert_eq!(area.requests[&request].to, to, "seed {}", self.seed);
        }
    }

    fn lock(&mut self) {
        let vehicle = VehicleId(self.draw.random_range(0..VEHICLES) + 1);
        let locked = !self.engine.state().is_locked(vehicle, self.day);
        if locked && self.draw.random_ratio(2, 3) {
            return;
        }
        self.send(Command::LockVehicle { vehicle, day: self.day, locked });
    }

    fn widen(&mut self) {
        let open = self.requests(|s| matches!(s, RequestState::Booked(_) | RequestState::OnBoard { .. }));
        let Some(request) = self.pick(&open) else { return };
        let booking = *self.engine.state().requests[&request].find_active_booking().unwrap();
        let by = Seconds::minutes(self.draw.random_range(0..30));
        let later = |w: Window| Window::from(w.open(), w.close() - w.open() + by);
        let dropoff = Some(later(booking.promise.dropoff));
        let pickup = self.draw.random_ratio(1, 2).then(|| later(booking.promise.pickup));
        let ride_max = self.draw.random_ratio(1, 2).then(|| booking.ride_max + by);
        let (reason, before) = (WidenReason::Road, self.done);
        self.send(Command::WidenPromise { request, pickup, dropoff, ride_max, reason });
        self.widened += self.done - before;
    }

    fn close_or_open_a_road(&mut self) {
        let open: Vec<_> = self.engine.state().hindering.closures.keys().copied().collect();
        if let Some(closure) = self.pick(&open)
            && self.draw.random_ratio(1, 2)
        {
            return self.send(Command::OpenRoad { closure });
        }
        let node = Node(self.draw.random_range(0..ROADS.node_count() as u32));
        let centre: Point = ROADS.point(node).unwrap();
        let window = Window::from(self.now, Seconds::minutes(self.draw.random_range(10..180)));
        let radius = Metres(self.draw.random_range(20..400));
        let promises = self.promises();
        self.send(Command::CloseRoad(NewClosure { centre, radius, window }));
        assert_eq!(self.promises(), promises, "seed {} at {}: a promise was widened", self.seed, self.now);
        self.closed += 1;
    }

    fn snow(&mut self) {
        let snow = self.engine.state().hindering.snow.contains_key(&self.day);
        let from = DayTime::of(self.now);
        let to = DayTime::hm(23, 0).min(DayTime::of(self.now + Seconds::minutes(120)));
        let window = (!snow).then(|| DayWindow::new(from, to.max(from)).unwrap());
        let promises = self.promises();
        self.send(Command::NoteSnow { day: self.day, window });
        assert_eq!(self.promises(), promises, "seed {} at {}: a promise was widened", self.seed, self.now);
    }

    fn nobody_is_fetched_before_being_ready(&self) {
        let area = self.engine.state();
        for route in area.routes.values() {
            for planned in route.visits.iter().filter(|v| v.visit.kind == VisitKind::Pickup) {
                let request = &area.requests[&planned.visit.request];
                let Wish::Run { direction, day, .. } = request.wish else { continue };
                if let Some(ready) = area.find_ready(request.rider, day, direction) {
                    assert!(planned.begin >= ready, "seed {} at {}: {}", self.seed, self.now, request.id);
                }
            }
        }
    }
}
