//! Where services are managed, and what follows from it: the manager, the privileges, the way back.

use std::ffi::OsStr;
use std::path::Path;

use super::Host;
use super::root::Root;
use crate::model::{GivenScope, Scope};

/// Decided once. Whether user services are those of one user or of all is part of the scope ([`GivenScope`]), because
/// `--global` applies to each of these.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// This machine; systemd is PID 1 (sd_booted(3)).
    Running,
    /// This machine; systemd is not PID 1, or SYSTEMD_OFFLINE forbids talking to it.
    Offline,
    /// An image that is not running, in which all paths are resolved.
    Image(&'static Root),
}

impl Host {
    /// True if systemd runs what is installed.
    pub fn is_running(&self) -> bool {
        matches!(self.target, Target::Running)
    }

    /// True if there is a manager to talk to: nobody can reach the managers of all users.
    pub fn has_manager(&self) -> bool {
        self.is_running() && !self.is_global()
    }

    /// The root directory of the image; `None` for this machine.
    pub fn root(&self) -> Option<&'static Root> {
        match self.target {
            Target::Image(root) => Some(root),
            Target::Running | Target::Offline => None,
        }
    }

    /// The directory of the image on this machine.
    pub fn image(&self) -> Option<&'static Path> {
        self.root().map(Root::path)
    }

    /// True if user services are those of all users.
    pub fn is_global(&self) -> bool {
        self.given_scope == Some(GivenScope::Global)
    }

    /// By default, system for root and user for other users.
    pub fn scope(&self) -> Scope {
        match self.given_scope {
            Some(GivenScope::System) => Scope::System,
            Some(GivenScope::User | GivenScope::Global) => Scope::User,
            None if self.euid == 0 => Scope::System,
            None => Scope::User,
        }
    }

    /// True if only root can change services of a scope. In an image, a caller who can write to it counts as root.
    pub fn is_changed_by_root(&self, scope: Scope) -> bool {
        scope == Scope::System || self.is_global() || self.image().is_some()
    }

    /// True for a user of an image, whose services start at boot if the user lingers.
    pub fn is_account_of_image(&self) -> bool {
        self.home.is_some() && self.image().is_some()
    }

    /// True if lingering can be changed: logind does it on a running machine, and it is a file in an image.
    pub fn can_change_lingering(&self) -> bool {
        self.has_manager() || self.is_account_of_image()
    }

    /// The options of mkservice that select this target and a scope again.
    pub fn options(&self, scope: Scope) -> Vec<(&'static str, Option<&OsStr>)> {
        let is_of_user = scope == Scope::User && !self.is_global();
        let is_in_image = self.image().is_some();
        let root = self.image().map(|root| ("root", Some(root.as_os_str())));
        let global = (scope == Scope::User && self.is_global()).then_some(("global", None));
        let user = (is_of_user && (is_in_image || self.is_root())).then_some(("user", None));
        let uid = (is_of_user && is_in_image).then(|| ("uid", Some(OsStr::new(&self.asked_by.name))));
        [root, global, user, uid].into_iter().flatten().collect()
    }
}
