//! What remains after the files of services were removed.

use std::path::PathBuf;

use super::context::Context;
use crate::apply::Applied;
use crate::host::writers::refuse_foreign_way;
use crate::host::{provided, tree};
use crate::manager::Manager;
use crate::model::diagnostic::Result;
use crate::plan::{self, Step};
use crate::spec::Scope;
use crate::state::service::Service;
use crate::state::{self, Lingering};

/// Disables lingering after the last service, and deletes directories that systemd created for the services. Returns those
/// that are not empty: their contents belong to the user.
pub async fn tidy(
    removed: &[Service],
    scope: Scope,
    manager: Option<&Manager>,
    context: &Context<'_>,
) -> Result<(Applied, Vec<PathBuf>)> {
    let host = context.host;
    let lingering = disable_lingering(scope, manager, context).await?;
    let ours = removed.iter().filter(|service| service.is_managed());
    let all: Vec<PathBuf> = ours.flat_map(|service| provided::dirs(&service.text(), scope, host)).collect();
    let is_safe = |dir: &&PathBuf| dir.parent().is_some_and(|base| refuse_foreign_way(base, host).is_ok());
    let steps: Vec<Step> = all.iter().filter(is_safe).cloned().map(Step::RemoveDir).collect();
    context.apply(&steps, manager).await?;
    let kept = all.into_iter().filter(|dir| tree::symlink_metadata(dir).is_ok()).collect();
    Ok((lingering, kept))
}

/// Unless services are left.
pub async fn disable_lingering(scope: Scope, manager: Option<&Manager>, context: &Context<'_>) -> Result<Applied> {
    let host = context.host;
    if scope == Scope::System || !state::managed(scope, host)?.is_empty() {
        return Ok(Applied::default());
    }
    context.apply(&plan::disable_lingering(&Lingering::read(host), host), manager).await
}
