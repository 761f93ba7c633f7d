//! A service: what is on disk, and what systemd knows about it.

mod group;
mod health;

use std::path::{Path, PathBuf};

pub use group::{Instance, run_of_all, together};
pub use health::{Health, health, triggered};

use crate::manager::state::{LastRun, TriggerState, UnitState};
use crate::spec::{Instances, Scope, UnitKind, UnitName};
use crate::state::{ExistingFile, ExistingUnit, Present};
use crate::systemd::unit_file;
use crate::unit::stamp::Origin;

#[derive(Debug)]
pub struct Service {
    pub name: UnitName,
    pub scope: Scope,
    pub present: Present,
    /// `None` if no manager is running.
    pub state: Option<UnitState>,
    /// `None` if no manager is running.
    pub run: Option<LastRun>,
    /// What systemd knows about the companions that exist or are about to be created.
    pub others: Vec<(String, UnitState)>,
    /// Defined instances, and others that are loaded from the template.
    pub instances: Vec<Instance>,
    /// What systemd knows about the triggers, by unit name.
    pub triggers: Vec<(String, TriggerState)>,
}

impl Service {
    /// What systemd knows about a unit of the service.
    pub fn state_of(&self, unit: &str) -> Option<&UnitState> {
        self.states().find(|(of, _)| of == unit).map(|(_, state)| state)
    }

    /// What systemd knows about its units, the main unit first.
    pub fn states(&self) -> impl Iterator<Item = (String, &UnitState)> {
        let main = self.state.iter().map(|state| (self.unit(), state));
        let others = self.others.iter().map(|(unit, state)| (unit.clone(), state));
        main.chain(others).chain(self.instances.iter().map(|one| (one.name.unit(), &one.state)))
    }

    /// True if the service or one of its triggers is active.
    pub fn is_active(&self) -> bool {
        self.states().any(|(_, state)| state.is_active())
    }

    /// True if there is anything of that name, managed by mkservice or not.
    pub fn exists(&self) -> bool {
        if self.is_instance() {
            // systemd accepts any instance name; an instance exists if the target wants it or it is loaded.
            let is_wanted =
                |all: Instances| all.names().iter().any(|it| Some(it.as_str()) == self.name.instance_name());
            let became = self.state.as_ref().is_some_and(|state| state.active != "inactive");
            return became || self.wanted_instances().is_some_and(is_wanted);
        }
        self.is_there() || self.has_leftovers()
    }

    /// True if systemd knows a unit of that name.
    pub fn is_there(&self) -> bool {
        let known = |state: &UnitState| !matches!(state.load.as_str(), "not-found" | "");
        self.present.main.file != ExistingFile::Nothing
            || self.present.main.elsewhere.is_some()
            || self.state.as_ref().is_some_and(known)
    }

    /// A unit file that was deleted by hand leaves links, and possibly a running process or a failure. An interrupted
    /// run leaves temporary files.
    pub fn has_leftovers(&self) -> bool {
        // A unit that was loaded from another file, such as a template's, is no leftover.
        let orphaned = |state: &UnitState| {
            state.active != "inactive" && self.present.main.elsewhere.is_none() && self.is_managed_run(state)
        };
        let kept = &self.present.kept;
        let has_secrets = !kept.secrets.is_empty() || !kept.temporary.is_empty();
        let has_files = !self.present.main.temporary.is_empty() || !self.present.main.preludes.is_empty();
        let has_companions = self.present.companions.iter().any(|unit| unit.is_managed() || !unit.temporary.is_empty());
        let on_disk = !self.present.main.links.is_empty() || has_files || has_secrets || has_companions;
        on_disk || self.state.as_ref().is_some_and(orphaned)
    }

    /// True unless systemd loaded it from another file.
    pub fn is_managed_run(&self, state: &UnitState) -> bool {
        self.present.main.is_read_by(state)
    }

    /// `None` if there is no regular file.
    pub fn origin(&self) -> Option<Origin> {
        match &self.present.main.file {
            ExistingFile::File { origin, .. } => Some(*origin),
            _ => None,
        }
    }

    /// True if mkservice created it, edited or not, or if it is a leftover of that.
    pub fn is_managed(&self) -> bool {
        match &self.present.main.file {
            ExistingFile::File { origin, .. } => *origin != Origin::Foreign,
            ExistingFile::Nothing => self.present.main.elsewhere.is_none() && self.has_leftovers(),
            _ => false,
        }
    }

    /// The effective file: the loaded one, or the one on disk.
    pub fn file(&self) -> &Path {
        // Old versions report the target of a mask instead of its path.
        let names_it = |path: &&str| !matches!(*path, "" | "/dev/null");
        let loaded = self.loaded().map(|state| state.fragment.as_str()).filter(names_it).map(Path::new);
        match (&self.present.main.file, &self.present.main.elsewhere) {
            _ if loaded.is_some() => loaded.unwrap_or(&self.present.main.path),
            (ExistingFile::Nothing, Some((path, _))) => path,
            _ => &self.present.main.path,
        }
    }

    /// True if it is a link to `/dev/null`.
    pub fn is_masked(&self) -> bool {
        let by_file = match (&self.present.main.file, &self.present.main.elsewhere) {
            (ExistingFile::Link(target), _) => target.as_os_str() == "/dev/null",
            (ExistingFile::Nothing, Some((_, masked))) => *masked,
            _ => false,
        };
        by_file || self.state.as_ref().is_some_and(|state| state.load == "masked")
    }

    /// A file in a directory of higher precedence that overrides this one.
    pub fn shadowed_by(&self) -> Option<PathBuf> {
        let state = self.loaded().filter(|state| !state.fragment.is_empty())?;
        let ours = matches!(self.present.main.file, ExistingFile::File { .. });
        (ours && Path::new(&state.fragment) != self.present.main.path).then(|| PathBuf::from(&state.fragment))
    }

    /// The units that are enabled and started: triggers, the target of instances, or the main unit.
    pub fn entries(&self) -> Vec<&ExistingUnit> {
        if self.is_group() || self.is_instance() {
            return self.present.unit(UnitKind::Target).into_iter().collect();
        }
        let triggers: Vec<&ExistingUnit> = self.own_triggers().collect();
        if triggers.is_empty() { vec![&self.present.main] } else { triggers }
    }

    /// Its timer, socket and path.
    pub fn own_triggers(&self) -> impl Iterator<Item = &ExistingUnit> {
        self.present.own_companions().filter(|unit| unit.kind.is_trigger())
    }

    /// True if triggers start it.
    pub fn is_triggered(&self) -> bool {
        self.own_triggers().next().is_some()
    }

    pub fn health(&self) -> Health {
        let Some(state) = &self.state else { return Health::Unknown };
        if self.is_group() {
            return together(&self.members().map(Instance::health).collect::<Vec<_>>());
        }
        let itself = health(state, self.run.as_ref());
        let triggers: Vec<&UnitState> = self.own_triggers().filter_map(|unit| self.state_of(&unit.unit)).collect();
        if triggers.is_empty() { itself } else { triggered(itself, state, &triggers) }
    }

    /// Whether it starts at boot, or with the user manager.
    pub fn is_enabled(&self) -> bool {
        let entries = self.entries();
        !entries.is_empty() && entries.into_iter().all(|entry| self.is_entry_enabled(entry))
    }

    /// Whether one of those units is enabled.
    pub fn is_entry_enabled(&self, entry: &ExistingUnit) -> bool {
        match self.state_of(&entry.unit) {
            // The property dates from the last daemon-reload; the links apply from now on.
            Some(state) if entry.file == ExistingFile::Nothing => state.enabled.starts_with("enabled"),
            _ => !entry.enabling.is_empty(),
        }
    }

    /// Empty without a file.
    pub fn text(&self) -> String {
        self.present.main.text()
    }

    /// By its file, see [`unit_file::command`].
    pub fn command(&self) -> Vec<String> {
        unit_file::command(&self.text(), self.present.main.kind == UnitKind::Template)
    }
}
