//! Environment files as systemd reads them (`EnvironmentFile=`, systemd.exec(5)): which variables a
//! service gets from one, and what in it means something else to a shell or to Docker.
//!
//! Pure: the bytes come from [`crate::host::lookup`]. `grammar` splits them as systemd does, and is
//! held against real managers by the booted tests; [`Reading`] adds what becomes of the pieces.

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

/// The largest file, in bytes, that every release reads: 247 refuses the start of a service with a
/// larger one, 252 and later were seen to read 64 MiB.
pub const SIZE_MAX: u64 = 4 << 20;

/// What systemd makes of a file, and what may surprise its author.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    /// The variables, in the order of the file; of several with one name the last counts.
    pub assignments: Vec<Assignment>,
    /// Why systemd takes nothing of it, or why the service cannot be started with it.
    pub refusal: Option<Refusal>,
    /// What it reads otherwise than its author may mean it, by line.
    pub findings: Vec<Finding>,
}

/// One variable that a file sets.
#[derive(PartialEq, Eq)]
pub struct Assignment {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// Its value, which may be a secret.
    pub value: String,
}

/// Without the value, so that no message can ever hold it.
impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}=…", self.line, self.name)
    }
}

/// Why a service cannot be started with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A NUL byte on this line: “Bad message”.
    Nul {
        /// The line, from 1.
        line: usize,
        /// It is there because the file is UTF-16.
        utf16: bool,
    },
    /// A name or a value that is no text to systemd (UTF-8 without noncharacters): “Invalid argument”.
    NotText {
        /// The line, from 1.
        line: usize,
    },
    /// A variable longer than the kernel passes on, see [`ARGUMENT_MAX`]: 203/EXEC, “Argument list too
    /// long”. From 2 MiB on some releases drop it and others do not get as far as that.
    TooLong {
        /// The line, from 1.
        line: usize,
        /// The variable.
        name: String,
    },
}

impl Refusal {
    /// True when systemd takes nothing at all from the file; where the file may be missing (`-`) it
    /// then passes over it without a word.
    pub fn is_of_file(&self) -> bool {
        !matches!(self, Refusal::TooLong { .. })
    }
}

/// Reads a file by systemd's rules.
pub fn read(content: &[u8], comments: Comments) -> Reading {
    let lines = Lines::of(content);
    let entries = entries(content, comments);
    let mut assignments = Vec::new();
    let mut refusal = content.iter().position(|byte| *byte == 0).map(|at| Refusal::Nul {
        line: lines.at(at),
        utf16: content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff"),
    });
    for raw in entries.iter().filter_map(|entry| if let Entry::Assignment(raw) = entry { Some(raw) } else { None }) {
        match assignment(raw, &lines) {
            Ok(Some(assignment)) => assignments.push(assignment),
            Ok(None) => {}
            Err(refused) => {
                // What is wrong with the file as a whole comes before what is wrong with one variable.
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

/// The variables that a service gets from a file, each once: for whoever wants to know what is in
/// one or to run something as the service will.
pub fn assignments(content: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let reading = read(content, Comments::EndWithTheirLine);
    match reading.refusal {
        Some(refusal) => Err(refusal),
        None => Ok(effective(reading.assignments)),
    }
}

/// Each name once, with the value that counts.
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

/// What becomes of one assignment; `None` where systemd drops it with no more than a log line.
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

/// Where the lines of a file begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(content: &[u8]) -> Lines {
        let ends = content.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        Lines(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
    }

    /// The number of the line, from 1, that holds an offset. Editors count by line feeds alone.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }

    /// Where a line begins.
    fn start(&self, line: usize) -> Option<usize> {
        self.0.get(line.checked_sub(1)?).copied()
    }

    /// The line of the first byte of a value that is no text.
    fn of_bad_text(&self, raw: &Raw) -> usize {
        let value = raw.bytes();
        let good = value.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        self.at(raw.value.get(good).map_or(raw.start, |taken| taken.at))
    }
}
