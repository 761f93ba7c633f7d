//! The difference between two versions of a unit file.

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices};

use super::stamp;
use crate::shell;

/// From this number of line pairs on, files are compared as a whole.
const LARGE: usize = 1 << 20;

/// Removed lines with `-` before them and added ones with `+`: of the directives, or of the comments if nothing else
/// differs. The stamp is not for people. Safe to print on a terminal.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let effective = lines(&stamp::effective(old), &stamp::effective(new));
    if effective.is_empty() { lines(stamp::without_stamp(old), stamp::without_stamp(new)) } else { effective }
}

fn lines(old: &str, new: &str) -> Vec<String> {
    let [mut old, mut new] = [old, new].map(|text| text.split_inclusive('\n').collect::<Vec<&str>>());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    old.drain(..same);
    new.drain(..same);
    let same = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    old.truncate(old.len() - same);
    new.truncate(new.len() - same);
    let line = |sign: char, text: &str| format!("{sign}{}", shell::printable(text.trim_end_matches(['\r', '\n'])));
    changes(&old, &new).into_iter().map(|(sign, text)| line(sign, text)).collect()
}

/// The changed lines, with their signs.
fn changes<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let whole = [DiffOp::Replace { old_index: 0, old_len: old.len(), new_index: 0, new_len: new.len() }];
    let is_large = old.len().saturating_mul(new.len()) > LARGE;
    let operations = if is_large { whole.to_vec() } else { capture_diff_slices(Algorithm::Lcs, old, new) };
    let changes = operations.iter().flat_map(|operation| operation.iter_changes(old, new));
    let changed = changes.filter_map(|change| match change.tag() {
        ChangeTag::Delete => Some(('-', change.value())),
        ChangeTag::Insert => Some(('+', change.value())),
        ChangeTag::Equal => None,
    });
    changed.collect()
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
        let stamped = |text: &str| format!("{text}\n[X-Mkservice]\nCommand=mkservice a\nChecksum=sha256:0\n");
        assert_eq!(difference(old, &stamped(old)), [""; 0]);
        assert_eq!(difference(&stamped(old), new), ["-ExecStart=/bin/a", "+ExecStart=/bin/b"]);
    }

    #[test]
    fn what_can_stay_stays() {
        for (old, new, told) in [
            ("a b c d", "a c d e", "-b +e"),
            ("a b", "c d", "-a -b +c +d"),
            ("a b c a b", "b a b c a", "+b -b"),
            ("", "a b", "+a +b"),
            ("a b", "", "-a -b"),
            ("x a y b z", "a b c", "-x -y -z +c"),
        ] {
            let text = |words: &str| words.split_whitespace().map(|word| format!("{word}=1\n")).collect::<String>();
            let changes = difference(&text(old), &text(new)).join(" ").replace("=1", "");
            assert_eq!(changes, told, "{old} to {new}");
        }
    }

    #[test]
    fn large_files_differ_as_a_whole_and_soon() {
        let old: String = (0..20_000).map(|number| format!("A{number}=1\n")).collect();
        let new = old.replace("=1", "=2");
        assert_eq!(difference(&old, &new).len(), 40_000);
        assert_eq!(difference(&old, &old.replace("A7=", "B7=")), ["-A7=1", "+B7=1"]);
    }
}
