//! The result of `apply`.

use super::Outcome;
use super::added::state;
use crate::host::Host;
use crate::output::json;
use crate::plan::{FileChange, Reason, Step};
use crate::spec::{ServiceSpec, UnitName};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Created,
    /// Its files were changed, or it was started.
    Changed,
    Unchanged,
    Removed,
    /// It is not running.
    Failed,
}

impl Change {
    fn word(self) -> &'static str {
        match self {
            Change::Created => "created",
            Change::Changed => "changed",
            Change::Unchanged => "unchanged",
            Change::Removed => "removed",
            Change::Failed => "failed",
        }
    }
}

/// What happened to a service of a file.
#[derive(Debug)]
pub struct ServiceChange<'a> {
    pub name: &'a UnitName,
    pub change: Change,
    /// Empty if it is not known.
    pub state: String,
    pub rolled_back: bool,
    pub steps: &'a [Step],
}

impl<'a> ServiceChange<'a> {
    /// `outcome` is `None` for what was not started.
    pub fn new(
        spec: &'a ServiceSpec,
        change: Change,
        outcome: Option<Outcome>,
        enabled: bool,
        steps: &'a [Step],
        host: &Host,
    ) -> ServiceChange<'a> {
        let state = match (change, outcome) {
            (Change::Failed, _) => "is not running".into(),
            (_, Some(Outcome::AtNextBoot)) if host.is_global() && enabled => {
                "is installed for all users, and starts when they log in".into()
            }
            (_, outcome) => outcome.map(|outcome| state(spec, outcome, enabled, 0)).unwrap_or_default(),
        };
        ServiceChange { name: &spec.name, change, state, rolled_back: false, steps }
    }

    fn difference(&self) -> impl Iterator<Item = &str> {
        let difference = |step| match step {
            &Step::WriteUnit { ref difference, change, .. } if change > FileChange::Remarks => difference.as_slice(),
            _ => &[],
        };
        self.steps.iter().flat_map(difference).map(String::as_str)
    }
}

/// Why its units are restarted, each reason once; `None` if none is.
fn restarts(steps: &[Step]) -> Option<Vec<Reason>> {
    let mut all: Option<Vec<Reason>> = None;
    for step in steps {
        let Step::Restart { reasons, .. } = step else { continue };
        let all = all.get_or_insert_default();
        let new: Vec<Reason> = reasons.iter().filter(|reason| !all.contains(reason)).cloned().collect();
        all.extend(new);
    }
    all
}

pub fn summary(changes: &[ServiceChange<'_>]) -> json::Summary {
    let count = |change| changes.iter().filter(|it| it.change == change).count();
    json::Summary {
        created: count(Change::Created),
        changed: count(Change::Changed),
        unchanged: count(Change::Unchanged),
        removed: count(Change::Removed),
        failed: count(Change::Failed),
    }
}

fn totals(changes: &[ServiceChange<'_>]) -> String {
    const ALL: [Change; 5] = [Change::Created, Change::Changed, Change::Unchanged, Change::Removed, Change::Failed];
    let counts = ALL.map(|change| (changes.iter().filter(|it| it.change == change).count(), change.word()));
    let words: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() { "no services".into() } else { words.join(", ") }
}

/// `would` if nothing was done yet; `all` shows unchanged services too.
pub fn applied(changes: &[ServiceChange<'_>], would: bool, all: bool) -> String {
    if would {
        return format!("total: {}", totals(changes));
    }
    let mut rows = Vec::new();
    for it in changes.iter().filter(|it| all || it.change != Change::Unchanged) {
        let state = if it.state.is_empty() { String::new() } else { format!(", {}", it.state) };
        rows.push(format!("{} {}{state}", it.name, it.change.word()));
        let reason = restarts(it.steps).and_then(|reasons| Reason::text(&reasons));
        rows.extend(reason.map(|reason| format!("    restarted: {reason}")));
        rows.extend(it.difference().map(|line| format!("    {line}")));
    }
    rows.push(totals(changes));
    rows.join("\n")
}

pub fn change_json(change: &ServiceChange<'_>) -> json::Change {
    json::Change {
        name: change.name.to_string(),
        change: change.change.word(),
        difference: change.difference().map(str::to_owned).collect(),
        restarted: restarts(change.steps).is_some(),
        reason: restarts(change.steps).and_then(|reasons| Reason::text(&reasons)),
        rolled_back: change.rolled_back,
    }
}
