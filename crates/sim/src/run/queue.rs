//! What is due next on the virtual clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use units::{RequestId, Timestamp};

/// Something that happens at a time. Numbers are indices into the town, its script, or the run's own lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The facilities ask for their day plans.
    Plan,
    Absence(usize),
    /// The way out of an outing is asked for.
    Out(usize),
    /// The way back of an outing may be asked for.
    Back(usize),
    /// The rider answers the offers.
    Answer(RequestId),
    Cancel(RequestId),
    /// The driver of a vehicle (by index) looks at the screen.
    Look(usize),
    /// A better plan is searched for.
    Improve,
    Tick,
}

/// A queue in order of time; what is due at the same time happens in the order in which it was put in.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<(Timestamp, u64, Due)>>,
    count: u64,
}

impl Queue {
    pub fn put(&mut self, at: Timestamp, due: Due) {
        self.count += 1;
        self.heap.push(Reverse((at, self.count, due)));
    }

    pub fn take(&mut self) -> Option<(Timestamp, Due)> {
        self.heap.pop().map(|Reverse((at, _, due))| (at, due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_first_then_order_of_putting_in() {
        let at = Timestamp::from_unix_seconds;
        let mut queue = Queue::default();
        queue.put(at(20), Due::Tick);
        queue.put(at(10), Due::Look(3));
        queue.put(at(10), Due::Absence(1));
        let taken: Vec<Due> = std::iter::from_fn(|| queue.take()).map(|(_, due)| due).collect();
        assert_eq!(taken, [Due::Look(3), Due::Absence(1), Due::Tick]);
    }
}
