//! A service as it is: what is on disk and what its manager knows. Facts and what follows from
//! them; nothing here looks or changes.

mod group;
mod health;

use std::path::{Path, PathBuf};

pub use group::{Instance, run_of_all, together};
pub use health::{Health, health, triggered};

use crate::manager::state::{LastRun, TriggerState, UnitState};
use crate::spec::{Instances, Scope, UnitKind, UnitName};
use crate::state::{FileThere, Present, UnitThere};
use crate::systemd::unit_file;
use crate::unit::stamp::Origin;

/// A service, or what is left of one.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: UnitName,
    /// Its manager.
    pub scope: Scope,
    /// What is on disk.
    pub present: Present,
    /// What the manager knows of the unit; `None` when there is no manager to ask.
    pub state: Option<UnitState>,
    /// The current or last run; `None` when there is no manager to ask.
    pub run: Option<LastRun>,
    /// What the manager knows of its other units, by their names: those that are there, or are about to be.
    pub others: Vec<(String, UnitState)>,
    /// Its instances: those that it is to have, and others that its manager has loaded from its template.
    pub instances: Vec<Instance>,
    /// What more its manager knows of what starts it, by the names of those units.
    pub triggers: Vec<(String, TriggerState)>,
}

impl Service {
    /// What the manager knows of a unit of the service.
    pub fn state_of(&self, unit: &str) -> Option<&UnitState> {
        self.states().find(|(of, _)| of == unit).map(|(_, state)| state)
    }

    /// What the manager knows of its units, the one in which its program runs in front.
    pub fn states(&self) -> impl Iterator<Item = (String, &UnitState)> {
        let main = self.state.iter().map(|state| (self.unit(), state));
        let others = self.others.iter().map(|(unit, state)| (unit.clone(), state));
        main.chain(others).chain(self.instances.iter().map(|one| (one.name.unit(), &one.state)))
    }

    /// True when anything of it is active: itself, or what starts it.
    pub fn is_active(&self) -> bool {
        self.states().any(|(_, state)| state.is_active())
    }

    /// True when there is anything of that name: ours or not, whole or not.
    pub fn exists(&self) -> bool {
        if self.is_instance() {
            // Every name has an instance, for systemd: there is one if it is wanted, or something became of it.
            let is_wanted =
                |all: Instances| all.names().iter().any(|it| Some(it.as_str()) == self.name.instance_name());
            let became = self.state.as_ref().is_some_and(|state| state.active != "inactive");
            return became || self.wanted_instances().is_some_and(is_wanted);
        }
        self.is_there() || self.has_leftovers()
    }

    /// True when there is a unit of that name, for systemd at least.
    pub fn is_there(&self) -> bool {
        let known = |state: &UnitState| !matches!(state.load.as_str(), "not-found" | "");
        self.present.main.file != FileThere::Nothing
            || self.present.main.elsewhere.is_some()
            || self.state.as_ref().is_some_and(known)
    }

    /// A file that somebody deleted by hand leaves links that lead to where it was, and a process
    /// that goes on, or a failure, without a file; they still tell of the service. So does what a run
    /// that was killed has left of writing.
    pub fn has_leftovers(&self) -> bool {
        // What runs from another file, as an instance of a template does, is not left of ours.
        let orphaned = |state: &UnitState| {
            state.active != "inactive" && self.present.main.elsewhere.is_none() && self.is_run_of_ours(state)
        };
        let kept = &self.present.kept;
        let has_secrets = !kept.secrets.is_empty() || !kept.temporary.is_empty();
        let has_files = !self.present.main.temporary.is_empty() || !self.present.main.preludes.is_empty();
        let has_companions = self.present.companions.iter().any(|unit| unit.is_ours() || !unit.temporary.is_empty());
        let on_disk = !self.present.main.links.is_empty() || has_files || has_secrets || has_companions;
        on_disk || self.state.as_ref().is_some_and(orphaned)
    }

    /// True unless what its manager knows comes from another file than the one here.
    pub fn is_run_of_ours(&self, state: &UnitState) -> bool {
        self.present.main.is_read_by(state)
    }

    /// Whose its file is; `None` when it has none, or something else is in its place.
    pub fn origin(&self) -> Option<Origin> {
        match &self.present.main.file {
            FileThere::File { origin, .. } => Some(*origin),
            _ => None,
        }
    }

    /// True when it was made by us, whether or not somebody edited it, or is what is left of such.
    pub fn is_ours(&self) -> bool {
        match &self.present.main.file {
            FileThere::File { origin, .. } => *origin != Origin::Foreign,
            FileThere::Nothing => self.present.main.elsewhere.is_none() && self.has_leftovers(),
            _ => false,
        }
    }

    /// The file that counts: that which the manager has loaded, else that which is there.
    pub fn file(&self) -> &Path {
        // Old managers tell what a mask leads to, and not where it is.
        let names_it = |path: &&str| !matches!(*path, "" | "/dev/null");
        let loaded = self.loaded().map(|state| state.fragment.as_str()).filter(names_it).map(Path::new);
        match (&self.present.main.file, &self.present.main.elsewhere) {
            _ if loaded.is_some() => loaded.unwrap_or(&self.present.main.path),
            (FileThere::Nothing, Some((path, _))) => path,
            _ => &self.present.main.path,
        }
    }

    /// True when it is a link to `/dev/null`.
    pub fn is_masked(&self) -> bool {
        let by_file = match (&self.present.main.file, &self.present.main.elsewhere) {
            (FileThere::Link(target), _) => target.as_os_str() == "/dev/null",
            (FileThere::Nothing, Some((_, masked))) => *masked,
            _ => false,
        };
        by_file || self.state.as_ref().is_some_and(|state| state.load == "masked")
    }

    /// Another file of that name that counts instead of ours, as one in a folder of higher rank.
    pub fn shadowed_by(&self) -> Option<PathBuf> {
        let state = self.loaded().filter(|state| !state.fragment.is_empty())?;
        let ours = matches!(self.present.main.file, FileThere::File { .. });
        (ours && Path::new(&state.fragment) != self.present.main.path).then(|| PathBuf::from(&state.fragment))
    }

    /// Its units that are enabled and started: what starts it, what groups its instances, or itself.
    pub fn entries(&self) -> Vec<&UnitThere> {
        if self.is_group() || self.is_instance() {
            return self.present.unit(UnitKind::Target).into_iter().collect();
        }
        let triggers: Vec<&UnitThere> = self.own_triggers().collect();
        if triggers.is_empty() { vec![&self.present.main] } else { triggers }
    }

    /// What starts it: its timer, its socket, its path.
    pub fn own_triggers(&self) -> impl Iterator<Item = &UnitThere> {
        self.present.own_companions().filter(|unit| unit.kind.is_trigger())
    }

    /// True when something starts it, and it is not started itself.
    pub fn is_triggered(&self) -> bool {
        self.own_triggers().next().is_some()
    }

    /// How it is.
    pub fn health(&self) -> Health {
        let Some(state) = &self.state else { return Health::Unknown };
        if self.is_group() {
            return together(&self.members().map(Instance::health).collect::<Vec<_>>());
        }
        let itself = health(state, self.run.as_ref());
        let triggers: Vec<&UnitState> = self.own_triggers().filter_map(|unit| self.state_of(&unit.unit)).collect();
        if triggers.is_empty() { itself } else { triggered(itself, state, &triggers) }
    }

    /// Whether it starts by itself: at boot, or with the account's manager.
    pub fn is_enabled(&self) -> bool {
        let entries = self.entries();
        !entries.is_empty() && entries.into_iter().all(|entry| self.is_entry_enabled(entry))
    }

    /// Whether one of its units that can be enabled is.
    pub fn is_entry_enabled(&self, entry: &UnitThere) -> bool {
        match self.state_of(&entry.unit) {
            // The property is as old as the last reload; the links are what counts from now on.
            Some(state) if entry.file == FileThere::Nothing => state.enabled.starts_with("enabled"),
            _ => !entry.enabling.is_empty(),
        }
    }

    /// The text of its file here; empty when there is none.
    pub fn text(&self) -> String {
        self.present.main.text()
    }

    /// The words of its command by its file, see [`unit_file::command`].
    pub fn command(&self) -> Vec<String> {
        unit_file::command(&self.text(), self.present.main.kind == UnitKind::Template)
    }
}
