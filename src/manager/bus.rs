//! Connections to a manager's bus, and timeouts of calls.

use std::future::Future;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt as _;
use zbus::message::Type;
use zbus::{Connection, MatchRule, MessageStream};

use super::peer;

use crate::host::{Host, tree};
use crate::model::command::{run, systemctl};
use crate::model::diagnostic::{Code, Details, Error, Result};
use crate::model::message::{Message, io_reason, message};
use crate::model::wait::timed;
use crate::spec::Scope;

/// The name and the interface of the bus itself.
pub const BUS: &str = "org.freedesktop.DBus";

/// libsystemd's default timeout.
pub const CALL: Duration = Duration::from_secs(25);

/// A daemon-reload runs all generators; systemctl waits as long.
pub const RELOAD: Duration = Duration::from_secs(180);

pub async fn system(host: &Host) -> Result<Connection> {
    connect(&host.system_bus).await.map_err(|cause| {
        let path = host.system_bus.trim_start_matches("unix:path=");
        if tree::exists(path) {
            return unreachable(
                Code::ManagerUnreachable,
                Scope::System,
                message!("the system bus at {}: {}", path, cause),
            );
        }
        let cause = message!("no system bus at {}: {}", path, cause);
        let install = run("apt").args(["install", "dbus"]).as_root();
        let hint =
            message!("install and start the bus: {} && {}", install, systemctl(Scope::System).args(["start", "dbus"]));
        unreachable(Code::ManagerUnreachable, Scope::System, cause).hint(hint)
    })
}

/// The bus of the user manager: the one in the runtime directory first, since a desktop or a terminal multiplexer may
/// have set another one in `DBUS_SESSION_BUS_ADDRESS`.
pub async fn user(host: &Host) -> Result<Connection> {
    let in_runtime = host.runtime.as_ref().map(|dir| format!("unix:path={}", escaped(&dir.join("bus"))));
    let mut last = None;
    for address in in_runtime.iter().chain(&host.session_bus) {
        match connect(address).await {
            Ok(connection) if has_systemd(&connection).await => return Ok(connection),
            Ok(_) => last = Some(format!("systemd is not on the bus at {address}")),
            Err(cause) => last = Some(format!("{address}: {cause}")),
        }
    }
    Err(no_user_manager(host, last))
}

/// Why a user manager cannot be reached: it is not running, or has no bus.
fn no_user_manager(host: &Host, tried: Option<String>) -> Error {
    let name = &host.asked_by.name;
    // The manager's private socket shows that it is running; only systemctl can talk to it.
    let answers = |dir: &PathBuf| UnixStream::connect(dir.join("systemd/private")).is_ok();
    let running = host.runtime.as_ref().filter(|dir| answers(dir));
    match running {
        Some(dir) => {
            let cause = tried.unwrap_or_else(|| format!("no bus at {}", dir.join("bus").display()));
            let install = run("apt").args(["install", "dbus-user-session"]).as_root();
            let restart = systemctl(Scope::System).arg("restart").arg(format!("user@{}.service", host.euid));
            let hint = message!("install the user bus and restart the user manager: {} && {}", install, restart);
            unreachable(Code::ManagerUnreachable, Scope::User, cause.into()).hint(hint)
        }
        None => {
            let why = if host.runtime_is_foreign {
                ", and XDG_RUNTIME_DIR belongs to another user, as after `su` or `sudo -u`"
            } else {
                ", as is usual without a login session (`su`, `sudo -u`, some ssh and container setups)"
            };
            let cause = message!("no user manager is running for {}{}", name, why);
            let linger = run("loginctl").args(["enable-linger", name]).as_root();
            let hint = message!("log in as {} directly, or start it permanently: {}", name, linger);
            unreachable(Code::ManagerMissing, Scope::User, cause).hint(hint)
        }
    }
}

fn unreachable(code: Code, scope: Scope, cause: Message) -> Error {
    Error::new(code, message!("cannot connect to the {} manager: {}", scope, cause))
}

async fn connect(address: &str) -> std::result::Result<Connection, String> {
    let builder = zbus::connection::Builder::address(address);
    match timed(CALL, builder.method_timeout(RELOAD).build()).await {
        Some(Ok(connection)) => Ok(connection),
        Some(Err(zbus::Error::Connection(error, _) | zbus::Error::InputOutput(error))) => Err(io_reason(&error)),
        Some(Err(error)) => Err(reason(&error)),
        None => Err("no answer".into()),
    }
}

/// How long a manager that has just started may take to appear on its bus, which the first connection starts.
const APPEAR: Duration = Duration::from_secs(5);

/// Waits for systemd to appear on the bus.
async fn has_systemd(connection: &Connection) -> bool {
    let appears = async {
        if is_there(connection).await? {
            return Ok(true);
        }
        let rule = MatchRule::builder().msg_type(Type::Signal).sender(BUS).interface(BUS).member("NameOwnerChanged");
        let rule = rule.arg(0, peer::NAME).build()?.into_owned();
        let mut changes = MessageStream::for_match_rule(rule, connection, None).await?;
        // It may have appeared before the subscription.
        let mut there = is_there(connection).await?;
        while !there && changes.next().await.is_some() {
            there = is_there(connection).await?;
        }
        zbus::Result::Ok(there)
    };
    matches!(timed(APPEAR, appears).await, Some(Ok(true)))
}

async fn is_there(connection: &Connection) -> zbus::Result<bool> {
    let path = "/org/freedesktop/DBus";
    connection.call_method(Some(BUS), path, Some(BUS), "NameHasOwner", &peer::NAME).await?.body().deserialize()
}

/// Waits for a call up to a limit.
pub async fn within<T>(
    call: impl Into<String>,
    limit: Duration,
    future: impl Future<Output = zbus::Result<T>>,
) -> Result<T> {
    match timed(limit, future).await {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(failed(call, &error)),
        None => Err(timeout(&call.into(), limit)),
    }
}

pub fn failed(call: impl Into<String>, error: &zbus::Error) -> Error {
    let code = if is_refusal(error) { Code::CallRefused } else { Code::CallFailed };
    let reason = if is_lost(error) { LOST.into() } else { reason(error) };
    failed_for(call, code, reason)
}

/// A connection that was closed while a signal was awaited.
pub fn lost(call: impl Into<String>) -> Error {
    failed_for(call, Code::CallFailed, LOST.into())
}

fn failed_for(call: impl Into<String>, code: Code, reason: String) -> Error {
    let error = Error::new(code, message!("{} failed: {}", call.into(), &reason)).hint(AGAIN);
    error.details(Details { reason: Some(reason), ..Details::default() })
}

/// A call that was not answered.
pub fn timeout(call: &str, after: Duration) -> Error {
    Error::new(Code::CallTimeout, message!("{} timed out after {} s", call, after.as_secs())).hint(AGAIN)
}

const AGAIN: &str = "run the command again to complete what is missing";

const LOST: &str = "the connection to systemd was lost";

/// Whether the connection broke, or nobody answered, which the bus reports as an error as well: it is unknown whether the
/// call was received. An answer that zbus cannot decode was received.
pub fn is_lost(error: &zbus::Error) -> bool {
    use zbus::fdo::Error::{Disconnected, NameHasNoOwner, NoReply, ServiceUnknown, TimedOut, Timeout};
    match error {
        zbus::Error::InputOutput(_) => true,
        zbus::Error::FDO(error) => matches!(
            **error,
            Disconnected(_) | NameHasNoOwner(_) | NoReply(_) | ServiceUnknown(_) | TimedOut(_) | Timeout(_)
        ),
        _ => false,
    }
}

/// Whether the call was refused by the other side.
pub fn is_refusal(error: &zbus::Error) -> bool {
    matches!(error, zbus::Error::MethodError(..) | zbus::Error::FDO(_)) && !is_lost(error)
}

/// The error message without D-Bus names.
pub fn reason(error: &zbus::Error) -> String {
    let text = match error {
        zbus::Error::MethodError(name, text, _) => text.clone().unwrap_or_else(|| name.to_string()),
        other => other.to_string(),
    };
    // Standard errors show their name before the message.
    let named = text.split_once(": ").filter(|(name, _)| name.starts_with("org.freedesktop."));
    named.map_or(text.as_str(), |(_, text)| text).trim_end_matches('.').to_owned()
}

/// `None` if the error did not come from the other side.
pub fn error_name(error: &zbus::Error) -> Option<&str> {
    match error {
        zbus::Error::MethodError(name, _, _) => Some(name.as_str()),
        _ => None,
    }
}

/// A path in a D-Bus address, with special characters as `%xx`.
fn escaped(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.\\*".contains(&byte);
    let bytes = path.as_os_str().as_bytes();
    bytes.iter().map(|&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Error as IoError, ErrorKind};

    use zbus::fdo;

    use super::*;

    #[test]
    fn lost_connections_refusals_and_answers_that_cannot_be_decoded_are_told_apart() {
        let of_bus = |error: fdo::Error| zbus::Error::from(error);
        for (error, expected) in [
            (IoError::from(ErrorKind::BrokenPipe).into(), (true, false)),
            (of_bus(fdo::Error::NoReply("message recipient disconnected".into())), (true, false)),
            (of_bus(fdo::Error::ServiceUnknown("not activatable".into())), (true, false)),
            (of_bus(fdo::Error::Disconnected("closed".into())), (true, false)),
            (of_bus(fdo::Error::AccessDenied("interactive authentication required".into())), (false, true)),
            // For a command line that is not UTF-8.
            (of_bus(fdo::Error::InvalidArgs("invalid argument".into())), (false, true)),
            (zbus::Error::IncorrectType, (false, false)),
            (zbus::Error::Failure("invalid utf-8".into()), (false, false)),
        ] {
            assert_eq!((is_lost(&error), is_refusal(&error)), expected, "{error:?}");
            let failed = failed("querying s.service", &error);
            let says_lost = failed.first().details.reason.as_deref() == Some(LOST);
            assert_eq!((says_lost, failed.code() == Code::CallRefused), expected, "{failed:?}");
        }
    }
}
