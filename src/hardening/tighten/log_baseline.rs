//! What the log of a trial says that it did not say before: many programs report an error and continue, or continue
//! silently.

use std::collections::{BTreeSet, HashSet};

use super::clues::{self, Evidence, Weight};

/// The log of a service without hardening, from two runs of the same length.
#[derive(Debug, Clone, Default)]
pub struct LogBaseline {
    /// The patterns of all lines.
    known: HashSet<String>,
    /// The patterns of lines in both runs, with a line of each.
    steady: Vec<(String, String)>,
}

/// Something that went wrong in a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    /// The most specific line.
    pub line: String,
    /// In plain words.
    pub means: String,
    /// The directives that can cause it.
    pub suspects: Vec<&'static str>,
    pub lines: Vec<String>,
}

impl LogBaseline {
    pub fn of(first: &[String], second: &[String]) -> LogBaseline {
        let patterns = |lines: &[String]| lines.iter().map(|line| pattern(line)).collect::<HashSet<String>>();
        let (one, other) = (patterns(first), patterns(second));
        let mut steady: Vec<(String, String)> = Vec::new();
        for line in first {
            let pattern = pattern(line);
            let is_known = steady.iter().any(|(known, _)| *known == pattern);
            if other.contains(&pattern) && !is_known && pattern.chars().any(char::is_alphanumeric) {
                steady.push((pattern, line.clone()));
            }
        }
        LogBaseline { known: &one | &other, steady }
    }

    /// The first failure in a log that the baseline does not have.
    pub fn new_symptom(&self, lines: &[String]) -> Option<Symptom> {
        let new: Vec<(&String, Evidence)> = lines
            .iter()
            .filter(|line| !self.known.contains(&pattern(line)))
            .filter_map(|line| Some((line, clues::evidence(line)?)))
            .collect();
        let heaviest = new.iter().map(|(_, it)| it.weight).filter(|weight| *weight != Weight::Trace).max();
        let (line, evidence) = match heaviest {
            Some(weight) => new.iter().find(|(_, it)| it.weight == weight)?,
            None => new.first()?,
        };
        let suspects: BTreeSet<&str> = new.iter().flat_map(|(_, it)| it.suspects.iter().copied()).collect();
        Some(Symptom {
            line: (*line).clone(),
            means: evidence.means.to_owned(),
            suspects: suspects.into_iter().collect(),
            lines: new.into_iter().map(|(line, _)| line.clone()).collect(),
        })
    }

    /// A line of both runs that a log does not have.
    pub fn missing(&self, lines: &[String]) -> Option<&str> {
        let seen: HashSet<String> = lines.iter().map(|line| pattern(line)).collect();
        self.steady.iter().find(|(pattern, _)| !seen.contains(pattern)).map(|(_, line)| line.trim())
    }
}

/// A line without numbers, such as times and addresses, which differ from run to run.
fn pattern(line: &str) -> String {
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
    fn only_new_lines_count() {
        let before = lines(&["pid 4711 started", "12:00:01 error: cache 0xdeadbee0 is cold", "tick 1", "tick 2"]);
        let again = lines(&["pid 4811 started", "12:00:31 error: cache 0xfeedbee1 is cold", "tick 1"]);
        let baseline = LogBaseline::of(&before, &again);
        let fine = lines(&["pid 99 started", "09:10:11 error: cache 0xabc123 is cold", "tick 77"]);
        assert_eq!((baseline.new_symptom(&fine), baseline.missing(&fine)), (None, None));
        let broken = lines(&[
            "pid 1 started",
            "Traceback (most recent call last):",
            "  File \"x.py\", line 3",
            "OSError: [Errno 30] Read-only file system: '/srv/x/log'",
            "could not save",
        ]);
        let symptom = baseline.new_symptom(&broken).unwrap();
        assert_eq!(symptom.line, "OSError: [Errno 30] Read-only file system: '/srv/x/log'");
        assert_eq!(symptom.means, "it writes to a read-only file system");
        assert!(symptom.suspects.contains(&"ProtectSystem"), "{symptom:?}");
        assert_eq!(baseline.missing(&broken), Some("12:00:01 error: cache 0xdeadbee0 is cold"));
    }

    #[test]
    fn only_lines_of_both_runs_can_be_missing() {
        let baseline = LogBaseline::of(&lines(&["ok", "once"]), &lines(&["ok", "now and then", "---"]));
        assert_eq!(baseline.missing(&lines(&["ok"])), None);
        assert_eq!(baseline.missing(&lines(&["hello"])), Some("ok"));
        assert_eq!(LogBaseline::default().missing(&[]), None);
        assert_eq!(baseline.new_symptom(&lines(&["could not save"])).unwrap().means, "it reports an error");
    }
}
