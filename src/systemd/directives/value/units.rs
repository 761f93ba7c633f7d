//! Unit names.

use super::specifiers::{resolved, resolved_name};
use super::words::{Style, split};
use crate::systemd::names::{UNIT_SUFFIXES, is_name_char};

const NAME_MAX: usize = 255;

/// A full name with suffix; a template's only with `template`.
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

/// True if the first `@` is the last character: the instance is missing.
fn is_template(stem: &str) -> bool {
    stem.find('@').is_some_and(|at| at + 1 == stem.len())
}

/// The name with its specifiers replaced; `None` for an unknown specifier.
fn looked_at(text: &str, release: u32) -> Option<String> {
    resolved_name(text, release)
}

/// For a template, systemd uses the instance of the unit that names it.
pub fn is_list(text: &str, release: u32) -> bool {
    let is_one = |word: &String| looked_at(word, release).is_some_and(|name| is_unit(&name, true) && is_group(&name));
    split(text, Style::RAW).is_some_and(|words| words.iter().all(is_one))
}

fn is_group(name: &str) -> bool {
    !name.ends_with(".slice") || !name.contains('@')
}

pub fn is_list_of(suffix: &str, text: &str, release: u32) -> bool {
    let is_one =
        |word: &String| looked_at(word, release).is_some_and(|name| is_unit(&name, true) && name.ends_with(suffix));
    split(text, Style::PLAIN).is_some_and(|words| words.iter().all(is_one))
}

pub fn is_triggered(text: &str, release: u32) -> bool {
    looked_at(text, release).is_some_and(|name| is_unit(&name, true) && is_group(&name))
}

pub fn is_service(text: &str, release: u32) -> bool {
    looked_at(text, release).is_some_and(|name| is_unit(&name, false) && name.ends_with(".service"))
}

/// `-.slice`, or names separated by dashes.
pub fn is_slice(text: &str, release: u32) -> bool {
    looked_at(text, release).is_some_and(|name| {
        let stem = name.strip_suffix(".slice").unwrap_or_default();
        is_unit(&name, false) && !name.contains('@') && (stem == "-" || stem.split('-').all(|part| !part.is_empty()))
    })
}

/// Names in `[Install]`, including templates.
pub fn are_installed(text: &str, release: u32) -> bool {
    let is_one = |word: &String| {
        resolved(&word.replace("%i", "i"), release).is_some_and(|name| is_unit(&name, true) && !name.contains('/'))
    };
    split(text, Style::QUOTED).is_some_and(|words| words.iter().all(is_one))
}

/// The part after the `@`.
pub fn is_instance(text: &str, release: u32) -> bool {
    resolved(text, release).is_some_and(|name| !name.is_empty() && name.chars().all(|c| is_name_char(c) || c == '@'))
}
