//! Our mark in a unit file, the section `[X-Mkservice]`, by which mkservice knows its own and sees
//! whether somebody edited it. systemd ignores sections that begin with `X-`.

use sha2::{Digest as _, Sha256};

/// The section's head.
const SECTION: &str = "[X-Mkservice]";
const CHECKSUM: &str = "Checksum=sha256:";
const RENAMED_FROM: &str = "RenamedFrom=";
const COMPANION_OF: &str = "CompanionOf=";
const COMMAND: &str = "Command=";
/// How the remark begins that repeats the line.
const REMARK: &str = "#   mkservice";
const APPLIED_FROM: &str = "AppliedFrom=";

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Ours, as we wrote it.
    Ours,
    /// Ours, but it was changed since.
    Edited,
    /// Somebody else's.
    Foreign,
}

/// Closes a text that ends in our section with the checksum of everything before it.
pub fn seal(body: &str) -> String {
    let body = body.trim_end_matches('\n');
    format!("{body}\n{CHECKSUM}{}\n", checksum(&format!("{body}\n")))
}

/// Tells whose a file is.
pub fn origin(text: &[u8]) -> Origin {
    let Ok(text) = std::str::from_utf8(text) else { return Origin::Foreign };
    if !text.lines().any(|line| line == SECTION) {
        return Origin::Foreign;
    }
    let sealed = text.rsplit_once(CHECKSUM).is_some_and(|(body, seal)| seal == format!("{}\n", checksum(body)));
    if sealed { Origin::Ours } else { Origin::Edited }
}

/// What of a unit file concerns systemd: not its comments and not our mark. Two files that agree
/// here make the same service.
pub fn effective(text: &str) -> String {
    let directives = text.lines().take_while(|line| *line != SECTION);
    let mut out = String::new();
    for line in directives.filter(|line| !line.starts_with(['#', ';']) && !line.is_empty()) {
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Our section without its seal. A companion says whose it is, and what was made from a file of services says from which.
pub fn section(typed: &str, companion_of: Option<&str>, applied_from: Option<&str>) -> String {
    let line = |key: &str, value: Option<&str>| value.map(|value| format!("{key}{value}\n")).unwrap_or_default();
    let (whose, from) = (line(COMPANION_OF, companion_of), line(APPLIED_FROM, applied_from));
    format!("{SECTION}\nVersion={}\n{whose}{from}Command={typed}\n", env!("CARGO_PKG_VERSION"))
}

/// The file of services that a unit of ours was made from, quoted as for a shell.
pub fn applied_from(text: &str) -> Option<&str> {
    text.lines().skip_while(|line| *line != SECTION).find_map(|line| line.strip_prefix(APPLIED_FROM))
}

/// True when two sealed texts differ in nothing but the file of services that they were made from: the same file in
/// another place makes the same service.
pub fn differ_in_file_alone(one: &str, other: &str) -> bool {
    let rest = |text: &str| -> String {
        let is_kept = |line: &&str| !line.starts_with(APPLIED_FROM) && !line.starts_with(CHECKSUM);
        text.split_inclusive('\n').filter(is_kept).collect()
    };
    rest(one) == rest(other)
}

/// True when two sealed texts differ in nothing but the line, or the file of services, that they were made from.
pub fn differ_in_line_alone(one: &str, other: &str) -> bool {
    let rest = |text: &str| -> String {
        let says_whence = |line: &str| [APPLIED_FROM, CHECKSUM, COMMAND, REMARK].iter().any(|it| line.starts_with(it));
        text.split_inclusive('\n').filter(|line| !says_whence(line)).collect()
    };
    rest(one) == rest(other)
}

/// The name of the service that a companion of ours belongs to.
pub fn companion_of(text: &str) -> Option<&str> {
    text.lines().skip_while(|line| *line != SECTION).find_map(|line| line.strip_prefix(COMPANION_OF))
}

/// A unit that is about to take the place of another one, as its file says until that is done: a
/// run that is interrupted in between is known by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The name of the other one.
    pub from: String,
    /// It was enabled.
    pub enabled: bool,
    /// It ran.
    pub up: bool,
}

impl Succession {
    /// What a file says of it.
    pub fn of(text: &str) -> Option<Succession> {
        let mut words = text.lines().find_map(|line| line.strip_prefix(RENAMED_FROM))?.split(' ');
        let from = words.next()?.to_owned();
        let words: Vec<&str> = words.collect();
        Some(Succession { from, enabled: words.contains(&"enabled"), up: words.contains(&"up") })
    }

    /// The text of a unit with this in it.
    pub fn write(&self, text: &str) -> String {
        let flags = [("enabled", self.enabled), ("up", self.up)].into_iter().filter(|(_, is)| *is);
        let flags: String = flags.flat_map(|(flag, _)| [" ", flag]).collect();
        resealed(
            text,
            &text.replacen(&format!("{SECTION}\n"), &format!("{SECTION}\n{RENAMED_FROM}{}{flags}\n", self.from), 1),
        )
    }

    /// The text without it.
    pub fn erase(text: &str) -> String {
        let kept = text.split_inclusive('\n').filter(|line| !line.starts_with(RENAMED_FROM));
        resealed(text, &kept.collect::<String>())
    }
}

/// A changed text with a seal of its own, where the one it was made from had a good one.
fn resealed(before: &str, text: &str) -> String {
    match (origin(before.as_bytes()), text.rsplit_once(CHECKSUM)) {
        (Origin::Ours, Some((body, _))) => seal(body),
        _ => text.to_owned(),
    }
}

/// What stands between the remarks in front of a unit of ours and our section.
pub fn directives(text: &str) -> String {
    let lines = text.lines().skip_while(|line| line.starts_with('#') || line.is_empty());
    lines.take_while(|line| *line != SECTION).flat_map(|line| [line, "\n"]).collect()
}

/// The line that a unit of ours was made from.
pub fn typed_line(text: &str) -> Option<&str> {
    text.lines().skip_while(|line| *line != SECTION).find_map(|line| line.strip_prefix(COMMAND))
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_seen() {
        let text = seal("[Service]\nExecStart=/bin/true\n\n[X-Mkservice]\nVersion=0\nCommand=mkservice true\n");
        assert_eq!(origin(text.as_bytes()), Origin::Ours);
        assert_eq!(typed_line(&text), Some("mkservice true"));
        assert_eq!(effective(&text), "[Service]\nExecStart=/bin/true\n");
        let succession = Succession { from: "old".into(), enabled: true, up: false };
        let marked = succession.write(&text);
        assert_eq!((origin(marked.as_bytes()), Succession::of(&marked)), (Origin::Ours, Some(succession)));
        assert_eq!((Succession::of(&text), Succession::erase(&marked)), (None, text.clone()));
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
    fn the_same_file_in_another_place_makes_the_same_service() {
        let text =
            |command: &str, from| seal(&format!("[Service]\nExecStart={command}\n\n{}", section("true", None, from)));
        let (one, other, none) = (text("/a", Some("/srv/a")), text("/a", Some("'/srv/b c'")), text("/a", None));
        assert_eq!([&one, &other, &none].map(|text| applied_from(text)), [Some("/srv/a"), Some("'/srv/b c'"), None]);
        assert!(differ_in_file_alone(&one, &other) && differ_in_file_alone(&none, &one));
        assert!(!differ_in_file_alone(&one, &text("/b", Some("/srv/a"))));
    }
}
