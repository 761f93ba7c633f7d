//! What a preset leaves out for a service, and why.

use super::table::{ARCHITECTURES, MEASURES, MEMORY};
use super::{Facts, Selection};
use crate::spec::{Preset, Scope};

/// One line each.
pub fn remarks(preset: Preset, selection: &Selection, facts: &Facts) -> Vec<String> {
    let mut remarks = Vec::new();
    let wanted = |directive: &str| preset == Preset::Strict && !facts.is_typed(directive);
    if let Some(what) = facts.compiles.as_ref().filter(|_| wanted(MEMORY)) {
        remarks.push(format!("{MEMORY}= is left out: {what} needs memory that is writable and executable"));
    }
    if !facts.is_native && wanted(ARCHITECTURES) {
        remarks.push(format!("{ARCHITECTURES}= is left out: the program is of another architecture"));
    }
    if let Some(tool) = &facts.needs_home {
        remarks.push(format!("the home directory stays accessible: {tool} runs the command and can need any of it"));
    }
    if facts.wants_new_privileges() {
        remarks.push("everything that breaks sudo is left out, because of -p NoNewPrivileges=".into());
    }
    let system = Selection::of(preset, &Facts { scope: Scope::System, ..facts.clone() });
    let missing = system.taken().filter(|(index, _, _)| selection.taken().all(|(taken, _, _)| taken != *index));
    let missing: Vec<&str> = missing.map(|(index, _, _)| MEASURES[index].directive).collect();
    if facts.scope == Scope::User && !missing.is_empty() {
        let why = match (preset, facts.release) {
            (Preset::Safe, _) => "they would hide the owners of files and break sudo".into(),
            (_, Some(release)) if release >= 254 && facts.has_namespaces => "they have no effect there".into(),
            (_, Some(release)) if release >= 254 => "unprivileged user namespaces are disabled".into(),
            (_, release) => format!(
                "the user manager{} ignores them or fails to start the service",
                release.map(|release| format!(" of systemd {release}")).unwrap_or_default()
            ),
        };
        let preset = preset.as_str();
        remarks.push(format!("left out of `{preset}` in user scope, because {why}: {}", missing.join(", ")));
    }
    remarks
}
