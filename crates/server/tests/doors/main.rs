//! The doors of the service, through real HTTP and WebSocket connections, with accounts and clocks that the tests set.
#![allow(clippy::unwrap_used)]

mod town;
mod table;
mod signing_in;
mod own;
