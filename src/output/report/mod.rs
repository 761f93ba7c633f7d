//! Results for people, with the commands to run next, and the same for the JSON document.

mod added;
mod adopt;
mod applied;
mod directive;
mod document;
mod group;
mod harden;
mod list;
mod removed;
mod service;
mod triggers;

mod verbs;

pub use added::{Added, Outcome, added, at_login, at_next_boot};
pub use adopt::{missing, process, process_json, process_table, stopped_process};
pub use applied::{Change, ServiceChange, applied, change_json, summary};
pub use directive::{directive, directive_json};
pub use document::{error_json, step_json};
pub use group::instances_removed;
pub use harden::{HardenResult, Restriction, could_be, hardened, hardening_json, starting};
pub use list::{Details, Listed, table};
pub use removed::{foreign_drop_ins, kept_dir, kept_edits, left_alone, nothing_stopped, removed, removed_json};
pub use service::{StatusDetails, declared_by, is_hardened, service_json, status, status_json, without_suffix};
pub use verbs::{check, checked, disabled, edited, enabled, has_run, rename_notes, renamed, started, stopped};

use std::ffi::OsString;

use crate::cli::Invocation;
use crate::host::Host;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::PathComponent;
use crate::model::message::{Message, message};
use crate::output::ui::Ui;
use crate::output::ui::text::Text;
use crate::output::wording::Wording;
use crate::plan::{FileChange, Step};
use crate::shell::shown;
use crate::spec::{Scope, UnitName};
use crate::systemd::units;
use crate::unit::stamp;

/// Whether the exposure is shown: to people of a system service that was to be sandboxed, or with `--verbose`.
pub fn shows_exposure(scope: Scope, is_asked_for: bool, ui: &Ui) -> bool {
    ui.is_json() || (!ui.is_silent() && (ui.is_verbose() || (scope == Scope::System && is_asked_for)))
}

/// Instead of an empty list.
pub const NONE: &str = "no services yet";

/// Instead of a log.
pub const UNREADABLE_LOG: &str = "(readable only by members of the group systemd-journal)";

/// A headline, and rows with labels under it.
#[derive(Default)]
struct Block(Vec<Text>);

impl Block {
    fn new(head: impl Into<Text>) -> Block {
        Block(vec![head.into()])
    }

    /// The label stands before the first line only; without lines there is no row.
    fn row<T: AsRef<str>>(&mut self, label: &str, lines: impl IntoIterator<Item = T>) {
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        self.0.extend(labels.zip(lines).map(|(label, line)| format!("  {label:9} {}", line.as_ref()).into()));
    }

    fn lines<T: Into<Text>>(&mut self, lines: impl IntoIterator<Item = T>) {
        self.0.extend(lines.into_iter().map(Into::into));
    }

    fn text(self) -> Text {
        Text::lines(self.0)
    }
}

/// A command of mkservice for a service, to paste.
pub fn own(verb: Verb, name: &UnitName, scope: Scope, host: &Host) -> String {
    own_with(verb, None, &[name], scope, host)
}

/// The same for several services, and with an option of the verb.
pub fn own_with(verb: Verb, option: Option<&str>, names: &[&UnitName], scope: Scope, host: &Host) -> String {
    let options = option.map(|option| (option, None)).into_iter().chain(host.options(scope));
    let invocation = Invocation::new(verb, options, names.iter().map(|name| OsString::from(name.as_str())));
    let mut command = mkservice(invocation.arguments());
    command.as_root = host.is_changed_by_root(scope);
    Wording::of(host).command(&command)
}

/// How to remove a service that was installed and does not run.
pub fn removal(name: &UnitName, scope: Scope, host: &Host) -> Message {
    message!("remove it: {}", own(Verb::Remove, name, scope, host))
}

/// A line for each component of a path: mode, owner, path, and who besides root can change it.
pub fn path_components(components: &[PathComponent]) -> Vec<String> {
    let widest = components.iter().map(|component| component.owner.len()).max().unwrap_or_default();
    let line = |component: &PathComponent| {
        let PathComponent { path, target, owner, mode, writers } = component;
        let target = target.as_deref().map(|target| format!(" -> {}", shown(target))).unwrap_or_default();
        let open = if writers.is_empty() { String::new() } else { format!("  <- {}", writers.join(", ")) };
        format!("{mode} {owner:widest$} {}{target}{open}", shown(path))
    };
    components.iter().map(line).collect()
}

/// Changes that nobody asked for.
pub fn notes(steps: &[Step]) -> Vec<String> {
    let note = |step: &Step| match step {
        Step::Linger { account, on: true } => Some(format!(
            "lingering is now enabled for {account}: services start at boot and keep running after logout \
             (--no-linger leaves it disabled)"
        )),
        Step::Linger { account, on: false } => Some(format!("lingering is disabled again for {account}")),
        _ => None,
    };
    steps.iter().filter_map(note).collect()
}

/// What `--dry-run` shows.
pub fn dry_run(steps: &[Step]) -> String {
    if steps.is_empty() { "nothing would change".into() } else { planned(steps, "would ", "    ").join("\n") }
}

/// The steps that root is asked for; `through` is the program that runs mkservice as root.
pub fn by_root(steps: &[Step], through: &str) -> String {
    let head = format!("root privileges are required; running with {through}:");
    std::iter::once(head).chain(planned(steps, "  ", "      ")).collect::<Vec<_>>().join("\n")
}

/// The steps in order, with the text of each file as far as it matters to people.
fn planned(steps: &[Step], before: &str, indent: &str) -> Vec<String> {
    let is_bookkeeping = |step: &&Step| matches!(step, Step::RemoveDir(_));
    let hides = !steps.iter().all(|step| is_bookkeeping(&step));
    let mut out = Vec::new();
    for step in steps.iter().filter(|step| !(hides && is_bookkeeping(step))) {
        out.push(format!("{before}{step}"));
        let lines: Vec<&str> = match step {
            Step::WriteUnit { difference, replaces: true, change, .. }
                if *change == FileChange::Remarks || !difference.is_empty() =>
            {
                difference.iter().map(String::as_str).collect()
            }
            Step::WriteUnit { text, .. } => stamp::without_stamp(text).lines().collect(),
            _ => Vec::new(),
        };
        out.extend(lines.into_iter().map(|line| format!("{indent}{line}").trim_end().to_owned()));
    }
    out
}
