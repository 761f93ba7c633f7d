//! What a preset leaves out for one service, and why.

use super::Facts;
use super::Selection;
use super::table::ARCHITECTURES;
use super::table::MEASURES;
use super::table::MEMORY;
use crate::spec::{Preset, Scope};

/// What would have been taken and was not; one line each.
pub fn remarks(preset: Preset, selection: &Selection, facts: &Facts) -> Vec<String> {
    let word = preset.as_str();
    let mut remarks = Vec::new();
    let wanted = |directive: &str| preset == Preset::Strict && !facts.is_typed(directive);
    if let Some(what) = facts.compiles.as_ref().filter(|_| wanted(MEMORY)) {
        remarks.push(format!("{MEMORY}= is left out: {what} writes programs into memory as it runs"));
    }
    if !facts.is_native && wanted(ARCHITECTURES) {
        remarks.push(format!("{ARCHITECTURES}= is left out: the program is of another architecture"));
    }
    if let Some(tool) = &facts.needs_home {
        remarks.push(format!("the home stays open: {tool} stays in front of the command and may need any of it"));
    }
    if facts.wants_new_privileges() {
        remarks.push("what would end sudo is left out, because -p NoNewPrivileges= says so".into());
    }
    let strict = Selection::of(preset, &Facts { scope: Scope::System, ..facts.clone() });
    let missing = strict.taken().filter(|(index, _, _)| selection.taken().all(|(taken, _, _)| taken != *index));
    let missing: Vec<&str> = missing.map(|(index, _, _)| MEASURES[index].directive).collect();
    if facts.scope == Scope::User && !missing.is_empty() {
        let why = match (preset, facts.release) {
            (Preset::Safe, _) => "they would hide whose the files of others are, and sudo would not know root".into(),
            (_, Some(release)) if release >= 254 && facts.has_namespaces => "they are without effect there".into(),
            (_, Some(release)) if release >= 254 => "this machine keeps ordinary accounts from namespaces".into(),
            (_, release) => format!(
                "the manager of a user{} ignores them or ends the service",
                release.map(|release| format!(" of systemd {release}")).unwrap_or_default()
            ),
        };
        remarks.push(format!("left out of `{word}` in user scope, because {why}: {}", missing.join(", ")));
    }
    remarks
}
