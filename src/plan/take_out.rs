//! The steps that remove some instances of a service.

use super::edited;
use super::{FileChange, Step};
use crate::manager::state::UnitState;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::message;
use crate::spec::{UnitKind, UnitName};
use crate::state::service::Service;
use crate::state::{ExistingFile, ExistingUnit};
use crate::unit::stamp::Origin;
use crate::unit::{difference, regrouped};

/// Plans to remove these instances of a service. Its files come first: if the run is interrupted, instances are left
/// that the target no longer wants, and running the command again completes it.
pub fn take_out(service: &Service, to_remove: &[UnitName]) -> Result<Vec<Step>> {
    let mut left = service.wanted_instances();
    for name in to_remove {
        left = left.and_then(|left| left.without(name.instance_name().unwrap_or_default()));
    }
    let [template, target] = [UnitKind::Template, UnitKind::Target].map(|kind| service.present.unit(kind));
    let (Some(left), Some(template), Some(target)) = (left, template, target) else {
        let names: Vec<String> = to_remove.iter().map(ToString::to_string).collect();
        let message = message!("cannot remove {} from {}: no instance would be left", names.join(", "), &service.name);
        let remove = mkservice(["remove", service.name.as_str()]);
        let error = Error::new(Code::Conflict, message).service(&service.name);
        return Err(error.hint(message!("remove the whole service: {}", remove)));
    };
    let [new_template, new_target] = regrouped(&template.text(), &target.text(), &service.name, &left, service.scope);
    let mut steps = Vec::new();
    for (there, text, change) in
        [(target, new_target, FileChange::Restart), (template, new_template, FileChange::Remarks)]
    {
        steps.extend(write(there, text, change, service)?);
    }
    let of_removed = || to_remove.iter().map(UnitName::unit);
    if service.state.is_some() {
        steps.push(Step::Reload(service.scope));
    }
    let is_up = |unit: &String| service.state_of(unit).is_some_and(UnitState::is_up);
    steps.extend(of_removed().filter(is_up).map(Step::Stop));
    // A failed instance would stay loaded indefinitely.
    steps.extend(of_removed().filter(|unit| service.state_of(unit).is_some()).map(Step::ResetFailed));
    Ok(steps)
}

fn write(there: &ExistingUnit, text: String, change: FileChange, service: &Service) -> Result<Option<Step>> {
    let old = there.text();
    let difference = difference(&old, &text);
    match &there.file {
        ExistingFile::File { origin: Origin::Managed, .. } if old == text => Ok(None),
        ExistingFile::File { origin: Origin::Managed, .. } => {
            Ok(Some(Step::WriteUnit { path: there.path.clone(), text, replaces: true, change, difference }))
        }
        _ => Err(edited(&service.name, service.scope, &there.path, difference)),
    }
}
