//! What `edit --full` changed in a unit file: its stamp records the earlier values of each changed directive, so that a
//! unit that is written again keeps the edit.

use std::collections::BTreeMap;

use super::stamp::{self, Origin};
use crate::systemd::unit_file;

/// `Edited=SECTION.NAME`, or `Edited=SECTION.NAME=VALUE` for each earlier value.
const EDITED: &str = "Edited=";

/// The values of each directive, by section and name.
pub(super) type Values = BTreeMap<(String, String), Vec<String>>;

/// Whether `edit --full` changed the unit.
pub fn is_edited(text: &str) -> bool {
    !records(text).is_empty()
}

/// What `edit --full` changed: section and name, and each value.
pub fn settings(text: &str) -> Vec<((String, String), String)> {
    let all = values(text);
    let changed = records(text).into_keys();
    let of = |key: (String, String)| {
        let now = all.get(&key).cloned().unwrap_or_else(|| vec![String::new()]);
        now.into_iter().map(move |value| (key.clone(), value))
    };
    changed.flat_map(of).collect()
}

/// The edited text as it is installed: with the record of what was changed. A file that was also edited without mkservice
/// stays marked as such.
pub fn recorded(before: &str, edited: &str) -> String {
    if stamp::origin(before.as_bytes()) != Origin::Managed || before == edited {
        return edited.to_owned();
    }
    let mut old = values(before);
    for (key, earlier) in records(before) {
        old.insert(key, earlier);
    }
    let new = values(edited);
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(key)));
    let value = |of: &Values, key| of.get(key).cloned().unwrap_or_default();
    let changed = keys.filter(|key| value(&old, key) != value(&new, key));
    let changed = changed.map(|key| (key.clone(), value(&old, key))).collect();
    with_records(edited, edited, &changed)
}

/// A unit that is written again, with the edit of the one that is there. What is given anew for a directive wins.
pub fn carried(wanted: &str, there: &str) -> String {
    let (mut all, now) = (values(wanted), values(there));
    let mut kept = Values::new();
    let mut body = stamp::without_stamp(wanted).to_owned();
    for (key, earlier) in records(there) {
        let wanted = all.get(&key).cloned().unwrap_or_default();
        let edited = now.get(&key).cloned().unwrap_or_default();
        let only_adds = !earlier.is_empty() && earlier.iter().all(|value| edited.contains(value));
        let merged = if wanted == earlier || wanted == edited {
            edited
        } else if only_adds {
            let added = edited.into_iter().filter(|value| !earlier.contains(value) && !wanted.contains(value));
            wanted.iter().cloned().chain(added).collect()
        } else {
            continue;
        };
        body = replaced(&body, &key, &merged);
        all.insert(key.clone(), merged);
        kept.insert(key, earlier);
    }
    all.retain(|_, values| !values.is_empty());
    let body = if all == now { stamp::without_stamp(there) } else { &body };
    with_records(body, wanted, &kept)
}

fn with_records(body: &str, stamped: &str, records: &Values) -> String {
    let stamp = &stamped[stamp::without_stamp(stamped).len()..];
    let line = |(section, name): &(String, String), value: Option<&String>| match value {
        Some(value) => format!("{EDITED}{section}.{name}={value}\n"),
        None => format!("{EDITED}{section}.{name}\n"),
    };
    let mut text = format!("{}\n\n", stamp::without_stamp(body));
    for old in stamp.trim_start().split_inclusive('\n').filter(|line| !line.starts_with(EDITED)) {
        if old.starts_with(stamp::CHECKSUM) {
            for (key, values) in records {
                match values.as_slice() {
                    [] => text.push_str(&line(key, None)),
                    values => values.iter().for_each(|value| text.push_str(&line(key, Some(value)))),
                }
            }
            return stamp::seal(&text);
        }
        text.push_str(old);
    }
    text
}

/// The text with other values for a directive, in its place, or else at the end of its section.
fn replaced(text: &str, (section, name): &(String, String), values: &[String]) -> String {
    let settings = unit_file::settings(text);
    let of_section = settings.iter().filter(|it| it.section == section);
    let old: Vec<usize> = of_section.clone().filter(|it| it.name == name).map(|it| it.line).collect();
    let last = of_section.map(|it| it.line).max();
    let lines: Vec<&str> = text.lines().collect();
    let new = values.iter().map(|value| format!("{name}={value}"));
    let mut out: Vec<String> = Vec::new();
    for (number, line) in (1..).zip(&lines) {
        if old.first() == Some(&number) {
            out.extend(new.clone());
        }
        if !old.contains(&number) {
            out.push((*line).to_owned());
        }
        if old.is_empty() && last == Some(number) {
            out.extend(new.clone());
        }
    }
    if old.is_empty() && last.is_none() && !values.is_empty() {
        out.extend([String::new(), format!("[{section}]")]);
        out.extend(new);
    }
    out.join("\n")
}

pub(super) fn values(text: &str) -> Values {
    let mut all = Values::new();
    for it in unit_file::settings(stamp::without_stamp(text)) {
        all.entry((it.section.to_owned(), it.name.to_owned())).or_default().push(it.value);
    }
    all
}

fn records(text: &str) -> Values {
    let stamp = &text[stamp::without_stamp(text).len()..];
    let mut all = Values::new();
    for record in stamp.lines().filter_map(|line| line.strip_prefix(EDITED)) {
        let (key, value) = record.split_once('=').map_or((record, None), |(key, value)| (key, Some(value)));
        let Some((section, name)) = key.split_once('.') else { continue };
        let values = all.entry((section.to_owned(), name.to_owned())).or_default();
        values.extend(value.map(str::to_owned));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(lines: &str) -> String {
        let section = stamp::section("mkservice --name w -- a", None, None);
        stamp::seal(&format!("# head\n\n[Unit]\nDescription=w\n\n[Service]\nExecStart=/a\n{lines}\n\n{section}"))
    }

    #[test]
    fn an_edit_is_kept_when_the_unit_is_written_again() {
        let before = unit("RestartSec=5s\nEnvironment=A=1");
        let edited = before.replace("RestartSec=5s", "RestartSec=7s\nNice=5\nEnvironment=B=2\n# why");
        let there = recorded(&before, &edited);
        assert_eq!(stamp::origin(there.as_bytes()), Origin::Managed, "{there}");
        assert!(is_edited(&there) && !is_edited(&before));
        // The same again, and an edit of the edit that changes nothing.
        assert_eq!(carried(&before, &there), there);
        assert_eq!(recorded(&there, &there), there);
        // Other directives change, and lists grow.
        let other = carried(&unit("RestartSec=5s\nEnvironment=A=1\nEnvironment=C=3\nUser=x"), &there);
        let all = values(&other);
        let of = |name: &str| all[&("Service".to_owned(), name.to_owned())].clone();
        assert_eq!([of("RestartSec"), of("Nice"), of("User")], [["7s"], ["5"], ["x"]]);
        assert_eq!(stamp::origin(other.as_bytes()), Origin::Managed);
        // What is given anew wins.
        let given = carried(&unit("RestartSec=9s\nEnvironment=A=1"), &there);
        assert!(given.contains("\nRestartSec=9s\n") && given.contains("\nNice=5\n"), "{given}");
        // Taken back, nothing of it is left.
        let back = recorded(&there, &there.replace("RestartSec=7s\nNice=5\nEnvironment=B=2\n", "RestartSec=5s\n"));
        assert!(!is_edited(&back), "{back}");
        // A directive that is gone stays gone.
        let gone = recorded(&before, &before.replace("RestartSec=5s\n", ""));
        assert!(!carried(&before, &gone).contains("\nRestartSec"));
        // Edited without mkservice first.
        let by_hand = before.replace("5s", "6s");
        assert_eq!(stamp::origin(recorded(&by_hand, &by_hand.replace("6s", "8s")).as_bytes()), Origin::Edited);
    }
}
