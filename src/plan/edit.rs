//! The steps that install an edited unit file.

use super::Step;
use crate::manager::state::UnitState;
use crate::state::service::Service;
use crate::systemd::unit_file::{self, Setting};

/// The steps that install the text, and those that apply it: a service that is running or failed is restarted, a
/// stopped one stays stopped.
pub fn edit(service: &Service, text: String, difference: Vec<String>) -> (Vec<Step>, Vec<Step>) {
    let path = service.present.main.path.clone();
    let unit = service.name.unit();
    // Links enabled by the current file are removed if the new one does not ask for them.
    let enable = !service.is_group()
        && service.state.is_some()
        && service.is_enabled()
        && wanted_by(&text) != wanted_by(&service.text());
    let mut install: Vec<Step> = enable.then(|| Step::Disable(unit.clone())).into_iter().collect();
    if text != service.text() {
        install.push(Step::WriteUnit { path, text, replaces: true, keep_time: false, difference });
    }
    install.extend(enable.then(|| Step::Enable { unit: unit.clone(), links: Vec::new() }));
    let Some(state) = &service.state else { return (install, Vec::new()) };
    install.push(Step::Reload(service.scope));
    let is_wanted = |state: &UnitState| state.is_up() || state.active == "failed";
    let units: Vec<String> = match service.is_group() {
        true => service.instances.iter().filter(|one| is_wanted(&one.state)).map(|one| one.name.unit()).collect(),
        false => is_wanted(state).then_some(unit).into_iter().collect(),
    };
    let forget = units.iter().cloned().map(Step::ResetFailed);
    let restart = forget.chain(units.iter().cloned().map(Step::Restart)).collect();
    (install, restart)
}

/// Whether an edit was interrupted before systemd read it, or the service ran with it.
pub fn is_pending(service: &Service) -> bool {
    let main = &service.present.main;
    service.states().any(|(_, state)| state.needs_reload || (state.is_up() && main.is_newer_than_run(Some(state))))
}

/// The contents of the `[Install]` section.
fn wanted_by(text: &str) -> Vec<Setting<'_>> {
    unit_file::settings(text).into_iter().filter(|setting| setting.section == "Install").collect()
}
