//! The verbs of the command line: one file each.

mod adopt;
mod apply;
mod cat;
mod completions;
mod edit;
mod enable;
mod explain;
mod export;
mod harden;
mod import;
mod list;
mod logs;
mod man;
mod remove;
mod rename;
mod run;
mod start;
mod status;
mod stop;
mod update;

pub use adopt::Adopt;
pub use apply::Apply;
pub use cat::Cat;
pub use completions::{Completions, Shell};
pub use edit::Edit;
pub use enable::Enable;
pub use explain::Explain;
pub use export::Export;
pub use harden::Harden;
pub use import::Import;
pub use list::List;
pub use logs::Logs;
pub use man::Man;
pub use remove::Remove;
pub use rename::Rename;
pub use run::Run;
pub use start::Start;
pub use status::Status;
pub use stop::Stop;
pub use update::Update;

use clap::Subcommand;

use super::{Add, ImageOptions, UserImageOptions};

const CHOICE: &str = "Without a name, mkservice asks on a terminal.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a service from a command (the default verb)
    #[command(override_usage = "mkservice [add] [OPTIONS] [--] COMMAND [ARGUMENT]...")]
    Add(Box<Add>),
    Apply(Apply),
    Remove(Remove),
    List(List),
    Status(Status),
    Logs(Logs),
    /// Start services and check that they keep running
    #[command(override_usage = "mkservice start [OPTIONS] NAME...", after_help = CHOICE)]
    Start(Start),
    /// Stop services; enabled ones start again at boot
    #[command(override_usage = "mkservice stop [OPTIONS] NAME...", after_help = CHOICE)]
    Stop(Stop),
    /// Restart services and check that they keep running
    #[command(override_usage = "mkservice restart [OPTIONS] NAME...", after_help = CHOICE)]
    Restart(Start),
    Run(Run),
    /// Start services at boot
    #[command(override_usage = "mkservice enable [OPTIONS] NAME...", after_help = CHOICE)]
    Enable(Enable),
    /// Do not start services at boot
    #[command(override_usage = "mkservice disable [OPTIONS] NAME...", after_help = CHOICE)]
    Disable(Enable),
    Cat(Cat),
    Export(Export),
    Update(Box<Update>),
    Edit(Edit),
    Harden(Harden),
    Rename(Rename),
    Adopt(Box<Adopt>),
    Import(Import),
    Explain(Explain),
    /// Diagnose problems and suggest fixes
    #[command(after_help = "Exit codes: 0 no problems, 1 problems found.")]
    Doctor,
    Completions(Completions),
    Man(Man),
    /// Install an order from stdin, as root
    #[command(hide = true)]
    InstallPlan,
}

impl Command {
    /// Whether it shows results that can be longer than a terminal, and then exits.
    pub fn is_paged(&self) -> bool {
        match self {
            Command::List(typed) => !typed.watch,
            Command::Logs(typed) => !typed.follow,
            Command::Status(_) | Command::Cat(_) | Command::Explain(_) | Command::Doctor => true,
            _ => false,
        }
    }

    /// For verbs that work without a manager, with the user of `--uid`.
    pub fn place(&self) -> Option<(&ImageOptions, Option<&str>)> {
        fn of(typed: &UserImageOptions) -> (&ImageOptions, Option<&str>) {
            (&typed.place, typed.uid.as_deref())
        }
        match self {
            Command::Add(typed) => Some((&typed.place, typed.uid.as_deref())),
            Command::Adopt(typed) => Some((&typed.add.place, None)),
            Command::Update(typed) => Some((&typed.add.place, None)),
            Command::Apply(typed) => Some(of(&typed.place)),
            Command::Remove(typed) => Some(of(&typed.place)),
            Command::List(typed) => Some(of(&typed.place)),
            Command::Enable(typed) | Command::Disable(typed) => Some(of(&typed.place)),
            Command::Cat(typed) => Some(of(&typed.place)),
            _ => None,
        }
    }
}
