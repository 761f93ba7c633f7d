//! What mkservice adds to a service that its unit does not have.

use super::super::draft::Draft;
use super::assignments::Assignment;
use crate::spec::waits_for_network;

pub fn report(assignments: &[Assignment<'_>], argv: &[String], is_system: bool, draft: &mut Draft) {
    network(assignments, is_system, draft);
    python(assignments, argv, draft);
}

fn network(assignments: &[Assignment<'_>], is_system: bool, draft: &mut Draft) {
    let settings = assignments.iter().map(|it| (it.name, it.value.as_str()));
    if !is_system || !waits_for_network(settings) {
        return;
    }
    let is_set = |directive: &str| {
        let mut values = assignments.iter().filter(|it| it.is("Unit", directive));
        values.any(|it| it.value.split_whitespace().any(|unit| unit == "network-online.target"))
    };
    let missing = ["Wants", "After"].into_iter().filter(|directive| !is_set(directive));
    let lines: Vec<String> = missing.map(|directive| format!("{directive}=network-online.target")).collect();
    if !lines.is_empty() {
        draft.comment(format!("added, so that it starts when the network is online: {}", lines.join(", ")));
    }
}

/// Python buffers its output unless a variable is set.
fn python(assignments: &[Assignment<'_>], argv: &[String], draft: &mut Draft) {
    let is_python = |word: &String| {
        let name = word.rsplit('/').next().unwrap_or_default();
        name.starts_with("python") || name.starts_with("pypy") || name.ends_with(".py")
    };
    let is_set = assignments.iter().any(|it| it.name == "Environment" && it.value.contains("PYTHONUNBUFFERED"));
    if argv.first().is_some_and(is_python) && !is_set {
        draft.comment(
            "added, so that output is not delayed: PYTHONUNBUFFERED=1 (`setenv` can set another value; an empty one \
             restores buffering)",
        );
    }
}
