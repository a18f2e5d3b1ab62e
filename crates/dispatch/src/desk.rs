//! The desk at which a wish is answered: every vehicle set up when first asked, once a command, and most never asked,
//! because what an insertion into them must cost at least is kept between commands.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{Area, Event, Offer, Policy, Request, RideClass, Route, RouteId, TravelTimes, Vehicle, Wish};
use planner::{Asked, Floor, LiveFault, Probe, Rule, Seat, Sought, Travel};
use units::{OfferId, RequestId, Seconds, ServiceDay, Timestamp, VehicleId};

use crate::engine::Effort;
use crate::offers::{Candidate, NEAR, OFFERS_MAX, ask, choose, score};
use crate::travel::{Outlook, TravelTable};
use crate::turned::Turned;

/// Orders tried in which offers get their seats held.
const HOLD_TRIES: usize = 4;
/// Days whose floors are kept; more are dropped together.
const DAYS_MAX: usize = 14;

/// What insertions must cost at least, by day and vehicle, for as long as what it rests on stands.
#[derive(Default)]
pub(crate) struct Floors {
    days: BTreeMap<ServiceDay, OfDay>,
    /// Ask every vehicle whatever its floor.
    pub everywhere: bool,
}

struct OfDay {
    outlook: Outlook,
    vehicles: BTreeMap<VehicleId, Kept>,
}

struct Kept {
    /// The route it was built from: held, so that no other can be at its address.
    route: Option<Arc<Route>>,
    from: Timestamp,
    until: Timestamp,
    /// The offers for which seats were held on it.
    held: Vec<OfferId>,
    floor: Floor,
}

impl Floors {
    pub fn clear(&mut self) {
        self.days.clear();
    }

    /// Whether an event may change what vehicles can do other than by changing their routes.
    pub fn rest_on(event: &Event) -> bool {
        !matches!(
            event,
            Event::RequestMade { .. }
                | Event::RoundTripMade { .. }
                | Event::OffersMade { .. }
                | Event::RequestRefused { .. }
                | Event::OffersExpired { .. }
                | Event::RequestWaits { .. }
                | Event::WaitEnded { .. }
                | Event::OfferAccepted { .. }
                | Event::RequestCancelled { .. }
                | Event::PlanChanged { .. }
                | Event::PlanImproved { .. }
                | Event::RouteAcknowledged { .. }
                | Event::Departed { .. }
                | Event::Arrived { .. }
                | Event::Boarded { .. }
                | Event::Alighted { .. }
                | Event::NoShow { .. }
                | Event::EtaChanged { .. }
                | Event::FactContradicted { .. }
                | Event::ContradictionSettled { .. }
                | Event::ForecastsMeasured { .. }
                | Event::DelayChanged { .. }
                | Event::NoticesMade { .. }
                | Event::NoticeGiven { .. }
                | Event::PlaceAdded { .. }
                | Event::RiderAdded { .. }
                | Event::ContactSet { .. }
                | Event::RiderErased { .. }
                | Event::RiderPlaceAdded { .. }
        )
    }

    fn of_day(&mut self, day: ServiceDay, outlook: Outlook) -> &mut OfDay {
        if self.days.len() > DAYS_MAX {
            self.days.clear();
        }
        let of_day = self.days.entry(day).or_insert_with(|| OfDay { outlook, vehicles: BTreeMap::new() });
        if of_day.outlook != outlook {
            *of_day = OfDay { outlook, vehicles: BTreeMap::new() };
        }
        of_day
    }
}

/// For which offers seats are held while somebody else is served.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holds {
    /// For none: a promise goes before an offer.
    None,
    /// For all that were made to others than this one.
    OfOthers(RequestId),
    /// For those made to others before this one.
    Older(RequestId, OfferId),
}

/// Every vehicle of one day, as the state stands.
pub(crate) struct Desk<'a> {
    area: &'a Area,
    table: &'a TravelTable,
    floors: &'a mut Floors,
    now: Timestamp,
    day: ServiceDay,
    policy: &'a Policy,
    holds: Holds,
    seats: BTreeMap<VehicleId, Seat<&'a TravelTable>>,
    probe: Probe,
    searches: u64,
}

impl<'a> Desk<'a> {
    pub fn of(
        area: &'a Area,
        table: &'a TravelTable,
        floors: &'a mut Floors,
        (now, day): (Timestamp, ServiceDay),
        policy: &'a Policy,
        holds: Holds,
    ) -> Desk<'a> {
        table.look_ahead(day, now);
        let (seats, probe) = (BTreeMap::new(), Probe::default());
        Desk { area, table, floors, now, day, policy, holds, seats, probe, searches: 0 }
    }

    /// What asking here has cost.
    pub fn count_into(&self, effort: &mut Effort) {
        effort.vehicles += self.seats.len() as u64;
        effort.searches += self.searches;
        effort.tests += self.probe.tests();
    }

    pub fn area(&self) -> &'a Area {
        self.area
    }

    pub fn table(&self) -> &'a TravelTable {
        self.table
    }

    pub fn policy(&self) -> &'a Policy {
        self.policy
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    fn seat(&mut self, shuttle: &Arc<Vehicle>) -> Result<&mut Seat<&'a TravelTable>, LiveFault> {
        if !self.seats.contains_key(&shuttle.id) {
            let (seat, _) = self.set_up(shuttle)?;
            self.seats.insert(shuttle.id, seat);
        }
        self.seats.get_mut(&shuttle.id).ok_or_else(|| LiveFault::Unknown(shuttle.id.to_string()))
    }

    /// A vehicle with the seats it holds for others, and how many of the offers it can keep. They are put in one after the
    /// other; where one finds no room it goes first in the next try.
    fn set_up(&mut self, shuttle: &Arc<Vehicle>) -> Result<(Seat<&'a TravelTable>, usize), LiveFault> {
        let mut order = self.list_held(shuttle.id);
        let mut best: Option<(Seat<&'a TravelTable>, usize)> = None;
        for _ in 0..HOLD_TRIES {
            let (at, delay_max) = ((self.day, self.now), self.policy.member_delay_max);
            let mut seat = Seat::of(self.area, at, shuttle, delay_max, self.table)?;
            let mut left_out = Vec::new();
            for (request, offer) in &order {
                if !seat.hold(self.area, &offered(self.policy, request, offer), &mut self.probe)? {
                    left_out.push((*request, *offer));
                }
            }
            let kept = order.len() - left_out.len();
            if best.as_ref().is_none_or(|(_, most)| kept > *most) {
                best = Some((seat, kept));
            }
            if left_out.is_empty() {
                break;
            }
            order.retain(|(_, offer)| left_out.iter().all(|(_, out)| out.id != offer.id));
            order.splice(0..0, left_out);
        }
        best.ok_or_else(|| LiveFault::Unknown(shuttle.id.to_string()))
    }

    /// Offers to others for which a vehicle holds seats.
    fn list_held(&self, vehicle: VehicleId) -> Vec<(&'a Request, &'a Offer)> {
        let counts = |(request, offer): &(&Request, &Offer)| match self.holds {
            Holds::None => false,
            Holds::OfOthers(own) => request.id != own,
            Holds::Older(own, than) => request.id != own && offer.id < than,
        };
        let standing = self.area.list_held(RouteId { day: self.day, vehicle }, self.now);
        let mut held: Vec<_> = standing.filter(counts).collect();
        // Each was made with those before it in mind.
        held.sort_by_key(|(_, offer)| offer.id);
        held
    }

    /// How many of the offers to others a vehicle can keep.
    pub fn count_kept(&mut self, vehicle: VehicleId) -> Result<usize, Turned> {
        match self.area.vehicles.get(&vehicle) {
            Some(shuttle) if !self.list_held(vehicle).is_empty() => Ok(self.set_up(shuttle)?.1),
            _ => Ok(0),
        }
    }

    /// The vehicles that time lets do it, with what it must cost at least, cheapest first.
    fn list_by_floor(&mut self, sought: &Sought) -> Result<Vec<(i64, &'a Arc<Vehicle>)>, LiveFault> {
        let area = self.area;
        if self.floors.everywhere {
            return Ok(area.vehicles.values().map(|v| (i64::MIN, v)).collect());
        }
        let outlook = self.table.outlook(self.day, self.now);
        let direct = self.table.leg(sought.from, sought.to);
        let mut listed = Vec::new();
        for shuttle in area.vehicles.values() {
            let route = area.routes.get(&RouteId { day: self.day, vehicle: shuttle.id });
            let (now, table) = (self.now, self.table);
            let held: Vec<OfferId> = self.list_held(shuttle.id).iter().map(|(_, offer)| offer.id).collect();
            let same = |kept: &Kept| {
                let same_route = match (&kept.route, route) {
                    (None, None) => true,
                    (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                    _ => false,
                };
                same_route && kept.from <= now && now <= kept.until && kept.held == held
            };
            let kept = &self.floors.of_day(self.day, outlook).vehicles;
            let least = match kept.get(&shuttle.id).filter(|kept| same(kept)) {
                Some(kept) => kept.floor.least(table, sought, direct),
                None => {
                    let seat = self.seat(shuttle)?;
                    let (floor, until) = (seat.floor(), seat.until());
                    let least = floor.least(table, sought, direct);
                    let kept = Kept { route: route.cloned(), from: now, until, held, floor };
                    self.floors.of_day(self.day, outlook).vehicles.insert(shuttle.id, kept);
                    least
                }
            };
            listed.extend(least.map(|least| (least, shuttle)));
        }
        listed.sort_by_key(|(least, shuttle)| (*least, shuttle.id));
        Ok(listed)
    }

    /// The best rides for `wish`, near the wished time if there is any, else within the policy's wait: what would be
    /// chosen out of every vehicle's best.
    pub fn search(
        &mut self,
        request: &Request,
        wish: Wish,
        classes: &[RideClass],
    ) -> Result<Vec<Candidate>, Turned> {
        for reach in [NEAR.min(self.policy.wait_max), self.policy.wait_max] {
            let found = self.reach(request, wish, classes, reach, OFFERS_MAX)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    /// Whether any ride can be given within the policy's wait.
    pub fn would_fit(
        &mut self,
        request: &Request,
        wish: Wish,
        classes: &[RideClass],
    ) -> Result<bool, Turned> {
        // What fits near the wished time fits within the whole wait.
        Ok(!self.reach(request, wish, classes, self.policy.wait_max, 1)?.is_empty())
    }

    fn reach(
        &mut self,
        request: &Request,
        wish: Wish,
        classes: &[RideClass],
        reach: Seconds,
        most: usize,
    ) -> Result<Vec<Candidate>, Turned> {
        let direct = self.direct(request);
        let asked: Vec<_> = classes
            .iter()
            .filter_map(|class| {
                Some((*class, ask(request, wish, self.policy, *class, direct, reach, self.now)?))
            })
            .collect();
        let ends = (self.area.find_node(request.from), self.area.find_node(request.to));
        let (Some((_, first)), (Some(from), Some(to))) = (asked.first(), ends) else { return Ok(Vec::new()) };
        // The classes differ in company and hours, not in the time that is asked for.
        let sought = Sought { from, to, pickup: first.pickup, dropoff: first.dropoff };
        self.searches += asked.len() as u64;
        let mut found: Vec<Candidate> = Vec::new();
        for (least, shuttle) in self.list_by_floor(&sought)? {
            let full = found.len() >= most;
            if full && found.last().is_some_and(|worst| least > score(worst, wish)) {
                break;
            }
            found.extend(self.try_on(shuttle, request, &asked)?);
            found = choose(found, wish, most);
        }
        Ok(found)
    }

    /// The best ride of each class on one vehicle, timed.
    fn try_on(
        &mut self,
        shuttle: &Arc<Vehicle>,
        request: &Request,
        asked: &[(RideClass, Asked)],
    ) -> Result<Vec<Candidate>, Turned> {
        let Some((_, first)) = asked.first() else { return Ok(Vec::new()) };
        let area = self.area;
        let mut probe = std::mem::take(&mut self.probe);
        let seat = self.seat(shuttle)?;
        // The classes differ in terms alone.
        let plain = seat.request(area, first)?;
        let mut found = Vec::new();
        for (class, asked) in asked {
            let wanted = Seat::<&TravelTable>::on_terms(&plain, asked.terms);
            // A route that breaks a rule itself on a vehicle that takes riders is a contradiction of ours.
            let best =
                seat.best(&wanted, &mut probe).map_err(|fault| Turned::Bug { detail: fault.to_string() })?;
            let Some(insertion) = best else { continue };
            let timed = seat.times(request.id, wanted, &insertion)?;
            let (class, asked, delta) = (*class, *asked, insertion.delta);
            found.extend(timed.map(|timed| Candidate { class, vehicle: shuttle.id, asked, delta, timed }));
        }
        self.probe = probe;
        Ok(found)
    }

    /// The best place on one vehicle for a ride under a promise.
    pub fn fit_on(
        &mut self,
        shuttle: &Arc<Vehicle>,
        request: &Request,
        class: RideClass,
        asked: &Asked,
    ) -> Result<Option<Candidate>, Turned> {
        self.searches += 1;
        Ok(self.try_on(shuttle, request, &[(class, *asked)])?.pop())
    }

    /// The best place on any vehicle for a ride under a promise, by added driving alone.
    pub fn fit(
        &mut self,
        request: &Request,
        class: RideClass,
        asked: &Asked,
    ) -> Result<Option<Candidate>, Turned> {
        let ends = (self.area.find_node(request.from), self.area.find_node(request.to));
        let (Some(from), Some(to)) = ends else { return Ok(None) };
        let sought = Sought { from, to, pickup: asked.pickup, dropoff: asked.dropoff };
        self.searches += 1;
        let mut best: Option<Candidate> = None;
        let key = |c: &Candidate| (c.delta, c.vehicle);
        for (least, shuttle) in self.list_by_floor(&sought)? {
            if best.as_ref().is_some_and(|best| least > best.delta) {
                break;
            }
            if let Some(candidate) = self.try_on(shuttle, request, &[(class, *asked)])?.pop()
                && best.as_ref().is_none_or(|best| key(&candidate) < key(best))
            {
                best = Some(candidate);
            }
        }
        Ok(best)
    }

    /// The rule that stands against a ride on one vehicle.
    pub fn reason_on(&mut self, vehicle: VehicleId, asked: &Asked) -> Result<Vec<(Rule, usize)>, Turned> {
        let Some(shuttle) = self.area.vehicles.get(&vehicle) else { return Ok(Vec::new()) };
        let area = self.area;
        let mut probe = std::mem::take(&mut self.probe);
        let seat = self.seat(shuttle)?;
        let wanted = seat.request(area, asked)?;
        let rule = seat.reason(&wanted, &mut probe);
        self.probe = probe;
        Ok(vec![(rule.map_err(|fault| Turned::Bug { detail: fault.to_string() })?, 1)])
    }

    /// How many vehicles have no room by which rule, for the last of the classes within the whole wait.
    pub fn reasons(
        &mut self,
        request: &Request,
        wish: Wish,
        classes: &[RideClass],
    ) -> Result<Vec<(Rule, usize)>, Turned> {
        let direct = self.direct(request);
        let reach = self.policy.wait_max;
        let asked = classes
            .iter()
            .filter_map(|class| ask(request, wish, self.policy, *class, direct, reach, self.now))
            .next_back();
        let Some(asked) = asked else { return Ok(Vec::new()) };
        let area = self.area;
        let mut probe = std::mem::take(&mut self.probe);
        let mut counted: BTreeMap<Rule, usize> = BTreeMap::new();
        for shuttle in area.vehicles.values() {
            let seat = self.seat(shuttle)?;
            let wanted = seat.request(area, &asked)?;
            let bug = |fault: LiveFault| Turned::Bug { detail: fault.to_string() };
            // Room that is there only beside seats held for others is as good as taken.
            let held = seat.holds() && seat.best(&wanted, &mut probe).map_err(bug)?.is_some();
            let rule =
                if held { Rule::PromiseOfOthers } else { seat.reason(&wanted, &mut probe).map_err(bug)? };
            *counted.entry(rule).or_default() += 1;
        }
        self.probe = probe;
        Ok(counted.into_iter().collect())
    }

    pub fn direct(&self, request: &Request) -> Seconds {
        match (self.area.find_node(request.from), self.area.find_node(request.to)) {
            (Some(a), Some(b)) => self.table.seconds(a, b),
            _ => Seconds::ZERO,
        }
    }
}

/// An offered ride as it would be booked.
pub(crate) fn offered(policy: &Policy, request: &Request, offer: &Offer) -> Asked {
    Asked {
        request: request.id,
        rider: request.rider,
        people: request.people,
        from: request.from,
        to: request.to,
        pickup: offer.promise.pickup,
        dropoff: offer.promise.dropoff,
        ride_max: offer.ride_max,
        terms: policy.terms(offer.class),
    }
}
