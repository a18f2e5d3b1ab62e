//! The rounds of an engine: letters out of the inbox, one batch with one durable write, what happened made known, answers.
//!
//! The steps are apart, and no thread or clock is in them, so that [`crate::Service`] runs them on a thread of its own and a
//! simulation of faults can stop between any two.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use store::Snapshots;
use units::Timestamp;

use crate::engine::{Engine, Reply, Setup, Submission};
use crate::inbox::{Bounds, Inbox, Letter};
use crate::outlet::Outlet;
use crate::turned::{Fault, Turned};

pub struct Rounds {
    engine: Engine,
    inbox: Arc<Inbox>,
    outlet: Arc<Outlet>,
}

impl Rounds {
    /// Opens the engine (reading the log), with an empty inbox.
    pub fn open(setup: Setup, bounds: Bounds, snapshots: Option<&Snapshots>) -> Result<Rounds, Fault> {
        let engine = Engine::open_with(setup, snapshots)?;
        let outlet = Arc::new(Outlet::of(&engine, bounds)?);
        Ok(Rounds { engine, inbox: Arc::new(Inbox::new(bounds)), outlet })
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    pub fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    /// Carries out what letters ask for and then what the house itself wants; the answers are in this order. What they say
    /// was done is durable.
    ///
    /// A panic is our bug; it must not take the area's service down. The state is read from the log again.
    pub fn carry_out(
        &mut self,
        letters: &[Letter],
        own: &[Submission],
        now: Timestamp,
    ) -> Vec<Result<Reply, Turned>> {
        let asked = letters.iter().map(|letter| letter.submission.clone());
        let batch: Vec<Submission> = asked.chain(own.iter().cloned()).collect();
        let engine = &mut self.engine;
        if let Ok(answers) = std::panic::catch_unwind(AssertUnwindSafe(|| engine.handle(&batch, now))) {
            return answers;
        }
        tracing::error!(?batch, %now, "the engine panicked; its state is read from the log again");
        if let Err(fault) = self.engine.reload() {
            tracing::error!(error = %fault, "the log could not be read again");
        }
        let detail = "an internal error; nothing was applied".to_owned();
        batch.iter().map(|_| Err(Turned::Bug { detail: detail.clone() })).collect()
    }

    /// After a failed write: tries whether the disk takes writes again, even if nobody wants anything written.
    pub fn try_disk(&mut self, now: Timestamp) {
        if self.outlet.is_failing() {
            if self.engine.try_disk(now) {
                self.outlet.recovered();
            }
            self.outlet.publish(&self.engine, &[]);
        }
    }

    /// Makes known to readers what the last batch did.
    pub fn publish(&self, answers: &[Result<Reply, Turned>]) {
        self.outlet.publish(&self.engine, answers);
    }
}
