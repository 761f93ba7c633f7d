//! What systemd is, as a language and as a manager: how each kind of value is written in a unit
//! file, which names and folders it knows, and how its manager is called over D-Bus.
//!
//! [`text`], [`quote`], [`exec`], [`environment`], [`path`], [`names`], [`calendar`], [`size`], [`timespan`], [`environment_file`], [`unit_file`] and [`state`] are pure. [`bus`], [`peer`],
//! [`manager`] and [`login`] speak D-Bus, [`journal`] asks journalctl, [`analyze`] systemd-analyze, and are called by [`crate::apply`] and
//! [`crate::present`] only.

pub mod analyze;
pub mod bus;
pub mod calendar;
pub mod creds;
pub mod directives;
pub mod environment;
pub mod environment_file;
pub mod exec;
pub mod exit;
pub mod folders;
pub mod journal;
pub mod lint;
pub mod login;
pub mod manager;
pub mod names;
pub mod path;
pub mod peer;
pub mod quote;
pub mod security;
pub mod size;
pub mod specifier;
pub mod state;
pub mod text;
pub mod timespan;
pub mod unit_file;
pub mod unquote;
