//! One engine on a thread of its own: a bounded inbox in, answers and a numbered feed out.
//!
//! Commands that wait together are carried out as one batch with one durable write (group commit). Readers never touch
//! the engine: they load the newest whole snapshot.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use domain::{Area, Command, Event};
use roads::Roads;
use store::{LogReader, Version};
use tokio::sync::{broadcast, oneshot};
use units::{AreaId, Timestamp};

use crate::clock::Clock;
use crate::engine::{Effort, Engine, Reply, Setup, Submission, read_event};
use crate::improve::Improving;
use crate::matching::Matcher;
use crate::register::Register;
use crate::tracking::Tracking;
use crate::turned::{Fault, Turned};

/// Commands that may wait; beyond that callers are told to come back.
const INBOX_MAX: usize = 1_024;
/// Commands carried out with one durable write.
const BATCH_MAX: usize = 256;
/// Events kept for clients that come back after a break.
const RING_MAX: usize = 20_000;
/// Batches a slow reader may fall behind before it has to read the ring.
const FEED_MAX: usize = 1_024;

/// An event as it was published; the version is its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    pub version: Version,
    pub at: Timestamp,
    pub event: Event,
}

/// A whole state that readers may keep as long as they like.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub area: Area,
    pub version: Version,
    pub effort: Effort,
}

/// What one batch brought.
#[derive(Debug, Clone)]
pub struct Published {
    pub happened: Vec<Arc<Happened>>,
    pub snapshot: Arc<Snapshot>,
}

pub struct ServiceSetup {
    pub engine: Setup,
    pub clock: Arc<dyn Clock>,
    /// How often time is told to the engine, in real time.
    pub tick_every: Duration,
    /// Steps of search for a better plan after each change of it, on a thread of its own; 0 for none.
    pub improve_steps: u64,
}

struct Envelope {
    submission: Submission,
    answer: oneshot::Sender<Result<Reply, Turned>>,
}

/// The door to a running engine. Cheap to clone behind an `Arc`.
pub struct Service {
    area: AreaId,
    inbox: Mutex<Option<SyncSender<Envelope>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    shared: Arc<Shared>,
    reader: Mutex<Box<dyn LogReader>>,
    pub tracking: Arc<Tracking>,
    /// Lays positions on the roads.
    pub matcher: Arc<Matcher>,
    pub register: Register,
    pub roads: Arc<Roads>,
    pub clock: Arc<dyn Clock>,
}

struct Shared {
    snapshot: ArcSwap<Snapshot>,
    ring: RwLock<VecDeque<Arc<Happened>>>,
    /// The last write failed: nothing new is taken until one succeeds.
    failing: AtomicBool,
    feed: broadcast::Sender<Arc<Published>>,
}

impl Service {
    /// Opens the engine (reading the whole log) and starts its thread.
    pub fn start(setup: ServiceSetup) -> Result<Service, Fault> {
        let area = setup.engine.area;
        let roads = setup.engine.roads.clone();
        let engine = Engine::open(setup.engine)?;
        let ring = last_events(&engine, area)?;
        let reader = engine.reader().map_err(|source| Fault::Log { area, source })?;
        let snapshot = Arc::new(snapshot_of(&engine));
        let shared = Arc::new(Shared {
            snapshot: ArcSwap::new(snapshot),
            ring: RwLock::new(ring),
            failing: AtomicBool::new(false),
            feed: broadcast::Sender::new(FEED_MAX),
        });
        let (inbox, post) = sync_channel(INBOX_MAX);
        let register = engine.register().clone();
        let improving = match setup.improve_steps {
            0 => None,
            steps => Some(Improving::start(area, roads.clone(), steps)?),
        };
        let tracking = Arc::<Tracking>::default();
        let matcher = Arc::new(Matcher::new(roads.clone()));
        let run = Runner {
            tracking: tracking.clone(),
            matcher: matcher.clone(),
            engine,
            improving,
            post,
            clock: setup.clock.clone(),
            shared: shared.clone(),
            tick_every: setup.tick_every,
        };
        let thread = std::thread::Builder::new().name(format!("engine-{area}")).spawn(move || run.run())?;
        Ok(Service {
            area,
            inbox: Mutex::new(Some(inbox)),
            thread: Mutex::new(Some(thread)),
            shared,
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
        let gone = || Turned::Unavailable { outside: "the engine has stopped".to_owned() };
        let (answer, wait) = oneshot::channel();
        let inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(gone)?;
        match inbox.try_send(Envelope { submission, answer }) {
            Ok(()) => wait.await.unwrap_or_else(|_| Err(gone())),
            Err(TrySendError::Full(_)) => Err(Turned::Busy { retry_after_seconds: 1 }),
            Err(TrySendError::Disconnected(_)) => Err(gone()),
        }
    }

    /// Whether commands are taken and kept. A disk that is full, or an engine that has ended, says no.
    pub fn is_healthy(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let running = thread.as_ref().is_some_and(|t| !t.is_finished());
        running && !self.shared.failing.load(Ordering::Relaxed)
    }

    /// The newest whole state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.load_full()
    }

    /// All batches from now on. A reader that falls behind is told how many it missed, and reads [`Service::since`].
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.shared.feed.subscribe()
    }

    /// The events after `version`; none if they are no longer at hand.
    pub fn since(&self, version: Version) -> Option<Vec<Arc<Happened>>> {
        let ring = self.shared.ring.read().unwrap_or_else(PoisonError::into_inner);
        let first = ring.front().map_or(Version(self.snapshot().version.0 + 1), |h| h.version);
        if version.0 + 1 < first.0 {
            return None;
        }
        Some(ring.iter().filter(|h| h.version > version).cloned().collect())
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
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
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

fn snapshot_of(engine: &Engine) -> Snapshot {
    Snapshot { area: engine.state().clone(), version: engine.version(), effort: engine.effort() }
}

fn last_events(engine: &Engine, area: AreaId) -> Result<VecDeque<Arc<Happened>>, Fault> {
    let mut ring = VecDeque::new();
    let after = Version(engine.version().0.saturating_sub(RING_MAX as u64));
    let mut reader = engine.reader().map_err(|source| Fault::Log { area, source })?;
    reader
        .load(area, after, &mut |stored| {
            let event = read_event(&stored.payload, stored.schema)?;
            ring.push_back(Arc::new(Happened { version: stored.version, at: stored.at, event }));
            Ok(())
        })
        .map_err(|source| Fault::Log { area, source })?;
    Ok(ring)
}

struct Runner {
    engine: Engine,
    improving: Option<Improving>,
    post: Receiver<Envelope>,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
    tick_every: Duration,
    tracking: Arc<Tracking>,
    matcher: Arc<Matcher>,
}

impl Runner {
    fn run(mut self) {
        let mut next_tick = Instant::now();
        loop {
            let wait = next_tick.saturating_duration_since(Instant::now());
            let mut letters = Vec::new();
            match self.post.recv_timeout(wait) {
                Ok(first) => {
                    letters.push(first);
                    letters.extend(self.post.try_iter().take(BATCH_MAX - 1));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let mut batch: Vec<Submission> = letters.iter().map(|l| l.submission.clone()).collect();
            let proposal = self.improving.as_mut().and_then(Improving::take);
            if let Some(proposal) = proposal {
                batch.push(Submission::of(Command::AdoptProposal(proposal), "planner"));
            }
            let ticks = Instant::now() >= next_tick;
            let now = self.clock.now();
            if ticks {
                let sighted = self.matcher.sightings(self.engine.state(), &self.tracking, now);
                batch.extend(sighted.into_iter().map(|command| Submission::of(command, "tracking")));
                batch.push(Submission::of(Command::Tick, "clock"));
                next_tick = Instant::now() + self.tick_every;
            }
            let answers = self.handle(&batch, now);
            self.publish(&answers, now);
            for turned in answers[letters.len()..].iter().filter_map(|answer| answer.as_ref().err()) {
                // What happened while a proposal was searched may have overtaken it.
                if !matches!(turned, Turned::Rejected(_)) {
                    tracing::error!(%turned, "a tick or a proposal failed");
                }
            }
            if ticks && let Some(improving) = &mut self.improving {
                improving.look_at(self.engine.state(), now);
            }
            for (letter, answer) in letters.into_iter().zip(answers) {
                // The caller may have hung up; what was done stays done.
                drop(letter.answer.send(answer));
            }
        }
    }

    /// A panic is our bug; it must not take the area's service down. The state is read from the log again.
    fn handle(&mut self, batch: &[Submission], now: Timestamp) -> Vec<Result<Reply, Turned>> {
        let engine = &mut self.engine;
        if let Ok(answers) = std::panic::catch_unwind(AssertUnwindSafe(|| engine.handle(batch, now))) {
            return answers;
        }
        tracing::error!(?batch, %now, "the engine panicked; its state is read from the log again");
        if let Err(fault) = self.engine.reload() {
            tracing::error!(error = %fault, "the log could not be read again");
        }
        let detail = "an internal error; nothing was applied".to_owned();
        batch.iter().map(|_| Err(Turned::Bug { detail: detail.clone() })).collect()
    }

    fn publish(&self, answers: &[Result<Reply, Turned>], now: Timestamp) {
        let failed = |answer: &Result<Reply, Turned>| matches!(answer, Err(Turned::Unavailable { .. }));
        let kept = |answer: &Result<Reply, Turned>| answer.as_ref().is_ok_and(|r| !r.events.is_empty());
        if answers.iter().any(failed) {
            self.shared.failing.store(true, Ordering::Relaxed);
        } else if answers.iter().any(kept) {
            self.shared.failing.store(false, Ordering::Relaxed);
        }
        let mut happened = Vec::new();
        for reply in answers.iter().flatten().filter(|r| !r.events.is_empty()) {
            let first = reply.version.0 + 1 - reply.events.len() as u64;
            for (number, event) in (first..).zip(&reply.events) {
                happened.push(Arc::new(Happened { version: Version(number), at: now, event: event.clone() }));
            }
        }
        if happened.is_empty() {
            return;
        }
        let snapshot = Arc::new(snapshot_of(&self.engine));
        let mut ring = self.shared.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.extend(happened.iter().cloned());
        let beyond = ring.len().saturating_sub(RING_MAX);
        ring.drain(..beyond);
        self.shared.snapshot.store(snapshot.clone());
        drop(ring);
        // Nobody may be listening; the ring has it all the same.
        drop(self.shared.feed.send(Arc::new(Published { happened, snapshot })));
    }
}
