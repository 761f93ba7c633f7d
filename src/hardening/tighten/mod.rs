//! Finding the tightest sandbox by trial: what can be tried, which set comes next, how measures that break the service are
//! loosened, and what the log of a trial means. Pure.

pub mod clues;
pub mod ladder;
pub mod log_baseline;
mod menu;
pub mod search;

pub use menu::{Choice, Item, Menu, NAMESPACES, Variant};

pub use crate::unit::hardening_drop_in::Setting;
