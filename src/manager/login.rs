//! Lingering: whether a user's services run without a session (loginctl(1), org.freedesktop.login1(5)).

use super::bus;
use super::bus::CALL;
use super::bus::within;
use crate::host::Host;
use crate::model::diagnostic::Result;

/// Enables or disables lingering for the caller, which needs no password (`org.freedesktop.login1.set-self-linger`).
pub async fn set_linger(host: &Host, on: bool) -> Result<()> {
    let connection = bus::system(host).await?;
    let (login, object) = (Some("org.freedesktop.login1"), "/org/freedesktop/login1");
    let (manager, may_ask) = (Some("org.freedesktop.login1.Manager"), false);
    let arguments = (host.euid, on, may_ask);
    let set = async { connection.call_method(login, object, manager, "SetUserLinger", &arguments).await.map(drop) };
    let what = if on { "enabling lingering" } else { "disabling lingering" };
    within(what, CALL, set).await
}
