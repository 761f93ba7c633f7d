//! Sandboxing: [`table`] lists what can be restricted, [`Selection`] picks what fits a service, [`lines()`] writes it.
//! Pure: facts about the machine come as [`Facts`].

pub mod facts;
mod home;
mod lines;
mod remarks;
mod selection;
pub mod table;
pub mod tighten;

pub use facts::{Facts, HIDDEN, hidden_by_default};
pub use lines::{Line, is_written, lines};
pub use remarks::remarks;
pub use selection::Selection;

use crate::systemd::directives;

/// Whether `-p NAME=` can only mean that a preset must leave the directive out: systemd accepts no empty value for it.
pub fn only_switches_off(directive: &str) -> bool {
    table::MEASURES.iter().any(|measure| measure.directive == directive)
        && directives::usual(directive).is_some_and(|it| !it.kind.accepts_empty(directives::NEWEST))
}

#[cfg(test)]
mod tests;
