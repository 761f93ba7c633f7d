//! The existing services that a command line names, for all verbs alike.

use clap::Args;

use super::{Changing, Command};

/// For verbs that work on several services.
#[derive(Debug, Args)]
pub struct Selection {
    /// Service names, or patterns such as 'web*'
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
}

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
        fn several(names: &mut Vec<String>, all: bool, optional: bool) -> Option<ServiceNames<'_>> {
            Some(ServiceNames::Several { names, all, optional })
        }
        fn selected(Selection { names, all }: &mut Selection, optional: bool) -> Option<ServiceNames<'_>> {
            several(names, *all, optional)
        }
        match self {
            Command::Remove(typed) => selected(&mut typed.selection, false),
            Command::Stop(typed) => selected(&mut typed.selection, false),
            Command::Start(typed) | Command::Restart(typed) => selected(&mut typed.selection, false),
            Command::Enable(typed) | Command::Disable(typed) => selected(&mut typed.selection, false),
            Command::Status(typed) => selected(&mut typed.selection, true),
            Command::Cat(typed) => several(&mut typed.names, false, false),
            Command::Export(typed) => several(&mut typed.names, false, true),
            Command::Logs(typed) => selected(&mut typed.selection, false),
            Command::Run(typed) => Some(ServiceNames::One(&mut typed.name)),
            Command::Update(typed) => Some(ServiceNames::One(&mut typed.service)),
            Command::Edit(typed) => Some(ServiceNames::One(&mut typed.name)),
            Command::Harden(typed) => Some(ServiceNames::One(&mut typed.name)),
            Command::Rename(typed) => Some(ServiceNames::Old(&mut typed.old)),
            _ => None,
        }
    }

    /// For a verb that can change existing services with the options it has.
    pub fn changing_mut(&mut self) -> Option<&mut Changing> {
        match self {
            Command::Remove(typed) => Some(&mut typed.changing),
            Command::Stop(typed) => Some(&mut typed.changing),
            Command::Start(typed) | Command::Restart(typed) => Some(&mut typed.changing),
            Command::Enable(typed) | Command::Disable(typed) => Some(&mut typed.changing),
            Command::Run(typed) => Some(&mut typed.changing),
            Command::Edit(typed) => Some(&mut typed.changing),
            Command::Harden(typed) if typed.trial || typed.undo => Some(&mut typed.changing),
            Command::Rename(typed) => Some(&mut typed.changing),
            _ => None,
        }
    }

    /// Whether it changes existing services.
    pub fn changes(&mut self) -> bool {
        self.changing_mut().is_some_and(|changing| !changing.only_shows())
    }

    /// The arguments that are not options.
    pub fn positional(&mut self) -> Vec<String> {
        let names = self.service_names().map(|names| names.given()).unwrap_or_default();
        let new = if let Command::Rename(typed) = self { Some(typed.new.clone()) } else { None };
        names.into_iter().chain(new).collect()
    }
}
