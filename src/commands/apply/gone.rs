//! What an earlier apply of the same file has made, and the file has no more.

use crate::error::{Result, sudo};
use crate::resolve::Resolved;
use crate::session::context::Context;
use crate::session::order::Applied;
use crate::session::secrets::Secrets;
use crate::spec::{Scope, UnitName};
use crate::state;

/// The names of services that go.
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
            context.ui.warn(format!("{name} is not in the file any more, but was edited by hand and stays: {line}"));
        } else {
            gone.push(name);
        }
    }
    Ok(gone)
}
