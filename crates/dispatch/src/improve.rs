//! Improvement between commands: a search on a snapshot puts a proposal forward, and the engine takes it only if it is
//! for the plan as it stands, still lawful, and worth the change.
//!
//! The search never holds up a command: [`Improving`] runs it on a thread of its own. What comes back is a command like
//! any other, judged like any other; if the world went on meanwhile, it is turned away and nothing has happened.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use domain::{Area, Event, Proposal, Rejection, RideMoved, RouteChange, RouteId, Terms};
use planner::{Improver, Live, LiveFault, Plan, Visit};
use roads::Roads;
use units::{AreaId, RequestId, Seconds, ServiceDay, Timestamp, VehicleId};

use crate::desk::Holds;
use crate::travel::TravelTable;
use crate::turned::Turned;
use crate::work::Work;

/// A driver's list is changed for no less driving than this.
const LEAST_SAVED: Seconds = Seconds::minutes(3);
/// Searches of one plan while nothing changes it; facts and the passing of time may open what was closed.
const TRIES_MAX: u64 = 4;
/// One stream of draws for improvement, apart from those of day plans.
const SEED: u64 = 0x6b61_697a_656e_0001;

/// Today's coming visits as improvement sees them: vehicles that are late or overloaded are left out, members stay on
/// their vehicle and near their told times, guests who wait may ride with any vehicle that suits.
fn open<'t>(
    area: &Area,
    now: Timestamp,
    table: &'t TravelTable,
) -> Result<Option<Live<&'t TravelTable>>, LiveFault> {
    let day = ServiceDay::of(now);
    let delay_max = area.policies.in_force(day).member_delay_max;
    let open = |v: &domain::Vehicle| !area.is_locked(v.id, day);
    let mut live = Live::of(area, day, now, &open, table)?;
    live.shield_members(area, delay_max)?;
    let late = live.list_yielded();
    if !late.is_empty() {
        live = Live::of(area, day, now, &|v| open(v) && !late.contains(&v.id), table)?;
        live.shield_members(area, delay_max)?;
    }
    if !live.list_yielded().is_empty() {
        return Ok(None);
    }
    live.free_guests(area)?;
    Ok(Some(live))
}

/// Searches for so many steps; none if nothing worth the change is found.
pub(crate) fn propose(area: &Area, now: Timestamp, table: &TravelTable, steps: u64) -> Option<Proposal> {
    table.look_ahead(ServiceDay::of(now), now);
    let live = open(area, now, table)
        .inspect_err(|fault| tracing::error!(%fault, "the day could not be set up for improvement"))
        .ok()??;
    let before = live.plan.judge(&live.model).ok()?;
    let seed = SEED ^ area.revision ^ (now.unix_seconds() as u64).rotate_left(32);
    let model = live.model.compact().ok()?;
    let mut improver = Improver::new(&model, &live.plan, seed).ok()?;
    improver.expect(steps);
    improver.run(steps);
    if before.travel - improver.best_cost().travel < LEAST_SAVED.0 {
        return None;
    }
    let pairs = improver.best().routes.iter().zip(&live.plan.routes).enumerate();
    let routes = pairs.filter(|(_, (new, old))| new != old).map(|(number, (new, _))| {
        (live.vehicle_id(number as u32), new.iter().map(|visit| live.key_of(*visit)).collect())
    });
    Some(Proposal { day: live.day, base: area.revision, routes: routes.collect() })
}

impl Work<'_> {
    /// Takes a proposal: everything is held against the facts once more, and the times are set for now.
    pub(crate) fn adopt(&mut self, proposal: &Proposal) -> Result<(), Turned> {
        let stale = |wrong: &str| {
            Turned::from(Rejection::Invalid {
                field: "proposal",
                wrong: wrong.to_owned(),
                right: "one that fits what has happened since".to_owned(),
            })
        };
        let table: &TravelTable = self.table;
        table.look_ahead(proposal.day, self.now);
        let live = open(&self.area, self.now, table)?.filter(|live| live.day == proposal.day);
        let live = live.ok_or_else(|| stale("it is for another day"))?;
        let before = live.plan.judge(&live.model).map_err(|_| stale("the plan as it stands gave way"))?;
        let plan =
            proposed(&live, proposal).ok_or_else(|| stale("its visits are no longer those to come"))?;
        let after = plan.judge(&live.model).map_err(|_| stale("it no longer keeps every rule"))?;
        let saved = Seconds(before.travel - after.travel);
        if saved < LEAST_SAVED {
            return Err(stale("it is not worth the change any more"));
        }
        let mut moved = Vec::new();
        let mut routes = Vec::new();
        for (number, visits) in plan.routes.iter().enumerate() {
            let number = number as u32;
            let vehicle = live.vehicle_id(number);
            if *visits == live.plan.routes[number as usize] {
                continue;
            }
            for visit in visits.iter().filter(|v| matches!(v, Visit::Pickup(_))) {
                if live.plan.vehicle_of(visit.request()) != Some(number) {
                    moved.push(RideMoved { request: live.key_of(*visit).request, vehicle });
                }
            }
            let route = RouteId { day: live.day, vehicle };
            routes.push(RouteChange { route, visits: live.times(number, visits)? });
        }
        drop(live);
        let changed: Vec<VehicleId> = routes.iter().map(|change| change.route.vehicle).collect();
        let kept = self.count_kept(proposal.day, RequestId(0), &changed)?;
        debug_assert!(moved.iter().all(|ride| self.is_guest(ride)), "a member was moved to another vehicle");
        self.take(Event::PlanImproved { saved, moved })?;
        self.take(Event::PlanChanged { revision: self.area.revision + 1, routes })?;
        if self.count_kept(proposal.day, RequestId(0), &changed)? < kept {
            return Err(stale("it would take seats that are held for somebody"));
        }
        Ok(())
    }

    /// How many standing offers these vehicles can keep.
    pub(crate) fn count_kept(
        &mut self,
        day: ServiceDay,
        own: RequestId,
        vehicles: &[VehicleId],
    ) -> Result<usize, Turned> {
        let policy = self.area.policies.in_force(day);
        self.at_desk(day, &policy, Holds::OfOthers(own), |desk| {
            vehicles.iter().map(|vehicle| desk.count_kept(*vehicle)).sum()
        })
    }

    fn is_guest(&self, ride: &RideMoved) -> bool {
        let request = self.area.requests.get(&ride.request);
        request.and_then(|r| r.find_active_booking()).is_some_and(|b| b.terms != Terms::Member)
    }
}

/// The plan that is meant; none if it names a visit that is done or a vehicle that is left out, or touches what a
/// vehicle is committed to.
fn proposed(live: &Live<&TravelTable>, proposal: &Proposal) -> Option<Plan> {
    let mut plan = live.plan.clone();
    for (vehicle, keys) in &proposal.routes {
        let number = live.find_number(*vehicle)?;
        let visits: Vec<Visit> = keys.iter().map(|key| live.find_visit(*key)).collect::<Option<_>>()?;
        let route = &mut plan.routes[number as usize];
        let committed = live.model.vehicles()[number as usize].committed;
        if visits.get(..committed) != route.get(..committed) {
            return None;
        }
        *route = visits;
    }
    Some(plan)
}

/// What the search is given: a whole state and the time.
type Question = (Area, Timestamp);

/// A thread that searches for better plans while the engine serves.
pub(crate) struct Improving {
    /// None once the thread is to end.
    ask: Option<SyncSender<Question>>,
    found: Receiver<Option<Proposal>>,
    thread: Option<JoinHandle<()>>,
    busy: bool,
    /// The plan's revision looked at last, and how often.
    revision: u64,
    tries: u64,
}

impl Improving {
    pub fn start(area: AreaId, roads: Arc<Roads>, steps: u64) -> std::io::Result<Improving> {
        let (ask, questions) = sync_channel::<Question>(1);
        let (answer, found) = sync_channel(1);
        let search = move || {
            // A table of its own: the engine's is busy answering.
            let mut table = TravelTable::new(roads);
            for (area, now) in questions {
                let nodes: Vec<_> = area.places.values().map(|place| place.node).collect();
                table.add(&nodes);
                table.know(&area.hindering);
                let proposal = propose(&area, now, &table, steps);
                if answer.send(proposal).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name(format!("improve-{area}")).spawn(search)?;
        Ok(Improving { ask: Some(ask), found, thread: Some(thread), busy: false, revision: 0, tries: 0 })
    }

    /// A proposal that has come in.
    pub fn take(&mut self) -> Option<Proposal> {
        match self.found.try_recv() {
            Ok(proposal) => {
                self.busy = false;
                proposal
            }
            // A search that panicked is a bug of ours; the engine goes on without improvement.
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }

    /// Has the plan searched, unless a search is under way or this plan was searched often enough.
    pub fn look_at(&mut self, area: &Area, now: Timestamp) {
        if area.revision != self.revision {
            (self.revision, self.tries) = (area.revision, 0);
        }
        if self.busy || self.tries >= TRIES_MAX || area.revision == 0 {
            return;
        }
        if let Some(ask) = &self.ask
            && ask.try_send((area.clone(), now)).is_ok()
        {
            (self.busy, self.tries) = (true, self.tries + 1);
        }
    }
}

impl Drop for Improving {
    fn drop(&mut self) {
        self.ask.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that improves plans ended in a panic");
        }
    }
}
