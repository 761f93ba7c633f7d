//! Connecting to the manager of a new service, and whether it reads the unit directory.

use std::path::Path;

use crate::host::target::Target;
use crate::host::{Host, release, wsl};
use crate::manager::Manager;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{flag, message, quoted, shell_word};
use crate::output::report::Outcome;
use crate::session::context::{Context, manager};
use crate::spec::Scope;
use crate::state;

/// A connection tried early: what is written depends on systemd's version. Whether a missing one matters is decided
/// later.
pub struct ManagerConnection {
    connected: Result<Option<Manager>>,
    release: Option<u32>,
}

impl ManagerConnection {
    pub async fn find(scope: Scope, host: &Host) -> ManagerConnection {
        let connected = manager(scope, host).await;
        let running = connected.as_ref().ok().and_then(Option::as_ref).map(Manager::version);
        ManagerConnection {
            connected,
            release: running.filter(|version| *version > 0).or_else(|| release::installed(Path::new("/"))),
        }
    }

    /// That of the manager, otherwise of the installed systemd, such as 252.
    pub fn release(&self) -> Option<u32> {
        self.release
    }

    pub fn manager(&self) -> Option<&Manager> {
        self.connected.as_ref().ok().and_then(Option::as_ref)
    }
}

/// Without a manager, returns what becomes of services. An unreachable one is an error unless nothing has to be started.
pub async fn reach(
    connection: ManagerConnection,
    scope: Scope,
    starts: bool,
    context: &Context<'_>,
) -> Result<std::result::Result<Manager, Outcome>> {
    match connection.connected {
        Ok(Some(manager)) => {
            refuse_unread_dir(scope, context, &manager).await?;
            Ok(Ok(manager))
        }
        Ok(None) => {
            if starts && matches!(context.host.target, Target::Offline) && !context.host.is_told_offline() {
                refuse_what_never_boots(connection.release, context)?;
            }
            Ok(Err(Outcome::AtNextBoot))
        }
        Err(error) if !matches!(error.code(), Code::ManagerMissing | Code::ManagerUnreachable) => Err(error),
        Err(_) if !starts => Ok(Err(Outcome::AtNextReload)),
        Err(error) => Err(error.hint(message!("or install it without starting it: {}", flag("no-start")))),
    }
}

/// Where systemd is not running: refuses to install if no boot starts it.
fn refuse_what_never_boots(release: Option<u32>, context: &Context<'_>) -> Result<()> {
    let error = |text: &'static str| Error::new(Code::SystemdNotInstalled, text);
    let error = match release {
        _ if wsl::is_here(&context.host.environment) => error("systemd is not running: WSL starts without it")
            .hint(message!("enable it: {}", r"printf '[boot]\nsystemd=true\n' | sudo tee -a /etc/wsl.conf"))
            .hint("then restart WSL, in Windows: wsl --shutdown"),
        None => error("systemd is not installed here")
            .hint("install it, such as with: sudo apt install systemd")
            .hint("in a container, boot it as PID 1, or use an image that has it"),
        Some(_) => return Ok(()),
    };
    Err(error.hint(message!("or install it without starting it: {}", flag("no-start"))))
}

/// If HOME or XDG_CONFIG_HOME is set only in the shell, the user manager does not read the directory that it leads to.
async fn refuse_unread_dir(scope: Scope, context: &Context<'_>, manager: &Manager) -> Result<()> {
    let dir = state::unit_dir(scope, context.host)?;
    if manager.unit_path().iter().any(|path| state::same_dir(Path::new(path), &dir)) {
        return Ok(());
    }
    let home = &context.host.asked_by.home;
    let text = message!("the user manager does not read {}, which HOME or XDG_CONFIG_HOME points to", quoted(&dir));
    let again = mkservice(context.invocation.arguments());
    let hint = message!("env -u XDG_CONFIG_HOME HOME={} {}", shell_word(home), again);
    Err(Error::new(Code::DirectoryNotRead, text).hint(hint))
}
