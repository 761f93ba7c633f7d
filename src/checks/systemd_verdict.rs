//! Checks properties that only systemd can judge: which system calls exist, and what a newer release supports. It is
//! asked before anything is written.

use super::scratch_unit::ScratchUnit;
use crate::host::Host;
use crate::manager::lint;
use crate::model::command::{mkservice, run};
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{Message, message, opt, quoted};
use crate::resolve::properties::{self, is_judged_by_systemd};
use crate::spec::{Property, ServiceSpec};

/// Refuses what systemd would ignore with a warning in its log. `text` is the unit file. If systemd-analyze is missing,
/// nothing is refused.
pub fn refuse_left_out(spec: &ServiceSpec, text: &str, host: &Host) -> Result<()> {
    let judged: Vec<&Property> = spec.properties.iter().filter(|property| is_judged_by_systemd(property)).collect();
    // The systemd of this machine says nothing about the one in an image.
    if judged.is_empty() || host.image().is_some() {
        return Ok(());
    }
    let unit = spec.name.unit();
    let Some(aside) = ScratchUnit::of(text, &unit, host) else { return Ok(()) };
    let complaints = lint::complaints(aside.path(), spec.scope, aside.runtime(spec.scope, host));
    for property in judged {
        let (name, value) = (property.name(), property.value());
        let line = format!("{name}={value}");
        let mut said: Vec<&str> = complaints.iter().filter_map(|it| about(it, &unit, text, &line)).collect();
        said.dedup();
        if !said.is_empty() {
            let what = quoted(property.written());
            let message = message!("{}: {} is rejected by systemd: {}", opt("property"), what, said.join("; "));
            return Err(Error::invalid(message).about(properties::subject(spec, name)).hint(hint(name)));
        }
    }
    Ok(())
}

/// The message about a line, which follows the unit's name and the line number.
fn about<'a>(complaint: &'a str, unit: &str, text: &str, line: &str) -> Option<&'a str> {
    let (number, said) = complaint.strip_prefix(unit)?.strip_prefix(':')?.split_once(':')?;
    let number: usize = number.parse().ok()?;
    (text.lines().nth(number.checked_sub(1)?)? == line).then(|| said.trim())
}

fn hint(name: &str) -> Message {
    match name {
        "SystemCallFilter" | "SystemCallLog" => {
            message!("list system call groups: {}", run("systemd-analyze").arg("syscall-filter"))
        }
        _ => mkservice(["explain", name]).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_belong_to_their_lines() {
        let text = "[Service]\nExecStart=/bin/true\nSystemCallFilter=opne\n";
        let of = |complaint| about(complaint, "web.service", text, "SystemCallFilter=opne");
        assert_eq!(of("web.service:3: Failed to parse: opne"), Some("Failed to parse: opne"));
        for other in ["web.service:2: no", "web.service: no", "web.service:0: no", "web.service:9: no", "other:3: no"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
