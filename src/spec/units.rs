//! The kinds of units that make up a service: the main unit and its companions.

use std::fmt;

use super::{Scope, UnitName};

/// The role of a unit in its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    Service,
    /// `NAME@.service`, the template of the instances.
    Template,
    /// `NAME.target`, which groups the instances.
    Target,
    /// `NAME.timer`
    Timer,
    /// `NAME.socket`
    Socket,
    /// `NAME.path`
    Path,
    /// `NAME-failure.service`, which is started when the service failed.
    Failure,
}

impl UnitKind {
    pub const ALL: [UnitKind; 7] = [
        UnitKind::Service,
        UnitKind::Template,
        UnitKind::Target,
        UnitKind::Timer,
        UnitKind::Socket,
        UnitKind::Path,
        UnitKind::Failure,
    ];

    /// The kinds that a service of this name can have: an instance of a template has no companions.
    pub fn of_service(name: &UnitName) -> &'static [UnitKind] {
        if name.as_str().contains('@') { &[UnitKind::Service] } else { &UnitKind::ALL }
    }

    /// Appended to the service's name.
    pub fn suffix(self) -> &'static str {
        match self {
            UnitKind::Service => ".service",
            UnitKind::Template => "@.service",
            UnitKind::Target => ".target",
            UnitKind::Timer => ".timer",
            UnitKind::Socket => ".socket",
            UnitKind::Path => ".path",
            UnitKind::Failure => "-failure.service",
        }
    }

    /// True for the unit that runs the program.
    pub fn is_main(self) -> bool {
        matches!(self, UnitKind::Service | UnitKind::Template)
    }

    /// True for timers, sockets and paths.
    pub fn is_trigger(self) -> bool {
        matches!(self, UnitKind::Timer | UnitKind::Socket | UnitKind::Path)
    }

    /// The target that starts such a unit at boot. The user manager has no multi-user.target: units that are wanted by
    /// it never start.
    pub fn target(self, scope: Scope) -> &'static str {
        match (self, scope) {
            (UnitKind::Timer, _) => "timers.target",
            (UnitKind::Socket, _) => "sockets.target",
            (UnitKind::Path, _) => "paths.target",
            (_, Scope::User) => "default.target",
            (_, Scope::System) => "multi-user.target",
        }
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UnitKind::Service => "service",
            UnitKind::Template => "template",
            UnitKind::Target => "target",
            UnitKind::Timer => "timer",
            UnitKind::Socket => "socket",
            UnitKind::Path => "path",
            UnitKind::Failure => "failure service",
        })
    }
}

impl UnitName {
    /// The unit's name, which is also its file's.
    pub fn unit_of(&self, kind: UnitKind) -> String {
        format!("{}{}", self.as_str(), kind.suffix())
    }
}
