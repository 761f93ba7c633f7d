//! What a trial's log tells that the log of the same service did not tell before it was tightened: many programs do
//! not die of a refusal, but say so and go on, or go on in silence.

use std::collections::{BTreeSet, HashSet};

use super::clues;
use super::clues::Told;
use super::clues::Weight;

/// What a service says when nothing is closed to it, from two runs of the same length.
#[derive(Debug, Clone, Default)]
pub struct Voice {
    /// The shapes of all that it said.
    known: HashSet<String>,
    /// The shapes of what it said in both runs, with a line of each.
    steady: Vec<(String, String)>,
}

/// Something that a trial's log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// The line that tells most.
    pub line: String,
    /// What it means, in plain words.
    pub means: String,
    /// Directives that the lines speak against.
    pub suspects: Vec<&'static str>,
    /// All lines that tell of it.
    pub lines: Vec<String>,
}

impl Voice {
    /// Learns from two runs.
    pub fn of(first: &[String], second: &[String]) -> Voice {
        let shapes = |lines: &[String]| lines.iter().map(|line| shape(line)).collect::<HashSet<String>>();
        let (one, other) = (shapes(first), shapes(second));
        let mut steady: Vec<(String, String)> = Vec::new();
        for line in first {
            let shape = shape(line);
            let is_known = steady.iter().any(|(known, _)| *known == shape);
            if other.contains(&shape) && !is_known && shape.chars().any(char::is_alphanumeric) {
                steady.push((shape, line.clone()));
            }
        }
        Voice { known: &one | &other, steady }
    }

    /// The first thing that went wrong in a trial by its log; `None` when it says nothing of the kind that was not
    /// said before.
    pub fn news(&self, lines: &[String]) -> Option<Sign> {
        let new: Vec<(&String, Told)> = lines
            .iter()
            .filter(|line| !self.known.contains(&shape(line)))
            .filter_map(|line| Some((line, clues::told(line)?)))
            .collect();
        let heaviest = new.iter().map(|(_, told)| told.weight).filter(|weight| *weight != Weight::Trace).max();
        let (line, told) = match heaviest {
            Some(weight) => new.iter().find(|(_, told)| told.weight == weight)?,
            None => new.first()?,
        };
        let suspects: BTreeSet<&str> = new.iter().flat_map(|(_, told)| told.suspects.iter().copied()).collect();
        Some(Sign {
            line: (*line).clone(),
            means: told.means.to_owned(),
            suspects: suspects.into_iter().collect(),
            lines: new.into_iter().map(|(line, _)| line.clone()).collect(),
        })
    }

    /// A line that it said in both runs and does not say in this one.
    pub fn missing(&self, lines: &[String]) -> Option<&str> {
        let said: HashSet<String> = lines.iter().map(|line| shape(line)).collect();
        self.steady.iter().find(|(shape, _)| !said.contains(shape)).map(|(_, line)| line.trim())
    }
}

/// A line without what changes from run to run: words with digits in them, such as times, numbers and addresses.
fn shape(line: &str) -> String {
    let word = |word: &str| {
        let mut out = String::new();
        let mut characters = word.chars().peekable();
        while let Some(c) = characters.next() {
            if !c.is_ascii_hexdigit() {
                out.push(c);
                continue;
            }
            let mut run = String::from(c);
            while let Some(next) = characters.next_if(char::is_ascii_hexdigit) {
                run.push(next);
            }
            out.push_str(if run.contains(|c: char| c.is_ascii_digit()) { "#" } else { &run });
        }
        out
    };
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn only_what_was_not_said_before_counts() {
        let before = lines(&["pid 4711 started", "12:00:01 error: cache 0xdeadbee0 is cold", "tick 1", "tick 2"]);
        let again = lines(&["pid 4811 started", "12:00:31 error: cache 0xfeedbee1 is cold", "tick 1"]);
        let voice = Voice::of(&before, &again);
        let fine = lines(&["pid 99 started", "09:10:11 error: cache 0xabc123 is cold", "tick 77"]);
        assert_eq!((voice.news(&fine), voice.missing(&fine)), (None, None));
        let broken = lines(&[
            "pid 1 started",
            "Traceback (most recent call last):",
            "  File \"x.py\", line 3",
            "OSError: [Errno 30] Read-only file system: '/srv/x/log'",
            "could not save",
        ]);
        let sign = voice.news(&broken).unwrap();
        assert_eq!(sign.line, "OSError: [Errno 30] Read-only file system: '/srv/x/log'");
        assert_eq!(sign.means, "it writes where it may only read");
        assert!(sign.suspects.contains(&"ProtectSystem"), "{sign:?}");
        assert_eq!(voice.missing(&broken), Some("12:00:01 error: cache 0xdeadbee0 is cold"));
    }

    #[test]
    fn silence_tells_only_of_what_is_always_said() {
        let voice = Voice::of(&lines(&["ok", "once"]), &lines(&["ok", "now and then", "---"]));
        assert_eq!(voice.missing(&lines(&["ok"])), None);
        assert_eq!(voice.missing(&lines(&["hello"])), Some("ok"));
        assert_eq!(Voice::default().missing(&[]), None);
        assert_eq!(voice.news(&lines(&["could not save"])).unwrap().means, "it complains");
    }
}
