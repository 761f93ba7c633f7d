//! Services that the file no longer contains.

use crate::model::command::mkservice;
use crate::model::diagnostic::{Note, Result};
use crate::model::message::message;
use crate::resolve::Resolved;
use crate::session::context::Context;
use crate::session::order::Applied;
use crate::session::secrets::Secrets;
use crate::spec::{Scope, UnitName};
use crate::state;

/// The names of services to remove.
pub fn names(
    services: &[(&Resolved, Secrets)],
    applied: &Applied,
    scope: Scope,
    context: &Context<'_>,
) -> Result<Vec<UnitName>> {
    let Some(file) = applied.file.as_ref().filter(|_| applied.prune) else { return Ok(Vec::new()) };
    let is_wanted = |name: &UnitName| services.iter().any(|(resolved, _)| resolved.spec.name == *name);
    let mut gone = Vec::new();
    for (name, is_edited) in state::made_from(scope, file, context.host)? {
        if is_wanted(&name) {
            continue;
        }
        if is_edited && !applied.force {
            let remove = mkservice(["remove", name.as_str()]).for_scope(scope);
            let note =
                Note::from(message!("{} is not in the file any more, but stays, as it was edited by hand", &name));
            context.ui.warn(note.hint(message!("remove it: {}", remove)));
        } else {
            gone.push(name);
        }
    }
    Ok(gone)
}
