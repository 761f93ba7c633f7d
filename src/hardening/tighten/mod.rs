//! Pure: how a service is tightened by trying: what there is to try, which set of measures is tried next, how those
//! that break it are let out step by step, and what a trial's log tells. Nothing here starts or reads anything.

pub mod clues;
pub mod ladder;
mod menu;
mod parts;
pub mod search;
pub mod voices;

pub use menu::{Choice, Item, Menu, NAMESPACES, Rung};

pub use crate::unit::hardening_drop_in::Setting;
