//! Lists of masters in and out as CSV, as offices keep them.
//!
//! A file goes through five steps, each in a file of its own: its bytes become text ([`decode`]), the text becomes rows
//! ([`sheet`]), the header's words become columns ([`columns`], [`header`]), each cell becomes the one form in which it is
//! kept ([`cell`]), and each row is compared with what is registered and becomes commands ([`plan`] with a file per kind).
//! The commands are tried on a copy of the state with the rules of the engine itself, so a dry run finds what the real one
//! would. [`run`] sends them in. [`export`] writes the same records that the comparison is made with, which is why a file
//! that was exported changes nothing when it comes back.

pub mod report;
pub mod flaw;
mod decode;
mod sheet;
pub mod columns;
mod tables;
mod header;
mod calendar;
mod weekdays;
mod cell;
pub mod record;
mod known;
pub mod plan;
mod trial;
mod site;
mod places;
mod facilities;
mod vehicles;
mod drivers;
mod riders;
mod memberships;
mod not_with;
pub mod run;
pub mod export;

#[cfg(test)]
mod tests;

/// Largest file taken in.
pub const FILE_MAX: usize = 10 * 1024 * 1024;
