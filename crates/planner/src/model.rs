//! The problem: requests, vehicles, who may ride with whom, and travel.

use smallvec::SmallVec;
use units::Node;

use crate::fault::Fault;
use crate::travel::{FAR, LONGEST, Travel};

/// Kinds of places on board that a problem can tell apart (live use: seats in tenths, wheelchair places, ...).
pub const KINDS: usize = 4;

/// Groups of riders that a problem can tell apart.
pub const GROUPS: usize = 8;

/// Every group may ride with every other.
pub const ALL_COMPATIBLE: [[bool; GROUPS]; GROUPS] = [[true; GROUPS]; GROUPS];

/// Places taken or offered, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Load(pub [i32; KINDS]);

impl Load {
    #[inline]
    pub fn fits(&self, layout: &Load) -> bool {
        self.0.iter().zip(&layout.0).all(|(taken, offered)| taken <= offered)
    }

    #[inline]
    pub fn plus(mut self, other: &Load) -> Load {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a += b);
        self
    }

    #[inline]
    pub fn minus(mut self, other: &Load) -> Load {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a -= b);
        self
    }

    /// Whether some of the layouts holds this load.
    #[inline]
    pub fn fits_any(&self, layouts: &[Load]) -> bool {
        layouts.iter().any(|layout| self.fits(layout))
    }
}

/// A span of ticks, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    pub open: i64,
    pub close: i64,
}

impl Span {
    /// No limit at either end.
    pub const ALWAYS: Span = Span { open: -LONGEST, close: LONGEST };

    pub const fn new(open: i64, close: i64) -> Self {
        Span { open, close }
    }
}

/// A halt: where, when service may begin, and how long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stop {
    pub at: Node,
    pub window: Span,
    pub service: i64,
}

/// Riders of incompatible groups must never be on board together; `Group(0)..Group(7)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Group(pub u8);

/// How a rider comes on board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boarding {
    /// Still to be picked up.
    At(Stop),
    /// On board when the route starts; boarding ended at this tick, from which the ride limit counts. The
    /// request's vehicles must then be exactly the one that carries the rider, and a route with such a rider
    /// leaves at the open of its vehicle's window: standing there would be waiting with a rider on board.
    Done { ended: i64 },
}

/// Vehicles that may carry a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum VehicleSet {
    #[default]
    Any,
    One(u32),
    /// Bit `v % 64` of word `v / 64` stands for vehicle `v`.
    Only(SmallVec<[u64; 1]>),
}

impl VehicleSet {
    pub fn only(vehicles: impl IntoIterator<Item = u32>) -> Self {
        let mut words: SmallVec<[u64; 1]> = SmallVec::new();
        for v in vehicles {
            let word = v as usize / 64;
            if words.len() <= word {
                words.resize(word + 1, 0);
            }
            words[word] |= 1 << (v % 64);
        }
        VehicleSet::Only(words)
    }

    pub fn contains(&self, vehicle: u32) -> bool {
        match self {
            VehicleSet::Any => true,
            VehicleSet::One(only) => *only == vehicle,
            VehicleSet::Only(words) => {
                words.get(vehicle as usize / 64).is_some_and(|word| word >> (vehicle % 64) & 1 == 1)
            }
        }
    }

    /// The only member, if there is exactly one.
    pub fn single(&self) -> Option<u32> {
        let words = match self {
            VehicleSet::Any => return None,
            VehicleSet::One(only) => return Some(*only),
            VehicleSet::Only(words) => words,
        };
        let mut members =
            words.iter().enumerate().filter(|(_, word)| **word != 0).map(|(k, word)| (k as u32, *word));
        let (word, bits) = members.next()?;
        (members.next().is_none() && bits.count_ones() == 1).then(|| word * 64 + bits.trailing_zeros())
    }
}

/// A wish to be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub pickup: Boarding,
    pub dropoff: Stop,
    pub load: Load,
    /// Longest time from the end of the own boarding to the begin of the drop-off.
    pub ride_max: Option<i64>,
    pub group: Group,
    pub vehicles: VehicleSet,
    /// Requests whose riders this one must never be on board with. Kept symmetric by [`Model`].
    pub clash: SmallVec<[u32; 2]>,
    /// What leaving it unserved weighs, compared before any travel cost. At least 0.
    pub penalty: i64,
    /// The vehicle's hours for the group do not bind this rider: facts broke them already, and the windows here
    /// carry what is left of them.
    pub hours_waived: bool,
    /// Must not be on board alone with the driver: on every leg another rider or the vehicle's attendant is there.
    pub never_alone: bool,
    /// The vehicle that was told to carry this request, and what another one adds to the travel cost: changing a
    /// told plan costs telling people.
    pub told: Option<Told>,
    /// Nobody rides: the vehicle stands at its base because its driver is needed there. Stays where it is, and any wait
    /// in it is free.
    pub duty: bool,
}

/// A vehicle that was told, and the cost of carrying the request by another one. At least 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub vehicle: u32,
    pub surcharge: i64,
}

impl Request {
    /// A request with no rule but windows and load; set further fields with struct update.
    pub fn new(pickup: Stop, dropoff: Stop, load: Load) -> Self {
        Request {
            pickup: Boarding::At(pickup),
            dropoff,
            load,
            ride_max: None,
            group: Group(0),
            vehicles: VehicleSet::Any,
            clash: SmallVec::new(),
            penalty: 1,
            hours_waived: false,
            never_alone: false,
            told: None,
            duty: false,
        }
    }

    /// What carrying it by this vehicle costs beyond driving.
    pub(crate) fn surcharge(&self, vehicle: u32) -> i64 {
        self.told.filter(|told| told.vehicle != vehicle).map_or(0, |told| told.surcharge)
    }

    /// The stop at which the rider boards; `None` if on board already.
    pub fn pickup_stop(&self) -> Option<&Stop> {
        match &self.pickup {
            Boarding::At(stop) => Some(stop),
            Boarding::Done { .. } => None,
        }
    }

    pub(crate) fn group_bit(&self) -> u8 {
        1 << self.group.0
    }
}

/// A vehicle with its shift. Every limit that is `None` does not bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vehicle {
    pub start: Node,
    pub end: Node,
    /// It starts no earlier than `open` and has ended by `close`.
    pub window: Span,
    /// Alternative arrangements; on every leg one of them must hold the load.
    pub layouts: Vec<Load>,
    /// Longest time from start to end.
    pub duration_max: Option<i64>,
    /// Longest standing before a visit on a leg with a rider on board.
    pub wait_max: Option<i64>,
    /// Riders of group `g` may be on board only within `hours[g]`: boarding begins no earlier than its open,
    /// alighting (with its service) has ended by its close.
    pub hours: [Option<Span>; GROUPS],
    /// Bit `g`: riders of group `g` are never carried.
    pub barred: u8,
    /// Counted once if the route has a visit.
    pub fixed_cost: i64,
    /// That many first visits of its route may not be moved, and nothing may be put before or between them.
    pub committed: usize,
    /// Already away from its base: it drives to its end even without a visit, and its fixed cost is spent.
    pub out: bool,
    /// An attendant rides along: nobody is alone with the driver.
    pub attendant: bool,
}

impl Vehicle {
    /// A vehicle with one layout and no rule but its shift; set further fields with struct update.
    pub fn new(start: Node, end: Node, window: Span, layout: Load) -> Self {
        Vehicle {
            start,
            end,
            window,
            layouts: vec![layout],
            duration_max: None,
            wait_max: None,
            hours: [None; GROUPS],
            barred: 0,
            fixed_cost: 0,
            committed: 0,
            out: false,
            attendant: false,
        }
    }

    fn hours_for(&self, request: &Request) -> Option<Span> {
        if request.hours_waived { None } else { self.hours[request.group.0 as usize] }
    }

    /// When boarding may begin on this vehicle.
    pub(crate) fn pickup_span(&self, request: &Request, stop: &Stop) -> Span {
        let open = self.hours_for(request).map_or(stop.window.open, |h| h.open.max(stop.window.open));
        Span { open, close: stop.window.close }
    }

    /// When alighting may begin on this vehicle; holds the ride limit of a rider who is on board already.
    pub(crate) fn dropoff_span(&self, request: &Request) -> Span {
        let stop = &request.dropoff;
        let mut close = stop.window.close;
        if let Some(hours) = self.hours_for(request) {
            close = close.min(hours.close - stop.service);
        }
        if let (Boarding::Done { ended }, Some(limit)) = (request.pickup, request.ride_max) {
            close = close.min(ended + limit);
        }
        Span { open: stop.window.open, close }
    }
}

/// The whole problem. Legal by construction: groups, vehicle sets, clashes and times are checked by [`Model::new`].
#[derive(Debug, Clone)]
pub struct Model<T> {
    vehicles: Vec<Vehicle>,
    requests: Vec<Request>,
    /// Bit `h` of entry `g`: groups `g` and `h` must not be on board together.
    foes: [u8; GROUPS],
    travel: T,
}

impl<T: Travel> Model<T> {
    /// `compatible[g][h]`: riders of groups `g` and `h` may be on board together; must be symmetric. Clash lists
    /// are made symmetric here.
    pub fn new(
        vehicles: Vec<Vehicle>,
        requests: Vec<Request>,
        compatible: [[bool; GROUPS]; GROUPS],
        travel: T,
    ) -> Result<Self, Fault> {
        let mut foes = [0; GROUPS];
        for g in 0..GROUPS {
            for (h, row) in compatible.iter().enumerate() {
                if compatible[g][h] != row[g] {
                    let expected = format!("the same as compatible[{h}][{g}]");
                    return Err(fault(format!("compatible[{g}][{h}]"), "one-sided", &expected));
                }
                foes[g] |= u8::from(!compatible[g][h]) << h;
            }
        }
        let mut model = Model { vehicles, requests: Vec::with_capacity(requests.len()), foes, travel };
        for (k, vehicle) in model.vehicles.iter().enumerate() {
            check_vehicle(k, vehicle)?;
        }
        let count = requests.len();
        for (k, request) in requests.iter().enumerate() {
            check_request(k, request, model.vehicles.len(), count)?;
        }
        model.requests = requests;
        for k in 0..count {
            let clash = model.requests[k].clash.clone();
            model.join_clashes(k as u32, &clash);
        }
        Ok(model)
    }

    /// A model with the same rules for vehicles and requests that were checked already.
    pub(crate) fn with_parts<U>(
        &self,
        vehicles: Vec<Vehicle>,
        requests: Vec<Request>,
        travel: U,
    ) -> Model<U> {
        Model { vehicles, requests, foes: self.foes, travel }
    }

    /// Enters `k` in the clash lists of all it must not meet.
    fn join_clashes(&mut self, k: u32, clash: &[u32]) {
        for other in clash {
            let back = &mut self.requests[*other as usize].clash;
            if !back.contains(&k) {
                back.push(k);
            }
        }
    }

    pub fn vehicles(&self) -> &[Vehicle] {
        &self.vehicles
    }

    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    pub fn travel(&self) -> &T {
        &self.travel
    }

    /// Gives the travel times back.
    pub fn into_travel(self) -> T {
        self.travel
    }

    /// Puts another vehicle in the place of number `k`.
    pub fn replace_vehicle(&mut self, k: u32, vehicle: Vehicle) -> Result<(), Fault> {
        check_vehicle(k as usize, &vehicle)?;
        self.vehicles[k as usize] = vehicle;
        Ok(())
    }

    /// Puts another request in the place of number `k`; its clash list replaces the old one on both sides.
    pub fn replace_request(&mut self, k: u32, request: Request) -> Result<(), Fault> {
        check_request(k as usize, &request, self.vehicles.len(), self.requests.len())?;
        for other in self.requests[k as usize].clash.clone() {
            self.requests[other as usize].clash.retain(|r| *r != k);
        }
        self.join_clashes(k, &request.clash);
        self.requests[k as usize] = request;
        Ok(())
    }

    /// Puts other windows in the place of those of a request still to be picked up.
    pub(crate) fn set_windows(&mut self, k: usize, pickup: Span, dropoff: Span) {
        let request = &mut self.requests[k];
        if let Boarding::At(stop) = &mut request.pickup {
            stop.window = pickup;
            request.dropoff.window = dropoff;
        }
    }

    /// Appends a request and returns its number.
    pub fn push_request(&mut self, request: Request) -> Result<u32, Fault> {
        let k = self.requests.len();
        check_request(k, &request, self.vehicles.len(), k)?;
        self.join_clashes(k as u32, &request.clash);
        self.requests.push(request);
        Ok(k as u32)
    }

    /// Whether riders of the two groups may be on board together.
    pub fn may_share(&self, a: Group, b: Group) -> bool {
        self.foes_of(a) & (1 << b.0) == 0
    }

    /// Driving time, kept within what sums bear.
    pub(crate) fn ticks(&self, from: Node, to: Node) -> i64 {
        self.travel.ticks(from, to).clamp(0, LONGEST)
    }

    /// Time and cost of a leg.
    pub(crate) fn leg(&self, from: Node, to: Node) -> (i64, i64) {
        let (ticks, cost) = self.travel.leg(from, to);
        (ticks.clamp(0, LONGEST), cost.clamp(0, LONGEST))
    }

    pub(crate) fn leg_cost(&self, from: Node, to: Node) -> i64 {
        self.travel.cost(from, to).clamp(0, LONGEST)
    }

    /// Groups that riders of `group` must not meet on board, as bits.
    pub(crate) fn foes_of(&self, group: Group) -> u8 {
        self.foes[group.0 as usize]
    }

    pub(crate) fn request(&self, k: u32) -> &Request {
        &self.requests[k as usize]
    }

    /// For changes that keep the model legal by their nature, such as a vehicle that has moved on.
    pub(crate) fn vehicle_mut(&mut self, k: u32) -> &mut Vehicle {
        &mut self.vehicles[k as usize]
    }

    /// A rider has boarded the vehicle; boarding ended at `ended`.
    pub(crate) fn board(&mut self, k: u32, vehicle: u32, ended: i64) {
        let request = &mut self.requests[k as usize];
        request.pickup = Boarding::Done { ended };
        request.vehicles = VehicleSet::One(vehicle);
    }

    /// The visit has not begun by `time`, so it cannot begin earlier.
    pub(crate) fn hold_until(&mut self, visit: Visit, time: i64) {
        let request = &mut self.requests[visit.request() as usize];
        let window = match (visit, &mut request.pickup) {
            (Visit::Pickup(_), Boarding::At(stop)) => &mut stop.window,
            _ => &mut request.dropoff.window,
        };
        window.open = window.open.max(time);
    }

    /// Heap bytes of vehicles and requests, counted from the capacities of the lists; travel is left out.
    pub(crate) fn heap_bytes(&self) -> usize {
        let layouts: usize = self.vehicles.iter().map(|v| v.layouts.capacity() * size_of::<Load>()).sum();
        self.vehicles.capacity() * size_of::<Vehicle>()
            + self.requests.capacity() * size_of::<Request>()
            + layouts
    }

    pub(crate) fn vehicle(&self, k: u32) -> &Vehicle {
        &self.vehicles[k as usize]
    }

    /// The halt that a visit means. A pickup of a rider on board already has none.
    pub fn stop(&self, visit: Visit) -> Option<&Stop> {
        match visit {
            Visit::Pickup(r) => self.requests.get(r as usize)?.pickup_stop(),
            Visit::Dropoff(r) => Some(&self.requests.get(r as usize)?.dropoff),
        }
    }
}

fn fault(field: impl Into<String>, problem: &str, expected: &str) -> Fault {
    Fault::Model { field: field.into(), problem: problem.into(), expected: expected.into() }
}

fn check_ticks(field: &str, values: &[i64]) -> Result<(), Fault> {
    match values.iter().find(|t| t.abs() > LONGEST) {
        Some(t) => Err(fault(field, &t.to_string(), &format!("ticks within plus or minus {LONGEST}"))),
        None => Ok(()),
    }
}

fn check_stop(field: &str, stop: &Stop) -> Result<(), Fault> {
    check_ticks(&format!("{field}.window"), &[stop.window.open, stop.window.close])?;
    check_ticks(&format!("{field}.service"), &[stop.service])?;
    if stop.service < 0 {
        return Err(fault(format!("{field}.service"), &stop.service.to_string(), "0 or more"));
    }
    Ok(())
}

fn check_vehicle(k: usize, vehicle: &Vehicle) -> Result<(), Fault> {
    let name = format!("vehicles[{k}]");
    check_ticks(&format!("{name}.window"), &[vehicle.window.open, vehicle.window.close])?;
    for (field, limit) in [("duration_max", vehicle.duration_max), ("wait_max", vehicle.wait_max)] {
        let limit = limit.unwrap_or(0);
        if !(0..=LONGEST).contains(&limit) {
            return Err(fault(format!("{name}.{field}"), &limit.to_string(), "0 or more"));
        }
    }
    for hours in vehicle.hours.iter().flatten() {
        check_ticks(&format!("{name}.hours"), &[hours.open, hours.close])?;
    }
    if vehicle.layouts.is_empty() {
        return Err(fault(format!("{name}.layouts"), "no layout", "at least one"));
    }
    if !(0..=LONGEST).contains(&vehicle.fixed_cost) {
        return Err(fault(format!("{name}.fixed_cost"), &vehicle.fixed_cost.to_string(), "0 or more"));
    }
    Ok(())
}

fn check_request(k: usize, request: &Request, vehicles: usize, requests: usize) -> Result<(), Fault> {
    let name = format!("requests[{k}]");
    check_stop(&format!("{name}.dropoff"), &request.dropoff)?;
    match &request.pickup {
        Boarding::At(stop) => check_stop(&format!("{name}.pickup"), stop)?,
        Boarding::Done { ended } => {
            check_ticks(&format!("{name}.pickup.ended"), &[*ended])?;
            if request.vehicles.single().is_none_or(|v| v as usize >= vehicles) {
                return Err(fault(
                    format!("{name}.vehicles"),
                    "rider on board",
                    "the one vehicle that carries them",
                ));
            }
        }
    }
    if request.load.0.iter().any(|n| *n < 0) {
        return Err(fault(format!("{name}.load"), "negative", "0 or more of every kind"));
    }
    if request.group.0 as usize >= GROUPS {
        return Err(fault(format!("{name}.group"), &request.group.0.to_string(), "a group below 8"));
    }
    if let Some(wrong) = request.clash.iter().find(|r| **r as usize >= requests || **r as usize == k) {
        return Err(fault(format!("{name}.clash"), &wrong.to_string(), "numbers of other requests"));
    }
    let surcharge = request.told.map_or(0, |told| told.surcharge);
    let limits = [request.ride_max.unwrap_or(0), request.penalty, surcharge];
    if let Some(wrong) = limits.iter().find(|n| !(0..=LONGEST).contains(*n)) {
        return Err(fault(format!("{name}.ride_max, penalty or surcharge"), &wrong.to_string(), "0 or more"));
    }
    Ok(())
}

/// A vehicle at a request's stop; the number is the request's in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Visit {
    Pickup(u32),
    Dropoff(u32),
}

impl Visit {
    pub const fn request(self) -> u32 {
        match self {
            Visit::Pickup(r) | Visit::Dropoff(r) => r,
        }
    }
}

pub(crate) const fn limit_or_far(limit: Option<i64>) -> i64 {
    match limit {
        Some(limit) => limit,
        None => FAR,
    }
}
