//! Values that are names of units.

use super::specifiers::{resolved, resolved_name};
use super::words::{Style, split};
use crate::systemd::names::{UNIT_SUFFIXES, is_name_char};

/// The longest name of a unit, in bytes.
const NAME_MAX: usize = 255;

/// True for a unit's whole name, with its suffix; one of a template only where `template` says so.
pub fn is_unit(name: &str, template: bool) -> bool {
    let Some(suffix) = UNIT_SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix)) else { return false };
    let stem = &name[..name.len() - suffix.len()];
    let is_char = |c: char| is_name_char(c) || c == '@';
    name.len() <= NAME_MAX
        && !stem.is_empty()
        && !stem.starts_with('@')
        && stem.chars().all(is_char)
        && (template || !is_template(stem))
}

/// True where the first `@` is the last character: the instance is missing.
fn is_template(stem: &str) -> bool {
    stem.find('@').is_some_and(|at| at + 1 == stem.len())
}

/// The name with its specifiers replaced; `None` for an unknown one.
fn looked_at(text: &str, release: u32) -> Option<String> {
    resolved_name(text, release)
}

/// Names of units, one after the other. A template gets an instance that is named after the unit that names it.
pub fn is_list(text: &str, release: u32) -> bool {
    let is_one = |word: &String| looked_at(word, release).is_some_and(|name| is_unit(&name, true) && is_group(&name));
    split(text, Style::RAW).is_some_and(|words| words.iter().all(is_one))
}

/// Groups of units (slices) have no instances.
fn is_group(name: &str) -> bool {
    !name.ends_with(".slice") || !name.contains('@')
}

/// Names of units of one kind.
pub fn is_list_of(suffix: &str, text: &str, release: u32) -> bool {
    let is_one =
        |word: &String| looked_at(word, release).is_some_and(|name| is_unit(&name, true) && name.ends_with(suffix));
    split(text, Style::PLAIN).is_some_and(|words| words.iter().all(is_one))
}

/// The name of one unit that is started by another.
pub fn is_triggered(text: &str, release: u32) -> bool {
    looked_at(text, release).is_some_and(|name| is_unit(&name, true) && is_group(&name))
}

/// The name of one service.
pub fn is_service(text: &str, release: u32) -> bool {
    looked_at(text, release).is_some_and(|name| is_unit(&name, false) && name.ends_with(".service"))
}

/// `Slice=`: `-.slice`, or names with dashes between them, none of them empty.
pub fn is_slice(text: &str, release: u32) -> bool {
    looked_at(text, release).is_some_and(|name| {
        let stem = name.strip_suffix(".slice").unwrap_or_default();
        is_unit(&name, false) && !name.contains('@') && (stem == "-" || stem.split('-').all(|part| !part.is_empty()))
    })
}

/// Names in `[Install]`, which `systemctl enable` reads: templates are named there too.
pub fn are_installed(text: &str, release: u32) -> bool {
    let is_one = |word: &String| {
        resolved(&word.replace("%i", "i"), release).is_some_and(|name| is_unit(&name, true) && !name.contains('/'))
    };
    split(text, Style::QUOTED).is_some_and(|words| words.iter().all(is_one))
}

/// An instance's name, as it stands behind the `@`.
pub fn is_instance(text: &str, release: u32) -> bool {
    resolved(text, release).is_some_and(|name| !name.is_empty() && name.chars().all(|c| is_name_char(c) || c == '@'))
}
