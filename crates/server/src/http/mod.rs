//! The API under `/api/v1`, one file per group of paths.

pub mod masters;
pub mod changes;
pub mod import;
pub mod staff;
pub mod policies;
pub mod requests;
pub mod today;
pub mod vehicles;
pub mod days;
pub mod attention;
pub mod pictures;
pub mod map;
pub mod session;
pub mod accounts;
