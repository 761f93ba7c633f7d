//! Lingering: whether an account's services run without a session of it (loginctl(1)), over D-Bus
//! (org.freedesktop.login1(5)).

use zbus::proxy::CacheProperties;
use zbus_systemd::login1::ManagerProxy;

use super::bus::{self, CALL, within};
use crate::error::Result;
use crate::host::Host;

/// Turns lingering on or off for the caller, who may do that without being asked for a password
/// (`org.freedesktop.login1.set-self-linger`).
pub async fn set_linger(host: &Host, on: bool) -> Result<()> {
    let connection = bus::system(host).await?;
    let set = async {
        let builder = ManagerProxy::builder(&connection).cache_properties(CacheProperties::No);
        builder.build().await?.set_user_linger(host.euid, on, false).await
    };
    let what = if on { "turning lingering on" } else { "turning lingering off" };
    within(what, CALL, set).await
}
