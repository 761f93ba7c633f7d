//! Finds parts of an environment file that systemd reads differently from a shell, Docker or Windows.

use std::collections::{HashMap, HashSet};

use super::grammar::{Entry, Quoted, Quoting, Raw, ValueByte, is_blank};
use super::words::{Finding, What};
use super::{Assignment, Lines, values};
use crate::shell;
use crate::systemd::names::is_variable;

/// The kernel's default limit of arguments and environment together (execve(2)).
const ALL_MAX: usize = 2 << 20;

/// Sorted by line.
pub fn of(content: &[u8], entries: &[Entry], assignments: &[Assignment], lines: &Lines) -> Vec<Finding> {
    let known = assignments.iter().map(|each| &*each.name).collect();
    let mut search = Search { content, lines, known, found: Vec::new() };
    if content.starts_with(BYTE_ORDER_MARK) {
        search.add(0, What::ByteOrderMark);
    }
    for entry in entries {
        match entry {
            Entry::Comment { end, .. } => search.comment(*end),
            Entry::Dropped { start, end } => search.dropped(&content[*start..*end], *start),
            Entry::Assignment(raw) => search.assignment(raw),
        }
    }
    search.carriage_returns(entries);
    search.set_again(assignments);
    let all: usize = assignments.iter().map(|each| each.name.len() + each.value.len() + 2).sum();
    if all > ALL_MAX {
        search.add(0, What::TooMuch);
    }
    let mut found = search.found;
    found.sort_by_key(|finding| finding.line);
    found
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Shell keywords before an assignment.
const KEYWORDS: [&str; 8] = ["export", "set", "setenv", "declare", "typeset", "local", "readonly", "env"];

struct Search<'a> {
    content: &'a [u8],
    lines: &'a Lines,
    /// The variables that the file sets.
    known: HashSet<&'a str>,
    found: Vec<Finding>,
}

impl Search<'_> {
    fn add(&mut self, at: usize, what: What) {
        self.found.push(Finding { line: self.lines.at(at), what });
    }

    /// Before systemd 254, the next line belongs to the comment.
    fn comment(&mut self, end: usize) {
        let behind = self.line_after(end).trim_ascii_start();
        let matters = !behind.is_empty() && !matches!(behind[0], b'#' | b';');
        if end > 0 && self.content[end - 1] == b'\\' && is_odd_run(&self.content[..end]) && matters {
            self.add(end - 1, What::CommentBackslash);
        }
    }

    fn dropped(&mut self, line: &[u8], start: usize) {
        let what = match keyword(line) {
            _ if line.starts_with(b"=") => What::NoName,
            Some((word, rest)) => {
                What::Keyword { word, name: is_variable(rest.trim_ascii()).then(|| shown(rest.trim_ascii())) }
            }
            None => {
                let name = line.split(|byte| *byte == b':').next().filter(|name| name.len() < line.len());
                let yaml = name.filter(|name| is_variable(name) && name.len() <= NAME_SHOWN).map(shown);
                What::NoAssignment { yaml }
            }
        };
        // The byte order mark at the start is reported separately.
        if !line.starts_with(BYTE_ORDER_MARK) {
            self.add(start, what);
        }
    }

    fn assignment(&mut self, raw: &Raw) {
        if is_variable(&raw.name) {
            values::found(self.content, raw, &self.known).into_iter().for_each(|(at, what)| self.add(at, what));
        } else {
            self.bad_name(raw);
        }
        self.late_quotes(raw);
        self.joins(raw);
    }

    fn bad_name(&mut self, raw: &Raw) {
        if raw.name.starts_with(BYTE_ORDER_MARK) {
            return;
        }
        if raw.name.starts_with(b"=") {
            return self.add(raw.start, What::NoName);
        }
        if let Some((word, rest)) = keyword(&raw.name) {
            // `declare -x NAME`
            let name = rest.rsplit(|byte| is_blank(*byte)).next().filter(|name| is_variable(name)).map(shown);
            return self.add(raw.start, What::Keyword { word, name });
        }
        let short = is_harmless(&raw.name);
        let plain: Vec<u8> = raw.name.iter().copied().filter(|byte| !matches!(byte, b'"' | b'\'')).collect();
        let instead: Vec<u8> =
            plain.iter().map(|byte| if byte.is_ascii_alphanumeric() { *byte } else { b'_' }).collect();
        let instead =
            if instead.first().is_some_and(u8::is_ascii_digit) { [b"_", &*instead].concat() } else { instead };
        let instead = is_variable(&instead).then(|| shown(&instead));
        let what = if short { What::BadName { shown: shown(&raw.name), instead } } else { What::HiddenBadName };
        self.add(raw.start, what);
    }

    /// A missing quote includes what follows.
    fn late_quotes(&mut self, raw: &Raw) {
        for Quoted { open, close } in &raw.quotes {
            let quote = char::from(self.content[*open]);
            let Some(close) = close else {
                let last_line = self.lines.at(self.content.trim_ascii_end().len().saturating_sub(1));
                let last_line = (last_line > self.lines.at(*open)).then_some(last_line);
                self.add(*open, What::OpenQuote { name: harmless(&raw.name), quote, last_line });
                continue;
            };
            let within = self.content[*open..*close].split(|byte| *byte == b'\n').skip(1);
            if within.map(<[u8]>::trim_ascii).any(is_like_assignment) {
                let closed = self.lines.at(*close);
                self.add(*open, What::LateQuote { name: harmless(&raw.name), quote, closed });
            }
        }
    }

    fn joins(&mut self, raw: &Raw) {
        for join in &raw.joins {
            if self.content.get(join + 1) == Some(&b'\r') {
                self.add(*join, What::ContinuationBeforeCarriageReturn { name: harmless(&raw.name) });
                continue;
            }
            let joined = self.line_after(join + 1).trim_ascii();
            let own = joined.is_empty() || joined[0] == b'#' || is_like_assignment(joined);
            if own {
                self.add(*join, What::Continuation { name: harmless(&raw.name) });
            }
        }
    }

    fn carriage_returns(&mut self, entries: &[Entry]) {
        for raw in entries.iter().filter_map(Entry::assignment) {
            let quoted =
                |taken: &&ValueByte| taken.byte == b'\r' && matches!(taken.quoting, Quoting::Single | Quoting::Double);
            if let Some(taken) = raw.value.iter().find(quoted) {
                self.add(taken.at, What::CarriageReturnInQuotes { name: shown(&raw.name) });
            }
        }
        let all = || self.content.iter().enumerate().filter(|(_, byte)| **byte == b'\r').map(|(at, _)| at);
        let ends_line = |at: &usize| self.content.get(at + 1).is_none_or(|next| *next == b'\n');
        let at_end = all().find(ends_line);
        // A carriage return at the end of a piece is not part of the value.
        let mut ends = entries.iter().map(Entry::end);
        let inside = ends.find(|end| self.content.get(*end) == Some(&b'\r') && !ends_line(end));
        at_end.into_iter().for_each(|at| self.add(at, What::CarriageReturns));
        inside.into_iter().for_each(|at| self.add(at, What::CarriageReturnInside));
    }

    fn set_again(&mut self, assignments: &[Assignment]) {
        let mut last: HashMap<&str, usize> = HashMap::new();
        for assignment in assignments.iter().rev() {
            if let Some(again) = last.get(&*assignment.name) {
                let what = What::SetAgain { name: shown(assignment.name.as_bytes()), again: *again };
                self.found.push(Finding { line: assignment.line, what });
            }
            last.entry(&assignment.name).or_insert(assignment.line);
        }
    }

    /// The line after the one at an offset; empty after the last line.
    fn line_after(&self, at: usize) -> &[u8] {
        let start = self.lines.start(self.lines.at(at) + 1).unwrap_or(self.content.len());
        self.content[start..].split(|byte| *byte == b'\n').next().unwrap_or_default()
    }
}

/// True if the trailing backslash is not escaped.
fn is_odd_run(bytes: &[u8]) -> bool {
    bytes.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// `NAME=…` with a value; base64 ends in `=` or `==`.
pub fn is_like_assignment(line: &[u8]) -> bool {
    let line = keyword(line).map_or(line, |(_, rest)| rest);
    let Some(equals) = line.iter().position(|byte| *byte == b'=') else { return false };
    is_variable(&line[..equals]) && !matches!(line.get(equals + 1), None | Some(b'='))
}

pub fn keyword(line: &[u8]) -> Option<(&'static str, &[u8])> {
    KEYWORDS.into_iter().find_map(|word| {
        let rest = line.strip_prefix(word.as_bytes())?;
        rest.first().is_some_and(|byte| is_blank(*byte)).then(|| (word, rest.trim_ascii()))
    })
}

/// The maximum length of a name that is printed.
pub const NAME_SHOWN: usize = 40;

/// True for a name that is no part of a secret: a torn-off line may be one, and end in `=`.
fn is_harmless(name: &[u8]) -> bool {
    let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.- \t\"'".contains(byte);
    name.len() <= NAME_SHOWN && name.iter().all(harmless)
}

fn harmless(name: &[u8]) -> String {
    if is_variable(name) || is_harmless(name) { shown(name) } else { "…".into() }
}

/// Shortens a name and makes it printable.
pub fn shown(name: &[u8]) -> String {
    let text = shell::printable(&String::from_utf8_lossy(name));
    if text.chars().count() <= NAME_SHOWN {
        return text;
    }
    text.chars().take(NAME_SHOWN - 1).chain(['…']).collect()
}
