//! The command line as data: the types that clap fills.
//!
//! [`Invocation`] decides first which arguments are mkservice's and which are the command's; clap then sees the options
//! before the command, which follows `--`.

mod add;
mod assignment;
mod command_options;
mod dependency_options;
pub mod first_word;
mod image_options;
mod import_format;
pub mod invocation;
mod listen_options;
mod resource_options;
mod service_names;
mod systemd_run;
mod timer_options;
pub mod usage;
mod verbs;

pub use add::Add;
pub use dependency_options::DependencyOptions;
pub use image_options::{ImageOptions, UserImageOptions};
pub use import_format::ImportFormat;
pub use invocation::Invocation;
pub use listen_options::ListenOptions;
pub use resource_options::{DirectiveArguments, ResourceOptions};
pub use service_names::ServiceNames;
pub use timer_options::TimerOptions;
pub use verbs::{
    Adopt, Apply, Cat, Edit, EnableOptions, Explain, Export, Harden, Import, List, Logs, Named, Remove, Rename, Run,
    Start, Status, Update,
};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use serde::{Deserialize, Serialize};

use crate::model::diagnostic::Result;
use crate::model::{GivenScope, Verb};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "mkservice",
    version,
    about = "Turn any command into a running systemd service",
    long_about = "Turn any command into a running systemd service.\n\n\
        Put `mkservice` before a command that works in your terminal. It then keeps running after you \
        log out, after a crash and after a reboot.",
    after_help = "mkservice --help shows all options, with examples.",
    override_usage = "mkservice [OPTIONS] COMMAND [ARGUMENT]...\n       \
        mkservice [OPTIONS] -- COMMAND [ARGUMENT]...\n       \
        mkservice VERB [OPTIONS] [NAME]...",
    disable_help_subcommand = false,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    styles = STYLES,
    max_term_width = 80
)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Option<Command>,
    #[command(flatten)]
    pub add: Add,
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "\
Examples:
  mkservice python myscript.py                  create a service named myscriptd
  mkservice python myscript.py --name watcher   the same with another name
  mkservice --user gunicorn app:app --bind :80  options of mkservice come first
  mkservice --system ./server --name server     create a system service
  mkservice --dry-run python myscript.py        show what would change
  mkservice list                                list services and their state
  mkservice status myscriptd                    show its state and why it failed
  mkservice logs myscriptd -f                   follow its log
  mkservice remove myscriptd                    stop it and remove its files
  mkservice adopt myscript.py                   replace a running process

Files:
  user services     ~/.config/systemd/user/NAME.service
  system services   /etc/systemd/system/NAME.service

Exit codes:
  0  done, the service is running
  1  failed
  2  refused, nothing was changed
  3  not running
  4  no such service
  5  --check: something would change";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// The verbs as the help of mkservice shows them.
const VERB_GROUPS: [(&str, &[Verb]); 5] = [
    ("Create", &[Verb::Add, Verb::Adopt]),
    ("Inspect", &[Verb::List, Verb::Status, Verb::Logs, Verb::Cat, Verb::Explain, Verb::Doctor]),
    ("Control", &[Verb::Start, Verb::Stop, Verb::Restart, Verb::Run, Verb::Enable, Verb::Disable]),
    ("Change", &[Verb::Update, Verb::Edit, Verb::Harden, Verb::Rename, Verb::Remove]),
    ("Files", &[Verb::Apply, Verb::Export, Verb::Import]),
];

/// The command line for clap, with the verbs in groups: clap itself shows them as one list.
pub fn command() -> clap::Command {
    let command = Cli::command();
    let (header, literal) = (STYLES.get_header(), STYLES.get_literal());
    let row = |verb: &Verb| {
        let about = command.find_subcommand(verb.name()).and_then(|verb| verb.get_about().map(ToString::to_string));
        format!("  {literal}{:<9}{literal:#}{}\n", verb.name(), about.unwrap_or_default())
    };
    let group = |(name, verbs): (&str, &[Verb])| {
        format!("{header}{name}:{header:#}\n{}\n", verbs.iter().map(row).collect::<String>())
    };
    let verbs: String = VERB_GROUPS.into_iter().map(group).collect();
    let template = format!("{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{verbs}{{all-args}}{{after-help}}");
    let aliases = Verb::all().filter(|verb| verb.aliases().next().is_some());
    let aliases =
        aliases.map(|verb| format!("\n  {:<9}{}", verb.name(), verb.aliases().collect::<Vec<_>>().join(", ")));
    let after_long_help = format!("Aliases of verbs:{}\n\n{EXAMPLES}", aliases.collect::<String>());
    let command = command.help_template(template).after_long_help(after_long_help);
    command.mut_subcommands(|verb| verb.hide(true))
}

/// Reads the command line of a verb that mkservice itself has written.
pub fn verb(invocation: &Invocation) -> Result<Command> {
    let verb = invocation.given_verb();
    let program = std::iter::once("mkservice".into());
    let matches = command().try_get_matches_from(program.chain(invocation.for_clap()?));
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    cli.map_err(|refused| usage::error(&refused, verb))?.verb.ok_or_else(usage::no_command)
}

/// The command line of `add` alone.
pub fn add_command() -> clap::Command {
    Common::augment_args(Add::augment_args(clap::Command::new("mkservice")))
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a service from a command (the default verb)
    #[command(override_usage = "mkservice [add] [OPTIONS] [--] COMMAND [ARGUMENT]...")]
    Add(Box<Add>),
    /// Create or update every service in a file
    #[command(
        override_usage = "mkservice apply [OPTIONS] [FILE|-]",
        after_help = "The file is TOML: one table [services.NAME] for each service, with `command` and any \
            option of `add` by name; [defaults] applies to all. Relative paths start at the file's directory. Nothing is \
            written unless everything can be."
    )]
    Apply(Apply),
    /// Stop services and remove their files
    #[command(override_usage = "mkservice remove [OPTIONS] NAME...", after_help = CHOICE)]
    Remove(Remove),
    /// List services and their state
    List(List),
    /// Show service state and why a service failed
    #[command(after_help = "Exit codes: 0 running, 3 not running, 4 no such service.")]
    Status(Status),
    /// Show the log of a service
    #[command(override_usage = "mkservice logs [OPTIONS] NAME", after_help = CHOICE)]
    Logs(Logs),
    /// Start services and check that they keep running
    #[command(override_usage = "mkservice start [OPTIONS] NAME...", after_help = CHOICE)]
    Start(Start),
    /// Stop services; enabled ones start again at boot
    #[command(override_usage = "mkservice stop [OPTIONS] NAME...", after_help = CHOICE)]
    Stop(Named),
    /// Restart services and check that they keep running
    #[command(override_usage = "mkservice restart [OPTIONS] NAME...", after_help = CHOICE)]
    Restart(Start),
    /// Run a timer or oneshot service now and wait for the result
    #[command(
        override_usage = "mkservice run [OPTIONS] NAME",
        after_help = "Exit codes: 0 succeeded, 3 failed. An interrupt (Ctrl-C) stops waiting, not the run."
    )]
    Run(Run),
    /// Start services at boot
    #[command(override_usage = "mkservice enable [OPTIONS] NAME...", after_help = CHOICE)]
    Enable(EnableOptions),
    /// Do not start services at boot
    #[command(override_usage = "mkservice disable [OPTIONS] NAME...", after_help = CHOICE)]
    Disable(EnableOptions),
    /// Print the unit files and drop-ins of services
    #[command(override_usage = "mkservice cat [OPTIONS] NAME...", after_help = CHOICE)]
    Cat(Cat),
    /// Print a mkservice.toml for the installed services
    #[command(
        override_usage = "mkservice export [OPTIONS] [NAME]...",
        after_help = "Example: mkservice export >mkservice.toml"
    )]
    Export(Export),
    /// Change options or the command of a service
    #[command(
        override_usage = "mkservice update NAME [OPTIONS] [-- COMMAND [ARGUMENT]...]",
        after_help = "Everything that is not given stays as it is. An option that can be given several times adds a \
            value, -E replaces that variable, and an empty value clears the list, as in systemd. If the changed service \
            fails to start, the previous version is restored.\n\n\
            Example: mkservice update web --memory-max 512M --unset nice",
        mut_arg("command", |command| command
            .required(false)
            .last(true)
            .help("New command, with its arguments")
            .long_help(None)),
        mut_arg("name", |name| name.hide(true)),
        mut_arg("global", |option| option.hide(true))
    )]
    Update(Box<Update>),
    /// Edit settings of a service; roll back if it fails to start
    #[command(
        override_usage = "mkservice edit [OPTIONS] NAME",
        after_help = "The editor is $VISUAL or $EDITOR. It shows a drop-in, with the unit file as comments: its settings \
            override those of the unit, and `add`, `update`, `apply`, and `rename` keep them. Without any setting, the \
            drop-in is removed. Nothing changes until the edit is checked. Without a name, mkservice asks on a terminal."
    )]
    Edit(Edit),
    /// Find the tightest sandbox the service works in
    #[command(
        override_usage = "mkservice harden [OPTIONS] NAME",
        after_help = "Without --try nothing changes: the exposure of the service and possible restrictions are shown. \
            With --try the service is restarted repeatedly: with all restrictions, then without those it does not work \
            with, judged by its state, its log and --probe. The rest is kept in a drop-in; an interrupt restores the \
            previous state."
    )]
    Harden(Harden),
    /// Rename a service
    Rename(Rename),
    /// Replace a running process with a service
    #[command(
        override_usage = "mkservice adopt [OPTIONS] [PID|PATTERN]",
        after_help = "PATTERN is part of the command line, as for pgrep -f. Without one, your background processes that \
            no service owns are shown; on a terminal, choose from them. `-E NAME` copies the value from the process.",
        mut_arg("command", |command| command
            .value_name("PID|PATTERN")
            .required(false)
            .help("Process ID, or part of the command line")
            .long_help(None)),
        mut_arg("working_directory", |directory| directory.help("Working directory [default: of the process]")),
        mut_arg("setenv", |variable| variable.help("Set a variable; without =VALUE, copy it")),
        mut_arg("uid", |account| account.help("Run as USER [default: of the process]")),
        mut_arg("no_rollback", |option| option.help("Keep a service that fails to start").long_help(None)),
        mut_arg("no_start", |option| option.hide(true)),
        mut_arg("root", |option| option.hide(true)),
        mut_arg("global", |option| option.hide(true))
    )]
    Adopt(Box<Adopt>),
    /// Convert a Procfile, crontab, pm2 or supervisord file
    #[command(
        override_usage = "mkservice import [OPTIONS] FILE|-",
        after_help = "FILE is a Procfile, a crontab, a supervisord configuration, a pm2 ecosystem file or process list, or \
            a .service file. The result is a mkservice.toml on stdout; nothing is changed or run. What cannot be \
            converted is reported, and becomes a comment:\n  mkservice import Procfile > mkservice.toml"
    )]
    Import(Import),
    /// Explain a systemd directive, for use with -p
    #[command(
        override_usage = "mkservice explain [OPTIONS] [SECTION.]NAME...",
        after_help = "Example: mkservice explain MemoryMax"
    )]
    Explain(Explain),
    /// Diagnose problems and suggest fixes
    #[command(after_help = "Exit codes: 0 no problems, 1 problems found.")]
    Doctor,
    /// Install an order from stdin, as root
    #[command(hide = true)]
    InstallPlan,
}

const CHOICE: &str = "Without a name, mkservice asks on a terminal.";

impl Command {
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

#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Use the user manager (default, except for root)
    #[arg(long, global = true, conflicts_with = "system", help_heading = "Scope")]
    pub user: bool,
    /// Use the system manager (default for root)
    #[arg(long, global = true, help_heading = "Scope")]
    pub system: bool,
    /// Print one JSON document
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
    /// Print only warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Print every step, and every decision with its reason
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,
}

impl Common {
    /// `None` where neither `--user` nor `--system` is given.
    pub fn given_scope(&self) -> Option<GivenScope> {
        match (self.user, self.system) {
            (true, _) => Some(GivenScope::User),
            (_, true) => Some(GivenScope::System),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changing {
    /// Show what would change, and exit
    #[arg(long, help_heading = "Behavior")]
    #[serde(skip)]
    pub dry_run: bool,
    /// Like --dry-run; exit with 5 if anything would change
    #[arg(long, help_heading = "Behavior")]
    #[serde(skip)]
    pub check: bool,
    /// Override safety checks
    ///
    /// Such as the refusal to replace a unit that mkservice does not manage.
    #[arg(long, help_heading = "Behavior")]
    pub force: bool,
}

impl Changing {
    pub fn only_shows(&self) -> bool {
        self.dry_run || self.check
    }
}
