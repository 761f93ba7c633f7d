//! Users, signals, errors, CPUs and variables.

use super::Kind;
use super::numbers::{unsigned, within};
use super::specifiers::{is_resolved, resolved};
use crate::model::unicode::is_noncharacter;
use crate::systemd::names::is_variable;
use crate::systemd::words::{Style, all};

/// A name with or without `SIG`, a number, or `RTMIN+3`.
pub fn is_signal(text: &str, release: u32) -> bool {
    const LAST: i64 = 64;
    const REAL_TIME: i64 = 30;
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let beyond = |start: &str, sign: char| {
        let number = name.strip_prefix(start).and_then(|rest| rest.strip_prefix(sign));
        number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()) && within(number, 0, REAL_TIME))
    };
    within(text, 1, LAST)
        || has_word("Signal", &format!("SIG{name}"), release)
        || beyond("RTMIN", '+')
        || beyond("RTMAX", '-')
}

/// An error for a forbidden system call, or `kill`.
pub fn is_error(text: &str, least: i64, release: u32) -> bool {
    const LAST: i64 = 4095;
    within(text, least, LAST) || has_word("Errno", text, release)
}

/// Whether a word is in the list of a kind.
pub fn has_word(kind: &str, word: &str, release: u32) -> bool {
    Kind::named(kind).is_some_and(|kind| kind.has_word(word, release))
}

/// CPUs or NUMA nodes: numbers and ranges separated by spaces or commas.
pub fn is_cpu_set(text: &str) -> bool {
    /// The kernel's maximum.
    const MOST: u64 = 8192;
    let number = |text: &str| unsigned(text).filter(|cpu| *cpu < MOST);
    all(text, Style::COMMAS, |word| match word.split_once('-') {
        None => number(word).is_some(),
        Some((first, last)) => matches!((number(first), number(last)), (Some(first), Some(last)) if first <= last),
    })
}

/// The same with specifiers, which old versions do not expand there.
pub fn is_resolved_cpu_set(text: &str, release: u32) -> bool {
    if release < 252 { is_cpu_set(text) } else { is_resolved(text, release, is_cpu_set) }
}

/// A user or group: a name that systemd accepts at its most lenient, or a number.
pub fn is_user(text: &str, release: u32) -> bool {
    let Some(name) = resolved(text, release) else { return false };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !name.is_empty() && is_number(&name) {
        // The largest 32-bit and 16-bit numbers are invalid IDs.
        let plain = name == "0" || !name.starts_with('0');
        return plain && name.parse::<u32>().is_ok_and(|id| id != u32::MAX && id != 0xffff);
    }
    let is_bad = |c: char| c.is_ascii_control() || c == ':' || c == '/' || is_noncharacter(c);
    !name.is_empty()
        && !name.contains(is_bad)
        && !name.starts_with([' ', '\t'])
        // A negative number is not a valid name.
        && !name.strip_prefix('-').is_some_and(is_number)
        && !name.ends_with([' ', '\t'])
        && !matches!(name.as_str(), "." | "..")
}

/// `NAME=value`
pub fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, value)| is_variable(name.as_bytes()) && !value.contains(is_noncharacter))
}

/// `NAME=value`, with a name of a journal field that a service is allowed to set.
pub fn is_log_field(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.len() <= 64
            && !name.starts_with(|c: char| c == '_' || c.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

/// A D-Bus name: at least two parts separated by dots.
pub fn is_bus_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    name.len() <= 255 && name.contains('.') && name.split('.').all(is_part)
}

/// A URI of `Documentation=`.
pub fn is_uri(word: &str) -> bool {
    let schemes = ["http://", "https://", "file:/", "info:", "man:"];
    let rest = schemes.into_iter().find_map(|start| word.strip_prefix(start));
    rest.is_some_and(|rest| !rest.is_empty() && word.is_ascii() && !word.contains(|c: char| c.is_ascii_control()))
}
