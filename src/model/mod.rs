//! Leaves that every layer uses.

pub mod wait;
