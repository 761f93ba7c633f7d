//! The way to the manager of a new service: whether there is one, and whether it will read the unit as it is meant.

use std::path::Path;

use crate::error::{Error, Result};
use crate::host::{Host, release};
use crate::manager::Manager;
use crate::model::command::mkservice;
use crate::model::diagnostic::Code;
use crate::model::message::{flag, message, quoted, shell_word};
use crate::session::context::{Context, manager};
use crate::spec::Scope;
use crate::state;

/// The way to the manager of a scope, tried early: what is written depends on its release. Whether it matters
/// that there is none is seen later.
pub struct Way {
    connected: Result<Option<Manager>>,
    release: Option<u32>,
}

impl Way {
    /// Tries to connect to the manager of a scope.
    pub async fn find(scope: Scope, host: &Host) -> Way {
        let connected = manager(scope, host).await;
        let running = connected.as_ref().ok().and_then(Option::as_ref).map(Manager::version);
        Way {
            connected,
            release: running.filter(|version| *version > 0).or_else(|| release::installed(Path::new("/"))),
        }
    }

    /// systemd's release, 252: that of the manager, else that of what is installed.
    pub fn release(&self) -> Option<u32> {
        self.release
    }

    /// The manager, to speak to.
    pub fn manager(&self) -> Option<&Manager> {
        self.connected.as_ref().ok().and_then(Option::as_ref)
    }
}

/// The manager, or why there is none to speak to.
pub enum Reached {
    /// The manager.
    Manager(Manager),
    /// No systemd runs here.
    NoSystemd,
    /// One runs, and cannot be spoken to; nothing has to be started.
    NotReachable,
}

impl Reached {
    /// The manager, to speak to.
    pub fn manager(&self) -> Option<&Manager> {
        match self {
            Reached::Manager(manager) => Some(manager),
            _ => None,
        }
    }

    /// The manager, to keep.
    pub fn into_manager(self) -> Option<Manager> {
        match self {
            Reached::Manager(manager) => Some(manager),
            _ => None,
        }
    }
}

/// Comes to the manager. One that cannot be reached is an error, unless nothing has to be started.
pub async fn reach(way: Way, scope: Scope, starts: bool, context: &Context<'_>) -> Result<Reached> {
    match way.connected {
        Ok(Some(manager)) => {
            refuse_unread_folder(scope, context, &manager).await?;
            Ok(Reached::Manager(manager))
        }
        Ok(None) => Ok(Reached::NoSystemd),
        Err(error) if !matches!(error.code(), Code::ManagerMissing | Code::ManagerUnreachable) => Err(error),
        Err(_) if !starts => Ok(Reached::NotReachable),
        Err(error) => Err(error.hint(message!("or install it without starting it: {}", flag("no-start")))),
    }
}

/// HOME or XDG_CONFIG_HOME that are set only in a shell lead to a folder the user's manager never
/// reads.
async fn refuse_unread_folder(scope: Scope, context: &Context<'_>, manager: &Manager) -> Result<()> {
    let folder = state::unit_folder(scope, context.host)?;
    if manager.unit_path().iter().any(|path| state::same_folder(Path::new(path), &folder)) {
        return Ok(());
    }
    let home = &context.host.asked_by.home;
    let text = message!("the user manager does not read {}, which HOME or XDG_CONFIG_HOME points to", quoted(&folder));
    let again = mkservice(context.invocation.arguments());
    let hint = message!("env -u XDG_CONFIG_HOME HOME={} {}", shell_word(home), again);
    Err(Error::new(Code::DirectoryNotRead, text).hint(hint))
}
