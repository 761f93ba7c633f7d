//! Our mark in a unit file, the section `[X-Mkservice]`, by which mkservice knows its own and sees
//! whether somebody edited it. systemd ignores sections that begin with `X-`.

use sha2::{Digest as _, Sha256};

use crate::spec::UnitName;

/// The section's head.
const SECTION: &str = "[X-Mkservice]";
const CHECKSUM: &str = "Checksum=sha256:";
const RENAMED_FROM: &str = "RenamedFrom=";

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

/// Our section without its seal.
pub fn section(typed: &str) -> String {
    format!("{SECTION}\nVersion={}\nCommand={typed}\n", env!("CARGO_PKG_VERSION"))
}

/// The text of a unit that is about to take the place of another one, and says so: a run that is
/// interrupted in between is known by it.
pub fn marked(text: &str, old: &UnitName) -> String {
    let marked = text.replacen(&format!("{SECTION}\n"), &format!("{SECTION}\n{RENAMED_FROM}{old}\n"), 1);
    match (origin(text.as_bytes()), marked.rsplit_once(CHECKSUM)) {
        (Origin::Ours, Some((body, _))) => seal(body),
        _ => marked,
    }
}

/// The name of the unit whose place another one was about to take.
pub fn renamed_from(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix(RENAMED_FROM))
}

/// What stands between the remarks in front of a unit of ours and our section.
pub fn directives(text: &str) -> String {
    let lines = text.lines().skip_while(|line| line.starts_with('#') || line.is_empty());
    lines.take_while(|line| *line != SECTION).flat_map(|line| [line, "\n"]).collect()
}

/// The line that a unit of ours was made from.
pub fn typed_line(text: &str) -> Option<&str> {
    text.lines().skip_while(|line| *line != SECTION).find_map(|line| line.strip_prefix("Command="))
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
        let marked = marked(&text, &UnitName::parse("old").unwrap());
        assert_eq!((origin(marked.as_bytes()), renamed_from(&marked)), (Origin::Ours, Some("old")));
        assert_eq!(renamed_from(&text), None);
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
}
