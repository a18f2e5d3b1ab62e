//! Who asks, what they may do, and what they see of others.
//!
//! Three walls, each closed unless something opens it:
//! 1. [`guard`] holds every call against one table ([`routes`]): a path that is not in it is for nobody.
//! 2. [`commands`] holds every command against what the caller owns.
//! 3. [`sight`] blanks in every view what the caller must not see; a view made without a caller is blank.
//!
//! The caller travels with the task ([`who`]), so that a handler cannot forget to pass him on.

pub mod who;
pub mod routes;
pub mod sight;
pub mod commands;
pub mod origin;
pub mod guard;
pub mod secret;
pub mod password;
pub mod limits;
pub mod records;
pub mod book;
pub mod door;
pub mod documented;

pub use who::Role;
