//! What `apply` has done: a line for each service that is not as it was, and the totals.

use std::fmt;

use super::Outcome;
use super::how_it_is;
use crate::host::Host;
use crate::output::json;
use crate::plan::Step;
use crate::spec::{ServiceSpec, UnitName};

/// What became of a service of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Created,
    /// Something of it was changed, or it was started.
    Changed,
    /// All was as the file says.
    Unchanged,
    /// It was taken away.
    Removed,
    /// It does not run.
    Failed,
}

impl Change {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Created => "created",
            Change::Changed => "changed",
            Change::Unchanged => "unchanged",
            Change::Removed => "removed",
            Change::Failed => "failed",
        }
    }
}

/// A service of a file, with what became of it.
#[derive(Debug)]
pub struct Told<'a> {
    /// Its name.
    pub name: &'a UnitName,
    /// What became of it.
    pub change: Change,
    /// How it is; nothing where that is not known.
    pub state: String,
    /// What was done for it.
    pub steps: &'a [Step],
}

impl<'a> Told<'a> {
    /// A service with what was done for it. `outcome` is how it is, and nothing where nothing was done yet.
    pub fn of(
        spec: &'a ServiceSpec,
        change: Change,
        outcome: Option<Outcome>,
        enabled: bool,
        steps: &'a [Step],
        host: &Host,
    ) -> Told<'a> {
        let state = match change {
            Change::Failed => "does not run".into(),
            _ if host.global && enabled && outcome == Some(Outcome::AtNextBoot) => {
                "is installed for all users, and starts when they log in".into()
            }
            _ => outcome.map(|outcome| how_it_is(spec, outcome, enabled, 0)).unwrap_or_default(),
        };
        Told { name: &spec.name, change, state, steps }
    }

    /// The lines that go and come in its files.
    fn difference(&self) -> impl Iterator<Item = &str> {
        let difference = |step| match step {
            &Step::WriteUnit { ref difference, keep_time: false, .. } => difference.as_slice(),
            _ => &[],
        };
        self.steps.iter().flat_map(difference).map(String::as_str)
    }
}

/// How many services became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals([usize; 5]);

const ALL: [Change; 5] = [Change::Created, Change::Changed, Change::Unchanged, Change::Removed, Change::Failed];

impl Totals {
    /// Counts.
    pub fn of(told: &[Told<'_>]) -> Totals {
        Totals(ALL.map(|change| told.iter().filter(|it| it.change == change).count()))
    }

    /// The same for the JSON document.
    pub fn json(self) -> json::Summary {
        let [created, changed, unchanged, removed, failed] = self.0;
        json::Summary { created, changed, unchanged, removed, failed }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0);
        let words: Vec<String> = counted.map(|(change, count)| format!("{count} {}", change.as_str())).collect();
        f.write_str(if words.is_empty() { "no services" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}

/// The result of `apply`. `would` where nothing was done yet; `all` tells also of what is unchanged.
pub fn applied(told: &[Told<'_>], would: bool, all: bool) -> String {
    let mut rows = Vec::new();
    for it in told.iter().filter(|it| !would && (all || it.change != Change::Unchanged)) {
        let state = if it.state.is_empty() { String::new() } else { format!(", {}", it.state) };
        rows.push(format!("{} {}{state}", it.name, it.change.as_str()));
        rows.extend(it.difference().map(|line| format!("    {line}")));
    }
    rows.push(format!("{}{}", if would { "in all: " } else { "" }, Totals::of(told)));
    rows.join("\n")
}

/// A service for the JSON document.
pub fn change_json(told: &Told<'_>) -> json::Change {
    json::Change {
        name: told.name.to_string(),
        change: told.change.as_str(),
        difference: told.difference().map(str::to_owned).collect(),
    }
}
