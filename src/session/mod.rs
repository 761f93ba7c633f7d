//! Locking, connecting, installing, supervising a start, and handing a plan to root.

pub mod behind_sudo;
pub mod completion;
pub mod connection;
pub mod context;
pub mod editor;
pub mod elevation;
pub mod find;
pub mod handover;
pub mod install;
pub mod order;
pub mod removal;
pub mod secrets;
pub mod selection;
pub mod settled;
pub mod start_result;
