//! The steps that install what was edited.

use super::Step;
use crate::service::Service;
use crate::systemd::state::UnitState;

/// What installs the text, and what brings it into effect: a service that runs, or failed, is
/// started anew, one that was stopped stays so.
pub fn edit(service: &Service, text: String, difference: Vec<String>) -> (Vec<Step>, Vec<Step>) {
    let path = service.present.path.clone();
    let mut install = vec![Step::WriteUnit { path, text, replaces: true, keep_time: false, difference }];
    let Some(state) = &service.state else { return (install, Vec::new()) };
    install.push(Step::Reload(service.scope));
    let unit = service.name.unit();
    let is_wanted = |state: &UnitState| state.is_up() || state.active == "failed";
    let restart =
        if is_wanted(state) { vec![Step::ResetFailed(unit.clone()), Step::Restart(unit)] } else { Vec::new() };
    (install, restart)
}
