//! The command line as data: the types that clap fills.
//!
//! [`Invocation`] decides first which arguments are mkservice's and which are the command's; clap then sees the options
//! before the command, which follows `--`.

mod add;
mod assignment;
mod command_options;
pub mod completion;
mod dependency_options;
pub mod first_word;
mod image_options;
mod import_format;
pub mod invocation;
mod listen_options;
mod resource_options;
mod service_names;
pub mod systemd_run;
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
pub use service_names::{Selection, ServiceNames};
pub use timer_options::TimerOptions;
pub use verbs::{
    Adopt, Apply, Cat, Command, Completions, Edit, Enable, Explain, Export, Harden, Import, List, Logs, Man, Remove,
    Rename, Run, Shell, Start, Status, Stop, Update,
};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};
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
const VERB_GROUPS: [(&str, &[Verb]); 6] = [
    ("Create", &[Verb::Add, Verb::Adopt]),
    ("Inspect", &[Verb::List, Verb::Status, Verb::Logs, Verb::Cat, Verb::Explain, Verb::Doctor]),
    ("Control", &[Verb::Start, Verb::Stop, Verb::Restart, Verb::Run, Verb::Enable, Verb::Disable]),
    ("Change", &[Verb::Update, Verb::Edit, Verb::Harden, Verb::Rename, Verb::Remove]),
    ("Files", &[Verb::Apply, Verb::Export, Verb::Import]),
    ("Shell", &[Verb::Completions, Verb::Man]),
];

/// The command line for clap, with the verbs in groups: clap itself shows them as one list.
pub fn command() -> clap::Command {
    let command = Cli::command();
    let (header, literal) = (STYLES.get_header(), STYLES.get_literal());
    let row = |verb: &Verb| {
        let about = command.find_subcommand(verb.name()).and_then(|verb| verb.get_about().map(ToString::to_string));
        format!("  {literal}{:<12}{literal:#}{}\n", verb.name(), about.unwrap_or_default())
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
    /// Color the output: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        hide_possible_values = true,
        help_heading = "Output",
        hide_short_help = true
    )]
    pub color: Option<ColorWhen>,
    /// Do not show long output in a pager
    ///
    /// As for systemctl, $SYSTEMD_PAGER and $PAGER name another pager than less. For root, they count only if
    /// $SYSTEMD_PAGERSECURE is 0.
    #[arg(long, global = true, help_heading = "Output", hide_short_help = true)]
    pub no_pager: bool,
    /// Answer questions with yes (-y)
    #[arg(long, short_alias = 'y', global = true, help_heading = "Behavior", hide_short_help = true)]
    pub yes: bool,
    /// Do not ask for a password when root privileges are required
    #[arg(long, global = true, help_heading = "Behavior", hide_short_help = true)]
    pub no_ask_password: bool,
}

/// When the output has colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
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
