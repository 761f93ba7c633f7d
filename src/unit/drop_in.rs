//! The drop-ins that mkservice writes: those of `edit`, and those of `harden`, permanent or on trial. A trial is in the
//! directory of `systemctl set-property --runtime` under the same name: it overrides the permanent one and is gone after
//! a reboot.

use std::path::Path;

use super::stamp;
use crate::shell;
use crate::spec::UnitName;
use crate::systemd::unit_file;

/// Directive and value, as in a unit file.
pub type Setting = (String, String);

/// The file of `harden`.
pub const HARDEN: &str = "50-mkservice-harden.conf";

/// The file of `edit`: what a person wrote overrides what was found by trying.
pub const EDIT: &str = "60-mkservice-edit.conf";

/// All of them.
pub const FILES: [&str; 2] = [HARDEN, EDIT];

/// Begins the lines of an edited buffer that explain it.
const EXPLAINS: &str = "###";
const IGNORED: &str = "### Edits below this comment are discarded.";

/// The permanent drop-in. Equal settings result in equal text.
pub fn harden(name: &UnitName, settings: &[Setting]) -> String {
    let line = format!("mkservice harden {} --try", shell::quote(name.as_str()));
    let remark = "# The tightest sandbox that the service was found to work in.";
    text(&[remark, "# `mkservice harden --undo` removes it."], settings, &line)
}

/// A drop-in on trial.
pub fn trial(name: &UnitName, settings: &[Setting]) -> String {
    let line = format!("mkservice harden {} --try", shell::quote(name.as_str()));
    let remark = "# On trial: removed when mkservice is done, by a reboot, and by `mkservice harden --undo`.";
    text(&[remark], settings, &line)
}

fn text(remarks: &[&str], settings: &[Setting], line: &str) -> String {
    let mut text = remarks.join("\n");
    text.push_str("\n[Service]\n");
    settings.iter().for_each(|(name, value)| text.push_str(&format!("{name}={value}\n")));
    stamp::seal(&format!("{text}\n{}", stamp::section(line, None, None)))
}

/// The drop-in of `edit`; `None` without a setting.
pub fn edit(body: &str) -> Option<String> {
    let body = body.trim_matches('\n');
    let says_nothing = unit_file::settings(body).is_empty() && unit_file::stray_lines(body).is_empty();
    let text = || stamp::seal(&format!("{body}\n\n{}", stamp::section("mkservice edit", None, None)));
    (!says_nothing).then(text)
}

/// What the editor shows: the drop-in, and the files it overrides as comments.
pub fn buffer(path: &Path, text: &str, overridden: &[(&Path, String)]) -> String {
    let mut shown = format!(
        "{EXPLAINS} Editing {}\n{EXPLAINS} Settings between here and the comment below override those of the unit.\n\n\
         {}\n\n{IGNORED}\n",
        shell::shown(path),
        stamp::without_stamp(text)
    );
    for (path, text) in overridden {
        shown.push_str(&format!("\n{EXPLAINS} {}\n", shell::shown(path)));
        let lines = stamp::without_stamp(text).lines();
        lines.for_each(|line| shown.push_str(&format!("{}\n", format!("# {line}").trim_end())));
    }
    shown
}

/// What of an edited buffer belongs into the drop-in.
pub fn of_buffer(text: &str) -> String {
    let lines = text.split_inclusive('\n').take_while(|line| line.trim_end() != IGNORED);
    lines.filter(|line| !line.starts_with(EXPLAINS)).collect()
}

/// The settings of a drop-in written by mkservice, without its stamp.
pub fn settings(text: &str) -> Vec<Setting> {
    let settings = unit_file::settings(text).into_iter();
    settings.filter(|it| !it.section.starts_with("X-")).map(|it| (it.name.to_owned(), it.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::stamp::{Origin, origin};

    #[test]
    fn a_buffer_becomes_the_drop_in_that_it_was_made_of() {
        let path = Path::new("/etc/systemd/system/web.service.d/60-mkservice-edit.conf");
        let unit = "# head\n\n[Service]\nExecStart=/bin/a\n".to_owned();
        let others = [(Path::new("/etc/systemd/system/web.service"), unit)];
        let text = edit("# why\n[Service]\nNice=5\n").unwrap();
        assert_eq!(origin(text.as_bytes()), Origin::Managed, "{text}");
        let shown = buffer(path, &text, &others);
        assert!(shown.contains("\n# [Service]\n# ExecStart=/bin/a\n"), "{shown}");
        assert_eq!(edit(&of_buffer(&shown)), Some(text));
        for body in ["", "\n\n", "# nothing\n"] {
            assert_eq!(edit(&of_buffer(&buffer(path, body, &others))), None);
        }
        assert_eq!(settings(&edit(&of_buffer("[Service]\nNice=7\n")).unwrap()), [("Nice".into(), "7".into())]);
    }

    #[test]
    fn is_known_as_ours_and_read_back() {
        let name = UnitName::parse("web").unwrap();
        let settings = [("ProtectSystem".to_owned(), "strict".to_owned()), ("CapabilityBoundingSet".into(), "".into())];
        for text in [harden(&name, &settings), trial(&name, &settings)] {
            assert_eq!(origin(text.as_bytes()), Origin::Managed, "{text}");
            assert_eq!(super::settings(&text), settings);
        }
    }
}
