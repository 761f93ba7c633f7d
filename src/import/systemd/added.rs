//! What mkservice adds by itself to a service that did not say it: told, so that nobody wonders.

use super::super::draft::Draft;
use super::assignments::Assignment;
use crate::spec::waits_for_network;

/// Tells what the service will have besides what its unit says.
pub fn told(assignments: &[Assignment<'_>], words: &[String], of_machine: bool, draft: &mut Draft) {
    network(assignments, of_machine, draft);
    python(assignments, words, draft);
}

/// A service of the machine waits until the network is there.
fn network(assignments: &[Assignment<'_>], of_machine: bool, draft: &mut Draft) {
    let settings = assignments.iter().map(|it| (it.name, it.value.as_str()));
    if !of_machine || !waits_for_network(settings) {
        return;
    }
    let says = |directive: &str| {
        let mut values = assignments.iter().filter(|it| it.section == "Unit" && it.name == directive);
        values.any(|it| it.value.split_whitespace().any(|unit| unit == "network-online.target"))
    };
    let missing: Vec<&str> = ["Wants", "After"].into_iter().filter(|directive| !says(directive)).collect();
    if !missing.is_empty() {
        let lines: Vec<String> = missing.iter().map(|directive| format!("{directive}=network-online.target")).collect();
        draft.remark(format!("starts once the network is there, and did not say so: {}", lines.join(", ")));
    }
}

/// Python holds back what it prints, unless a variable says otherwise.
fn python(assignments: &[Assignment<'_>], words: &[String], draft: &mut Draft) {
    let is_python = |word: &String| {
        let name = word.rsplit('/').next().unwrap_or_default();
        name.starts_with("python") || name.starts_with("pypy") || name.ends_with(".py")
    };
    let is_said = assignments.iter().any(|it| it.name == "Environment" && it.value.contains("PYTHONUNBUFFERED"));
    if words.first().is_some_and(is_python) && !is_said {
        draft.remark(
            "what it prints is seen at once: PYTHONUNBUFFERED=1 is added, unless `setenv` gives it another value (empty: \
             Python holds it back as before)",
        );
    }
}
