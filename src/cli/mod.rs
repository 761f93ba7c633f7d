//! What was typed, and nothing else: the types that clap fills.
//!
//! [`Invocation`] decides first which arguments are mkservice's and which are the command's; clap then sees the options
//! before the command, which follows `--`.

mod add;
mod import_format;
pub mod invocation;
mod listen;
mod needs;
mod place;
pub mod usage;
mod uses;
mod verbs;
mod when;

pub use add::Add;
pub use import_format::ImportFormat;
pub use invocation::Invocation;
pub use listen::Listen;
pub use needs::Needs;
pub use place::{Place, PlaceOf};
pub use uses::Uses;
pub use verbs::{
    Adopt, Apply, AtBoot, Cat, Doctor, Edit, Explain, Export, Harden, Import, InstallPlan, List, Logs, Named, Remove,
    Rename, Run, Start, Status,
};
pub use when::When;

use clap::{Args, Parser, Subcommand};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "mkservice",
    version,
    about = "Turns any command into a systemd service that is really running",
    long_about = "Turns any command into a systemd service that is really running.\n\n\
        Put `mkservice` in front of a command that works in your terminal. It then keeps running: \
        after you log out, after a crash, after a reboot.",
    after_long_help = EXAMPLES,
    after_help = "`mkservice --help` shows more, with examples",
    override_usage = "mkservice [OPTIONS] COMMAND [ARGUMENT]...\n       \
        mkservice [OPTIONS] -- COMMAND [ARGUMENT]...\n       \
        mkservice VERB [OPTIONS] [NAME]...",
    disable_help_subcommand = false,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    max_term_width = 100
)]
pub struct Cli {
    /// The verb; without one, `add`.
    #[command(subcommand)]
    pub verb: Option<Command>,
    /// The options of the default verb.
    #[command(flatten)]
    pub add: Add,
}

const EXAMPLES: &str = "\
Examples:
  mkservice python myscript.py                     a service named myscriptd
  mkservice python myscript.py --name watcher      the same, under another name
  mkservice --name web -- gunicorn app:app --bind :8000
                                                   after `--` everything belongs to the command
  mkservice --system ./server --name server        a system service: root is asked for, it runs as you
  mkservice --dry-run python myscript.py           show what would be done, do nothing
  mkservice list                                   the services that mkservice has made
  mkservice status myscriptd                       how it is, and why when it is not well
  mkservice logs myscriptd -f                      what it says
  mkservice remove myscriptd                       stop it and take everything away again
  mkservice adopt myscript.py                      make a service of what runs already

Where things are:
  user services     ~/.config/systemd/user/NAME.service
  system services   /etc/systemd/system/NAME.service

Exit codes:
  0 done, the service runs    1 failed    2 refused, nothing was changed
  3 it does not run           4 no such service or process
  5 with --check: there is something to do";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a service of a command (the default: the word can be left out)
    #[command(override_usage = "mkservice [add] [OPTIONS] [--] COMMAND [ARGUMENT]...")]
    Add(Box<Add>),
    /// Make services what a file says: all that it has, in one go
    #[command(
        override_usage = "mkservice apply [OPTIONS] [FILE|-]",
        after_help = "The file is TOML: a table [services.NAME] for each service, with `command` and any option of `add` \
            by its name;\n[defaults] holds for all. Paths count from the folder of the file. Nothing is written unless all \
            of it can be."
    )]
    Apply(Apply),
    /// Stop services and take away all that was made for them
    #[command(override_usage = "mkservice remove [OPTIONS] NAME...", after_help = CHOICE)]
    Remove(Remove),
    /// Show the services that mkservice has made, and how they are
    List(List),
    /// Show how services are, and why when they are not well
    #[command(after_help = "Exit code 0 when it runs, 3 when it does not, 4 when there is no such service.")]
    Status(Status),
    /// Show what a service has logged
    #[command(override_usage = "mkservice logs [OPTIONS] NAME", after_help = CHOICE)]
    Logs(Logs),
    /// Start services, and see whether they stay up
    #[command(override_usage = "mkservice start [OPTIONS] NAME...", after_help = CHOICE)]
    Start(Start),
    /// Stop services; they start again at boot unless they are disabled
    #[command(override_usage = "mkservice stop [OPTIONS] NAME...", after_help = CHOICE)]
    Stop(Named),
    /// Stop and start services, and see whether they stay up
    #[command(override_usage = "mkservice restart [OPTIONS] NAME...", after_help = CHOICE)]
    Restart(Start),
    /// Run a service now that a timer runs, or that does its work and ends; wait, and tell how it went
    #[command(
        override_usage = "mkservice run [OPTIONS] NAME",
        after_help = "Exit code 0 when it did its work, 3 when it failed. An interrupt (Ctrl-C) ends the waiting, and not \
            the run."
    )]
    Run(Run),
    /// Have services started at boot
    #[command(override_usage = "mkservice enable [OPTIONS] NAME...", after_help = CHOICE)]
    Enable(AtBoot),
    /// Have services not started at boot any more
    #[command(override_usage = "mkservice disable [OPTIONS] NAME...", after_help = CHOICE)]
    Disable(AtBoot),
    /// Print the unit file of a service, with its drop-ins
    #[command(override_usage = "mkservice cat [OPTIONS] NAME...", after_help = CHOICE)]
    Cat(Cat),
    /// Print the file of services that makes what is there, for `mkservice apply`
    #[command(
        override_usage = "mkservice export [OPTIONS] [NAME]...",
        after_help = "Example: mkservice export >mkservice.toml"
    )]
    Export(Export),
    /// Edit the unit file of a service; a version that does not run is put back
    #[command(
        override_usage = "mkservice edit [OPTIONS] NAME",
        after_help = "The editor is that of $VISUAL or $EDITOR. It gets a copy: nothing changes until the copy is \
            checked.\nWithout a name, on a terminal, the services to choose from are shown."
    )]
    Edit(Edit),
    /// Close a service in as tightly as it lives with, found out by trying
    #[command(
        override_usage = "mkservice harden [OPTIONS] NAME",
        after_help = "Without --try nothing changes: it shows what the service is open to, and what could be closed.\n\
            With --try the service is restarted again and again: with all measures, then without those that it does \
            not live\nwith, as far as its state, its log and --probe tell. What is left is kept in a drop-in; \
            interrupted, all is as it was."
    )]
    Harden(Harden),
    /// Give a service another name
    Rename(Rename),
    /// Make a service of a process that runs already, and end that process
    #[command(
        override_usage = "mkservice adopt [OPTIONS] [PID|PATTERN]",
        after_help = "PATTERN is a part of the command line, as for pgrep -f. Without one, your processes in the \
            background that no\nservice owns are shown, on a terminal to choose from. \
            `-E NAME` takes the value that the process has.",
        mut_arg("command", |command| command
            .value_name("PID|PATTERN")
            .required(false)
            .help("The process: its ID, or a part of its command line")
            .long_help(None)),
        mut_arg("working_directory", |folder| folder.help("The folder it runs in [default: that of the process]")),
        mut_arg("setenv", |variable| variable.help("A variable; without =VALUE, the value that the process has")),
        mut_arg("uid", |account| account.help("The account it runs as (system scope) [default: that of the process]")),
        mut_arg("no_rollback", |option| option.help("Keep a service that does not come up; without this it is taken away again")),
        mut_arg("no_start", |option| option.hide(true)),
        mut_arg("root", |option| option.hide(true)),
        mut_arg("global", |option| option.hide(true))
    )]
    Adopt(Box<Adopt>),
    /// Make a file of services of a file of another tool, and print it
    #[command(
        override_usage = "mkservice import [OPTIONS] FILE|-",
        after_help = "FILE is a Procfile, a crontab, a configuration of supervisord, an ecosystem file or process list of \
            pm2, or a .service file.\nNothing is changed and nothing is run. What cannot be carried over is told, and \
            stands in the result as a comment:\n  mkservice import Procfile > mkservice.toml"
    )]
    Import(Import),
    /// Tell what a directive of systemd is, for use with -p
    #[command(
        override_usage = "mkservice explain [OPTIONS] [SECTION.]NAME...",
        after_help = "Example: mkservice explain MemoryMax"
    )]
    Explain(Explain),
    /// Look for what keeps services from working, and say what to do
    #[command(after_help = "Exit code 0 when all is well, 1 when something was found.")]
    Doctor(Doctor),
    /// Install what a user's half of mkservice has decided; the order comes from stdin
    #[command(hide = true)]
    InstallPlan(InstallPlan),
}

const CHOICE: &str = "Without a name, on a terminal, the services to choose from are shown.";

impl Command {
    /// Where it works, and on whose services, for those that can do without a manager.
    pub fn place(&self) -> Option<(&Place, Option<&str>)> {
        fn of(typed: &PlaceOf) -> (&Place, Option<&str>) {
            (&typed.place, typed.uid.as_deref())
        }
        match self {
            Command::Add(typed) => Some((&typed.place, typed.uid.as_deref())),
            Command::Adopt(typed) => Some((&typed.add.place, None)),
            Command::Apply(typed) => Some(of(&typed.place)),
            Command::Remove(typed) => Some(of(&typed.place)),
            Command::List(typed) => Some(of(&typed.place)),
            Command::Enable(typed) | Command::Disable(typed) => Some(of(&typed.place)),
            Command::Cat(typed) => Some(of(&typed.place)),
            _ => None,
        }
    }

    /// The options that it shares with all others.
    pub fn common(&self) -> &Common {
        match self {
            Command::Add(typed) => &typed.common,
            Command::Apply(typed) => &typed.common,
            Command::Remove(typed) => &typed.common,
            Command::List(typed) => &typed.common,
            Command::Status(typed) => &typed.common,
            Command::Logs(typed) => &typed.common,
            Command::Start(typed) | Command::Restart(typed) => &typed.common,
            Command::Stop(typed) => &typed.common,
            Command::Enable(typed) | Command::Disable(typed) => &typed.common,
            Command::Run(typed) => &typed.common,
            Command::Cat(typed) => &typed.common,
            Command::Export(typed) => &typed.common,
            Command::Edit(typed) => &typed.common,
            Command::Harden(typed) => &typed.common,
            Command::Rename(typed) => &typed.common,
            Command::Adopt(typed) => &typed.add.common,
            Command::Import(typed) => &typed.common,
            Command::Explain(typed) => &typed.common,
            Command::Doctor(typed) => &typed.common,
            Command::InstallPlan(typed) => &typed.common,
        }
    }
}

/// Options that every verb has.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Use your own service manager: no root needed (the default, except for root)
    #[arg(long, conflicts_with = "system", help_heading = "Which manager")]
    pub user: bool,
    /// Use the machine's service manager (the default for root)
    #[arg(long, help_heading = "Which manager")]
    pub system: bool,
    /// Print one JSON document with everything there is to tell
    #[arg(long, help_heading = "How it is told")]
    pub json: bool,
    /// Print nothing but warnings and errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "How it is told")]
    pub quiet: bool,
    /// Print each step and each decision with its reason
    #[arg(short, long, help_heading = "How it is told")]
    pub verbose: bool,
}

/// Options of the verbs that change something.
#[derive(Debug, Clone, Args)]
pub struct Changing {
    /// Show what would be done, and do nothing
    #[arg(long, help_heading = "How it is done")]
    pub dry_run: bool,
    /// The same, with exit code 5 if there is anything to do
    #[arg(long, help_heading = "How it is done")]
    pub check: bool,
    /// Go on where mkservice would refuse, as with units that are not ours
    #[arg(long, help_heading = "How it is done")]
    pub force: bool,
}

impl Changing {
    /// True when nothing is to be changed.
    pub fn only_shows(&self) -> bool {
        self.dry_run || self.check
    }
}
