//! Terminal text, tables, prompts, progress and JSON: the wording of everything a person reads.

pub mod json;
pub mod man;
pub mod report;
pub mod ui;
pub mod wording;
