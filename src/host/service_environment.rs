//! The environment that a manager gives to a service (systemd.exec(5), “Environment variables in spawned
//! processes”), as far as it is known before the start.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::Account;
use crate::spec::{Scope, ServiceSpec, Variable};
use crate::systemd::folders::DEFAULT_PATH;

/// The variables of a service: the manager's own, those of its account, and its settings.
///
/// `manager` are assignments as the manager tells them; `None` where there is none to ask. `files` is what
/// the environment files set.
pub fn of_service(
    spec: &ServiceSpec,
    account: Option<&Account>,
    manager: Option<&[String]>,
    files: &[(String, String)],
) -> BTreeMap<OsString, OsString> {
    let mut environment: BTreeMap<OsString, OsString> = BTreeMap::new();
    environment.insert("PATH".into(), DEFAULT_PATH.join(":").into());
    let assignments = manager.into_iter().flatten().filter_map(|assignment| assignment.split_once('='));
    environment.extend(assignments.map(|(name, value)| (name.into(), value.into())));
    // A user's manager has these of its own; the machine's gives them with User=.
    let named = spec.scope == Scope::User || spec.effective_account().is_some();
    if let Some(account) = account.filter(|_| named) {
        environment.insert("HOME".into(), account.home.clone().into());
        environment.extend(["USER", "LOGNAME"].map(|name| (name.into(), account.name.clone().into())));
    }
    let set = |variable: &Variable| (variable.name().into(), OsString::from_vec(variable.value().as_bytes().to_vec()));
    environment.extend(spec.environment.iter().map(set));
    // What a file sets goes before the settings (systemd.exec(5), `EnvironmentFile=`).
    environment.extend(files.iter().map(|(name, value)| (name.into(), value.into())));
    environment
}
