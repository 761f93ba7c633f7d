//! Unit names.

use super::specifiers::{is_resolved, resolved_name};
use crate::systemd::names::{UNIT_SUFFIXES, is_name_char};
use crate::systemd::words::{Style, all};

/// A full name with suffix; a template's only with `template`.
pub fn is_unit(name: &str, template: bool) -> bool {
    let Some(suffix) = UNIT_SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix)) else { return false };
    let stem = &name[..name.len() - suffix.len()];
    name.len() <= 255
        && !stem.is_empty()
        && !stem.starts_with('@')
        && stem.chars().all(|c| is_name_char(c) || c == '@')
        // If the first `@` is the last character, the instance is missing.
        && (template || stem.find('@').is_none_or(|at| at + 1 < stem.len()))
}

/// For a template, systemd uses the instance of the unit that names it. Not all kinds of units have instances.
pub fn is_dependency(text: &str, release: u32) -> bool {
    const WITHOUT_INSTANCES: [&str; 6] = [".device", ".mount", ".automount", ".swap", ".slice", ".scope"];
    let is_instance = |name: &str| name.contains('@') && WITHOUT_INSTANCES.iter().any(|suffix| name.ends_with(suffix));
    resolved_name(text, release).is_some_and(|name| is_unit(&name, true) && !is_instance(&name))
}

pub fn are_sockets(text: &str, release: u32) -> bool {
    all(text, Style::PLAIN, |word| {
        resolved_name(word, release).is_some_and(|name| is_unit(&name, true) && name.ends_with(".socket"))
    })
}

pub fn is_service(text: &str, release: u32) -> bool {
    resolved_name(text, release).is_some_and(|name| is_unit(&name, false) && name.ends_with(".service"))
}

/// `-.slice`, or names separated by dashes.
pub fn is_slice(text: &str, release: u32) -> bool {
    resolved_name(text, release).is_some_and(|name| {
        let stem = name.strip_suffix(".slice").unwrap_or_default();
        is_unit(&name, false) && !name.contains('@') && (stem == "-" || stem.split('-').all(|part| !part.is_empty()))
    })
}

/// Names in `[Install]`, including templates.
pub fn are_installed(text: &str, release: u32) -> bool {
    let is_valid = |name: &str| is_unit(name, true) && !name.contains('/');
    all(text, Style::QUOTED, |word| is_resolved(&word.replace("%i", "i"), release, is_valid))
}

/// The part after the `@`.
pub fn is_instance(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| is_name_char(c) || c == '@')
}
