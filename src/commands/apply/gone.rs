//! Services that the file no longer contains.

use crate::error::{Result, sudo};
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
            let line = format!("{}mkservice remove {name}", sudo(scope));
            context.ui.warn(format!(
                "{name} is no longer in the file, but was edited by hand and stays; to remove it: {line}"
            ));
        } else {
            gone.push(name);
        }
    }
    Ok(gone)
}
