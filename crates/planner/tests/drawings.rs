//! Routes drawn in one line: places with the driving time between them.
//!
//! `depot -10- A+ -5- B+[0,20]/2 -7- A- -4- B-`: rider A boards ten ticks from the depot, B five on, with service
//! allowed to begin within 0..20 and taking 2. Places lie on one straight road in the order drawn, so that driving
//! between any two takes the sum of what lies between. Without a second `depot` the vehicle ends at the last place.
#![allow(clippy::unwrap_used)]

use planner::{
    ALL_COMPATIBLE, Boarding, Group, Load, Matrix, Model, Plan, Request, Route, Span, Stop, Vehicle, Visit,
    insert,
};
use units::Node;

struct Drawing {
    names: Vec<String>,
    route: Vec<Visit>,
    places: Vec<i64>,
    vehicle: Vehicle,
    requests: Vec<Request>,
}

const DAY: Span = Span { open: 0, close: 100 };

/// Reads a drawing and rules such as `ride A 12; wait 0; duration 40; seats 2; group A 1; hours 1 10 30; apart A B;
/// aboard A since 0; layouts 2,0 1,1; wheelchair A; end 30; committed 1; out`.
fn draw(text: &str, rules: &str) -> Drawing {
    let mut d = Drawing {
        names: Vec::new(),
        route: Vec::new(),
        places: Vec::new(),
        vehicle: Vehicle::new(Node(0), Node(0), DAY, Load([8, 8, 0, 0])),
        requests: Vec::new(),
    };
    let mut at = 0;
    for token in text.split_whitespace() {
        if let Some(ticks) = token.strip_prefix('-').and_then(|t| t.strip_suffix('-')) {
            at += ticks.parse::<i64>().unwrap();
        } else if token == "depot" {
            d.places.push(at);
        } else {
            let visit = d.stop(token, at);
            d.route.push(visit);
        }
    }
    d.places.push(at);
    d.vehicle.end = Node(d.places.len() as u32 - 1);
    for rule in rules.split(';').map(str::trim).filter(|r| !r.is_empty()) {
        d.rule(&rule.split_whitespace().collect::<Vec<_>>());
    }
    d
}

impl Drawing {
    fn request(&mut self, name: &str) -> usize {
        if let Some(k) = self.names.iter().position(|n| n == name) {
            return k;
        }
        let stop = Stop { at: Node(0), window: DAY, service: 0 };
        self.names.push(name.to_owned());
        self.requests.push(Request::new(stop, stop, Load([1, 0, 0, 0])));
        self.names.len() - 1
    }

    /// `A+`, `A-[5,20]`, `A+[5,20]/3` at a place on the road.
    fn stop(&mut self, token: &str, at: i64) -> Visit {
        let (token, service) = token.split_once('/').map_or((token, 0), |(t, s)| (t, s.parse().unwrap()));
        let (token, window) = match token.split_once('[') {
            Some((t, span)) => {
                let (open, close) = span.trim_end_matches(']').split_once(',').unwrap();
                (t, Span::new(open.parse().unwrap(), close.parse().unwrap()))
            }
            None => (token, DAY),
        };
        let (name, sign) = token.split_at(token.len() - 1);
        let r = self.request(name);
        self.places.push(at);
        let stop = Stop { at: Node(self.places.len() as u32 - 1), window, service };
        if sign == "+" {
            self.requests[r].pickup = Boarding::At(stop);
            Visit::Pickup(r as u32)
        } else {
            self.requests[r].dropoff = stop;
            Visit::Dropoff(r as u32)
        }
    }

    fn rule(&mut self, words: &[&str]) {
        let number = |k: usize| words[k].parse::<i64>().unwrap();
        let rider = if words.len() > 1 { self.names.iter().position(|n| n == words[1]) } else { None };
        let v = &mut self.vehicle;
        match words[0] {
            "ride" => self.requests[rider.unwrap()].ride_max = Some(number(2)),
            "wait" => v.wait_max = Some(number(1)),
            "duration" => v.duration_max = Some(number(1)),
            "seats" => v.layouts = vec![Load([number(1) as i32, 0, 0, 0])],
            "layouts" => {
                let layout = |text: &&str| {
                    let (seats, chairs) = text.split_once(',').unwrap();
                    Load([seats.parse().unwrap(), chairs.parse().unwrap(), 0, 0])
                };
                v.layouts = words[1..].iter().map(layout).collect();
            }
            "wheelchair" => self.requests[rider.unwrap()].load = Load([0, 1, 0, 0]),
            "group" => self.requests[rider.unwrap()].group = Group(number(2) as u8),
            "hours" => v.hours[number(1) as usize] = Some(Span::new(number(2), number(3))),
            "barred" => v.barred |= 1 << number(1),
            "apart" => {
                let other = self.names.iter().position(|n| n == words[2]).unwrap() as u32;
                self.requests[rider.unwrap()].clash.push(other);
            }
            "aboard" => {
                let r = &mut self.requests[rider.unwrap()];
                r.pickup = Boarding::Done { ended: words[3].parse().unwrap() };
                r.vehicles = planner::VehicleSet::only([0]);
            }
            "end" => v.window.close = number(1),
            "committed" => v.committed = number(1) as usize,
            "out" => v.out = true,
            other => panic!("unknown rule {other}"),
        }
    }

    fn model(&self) -> Model<Matrix> {
        let n = self.places.len();
        let ticks = self.places.iter().flat_map(|a| self.places.iter().map(move |b| (a - b).abs())).collect();
        let mut compatible = ALL_COMPATIBLE;
        // In drawings, riders of groups 6 and 7 never share.
        compatible[6][7] = false;
        compatible[7][6] = false;
        Model::new(
            vec![self.vehicle.clone()],
            self.requests.clone(),
            compatible,
            Matrix::new(n, ticks).unwrap(),
        )
        .unwrap()
    }
}

/// The begins that are driven, start and end included, or the rule that is broken.
fn check(drawing: &str, rules: &str, expected: &str) {
    let d = draw(drawing, rules);
    let model = d.model();
    let told = match Route::new(&model, 0, &d.route).and_then(|r| r.schedule()) {
        Ok(schedule) => schedule.begin.iter().map(i64::to_string).collect::<Vec<_>>().join(" "),
        Err(broken) => broken.rule.name().to_owned(),
    };
    assert_eq!(told, expected, "{drawing} | {rules}");
}

#[test]
fn schedules() {
    let plain = "depot -10- A+ -5- B+ -7- A- -4- B-";
    check(plain, "", "0 10 15 22 26 26");
    // The ride of A takes 12 and may; 11 may not.
    check(plain, "ride A 12", "0 10 15 22 26 26");
    check(plain, "ride A 11", "ride_time");
    // B opens late: an earliest start would let A ride 22 ticks, leaving later keeps the limit.
    let late = "depot -10- A+ -5- B+[25,40] -7- A- -4- B-";
    check(late, "", "10 20 25 32 36 36");
    check(late, "ride A 12", "10 20 25 32 36 36");
    // But not if A must be picked up early.
    let early = "depot -10- A+[0,19] -5- B+[25,40] -7- A- -4- B-";
    check(early, "ride A 12", "ride_time");
    check(early, "ride A 13", "9 19 25 32 36 36");
    // Nor if nobody may stand with A on board.
    check(early, "wait 0", "wait_on_board");
    check(early, "wait 1", "9 19 25 32 36 36");
    // Everybody boards as late as nobody's arrival suffers: A- cannot be before 32.
    check("depot -10- A+/2 -5- A-[32,40] -1- depot", "", "15 25 32 33");
    // The duration counts from a start that may be late.
    check("depot -10- A+[30,40] -5- A- -15- depot", "duration 30", "20 30 35 50");
    check("depot -10- A+[30,40] -5- A-[50,60] -15- depot", "duration 35", "30 40 50 65");
    check("depot -10- A+[30,40] -5- A-[50,60] -15- depot", "duration 34", "route_duration");
    check(plain, "end 25", "shift_end");
    check("depot -10- A+[0,9] -5- A-", "", "pickup_too_late");
    check("depot -10- A+ -5- A-[0,14]", "", "dropoff_too_late");
    // Somebody on board: the vehicle leaves at once, the ride counts from the past.
    check("depot -10- A- -5- B+ -3- B-", "aboard A since -5; ride A 15", "0 10 15 18 18");
    check("depot -10- A- -5- B+ -3- B-", "aboard A since -5; ride A 14", "dropoff_too_late");
    check("depot -10- A-[15,20] -5- B+ -3- B-", "aboard A since -5; wait 4", "wait_on_board");
}

#[test]
fn company() {
    check("depot -1- A+ -1- B+ -1- A- -1- B-", "seats 2", "0 1 2 3 4 4");
    check("depot -1- A+ -1- B+ -1- A- -1- B-", "seats 1", "layout");
    // Two seats or a seat and a wheelchair, never two and one.
    let three = "depot -1- A+ -1- B+ -1- A- -1- B- -1- C+ -1- C-";
    check(three, "wheelchair B; layouts 2,0 1,1", "0 1 2 3 4 5 6 6");
    check("depot -1- A+ -1- B+ -1- C+ -1- A- -1- B- -1- C-", "wheelchair B; layouts 2,0 1,1", "layout");
    check(three, "group A 6; group B 7", "group_clash");
    check(three, "group A 6; group C 7", "0 1 2 3 4 5 6 6");
    check(three, "apart A B", "must_not_meet");
    check(three, "apart A C", "0 1 2 3 4 5 6 6");
    check(three, "barred 0", "group_barred");
    check(three, "group A 1; hours 1 5 7", "4 5 6 7 8 9 10 10");
    check(three, "group A 1; hours 1 5 6", "dropoff_too_late");
}

/// Inserts `wish` (two stops such as `C+[0,20]/2@12 C-@20`, the last number being the place on the road) into the drawn route.
/// Expects the visits with the added cost, or the rule that refuses.
fn check_insert(drawing: &str, wish: &str, rules: &str, expected: &str) {
    let mut d = draw(drawing, "");
    for token in wish.split_whitespace() {
        let (token, at) = token.split_once('@').unwrap();
        d.stop(token, at.parse().unwrap());
    }
    for rule in rules.split(';').map(str::trim).filter(|r| !r.is_empty()) {
        d.rule(&rule.split_whitespace().collect::<Vec<_>>());
    }
    let model = d.model();
    let r = d.requests.len() as u32 - 1;
    let mut plan = Plan { routes: vec![d.route.clone()], unserved: vec![r] };
    let answer = insert(&model, &plan, &model.requests()[r as usize]).unwrap();
    let told = match answer.found.first() {
        Some(found) => {
            plan.accept(found, r);
            let word = |v: &Visit| match v {
                Visit::Pickup(r) => format!("{}+", d.names[*r as usize]),
                Visit::Dropoff(r) => format!("{}-", d.names[*r as usize]),
            };
            let words: Vec<String> = plan.routes[0].iter().map(word).collect();
            format!("{} | {}", words.join(" "), found.delta)
        }
        None => answer.refused[0].rule.name().to_owned(),
    };
    assert_eq!(told, expected, "{drawing} | {wish} | {rules}");
}

#[test]
fn insertions() {
    let route = "depot -10- A+ -20- A- -10- depot";
    check_insert(route, "C+@15 C-@25", "", "A+ C+ C- A- | 0");
    check_insert(route, "C+@15 C-@35", "", "A+ C+ A- C- | 0");
    check_insert(route, "C+@5 C-@50", "", "C+ A+ A- C- | 20");
    check_insert(route, "C+@15 C-@25", "seats 1", "C+ C- A+ A- | 30");
    check_insert(route, "C+/1@15 C-@25", "ride A 20", "C+ A+ C- A- | 10");
    let tight = "depot -10- A+[10,10] -20- A- -10- depot";
    check_insert(tight, "C+[20,20]/2@20 C-[25,29]@25", "ride A 22", "A+ C+ C- A- | 0");
    check_insert(tight, "C+[20,20]/2@20 C-[25,29]@25", "ride A 21", "ride_of_others");
    check_insert(tight, "C+[20,30]/2@20 C-[25,29]@25", "ride C 4", "ride_time");
    check_insert(route, "C+@25 C-@15", "ride C 9", "ride_time");
    check_insert(route, "C+@25 C-@15", "ride C 10", "A+ C+ C- A- | 20");
    check_insert(route, "C+[0,20]@25 C-@35", "", "pickup_too_late");
    check_insert(route, "C+@25 C-[0,30]@35", "", "dropoff_too_late");
    check_insert(route, "C+/30@45 C-@50", "end 60", "shift_end");
    check_insert(route, "C+@15 C-@25", "group C 2; hours 2 0 20", "group_hours");
    check_insert(route, "C+@15 C-@25", "committed 2", "A+ A- C+ C- | 30");
    check_insert(route, "C+[0,14]@5 C-@50", "committed 1", "committed");
    check_insert(route, "C+@15 C-@25", "barred 3; group C 3", "group_barred");
    check_insert(route, "C+@15 C-@25", "apart C A", "C+ C- A+ A- | 30");
    check_insert(route, "C+@45 C-@45", "duration 40", "route_duration");
    check_insert(
        "depot -10- A+[10,12] -20- A-[30,32] -10- depot",
        "C+@40 C-[0,40]@0",
        "",
        "promise_of_others",
    );
    check_insert("depot -10- A+[10,12] -20- A-[30,32] -10- depot", "C+/3@15 C-@25", "", "A+ A- C+ C- | 30");
    check_insert("depot -0- depot", "C+@3 C-@5", "", "C+ C- | 10");
}
