//! How two versions of a unit file differ, for people.

use similar::{ChangeTag, TextDiff};

use super::stamp;
use crate::shell;

/// The lines that go, with `-` in front, and those that come, with `+`: of what systemd reads, and
/// of the whole text only where nothing else differs. Harmless for a terminal.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let effective = lines(&stamp::effective(old), &stamp::effective(new));
    if effective.is_empty() { lines(old, new) } else { effective }
}

fn lines(old: &str, new: &str) -> Vec<String> {
    let changes = TextDiff::from_lines(old, new);
    let line = |sign: char, text: &str| format!("{sign}{}", shell::printable(text.trim_end_matches(['\r', '\n'])));
    changes
        .iter_all_changes()
        .filter_map(|change| match change.tag() {
            ChangeTag::Delete => Some(line('-', change.value())),
            ChangeTag::Insert => Some(line('+', change.value())),
            ChangeTag::Equal => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_count_only_where_nothing_else_differs() {
        let old = "# made so\n[Service]\nExecStart=/bin/a\nUser=x\n";
        let new = "# made so\n[Service]\nExecStart=/bin/b\nUser=x\n";
        assert_eq!(difference(old, new), ["-ExecStart=/bin/a", "+ExecStart=/bin/b"]);
        assert_eq!(difference(old, &old.replace("so", "thus")), ["-# made so", "+# made thus"]);
        assert_eq!(difference(old, old), [""; 0]);
    }
}
