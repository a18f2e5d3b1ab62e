//! One engine on a thread of its own: a bounded inbox in, answers and a numbered feed out.
//!
//! Commands that wait together are carried out as one batch with one durable write (group commit). Readers never touch
//! the engine: they load the newest whole snapshot.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use domain::Command;
use roads::Roads;
use store::{LogReader, Snapshots, Version};
use tokio::sync::broadcast;
use units::AreaId;

use crate::clock::Clock;
use crate::engine::{Engine, Reply, Setup, Submission, read_event};
use crate::improve::Improving;
use crate::inbox::{Bounds, Inbox, Waited};
use crate::keeping::{KEEP_EVERY, keep};
use crate::matching::Matcher;
use crate::outlet::{Happened, Outlet, Published, Snapshot};
use crate::register::Register;
use crate::rounds::Rounds;
use crate::tracking::Tracking;
use crate::turned::{Fault, Turned};

pub struct ServiceSetup {
    pub engine: Setup,
    pub clock: Arc<dyn Clock>,
    /// How often time is told to the engine, in real time.
    pub tick_every: Duration,
    /// Steps of search for a better plan after each change of it, on a thread of its own; 0 for none.
    pub improve_steps: u64,
    /// Where snapshots of the state are kept; none folds the whole log at every start.
    pub snapshots: Option<Snapshots>,
}

/// The door to a running engine. Cheap to clone behind an `Arc`.
pub struct Service {
    area: AreaId,
    inbox: Arc<Inbox>,
    thread: Mutex<Option<JoinHandle<()>>>,
    outlet: Arc<Outlet>,
    reader: Mutex<Box<dyn LogReader>>,
    pub tracking: Arc<Tracking>,
    /// Lays positions on the roads.
    pub matcher: Arc<Matcher>,
    pub register: Register,
    pub roads: Arc<Roads>,
    pub clock: Arc<dyn Clock>,
}

impl Service {
    /// Opens the engine (reading the whole log) and starts its thread.
    pub fn start(setup: ServiceSetup) -> Result<Service, Fault> {
        let area = setup.engine.area;
        let roads = setup.engine.roads.clone();
        let rounds = Rounds::open(setup.engine, Bounds::default(), setup.snapshots.as_ref())?;
        let engine = rounds.engine();
        // Whoever had to fold the whole log writes it down at once.
        let newest = setup.snapshots.as_ref().and_then(|s| s.list().first().map(|kept| kept.version));
        let kept = newest.filter(|kept| *kept <= engine.version()).unwrap_or_default();
        let reader = engine.reader().map_err(|source| Fault::Log { area, source })?;
        let (inbox, outlet) = (rounds.inbox().clone(), rounds.outlet().clone());
        let register = engine.register().clone();
        let improving = match setup.improve_steps {
            0 => None,
            steps => Some(Improving::start(area, roads.clone(), steps)?),
        };
        let tracking = Arc::<Tracking>::default();
        let matcher = Arc::new(Matcher::new(roads.clone()));
        let run = Runner {
            rounds,
            improving,
            clock: setup.clock.clone(),
            tick_every: setup.tick_every,
            tracking: tracking.clone(),
            matcher: matcher.clone(),
            keeper: setup.snapshots.map(|snapshots| Keeper { snapshots, kept, busy: None }),
        };
        let thread = std::thread::Builder::new().name(format!("engine-{area}")).spawn(move || run.run())?;
        Ok(Service {
            area,
            inbox,
            thread: Mutex::new(Some(thread)),
            outlet,
            reader: Mutex::new(reader),
            tracking,
            matcher,
            register,
            roads,
            clock: setup.clock,
        })
    }

    pub fn area(&self) -> AreaId {
        self.area
    }

    /// Sends a command and waits for its durable answer.
    pub async fn submit(&self, submission: Submission) -> Result<Reply, Turned> {
        let answer = self.inbox.send(submission)?;
        let gone = || Turned::Unavailable { outside: "the engine has stopped".to_owned() };
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Whether commands are taken and kept. A disk that is full, or an engine that has ended, says no.
    pub fn is_healthy(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let running = thread.as_ref().is_some_and(|t| !t.is_finished());
        running && !self.outlet.is_failing()
    }

    /// The newest whole state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.outlet.snapshot()
    }

    /// All batches from now on. A reader that falls behind is told how many it missed, and reads [`Service::since`].
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.outlet.subscribe()
    }

    /// The events after `version`; none if they are no longer at hand.
    pub fn since(&self, version: Version) -> Option<Vec<Arc<Happened>>> {
        self.outlet.since(version)
    }

    /// The events after `version`, from memory or, where they are older, from the log.
    pub fn load_since(&self, version: Version) -> Result<Vec<Arc<Happened>>, store::Fault> {
        if let Some(recent) = self.since(version) {
            return Ok(recent);
        }
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        reader.load(self.area, version, &mut |stored| {
            let event = read_event(&stored.payload, stored.schema)?;
            all.push(Arc::new(Happened { version: stored.version, at: stored.at, event }));
            Ok(())
        })?;
        Ok(all)
    }

    /// Takes no more commands, finishes those that wait, and ends the thread.
    pub fn stop(&self) {
        self.inbox.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!(area = %self.area, "the engine's thread ended in a panic");
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Runner {
    rounds: Rounds,
    improving: Option<Improving>,
    clock: Arc<dyn Clock>,
    tick_every: Duration,
    tracking: Arc<Tracking>,
    matcher: Arc<Matcher>,
    keeper: Option<Keeper>,
}

/// Writes snapshots of the state, on a thread of its own so that no command waits for it.
struct Keeper {
    snapshots: Snapshots,
    kept: Version,
    busy: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Writes the state down if `every` events have happened since the last time.
    fn look_at(&mut self, engine: &Engine, every: u64) {
        let (area, version) = (engine.state().clone(), engine.version());
        if version.0 < self.kept.0 + every || self.busy.as_ref().is_some_and(|writer| !writer.is_finished()) {
            return;
        }
        let Ok(mut log) = engine.reader() else { return };
        let snapshots = self.snapshots.clone();
        let write = move || keep(&snapshots, &mut *log, area.id, &area, version);
        if let Ok(writer) = std::thread::Builder::new().name("snapshot".to_owned()).spawn(write) {
            (self.kept, self.busy) = (version, Some(writer));
        }
    }

    /// At the end of the house: what has happened since is written, too, and waited for.
    fn finish(&mut self, engine: &Engine) {
        self.busy.take().map(JoinHandle::join);
        self.look_at(engine, 1);
        self.busy.take().map(JoinHandle::join);
    }
}

impl Runner {
    fn run(mut self) {
        let mut next_tick = Instant::now();
        loop {
            if self.rounds.inbox().wait(next_tick) == Waited::Closed {
                return self.keeper.iter_mut().for_each(|keeper| keeper.finish(self.rounds.engine()));
            }
            let letters = self.rounds.inbox().take();
            let mut own = Vec::new();
            let proposal = self.improving.as_mut().and_then(Improving::take);
            own.extend(proposal.map(|p| Submission::of(Command::AdoptProposal(p), "planner")));
            let ticks = Instant::now() >= next_tick;
            let now = self.clock.now();
            if ticks {
                let state = self.rounds.engine().state();
                let sighted = self.matcher.sightings(state, &self.tracking, now);
                own.extend(sighted.into_iter().map(|command| Submission::of(command, "tracking")));
                own.push(Submission::of(Command::Tick, "clock"));
                next_tick = Instant::now() + self.tick_every;
            }
            let answers = self.rounds.carry_out(&letters, &own, now);
            self.rounds.publish(&answers);
            for turned in answers[letters.len()..].iter().filter_map(|answer| answer.as_ref().err()) {
                // What happened while a proposal was searched may have overtaken it.
                if !matches!(turned, Turned::Rejected(_)) {
                    tracing::error!(%turned, "a tick or a proposal failed");
                }
            }
            if ticks {
                self.rounds.try_disk(now);
            }
            if ticks && let Some(keeper) = &mut self.keeper {
                keeper.look_at(self.rounds.engine(), KEEP_EVERY);
            }
            if ticks && let Some(improving) = &mut self.improving {
                improving.look_at(self.rounds.engine().state(), now);
            }
            for (letter, answer) in letters.into_iter().zip(answers) {
                letter.answer(answer);
            }
        }
    }
}
