//! Finding the tightest sandbox by trial: what can be tried, which set comes next, how measures that break the service are
//! loosened, and what the log of a trial means. Pure.

mod candidates;
pub mod clues;
pub mod log_baseline;
pub mod search;
pub mod variants;

pub use candidates::{Candidate, Candidates, NAMESPACES, Sandbox, Variant};

pub use crate::unit::drop_in::Setting;
