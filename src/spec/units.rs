//! The units that one service is made of: the one in which its program runs, and its companions.

use std::fmt;

use super::{Scope, UnitName};

/// What a unit is to its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// `NAME.service`, in which the program runs.
    Service,
    /// `NAME@.service`, from which its instances are made, in which the program runs.
    Template,
    /// `NAME.target`, which groups the instances.
    Target,
    /// `NAME.timer`, which starts the service at its times.
    Timer,
    /// `NAME.socket`, which starts the service on the first connection.
    Socket,
    /// `NAME.path`, which starts the service when something happens to a path.
    Path,
    /// `NAME-failure.service`, which is started when the service has failed.
    Failure,
}

impl UnitKind {
    /// All kinds; the service itself stands in front.
    pub const ALL: [UnitKind; 7] = [
        UnitKind::Service,
        UnitKind::Template,
        UnitKind::Target,
        UnitKind::Timer,
        UnitKind::Socket,
        UnitKind::Path,
        UnitKind::Failure,
    ];

    /// The kinds that the service of this name can have: an instance of a template is a service and nothing else.
    pub fn of_service(name: &UnitName) -> &'static [UnitKind] {
        if name.as_str().contains('@') { &[UnitKind::Service] } else { &UnitKind::ALL }
    }

    /// What stands behind the service's name.
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

    /// True for the unit in which the program runs: the others are its companions.
    pub fn is_main(self) -> bool {
        matches!(self, UnitKind::Service | UnitKind::Template)
    }

    /// True for what starts the service when something happens.
    pub fn is_trigger(self) -> bool {
        matches!(self, UnitKind::Timer | UnitKind::Socket | UnitKind::Path)
    }

    /// The target that starts such a unit at boot. A user's manager has no multi-user.target: what is wanted by
    /// that would never start.
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
    /// As people call it.
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
    /// The name of its unit of a kind, which is also that of its file.
    pub fn unit_of(&self, kind: UnitKind) -> String {
        format!("{}{}", self.as_str(), kind.suffix())
    }
}
