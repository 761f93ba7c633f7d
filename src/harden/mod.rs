//! What a service is closed in with: [`table`] is data, measure by measure; [`Selection`] picks from it what fits one
//! service, and [`lines()`] writes that. Pure: what has to be known of the machine comes as [`Facts`].

mod facts;
mod home;
mod lines;
mod selection;
pub mod table;

pub use facts::{Facts, HIDDEN, hidden_by_default};
pub use lines::{Line, lines};
pub use selection::Selection;

use clap::ValueEnum;

/// How tightly a service is closed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// What hardly any program that works in a terminal notices, unless it asks for the rights of others (`sudo`).
    Safe,
    /// All that its runtime is known to live with, with the network.
    Strict,
}

impl Preset {
    /// The word that is typed for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Preset::Safe => "safe",
            Preset::Strict => "strict",
        }
    }
}

#[cfg(test)]
mod tests;
