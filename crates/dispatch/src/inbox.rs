//! What waits for the engine: two bounded queues. What drivers report goes before what anybody wishes for.
//!
//! A fact has happened already and costs microseconds; a wish costs a search and can be made again. So when more comes in
//! than can be done, wishes are told to come back while facts still get through, and no driver waits behind a crowd of
//! wishes. Neither starves: while both wait, wishes have a quarter of every batch.
//!
//! What one sender sent stays in its order. A fact behind a sender's own waiting command queues behind it, and a command
//! is not taken as long as an older fact of the same sender waits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::Command;
use tokio::sync::oneshot;

use crate::engine::{Reply, Submission};
use crate::turned::Turned;

/// How much may wait, how much is done with one durable write, and how much is kept at hand for readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Wishes and all other commands that may wait; beyond that callers are told to come back.
    pub commands: usize,
    /// Drivers' facts that may wait besides.
    pub facts: usize,
    /// Carried out with one durable write.
    pub batch: usize,
    /// Of these at most so many that are no facts: each may cost a search, and a fact that comes in meanwhile waits for all.
    pub batch_commands: usize,
    /// Events kept at hand for clients that come back after a break.
    pub ring: usize,
    /// Batches a slow reader may fall behind before it has to read the ring.
    pub feed: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { commands: 1_024, facts: 1_024, batch: 256, batch_commands: 64, ring: 20_000, feed: 1_024 }
    }
}

/// When who was told to come back should: the engine does a full queue of wishes in about this time.
const RETRY_AFTER_SECONDS: u64 = 1;

/// What comes back for a submission; it fails if the engine ends before it is answered.
pub type Answer = oneshot::Receiver<Result<Reply, Turned>>;

/// A submission on its way to the engine, with the way back.
#[derive(Debug)]
pub struct Letter {
    pub submission: Submission,
    answer: oneshot::Sender<Result<Reply, Turned>>,
}

impl Letter {
    /// The caller may have hung up; what was done stays done.
    pub fn answer(self, with: Result<Reply, Turned>) {
        drop(self.answer.send(with));
    }
}

/// What the waiting for letters ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    Letters,
    InVain,
    /// No more will come, and none is left.
    Closed,
}

#[derive(Debug)]
pub struct Inbox {
    bounds: Bounds,
    queues: Mutex<Queues>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct Queues {
    facts: VecDeque<Letter>,
    commands: VecDeque<Letter>,
    /// How much of each sender waits, by queue.
    senders: BTreeMap<String, [usize; 2]>,
    closed: bool,
}

const FACTS: usize = 0;
const COMMANDS: usize = 1;

/// What a driver's device reports.
fn is_fact(command: &Command) -> bool {
    matches!(command, Command::RecordFact { .. } | Command::AcknowledgeRoute { .. })
}

impl Inbox {
    pub fn new(bounds: Bounds) -> Inbox {
        Inbox { bounds, queues: Mutex::default(), bell: Condvar::new() }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a submission into its queue, or says at once that there is no room.
    pub fn send(&self, submission: Submission) -> Result<Answer, Turned> {
        let (answer, wait) = oneshot::channel();
        let mut queues = self.queues();
        if queues.closed {
            return Err(Turned::Unavailable { outside: "the engine has stopped".to_owned() });
        }
        let fact = is_fact(&submission.command);
        let [_, ahead] = queues.senders.get(&submission.actor).copied().unwrap_or_default();
        let queue = if fact && ahead == 0 { FACTS } else { COMMANDS };
        let room = match (queue, fact) {
            (FACTS, _) => queues.facts.len() < self.bounds.facts,
            // Behind its sender's own commands a fact still has its own room.
            (_, true) => queues.commands.len() < self.bounds.commands + self.bounds.facts,
            (_, false) => queues.commands.len() < self.bounds.commands,
        };
        if !room {
            return Err(Turned::Busy { retry_after_seconds: RETRY_AFTER_SECONDS });
        }
        queues.senders.entry(submission.actor.clone()).or_default()[queue] += 1;
        let letter = Letter { submission, answer };
        match queue {
            FACTS => queues.facts.push_back(letter),
            _ => queues.commands.push_back(letter),
        }
        drop(queues);
        self.bell.notify_one();
        Ok(wait)
    }

    /// The next batch: facts first, then commands; empty if nothing waits.
    pub fn take(&self) -> Vec<Letter> {
        let mut queues = self.queues();
        let Bounds { batch, batch_commands, .. } = self.bounds;
        let reserved = batch.div_ceil(4).min(batch_commands).min(queues.commands.len());
        let mut taken = Vec::new();
        while taken.len() < batch - reserved
            && let Some(letter) = queues.pop(FACTS)
        {
            taken.push(letter);
        }
        let most = (taken.len() + batch_commands).min(batch);
        while taken.len() < most
            && let Some(letter) = queues.pop(COMMANDS)
        {
            taken.push(letter);
        }
        taken
    }

    /// Waits until something is there to be taken, but not beyond `until`.
    pub(crate) fn wait(&self, until: Instant) -> Waited {
        let mut queues = self.queues();
        loop {
            if !queues.facts.is_empty() || !queues.commands.is_empty() {
                return Waited::Letters;
            }
            if queues.closed {
                return Waited::Closed;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return Waited::InVain;
            }
            queues = self.bell.wait_timeout(queues, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes nothing more in; what waits is still done.
    pub fn close(&self) {
        self.queues().closed = true;
        self.bell.notify_all();
    }

    /// Facts and commands that wait.
    pub fn waiting(&self) -> (usize, usize) {
        let queues = self.queues();
        (queues.facts.len(), queues.commands.len())
    }
}

impl Queues {
    /// The first of a queue, unless its sender has an older fact waiting.
    fn pop(&mut self, queue: usize) -> Option<Letter> {
        let from = if queue == FACTS { &mut self.facts } else { &mut self.commands };
        let sender = &from.front()?.submission.actor;
        let counts = self.senders.get_mut(sender)?;
        // A fact in the first queue is older than any command of its sender: a younger one would be behind it.
        if queue == COMMANDS && counts[FACTS] > 0 {
            return None;
        }
        counts[queue] -= 1;
        if *counts == [0, 0] {
            self.senders.remove(sender);
        }
        from.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use domain::FactKind;
    use units::{RequestId, Timestamp, VehicleId};

    use super::*;

    fn fact(sender: &str) -> Submission {
        let at = Timestamp::from_unix_seconds(0);
        let command =
            Command::RecordFact { vehicle: VehicleId(1), fact: FactKind::Departed, visit: None, at };
        Submission::of(command, sender)
    }

    fn wish(sender: &str, number: u32) -> Submission {
        Submission::of(Command::Cancel { request: RequestId(number) }, sender)
    }

    fn inbox(commands: usize, facts: usize, batch: usize, batch_commands: usize) -> Inbox {
        Inbox::new(Bounds { commands, facts, batch, batch_commands, ..Bounds::default() })
    }

    /// What a batch holds: `f` for a fact, the number for a wish.
    fn words(letters: &[Letter]) -> Vec<String> {
        let word = |letter: &Letter| match &letter.submission.command {
            Command::Cancel { request } => request.0.to_string(),
            _ => "f".to_owned(),
        };
        letters.iter().map(word).collect()
    }

    #[test]
    fn facts_go_first_and_find_room_when_wishes_do_not() {
        let inbox = inbox(3, 2, 8, 8);
        let mut kept: Vec<Answer> = (1..=3).map(|n| inbox.send(wish("app", n)).unwrap()).collect();
        let full = inbox.send(wish("app", 4));
        assert!(matches!(full, Err(Turned::Busy { retry_after_seconds: 1.. })), "{full:?}");
        kept.extend((1..=2).map(|n| inbox.send(fact(&format!("vehicle-{n}"))).unwrap()));
        assert!(matches!(inbox.send(fact("vehicle-3")), Err(Turned::Busy { .. })), "facts are bounded, too");
        assert_eq!(words(&inbox.take()), ["f", "f", "1", "2", "3"]);
        assert_eq!(inbox.waiting(), (0, 0));
    }

    #[test]
    fn wishes_are_not_starved_by_facts() {
        let inbox = inbox(100, 100, 8, 8);
        let mut kept: Vec<Answer> = (0..40).map(|n| inbox.send(fact(&format!("v{n}"))).unwrap()).collect();
        kept.extend((1..=4).map(|n| inbox.send(wish("app", n)).unwrap()));
        assert_eq!(words(&inbox.take()), ["f", "f", "f", "f", "f", "f", "1", "2"]);
        kept.extend((0..40).map(|n| inbox.send(fact(&format!("w{n}"))).unwrap()));
        assert_eq!(words(&inbox.take()), ["f", "f", "f", "f", "f", "f", "3", "4"]);
    }

    #[test]
    fn a_fact_does_not_wait_for_more_searches_than_one_batch_holds() {
        let inbox = inbox(100, 100, 8, 3);
        let mut kept: Vec<Answer> = (1..=9).map(|n| inbox.send(wish("app", n)).unwrap()).collect();
        assert_eq!(words(&inbox.take()), ["1", "2", "3"]);
        kept.push(inbox.send(fact("vehicle-1")).unwrap());
        assert_eq!(words(&inbox.take()), ["f", "4", "5", "6"]);
    }

    #[test]
    fn what_one_sender_sent_stays_in_order() {
        let inbox = inbox(100, 100, 4, 2);
        // A fact behind its sender's own wish waits for it; another sender's does not.
        let mut kept = vec![inbox.send(wish("operator", 1)).unwrap(), inbox.send(fact("operator")).unwrap()];
        kept.push(inbox.send(fact("vehicle-1")).unwrap());
        assert_eq!(words(&inbox.take()), ["f", "1", "f"]);
        // A wish behind its sender's own facts waits for all of them, even where a place is kept for wishes.
        kept.extend((0..6).map(|_| inbox.send(fact("operator")).unwrap()));
        kept.push(inbox.send(wish("operator", 2)).unwrap());
        assert_eq!(words(&inbox.take()), ["f", "f", "f"]);
        assert_eq!(words(&inbox.take()), ["f", "f", "f", "2"]);
    }

    #[test]
    fn a_closed_inbox_takes_nothing_more_and_gives_what_it_has() {
        let inbox = inbox(4, 4, 4, 4);
        let _kept = inbox.send(wish("app", 1)).unwrap();
        inbox.close();
        assert!(matches!(inbox.send(wish("app", 2)), Err(Turned::Unavailable { .. })));
        let soon = Instant::now();
        assert_eq!(inbox.wait(soon), Waited::Letters);
        assert_eq!(words(&inbox.take()), ["1"]);
        assert_eq!(inbox.wait(soon), Waited::Closed);
    }
}
