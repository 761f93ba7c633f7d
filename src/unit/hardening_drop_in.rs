//! The drop-in of `harden`, permanent or on trial. A trial is in the directory of `systemctl set-property --runtime`
//! under the same name: it overrides the permanent one and is gone after a reboot.

use super::stamp;
use crate::shell;
use crate::spec::UnitName;

/// Directive and value of `[Service]`, as in a unit file.
pub type Setting = (String, String);

/// The name of both.
pub const FILE: &str = "50-mkservice-harden.conf";

/// The permanent drop-in. Equal settings result in equal text.
pub fn permanent(name: &UnitName, settings: &[Setting]) -> String {
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

/// The settings of a drop-in written by mkservice.
pub fn settings(text: &str) -> Vec<Setting> {
    let settings = crate::systemd::unit_file::settings(text).into_iter();
    settings.filter(|it| it.section == "Service").map(|it| (it.name.to_owned(), it.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::stamp::{Origin, origin};

    #[test]
    fn is_known_as_ours_and_read_back() {
        let name = UnitName::parse("web").unwrap();
        let settings = [("ProtectSystem".to_owned(), "strict".to_owned()), ("CapabilityBoundingSet".into(), "".into())];
        for text in [permanent(&name, &settings), trial(&name, &settings)] {
            assert_eq!(origin(text.as_bytes()), Origin::Managed, "{text}");
            assert_eq!(super::settings(&text), settings);
        }
    }
}
