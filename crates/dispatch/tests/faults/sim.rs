//! One life of the house under faults: clients, a bad network, a bad clock, a bad disk, and an engine that dies between any
//! two steps. Everything is drawn from the seed; time is a number.

use std::collections::BTreeMap;
use std::fmt::Arguments;

use dispatch::{Answer, Bounds, Engine, Key, RegisterBody, Reply, Rounds, Setup, Submission, Turned};
use domain::Command;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use units::{Seconds, Timestamp};

use crate::auditor::{Auditor, Wrong};
use crate::clients::{Want, Who, next};
use crate::disk::{Cheat, Fate, SimLog, hash};
use crate::listeners::{Listener, Slip};
use crate::world::{AREA, MASTERS, ROADS, dawn};

/// Faults happen until then; after that the house has time to come to rest.
const FAULTS_END: i64 = 45 * 60_000;
const END: i64 = 58 * 60_000;
/// A client that heard nothing for so long sends again.
const PATIENCE: i64 = 20_000;

/// Small enough to be full now and then.
const BOUNDS: Bounds = Bounds { commands: 3, facts: 2, batch: 4, batch_commands: 2, ring: 48, feed: 6 };

/// What is broken besides, so that the auditor can be seen to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    Disk(Cheat),
    Feed(Slip),
}

/// A command of a client, sent until it has an answer.
struct Call {
    who: usize,
    submission: Submission,
    settled: bool,
    sent: u32,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// A client looks whether there is something to do.
    Act(usize),
    Arrives {
        call: usize,
    },
    Answered {
        call: usize,
        yes: bool,
        definite: bool,
    },
    Impatient {
        call: usize,
        sent: u32,
    },
    Round,
    Tick,
    Poll(usize),
    Dies,
    Starts,
    ClockJumps,
    Improves,
}

pub struct Sim {
    draw: ChaCha8Rng,
    time: i64,
    /// What the clock is wrong by, in seconds.
    skew: i64,
    steps: BTreeMap<(i64, u64), Step>,
    number: u64,
    log: SimLog,
    rounds: Option<Rounds>,
    clients: Vec<Who>,
    calls: Vec<Call>,
    waiting: Vec<(usize, Answer)>,
    listeners: Vec<Listener>,
    auditor: Auditor,
    trace: u64,
    loud: bool,
    pub counts: Counts,
}

/// How lively it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub answered: u32,
    pub rejected: u32,
    pub busy: u32,
    pub unavailable: u32,
    pub crashes: u32,
    pub torn: u32,
    pub kept_unsaid: u32,
    pub repeated: u32,
    pub lagged: u32,
    pub plans: u32,
    pub told_late: u32,
    pub cheated: u32,
}

/// How a life ended.
pub struct Outcome {
    pub found: Vec<(Wrong, String)>,
    pub trace: u64,
    pub counts: Counts,
}

/// Lives one life.
pub fn live(seed: u64, sabotage: Option<Sabotage>, loud: bool) -> Outcome {
    let mut sim = Sim::begin(seed, sabotage, loud);
    while let Some(((time, _), step)) = sim.steps.pop_first() {
        if time > END {
            break;
        }
        sim.time = sim.time.max(time);
        sim.step(step);
    }
    sim.finish()
}

impl Sim {
    fn begin(seed: u64, sabotage: Option<Sabotage>, loud: bool) -> Sim {
        let mut sim = Sim {
            draw: ChaCha8Rng::seed_from_u64(seed),
            time: 0,
            skew: 0,
            steps: BTreeMap::new(),
            number: 0,
            log: SimLog::with(&MASTERS),
            rounds: None,
            clients: Who::all(),
            calls: Vec::new(),
            waiting: Vec::new(),
            listeners: Listener::all(),
            auditor: Auditor::default(),
            trace: hash(b""),
            loud,
            counts: Counts::default(),
        };
        match sabotage {
            Some(Sabotage::Disk(cheat)) => sim.log.cheat(cheat),
            Some(Sabotage::Feed(slip)) => sim.listeners.iter_mut().for_each(|l| l.slip = Some(slip)),
            None => {}
        }
        sim.start();
        sim.after(10, Step::Tick);
        for client in 0..sim.clients.len() {
            let pause = sim.draw.random_range(1_000..60_000);
            sim.after(pause, Step::Act(client));
        }
        (0..sim.listeners.len()).for_each(|l| sim.after(5_000, Step::Poll(l)));
        let crashes = sim.draw.random_range(0..4);
        for _ in 0..crashes {
            let at = sim.draw.random_range(0..FAULTS_END);
            sim.after(at, Step::Dies);
        }
        if sim.draw.random_ratio(1, 3) {
            let at = sim.draw.random_range(0..FAULTS_END);
            sim.after(at, Step::ClockJumps);
        }
        sim
    }

    fn now(&self) -> Timestamp {
        dawn() + Seconds(self.time / 1_000 + self.skew)
    }

    fn after(&mut self, millis: i64, step: Step) {
        self.number += 1;
        self.steps.insert((self.time + millis, self.number), step);
    }

    fn faulty(&self) -> bool {
        self.time < FAULTS_END
    }

    /// Something with this chance, as long as there are faults.
    fn goes_wrong(&mut self, one_in: u32) -> bool {
        self.draw.random_ratio(1, one_in) && self.faulty()
    }

    fn note(&mut self, line: Arguments<'_>) {
        let line = format!("{} {line}", self.time);
        self.trace = hash(format!("{:x}{line}", self.trace).as_bytes());
        if self.loud {
            println!("{line}");
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Act(client) => self.act(client),
            Step::Arrives { call } => self.arrives(call),
            Step::Answered { call, yes, definite } => self.hears(call, yes, definite),
            Step::Impatient { call, sent } => {
                if !self.calls[call].settled && self.calls[call].sent == sent {
                    self.send(call);
                }
            }
            Step::Round => self.round(Vec::new()),
            Step::Tick => {
                let pause = self.draw.random_range(60_000..240_000);
                self.after(pause, Step::Tick);
                self.round(vec![Submission::of(Command::Tick, "clock")]);
                if self.draw.random_ratio(1, 20) {
                    self.after(500, Step::Improves);
                }
            }
            Step::Poll(listener) => self.poll(listener),
            Step::Dies => self.die("between two steps"),
            Step::Starts => self.start(),
            Step::ClockJumps => self.jump(),
            Step::Improves => {
                let now = self.now();
                let found = self.rounds.as_ref().and_then(|r| r.engine().propose(now, 30));
                if let Some(proposal) = found {
                    self.round(vec![Submission::of(Command::AdoptProposal(proposal), "planner")]);
                }
            }
        }
    }

    /// Clients.
    fn act(&mut self, client: usize) {
        let pause = match self.clients[client] {
            Who::Driver(_) => self.draw.random_range(20_000..150_000),
            _ => self.draw.random_range(40_000..500_000),
        };
        self.after(pause, Step::Act(client));
        let busy = self.calls.iter().any(|c| c.who == client && !c.settled);
        // Reads go on whatever else is full or fails; they need a running house.
        let Some(rounds) = self.rounds.as_ref().filter(|_| !busy && self.time < FAULTS_END + 60_000) else {
            return;
        };
        let snapshot = rounds.outlet().snapshot();
        let (now, number, who) = (self.now(), self.calls.len(), self.clients[client]);
        let Some(Want { command, rehearsal }) = next(who, &snapshot.area, now, number, &mut self.draw) else {
            return;
        };
        let kind = if matches!(command, Command::AddRider(_)) { "add-rider" } else { "call" };
        let key = format!("{kind}-{number}");
        self.note(format_args!(
            "{who:?} wants {key}: {command:?}{}",
            if rehearsal { ", only to see" } else { "" }
        ));
        if !rehearsal {
            self.auditor.sent(&key, &command);
        }
        let register = (kind == "add-rider")
            .then(|| RegisterBody { body: format!("{{\"name\":\"{key}\"}}"), search: key.clone() });
        let fingerprint = format!("{command:?}");
        let key = (!rehearsal).then_some(Key { key, fingerprint });
        let submission = Submission { key, register, rehearsal, ..Submission::of(command, &who.actor()) };
        self.calls.push(Call { who: client, submission, settled: false, sent: 0 });
        self.send(number);
    }

    /// Onto the network: late, never, or twice.
    fn send(&mut self, call: usize) {
        self.calls[call].sent += 1;
        let sent = self.calls[call].sent;
        let copies = if self.goes_wrong(12) { 0 } else { 1 + usize::from(self.goes_wrong(10)) };
        for _ in 0..copies {
            let delay = if self.goes_wrong(8) { self.draw.random_range(0..90_000) } else { 40 };
            self.after(delay, Step::Arrives { call });
        }
        self.after(PATIENCE, Step::Impatient { call, sent });
    }

    fn arrives(&mut self, call: usize) {
        let Some(rounds) = &self.rounds else { return self.answer(call, false, false) };
        match rounds.inbox().send(self.calls[call].submission.clone()) {
            Ok(answer) => {
                self.waiting.push((call, answer));
                // Now and then the engine is slow to come round, and the inbox fills up.
                let pause = if self.goes_wrong(10) { self.draw.random_range(0..60_000) } else { 5 };
                self.after(pause, Step::Round);
            }
            Err(Turned::Busy { retry_after_seconds }) => {
                self.counts.busy += 1;
                self.note(format_args!("call {call} finds no room, again in {retry_after_seconds} s"));
                self.answer(call, false, false);
            }
            Err(turned) => self.auditor.note(Wrong::Stuck, format!("call {call}: {turned}")),
        }
    }

    /// An answer on its way back; it may be lost, too.
    fn answer(&mut self, call: usize, yes: bool, definite: bool) {
        if !self.goes_wrong(12) {
            let delay = if self.goes_wrong(10) { self.draw.random_range(0..60_000) } else { 40 };
            self.after(delay, Step::Answered { call, yes, definite });
        }
    }

    fn hears(&mut self, call: usize, yes: bool, definite: bool) {
        let known = &mut self.calls[call];
        if known.settled {
            return;
        }
        if definite {
            known.settled = true;
            self.note(format_args!("call {call} is settled: {yes}"));
        } else {
            let sent = known.sent;
            let pause = self.draw.random_range(500..5_000);
            self.after(pause, Step::Impatient { call, sent });
        }
    }

    /// One round of the engine, with a chance to die at every step of it.
    fn round(&mut self, own: Vec<Submission>) {
        let Some(mut rounds) = self.rounds.take() else { return };
        let letters = rounds.inbox().take();
        if letters.is_empty() && own.is_empty() {
            self.rounds = Some(rounds);
            return;
        }
        if self.goes_wrong(250) {
            return self.die("with letters in hand");
        }
        self.break_disk();
        let now = self.now();
        if letters.is_empty() {
            rounds.try_disk(now);
        }
        if self.log.died() {
            return self.die("while it tried the disk");
        }
        let before = rounds.engine().state().clone();
        let answers = rounds.carry_out(&letters, &own, now);
        if self.log.died() {
            return self.die("while it wrote");
        }
        let batch: Vec<&Submission> = letters.iter().map(|l| &l.submission).chain(&own).collect();
        self.auditor.carried_out(&before, &batch, &answers, now);
        let words: Vec<String> = answers.iter().map(in_short).collect();
        self.note(format_args!("round at {now}: {}", words.join("; ")));
        if self.goes_wrong(250) {
            return self.die("durable, untold");
        }
        rounds.publish(&answers);
        self.rounds = Some(rounds);
        for (letter, answer) in letters.into_iter().zip(answers) {
            if self.goes_wrong(400) {
                return self.die("with answers in hand");
            }
            letter.answer(answer);
            self.collect();
        }
        if self.goes_wrong(60) {
            // A slow disk: everything else happened meanwhile.
            self.time += self.draw.random_range(0..45_000);
        }
        if self.rounds.as_ref().is_some_and(|r| r.inbox().waiting() != (0, 0)) {
            self.after(5, Step::Round);
        }
    }

    /// What the house has answered goes onto the network.
    fn collect(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        let mut answered = Vec::new();
        waiting.retain_mut(|(call, answer)| match answer.try_recv() {
            Ok(said) => {
                answered.push((*call, said));
                false
            }
            Err(_) => true,
        });
        self.waiting = waiting;
        for (call, said) in answered {
            if let Some(key) = &self.calls[call].submission.key {
                self.auditor.answered(&key.key, &said);
            }
            match &said {
                Ok(reply) => {
                    self.counts.answered += 1;
                    self.counts.repeated += u32::from(reply.repeated);
                }
                Err(Turned::Rejected(_)) => self.counts.rejected += 1,
                Err(_) => self.counts.unavailable += 1,
            }
            let definite = matches!(said, Ok(_) | Err(Turned::Rejected(_)));
            self.answer(call, said.is_ok(), definite);
        }
    }

    fn break_disk(&mut self) {
        if !self.faulty() {
            // Nor is anything left over of what was still to fail.
            return self.log.next(Fate::Well);
        }
        let fate = match self.draw.random_range(0..400) {
            0..=3 => Fate::Full,
            4..=5 => Fate::Lost,
            6..=9 => Fate::KeptUnsaid,
            10 => Fate::Dies { permille: 0 },
            11 | 12 => Fate::Dies { permille: self.draw.random_range(1..1_000) },
            13 => Fate::Dies { permille: 1_000 },
            _ => return,
        };
        self.counts.torn += u32::from(matches!(fate, Fate::Dies { permille: 1..1_000 }));
        self.counts.kept_unsaid += u32::from(fate == Fate::KeptUnsaid);
        self.note(format_args!("the disk: {fate:?}"));
        self.log.next(fate);
        if self.draw.random_ratio(1, 4) {
            self.log.fail_reads(1);
        }
    }

    fn die(&mut self, moment: &str) {
        self.rounds = None;
        self.waiting.clear();
        self.counts.crashes += 1;
        let cheated = self.log.cheated();
        self.log.recover(self.auditor.has_told_last(&self.log.events()));
        self.counts.cheated += u32::from(cheated != self.log.cheated());
        self.note(format_args!("dies {moment}; {} events are whole", self.log.events().len()));
        self.auditor.check_log(&self.log.events());
        self.listeners.iter_mut().for_each(Listener::hang_up);
        let pause = self.draw.random_range(500..40_000);
        self.after(pause, Step::Starts);
    }

    fn start(&mut self) {
        if self.rounds.is_some() {
            return;
        }
        if self.goes_wrong(10) {
            self.log.fail_reads(1);
        }
        let setup = Setup { area: AREA, roads: ROADS.clone(), log: Box::new(self.log.clone()) };
        match Rounds::open(setup, BOUNDS, None) {
            Ok(rounds) => {
                self.note(format_args!("starts at {}", rounds.engine().version()));
                self.rounds = Some(rounds);
            }
            Err(fault) => {
                self.note(format_args!("cannot start: {fault}"));
                if self.log.cheated() {
                    // A log that contradicts itself is refused at the door.
                    self.auditor.note(Wrong::State, fault.to_string());
                }
                self.after(5_000, Step::Starts);
            }
        }
    }

    fn jump(&mut self) {
        self.skew = match self.draw.random_range(0..5) {
            0 => -self.draw.random_range(1..3_600),
            1 => self.draw.random_range(1..3_600),
            2 => self.draw.random_range(1..120),
            3 => 24 * 3_600,
            _ => 0,
        };
        let skew = self.skew;
        self.note(format_args!("the clock is wrong by {skew} s"));
        if self.skew != 0 {
            let pause = self.draw.random_range(0..20 * 60_000);
            self.after(pause, Step::ClockJumps);
        }
    }

    fn poll(&mut self, listener: usize) {
        let pause = self.listeners[listener].pause(&mut self.draw);
        self.after(pause, Step::Poll(listener));
        let Some(rounds) = &self.rounds else { return };
        if self.draw.random_ratio(1, 15) && self.time < FAULTS_END {
            self.listeners[listener].hang_up();
        }
        self.counts.lagged +=
            u32::from(self.listeners[listener].listen(rounds.outlet(), &self.log, &mut self.auditor));
    }

    fn finish(mut self) -> Outcome {
        self.counts.cheated += self.listeners.iter().map(|l| l.slips).sum::<u32>();
        let open = self.calls.iter().filter(|c| !c.settled).count();
        let Some(rounds) = self.rounds.take() else {
            self.auditor.note(Wrong::Stuck, "the house does not start".to_owned());
            return self.outcome();
        };
        if open > 0 || rounds.inbox().waiting() != (0, 0) || rounds.outlet().is_failing() {
            self.auditor.note(
                Wrong::Stuck,
                format!("{open} calls have no answer, {:?} wait", rounds.inbox().waiting()),
            );
        }
        self.log.fail_reads(0);
        for listener in &mut self.listeners {
            listener.listen(rounds.outlet(), &self.log, &mut self.auditor);
            if listener.known != rounds.engine().version().0 {
                let what = format!(
                    "{} heard of {}, the log is at {}",
                    listener.name,
                    listener.known,
                    rounds.engine().version()
                );
                self.auditor.note(Wrong::Feed, what);
            }
        }
        let setup =
            Setup { area: AREA, roads: ROADS.clone(), log: Box::new(SimLog::with(&self.log.journal())) };
        match Engine::open(setup) {
            Ok(reopened) => self.auditor.finish(rounds.engine(), &self.log, &reopened),
            Err(fault) => self.auditor.note(Wrong::State, fault.to_string()),
        }
        self.outcome()
    }

    fn outcome(mut self) -> Outcome {
        (self.counts.plans, self.counts.told_late) = (self.auditor.plans, self.auditor.told_late);
        let forms =
            self.log.events().iter().fold(self.trace, |h, e| hash(format!("{h:x}{}", e.payload).as_bytes()));
        Outcome { found: self.auditor.found, trace: forms, counts: self.counts }
    }
}

fn in_short(answer: &Result<Reply, Turned>) -> String {
    match answer {
        Ok(reply) if reply.repeated => format!("repeated {:?}", reply.subject),
        Ok(reply) => {
            let names: Vec<&str> = reply.events.iter().map(|e| e.name()).collect();
            format!("{} {}", reply.version, names.join(","))
        }
        Err(turned) => format!("no: {turned}"),
    }
}
