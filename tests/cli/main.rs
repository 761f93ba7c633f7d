//! The command line as a user meets it, where no systemd runs: exit code, both streams, and what is
//! on disk afterwards.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

mod adopt;
mod environment_files;
mod help;
mod interpreters;
mod limits;
mod listening;
mod offline;
mod other_units;
mod refusals;
mod secrets;
mod timers;
mod words;

#[path = "../support/mod.rs"]
mod support;
