//! The instances of a service and their common state.

use super::Health;
use super::Service;
use super::health;
use crate::manager::state::{LastRun, UnitState};
use crate::spec::{Instances, UnitKind, UnitName};
use crate::systemd::specifier::typed_text;
use crate::systemd::unit_file;
use crate::unit::stamp;

#[derive(Debug, Clone)]
pub struct Instance {
    /// `web@2`
    pub name: UnitName,
    /// What systemd knows about its unit.
    pub state: UnitState,
    pub run: LastRun,
    /// The service is defined with it. Other instances are left from a previous version, or were started by hand.
    pub wanted: bool,
}

impl Instance {
    pub fn health(&self) -> Health {
        health(&self.state, Some(&self.run))
    }
}

impl Service {
    /// True for a service with instances.
    pub fn is_group(&self) -> bool {
        self.present.main.kind == UnitKind::Template && !self.is_instance() && self.present.main.is_managed()
    }

    /// True for one instance of a service.
    pub fn is_instance(&self) -> bool {
        self.name.instance_name().is_some() && self.present.main.kind == UnitKind::Template
    }

    /// The unit that represents the service in [`Service::state`]: the target of a group, or the main unit.
    pub fn unit(&self) -> String {
        if self.is_group() { self.name.unit_of(UnitKind::Target) } else { self.name.unit() }
    }

    /// The unit to pass to journalctl: the main unit, or a pattern for all instances.
    pub fn logged_as(&self) -> String {
        if self.is_group() { format!("{}@*.service", self.name) } else { self.name.unit() }
    }

    /// The same, and what it was called before: unless another one of the services `known` has that name now.
    pub fn logged_as_ever(&self, known: &[UnitName]) -> Vec<String> {
        let text = self.text();
        let former = stamp::former_names(&text).filter(|name| known.iter().all(|it| it.as_str() != *name));
        let former = former.filter_map(|name| UnitName::parse(name).ok()).map(|name| name.unit());
        std::iter::once(self.logged_as()).chain(former).collect()
    }

    /// By its target's file.
    pub fn wanted_instances(&self) -> Option<Instances> {
        let target = self.present.unit(UnitKind::Target).filter(|unit| unit.is_managed())?;
        let group = self.name.group().unwrap_or_else(|| self.name.clone());
        let text = target.text();
        let wants: Vec<String> = unit_file::settings(&text)
            .into_iter()
            .filter(|setting| (setting.section, setting.name) == ("Unit", "Wants"))
            .map(|setting| setting.value)
            .collect();
        Instances::from_names(Instances::of_target(&wants.join(" "), &group))
    }

    /// The instances it is defined with.
    pub fn members(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(|instance| instance.wanted)
    }

    /// The units that are started and watched: triggers, instances, or the main unit.
    pub fn runs(&self) -> Vec<(UnitName, String)> {
        if self.is_group() {
            return self.members().map(|one| (one.name.clone(), one.name.unit())).collect();
        }
        if self.is_instance() || !self.is_triggered() {
            return vec![(self.name.clone(), self.unit())];
        }
        self.own_triggers().map(|there| (self.name.clone(), there.unit.clone())).collect()
    }

    /// The state of a unit that runs the service's program, which says which file was loaded.
    pub(super) fn loaded(&self) -> Option<&UnitState> {
        if self.is_group() { self.instances.first().map(|one| &one.state) } else { self.state.as_ref() }
    }

    /// The number of healthy instances, and of all.
    pub fn count(&self) -> Option<(usize, usize)> {
        let well = || self.members().filter(|one| one.health().is_well()).count();
        (self.is_group() && self.state.is_some()).then(|| (well(), self.members().count()))
    }
}

/// The common state of instances.
pub fn together(of_instances: &[Health]) -> Health {
    let all = |is: fn(&Health) -> bool| of_instances.iter().all(is);
    let any = |is: Health| of_instances.contains(&is);
    match () {
        () if of_instances.is_empty() => Health::Stopped,
        () if any(Health::Failed) => Health::Failed,
        () if any(Health::Restarting) => Health::Restarting,
        () if any(Health::Broken) => Health::Broken,
        () if any(Health::Masked) => Health::Masked,
        () if any(Health::Changing) => Health::Changing,
        () if all(|it| *it == Health::Done) => Health::Done,
        () if all(|it| it.is_well()) => Health::Running,
        () if all(|it| *it == Health::Stopped) => Health::Stopped,
        () => Health::Degraded,
    }
}

/// The last runs of all instances combined: their total memory, and the command of the unit file.
pub fn run_of_all(instances: &[Instance], text: &str) -> LastRun {
    let settings = unit_file::settings(text);
    let dir = settings.iter().find(|setting| setting.name == "WorkingDirectory").map(|setting| setting.value.clone());
    let members = || instances.iter().filter(|instance| instance.wanted);
    let first = members().next().map(|one| one.run.clone()).unwrap_or_default();
    LastRun {
        command: unit_file::command(text, true),
        dir: dir.map(|dir| typed_text(&dir)).unwrap_or_default(),
        restarts: members().map(|one| one.run.restarts).sum(),
        memory: members().filter_map(|one| one.run.memory).reduce(|all, one| all.saturating_add(one)),
        pid: 0,
        main_pid: 0,
        ..first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_for_all_of_them() {
        use Health::*;
        for (each, all) in [
            (&[Running, Running][..], Running),
            (&[Running, Done], Running),
            (&[Done, Done], Done),
            (&[Running, Failed, Stopped], Failed),
            (&[Running, Restarting], Restarting),
            (&[Running, Stopped], Degraded),
            (&[Stopped, Stopped], Stopped),
            (&[Running, Changing], Changing),
            (&[], Stopped),
        ] {
            assert_eq!(together(each), all, "{each:?}");
        }
    }
}
