//! The steps that install an edit, of the unit file or of the drop-in of `edit`.

use super::{FileChange, Step, harden};
use crate::manager::state::UnitState;
use crate::state::DropIn;
use crate::state::service::Service;
use crate::systemd::unit_file;
use crate::unit::drop_in;

/// The new text of what was edited.
#[derive(Debug)]
pub enum Edited {
    Unit(String),
    /// `None` if nothing is left of it.
    DropIn(Option<String>),
}

/// The steps that install the text, and those that apply it: a service that is running or failed is restarted, a
/// stopped one stays stopped.
pub fn edit(service: &Service, edited: Edited, difference: Vec<String>) -> (Vec<Step>, Vec<Step>) {
    let main = &service.present.main;
    let unit = service.name.unit();
    let before = (service.text(), main.own_drop_in(drop_in::EDIT).map(DropIn::text));
    let is_left_empty = matches!(edited, Edited::DropIn(None)) && main.drop_ins.is_empty();
    let after = match edited {
        Edited::Unit(text) => (text, before.1.clone()),
        Edited::DropIn(text) => (before.0.clone(), text),
    };
    // Links enabled by the current file are removed if the new one does not ask for them.
    let enable = !service.is_group()
        && service.state.is_some()
        && service.is_enabled()
        && wanted_by(&after) != wanted_by(&before);
    let mut install: Vec<Step> = enable.then(|| Step::Disable(unit.clone())).into_iter().collect();
    let write = |path, text, replaces, difference| Step::WriteUnit {
        path,
        text,
        replaces,
        change: FileChange::Restart,
        difference,
    };
    let is_removed = before.1.is_some() && after.1.is_none();
    if after.0 != before.0 || is_removed {
        // If a drop-in is removed, the unit shows a later run that its own run is older.
        let difference = if is_removed { Vec::new() } else { difference.clone() };
        install.push(write(main.path.clone(), after.0, true, difference));
    }
    if after.1 != before.1 {
        let path = main.drop_in_path(drop_in::EDIT);
        match after.1 {
            Some(text) => install.push(write(path, text, before.1.is_some(), difference)),
            None => install.extend(harden::drop_in(&path, None)),
        }
    } else if is_left_empty {
        // A process that was killed has removed the drop-in.
        install.extend(main.drop_in_path(drop_in::EDIT).parent().map(|dir| Step::RemoveDir(dir.to_owned())));
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
    let restart = forget.chain(units.iter().cloned().map(Step::restart)).collect();
    (install, restart)
}

/// Whether an edit was interrupted before systemd read it, or the service ran with it.
pub fn is_pending(service: &Service) -> bool {
    let main = &service.present.main;
    let is_newer = |state| {
        let edit = main.own_drop_in(drop_in::EDIT);
        main.is_newer_than_run(Some(state)) || edit.is_some_and(|edit| edit.is_newer_than_run(Some(state)))
    };
    service.states().any(|(_, state)| state.needs_reload || (state.is_up() && is_newer(state)))
}

/// The contents of the `[Install]` sections of a unit and its drop-in.
fn wanted_by((unit, drop_in): &(String, Option<String>)) -> Vec<(String, String)> {
    let texts = std::iter::once(unit).chain(drop_in);
    let settings = texts.flat_map(|text| unit_file::settings(text)).filter(|setting| setting.section == "Install");
    settings.map(|setting| (setting.name.to_owned(), setting.value)).collect()
}
