//! The existing services that a command line names, for all verbs alike.

use super::Command;

/// Where a command line holds them.
#[derive(Debug)]
pub enum ServiceNames<'a> {
    Several {
        names: &'a mut Vec<String>,
        all: bool,
        /// Without a name, the verb works on all services.
        optional: bool,
    },
    One(&'a mut Option<String>),
    Old(&'a mut String),
}

impl ServiceNames<'_> {
    pub fn given(&self) -> Vec<String> {
        match self {
            ServiceNames::Several { names, .. } => names.to_vec(),
            ServiceNames::One(name) => name.iter().cloned().collect(),
            ServiceNames::Old(name) => vec![name.to_string()],
        }
    }

    /// Puts others in their place: one where the verb works on one service.
    pub fn set(&mut self, mut to: Vec<String>) {
        match self {
            ServiceNames::Several { names, .. } => **names = to,
            ServiceNames::One(name) => **name = to.pop(),
            ServiceNames::Old(name) => **name = to.pop().unwrap_or_default(),
        }
    }

    pub fn is_all(&self) -> bool {
        matches!(self, ServiceNames::Several { all: true, .. })
    }

    pub fn is_optional(&self) -> bool {
        matches!(self, ServiceNames::Several { optional: true, .. })
    }

    /// Whether the verb works on one service.
    pub fn is_one(&self) -> bool {
        !matches!(self, ServiceNames::Several { .. })
    }
}

impl Command {
    /// `None` for a verb that does not work on existing services.
    pub fn service_names(&mut self) -> Option<ServiceNames<'_>> {
        let several = |names, all, optional| Some(ServiceNames::Several { names, all, optional });
        match self {
            Command::Remove(typed) => several(&mut typed.names, typed.all, false),
            Command::Stop(typed) => several(&mut typed.names, typed.all, false),
            Command::Start(typed) | Command::Restart(typed) => several(&mut typed.names, typed.all, false),
            Command::Enable(typed) | Command::Disable(typed) => several(&mut typed.names, typed.all, false),
            Command::Status(typed) => several(&mut typed.names, typed.all, true),
            Command::Cat(typed) => several(&mut typed.names, false, false),
            Command::Export(typed) => several(&mut typed.names, false, true),
            Command::Logs(typed) => Some(ServiceNames::One(&mut typed.name)),
            Command::Run(typed) => Some(ServiceNames::One(&mut typed.name)),
            Command::Update(typed) => Some(ServiceNames::One(&mut typed.service)),
            Command::Edit(typed) => Some(ServiceNames::One(&mut typed.name)),
            Command::Harden(typed) => Some(ServiceNames::One(&mut typed.name)),
            Command::Rename(typed) => Some(ServiceNames::Old(&mut typed.old)),
            _ => None,
        }
    }

    /// Whether it changes existing services, or a process.
    pub fn changes(&self) -> bool {
        let changing = match self {
            Command::Remove(typed) => &typed.changing,
            Command::Stop(typed) => &typed.changing,
            Command::Start(typed) | Command::Restart(typed) => &typed.changing,
            Command::Enable(typed) | Command::Disable(typed) => &typed.changing,
            Command::Run(typed) => &typed.changing,
            Command::Edit(typed) => &typed.changing,
            Command::Harden(typed) if typed.trial || typed.undo => &typed.changing,
            Command::Rename(typed) => &typed.changing,
            Command::Adopt(typed) => &typed.add.changing,
            _ => return false,
        };
        !changing.only_shows()
    }
}
