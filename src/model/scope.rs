//! The two managers that services belong to.

use std::fmt;

/// Which of the two managers runs the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The manager of one user (`systemctl --user`).
    User,
    /// The system manager, PID 1.
    System,
}

/// What was given of `--user`, `--system` and `--global`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenScope {
    User,
    System,
    /// User services of all users.
    Global,
}

impl From<Scope> for GivenScope {
    fn from(scope: Scope) -> GivenScope {
        match scope {
            Scope::User => GivenScope::User,
            Scope::System => GivenScope::System,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::User => "user",
            Scope::System => "system",
        })
    }
}
