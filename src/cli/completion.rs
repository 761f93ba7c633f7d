//! What can stand at the end of a command line: the argument there, as clap knows it, with the kind of its values.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use clap::{Arg, CommandFactory as _, ValueHint};
use clap_complete::engine::{self, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _};

use super::{Cli, Invocation};
use crate::model::{GivenScope, Verb};

/// Values that clap does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// The services that a verb works on.
    Services(Verb),
    Units,
    Programs,
    Users,
    Groups,
    Variables,
    /// Names of directives.
    Directives,
    /// Directives with `=` and their values.
    Properties,
    /// Options of `add`, by name.
    Options,
    ManPages,
    Words(&'static [&'static str]),
}

/// Finds the values that begin with the letters that were given.
pub type Source = Arc<dyn Fn(Values, Option<GivenScope>, &OsStr) -> Vec<CompletionCandidate> + Send + Sync>;

const CALENDAR: &[&str] = &["minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly"];
const CRON: &[&str] = &["@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@reboot"];
const PRIORITIES: &[&str] = &["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const OUTPUT: &[&str] = &[
    "short",
    "short-full",
    "short-iso",
    "short-iso-precise",
    "short-precise",
    "short-monotonic",
    "short-delta",
    "short-unix",
    "verbose",
    "export",
    "json",
    "json-pretty",
    "json-sse",
    "json-seq",
    "cat",
    "with-unit",
];

/// What the last of these words can be. `with_files` is false if the shell completes paths.
pub fn candidates(words: &[OsString], with_files: bool, source: &Source) -> Vec<CompletionCandidate> {
    let Some((current, before)) = words.split_last() else { return Vec::new() };
    let place = Invocation::place_after(before);
    let mut command = match place.kind {
        PlaceKind::Program => program(programs(source, place.scope, with_files)),
        PlaceKind::ProgramArgument => program_argument(with_files),
        PlaceKind::Option | PlaceKind::Argument => {
            let argument = |argument: Arg| {
                // A list of all options would bury the verbs and services.
                let hidden = argument.is_hide_set() || current.is_empty() && !argument.is_positional();
                let hint = if with_files { path_hint(&argument) } else { ValueHint::Other };
                match values(&argument, place.verb) {
                    Some(Values::Programs) => {
                        argument.add(programs(source, place.scope, with_files && !current.is_empty()))
                    }
                    Some(values) => argument.add(complete(source, values, place.scope)),
                    None => argument.value_hint(hint),
                }
                .hide(hidden)
            };
            of_verb(place.verb).mut_args(argument)
        }
    };
    let is_known = |option: &OsString| {
        command.get_arguments().any(|it| it.get_long().is_some_and(|long| option == &*format!("--{long}")))
    };
    if place.kind == PlaceKind::Option && !place.words.last().is_some_and(is_known) {
        return Vec::new();
    }
    let arguments = std::iter::once("mkservice".into()).chain(place.words).chain([current.clone()]);
    let arguments: Vec<OsString> = arguments.collect();
    let last = arguments.len() - 1;
    let mut found = engine::complete(&mut command, arguments, last, Some(Path::new("."))).unwrap_or_default();
    // Without any other, the engine returns the hidden ones.
    found.retain(|candidate| !current.is_empty() || !candidate.is_hide_set());
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceKind {
    /// An option before it lacks its value.
    Option,
    Argument,
    /// The first word of the service's command.
    Program,
    ProgramArgument,
}

/// Where the next argument stands.
#[derive(Debug)]
pub(super) struct Place {
    pub kind: PlaceKind,
    pub verb: Option<Verb>,
    pub scope: Option<GivenScope>,
    /// What clap must know of the arguments before it: those that are not options, and the option that lacks its value.
    pub words: Vec<OsString>,
}

fn complete(source: &Source, values: Values, scope: Option<GivenScope>) -> ArgValueCompleter {
    let source = Arc::clone(source);
    ArgValueCompleter::new(move |current: &OsStr| source(values, scope, current))
}

/// Programs in PATH, and scripts.
fn programs(source: &Source, scope: Option<GivenScope>, with_files: bool) -> ArgValueCompleter {
    let source = Arc::clone(source);
    ArgValueCompleter::new(move |current: &OsStr| {
        let paths = if with_files { PathCompleter::any().complete(current) } else { Vec::new() };
        source(Values::Programs, scope, current).into_iter().chain(paths).collect::<Vec<_>>()
    })
}

fn program(completer: ArgValueCompleter) -> clap::Command {
    clap::Command::new("mkservice").disable_help_flag(true).arg(Arg::new("program").add(completer))
}

/// Most arguments of programs are files.
fn program_argument(with_files: bool) -> clap::Command {
    let hint = if with_files { ValueHint::AnyPath } else { ValueHint::Other };
    let argument = Arg::new("argument").allow_hyphen_values(true).value_hint(hint);
    clap::Command::new("mkservice").disable_help_flag(true).arg(argument)
}

/// clap's command for the arguments of a verb, and of none.
fn of_verb(verb: Option<Verb>) -> clap::Command {
    let mut cli = Cli::command();
    cli.build();
    verb.and_then(|verb| cli.find_subcommand(verb.name())).cloned().unwrap_or(cli)
}

/// By the name that the help has for the value.
fn values(argument: &Arg, verb: Option<Verb>) -> Option<Values> {
    let name = value_name(argument)?;
    Some(match (name, argument.get_id().as_str()) {
        ("COMMAND", "command") => Values::Programs,
        ("NAME" | "OLD", _) if argument.is_positional() => match verb? {
            Verb::Explain => Values::Directives,
            verb => Values::Services(verb),
        },
        ("PAGE", _) => Values::ManPages,
        ("UNIT", _) => Values::Units,
        ("USER", _) => Values::Users,
        ("GROUP", _) => Values::Groups,
        ("NAME=VALUE", _) => Values::Properties,
        ("NAME[=VALUE]", _) => Values::Variables,
        ("OPTION", _) => Values::Options,
        ("EVENT", _) => Values::Words(CALENDAR),
        ("SCHEDULE", _) => Values::Words(CRON),
        ("PRIORITY", _) => Values::Words(PRIORITIES),
        ("FORMAT", "output") => Values::Words(OUTPUT),
        _ => return None,
    })
}

fn path_hint(argument: &Arg) -> ValueHint {
    match value_name(argument) {
        Some("DIR") => ValueHint::DirPath,
        Some("FILE" | "PATH") => ValueHint::AnyPath,
        _ => ValueHint::Other,
    }
}

fn value_name(argument: &Arg) -> Option<&str> {
    argument.get_value_names()?.first().map(clap::builder::Str::as_str)
}
