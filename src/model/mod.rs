//! Leaves that every layer uses.

pub mod command;
pub mod diagnostic;
pub mod log_line;
pub mod message;
mod scope;
pub mod unicode;
pub mod verb;
pub mod wait;

pub use scope::{GivenScope, Scope};
pub use verb::Verb;
