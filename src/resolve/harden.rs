//! The directives of `--harden`.

use super::Resolved;
use crate::hardening::{Facts, Selection, lines, only_switches_off, remarks};
use crate::model::message::{Message, message, set};
use crate::spec::{Hardening, Preset, Property};

/// Hardens a service with a preset; what is added or left out goes to the reasons.
pub fn harden(resolved: &mut Resolved, preset: Preset, facts: &Facts) {
    let selection = Selection::of(preset, facts);
    let mut written = Vec::new();
    for line in lines(&selection, facts) {
        // What cannot be written was left out before.
        let Ok(property) = Property::new(line.directive, &line.value) else { continue };
        let (directive, value) = (property.name(), property.value());
        let harden = set("harden", preset.as_str());
        resolved.reasons.push(message!("{}={}, because of {}: it {}", directive, value, harden, line.reason));
        written.push(property);
    }
    resolved.spec.hardening = Some(Hardening { preset, lines: written });
    resolved.reasons.extend(remarks(preset, &selection, facts).into_iter().map(Message::from));
    // `-p NAME=` only disables a directive of the preset; systemd has no empty value for it.
    resolved.spec.properties.retain(|property| !(property.value().is_empty() && only_switches_off(property.name())));
}
