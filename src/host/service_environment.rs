//! The environment of a service, as far as it is known before the start (systemd.exec(5), “Environment variables in
//! spawned processes”).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::Account;
use crate::spec::{Scope, ServiceSpec, Variable};
use crate::systemd::directories::DEFAULT_PATH;

/// `manager` are the assignments of the manager; `None` if it is not running. `files` are the variables of environment
/// files.
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
    // A user manager sets these itself; the system manager sets them for User=.
    let named = spec.scope == Scope::User || spec.effective_account().is_some();
    if let Some(account) = account.filter(|_| named) {
        environment.insert("HOME".into(), account.home.clone().into());
        environment.extend(["USER", "LOGNAME"].map(|name| (name.into(), account.name.clone().into())));
    }
    let set = |variable: &Variable| (variable.name().into(), OsString::from_vec(variable.value().as_bytes().to_vec()));
    environment.extend(spec.environment.iter().map(set));
    // Environment files override settings (systemd.exec(5), `EnvironmentFile=`).
    environment.extend(files.iter().map(|(name, value)| (name.into(), value.into())));
    environment
}
