//! The built binary from outside: what it answers, prints and keeps. Every test starts it with files, an address and a
//! clock of its own, so tests may run side by side. One program holds them all because linking takes longer than running.
#![allow(clippy::unwrap_used)]

mod house;
mod town;
mod socket;
mod walk;
mod accounts;
mod map;
mod lists;
mod demo;
mod crash;
mod refused;
mod bad_input;
mod bad_calls;
mod bad_files;
mod full_disk;
mod instances;
mod online;
mod notify;
mod receivers;
mod solve;
mod quality;
mod golden;
mod examples;
mod tour;
mod reading;
