//! The section `[X-Mkservice]` of a unit file, which marks it as managed by mkservice and detects edits. systemd
//! ignores sections that begin with `X-`.

use sha2::{Digest as _, Sha256};

use crate::shell;
use crate::spec::ManifestId;

const SECTION: &str = "[X-Mkservice]";
pub(super) const CHECKSUM: &str = "Checksum=sha256:";
const RENAMED_FROM: &str = "RenamedFrom=";
const COMPANION_OF: &str = "CompanionOf=";
const COMMAND: &str = "Command=";
const APPLIED_FROM: &str = "AppliedFrom=";
const WITHDRAWN: &str = "Withdrawn=yes";
const FORMER_NAME: &str = "FormerName=";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Written by mkservice.
    Managed,
    /// Written by mkservice, and edited since.
    Edited,
    /// Not managed by mkservice.
    Foreign,
}

/// Appends the checksum of everything before it.
pub fn seal(body: &str) -> String {
    let body = body.trim_end_matches('\n');
    format!("{body}\n{CHECKSUM}{}\n", checksum(&format!("{body}\n")))
}

/// Whether mkservice manages the file, edited or not. A checksum of each of 1,000 files takes 0.1s.
pub fn is_managed(text: &str) -> bool {
    text.lines().any(|line| line == SECTION)
}

pub fn origin(text: &[u8]) -> Origin {
    let Some(text) = std::str::from_utf8(text).ok().filter(|text| is_managed(text)) else { return Origin::Foreign };
    let sealed = text.rsplit_once(CHECKSUM).is_some_and(|(body, seal)| seal == format!("{}\n", checksum(body)));
    if sealed { Origin::Managed } else { Origin::Edited }
}

/// The directives that systemd reads, without comments and stamp. Two files with equal directives are the same unit.
pub fn effective(text: &str) -> String {
    let mut out = String::new();
    for line in split(text).0.lines().filter(|line| !line.starts_with(['#', ';']) && !line.is_empty()) {
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The text before the stamp: what matters to people.
pub fn without_stamp(text: &str) -> &str {
    split(text).0.trim_end()
}

/// The text before the stamp, and the stamp.
fn split(text: &str) -> (&str, &str) {
    let before = text.split_inclusive('\n').take_while(|line| line.lines().next() != Some(SECTION));
    text.split_at(before.map(str::len).sum())
}

/// The stamp without its checksum. A companion names its service, and a service of a manifest the manifest.
pub fn section(typed: &str, companion_of: Option<&str>, applied_from: Option<&str>) -> String {
    let line = |key: &str, value: Option<&str>| value.map(|value| format!("{key}{value}\n")).unwrap_or_default();
    let (whose, from) = (line(COMPANION_OF, companion_of), line(APPLIED_FROM, applied_from));
    format!("{SECTION}\nVersion={}\n{whose}{from}Command={typed}\n", env!("CARGO_PKG_VERSION"))
}

/// The manifest that the unit was created from, in shell quoting.
pub fn applied_from(text: &str) -> Option<&str> {
    split(text).1.lines().find_map(|line| line.strip_prefix(APPLIED_FROM))
}

/// The same, as it was given.
pub fn manifest(text: &str) -> Option<ManifestId> {
    let words = shell::own_words(&format!("mkservice {}", applied_from(text)?))?;
    words.first().and_then(|word| ManifestId::parse(word).ok())
}

/// The service that a companion belongs to.
pub fn companion_of(text: &str) -> Option<&str> {
    split(text).1.lines().find_map(|line| line.strip_prefix(COMPANION_OF))
}

/// Recorded in a unit that is replacing another one until that is done, so that an interrupted rename can be continued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    pub from: String,
    pub enabled: bool,
    pub up: bool,
}

impl Succession {
    /// Reads it from a unit file.
    pub fn of(text: &str) -> Option<Succession> {
        let mut words = text.lines().find_map(|line| line.strip_prefix(RENAMED_FROM))?.split(' ');
        let from = words.next()?.to_owned();
        let words: Vec<&str> = words.collect();
        Some(Succession { from, enabled: words.contains(&"enabled"), up: words.contains(&"up") })
    }

    /// Adds it to a unit file.
    pub fn write(&self, text: &str) -> String {
        let flags = [("enabled", self.enabled), ("up", self.up)].into_iter().filter(|(_, is)| *is);
        let flags: String = flags.flat_map(|(flag, _)| [" ", flag]).collect();
        with_line(text, &format!("{RENAMED_FROM}{}{flags}", self.from))
    }

    /// Removes it from a unit file.
    pub fn erase(text: &str) -> String {
        let kept = text.split_inclusive('\n').filter(|line| !line.starts_with(RENAMED_FROM));
        resealed(text, &kept.collect::<String>())
    }
}

/// The names that the service had before it was renamed, under which its earlier log is.
pub fn former_names(text: &str) -> impl Iterator<Item = &str> {
    split(text).1.lines().filter_map(|line| line.strip_prefix(FORMER_NAME))
}

/// The same text with exactly these former names.
pub fn with_former_names<'a>(text: &str, names: impl DoubleEndedIterator<Item = &'a str>) -> String {
    let without: String = text.split_inclusive('\n').filter(|line| !line.starts_with(FORMER_NAME)).collect();
    let without = resealed(text, &without);
    names.rev().fold(without, |text, name| with_line(&text, &format!("{FORMER_NAME}{name}")))
}

/// Marks a new unit that is being removed because it did not start: a later run takes it for new as well.
pub fn withdraw(text: &str) -> String {
    with_line(text, WITHDRAWN)
}

pub fn is_withdrawn(text: &str) -> bool {
    split(text).1.lines().any(|line| line == WITHDRAWN)
}

fn with_line(text: &str, line: &str) -> String {
    let (before, stamp) = split(text);
    let stamp = stamp.replacen(&format!("{SECTION}\n"), &format!("{SECTION}\n{line}\n"), 1);
    resealed(text, &format!("{before}{stamp}"))
}

/// Updates the checksum if it was correct before.
pub(super) fn resealed(before: &str, text: &str) -> String {
    match (origin(before.as_bytes()), text.rsplit_once(CHECKSUM)) {
        (Origin::Managed, Some((body, _))) => seal(body),
        _ => text.to_owned(),
    }
}

/// The text between the leading comments and the stamp.
pub fn directives(text: &str) -> String {
    let lines = split(text).0.lines().skip_while(|line| line.starts_with('#') || line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The command that the unit was created from.
pub fn typed_line(text: &str) -> Option<&str> {
    split(text).1.lines().find_map(|line| line.strip_prefix(COMMAND))
}

/// Replaces that command.
pub fn with_command(text: &str, line: &str) -> String {
    let (before, stamp) = split(text);
    let mut out = before.to_owned();
    for old in stamp.split_inclusive('\n') {
        match old.starts_with(COMMAND) {
            true => out.push_str(&format!("{COMMAND}{line}\n")),
            false => out.push_str(old),
        }
    }
    resealed(text, &out)
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_section_in_a_value_is_not_the_stamp() {
        let before = "[Unit]\nDescription=writes [X-Mkservice]\n\n[Service]\nExecStart=/bin/true\n";
        let text = seal(&format!("{before}\n{}", section("mkservice true", None, None)));
        assert_eq!(without_stamp(&text), before.trim_end());
        let withdrawn = withdraw(&text);
        assert_eq!((withdrawn.starts_with(before), is_withdrawn(&withdrawn)), (true, true), "{withdrawn}");
        assert!(with_command(&text, "mkservice false").starts_with(before));
    }

    #[test]
    fn edits_are_seen() {
        let text = seal("[Service]\nExecStart=/bin/true\n\n[X-Mkservice]\nVersion=0\nCommand=mkservice true\n");
        assert_eq!(origin(text.as_bytes()), Origin::Managed);
        assert_eq!(typed_line(&text), Some("mkservice true"));
        assert_eq!(effective(&text), "[Service]\nExecStart=/bin/true\n");
        let succession = Succession { from: "old".into(), enabled: true, up: false };
        let marked = succession.write(&text);
        assert_eq!((origin(marked.as_bytes()), Succession::of(&marked)), (Origin::Managed, Some(succession)));
        assert_eq!((Succession::of(&text), Succession::erase(&marked)), (None, text.clone()));
        let withdrawn = withdraw(&text);
        assert_eq!((is_withdrawn(&text), is_withdrawn(&withdrawn)), (false, true));
        assert_eq!(origin(withdrawn.as_bytes()), Origin::Managed);
        for edited in [
            text.replace("true\n", "false\n"),
            format!("{text}X=1\n"),
            text.replace("Checksum=sha256:", "Checksum=sha256:0"),
        ] {
            assert_eq!(origin(edited.as_bytes()), Origin::Edited, "{edited}");
        }
        assert_eq!(origin(b"[Service]\nExecStart=/bin/true\n"), Origin::Foreign);
        assert_eq!(origin(b"\xff"), Origin::Foreign);
    }

    #[test]
    fn former_names_are_replaced_as_a_whole() {
        let text = seal(&format!("[Service]\nExecStart=/a\n\n{}", section("mkservice a", None, None)));
        let named = with_former_names(&text, ["b", "a"].into_iter());
        assert_eq!(
            (origin(named.as_bytes()), former_names(&named).collect::<Vec<_>>()),
            (Origin::Managed, vec!["b", "a"])
        );
        assert_eq!(with_former_names(&named, std::iter::empty()), text);
        assert_eq!(former_names(&text).count(), 0);
    }

    #[test]
    fn the_file_of_a_service_is_recorded() {
        let text =
            |command: &str, from| seal(&format!("[Service]\nExecStart={command}\n\n{}", section("true", None, from)));
        let (one, other, none) = (text("/a", Some("/srv/a")), text("/a", Some("'/srv/b c'")), text("/a", None));
        assert_eq!([&one, &other, &none].map(|text| applied_from(text)), [Some("/srv/a"), Some("'/srv/b c'"), None]);
    }
}
