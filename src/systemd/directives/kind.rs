//! Kinds of values, read from `data/systemd/kinds.txt`.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::value::{Syntax, syntax};

/// The kind of a directive's value.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub syntax: Syntax,
    /// The value is one of the words, and not a list of them.
    is_choice: bool,
    pub is_switch: bool,
    pub numbers: Option<RangeInclusive<i64>>,
    /// With the first version that accepts each; 0 if it is older than all supported versions.
    words: Vec<(&'static str, u32)>,
    /// The first version that accepts the empty value.
    empty_since: Option<u32>,
    example: Option<&'static str>,
    expects: Option<&'static str>,
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/systemd/kinds.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| Kind::parse(line).unwrap_or_else(|| unreachable!("not a row: {line}"))).collect()
});

impl Kind {
    pub fn named(name: &str) -> Option<&'static Kind> {
        KINDS.get(KINDS.partition_point(|kind| kind.name < name)).filter(|kind| kind.name == name)
    }

    /// Reads a row.
    fn parse(line: &'static str) -> Option<Kind> {
        let mut columns = line.split(" | ").map(|column| (column != "-").then_some(column));
        let mut next = || columns.next();
        let (name, syntax_name, numbers, words, empty) = (next()??, next()??, next()?, next()?, next()??);
        let range =
            |text: &str| text.split_once("..").and_then(|(first, last)| Some(first.parse().ok()?..=last.parse().ok()?));
        let word = |text: &'static str| match text.split_once(':') {
            Some((word, since)) => Some((word, since.parse().ok()?)),
            None => Some((text, 0)),
        };
        Some(Kind {
            name,
            syntax: syntax(syntax_name)?,
            is_choice: ["action", "choice", "input", "output", "switch"].contains(&syntax_name),
            is_switch: syntax_name == "switch",
            numbers: numbers.map_or(Some(None), |text| range(text).map(Some))?,
            words: words.unwrap_or_default().split_whitespace().map(word).collect::<Option<_>>()?,
            empty_since: match empty {
                "yes" => Some(0),
                "no" => None,
                since => Some(since.parse().ok()?),
            },
            example: next()?,
            expects: next()?,
        })
    }

    /// The words that the value can be; empty for other kinds.
    pub fn choices(&self, release: u32) -> Vec<&'static str> {
        let switch: &[&str] = if self.is_switch { &["yes", "no"] } else { &[] };
        switch.iter().copied().chain(self.words(release).filter(|_| self.is_choice)).collect()
    }

    /// The words that the value can contain.
    pub fn words(&self, release: u32) -> impl Iterator<Item = &'static str> {
        self.words.iter().filter(move |(_, since)| release >= *since).map(|(word, _)| *word)
    }

    /// Whether it is one of the words.
    pub fn has_word(&self, word: &str, release: u32) -> bool {
        self.words.iter().any(|(known, since)| *known == word && release >= *since)
    }

    /// The first version that accepts a value, if it is newer than this one.
    pub fn newer_choice(&self, value: &str, release: u32) -> Option<u32> {
        let (_, since) = self.words.iter().find(|(known, _)| self.is_choice && *known == value)?;
        (*since > release).then_some(*since)
    }

    pub fn accepts_empty(&self, release: u32) -> bool {
        self.empty_since.is_some_and(|since| release >= since)
    }

    /// Completes "expects …".
    pub fn expects(&self, release: u32) -> String {
        match (self.expects, self.choices(release).split_last()) {
            (Some(text), _) => text.to_owned(),
            (None, Some((last, []))) => format!("`{last}`"),
            (None, Some((last, others))) => format!("one of {} and {last}", others.join(", ")),
            (None, None) => String::new(),
        }
    }

    pub fn example(&self, release: u32) -> &'static str {
        self.example.or_else(|| self.choices(release).first().copied()).unwrap_or("1")
    }

    /// True if only the kernel or systemd can check more than the form, such as the names of system calls, or the
    /// machine.
    pub fn needs_systemd(&self) -> bool {
        const UNCHECKED: [&str; 10] = [
            "BpfDelegate",
            "CpuPriority",
            "ImagePolicy",
            "LogPattern",
            "LuoSession",
            "OomRules",
            "Personality",
            "SystemCallFilter",
            "SystemCalls",
            "XAttrs",
        ];
        UNCHECKED.contains(&self.name)
    }
}
