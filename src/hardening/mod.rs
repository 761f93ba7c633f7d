//! What a service is closed in with: [`table`] is data, measure by measure; [`Selection`] picks from it what fits one
//! service, and [`lines()`] writes that. Pure: what has to be known of the machine comes as [`Facts`].

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

/// True for a directive that systemd has no empty value for: it would only complain. With `-p NAME=` it says that a
/// measure of that name is not wanted, and that is all it says.
pub fn only_switches_off(directive: &str) -> bool {
    const TAKE_EMPTY: [&str; 6] = [
        "CapabilityBoundingSet",
        "ReadOnlyPaths",
        "RestrictAddressFamilies",
        "RestrictNamespaces",
        "SystemCallArchitectures",
        "SystemCallFilter",
    ];
    let is_ours = table::MEASURES.iter().any(|measure| measure.directive == directive);
    is_ours && !TAKE_EMPTY.contains(&directive)
}

#[cfg(test)]
mod tests;
