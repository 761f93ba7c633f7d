//! Every refusal that can be decided before the first write, and the trial of an interpreter.

pub mod accounts;
pub mod dependencies;
pub mod escalation;
pub mod executed;
pub mod exposure;
pub mod interpreter;
pub mod link_conflicts;
pub mod listening;
pub mod log_files;
pub mod manager_paths;
pub mod reachable;
pub mod replacing;
pub mod scratch_unit;
pub mod system_units;
pub mod systemd_verdict;
pub mod times;
pub mod trial;
