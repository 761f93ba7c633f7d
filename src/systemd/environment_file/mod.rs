//! Environment files as systemd reads them (`EnvironmentFile=`, systemd.exec(5)): their variables, and what a shell or
//! Docker reads differently. The booted tests compare `grammar` with systemd.

mod findings;
mod grammar;
#[cfg(test)]
mod tests;
mod values;
mod words;

use crate::systemd::names::is_variable;
use crate::systemd::text::ARGUMENT_MAX;
use crate::systemd::text::check_text;

pub use grammar::Comments;
use grammar::{Entry, Raw, entries};
pub use words::{Finding, What, grouped};

/// In bytes: systemd 247 fails to start a service with a larger file; 252 and later read 64 MiB.
pub const SIZE_MAX: u64 = 4 << 20;

/// What systemd reads from a file, and what may surprise its author.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    /// In the order of the file; the last one of a name counts.
    pub assignments: Vec<Assignment>,
    /// Why systemd reads nothing from it, or why the service fails to start with it.
    pub refusal: Option<Refusal>,
    /// By line.
    pub findings: Vec<Finding>,
}

/// A variable that a file sets.
#[derive(PartialEq, Eq)]
pub struct Assignment {
    /// Of its first line, from 1.
    pub line: usize,
    pub name: String,
    /// Possibly a secret.
    pub value: String,
}

/// Without the value, so that no message can contain it.
impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}=…", self.line, self.name)
    }
}

/// Why a service fails to start with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// “Bad message”
    #[error("{}", if *.utf16 { "it is UTF-16, but systemd reads UTF-8".to_owned() } else { format!("line {line} contains a NUL byte") })]
    Nul { line: usize, utf16: bool },
    /// “Invalid argument”
    #[error("line {line} is not valid UTF-8 for systemd")]
    NotText { line: usize },
    /// 203/EXEC, “Argument list too long”. From 2 MiB on, some versions drop it and others fail before.
    #[error("`{}` in line {line} is longer than {ARGUMENT_MAX} bytes, the kernel's limit", findings::shown(.name.as_bytes()))]
    TooLong { line: usize, name: String },
}

impl Refusal {
    /// True if systemd reads nothing from the file; if the file is optional (`-`), it then ignores it without a
    /// warning.
    pub fn is_of_file(&self) -> bool {
        !matches!(self, Refusal::TooLong { .. })
    }
}

pub fn read(content: &[u8], comments: Comments) -> Reading {
    let lines = Lines::of(content);
    let entries = entries(content, comments);
    let mut assignments = Vec::new();
    let mut refusal = content.iter().position(|byte| *byte == 0).map(|at| Refusal::Nul {
        line: lines.at(at),
        utf16: content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff"),
    });
    for raw in entries.iter().filter_map(Entry::assignment) {
        match assignment(raw, &lines) {
            Ok(Some(assignment)) => assignments.push(assignment),
            Ok(None) => {}
            Err(refused) => {
                // An error of the whole file goes before an error of a variable.
                let first = refusal.as_ref().is_none_or(|known| refused.is_of_file() && !known.is_of_file());
                refusal = if first { Some(refused) } else { refusal };
            }
        }
    }
    let findings = findings::of(content, &entries, &assignments, &lines);
    if refusal.as_ref().is_some_and(Refusal::is_of_file) {
        assignments.clear();
    }
    Reading { assignments, refusal, findings }
}

/// The effective variables, each once.
pub fn assignments(content: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let reading = read(content, Comments::EndWithTheirLine);
    match reading.refusal {
        Some(refusal) => Err(refusal),
        None => Ok(effective(reading.assignments)),
    }
}

/// The last value of each name.
pub fn effective(assignments: Vec<Assignment>) -> Vec<(String, String)> {
    let mut places = std::collections::HashMap::new();
    let mut each: Vec<(String, String)> = Vec::new();
    for Assignment { name, value, .. } in assignments {
        match places.get(&name) {
            Some(place) => each[*place] = (name, value),
            None => {
                places.insert(name.clone(), each.len());
                each.push((name, value));
            }
        }
    }
    each
}

/// `None` if systemd drops the assignment with a log message.
fn assignment(raw: &Raw, lines: &Lines) -> Result<Option<Assignment>, Refusal> {
    let line = lines.at(raw.start);
    let value = raw.bytes();
    let not_text = |_| Refusal::NotText { line };
    let name = check_text(&raw.name).map_err(not_text)?.to_owned();
    let value = check_text(&value).map_err(|_| Refusal::NotText { line: lines.of_bad_text(raw) })?.to_owned();
    if !is_variable(raw.name.as_slice()) {
        return Ok(None);
    }
    if name.len() + 1 + value.len() > ARGUMENT_MAX {
        return Err(Refusal::TooLong { line, name });
    }
    Ok(Some(Assignment { line, name, value }))
}

/// The offsets of the lines of a file.
struct Lines(Vec<usize>);

impl Lines {
    fn of(content: &[u8]) -> Lines {
        let ends = content.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        Lines(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
    }

    /// The line number of an offset, from 1. Editors count line feeds only.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }

    fn start(&self, line: usize) -> Option<usize> {
        self.0.get(line.checked_sub(1)?).copied()
    }

    /// The line of the first byte of a value that is not valid text.
    fn of_bad_text(&self, raw: &Raw) -> usize {
        let value = raw.bytes();
        let good = value.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        self.at(raw.value.get(good).map_or(raw.start, |taken| taken.at))
    }
}
