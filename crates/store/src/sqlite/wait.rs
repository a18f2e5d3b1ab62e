//! Waiting for a future on the calling thread.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs the future to its end and holds the calling thread up meanwhile.
///
/// The SQLite driver does its work on a thread of its own and only waits for it, so no async runtime is needed.
/// A runtime's own `block_on` would panic when an engine, a blocking task or a start-up routine that happens
/// to run inside another runtime calls the store; this does not.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            // A wake-up that comes before this line is kept by the thread's token, so none is lost.
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
